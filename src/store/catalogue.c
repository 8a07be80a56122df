/* Listing and opening segments. */
#include "store/catalogue.h"

#include <inttypes.h>

enum { LIST_TRIES = 100 };

void segment_name(uint64_t first, uint64_t end, char out_name[SEGMENT_NAME_SIZE]) {
	int len =
	    snprintf(out_name, SEGMENT_NAME_SIZE, "%012" PRIu64 "-%012" PRIu64 ".seg", first, end);
	ASSERT(len > 0 && len < SEGMENT_NAME_SIZE);
}

bool segment_name_parse(struct str name, uint64_t *out_first, uint64_t *out_end) {
	uint64_t first;
	uint64_t end;
	char again[SEGMENT_NAME_SIZE];
	struct str rest = name;
	struct str head = str_cut(&rest, '-');
	if (!str_ends(rest, STR(".seg")) || !str_to_u64(head, INT64_MAX, &first) ||
	    !str_to_u64(str_slice(rest, 0, rest.len - 4), INT64_MAX, &end) || first >= end) {
		return false;
	}
	segment_name(first, end, again);
	*out_first = first;
	*out_end = end;
	return str_eq(str_from(again), name);
}

/* ---- listing ---- */

struct listing {
	struct buf segments; /* struct segment_entry, names only */
	struct buf leftovers;
};

static void listing_deinit(struct listing *listing) {
	buf_deinit(&listing->segments);
	buf_deinit(&listing->leftovers);
}

static enum err list_one(void *ctx, struct str name, enum os_file_kind kind) {
	struct listing *listing = ctx;
	struct segment_entry entry = {0};
	if (kind != OS_FILE_REGULAR) {
		return ERR_OK;
	}
	if (segment_name_parse(name, &entry.first, &entry.end)) {
		memcpy(entry.name, name.ptr, name.len);
		buf_append(&listing->segments, &entry, sizeof(entry));
	} else if (str_eq(name, STR(SEGMENT_NEW))) {
		buf_append_str(&listing->leftovers, name);
		buf_append_char(&listing->leftovers, '\0');
	}
	return ERR_OK;
}

/* By first index; of those with the same, the longest first. */
static int by_range(const void *a, const void *b) {
	const struct segment_entry *x = a;
	const struct segment_entry *y = b;
	if (x->first != y->first) {
		return x->first < y->first ? -1 : 1;
	}
	return x->end > y->end ? -1 : x->end < y->end;
}

static enum err list_sorted(const struct os *os, const char *folder, struct listing *listing) {
	*listing = (struct listing){0};
	TRY(os->list(os->ctx, folder, list_one, listing));
	if (listing->segments.len > 0) {
		qsort(listing->segments.ptr, listing->segments.len / sizeof(struct segment_entry),
		      sizeof(struct segment_entry), by_range);
	}
	return ERR_OK;
}

/* ---- opening ---- */

static const char *footer_fault(const struct segment_footer *footer,
                                const struct segment_entry *entry,
                                const struct catalogue_owner *owner) {
	if (memcmp(footer->store_uuid, owner->store_uuid, 16) != 0) {
		return "it belongs to another store";
	}
	if (footer->first_index != entry->first || footer->count != entry->end - entry->first) {
		return "it holds other records than its name says";
	}
	return str_eq(footer->tree, owner->tree) ? NULL : "it belongs to another tree";
}

/* Damage goes into the entry; errors are those of the system. */
static enum err open_entry(struct segment_entry *entry, const struct os *os, const char *folder,
                           const struct catalogue_owner *owner, struct diag *diag) {
	struct diag inner = {0};
	enum err err = segment_open(os, folder, entry->name, owner->late, &entry->segment, &inner);
	if (err == ERR_OK) {
		const char *fault = footer_fault(segment_footer(entry->segment), entry, owner);
		if (fault == NULL) {
			return ERR_OK;
		}
		segment_free(TAKE(entry->segment));
		(void)snprintf(entry->damage, sizeof(entry->damage), "%s", fault);
		return ERR_OK;
	}
	if (err == ERR_CORRUPT) {
		(void)snprintf(entry->damage, sizeof(entry->damage), "%s", inner.message);
		return ERR_OK;
	}
	return diag_set(diag, err, "%s", inner.message);
}

