/* The table below says which fields are of which kind, under the names of rules (sigma/record.h):
 * those of Windows without their prefix, all others as docs/formats has them. */
#include "detect/pivots.h"

#include "base/map.h"
#include "sigma/record.h"

static const struct {
	enum pivot_kind kind;
	const char *field;
} fields[] = {
    {PIVOT_USER, "user.name"},
    {PIVOT_USER, "user.effective.name"},
    {PIVOT_USER, "source.user.name"},
    {PIVOT_USER, "TargetUserName"},
    {PIVOT_USER, "SubjectUserName"},
    {PIVOT_USER, "User"},
    {PIVOT_USER, "SourceUser"},
    {PIVOT_USER, "TargetUser"},
    {PIVOT_USER, "UserName"},
    {PIVOT_USER, "AccountName"},
    {PIVOT_USER, "SamAccountName"},
    {PIVOT_USER, "userIdentity.arn"},
    {PIVOT_USER, "actor.alternateId"},
    {PIVOT_USER, "UserId"},
    {PIVOT_HOST, "Computer"},
    {PIVOT_HOST, "host.name"},
    {PIVOT_HOST, "WorkstationName"},
    {PIVOT_HOST, "Workstation"},
    {PIVOT_HOST, "TargetServerName"},
    {PIVOT_HOST, "SourceHostname"},
    {PIVOT_HOST, "DestinationHostname"},
    {PIVOT_SOURCE, "source.ip"},
    {PIVOT_SOURCE, "source.address"},
    {PIVOT_SOURCE, "IpAddress"},
    {PIVOT_SOURCE, "SourceIp"},
    {PIVOT_SOURCE, "SourceAddress"},
    {PIVOT_SOURCE, "ClientAddress"},
    {PIVOT_SOURCE, "ClientIP"},
    {PIVOT_SOURCE, "sourceIPAddress"},
    {PIVOT_SOURCE, "id.orig_h"},
    {PIVOT_DESTINATION, "destination.ip"},
    {PIVOT_DESTINATION, "destination.address"},
    {PIVOT_DESTINATION, "destination.domain"},
    {PIVOT_DESTINATION, "DestinationIp"},
    {PIVOT_DESTINATION, "DestAddress"},
    {PIVOT_DESTINATION, "QueryName"},
    {PIVOT_DESTINATION, "id.resp_h"},
    {PIVOT_PROCESS, "process.executable"},
    {PIVOT_PROCESS, "process.name"},
    {PIVOT_PROCESS, "process.parent.executable"},
    {PIVOT_PROCESS, "Image"},
    {PIVOT_PROCESS, "ParentImage"},
    {PIVOT_PROCESS, "NewProcessName"},
    {PIVOT_PROCESS, "ParentProcessName"},
    {PIVOT_PROCESS, "ProcessName"},
    {PIVOT_PROCESS, "SourceImage"},
    {PIVOT_PROCESS, "TargetImage"},
    {PIVOT_HASH, "Hashes"},
    {PIVOT_HASH, "Hash"},
    {PIVOT_HASH, "file.hash.md5"},
    {PIVOT_HASH, "file.hash.sha1"},
    {PIVOT_HASH, "file.hash.sha256"},
    {PIVOT_HASH, "process.hash.sha256"},
};

static const struct {
	const char *name, *title;
} kinds[PIVOT_KIND_COUNT] = {
    [PIVOT_USER] = {"user", "Users"},
    [PIVOT_HOST] = {"host", "Hosts"},
    [PIVOT_SOURCE] = {"source", "Source addresses"},
    [PIVOT_DESTINATION] = {"destination", "Destinations"},
    [PIVOT_PROCESS] = {"process", "Processes"},
    [PIVOT_HASH] = {"hash", "Hashes"},
};

const char *pivot_kind_name(enum pivot_kind kind) {
	return kinds[kind].name;
}

const char *pivot_kind_title(enum pivot_kind kind) {
	return kinds[kind].title;
}

/* ---- values of a record ---- */

enum { VALUES_MAX = 256 }; /* of one record */

struct taking {
	pivot_take_f take;
	void *ctx;
	struct {
		enum pivot_kind kind;
		struct str value;
	} seen[VALUES_MAX];
	size_t count;
};

static bool says_nothing(struct str value) {
	static const struct str nothing[] = {STR_INIT("-"),         STR_INIT("null"),
	                                     STR_INIT("N/A"),       STR_INIT("127.0.0.1"),
	                                     STR_INIT("::1"),       STR_INIT("0.0.0.0"),
	                                     STR_INIT("::"),        STR_INIT("LOCAL"),
	                                     STR_INIT("localhost"), STR_INIT("::ffff:127.0.0.1")};
	for (size_t i = 0; i < ARRAY_LEN(nothing); i++) {
		if (str_eq_nocase(value, nothing[i])) {
			return true;
		}
	}
	return value.len == 0;
}

