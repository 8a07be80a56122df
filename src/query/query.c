/* From text to a query: the filter, then each pipe by its row in the table of pipes. */
#include "query/query.h"

#include "base/instant.h"
#include "base/limits.h"
#include "query/pipes.h"
#include "query/plan.h"

static struct expr *with_options(struct parser *p, struct expr *filter) {
	const struct query_options *options = p->options;
	if (options->from_ns == INSTANT_MIN && options->to_ns == INSTANT_MAX) {
		return filter;
	}
	struct expr *both[] = {expr_test_time(p->arena, options->from_ns, options->to_ns), filter};
	return filter->kind == EXPR_ALL ? both[0] : expr_group(p->arena, EXPR_AND, both, 2);
}

enum err query_parse_parts(struct parser *p, struct query *query) {
	query->arena = p->arena;
	query->text = p->text;
	if (p->text.len > LIMIT_QUERY_SIZE) {
		return diag_set_at(p->diag, ERR_LIMIT, LIMIT_QUERY_SIZE, 0,
		                   "the query is longer than %zu bytes", LIMIT_QUERY_SIZE);
	}
	if (parser_end(p) || (p->inner && parser_peek(p, 0) == ')')) {
		enum err err =
		    diag_set_at(p->diag, ERR_INVALID, p->inner ? p->at : 0, 0, "the query is empty");
		diag_hint(p->diag, "* finds every record");
		return err;
	}
	struct expr *filter = NULL;
	TRY(filter_parse(p, &filter));
	query->filter = with_options(p, filter);
	return pipes_parse(p, query);
}

enum err query_parse(struct arena *arena, struct str text, const struct query_options *options,
                     struct query **out_query, struct diag *diag) {
	struct query *query = ARENA_NEW(arena, struct query);
	struct parser p = {.arena = arena, .options = options, .diag = diag};
	p.text = arena_str(arena, text);
	enum err err = query_parse_parts(&p, query);
	if (err != ERR_OK) {
		owned_free(p.owned);
		return err;
	}
	pipes_finish(&p, query);
	query->owned = p.owned;
	*out_query = query;
	return ERR_OK;
}

void query_free(struct query *query) {
	if (query != NULL) {
		owned_free(query->owned);
		query->owned = NULL;
	}
}

void query_freep(struct query **query) {
	query_free(*query);
	*query = NULL;
}

bool query_has_pipes(const struct query *query) {
	return query->stages_count > 0;
}

static bool names_path(const struct expr *expr, struct str path) {
	if (expr->kind == EXPR_TEST) {
		return str_eq(expr->field, STR("file.path")) && expr->test_kind != EXPR_EXISTS &&
		       expr_test_value(expr->test, value_string(path));
	}
	for (size_t i = 0; expr->kind != EXPR_NOT && i < expr->children_count; i++) {
		if (names_path(expr->children[i], path)) {
			return true;
		}
	}
	return false;
}

bool query_names_path(const struct query *query, struct str path) {
	return names_path(query->filter, path);
}

struct need {
	struct buf *out;
	size_t count;
};

static void explain_need(void *ctx, struct str text, bool whole_words) {
	struct need *need = ctx;
	buf_printf(need->out, "%s%s ", need->count++ == 0 ? "pages need    " : "              ",
	           whole_words ? "words" : "part ");
	buf_append_json(need->out, text);
	buf_append_char(need->out, '\n');
}

static void explain_time(struct buf *out, int64_t ns, int64_t open, const char *open_text) {
	if (ns == open) {
		buf_append_str(out, str_from(open_text));
	} else {
		instant_format(out, ns, 0);
	}
}

void query_explain(const struct query *query, struct buf *out) {
	int64_t from;
	int64_t to;
	struct need need = {.out = out};
	buf_append_str(out, STR("filter        "));
	expr_describe(query->filter, out);
	buf_append_char(out, '\n');
	expr_time_hull(query->filter, &from, &to);
	if (from != INSTANT_MIN || to != INSTANT_MAX) {
		buf_append_str(out, STR("pages from    "));
		explain_time(out, from, INSTANT_MIN, "the beginning");
		buf_append_str(out, STR(" to "));
		explain_time(out, to, INSTANT_MAX, "the end");
		buf_append_char(out, '\n');
	}
	expr_required_texts(query->filter, explain_need, &need);
	bool first = true;
	for (size_t i = 0; i < query->fields_count; i++) {
		if (query->fields[i].from_source) {
			buf_printf(out, "%s%.*s\n", first ? "fields        " : "              ",
			           STR_ARG(query->fields[i].name));
			first = false;
		}
	}
	pipes_explain(query, out);
}
