/* What hunts remember: from records as they are written, and from such as are damaged or forged. */
#include "cmd/alerts.h"

#include "tap.h"

#define HASH "ac1325d45f6b8a0b1e6cc1b9e7de0e5e4c4f2a40e6c5df1dcb3f3a9a2f1b0c00"
#define ONE "1111111111111111111111111111111111111111111111111111111111111111"
#define TWO "2222222222222222222222222222222222222222222222222222222222222222"
#define RULES(part, parts, list)                                                       \
	"{\"rules\":{\"hash\":\"" HASH "\",\"count\":1,\"part\":" part ",\"rules\":[" list \
	"],\"parts\":" parts "}}"
#define WITH_ONE RULES("0", "1", "[\"a\",\"" ONE "\"]")
#define ID(n) "0000000000000000000000000000000" n
#define HITS(n, tree, gaps) \
	"{\"hits\":{\"id\":\"" ID(n) "\",\"tree\":\"" tree "\",\"gaps\":[" gaps "]}}"
#define HUNT(n, from, to, records, hits)                                                    \
	"{\"hunt\":{\"id\":\"" ID(                                                              \
	    n) "\",\"rules\":\"" HASH "\",\"from\":" from ",\"to\":" to ",\"records\":" records \
	       ",\"bytes\":1,\"hits\":" hits                                                    \
	       ",\"first\":null,\"last\":null,\"begun\":\"2026-11-27T00:00:00Z\"}}"

/* Where the next hunt begins in the trees a (100 leaves) and b (50), and the hits before. */
static void check_memory(const char *const *bodies, size_t count, const char *wanted) {
	const struct alerts_tree trees[] = {{STR("a"), 100}, {STR("b"), 50}};
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	CLEANUP(buf_deinit) struct buf text = {0};
	struct sigma_digest one;
	struct alerts_rules rules;
	struct alerts_memory memory;
	memset(one.bytes, 0x11, sizeof(one.bytes));
	alerts_rules_of(&one, 1, arena, &rules);
	struct alerts_reader *reader = alerts_reader_new(trees, ARRAY_LEN(trees), &rules);
	for (size_t i = 0; i < count; i++) {
		alerts_reader_take(reader, str_from(bodies[i]));
	}
	alerts_reader_end(reader, false, &memory);
	buf_printf(&text, "%llu %llu:", (unsigned long long)memory.from[0],
	           (unsigned long long)memory.from[1]);
	for (size_t i = 0; i < memory.hits_count; i++) {
		buf_printf(&text, " %c%llu", "ab"[memory.hits[i].class_number],
		           (unsigned long long)memory.hits[i].index);
	}
	CHECK_STR(buf_str(&text), wanted);
	alerts_forget(&memory);
}
#define CHECK_MEMORY(wanted, ...)                    \
	check_memory((const char *const[]){__VA_ARGS__}, \
	             ARRAY_LEN(((const char *const[]){__VA_ARGS__})), wanted)

TEST(hunts_that_follow_one_another_are_remembered_with_their_hits) {
	CHECK_MEMORY("60 50: a0 a3 a4 b7", WITH_ONE, HITS("1", "a", "0,2,0"), HITS("1", "b", "7"),
	             HUNT("1", "{}", "{\"a\":60,\"b\":50}", "100", "4"));
	CHECK_MEMORY("100 50: a3 a77", WITH_ONE, HITS("1", "a", "3"),
	             HUNT("1", "{}", "{\"a\":60}", "60", "1"), HITS("2", "a", "77"),
	             HUNT("2", "{\"a\":60}", "{\"a\":100,\"b\":50}", "150", "1"));
	CHECK_MEMORY("60 0:", WITH_ONE, HUNT("1", "{}", "{\"a\":60}", "60", "0"));
}

TEST(a_hunt_of_other_rules_does_not_count) {
	const char *hunt = HUNT("1", "{}", "{\"a\":60}", "60", "0");
	CHECK_MEMORY("0 0:", hunt);
	CHECK_MEMORY("0 0:", RULES("0", "1", "[\"a\",\"" TWO "\"]"), hunt);
	CHECK_MEMORY("60 0:", RULES("0", "1", "[\"b\",\"" TWO "\"],[\"a\",\"" ONE "\"]"), hunt);
	CHECK_MEMORY("60 0:", RULES("0", "2", "[\"b\",\"" TWO "\"]"),
	             RULES("1", "2", "[\"a\",\"" ONE "\"]"), hunt);
}

