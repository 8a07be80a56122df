/* Every option once: id, name, letter, kind, member of struct args, value, help. X-macro list,
 * included several times on purpose. */
OPTION(STORE, "store", '\0', TEXT, store, "DIR", "the store ($AKASHI_STORE, or ./akashi-data)")
OPTION(SOURCE, "source", '\0', TEXT, source, "NAME",
       "name of the source (default: made from host and path)")
OPTION(HOST, "host", '\0', TEXT, host, "NAME", "host.name of records whose text names no host")
OPTION(CLASS, "class", '\0', TEXT, class_name, "NAME",
       "retention class, made when new (default: default)")
OPTION(IN_FORMAT, "format", '\0', TEXT, format, "NAME",
       "format of the log (default: recognised from content)")
OPTION(OUT_FORMAT, "format", '\0', TEXT, format, "NAME",
       "text (terminal), jsonl (pipe), raw, csv or table")
OPTION(ZONE, "tz", '\0', TEXT, zone, "ZONE",
       "zone of times without one (Asia/Tokyo, +09:00; or UTC)")
OPTION(YEAR, "year", '\0', NUMBER, year, "YEAR",
       "year of times without one (default: from the file's age)")
OPTION(ENCODING, "encoding", '\0', TEXT, encoding, "NAME",
       "character set, such as shift_jis (default: recognised)")
OPTION(OUTPUT, "output", '\0', TEXT, output, "KIND", "jsonl or none (default: jsonl)")
OPTION(FORMATS, "formats", '\0', TEXT, formats, "DIR", "more text formats: the .yml files of DIR")
OPTION(FOLLOW, "follow", '\0', FLAG, follow, NULL, "go on as more comes; Ctrl-C ends it")
OPTION(AGAIN, "again", '\0', FLAG, again, NULL, "take files again that are in the store already")
OPTION(JOURNAL, "journal", '\0', FLAG, journal, NULL,
       "read the systemd journal: this machine's, or PATH's")
OPTION(HASH_ONLY, "hash-only", '\0', FLAG, hash_only, NULL,
       "of archives keep the hash, not the bytes")
OPTION(ACK, "ack", '\0', TEXT, ack, "FILE", "write file, offset, tree, index of each durable piece")
OPTION(FROM, "from", '\0', TEXT, from, "TIME", "event time at or after: 2026-11-22, -15m, today")
OPTION(TO, "to", '\0', TEXT, to, "TIME", "event time before")
OPTION(LIMIT, "limit", '\0', NUMBER, limit, "N", "at most N results")
OPTION(ORDER, "order", '\0', TEXT, order, "ORDER",
       "time (oldest first), -time or index (default: time)")
OPTION(COUNT_ONLY, "count", '\0', FLAG, count, NULL, "print only how many records match")
OPTION(EXPLAIN, "explain", '\0', FLAG, explain, NULL, "say how, on standard error")
OPTION(TIMEOUT, "timeout", '\0', TEXT, timeout, "TIME", "give up after this long: 30s, 5m")
OPTION(MEMORY, "memory", '\0', TEXT, memory, "SIZE",
       "memory that the query may use: 512M, 2G (default: 1G)")
OPTION(OUT, "out", 'o', TEXT, out, "FILE", "write the result there instead of standard output")
OPTION(DISPLAY_ZONE, "display-tz", '\0', TEXT, display_zone, "ZONE",
       "zone in which times are shown (default: UTC)")
OPTION(COLOUR, "color", '\0', TEXT, colour, "WHEN",
       "auto, always or never (default: auto; NO_COLOR is heeded)")
OPTION(CASE, "case", '\0', TEXT, case_id, "N", "case of this read; the read is recorded first")
OPTION(PURPOSE, "purpose", '\0', TEXT, purpose, "TEXT",
       "why this is read; the read is recorded first")
OPTION(AGAINST, "against", '\0', TEXT, against, "FILE",
       "a checkpoint kept outside: tells a rolled-back store")
OPTION(ORIGINAL, "original", '\0', TEXT, original, "FILE",
       "the source file to give back, as info --files names it")
OPTION(PROOF, "proof", '\0', TEXT, proof, "TREE:INDEX", "the record to prove")
OPTION(CONSISTENCY, "consistency", '\0', TEXT, consistency, "FILE",
       "an older checkpoint: prove that today's goes on from it")
OPTION(ROOT, "root", '\0', TEXT, root, "DIR", "the root's key: its folder, or for install its vkey")
OPTION(EPOCHS, "epochs", '\0', NUMBER, epochs, "N", "keys of so many epochs (default: 400)")
OPTION(FILES, "files", '\0', FLAG, files, NULL,
       "list the files that were taken, with their numbers")
