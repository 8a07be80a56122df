/* Notes: what is written is read again, and nothing else is. */
#include "seal/checkpoint.h"

#include <unistd.h>

#include "seal/signer.h"
#include "tap.h"

/* A verifier key that everybody can look up: Go's checksum database. */
static const char known_vkey[] =
    "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";

struct fixture {
	char folder[64];
	struct signer *signer;
	struct verifier verifier;
};

static void fixture_deinit(struct fixture *fixture) {
	char path[128];
	signer_free(fixture->signer);
	snprintf(path, sizeof(path), "%s/identity.key", fixture->folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/identity.vkey", fixture->folder);
	unlink(path);
	rmdir(fixture->folder);
}

static void fixture_init(struct fixture *fixture, struct str name) {
	struct diag diag = {0};
	*fixture = (struct fixture){.folder = "/tmp/akashi-test-XXXXXX"};
	ASSERT(mkdtemp(fixture->folder) != NULL);
	ASSERT(signer_create(os_real(), fixture->folder, name, &diag) == ERR_OK);
	ASSERT(signer_open(os_real(), fixture->folder, &fixture->signer, &diag) == ERR_OK);
	fixture->verifier = signer_verifier(fixture->signer);
}

static void sign(const struct fixture *fixture, uint64_t size, struct buf *out) {
	uint8_t root[SHA256_SIZE];
	memset(root, 0x5a, sizeof(root));
	buf_clear(out);
	checkpoint_sign(fixture->signer, size, root, out);
}

TEST(a_signed_checkpoint_is_read_again) {
	struct fixture fixture CLEANUP(fixture_deinit);
	struct buf note CLEANUP(buf_deinit) = {0};
	static const uint64_t sizes[] = {0, 1, 10, 5000, UINT64_MAX};
	fixture_init(&fixture, STR("akashi/1b4e28ba-2fa1-41d2-883f-0016d3cca427"));
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct checkpoint checkpoint = {0};
		sign(&fixture, sizes[i], &note);
		CHECK_EQ(checkpoint_open(buf_str(&note), &fixture.verifier, &checkpoint, NULL), ERR_OK);
		CHECK(checkpoint.size == sizes[i]);
		CHECK_EQ(checkpoint.root[31], 0x5a);
		CHECK_STR(checkpoint.origin, "akashi/1b4e28ba-2fa1-41d2-883f-0016d3cca427");
	}
}

TEST(a_note_has_the_form_that_the_specification_gives) {
	struct fixture fixture CLEANUP(fixture_deinit);
	struct buf note CLEANUP(buf_deinit) = {0};
	struct buf expected CLEANUP(buf_deinit) = {0};
	struct str text;
	fixture_init(&fixture, STR("log.example/x"));
	sign(&fixture, 12, &note);
	text = buf_str(&note);
	buf_append_str(&expected, STR("log.example/x\n12\nWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo="
	                              "\n\n\xe2\x80\x94 log.example/x "));
	CHECK(str_starts(text, buf_str(&expected)));
	CHECK_EQ(text.len, expected.len + 92 + 1); /* 68 bytes in base64, LF */
	CHECK(text.ptr[text.len - 1] == '\n');
}

TEST(a_note_with_any_bit_changed_is_refused) {
	struct fixture fixture CLEANUP(fixture_deinit);
	struct buf note CLEANUP(buf_deinit) = {0};
	struct checkpoint checkpoint;
	fixture_init(&fixture, STR("log.example/x"));
	sign(&fixture, 12345, &note);
	for (size_t i = 0; i < note.len * 8; i++) {
		char flip = (char)(1 << (i % 8));
		note.ptr[i / 8] = (char)(note.ptr[i / 8] ^ flip);
		CHECK(checkpoint_open(buf_str(&note), &fixture.verifier, &checkpoint, NULL) != ERR_OK);
		note.ptr[i / 8] = (char)(note.ptr[i / 8] ^ flip);
	}
}

TEST(a_note_cut_anywhere_or_with_something_behind_is_refused) {
	struct fixture fixture CLEANUP(fixture_deinit);
	struct buf note CLEANUP(buf_deinit) = {0};
	struct checkpoint checkpoint;
	fixture_init(&fixture, STR("log.example/x"));
	sign(&fixture, 7, &note);
	for (size_t len = 0; len < note.len; len++) {
		struct str cut = str_slice(buf_str(&note), 0, len);
		CHECK(checkpoint_open(cut, &fixture.verifier, &checkpoint, NULL) != ERR_OK);
	}
	for (int c = 0; c < 256; c++) {
		buf_append_char(&note, (char)c);
		CHECK(checkpoint_open(buf_str(&note), &fixture.verifier, &checkpoint, NULL) != ERR_OK);
		note.len--;
	}
}

/* Signs any text as a note. */
static void sign_text(const struct fixture *fixture, struct str text, struct buf *out) {
	uint8_t bytes[4 + SIGNATURE_SIZE];
	for (size_t i = 0; i < 4; i++) {
		bytes[i] = (uint8_t)(fixture->verifier.key_id >> (24 - 8 * i));
	}
	signer_sign(fixture->signer, text, bytes + 4);
	buf_clear(out);
	buf_append_str(out, text);
	buf_printf(out, "\n\xe2\x80\x94 %.*s ", STR_ARG(fixture->verifier.name));
	buf_append_base64(out, bytes, sizeof(bytes));
	buf_append_char(out, '\n');
}

#define ROOT "WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo=\n"

