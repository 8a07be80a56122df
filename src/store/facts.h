/* The file `store`: what is fixed when a store is made. Text of one form only, its last line a
 * checksum of the others; reading accepts exactly what writing makes (docs/formats/store.md).
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "os/os.h"
#include "store/store.h"

enum { STORE_FORMAT_VERSION = 1, UUID_SIZE = 16, UUID_TEXT_SIZE = 36, FACTS_MAX = 4096 };
enum {
	CLASS_NAME_MAX = 32,
	TREE_NAME_MAX = CLASS_NAME_MAX + 8, /* of a class, with the number of one of its trees */
	CLASSES_MAX = STORE_CLASSES_MAX,
	ORIGIN_MAX = 8 + UUID_TEXT_SIZE + TREE_NAME_MAX
};
#define CLASS_DEFAULT "default"

/* A class is a log of its own: records that are kept equally long, or the audit. After loss it goes
 * on as a new tree: NAME, then NAME.2, NAME.3 ... Each tree has its line. */
struct facts {
	uint8_t uuid[UUID_SIZE];
	char uuid_text[UUID_TEXT_SIZE + 1];
	char origin[ORIGIN_MAX]; /* of the class default, and name of the key: akashi/<uuid> */
	char classes[CLASSES_MAX][TREE_NAME_MAX + 1]; /* the first is default */
	size_t classes_count;
};

/* A random UUID (version 4, RFC 9562 section 5.4). */
MUST_USE enum err uuid_new(const struct os *os, uint8_t out_uuid[UUID_SIZE]);
void uuid_format(const uint8_t uuid[UUID_SIZE], char out_text[UUID_TEXT_SIZE + 1]);
/* Lower case, with dashes, nothing else. */
bool uuid_parse(struct str text, uint8_t out_uuid[UUID_SIZE]);

/* With the one class default. */
struct facts facts_make(const uint8_t uuid[UUID_SIZE]);
/* Small letters, digits and dashes, no dash first, at most CLASS_NAME_MAX. */
bool class_name_valid(struct str name);
/* The name of a class, or of one of its later trees: then with a dot and the number, from 2. */
bool tree_name_valid(struct str name);
/* The class of a tree, which is a view into its name, and the tree's number in it, from 1. */
struct str tree_class(struct str name);
uint64_t tree_number(struct str name);
/* The name of tree `number` of a class; number is at most CLASSES_MAX. */
void tree_name(struct str class_name, uint64_t number, char out_name[TREE_NAME_MAX + 1]);
/* The last tree of a class, into which it is written; empty: the class is not listed. */
struct str facts_newest(const struct facts *facts, struct str class_name);
bool facts_has_class(const struct facts *facts, struct str name);
/* ERR_LIMIT: no room for one more. The name, of a class or a tree, is valid and new. */
MUST_USE enum err facts_add_class(struct facts *facts, struct str name);
/* The origin of a class: akashi/<uuid> for default, akashi/<uuid>/<class> for any other. */
void facts_origin(const struct facts *facts, struct str class_name, char out_origin[ORIGIN_MAX]);
void facts_format(const struct facts *facts, struct buf *out);
/* ERR_CORRUPT when it is not what facts_format writes; ERR_UNSUPPORTED for a later version. */
MUST_USE enum err facts_parse(struct str text, struct facts *out_facts, struct diag *diag);

/* Appends "crc32c 0123abcd\n" over what out holds from offset on: the end of our text files. */
void text_seal(struct buf *out, size_t from);
/* True when text ends with the right checksum line; *out_inner is what stands before it. */
bool text_sealed(struct str text, struct str *out_inner);
