/* Compiling a test, and one value against it. */
#include "expr/test.h"

/* The pattern's length without its unescaped stars at the end. */
static size_t trimmed_end(struct str pattern) {
	size_t end = 0;
	for (size_t at = 0; at < pattern.len; at++) {
		bool escaped = pattern.ptr[at] == '\\' && at + 1 < pattern.len;
		at += escaped;
		if (escaped || pattern.ptr[at] != '*') {
			end = at + 1;
		}
	}
	return end;
}

static void init_pattern(struct expr_test *test, struct arena *arena) {
	struct str text = test->text;
	size_t first = 0;
	while (first < text.len && text.ptr[first] == '*') {
		first++;
	}
	size_t end = MAX_OF(trimmed_end(text), first);
	struct str middle = str_slice(text, first, end);
	if (middle.len > 0 && wildcard_is_pattern(middle)) {
		glob_init(&test->glob, arena, text);
		test->needle_text = test->glob.piece_text;
		return;
	}
	test->by_needle = true;
	test->needle_text = wildcard_unescape(arena, middle);
	needle_init(&test->needle, arena, test->needle_text, first == 0, end == text.len);
}

static void init_needle(struct expr_test *test, struct arena *arena, bool borders) {
	test->by_needle = true;
	test->needle_text = test->text;
	needle_init(&test->needle, arena, test->text, borders, borders);
}

static enum err init(struct expr_test *test, struct arena *arena, struct diag *diag) {
	switch (test->kind) {
	case EXPR_WORDS:
		init_needle(test, arena, true);
		return ERR_OK;
	case EXPR_CONTAINS:
	case EXPR_EQUALS:
		init_needle(test, arena, false);
		return ERR_OK;
	case EXPR_PATTERN:
		init_pattern(test, arena);
		return ERR_OK;
	case EXPR_ALIKE:
		alike_init(&test->alike, arena, test->text);
		return ERR_OK;
	case EXPR_WILDCARD:
		wildcard_init(&test->wildcard, arena, test->text);
		return ERR_OK;
	case EXPR_REGEX:
		return regex_new(test->text, &test->regex, diag);
	case EXPR_CIDR:
		if (!network_parse(test->text, &test->network)) {
			return diag_set_at(diag, ERR_INVALID, 0, test->text.len,
			                   "'%.*s' is not an IP address or network", STR_ARG(test->text));
		}
		return ERR_OK;
	case EXPR_RANGE:
	case EXPR_EXISTS:
	case EXPR_TIME:
	case EXPR_TEST_KIND_COUNT:
	default:
		return ERR_OK;
	}
}

enum err test_new(struct arena *arena, enum expr_test_kind kind, struct str text,
                  struct expr_test **out_test, struct diag *diag) {
	struct expr_test *test = ARENA_NEW(arena, struct expr_test);
	test->kind = kind;
	test->text = arena_str(arena, text);
	TRY(init(test, arena, diag));
	*out_test = test;
	return ERR_OK;
}

static bool match_regex(struct test_run *run, struct str text) {
	bool match = false;
	if (run->regex == NULL) {
		run->regex = regex_run_new(run->test->regex);
	}
	enum err err = regex_match(run->test->regex, run->regex, text, &match);
	if (err != ERR_OK && run->err == ERR_OK) {
		run->err = err;
	}
	return match;
}

static bool match_range(const struct expr_test *test, struct str text) {
	struct scalar scalar = scalar_read(text);
	if (test->range.has_min) {
		int order = scalar_order_nocase(&scalar, &test->min);
		if (!scalar_comparable(&scalar, &test->min) || order < 0 ||
		    (order == 0 && test->range.min_open)) {
			return false;
		}
	}
	if (test->range.has_max) {
		int order = scalar_order_nocase(&scalar, &test->max);
		if (!scalar_comparable(&scalar, &test->max) || order > 0 ||
		    (order == 0 && test->range.max_open)) {
			return false;
		}
	}
	return true;
}

static bool match_text(struct test_run *run, struct str text) {
	const struct expr_test *test = run->test;
	struct address address;
	switch (test->kind) {
	case EXPR_WORDS:
	case EXPR_CONTAINS:
		return needle_find(&test->needle, text, 0, NULL);
	case EXPR_PATTERN:
		return test->by_needle ? needle_find(&test->needle, text, 0, NULL)
		                       : glob_find(&test->glob, &run->glob, text);
	case EXPR_ALIKE:
		return alike_find(&test->alike, text);
	case EXPR_EQUALS:
		return needle_equals(&test->needle, text);
	case EXPR_WILDCARD:
		return wildcard_match(&test->wildcard, text);
	case EXPR_REGEX:
		return match_regex(run, text);
	case EXPR_RANGE:
		return match_range(test, text);
	case EXPR_CIDR:
		return address_parse(text, &address) && network_has(&test->network, &address);
	case EXPR_EXISTS:
		return true;
	case EXPR_TIME: /* answered from the page's times */
	case EXPR_TEST_KIND_COUNT:
	default:
		return false;
	}
}

bool test_match(struct test_run *run, struct value value) {
	size_t at = 0;
	struct value element;
	if (value.kind == VALUE_NONE) {
		return false;
	}
	if (value.kind != VALUE_LIST) {
		return match_text(run, value.text);
	}
	if (run->test->kind == EXPR_EXISTS) {
		return true;
	}
	while (value_list_next(value.text, &at, &element)) {
		if (match_text(run, element.text)) {
			return true;
		}
	}
	return false;
}

const struct regex *expr_test_regex(const struct expr *expr) {
	bool has = expr->kind == EXPR_TEST && expr->test_kind == EXPR_REGEX;
	return has ? expr->test->regex : NULL;
}

void test_run_deinit(struct test_run *run) {
	regex_run_free(run->regex);
	run->regex = NULL;
	glob_run_deinit(&run->glob);
}

bool expr_test_value(const struct expr_test *test, struct value value) {
	CLEANUP(test_run_deinit) struct test_run run = {.test = test};
	return test_match(&run, value);
}

struct expr_run {
	struct test_run run;
};

struct expr_run *expr_run_new(const struct expr_test *test) {
	struct expr_run *run = calloc(1, sizeof(*run));
	ASSERT(run != NULL);
	run->run.test = test;
	return run;
}

void expr_run_free(struct expr_run *run) {
	if (run != NULL) {
		test_run_deinit(&run->run);
		free(run);
	}
}

enum err expr_run_match(struct expr_run *run, struct value value, bool *out_match) {
	run->run.err = ERR_OK;
	bool match = test_match(&run->run, value);
	TRY(run->run.err);
	*out_match = match;
	return ERR_OK;
}
