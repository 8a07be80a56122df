/* Objects: files kept once, whole, under their SHA-256 (containers, archives, compressed files).
 * An object file is header | table | blocks of up to 1 MiB, each compressed for itself, so that a
 * slice is had without decoding everything. Every byte is under a CRC32C; the name is the hash of
 * the whole. docs/formats/store.md has the bytes.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "os/os.h"

enum { OBJECT_BLOCK = 1 << 20, OBJECT_HASH_SIZE = 32 };

/* Keeps bytes under hash, durably (a present one is left as it is). ERR_CORRUPT when the bytes do
 * not have this hash (the file changed while it was read). folder: the store's objects/. */
MUST_USE enum err object_write(const struct os *os, const char *folder,
                               const uint8_t hash[OBJECT_HASH_SIZE], struct str bytes,
                               struct diag *diag);

/* Reads slices; keeps the last block decoded. One thread at a time. */
struct object;
/* ERR_NOT_FOUND when the store has only the hash. */
MUST_USE enum err object_open(const struct os *os, const char *folder,
                              const uint8_t hash[OBJECT_HASH_SIZE], struct object **out_object,
                              struct diag *diag);
void object_free(struct object *object); /* NULL is fine */
const uint8_t *object_hash(const struct object *object);
uint64_t object_size(const struct object *object);
uint64_t object_stored(const struct object *object); /* bytes of the object file */
/* [offset, offset + len): the slice lives until the next call. ERR_CORRUPT when damaged or
 * outside. */
MUST_USE enum err object_slice(struct object *object, uint64_t offset, uint64_t len,
                               struct str *out_slice, struct diag *diag);
/* All bytes in pieces; ERR_CORRUPT at the end when they do not hash to the name. */
typedef enum err (*object_write_f)(void *ctx, const void *bytes, size_t len);
MUST_USE enum err object_stream(struct object *object, object_write_f write, void *ctx,
                                struct diag *diag);

/* An object file from its bytes in memory, borrowed: header, table and block checksums are checked
 * as above. For the fuzzer. */
MUST_USE enum err object_from_bytes(struct str file, const uint8_t hash[OBJECT_HASH_SIZE],
                                    struct object **out_object, struct diag *diag);
/* ab/abcdef...obj; 2 + 1 + 64 + 4 and NUL. */
enum { OBJECT_NAME_SIZE = 72 };
void object_name(const uint8_t hash[OBJECT_HASH_SIZE], char out_name[OBJECT_NAME_SIZE]);
/* The hash in a file's name (without folder), or false. */
bool object_name_parse(struct str name, uint8_t out_hash[OBJECT_HASH_SIZE]);
