/* Lines made for tests: a few dozen kinds as logs have them, values by chance, and some that have
 * no kind at all.
 */
#pragma once

#include "base/buf.h"
#include "base/instant.h"
#include "tap.h"

static const char *const sample_words[] = {"root",  "admin", "alice", "bob",   "carol", "dave",
                                           "erin",  "frank", "",      "太郎",  "花子",  "x",
                                           "a-b.c", "ü",     "oper",  "grace", "heidi", "ivan"};

static inline uint64_t sample_pick(uint64_t most) {
	uint64_t r = tap_random();
	return r % (1 + (tap_random() % 3 == 0 ? most : r / 7 % (most / 8 + 2)));
}

static inline void sample_line(struct buf *out, int64_t time_ns) {
	const char *user = sample_words[sample_pick(ARRAY_LEN(sample_words) - 1)];
	uint64_t r = tap_random();
	struct buf stamp = {0};
	instant_format(&stamp, time_ns, 0);
	switch (r % 9) {
	case 0:
		buf_printf(out,
		           "<%u>Nov %2u %02u:%02u:%02u web%02u sshd[%u]: Failed password for %s from "
		           "%u.%u.0.%u port %u ssh2",
		           (unsigned)(r / 16 % 192), (unsigned)(r / 64 % 30 + 1), (unsigned)(r / 256 % 24),
		           (unsigned)(r / 512 % 60), (unsigned)(r / 1024 % 60), (unsigned)(r / 2048 % 20),
		           (unsigned)sample_pick(40000), user, (unsigned)sample_pick(255),
		           (unsigned)sample_pick(255), (unsigned)sample_pick(255),
		           (unsigned)sample_pick(65535));
		break;
	case 1:
		buf_printf(out,
		           "{\"ts\":\"%.*s\",\"uid\":\"C%llx\",\"id.orig_h\":\"10.0.%u.%u\",\"bytes\":%llu,"
		           "\"d\":%u.%06u,\"user\":\"%s\"}",
		           STR_ARG(buf_str(&stamp)), (unsigned long long)tap_random(),
		           (unsigned)sample_pick(255), (unsigned)sample_pick(255),
		           (unsigned long long)sample_pick(1u << 30), (unsigned)sample_pick(100),
		           (unsigned)(r / 9 % 1000000), user);
		break;
	case 2:
		buf_printf(
		    out, "%.*s INFO dfs.DataNode: Received block blk_%s%llu of size %u from /10.251.%u.%u",
		    STR_ARG(buf_str(&stamp)), r / 9 % 2 ? "-" : "",
		    (unsigned long long)tap_random() >> r / 32 % 50, (unsigned)sample_pick(67108864),
		    (unsigned)sample_pick(255), (unsigned)sample_pick(255));
		break;
	case 3:
		buf_printf(out, "session %08llx%08llx closed for user %s",
		           (unsigned long long)(uint32_t)tap_random(),
		           (unsigned long long)(uint32_t)tap_random(), user);
		break;
	case 4:
		buf_printf(out, "認証に失敗しました: %s (%u 回目)%s", user, (unsigned)sample_pick(30),
		           r / 9 % 4 == 0 ? "\r" : "");
		break;
	case 5:
		buf_printf(out, "%s=%s id=%016llX n=%llu", user, user, (unsigned long long)tap_random(),
		           (unsigned long long)tap_random());
		break;
	case 6: /* no kind: bytes by chance */
		for (size_t i = r / 9 % 40; i > 0; i--) {
			static const char some[] = "0123456789abcdefXYZ .:-_[]{}\"/=%\x80\xe3\xff";
			buf_append_char(out, some[tap_random() % (sizeof(some) - (r / 512 % 8 != 0 ? 2 : 1))]);
		}
		break;
	case 7:
		buf_append_str(out, STR("the quick brown fox"));
		break;
	default:
		buf_printf(out, "0%u 00%u %u 255.255.255.%u 01.2.3.4 1e%u -%u", (unsigned)sample_pick(9),
		           (unsigned)sample_pick(99), (unsigned)sample_pick(9), (unsigned)sample_pick(300),
		           (unsigned)sample_pick(9), (unsigned)sample_pick(9));
		break;
	}
	buf_deinit(&stamp);
}
