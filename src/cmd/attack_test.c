/* Techniques and tactics of tags. */
#include "cmd/attack.h"

#include "tap.h"

static void add(struct attack *attack, struct str *tags, uint32_t count, uint32_t techniques) {
	struct sigma_meta meta = {.tags = {.items = tags, .count = count, .cap = count}};
	uint32_t at = 0;
	uint32_t found = 0;
	struct attack_row *row;
	while ((row = attack_next(attack, &meta, &at)) != NULL) {
		row->rules++;
		found++;
	}
	CHECK_EQ(found, techniques);
}

TEST(techniques_are_found_with_the_tactics_of_all_their_rules) {
	struct str one[] = {STR_INIT("attack.t1078"), STR_INIT("attack.persistence"),
	                    STR_INIT("attack.T1078"), STR_INIT("attack.t1059.001")};
	struct str two[] = {STR_INIT("attack.initial-access"), STR_INIT("attack.t1078"),
	                    STR_INIT("attack.odd-one")};
	struct str odd[] = {STR_INIT("attack.t10"),
	                    STR_INIT("attack.t1059.0001"),
	                    STR_INIT("attack.t1059x"),
	                    STR_INIT("attack.g0007"),
	                    STR_INIT("cve.2021-1"),
	                    STR_INIT("attack."),
	                    STR_INIT(""),
	                    STR_INIT("attack.t10590011")};
	struct str bare[] = {STR_INIT("attack.t1498")};
	struct attack attack;
	attack_init(&attack);
	add(&attack, one, 4, 2);
	add(&attack, two, 3, 1);
	add(&attack, odd, 8, 0);
	add(&attack, bare, 1, 1);
	attack_sort(&attack);
	CHECK_EQ(attack.count, 3);
	CHECK_STR(attack.rows[0].technique, "T1059.001");
	CHECK_STR(attack.rows[1].technique, "T1078");
	CHECK_STR(attack.rows[2].technique, "T1498");
	CHECK_EQ(attack.rows[1].rules, 2);
	CHECK_EQ(attack.rows[1].tactics.count, 3);
	CHECK(attack_has(&attack.rows[1], STR("persistence")));
	CHECK(!attack_has(&attack.rows[1], STR("")));
	CHECK(attack_has(&attack.rows[2], STR("")));
	struct texts tactics = attack_tactics(&attack);
	CHECK_EQ(tactics.count, 4);
	CHECK_STR(tactics.items[0], "initial-access");
	CHECK_STR(tactics.items[1], "persistence");
	CHECK_STR(tactics.items[2], "odd-one");
	CHECK_STR(tactics.items[3], "");
	attack_deinit(&attack);
}
