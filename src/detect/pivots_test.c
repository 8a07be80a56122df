/* Values that recur: taken from records, counted, sorted. */
#include "detect/pivots.h"

#include "tap.h"

struct log {
	struct buf text;
};

static void note(void *ctx, enum pivot_kind kind, struct str value) {
	struct log *log = ctx;
	buf_printf(&log->text, "%s=%.*s;", pivot_kind_name(kind), STR_ARG(value));
}

TEST(values_of_a_record_are_of_kinds_each_once) {
	struct buf list = {0};
	value_list_append(&list, value_string(STR("bob")));
	value_list_append(&list, value_string(STR("EVE")));
	const struct row_field fields[] = {
	    {STR("user.name"), value_string(STR("eve"))},
	    {STR("winlog.event_data.TargetUserName"), {VALUE_LIST, buf_str(&list)}},
	    {STR("winlog.computer_name"), value_string(STR("pc1"))},
	    {STR("winlog.event_data.IpAddress"), value_string(STR("-"))},
	    {STR("source.ip"), value_string(STR("10.0.0.7"))},
	    {STR("winlog.event_data.Hashes"), value_string(STR("MD5=1,SHA256=2,MD5=1,"))},
	    {STR("winlog.event_data.Odd"), value_string(STR("x"))},
	    {STR("process.executable"), value_string(STR(""))},
	};
	const struct row row = {.fields = fields, .fields_count = 8};
	struct log log = {0};
	pivot_each(&row, note, &log);
	CHECK_STR(buf_str(&log.text),
	          "user=eve;user=bob;host=pc1;source=10.0.0.7;hash=MD5=1;hash=SHA256=2;");
	buf_deinit(&log.text);
	buf_deinit(&list);
}

TEST(values_are_counted_in_any_case_and_the_most_frequent_come_first) {
	struct pivots *pivots = pivots_new();
	size_t count;
	pivots_add(pivots, PIVOT_USER, STR("bob"), 5, SIGMA_LOW);
	pivots_add(pivots, PIVOT_USER, STR("Eve"), 9, SIGMA_LOW);
	pivots_add(pivots, PIVOT_USER, STR("eve"), 3, SIGMA_HIGH);
	pivots_add(pivots, PIVOT_HOST, STR("eve"), 1, SIGMA_LOW);
	struct pivot *users = pivots_list(pivots, PIVOT_USER, &count);
	CHECK_EQ(count, 2);
	CHECK_STR(users[0].value, "Eve");
	CHECK(users[0].records == 2 && users[0].first_ns == 3 && users[0].last_ns == 9);
	CHECK_EQ(users[0].level, SIGMA_HIGH);
	CHECK_STR(users[1].value, "bob");
	free(users);
	users = pivots_list(pivots, PIVOT_HASH, &count);
	CHECK_EQ(count, 0);
	free(users);
	pivots_free(pivots);
}

TEST(what_is_kept_is_bounded) {
	struct pivots *pivots = pivots_new();
	struct buf text = {0};
	size_t count;
	for (uint32_t i = 0; i < PIVOTS_MAX + 10; i++) {
		buf_clear(&text);
		buf_append_u64(&text, i);
		pivots_add(pivots, PIVOT_PROCESS, buf_str(&text), 1, SIGMA_LOW);
	}
	CHECK_EQ(pivots_left_out(pivots), 10);
	pivots_add(pivots, PIVOT_PROCESS, STR("7"), 1, SIGMA_LOW);
	CHECK_EQ(pivots_left_out(pivots), 10);
	struct pivot *all = pivots_list(pivots, PIVOT_PROCESS, &count);
	CHECK_EQ(count, PIVOTS_MAX);
	CHECK_EQ(all[0].records, 2);
	free(all);
	pivots_free(pivots);
	buf_clear(&text);
	for (int i = 0; i < 2000; i++) {
		buf_append_char(&text, 'x');
	}
	pivots = pivots_new();
	pivots_add(pivots, PIVOT_HASH, buf_str(&text), 1, SIGMA_LOW);
	all = pivots_list(pivots, PIVOT_HASH, &count);
	CHECK_EQ(all[0].value.len, PIVOT_BYTES_MAX);
	free(all);
	pivots_free(pivots);
	buf_deinit(&text);
}
