/* HTTP: one thread of libmicrohttpd's own over epoll. A request whose records are not durable yet
 * is suspended, and answered when they are. Limits on connections, on header and body, on idleness.
 */
#pragma once

#include "os/socket.h"
#include "server/intake.h"
#include "server/metrics.h"
#include "server/tokens.h"

struct http;

struct http_options {
	const struct os *os;
	struct intake *intake;
	struct metrics *metrics;
	struct net_address address;
	uint32_t connections_max, connections_per_address;
	int64_t timeout_ns;          /* a connection on which nothing moves for so long is closed */
	const struct tokens *tokens; /* of who may send records; NULL: everybody. Borrowed */
	struct str version;          /* of the program; borrowed */
	/* A connection was opened: http_tick_ns says something else now. From any thread; NULL is fine.
	 */
	void (*opened)(void *ctx);
	void *ctx;
};

/* Answers from then on; ready only once http_set_ready was called. */
MUST_USE enum err http_new(const struct http_options *options, struct http **out_http,
                           struct diag *diag);
struct net_address http_address(const struct http *http);
void http_set_ready(struct http *http);
/* How long until http_tick should be called; INT64_MAX: not at all. */
int64_t http_tick_ns(struct http *http);
/* Ends connections whose request takes too long to come: its headers twice the timeout, its body
 * twenty times. */
void http_tick(struct http *http);
/* No connection is taken any more, and no records: such requests are refused. */
void http_stop(struct http *http);
/* After the keeper has ended, so that nobody waits: what is being answered is, within a second. */
void http_free(struct http *http); /* NULL is fine */