static enum err open_all(struct catalogue *catalogue, const struct listing *listing,
                         const struct os *os, const char *folder,
                         const struct catalogue_owner *owner, struct diag *diag) {
	size_t count = listing->segments.len / sizeof(struct segment_entry);
	const struct segment_entry *found = (const struct segment_entry *)(void *)listing->segments.ptr;
	catalogue->entries = reallocarray(NULL, count + 1, sizeof(*catalogue->entries));
	ASSERT(catalogue->entries != NULL);
	for (size_t i = 0; i < count; i++) {
		struct segment_entry *entry = &catalogue->entries[catalogue->count];
		struct segment_entry *before = catalogue->count == 0 ? NULL : entry - 1;
		*entry = found[i];
		if (before != NULL && before->segment != NULL && entry->end <= before->end) {
			buf_append(&catalogue->leftovers, entry->name, strlen(entry->name) + 1);
			continue;
		}
		TRY(open_entry(entry, os, folder, owner, diag));
		catalogue->count++;
	}
	buf_append_str(&catalogue->leftovers, buf_str(&listing->leftovers));
	return ERR_OK;
}

enum err catalogue_load(struct catalogue *catalogue, const struct os *os, const char *folder,
                        const struct catalogue_owner *owner, struct diag *diag) {
	struct listing before CLEANUP(listing_deinit) = {0};
	enum err err = list_sorted(os, folder, &before);
	for (int tries = 0; err == ERR_OK; tries++) {
		*catalogue = (struct catalogue){0};
		err = open_all(catalogue, &before, os, folder, owner, diag);
		struct listing after CLEANUP(listing_deinit) = {0};
		if (err == ERR_OK || err == ERR_NOT_FOUND) {
			TRY(list_sorted(os, folder, &after));
			if (err == ERR_OK && str_eq(buf_str(&before.segments), buf_str(&after.segments))) {
				return ERR_OK;
			}
			err = tries < LIST_TRIES ? ERR_OK : ERR_IO;
		}
		catalogue_deinit(catalogue);
		listing_deinit(&before);
		before = after;
		after = (struct listing){0};
	}
	return diag != NULL && diag->message[0] != '\0'
	           ? err
	           : diag_set(diag, err, "the segments in '%s' cannot be listed: %s", folder,
	                      err_text(err));
}

void catalogue_deinit(struct catalogue *catalogue) {
	for (size_t i = 0; i < catalogue->count; i++) {
		segment_free(catalogue->entries[i].segment);
	}
	free(catalogue->entries);
	buf_deinit(&catalogue->leftovers);
	*catalogue = (struct catalogue){0};
}

uint64_t catalogue_last(const struct catalogue *catalogue) {
	return catalogue->count == 0 ? 0 : catalogue->entries[catalogue->count - 1].first;
}

uint64_t catalogue_end(const struct catalogue *catalogue) {
	return catalogue->count == 0 ? 0 : catalogue->entries[catalogue->count - 1].end;
}

uint64_t catalogue_log_frame(const struct catalogue *catalogue) {
	uint64_t frame = 0;
	for (size_t i = 0; i < catalogue->count; i++) {
		const struct segment *segment = catalogue->entries[i].segment;
		frame = segment == NULL ? frame : MAX_OF(frame, segment_footer(segment)->log_frame);
	}
	return frame;
}

enum err catalogue_check(const struct catalogue *catalogue, struct diag *diag) {
	uint64_t end = 0;
	for (size_t i = 0; i < catalogue->count; i++) {
		const struct segment_entry *entry = &catalogue->entries[i];
		if (entry->segment == NULL) {
			return diag_set(diag, ERR_CORRUPT, "segment %s is damaged: %s", entry->name,
			                entry->damage);
		}
		if (entry->first != end) {
			return diag_set(diag, ERR_CORRUPT,
			                "records %" PRIu64 " to %" PRIu64 " are missing before segment %s", end,
			                entry->first, entry->name);
		}
		end = entry->end;
	}
	return ERR_OK;
}

struct segment *catalogue_find(const struct catalogue *catalogue, uint64_t index) {
	size_t low = 0;
	size_t high = catalogue->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (catalogue->entries[middle].end <= index) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < catalogue->count && catalogue->entries[low].first <= index
	           ? catalogue->entries[low].segment
	           : NULL;
}

enum err catalogue_add(struct catalogue *catalogue, const struct os *os, const char *folder,
                       const char *name, bool replace_last, struct segment **out_replaced,
                       struct diag *diag) {
	struct segment_entry entry = {0};
	ASSERT(segment_name_parse(str_from(name), &entry.first, &entry.end));
	(void)snprintf(entry.name, sizeof(entry.name), "%s", name);
	TRY(segment_open(os, folder, name, false, &entry.segment, diag));
	*out_replaced = NULL;
	if (replace_last) {
		ASSERT(catalogue->count > 0);
		*out_replaced = catalogue->entries[--catalogue->count].segment;
	}
	catalogue->entries =
	    reallocarray(catalogue->entries, catalogue->count + 1, sizeof(*catalogue->entries));
	ASSERT(catalogue->entries != NULL);
	catalogue->entries[catalogue->count++] = entry;
	return ERR_OK;
}
