/* Recursion is bounded by LIMIT_JSON_DEPTH. */
#include "ingest/json_members.h"

#include "ingest/json_scan.h"

/* Elements of arrays that paths look at; parts of a path. */
enum { ELEMENTS_MAX = 4096, PARTS_MAX = 8 };

struct members {
	struct json_scan scan;
	struct arena *arena;
	char path[LIMIT_FIELD_NAME];
	json_member *take;
	void *ctx;
};

static struct str plain(struct arena *arena, struct str raw, bool escapes) {
	if (!escapes) {
		return raw;
	}
	struct buf out = {0};
	json_unescape(raw, &out);
	struct str kept = arena_str(arena, buf_str(&out));
	buf_deinit(&out);
	return kept;
}

/* A scalar that stands at the scan. False on an error. */
static bool read_scalar(struct json_scan *scan, struct arena *arena, struct value *out) {
	bool escapes;
	struct str raw;
	switch (json_peek(scan)) {
	case JSON_STRING:
		if (!json_read_string(scan, &raw, &escapes)) {
			return false;
		}
		*out = value_string(plain(arena, raw, escapes));
		return true;
	case JSON_NUMBER:
		out->kind = VALUE_NUMBER;
		return json_read_number(scan, &out->text);
	case JSON_BOOL:
		out->kind = VALUE_BOOL;
		return json_read_word(scan, &out->text);
	case JSON_NULL:
		out->kind = VALUE_JSON;
		return json_read_word(scan, &out->text);
	case JSON_NONE:
	case JSON_OBJECT:
	case JSON_ARRAY:
	default:
		return false;
	}
}

/* An array that was skipped, so that it is whole: a list when it holds scalars only. */
static struct value array_value(struct arena *arena, struct str array) {
	struct json_scan scan = json_scan_of(array);
	struct buf list = {0};
	struct value element;
	bool scalars = true;
	scan.at = 1;
	while (scalars && !json_take(&scan, ']')) {
		scalars = read_scalar(&scan, arena, &element);
		if (scalars) {
			value_list_append(&list, element);
			(void)json_take(&scan, ',');
		}
	}
	struct value value = {VALUE_JSON, array};
	if (scalars) {
		value = (struct value){VALUE_LIST, arena_str(arena, buf_str(&list))};
	}
	buf_deinit(&list);
	return value;
}

/* Any value but an object with members. */
static bool read_any(struct json_scan *scan, struct arena *arena, uint32_t depth,
                     struct value *out) {
	enum json_type type = json_peek(scan);
	struct str text;
	if (type != JSON_ARRAY && type != JSON_OBJECT) {
		return read_scalar(scan, arena, out);
	}
	if (!json_skip_value(scan, depth, &text)) {
		return false;
	}
	*out = type == JSON_ARRAY ? array_value(arena, text) : (struct value){VALUE_JSON, text};
	return true;
}

static bool read_members(struct members *m, size_t path_len, uint32_t depth);

static bool read_member(struct members *m, size_t path_len, uint32_t depth) {
	struct str key;
	struct value value;
	bool escapes;
	if (json_peek(&m->scan) != JSON_STRING || !json_read_string(&m->scan, &key, &escapes) ||
	    !json_take(&m->scan, ':')) {
		return false;
	}
	key = plain(m->arena, key, escapes);
	size_t dot = path_len > 0;
	bool fits = path_len + dot + key.len <= sizeof(m->path);
	size_t len = fits ? path_len + dot + key.len : path_len;
	if (fits) {
		if (dot != 0) {
			m->path[path_len] = '.';
		}
		memcpy(m->path + path_len + dot, key.ptr, key.len);
	}
	if (fits && json_peek(&m->scan) == JSON_OBJECT) {
		return read_members(m, len, depth + 1);
	}
	if (!read_any(&m->scan, m->arena, depth + 1, &value)) {
		return false;
	}
	if (fits) { /* a name that is too long is not given: the text has it */
		m->take(m->ctx, str_make(m->path, len), value);
	}
	return true;
}

