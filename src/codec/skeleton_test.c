/* Lines that are not JSON: what becomes a value, and that every line comes back to the byte. */
#include "codec/skeleton.h"

#include "base/hash.h"
#include "codec/skeleton_shown.h"

TEST(syslog_lines_have_time_host_process_and_addresses) {
	check_cut(
	    "<86>Nov  4 01:02:03 web01 sshd[1234]: Failed password for root from 10.0.0.1 port 22 ssh2",
	    "<<I 86>><@ Nov  4 01:02:03> <T web01> sshd[<I 1234>]: Failed password for root from "
	    "<4 10.0.0.1> port <I 22> ssh<I 2>");
	check_cut("<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - x",
	          "<<I 34>><I 1> <@ 2003-10-11T22:14:15>.<D 003>Z <T mymachine.example.com> su - "
	          "ID<D 47> - x");
	check_cut("Nov 14 01:02:03 su: x", "<@ Nov 14 01:02:03> su: x");
	check_cut("Nov 14 01:02:03 sshd[1]: x", "<@ Nov 14 01:02:03> sshd[<I 1>]: x");
	check_cut("Nov 14 01:02:03 10.0.0.1 x", "<@ Nov 14 01:02:03> <4 10.0.0.1> x");
}

TEST(quoted_strings_of_web_servers_are_texts) {
	check_cut(
	    "10.0.0.1 - - [14/Nov/2026:01:02:03 +0000] \"GET /a1?b=2 HTTP/1.1\" 200 12 \"-\" \"M/5 "
	    "\\\"x\"",
	    "<4 10.0.0.1> - - [<@ 14/Nov/2026:01:02:03> +0000] \"<T GET /a1?b=2 HTTP/1.1>\" <I 200> "
	    "<I 12> \"<T ->\" \"<T M/5 \\\"x>\"");
	check_cut("[14/Nov/2026:01:02:03] \"open 1", "[<@ 14/Nov/2026:01:02:03>] \"open <I 1>");
	check_cut("[14/Nov/2026:01:02:03] \"\" 14/Nov/2026:01:02:03",
	          "[<@ 14/Nov/2026:01:02:03>] \"<T >\" "
	          "<@ 14/Nov/2026:01:02:03>");
	check_cut("\"GET /v2\" 14", "\"GET /v<I 2>\" <I 14>");
}

TEST(times_of_many_forms_with_fraction_and_zone) {
	check_cut("2015-10-18 18:01:47,978 INFO", "<@ 2015-10-18 18:01:47>,<D 978> INFO");
	check_cut("2017-05-16 00:00:04.500 2931", "<@ 2017-05-16 00:00:04>.<D 500> <I 2931>");
	check_cut("20171223-22:15:29:606|x", "<@ 20171223-22:15:29>:<D 606>|x");
	check_cut("[14/Nov/2026:01:02:03 +0900]", "[<@ 14/Nov/2026:01:02:03> +0900]");
	check_cut("2026-11-14T01:02:03.123456+09:00 1",
	          "<@ 2026-11-14T01:02:03>.<D 123456>+09:00 <I 1>");
	check_cut("081109 203615 148 INFO", "<@ 081109 203615> <I 148> INFO");
	check_cut("17/06/09 20:10:40 INFO", "<@ 17/06/09 20:10:40> INFO");
	check_cut("03-17 16:13:38.811", "<@ 03-17 16:13:38>.<D 811>");
	check_cut("[Sun Dec 04 04:47:44 2005] x", "[<@ Sun Dec 04 04:47:44 2005>] x");
	check_cut("2005-06-03-15.42.50.675872 R", "<@ 2005-06-03-15.42.50>.<D 675872> R");
	check_cut("2026-11-14 01:02:03,1234,5", "<@ 2026-11-14 01:02:03>,<I 1234>,<I 5>");
}

TEST(times_that_do_not_exist_are_numbers) {
	check_cut("2026-02-30T01:02:03", "<I 2026>-<D 02>-<D 30>T<D 01>:<D 02>:<D 03>");
	check_cut("2026-02-28 24:00:00", "<I 2026>-<D 02>-<D 28> <D 24>:<D 00>:<D 00>");
	check_cut("Feb 30 01:02:60", "Feb <I 30> <D 01>:<D 02>:<D 60>");
	check_cut("2005.06.03 10:11", "<I 2005>.<D 06>.<D 03> <D 10>:<D 11>");
	check_cut("up 1:02, 01:2", "up <I 1>:<D 02>, <D 01>:<I 2>");
}

