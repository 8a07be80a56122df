/* Ranks come back and are found like those of a plain array; others are numbered and placed; damage
 * is refused or gives wrong answers within bounds.
 */
#include "codec/ranks.h"

#include "codec/numbers_sample.h"

enum { MANY = 9000 };

struct sample {
	uint32_t ranks[MANY];
	size_t count;
	size_t entries;
	struct ranks opened;
	char *bytes;
	size_t len;
};

static void sample_ranks(struct sample *sample, size_t count) {
	unsigned bits = (unsigned)(tap_random() % 16);
	unsigned kind = (unsigned)(tap_random() % 5);
	sample->count = count;
	sample->entries = 0;
	for (size_t i = 0; i < count; i++) {
		uint32_t rank =
		    (uint32_t)(tap_random() & packed_mask((unsigned)(tap_random() % (bits + 1))));
		bool none = kind == 0 || (kind < 4 && tap_random() % 4 < kind);
		sample->ranks[i] = none ? RANK_NONE : MIN_OF(rank, (uint32_t)RANKS_MAX - 1);
		sample->entries =
		    none ? sample->entries : MAX_OF(sample->entries, sample->ranks[i] + (size_t)1);
	}
}

static void sample_open(struct sample *sample) {
	struct buf out CLEANUP(buf_deinit) = {0};
	ranks_put(&out, sample->ranks, sample->count);
	sample->bytes = sample_tight(&out, 0);
	sample->len = out.len;
	struct wire in = wire_from(str_make(sample->bytes, sample->len));
	CHECK_EQ(ranks_open(&in, sample->count, sample->entries, &sample->opened), ERR_OK);
	CHECK(wire_done(&in));
	CHECK_EQ(ranks_check(&sample->opened), ERR_OK);
}

static void check_each(const struct sample *sample) {
	size_t others = 0;
	for (size_t i = 0; i < sample->count; i++) {
		size_t other = SIZE_MAX;
		uint32_t rank = ranks_get(&sample->opened, i, &other);
		REQUIRE(rank == sample->ranks[i]);
		REQUIRE(ranks_others_before(&sample->opened, i) == others);
		if (rank == RANK_NONE) {
			REQUIRE(other == others);
			REQUIRE(tap_random() % 8 != 0 || ranks_place(&sample->opened, other) == i);
			others++;
		}
	}
	CHECK_EQ(ranks_others(&sample->opened), others);
	CHECK_EQ(ranks_others_before(&sample->opened, sample->count), others);
}

static void check_find(const struct sample *sample, struct stretch stretch, uint32_t entry) {
	struct buf hits CLEANUP(buf_deinit) = {0};
	size_t at = 0;
	ranks_find(&sample->opened, stretch.first, stretch.count, entry, &hits);
	for (size_t i = stretch.first; i < stretch.first + stretch.count; i++) {
		if (sample->ranks[i] == entry && entry != RANK_NONE) {
			REQUIRE((at + 1) * 4 <= hits.len);
			REQUIRE(le32_load(hits.ptr + 4 * at) == i);
			at++;
		}
	}
	CHECK_EQ(hits.len, at * 4);
}

static void check_stretch(const struct sample *sample) {
	struct stretch stretch = sample_stretch(sample->count);
	uint32_t *back = malloc((stretch.count + 1) * sizeof(*back));
	size_t first_other;
	ranks_get_many(&sample->opened, stretch.first, stretch.count, back, &first_other);
	CHECK_EQ(first_other, ranks_others_before(&sample->opened, stretch.first));
	CHECK(stretch.count == 0 ||
	      memcmp(back, sample->ranks + stretch.first, stretch.count * sizeof(*back)) == 0);
	free(back);
	check_find(sample, stretch, 0);
	check_find(sample, stretch, (uint32_t)(tap_random() % (RANKS_MAX + 10)));
	check_find(sample, stretch, RANK_NONE);
	if (sample->count > 0) {
		check_find(sample, stretch, sample->ranks[tap_random() % sample->count]);
	}
}

