/* Reading and showing the ledger. */
#include "cmd/ledger.h"

#include "base/instant.h"

static bool is_of_ledger(uint8_t type) {
	static const bool told[RECORD_OBJECT + 1] = {
	    [RECORD_LOSS] = true,       [RECORD_PRUNE] = true,    [RECORD_HOLD] = true,
	    [RECORD_REDACT] = true,     [RECORD_RECOVERY] = true, [RECORD_KEY_EPOCH] = true,
	    [RECORD_CLOCK_STEP] = true, [RECORD_CONFIG] = true};
	return type <= RECORD_OBJECT && told[type];
}

static enum err read_page(struct store_view *view, struct arena *arena, struct buf *entries) {
	const uint8_t *types;
	TRY(store_view_types(view, &types));
	for (uint32_t i = 0; i < store_view_rows(view); i++) {
		struct row row;
		if (!is_of_ledger(types[i])) {
			continue;
		}
		TRY(store_view_row(view, i, &row));
		struct ledger_entry entry = {.received_ns = row.received_ns,
		                             .tree = arena_str(arena, row.tree),
		                             .index = row.index,
		                             .type = types[i],
		                             .body = arena_str(arena, row.body)};
		buf_append(entries, &entry, sizeof(entry));
	}
	return ERR_OK;
}

static enum err read_class(struct store *store, struct arena *arena, struct buf *entries) {
	const struct store_scan_options options = {
	    .from_ns = INSTANT_MIN, .to_ns = INSTANT_MAX, .index_to = UINT64_MAX, .all_types = true};
	struct store_scan *scan = NULL;
	TRY(store_scan_new(store, &options, &scan));
	for (;;) {
		struct store_view *view = NULL;
		struct diag diag = {0};
		enum err err = store_scan_next(scan, &view, &diag);
		if (err == ERR_CORRUPT) {
			continue; /* see ledger_read */
		}
		if (err != ERR_OK || view == NULL) {
			store_scan_free(scan);
			return err;
		}
		err = read_page(view, arena, entries);
		store_view_free(view);
		if (err != ERR_OK && err != ERR_CORRUPT) {
			store_scan_free(scan);
			return err;
		}
	}
}

enum err ledger_read(const struct store_set *set, struct arena *arena, struct ledger *out_ledger) {
	struct buf entries CLEANUP(buf_deinit) = {0};
	for (size_t i = 0; i < set->count; i++) {
		TRY(read_class(set->stores[i], arena, &entries));
	}
	size_t count = entries.len / sizeof(struct ledger_entry);
	struct ledger_entry *copy = ARENA_ARRAY(arena, count + 1, struct ledger_entry);
	if (count > 0) {
		memcpy(copy, entries.ptr, entries.len);
	}
	*out_ledger = (struct ledger){.entries = copy, .count = count};
	return ERR_OK;
}

void ledger_append_line(const struct ledger_entry *entry, const struct render_style *style,
                        struct buf *out) {
	struct str name = record_type_name(entry->type);
	instant_format(out, entry->received_ns / INSTANT_SECOND * INSTANT_SECOND,
	               render_offset(style, entry->received_ns));
	buf_printf(out, "  %-10.*s  %.*s:%llu  ", STR_ARG(name), STR_ARG(entry->tree),
	           (unsigned long long)entry->index);
	render_safe(out, entry->body);
	buf_append_char(out, '\n');
}

void ledger_append_json(const struct ledger *ledger, struct buf *out) {
	buf_append_str(out, STR(",\"ledger\":["));
	for (size_t i = 0; i < ledger->count; i++) {
		const struct ledger_entry *entry = &ledger->entries[i];
		buf_append_str(out, i > 0 ? STR(",{\"type\":") : STR("{\"type\":"));
		buf_append_json(out, record_type_name(entry->type));
		buf_append_str(out, STR(",\"akashi.tree\":"));
		buf_append_json(out, entry->tree);
		buf_printf(out, ",\"akashi.index\":%llu,\"received\":\"", (unsigned long long)entry->index);
		instant_format(out, entry->received_ns, 0);
		/* Bodies are JSON: the store has made them, or taken them as that. */
		buf_append_str(out, STR("\",\"body\":"));
		buf_append_str(out, entry->body);
		buf_append_char(out, '}');
	}
	buf_append_char(out, ']');
}
