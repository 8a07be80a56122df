/* Pairs and columns as devices write them. */
#include "ingest/text_pairs.h"

#include "base/buf.h"
#include "tap.h"

static void append_pair(void *ctx, struct str key, struct str value, bool marked) {
	(void)marked;
	buf_printf(ctx, "%.*s<%.*s>", STR_ARG(key), STR_ARG(value));
}

static void append_if_marked(void *ctx, struct str key, struct str value, bool marked) {
	buf_printf(ctx, "%.*s%s<%.*s>", STR_ARG(key), marked ? "!" : "", STR_ARG(value));
}

static void append_column(void *ctx, uint32_t number, struct str value) {
	buf_printf(ctx, "%u<%.*s>", number, STR_ARG(value));
}

static void check_pairs(const char *argument, const char *text, const char *expected) {
	struct arena *arena = arena_new(SIZE_MAX);
	struct buf out = {0};
	struct pairs_style style;
	if (CHECK(pairs_style(str_from(argument), &style))) {
		pairs_read(str_from(text), style, arena, append_pair, &out);
		CHECK_STR(out, expected);
	}
	buf_deinit(&out);
	arena_free(arena);
}

TEST(pairs_with_blanks_between) {
	check_pairs("", "a=1 b=2", "a<1>b<2>");
	check_pairs("", "  a=1\tb=2  ", "a<1>b<2>");
	check_pairs("", "a=\"x y\" b='u v' c=", "a<x y>b<u v>c<>");
	check_pairs("", "words a=1 and b=2 more", "a<1>b<2>");
	check_pairs("", "a=\"x \\\"y\\\" z\" b=1", "a<x \"y\" z>b<1>");
	check_pairs("", "a=\"open b=1", "a<\"open>b<1>");
	check_pairs("", "a=\"x\"y\" b=1", "a<x\"y>b<1>");
	check_pairs("", "=1 a=2", "a<2>");
	check_pairs("", "", "");
	check_pairs("", "no pairs", "");
}

TEST(other_separators_and_signs) {
	check_pairs("tab", "a=1 2\tb=3", "a<1 2>b<3>");
	check_pairs(";", "a=1; b=\"2;3\"; c", "a<1>b<2;3>");
	check_pairs("; :", "action:\"Drop\"; flags:\"4\"; ", "action<Drop>flags<4>");
	check_pairs("|", "a=1|b=x y", "a<1>b<x y>");
	check_pairs(",", "a=1,b=2", "a<1>b<2>");
}

TEST(cef_values_hold_blanks_and_escapes) {
	check_pairs("cef", "src=192.0.2.1 msg=a b c dst=192.0.2.2",
	            "src<192.0.2.1>msg<a b c>dst<192.0.2.2>");
	check_pairs("cef", "act=blocked a \\= b\\\\c dst=1.1.1.1", "act<blocked a = b\\c>dst<1.1.1.1>");
	check_pairs("cef", "msg=one\\ntwo", "msg<one\ntwo>");
	check_pairs("cef", "request=http://x/?a=b&c=d cs1=e", "request<http://x/?a=b&c=d>cs1<e>");
	check_pairs("cef", "a= b=1", "a<>b<1>");
	check_pairs("cef", "no pairs", "");
}

TEST(ways_that_are_none_are_refused) {
	static const char *const bad[] = {"ceff", "; ::", "= =", "  ", ", ,"};
	struct pairs_style style;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CHECK(!pairs_style(str_from(bad[i]), &style));
	}
}

static void check_columns(char separator, const char *text, const char *expected) {
	struct arena *arena = arena_new(SIZE_MAX);
	struct buf out = {0};
	columns_read(str_from(text), separator, arena, append_column, &out);
	CHECK_STR(out, expected);
	buf_deinit(&out);
	arena_free(arena);
}

TEST(columns_are_cut_as_rfc_4180_has_it) {
	check_columns(',', "a,b,,c", "0<a>1<b>2<>3<c>");
	check_columns(',', "a,\"b,c\",d", "0<a>1<b,c>2<d>");
	check_columns(',', "\"say \"\"hi\"\"\",x", "0<say \"hi\">1<x>");
	check_columns(',', "\"x\"y,z", "0<\"x\"y>1<z>");
	check_columns(',', "\"open,z", "0<open,z>");
	check_columns(',', "", "0<>");
	check_columns(',', "a,", "0<a>1<>");
	check_columns(' ', "a  b c", "0<a>1<b>2<c>");
	check_columns('\t', "a b\tc", "0<a b>1<c>");
}

/* A mebibyte of signs: all readers end, and give nothing that is not in the text. */
TEST(long_texts_of_signs_end) {
	static const char *const styles[] = {"", "cef", "; :"};
	static const char signs[] = "\"=' \\a";
	struct arena *arena = arena_new(SIZE_MAX);
	struct buf text = {0};
	struct buf out = {0};
	for (size_t sign = 0; sign + 1 < sizeof(signs); sign++) {
		buf_clear(&text);
		memset(buf_reserve(&text, (size_t)1 << 20), signs[sign], (size_t)1 << 20);
		text.len = (size_t)1 << 20;
		for (size_t i = 0; i < ARRAY_LEN(styles); i++) {
			struct pairs_style style;
			buf_clear(&out);
			REQUIRE(pairs_style(str_from(styles[i]), &style));
			pairs_read(buf_str(&text), style, arena, append_pair, &out);
			CHECK(out.len <= 2 * text.len);
		}
	}
	buf_deinit(&out);
	buf_deinit(&text);
	arena_free(arena);
}

TEST(check_point_doubles_the_sign_before_long_values) {
	check_pairs("; :", "a:\"1\"; b::\"x [y\\].\"; c:\"\"; ]", "a<1>b<x [y].>c<>");
}

TEST(keys_of_words_end_values_that_hold_commas) {
	check_pairs(", :", "User Agent: M (KHTML, like G) C, URL: https://x, Prefilter Policy: p",
	            "User Agent<M (KHTML, like G) C>URL<https://x>Prefilter Policy<p>");
}

TEST(labels_of_cef_name_values_too) {
	check_pairs(
	    "cef", "cs1Label=Rule Name cs1=a b cn1=5 cn1Label=Hits x=\"in marks\" y=1\\=2",
	    "cs1Label<Rule Name>cs1<a b>Rule_Name<a b>cn1<5>Hits<5>cn1Label<Hits>x<in marks>y<1=2>");
	check_pairs("cef", "cs4Label=A cs4Label=B cs4=v", "cs4Label<A>cs4Label<B>cs4<v>B<v>");
}

TEST(values_between_quotation_marks_are_told_from_plain_ones) {
	struct arena *arena = arena_new(SIZE_MAX);
	struct buf out = {0};
	struct pairs_style style;
	REQUIRE(pairs_style(STR(""), &style));
	pairs_read(STR("a=\"x\" b=x c='y z' d=\"open"), style, arena, append_if_marked, &out);
	CHECK_STR(out, "a!<x>b<x>c!<y z>d<\"open>");
	buf_deinit(&out);
	arena_free(arena);
}
