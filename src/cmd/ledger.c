/* Reading and showing the ledger. */
#include "cmd/ledger.h"

#include "base/instant.h"
#include "ingest/json_scan.h"

enum {
	LEDGER_TYPES = 1 << RECORD_LOSS | 1 << RECORD_PRUNE | 1 << RECORD_HOLD | 1 << RECORD_REDACT |
	               1 << RECORD_RECOVERY | 1 << RECORD_KEY_EPOCH | 1 << RECORD_CLOCK_STEP |
	               1 << RECORD_CONFIG,
	AUDIT_TYPES = 1 << RECORD_AUDIT | 1 << RECORD_EXPORT
};

static enum err read_page(struct store_view *view, size_t class_number, uint32_t wanted,
                          struct arena *arena, struct buf *entries) {
	const uint8_t *types;
	TRY(store_view_types(view, &types));
	for (uint32_t i = 0; i < store_view_rows(view); i++) {
		struct row row;
		if (types[i] > RECORD_OBJECT || (wanted >> types[i] & 1) == 0) {
			continue;
		}
		TRY(store_view_row(view, i, &row));
		struct ledger_entry entry = {.received_ns = row.received_ns,
		                             .class_number = class_number,
		                             .tree = arena_str(arena, row.tree),
		                             .index = row.index,
		                             .type = types[i],
		                             .body = arena_str(arena, row.body)};
		buf_append(entries, &entry, sizeof(entry));
	}
	return ERR_OK;
}

static enum err read_class(const struct store_set *set, size_t number, uint32_t wanted,
                           struct arena *arena, struct buf *entries) {
	const struct store_scan_options options = {
	    .from_ns = INSTANT_MIN, .to_ns = INSTANT_MAX, .index_to = UINT64_MAX, .types = wanted};
	struct store_scan *scan = NULL;
	TRY(store_scan_new(set->stores[number], &options, &scan));
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
		err = read_page(view, number, wanted, arena, entries);
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
		TRY(read_class(set, i, LEDGER_TYPES, arena, &entries));
	}
	keep(&entries, arena, out_ledger);
	return ERR_OK;
}

enum err ledger_read_audit(const struct store_set *set, struct arena *arena,
                           struct ledger *out_audit) {
	struct buf entries CLEANUP(buf_deinit) = {0};
	for (size_t i = 0; i < set->count; i++) { /* the trees of a class are in order */
		if (str_eq(store_class_of(store_class(set->stores[i])), STR(STORE_AUDIT))) {
			TRY(read_class(set, i, AUDIT_TYPES, arena, &entries));
		}
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
	append_member(body, "consistency_from", " goes on from ", out);
	append_member(body, "consistency_to", " to ", out);
	append_member(body, "output", "  output: ", out);
	append_member(body, "query", "  query: ", out);
	append_member(body, "rules_count", "  ", out);
	append_member(body, "rules_added", " in force: ", out);
	append_member(body, "rules_changed", " new, ", out);
	append_member(body, "rules_removed", " changed, ", out);
	append_member(body, "rules_hash", " gone; hash ", out);
	append_member(body, "rules_changes", ": ", out);
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

/* ---- between results ---- */

static int compare_u64(uint64_t a, uint64_t b) {
	return a < b ? -1 : a > b;
}

static int compare_times(int64_t a, int64_t b) {
	return a < b ? -1 : a > b;
}

static int by_index(const void *left, const void *right) {
	const struct ledger_entry *a = left;
	const struct ledger_entry *b = right;
	int order = compare_u64(a->class_number, b->class_number);
	return order != 0 ? order : compare_u64(a->index, b->index);
}

static int by_time(const void *left, const void *right) {
	const struct ledger_entry *a = left;
	const struct ledger_entry *b = right;
	int order = compare_times(a->received_ns, b->received_ns);
	return order != 0 ? order : by_index(left, right);
}

static int by_time_newest(const void *left, const void *right) {
	return by_time(right, left);
}

enum err ledger_between_read(const struct store_set *set, const struct query_options *options,
                             struct arena *arena, struct ledger_between *out_between) {
	struct ledger_between between = {
	    .order = options->order, .from_ns = options->from_ns, .to_ns = options->to_ns};
	struct ledger all;
	TRY(ledger_read(set, arena, &all));
	struct ledger_entry *entries = ARENA_ARRAY(arena, all.count + 1, struct ledger_entry);
	size_t count = 0;
	for (size_t i = 0; i < all.count; i++) {
		int64_t at = all.entries[i].received_ns;
		if (at >= between.from_ns && (at < between.to_ns || between.to_ns == INSTANT_MAX)) {
			entries[count++] = all.entries[i];
		}
	}
	qsort(entries, count, sizeof(*entries),
	      between.order == QUERY_BY_INDEX  ? by_index
	      : between.order == QUERY_BY_TIME ? by_time
	                                       : by_time_newest);
	between.ledger = (struct ledger){.entries = entries, .count = count};
	*out_between = between;
	return ERR_OK;
}

/* True when the entry stands before the result in the order of the results. */
static bool stands_before(const struct ledger_between *between, const struct ledger_entry *entry,
                          const struct row *row, size_t class_number) {
	switch (between->order) {
	case QUERY_BY_TIME:
		return entry->received_ns < row->time_ns;
	case QUERY_BY_TIME_NEWEST:
		return entry->received_ns > row->time_ns;
	case QUERY_BY_INDEX:
	default:
		return entry->class_number < class_number ||
		       (entry->class_number == class_number && entry->index < row->index);
	}
}

static void append_between(const struct ledger_entry *entry, const struct render_style *style,
                           struct buf *out) {
	buf_append_str(out, style->colour ? STR("\x1b[2m-- ") : STR("-- "));
	ledger_append_line(entry, style, out);
	if (style->colour) {
		out->len--; /* the colour ends before the line does */
		buf_append_str(out, STR("\x1b[0m\n"));
	}
}

/* A search that names no time before its first result has asked for nothing there. */
static bool open_at(const struct ledger_between *between, bool front) {
	switch (between->order) {
	case QUERY_BY_TIME:
		return front ? between->from_ns == INSTANT_MIN : between->to_ns == INSTANT_MAX;
	case QUERY_BY_TIME_NEWEST:
		return front ? between->to_ns == INSTANT_MAX : between->from_ns == INSTANT_MIN;
	case QUERY_BY_INDEX:
	default:
		return true;
	}
}

void ledger_before(struct ledger_between *between, const struct row *row, size_t class_number,
                   const struct render_style *style, struct buf *out) {
	const struct ledger *ledger = &between->ledger;
	bool silent = !between->begun && open_at(between, true);
	between->begun = true;
	while (between->next < ledger->count &&
	       stands_before(between, &ledger->entries[between->next], row, class_number)) {
		if (!silent) {
			append_between(&ledger->entries[between->next], style, out);
		}
		between->next++;
	}
}

void ledger_behind(struct ledger_between *between, const struct render_style *style,
                   struct buf *out) {
	while (!open_at(between, false) && between->next < between->ledger.count) {
		append_between(&between->ledger.entries[between->next++], style, out);
	}
}
