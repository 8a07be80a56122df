/* Secrets in memory: libsodium's guarded pages, also for the texts that hold one for a moment. */
#include "seal/secret.h"

#include <sodium.h>

#include "base/limits.h"

enum { STACK_WIPED = 16 << 10 }; /* more than signing and hashing use */

_Static_assert(SECRET_TEXT_ROOM >= LIMIT_KEY_NAME + 512, "what the writers of key files reserve");

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

struct buf secret_text_new(void) {
	return (struct buf){.ptr = secret_new(SECRET_TEXT_ROOM), .cap = SECRET_TEXT_ROOM};
}

void secret_text_deinit(struct buf *text) {
	secret_free(text->ptr);
	*text = (struct buf){0};
}

enum err secret_read_file(const struct os *os, const char *path, struct buf *out_text) {
	int fd;
	struct os_stat stat;
	*out_text = secret_text_new();
	TRY(os->stat(os->ctx, path, true, &stat));
	if (stat.kind != OS_FILE_REGULAR) {
		return ERR_CORRUPT; /* a pipe would be waited for */
	}
	TRY(os->open(os->ctx, path, OS_READ, &fd));
	enum err err = os->read(os->ctx, fd, out_text->ptr, out_text->cap, &out_text->len);
	(void)os->close(os->ctx, fd); /* only read */
	return err == ERR_OK && out_text->len == out_text->cap ? ERR_LIMIT : err;
}

void secret_wipe_stack(void) {
	sodium_stackzero(STACK_WIPED);
}
