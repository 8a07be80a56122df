/* Counting times into sixty buckets that double their width when a time falls outside. */
#include "render/histogram.h"

#include "base/instant.h"
#include "render/text.h"

static void widen(struct histogram *h, bool to_the_left) {
	uint64_t merged[HISTOGRAM_BUCKETS] = {0};
	size_t shift = to_the_left ? HISTOGRAM_BUCKETS / 2 : 0;
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		merged[shift + i / 2] += h->counts[i];
	}
	memcpy(h->counts, merged, sizeof(merged));
	if (to_the_left) {
		h->first_ns -= h->bucket_ns * HISTOGRAM_BUCKETS;
	}
	h->bucket_ns *= 2;
}

/* The span still fits into int64 after another doubling. */
static bool may_widen(const struct histogram *h) {
	return h->bucket_ns < INT64_MAX / (4 * HISTOGRAM_BUCKETS) && h->first_ns > INT64_MIN / 2 &&
	       h->first_ns < INT64_MAX / 2;
}

void histogram_add(struct histogram *h, int64_t ns) {
	if (ns < INT64_MIN / 4 || ns > INT64_MAX / 2) {
		return;
	}
	if (h->total == 0) {
		h->bucket_ns = INSTANT_SECOND;
		h->first_ns = ns - ns % INSTANT_SECOND;
		h->min_ns = ns;
		h->max_ns = ns;
	}
	while (ns < h->first_ns || ns >= h->first_ns + h->bucket_ns * HISTOGRAM_BUCKETS) {
		if (!may_widen(h)) {
			return;
		}
		widen(h, ns < h->first_ns);
	}
	h->counts[(ns - h->first_ns) / h->bucket_ns]++;
	h->total++;
	h->min_ns = MIN_OF(h->min_ns, ns);
	h->max_ns = MAX_OF(h->max_ns, ns);
}

void histogram_render(const struct histogram *h, const struct render_style *style,
                      struct buf *out) {
	static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	uint64_t max = 0;
	if (h->total < 2) {
		return;
	}
	size_t first = (size_t)((h->min_ns - h->first_ns) / h->bucket_ns);
	size_t last = (size_t)((h->max_ns - h->first_ns) / h->bucket_ns);
	for (size_t i = first; i <= last; i++) {
		max = MAX_OF(max, h->counts[i]);
	}
	render_colour(out, style, "\033[32m");
	for (size_t i = first; i <= last; i++) {
		uint64_t level = h->counts[i] == 0 ? 0 : 1 + (h->counts[i] * 7 + max / 2) / max;
		buf_append_str(out, str_from(blocks[MIN_OF(level, (uint64_t)8)]));
	}
	render_colour(out, style, "\033[0m");
	buf_append_char(out, '\n');
	instant_format(out, h->min_ns / INSTANT_SECOND * INSTANT_SECOND,
	               render_offset(style, h->min_ns));
	buf_append_str(out, STR(" … "));
	instant_format(out, h->max_ns / INSTANT_SECOND * INSTANT_SECOND,
	               render_offset(style, h->max_ns));
	buf_append_char(out, '\n');
}
