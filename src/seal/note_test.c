/* Notes of any text: their form, and whose signatures count. The bits of real notes are flipped in
 * epoch_manifest_test.c and epoch_note_test.c.
 */
#include "seal/note.h"

#include "base/limits.h"
#include "seal/epoch_fixture.h"
#include "seal/signer.h"
#include "tap.h"

#define DASH "\xe2\x80\x94 "

TEST(what_is_no_note_is_refused) {
	static const struct {
		struct str bytes;
		enum err err;
	} cases[] = {
	    {STR_INIT("text\n\n" DASH "a AAAAAAA=\n"), ERR_OK},
	    {STR_INIT("text\n\n" DASH "a AAAAAAA=\n" DASH "b AAAAAAAA\n"), ERR_OK},
	    {STR_INIT(""), ERR_INVALID},
	    {STR_INIT("\n\n"), ERR_INVALID},
	    {STR_INIT("text\n"), ERR_INVALID},
	    {STR_INIT("text\n\n"), ERR_INVALID},
	    {STR_INIT("text\n" DASH "a AAAAAAA=\n"), ERR_INVALID},
	    {STR_INIT("text\n\n" DASH "a AAAAAAA="), ERR_INVALID},
	    {STR_INIT("text\n\n" DASH "a AAAAAAA=\n\n"), ERR_INVALID},
	    {STR_INIT("text\n\n" DASH "a AAAAAAA=\n\n" DASH "a AAAAAAA=\n"), ERR_INVALID},
	    {STR_INIT("text\n\n" DASH "a AAAAAAA\n"), ERR_INVALID},
	    {STR_INIT("text\n\n" DASH "a AAAAAAB=\n"), ERR_INVALID},
	    {STR_INIT("text\n\n" DASH "a AAAA\n"), ERR_INVALID},
	    {STR_INIT("text\n\n" DASH "a \n"), ERR_INVALID},
	    {STR_INIT("text\n\n" DASH "a\n"), ERR_INVALID},
	    {STR_INIT("text\n\n" DASH "a  AAAAAAA=\n"), ERR_INVALID},
	    {STR_INIT("text\n\n" DASH " AAAAAAA=\n"), ERR_INVALID},
	    {STR_INIT("text\n\n" DASH "a+b AAAAAAA=\n"), ERR_INVALID},
	    {STR_INIT("text\n\n- a AAAAAAA=\n"), ERR_INVALID},
	    {STR_INIT("text\n\n" DASH "a AAAAAAA=\r\n"), ERR_INVALID},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct note note;
		if (!CHECK_EQ(note_open(cases[i].bytes, &note, NULL), cases[i].err)) {
			printf("# case %zu\n", i);
		}
	}
}

TEST(text_and_signatures_are_found) {
	struct note note;
	struct note_signature signature;
	REQUIRE(note_open(STR("a\nb\n\n" DASH "x AAAAAAA=\n" DASH "y BBBBBBBB\n"), &note, NULL) ==
	        ERR_OK);
	CHECK_STR(note.text, "a\nb\n");
	struct str rest = note.signatures;
	CHECK(note_next(&rest, &signature));
	CHECK_STR(signature.name, "x");
	CHECK(note_next(&rest, &signature));
	CHECK_STR(signature.name, "y");
	CHECK_STR(signature.base64, "BBBBBBBB");
	CHECK(!note_next(&rest, &signature));
}

TEST(a_note_has_limits) {
	struct buf bytes CLEANUP(buf_deinit) = {0};
	struct note note;
	buf_append_str(&bytes, STR("text\n\n"));
	for (uint32_t i = 0; i < LIMIT_NOTE_SIGNATURES; i++) {
		buf_append_str(&bytes, STR(DASH "a AAAAAAA=\n"));
	}
	CHECK_EQ(note_open(buf_str(&bytes), &note, NULL), ERR_OK);
	buf_append_str(&bytes, STR(DASH "a AAAAAAA=\n"));
	CHECK_EQ(note_open(buf_str(&bytes), &note, NULL), ERR_LIMIT);
	while (bytes.len <= LIMIT_NOTE_SIZE) {
		buf_append_char(&bytes, 'x');
	}
	CHECK_EQ(note_open(buf_str(&bytes), &note, NULL), ERR_LIMIT);
}

TEST(only_the_signature_by_name_and_key_counts) {
	struct fixture fixture CLEANUP(fixture_deinit);
	struct buf lines CLEANUP(buf_deinit) = {0};
	struct note_signature signature;
	uint8_t bytes[SIGNATURE_SIZE];
	fixture_init(&fixture);
	signer_sign(fixture.root, STR("text\n"), bytes);
	note_append_signature(&fixture.root_verifier, bytes, &lines);
	struct str rest = buf_str(&lines);
	REQUIRE(note_next(&rest, &signature));
	CHECK_EQ(note_check(STR("text\n"), &signature, &fixture.root_verifier), NOTE_GOOD);
	CHECK_EQ(note_check(STR("Text\n"), &signature, &fixture.root_verifier), NOTE_WRONG);
	CHECK_EQ(note_check(STR("text\n"), &signature, &fixture.log_verifier), NOTE_OTHER_KEY);
	struct verifier other = verifier_make(fixture.root_verifier.name, bytes);
	CHECK_EQ(note_check(STR("text\n"), &signature, &other), NOTE_OTHER_KEY);
	signature.base64 = STR("a9ler0FB"); /* the key id and two bytes */
	CHECK_EQ(note_check(STR("text\n"), &signature, &fixture.root_verifier), NOTE_WRONG);
}
