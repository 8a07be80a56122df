/* Text pools against the plain list of strings that they were made of, and under damage. */
#include "codec/texts.h"

#include "codec/texts_parts.h"
#include "tap.h"

struct plain {
	struct buf bytes;
	struct str *texts;
	size_t count;
};

static void plain_deinit(struct plain *plain) {
	buf_deinit(&plain->bytes);
	free(plain->texts);
}

/* count strings of up to len bytes; every third or so is one of few. */
static struct plain make_plain(size_t count, size_t len, size_t few) {
	struct plain plain = {.count = count};
	size_t *ends = calloc(count + 1, sizeof(*ends));
	plain.texts = calloc(count + 1, sizeof(*plain.texts));
	for (size_t i = 0; i < count; i++) {
		if (tap_random() % 3 == 0) {
			buf_printf(&plain.bytes, "common %u", (unsigned)(tap_random() % few));
		} else {
			for (size_t left = tap_random() % (len + 1); left > 0; left--) {
				buf_append_char(&plain.bytes, (char)("abcdefgh ABC\xe3"[tap_random() % 13]));
			}
		}
		ends[i + 1] = plain.bytes.len;
	}
	for (size_t i = 0; i < count; i++) {
		plain.texts[i] = str_make(plain.bytes.ptr + ends[i], ends[i + 1] - ends[i]);
	}
	free(ends);
	return plain;
}

/* Appends the pool and slack. Returns its length. */
static size_t put_pool(const struct plain *plain, struct buf *out) {
	static const char slack[PACKED_SLACK];
	struct texts_writer *writer = texts_writer_new();
	uint64_t bytes = 0;
	for (size_t i = 0; i < plain->count; i++) {
		texts_writer_add(writer, plain->texts[i]);
		bytes += plain->texts[i].len;
	}
	CHECK_EQ(texts_writer_count(writer), plain->count);
	CHECK_EQ(texts_writer_bytes(writer), bytes);
	texts_writer_put(writer, out);
	texts_writer_free(writer);
	size_t len = out->len;
	buf_append(out, slack, sizeof(slack));
	return len;
}

static struct texts *open_pool(const struct buf *out, size_t len) {
	struct wire in = wire_from(str_make(out->ptr, len));
	struct texts *texts = NULL;
	CHECK_EQ(texts_open(&in, NULL, &texts), ERR_OK);
	CHECK(wire_done(&in));
	return texts;
}

static bool has_needle(void *ctx, struct str text) {
	const struct str *needle = ctx;
	return str_find(text, *needle, 0) != (size_t)-1;
}

static void check_get(const struct plain *plain, struct texts *texts, size_t first, size_t count) {
	struct buf out = {0};
	uint32_t *lens = malloc((count + 1) * sizeof(*lens));
	REQUIRE(texts_get_many(texts, first, count, &out, lens) == ERR_OK);
	CHECK_EQ(texts_total(texts, first, count), out.len);
	size_t at = 0;
	size_t wrong = 0;
	for (size_t i = 0; i < count; i++) {
		wrong += !str_eq(str_slice(buf_str(&out), at, at + lens[i]), plain->texts[first + i]);
		at += lens[i];
	}
	CHECK_EQ(wrong, 0);
	CHECK_EQ(at, out.len);
	free(lens);
	buf_deinit(&out);
}

