/* A view of some rows gives of each what a view of all gives. */
#include "store/store.h"

#include "base/bits.h"
#include "tap.h"

#include "store/page_sample.h"
#include "store/view_sample.h"

enum { ROWS = 700, FIRST = 5000 };

struct fixture {
	struct batch *batch;
	struct store_page *page;
	struct viewed all, some;
};

static bool setup(struct fixture *f, uint64_t seed, bool containers) {
	struct diag diag = {0};
	*f = (struct fixture){.batch = sample_batch(ROWS, seed, containers)};
	return CHECK_EQ(page_encode(f->batch, sample_plan(f->batch, FIRST), &f->page, &diag), ERR_OK) &&
	       CHECK(viewed_make(&f->all, f->page, NULL));
}

/* A second view over the same block. */
static bool pick(struct fixture *f, const uint64_t *bits) {
	struct diag diag = {0};
	if (!CHECK_EQ(view_new(buf_str(&f->page->bytes), NULL, 0, NULL, &f->some.view, &diag),
	              ERR_OK)) {
		return false;
	}
	view_block_lend(f->some.view, f->all.block, 0, 0);
	return CHECK_EQ(view_pick(f->some.view, bits), ERR_OK);
}

static void unpick(struct fixture *f) {
	store_view_free(f->some.view);
	f->some.view = NULL;
}

static void teardown(struct fixture *f) {
	viewed_deinit(&f->all);
	page_free(f->page);
	batch_free(f->batch);
}

static bool same_value(struct value a, struct value b) {
	return a.kind == b.kind && str_eq(a.text, b.text);
}

static bool same_row(const struct row *a, const struct row *b) {
	bool same = a->time_ns == b->time_ns && a->received_ns == b->received_ns &&
	            a->time_flags == b->time_flags && a->type == b->type && a->flags == b->flags &&
	            a->container == b->container && str_eq(a->text, b->text) &&
	            str_eq(a->body, b->body) && str_eq(a->format, b->format) &&
	            str_eq(a->path, b->path) && a->number == b->number &&
	            a->log_offset == b->log_offset && a->index == b->index &&
	            a->fields_count == b->fields_count;
	for (size_t i = 0; same && i < a->fields_count; i++) {
		same = str_eq(a->fields[i].name, b->fields[i].name) &&
		       same_value(a->fields[i].value, b->fields[i].value);
	}
	return same;
}

static void compare(struct fixture *f, const uint64_t *bits) {
	static const char *const names[] = {"host.name",  "sample.extra", "winlog.event_id",
	                                    "@timestamp", "log.offset",   "akashi.index",
	                                    "no.such",    "file.path"};
	uint32_t found = 0;
	REQUIRE(pick(f, bits));
	for (uint32_t row = 0; row < ROWS; row++) {
		struct row all;
		struct row some;
		if (!bits_get(bits, row)) {
			continue;
		}
		REQUIRE(found < store_view_rows(f->some.view));
		CHECK_EQ(store_view_index(f->some.view, found), FIRST + row);
		REQUIRE(store_view_row(f->all.view, row, &all) == ERR_OK);
		REQUIRE(store_view_row(f->some.view, found, &some) == ERR_OK);
		CHECK(same_row(&all, &some));
		for (size_t i = 0; i < ARRAY_LEN(names); i++) {
			const struct column *of_all;
			const struct column *of_some;
			REQUIRE(store_view_column(f->all.view, str_from(names[i]), &of_all) == ERR_OK);
			REQUIRE(store_view_column(f->some.view, str_from(names[i]), &of_some) == ERR_OK);
			CHECK(same_value(column_get(of_all, row), column_get(of_some, found)));
		}
		found++;
	}
	CHECK_EQ(store_view_rows(f->some.view), found);
	unpick(f);
}

TEST(rows_that_were_picked_are_as_in_the_whole_page) {
	static const unsigned one_in[] = {1, 2, 7, 100, 600};
	for (size_t i = 0; i < 2 * ARRAY_LEN(one_in); i++) {
		struct fixture f;
		uint64_t bits[ROWS / 64 + 1] = {0};
		REQUIRE(setup(&f, i + 1, i >= ARRAY_LEN(one_in)));
		bits_set(bits, tap_random() % ROWS);
		for (uint32_t row = 0; row < ROWS; row++) {
			if (tap_random() % one_in[i % ARRAY_LEN(one_in)] == 0) {
				bits_set(bits, row);
			}
		}
		compare(&f, bits);
		teardown(&f);
	}
}

TEST(what_is_sure_follows_the_rows) {
	struct fixture f;
	uint64_t bits[ROWS / 64 + 1] = {0};
	uint64_t sure[ROWS / 64 + 1] = {0};
	REQUIRE(setup(&f, 3, false));
	for (uint32_t row = 0; row < ROWS; row += 3) {
		bits_set(bits, row);
	}
	for (uint32_t row = 0; row < ROWS; row += 6) {
		bits_set(sure, row);
	}
	REQUIRE(pick(&f, bits));
	CHECK(store_view_sure(f.some.view) == NULL);
	REQUIRE(view_set_sure(f.some.view, sure) == ERR_OK);
	for (uint32_t row = 0; row < store_view_rows(f.some.view); row++) {
		CHECK_EQ(bits_get(store_view_sure(f.some.view), row), row % 2 == 0);
	}
	unpick(&f);
	teardown(&f);
}