static bool read_members(struct members *m, size_t path_len, uint32_t depth) {
	size_t first = m->scan.at;
	if (depth >= LIMIT_JSON_DEPTH || !json_take(&m->scan, '{')) {
		return false;
	}
	if (json_take(&m->scan, '}')) {
		if (path_len > 0) {
			struct str empty = str_slice(m->scan.text, first, m->scan.at);
			m->take(m->ctx, str_make(m->path, path_len), (struct value){VALUE_JSON, empty});
		}
		return true;
	}
	do {
		if (!read_member(m, path_len, depth)) {
			return false;
		}
	} while (json_take(&m->scan, ','));
	return json_take(&m->scan, '}');
}

bool json_members(struct str text, struct arena *arena, json_member *take, void *ctx) {
	struct members m = {.scan = json_scan_of(text), .arena = arena, .take = take, .ctx = ctx};
	return json_peek(&m.scan) == JSON_OBJECT && read_members(&m, 0, 0) && json_at_end(&m.scan);
}

bool json_is_object(struct str text) {
	struct json_scan scan = json_scan_of(text);
	struct str whole;
	return json_peek(&scan) == JSON_OBJECT && json_skip_value(&scan, 0, &whole) &&
	       json_at_end(&scan);
}

/* ---- paths ---- */

struct finder {
	struct arena *arena;
	json_found *take;
	void *ctx;
};

static void find_in(const struct finder *f, struct str json, struct str path, uint32_t parts);

/* The value of a member of an object that is whole; its text is empty when there is none. */
static struct str member_of(struct arena *arena, struct str object, struct str name) {
	struct json_scan scan = json_scan_of(object);
	struct str key, value;
	bool escapes;
	if (json_peek(&scan) != JSON_OBJECT || !json_take(&scan, '{')) {
		return STR("");
	}
	while (json_peek(&scan) == JSON_STRING && json_read_string(&scan, &key, &escapes) &&
	       json_take(&scan, ':') && json_skip_value(&scan, 1, &value)) {
		if (str_eq(plain(arena, key, escapes), name)) {
			return value;
		}
		if (!json_take(&scan, ',')) {
			break;
		}
	}
	return STR("");
}

static bool member_is(struct arena *arena, struct str object, struct str name, struct str wanted) {
	struct json_scan scan = json_scan_of(member_of(arena, object, name));
	struct value value;
	return scan.text.len > 0 && read_scalar(&scan, arena, &value) && str_eq(value.text, wanted);
}

static void find_in_array(const struct finder *f, struct str array, struct str path,
                          uint32_t parts) {
	struct str rest = path;
	struct str which = str_cut(&rest, '.');
	size_t equals = str_find_char(which, '=', 0);
	bool all = str_eq(which, STR("*"));
	uint64_t wanted = UINT64_MAX;
	struct json_scan scan = json_scan_of(array);
	struct str element;
	if (!all && equals >= which.len && !str_to_u64(which, ELEMENTS_MAX, &wanted)) {
		return;
	}
	scan.at = 1;
	for (uint32_t i = 0; i < ELEMENTS_MAX && !json_take(&scan, ']'); i++) {
		(void)json_peek(&scan);
		if (!json_skip_value(&scan, 1, &element)) {
			return;
		}
		(void)json_take(&scan, ',');
		bool fits = all || i == wanted ||
		            (equals < which.len && member_is(f->arena, element, str_slice(which, 0, equals),
		                                             str_slice(which, equals + 1, which.len)));
		if (fits) {
			find_in(f, element, rest, parts + 1);
			if (!all) {
				return;
			}
		}
	}
}

static void find_in(const struct finder *f, struct str json, struct str path, uint32_t parts) {
	struct json_scan scan = json_scan_of(json);
	struct value value;
	if (parts > PARTS_MAX) {
		return;
	}
	enum json_type type = json_peek(&scan);
	if (path.len == 0) {
		if (read_any(&scan, f->arena, 1, &value)) {
			f->take(f->ctx, value);
		}
	} else if (type == JSON_ARRAY) {
		find_in_array(f, json, path, parts);
	} else if (type == JSON_OBJECT) {
		struct str rest = path;
		struct str name = str_cut(&rest, '.');
		struct str found = member_of(f->arena, json, name);
		if (found.len > 0) {
			find_in(f, found, rest, parts + 1);
		}
	}
}

void json_path(struct str json, struct str path, struct arena *arena, json_found *take, void *ctx) {
	const struct finder f = {arena, take, ctx};
	find_in(&f, json, path, 0);
}