TEST(signed_texts_that_are_no_checkpoint_are_refused) {
	static const struct {
		struct str text;
		enum err err;
	} texts[] = {
	    {STR_INIT("a\n1\n" ROOT), ERR_OK},
	    {STR_INIT("b\n1\n" ROOT), ERR_CORRUPT},
	    {STR_INIT("\n1\n" ROOT), ERR_INVALID},
	    {STR_INIT("a\n01\n" ROOT), ERR_INVALID},
	    {STR_INIT("a\n+1\n" ROOT), ERR_INVALID},
	    {STR_INIT("a\n18446744073709551616\n" ROOT), ERR_INVALID},
	    {STR_INIT("a\n1\n" ROOT "extension\n"), ERR_INVALID},
	    {STR_INIT("a\n1\nWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWl8=\n"), ERR_OK},
	    {STR_INIT("a\n1\nWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlp=\n"), ERR_INVALID},
	    {STR_INIT("a\n1\nWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo\n"), ERR_INVALID},
	    {STR_INIT("a\n1\nWlpa\n"), ERR_INVALID},
	    {STR_INIT("a\r\n1\n" ROOT), ERR_INVALID},
	    {STR_INIT("\xff\n1\n" ROOT), ERR_INVALID},
	    {STR_INIT("a\n1\n"), ERR_INVALID},
	    {STR_INIT(""), ERR_INVALID},
	};
	struct fixture fixture CLEANUP(fixture_deinit);
	struct buf note CLEANUP(buf_deinit) = {0};
	struct checkpoint checkpoint;
	fixture_init(&fixture, STR("a"));
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		sign_text(&fixture, texts[i].text, &note);
		CHECK_EQ(checkpoint_open(buf_str(&note), &fixture.verifier, &checkpoint, NULL),
		         texts[i].err);
	}
}

TEST(signatures_by_others_are_ignored_and_wrong_ones_by_the_key_are_not) {
	struct fixture fixture CLEANUP(fixture_deinit);
	struct fixture other CLEANUP(fixture_deinit);
	struct buf note CLEANUP(buf_deinit) = {0};
	struct buf wrong CLEANUP(buf_deinit) = {0};
	struct checkpoint checkpoint;
	struct diag diag = {0};
	fixture_init(&fixture, STR("log.example/x"));
	fixture_init(&other, STR("log.example/x")); /* same name, another key */
	sign(&fixture, 7, &note);
	CHECK_EQ(checkpoint_open(buf_str(&note), &other.verifier, &checkpoint, &diag), ERR_CORRUPT);
	CHECK_STR(str_from(diag.message), "the checkpoint is not signed by log.example/x");
	size_t alone = note.len;
	buf_append_str(&note, STR("\xe2\x80\x94 witness.example/w AAAAAAAAAAA=\n"));
	CHECK_EQ(checkpoint_open(buf_str(&note), &fixture.verifier, &checkpoint, &diag), ERR_OK);
	buf_append_str(&note, STR("\xe2\x80\x94 log.example/x AAAAAAAAAAA=\n"));
	CHECK_EQ(checkpoint_open(buf_str(&note), &fixture.verifier, &checkpoint, &diag), ERR_OK);
	note.len = alone;
	sign(&fixture, 8, &wrong);
	size_t line = str_find(buf_str(&wrong), STR("\n\n"), 0) + 2;
	buf_append_str(&note, str_slice(buf_str(&wrong), line, wrong.len));
	CHECK_EQ(checkpoint_open(buf_str(&note), &fixture.verifier, &checkpoint, &diag), ERR_CORRUPT);
	CHECK_STR(str_from(diag.message), "the checkpoint's signature by log.example/x is wrong");
	note.len = alone;
	for (int i = 0; i < 100; i++) {
		buf_append_str(&note, STR("\xe2\x80\x94 w AAAAAAAAAAA=\n"));
	}
	CHECK_EQ(checkpoint_open(buf_str(&note), &fixture.verifier, &checkpoint, &diag), ERR_LIMIT);
}

TEST(a_verifier_key_has_one_text_only) {
	struct str text = str_from(known_vkey);
	struct buf line CLEANUP(buf_deinit) = {0};
	struct verifier verifier;
	CHECK_EQ(verifier_parse(text, &verifier, NULL), ERR_OK);
	CHECK_STR(verifier.name, "sum.golang.org");
	CHECK(verifier.key_id == 0x033de0ae);
	verifier_format(&verifier, &line);
	CHECK_STR(buf_str(&line), known_vkey);
	for (size_t i = 0; i < line.len * 8; i++) {
		char flip = (char)(1 << (i % 8));
		line.ptr[i / 8] = (char)(line.ptr[i / 8] ^ flip);
		CHECK_EQ(verifier_parse(buf_str(&line), &verifier, NULL), ERR_INVALID);
		line.ptr[i / 8] = (char)(line.ptr[i / 8] ^ flip);
	}
	buf_append_char(&line, '\n');
	CHECK_EQ(verifier_parse(buf_str(&line), &verifier, NULL), ERR_INVALID);
	CHECK_EQ(verifier_parse(STR(""), &verifier, NULL), ERR_INVALID);
	CHECK_EQ(verifier_parse(STR("+"), &verifier, NULL), ERR_INVALID);
}

TEST(names_that_a_note_cannot_carry_are_refused) {
	static const struct str bad[] = {STR_INIT(""),
	                                 STR_INIT("a b"),
	                                 STR_INIT("a+b"),
	                                 STR_INIT("a\nb"),
	                                 STR_INIT("a\xc2\xa0"
	                                          "b"),
	                                 STR_INIT("\xff"),
	                                 STR_INIT("\x7f"),
	                                 STR_INIT("\xe3\x80\x80"),
	                                 STR_INIT("a\t")};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CHECK(!key_name_valid(bad[i]));
	}
	CHECK(key_name_valid(STR("akashi/\xe8\xa8\xbc\xe6\x8b\xa0")));
}
