/* An address with its port in one word, as devices write it. */
#pragma once

#include "base/str.h"

struct endpoint {
	struct str address; /* all of the text when nothing else can be told */
	bool is_ip;
	struct str port; /* digits, or empty */
};

/* "192.0.2.1:80", "[2001:db8::1]:80", "192.0.2.1/80", "192.0.2.1(80)", "192.0.2.1.80",
 * "2001:db8::1.80", "www.example.org:80", all eight groups of IPv6 and ":80", or no port. */
struct endpoint endpoint_read(struct str text);
