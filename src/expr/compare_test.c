/* Addresses, networks and the order of values. */
#include "expr/compare.h"

#include "tap.h"

static bool in_network(const char *network_text, const char *address_text) {
	struct network network;
	struct address address;
	return network_parse(str_from(network_text), &network) &&
	       address_parse(str_from(address_text), &address) && network_has(&network, &address);
}

TEST(networks_hold_their_addresses) {
	CHECK(in_network("10.0.0.0/8", "10.255.1.2"));
	CHECK(!in_network("10.0.0.0/8", "11.0.0.1"));
	CHECK(in_network("192.0.2.128/25", "192.0.2.200"));
	CHECK(!in_network("192.0.2.128/25", "192.0.2.100"));
	CHECK(in_network("10.1.2.3/8", "10.9.9.9"));
	CHECK(in_network("0.0.0.0/0", "203.0.113.9"));
	CHECK(in_network("10.0.0.0/8", "::ffff:10.1.1.1"));
	CHECK(in_network("2001:db8::/32", "2001:DB8:1::1"));
	CHECK(!in_network("2001:db8::/32", "2001:db9::1"));
	CHECK(in_network("::1", "0:0:0:0:0:0:0:1"));
	CHECK(in_network("fe80::/10", "fe80::1%eth0"));
	CHECK(in_network("fe80::/10", "fe80::1%3") && in_network("fe80::/10", "fe80::1%br-0.100"));
	CHECK(!in_network("fe80::/10", "fe80::1%") && !in_network("fe80::/10", "fe80::1%a b"));
	CHECK(!in_network("fe80::/10", "fe80::1%a/b") && !in_network("fe80::/10", "fe80::1%経"));
	CHECK(!in_network("fe80::/10", "fe80::1%a%b"));
	CHECK(in_network("::/0", "2001:db8::1"));
	CHECK(!in_network("::/0", "10.0.0.1"));
}

TEST(what_is_no_network_is_refused) {
	struct network network;
	static const char *const bad[] = {"10.0.0.0/33", "10.0.0/8", "10.0.0.0/", "10.0.0.0/8x",
	                                  "::/129",      "x",        "",          "1",
	                                  "10.0.0.256"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CHECK(!network_parse(str_from(bad[i]), &network));
	}
}

static int order(const char *a, const char *b) {
	struct scalar x = scalar_read(str_from(a));
	struct scalar y = scalar_read(str_from(b));
	int there = scalar_order(&x, &y);
	int back = scalar_order(&y, &x);
	CHECK((there < 0) == (back > 0) && (there == 0) == (back == 0));
	return there < 0 ? -1 : there > 0;
}

TEST(values_are_ordered_by_what_they_are) {
	CHECK_EQ(order("9", "10"), -1);
	CHECK_EQ(order("9007199254740993", "9007199254740992"), 1);
	CHECK_EQ(order("9007199254740993", "9007199254740992.0"), 1);
	CHECK_EQ(order("1.5", "1"), 1);
	CHECK_EQ(order("-1.5", "-1"), -1);
	CHECK_EQ(order("1e3", "1000"), 0);
	CHECK_EQ(order("99999999999999999999", "1"), 1);
	CHECK_EQ(order("9.9.9.9", "10.0.0.1"), -1);
	CHECK_EQ(order("2026-11-22T10:00:00Z", "2026-11-22T10:00:00.5Z"), -1);
	CHECK_EQ(order("2026-11-22T10:00:00+09:00", "2026-11-22T02:00:00Z"), -1);
	CHECK_EQ(order("apple", "Banana"), -1);
	CHECK_EQ(order("ab", "abc"), -1);
	CHECK_EQ(order("5", "apple"), -1);
	CHECK_EQ(order("a", "A"), 1);
	struct scalar lower = scalar_read(STR("a"));
	struct scalar upper = scalar_read(STR("A"));
	CHECK_EQ(scalar_order_nocase(&lower, &upper), 0);
}
