/* Text as pointer and length, by value. Never assumed to end in NUL, never owned by this type:
 * the bytes belong to whoever made them (an arena, a batch, a literal).
 */
#pragma once

#include <stdbool.h>
#include <string.h>

#include "base/macros.h"

struct str {
	const char *ptr;
	size_t len;
};

#define STR(literal) ((struct str){.ptr = "" literal "", .len = sizeof(literal) - 1})
#define STR_INIT(literal) {.ptr = "" literal "", .len = sizeof(literal) - 1}
/* For printf: "%.*s", STR_ARG(s). */
#define STR_ARG(s) (int)(s).len, (s).ptr

/* Views a NUL-terminated string; NULL gives the empty string. */
struct str str_from(const char *text);
static inline struct str str_make(const char *ptr, size_t len) {
	return (struct str){.ptr = ptr, .len = len};
}

static inline bool str_eq(struct str a, struct str b) {
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}
/* ASCII letters compare without case; other bytes as they are. */
bool str_eq_nocase(struct str a, struct str b);
/* memcmp order, shorter first on a tie: <0, 0, >0. */
int str_cmp(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);

/* First position of c at or after from, or s.len. */
size_t str_find_char(struct str s, char c, size_t from);
/* First position of needle at or after from, or (size_t)-1. The empty needle is found at from. */
size_t str_find(struct str s, struct str needle, size_t from);

/* The part [from, to); both are cut to s.len, and from to to. */
struct str str_slice(struct str s, size_t from, size_t to);
struct str str_trim(struct str s); /* without blanks, tabs, CR, LF at both ends */

/* Cuts s at the first sep: returns what is before and moves *s behind it (to empty at the end). */
struct str str_cut(struct str *s, char sep);

/* Whole-string decimal numbers. False (out untouched) on empty, sign, other bytes or overflow
 * beyond max. */
bool str_to_u64(struct str s, uint64_t max, uint64_t *out_value);
/* As above with an optional leading minus. */
bool str_to_i64(struct str s, int64_t *out_value);
/* Whole-string floating point, as JSON writes numbers; locale-free. */
bool str_to_double(struct str s, double *out_value);

static inline bool char_is_digit(char c) {
	return c >= '0' && c <= '9';
}
static inline bool char_is_alpha(char c) {
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static inline bool char_is_space(char c) {
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
static inline char char_lower(char c) {
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}
