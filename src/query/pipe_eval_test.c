/* eval, and the functions of expressions. */
#include "tap.h"

#include "base/zone.h"
#include "query/fixture.h"

/* One expression over nothing but literals. */
static void check_value(const char *expression, const char *expected, const char *file, int line) {
	CLEANUP(buf_deinit) struct buf text = {0};
	CLEANUP(buf_deinit) struct buf all = {0};
	CLEANUP(buf_deinit) struct buf out = {0};
	struct query_options options = fake_options();
	buf_printf(&text, "* | head 1 | eval r = %s | fields r", expression);
	buf_append_char(&text, '\0');
	buf_printf(&all, "r\n%s\n", expected);
	buf_append_char(&all, '\0');
	fixture_run_with(text.ptr, &options, false, &out);
	tap_check_bytes(out.ptr, out.len, all.ptr, file, line, expression);
}

#define CHECK_VALUE(expression, expected) check_value((expression), (expected), __FILE__, __LINE__)

TEST(columns_are_computed_one_after_another) {
	CHECK_QUERY("* | head 3 | eval b = bytes * 2, c = b + 1 | fields user, b, c",
	            "user|b|c\nroot|200|201\nguest|14|15\nadmin|40|41\n");
	CHECK_QUERY("* | stats count() as n by user | eval n = n * 10 | sort -n, user | head 2",
	            "user|n\nadmin|40\nroot|40\n");
	CHECK_QUERY("* | stats count() as n by user | eval `a b` = n, x = 'y' | head 1",
	            "user|n|a b|x\nadmin|4|4|y\n");
	CHECK_QUERY("* | eval u = lower(user) | stats count() by u | where count > 1",
	            "u|count\nadmin|4\nroot|5\n");
	CHECK_QUERY("* | eval late = @timestamp > \"2026-11-22T10:05\" | where late | stats count()",
	            "count\n3\n");
}

static void check_records(const char *text, const char *expected, const char *file, int line) {
	CLEANUP(buf_deinit) struct buf out = {0};
	struct query_options options = fake_options();
	fixture_run_with(text, &options, true, &out);
	tap_check_bytes(out.ptr, out.len, expected, file, line, text);
}
#define CHECK_RECORDS(text, expected) check_records((text), (expected), __FILE__, __LINE__)

TEST(records_have_the_new_fields_in_place_of_their_own) {
	CHECK_RECORDS("* | head 1 | eval n = 1, bytes = bytes + 1",
	              "#0 user=root ip=10.0.0.9 groups=wheel, adm n=1 bytes=101\n");
	CHECK_RECORDS("* | head 1 | eval bytes = null", "#0 user=root ip=10.0.0.9 groups=wheel, adm\n");
	CHECK_RECORDS("* | head 1 | fields -bytes, -ip | eval bytes = 7",
	              "#0 user=root groups=wheel, adm bytes=7\n");
	CHECK_RECORDS("* | head 1 | eval bytes = 7 | fields -bytes, -ip, -groups", "#0 user=root\n");
	CHECK_RECORDS("* | sort -user | head 1 | eval a = 'x' | sort a", "#0 user=root ip=10.0.0.9 "
	                                                                 "bytes=100 groups=wheel, adm "
	                                                                 "a=x\n");
}

TEST(values_of_fields_stay_as_they_were_written) {
	CHECK_QUERY("bytes:1.5 | eval a = bytes, b = if(true, bytes), c = coalesce(none, ip), "
	            "d = concat(bytes, \"|\", groups) | fields a, b, c, d",
	            "a|b|c|d\n1.5|1.5|10.0.0.10|\n");
	CHECK_VALUE("concat(\"007\", 1, true)", "0071true");
	CHECK_VALUE("lower(\"1.50\")", "1.50");
	CHECK_VALUE("\"1.50\"", "1.50");
	CHECK_VALUE("1.50", "1.5");
	CHECK_VALUE("substr(\"007\", 1, 2)", "00");
}

