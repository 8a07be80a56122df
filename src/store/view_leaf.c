/* Leaves of a page's rows, for proving: numbers in streams, salts, headers. */
#include "store/view_private.h"

/* Numbers each row within its stream. */
static enum err find_sequence(struct store_view *view) {
	if (view->sequence != NULL) {
		return ERR_OK;
	}
	uint64_t *next = view_array(view, view->meta.sources_count, sizeof(*next));
	uint64_t *sequence = view_array(view, view->frame.rows, sizeof(*sequence));
	if (next == NULL || sequence == NULL) {
		return ERR_LIMIT;
	}
	for (uint32_t row = 0; row < view->frame.rows; row++) {
		uint32_t source = view->rows.sources[row];
		sequence[row] = view->meta.streams[source].first_seq + next[source]++;
	}
	view->sequence = sequence;
	return ERR_OK;
}

static enum err find_salt(struct store_view *view, uint64_t index, uint8_t out_salt[SALT_SIZE]) {
	uint8_t seed[SALT_SEED_SIZE];
	if (view->salts == NULL || view->bundle != index / SALT_BUNDLE) {
		uint8_t *salts =
		    view->salts != NULL ? view->salts : view_array(view, SALT_BUNDLE, SALT_SIZE);
		if (salts == NULL) {
			return ERR_LIMIT;
		}
		TRY(segment_seed(view->segment, index, seed));
		salt_bundle(seed, salts);
		view->salts = salts;
		view->bundle = index / SALT_BUNDLE;
	}
	memcpy(out_salt, view->salts + index % SALT_BUNDLE * SALT_SIZE, SALT_SIZE);
	return ERR_OK;
}

enum err store_view_leaf(struct store_view *view, uint32_t row, struct leaf *out_leaf,
                         uint8_t out_salt[SALT_SIZE]) {
	const struct page_receipt *receipt;
	ASSERT(row < view->frame.rows);
	ASSERT(view->segment != NULL);
	ASSERT(view->picks == NULL); /* numbers in streams are counted from the page's first row on */
	TRY(view_receipt(view, &receipt));
	TRY(find_sequence(view));
	TRY(find_salt(view, view->frame.first_index + row, out_salt));
	*out_leaf = (struct leaf){.type = view->rows.types[row],
	                          .flags = view->rows.flags[row],
	                          .stream_seq = view->sequence[row],
	                          .received_ns = receipt->received[row],
	                          .monotonic_ns = receipt->monotonic[row],
	                          .incarnation = view->meta.incarnation,
	                          .connection = LEAF_NO_CONNECTION,
	                          .body_len = view->lengths.bodies[row]};
	memcpy(out_leaf->stream_id, view->meta.streams[view->rows.sources[row]].id, STREAM_ID_SIZE);
	return ERR_OK;
}
