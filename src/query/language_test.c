/* The language against a plain reading of it: random queries over random records, each record asked
 * by itself with the simplest code there is (ASCII only; other scripts are tried in src/expr).
 */
#include "query/query.h"

#include "query/fake.h"
#include "tap.h"

enum { RECORDS_MAX = 60, DEPTH = 3 };

enum node_kind {
	N_WORD,
	N_PART,
	N_EQUALS,
	N_PREFIX,
	N_EXISTS,
	N_AT_LEAST,
	N_LIST,
	N_AND,
	N_OR,
	N_NOT
};

struct node {
	enum node_kind kind;
	const char *field, *text;
	int number;
	struct node *left, *right;
};

static const char *const texts[] = {
    "root", "Failed", "failed password", "a_b", "10.0.0.7", "x=y [z]", "AND", "foo-bar",
    "7",    "roots",  "passwords",       "or",  "*",        "(",       "a|b"};
static const char *const users[] = {"root", "Root", "admin", "ad*min", "a b", "7", "12", "-3", ""};
static const char *const names[] = {"user.name", "n", "missing"};

static const char *pick(const char *const *from, size_t count) {
	return from[tap_random() % count];
}

static struct node *random_node(struct arena *arena, unsigned depth) {
	struct node *node = ARENA_NEW(arena, struct node);
	node->kind = depth == 0 ? (enum node_kind)(tap_random() % N_AND)
	                        : (enum node_kind)(tap_random() % (N_NOT + 1));
	node->field = pick(names, ARRAY_LEN(names));
	node->text =
	    node->kind <= N_PART ? pick(texts, ARRAY_LEN(texts)) : pick(users, ARRAY_LEN(users));
	node->number = (int)(tap_random() % 20) - 5;
	if (node->kind >= N_AND) {
		node->left = random_node(arena, depth - 1);
		node->right = random_node(arena, depth - 1);
	}
	return node;
}

/* ---- written as a query ---- */

static void quote(struct buf *out, const char *text) {
	buf_append_char(out, '"');
	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\') {
			buf_append_char(out, '\\');
		}
		buf_append_char(out, *c);
	}
	buf_append_char(out, '"');
}

static bool is_plain(const char *text) {
	for (const char *c = text; *c != '\0'; c++) {
		if (!char_is_alpha(*c) && !char_is_digit(*c)) {
			return false;
		}
	}
	return *text != '\0' && strcmp(text, "AND") != 0;
}

static void write_text(struct buf *out, const char *text) {
	if (is_plain(text) && tap_random() % 2) {
		buf_append_str(out, str_from(text));
	} else {
		quote(out, text);
	}
}

static void write_blanks(struct buf *out) {
	static const char *const blanks[] = {" ", "  ", "\t", "\n", "\xe3\x80\x80"};
	buf_append_str(out, str_from(pick(blanks, ARRAY_LEN(blanks))));
}

static void write_node(struct buf *out, const struct node *node);

static void write_group(struct buf *out, const struct node *node) {
	buf_append_char(out, '(');
	write_node(out, node->left);
	write_blanks(out);
	if (node->kind == N_OR || tap_random() % 2) {
		buf_append_str(out, node->kind == N_OR ? STR("OR") : STR("AND"));
		write_blanks(out);
	}
	write_node(out, node->right);
	buf_append_char(out, ')');
}

static void write_prefix(struct buf *out, const char *text) {
	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '*' || *c == ' ') {
			buf_append_char(out, '\\');
		}
		buf_append_char(out, *c);
	}
	buf_append_char(out, '*');
}

static void write_node(struct buf *out, const struct node *node) {
	if (node->kind >= N_EQUALS && node->kind <= N_LIST) {
		buf_printf(out, "%s:", node->field);
	}
	switch (node->kind) {
	case N_WORD:
		write_text(out, node->text);
		break;
	case N_PART:
		buf_append_char(out, '~');
		quote(out, node->text);
		break;
	case N_EQUALS:
		write_text(out, node->text);
		break;
	case N_PREFIX: /* "*" alone would be "exists" */
		write_prefix(out, node->text[0] == '\0' ? "a" : node->text);
		break;
	case N_EXISTS:
		buf_append_char(out, '*');
		break;
	case N_AT_LEAST:
		buf_printf(out, ">=%d", node->number);
		break;
	case N_LIST:
		buf_append_char(out, '(');
		write_text(out, node->text);
		buf_append_str(out, tap_random() % 2 ? STR(", ") : STR(" OR "));
		buf_append_str(out, STR("guest)"));
		break;
	case N_NOT:
		buf_append_str(out, tap_random() % 2 ? STR("-") : STR("NOT "));
		write_node(out, node->left);
		break;
	case N_AND:
	case N_OR:
	default:
		write_group(out, node);
		break;
	}
}

/* ---- read plainly ---- */

static bool is_word(char c) {
	return char_is_alpha(c) || char_is_digit(c) || c == '_';
}

static bool has_text(struct str text, struct str part, bool borders) {
	for (size_t i = 0; i + part.len <= text.len; i++) {
		if (!str_eq_nocase(str_slice(text, i, i + part.len), part)) {
			continue;
		}
		bool first = i == 0 || !is_word(text.ptr[i - 1]) || !is_word(part.ptr[0]);
		bool last = i + part.len == text.len || !is_word(text.ptr[i + part.len]) ||
		            !is_word(part.ptr[part.len - 1]);
		if (!borders || (first && last)) {
			return true;
		}
	}
	return false;
}

static const struct value *field_of(const struct fake_record *record, const char *name) {
	for (size_t i = 0; i < record->fields_count; i++) {
		if (str_eq(record->fields[i].name, str_from(name))) {
			return &record->fields[i].value;
		}
	}
	return NULL;
}