TEST(choices) {
	CHECK_QUERY("* | eval c = case(bytes >= 100, 'big', bytes >= 20, 'middle', exists(bytes), "
	            "'small') | stats count() by c",
	            "c|count\nbig|2\nmiddle|4\nsmall|4\n|2\n");
	CHECK_VALUE("if(1 > 2, \"a\", \"b\")", "b");
	CHECK_VALUE("if (1 > 2, \"a\", concat (\"b\"))", "b");
	CHECK_VALUE("if(1 > 2, \"a\")", "");
	CHECK_VALUE("if(absent, 1, 2)", "2");
	CHECK_VALUE("case(false, 1, false, 2, 3)", "3");
	CHECK_VALUE("case(false, 1, true, 2, 3)", "2");
	CHECK_VALUE("coalesce(absent, null, \"x\", \"y\")", "x");
	CHECK_VALUE("coalesce(absent)", "");
	CHECK_VALUE("isnull(absent)", "true");
	CHECK_VALUE("isnull(user)", "false");
	CHECK_VALUE("exists(user) and not exists(absent)", "true");
}

TEST(texts) {
	CHECK_VALUE("upper(\"straße éж日\")", "STRAßE ÉЖ日");
	CHECK_VALUE("lower(\"ÀBC\")", "àbc");
	CHECK_VALUE("substr(\"日本語\", 2)", "本語");
	CHECK_VALUE("substr(\"abcdef\", 2, 3)", "bcd");
	CHECK_VALUE("substr(\"abcdef\", -2)", "ef");
	CHECK_VALUE("substr(\"abcdef\", -20, 2)", "ab");
	CHECK_VALUE("substr(\"abcdef\", 0, 2)", "ab");
	CHECK_VALUE("substr(\"abcdef\", 7)", "");
	CHECK_VALUE("substr(\"abcdef\", 5, 99)", "ef");
	CHECK_VALUE("substr(\"abcdef\", 2, -1)", "");
	CHECK_VALUE("concat(\"[\", trim(\"  a b \t\"), \"]\")", "[a b]");
	CHECK_VALUE("concat(ltrim(\"xxaxx\", \"x\"), \" \", rtrim(\"xxaxx\", \"x\"))", "axx xxa");
	CHECK_VALUE("trim(\"「あ」\", \"「」\")", "あ");
	CHECK_VALUE("concat(\"[\", trim(\" \"), \"]\")", "[]");
	CHECK_VALUE("replace(\"a1b22\", /[0-9]+/, \"#\")", "a#b#");
	CHECK_VALUE("replace(user, /(r)(o)/, \"$2$1-\")", "or-ot");
	CHECK_VALUE("replace(\"a/b\", /\\//, \"-\")", "a-b");
	CHECK_VALUE("replace(absent, /a/, \"b\")", "");
	CHECK_VALUE("len(\"日本\") + len(\"\")", "2");
	CHECK_VALUE("split(\"a,b,,c\", \",\")", "a, b, , c");
	CHECK_VALUE("len(split(\"\", \",\"))", "1");
	CHECK_VALUE("mvindex(split(\"a--b--c\", \"--\"), 1)", "b");
	CHECK_VALUE("mvindex(split(\"a b c\", \" \"), -1)", "c");
	CHECK_VALUE("mvindex(split(\"a b c\", \" \"), -4)", "");
	CHECK_VALUE("mvindex(split(\"a b c\", \" \"), 3)", "");
	CHECK_VALUE("mvindex(\"x\", 0)", "x");
	CHECK_VALUE("mvjoin(groups, \"+\")", "wheel+adm");
	CHECK_VALUE("mvjoin(user, \"+\")", "root");
	CHECK_VALUE("urldecode(\"%2e%2E/%zz%4\")", "../%zz%4");
	CHECK_VALUE("base64decode(\"d2hvYW1p\")", "whoami");
	CHECK_VALUE("base64decode(\"dwBoAG8A\")", "who");
	CHECK_VALUE("base64decode(\"d2hvYW1\")", "");
	CHECK_VALUE("typeof(1.5)", "number");
	CHECK_VALUE("typeof(ip)", "address");
	CHECK_VALUE("typeof(@timestamp)", "time");
	CHECK_VALUE("typeof(groups)", "list");
	CHECK_VALUE("concat(typeof(user), typeof(1=1), typeof(absent))", "textbooleanabsent");
}

