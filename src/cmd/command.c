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
