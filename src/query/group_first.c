/* The first of many groups without an order of all: a heap of the least ranks, the greatest of them
 * on top.
 */
#include "query/group.h"

static void sink(uint64_t *heap, size_t count, size_t at) {
	uint64_t rank = heap[at];
	for (size_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
		child += child + 1 < count && heap[child + 1] > heap[child];
		if (heap[child] <= rank) {
			break;
		}
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = rank;
}

uint64_t group_last_rank(const uint64_t *ranks, size_t count, size_t keep) {
	uint64_t *heap = reallocarray(NULL, keep, sizeof(*heap));
	ASSERT(heap != NULL);
	memcpy(heap, ranks, keep * sizeof(*heap));
	for (size_t i = keep / 2; i-- > 0;) {
		sink(heap, keep, i);
	}
	for (size_t i = keep; i < count; i++) {
		if (ranks[i] < heap[0]) {
			heap[0] = ranks[i];
			sink(heap, keep, 0);
		}
	}
	uint64_t last = heap[0];
	free(heap);
	return last;
}

size_t group_put_first(struct group **some, const uint64_t *ranks, size_t count, uint64_t keep) {
	size_t left = 0;
	if (keep == 0 || keep >= count) {
		return count;
	}
	uint64_t last = group_last_rank(ranks, count, (size_t)keep);
	for (size_t i = 0; i < count; i++) {
		if (ranks[i] <= last) {
			struct group *group = some[i];
			some[i] = some[left];
			some[left++] = group;
		}
	}
	return left;
}

/* Ranks come in the order of the key; an absent result is the last either way. False: a result is
 * no whole number. */
static bool rank_groups(struct group *const *all, size_t count,
                        const struct group_function *function, bool descending, uint64_t *ranks) {
	for (size_t i = 0; i < count; i++) {
		int64_t number;
		bool none;
		if (!function->kind->whole(&all[i]->states[function->state], &number, &none)) {
			return false;
		}
		uint64_t rank = (uint64_t)number ^ 1ull << 63;
		ranks[i] = none ? UINT64_MAX : descending ? ~rank : rank;
	}
	return true;
}

/* The function that the groups are sorted by next, if leaving groups out is not to be seen: results
 * of some functions are counted as estimates when they are asked for. */
static const struct group_function *sorted_by(const struct group_spec *spec, uint32_t field) {
	const struct group_function *by = NULL;
	for (size_t i = 0; i < spec->functions_count; i++) {
		const struct group_function *function = &spec->functions[i];
		enum agg_way way = function->kind->way;
		if (way != AGG_COUNT && way != AGG_SUM && way != AGG_LEAST && way != AGG_GREATEST) {
			return NULL;
		}
		by = function->out == field ? function : by;
	}
	return by != NULL && by->kind->whole != NULL ? by : NULL;
}

enum err groups_sort_first(struct groups *groups, const struct group_spec *spec,
                           const struct sort_options *next, size_t *out_count) {
	size_t count = groups_count(groups);
	struct run *run = groups_run(groups);
	const struct group_function *by =
	    next == NULL || next->last || next->keys_count == 0 || next->keep >= count
	        ? NULL
	        : sorted_by(spec, next->keys[0].field);
	if (by == NULL) {
		TRY(groups_settle(groups));
	} else {
		TRY(groups_settle_first(groups, by, next->keys[0].descending, next->keep));
	}
	struct group **all = groups_all(groups);
	count = groups_count(groups);
	if (by != NULL) {
		TRY(run_take(run, 2 * count * sizeof(uint64_t)));
		uint64_t *ranks = reallocarray(NULL, count, sizeof(*ranks));
		ASSERT(ranks != NULL);
		if (rank_groups(all, count, by, next->keys[0].descending, ranks)) {
			count = group_put_first(all, ranks, count, next->keep);
		}
		free(ranks);
		run_give_back(run, 2 * groups_count(groups) * sizeof(uint64_t));
	}
	*out_count = count;
	return groups_sort_some(groups, all, count);
}
