/* UTF-8 (RFC 3629): checking, stepping, mending. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define UTF8_REPLACEMENT ((uint32_t)0xFFFD)

/* True when every byte belongs to a well-formed sequence. Fast on ASCII. */
bool utf8_valid(struct str text);
/* True when every byte is below 0x80. */
bool utf8_ascii(struct str text);
/* Reads one code point at *at (at < text.len) and moves behind it. A malformed sequence gives
 * UTF8_REPLACEMENT, *out_ok false (may be NULL), and moves by one byte. */
uint32_t utf8_next(struct str text, size_t *at, bool *out_ok);
/* Appends one code point; surrogates and above 0x10FFFF become U+FFFD. */
void utf8_append(struct buf *out, uint32_t code_point);
/* Appends text with malformed bytes as U+FFFD. */
void utf8_append_mended(struct buf *out, struct str text);
/* Letters, digits and underscore of all scripts: what a word is made of (DESIGN 7). */
bool utf8_is_word(uint32_t code_point);
/* Scripts written without blanks between words: Han, kana, Thai, Lao, Khmer, Myanmar. */
bool utf8_is_unspaced(uint32_t code_point);
/* Simple case folding of one code point (Unicode CaseFolding.txt, status C and S). */
uint32_t utf8_fold(uint32_t code_point);
enum { UTF8_UNFOLD_MAX = 8 };
/* The code points beyond ASCII, other than itself, that utf8_fold makes of folded; how many. */
size_t utf8_unfold(uint32_t folded, uint32_t out_others[UTF8_UNFOLD_MAX]);
/* Columns of a terminal that the code point takes: 0, 1 or 2. */
int utf8_width(uint32_t code_point);
