/* Sets say the same of every byte, in both ways. */
#include "codec/order_simd.h"

#include "tap.h"

TEST(bytes_are_members_of_the_sets_they_were_added_to) {
	for (size_t round = 0; round < tap_rounds(300); round++) {
		struct order_set set = {0};
		bool added[256] = {0};
		for (uint64_t left = tap_random() % (round % 2 == 0 ? 4 : 300); left > 0; left--) {
			uint8_t byte = (uint8_t)tap_random();
			order_set_add(&set, byte);
			added[byte] = true;
		}
		for (size_t first = 0; first < 256; first += 64) {
			uint8_t bytes[64];
			uint64_t expected = 0;
			for (size_t i = 0; i < 64; i++) {
				bytes[i] = (uint8_t)(first + i);
				expected |= (uint64_t)added[first + i] << i;
			}
			CHECK_EQ(order_set_members(&set, bytes), expected);
			CHECK_EQ(order_set_members_portable(&set, bytes), expected);
		}
	}
}
