/* Proving a store anew, without trusting anything that opening it believes: verify.c goes through
 * the folder file by file, verify_tree.c makes every leaf and every node again from the records.
 */
#pragma once

#include "base/map.h"
#include "seal/checkpoint.h"
#include "seal/notary.h"
#include "store/catalogue.h"
#include "store/facts.h"
#include "store/leaves.h"
#include "store/store.h"

struct verify_root { /* a root that was signed */
	uint64_t size;
	uint8_t root[SHA256_SIZE];
	struct str where; /* the file it stands in, or empty: the outside checkpoint */
};

struct verify_note { /* a checkpoint in the journal */
	uint64_t size;
	uint8_t root[SHA256_SIZE];
	uint8_t hash[SHA256_SIZE]; /* of the note */
};

struct verify_head { /* what a seal record says of another tree */
	struct str tree;
	uint64_t size;
	uint8_t root[SHA256_SIZE];
	struct str where; /* the segment that says so */
	uint64_t index;
};

/* What is known of one class. */
struct verify_tree {
	struct str name;
	struct verifier verifier; /* the key under the tree's origin */
	struct catalogue catalogue;
	uint64_t size;        /* leaves by the names of segments */
	uint64_t signed_size; /* of the newest checkpoint in the store */
	struct buf roots;     /* struct verify_root */
	struct buf notes;     /* struct verify_note, in order */
	bool unfinished;      /* an intent is there: a writer stopped while sealing */
	struct epochs epochs;
	uint8_t root[SHA256_SIZE];
	/* Scrubbing: the leaf to begin with, a multiple of 256; level 1 stands for what is before it.
	 * And one past the last leaf that was made again. */
	uint64_t from, reached;
};

struct verifying {
	const struct os *os;
	const char *path; /* the store's folder */
	const struct store_verify_options *options;
	struct store_verify_result result;
	struct arena *arena;
	struct facts facts;
	bool has_verifier;
	struct verifier verifier; /* name in arena */
	struct verify_tree trees[CLASSES_MAX];
	size_t trees_count;
	struct verify_tree *tree;   /* the one at hand */
	uint64_t done;              /* leaves of the trees before it */
	struct buf heads;           /* struct verify_head */
	struct map *objects_wanted; /* hashes that records say are kept */
	/* A writer may be at work, and secrets are left alone (scrub.c). */
	bool live;
	/* Told of bytes before they are read; ERR_CANCELED ends it all. NULL: nobody. */
	enum err (*pace)(struct verifying *v, uint64_t bytes);
	uint64_t segments_read;
	bool canceled; /* while objects were read */
};

/* Prepares; verify_close frees also after an error. Reads facts, public keys, the list of segments
 * and all that is signed, but no record. */
MUST_USE enum err verify_open(struct verifying *v, const struct os *os, const char *path,
                              const struct store_verify_options *options, bool live,
                              struct diag *diag);
void verify_close(struct verifying *v);
MUST_USE enum err verify_pace(struct verifying *v, uint64_t bytes);

/* "part/CLASS" or "part/CLASS/name" of the tree at hand; in the arena, with a NUL behind it. */
struct str verify_where(struct verifying *v, const char *part, const char *name);

void verify_damage(struct verifying *v, struct str where, const char *format, ...)
    PRINTF_LIKE(3, 4);
void verify_damage_range(struct verifying *v, struct str where, uint64_t from, uint64_t to,
                         const char *format, ...) PRINTF_LIKE(5, 6);
/* What a stop explains: not damage, but not checked either. */
void verify_leftover(struct verifying *v, struct str where, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* What becomes of a leftover of the tree at hand: what the next writer does; of a frozen tree,
 * which no writer opens, nothing. */
const char *verify_fate(const struct verifying *v, const char *by_writer);
/* Records, leaves, levels, and all signed roots of the tree at hand. ERR_CANCELED when progress
 * says so. */
MUST_USE enum err verify_tree(struct verifying *v);
/* Reads the manifests of the tree at hand. */
void verify_epochs(struct verifying *v);
/* The journal's note number `seal`, at byte `at`, by the key of its epoch. */
void verify_epoch_note(struct verifying *v, struct str note, uint64_t seal, size_t at);
/* keys/CLASS/epoch.key and epoch.key.next of the tree at hand, whose checkpoints are known. */
void verify_epoch_keys(struct verifying *v);
/* A seal record at index fits the checkpoints of its tree; what it says of others is kept. */
void verify_seal(struct verifying *v, struct str body, uint64_t index, struct str where);
/* The record at index 0 of a tree that goes on from a lost one names it as it was last signed. body
 * is empty when it is no recovery record. */
void verify_recovery(struct verifying *v, struct str body, struct str where);
/* What seal records, and those of recoveries, said of other trees, once all trees were gone
 * through. */
void verify_heads(struct verifying *v);
/* The objects whose hash begins with this byte, and whether all are there of which a record was
 * read. ERR_CANCELED. */
MUST_USE enum err verify_object_folder(struct verifying *v, unsigned first_byte);
/* objects/, keys/, log/, quarantine/, and names that do not belong. */
void verify_files(struct verifying *v);
