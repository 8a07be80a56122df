/* One pass over the pages of the store. Rows whose keys are the same are of one kind; which fields
 * are still worth looking at is asked of the reach, page by page.
 */
#include "cmd/rules_reach.h"

#include "base/instant.h"
#include "base/map.h"
#include "cmd/console.h"
#include "os/priority.h"
#include "query/when.h"
#include "sigma/record.h"
#include "store/store.h"

#define SILENT_NS (7 * 86400 * INSTANT_SECOND)
#define NO_KIND UINT32_MAX
#define NO_NAME UINT32_MAX

/* The columns of a page that a key may come from: the header's first. */
struct key_columns {
	const struct column *items[2];
	uint32_t count;
};

struct reading {
	const struct rules *rules;
	struct rules_reach *out;
	struct progress progress;
	int64_t from_ns, to_ns, silent_after_ns;
	uint64_t records, rows_done;
	/* of the page at hand */
	uint32_t *kinds;
	size_t kinds_cap;
	struct map *by_codes; /* the keys' values -> kind */
	struct buf codes, last_codes, seen;
	struct key_columns keys[REACH_KEYS];
};

/* ---- kinds of a page ---- */

static enum err find_keys(struct reading *r, struct store_view *view) {
	const struct str *names;
	size_t count = store_view_names(view, &names);
	memset(r->keys, 0, sizeof(r->keys));
	for (int header = 1; header >= 0; header--) {
		for (size_t i = 0; i < count; i++) {
			bool is_header;
			struct str name = sigma_field_name(names[i], &is_header, NULL);
			for (uint32_t k = 0; k < REACH_KEYS && is_header == (header == 1); k++) {
				struct key_columns *key = &r->keys[k];
				if (str_eq(name, reach_key_name(k)) && key->count < ARRAY_LEN(key->items)) {
					TRY(store_view_column(view, names[i], &key->items[key->count++]));
				}
			}
		}
	}
	for (uint32_t k = 0; k < REACH_KEYS; k++) {
		if (str_eq(reach_key_name(k), STR("akashi.format"))) {
			r->keys[k].count = 1;
			TRY(store_view_column(view, STR("akashi.format"), &r->keys[k].items[0]));
		}
	}
	return ERR_OK;
}

static struct value key_value(const struct key_columns *key, uint32_t row) {
	struct value value = VALUE_ABSENT;
	for (uint32_t i = 0; i < key->count && value.kind == VALUE_NONE; i++) {
		value = column_get(key->items[i], row);
	}
	return value;
}

/* Bytes that are equal for rows of this page with equal keys. */
static void append_codes(struct reading *r, uint32_t row) {
	for (uint32_t k = 0; k < REACH_KEYS; k++) {
		for (uint32_t i = 0; i < r->keys[k].count; i++) {
			const struct column *column = r->keys[k].items[i];
			if (column->kind == COLUMN_DICT) {
				buf_append(&r->codes, &column->codes[row], sizeof(column->codes[row]));
			} else if (column->kind == COLUMN_FLAT) {
				struct value value = column->values[row];
				buf_append_char(&r->codes, (char)value.kind);
				buf_append_u64(&r->codes, value.text.len);
				buf_append_char(&r->codes, ':');
				buf_append_str(&r->codes, value.text);
			}
		}
	}
}

static uint32_t find_kind(struct reading *r, uint32_t row, uint32_t last_kind) {
	buf_clear(&r->codes);
	append_codes(r, row);
	if (last_kind != NO_KIND && str_eq(buf_str(&r->codes), buf_str(&r->last_codes))) {
		return last_kind;
	}
	uint64_t *known = map_find(r->by_codes, buf_str(&r->codes));
	uint32_t kind;
	if (known != NULL) {
		kind = (uint32_t)*known;
	} else {
		struct value values[REACH_KEYS];
		for (uint32_t k = 0; k < REACH_KEYS; k++) {
			values[k] = key_value(&r->keys[k], row);
		}
		kind = reach_kind(r->out->reach, values);
		(void)map_put(r->by_codes, buf_str(&r->codes), kind, NULL);
		buf_append(&r->seen, &kind, sizeof(kind));
	}
	buf_clear(&r->last_codes);
	buf_append_str(&r->last_codes, buf_str(&r->codes));
	return kind;
}

