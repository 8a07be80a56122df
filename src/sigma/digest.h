/* What tells one state of a rule from another: SHA-256 over everything that decides what it holds
 * for, as it was compiled (atoms, filters, values of placeholders, log source and names), and over
 * what a finding says of it (title, id, level, kind, tags). Where the rule lies, and comments,
 * count for nothing. Of a closed and mapped set.
 */
#pragma once

#include "base/sha256.h"
#include "sigma/set.h"

struct sigma_digest {
	uint8_t bytes[SHA256_SIZE];
};
/* Of all rules, and behind them of all correlations, which change with the rules that they are
 * about (those over correlations with every correlation). In arena. */
struct sigma_digest *sigma_digests(const struct sigma_set *set, struct arena *arena);
