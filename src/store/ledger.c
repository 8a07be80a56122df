/* Waiting records, and what is noticed by itself. */
#include "store/ledger.h"

#include <inttypes.h>

#include "codec/wire.h"
#include "store/store_private.h"

/* ---- waiting ---- */

void ledger_note(struct store *store, enum record_type type, struct str body) {
	struct buf *waiting = &store->writer->waiting;
	wire_put_varint(waiting, (uint64_t)type);
	wire_put_str(waiting, body);
}

enum err store_note(struct store *store, uint8_t type, struct str body, struct diag *diag) {
	static const bool notable[RECORD_OBJECT + 1] = {
	    [RECORD_CONN] = true,   [RECORD_LOSS] = true,  [RECORD_ANCHOR] = true,
	    [RECORD_AUDIT] = true,  [RECORD_PRUNE] = true, [RECORD_HOLD] = true,
	    [RECORD_REDACT] = true, [RECORD_EXPORT] = true};
	ASSERT(store->writer != NULL);
	if (type > RECORD_OBJECT || !notable[type] || body.len > LEDGER_BODY_MAX) {
		return diag_set(diag, ERR_INVALID, "no such record of the store's own");
	}
	if (store->writer->broken != ERR_OK) {
		return diag_set(diag, store->writer->broken, "the store cannot be written any more: %s",
		                err_text(store->writer->broken));
	}
	ledger_note(store, (enum record_type)type, body);
	return ERR_OK;
}

bool ledger_waits(const struct store *store) {
	return store->writer->waiting.len > 0;
}

void ledger_take(struct store *store, struct batch *batch) {
	struct buf *waiting = &store->writer->waiting;
	struct wire in = wire_from(buf_str(waiting));
	if (waiting->len == 0) {
		return;
	}
	while (wire_left(&in) > 0 && batch->count + batch->ends_count + 2 < LIMIT_BATCH_ROWS) {
		uint8_t type = (uint8_t)wire_varint(&in);
		add_own_row(store, batch, (enum record_type)type, wire_str(&in, SIZE_MAX));
	}
	size_t left = wire_left(&in);
	memmove(waiting->ptr, waiting->ptr + (waiting->len - left), left);
	waiting->len = left;
}

/* ---- clocks ---- */

static void note_step(struct store *store, int64_t from_ns, int64_t to_ns, const char *seen) {
	struct buf body CLEANUP(buf_deinit) = {0};
	buf_printf(&body, "{\"from_ns\":%" PRId64 ",\"to_ns\":%" PRId64 ",\"seen\":\"%s\"}", from_ns,
	           to_ns, seen);
	ledger_note(store, RECORD_CLOCK_STEP, buf_str(&body));
}

void ledger_check_clock(struct store *store) {
	struct clock_seen *seen = &store->writer->clock;
	struct clock_seen now = {.known = true,
	                         .wall_ns = store->os->wall_ns(store->os->ctx),
	                         .monotonic_ns = store->os->monotonic_ns(store->os->ctx)};
	if (seen->known) {
		/* Where the wall clock would be had it gone on. Unsigned: any clock is possible. */
		int64_t expected = (int64_t)((uint64_t)seen->wall_ns + (uint64_t)now.monotonic_ns -
		                             (uint64_t)seen->monotonic_ns);
		int64_t step = (int64_t)((uint64_t)now.wall_ns - (uint64_t)expected);
		if (step > CLOCK_STEP_NS || step < -CLOCK_STEP_NS) {
			note_step(store, expected, now.wall_ns, "running");
		}
	}
	*seen = now;
}

/* ---- at opening ---- */

/* The last seal record of the last segment, or none (then *out_received is that of the last row).
 */
static enum err last_seal(struct store *store, struct buf *out_body, int64_t *out_received) {
	struct segment *last = store->catalogue.entries[store->catalogue.count - 1].segment;
	struct view_names names = store_names(store);
	uint32_t page = segment_pages(last);
	bool first = true;
	while (page > 0) {
		struct store_view *view = NULL;
		const uint8_t *types;
		struct row row;
		TRY(segment_view(last, --page, &names, &view, NULL));
		enum err err = store_view_types(view, &types);
		uint32_t at = store_view_rows(view);
		if (err == ERR_OK && first) {
			err = store_view_row(view, at - 1, &row);
			*out_received = err == ERR_OK ? row.received_ns : 0;
			first = false;
		}
		while (err == ERR_OK && at > 0 && types[at - 1] != RECORD_SEAL) {
			at--;
		}
		if (err == ERR_OK && at > 0) {
			err = store_view_row(view, at - 1, &row);
			buf_append_str(out_body, err == ERR_OK ? row.body : STR(""));
		}
		store_view_free(view);
		TRY(err);
		if (out_body->len > 0) {
			return ERR_OK;
		}
	}
	return ERR_OK;
}

static void check_settings(struct store *store, const struct seal_record *seal) {
	struct store_writer *writer = store->writer;
	if (store->options.settings == NULL) {
		return;
	}
	struct str settings = str_from(store->options.settings);
	writer->has_settings = true;
	sha256(settings.ptr, settings.len, writer->settings);
	if (!seal->has_settings || memcmp(seal->settings, writer->settings, SHA256_SIZE) != 0) {
		ledger_note(store, RECORD_CONFIG, settings);
	}
}

enum err ledger_open(struct store *store, struct diag *diag) {
	struct seal_record seal = {0};
	struct buf body CLEANUP(buf_deinit) = {0};
	int64_t received = INT64_MIN;
	if (store->catalogue.count > 0) {
		enum err err = last_seal(store, &body, &received);
		if (err != ERR_OK) {
			return diag_set(diag, err, "the last records of the store cannot be read: %s",
			                err_text(err));
		}
	}
	if (seal_record_parse(buf_str(&body), &seal) != ERR_OK) {
		seal = (struct seal_record){0}; /* none yet, or a stop came before it */
	}
	int64_t now = store->os->wall_ns(store->os->ctx);
	if (now < received) {
		note_step(store, received, now, "opening");
	}
	check_settings(store, &seal);
	return ERR_OK;
}

void ledger_note_aside(struct store *store, struct str what, struct str bytes, uint64_t offset,
                       bool torn) {
	uint8_t digest[SHA256_SIZE];
	struct buf body CLEANUP(buf_deinit) = {0};
	sha256(bytes.ptr, bytes.len, digest);
	buf_append_str(&body, STR("{\"set_aside\":"));
	buf_append_json(&body, what);
	buf_printf(&body, ",\"offset\":%" PRIu64 ",\"bytes\":%zu,\"why\":\"%s\",\"sha256\":\"", offset,
	           bytes.len, torn ? "the end of an unfinished write" : "damaged");
	buf_append_hex(&body, digest, sizeof(digest));
	buf_append_str(&body, STR("\"}"));
	ledger_note(store, RECORD_RECOVERY, buf_str(&body));
}
