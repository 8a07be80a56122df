/* Tokens of single lines: what is a value, what is a word, what is folded. */
#include "query/miner_scan.h"

#include "base/buf.h"
#include "tap.h"

#include <stdlib.h>

enum { SEED = 3 };

/* Words as they are, values as *, mixed tokens as {text}. */
static void append_tokens(const struct miner_token *tokens, size_t count, struct buf *out) {
	for (size_t i = 0; i < count; i++) {
		buf_append_str(out, tokens[i].space && i > 0 ? STR(" ") : STR(""));
		if (tokens[i].kind == MINER_VALUE) {
			buf_append_char(out, '*');
		} else if (tokens[i].kind == MINER_MIXED) {
			buf_printf(out, "{%.*s}", (int)tokens[i].len, tokens[i].text);
		} else {
			buf_append(out, tokens[i].text, tokens[i].len);
		}
	}
}

static void check_line(const char *line, const char *expected, int at) {
	struct miner_token tokens[MINER_TOKENS_MAX];
	CLEANUP(buf_deinit) struct buf out = {0};
	size_t count = miner_scan(SEED, STR(""), str_from(line), tokens);
	append_tokens(tokens, count, &out);
	tap_check_bytes(out.ptr, out.len, expected, __FILE__, at, line);
}

#define CHECK_LINE(line, expected) check_line((line), (expected), __LINE__)

TEST(numbers_addresses_and_ids_are_values) {
	CHECK_LINE("took 15 of 3.5 at -7", "took * of * at *");
	CHECK_LINE("from 192.0.2.7 port 4022", "from * port *");
	CHECK_LINE("peer 192.0.2.7:4022 gone", "peer * gone");
	CHECK_LINE("peer web.example.org:443 gone", "peer * gone");
	CHECK_LINE("addr fe80::1 mac 5c:50:15:36:bc:03 up", "addr * mac * up");
	CHECK_LINE("mac de:ad:be:ef:ca:fe up", "mac * up");
	CHECK_LINE("at 10:11:12.5 on 2026-11-22T10:00:00Z", "at * on *");
	CHECK_LINE("job f81d4fae-7dec-11d0-a765-00a0c91e6bf6 done", "job * done");
	CHECK_LINE("digest deadbeefcafe ok", "digest * ok");
	CHECK_LINE("mask 0xffff size 1,234,567", "mask * size *");
}

TEST(paths_and_urls_are_values_whole) {
	CHECK_LINE("open /var/log/messages: denied", "open *: denied");
	CHECK_LINE("get https://example.org/a?b=c,d done", "get * done");
	CHECK_LINE("load C:\\Windows\\system32\\a.dll (signed)", "load * (signed)");
	CHECK_LINE("share \\\\server\\files open", "share * open");
	CHECK_LINE("run (/usr/bin/id) as root", "run (*) as root");
	CHECK_LINE("run ./start.sh and lib/a.so", "run * and *");
	CHECK_LINE("TCP/IP or / alone", "TCP/IP or / alone");
	CHECK_LINE("\"GET /index.php?id=1 HTTP/1.1\" 200", "\"GET *\" *");
}

TEST(words_with_a_digit_or_two_are_mixed) {
	CHECK_LINE("link eth0 is up over IPv6", "link {eth0} is up over IPv6");
	CHECK_LINE("disks sda1 sda2 sdb1 found", "disks * found");
	CHECK_LINE("node-129 left, node-12 stays", "* left, {node-12} stays");
}

TEST(keys_stay_and_their_values_may_be_empty) {
	CHECK_LINE("uid=0 tty=ssh ruser= rhost=", "uid=* tty=ssh ruser=* rhost=*");
	CHECK_LINE("name= x", "name= x");
	CHECK_LINE("time:5 lqm:7", "time:* lqm:*");
}

TEST(lists_quantities_and_dates_are_folded) {
	CHECK_LINE("ids 1, 2, 3 4; 5 end", "ids * end");
	CHECK_LINE("range 10 - 20", "range *");
	CHECK_LINE("sent 4 KB in 3 ms", "sent * in *");
	CHECK_LINE("sent 2034 bytes (1.98 KB) now", "sent * bytes now");
	CHECK_LINE("from 192.0.2.7 () at", "from * at");
	CHECK_LINE("from 192.0.2.7 (192.0.2.7): x", "from *: x");
	CHECK_LINE("lifetime <1 sec", "lifetime *");
	CHECK_LINE("Switch<0>(0x1)::up", "Switch<*>(*)::up");
	CHECK_LINE("at Fri Jun 17 07:07:00 2005", "at *");
	CHECK_LINE("Sun in May", "Sun in May");
}

TEST(ends_of_sentences_and_runs_of_dots_are_apart) {
	CHECK_LINE("done. Really? Yes!", "done. Really? Yes!");
	CHECK_LINE("illegal instruction......0", "illegal instruction..*");
	CHECK_LINE("wait ...", "wait ..");
}

