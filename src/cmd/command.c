/* The table of commands. */
#include "cmd/command.h"

#define IDS(...) (const enum option_id[]){__VA_ARGS__}, ARRAY_LEN(((enum option_id[]){__VA_ARGS__}))

static const struct command commands[] = {
    {STR_INIT("parse"), "PATH...", "read logs, keep nothing, print one JSON object per record",
     "Reads files, folders (with everything below), archives and compressed files, or\n"
     "standard input (-), and prints what it understands: ECS field names as flat\n"
     "dotted keys, with the whole text of each record in event.original.\n"
     "\n"
     "  akashi parse /var/log/auth.log\n"
     "  akashi parse --tz Asia/Tokyo --year 2025 disk-image/var/log | jq .\n"
     "  akashi parse --explain strange.log     which format took a line, and why\n",
     IDS(OPTION_IN_FORMAT, OPTION_ZONE, OPTION_YEAR, OPTION_ENCODING, OPTION_HOST, OPTION_FORMATS,
         OPTION_OUTPUT, OPTION_EXPLAIN, OPTION_JSON, OPTION_HELP),
     1, SIZE_MAX, cmd_parse},
    {STR_INIT("ingest"), "PATH...", "take logs into the store, durable and sealed on return",
     "Keeps every byte of what it is given, understands what it can, and seals it. A\n"
     "file that was taken before is not taken twice; one that has grown goes on where\n"
     "it was left.\n"
     "\n"
     "  akashi ingest /var/log\n"
     "  akashi ingest --journal\n"
     "  akashi ingest --host web01 --tz Asia/Tokyo evidence.tar.gz\n"
     "  tail -F app.log | akashi ingest --follow --source app -\n",
     IDS(OPTION_STORE, OPTION_SOURCE, OPTION_HOST, OPTION_CLASS, OPTION_IN_FORMAT, OPTION_ZONE,
         OPTION_YEAR, OPTION_ENCODING, OPTION_FORMATS, OPTION_FOLLOW, OPTION_AGAIN, OPTION_JOURNAL,
         OPTION_HASH_ONLY, OPTION_ACK, OPTION_JSON, OPTION_HELP),
     0, SIZE_MAX, cmd_ingest},
    {STR_INIT("serve"), "", "take logs in live, and keep them",
     "Takes syslog over UDP and TCP, and HTTP requests with records in them, until it\n"
     "is told to stop. What it acknowledges is on stable storage; what it takes is\n"
     "found by akashi search within a second. Without a configuration it listens on\n"
     "this machine only: syslog on port 5514, HTTP on 8514.\n"
     "\n"
     "  akashi serve\n"
     "  akashi serve -c /etc/akashi/serve.yml --check\n"
     "  logger --server 127.0.0.1 --port 5514 --tcp 'it works'\n"
     "  curl http://127.0.0.1:8514/healthz         200: ready\n"
     "\n"
     "docs/serve.md tells of each input, and what it promises.\n",
     IDS(OPTION_CONFIG, OPTION_CHECK, OPTION_STORE, OPTION_LISTEN, OPTION_FORMATS, OPTION_HELP), 0,
     0, cmd_serve},
    {STR_INIT("search"), "'QUERY'", "search everything in the store",
     "A filter, then pipes. A word matches whole words in any case; * is everything.\n"
     "\n"
     "  akashi search 'Failed password'              both words\n"
     "  akashi search '\"Failed password\"'            the phrase\n"
     "  akashi search 'user.name:(root OR admin) -host.name:bastion*'\n"
     "  akashi search 'source.ip:10.0.0.0/8 http.response.status_code:>=500'\n"
     "  akashi search --from -1h '/union.{1,20}select/ | top 10 source.ip'\n"
     "  akashi search 'sshd | timechart span=1h count() by host.name'\n"
     "\n"
     "With --case or --purpose it is written down first who asks what; nothing is\n"
     "shown when that fails. akashi info --audit lists it.\n"
     "\n"
     "akashi help query tells the whole language.\n",
     IDS(OPTION_STORE, OPTION_FROM, OPTION_TO, OPTION_LIMIT, OPTION_ORDER, OPTION_COUNT_ONLY,
         OPTION_FOLLOW, OPTION_OUT_FORMAT, OPTION_OUT, OPTION_DISPLAY_ZONE, OPTION_EXPLAIN,
         OPTION_TIMEOUT, OPTION_MEMORY, OPTION_COLOUR, OPTION_CASE, OPTION_PURPOSE, OPTION_JSON,
         OPTION_HELP),
     1, 1, cmd_search},
    {STR_INIT("patterns"), "[PATH...]", "the kinds of lines there are, the rarest first",
     "A log's table of contents: its lines, grouped into patterns with <*> for what\n"
     "varies; how often, since when, on which hosts, and an example. Of files when\n"
     "paths are given (with the formats that parse knows), else of the store.\n"
     "\n"
     "  akashi patterns /var/log/auth.log\n"
     "  akashi patterns --new-since -1d            what was never seen before\n"
     "  akashi patterns --sort count --limit 20    what is said most\n"
     "  akashi patterns --assign app.log           the pattern of each record\n"
     "  akashi search 'sshd | patterns'            of some of the records\n"
     "\n"
     "The same template has the same pattern.id in every run.\n",
     IDS(OPTION_STORE, OPTION_FROM, OPTION_TO, OPTION_NEW_SINCE, OPTION_SORT, OPTION_LIMIT,
         OPTION_ASSIGN, OPTION_PATTERNS_FORMAT, OPTION_OUT, OPTION_ZONE, OPTION_YEAR,
         OPTION_ENCODING, OPTION_HOST, OPTION_FORMATS, OPTION_DISPLAY_ZONE, OPTION_COLOUR,
         OPTION_CASE, OPTION_PURPOSE, OPTION_JSON, OPTION_HELP),
     0, SIZE_MAX, cmd_patterns},
    {STR_INIT("logons"), "[PATH...]", "who logged on or failed to, from where, to where, and how",
     "Logons that failed and that succeeded, by user, source, host and type: Windows,\n"
     "sshd, sudo, su, login, PAM, mail and FTP servers, and sign-ins of clouds. Who\n"
     "failed and then came in from the same place stands first; then who failed most.\n"
     "Of files when paths are given (with the formats that parse knows), else of the\n"
     "store. Machine accounts and services are one line, unless --all.\n"
     "\n"
     "  akashi logons /var/log/auth.log\n"
     "  akashi logons --from -1d                   of the store\n"
     "  akashi logons --format csv Security.evtx\n"
     "\n"
     "A logon that sshd and PAM both tell is counted once. tried: the record does not\n"
     "say how it ended.\n",
     IDS(OPTION_STORE, OPTION_FROM, OPTION_TO, OPTION_LIMIT, OPTION_ALL, OPTION_LOGONS_FORMAT,
         OPTION_OUT, OPTION_ZONE, OPTION_YEAR, OPTION_ENCODING, OPTION_HOST, OPTION_FORMATS,
         OPTION_DISPLAY_ZONE, OPTION_COLOUR, OPTION_CASE, OPTION_PURPOSE, OPTION_JSON, OPTION_HELP),
     0, SIZE_MAX, cmd_logons},
    {STR_INIT("scan"), "PATH...", "find attacks in logs by Sigma rules, without a store",
     "Reads files, folders (with everything below), archives and compressed files, as\n"
     "parse does, and tells which Sigma rules hold for their records: what was found,\n"
     "rule by rule, and a summary. Without --rules those that come with akashi.\n"
     "\n"
     "  akashi scan /mnt/image/Windows/System32/winevt/Logs\n"
     "  akashi scan --rules sigma/rules --level high triage.zip\n"
     "  akashi scan --format csv -o timeline.csv evtx/    one line for each finding\n"
     "  akashi scan --format html -o report.html /var/log    a page to hand on\n"
     "  akashi scan --format jsonl /var/log | jq .\n"
     "  akashi scan --pivot /var/log    users, hosts, addresses around the findings\n"
     "\n"
     "csv has the columns of Hayabusa's standard profile, in order of time.\n",
     IDS(OPTION_RULES, OPTION_LEVEL, OPTION_FROM, OPTION_TO, OPTION_THREADS, OPTION_SCAN_FORMAT,
         OPTION_PIVOT, OPTION_OUT, OPTION_ZONE, OPTION_YEAR, OPTION_ENCODING, OPTION_HOST,
         OPTION_FORMATS, OPTION_SOURCES, OPTION_PLACEHOLDERS, OPTION_NO_CACHE, OPTION_DISPLAY_ZONE,
         OPTION_COLOUR, OPTION_JSON, OPTION_HELP),
     1, SIZE_MAX, cmd_scan},
    {STR_INIT("hunt"), "", "find attacks in the store by Sigma rules",
     "What scan does with files, over the records of a store: which Sigma rules hold,\n"
     "rule by rule, and a summary. Without --rules those that come with akashi.\n"
     "\n"
     "What is found is kept as alerts, sealed in the store. Where hunts have been\n"
     "before, only records that rules held for are read again; with a new or changed\n"
     "rule, all are. The rules in force are written down when they change.\n"
     "\n"
     "  akashi hunt --new                    what no hunt has found before\n"
     "  akashi hunt --from -7d\n"
     "  akashi hunt --rules sigma/rules --level high\n"
     "  akashi hunt --format jsonl | jq .    with the place of each record in its tree\n",
     IDS(OPTION_STORE, OPTION_RULES, OPTION_LEVEL, OPTION_FROM, OPTION_TO, OPTION_HUNT_ALL,
         OPTION_ONLY_NEW, OPTION_KEEP_NONE, OPTION_SCAN_FORMAT, OPTION_PIVOT, OPTION_OUT,
         OPTION_SOURCES, OPTION_PLACEHOLDERS, OPTION_NO_CACHE, OPTION_DISPLAY_ZONE, OPTION_COLOUR,
         OPTION_CASE, OPTION_PURPOSE, OPTION_JSON, OPTION_HELP),
     0, 0, cmd_hunt},
    {STR_INIT("alerts"), "", "what hunts have found, the newest first",
     "The alerts that hunts keep: each finding once, however often it was found, with\n"
     "the rule, the record and when it was found first. What is found in one hunt\n"
     "stands together, the newest event first.\n"
     "\n"
     "  akashi alerts --since today\n"
     "  akashi alerts --level high --from -7d        --from is the time of the event\n"
     "  akashi alerts --rule 'brute force' --format jsonl | jq .\n"
     "  akashi export --proof default:4711 -o proof  proves the record of an alert\n",
     IDS(OPTION_STORE, OPTION_SINCE, OPTION_FROM, OPTION_TO, OPTION_LEVEL, OPTION_RULE,
         OPTION_LIMIT, OPTION_ALERTS_FORMAT, OPTION_OUT, OPTION_DISPLAY_ZONE, OPTION_COLOUR,
         OPTION_CASE, OPTION_PURPOSE, OPTION_JSON, OPTION_HELP),
     0, 0, cmd_alerts},
    {STR_INIT("rules"), "check|coverage|list|explain|test|import [PATH]",
     "check, list, show, try and install Sigma rules",
     "Reads rules, correlations and filters of the Sigma specification from files and\n"
     "folders. check tells what is not understood, with file, line and reason: exit\n"
     "status 1, and such a rule does not count. explain shows what a rule asks for;\n"
     "test tries rules on events whose fields have the names that the rules use, or\n"
     "with --records on what parse prints: then rules are only about records of their\n"
     "log source. check --records tells of which log sources there is no record,\n"
     "check --store DIR for each rule whether it can fire on what the store has, and\n"
     "why not: source or field never seen, silent since, no such value. coverage\n"
     "tells the same by technique of ATT&CK (--format navigator: a layer for ATT&CK\n"
     "Navigator).\n"
     "import installs rules of others, from a folder, zip or tar, as a pack beside the\n"
     "store, and says what is new, changed and gone; versions before it stay. Without\n"
     "PATH, the others read the packs that are installed.\n"
     "\n"
     "  akashi rules check rules/\n"
     "  akashi rules check --store /var/lib/akashi rules/\n"
     "  akashi rules coverage --store /var/lib/akashi --format navigator -o layer.json\n"
     "  akashi rules list --format jsonl rules/ | jq .\n"
     "  akashi rules explain rules/linux/cron_download_and_run.yml\n"
     "  akashi rules test --event event.json rules/\n"
     "  akashi parse System.evtx | akashi rules test --records --event - rules/\n"
     "  akashi rules import --dry-run --name sigma sigma_core.zip\n",
     IDS(OPTION_STORE, OPTION_FROM, OPTION_TO, OPTION_SILENT, OPTION_RULES_DIR, OPTION_PACK_NAME,
         OPTION_DRY_RUN, OPTION_RULES_FORMAT, OPTION_EVENT, OPTION_RECORDS, OPTION_PLAIN,
         OPTION_SOURCES, OPTION_PLACEHOLDERS, OPTION_NO_CACHE, OPTION_OUT, OPTION_JSON,
         OPTION_HELP),
     1, SIZE_MAX, cmd_rules},
    {STR_INIT("verify"), "", "prove the whole store anew",
     "Checks every byte of the store, makes every leaf and every level of the Merkle\n"
     "tree again and holds them against the signed checkpoints. Exit status 0: intact;\n"
     "1: not, with each damage named. A store that was rolled back as a whole looks\n"
     "intact from inside: keep checkpoints elsewhere and give one with --against.\n"
     "\n"
     "  akashi verify\n"
     "  akashi verify --against /mnt/usb/checkpoint-2026-11-22\n",
     IDS(OPTION_STORE, OPTION_AGAINST, OPTION_JSON, OPTION_HELP), 0, 0, cmd_verify},
    {STR_INIT("scrub"), "", "look at the whole store slowly, beside a writer",
     "Reads records, tree, checkpoints, manifests and objects again, as verify does,\n"
     "but at a limited rate, without holding up a writer, and in pieces: it goes on\n"
     "where the last one was interrupted. What was read and found is a record of the\n"
     "store. Exit status 0: intact; 1: not, with each damage named. Meant to be run\n"
     "regularly, so that each segment is read every 30 days. Secret keys, the log and\n"
     "names that do not belong are left to verify.\n"
     "\n"
     "  akashi scrub\n"
     "  akashi scrub --rate 10M\n"
     "  akashi info --audit        what was scrubbed when\n",
     IDS(OPTION_STORE, OPTION_RATE, OPTION_JSON, OPTION_HELP), 0, 0, cmd_scrub},
    {STR_INIT("export"), "", "a source file back whole; proofs of a record, of growth",
     "A source file is named by its path, from here or from the root. Where several\n"
     "had the same path, the newest is meant; akashi info --files lists all with\n"
     "their numbers, and PATH@NUMBER names one. A file in an archive is\n"
     "ARCHIVE!/MEMBER.\n"
     "\n"
     "  akashi export --original /var/log/auth.log -o auth.log\n"
     "  akashi export --original /var/log/auth.log@7 -o older.log\n"
     "  akashi export --original 'logs.tgz!/etc/motd'\n"
     "  akashi export --proof default:4711 -o proof\n"
     "  sh proof/verify-proof.sh proof                   checks it with openssl alone\n"
     "  python3 proof/verify-proof.py proof              checks it with python alone\n"
     "  akashi export --consistency /mnt/usb/checkpoint-2026-11-22 -o growth\n"
     "\n"
     "The place of a record, TREE:INDEX, is akashi.tree and akashi.index of\n"
     "akashi search --format jsonl. --consistency shows that nothing under an older\n"
     "checkpoint was changed or taken away; the same scripts check it.\n",
     IDS(OPTION_STORE, OPTION_ORIGINAL, OPTION_PROOF, OPTION_CONSISTENCY, OPTION_OUT, OPTION_CASE,
         OPTION_PURPOSE, OPTION_JSON, OPTION_HELP),
     0, 1, cmd_export},
    {STR_INIT("info"), "", "what is in the store: records, times, sources, sizes, checkpoints",
     "  akashi info\n"
     "  akashi info --files        what export --original can give back\n"
     "  akashi info --audit        who searched and exported what, and why\n"
     "  akashi info --json\n",
     IDS(OPTION_STORE, OPTION_FILES, OPTION_GAPS, OPTION_AUDIT, OPTION_JSON, OPTION_DISPLAY_ZONE,
         OPTION_HELP),
     0, 0, cmd_info},
    {STR_INIT("keys"), "[root|request|sign|install] [...]",
     "the keys that sign: epochs, manifests, the offline root",
     "Every checkpoint is signed by the store's identity key and by the key of its\n"
     "epoch, which is destroyed when the epoch is over: who breaks in today cannot\n"
     "sign as of before. A root key, kept offline, says which epoch keys are the\n"
     "store's. Without a root, the identity key does.\n"
     "\n"
     "  akashi keys                                   what there is, how long it lasts\n"
     "  akashi keys root csirt.example.org/root -o /mnt/usb/root   makes a root key\n"
     "  akashi keys request -o /mnt/usb/request          what the root is to sign\n"
     "  akashi keys sign /mnt/usb/request --root /mnt/usb/root    where the root is\n"
     "  akashi keys install /mnt/usb/request --root /mnt/usb/root/identity.vkey\n",
     IDS(OPTION_STORE, OPTION_ROOT, OPTION_EPOCHS, OPTION_OUT, OPTION_JSON, OPTION_HELP), 0, 2,
     cmd_keys},
    {STR_INIT("help"), "[COMMAND|query]", "how to use akashi, or one command",
     "  akashi help\n  akashi help search\n  akashi help query\n", IDS(OPTION_HELP), 0, 1,
     cmd_help},
    {STR_INIT("completion"), "bash", "print the completion script for a shell",
     "  source <(akashi completion bash)\n", IDS(OPTION_HELP), 1, 1, cmd_completion},
};

const struct command *command_find(struct str name) {
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (str_eq(commands[i].name, name)) {
			return &commands[i];
		}
	}
	return NULL;
}

size_t command_count(void) {
	return ARRAY_LEN(commands);
}

const struct command *command_get(size_t i) {
	ASSERT(i < ARRAY_LEN(commands));
	return &commands[i];
}

struct str command_nearest(struct str text) {
	struct str names[ARRAY_LEN(commands)];
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		names[i] = commands[i].name;
	}
	return nearest_name(text, names, ARRAY_LEN(commands));
}
