/* The pattern language: what fits, what is captured, what is refused when compiled. */
#include "ingest/pattern.h"

#include "ingest/pattern_fixture.h"
#include "tap.h"

/* What a line gives: "k=v k=v", or "-" when it does not fit. */
static void check(const char *pattern, const char *line, const char *expected) {
	struct fixture f;
	struct captures captures;
	struct buf out = {0};
	if (!CHECK(compile(&f, pattern) == ERR_OK)) {
		tap_check(false, f.diag.message, 0, pattern);
	} else if (!pattern_match(&f.pattern, &f.time, str_from(line), &captures)) {
		buf_append_char(&out, '-');
		CHECK(captures.stopped != NULL);
		CHECK(pattern_op_wants(captures.stopped) != NULL);
	} else {
		for (uint32_t i = 0; i < captures.count; i++) {
			buf_printf(&out, "%s%.*s=%.*s", i > 0 ? " " : "",
			           STR_ARG(f.set.fields[captures.list[i].field].name),
			           STR_ARG(captures.list[i].value));
		}
	}
	CHECK_STR(out, expected);
	buf_deinit(&out);
	done(&f);
}

TEST(literals_blanks_and_ends) {
	check("a b", "a b", "");
	check("a b", "a \t b  ", "");
	check("a b", "a b\r", "");
	check("a b", "ab", "-");
	check("a b", "a bc", "-");
	check("a b", "", "-");
	check("100%%", "100%", "");
}

TEST(words_end_at_blanks_and_at_what_follows) {
	check("%{word:a} %{word:b}", "x y", "a=x b=y");
	check("%{word:a}:%{int:b}", "x:7", "a=x b=7");
	check("[%{word:a}]", "[x]", "a=x");
	check("[%{word:a}]", "[]", "-");
	check("%{word:a}%(:%{int:b}%)? z", "x:7 z", "a=x b=7");
	check("%{word:a}%(:%{int:b}%)? z", "x z", "a=x");
	check("%{word}", "x y", "-");
}

TEST(text_ends_at_the_words_behind_it) {
	check("%{text:a} END", "one two END", "a=one two");
	check("%{text:a}: %{rest:b}", "one two: three: four", "a=one two b=three: four");
	check("%{text:a}", "all of it", "a=all of it");
	check("\"%{text:a}\" x", "\"say \\\"hi\\\"\" x", "a=say \\\"hi\\\"");
	check("%{text:a} END", "one two", "-");
}

TEST(all_words_behind_text_end_it) {
	check("%{text:a}, client: %{ip:b}", "one, two, client: 192.0.2.1", "a=one, two b=192.0.2.1");
	check("%{text:a} from <%{word:b}>", "x from y from \t <z>", "a=x from y b=z");
	check("%{text:a}, b: %{int:b}%( c%)?", "x, y, b: 7 c", "a=x, y b=7");
	check("%{text:a} end", "x end end", "a=x end");
	check("%{text:a}.", "x.y.z. ", "a=x.y.z");
	check("%{text:a}. %{int:b}", "x.y. 7", "a=x.y b=7");
	check("%{text:a} b %{int:c}", "x   b \t 7", "a=x c=7");
	check("\"%{text:a}\" x", "\"one\" two\" x", "a=one\" two");
	check("%{text:a} from %{ip}", "x fromage y", "-");
	check("%{url:a}\" end", "/x\"y\" end", "-");
}

TEST(last_ends_at_the_last_place_of_all_words) {
	check("%{last:a}, client: %{ip:b}", "x, client: y, client: 192.0.2.1, z", "-");
	check("%{last:a}, client: %{word:b}", "x, client: y, client: z, w, ", "-");
	check("%{last:a}, client: %{rest:b}", "x, client: y, client:  z, w", "a=x, client: y b=z, w");
	check("%{last:a} %{ip:b}", "one  two   192.0.2.1 ", "a=one  two b=192.0.2.1");
	check("%{last:a})", "x (y) (z)", "a=x (y) (z");
	check("%{last:a} b", "b b b", "a=b b");
	check("%{last:a} b", "b", "-");
}

TEST(a_point_behind_an_address_is_not_part_of_it) {
	check("from %{ip:a}.", "from 2001:db8::1.", "a=2001:db8::1");
	check("from %{ip:a}: %{rest}", "from 2001:db8::1: x", "a=2001:db8::1");
	check("from %{ip:a}. %{rest:b}", "from ::ffff:192.0.2.1. x", "a=::ffff:192.0.2.1 b=x");
}

