/* Syslog over UDP (RFC 5426): each datagram is a record, to the byte. What the kernel had to throw
 * away is counted and becomes loss records. In the loop's thread.
 */
#pragma once

#include "os/loop.h"
#include "os/socket.h"
#include "server/intake.h"
#include "server/metrics.h"

struct udp_input;

struct udp_input_options {
	const struct os *os;
	struct loop *loop;
	struct intake *intake;
	struct metrics *metrics;
	struct net_address address;
	size_t buffer_bytes; /* of the kernel */
	struct str zone;     /* borrowed */
};

MUST_USE enum err udp_input_new(const struct udp_input_options *options,
                                struct udp_input **out_input, struct diag *diag);
/* Where it listens. */
struct net_address udp_input_address(const struct udp_input *input);
/* What the kernel gave for datagrams that wait. */
size_t udp_input_buffer(const struct udp_input *input);
/* It waits for room in the intake. */
bool udp_input_paused(const struct udp_input *input);
/* The intake has room again. */
void udp_input_resume(struct udp_input *input);
/* How long until udp_input_tick should be called; INT64_MAX: not at all. */
int64_t udp_input_tick_ns(const struct udp_input *input);
/* Tells of losses, once a second. */
void udp_input_tick(struct udp_input *input);
/* Takes what waits in the kernel; false: there was no room for all. */
bool udp_input_finish(struct udp_input *input);
/* Tells of all losses. */
void udp_input_end(struct udp_input *input);
void udp_input_free(struct udp_input *input); /* NULL is fine */