static void check_places(const struct sample *sample) {
	struct buf wanted CLEANUP(buf_deinit) = {0};
	struct buf places CLEANUP(buf_deinit) = {0};
	unsigned rare = (unsigned)(tap_random() % 2000) + 1;
	for (uint32_t other = 0; other < ranks_others(&sample->opened); other++) {
		if (tap_random() % rare == 0) {
			buf_append(&wanted, &other, sizeof(other));
		}
	}
	size_t count = wanted.len / sizeof(uint32_t);
	ranks_places(&sample->opened, (const uint32_t *)(const void *)wanted.ptr, count, 0,
	             sample->count, &places);
	REQUIRE(places.len == wanted.len);
	for (size_t i = 0; i < count; i++) {
		size_t other = SIZE_MAX;
		uint32_t place = le32_load(places.ptr + 4 * i);
		CHECK_EQ(ranks_get(&sample->opened, place, &other), RANK_NONE);
		CHECK_EQ(other, le32_load(wanted.ptr + 4 * i));
	}
}

static void check_cuts(const struct sample *sample) {
	struct ranks opened;
	for (size_t cut = 0; cut < sample->len; cut += 1 + sample->len / 50) {
		struct wire half = wire_from(str_make(sample->bytes, cut));
		CHECK_EQ(ranks_open(&half, sample->count, sample->entries, &opened), ERR_CORRUPT);
	}
}

static void check_ranks(struct sample *sample) {
	sample_open(sample);
	check_each(sample);
	for (unsigned i = 0; i < 4; i++) {
		check_stretch(sample);
	}
	check_places(sample);
	check_cuts(sample);
	free(sample->bytes);
}

TEST(ranks_of_all_kinds_come_back) {
	static struct sample sample;
	for (size_t round = 0; round < tap_rounds(150); round++) {
		size_t count = tap_random() % 4 == 0 ? (size_t)(tap_random() % MANY) : sample_count();
		sample_ranks(&sample, count);
		check_ranks(&sample);
	}
}

TEST(every_edge_count_comes_back) {
	static struct sample sample;
	for (size_t i = 0; i < ARRAY_LEN(sample_edges); i++) {
		sample_ranks(&sample, sample_edges[i]);
		check_ranks(&sample);
	}
}

TEST(one_class_alone_comes_back) {
	static struct sample sample;
	for (unsigned class = 0; class < RANKS_CLASSES; class ++) {
		sample.count = 5000;
		sample.entries = class == RANKS_OTHER ? 0 : RANKS_MAX;
		for (size_t i = 0; i < sample.count; i++) {
			uint32_t rank = ((uint32_t)1 << class) - 1;
			rank += (uint32_t)(tap_random() & packed_mask(class));
			sample.ranks[i] = class == RANKS_OTHER ? RANK_NONE : rank;
		}
		check_ranks(&sample);
	}
}

TEST(classes_are_those_of_the_header) {
	CHECK_EQ(rank_class(0), 0);
	for (unsigned class = 1; class < RANKS_OTHER; class ++) {
		CHECK_EQ(rank_class((1U << class) - 1), class);
		CHECK_EQ(rank_class((2U << class) - 2), class);
	}
	CHECK_EQ(rank_class(RANKS_MAX - 1), RANKS_OTHER - 1);
}

TEST(the_bytes_are_those_of_the_header) {
	struct buf out CLEANUP(buf_deinit) = {0};
	const uint32_t ranks[] = {0, 2, RANK_NONE, 0, 1, 5};
	const uint32_t none[] = {RANK_NONE, RANK_NONE};
	ranks_put(&out, ranks, ARRAY_LEN(ranks));
	CHECK(out.len == 11 && memcmp(out.ptr,
	                              "\x07\x80"
	                              "\x02\x02\x01\x01"
	                              "\x10\x0f\x21"
	                              "\x01\x02",
	                              11) == 0);
	buf_clear(&out);
	ranks_put(&out, none, ARRAY_LEN(none));
	CHECK(out.len == 3 && memcmp(out.ptr, "\x00\x80\x02", 3) == 0);
}

