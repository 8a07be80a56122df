/* A short list of zones by name. Names from outside become paths only after a check. */
#include "ingest/zones.h"

#include "base/buf.h"

#define ZONE_FOLDER "/usr/share/zoneinfo/"

enum { ZONES_MAX = 1024, ZONE_NAME_MAX = 64, ZONE_FILE_MAX = 1 << 18 };

struct named_zone {
	char name[ZONE_NAME_MAX + 1];
	struct zone *zone; /* NULL: known to be missing */
};

struct zones {
	const struct os *os;
	struct zone *utc;
	struct named_zone *named;
	uint32_t count;
};

struct zones *zones_new(const struct os *os) {
	struct zones *zones = calloc(1, sizeof(*zones));
	ASSERT(zones != NULL);
	zones->os = os;
	zones->utc = zone_fixed(0);
	return zones;
}

void zones_free(struct zones *zones) {
	if (zones == NULL) {
		return;
	}
	for (uint32_t i = 0; i < zones->count; i++) {
		zone_free(zones->named[i].zone);
	}
	free(zones->named);
	zone_free(zones->utc);
	free(zones);
}

void zones_freep(struct zones **zones) {
	zones_free(*zones);
	*zones = NULL;
}

/* Letters, digits, and "_+-/" inside; never a way out of the folder. */
static bool name_is_safe(struct str name) {
	if (name.len == 0 || name.len > ZONE_NAME_MAX || !char_is_alpha(name.ptr[0])) {
		return false;
	}
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		if (!char_is_alpha(c) && !char_is_digit(c) && c != '_' && c != '+' && c != '-' &&
		    c != '/') {
			return false;
		}
	}
	return true;
}

static struct zone *load(const struct zones *zones, struct str name) {
	struct buf path = {0};
	struct buf file = {0};
	struct zone *zone = NULL;
	int32_t offset;
	if (zone_parse_fixed(name, &offset)) {
		return zone_fixed(offset);
	}
	if (zones->os == NULL || !name_is_safe(name)) {
		return NULL;
	}
	buf_append_str(&path, STR(ZONE_FOLDER));
	buf_append_str(&path, name);
	buf_append_char(&path, '\0');
	if (os_read_file(zones->os, path.ptr, ZONE_FILE_MAX, &file) != ERR_OK ||
	    zone_from_tzif(buf_str(&file), &zone) != ERR_OK) {
		zone = NULL; /* the caller says which name and what to do */
	}
	buf_deinit(&path);
	buf_deinit(&file);
	return zone;
}

static struct zone *keep(struct zones *zones, struct str name, struct zone *zone) {
	zones->named = reallocarray(zones->named, zones->count + 1, sizeof(*zones->named));
	ASSERT(zones->named != NULL);
	struct named_zone *entry = &zones->named[zones->count++];
	memcpy(entry->name, name.ptr, name.len);
	entry->name[name.len] = '\0';
	entry->zone = zone;
	return zone;
}

static struct zone *find(struct zones *zones, struct str name) {
	for (uint32_t i = 0; i < zones->count; i++) {
		if (str_eq(str_from(zones->named[i].name), name)) {
			return zones->named[i].zone;
		}
	}
	if (name.len > ZONE_NAME_MAX || zones->count >= ZONES_MAX) {
		return NULL;
	}
	return keep(zones, name, load(zones, name));
}

const struct zone *zones_get(struct zones *zones, struct str name, struct diag *diag) {
	if (name.len == 0) {
		return zones->utc;
	}
	struct zone *zone = find(zones, name);
	if (zone == NULL) {
		(void)diag_set(diag, ERR_NOT_FOUND, "there is no time zone '%.*s'",
		               (int)MIN_OF(name.len, (size_t)ZONE_NAME_MAX), name.ptr);
		diag_hint(diag, "use a name such as Asia/Tokyo (package tzdata), an offset such as +09:00, "
		                "or UTC");
	}
	return zone;
}
