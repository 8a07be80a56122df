/* The columns of patterns, and their orders. */
#include "query/miner_table.h"

#include <stdlib.h>

#include "base/instant.h"
#include "query/when.h"

static const struct str order_names[] = {
    [MINER_RAREST] = STR_INIT("rare"),
    [MINER_MOST] = STR_INIT("count"),
    [MINER_FIRST] = STR_INIT("first"),
    [MINER_LAST] = STR_INIT("last"),
};

enum err miner_order_parse(struct str name, enum miner_order *out_order) {
	for (size_t i = 0; i < ARRAY_LEN(order_names); i++) {
		if (str_eq(order_names[i], name)) {
			*out_order = (enum miner_order)i;
			return ERR_OK;
		}
	}
	return ERR_INVALID;
}

static int order_of(uint64_t a, uint64_t b) {
	return (a > b) - (a < b);
}

static int order_of_times(int64_t a, int64_t b) {
	return (a > b) - (a < b);
}

/* Ties everywhere: what came first in the input. */
static int in_turn(const struct miner_pattern *a, const struct miner_pattern *b) {
	return (a > b) - (a < b);
}

static int rarest_first(const void *a, const void *b) {
	const struct miner_pattern *x = *(const struct miner_pattern *const *)a;
	const struct miner_pattern *y = *(const struct miner_pattern *const *)b;
	int order = order_of(x->count, y->count);
	order = order != 0 ? order : order_of_times(y->first_ns, x->first_ns);
	return order != 0 ? order : in_turn(x, y);
}

static int most_first(const void *a, const void *b) {
	const struct miner_pattern *x = *(const struct miner_pattern *const *)a;
	const struct miner_pattern *y = *(const struct miner_pattern *const *)b;
	int order = order_of(y->count, x->count);
	return order != 0 ? order : in_turn(x, y);
}

static int earliest_first(const void *a, const void *b) {
	const struct miner_pattern *x = *(const struct miner_pattern *const *)a;
	const struct miner_pattern *y = *(const struct miner_pattern *const *)b;
	int order = order_of_times(x->first_ns, y->first_ns);
	return order != 0 ? order : in_turn(x, y);
}

static int latest_first(const void *a, const void *b) {
	const struct miner_pattern *x = *(const struct miner_pattern *const *)a;
	const struct miner_pattern *y = *(const struct miner_pattern *const *)b;
	int order = order_of_times(y->last_ns, x->last_ns);
	return order != 0 ? order : in_turn(x, y);
}

const struct miner_pattern **miner_sorted(const struct miner *miner, enum miner_order order,
                                          struct arena *arena) {
	static int (*const orders[])(const void *, const void *) = {
	    [MINER_RAREST] = rarest_first,
	    [MINER_MOST] = most_first,
	    [MINER_FIRST] = earliest_first,
	    [MINER_LAST] = latest_first,
	};
	size_t count = miner_count(miner);
	const struct miner_pattern **sorted =
	    ARENA_ARRAY(arena, count + 1, const struct miner_pattern *);
	for (size_t i = 0; i < count; i++) {
		sorted[i] = miner_get(miner, i);
	}
	qsort(sorted, count, sizeof(*sorted), orders[order]);
	return sorted;
}

struct str miner_column_name(enum miner_column column) {
	static const struct str names[] = {
	    [MINER_COLUMN_COUNT] = STR_INIT("count"),
	    [MINER_COLUMN_FIRST] = STR_INIT("first"),
	    [MINER_COLUMN_LAST] = STR_INIT("last"),
	    [MINER_COLUMN_HOSTS] = STR_INIT("hosts"),
	    [MINER_COLUMN_HOST_NAME] = STR_INIT("host.name"),
	    [MINER_COLUMN_TEMPLATE] = STR_INIT("pattern.template"),
	    [MINER_COLUMN_EXAMPLE] = STR_INIT("example"),
	    [MINER_COLUMN_ID] = STR_INIT("pattern.id"),
	};
	ASSERT(column < MINER_COLUMNS);
	return names[column];
}

static struct value time_value(int64_t ns, const struct zone *zone, struct arena *arena) {
	CLEANUP(buf_deinit) struct buf text = {0};
	instant_format(&text, ns, (int32_t)((when_to_local(zone, ns) - ns) / INSTANT_SECOND));
	return value_string(arena_str(arena, buf_str(&text)));
}

static struct value number_value(uint64_t number, struct arena *arena) {
	return (struct value){VALUE_NUMBER, arena_printf(arena, "%llu", (unsigned long long)number)};
}

static struct value hosts_value(const struct miner_pattern *pattern, struct arena *arena) {
	CLEANUP(buf_deinit) struct buf list = {0};
	if (pattern->host_examples_count == 1) {
		return value_string(pattern->host_examples[0]);
	}
	for (size_t i = 0; i < pattern->host_examples_count; i++) {
		value_list_append(&list, value_string(pattern->host_examples[i]));
	}
	return list.len == 0 ? VALUE_ABSENT
	                     : (struct value){VALUE_LIST, arena_str(arena, buf_str(&list))};
}

void miner_values(const struct miner_pattern *pattern, const struct zone *zone, struct arena *arena,
                  struct value values[MINER_COLUMNS]) {
	bool timed = pattern->first_ns <= pattern->last_ns;
	values[MINER_COLUMN_COUNT] = number_value(pattern->count, arena);
	values[MINER_COLUMN_FIRST] = timed ? time_value(pattern->first_ns, zone, arena) : VALUE_ABSENT;
	values[MINER_COLUMN_LAST] = timed ? time_value(pattern->last_ns, zone, arena) : VALUE_ABSENT;
	values[MINER_COLUMN_HOSTS] = number_value(pattern->hosts, arena);
	values[MINER_COLUMN_HOST_NAME] = hosts_value(pattern, arena);
	values[MINER_COLUMN_TEMPLATE] = value_string(pattern->text);
	values[MINER_COLUMN_EXAMPLE] = value_string(pattern->example);
	values[MINER_COLUMN_ID] = value_string(str_from(pattern->id));
}
