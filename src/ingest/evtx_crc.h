/* CRC-32 as event logs have it (ISO-HDLC: polynomial 0x04C11DB7 reflected), eight bytes at a time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct evtx_crc {
	uint32_t table[8][256];
};

void evtx_crc_init(struct evtx_crc *crc);
/* The checksum of bytes, going on from sum (0 at the start). */
uint32_t evtx_crc_update(const struct evtx_crc *crc, uint32_t sum, const void *bytes, size_t len);
