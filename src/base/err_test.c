/* Tests of base/err: texts, errno values, diagnostics, and what ASSERT does. */
#include "base/err.h"

#include <errno.h>

#include "tap.h"

TEST(every_error_has_a_text_of_its_own) {
	for (int i = 0; i < ERR_COUNT; i++) {
		CHECK(err_text((enum err)i) != NULL && err_text((enum err)i)[0] != '\0');
		for (int k = 0; k < i; k++) {
			CHECK(strcmp(err_text((enum err)i), err_text((enum err)k)) != 0);
		}
	}
	CHECK(strcmp(err_text((enum err)999), "unknown error") == 0);
}

TEST(errno_values_become_errors) {
	CHECK_EQ(err_from_errno(0), ERR_OK);
	CHECK_EQ(err_from_errno(ENOSPC), ERR_NO_SPACE);
	CHECK_EQ(err_from_errno(EDQUOT), ERR_NO_SPACE);
	CHECK_EQ(err_from_errno(EACCES), ERR_DENIED);
	CHECK_EQ(err_from_errno(EROFS), ERR_DENIED);
	CHECK_EQ(err_from_errno(ENOENT), ERR_NOT_FOUND);
	CHECK_EQ(err_from_errno(EEXIST), ERR_EXISTS);
	CHECK_EQ(err_from_errno(EWOULDBLOCK), ERR_LOCKED);
	CHECK_EQ(err_from_errno(EPIPE), ERR_CLOSED);
	CHECK_EQ(err_from_errno(ELOOP), ERR_LIMIT);
	CHECK_EQ(err_from_errno(EIO), ERR_IO);
	CHECK_EQ(err_from_errno(-1), ERR_IO);
	for (int e = 1; e < 200; e++) {
		CHECK(err_from_errno(e) != ERR_OK);
	}
}

TEST(a_diagnostic_carries_message_place_and_hint) {
	struct diag diag = {0};
	CHECK_EQ(diag_set_at(&diag, ERR_INVALID, 4, 2, "no field '%s'", "usr"), ERR_INVALID);
	diag_hint(&diag, "did you mean '%s'?", "user");
	CHECK(strcmp(diag.message, "no field 'usr'") == 0);
	CHECK(strcmp(diag.hint, "did you mean 'user'?") == 0);
	CHECK(diag.has_position && diag.position == 4 && diag.length == 2);
	CHECK_EQ(diag_set(&diag, ERR_IO, "%d", 5), ERR_IO);
	CHECK(strcmp(diag.message, "5") == 0 && diag.hint[0] == '\0' && !diag.has_position);
}

TEST(no_diagnostic_is_fine_too) {
	CHECK_EQ(diag_set(NULL, ERR_IO, "x"), ERR_IO);
	CHECK_EQ(diag_set_at(NULL, ERR_LIMIT, 0, 0, "x"), ERR_LIMIT);
	diag_hint(NULL, "x");
}

TEST(long_messages_are_cut_at_a_whole_character) {
	struct diag diag = {0};
	char text[2000];
	for (size_t i = 0; i + 3 < sizeof(text); i += 3) {
		memcpy(text + i, "\xe8\xa8\xbc", 4);
	}
	CHECK_EQ(diag_set(&diag, ERR_INVALID, "%s", text), ERR_INVALID);
	diag_hint(&diag, "ab%s", text);
	CHECK_EQ(strlen(diag.message), 510);
	CHECK_EQ(strlen(diag.hint), 509);
}

static enum err pass_on(enum err err, bool *out_after) {
	TRY(err);
	*out_after = true;
	return ERR_OK;
}

TEST(try_returns_the_error_at_once) {
	bool after = false;
	CHECK_EQ(pass_on(ERR_LIMIT, &after), ERR_LIMIT);
	CHECK(!after);
	CHECK_EQ(pass_on(ERR_OK, &after), ERR_OK);
	CHECK(after);
}

static void fail_an_assertion(void) {
	ASSERT(1 + 1 == 3);
}
static void hold_an_assertion(void) {
	ASSERT(1 + 1 == 2);
}

TEST(a_failed_assertion_aborts_in_every_build) {
	CHECK(tap_aborts(fail_an_assertion));
	CHECK(!tap_aborts(hold_an_assertion));
}

TEST(take_hands_a_pointer_over_and_leaves_null) {
	char text[] = "x";
	char *owner = text;
	char *next = TAKE(owner);
	CHECK(owner == NULL && next == text);
}
