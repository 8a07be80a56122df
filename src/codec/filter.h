/* A split-block Bloom filter over token hashes: "this page has surely not this word". No false
 * negatives; about 1 % false positives at 10 bits a token.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Bytes for the given number of distinct tokens; a multiple of 32, at least 32. */
size_t filter_size(size_t tokens);
void filter_add(uint8_t *filter, size_t size, uint64_t hash);
/* Where the 32 bytes begin that filter_may_have reads. */
size_t filter_block(size_t size, uint64_t hash);
bool filter_may_have(const uint8_t *filter, size_t size, uint64_t hash);

/* Distinct tokens of a page, gathered before the filter's size is known. */
struct token_set;
struct token_set *token_set_new(void);
void token_set_free(struct token_set *set); /* NULL is fine */
/* ctx: a struct token_set; fits token_f of codec/token.h. */
void token_set_add(void *ctx, uint64_t hash);
size_t token_set_count(const struct token_set *set);
/* Appends the filter of all tokens to out. */
void token_set_filter(const struct token_set *set, struct buf *out);