static void check_find(const struct plain *plain, struct texts *texts, struct str needle,
                       size_t first, size_t count) {
	struct buf expected = {0};
	struct buf found = {0};
	struct buf hits = {0};
	struct texts_seek seek = {0};
	bool any = false;
	for (size_t i = 0; i < plain->count; i++) {
		uint32_t value = (uint32_t)i;
		bool has = has_needle(&needle, plain->texts[i]);
		any |= has;
		if (has && i >= first && i < first + count) {
			buf_append(&expected, &value, sizeof(value));
		}
	}
	CHECK(!any || texts_may_have(texts, needle));
	CHECK_EQ(texts_find(texts, first, count, has_needle, &needle, &found), ERR_OK);
	CHECK(str_eq(buf_str(&found), buf_str(&expected)));
	CHECK_EQ(texts_seek(texts, has_needle, &needle, &seek), ERR_OK);
	texts_hits(texts, &seek, first, count, &hits);
	CHECK(str_eq(buf_str(&hits), buf_str(&expected)));
	texts_seek_deinit(&seek);
	if (needle.len > 0) {
		buf_clear(&hits);
		CHECK_EQ(texts_seek_needle(texts, needle, NULL, has_needle, &needle, &seek), ERR_OK);
		texts_hits(texts, &seek, first, count, &hits);
		CHECK(str_eq(buf_str(&hits), buf_str(&expected)));
		texts_seek_deinit(&seek);
	}
	buf_deinit(&expected);
	buf_deinit(&found);
	buf_deinit(&hits);
}

static struct str random_needle(const struct plain *plain, char *bytes) {
	struct str text = plain->count == 0 ? STR("abc") : plain->texts[tap_random() % plain->count];
	size_t from = tap_random() % (text.len + 1);
	struct str part = str_slice(text, from, from + tap_random() % 12);
	memcpy(bytes, part.len == 0 ? "" : part.ptr, part.len);
	if (part.len > 0 && tap_random() % 4 == 0) {
		bytes[tap_random() % part.len] = 'g';
	}
	return str_make(bytes, part.len);
}

static void check_pool(const struct plain *plain) {
	struct buf out = {0};
	size_t len = put_pool(plain, &out);
	struct texts *texts = open_pool(&out, len);
	REQUIRE(texts != NULL);
	REQUIRE(texts_count(texts) == plain->count);
	CHECK_EQ(texts_check(texts), ERR_OK);
	check_get(plain, texts, 0, plain->count);
	for (size_t i = 0; i < 50; i++) {
		char bytes[16];
		struct buf one = {0};
		size_t first = tap_random() % (plain->count + 1);
		size_t count = tap_random() % (plain->count - first + 1);
		if (i < 5) {
			check_get(plain, texts, first, count);
			check_find(plain, texts, random_needle(plain, bytes), first, count);
			check_find(plain, texts, STR("common 0"), first, count);
			check_find(plain, texts, STR("common"), first, count);
		}
		if (count > 0) {
			CHECK_EQ(texts_get(texts, first, &one), ERR_OK);
			CHECK(str_eq(buf_str(&one), plain->texts[first]));
			CHECK_EQ(texts_len(texts, first), one.len);
		}
		buf_deinit(&one);
	}
	texts_free(texts);
	for (size_t cut = 0; cut < len; cut += 1 + len / 40) {
		struct wire half = wire_from(str_make(out.ptr, cut));
		CHECK_EQ(texts_open(&half, NULL, &texts), ERR_CORRUPT);
	}
	buf_deinit(&out);
}

TEST(pools_of_all_sizes_come_back_and_are_searched) {
	static const size_t counts[] = {0, 1, 2, 3, 63, 64, 65, 128, 129, 1000, 2049, 20000};
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		for (size_t len = 0; len < 300; len = len * 5 + 3) {
			struct plain plain = make_plain(counts[i], len, 1 + i * i * 10);
			check_pool(&plain);
			plain_deinit(&plain);
		}
	}
}

TEST(random_pools_come_back_and_are_searched) {
	for (size_t round = 0; round < tap_rounds(40); round++) {
		size_t count = tap_random() % (round % 8 == 0 ? 30000 : 500);
		struct plain plain = make_plain(count, tap_random() % 200, 1 + tap_random() % 3000);
		check_pool(&plain);
		plain_deinit(&plain);
	}
}

