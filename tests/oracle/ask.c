/* Many queries over one store in one process, for tests/oracle/run.py.
 *   ask STORE
 * Standard input: a query a line: ORDER (time, -time, index), LIMIT, NOW, FROM, TO (ns since 1970;
 * of
 * --from and --to, - for none), then the query's text, parted by tabs. Standard output: a line of
 * JSON for each:
 *   {"found":N,"records":[["CLASS",INDEX],...]}   {"columns":[...],"rows":[[...],...]}
 *   {"error":"...","at":N}
 */
#include <inttypes.h>

#include "base/instant.h"
#include "query/query.h"

struct answer {
	struct buf json;
	size_t columns; /* 0: records */
	size_t count;
};

static enum err begin(void *ctx, const struct str *columns, size_t count) {
	struct answer *answer = ctx;
	answer->columns = count;
	if (count > 0) {
		buf_append_str(&answer->json, STR("\"columns\":["));
		for (size_t i = 0; i < count; i++) {
			buf_append_str(&answer->json, i > 0 ? STR(",") : STR(""));
			buf_append_json(&answer->json, columns[i]);
		}
		buf_append_str(&answer->json, STR("],\"rows\":["));
	} else {
		buf_append_str(&answer->json, STR("\"records\":["));
	}
	return ERR_OK;
}

static enum err record(void *ctx, const struct row *row) {
	struct answer *answer = ctx;
	buf_append_str(&answer->json, answer->count++ > 0 ? STR(",[") : STR("["));
	buf_append_json(&answer->json, row->tree);
	buf_printf(&answer->json, ",%" PRIu64 "]", row->index);
	return ERR_OK;
}

static enum err values(void *ctx, const struct value *row, size_t count) {
	struct answer *answer = ctx;
	buf_append_str(&answer->json, answer->count++ > 0 ? STR(",[") : STR("["));
	for (size_t i = 0; i < count; i++) {
		buf_append_str(&answer->json, i > 0 ? STR(",") : STR(""));
		if (row[i].kind == VALUE_NONE) { /* apart from a null of JSON */
			buf_append_str(&answer->json, STR("{\"absent\":1}"));
		} else {
			value_append_json(&answer->json, row[i]);
		}
	}
	buf_append_char(&answer->json, ']');
	return ERR_OK;
}

static bool read_order(struct str text, enum query_order *out_order) {
	bool newest = str_eq(text, STR("-time"));
	*out_order = str_eq(text, STR("index")) ? QUERY_BY_INDEX
	             : newest                   ? QUERY_BY_TIME_NEWEST
	                                        : QUERY_BY_TIME;
	return newest || str_eq(text, STR("index")) || str_eq(text, STR("time"));
}

/* "-" leaves it as it is. */
static bool read_bound(struct str text, int64_t *bound) {
	return str_eq(text, STR("-")) || str_to_i64(text, bound);
}

static enum err ask(const struct store_set *set, struct str line, struct answer *answer,
                    struct diag *diag) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	CLEANUP(query_freep) struct query *query = NULL;
	struct query_options options = {.from_ns = INSTANT_MIN, .to_ns = INSTANT_MAX, .os = os_real()};
	struct query_output output = {
	    .ctx = answer, .begin = begin, .record = record, .values = values};
	struct query_stats stats = {0};
	struct str order = str_cut(&line, '\t');
	struct str limit = str_cut(&line, '\t');
	if (!read_order(order, &options.order) || !str_to_u64(limit, UINT64_MAX, &options.limit) ||
	    !str_to_i64(str_cut(&line, '\t'), &options.now_ns) ||
	    !read_bound(str_cut(&line, '\t'), &options.from_ns) ||
	    !read_bound(str_cut(&line, '\t'), &options.to_ns)) {
		return diag_set(diag, ERR_INVALID, "not ORDER, LIMIT, NOW, FROM, TO and a query");
	}
	TRY(query_parse(arena, line, &options, &query, diag));
	TRY(query_run(query, set, &options, &output, &stats, diag));
	buf_printf(&answer->json, "],\"found\":%" PRIu64 ",\"damaged\":%" PRIu64, stats.found,
	           stats.pages_damaged);
	return ERR_OK;
}

int main(int argc, char **argv) {
	struct store_set set = {0};
	struct diag diag = {0};
	char *line = NULL;
	size_t cap = 0;
	struct answer answer = {0};
	const struct store_options options = {.os = os_real(), .path = argc > 1 ? argv[1] : ""};
	if (argc != 2 || store_set_open(&options, &set, &diag) != ERR_OK) {
		fprintf(stderr, "usage: ask STORE\n%s\n", diag.message);
		return 2;
	}
	for (ssize_t len; (len = getline(&line, &cap, stdin)) > 0;) {
		size_t end = (size_t)len - (line[len - 1] == '\n');
		diag = (struct diag){0};
		answer.count = 0;
		buf_clear(&answer.json);
		buf_append_char(&answer.json, '{');
		enum err err = ask(&set, str_make(line, end), &answer, &diag);
		if (err != ERR_OK) {
			buf_clear(&answer.json);
			buf_append_str(&answer.json, STR("{\"error\":"));
			buf_append_json(&answer.json, str_from(diag.message));
			buf_printf(&answer.json, ",\"code\":%d,\"at\":%zu", (int)err, diag.position);
		}
		buf_append_str(&answer.json, STR("}\n"));
		(void)fwrite(answer.json.ptr, 1, answer.json.len, stdout);
		(void)fflush(stdout);
	}
	free(line);
	buf_deinit(&answer.json);
	store_set_close(&set);
	return 0;
}
