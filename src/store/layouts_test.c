/* Fields become layouts and come back: where a value lies decides how it is kept, and what a kind
 * of lines has too many layouts for is kept row by row.
 */
#include "store/layouts.h"

#include <stdio.h>

#include "tap.h"

#include "codec/packed.h"

enum { ROWS = 3000, LINE = 64 };

/* A block of one batch in the making, and opened. */
struct fixture {
	char (*text)[LINE];
	struct lines_cut *lines_cut;
	struct layouts_cut *cut;
	int64_t times[ROWS];
	struct buf lines_parts[LINES_PARTS];
	struct buf parts[LAYOUTS_PARTS];
	struct lines *lines;
	struct layouts *layouts;
	uint32_t shapes[ROWS], ranks[ROWS], numbers[ROWS], free_at[ROWS], outside_at[ROWS];
	uint32_t rows;
};

static struct fixture *fixture_new(void) {
	struct fixture *f = calloc(1, sizeof(*f));
	ASSERT(f != NULL);
	f->text = calloc(ROWS, sizeof(*f->text));
	f->lines_cut = lines_cut_new();
	f->cut = layouts_cut_new();
	return f;
}

/* "item NUMBER of LETTERS"; returns the length. */
static uint32_t add_line(struct fixture *f, unsigned number, const char *letters) {
	char *text = f->text[f->rows++];
	int len = snprintf(text, LINE, "item %u of %s", number, letters);
	lines_cut_add(f->lines_cut, str_make(text, (size_t)len));
	return (uint32_t)len;
}

static struct field_found in_text(uint32_t name, uint32_t offset, uint32_t len) {
	return (struct field_found){
	    .name = name, .kind = VALUE_STRING, .in_text = true, .offset = offset, .len = len};
}

static struct field_found outside(uint32_t name, const char *bytes) {
	return (struct field_found){
	    .name = name, .kind = VALUE_STRING, .len = (uint32_t)strlen(bytes), .bytes = bytes};
}

static void slack(struct buf *part, struct str *out) {
	*out = buf_str(part);
	memset(buf_reserve(part, PACKED_SLACK), 0, PACKED_SLACK);
	out->ptr = part->ptr;
}

static void open_all(struct fixture *f) {
	struct lines_draft *lines = lines_draft_new();
	struct layouts_draft *draft = layouts_draft_new();
	struct str lines_parts[LINES_PARTS];
	struct str parts[LAYOUTS_PARTS];
	lines_draft_add(lines, f->lines_cut, f->times);
	layouts_draft_add(draft, f->cut, lines);
	lines_draft_mine(lines);
	layouts_draft_put(draft, lines, f->parts);
	lines_draft_put(lines, f->lines_parts);
	layouts_draft_free(draft);
	lines_draft_free(lines);
	for (size_t i = 0; i < LINES_PARTS; i++) {
		slack(&f->lines_parts[i], &lines_parts[i]);
	}
	for (size_t i = 0; i < LAYOUTS_PARTS; i++) {
		slack(&f->parts[i], &parts[i]);
	}
	REQUIRE(lines_open(lines_parts, NULL, f->rows, &f->lines) == ERR_OK);
	REQUIRE(layouts_open(parts, f->lines, &f->layouts) == ERR_OK);
	REQUIRE(lines_order(f->lines, 0, f->rows, f->shapes, f->ranks) == ERR_OK);
	REQUIRE(layouts_of(f->layouts, f->shapes, f->ranks, f->rows, f->numbers) == ERR_OK);
	REQUIRE(layouts_starts(f->layouts, f->shapes, f->ranks, f->rows, f->free_at, f->outside_at) ==
	        ERR_OK);
}

static void fixture_free(struct fixture *f) {
	layouts_free(f->layouts);
	lines_free(f->lines);
	for (size_t i = 0; i < LINES_PARTS; i++) {
		buf_deinit(&f->lines_parts[i]);
	}
	for (size_t i = 0; i < LAYOUTS_PARTS; i++) {
		buf_deinit(&f->parts[i]);
	}
	free(f->text);
	free(f);
}

