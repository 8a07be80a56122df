/* Syslog over TCP (RFC 6587), both framings. Without room in the intake nothing is read, so that
 * senders wait; in a round of the loop each connection has its turn once. In the loop's thread.
 */
#pragma once

#include "os/loop.h"
#include "os/socket.h"
#include "server/intake.h"
#include "server/metrics.h"

struct tcp_input;

struct tcp_input_options {
	const struct os *os;
	struct loop *loop;
	struct intake *intake;
	struct metrics *metrics;
	struct net_address address;
	uint32_t connections_max, connections_per_address;
	int64_t idle_ns; /* a connection on which nothing comes for so long is closed */
	struct str zone; /* borrowed */
};

MUST_USE enum err tcp_input_new(const struct tcp_input_options *options,
                                struct tcp_input **out_input, struct diag *diag);
struct net_address tcp_input_address(const struct tcp_input *input);
/* Some connection waits for room in the intake. */
bool tcp_input_paused(const struct tcp_input *input);
/* The intake has room again. */
void tcp_input_resume(struct tcp_input *input);
/* How long until tcp_input_tick should be called; INT64_MAX: not at all. */
int64_t tcp_input_tick_ns(const struct tcp_input *input);
/* Closes what is idle, and takes connections again for which no descriptor was left. */
void tcp_input_tick(struct tcp_input *input);
/* Takes no more connections, and what waits in the kernel; false: there was no room for all. */
bool tcp_input_finish(struct tcp_input *input);
/* Ends all connections; what is no whole message is kept as it is. */
void tcp_input_end(struct tcp_input *input);
void tcp_input_free(
    struct tcp_input *input); /* NULL is fine; after tcp_input_end, if it was used */
