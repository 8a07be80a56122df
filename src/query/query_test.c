/* Explaining queries; what a failed parse leaves behind (nothing, says the leak check). */
#include "query/query.h"

#include "query/fake.h"
#include "tap.h"

TEST(the_plan_is_told) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	CLEANUP(query_freep) struct query *query = NULL;
	CLEANUP(buf_deinit) struct buf out = {0};
	struct query_options options = fake_options();
	options.from_ns = options.now_ns;
	REQUIRE(
	    query_parse(arena,
	                STR("\"Failed password\" | extract /from (?<ip>\\S+)/ | stats count() by ip |"
	                    " sort -count | head 10"),
	                &options, &query, NULL) == ERR_OK);
	query_explain(query, &out);
	CHECK_STR(buf_str(&out),
	          "filter        (and (time >=2026-11-22T10:00:00Z) (words \"Failed password\"))\n"
	          "pages from    2026-11-22T10:00:00Z to the end\n"
	          "pages need    words \"Failed password\"\n"
	          "fields        event.original\n"
	          "              ip\n"
	          "pipes         extract /from (?<ip>\\S+)/\n"
	          "              stats count() by ip\n"
	          "              sort -count\n"
	          "              head 10\n");
}

TEST(a_failed_parse_frees_its_regular_expressions) {
	static const char *const queries[] = {"/a+/ user:/b+/ (", "/a/ | extract /(?<x>y)/ | nonsense",
	                                      "* | where a =~ /x/ and b =~ /y(/"};
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct query_options options = fake_options();
	for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
		struct query *query = NULL;
		struct diag diag = {0};
		CHECK_EQ(query_parse(arena, str_from(queries[i]), &options, &query, &diag), ERR_INVALID);
		CHECK(query == NULL);
	}
}

TEST(a_query_knows_which_paths_it_asks_for) {
	static const struct {
		const char *query;
		bool names;
	} expected[] = {
	    {"file.path:*second.log", true},
	    {"(x OR file.path:/logs/second.log) y", true},
	    {"file.path:/SECOND/ | head 3", true},
	    {"file.path:*first.log", false},
	    {"-file.path:*first.log", false},
	    {"-file.path:*second.log", false},
	    {"file.path:*", false},
	    {"second.log", false},
	};
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct query_options options = fake_options();
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		CLEANUP(query_freep) struct query *query = NULL;
		struct str text = str_from(expected[i].query);
		REQUIRE(query_parse(arena, text, &options, &query, NULL) == ERR_OK);
		CHECK_EQ(query_names_path(query, STR("/logs/second.log")), expected[i].names);
	}
}