static bool same_place(struct lines_place a, struct lines_place b) {
	return a.where == b.where && a.slot == b.slot && a.at == b.at;
}

static bool same_item(const struct layout_item *a, const struct layout_item *b) {
	return a->name == b->name && a->kind == b->kind && a->source == b->source &&
	       same_place(a->from, b->from) && same_place(a->to, b->to) && str_eq(a->bytes, b->bytes);
}

/* One item alone is as it is among the others. */
static const struct layout *layout_of(struct fixture *f, uint32_t row) {
	const struct layout *layout = NULL;
	CHECK_EQ(layouts_get(f->layouts, f->numbers[row], &layout), ERR_OK);
	for (uint32_t i = 0; layout != NULL && i < layout->count; i++) {
		struct layout_item item = {0};
		uint32_t index;
		CHECK_EQ(layouts_item(f->layouts, f->numbers[row], layout->items[i].name, &item, &index),
		         ERR_OK);
		CHECK_EQ(index, i);
		CHECK(same_item(&item, &layout->items[i]));
	}
	return layout;
}

TEST(what_lies_at_the_same_place_of_every_line_costs_nothing_a_row) {
	struct fixture *f = fixture_new();
	uint32_t number = layouts_cut_name(f->cut, STR("number"));
	uint32_t kind = layouts_cut_name(f->cut, STR("kind"));
	CHECK_EQ(layouts_cut_name(f->cut, STR("number")), number);
	for (uint32_t row = 0; row < ROWS; row++) {
		uint32_t len = add_line(f, row * 37, "stock");
		struct field_found fields[] = {in_text(number, 5, len - 14), outside(kind, "same")};
		fields[1].constant = layouts_cut_constant(f->cut, &fields[1]);
		(void)layouts_cut_add(f->cut, f->lines_cut, fields, 2);
	}
	open_all(f);
	const struct layout *layout = layout_of(f, ROWS - 1);
	REQUIRE(layout != NULL && layout->count == 2);
	CHECK_EQ(f->numbers[0], f->numbers[ROWS - 1]);
	CHECK_EQ(layout->items[0].source, LAYOUT_PLACED);
	CHECK_EQ(layout->items[1].source, LAYOUT_CONST);
	CHECK_STR(layout->items[1].bytes, "same");
	CHECK_EQ(layout->free + layout->outside, 0);
	CHECK(f->parts[LAYOUTS_TABLE].len < 100);
	CHECK_EQ(f->parts[LAYOUTS_SLICES].len, 0);
	fixture_free(f);
}

static const char *value_of(uint32_t row, char value[32]) {
	(void)snprintf(value, 32, "value %u", row);
	return value;
}

TEST(what_would_make_too_many_layouts_is_kept_row_by_row) {
	char value[32];
	struct fixture *f = fixture_new();
	uint32_t piece = layouts_cut_name(f->cut, STR("piece"));
	uint32_t letters = layouts_cut_name(f->cut, STR("letters"));
	for (uint32_t row = 0; row < ROWS; row++) {
		struct field_found field = outside(letters, value_of(row, value));
		CHECK((layouts_cut_constant(f->cut, &field) == UINT32_MAX) == (row > 64));
	}
	for (uint32_t row = 0; row < ROWS; row++) {
		(void)add_line(f, 123456789, "lettersandletters");
		struct field_found fields[] = {in_text(piece, row % 28, row % 5),
		                               outside(letters, value_of(row, value))};
		(void)layouts_cut_add(f->cut, f->lines_cut, fields, 2);
	}
	open_all(f);
	unsigned free_rows = 0;
	unsigned outside_rows = 0;
	for (uint32_t row = 0; row < ROWS; row++) {
		const struct layout *layout = layout_of(f, row);
		REQUIRE(layout != NULL && layout->count == 2);
		if (layout->items[0].source == LAYOUT_FREE) {
			uint32_t offset = 0;
			uint32_t len = 0;
			REQUIRE(layouts_free_value(f->layouts, f->shapes[row], f->free_at[row], &offset,
			                           &len) == ERR_OK);
			CHECK(offset == row % 28 && len == row % 5);
			free_rows++;
		}
		if (layout->items[1].source == LAYOUT_OUTSIDE) {
			CLEANUP(buf_deinit) struct buf bytes = {0};
			uint32_t len = 0;
			REQUIRE(layouts_outside(f->layouts, f->outside_at[row], 1, &bytes, &len) == ERR_OK);
			CHECK_STR(buf_str(&bytes), value_of(row, value));
			CHECK_EQ(len, bytes.len);
			outside_rows++;
		}
	}
	CHECK(free_rows > ROWS / 8 && free_rows < ROWS); /* places in literals stay places */
	CHECK_EQ(outside_rows, ROWS);
	fixture_free(f);
}

