/* main(): finds the subcommand by the table and runs it. */
#include <malloc.h>

#include "cmd/command.h"
#include "cmd/console.h"
#include "cmd/version.gen.h"

static int print(struct buf *text) {
	int status = console_print(text);
	buf_deinit(text);
	return status;
}

static int unknown_command(struct str name) {
	struct diag diag = {0};
	struct str nearest = command_nearest(name);
	if (str_starts(name, STR("-"))) {
		(void)diag_set(&diag, ERR_INVALID, "the command comes first, then its options");
		diag_hint(&diag, "akashi search --limit 5 '*'; akashi help lists the commands");
		console_error(&diag, STR(""));
		return EXIT_USAGE;
	}
	(void)diag_set(&diag, ERR_INVALID, "there is no command '%.*s'",
	               STR_ARG(str_slice(name, 0, 80)));
	if (nearest.len > 0) {
		diag_hint(&diag, "did you mean akashi %.*s?", STR_ARG(nearest));
	} else {
		diag_hint(&diag, "akashi help lists them");
	}
	console_error(&diag, STR(""));
	return EXIT_USAGE;
}

/* Asked for --json, though the options as a whole could not be read. */
static bool asks_for_json(int argc, char **argv) {
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			return true;
		}
	}
	return false;
}

static int run_command(const struct command *command, int argc, char **argv) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct args args;
	struct diag diag = {0};
	enum err err = options_parse(command, argc, argv, arena, &args, &diag);
	if (err != ERR_OK) {
		args = (struct args){.json = asks_for_json(argc, argv)};
		return console_fail(&args, err, &diag, STR(""));
	}
	if (args.help) {
		struct buf text = {0};
		help_command(command, &text);
		return print(&text);
	}
	return command->run(&args);
}

/* Pages are decoded into memory that is given back for the next one; by default the kernel would
 * get it back each time, and clear it again. What workers allocate is freed by the thread that
 * makes blocks of it: with heaps of their own, a fifth of the memory would lie idle. */
static void keep_freed_memory(void) {
	enum { MAPPED = 32 << 20, KEPT = 64 << 20 };
	(void)mallopt(M_ARENA_MAX, 1);
	(void)mallopt(M_MMAP_THRESHOLD, MAPPED); /* refused values change nothing */
	(void)mallopt(M_TRIM_THRESHOLD, KEPT);
}

int main(int argc, char **argv) {
	keep_freed_memory();
	console_init();
	struct str name = argc > 1 ? str_from(argv[1]) : STR("--help");
	if (str_eq(name, STR("--version")) || str_eq(name, STR("-V"))) {
		struct buf text = {0};
		buf_printf(&text, "akashi %s\n", AKASHI_VERSION);
		return print(&text);
	}
	if (str_eq(name, STR("--help")) || str_eq(name, STR("-h"))) {
		struct buf text = {0};
		help_overview(&text);
		return print(&text);
	}
	const struct command *command = command_find(name);
	return command == NULL ? unknown_command(name) : run_command(command, argc - 2, argv + 2);
}
