/* What rules cost an event: Windows process creations whose command lines all differ, matched by
 * 10, 100, 1,000 and all rules of a folder together (expr/many.h).
 *   many_bench FOLDER [EVENTS]      FOLDER: Sigma rules, *.yml, with its folders
 * First all rules are asked; then, as a scan does it, those whose log source is process creation.
 * Each event's bytes are read (hashed) before, as whoever parses it would; time with rules minus
 * time with none is shown. CPU seconds of this process: the least of several rounds.
 */
#include <ftw.h>
#include <stdio.h>
#include <time.h>

#include "base/hash.h"
#include "base/map.h"
#include "expr/many.h"
#include "os/os.h"
#include "sigma/set.h"

enum { ROUNDS = 5, FILE_MAX = 1 << 24, GROUPS_MAX = 1024, BLOCK = 1024 };

static double seconds_now(void) {
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- events ---- */

/* %w word, %h 8 hex digits, %d number, %g GUID, %u user, %b base64, %i address. */
static const char *const templates[] = {
    "C:\\Windows\\system32\\svchost.exe -k netsvcs -p -s %w",
    "C:\\Windows\\system32\\svchost.exe -k LocalServiceNetworkRestricted -p -s %w",
    "\"C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe\" --type=renderer "
    "--field-trial-handle=%d,%d,%d --lang=en-US --device-scale-factor=1 --num-raster-threads=2 "
    "--renderer-client-id=%d --mojo-platform-channel-handle=%d /prefetch:1",
    "\"C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE\" /n "
    "\"C:\\Users\\%u\\Documents\\%w %w %d.docx\" /o \"\"",
    "C:\\Windows\\system32\\cmd.exe /c \"C:\\Users\\%u\\AppData\\Local\\Temp\\%h.bat\"",
    "powershell.exe -NoProfile -ExecutionPolicy Bypass -File "
    "\"C:\\ProgramData\\%w\\scripts\\%w-%d.ps1\" -Id %g",
    "\"C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe\" -NonInteractive -enc %b",
    "C:\\Windows\\System32\\RuntimeBroker.exe -Embedding %d",
    "\"C:\\Program Files\\%w\\%w\\bin\\%w.exe\" --config \"C:\\ProgramData\\%w\\%w.json\" "
    "--session %g --log-level info",
    "C:\\Windows\\system32\\DllHost.exe /Processid:{%g}",
    "taskhostw.exe KEYROAMING %d",
    "\"C:\\Windows\\system32\\wermgr.exe\" \"-outproc\" \"0\" \"%d\" \"%d\" \"%d\" \"0\" \"0\"",
    "git.exe -c credential.helper= -c core.quotepath=false log --max-count=%d %h%h",
    "C:\\Windows\\system32\\conhost.exe 0x%h -ForceV1",
    "\"C:\\Program Files\\Java\\jre1.8.0_%d\\bin\\java.exe\" -Xmx%dm -Dfile.encoding=UTF-8 -jar "
    "\"C:\\apps\\%w\\%w-%d.jar\" --server %i --port %d",
    "ping -n 3 %i",
    "net use \\\\%i\\%w$ /user:%u",
    "C:\\Windows\\Microsoft.NET\\Framework64\\v4.0.30319\\csc.exe /noconfig /fullpaths "
    "@\"C:\\Users\\%u\\AppData\\Local\\Temp\\%h\\%h.cmdline\"",
    "\"C:\\Windows\\system32\\rundll32.exe\" C:\\Windows\\system32\\shell32.dll,Control_RunDLL "
    "%w.cpl,,%d",
    "reg.exe query \"HKLM\\SOFTWARE\\%w\\%w\" /v %w",
    "schtasks.exe /Run /TN \"\\%w\\%w Update %d\"",
    "msiexec.exe /i C:\\Windows\\Installer\\%h.msi /qn REBOOT=ReallySuppress /l*v "
    "C:\\Windows\\Temp\\%w_%d.log",
    "python.exe C:\\Users\\%u\\src\\%w\\manage.py runserver 127.0.0.1:%d",
    "\"C:\\Program Files\\Mozilla Firefox\\firefox.exe\" -contentproc --channel=\"%d.%d\\%h\" "
    "-parentBuildID %d -prefsHandle %d -prefMapHandle %d -prefMapSize %d -appDir "
    "\"C:\\Program Files\\Mozilla Firefox\\browser\" - {%g} %d tab",
};
static const char *const words[] = {
    "Contoso", "agent",    "backup",  "Inventory", "report",  "Alpha", "sync",    "Themes",
    "gpsvc",   "Dnscache", "invoice", "budget",    "meeting", "Notes", "Zeta",    "printer",
    "monitor", "node",     "portal",  "driver",    "helper",  "Tools", "quarter", "viewer"};
static const char *const images[] = {
    "svchost.exe",   "chrome.exe",  "WINWORD.EXE", "cmd.exe",      "powershell.exe", "rundll32.exe",
    "taskhostw.exe", "wermgr.exe",  "git.exe",     "conhost.exe",  "java.exe",       "PING.EXE",
    "net.exe",       "csc.exe",     "reg.exe",     "schtasks.exe", "msiexec.exe",    "python.exe",
    "explorer.exe",  "dllhost.exe", "services.exe"};

static uint64_t random_u64(uint64_t *state) {
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static const char *pick(uint64_t *state, const char *const *from, size_t count) {
	return from[random_u64(state) % count];
}

static void append_place(struct buf *out, char place, uint64_t *state) {
	uint64_t r = random_u64(state);
	switch (place) {
	case 'w':
		buf_append_str(out, str_from(words[r % ARRAY_LEN(words)]));
		break;
	case 'u':
		buf_printf(out, "%s%u", words[r % ARRAY_LEN(words)], (unsigned)(r >> 40 & 63));
		break;
	case 'h':
		buf_printf(out, "%08x", (unsigned)r);
		break;
	case 'd':
		buf_append_u64(out, r % (2ull << (r >> 40) % 24));
		break;
	case 'g':
		buf_printf(out, "%08X-%04X-4%03X-A%03X-%012llX", (unsigned)r, (unsigned)(r >> 48),
		           (unsigned)(r >> 8 & 0xfff), (unsigned)(r >> 16 & 0xfff),
		           (unsigned long long)random_u64(state) >> 16);
		break;
	case 'b':
		for (uint64_t i = 0; i < 20 + r % 20; i++) {
			uint64_t three = random_u64(state);
			buf_append_base64(out, &three, 3);
		}
		break;
	case 'i':
	default:
		buf_printf(out, "10.%u.%u.%u", (unsigned)(r & 255), (unsigned)(r >> 8 & 255),
		           (unsigned)(r >> 16 & 255));
	}
}

static void append_line(struct buf *out, uint64_t *state) {
	for (const char *at = pick(state, templates, ARRAY_LEN(templates)); *at != '\0'; at++) {
		if (*at == '%') {
			append_place(out, *++at, state);
		} else {
			buf_append_char(out, *at);
		}
	}
	buf_printf(out, " %x", (unsigned)random_u64(state)); /* so that all differ */
}

enum { FIELDS = 13 };
static const char *const names[FIELDS] = {
    "CommandLine", "ParentCommandLine", "Image",   "ParentImage", "OriginalFileName",
    "User",        "IntegrityLevel",    "Company", "Product",     "Description",
    "Hashes",      "CurrentDirectory",  "EventID"};

/* Values of one event after another, side by side. */
struct events {
	struct buf bytes;
	size_t *ends; /* FIELDS for each event */
	size_t count;
};

static void append_event(struct buf *out, size_t *ends, uint64_t *state) {
	static const char *const companies[] = {"Microsoft Corporation", "Google LLC", "-", "Mozilla"};
	static const char *const levels[] = {"Medium", "High", "System"};
	const char *image = pick(state, images, ARRAY_LEN(images));
	size_t field = 0;
	append_line(out, state);
	ends[field++] = out->len;
	append_line(out, state);
	ends[field++] = out->len;
	buf_printf(out, "C:\\Windows\\System32\\%s", image);
	ends[field++] = out->len;
	buf_printf(out, "C:\\Windows\\%s", pick(state, images, ARRAY_LEN(images)));
	ends[field++] = out->len;
	buf_printf(out, "%s", image);
	ends[field++] = out->len;
	buf_printf(out, "CONTOSO\\%s", pick(state, words, ARRAY_LEN(words)));
	ends[field++] = out->len;
	buf_printf(out, "%s", pick(state, levels, ARRAY_LEN(levels)));
	ends[field++] = out->len;
	buf_printf(out, "%s", pick(state, companies, ARRAY_LEN(companies)));
	ends[field++] = out->len;
	buf_printf(out, "%s", "Microsoft\xc2\xae Windows\xc2\xae Operating System");
	ends[field++] = out->len;
	buf_printf(out, "%s %s", image, pick(state, words, ARRAY_LEN(words)));
	ends[field++] = out->len;
	buf_printf(out, "MD5=%016llX%016llX,SHA256=%016llX%016llX%016llX%016llX",
	           (unsigned long long)random_u64(state), (unsigned long long)random_u64(state),
	           (unsigned long long)random_u64(state), (unsigned long long)random_u64(state),
	           (unsigned long long)random_u64(state), (unsigned long long)random_u64(state));
	ends[field++] = out->len;
	buf_printf(out, "C:\\Users\\%s\\", pick(state, words, ARRAY_LEN(words)));
	ends[field++] = out->len;
	buf_append_char(out, '1');
	ends[field++] = out->len;
	ASSERT(field == FIELDS);
}

static void make_events(struct events *events, size_t count) {
	uint64_t state = 88172645463325252;
	events->ends = calloc(count * FIELDS + 1, sizeof(size_t));
	ASSERT(events->ends != NULL);
	for (size_t i = 0; i < count; i++) {
		append_event(&events->bytes, events->ends + i * FIELDS, &state);
	}
	events->count = count;
}

/* ---- rules ---- */

static struct sigma_set *set; /* nftw has no context */

static int add_file(const char *path, const struct stat *stat, int kind, struct FTW *walk) {
	CLEANUP(buf_deinit) struct buf text = {0};
	(void)stat; /* of the interface */
	(void)walk;
	if (kind == FTW_F && str_ends(str_from(path), STR(".yml")) &&
	    os_read_file(os_real(), path, FILE_MAX, &text) == ERR_OK) {
		sigma_set_add(set, str_from(path), buf_str(&text));
	}
	return 0;
}

/* The rule with its atoms, which get numbers as rules name them. */
static void add_rule(struct many_build *build, const struct sigma_rule *rule, uint32_t group) {
	struct diag diag = {0};
	struct program program = rule->program;
	struct program_op *ops = calloc(program.count, sizeof(*ops));
	enum err err = ERR_OK;
	ASSERT(ops != NULL);
	for (uint32_t i = 0; i < program.count && err == ERR_OK; i++) {
		ops[i] = program.ops[i];
		if (ops[i].kind == PROGRAM_ATOM) {
			err = many_build_atom(build, &set->atoms[ops[i].atom], &ops[i].atom, &diag);
		}
	}
	program.ops = ops;
	if (err != ERR_OK || many_build_rule(build, &program, group, &diag) != ERR_OK) {
		fprintf(stderr, "%s\n", diag.message);
	}
	free(ops);
}

/* Of the set, `rules` ones, evenly spread. */
static struct many *make_many(size_t rules, struct map *groups, uint32_t *out_rules) {
	struct many_build *build = many_build_new();
	size_t step = MAX_OF(set->rules_count / rules, (size_t)1);
	for (size_t i = 0; i < set->rules_count && *out_rules < rules; i += step) {
		const struct sigma_source *source = &set->rules[i].source;
		uint32_t group = (uint32_t)*map_put(groups, source->category, map_count(groups), NULL);
		ASSERT(group < GROUPS_MAX);
		add_rule(build, &set->rules[i], group);
		(*out_rules)++;
	}
	return many_build_finish(build);
}

struct found {
	uint64_t hits, rules, hash;
	double seconds;
};

struct bench {
	const struct many *many; /* NULL: no rules, the events are only read */
	const struct events *events;
	const uint64_t *groups;
	struct many_run *run;
	uint32_t fields[FIELDS];
	struct buf atoms;             /* of the values of a block, field by field */
	size_t starts[FIELDS][BLOCK]; /* of each value's in atoms, in numbers of 4 bytes */
	uint32_t counts[FIELDS][BLOCK];
};

static struct value value_of(const struct events *events, size_t event, size_t field) {
	size_t at = event * FIELDS + field;
	size_t from = at == 0 ? 0 : events->ends[at - 1];
	return value_string(str_make(events->bytes.ptr + from, events->ends[at] - from));
}

static void end_event(struct bench *bench, struct found *found) {
	uint32_t count;
	(void)many_rules(bench->run, bench->groups, &count);
	found->rules += count;
	(void)many_hits(bench->run, &count);
	found->hits += count;
}

static void run_rows(struct bench *bench, size_t first, size_t end, struct found *found) {
	for (size_t i = first; i < end; i++) {
		many_event(bench->run);
		for (size_t k = 0; k < FIELDS; k++) {
			if (bench->fields[k] != MANY_NO_FIELD) {
				many_match(bench->run, bench->fields[k], value_of(bench->events, i, k));
			}
		}
		end_event(bench, found);
	}
}

static void run_columns(struct bench *bench, size_t first, size_t end, struct found *found) {
	buf_clear(&bench->atoms);
	for (size_t k = 0; k < FIELDS; k++) {
		for (size_t i = first; i < end && bench->fields[k] != MANY_NO_FIELD; i++) {
			size_t before = bench->atoms.len / sizeof(uint32_t);
			bench->starts[k][i - first] = before;
			many_value(bench->run, bench->fields[k], value_of(bench->events, i, k), &bench->atoms);
			bench->counts[k][i - first] = (uint32_t)(bench->atoms.len / sizeof(uint32_t) - before);
		}
	}
	const uint32_t *atoms = (const uint32_t *)(const void *)bench->atoms.ptr;
	for (size_t i = 0; i < end - first; i++) {
		many_event(bench->run);
		for (size_t k = 0; k < FIELDS; k++) {
			if (bench->fields[k] != MANY_NO_FIELD) {
				many_hold_value(bench->run, bench->fields[k], atoms + bench->starts[k][i],
				                bench->counts[k][i]);
			}
		}
		end_event(bench, found);
	}
}

/* Block by block: the bytes are read, then matched. */
static struct found run_events(struct bench *bench, bool columns) {
	struct found best = {.seconds = 1e9};
	const struct events *events = bench->events;
	bench->run = bench->many == NULL ? NULL : many_run_new(bench->many);
	for (size_t k = 0; bench->many != NULL && k < FIELDS; k++) {
		bench->fields[k] = many_field(bench->many, str_from(names[k]));
	}
	for (int round = 0; round < ROUNDS; round++) {
		struct found found = {0};
		double before = seconds_now();
		for (size_t first = 0; first < events->count; first += BLOCK) {
			size_t end = MIN_OF(first + BLOCK, events->count);
			const char *from = value_of(events, first, 0).text.ptr;
			struct str last = value_of(events, end - 1, FIELDS - 1).text;
			found.hash ^= hash64(from, (size_t)(last.ptr + last.len - from));
			if (bench->many != NULL && columns) {
				run_columns(bench, first, end, &found);
			} else if (bench->many != NULL) {
				run_rows(bench, first, end, &found);
			}
		}
		found.seconds = seconds_now() - before;
		best = found.seconds < best.seconds ? found : best;
	}
	many_run_free(bench->run);
	bench->run = NULL;
	return best;
}

static void report(const char *what, const struct found *found, size_t events) {
	printf("  %-22s %6.2f us an event, %8.0f events a second; %.1f atoms, %.3f rules an event\n",
	       what, found->seconds * 1e6 / (double)events, (double)events / found->seconds,
	       (double)found->hits / (double)events, (double)found->rules / (double)events);
}

static void bench_kept(const struct many *many) {
	const char key[MANY_KEY_SIZE] = "bench";
	CLEANUP(buf_deinit) struct buf kept = {0};
	struct many *loaded = NULL;
	many_save(many, key, STR(""), &kept);
	double before = seconds_now();
	if (many_load(buf_str(&kept), key, &loaded, NULL) != ERR_OK) {
		fprintf(stderr, "the kept form was not read\n");
	}
	printf("  kept in %zu KiB, loaded in %.1f ms\n", kept.len >> 10,
	       (seconds_now() - before) * 1e3);
	many_free(loaded);
}

static void bench_rules(size_t rules, const struct events *events) {
	struct map *groups = map_new();
	uint64_t creations[GROUPS_MAX / 64] = {0};
	uint32_t count = 0;
	double before = seconds_now();
	struct many *many = make_many(rules, groups, &count);
	printf("%u rules, %u atoms, compiled in %.0f ms\n", count, many_atoms_count(many),
	       (seconds_now() - before) * 1e3);
	const uint64_t *group = map_find(groups, STR("process_creation"));
	if (group != NULL) {
		creations[*group / 64] |= (uint64_t)1 << *group % 64;
	}
	static const char *const ways[] = {
	    "all, by rows:", "all, by columns:", "creations, by columns:"};
	struct bench *bench = calloc(1, sizeof(*bench));
	ASSERT(bench != NULL);
	bench->events = events;
	double none = run_events(bench, false).seconds;
	bench->many = many;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		bench->groups = i == 2 ? creations : NULL;
		struct found found = run_events(bench, i > 0);
		found.seconds -= none;
		report(ways[i], &found, events->count);
	}
	buf_deinit(&bench->atoms);
	free(bench);
	bench_kept(many);
	many_free(many);
	map_free(groups);
}

int main(int argc, char **argv) {
	static const size_t counts[] = {10, 100, 1000, SIZE_MAX};
	struct events events = {0};
	uint64_t number = 350000;
	if (argc < 2 || (argc > 2 && !str_to_u64(str_from(argv[2]), 1 << 24, &number))) {
		fprintf(stderr, "usage: many_bench FOLDER [EVENTS]\n");
		return 2;
	}
	double before = seconds_now();
	set = sigma_set_new();
	(void)nftw(argv[1], add_file, 32, FTW_PHYS); /* what is not there is not read */
	sigma_set_close(set);
	printf("%u rules read, %u refused, in %.0f ms\n", set->rules_count, set->refused,
	       (seconds_now() - before) * 1e3);
	make_events(&events, (size_t)number);
	printf("%zu events, %zu bytes each\n", events.count, events.bytes.len / (events.count + 1));
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		bench_rules(counts[i], &events);
	}
	buf_deinit(&events.bytes);
	free(events.ends);
	sigma_set_free(set);
	return 0;
}
