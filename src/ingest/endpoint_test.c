#include "ingest/endpoint.h"

#include "tap.h"

static void check(const char *text, const char *address, bool is_ip, const char *port) {
	struct endpoint endpoint = endpoint_read(str_from(text));
	CHECK_STR(endpoint.address, address);
	CHECK_EQ(endpoint.is_ip, is_ip);
	CHECK_STR(endpoint.port, port);
}

TEST(addresses_with_ports) {
	check("192.0.2.1:80", "192.0.2.1", true, "80");
	check("192.0.2.1/80", "192.0.2.1", true, "80");
	check("192.0.2.1(80)", "192.0.2.1", true, "80");
	check("192.0.2.1.80", "192.0.2.1", true, "80");
	check("[2001:db8::1]:80", "2001:db8::1", true, "80");
	check("[2001:db8::1]", "2001:db8::1", true, "");
	check("2001:db8::1.80", "2001:db8::1", true, "80");
	check("2001:db8::1/80", "2001:db8::1", true, "80");
	check("2001:0db8:0000:0000:0000:0000:0000:0001:5353", "2001:0db8:0000:0000:0000:0000:0000:0001",
	      true, "5353");
}

TEST(addresses_without_ports) {
	check("192.0.2.1", "192.0.2.1", true, "");
	check("2001:db8::1:80", "2001:db8::1:80", true, "");
	check("", "", false, "");
}

TEST(names) {
	check("www.example.org:80", "www.example.org", false, "80");
	check("www.example.org.80", "www.example.org.80", false, "");
	check("host7", "host7", false, "");
}

TEST(what_is_neither_stays_whole) {
	static const char *const odd[] = {"192.0.2.1:http",
	                                  "192.0.2.1:99999",
	                                  ":80",
	                                  "(80)",
	                                  "[",
	                                  "[2001:db8::1]:x",
	                                  "[2001:db8::1]:",
	                                  "a b:80",
	                                  "192.0.2.300:80)",
	                                  "...",
	                                  "x("};
	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		struct endpoint endpoint = endpoint_read(str_from(odd[i]));
		CHECK_STR(endpoint.address, odd[i]);
		CHECK_EQ(endpoint.port.len, 0);
		CHECK(!endpoint.is_ip);
	}
}
