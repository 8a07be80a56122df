#include "server/peer.h"

#include "tap.h"

TEST(a_peer_is_named_by_protocol_and_address) {
	struct net_address address;
	struct peer peer;
	REQUIRE(net_address_parse(STR("[2001:db8::7]:99"), &address));
	peer_init(&peer, "syslog+udp", &address, STR(""), STR("Asia/Tokyo"));
	CHECK_STR(peer.source.name, "syslog+udp://2001:db8::7");
	CHECK_STR(peer.source.host, "2001:db8::7");
	CHECK_STR(peer.source.zone, "Asia/Tokyo");
	peer_deinit(&peer);
	peer_init(&peer, "lines+http", &address, STR("web"), STR(""));
	CHECK_STR(peer.source.name, "lines+http://2001:db8::7/web");
	CHECK_STR(peer.source.host, "2001:db8::7");
	peer_deinit(&peer);
}
