/* Reading records of the class alerts. They are ours, but may be damaged or forged. */
#include "base/instant.h"
#include "base/utf8.h"
#include "cmd/alerts.h"
#include "ingest/json_scan.h"

/* ---- records ---- */

static enum err read_page(struct store_view *view, size_t class_number, alerts_take_row take,
                          void *ctx) {
	const uint8_t *types;
	TRY(store_view_types(view, &types));
	for (uint32_t i = 0; i < store_view_rows(view); i++) {
		struct row row;
		if (types[i] == RECORD_AUDIT) {
			TRY(store_view_row(view, i, &row));
			TRY(take(ctx, &row, class_number));
		}
	}
	return ERR_OK;
}

static enum err read_class(const struct store_set *set, size_t number, alerts_take_row take,
                           void *ctx, uint64_t *pages_damaged, struct diag *diag) {
	const struct store_scan_options options = {.from_ns = INSTANT_MIN,
	                                           .to_ns = INSTANT_MAX,
	                                           .index_to = UINT64_MAX,
	                                           .types = 1U << RECORD_AUDIT};
	struct store_scan *scan = NULL;
	TRY(store_scan_new(set->stores[number], &options, &scan));
	enum err err = ERR_OK;
	for (;;) {
		struct store_view *view = NULL;
		err = store_scan_next(scan, &view, diag);
		if (err == ERR_OK && view == NULL) {
			break;
		}
		err = err == ERR_OK ? read_page(view, number, take, ctx) : err;
		store_view_free(view);
		if (err != ERR_OK && err != ERR_CORRUPT) {
			break;
		}
		*pages_damaged += err == ERR_CORRUPT;
	}
	store_scan_free(scan);
	return err;
}

enum err alerts_walk(const struct store_set *set, alerts_take_row take, void *ctx,
                     uint64_t *out_pages_damaged, struct diag *diag) {
	uint64_t pages_damaged = 0;
	for (size_t i = 0; i < set->count; i++) { /* the trees of a class are in order */
		if (str_eq(store_class_of(store_class(set->stores[i])), STR(ALERTS_CLASS))) {
			TRY(read_class(set, i, take, ctx, &pages_damaged, diag));
		}
	}
	*out_pages_damaged = pages_damaged;
	return ERR_OK;
}

/* ---- JSON ---- */

static bool take_member(struct json_scan *scan, struct alerts_member *members, size_t count,
                        size_t *found) {
	struct str key;
	struct str value;
	bool escapes;
	if (json_peek(scan) != JSON_STRING || !json_read_string(scan, &key, &escapes) ||
	    !json_take(scan, ':') || json_peek(scan) == JSON_NONE ||
	    !json_skip_value(scan, 1, &value)) {
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		if (members[i].raw.len == 0 && str_eq(key, str_from(members[i].name))) {
			members[i].raw = value;
			(*found)++;
		}
	}
	return true;
}

bool alerts_members(struct str text, struct alerts_member *members, size_t count) {
	struct json_scan scan = json_scan_of(text);
	size_t found = 0;
	for (size_t i = 0; i < count; i++) {
		members[i].raw = STR("");
	}
	if (!utf8_valid(text) || !json_take(&scan, '{')) {
		return false;
	}
	if (json_take(&scan, '}')) {
		return true;
	}
	do {
		if (!take_member(&scan, members, count, &found)) {
			return false;
		}
	} while (found < count && json_take(&scan, ','));
	return found == count || json_take(&scan, '}');
}

struct str alerts_body_of(struct str body, const char *name) {
	struct alerts_member member = {.name = name};
	return alerts_members(body, &member, 1) ? member.raw : STR("");
}

bool alerts_text(struct str raw, struct buf *out) {
	if (raw.len < 2 || raw.ptr[0] != '"') {
		return false;
	}
	json_unescape(str_slice(raw, 1, raw.len - 1), out);
	return true;
}

bool alerts_number(struct str raw, uint64_t *out_number) {
	uint64_t number = 0;
	for (size_t i = 0; i < raw.len; i++) {
		unsigned digit = (unsigned)(unsigned char)raw.ptr[i] - '0';
		if (digit > 9 || number > (UINT64_MAX - digit) / 10) {
			return false;
		}
		number = number * 10 + digit;
	}
	*out_number = number;
	return raw.len > 0;
}

bool alerts_time(struct str raw, int64_t *out_ns) {
	size_t used;
	bool has_zone;
	if (raw.len < 2 || raw.ptr[0] != '"') {
		return false;
	}
	struct str text = str_slice(raw, 1, raw.len - 1);
	return instant_parse_iso(text, out_ns, &has_zone, &used) && used == text.len && has_zone;
}

static int hex_digit(char c) {
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool alerts_hex(struct str raw, uint8_t *out_bytes, size_t count) {
	if (raw.len != 2 * count + 2 || raw.ptr[0] != '"') {
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		int high = hex_digit(raw.ptr[1 + 2 * i]);
		int low = hex_digit(raw.ptr[2 + 2 * i]);
		if (high < 0 || low < 0) {
			return false;
		}
		out_bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}
