/* The generator of bench data: what its parts share. generate.c reads the arguments and calls one
 * of the three kinds, which put lines into a struct output.
 */
#pragma once

#include "bench/gen_random.h"

enum {
	GEN_DAYS = 7,          /* 2026-11-14 to 2026-11-20 UTC */
	GEN_LINE_MAX = 1 << 20 /* bytes; no sample is near it */
};
#define GEN_START_S 1794614400 /* 2026-11-14T00:00:00Z */
#define GEN_SECONDS (GEN_DAYS * 86400)

/* Where lines go: a buffer before a file. Any failure to write ends the program (a tool). */
struct output {
	int fd;
	struct buf buf;
	uint64_t bytes, lines;
};

/* Room for one line; the caller writes at the place returned and tells output_line where it ended.
 */
static inline char *output_room(struct output *out) {
	return buf_reserve(&out->buf, GEN_LINE_MAX);
}
void output_flush(struct output *out);
static inline void output_line(struct output *out, const char *end) {
	size_t len = (size_t)(end - (out->buf.ptr + out->buf.len));
	ASSERT(len <= GEN_LINE_MAX);
	out->buf.len += len;
	out->bytes += len;
	out->lines++;
	if (out->buf.len > (1 << 20)) {
		output_flush(out);
	}
}

struct generator {
	const char *samples; /* folder; NULL: templates is used */
	const char *templates;
	uint64_t target_bytes;
	struct random random;
	struct arena *arena;
	struct output out;
	struct buf used; /* the literal text of every template that was used, for an estimate */
};

/* Ends the program with a message. */
NORETURN void gen_fail(const char *format, ...) PRINTF_LIKE(1, 2);

/* The text of DIR/NAME, uncompressed when it is gzip; in the arena. Fails when it cannot be read.
 */
struct str gen_read(struct arena *arena, const char *dir, const char *name);
/* Whether DIR/NAME can be read. */
bool gen_has(const char *dir, const char *name);
/* How much of the mean rate falls to a second of the day: a sine, most in the afternoon. */
double gen_rhythm(double second_of_day);

void gen_syslog(struct generator *gen);
void gen_zeek(struct generator *gen);
void gen_words(struct generator *gen);