TEST(a_large_pool_with_a_head_comes_back) {
	struct plain plain = make_plain(70000, 200, 100000);
	struct buf out = {0};
	size_t len = put_pool(&plain, &out);
	struct texts *texts = open_pool(&out, len);
	REQUIRE(texts != NULL);
	CHECK_EQ(texts_check(texts), ERR_OK);
	check_get(&plain, texts, 0, plain.count);
	check_get(&plain, texts, 60000, 100);
	check_find(&plain, texts, STR("common 77"), 5000, 60000);
	check_find(&plain, texts, STR("abcde"), 0, 70000);
	texts_free(texts);
	buf_deinit(&out);
	plain_deinit(&plain);
}

TEST(equal_strings_stand_once_and_are_asked_once) {
	struct plain plain = {.count = 30000};
	plain.texts = calloc(plain.count, sizeof(*plain.texts));
	for (size_t i = 0; i < plain.count; i++) {
		plain.texts[i] = i % 3 == 0 ? STR("one of two strings") : STR("the other of two strings");
	}
	struct buf out = {0};
	size_t len = put_pool(&plain, &out);
	CHECK(len < 30000 / 2 + 30000 / 8 + 200);
	check_pool(&plain);
	buf_deinit(&out);
	plain_deinit(&plain);
}

TEST(few_repetitions_do_not_cost_a_code_for_each_string) {
	struct plain plain = make_plain(0, 0, 1);
	char bytes[20000][20];
	plain.count = ARRAY_LEN(bytes);
	plain.texts = realloc(plain.texts, plain.count * sizeof(*plain.texts));
	for (size_t i = 0; i < plain.count; i++) {
		snprintf(bytes[i], sizeof(bytes[i]), "%019llu", (unsigned long long)tap_random() / 2);
		plain.texts[i] = str_make(bytes[i], 19);
	}
	struct buf out = {0};
	size_t alone = put_pool(&plain, &out);
	plain.texts[7] = plain.texts[17777];
	out.len = 0;
	CHECK(put_pool(&plain, &out) < alone + 100);
	check_pool(&plain);
	buf_deinit(&out);
	plain_deinit(&plain);
}

TEST(what_is_in_no_string_is_mostly_known) {
	struct plain plain = make_plain(20000, 100, 300);
	struct buf out = {0};
	size_t len = put_pool(&plain, &out);
	struct texts *texts = open_pool(&out, len);
	REQUIRE(texts != NULL);
	CHECK(!texts_may_have(texts, STR("zzzzxx")));
	CHECK(!texts_may_have(texts, STR("nosuchtoken")));
	CHECK(texts_may_have(texts, STR("cOmMoN 1")));
	CHECK(texts_may_have(texts, STR("zz")));
	texts_free(texts);
	buf_deinit(&out);
	plain_deinit(&plain);
}

