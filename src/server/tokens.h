/* Tokens of senders over HTTP: each is a secret in a file of its own, bound to the name of a
 * source. Secrets are in no configuration, no argument and no message.
 */
#pragma once

#include "base/err.h"
#include "os/os.h"

enum { TOKENS_MAX = 64, TOKEN_MIN = 16, TOKEN_MAX = 256 };

/* One of the configuration. */
struct token_file {
	struct str source, file;
};

struct tokens;

/* ERR_INVALID: a token that others may read, is too short, or is there twice. */
MUST_USE enum err tokens_read(const struct os *os, const struct token_file *files, size_t count,
                              struct tokens **out_tokens, struct diag *diag);
void tokens_free(struct tokens *tokens); /* NULL is fine; wipes them */
/* Whether the value of an Authorization header brings a token: "Bearer T", "Splunk T", "ApiKey T",
 * or "Basic" with T as the password. *out_source is that of the token. Takes as long whichever it
 * is. */
bool tokens_find(const struct tokens *tokens, struct str authorization, struct str *out_source);
