/* What signing and notes share inside src/seal: names, raw signatures. Everybody else uses
 * seal/checkpoint.h.
 */
#pragma once

#include "seal/checkpoint.h"

/* True for a name that a note can carry: UTF-8, no white space, no plus, no control characters. */
bool key_name_valid(struct str name);
/* The verifier for a key, with its key id (C2SP signed-note). The name is borrowed. */
struct verifier verifier_make(struct str name, const uint8_t public_key[KEY_PUBLIC_SIZE]);
/* Appends the three lines that are signed. */
void checkpoint_format(struct str origin, uint64_t size, const uint8_t root[SHA256_SIZE],
                       struct buf *out);
/* Ed25519 over text (RFC 8032). */
void signer_sign(const struct signer *signer, struct str text,
                 uint8_t out_signature[SIGNATURE_SIZE]);
