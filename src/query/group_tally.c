/* Groups as long as they are a tally, and how they become groups with a text and states each. */
#include "query/group_private.h"

size_t group_sums(const struct group_spec *spec) {
	size_t count = 0;
	for (size_t i = 0; i < spec->functions_count; i++) {
		count += spec->functions[i].state == i;
	}
	return count;
}

/* Which of a tally's sums is that of a function. */
static size_t sum_of(const struct group_spec *spec, const struct group_function *function) {
	size_t sum = 0;
	for (size_t i = 0; i < function->state; i++) {
		sum += spec->functions[i].state == i;
	}
	return sum;
}

/* What the tally holds is told the budget. */
static enum err account(struct groups *groups) {
	size_t bytes = groups->tally == NULL ? 0 : tally_bytes(groups->tally);
	size_t before = groups->tally_taken;
	groups->tally_taken = bytes;
	if (bytes >= before) {
		return groups_take(groups, bytes - before);
	}
	groups->taken -= before - bytes;
	run_give_back(groups->run, before - bytes);
	return ERR_OK;
}

/* ---- groups out of a tally ---- */

static enum err settle_group(struct groups *groups, const struct tally *tally,
                             const struct tally_group *from, struct buf *text) {
	const struct group_spec *spec = groups->spec;
	struct group *group;
	size_t sum = 0;
	buf_clear(text);
	tally_text(tally, from->key, text);
	struct value by = {(enum value_kind)from->kind, text->len == 0 ? STR("") : buf_str(text)};
	TRY(run_tick(groups->run));
	TRY(groups_find_like(groups, by, tally_first(tally, from), &group));
	for (size_t i = 0; i < spec->functions_count; i++) {
		if (spec->functions[i].state == i) {
			struct agg_sum more = {.count = from->sums[sum].count, .sum = from->sums[sum].sum};
			agg_add_sum(&group->states[i], spec->functions[i].kind->way, &more);
			sum++;
		}
	}
	return ERR_OK;
}

/* ranks: of the tally's groups in order; those up to last. NULL: all. */
static enum err settle_some(struct groups *groups, const struct tally *tally, const uint64_t *ranks,
                            uint64_t last) {
	CLEANUP(buf_deinit) struct buf text = {0};
	for (size_t i = 0; i < tally_count(tally); i++) {
		if (ranks == NULL || ranks[i] <= last) {
			TRY(settle_group(groups, tally, tally_get(tally, i), &text));
		}
	}
	return ERR_OK;
}

static enum err settle_own(struct groups *groups, const uint64_t *ranks, uint64_t last) {
	struct tally *tally = TAKE(groups->tally);
	enum err err = settle_some(groups, tally, ranks, last);
	tally_free(tally);
	return err == ERR_OK ? account(groups) : err;
}

enum err groups_settle(struct groups *groups) {
	return groups->tally == NULL ? ERR_OK : settle_own(groups, NULL, 0);
}

/* ---- the first of them ---- */

/* As group_first.c ranks groups. False: a result is no whole number. */
static bool rank_all(const struct groups *groups, const struct group_function *by, bool descending,
                     uint64_t *ranks) {
	size_t sum = sum_of(groups->spec, by);
	struct agg_state state = {0};
	for (size_t i = 0; i < tally_count(groups->tally); i++) {
		const struct tally_group *group = tally_get(groups->tally, i);
		int64_t number;
		bool none;
		state.count = group->sums[sum].count;
		state.sum = group->sums[sum].sum;
		if (!by->kind->whole(&state, &number, &none)) {
			return false;
		}
		uint64_t rank = (uint64_t)number ^ 1ull << 63;
		ranks[i] = none ? UINT64_MAX : descending ? ~rank : rank;
	}
	return true;
}

enum err groups_settle_first(struct groups *groups, const struct group_function *by,
                             bool descending, uint64_t keep) {
	size_t count = groups_count(groups);
	if (groups->tally == NULL || keep == 0 || keep >= count) {
		return groups_settle(groups);
	}
	TRY(run_take(groups->run, count * sizeof(uint64_t)));
	uint64_t *ranks = reallocarray(NULL, count, sizeof(*ranks));
	ASSERT(ranks != NULL);
	bool whole = rank_all(groups, by, descending, ranks);
	uint64_t last = whole ? group_last_rank(ranks, count, (size_t)keep) : 0;
	enum err err = settle_own(groups, whole ? ranks : NULL, last);
	free(ranks);
	run_give_back(groups->run, count * sizeof(uint64_t));
	return err;
}

uint64_t groups_rows(const struct groups *groups) {
	uint64_t rows = 0;
	for (size_t i = 0; groups->tally != NULL && i < tally_count(groups->tally); i++) {
		rows += tally_get(groups->tally, i)->sums[0].count;
	}
	for (size_t i = 0; i < groups->count; i++) {
		rows += groups->items[i]->states[0].count;
	}
	return rows;
}

/* ---- coming together ---- */

enum err groups_merge_tally(struct groups *groups, const struct tally *tally) {
	TRY(run_check(groups->run));
	if (groups->tally != NULL && tally_merges(groups->tally, tally)) {
		tally_merge(groups->tally, tally);
		return account(groups);
	}
	TRY(groups_settle(groups));
	return settle_some(groups, tally, NULL, 0);
}

enum err groups_add_tally(struct groups *groups, struct tally *tally, uint64_t first_index) {
	tally_set_first(tally, first_index);
	if (groups->count == 0 && groups->tally == NULL) {
		groups->tally = tally;
		return account(groups);
	}
	enum err err = groups_merge_tally(groups, tally);
	tally_free(tally);
	return err;
}
