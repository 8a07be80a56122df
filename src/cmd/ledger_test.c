/* The ledger between results: where its lines stand, for every order and with a time asked for. */
#include "cmd/ledger.h"

#include "base/instant.h"
#include "tap.h"

static const struct ledger_entry entries[] = {
    {.received_ns = 10, .tree = STR_INIT("default"), .index = 1, .type = RECORD_CONFIG},
    {.received_ns = 20, .tree = STR_INIT("default"), .index = 4, .type = RECORD_LOSS},
    {.received_ns = 30,
     .class_number = 1,
     .tree = STR_INIT("1y"),
     .index = 2,
     .type = RECORD_CLOCK_STEP},
};

static struct ledger_between between_of(enum query_order order, int64_t from_ns, int64_t to_ns) {
	static struct ledger_entry newest[3];
	for (size_t i = 0; i < 3; i++) {
		newest[i] = entries[2 - i];
	}
	return (struct ledger_between){
	    .ledger = {.entries = order == QUERY_BY_TIME_NEWEST ? newest : entries, .count = 3},
	    .order = order,
	    .from_ns = from_ns,
	    .to_ns = to_ns};
}

/* A result as its number, a line of the ledger as a letter of its type. */
static char letter_of(struct str line) {
	static const struct {
		const char *type;
		char letter;
	} types[] = {{"-- ", '?'}, {" config ", 'c'}, {" loss ", 'l'}, {" clock-step ", 's'}};
	char letter = line.ptr[0];
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (str_find(line, str_from(types[i].type), 0) != SIZE_MAX) {
			letter = types[i].letter;
		}
	}
	return letter;
}

static void give(struct ledger_between *between, const struct row *rows, const size_t *classes,
                 size_t count, struct buf *out) {
	struct render_style style = {0};
	struct buf text CLEANUP(buf_deinit) = {0};
	for (size_t i = 0; i < count; i++) {
		ledger_before(between, &rows[i], classes[i], &style, &text);
		buf_printf(&text, "%zu\n", i);
	}
	ledger_behind(between, &style, &text);
	struct str rest = buf_str(&text);
	while (rest.len > 0) {
		buf_append_char(out, letter_of(str_cut(&rest, '\n')));
	}
}

static void check_order(enum query_order order, int64_t from_ns, int64_t to_ns,
                        const struct row *rows, const size_t *classes, size_t count,
                        const char *expected) {
	struct ledger_between between = between_of(order, from_ns, to_ns);
	struct buf got CLEANUP(buf_deinit) = {0};
	give(&between, rows, classes, count, &got);
	CHECK_STR(buf_str(&got), expected);
}

TEST(entries_stand_between_the_results_that_they_lie_between) {
	static const struct row times[] = {{.time_ns = 5}, {.time_ns = 15}, {.time_ns = 40}};
	static const size_t first[] = {0, 0, 0};
	check_order(QUERY_BY_TIME, INSTANT_MIN, INSTANT_MAX, times, first, 3, "0c1ls2");
	check_order(QUERY_BY_TIME, INSTANT_MIN, INSTANT_MAX, times + 1, first, 1, "0");
	check_order(QUERY_BY_TIME, INSTANT_MIN, INSTANT_MAX, times, first, 2, "0c1");
	check_order(QUERY_BY_TIME, INSTANT_MIN, INSTANT_MAX, times, first, 0, "");
	static const struct row newest[] = {{.time_ns = 40}, {.time_ns = 15}, {.time_ns = 5}};
	check_order(QUERY_BY_TIME_NEWEST, INSTANT_MIN, INSTANT_MAX, newest, first, 3, "0sl1c2");
}

TEST(what_a_search_names_a_time_for_is_told_up_to_it) {
	static const struct row times[] = {{.time_ns = 15}};
	static const size_t first[] = {0};
	check_order(QUERY_BY_TIME, 0, INSTANT_MAX, times, first, 1, "c0");
	check_order(QUERY_BY_TIME, INSTANT_MIN, 100, times, first, 1, "0ls");
	check_order(QUERY_BY_TIME, 0, 100, times, first, 0, "cls");
	check_order(QUERY_BY_TIME_NEWEST, 0, INSTANT_MAX, times, first, 1, "0c");
	check_order(QUERY_BY_TIME_NEWEST, INSTANT_MIN, 100, times, first, 1, "sl0");
}

TEST(in_the_order_of_index_a_class_comes_after_the_other) {
	static const struct row rows[] = {{.index = 0}, {.index = 3}, {.index = 9}, {.index = 3}};
	static const size_t classes[] = {0, 0, 0, 1};
	check_order(QUERY_BY_INDEX, INSTANT_MIN, INSTANT_MAX, rows, classes, 4, "0c1l2s3");
	check_order(QUERY_BY_INDEX, INSTANT_MIN, INSTANT_MAX, rows, classes, 2, "0c1");
}
