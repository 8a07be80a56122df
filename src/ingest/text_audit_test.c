/* Values and sockets as auditd writes them. */
#include "ingest/text_audit.h"

#include "base/buf.h"
#include "tap.h"

static void check_audit(struct str text, bool marked, const char *expected) {
	struct arena *arena = arena_new(SIZE_MAX);
	struct str value = text_audit(arena, text, marked);
	tap_check(str_eq(value, str_from(expected)), "the value of auditd", 0, expected);
	arena_free(arena);
}

TEST(auditd_writes_what_is_no_plain_word_in_hexadecimal) {
	check_audit(STR("6563686F2061"), false, "echo a");
	check_audit(STR("2F62696E2F7368002D630069640A"), false, "/bin/sh -c id");
	check_audit(STR("E5A4B1"), false, "\xe5\xa4\xb1");
	check_audit(STR("6563686F2061"), true, "6563686F2061");
	/* What could have been written plainly was: "1000" is a number, "3031" a word. */
	check_audit(STR("3031"), false, "3031");
	check_audit(STR("6563686f2061"), false, "6563686f2061"); /* not in capitals */
	check_audit(STR("656"), false, "656");
	check_audit(STR("FFFE"), false, "FFFE"); /* no text */
	check_audit(STR("sshd"), false, "sshd");
	check_audit(STR("?"), true, "");
	check_audit(STR("(null)"), false, "");
	check_audit(STR(""), false, "");
}

static void check_socket(const char *text, const char *expected) {
	struct arena *arena = arena_new(SIZE_MAX);
	struct buf out = {0};
	struct str address;
	uint16_t port;
	if (text_audit_socket(arena, str_from(text), &address, &port)) {
		buf_printf(&out, "%.*s %u", STR_ARG(address), port);
	}
	CHECK_STR(out, expected);
	buf_deinit(&out);
	arena_free(arena);
}

TEST(addresses_of_sockets_are_told) {
	check_socket("020001BBCB0071090000000000000000", "203.0.113.9 443");
	check_socket("020000G0CB007109", "");                               /* no digits */
	check_socket("00020050CB0071090000000000000000", "203.0.113.9 80"); /* the other byte order */
	check_socket("0A00115C0000000020010DB800000000000000000000000900000000", "2001:db8::9 4444");
	check_socket("01002F72756E2F782E736F636B", ""); /* a path */
	check_socket("020001BBCB0071", "");
	check_socket("0A00115C00000000", "");
	check_socket("100000000000000000000000", "");
	check_socket("02", "");
	check_socket("", "");
}
