/* A footer that says of its records what is not so is found. */
#include "store/verify_sums.h"

#include "base/instant.h"
#include "store/view_private.h"
#include "tap.h"

#include "store/page_sample.h"
#include "store/view_sample.h"

enum { ROWS = 300, FIRST = 512 };

struct sample {
	struct batch *batch;
	struct store_page *page;
	struct viewed viewed;
	struct segment_stream streams[4]; /* right ones, and what the footer says */
	struct segment_footer footer;
};

/* What a writer sums up: of the streams, and of all. */
static void make_footer(struct sample *s) {
	s->footer = (struct segment_footer){.first_index = FIRST,
	                                    .count = ROWS,
	                                    .records = s->page->records,
	                                    .bytes_raw = s->page->bytes_raw,
	                                    .time_min_ns = s->page->time_min_ns,
	                                    .time_max_ns = s->page->time_max_ns,
	                                    .streams = s->streams,
	                                    .streams_count = s->page->streams_count};
	ASSERT(s->page->streams_count <= ARRAY_LEN(s->streams));
	for (uint32_t i = 0; i < s->page->streams_count; i++) {
		const struct page_stream_count *count = &s->page->streams[i];
		struct str name = s->batch->sources[count->stream].name;
		s->streams[i] = (struct segment_stream){.stream = count->stream,
		                                        .name = name,
		                                        .first_seq = count->first_seq,
		                                        .records = count->records,
		                                        .bytes_raw = count->bytes_raw,
		                                        .time_min_ns = count->time_min_ns,
		                                        .time_max_ns = count->time_max_ns};
		leaf_stream_id(name.ptr, name.len, s->streams[i].id);
	}
}

static bool setup(struct sample *s) {
	struct diag diag = {0};
	*s = (struct sample){.batch = sample_batch(ROWS, tap_random(), true)};
	if (!CHECK_EQ(page_encode(s->batch, sample_plan(s->batch, FIRST), &s->page, &diag), ERR_OK) ||
	    !CHECK(viewed_make(&s->viewed, s->page, NULL))) {
		return false;
	}
	make_footer(s);
	return CHECK(s->footer.streams_count > 1);
}

static void teardown(struct sample *s) {
	viewed_deinit(&s->viewed);
	page_free(s->page);
	batch_free(s->batch);
}

static bool differs(struct sample *s, const char *what) {
	struct verify_sums sums;
	verify_sums_begin(&sums, &s->footer);
	CHECK_EQ(verify_sums_page(&sums, s->viewed.view), ERR_OK);
	const char *told = verify_sums_differ(&sums);
	bool right = what == NULL ? told == NULL : told != NULL && strstr(told, what) != NULL;
	if (!right) {
		printf("# it says %s, not %s\n", told == NULL ? "nothing" : told,
		       what == NULL ? "nothing" : what);
	}
	verify_sums_deinit(&sums);
	return right;
}

TEST(sums_of_all_records_are_compared) {
	struct sample s;
	if (setup(&s)) {
		CHECK(differs(&s, NULL));
		s.footer.records--;
		CHECK(differs(&s, "the number"));
		make_footer(&s);
		s.footer.bytes_raw++;
		CHECK(differs(&s, "the number"));
		make_footer(&s);
		s.footer.time_min_ns++;
		CHECK(differs(&s, "time"));
		make_footer(&s);
		s.footer.time_max_ns--;
		CHECK(differs(&s, "time"));
	}
	teardown(&s);
}

TEST(sums_of_streams_are_compared) {
	struct sample s;
	if (setup(&s)) {
		struct segment_stream *stream = &s.streams[1];
		stream->records++;
		CHECK(differs(&s, "a stream"));
		make_footer(&s);
		stream->bytes_raw--;
		CHECK(differs(&s, "a stream"));
		make_footer(&s);
		stream->first_seq--;
		CHECK(differs(&s, "a stream"));
		make_footer(&s);
		stream->time_max_ns--;
		CHECK(differs(&s, "a stream"));
		make_footer(&s);
		stream->id[0] ^= 1;
		CHECK(differs(&s, "a stream"));
		make_footer(&s);
		stream->name = STR("another");
		CHECK(differs(&s, "a stream"));
		make_footer(&s);
		s.footer.streams_count--;
		CHECK(differs(&s, "list of its streams"));
		make_footer(&s);
		s.streams[s.footer.streams_count] = s.streams[0]; /* once more */
		s.footer.streams_count++;
		CHECK(!differs(&s, NULL));
		make_footer(&s);
		CHECK(differs(&s, NULL));
	}
	teardown(&s);
}

TEST(sums_of_lengths_in_a_page_are_compared) {
	for (uint32_t group = 0; group <= (ROWS - 1) / PAGE_GROUP; group++) {
		struct sample s;
		if (setup(&s)) {
			struct verify_sums sums;
			const struct page_lengths *lengths;
			CHECK_EQ(view_lengths(s.viewed.view, &lengths), ERR_OK);
			lengths->groups[group]--;
			verify_sums_begin(&sums, &s.footer);
			CHECK_EQ(verify_sums_page(&sums, s.viewed.view), ERR_CORRUPT);
			verify_sums_deinit(&sums);
		}
		teardown(&s);
	}
}
