/* Sums over the rows of a segment, compared with those of its footer. */
#include "store/verify_sums.h"

#include <stdlib.h>

#include "base/instant.h"
#include "store/view_private.h"

static struct str number_key(const uint32_t *number) {
	return str_make((const char *)(const void *)number, sizeof(*number));
}

static void sum_clear(struct verify_sum *sum) {
	*sum = (struct verify_sum){
	    .first_seq = UINT64_MAX, .time_min_ns = INSTANT_MAX, .time_max_ns = INSTANT_MIN};
}

void verify_sums_begin(struct verify_sums *sums, const struct segment_footer *footer) {
	*sums = (struct verify_sums){.footer = footer, .numbers = map_new()};
	sums->streams = calloc((size_t)footer->streams_count + 1, sizeof(*sums->streams));
	ASSERT(sums->streams != NULL);
	sum_clear(&sums->all);
	for (uint32_t i = 0; i < footer->streams_count; i++) {
		sum_clear(&sums->streams[i]);
		(void)map_put(sums->numbers, number_key(&footer->streams[i].stream), i, NULL);
	}
}

void verify_sums_deinit(struct verify_sums *sums) {
	map_free(sums->numbers);
	free(sums->streams);
	*sums = (struct verify_sums){0};
}

/* ---- pages ---- */

/* A page of version 2 says how long the bodies of many rows are together: where a body lies in its
 * file is told by it. */
static enum err check_groups(const struct store_view *view, const struct page_lengths *lengths) {
	uint32_t rows = view->frame.rows;
	int64_t sum = 0;
	for (uint32_t row = 0; view_has_block(view) && row < rows; row++) {
		sum += lengths->bodies[row];
		if (row % PAGE_GROUP == PAGE_GROUP - 1 || row + 1 == rows) {
			if (lengths->groups[row / PAGE_GROUP] != sum) {
				return ERR_CORRUPT;
			}
			sum = 0;
		}
	}
	return ERR_OK;
}

static void add_row(struct verify_sum *sum, uint8_t type, int64_t time_ns, uint32_t bytes) {
	sum->rows++;
	sum->bytes += bytes;
	if (type == RECORD_DATA) {
		sum->data++;
		sum->time_min_ns = MIN_OF(sum->time_min_ns, time_ns);
		sum->time_max_ns = MAX_OF(sum->time_max_ns, time_ns);
	}
}

/* The sum that a source's rows belong to; NULL: of a stream that the footer has not. */
static struct verify_sum *sum_of(struct verify_sums *sums, const struct page_stream *stream) {
	const uint64_t *place = map_find(sums->numbers, number_key(&stream->stream));
	if (place == NULL) {
		sums->strangers = true;
		return NULL;
	}
	struct verify_sum *sum = &sums->streams[*place];
	sum->first_seq = MIN_OF(sum->first_seq, stream->first_seq);
	sum->other_id |= memcmp(sums->footer->streams[*place].id, stream->id, STREAM_ID_SIZE) != 0;
	return sum;
}

enum err verify_sums_page(struct verify_sums *sums, struct store_view *view) {
	const struct page_meta *meta;
	const struct page_rows *rows;
	const struct page_lengths *lengths;
	TRY(view_meta(view, &meta));
	TRY(view_rows(view, &rows));
	TRY(view_lengths(view, &lengths));
	TRY(check_groups(view, lengths));
	struct verify_sum **of = calloc((size_t)meta->sources_count + 1, sizeof(struct verify_sum *));
	bool *known = calloc((size_t)meta->sources_count + 1, sizeof(*known));
	ASSERT(of != NULL);
	ASSERT(known != NULL);
	for (uint32_t row = 0; row < store_view_rows(view); row++) {
		uint32_t source = rows->sources[row];
		if (!known[source]) {
			known[source] = true;
			of[source] = sum_of(sums, &meta->streams[source]);
		}
		add_row(&sums->all, rows->types[row], rows->times[row], lengths->bodies[row]);
		if (of[source] != NULL) {
			add_row(of[source], rows->types[row], rows->times[row], lengths->bodies[row]);
		}
	}
	free(of);
	free(known);
	return ERR_OK;
}

/* ---- the footer ---- */

static bool times_fit(const struct verify_sum *sum, int64_t min_ns, int64_t max_ns) {
	return sum->data == 0 || (sum->time_min_ns == min_ns && sum->time_max_ns == max_ns);
}

static bool stream_fits(const struct verify_sum *sum, const struct segment_stream *stream) {
	uint8_t id[STREAM_ID_SIZE];
	leaf_stream_id(stream->name.ptr, stream->name.len, id);
	return !sum->other_id && memcmp(id, stream->id, sizeof(id)) == 0 &&
	       sum->rows == stream->records && sum->bytes == stream->bytes_raw &&
	       sum->first_seq == stream->first_seq &&
	       times_fit(sum, stream->time_min_ns, stream->time_max_ns);
}

const char *verify_sums_differ(const struct verify_sums *sums) {
	const struct segment_footer *footer = sums->footer;
	if (sums->all.data != footer->records || sums->all.bytes != footer->bytes_raw) {
		return "the number of its records, or of their bytes,";
	}
	if (!times_fit(&sums->all, footer->time_min_ns, footer->time_max_ns)) {
		return "the least or greatest time of its records";
	}
	for (uint32_t i = 0; i < footer->streams_count; i++) {
		if (!stream_fits(&sums->streams[i], &footer->streams[i])) {
			return "a stream";
		}
	}
	return sums->strangers || map_count(sums->numbers) != footer->streams_count
	           ? "the list of its streams"
	           : NULL;
}
