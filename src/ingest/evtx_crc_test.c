#include "ingest/evtx_crc.h"

#include "tap.h"

TEST(the_check_value_of_the_catalogue_of_checksums_comes_out) {
	struct evtx_crc crc;
	evtx_crc_init(&crc);
	CHECK_EQ(evtx_crc_update(&crc, 0, "123456789", 9), 0xcbf43926);
	CHECK_EQ(evtx_crc_update(&crc, 0, "", 0), 0);
}

TEST(a_checksum_goes_on_where_it_was_left) {
	struct evtx_crc crc;
	char bytes[200];
	evtx_crc_init(&crc);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = (char)tap_random();
	}
	uint32_t whole = evtx_crc_update(&crc, 0, bytes, sizeof(bytes));
	for (size_t cut = 0; cut <= sizeof(bytes); cut++) {
		uint32_t sum = evtx_crc_update(&crc, 0, bytes, cut);
		CHECK(evtx_crc_update(&crc, sum, bytes + cut, sizeof(bytes) - cut) == whole);
	}
}
