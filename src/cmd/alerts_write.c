/* Writing records of the class alerts. The lock is taken only for the moment of writing. */
#include "base/instant.h"
#include "cmd/alerts.h"
#include "cmd/version.gen.h"

#define WAIT_NS (5 * INSTANT_SECOND)
#define LOOK_NS (INSTANT_SECOND / 20)

void alerts_waiting_deinit(struct alerts_waiting *waiting) {
	buf_deinit(&waiting->bodies);
	buf_deinit(&waiting->sizes);
}

enum err alerts_wait(struct alerts_waiting *waiting, struct str body) {
	if (body.len > LEDGER_BODY_MAX) {
		return ERR_LIMIT;
	}
	buf_append_str(&waiting->bodies, body);
	buf_append(&waiting->sizes, &body.len, sizeof(body.len));
	return ERR_OK;
}

static enum err note_all(struct store *store, const struct alerts_waiting *waiting,
                         struct diag *diag) {
	const size_t *sizes = (const size_t *)(const void *)waiting->sizes.ptr;
	size_t at = 0;
	for (size_t i = 0; i < waiting->sizes.len / sizeof(*sizes); i++) {
		TRY(store_note(store, RECORD_AUDIT, str_make(waiting->bodies.ptr + at, sizes[i]), diag));
		at += sizes[i];
	}
	return store_commit(store, diag);
}

/* No other class is opened, as store_audit has it. rewrite_bytes: as in store_options. */
static enum err write_behind(const struct args *args, const struct alerts_waiting *waiting,
                             uint64_t rewrite_bytes, struct diag *diag) {
	CLEANUP(store_closep) struct store *store = NULL;
	const struct store_options options = {.os = os_real(),
	                                      .path = console_store_path(args),
	                                      .build = "akashi " AKASHI_VERSION,
	                                      .tree = ALERTS_CLASS,
	                                      .writable = true,
	                                      .add_class = true,
	                                      .rewrite_bytes = rewrite_bytes};
	enum err err = store_open(&options, &store, diag);
	return err == ERR_OK ? note_all(store, waiting, diag) : err;
}

/* A last segment that is damaged cannot be written anew with what follows: then that gets a segment
 * of its own. */
static enum err write_once(const struct args *args, const struct alerts_waiting *waiting,
                           struct diag *diag) {
	enum err err = write_behind(args, waiting, 0, diag);
	if (err == ERR_CORRUPT) {
		*diag = (struct diag){0};
		err = write_behind(args, waiting, 1, diag);
	}
	return err;
}

enum err alerts_write(const struct args *args, struct alerts_waiting *waiting, struct diag *diag) {
	const struct os *os = os_real();
	int64_t end = os->monotonic_ns(os->ctx) + WAIT_NS;
	enum err err = ERR_OK;
	while (waiting->sizes.len > 0) {
		*diag = (struct diag){0};
		err = write_once(args, waiting, diag);
		if (err != ERR_LOCKED || os->monotonic_ns(os->ctx) >= end || console_interrupted()) {
			break;
		}
		os->sleep(os->ctx, LOOK_NS);
	}
	if (err == ERR_OK) {
		buf_clear(&waiting->bodies);
		buf_clear(&waiting->sizes);
	}
	return err;
}
