/* Fixed byte orders. On-disk integers are little-endian (le), the Merkle leaf alone big-endian
 * (be). Pointers need no alignment.
 */
#pragma once

#include <stdint.h>
#include <string.h>

static inline uint16_t le16_load(const void *p) {
	uint16_t v;
	memcpy(&v, p, sizeof(v));
	return v;
}
static inline uint32_t le32_load(const void *p) {
	uint32_t v;
	memcpy(&v, p, sizeof(v));
	return v;
}
static inline uint64_t le64_load(const void *p) {
	uint64_t v;
	memcpy(&v, p, sizeof(v));
	return v;
}
static inline void le16_store(void *p, uint16_t v) {
	memcpy(p, &v, sizeof(v));
}
static inline void le32_store(void *p, uint32_t v) {
	memcpy(p, &v, sizeof(v));
}
static inline void le64_store(void *p, uint64_t v) {
	memcpy(p, &v, sizeof(v));
}
static inline uint32_t be32_load(const void *p) {
	return __builtin_bswap32(le32_load(p));
}
static inline uint64_t be64_load(const void *p) {
	return __builtin_bswap64(le64_load(p));
}
static inline void be16_store(void *p, uint16_t v) {
	le16_store(p, __builtin_bswap16(v));
}
static inline void be32_store(void *p, uint32_t v) {
	le32_store(p, __builtin_bswap32(v));
}
static inline void be64_store(void *p, uint64_t v) {
	le64_store(p, __builtin_bswap64(v));
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "this build is for little-endian machines");
