/* Sockets for servers: addresses, listening, accepting, datagrams by the hundred. Every descriptor
 * is non-blocking and closed on exec. Whoever opened one closes it with socket_close.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* IPv4 in the first four bytes; an IPv4 address inside IPv6 is an IPv4 address. */
struct net_address {
	bool is_v6;
	uint8_t bytes[16];
	uint16_t port;
};

/* "192.0.2.1:5514", "[2001:db8::1]:5514". Port 0: any that is free. */
bool net_address_parse(struct str text, struct net_address *out_address);
/* "192.0.2.1"; with port as above. */
void net_address_format(const struct net_address *address, bool with_port, struct buf *out);
struct sockaddr;
void net_address_from(const struct sockaddr *system, struct net_address *out_address);
bool net_address_is_loopback(const struct net_address *address);
bool net_address_equal_host(const struct net_address *a, const struct net_address *b);

void socket_close(int fd);
/* Nothing is sent or received any more; the descriptor stays. */
void socket_end(int fd);
/* The address that a socket was bound to (with its port, where 0 was asked for). */
MUST_USE enum err socket_address(int fd, struct net_address *out_address);

/* ---- streams ---- */

MUST_USE enum err socket_listen(const struct net_address *address, int *out_fd);
/* The next connection that waits. ERR_NOT_FOUND: none; ERR_LIMIT: no descriptor is left. */
MUST_USE enum err socket_accept(int fd, int *out_fd, struct net_address *out_peer);
/* What is there. *out_ended: nothing will come any more. *out_len 0 and not ended: nothing yet. */
MUST_USE enum err socket_read(int fd, void *buffer, size_t len, size_t *out_len, bool *out_ended);

/* ---- datagrams ---- */

enum { DATAGRAMS_MAX = 128, DATAGRAM_SIZE = 64 << 10 };

struct datagram {
	struct net_address peer;
	struct str bytes; /* in the struct datagrams */
};
struct datagrams {
	struct datagram list[DATAGRAMS_MAX];
	size_t count;
	/* That the kernel has thrown away since the socket was opened, when it was said with these. */
	bool dropped_known;
	uint32_t dropped; /* modulo 2^32 */
	char *memory;     /* made by the first call; freed by datagrams_deinit */
};
void datagrams_deinit(struct datagrams *datagrams);

/* buffer_bytes: of the kernel, for those that wait; *out_bytes is what it gave. */
MUST_USE enum err socket_bind_datagrams(const struct net_address *address, size_t buffer_bytes,
                                        int *out_fd, size_t *out_bytes);
/* Those that wait, at most max (<= DATAGRAMS_MAX); count 0: none. */
MUST_USE enum err socket_receive(int fd, size_t max, struct datagrams *datagrams);
/* The same number as datagrams.dropped, asked for. False: the kernel does not tell. */
bool socket_dropped(int fd, uint32_t *out_dropped);