static enum err read_kinds(struct reading *r, struct store_view *view) {
	const int64_t *times;
	const uint8_t *types;
	uint32_t rows = store_view_rows(view);
	uint32_t last = NO_KIND;
	TRY(store_view_times(view, &times));
	TRY(store_view_types(view, &types));
	TRY(find_keys(r, view));
	map_clear(r->by_codes);
	buf_clear(&r->seen);
	for (uint32_t i = 0; i < rows; i++) {
		r->kinds[i] = NO_KIND;
		if (types[i] != RECORD_DATA || times[i] < r->from_ns ||
		    (times[i] >= r->to_ns && r->to_ns != INSTANT_MAX)) {
			continue;
		}
		last = r->kinds[i] = find_kind(r, i, last);
		reach_seen(r->out->reach, last, 1, times[i], times[i]);
		r->out->records++;
	}
	return ERR_OK;
}

/* ---- fields ---- */

/* What one field of the page tells, under one of its names. */
static enum err read_field(struct reading *r, struct store_view *view, struct str record_name,
                           uint32_t field) {
	struct reach *reach = r->out->reach;
	const uint32_t *seen = (const uint32_t *)(const void *)r->seen.ptr; /* of malloc */
	const struct column *column;
	bool wanted = false;
	for (size_t i = 0; i < r->seen.len / sizeof(*seen) && !wanted; i++) {
		wanted = reach_wanted(reach, seen[i], field);
	}
	if (!wanted) {
		return ERR_OK;
	}
	TRY(store_view_column(view, record_name, &column));
	for (uint32_t i = 0; i < store_view_rows(view); i++) {
		if (r->kinds[i] != NO_KIND) {
			reach_value(reach, r->kinds[i], field, column_get(column, i));
		}
	}
	return ERR_OK;
}

/* Names with blanks are also found without them (specification "Field Usage" 2). */
static struct str without_blanks(struct buf *room, struct str name) {
	buf_clear(room);
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] != ' ') {
			buf_append_char(room, name.ptr[i]);
		}
	}
	return buf_str(room);
}

static enum err read_fields(struct reading *r, struct store_view *view) {
	CLEANUP(buf_deinit) struct buf room = {0};
	const struct str *names;
	size_t count = store_view_names(view, &names);
	for (size_t i = 0; i < count && r->seen.len > 0; i++) {
		struct str name = sigma_field_name(names[i], NULL, NULL);
		uint32_t field = reach_field(r->out->reach, name);
		if (field != NO_NAME) {
			TRY(read_field(r, view, names[i], field));
		}
		field = str_find(name, STR(" "), 0) == (size_t)-1
		            ? NO_NAME
		            : reach_field(r->out->reach, without_blanks(&room, name));
		if (field != NO_NAME) {
			TRY(read_field(r, view, names[i], field));
		}
	}
	return ERR_OK;
}

/* ---- the store ---- */

static enum err read_page(struct reading *r, struct store_view *view) {
	uint32_t rows = store_view_rows(view);
	if (rows > r->kinds_cap) {
		free(r->kinds);
		r->kinds = calloc(rows, sizeof(*r->kinds));
		ASSERT(r->kinds != NULL);
		r->kinds_cap = rows;
	}
	r->rows_done += rows;
	TRY(read_kinds(r, view));
	return read_fields(r, view);
}

