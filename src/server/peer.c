/* See peer.h. */
#include "server/peer.h"

void peer_init(struct peer *peer, const char *protocol, const struct net_address *address,
               struct str more, struct str zone) {
	*peer = (struct peer){0};
	buf_printf(&peer->text, "%s://", protocol);
	size_t host = peer->text.len;
	net_address_format(address, false, &peer->text);
	size_t end = peer->text.len;
	if (more.len > 0) {
		buf_append_char(&peer->text, '/');
		buf_append_str(&peer->text, more);
	}
	struct str text = buf_str(&peer->text);
	peer->source =
	    (struct intake_source){.name = text, .host = str_slice(text, host, end), .zone = zone};
}

void peer_deinit(struct peer *peer) {
	buf_deinit(&peer->text);
}
