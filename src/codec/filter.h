/* A split-block Bloom filter over token hashes: "this page has surely not this word". No false
 * negatives; about 1 % false positives at 10 bits a token.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes for the given number of distinct tokens; a multiple of 32, at least 32. */
size_t filter_size(size_t tokens);
void filter_add(uint8_t *filter, size_t size, uint64_t hash);
bool filter_may_have(const uint8_t *filter, size_t size, uint64_t hash);
