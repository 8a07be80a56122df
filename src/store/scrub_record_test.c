/* Records of scrubs: their text, and where they say that the next one goes on. */
#include "store/scrub_record.h"

#include "tap.h"

TEST(a_record_says_what_was_read_and_what_was_found) {
	struct store_scrub_part part = {.tree = STR("1y"),
	                                .from = 256,
	                                .to = 512,
	                                .size = 700,
	                                .segments = 2,
	                                .bytes = 4711,
	                                .records = 250,
	                                .damages = 2,
	                                .ns = 1500000000};
	struct store_damage damage = {.where = STR("a\"b"), .what = STR("is not there")};
	struct store_damage range = {
	    .where = STR("c"), .what = STR("d"), .has_range = true, .index_from = 3, .index_to = 4};
	struct buf damages CLEANUP(buf_deinit) = {0};
	struct buf body CLEANUP(buf_deinit) = {0};
	struct store_scrub_part again;
	scrub_damage_format(&damage, true, &damages);
	scrub_damage_format(&range, false, &damages);
	scrub_record_format(&part, buf_str(&damages), &body);
	CHECK_STR(buf_str(&body),
	          "{\"scrub\":{\"tree\":\"1y\",\"from\":256,\"to\":512,\"size\":700,\"segments\":2,"
	          "\"records\":250,\"objects\":0,\"bytes\":4711,\"damages_count\":2,\"damages\":["
	          "{\"where\":\"a\\\"b\",\"what\":\"is not there\"},"
	          "{\"where\":\"c\",\"what\":\"d\",\"from\":3,\"to\":4}],\"seconds\":1.500}}");
	REQUIRE(scrub_record_parse(buf_str(&body), &again) == ERR_OK);
	CHECK_STR(again.tree, "1y");
	CHECK_EQ(again.from, 256);
	CHECK_EQ(again.to, 512);
	CHECK_EQ(again.size, 700);
	part.tree = STR("default.2"); /* a class goes on like this after a loss */
	buf_clear(&body);
	scrub_record_format(&part, STR(""), &body);
	REQUIRE(scrub_record_parse(buf_str(&body), &again) == ERR_OK);
	CHECK_STR(again.tree, "default.2");
	part.tree = STR("");
	buf_clear(&body);
	scrub_record_format(&part, STR(""), &body);
	REQUIRE(scrub_record_parse(buf_str(&body), &again) == ERR_OK);
	CHECK_EQ(again.tree.len, 0);
}

TEST(other_records_are_none_of_a_scrub) {
	static const struct str bodies[] = {
	    STR_INIT(""),
	    STR_INIT("{\"command\":\"search\"}"),
	    STR_INIT("{\"scrub\":{\"tree\":\"default\",\"from\":5,\"to\":4,\"size\":9"),
	    STR_INIT("{\"scrub\":{\"tree\":\"default\",\"from\":1,\"to\":4,\"size\":3"),
	    STR_INIT("{\"scrub\":{\"tree\":\"a/b\",\"from\":1,\"to\":2,\"size\":3"),
	    STR_INIT("{\"scrub\":{\"tree\":\"default\",\"from\":x"),
	    STR_INIT("{\"scrub\":{\"tree\":\"default")};
	struct store_scrub_part part;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		CHECK_EQ(scrub_record_parse(bodies[i], &part), ERR_CORRUPT);
	}
}

static void add(struct store_scrub_state *state, struct str tree, uint64_t from, uint64_t to,
                int64_t ns) {
	scrub_state_add(
	    state, &(struct store_scrub_part){.tree = tree, .from = from, .to = to, .size = 1000}, ns);
}

TEST(a_round_goes_through_classes_and_objects_once) {
	struct store_scrub_state state = {0};
	CHECK(store_scrub_find(&state, STR("default")) == NULL);
	add(&state, STR("default"), 0, 512, 1);
	const struct store_scrub_seen *seen = store_scrub_find(&state, STR("default"));
	REQUIRE(seen != NULL);
	CHECK_EQ(seen->next, 512);
	CHECK(!seen->through && !seen->whole);
	add(&state, STR("default"), 256, 1000, 2); /* does not go on from 512 */
	CHECK(!seen->through);
	add(&state, STR("default"), 512, 1000, 3);
	CHECK(seen->through && seen->whole);
	CHECK_EQ(seen->whole_ns, 3);
	CHECK_EQ(seen->next, 0);
	add(&state, STR(""), 0, 1000, 4); /* the objects end the round */
	CHECK(!seen->through && seen->whole);
	CHECK(!store_scrub_find(&state, STR(""))->through);
	CHECK_EQ(store_scrub_find(&state, STR(""))->whole_ns, 4);
}

TEST(more_classes_than_there_can_be_are_passed_over) {
	struct store_scrub_state state = {0};
	for (int i = 0; i < 2 * STORE_CLASSES_MAX; i++) {
		char name[8];
		snprintf(name, sizeof(name), "c%d", i);
		add(&state, str_from(name), 0, 1, 1);
	}
	CHECK_EQ(state.count, STORE_CLASSES_MAX + 1);
}