static void add_name(struct texts_writer *writer, size_t len) {
	static const char some[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	char name[32];
	for (size_t i = 0; i < len; i++) {
		name[i] = some[tap_random() % (sizeof(some) - 1)];
	}
	texts_writer_add(writer, str_make(name, len));
}

TEST(words_are_told_from_names_of_another_length) {
	struct texts_writer *writer = texts_writer_new();
	struct buf out = {0};
	for (size_t i = 0; i < 100000; i++) {
		add_name(writer, 18);
	}
	texts_writer_add(writer, STR("a sentence with Curl/7.81.0 in it"));
	texts_writer_add(writer, STR("lone_word"));
	texts_writer_add(writer, STR("abcdefghijklmnopq"));
	texts_writer_put(writer, &out);
	texts_writer_free(writer);
	struct texts *texts = open_pool(&out, out.len);
	REQUIRE(texts != NULL);
	CHECK(texts_may_have(texts, STR("nosuchtoken123456")));
	CHECK(!texts_may_have_word(texts, STR("nosuchtoken123456"), true));
	CHECK(texts_may_have_word(texts, STR("nosuchtoken1234567"), true)); /* as long as they are */
	CHECK(texts_may_have_word(texts, STR("curl"), true));
	CHECK(texts_may_have_word(texts, STR("lone_word"), true));
	CHECK(texts_may_have_word(texts, STR("ABCDEFGHIJKLMNOPQ"), true));
	CHECK(!texts_may_have_word(texts, STR("ne-wo"), false));
	CHECK(texts_may_have_word(texts, STR("CE WITH"), false));
	CHECK(!texts_may_have_word(texts, STR("CE WITH"), true));
	CHECK(texts_may_have_word(texts, STR("sentence WITH"), true));
	CHECK(!texts_may_have_word(texts, STR("tence"), true)); /* a part of a word */
	texts_free(texts);
	buf_deinit(&out);
}

/* In the bytes that the pool borrows: search would pass over its strings. */
static void clear_map(struct texts *texts, const struct trigrams *map) {
	CHECK(map->log > 0);
	CHECK_EQ(texts_check(texts), ERR_OK);
	memset((char *)(uintptr_t)map->bits, 0, ((size_t)1 << map->log) / 8);
	CHECK_EQ(texts_check(texts), ERR_CORRUPT);
}

TEST(a_map_that_has_not_what_the_strings_have_is_found_by_checking) {
	struct plain plain = make_plain(20000, 100, 300);
	struct buf out CLEANUP(buf_deinit) = {0};
	size_t len = put_pool(&plain, &out);
	struct texts *texts = open_pool(&out, len);
	REQUIRE(texts != NULL);
	clear_map(texts, &texts->trigrams);
	texts_free(texts);
	plain_deinit(&plain);
}

TEST(a_map_of_words_that_has_not_all_is_found_by_checking) {
	for (int of_words = 0; of_words < 2; of_words++) {
		struct texts_writer *writer = texts_writer_new();
		struct buf out CLEANUP(buf_deinit) = {0};
		for (size_t i = 0; i < 100000; i++) {
			add_name(writer, 18);
		}
		texts_writer_add(writer, STR("a sentence with Curl/7.81.0 in it"));
		texts_writer_put(writer, &out);
		texts_writer_free(writer);
		size_t len = out.len;
		memset(buf_reserve(&out, PACKED_SLACK), 0, PACKED_SLACK);
		struct texts *texts = open_pool(&out, len);
		REQUIRE(texts != NULL);
		clear_map(texts, of_words ? &texts->rest_words : &texts->rest);
		texts_free(texts);
	}
}

/* Asks everything of a damaged pool; any answer is fine that is one. */
static bool use(struct texts *texts, size_t count) {
	struct buf out = {0};
	struct texts_seek seek = {0};
	struct str needle = STR("common");
	struct texts_seek again = {0};
	(void)texts_may_have_word(texts, needle, true);
	if (texts_seek_needle(texts, needle, NULL, has_needle, &needle, &again) == ERR_OK) {
		texts_hits(texts, &again, 0, MIN_OF(count, texts_count(texts)), &out);
		texts_seek_deinit(&again);
		buf_clear(&out);
	}
	bool well = texts_check(texts) == ERR_OK;
	count = MIN_OF(count, texts_count(texts));
	uint32_t *lens = malloc((count + 1) * sizeof(*lens));
	well = texts_total(texts, 0, count) < 1 << 24 &&
	       texts_get_many(texts, 0, count, &out, lens) == ERR_OK && well;
	out.len = 0;
	well = texts_find(texts, 0, count, has_needle, &needle, &out) == ERR_OK && well;
	if (texts_seek(texts, has_needle, &needle, &seek) == ERR_OK) {
		texts_hits(texts, &seek, 0, count, &out);
		texts_seek_deinit(&seek);
	}
	for (size_t i = 0; i < out.len / 4; i++) {
		uint32_t hit;
		memcpy(&hit, out.ptr + 4 * i, sizeof(hit));
		CHECK(hit < count);
	}
	free(lens);
	buf_deinit(&out);
	return well;
}

TEST(damage_is_refused_or_gives_other_strings) {
	for (size_t round = 0; round < tap_rounds(600); round++) {
		struct plain plain = make_plain(tap_random() % 3000, tap_random() % 60, 100);
		struct buf out = {0};
		size_t len = put_pool(&plain, &out);
		size_t near = tap_random() % 2 == 0 ? len : MIN_OF(len, (size_t)30);
		for (uint64_t i = 0; i < 1 + tap_random() % 3; i++) {
			out.ptr[tap_random() % near] ^= (char)(1 << tap_random() % 8);
		}
		struct wire in = wire_from(str_make(out.ptr, len));
		struct texts *texts;
		if (texts_open(&in, NULL, &texts) == ERR_OK) {
			(void)use(texts, plain.count);
			texts_free(texts);
		}
		plain_deinit(&plain);
		buf_deinit(&out);
	}
}

TEST(a_wrong_place_is_found_by_verification_and_harms_a_block_alone) {
	struct plain plain = {.count = 200};
	char bytes[200][8];
	plain.texts = calloc(plain.count, sizeof(*plain.texts));
	for (size_t i = 0; i < plain.count; i++) {
		snprintf(bytes[i], sizeof(bytes[i]), "text%03u", (unsigned)i);
		plain.texts[i] = str_make(bytes[i], 7);
	}
	struct buf out = {0};
	size_t len = put_pool(&plain, &out);
	struct wire in = wire_from(str_make(out.ptr, len));
	struct ranks ranks;
	struct blocked lens;
	CHECK_EQ(wire_varint(&in), 200);
	CHECK_EQ(wire_varint(&in), 0);
	CHECK_EQ(ranks_open(&in, 200, 0, &ranks), ERR_OK);
	CHECK_EQ(wire_varint(&in), 1400);
	CHECK_EQ(blocked_open(&in, 200, &lens), ERR_OK);
	out.ptr[in.at - out.ptr] ^= 1; /* of string 64 */
	struct texts *texts = open_pool(&out, len);
	REQUIRE(texts != NULL);
	CHECK_EQ(texts_check(texts), ERR_CORRUPT);
	struct buf got = {0};
	CHECK_EQ(texts_get(texts, 64, &got), ERR_OK);
	CHECK(!str_eq(buf_str(&got), plain.texts[64]));
	got.len = 0;
	CHECK_EQ(texts_get(texts, 63, &got), ERR_OK);
	CHECK_EQ(texts_get(texts, 128, &got), ERR_OK);
	CHECK_STR(buf_str(&got), "text063text128");
	texts_free(texts);
	buf_deinit(&got);
	buf_deinit(&out);
	plain_deinit(&plain);
}

TEST(a_string_longer_than_allowed_is_refused_though_its_frames_are_well) {
	static const char zeros[1 << 16];
	const uint32_t none = RANK_NONE;
	const uint64_t len = 2 * (uint64_t)TEXTS_LEN_MAX;
	struct buf out = {0};
	struct frames_writer writer;
	frames_writer_init(&writer, len, COMPRESS_FAST);
	for (uint64_t at = 0; at < len; at += sizeof(zeros)) {
		frames_writer_add(&writer, str_make(zeros, sizeof(zeros)));
	}
	wire_put_varint(&out, 1); /* one string, none in the dictionary */
	wire_put_varint(&out, 0);
	ranks_put(&out, &none, 1);
	wire_put_varint(&out, len);
	blocked_put(&out, &len, 1);
	buf_append_char(&out, 0); /* no trigrams */
	wire_put_varint(&out, 0); /* and no lengths of words */
	frames_writer_put(&writer, &out);
	frames_writer_deinit(&writer);
	size_t pool_len = out.len;
	buf_append(&out, zeros, PACKED_SLACK);
	CHECK(pool_len < 30000);
	struct texts *texts = open_pool(&out, pool_len);
	REQUIRE(texts != NULL);
	struct buf got = {0};
	CHECK_EQ(texts_get(texts, 0, &got), ERR_CORRUPT);
	CHECK_EQ(texts_len(texts, 0), TEXTS_LEN_MAX);
	CHECK_EQ(texts_check(texts), ERR_CORRUPT);
	texts_free(texts);
	buf_deinit(&got);
	buf_deinit(&out);
}
