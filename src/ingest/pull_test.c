#include "ingest/pull.h"

#include "tap.h"

/* Gives one byte a time, then fails for good. */
struct failing {
	struct str left;
};

static enum err read_failing(void *ctx, char *buffer, size_t len, size_t *out_len,
                             struct diag *diag) {
	struct failing *failing = ctx;
	(void)len;
	if (failing->left.len == 0) {
		return diag_set(diag, ERR_IO, "the disk is broken");
	}
	*buffer = failing->left.ptr[0];
	failing->left = str_slice(failing->left, 1, failing->left.len);
	*out_len = 1;
	return ERR_OK;
}

static const char gz[] = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\xe7\x2a"
                         "\xcf\x2f\xca\x49\xe1\x02\x00\xff\x5d\xc5\xc4\x0c\x00\x00\x00";

TEST(all_kinds_give_their_bytes_go_back_and_give_them_again) {
	struct pull_memory memory;
	struct pull_memory rest_memory;
	struct pull_ahead ahead;
	struct pull_held held;
	struct pull_decoded decoded;
	struct pull plain = pull_memory(&memory, str_make(gz, sizeof(gz) - 1));
	struct pull rest = pull_memory(&rest_memory, STR("hello\nworld\n"));
	struct pull pulls[] = {
	    pull_decoded(&decoded, COMPRESSION_GZIP, &plain),
	    pull_held(&held, STR("hello\nworld\n"), &rest),
	    pull_ahead(&ahead, STR("hello\n"), &rest),
	};
	char bytes[64];
	size_t got;
	struct diag diag = {0};
	for (size_t i = 0; i < ARRAY_LEN(pulls); i++) {
		/* What a pull stands before is where the one behind it stands now. */
		CHECK(pull_fill(&rest, bytes, i == 1 ? 12 : i == 2 ? 6 : 0, &got, &diag) == ERR_OK);
		for (int round = 0; round < 2; round++) {
			CHECK(pull_fill(&pulls[i], bytes, sizeof(bytes), &got, &diag) == ERR_OK);
			CHECK(str_eq(str_make(bytes, got), STR("hello\nworld\n")));
			CHECK(pull_read(&pulls[i], bytes, sizeof(bytes), &got, &diag) == ERR_OK);
			CHECK_EQ(got, 0);
			CHECK(pull_rewind(&pulls[i]));
		}
		CHECK(pull_rewind(&rest));
	}
	pull_decoded_deinit(&decoded);
}

TEST(a_failure_below_is_told_after_all_that_could_be_decoded) {
	struct failing failing = {str_make(gz, 20)};
	struct pull from = {.ctx = &failing, .read = read_failing};
	struct pull_decoded decoded;
	struct pull pull = pull_decoded(&decoded, COMPRESSION_GZIP, &from);
	char bytes[64];
	size_t got;
	struct diag diag = {0};
	CHECK(pull_fill(&pull, bytes, sizeof(bytes), &got, &diag) == ERR_IO);
	CHECK(got >= 6);
	CHECK(memcmp(bytes, "hello\n", 6) == 0);
	CHECK(strcmp(diag.message, "the disk is broken") == 0);
	CHECK(pull_fill(&pull, bytes, sizeof(bytes), &got, &diag) == ERR_IO); /* again */
	CHECK(!pull_rewind(&pull));
	pull_decoded_deinit(&decoded);
}
