/* Names taken apart; hostile ones. */
#include "ingest/domains.h"

#include "base/buf.h"
#include "tap.h"

/* "sub registered suffix", or "-". */
static void check(const char *name, const char *expected) {
	struct buf out = {0};
	struct domain_parts parts;
	if (domain_split(str_from(name), &parts)) {
		buf_printf(&out, "%.*s %.*s %.*s", STR_ARG(parts.sub), STR_ARG(parts.registered),
		           STR_ARG(parts.suffix));
	} else {
		buf_append_char(&out, '-');
	}
	CHECK_STR(out, expected);
	buf_deinit(&out);
}

TEST(names_are_taken_apart_by_the_list) {
	check("www.example.org", "www example.org org");
	check("a.b.example.co.jp", "a.b example.co.jp co.jp");
	check("example.com", " example.com com");
	check("WWW.Example.COM", "WWW Example.COM COM");
	check("7.2.0.192.in-addr.arpa", "7.2.0 192.in-addr.arpa in-addr.arpa");
	check("_ldap._tcp.example.net", "_ldap._tcp example.net net");
}

TEST(domains_of_providers_are_domains) {
	check("bucket.s3.amazonaws.com", "bucket.s3 amazonaws.com com");
}

TEST(rules_with_a_star_and_their_exceptions) {
	check("www.example.kobe.jp", " www.example.kobe.jp example.kobe.jp");
	check("www.city.kobe.jp", "www city.kobe.jp kobe.jp");
}

TEST(names_that_were_seen_are_taken_apart_alike) {
	static struct domain_memo memo;
	static const char *const seen[] = {"www.example.org", "host.lan", "", "example.com",
	                                   "a-name-that-is-longer-than-what-is-remembered.example.net"};
	for (size_t i = 0; i < 3 * ARRAY_LEN(seen); i++) {
		struct str name = str_from(seen[i % ARRAY_LEN(seen)]);
		struct domain_parts parts = {0};
		struct domain_parts again = {0};
		CHECK_EQ(domain_split_again(&memo, name, &again), domain_split(name, &parts));
		CHECK(str_eq(parts.registered, again.registered) && str_eq(parts.suffix, again.suffix));
		CHECK(str_eq(parts.sub, again.sub));
	}
}

TEST(what_is_no_registered_name_is_refused) {
	check("", "-");
	check("org", "-");
	check("co.jp", "-");
	check("localhost", "-");
	check("host.lan", "-");
	check("192.0.2.1", "-");
	check("2001:db8::1", "-");
	check("example.org.", "-");
	check(".example.org", "-");
	check("a..example.org", "-");
	check("a b.example.org", "-");
	check("\xe4\xbe\x8b.jp", "-");
}

TEST(long_names_end) {
	struct buf name = {0};
	struct domain_parts parts;
	for (int i = 0; i < 121; i++) {
		buf_append_str(&name, STR("a."));
	}
	buf_append_str(&name, STR("example.org"));
	CHECK(domain_split(buf_str(&name), &parts));
	CHECK_STR(parts.registered, "example.org");
	buf_append_str(&name, STR("x"));
	CHECK(!domain_split(buf_str(&name), &parts));
	buf_deinit(&name);
}
