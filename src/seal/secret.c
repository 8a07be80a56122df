/* Secrets in memory: libsodium's guarded pages, and text that is wiped. */
#include "seal/secret.h"

#include <sodium.h>

void *secret_new(size_t size) {
	ASSERT(sodium_init() >= 0);
	void *secret = sodium_malloc(size);
	ASSERT(secret != NULL);
	sodium_memzero(secret, size);
	return secret;
}

void secret_free(void *secret) {
	sodium_free(secret);
}

void secret_text_deinit(struct buf *text) {
	if (text->ptr != NULL) {
		sodium_memzero(text->ptr, text->cap);
	}
	buf_deinit(text);
}