TEST(names_are_found_and_hash_apart) {
	struct fixture *f = fixture_new();
	uint32_t a = layouts_cut_name(f->cut, STR("a.name"));
	uint32_t b = layouts_cut_name(f->cut, STR("another"));
	(void)add_line(f, 1, "x");
	struct field_found fields[] = {outside(b, "1"), outside(a, "2")};
	fields[0].constant = layouts_cut_constant(f->cut, &fields[0]);
	fields[1].constant = layouts_cut_constant(f->cut, &fields[1]);
	struct layouts_sum sum = layouts_cut_add(f->cut, f->lines_cut, fields, 2);
	uint64_t first = field_hash(0, field_name_hash(STR("another")), &fields[0]);
	uint64_t second = field_hash(1, field_name_hash(STR("a.name")), &fields[1]);
	CHECK(first + second == sum.all && sum.outside == sum.all);
	CHECK(field_hash(0, field_name_hash(STR("a.name")), &fields[1]) != second);
	fields[1].kind = VALUE_NUMBER;
	CHECK(field_hash(1, field_name_hash(STR("a.name")), &fields[1]) != second);
	open_all(f);
	const struct str *names;
	CHECK_EQ(layouts_names(f->layouts, &names), 2);
	uint32_t found = layouts_find_name(f->layouts, STR("a.name"));
	REQUIRE(found < 2);
	CHECK_STR(names[found], "a.name");
	CHECK(layouts_name_hash(f->layouts, found) == field_name_hash(STR("a.name")));
	CHECK_EQ(layouts_find_name(f->layouts, STR("none")), UINT32_MAX);
	fixture_free(f);
}

TEST(a_shape_of_many_layouts_is_summed_from_any_row) {
	struct fixture *f = fixture_new();
	static const char *const few[] = {"a", "b", "c"};
	uint32_t name = layouts_cut_name(f->cut, STR("name"));
	uint32_t other = layouts_cut_name(f->cut, STR("other"));
	char value[32];
	for (uint32_t row = 0; row < ROWS; row++) {
		(void)add_line(f, row, "things");
		struct field_found fields[] = {outside(name, few[row % 3]),
		                               outside(other, value_of(row, value))};
		fields[0].constant = layouts_cut_constant(f->cut, &fields[0]);
		fields[1].constant = UINT32_MAX;
		(void)layouts_cut_add(f->cut, f->lines_cut, fields, row % 5 == 0 ? 2 : 1);
	}
	open_all(f);
	for (unsigned round = 0; round < 2000; round++) {
		uint32_t row = (uint32_t)(tap_random() % ROWS);
		uint32_t free_at = 0;
		uint32_t outside_at = 0;
		REQUIRE(layouts_starts(f->layouts, &f->shapes[row], &f->ranks[row], 1, &free_at,
		                       &outside_at) == ERR_OK);
		CHECK_EQ(free_at, f->free_at[row]);
		CHECK_EQ(outside_at, f->outside_at[row]);
	}
	fixture_free(f);
}
