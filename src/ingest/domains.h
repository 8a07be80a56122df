/* A host's name taken apart by the Public Suffix List (libpsl, the list inside):
 * "a.b.example.co.jp" is "a.b" under the registered domain "example.co.jp", under the suffix
 * "co.jp".
 */
#pragma once

#include "base/str.h"

struct domain_parts {
	struct str registered;
	struct str suffix; /* ECS: top_level_domain */
	struct str sub;    /* empty when the name is the registered domain itself */
};

/* False: an address, one label, a suffix that the list does not know ("host.lan"), or no name. The
 * parts lie inside name. */
bool domain_split(struct str name, struct domain_parts *out);
