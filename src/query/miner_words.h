/* Private to src/query: what words tell about whether they vary. */
#pragma once

#include "query/miner_scan.h"

/* A word that says what happened or how something is (started, enabled, true, off): lines with
 * different ones are different patterns. Names of states in capitals (RUNNING) are not meant. */
bool miner_is_state(const struct miner_token *token);
/* com.example.thing: a name that was made up for one thing. */
bool miner_is_dotted(const struct miner_token *token);
/* Whether tokens[at] stands where a name is expected: behind "user", between "for" and "from". */
bool miner_is_named(const struct miner_token *tokens, size_t count, size_t at);
/* Whether tokens[a] and tokens[b] are what stands in "from A to B". */
bool miner_is_from_to(const struct miner_token *tokens, size_t a, size_t b);
