/* Which lines are one pattern: by samples, and whatever the order of lines. */
#include "query/miner_merge.h"

#include "tap.h"

#include "query/miner_sample.h"

TEST(what_has_few_words_stays_apart) {
	CHECK_PATTERNS("link up\nlink down\nlink up\n", "2 link up\n1 link down\n");
	CHECK_PATTERNS("door A opened\ndoor B opened\ndoor C opened\ndoor D opened\n",
	               "1 door A opened\n1 door B opened\n1 door C opened\n1 door D opened\n");
}

TEST(many_words_in_one_place_are_a_value) {
	CHECK_PATTERNS("door A opened\ndoor B opened\ndoor C opened\ndoor D opened\ndoor E opened\n",
	               "5 door <*> opened\n");
	/* Several rounds: each place by itself. */
	static const char words[] = "ABCDE";
	CLEANUP(buf_deinit) struct buf lines = {0};
	for (size_t i = 0; i < 25; i++) {
		buf_printf(&lines, "door %c of hall %c\n", words[i % 5], words[i / 5]);
	}
	buf_append_char(&lines, '\0');
	CHECK_PATTERNS(lines.ptr, "25 door <*> of hall <*>\n");
}

TEST(single_words_and_first_words_need_more) {
	CHECK_PATTERNS("a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\n",
	               "1 a\n1 b\n1 c\n1 d\n1 e\n1 f\n1 g\n1 h\n1 i\n1 j\n1 k\n1 l\n");
	CHECK_PATTERNS("cat was fed\ndog was fed\nowl was fed\nfox was fed\nant was fed\ncow was fed\n",
	               "1 cat was fed\n1 dog was fed\n1 owl was fed\n1 fox was fed\n1 ant was fed\n"
	               "1 cow was fed\n");
	CHECK_PATTERNS("a was fed\nb was fed\nc was fed\nd was fed\ne was fed\nf was fed\n"
	               "g was fed\nh was fed\ni was fed\nj was fed\n",
	               "10 <*> was fed\n");
}

TEST(what_happened_is_no_value) {
	CHECK_PATTERNS("unit started\nunit stopped\nunit reloaded\nunit failed\nunit resumed\n"
	               "unit paused\n",
	               "1 unit started\n1 unit stopped\n1 unit reloaded\n1 unit failed\n"
	               "1 unit resumed\n1 unit paused\n");
}

TEST(names_of_users_need_two) {
	CHECK_PATTERNS("Accepted key for root from 192.0.2.1\nAccepted key for eve from 192.0.2.2\n"
	               "session of user bob closed\nsession of user eve closed\n",
	               "2 Accepted key for <*> from <*>\n2 session of user <*> closed\n");
	/* But keys with few values are settings. */
	CHECK_PATTERNS("login user=root ok\nlogin user=eve ok\n",
	               "1 login user=root ok\n1 login user=eve ok\n");
}

TEST(dotted_names_need_two) {
	CHECK_PATTERNS("org.example.Job: run\norg.example.Task: run\n", "2 <*>: run\n");
}

TEST(a_word_where_others_have_values_is_one) {
	CHECK_PATTERNS("peer 192.0.2.1 lost\npeer 192.0.2.2 lost\npeer 192.0.2.3 lost\npeer gw lost\n",
	               "4 peer <*> lost\n");
	/* That the value varies may come out by merging alone. */
	CHECK_PATTERNS("hall A peer 7 lost\nhall B peer 7 lost\nhall C peer 7 lost\n"
	               "hall D peer 7 lost\nhall E peer 7 lost\nhall B peer gw lost\n",
	               "6 hall <*> peer <*> lost\n");
	/* A word alone is no value of other lines. */
	CHECK_PATTERNS("5\n6\n7\nabc\n", "3 <*>\n1 abc\n");
	/* Not when the value never varied. */
	CHECK_PATTERNS("peer 192.0.2.1 lost\npeer 192.0.2.1 lost\npeer gw lost\n",
	               "2 peer <*> lost\n1 peer gw lost\n");
}

TEST(a_piece_with_a_value_is_one) {
	CHECK_PATTERNS("synced to 192.0.2.1, good\nsynced to 192.0.2.2, good\n"
	               "synced to 192.0.2.3, good\nsynced to LOCAL(0), good\n",
	               "4 synced to <*>, good\n");
}