OPTION(AUDIT, "audit", '\0', FLAG, audit, NULL, "list who did what: recorded reads, scrubs")
OPTION(RATE, "rate", '\0', TEXT, rate, "SIZE",
       "bytes to read in a second; 0: no limit (default: 50M)")
OPTION(NEW_SINCE, "new-since", '\0', TEXT, new_since, "TIME",
       "only patterns whose first line is at or after TIME")
OPTION(ASSIGN, "assign", '\0', FLAG, assign, NULL, "print the pattern of each record: jsonl or csv")
OPTION(SORT, "sort", '\0', TEXT, sort, "ORDER", "rare, count, first or last (default: rare)")
OPTION(PATTERNS_FORMAT, "format", '\0', TEXT, format, "NAME",
       "text (terminal), jsonl (pipe), csv or table")
OPTION(ALL, "all", '\0', FLAG, all, NULL, "machine accounts and services too")
OPTION(LOGONS_FORMAT, "format", '\0', TEXT, format, "NAME", "table (terminal), jsonl (pipe) or csv")
OPTION(EVENT, "event", '\0', TEXT, event, "FILE", "a JSON object, or one on each line (-: stdin)")
OPTION(PLACEHOLDERS, "placeholders", '\0', TEXT, placeholders, "FILE",
       "values of %placeholders% in rules: a YAML map")
OPTION(RECORDS, "records", '\0', FLAG, records, NULL, "events are records, as parse prints them")
OPTION(SOURCES, "sources", '\0', TEXT, sources, "FILE", "more log sources of rules: a YAML table")
OPTION(PLAIN, "plain", '\0', FLAG, plain, NULL, "one rule after the other: slow, to compare with")
OPTION(RULES, "rules", '\0', LIST, rules, "PATH",
       "Sigma rules, a file or folder; repeatable (default: ours)")
OPTION(NO_CACHE, "no-cache", '\0', FLAG, no_cache, NULL,
       "compile rules anew, and keep nothing of them")
OPTION(LEVEL, "level", '\0', TEXT, level, "LEVEL",
       "show nothing below low, medium, high or critical")
OPTION(THREADS, "threads", '\0', NUMBER, threads, "N", "threads that work (default: the CPUs)")
OPTION(SCAN_FORMAT, "format", '\0', TEXT, format, "NAME",
       "table (terminal), jsonl (pipe), csv or html")
OPTION(PIVOT, "pivot", '\0', FLAG, pivot, NULL,
       "which users, hosts, addresses recur around findings")
OPTION(RULES_FORMAT, "format", '\0', TEXT, format, "NAME", "text, jsonl, or of coverage navigator")
OPTION(SILENT, "silent", '\0', TEXT, silent, "TIME",
       "how long a source may say nothing before it is silent: 7d")
OPTION(PACK_NAME, "name", '\0', TEXT, name, "PACK",
       "name of the pack (default: that of the folder or archive)")
OPTION(RULES_DIR, "rules-dir", '\0', TEXT, rules_dir, "DIR",
       "where packs are installed (default: STORE.rules)")
OPTION(DRY_RUN, "dry-run", '\0', FLAG, dry_run, NULL, "only say what would change")
OPTION(HUNT_ALL, "all", '\0', FLAG, all, NULL, "read everything again, not only what is new")
OPTION(ONLY_NEW, "new", '\0', FLAG, only_new, NULL, "tell only what no hunt has found before")
OPTION(KEEP_NONE, "dry-run", '\0', FLAG, dry_run, NULL, "read everything, and keep no alerts")
OPTION(SINCE, "since", '\0', TEXT, since, "TIME", "found first at or after TIME: -1d, today")
OPTION(RULE, "rule", '\0', TEXT, rule, "TEXT", "of rules with this id, or this in their title")
OPTION(ALERTS_FORMAT, "format", '\0', TEXT, format, "NAME", "table (terminal) or jsonl (pipe)")
OPTION(CONFIG, "config", 'c', TEXT, config, "FILE",
       "the configuration (docs/serve.yml has all keys)")
OPTION(CHECK, "check", '\0', FLAG, check, NULL, "only check the configuration")
OPTION(LISTEN, "listen", '\0', TEXT, listen, "ADDR:PORT",
       "where HTTP is served (default: 127.0.0.1:8514)")
OPTION(GAPS, "gaps", '\0', FLAG, gaps, NULL, "list what is known to be missing")
OPTION(JSON, "json", '\0', FLAG, json, NULL,
       "the closing summary as one JSON object on standard error")
OPTION(HELP, "help", 'h', FLAG, help, NULL, "show this")
