/* Seal records: the last leaf under a checkpoint says what the log was when it was signed. Its
 * place is planned when a segment's last batch is, because the batches behind it have their places
 * before the segment is committed; its body is made at the commit. docs/formats/store.md has the
 * body. Private to src/store.
 */
#pragma once

#include "base/buf.h"
#include "store/facts.h"
#include "store/segment.h"

struct store;

/* Takes the next index, the next number of the store's own stream, and the salt seed. */
MUST_USE enum err seal_plan_make(struct store *store, struct seal_plan *out_plan);
/* The page of one row that the plan has room for. */
MUST_USE enum err seal_page_encode(struct store *store, const struct seal_plan *plan,
                                   struct store_page **out_page, struct diag *diag);

struct seal_head { /* another tree as it was last signed */
	struct str tree;
	uint64_t size;
	uint8_t root[SHA256_SIZE];
};

struct seal_record {
	uint64_t checkpoint; /* number of the one that covers it, from 0 */
	bool has_previous;
	uint8_t previous[SHA256_SIZE]; /* SHA-256 of the note before that */
	bool has_settings;
	uint8_t settings[SHA256_SIZE]; /* SHA-256 of what is in force (a config record has it) */
	struct str build;              /* the program and its version */
	uint64_t records;              /* of type data in this tree, up to here */
	struct seal_head heads[CLASSES_MAX];
	size_t heads_count;
};

void seal_record_format(const struct seal_record *record, struct buf *out);
/* The beginning of the first record of a tree that goes on from a lost one: what the lost one had
 * signed last. head->size is 0 when that was nothing. The string views body. ERR_CORRUPT: no such
 * record. */
MUST_USE enum err recovery_head_parse(struct str body, struct seal_head *out_head);
/* Strings view body. ERR_CORRUPT unless it is what seal_record_format writes. */
MUST_USE enum err seal_record_parse(struct str body, struct seal_record *out_record);