TEST(mixed_tokens_are_words_when_they_come_again) {
	CHECK_PATTERNS("link eth0 up\nlink eth0 up\nlink eth0 up\nlink eth0 up\n"
	               "link wlan0 up\nlink wlan0 up\nlink wlan0 up\nlink wlan0 up\n",
	               "4 link eth0 up\n4 link wlan0 up\n");
	CHECK_PATTERNS("link eth0 up\nlink wlan0 up\nlink ppp0 up\n", "3 link <*> up\n");
	/* What is a word in one line is one in others. */
	CHECK_PATTERNS("in by ssh2\nin by ssh2\nin by ssh2\nin by ssh2\nrarely out by ssh2 too\n"
	               "out by abc3\n",
	               "4 in by ssh2\n1 rarely out by ssh2 too\n1 out by <*>\n");
	/* Numbered ones are values, however often they come. */
	CHECK_PATTERNS("link eth0 up\nlink eth0 up\nlink eth0 up\nlink eth0 up\n"
	               "link eth1 up\nlink eth1 up\nlink eth1 up\nlink eth1 up\n",
	               "8 link <*> up\n");
	CHECK_PATTERNS("on ab1 up\non ab1 up\non ab1 up\non ab1 up\non cd2 up\non cd2 up\non cd2 up\n"
	               "on cd2 up\non ef3 up\non ef3 up\non ef3 up\non ef3 up\non gh4 up\n",
	               "13 on <*> up\n");
	CHECK_PATTERNS("uses IPv4 now\nuses IPv6 now\n", "1 uses IPv4 now\n1 uses IPv6 now\n");
}

/* Lines of a few made-up programs, with values of their own. */
static void append_line(struct buf *out) {
	static const char *const users[] = {"root", "eve", "bob", "ann", "joe", "kim", "lee", "max"};
	uint64_t n = tap_random();
	const char *user = users[n % ARRAY_LEN(users)];
	unsigned a = (unsigned)(n >> 8 & 0xff);
	unsigned b = (unsigned)(n >> 16 & 0xffff);
	switch (n >> 60) {
	case 0:
	case 1:
		buf_printf(out, "Failed password for %s from 10.0.0.%u port %u ssh2", user, a, b);
		break;
	case 2:
		buf_printf(out, "(%s) CMD (/usr/bin/job %u)", user, b);
		break;
	case 3:
		buf_printf(out, "share backup-%s mounted by %s", users[a % ARRAY_LEN(users)], user);
		break;
	case 4:
		buf_printf(out, "cache %s, %u entries, %u KB", a % 2 == 0 ? "flushed" : "filled", a, b);
		break;
	case 5:
		buf_printf(out, "pid=%u name=\"%s\" mode=%s", b, user, a % 2 == 0 ? "fast" : "slow");
		break;
	default:
		buf_printf(out, "worker %u finished job %08x in %u ms", a, b * 7919, a);
		break;
	}
}

static void mine(const struct str *lines, size_t count, struct buf *out_sorted) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct miner *miner = miner_new(tap_random());
	for (size_t i = 0; i < count; i++) {
		struct miner_line line = {
		    .text = {.text = lines[i]}, .example = lines[i], .time_ns = INSTANT_MIN};
		struct miner_key key;
		miner_read(miner->seed, &line.text, &key);
		miner_add(miner, &key, &line);
	}
	miner_end(miner);
	uint64_t sum = 0;
	for (size_t i = 0; i < miner_count(miner); i++) {
		sum += miner_get(miner, i)->count;
	}
	CHECK_EQ(sum, count);
	/* By template, so that the order of first lines does not show. */
	for (size_t i = 0; i < miner_count(miner); i++) {
		const struct miner_pattern *least = NULL;
		for (size_t j = 0; j < miner_count(miner); j++) {
			const struct miner_pattern *pattern = miner_get(miner, j);
			size_t before = 0;
			for (size_t k = 0; k < miner_count(miner); k++) {
				before += str_cmp(miner_get(miner, k)->text, pattern->text) < 0;
			}
			least = before == i ? pattern : least;
		}
		REQUIRE(least != NULL);
		buf_printf(out_sorted, "%llu %.*s\n", (unsigned long long)least->count,
		           STR_ARG(least->text));
	}
	miner_free(miner);
}

TEST(neither_the_order_of_lines_nor_the_seed_changes_the_patterns) {
	enum { LINES = 400 };
	for (size_t round = 0; round < tap_rounds(20); round++) {
		CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
		CLEANUP(buf_deinit) struct buf line = {0};
		CLEANUP(buf_deinit) struct buf first = {0};
		CLEANUP(buf_deinit) struct buf second = {0};
		struct str lines[LINES];
		for (size_t i = 0; i < LINES; i++) {
			buf_clear(&line);
			append_line(&line);
			lines[i] = arena_str(arena, buf_str(&line));
		}
		mine(lines, LINES, &first);
		for (size_t i = LINES - 1; i > 0; i--) {
			size_t j = tap_random() % (i + 1);
			struct str other = lines[i];
			lines[i] = lines[j];
			lines[j] = other;
		}
		mine(lines, LINES, &second);
		buf_append_char(&first, '\0');
		CHECK_STR(buf_str(&second), first.ptr);
	}
}