TEST(rules_that_are_not_whole_are_none) {
	const char *hunt = HUNT("1", "{}", "{\"a\":60}", "60", "0");
	CHECK_MEMORY("0 0:", RULES("0", "2", "[\"a\",\"" ONE "\"]"), hunt);
	CHECK_MEMORY("0 0:", RULES("1", "2", "[\"a\",\"" ONE "\"]"), hunt);
	CHECK_MEMORY("0 0:", RULES("0", "2", ""), RULES("0", "2", "[\"a\",\"" ONE "\"]"), hunt);
	CHECK_MEMORY("0 0:", RULES("0", "1", "[\"a\",\"11\"]"), hunt);
	CHECK_MEMORY("0 0:", RULES("0", "1", "[\"a\",\"" ONE "\"],"), hunt);
}

TEST(a_hunt_whose_hits_are_not_whole_does_not_count) {
	const char *hunt = HUNT("1", "{}", "{\"a\":60}", "60", "2");
	CHECK_MEMORY("0 0:", WITH_ONE, hunt);
	CHECK_MEMORY("0 0:", WITH_ONE, HITS("1", "a", "1"), hunt);
	CHECK_MEMORY("0 0:", WITH_ONE, HITS("2", "a", "1,1"), hunt);
	CHECK_MEMORY("0 0:", WITH_ONE, HITS("1", "a", "1,1"), HITS("2", "a", "1"), hunt);
	CHECK_MEMORY("0 0:", WITH_ONE, HITS("1", "c", "1,1"), hunt);
	CHECK_MEMORY("0 0:", WITH_ONE, HITS("1", "a", "1,18446744073709551615"), hunt);
	CHECK_MEMORY("0 0:", WITH_ONE, HITS("1", "a", "1,-1"), hunt);
	CHECK_MEMORY("60 0: a1 a3", WITH_ONE, HITS("1", "a", "1,1"), hunt);
}

TEST(hits_behind_the_end_and_those_that_come_twice_are_left_out) {
	CHECK_MEMORY("60 0: a5", WITH_ONE, HITS("1", "a", "5"), HITS("1", "a", "5,60"),
	             HITS("1", "b", "5"), HUNT("1", "{}", "{\"a\":60}", "60", "4"));
}

TEST(a_tree_that_is_gone_or_shorter_is_hunted_anew_with_all_others) {
	CHECK_MEMORY("0 0:", WITH_ONE, HUNT("1", "{}", "{\"a\":101}", "60", "0"));
	CHECK_MEMORY("0 0:", WITH_ONE, HUNT("1", "{}", "{\"a\":60,\"c\":1}", "60", "0"));
	CHECK_MEMORY("0 0:", WITH_ONE, HUNT("1", "{}", "{\"a\":60,\"b\":\"1\"}", "60", "0"));
	CHECK_MEMORY("0 0:", WITH_ONE, HUNT("1", "{\"a\":10}", "{\"a\":60}", "60", "0"));
}

TEST(of_alerts_the_first_counts) {
	static const char *const bodies[] = {
	    "{\"alert\":{\"alert.id\":\"" ID("1") "\",\"alert.first_seen\":\"1970-01-01T00:00:02Z\"}}",
	    "{\"alert\":{\"alert.id\":\"" ID("1") "\",\"alert.first_seen\":\"1970-01-01T00:00:03Z\"}}",
	    "{\"alert\":{\"alert.id\":\"" ID("2") "\",\"alert.first_seen\":\"soon\"}}",
	    "{\"alert\":{}}",
	    "{\"alert\":1}",
	    "",
	    "\xff"};
	struct alerts_rules rules = {0};
	struct alerts_memory memory;
	struct alerts_reader *reader = alerts_reader_new(NULL, 0, &rules);
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		alerts_reader_take(reader, str_from(bodies[i]));
	}
	alerts_reader_end(reader, false, &memory);
	CHECK_EQ(map_count(memory.seen), 1);
	CHECK_EQ(*map_value(memory.seen, 0), 2000000000);
	alerts_forget(&memory);
}

TEST(hits_are_sorted_and_stand_once) {
	struct alerts_hit hits[] = {{1, 5}, {0, 9}, {1, 2}, {0, 9}, {1, 5}, {0, 1}, {1, 5}};
	static const struct alerts_hit expected[] = {{0, 1}, {0, 9}, {1, 2}, {1, 5}};
	CHECK_EQ(alerts_hits_sort(NULL, 0), 0);
	CHECK_EQ(alerts_hits_sort(hits, ARRAY_LEN(hits)), ARRAY_LEN(expected));
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		CHECK_EQ(hits[i].class_number, expected[i].class_number);
		CHECK_EQ(hits[i].index, expected[i].index);
	}
}
