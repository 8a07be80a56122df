/* The page of the query language. */
#include "query/help.h"

#include "query/agg.h"
#include "query/pipes.h"
#include "query/where.h"

static const char filter_page[] =
    "The query language: a filter, then pipes.\n"
    "\n"
    "  word                 the word, in any case; words beside each other must all be there\n"
    "  \"two words\"          the phrase\n"
    "  ~\"ssword fo\"         the text anywhere, also inside words\n"
    "  ~~\"ｱｶｳﾝﾄ\"            the same, whatever the width of its characters: アカウント, too\n"
    "  /regex/              a regular expression (PCRE2), in any case unless it says (?-i)\n"
    "  *                    every record\n"
    "  host.name:web01      a field is this value, in any case\n"
    "  host.name:web*       with wildcards * and ?\n"
    "  user.name:(a OR b)   one of these\n"
    "  url.path:/\\.php$/    a field matches\n"
    "  source.ip:10.0.0.0/8 an address in this network\n"
    "  status:>=500         compared as a number; also > < <= and [400 TO 499]; times and\n"
    "                       addresses likewise, and \"text\" in quotes\n"
    "  akashi.flags:*       something is odd: truncated, continues, fields_left_out ...\n"
    "  user.name:*          the field is there\n"
    "  -x, NOT x, AND, OR   and parentheses; AND may be left out\n"
    "\n"
    "Times: 2026-11-22, 2026-11-22T10:00:00Z, today, yesterday, -15m, -7d.\n";

static void append_entry(struct buf *out, struct str usage, struct str help) {
	if (usage.len <= 26) {
		buf_printf(out, "  %-26.*s %.*s\n", STR_ARG(usage), STR_ARG(help));
	} else {
		buf_printf(out, "  %.*s\n  %-26s %.*s\n", STR_ARG(usage), "", STR_ARG(help));
	}
}

void query_help(struct buf *out) {
	const struct pipe_kind *const *pipes;
	const struct agg_kind *functions;
	size_t pipes_count = pipes_table(&pipes);
	size_t functions_count = agg_table(&functions);
	buf_append_str(out, str_from(filter_page));
	buf_append_str(out, STR("\nPipes:\n"));
	for (size_t i = 0; i < pipes_count; i++) {
		append_entry(out, pipes[i]->usage, pipes[i]->help);
	}
	const struct where_function *function;
	buf_append_str(out, STR("\nFunctions of where and eval:\n"));
	append_entry(out, STR("contains, word, startswith, endswith, like, regex, cidr"),
	             STR("(FIELD, \"text\"): tests of a value"));
	for (size_t i = 0; (function = where_form_at(i)) != NULL; i++) {
		append_entry(out, function->usage, function->help);
	}
	for (size_t i = 0; (function = where_function_at(i)) != NULL; i++) {
		append_entry(out, function->usage, function->help);
	}
	buf_append_str(out, STR("\nFunctions of stats and timechart:\n"));
	for (size_t i = 0; i < functions_count; i++) {
		append_entry(out, functions[i].usage, functions[i].help);
	}
}
