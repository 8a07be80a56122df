/* The miner of patterns (docs/patterns.md): lines in, pattern numbers out. A pattern is what a
 * person would call one kind of line: its template has <*> where the lines differ. Two steps, so
 * that many threads can read: miner_read makes a line's key (pure), miner_add counts it (one
 * thread). miner_end groups; then the patterns are there, and miner_find tells a line's.
 * Memory is bounded: at most LIMIT_MINER_SHAPES kinds of lines are held apart; when there are more
 * they are grouped early, and lines of kinds that find no room are counted in left_out.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

enum { MINER_MIXED_MAX = 4, MINER_HOSTS_SHOWN = 3 };

/* A line as its hash; what may be a word or a value (eth0) apart. */
struct miner_key {
	uint64_t hash;
	uint32_t mixed_count;
	struct {
		uint64_t change; /* of the hash, when it counts as a word */
		uint32_t position;
		uint32_t letters; /* hash of its text but the digits */
	} mixed[MINER_MIXED_MAX];
};

/* What is mined of a record: its message, without the header; any bytes. Where a record has a code
 * that says what it is (an event of Windows), that as title, and no text. */
struct miner_text {
	struct str title;
	struct str text;
};
/* The choice for a record: its message; or else event.provider and event.code; or else its whole
 * text. Those that it has not are empty. The title is built in scratch. */
struct buf;
struct miner_text miner_choose(struct str message, struct str provider, struct str code,
                               struct str whole, struct buf *scratch);
/* seed: the one of miner_new. */
void miner_read(uint64_t seed, const struct miner_text *text, struct miner_key *out_key);

/* What is known of a line beside that; borrowed. */
struct miner_line {
	struct miner_text text; /* what miner_read was given */
	struct str example;     /* the whole line, for showing */
	int64_t time_ns;        /* INSTANT_MIN: it has none */
	struct str host;        /* empty: none */
};

struct miner;

/* seed: any number that whoever writes logs does not know; it changes no pattern and no id. */
struct miner *miner_new(uint64_t seed);
void miner_free(struct miner *miner); /* NULL is fine */
/* Bytes held, about. */
size_t miner_bytes(const struct miner *miner);

void miner_add(struct miner *miner, const struct miner_key *key, const struct miner_line *line);
/* Groups. Nothing is added behind it. */
void miner_end(struct miner *miner);

struct miner_pattern {
	char id[17];     /* of the template alone: the same in every run, hex */
	struct str text; /* the template */
	struct str example;
	uint64_t count;
	int64_t first_ns; /* INSTANT_MAX: no line had a time */
	int64_t last_ns;
	uint64_t hosts; /* how many; see miner_hosts_exact */
	struct str host_examples[MINER_HOSTS_SHOWN];
	uint32_t host_examples_count;
};

/* After miner_end; borrowed from the miner. In the order of the first line of each. */
size_t miner_count(const struct miner *miner);
const struct miner_pattern *miner_get(const struct miner *miner, size_t i);
/* The pattern of a line (one that was added, or another), or NULL when it is of a kind that found
 * no room. */
const struct miner_pattern *miner_find(struct miner *miner, const struct miner_key *key,
                                       const struct miner_text *text);
/* Lines of kinds that found no room. */
uint64_t miner_left_out(const struct miner *miner);
/* False when there were more hosts than are told apart (LIMIT_MINER_HOSTS). */
bool miner_hosts_exact(const struct miner *miner);
/* The template and id that text would have alone; appended to out, id: room for 17. */
void miner_alone(const struct miner_text *text, struct buf *out, char *out_id);
