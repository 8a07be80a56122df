/* The keeper: the one thread that writes the store of a server. It takes what has gathered in the
 * intake, makes it durable with one sync, answers whoever waits for that, has it parsed and
 * encoded, and seals it into segments before it is a second old, which makes it searchable.
 *
 * When nothing can be written (a full disk) it says so, tries again every second, and holds what it
 * has; nothing is acknowledged meanwhile.
 */
#pragma once

#include "ingest/formats.h"
#include "server/intake.h"
#include "server/metrics.h"

struct keeper;

struct keeper_options {
	const struct os *os;
	const char *store;    /* its folder; made when absent */
	const char *settings; /* as in struct store_options */
	const char *build;    /* likewise */
	const struct formats *formats;
	struct intake *intake;
	struct metrics *metrics;
	int64_t commit_ns;                 /* received so long ago: to be searchable */
	uint64_t segment_bytes, log_bytes; /* as in struct store_options; 0: default */
	/* Something that a person should know. In the keeper's thread, or that of the caller. */
	void (*tell)(void *ctx, struct str message);
	/* The thread ends before it was stopped: nothing is kept any more. In that thread. */
	void (*ended)(void *ctx);
	void *ctx;
};

/* Opens the store and takes over what a stop has left in its log. */
MUST_USE enum err keeper_open(const struct keeper_options *options, struct keeper **out_keeper,
                              struct diag *diag);
/* Starts the thread. */
MUST_USE enum err keeper_start(struct keeper *keeper);
/* The intake was stopped: waits until everything is in segments, or cannot be. */
MUST_USE enum err keeper_stop(struct keeper *keeper, struct diag *diag);
void keeper_free(struct keeper *keeper); /* NULL is fine; after keeper_stop, or never started */
