/* The file `store`: what is fixed when a store is made. Text of one form only, its last line a
 * checksum of the others; reading accepts exactly what writing makes (docs/formats/store.md).
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "os/os.h"

enum { STORE_FORMAT_VERSION = 1, UUID_SIZE = 16, UUID_TEXT_SIZE = 36, FACTS_MAX = 4096 };
#define STORE_CLASS "default"

struct facts {
	uint8_t uuid[UUID_SIZE];
	char uuid_text[UUID_TEXT_SIZE + 1];
	char origin[8 + UUID_TEXT_SIZE]; /* akashi/<uuid> */
};

/* A random UUID (version 4, RFC 9562 section 5.4). */
MUST_USE enum err uuid_new(const struct os *os, uint8_t out_uuid[UUID_SIZE]);
void uuid_format(const uint8_t uuid[UUID_SIZE], char out_text[UUID_TEXT_SIZE + 1]);
/* Lower case, with dashes, nothing else. */
bool uuid_parse(struct str text, uint8_t out_uuid[UUID_SIZE]);

struct facts facts_make(const uint8_t uuid[UUID_SIZE]);
void facts_format(const struct facts *facts, struct buf *out);
/* ERR_CORRUPT when it is not what facts_format writes; ERR_UNSUPPORTED for a later version. */
MUST_USE enum err facts_parse(struct str text, struct facts *out_facts, struct diag *diag);

/* Appends "crc32c 0123abcd\n" over what out holds from offset on: the end of our text files. */
void text_seal(struct buf *out, size_t from);
/* True when text ends with the right checksum line; *out_inner is what stands before it. */
bool text_sealed(struct str text, struct str *out_inner);