TEST(numbers_are_typed_by_how_they_are_written) {
	check_cut("0 7 007 00 -5 +5", "<I 0> <I 7> <D 007> <D 00> -<I 5> +<I 5>");
	check_cut("9223372036854775807 9223372036854775808",
	          "<I 9223372036854775807> <D 922337203685477><D 5808>");
	check_cut("12345678901234567890", "<D 123456789012345><D 67890>");
	check_cut("blk_-1608999687919862906", "blk_-<I 1608999687919862906>");
	check_cut("12.340 0.5s -1.0 1e5", "<I 12>.<D 340> <I 0>.<D 5>s -<I 1>.<D 0> <H 1e5>");
	check_cut("0.0013577938089833984", "<I 0>.<F 0013577938089833984>");
	check_cut("8.821487426757812e-05", "<I 8>.<F 821487426757812>e-<D 05>");
	check_cut("1.2.3 10. .5", "<I 1>.<I 2>.<I 3> <I 10>. .<I 5>");
}

TEST(addresses_must_be_canonical) {
	check_cut("255.255.255.255, 0.0.0.0.", "<4 255.255.255.255>, <4 0.0.0.0>.");
	check_cut("255.255.255.256", "<I 255>.<I 255>.<I 255>.<I 256>");
	check_cut("01.2.3.4", "<D 01>.<I 2>.<I 3>.<I 4>");
	check_cut("1.2.3.4.5", "<I 1>.<I 2>.<I 3>.<I 4>.<I 5>");
	check_cut("/10.1.2.3:80 10.1.2.33:80", "/<4 10.1.2.3>:<I 80> <4 10.1.2.33>:<I 80>");
	check_cut("10.1.2.3x", "<I 10>.<I 1>.<I 2>.<I 3>x");
}

TEST(hexadecimal_digits_of_one_case) {
	check_cut("9f4ef63 9F4EF63 9f4EF63", "<H 9f4ef63> <U 9F4EF63> <T 9f4EF63>");
	check_cut("0x7fed806eb5d 0x10 0xAB 0xaB", "0x<H 7fed806eb5d> 0x<H 10> 0x<U AB> <T 0xaB>");
	check_cut("54fadb412c4e40cdbaed9335e4c35a9e", "<H 54fadb412c4e40cd><H baed9335e4c35a9e>");
	check_cut("38101a0b-2096-447d-96ea-a692162415ae",
	          "<H 38101a0b>-<H 2096>-<H 447d>-<H 96ea>-<H a692162415ae>");
	check_cut("00000000-0000-0000-0000-000000000000.",
	          "<H 00000000>-<H 0000>-<H 0000>-<H 0000>-<H 000000000000>.");
	check_cut("00:1a:2b:3c:4d:5e", "<H 00>:<H 1a>:<H 2b>:<H 3c>:<H 4d>:<H 5e>");
	check_cut("e5 5e a1b", "e<I 5> <I 5>e <H a1b>");
}

TEST(letters_and_digits_are_split_where_they_meet_once) {
	check_cut("web1 web01 web10 node-246 t761 64KB", "web<I 1> web<D 01> web<D 10> node-<I 246> "
	                                                 "t<I 761> <I 64>KB");
	check_cut("p2p x86_64 deb9u3", "<T p2p> x<D 86>_<I 64> <T deb9u3>");
	check_cut("CGLspW1BuwJH6YxjK6+a/b= x", "<T CGLspW1BuwJH6YxjK6+a/b=> x");
	check_cut("a\xc3\xa9"
	          "1\xe6\x97\xa5"
	          "2",
	          "a\xc3\xa9<I 1>\xe6\x97\xa5<I 2>");
}

TEST(lines_without_values_and_odd_ends) {
	check_cut("", "");
	check_cut("no digits at all here", "no digits at all here");
	check_cut("7\r", "<I 7>\r");
	check_cut("{\"a\":1", "{\"a\":<I 1>");
	check_cut("1", "<I 1>");
}

TEST(lines_that_cannot_be_cut_are_refused) {
	struct cut_line cut = {0};
	CHECK(!skeleton_cut(STR("a 1 \xff"), &cut));
	CHECK_EQ(cut.count, 0);
	CHECK_EQ(cut.skeleton.len, 0);
	struct buf many = {0};
	for (size_t i = 0; i < SKELETON_VALUES_MAX; i++) {
		buf_append_str(&many, STR("1 "));
	}
	CHECK(skeleton_cut(buf_str(&many), &cut));
	CHECK_EQ(cut.count, SKELETON_VALUES_MAX);
	buf_append_str(&many, STR("1"));
	CHECK(!skeleton_cut(buf_str(&many), &cut));
	buf_deinit(&many);
	cut_line_deinit(&cut);
}

