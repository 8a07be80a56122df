/* Completion for bash, made from the tables of commands and options. */
#include "cmd/command.h"
#include "cmd/console.h"

/* What may stand after the command, where these are words and not files. */
static void append_arguments(struct buf *out, const struct command *command) {
	if (command->run == cmd_completion) {
		buf_append_str(out, STR("bash"));
	}
	for (size_t i = 0; command->run == cmd_help && i < command_count(); i++) {
		buf_append_str(out, command_get(i)->name);
		buf_append_str(out, i + 1 < command_count() ? STR(" ") : STR(" query"));
	}
}

static void append_command(struct buf *out, const struct command *command) {
	buf_printf(out, "    %.*s) arguments='", STR_ARG(command->name));
	append_arguments(out, command);
	buf_append_str(out, STR("' words='"));
	for (size_t i = 0; i < command->options_count; i++) {
		const struct option *option = option_get(command->options[i]);
		buf_printf(out, "%s--%.*s", i > 0 ? " " : "", STR_ARG(option->name));
	}
	buf_append_str(out, STR("' ;;\n"));
}

static void append_bash(struct buf *out) {
	buf_append_str(out, STR("# bash completion for akashi; akashi completion bash prints it\n"
	                        "_akashi() {\n"
	                        "  local word=${COMP_WORDS[COMP_CWORD]} words='' arguments=''\n"
	                        "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	                        "    words='"));
	for (size_t i = 0; i < command_count(); i++) {
		buf_append_str(out, command_get(i)->name);
		buf_append_char(out, ' ');
	}
	buf_append_str(out, STR("--help --version'\n"
	                        "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
	                        "    return\n"
	                        "  fi\n"
	                        "  case ${COMP_WORDS[1]} in\n"));
	for (size_t i = 0; i < command_count(); i++) {
		append_command(out, command_get(i));
	}
	buf_append_str(out, STR("  esac\n"
	                        "  case $word in\n"
	                        "    -*) COMPREPLY=($(compgen -W \"$words\" -- \"$word\")) ;;\n"
	                        "    *) if [ -n \"$arguments\" ]; then\n"
	                        "         COMPREPLY=($(compgen -W \"$arguments\" -- \"$word\"))\n"
	                        "       else\n"
	                        "         local IFS=$'\\n'\n"
	                        "         COMPREPLY=($(compgen -f -- \"$word\"))\n"
	                        "       fi ;;\n"
	                        "  esac\n"
	                        "}\n"
	                        "complete -o filenames -F _akashi akashi\n"));
}

int cmd_completion(const struct args *args) {
	struct buf text = {0};
	if (strcmp(args->paths[0], "bash") != 0) {
		struct diag diag = {0};
		(void)diag_set(&diag, ERR_INVALID, "there is no completion for '%.40s'", args->paths[0]);
		diag_hint(&diag, "bash is the only shell so far");
		console_error(&diag, STR(""));
		return EXIT_USAGE;
	}
	append_bash(&text);
	int status = console_print(&text);
	buf_deinit(&text);
	return status;
}
