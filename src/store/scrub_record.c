/* Writing and reading the records of scrubs. A round goes through all classes and then the objects;
 * when it is over, the next one begins at the front.
 */
#include "store/scrub_record.h"

#include <inttypes.h>

#include "base/instant.h"
#include "event/batch.h"
#include "store/facts.h"
#include "store/take.h"

void scrub_damage_format(const struct store_damage *damage, bool first, struct buf *out) {
	buf_append_str(out, first ? STR("{\"where\":") : STR(",{\"where\":"));
	buf_append_json(out, damage->where);
	buf_append_str(out, STR(",\"what\":"));
	buf_append_json(out, damage->what);
	if (damage->has_range) {
		buf_printf(out, ",\"from\":%" PRIu64 ",\"to\":%" PRIu64, damage->index_from,
		           damage->index_to);
	}
	buf_append_char(out, '}');
}

void scrub_record_format(const struct store_scrub_part *part, struct str damages, struct buf *out) {
	buf_append_str(out, STR("{\"scrub\":{\"tree\":"));
	if (part->tree.len > 0) {
		buf_append_json(out, part->tree);
	} else {
		buf_append_str(out, STR("null"));
	}
	buf_printf(out,
	           ",\"from\":%" PRIu64 ",\"to\":%" PRIu64 ",\"size\":%" PRIu64 ",\"segments\":%" PRIu64
	           ",\"records\":%" PRIu64 ",\"objects\":%" PRIu64 ",\"bytes\":%" PRIu64
	           ",\"damages_count\":%" PRIu64 ",\"damages\":[%.*s],\"seconds\":%.3f}}",
	           part->from, part->to, part->size, part->segments, part->records, part->objects,
	           part->bytes, part->damages, STR_ARG(damages), (double)part->ns / 1e9);
}

/* ---- reading ---- */

static bool take_tree(struct str *rest, struct str *out_tree) {
	if (take(rest, STR("null"))) {
		*out_tree = STR("");
		return true;
	}
	if (!take(rest, STR("\""))) {
		return false;
	}
	*out_tree = str_cut(rest, '"');
	return tree_name_valid(*out_tree);
}

enum err scrub_record_parse(struct str body, struct store_scrub_part *out_part) {
	struct store_scrub_part part = {0};
	struct str rest = body;
	bool right = take(&rest, STR("{\"scrub\":{\"tree\":")) && take_tree(&rest, &part.tree) &&
	             take(&rest, STR(",\"from\":")) && take_number(&rest, &part.from) &&
	             take(&rest, STR(",\"to\":")) && take_number(&rest, &part.to) &&
	             take(&rest, STR(",\"size\":")) && take_number(&rest, &part.size);
	if (!right || part.from > part.to || part.to > part.size) {
		return ERR_CORRUPT;
	}
	*out_part = part;
	return ERR_OK;
}

/* ---- where scrubs are ---- */

const struct store_scrub_seen *store_scrub_find(const struct store_scrub_state *state,
                                                struct str tree) {
	for (size_t i = 0; i < state->count; i++) {
		if (str_eq(str_from(state->parts[i].tree), tree)) {
			return &state->parts[i];
		}
	}
	return NULL;
}

/* NULL when there are more names than classes. */
static struct store_scrub_seen *find_or_add(struct store_scrub_state *state, struct str tree) {
	for (size_t i = 0; i < state->count; i++) {
		if (str_eq(str_from(state->parts[i].tree), tree)) {
			return &state->parts[i];
		}
	}
	if (state->count == ARRAY_LEN(state->parts)) {
		return NULL;
	}
	struct store_scrub_seen *seen = &state->parts[state->count++];
	*seen = (struct store_scrub_seen){0};
	_Static_assert(sizeof(((struct store_scrub_seen *)0)->tree) > TREE_NAME_MAX,
	               "a tree's name fits");
	memcpy(seen->tree, tree.ptr, tree.len);
	return seen;
}

void scrub_state_add(struct store_scrub_state *state, const struct store_scrub_part *part,
                     int64_t ns) {
	struct store_scrub_seen *seen = find_or_add(state, part->tree);
	if (seen == NULL || (part->from != 0 && part->from != seen->next)) {
		return; /* a piece that does not fit what came before proves nothing */
	}
	seen->next = part->to;
	if (part->to < part->size) {
		return;
	}
	seen->next = 0;
	seen->through = true;
	seen->whole = true;
	seen->whole_ns = ns;
	for (size_t i = 0; part->tree.len == 0 && i < state->count; i++) {
		state->parts[i].through = false; /* the round is over */
	}
}

static enum err read_page(struct store_view *view, struct store_scrub_state *state) {
	const uint8_t *types;
	TRY(store_view_types(view, &types));
	for (uint32_t i = 0; i < store_view_rows(view); i++) {
		struct row row;
		struct store_scrub_part part;
		if (types[i] != RECORD_AUDIT) {
			continue;
		}
		TRY(store_view_row(view, i, &row));
		if (scrub_record_parse(row.body, &part) == ERR_OK) {
			scrub_state_add(state, &part, row.received_ns);
		}
	}
	return ERR_OK;
}

static enum err read_all(struct store *store, struct store_scrub_state *state) {
	const struct store_scan_options options = {.from_ns = INSTANT_MIN,
	                                           .to_ns = INSTANT_MAX,
	                                           .index_to = UINT64_MAX,
	                                           .types = 1U << RECORD_AUDIT};
	struct store_scan *scan = NULL;
	enum err err = store_scan_new(store, &options, &scan);
	while (err == ERR_OK || err == ERR_CORRUPT) {
		struct store_view *view = NULL;
		err = store_scan_next(scan, &view, NULL);
		if (err == ERR_OK && view == NULL) {
			break;
		}
		err = err == ERR_OK ? read_page(view, state) : err;
		store_view_free(view);
	}
	store_scan_free(scan);
	return err;
}

static enum err read_tree(const struct os *os, const char *path, const char *tree,
                          struct store_scrub_state *state, struct diag *diag) {
	struct store_options options = {.os = os, .path = path, .tree = tree};
	struct store *store CLEANUP(store_closep) = NULL;
	TRY(store_open(&options, &store, diag));
	return read_all(store, state);
}

/* All trees of the class, in order: after a loss it goes on in the next one. */
enum err store_scrub_read(const struct os *os, const char *path,
                          struct store_scrub_state *out_state, struct diag *diag) {
	struct store_scrub_state state = {0};
	struct diag inner = {0};
	enum err err = ERR_OK;
	for (uint64_t number = 1; err == ERR_OK && number <= CLASSES_MAX; number++) {
		char name[TREE_NAME_MAX + 1];
		tree_name(STR(STORE_AUDIT), number, name);
		err = read_tree(os, path, name, &state, &inner);
	}
	if (err != ERR_OK && err != ERR_NOT_FOUND) {
		return diag_set(diag, err, "the audit records cannot be read: %s",
		                inner.message[0] != '\0' ? inner.message : err_text(err));
	}
	*out_state = state;
	return ERR_OK;
}
