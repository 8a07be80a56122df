/* CRC-32, "slicing by 8". The tables are made at run time: 8 KiB in each reader. */
#include "ingest/evtx_crc.h"

#include "base/endian.h"

void evtx_crc_init(struct evtx_crc *crc) {
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t sum = i;
		for (int bit = 0; bit < 8; bit++) {
			sum = (sum >> 1) ^ ((sum & 1) != 0 ? 0xedb88320u : 0);
		}
		crc->table[0][i] = sum;
	}
	for (uint32_t i = 0; i < 256; i++) {
		for (int slice = 1; slice < 8; slice++) {
			uint32_t before = crc->table[slice - 1][i];
			crc->table[slice][i] = (before >> 8) ^ crc->table[0][before & 0xff];
		}
	}
}

uint32_t evtx_crc_update(const struct evtx_crc *crc, uint32_t sum, const void *bytes, size_t len) {
	const uint32_t(*t)[256] = crc->table;
	const unsigned char *in = bytes;
	sum = ~sum;
	for (; len >= 8; len -= 8, in += 8) {
		uint32_t a = le32_load(in) ^ sum;
		uint32_t b = le32_load(in + 4);
		sum = t[7][a & 0xff] ^ t[6][a >> 8 & 0xff] ^ t[5][a >> 16 & 0xff] ^ t[4][a >> 24] ^
		      t[3][b & 0xff] ^ t[2][b >> 8 & 0xff] ^ t[1][b >> 16 & 0xff] ^ t[0][b >> 24];
	}
	for (; len > 0; len--, in++) {
		sum = (sum >> 8) ^ t[0][(sum ^ *in) & 0xff];
	}
	return ~sum;
}
