/* Character sets: recognising them from content, turning text into UTF-8. The original bytes are
 * never touched: this gives views for searching.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Same numbers as enum charset in event/batch.h (codec may not include event; server asserts it).
 */
enum charset_id {
	CHARSET_ID_UTF8 = 0,
	CHARSET_ID_SHIFT_JIS, /* CP932 */
	CHARSET_ID_EUC_JP,
	CHARSET_ID_ISO_2022_JP,
	CHARSET_ID_UTF16LE,
	CHARSET_ID_UTF16BE,
	CHARSET_ID_LATIN1, /* Windows-1252; only when asked for */
	CHARSET_ID_COUNT,
};

/* Guesses from the first bytes of a file (up to 64 KiB is enough): byte order marks, UTF-16 by its
 * zero bytes, valid UTF-8, ISO-2022-JP escapes, Shift_JIS against EUC-JP by valid pairs and the
 * frequency of kana. Broken UTF-8 that is no better Japanese stays UTF-8. sample may be cut inside
 * a character. */
enum charset_id charset_detect(struct str sample);
/* By a name as people write it ("sjis", "cp932", "utf-16le", ...). */
bool charset_by_name(struct str name, enum charset_id *out_charset);
struct str charset_name(enum charset_id charset);
/* Appends text as UTF-8; what cannot be decoded becomes U+FFFD, one per bad byte (or unit).
 * Decoding starts in the initial state (ISO-2022-JP: ASCII). Returns whether all was well. */
bool charset_decode(enum charset_id charset, struct str text, struct buf *out);
