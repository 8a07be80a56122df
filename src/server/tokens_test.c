#include "server/tokens.h"

#include "os/os_memory.h"
#include "tap.h"

static void make(const struct os *os, const char *name, const char *text) {
	CHECK(os_replace_file(os, "/", name, str_from(text)) == ERR_OK);
}

TEST(a_token_is_known_by_each_of_the_ways_that_senders_have) {
	struct os_memory *memory = os_memory_new(1);
	const struct os *os = os_memory_os(memory);
	const struct token_file files[] = {{STR_INIT("web"), STR_INIT("/web.token")},
	                                   {STR_INIT("mail"), STR_INIT("/mail.token")}};
	struct tokens *tokens = NULL;
	struct diag diag = {0};
	struct str source = STR("");
	make(os, "web.token", "0123456789abcdef\n");
	make(os, "mail.token", "mail-mail-mail-mail");
	REQUIRE(tokens_read(os, files, 2, &tokens, &diag) == ERR_OK);
	static const struct {
		const char *header, *source;
	} rows[] = {{"Bearer 0123456789abcdef", "web"},
	            {"bearer  0123456789abcdef ", "web"},
	            {"Splunk mail-mail-mail-mail", "mail"},
	            {"ApiKey 0123456789abcdef", "web"},
	            {"Basic dXNlcjowMTIzNDU2Nzg5YWJjZGVm", "web"}, /* user:0123456789abcdef */
	            {"", NULL},
	            {"Bearer", NULL},
	            {"Bearer ", NULL},
	            {"Bearer 0123456789abcdeg", NULL},
	            {"Bearer 0123456789abcde", NULL},
	            {"Bearer 0123456789abcdef0", NULL},
	            {"0123456789abcdef", NULL},
	            {"Digest 0123456789abcdef", NULL},
	            {"Basic !!!!", NULL},
	            {"Basic MDEyMzQ1Njc4OWFiY2RlZg==", NULL}}; /* no colon */
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool found = tokens_find(tokens, str_from(rows[i].header), &source);
		if (!CHECK(found == (rows[i].source != NULL))) {
			printf("# %s\n", rows[i].header);
		}
		CHECK(!found || str_eq(source, str_from(rows[i].source)));
	}
	tokens_free(tokens);
	os_memory_free(memory);
}

TEST(tokens_that_are_missing_short_or_twice_are_refused_without_being_shown) {
	struct os_memory *memory = os_memory_new(1);
	const struct os *os = os_memory_os(memory);
	struct tokens *tokens = NULL;
	const struct token_file files[] = {{STR_INIT("a"), STR_INIT("/a")},
	                                   {STR_INIT("b"), STR_INIT("/b")}};
	struct diag diag = {0};
	CHECK(tokens_read(os, files, 1, &tokens, &diag) == ERR_NOT_FOUND);
	make(os, "a", "short-secret");
	CHECK(tokens_read(os, files, 1, &tokens, &diag) == ERR_INVALID);
	CHECK(strstr(diag.message, "/a") != NULL && strstr(diag.message, "short-secret") == NULL);
	make(os, "a", "secret-secret-secret");
	make(os, "b", "secret-secret-secret");
	CHECK(tokens_read(os, files, 2, &tokens, &diag) == ERR_INVALID);
	CHECK(strstr(diag.message, "secret-secret") == NULL);
	os_memory_free(memory);
}
