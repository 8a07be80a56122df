/* The server: inputs, intake, keeper and HTTP wired together, and its life. One process for now;
 * between the parts lie only batches, tickets and loss records, so that each can become a process
 * of its own. The caller's thread runs the loop of the inputs.
 */
#pragma once

#include "ingest/formats.h"
#include "server/config.h"

struct serve_options {
	const struct os *os;
	const struct config *config;
	const char *store;    /* its folder */
	const char *settings; /* as in struct store_options */
	const char *build;    /* likewise */
	struct str version;
	const struct formats *formats;
	/* Something that a person should know; from any thread. */
	void (*tell)(void *ctx, struct str message);
	/* All inputs listen, and records are taken. */
	void (*ready)(void *ctx);
	void *ctx;
};

/* Until SIGTERM or SIGINT (*out_signal), or until nothing can be kept any more. Everything that was
 * taken is durable and sealed on return with ERR_OK. Blocks these signals, and SIGHUP, for good. */
MUST_USE enum err serve_run(const struct serve_options *options, int *out_signal,
                            struct diag *diag);
