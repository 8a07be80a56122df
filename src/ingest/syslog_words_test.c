/* The words that say facility, severity and host, and what only looks like them. */
#include "ingest/syslog_words.h"

#include "tap.h"

TEST(facility_and_severity_are_read_in_all_their_spellings) {
	CHECK_EQ(syslog_word_priority(STR("daemon.info")), 30);
	CHECK_EQ(syslog_word_priority(STR("<daemon.info>")), 30);
	CHECK_EQ(syslog_word_priority(STR("<3.6>")), 30);
	CHECK_EQ(syslog_word_priority(STR("<23.7>")), 191);
	CHECK_EQ(syslog_word_priority(STR("daemon:warn")), 28);
	CHECK_EQ(syslog_word_priority(STR("auth|security:error")), 35);
	CHECK_EQ(syslog_word_priority(STR("In(166)")), 166);
}

TEST(words_that_only_look_like_a_priority_are_none) {
	static const char *const words[] = {
	    "",       "<>",  "3.6",     "<24.0>", "<3.8>", "daemon.",       ".info",    "daemon",
	    "www.ex", "a:b", "In(192)", "In()",   "in(1)", "<daemon:info>", "su(root)", "In(1",
	};
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		CHECK_EQ(syslog_word_priority(str_from(words[i])), -1);
	}
}

TEST(levels_are_no_hosts) {
	CHECK(syslog_is_level(STR("INFO")));
	CHECK(syslog_is_level(STR("Warning")));
	CHECK(!syslog_is_level(STR("information")));
	CHECK(!syslog_is_host(STR("error")));
	CHECK(!syslog_is_host(STR("")));
	CHECK(!syslog_is_host(STR("-")));
	CHECK(!syslog_is_host(STR("a=b")));
	CHECK(syslog_is_host(STR("web-1.example.org")));
	CHECK(syslog_is_host(STR("2001:db8::7")));
	CHECK(syslog_is_host(STR("サーバー")));
}

TEST(addresses_in_brackets_are_told_from_clocks_and_words) {
	CHECK(str_eq(syslog_bracketed_address(STR("[192.0.2.7]")), STR("192.0.2.7")));
	CHECK(str_eq(syslog_bracketed_address(STR("[192.0.2.7.4.5]")), STR("192.0.2.7.4.5")));
	CHECK(str_eq(syslog_bracketed_address(STR("[2001:db8::7]")), STR("2001:db8::7")));
	CHECK(str_eq(syslog_bracketed_address(STR("[1:2:3:4:5:6:7:8]")), STR("1:2:3:4:5:6:7:8")));
	CHECK_EQ(syslog_bracketed_address(STR("[10:00:01]")).len, 0);
	CHECK_EQ(syslog_bracketed_address(STR("[12.5]")).len, 0);
	CHECK_EQ(syslog_bracketed_address(STR("[error]")).len, 0);
	CHECK_EQ(syslog_bracketed_address(STR("[]")).len, 0);
}

TEST(names_are_those_of_syslog_h) {
	CHECK(str_eq(syslog_facility(10), STR("authpriv")));
	CHECK(str_eq(syslog_severity(3), STR("err")));
}
