/* Growing and signing the tree. Order, because a fork is unforgivable: segment durable -> levels ->
 * intent(size, root) durable -> signature by the notary, which keeps an order of its own -> journal
 * -> checkpoint -> intent removed. Whatever was signed is in the journal; the file `checkpoint` is
 * its last note.
 */
#pragma once

#include "seal/checkpoint.h"
#include "seal/notary.h"
#include "seal/tree.h"
#include "store/journal.h"
#include "store/levels.h"

/* Leaves of one bundle of the tree (256 of them, from first on), as far as they are known. */
enum { SEALING_BUNDLE = 256 };
struct sealing_bundle {
	uint64_t first;
	uint32_t count;
	uint8_t hashes[SEALING_BUNDLE * SHA256_SIZE];
};

struct sealing {
	const struct os *os;
	const char *folder; /* borrowed: tree/default */
	struct notary *notary;
	levels_leaves_f leaves;
	void *leaves_ctx;
	struct tree tree; /* grows with each appended page (sealing_append) */
	/* The bundle in which the tree ends, and the one in which it ended when it was signed: a proof
	 * of growth needs the leaves of both, and would else read two blocks for them. */
	struct sealing_bundle end, signed_end;
	bool levels_anew; /* they were damaged: all entries are in `tree` */
	bool lost;        /* sealing_open: this tree can never be signed again, because of `why` */
	char why[DIAG_TEXT_MAX];
	uint64_t sealed_size;
	uint8_t sealed_root[SHA256_SIZE];
	struct buf unpublished;         /* the note of `tree` that the journal has already; or empty */
	uint64_t journal_size;          /* bytes */
	uint64_t notes;                 /* in the journal: the number of the next checkpoint */
	uint8_t last_note[SHA256_SIZE]; /* SHA-256 of the last of them */
};

/* What the files say, judged but not yet compared with the records. */
struct seal_files {
	struct buf checkpoint_note; /* the file checkpoint; empty: none */
	bool has_checkpoint, has_intent, intent_damaged;
	uint64_t checkpoint_size;
	uint8_t checkpoint_root[SHA256_SIZE];
	struct buf last_note;   /* the journal's last valid note */
	struct buf note_before; /* and the one before it; empty: none */
	uint64_t notes;         /* how many valid ones it has */
	uint64_t last_size;
	uint8_t last_root[SHA256_SIZE];
	struct buf journal;   /* all bytes */
	size_t journal_valid; /* bytes before the damaged tail; all when there is none */
	struct intent intent;
	struct buf damaged_intent; /* its bytes, when intent_damaged */
	const char *fault;         /* first thing that is wrong and no crash explains, or NULL */
};
/* Reads checkpoint, journal and intent; notes that the verifier's key did not sign are faults. An
 * error is one of reading. */
MUST_USE enum err seal_files_read(struct seal_files *files, const struct os *os, const char *folder,
                                  const struct verifier *verifier);
void seal_files_deinit(struct seal_files *files);

/* Opens the signer and goes on where the files stopped: mends what a crash left, makes levels anew
 * that do not fit the records, and signs what is not yet covered. ERR_CORRUPT with sealing->lost:
 * records or checkpoints that were signed are not there, and nothing was changed. The keys are
 * judged before that: what is wrong with them is an error of another kind. leaves gives leaf hashes
 * of any of the size records. cut is called with the journal's torn tail before it is overwritten;
 * notice with what was mended. */
struct sealing_options {
	const struct os *os;
	const char *folder;        /* tree/default */
	const char *keys;          /* folder */
	const char *key_folder;    /* in it, of the class */
	struct epochs_plan epochs; /* of a new log */
	struct str key_name;       /* of the key in it */
	struct str origin;         /* of this tree */
	uint64_t size;             /* records in segments */
	uint64_t last;             /* first record of the last segment: all before it were signed */
	struct str damage;         /* of the segments; empty: none. Then leaves is not asked */
	levels_leaves_f leaves;
	void *leaves_ctx;
	/* torn: as a stop leaves it; else damaged */
	enum err (*cut)(void *ctx, struct str what, struct str bytes, uint64_t offset, bool torn);
	void (*notice)(void *ctx, struct str message);
	void *ctx;
};
MUST_USE enum err sealing_open(struct sealing *sealing, const struct sealing_options *options,
                               struct diag *diag);
void sealing_deinit(struct sealing *sealing);
/* Leaf hashes of records that follow. */
void sealing_append(struct sealing *sealing, const uint8_t *hashes, size_t count);
/* Signs and publishes the tree as it is. After ERR_NO_SPACE it may be repeated, with the same tree.
 */
MUST_USE enum err sealing_commit(struct sealing *sealing, struct diag *diag);
