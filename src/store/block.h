/* Blocks, private to src/store: what records of several pages are made of (texts, bodies that are
 * not their text, fields), kept together so that what is alike stands once. One thread at a time
 * uses a draft or an opened block. docs/formats/segment.md has the bytes.
 */
#pragma once

#include "store/layouts.h"

enum block_words_part { BLOCK_WORDS_IN_SHAPES, BLOCK_WORDS_IN_STRINGS, BLOCK_WORDS_PARTS };

/* What may say that nothing else need be read comes first. */
enum block_part {
	BLOCK_WORDS,                                    /* BLOCK_WORDS_PARTS; block_words.h */
	BLOCK_VALUES = BLOCK_WORDS + BLOCK_WORDS_PARTS, /* block_values.h */
	BLOCK_TEXTS,                                    /* LINES_PARTS, for the texts of all rows */
	BLOCK_LAYOUTS = BLOCK_TEXTS + LINES_PARTS,
	BLOCK_BODIES = BLOCK_LAYOUTS + LAYOUTS_PARTS, /* LINES_PARTS; not there when no body is kept */
	BLOCK_PARTS = BLOCK_BODIES + LINES_PARTS,
};

/* ---- making (block_draft.c) ---- */

/* What a batch brings. */
struct block_cut {
	struct lines_cut *texts;  /* of all rows */
	struct lines_cut *bodies; /* of those whose body is kept beside the text; NULL: none is */
	int64_t *times;           /* event times of all rows */
	int64_t *body_times;      /* of the rows of bodies */
	struct layouts_cut *fields;
	uint32_t own;    /* rows whose record is not of type data; */
	bool own_fields; /* some of these have fields */
};
void block_cut_deinit(struct block_cut *cut);
/* Memory held, in bytes. */
size_t block_cut_bytes(const struct block_cut *cut);

struct block_draft;
struct block_draft *block_draft_new(void);
void block_draft_free(struct block_draft *draft); /* NULL is fine */
/* Takes what cut points to, and clears it. */
void block_draft_add(struct block_draft *draft, struct block_cut *cut);
uint32_t block_draft_rows(const struct block_draft *draft);
/* Appends the block. Called once. */
void block_draft_put(struct block_draft *draft, uint32_t threads, struct buf *out);

/* ---- reading (block.c) ---- */

struct block;
/* bytes: those of block_draft_put, borrowed; rows: of the block, kept: bodies in it. Parts are
 * opened when they are asked for. ERR_CORRUPT. */
MUST_USE enum err block_open(struct str bytes, uint32_t rows, uint32_t kept,
                             struct block **out_block);
/* The same when only the first have bytes can be read: for block_judge and nothing else, which says
 * ERR_LIMIT when that is too little. */
MUST_USE enum err block_open_front(struct str bytes, size_t have, uint32_t rows, uint32_t kept,
                                   struct block **out_block);
void block_free(struct block *block); /* NULL is fine */
/* They live as long as the block. ERR_CORRUPT, also each time again. */
MUST_USE enum err block_texts(struct block *block, struct lines **out_lines);
MUST_USE enum err block_bodies(struct block *block, struct lines **out_lines);
MUST_USE enum err block_layouts(struct block *block, struct layouts **out_layouts);
struct block_values; /* block_values.h */
MUST_USE enum err block_values_of(struct block *block, struct block_values **out_values);
struct word_filter; /* codec/word_filter.h; BLOCK_WORDS_PARTS of them */
MUST_USE enum err block_words_of(struct block *block, const struct word_filter **out_words);
/* Memory held, in bytes. */
size_t block_bytes(const struct block *block);
/* Compares every part with its checksum. */
bool block_holds(struct str bytes);