static bool value_matches(const struct node *node, struct str value) {
	int64_t number;
	struct str text = str_from(node->kind == N_PREFIX && node->text[0] == '\0' ? "a" : node->text);
	switch (node->kind) {
	case N_EQUALS:
		return str_eq_nocase(value, text);
	case N_PREFIX:
		return value.len >= text.len && str_eq_nocase(str_slice(value, 0, text.len), text);
	case N_AT_LEAST:
		return str_to_i64(value, &number) && number >= node->number;
	case N_LIST:
		return str_eq_nocase(value, text) || str_eq_nocase(value, STR("guest"));
	case N_WORD:
	case N_PART:
	case N_EXISTS:
	case N_AND:
	case N_OR:
	case N_NOT:
	default:
		return true; /* N_EXISTS */
	}
}

static bool matches(const struct node *node, const struct fake_record *record) {
	size_t at = 0;
	struct value element;
	const struct value *value = field_of(record, node->field);
	switch (node->kind) {
	case N_WORD:
	case N_PART:
		return has_text(record->text, str_from(node->text), node->kind == N_WORD);
	case N_AND:
		return matches(node->left, record) && matches(node->right, record);
	case N_OR:
		return matches(node->left, record) || matches(node->right, record);
	case N_NOT:
		return !matches(node->left, record);
	case N_EQUALS:
	case N_PREFIX:
	case N_EXISTS:
	case N_AT_LEAST:
	case N_LIST:
	default:
		break;
	}
	if (value == NULL || value->kind != VALUE_LIST) {
		return value != NULL && value_matches(node, value->text);
	}
	while (value_list_next(value->text, &at, &element)) {
		if (value_matches(node, element.text)) {
			return true;
		}
	}
	return false;
}

/* ---- data ---- */

static struct value random_value(struct arena *arena) {
	if (tap_random() % 5 != 0) {
		return value_string(str_from(pick(users, ARRAY_LEN(users))));
	}
	CLEANUP(buf_deinit) struct buf list = {0};
	value_list_append(&list, value_string(str_from(pick(users, ARRAY_LEN(users)))));
	value_list_append(&list, value_string(STR("guest")));
	return (struct value){VALUE_LIST, arena_str(arena, buf_str(&list))};
}

static void random_record(struct arena *arena, struct fake_record *record) {
	CLEANUP(buf_deinit) struct buf text = {0};
	*record = (struct fake_record){.time_ns = (int64_t)(tap_random() % 8) * INSTANT_SECOND};
	record->type = tap_random() % 10 == 0 ? RECORD_CONTEXT : RECORD_DATA;
	for (uint64_t n = tap_random() % 4; n > 0; n--) {
		buf_append_str(&text, str_from(pick(texts, ARRAY_LEN(texts))));
		buf_append_str(&text, tap_random() % 3 ? STR(" ") : STR(""));
	}
	record->text = arena_str(arena, buf_str(&text));
	for (size_t i = 0; i < 2; i++) {
		if (tap_random() % 4 != 0) {
			record->fields[record->fields_count++] =
			    (struct row_field){str_from(names[i]), random_value(arena)};
		}
	}
}

/* What should come, by picking the earliest that is left again and again. */
static void expect(const struct node *node, const struct fake_record *records, size_t count,
                   struct buf *out) {
	bool taken[RECORDS_MAX] = {0};
	for (;;) {
		size_t best = count;
		for (size_t i = 0; i < count; i++) {
			if (!taken[i] && records[i].type == RECORD_DATA && matches(node, &records[i]) &&
			    (best == count || records[i].time_ns < records[best].time_ns)) {
				best = i;
			}
		}
		if (best == count) {
			return;
		}
		taken[best] = true;
		buf_printf(out, "#%zu\n", best);
	}
}

static bool try_one(struct arena *arena) {
	CLEANUP(buf_deinit) struct buf text = {0};
	CLEANUP(buf_deinit) struct buf is = {0};
	CLEANUP(buf_deinit) struct buf should = {0};
	CLEANUP(query_freep) struct query *query = NULL;
	struct fake_record records[RECORDS_MAX];
	size_t count = tap_random() % RECORDS_MAX;
	for (size_t i = 0; i < count; i++) {
		random_record(arena, &records[i]);
	}
	struct fake fake = {.records = records,
	                    .count = count,
	                    .page_rows = (uint32_t)(1 + tap_random() % 40),
	                    .damaged_page = UINT64_MAX};
	struct query_source source = fake_source(&fake);
	struct fake_output lines = {.out = &is};
	struct query_output output = fake_output(&lines);
	struct query_options options = fake_options();
	struct query_stats stats = {0};
	struct diag diag = {0};
	const struct node *node = random_node(arena, DEPTH);
	write_node(&text, node);
	expect(node, records, count, &should);
	enum err err = query_parse(arena, buf_str(&text), &options, &query, &diag);
	if (err == ERR_OK) {
		err = query_run_source(query, &source, &options, &output, &stats, &diag);
	}
	bool same = err == ERR_OK && str_eq(buf_str(&is), buf_str(&should));
	if (!same) {
		buf_append_char(&is, '\0');
		buf_append_char(&should, '\0');
		printf("# %.*s\n# %s\n# is %s# should %s\n", STR_ARG(buf_str(&text)), diag.message, is.ptr,
		       should.ptr);
	}
	return CHECK(same);
}

TEST(random_queries_find_what_a_plain_reading_finds) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	for (int i = 0; i < 4000; i++) {
		arena_reset(arena);
		REQUIRE(try_one(arena));
	}
}
