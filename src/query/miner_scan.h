/* Private to src/query: a line as tokens, for the miner of patterns (docs/patterns.md). Words stay,
 * what is surely a value (numbers, addresses, paths, times, ids) is one token without text, and
 * lists and quantities are folded, so that lines a person calls alike have the same tokens.
 */
#pragma once

#include "base/str.h"

enum miner_kind {
	MINER_WORD,
	MINER_MARK,  /* punctuation, one byte; ".." for a run of dots */
	MINER_VALUE, /* varies from line to line; no text */
	MINER_MIXED, /* letters with one or two digits (eth0, SOCKS5): a value unless it hardly varies
	              */
};

struct miner_token {
	const char *text; /* borrowed: of the line, or of whoever keeps the tokens */
	uint64_t hash;    /* of text, kind and space */
	uint16_t len;
	uint8_t kind; /* enum miner_kind */
	bool space;   /* blanks stand before it */
};

enum {
	MINER_TOKENS_MAX = 96, /* of a line; what is behind is one value */
	MINER_LINE_MAX = 4096, /* bytes of a line that are looked at; what is behind is one value */
};

/* Cuts a line into tokens, folded; returns how many. title: put before it as one word, as it is;
 * empty: none. tokens: room for MINER_TOKENS_MAX. Any bytes. */
size_t miner_scan(uint64_t seed, struct str title, struct str line, struct miner_token *tokens);
/* Folds tokens (lists of values, quantities, empty brackets) in place; returns how many are left.
 */
size_t miner_fold(struct miner_token *tokens, size_t count);

struct miner_token miner_value(uint64_t seed, bool space);
struct miner_token miner_word(uint64_t seed, struct str text, bool space);
/* Makes the token a value. */
void miner_vary(uint64_t seed, struct miner_token *token);
/* Units behind which the same is often said again in brackets: 2034 bytes (1.98 KB). */
bool miner_is_long_unit(const struct miner_token *token);
bool miner_is_mark(const struct miner_token *token, char c);

/* What a token gives to the hash of its line, which is the sum over all tokens: so that the hash of
 * a line with one token replaced costs nothing. Mixed ones count as values. */
uint64_t miner_part(uint64_t seed, const struct miner_token *token, size_t position);
/* The same where a mixed token counts with its text, as a word. */
uint64_t miner_part_as_word(const struct miner_token *token, size_t position);
/* A hash of the text of a mixed token without its digits: eth0 and eth1 are numbered alike. */
uint32_t miner_letters(const struct miner_token *token);
uint64_t miner_sum(uint64_t seed, const struct miner_token *tokens, size_t count);
