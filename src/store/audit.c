/* Records of who did what, in a class of their own. The lock is taken only for the moment of
 * writing, so that whoever reads for hours holds nobody up.
 */
#include "store/store.h"

enum { LOOK_NS = 50000000 }; /* between two looks at a lock that another program holds */

static enum err write_records(struct store *store, const struct store_audit_record *records,
                              size_t count, struct diag *diag) {
	for (size_t i = 0; i < count; i++) {
		TRY(store_note(store, records[i].type, records[i].body, diag));
	}
	return store_commit(store, diag);
}

/* No other class is opened: what is wrong with one neither keeps the finding from being written
 * down, nor is it frozen by whoever only reads. */
static enum err write_once(const struct store_audit_options *options,
                           const struct store_audit_record *records, size_t count,
                           struct diag *diag) {
	struct store *store CLEANUP(store_closep) = NULL;
	struct store_options opening = {.os = options->os,
	                                .path = options->path,
	                                .build = options->build,
	                                .tree = STORE_AUDIT,
	                                .writable = true,
	                                .add_class = true};
	enum err err = store_open(&opening, &store, diag);
	if (err == ERR_OK) {
		err = write_records(store, records, count, diag);
	}
	return err;
}

enum err store_audit(const struct store_audit_options *options,
                     const struct store_audit_record *records, size_t count, struct diag *diag) {
	const struct os *os = options->os;
	int64_t end = os->monotonic_ns(os->ctx) + options->wait_ns;
	for (;;) {
		enum err err = write_once(options, records, count, diag);
		if (err != ERR_LOCKED || os->monotonic_ns(os->ctx) >= end) {
			return err;
		}
		if (options->go_on != NULL && !options->go_on(options->ctx)) {
			return ERR_CANCELED;
		}
		os->sleep(os->ctx, LOOK_NS);
	}
}