TEST(numbers) {
	CHECK_VALUE("round(2.5) + round(-2.5)", "0");
	CHECK_VALUE("round(2.567, 2)", "2.57");
	CHECK_VALUE("round(1234, -2)", "1200");
	CHECK_VALUE("round(9223372036854775807, 3)", "9223372036854775807");
	CHECK_VALUE("round(1e300, 5)", "1e+300");
	CHECK_VALUE("floor(-1.5)", "-2");
	CHECK_VALUE("ceil(1.2)", "2");
	CHECK_VALUE("floor(9223372036854775807)", "9223372036854775807");
	CHECK_VALUE("sqrt(16)", "4");
	CHECK_VALUE("sqrt(-1)", "");
	CHECK_VALUE("pow(2, 62)", "4611686018427387904");
	CHECK_VALUE("pow(2, -1)", "0.5");
	CHECK_VALUE("pow(10, 400)", "");
	CHECK_VALUE("log(1000)", "3");
	CHECK_VALUE("log(8, 2)", "3");
	CHECK_VALUE("log(0)", "");
	CHECK_VALUE("log(5, 1)", "");
	CHECK_VALUE("ln(exp(2))", "2");
	CHECK_VALUE("abs(-3) + abs(2.5)", "5.5");
	CHECK_VALUE("abs(-9223372036854775807 - 1)", "9.223372036854776e+18");
	CHECK_VALUE("min(3, absent, 2, 7)", "2");
	CHECK_VALUE("max(3, 10, \"9\")", "10");
	CHECK_VALUE("max(absent)", "");
	CHECK_VALUE("max(split(\"1,9,30\", \",\"), 7)", "30");
	CHECK_VALUE("min(10, absent, split(\"11,9,x\", \",\"))", "9");
	CHECK_VALUE("tonumber(\" 42 \") + 1", "43");
	CHECK_VALUE("tonumber(\"0x1F\", 16)", "31");
	CHECK_VALUE("tonumber(\"zz\", 36)", "1295");
	CHECK_VALUE("tonumber(\"-101\", 2)", "-5");
	CHECK_VALUE("tonumber(\"9\", 8)", "");
	CHECK_VALUE("tonumber(\"ffffffffffffffffffff\", 16)", "");
	CHECK_VALUE("tonumber(user)", "");
	CHECK_VALUE("tostring(255, \"hex\")", "0xff");
	CHECK_VALUE("tostring(90061, \"duration\")", "1d 01:01:01");
	CHECK_VALUE("tostring(-5, \"duration\")", "-00:00:05");
	CHECK_VALUE("tostring(groups)", "wheel, adm");
	CHECK_VALUE("1 + \"x\"", "");
	CHECK_VALUE("\"2\" + \"3\"", "");
	CHECK_VALUE("tonumber(\"2\") + 3", "5");
	CHECK_VALUE("bin(17, 5)", "15");
	CHECK_VALUE("bin(-1, 5)", "-5");
	CHECK_VALUE("bin(1.7, 0.5)", "1.5");
	CHECK_VALUE("bin(-9223372036854775807, 1000)", "");
}

TEST(times_and_durations) {
	CHECK_VALUE("now()", "2026-11-22T10:00:00Z");
	CHECK_VALUE("now() - \"2026-11-22T09:00:00.5Z\"", "3599.5");
	CHECK_VALUE("\"2026-11-22\" - \"2026-11-21\"", "86400");
	CHECK_VALUE("now() + 90s", "2026-11-22T10:01:30Z");
	CHECK_VALUE("now() - 1d", "2026-11-21T10:00:00Z");
	CHECK_VALUE("5 + now()", "2026-11-22T10:00:05Z");
	CHECK_VALUE("5 - now()", "");
	CHECK_VALUE("now() + now()", "");
	CHECK_VALUE("now() * 2", "");
	CHECK_VALUE("now() + 1e30", "");
	CHECK_VALUE("now() + 9223372036", "");
	CHECK_VALUE("5m", "300");
	CHECK_VALUE("500ms * 4", "2");
	CHECK_VALUE("duration(\"2h\")", "7200");
	CHECK_VALUE("bin(@timestamp + 61, 1m)", "2026-11-22T10:01:00Z");
	CHECK_VALUE("bin(\"2026-11-22T10:44:59Z\", \"15m\")", "2026-11-22T10:30:00Z");
	CHECK_VALUE("bin(user, 1m)", "");
	CHECK_VALUE("unix(now())", "1795341600");
	CHECK_VALUE("unix(\"1969-12-31T23:59:59.5Z\")", "-0.5");
	CHECK_VALUE("totime(1795341600.25)", "2026-11-22T10:00:00.250Z");
	CHECK_VALUE("totime(1795341600.1)", "2026-11-22T10:00:00.100Z");
	CHECK_VALUE("strftime(now(), \"%d.%m.%Y %H:%M\")", "22.11.2026 10:00");
	CHECK_VALUE("strftime(0, \"%F\")", "1970-01-01");
	CHECK_VALUE("strptime(\"22/Nov/2026:19:00:00 +0900\", \"%d/%b/%Y:%T %z\")",
	            "2026-11-22T10:00:00Z");
	CHECK_VALUE("strptime(\"x\", \"%Y\")", "");
	CHECK_QUERY("* | eval t = bin(@timestamp, 1m) | stats count() by t | head 2",
	            "t|count\n2026-11-22T10:00:00Z|3\n2026-11-22T10:01:00Z|2\n");
	CHECK_QUERY("* | where now() - @timestamp < -5m | stats count()", "count\n5\n");
}