static enum err read_store(struct reading *r, struct store *store, struct diag *diag) {
	struct store_scan_options options = {
	    .from_ns = r->from_ns, .to_ns = r->to_ns, .index_to = UINT64_MAX, .once = true};
	struct store_scan *pages;
	enum err err = store_scan_new(store, &options, &pages);
	if (err != ERR_OK) {
		return err;
	}
	for (;;) {
		struct store_view *view;
		err = store_scan_next(pages, &view, diag);
		if (err == ERR_OK && view == NULL) {
			break;
		}
		if (err == ERR_OK) {
			err = read_page(r, view);
			store_view_free(view);
		}
		if (err == ERR_CORRUPT) { /* the rest can still be read; the user is told */
			r->out->pages_damaged++;
			err = ERR_OK;
		}
		if (err == ERR_OK && console_interrupted()) {
			err = ERR_CANCELED;
		}
		if (err != ERR_OK) {
			break;
		}
		if (progress_due(&r->progress)) {
			progress_show(&r->progress, "read %llu of %llu records",
			              (unsigned long long)r->rows_done, (unsigned long long)r->records);
		}
	}
	store_scan_free(pages);
	return err;
}

static enum err read_time(const char *text, int64_t *out_ns, struct diag *diag) {
	const struct os *os = os_real();
	struct when when;
	if (text == NULL) {
		return ERR_OK;
	}
	TRY(when_parse(str_from(text), os->wall_ns(os->ctx), NULL, &when, diag));
	*out_ns = when.ns;
	return ERR_OK;
}

static void judge(const struct rules *rules, struct rules_reach *out, int64_t silent_after_ns) {
	const struct sigma_set *set = rules->set;
	out->answers =
	    calloc((size_t)set->rules_count + set->correlations_count + 1, sizeof(*out->answers));
	ASSERT(out->answers != NULL);
	reach_span(out->reach, &out->first_ns, &out->last_ns);
	if (out->first_ns <= out->last_ns) {
		const struct os *os = os_real();
		int64_t newest = MIN_OF(out->last_ns, os->wall_ns(os->ctx));
		out->silent_ns =
		    newest > INSTANT_MIN + silent_after_ns ? newest - silent_after_ns : INSTANT_MIN;
	}
	for (uint32_t i = 0; i < set->rules_count; i++) {
		out->answers[i] = reach_rule(out->reach, i, out->silent_ns);
		out->counts[out->answers[i].reason]++;
	}
	for (uint32_t i = 0; i < set->correlations_count; i++) {
		struct reach_answer answer = reach_correlation(out->reach, i, out->answers);
		out->answers[set->rules_count + i] = answer;
		out->counts[answer.reason]++;
	}
}

enum err rules_reach_read(const struct rules *rules, const struct sigma_sources *sources,
                          struct rules_reach *out, struct diag *diag) {
	struct reading r = {.rules = rules,
	                    .out = out,
	                    .silent_after_ns = SILENT_NS,
	                    .from_ns = INSTANT_MIN,
	                    .to_ns = INSTANT_MAX};
	struct store_set set = {0};
	struct store_info info;
	*out = (struct rules_reach){0};
	TRY(read_time(rules->args->from, &r.from_ns, diag));
	TRY(read_time(rules->args->to, &r.to_ns, diag));
	if (rules->args->silent != NULL) {
		TRY(when_parse_duration(str_from(rules->args->silent), &r.silent_after_ns, diag));
	}
	TRY(console_open_stores(rules->args, &set, diag));
	priority_give_way();
	store_set_info(&set, &info);
	r.records = info.records;
	r.by_codes = map_new();
	out->reach = reach_new(rules->set, sources);
	progress_begin(&r.progress);
	enum err err = ERR_OK;
	for (size_t i = 0; i < set.count && err == ERR_OK; i++) {
		err = read_store(&r, set.stores[i], diag);
	}
	progress_end(&r.progress);
	if (err == ERR_OK) {
		err = rules_fired_read(&set, r.from_ns, r.to_ns, out, diag);
	}
	if (err == ERR_OK) {
		judge(rules, out, r.silent_after_ns);
		(void)console_tell_losses(out->pages_damaged,
		                          &info); /* told; pages_damaged is the caller's */
	}
	store_set_close(&set);
	map_free(r.by_codes);
	buf_deinit(&r.codes);
	buf_deinit(&r.last_codes);
	buf_deinit(&r.seen);
	free(r.kinds);
	return err;
}

void rules_reach_deinit(struct rules_reach *reach) {
	reach_free(reach->reach);
	map_free(reach->fired);
	free(reach->answers);
	*reach = (struct rules_reach){0};
}
