/* What words tell. */
#include "query/miner_words.h"

#include "tap.h"

static struct miner_token word(const char *text) {
	return (struct miner_token){
	    .text = text, .len = (uint16_t)strlen(text), .kind = MINER_WORD, .space = true};
}

TEST(participles_and_switches_are_states) {
	static const char *const states[] = {"started", "Stopping", "true", "Off", "unavailable"};
	static const char *const others[] = {"root", "RUNNING", "TERMINATED", "eth", "", "ed", "web01"};
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		struct miner_token token = word(states[i]);
		CHECK(miner_is_state(&token));
	}
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		struct miner_token token = word(others[i]);
		CHECK(!miner_is_state(&token));
	}
}

TEST(two_dots_make_a_name) {
	struct miner_token yes = word("com.example.thing");
	struct miner_token no = word("example.org");
	CHECK(miner_is_dotted(&yes));
	CHECK(!miner_is_dotted(&no));
	yes.kind = MINER_VALUE;
	CHECK(!miner_is_dotted(&yes));
}

TEST(names_stand_behind_user_and_between_for_and_from) {
	struct miner_token line[] = {word("User"), word("bob"), word("for"), word("eve"), word("from")};
	CHECK(miner_is_named(line, 5, 1));
	CHECK(miner_is_named(line, 5, 3));
	CHECK(!miner_is_named(line, 4, 3));
	CHECK(!miner_is_named(line, 5, 0));
	CHECK(!miner_is_named(line, 5, 2));
}

TEST(from_a_to_b) {
	struct miner_token line[] = {word("from"), word("A"), word("to"), word("B"), word("C")};
	CHECK(miner_is_from_to(line, 1, 3));
	CHECK(!miner_is_from_to(line, 1, 4));
	CHECK(!miner_is_from_to(line, 0, 2));
	line[2] = word("in");
	CHECK(!miner_is_from_to(line, 1, 3));
}
