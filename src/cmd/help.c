/* Help, made from the tables of commands and options; the page of the query language. */
#include "query/help.h"
#include "cmd/command.h"
#include "cmd/console.h"

void help_overview(struct buf *out) {
	buf_append_str(out, STR("akashi: every log kept as provable evidence, and searched\n\n"
	                        "usage: akashi COMMAND [OPTION...] [ARGUMENT...]\n\n"));
	for (size_t i = 0; i < command_count(); i++) {
		const struct command *command = command_get(i);
		buf_printf(out, "  %-11.*s %s\n", STR_ARG(command->name), command->summary);
	}
	buf_append_str(out, STR("\nTo begin:\n"
	                        "  akashi ingest /var/log\n"
	                        "  akashi search '\"Failed password\" | top 10 host.name'\n"
	                        "  akashi verify\n\n"
	                        "akashi COMMAND --help tells more; akashi help query the language.\n"));
}

void help_command(const struct command *command, struct buf *out) {
	buf_printf(out, "akashi %.*s: %s\n\nusage: akashi %.*s [OPTION...]%s%s\n\n%s\n",
	           STR_ARG(command->name), command->summary, STR_ARG(command->name),
	           command->arguments[0] != '\0' ? " " : "", command->arguments, command->details);
	for (size_t i = 0; i < command->options_count; i++) {
		const struct option *option = option_get(command->options[i]);
		struct buf left = {0};
		if (option->letter != '\0') {
			buf_printf(&left, "-%c, ", option->letter);
		}
		buf_printf(&left, "--%.*s%s%s", STR_ARG(option->name), option->value ? " " : "",
		           option->value ? option->value : "");
		if (left.len <= 20) {
			buf_printf(out, "  %-20.*s %s\n", STR_ARG(buf_str(&left)), option->help);
		} else {
			buf_printf(out, "  %.*s\n  %-20s %s\n", STR_ARG(buf_str(&left)), "", option->help);
		}
		buf_deinit(&left);
	}
}

int cmd_help(const struct args *args) {
	struct buf text = {0};
	struct str topic = args->paths_count > 0 ? str_from(args->paths[0]) : STR("");
	const struct command *command = command_find(topic);
	if (str_eq(topic, STR("query"))) {
		query_help(&text);
	} else if (command != NULL) {
		help_command(command, &text);
	} else if (topic.len == 0) {
		help_overview(&text);
	} else {
		struct diag diag = {0};
		(void)diag_set(&diag, ERR_INVALID, "there is no help on '%.*s'",
		               STR_ARG(str_slice(topic, 0, 80)));
		diag_hint(&diag, "akashi help lists the commands; akashi help query the language");
		console_error(&diag, STR(""));
		return EXIT_USAGE;
	}
	int status = console_print(&text);
	buf_deinit(&text);
	return status;
}