TEST(totals_that_cannot_be_are_refused) {
	struct ranks opened;
	const struct str bad[] = {
	    STR("\x00\x00"),                         /* no class */
	    STR("\x00\x80\x03"),                     /* more than the count */
	    STR("\x01\x80\x02\x00\x00"),             /* one that does not occur */
	    STR("\x01\x00\x01\x00"),                 /* less than the count */
	    STR("\x04\x00\x02\x22\x00\x00\x00\x00"), /* class 2 of a dictionary of 3 */
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct wire in = wire_from(bad[i]);
		CHECK_EQ(ranks_open(&in, 2, 3, &opened), ERR_CORRUPT);
	}
	struct wire in = wire_from(STR("\x01\x00\x02\x00"));
	CHECK_EQ(ranks_open(&in, 2, RANKS_MAX + 1, &opened), ERR_CORRUPT);
}

/* Asks everything; answers must be within bounds, whatever they are. */
static void check_bounds(const struct ranks *ranks) {
	uint32_t *back = malloc((ranks->count + 1) * sizeof(*back));
	struct buf hits CLEANUP(buf_deinit) = {0};
	size_t first_other;
	struct stretch stretch = sample_stretch(ranks->count);
	ranks_get_many(ranks, stretch.first, stretch.count, back, &first_other);
	for (size_t i = 0; i < stretch.count; i++) {
		size_t other = SIZE_MAX;
		CHECK(back[i] == RANK_NONE ? first_other++ < ranks_others(ranks)
		                           : back[i] < ranks->entries);
		uint32_t one = ranks_get(ranks, stretch.first + i, &other);
		CHECK(one == RANK_NONE ? other < ranks_others(ranks) : one < ranks->entries);
	}
	free(back);
	for (uint32_t entry = 0; entry < ranks->entries; entry = entry * 2 + 1) {
		ranks_find(ranks, stretch.first, stretch.count, entry, &hits);
	}
	for (size_t i = 0; i < hits.len / 4; i++) {
		size_t hit = le32_load(hits.ptr + 4 * i);
		CHECK(hit >= stretch.first && hit < stretch.first + stretch.count);
	}
	for (size_t other = 0; other < ranks_others(ranks); other = other * 3 + 1) {
		CHECK(ranks_place(ranks, other) < ranks->count);
	}
}

TEST(damage_gives_wrong_answers_within_bounds) {
	static struct sample sample;
	unsigned noticed = 0;
	for (size_t round = 0; round < tap_rounds(200); round++) {
		sample_ranks(&sample, (size_t)(tap_random() % MANY) + 1);
		sample_open(&sample);
		for (unsigned n = 0; n < 3; n++) {
			sample.bytes[tap_random() % sample.len] = (char)tap_random();
		}
		struct wire in = wire_from(str_make(sample.bytes, sample.len));
		if (ranks_open(&in, sample.count, sample.entries, &sample.opened) != ERR_OK) {
			noticed++;
		} else {
			noticed += ranks_check(&sample.opened) != ERR_OK;
			check_bounds(&sample.opened);
		}
		free(sample.bytes);
	}
	CHECK(noticed > 20);
}

TEST(an_entry_that_is_not_there_is_read_as_the_first) {
	struct ranks ranks;
	size_t other;
	uint32_t entry;
	/* one value of class 1, number 1: entry 2 of a dictionary of 2 */
	struct wire in = wire_from(STR("\x02\x00\x01\x01\x01"
	                               "0123456789abcdef"));
	CHECK_EQ(ranks_open(&in, 1, 2, &ranks), ERR_OK);
	CHECK_EQ(ranks_check(&ranks), ERR_CORRUPT);
	CHECK_EQ(ranks_get(&ranks, 0, &other), 0);
	ranks_get_many(&ranks, 0, 1, &entry, &other);
	CHECK_EQ(entry, 0);
}