TEST(times_are_in_the_zone_of_the_results) {
	CLEANUP(buf_deinit) struct buf out = {0};
	CLEANUP(zone_freep) struct zone *zone = zone_fixed(9 * 3600);
	struct query_options options = fake_options();
	options.zone = zone;
	fixture_run_with("* | head 1 | eval a = bin(@timestamp, 1d), b = strftime(now(), \"%H\"), "
	                 "c = now() - 0 | fields a, b, c",
	                 &options, false, &out);
	CHECK_STR(buf_str(&out), "a|b|c\n2026-11-22T00:00:00+09:00|19|2026-11-22T19:00:00+09:00\n");
}

TEST(texts_of_one_row_have_a_limit) {
	CLEANUP(buf_deinit) struct buf text = {0};
	buf_append_str(&text, STR("* | head 1 | eval a = \"0123456789abcdef\""));
	for (int i = 0; i < 24; i++) {
		buf_append_str(&text, STR(", a = concat(a, a)"));
	}
	buf_append_char(&text, '\0');
	CHECK_QUERY(text.ptr, "error: the functions of an expression make more than 16 MiB of text of "
	                      "one row\n");
}

TEST(mistakes_are_named) {
	CHECK_QUERY("* | eval", "error at 8: the name of a field is expected here\n");
	CHECK_QUERY("* | eval a", "error at 10: '=' and an expression is expected here\nhint: eval mb "
	                          "= bytes / 1048576\n");
	CHECK_QUERY("* | eval a = 1,", "error at 15: the name of a field is expected here\n");
	CHECK_QUERY("* | eval @timestamp = 1",
	            "error at 9: '@timestamp' belongs to the record and stays as it is\nhint: choose "
	            "another name, or make a table with fields before\n");
	CHECK_QUERY("* | eval akashi.index = 1 | fields user",
	            "error at 9: 'akashi.index' belongs to the record and stays as it is\nhint: choose "
	            "another name, or make a table with fields before\n");
	CHECK_QUERY("* | stats count() | eval a = b",
	            "error at 29: there is no 'b' here\nhint: the columns are count\n");
	CHECK_QUERY("* | eval a = substr(user)",
	            "error at 13: 1 argument is too few for substr\nhint: substr(TEXT, FROM[, "
	            "LENGTH]): a part; the first character is 1, the last -1\n");
	CHECK_QUERY("* | eval a = abs(1, 2)",
	            "error at 13: 2 arguments are too many for abs\nhint: abs(N): without its sign\n");
	CHECK_QUERY("* | eval a = bin(bytes, 0)",
	            "error at 24: a number above 0 or a duration such as 5m is expected here\nhint: "
	            "bin(X, WIDTH): the start of its span: bin(@timestamp, 5m), bin(bytes, 1000)\n");
	CHECK_QUERY("* | eval a = strftime(@timestamp, \"%Q\")",
	            "error at 34: a pattern such as \"%Y-%m-%d %H:%M:%S\" is expected here\nhint: "
	            "strftime(TIME, PATTERN): written as \"%Y-%m-%d %H:%M\"\n");
	CHECK_QUERY("* | eval a = replace(user, /(/, \"\")",
	            "error at 29: the regular expression is not valid: missing closing parenthesis\n");
	CHECK_QUERY("* | eval a = if(1", "error at 17: ')' or a comma is expected here\n");
	CHECK_QUERY("* | eval a = 5q", "error at 13: a number is expected here, not '5q'\nhint: put "
	                               "text, times and addresses in quotes\n");
}
