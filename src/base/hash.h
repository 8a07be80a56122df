/* Fast hashes that need not stand against an adversary who knows them (XXH3), and the checksum
 * of our files (CRC32C, RFC 3720 appendix B.4). For evidence: base/sha256.h.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

uint64_t hash64(const void *bytes, size_t len);
uint64_t hash64_seeded(const void *bytes, size_t len, uint64_t seed);
/* CRC32C of bytes, going on from crc (0 at the start). */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t len);
