/* Whoever sends over the network, as a source of records. */
#pragma once

#include "os/socket.h"
#include "server/intake.h"

struct peer {
	struct intake_source source; /* its strings lie in text */
	struct buf text;
};

/* protocol: "syslog+tcp". zone: borrowed. more: behind the address, or empty. */
void peer_init(struct peer *peer, const char *protocol, const struct net_address *address,
               struct str more, struct str zone);
void peer_deinit(struct peer *peer);
