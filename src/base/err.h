/* What can go wrong in the world, as one small closed set, and what is told to the user about it.
 * Functions return enum err; where a person has to act, a struct diag carries place, message and
 * the way out.
 */
#pragma once

#include <stdbool.h>

#include "base/macros.h"
#include "base/str.h"

enum err {
	ERR_OK = 0,
	ERR_IO,          /* a system call failed */
	ERR_NO_SPACE,    /* ENOSPC, EDQUOT, EFBIG */
	ERR_DENIED,      /* EACCES, EPERM, EROFS */
	ERR_NOT_FOUND,   /* no such file, field, record */
	ERR_EXISTS,      /* is there already */
	ERR_LOCKED,      /* another writer holds the store */
	ERR_INVALID,     /* outside input is not what its format asks for */
	ERR_CORRUPT,     /* our own data fails its checks */
	ERR_UNSUPPORTED, /* well formed, but not for this version */
	ERR_LIMIT,       /* a limit of base/limits.h was reached */
	ERR_CANCELED,    /* the user interrupted, or the deadline passed */
	ERR_CLOSED,      /* the other side is gone (EPIPE) */
	ERR_COUNT,
};

/* A short phrase for err ("no space left"), static. */
const char *err_text(enum err err);

/* The err for an errno value. */
enum err err_from_errno(int errno_value);

/* Returns from the caller when expr is not ERR_OK. The only macro with a hidden return. */
#define TRY(expr)                           \
	do {                                    \
		enum err try_err_ = (expr);         \
		if (UNLIKELY(try_err_ != ERR_OK)) { \
			return try_err_;                \
		}                                   \
	} while (0)

enum { DIAG_TEXT_MAX = 512 };

/* One complaint for a person. Zero-initialise it; position is (size_t)-1 or 0 when unused. */
struct diag {
	char message[DIAG_TEXT_MAX]; /* what is wrong, with names and numbers, no final dot or LF */
	char hint[DIAG_TEXT_MAX];    /* what to do next; may be empty */
	bool has_position;
	size_t position; /* byte offset into the text that the user gave */
	size_t length;   /* bytes concerned from position on; 0 = a point */
};

/* Fills diag->message (a NULL diag is fine) and returns err, so that callers write
 * `return diag_set(diag, ERR_INVALID, "...")`. Cuts at DIAG_TEXT_MAX. */
enum err diag_set(struct diag *diag, enum err err, const char *format, ...) PRINTF_LIKE(3, 4);

/* As diag_set, with the place in the user's text. */
enum err diag_set_at(struct diag *diag, enum err err, size_t position, size_t length,
                     const char *format, ...) PRINTF_LIKE(5, 6);

/* Adds the way out. */
void diag_hint(struct diag *diag, const char *format, ...) PRINTF_LIKE(2, 3);