TEST(a_quoted_phrase_is_one_word) {
	struct miner_token tokens[MINER_TOKENS_MAX];
	CHECK_EQ(miner_scan(SEED, STR(""), STR("tag=\"View Lock\" x"), tokens), 6);
	CHECK_EQ(tokens[3].len, 9);
	CHECK_LINE("tag=\"View 12 Lock\"", "tag=\"View * Lock\"");
}

TEST(scripts_without_blanks_are_cut_from_ascii) {
	CHECK_LINE("ユーザーbobが10.0.0.1から接続", "ユーザーbobが*から接続");
	struct miner_token tokens[MINER_TOKENS_MAX];
	CHECK_EQ(miner_scan(SEED, STR(""), STR("ユーザーbobが10.0.0.1から接続"), tokens), 5);
}

TEST(a_title_is_one_word_whatever_it_holds) {
	struct miner_token tokens[MINER_TOKENS_MAX];
	CLEANUP(buf_deinit) struct buf out = {0};
	size_t count = miner_scan(SEED, STR("Some Provider 4624"), STR("x 5"), tokens);
	append_tokens(tokens, count, &out);
	CHECK_STR(buf_str(&out), "Some Provider 4624 x *");
	CHECK_EQ(count, 3);
}

TEST(long_lines_end_in_a_value) {
	struct miner_token tokens[MINER_TOKENS_MAX];
	CLEANUP(buf_deinit) struct buf line = {0};
	for (int i = 0; i < 500; i++) {
		buf_append_str(&line, STR("word "));
	}
	CHECK_EQ(miner_scan(SEED, STR(""), buf_str(&line), tokens), MINER_TOKENS_MAX);
	CHECK_EQ(tokens[MINER_TOKENS_MAX - 1].kind, MINER_VALUE);
	buf_clear(&line);
	for (int i = 0; i < MINER_LINE_MAX + 1; i++) {
		buf_append_char(&line, 'x');
	}
	CHECK_EQ(miner_scan(SEED, STR(""), buf_str(&line), tokens), 2);
	CHECK_EQ(tokens[0].len, MINER_LINE_MAX);
	CHECK_EQ(tokens[1].kind, MINER_VALUE);
	line.len--;
	CHECK_EQ(miner_scan(SEED, STR(""), buf_str(&line), tokens), 1);
}

/* The hash of a line is that of its tokens: equal for equal ones, and a replaced token changes it
 * by the difference of parts. */
TEST(the_hash_of_a_line_is_the_sum_of_parts) {
	struct miner_token a[MINER_TOKENS_MAX];
	struct miner_token b[MINER_TOKENS_MAX];
	size_t count = miner_scan(SEED, STR(""), STR("user bob on eth0 from 10.0.0.1"), a);
	CHECK_EQ(miner_scan(SEED, STR(""), STR("user  eve on eth1 from 10.0.0.2"), b), count);
	uint64_t changed =
	    miner_sum(SEED, a, count) - miner_part(SEED, &a[1], 1) + miner_part(SEED, &b[1], 1);
	CHECK(miner_sum(SEED, b, count) == changed); /* eth0 and eth1 count as values */
	CHECK(miner_sum(SEED, a, count) != changed);
	CHECK(miner_part_as_word(&a[3], 3) != miner_part_as_word(&b[3], 3));
	CHECK(miner_part(SEED, &a[0], 0) != miner_part(SEED, &a[0], 1));
	CHECK(miner_sum(SEED + 1, a, count) != miner_sum(SEED, a, count));
}

static void fill_random(char *text, size_t len) {
	static const char alphabet[] = "aZ09 =:,;()[]{}<>\"'|/\\.-_%\t\xe3\x81\x82\xff"
	                               "eth0 KB Jan";
	for (size_t i = 0; i < len; i++) {
		text[i] = tap_random() % 8 == 0 ? (char)tap_random()
		                                : alphabet[tap_random() % (sizeof(alphabet) - 1)];
	}
}

TEST(any_bytes_are_cut_alike_every_time_and_inside_the_line) {
	for (size_t round = 0; round < tap_rounds(20000); round++) {
		char text[300];
		struct miner_token a[MINER_TOKENS_MAX];
		struct miner_token b[MINER_TOKENS_MAX];
		size_t len = tap_random() % sizeof(text);
		fill_random(text, len);
		char *exact = malloc(len + 1); /* so that reading behind it is seen */
		REQUIRE(exact != NULL);
		char *line = realloc(exact, len > 0 ? len : 1);
		REQUIRE(line != NULL);
		memcpy(line, text, len);
		size_t count = miner_scan(SEED, STR(""), str_make(line, len), a);
		REQUIRE(count <= MINER_TOKENS_MAX);
		for (size_t i = 0; i < count; i++) {
			bool inside = a[i].text >= line && a[i].text + a[i].len <= line + len;
			REQUIRE(a[i].kind == MINER_VALUE || (inside && a[i].len > 0));
		}
		REQUIRE(miner_scan(SEED, STR(""), str_make(text, len), b) == count);
		REQUIRE(miner_sum(SEED, a, count) == miner_sum(SEED, b, count));
		free(line);
	}
}
