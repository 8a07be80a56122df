/* Reading and showing the ledger. */
#include "cmd/ledger.h"

#include "base/instant.h"
#include "ingest/json_scan.h"

static bool is_of_audit(uint8_t type) {
	return type == RECORD_AUDIT || type == RECORD_EXPORT;
}

static bool is_of_ledger(uint8_t type) {
	static const bool told[RECORD_OBJECT + 1] = {
	    [RECORD_LOSS] = true,       [RECORD_PRUNE] = true,    [RECORD_HOLD] = true,
	    [RECORD_REDACT] = true,     [RECORD_RECOVERY] = true, [RECORD_KEY_EPOCH] = true,
	    [RECORD_CLOCK_STEP] = true, [RECORD_CONFIG] = true};
	return type <= RECORD_OBJECT && told[type];
}

static enum err read_page(struct store_view *view, bool (*wanted)(uint8_t type),
                          struct arena *arena, struct buf *entries) {
	const uint8_t *types;
	TRY(store_view_types(view, &types));
	for (uint32_t i = 0; i < store_view_rows(view); i++) {
		struct row row;
		if (!wanted(types[i])) {
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

static enum err read_class(struct store *store, bool (*wanted)(uint8_t type), struct arena *arena,
                           struct buf *entries) {
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
		err = read_page(view, wanted, arena, entries);
		store_view_free(view);
		if (err != ERR_OK && err != ERR_CORRUPT) {
			store_scan_free(scan);
			return err;
		}
	}
}

static void keep(const struct buf *entries, struct arena *arena, struct ledger *out_ledger) {
	size_t count = entries->len / sizeof(struct ledger_entry);
	struct ledger_entry *copy = ARENA_ARRAY(arena, count + 1, struct ledger_entry);
	if (count > 0) {
		memcpy(copy, entries->ptr, entries->len);
	}
	*out_ledger = (struct ledger){.entries = copy, .count = count};
}

enum err ledger_read(const struct store_set *set, struct arena *arena, struct ledger *out_ledger) {
	struct buf entries CLEANUP(buf_deinit) = {0};
	for (size_t i = 0; i < set->count; i++) {
		TRY(read_class(set->stores[i], is_of_ledger, arena, &entries));
	}
	keep(&entries, arena, out_ledger);
	return ERR_OK;
}

enum err ledger_read_audit(const struct store_set *set, struct arena *arena,
                           struct ledger *out_audit) {
	struct buf entries CLEANUP(buf_deinit) = {0};
	size_t number = store_set_find(set, STR(STORE_AUDIT));
	if (number < set->count) {
		TRY(read_class(set->stores[number], is_of_audit, arena, &entries));
	}
	keep(&entries, arena, out_audit);
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

/* ---- who did what ---- */

/* The value of a member of an object of ours, as it is written; of a string what it stands for.
 * False: there is none, or null. */
static bool member(struct str body, const char *name, struct buf *out) {
	struct json_scan scan = json_scan_of(body);
	buf_clear(out);
	bool more = json_take(&scan, '{');
	while (more) {
		struct str key;
		struct str value;
		bool escapes;
		if (json_peek(&scan) != JSON_STRING || !json_read_string(&scan, &key, &escapes) ||
		    !json_take(&scan, ':') || json_peek(&scan) == JSON_NONE ||
		    !json_skip_value(&scan, 1, &value)) {
			return false;
		}
		if (str_eq(key, str_from(name))) {
			bool text = str_starts(value, STR("\""));
			if (text) {
				json_unescape(str_slice(value, 1, value.len - 1), out);
			} else {
				buf_append_str(out, value);
			}
			return text || !str_eq(value, STR("null"));
		}
		more = json_take(&scan, ',');
	}
	return false;
}

static void append_member(struct str body, const char *name, const char *label, struct buf *out) {
	struct buf value CLEANUP(buf_deinit) = {0};
	if (member(body, name, &value)) {
		buf_append_str(out, str_from(label));
		render_safe(out, buf_str(&value));
	}
}

static void append_scrub(struct str scrub, struct buf *out) {
	struct buf tree CLEANUP(buf_deinit) = {0};
	buf_append_str(out, STR("scrub   "));
	if (member(scrub, "tree", &tree)) {
		render_safe(out, buf_str(&tree));
	} else {
		buf_append_str(out, STR("objects"));
	}
	append_member(scrub, "from", " from ", out);
	append_member(scrub, "to", " to ", out);
	append_member(scrub, "size", " of ", out);
	append_member(scrub, "damages_count", "  damages: ", out);
}

static void append_read(struct str body, struct buf *out) {
	append_member(body, "command", "", out);
	append_member(body, "user", "  ", out);
	append_member(body, "uid", " uid ", out);
	append_member(body, "case", "  case: ", out);
	append_member(body, "purpose", "  purpose: ", out);
	append_member(body, "from", "  from ", out);
	append_member(body, "to", "  to ", out);
	append_member(body, "original", "  file: ", out);
	append_member(body, "tree", "  proof: ", out);
	append_member(body, "index", ":", out);
	append_member(body, "output", "  output: ", out);
	append_member(body, "query", "  query: ", out);
}

void ledger_append_audit_line(const struct ledger_entry *entry, const struct render_style *style,
                              struct buf *out) {
	struct buf scrub CLEANUP(buf_deinit) = {0};
	instant_format(out, entry->received_ns / INSTANT_SECOND * INSTANT_SECOND,
	               render_offset(style, entry->received_ns));
	buf_append_str(out, STR("  "));
	if (member(entry->body, "scrub", &scrub)) {
		append_scrub(buf_str(&scrub), out);
	} else {
		append_read(entry->body, out);
	}
	buf_append_char(out, '\n');
}

void ledger_append_json(const struct ledger *ledger, const char *name, struct buf *out) {
	buf_printf(out, ",\"%s\":[", name);
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
