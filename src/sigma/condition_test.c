/* The condition language: every form, and how it binds. */
#include "sigma/condition.h"

#include "base/limits.h"
#include "sigma/sample.h"

/* Selections a, b, c hold when the event has them; s_1, s_2 and _h too. */
static struct sigma_set *set_of(const char *condition, uint32_t refused) {
	static const char *const names[] = {"a", "b", "c", "s_1", "s_2", "_h", "not_x"};
	struct buf text = {0};
	buf_append_str(&text, STR(SAMPLE_HEAD));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		buf_printf(&text, "  %s: {%s: 1}\n", names[i], names[i]);
	}
	buf_printf(&text, "  condition: %s\n", condition);
	*buf_reserve(&text, 1) = '\0';
	struct sigma_set *set = sample_set(text.ptr, refused);
	buf_deinit(&text);
	return set;
}

static bool holds(const char *condition, const char *event) {
	struct sigma_set *set = set_of(condition, 0);
	bool yes = sample_holds(set, 0, event);
	sigma_set_free(set);
	return yes;
}

TEST(not_binds_more_than_and_and_and_more_than_or) {
	CHECK(holds("a or b and c", "a=1"));
	CHECK(!holds("a or b and c", "b=1"));
	CHECK(!holds("(a or b) and c", "a=1"));
	CHECK(holds("not a and b", "b=1"));
	CHECK(!holds("not (a or b)", "b=1"));
	CHECK(holds("not not a", "a=1"));
	CHECK(holds("(a)and(not(b))", "a=1"));
	CHECK(holds("a AND Not b", "a=1"));
	CHECK(holds("not_x and not b", "not_x=1"));
	CHECK(holds("((((a))))", "a=1"));
}

TEST(quantities_take_patterns_and_them) {
	CHECK(holds("1 of s_*", "s_2=1"));
	CHECK(holds("any of s_*", "s_1=1"));
	CHECK(!holds("all of s_*", "s_1=1"));
	CHECK(holds("all of s_*", "s_1=1;s_2=1"));
	CHECK(holds("1 of them", "c=1"));
	CHECK(!holds("1 of them", "_h=1"));
	CHECK(!holds("1 of *", "_h=1"));
	CHECK(holds("1 of _*", "_h=1"));
	CHECK(holds("_h", "_h=1"));
	CHECK(holds("1 of a", "a=1"));
	CHECK(holds("1 of *_1", "s_1=1"));
	CHECK(!holds("1 of s*2", "s_1=1"));
	CHECK(holds("a and not 1 of s_*", "a=1"));
	CHECK(holds("All Of s_* or a", "a=1"));
}

TEST(one_of_several_conditions_is_enough) {
	CHECK(holds("[a and b, c]", "c=1"));
	CHECK(!holds("[a and b, c]", "a=1"));
}

TEST(deep_nesting_is_refused_and_long_rows_are_not) {
	struct buf text = {0};
	for (uint32_t i = 0; i < LIMIT_CONDITION_DEPTH + 1; i++) {
		buf_append_str(&text, STR("not "));
	}
	buf_append_str(&text, STR("a"));
	*buf_reserve(&text, 1) = '\0';
	sigma_set_free(set_of(text.ptr, 1));
	buf_clear(&text);
	for (int i = 0; i < 5000; i++) {
		buf_append_str(&text, STR("a or "));
	}
	buf_append_str(&text, STR("b"));
	*buf_reserve(&text, 1) = '\0';
	CHECK(holds(text.ptr, "b=1"));
	buf_deinit(&text);
}