TEST(numbers_addresses_and_hosts) {
	check("%{int:a}", "-12", "a=-12");
	check("%{int:a}", "12.5", "-");
	check("%{number:a}", "12.5", "a=12.5");
	check("%{number:a}.", "12.", "a=12");
	check("%{hex:a}", "0xdeadBEEF", "a=0xdeadBEEF");
	check("%{ip:a}", "192.0.2.1", "a=192.0.2.1");
	check("%{ip:a}", "2001:db8::1", "a=2001:db8::1");
	check("%{ip:a}", "::", "a=::");
	check("%{ip:a}:%{int:b}", "192.0.2.1:80", "a=192.0.2.1 b=80");
	check("%{ip:a}: x", "2001:db8::1: x", "a=2001:db8::1");
	check("[%{ip:a}]:%{int:b}", "[::1]:80", "a=::1 b=80");
	check("%{ip:a}", "256.0.0.1", "-");
	check("%{ip:a}", "1.2.3", "-");
	check("%{ip:a}", "1.2.3.4.5", "-");
	check("%{ip:a}.5", "1.2.3.4.5", "-"); /* no address within something longer */
	check("%{ip:a}x", "1.2.3.4x", "-");
	check("%{ip:a}", "abc", "-");
	check("%{host:a} x", "web-1.example.org x", "a=web-1.example.org");
	check("%{host:a}:%{int:b}", "web:80", "a=web b=80");
	check("%{host:a}", "-", "-");
}

TEST(hardware_addresses) {
	check("%{mac:a}", "00:11:22:aa:BB:ff", "a=00:11:22:aa:BB:ff");
	check("%{mac:a} x", "00-11-22-aa-bb-ff x", "a=00-11-22-aa-bb-ff");
	check("%{mac:a}:%{mac:b}:%{rest:c}", "00:11:22:33:44:55:66:77:88:99:aa:bb:08:00",
	      "a=00:11:22:33:44:55 b=66:77:88:99:aa:bb c=08:00");
	check("%{mac:a}", "00:11:22:33:44", "-");
	check("%{mac:a}", "00:11-22:33:44:55", "-");
	check("%{mac:a}", "00:11:22:33:44:555", "-");
	check("%{mac:a}", "0g:11:22:33:44:55", "-");
}

TEST(quoted_text_and_choices_of_words) {
	check("%{quoted:a}", "\"x \\\" y\"", "a=x \\\" y");
	check("%{quoted:a}", "\"\"", "a=");
	check("%{quoted:a}", "\"x", "-");
	check("%{quoted:a}", "\"x\\\"", "-");
	check("%{one(GET|POST):a} x", "POST x", "a=POST");
	check("%{one(GET|POST):a} x", "PUT x", "-");
}

TEST(a_dash_or_nothing_is_no_value_where_the_pattern_says_so) {
	check("%{int:a?} %{word:b?}", "- -", "");
	check("%{int:a?} %{word:b?}", "1 x", "a=1 b=x");
	check("%{int:a?},%{int:b?},%{int:c?}", "1,,3", "a=1 c=3");
	check("%{quoted:a?} %{quoted:b?}", "\"-\" \"\"", "");
	check("%{ip:a?} x", "- x", "");
	check("%{int:a?} x", "y x", "-");
	check("[%{text:a?}]", "[-]", "");
	check("[%{text:a?}]", "[- x]", "a=- x");
}

TEST(groups_take_the_first_alternative_that_fits) {
	check("%(%{int:n}%|%{word:w}%) x", "12 x", "n=12");
	check("%(%{int:n}%|%{word:w}%) x", "ab x", "w=ab");
	check("%(a%|b%)c", "bc", "");
	check("%(a%|b%)c", "cc", "-");
	check("x%( %{int:n}%( %{int:m}%)?%)?", "x", "");
	check("x%( %{int:n}%( %{int:m}%)?%)?", "x 1", "n=1");
	check("x%( %{int:n}%( %{int:m}%)?%)?", "x 1 2", "n=1 m=2");
	/* no way back into a group: "ab" is taken as "a" */
	check("%(a%|ab%)c", "abc", "-");
	check("%(%{word:a} b%|%{word:a} c%)", "x c", "a=x");
}

TEST(pieces_stand_where_they_are_named) {
	check("<%{@pair}> %{@pair}", "<a=1> b=2", "k=a v=1 k=b v=2");
}

TEST(times_are_taken_by_layout) {
	struct fixture f;
	struct captures captures;
	REQUIRE(compile(&f, "[%{time(DD.MM.YYYY hh:mm:ss)}] %(%{time(clf)} %|%)x") == ERR_OK);
	REQUIRE(pattern_match(&f.pattern, &f.time, STR("[22.11.2026 10:00:00] x"), &captures));
	CHECK(captures.has_time);
	CHECK_EQ(captures.time.ns, (int64_t)1795341600 * INSTANT_SECOND);
	CHECK(!pattern_match(&f.pattern, &f.time, STR("[22.13.2026 10:00:00] x"), &captures));
	CHECK_EQ(captures.stopped_at, 1);
	done(&f);
	check("%{time:t} x", "2026-11-22T10:00:00Z x", "t=2026-11-22T10:00:00Z");
	check("%{time(epoch)} x", "1795341600.5 x", "");
}

TEST(a_time_of_an_alternative_that_failed_is_forgotten) {
	struct fixture f;
	struct captures captures;
	REQUIRE(compile(&f, "%(%{time(iso)} a%|%{word:w} b%)") == ERR_OK);
	REQUIRE(pattern_match(&f.pattern, &f.time, STR("2026-11-22T10:00:00Z b"), &captures));
	CHECK(!captures.has_time);
	CHECK_EQ(captures.count, 1);
	done(&f);
}