TEST(the_hash_is_that_of_the_skeleton) {
	struct cut_line cut = {0};
	CHECK(skeleton_cut(STR("port 22"), &cut));
	CHECK_STR(buf_str(&cut.skeleton), "port \xff\x02");
	CHECK(cut.hash == hash64(cut.skeleton.ptr, cut.skeleton.len));
	cut_line_deinit(&cut);
}

static const char *const seeds[] = {
    "<86>Nov  4 01:02:03 web01 sshd[1234]: Failed password for root from 10.0.0.1 port 22 ssh2",
    "2015-10-18 18:01:47,978 INFO [main] appattempt_1445144423722_0020_000001 -127633188",
    "081109 203615 148 INFO dfs.DataNode: blk_-6952295868487656571 of size 67108864 0.1 1.0 1e5",
    "- 1117838570 2005.06.03 R02-M1-N0-C:J12-U11 2005-06-03-15.42.50.675872 RAS KERNEL 0x7f 0XAF",
    "[Sun Dec 04 04:47:44 2005] [error] child 6725 00:1a:2b:3c:4d:5e 9f4ef63 9F4EF63 9f4EF63",
    "[req-38101a0b-2096-447d-96ea-a692162415ae 54fadb412c4e40cdbaed9335e4c35a9e - -] 1.2.3.4.5",
    "Sat, 14 Nov 2026 01:02:03 +0900 255.255.255.256 01.2.3.4 9223372036854775808 "
    "999999999999999999999",
    "14/Nov/2026:01:02:03 +0000 20171223-22:15:29:606 20261114T010203Z 17/06/09 20:10:40 03-17 "
    "16:13:38",
    "10.0.0.1 - - [14/Nov/2026:01:02:03 +0000] \"GET /a1?b=2 HTTP/1.1\" 200 12 \"-\" \"M/5.0 "
    "\\\"x\"",
    "{\"ts\":\"2018-03-24T17:15:21.618958Z\",\"n\":-0,\"m\":[1e5,0.10,1.0],\"s\":\"a\\\"b\",\"s\":"
    "\"\",\"ip\":\"10.0.0.1\"}",
    "{\"d\":0.0013577938089833984,\"h\":\"017E45A31AA50BC35053BC50F9B69BAD\",\"x\": {\"k\" : "
    "\"007\"} }\r",
};

/* A seed with some bytes changed, taken out, doubled or exchanged with a part of another. */
static void mutate(struct buf *out) {
	static const char alphabet[] = "0123456789abcfxABFTZ.:-+/_ \"\\{}[],eE\r\t\xc3\xfe";
	buf_clear(out);
	buf_append_str(out, str_from(seeds[tap_random() % ARRAY_LEN(seeds)]));
	for (uint64_t times = tap_random() % 6; times > 0; times--) {
		size_t at = tap_random() % (out->len + 1);
		size_t len = tap_random() % 12;
		len = MIN_OF(len, out->len - at);
		struct str other = str_from(seeds[tap_random() % ARRAY_LEN(seeds)]);
		size_t from = tap_random() % other.len;
		switch (tap_random() % 4) {
		case 0:
			memmove(out->ptr + at, out->ptr + at + len, out->len - at - len);
			out->len -= len;
			break;
		case 1:
			buf_append_str(out, str_slice(other, from, from + tap_random() % 40));
			break;
		case 2:
			out->len = at;
			buf_append_str(out, str_slice(other, from, other.len));
			break;
		default:
			if (at < out->len) {
				out->ptr[at] = alphabet[tap_random() % (sizeof(alphabet) - 1)];
			}
			break;
		}
	}
}

TEST(random_changes_of_real_lines_come_back) {
	struct cut_line cut = {0};
	struct buf line = {0};
	for (size_t i = 0; i < tap_rounds(30000); i++) {
		mutate(&line);
		char *own = malloc(line.len + 1);
		memcpy(own, line.ptr, line.len);
		if (!comes_back(str_make(own, line.len), &cut)) {
			CHECK_STR(buf_str(&line), "to come back");
			i = SIZE_MAX - 1;
		}
		free(own);
	}
	CHECK(cut.cap == SKELETON_VALUES_MAX);
	buf_deinit(&line);
	cut_line_deinit(&cut);
}

TEST(random_bytes_come_back) {
	struct cut_line cut = {0};
	for (size_t i = 0; i < tap_rounds(5000); i++) {
		size_t len = tap_random() % 100;
		char *own = malloc(len + 1);
		bool digits = tap_random() % 2 == 0;
		for (size_t k = 0; k < len; k++) {
			own[k] = digits ? "0123456789.:-aF \""[tap_random() % 17] : (char)tap_random();
		}
		CHECK(comes_back(str_make(own, len), &cut));
		free(own);
	}
	cut_line_deinit(&cut);
}
