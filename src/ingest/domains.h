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

/* The same, remembering what was found of the names seen last; for one thread, begun with zeros. */
enum { DOMAIN_MEMO_NAMES = 256, DOMAIN_MEMO_LEN = 44 };
struct domain_memo {
	struct domain_seen {
		char name[DOMAIN_MEMO_LEN];
		uint8_t len;                /* 0: none */
		uint8_t registered, suffix; /* where they begin; suffix 0: no registered domain */
	} seen[DOMAIN_MEMO_NAMES];
};
bool domain_split_again(struct domain_memo *memo, struct str name, struct domain_parts *out);