static void take_one(struct taking *taking, enum pivot_kind kind, struct str value) {
	value = str_slice(value, 0, PIVOT_BYTES_MAX);
	for (size_t i = 0; i < taking->count; i++) {
		if (taking->seen[i].kind == kind && str_eq_nocase(taking->seen[i].value, value)) {
			return;
		}
	}
	if (!says_nothing(value) && taking->count < VALUES_MAX) {
		taking->seen[taking->count].kind = kind;
		taking->seen[taking->count++].value = value;
		taking->take(taking->ctx, kind, value);
	}
}

/* "MD5=...,SHA256=...": one by one. */
static void take_value(struct taking *taking, enum pivot_kind kind, struct value value) {
	struct value element;
	size_t at = 0;
	if (value.kind == VALUE_LIST) {
		while (value_list_next(value.text, &at, &element)) {
			take_value(taking, kind, element);
		}
		return;
	}
	struct str rest = value.text;
	if (kind != PIVOT_HASH) {
		take_one(taking, kind, rest);
	}
	while (kind == PIVOT_HASH && rest.len > 0 && taking->count < VALUES_MAX) {
		take_one(taking, kind, str_cut(&rest, ','));
	}
}

void pivot_each(const struct row *row, pivot_take_f take, void *ctx) {
	struct taking taking = {.take = take, .ctx = ctx};
	for (size_t i = 0; i < row->fields_count; i++) {
		struct str name = sigma_field_name(row->fields[i].name, NULL, NULL);
		for (size_t k = 0; k < ARRAY_LEN(fields); k++) {
			if (str_eq(name, str_from(fields[k].field))) {
				take_value(&taking, fields[k].kind, row->fields[i].value);
			}
		}
	}
}

/* ---- counting ---- */

struct pivots {
	struct map *numbers; /* kind and value in small letters -> number */
	struct buf items;    /* struct item */
	struct arena *arena;
	uint64_t left_out;
};

struct item {
	enum pivot_kind kind;
	struct pivot pivot;
};

struct pivots *pivots_new(void) {
	struct pivots *pivots = calloc(1, sizeof(*pivots));
	ASSERT(pivots != NULL);
	pivots->numbers = map_new();
	pivots->arena = arena_new(SIZE_MAX);
	return pivots;
}

void pivots_free(struct pivots *pivots) {
	if (pivots != NULL) {
		map_free(pivots->numbers);
		buf_deinit(&pivots->items);
		arena_free(pivots->arena);
		free(pivots);
	}
}

/* ASCII letters count in any case. */
static struct item *find(struct pivots *pivots, enum pivot_kind kind, struct str value) {
	char key[PIVOT_BYTES_MAX + 1];
	value = str_slice(value, 0, PIVOT_BYTES_MAX);
	key[0] = (char)kind;
	for (size_t i = 0; i < value.len; i++) {
		char c = value.ptr[i];
		key[i + 1] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	struct str text = str_make(key, value.len + 1);
	uint64_t *number = map_find(pivots->numbers, text);
	size_t count = map_count(pivots->numbers);
	if (number == NULL && count >= PIVOTS_MAX) {
		return NULL;
	}
	if (number == NULL) {
		struct item item = {.kind = kind,
		                    .pivot = {.value = arena_str(pivots->arena, value),
		                              .first_ns = INT64_MAX,
		                              .last_ns = INT64_MIN}};
		number = map_put(pivots->numbers, text, count, NULL);
		buf_append(&pivots->items, &item, sizeof(item));
	}
	return (struct item *)(void *)pivots->items.ptr + *number; /* of malloc */
}

void pivots_add(struct pivots *pivots, enum pivot_kind kind, struct str value, int64_t time_ns,
                enum sigma_level level) {
	struct item *item = find(pivots, kind, value);
	if (item == NULL) {
		pivots->left_out++;
		return;
	}
	item->pivot.records++;
	item->pivot.first_ns = MIN_OF(item->pivot.first_ns, time_ns);
	item->pivot.last_ns = MAX_OF(item->pivot.last_ns, time_ns);
	item->pivot.level = MAX_OF(item->pivot.level, level);
}

uint64_t pivots_left_out(const struct pivots *pivots) {
	return pivots->left_out;
}

static int by_records(const void *a, const void *b) {
	const struct pivot *x = a;
	const struct pivot *y = b;
	if (x->records != y->records) {
		return x->records < y->records ? 1 : -1;
	}
	return str_cmp(x->value, y->value);
}

struct pivot *pivots_list(const struct pivots *pivots, enum pivot_kind kind, size_t *out_count) {
	const struct item *items = (const struct item *)(const void *)pivots->items.ptr;
	size_t all = map_count(pivots->numbers);
	struct pivot *out = calloc(all + 1, sizeof(*out));
	size_t count = 0;
	ASSERT(out != NULL);
	for (size_t i = 0; i < all; i++) {
		if (items[i].kind == kind) {
			out[count++] = items[i].pivot;
		}
	}
	qsort(out, count, sizeof(*out), by_records);
	*out_count = count;
	return out;
}
