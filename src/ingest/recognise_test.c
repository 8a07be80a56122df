#include "ingest/recognise.h"

#include "tap.h"

static enum carrier carrier_of(struct str head) {
	struct ingest_options options = {0};
	return carrier_recognise(&options, head);
}

TEST(carriers_are_known_by_their_first_bytes) {
	CHECK_EQ(carrier_of(STR("\x1f\x8b\x08\x00")), CARRIER_COMPRESSED);
	CHECK_EQ(carrier_of(STR("PK\x03\x04")), CARRIER_ZIP);
	CHECK_EQ(carrier_of(STR("PK\x05\x06")), CARRIER_ZIP);
	CHECK_EQ(carrier_of(str_make("ElfFile", 8)), CARRIER_EVTX);
	CHECK_EQ(carrier_of(STR(" \n[ {\"a\":1}")), CARRIER_JSON_ARRAY);
	CHECK_EQ(carrier_of(STR("[{}]")), CARRIER_JSON_ARRAY);
	CHECK_EQ(carrier_of(str_make("\xff\xfe"
	                             "a",
	                             4)),
	         CARRIER_UTF16);
	CHECK_EQ(carrier_of(STR("LPKSHHRH................................")), CARRIER_JOURNAL);
}

TEST(text_that_only_looks_like_something_is_lines) {
	CHECK_EQ(carrier_of(STR("")), CARRIER_LINES);
	CHECK_EQ(carrier_of(STR("PK is a start\n")), CARRIER_LINES);
	CHECK_EQ(carrier_of(STR("[{thread-1}] started\n")), CARRIER_LINES);
	CHECK_EQ(carrier_of(STR("[2026-11-22] [x] text\n")), CARRIER_LINES);
	CHECK_EQ(carrier_of(STR("{\"a\":1}\n")), CARRIER_LINES);
	CHECK_EQ(carrier_of(STR("[1, 2]\n")), CARRIER_LINES);
}

TEST(a_tar_header_must_sum_up) {
	char block[512] = "name";
	unsigned sum = 0;
	memcpy(block + 257, "ustar", 6);
	memset(block + 148, ' ', 8);
	for (size_t i = 0; i < sizeof(block); i++) {
		sum += (uint8_t)block[i];
	}
	(void)snprintf(block + 148, 8, "%06o", sum);
	block[155] = ' ';
	CHECK_EQ(carrier_of(str_make(block, sizeof(block))), CARRIER_TAR);
	CHECK_EQ(carrier_of(str_make(block, sizeof(block) - 1)), CARRIER_LINES);
	block[0] = 'N';
	CHECK(!tar_recognise(str_make(block, sizeof(block))));
}

TEST(what_was_asked_for_by_name_goes_before_the_look) {
	struct ingest_options options = {.format = STR("syslog")};
	CHECK_EQ(carrier_recognise(&options, STR("[{\"a\":1}]")), CARRIER_LINES);
	options = (struct ingest_options){.charset = STR("utf-16le")};
	CHECK_EQ(carrier_recognise(&options, STR("abcd")), CARRIER_UTF16);
	options = (struct ingest_options){.charset = STR("euc-jp")};
	struct reading_file file = {0};
	recognise_lines(&options, STR("plain"), &file);
	CHECK_EQ(file.charset, CHARSET_EUC_JP);
}

TEST(a_sample_is_taken_where_the_text_stops_being_plain) {
	struct sampler sampler = {0};
	struct buf plain = {0};
	while (plain.len < RECOGNISE_SIZE + 1000) {
		buf_append_str(&plain, STR("only ascii here\n"));
	}
	sampler_push(&sampler, buf_str(&plain));
	CHECK(sampler.plain);
	sampler_push(&sampler, buf_str(&plain));
	sampler_push(&sampler, STR("plain\nthen \x82\xa0\n"));
	CHECK(!sampler.plain);
	CHECK_STR(sampler.sample, "then \x82\xa0\n");
	sampler_push(&sampler, STR("and on"));
	CHECK_STR(sampler.sample, "then \x82\xa0\nand on");
	CHECK(!sampler_full(&sampler));
	while (sampler.sample.len < RECOGNISE_SIZE) {
		CHECK(!sampler_full(&sampler));
		sampler_push(&sampler, buf_str(&plain));
	}
	CHECK(sampler_full(&sampler));
	sampler_deinit(&sampler);
	CHECK(!sampler_full(&sampler));
	buf_deinit(&plain);
}
