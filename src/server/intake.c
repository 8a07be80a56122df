/* See intake.h. One lock over a list of batches, of which the last is being filled. */
#include "server/intake.h"

#include <pthread.h>

#include "base/map.h"

/* What a record takes besides its body. */
enum { RECORD_COST = 64, GROUP_BATCHES_MAX = 16 };

struct intake {
	struct intake_options options;
	pthread_mutex_t lock; /* before that of metrics; done and room are called without it */
	pthread_cond_t changed;
	struct buf batches; /* struct batch *, in order; the last one is being filled */
	struct map *names;  /* of the sources of that one -> their index there: each comes once, for
	                       its records are numbered in the order of their places */
	struct buf notes;   /* bodies of loss records, each with a line feed */
	uint64_t first;     /* number of the first of them, from 1 */
	struct intake_wait *waits, **waits_end; /* in order of their tickets */
	size_t bytes;
	int64_t now_ns, monotonic_ns; /* of what is put between begin and end */
	bool waits_for_room, stopped, failed;
};

struct intake *intake_new(const struct intake_options *options) {
	struct intake *intake = calloc(1, sizeof(*intake));
	pthread_condattr_t attributes;
	ASSERT(intake != NULL);
	intake->options = *options;
	intake->first = 1;
	intake->names = map_new();
	intake->waits_end = &intake->waits;
	ASSERT(pthread_mutex_init(&intake->lock, NULL) == 0);
	ASSERT(pthread_condattr_init(&attributes) == 0);
	ASSERT(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
	ASSERT(pthread_cond_init(&intake->changed, &attributes) == 0);
	(void)pthread_condattr_destroy(&attributes);
	return intake;
}

static size_t batch_list(const struct intake *intake, struct batch ***out_list) {
	*out_list = (struct batch **)(void *)intake->batches.ptr;
	return intake->batches.len / sizeof(struct batch *);
}

void intake_free(struct intake *intake) {
	if (intake != NULL) {
		struct batch **list;
		size_t count = batch_list(intake, &list);
		ASSERT(intake->waits == NULL);
		for (size_t i = 0; i < count; i++) {
			batch_free(list[i]);
		}
		buf_deinit(&intake->batches);
		buf_deinit(&intake->notes);
		map_free(intake->names);
		(void)pthread_cond_destroy(&intake->changed);
		(void)pthread_mutex_destroy(&intake->lock); /* nobody holds it */
		free(intake);
	}
}

static void take_lock(struct intake *intake) {
	ASSERT(pthread_mutex_lock(&intake->lock) == 0);
}

static void give_lock(struct intake *intake) {
	ASSERT(pthread_mutex_unlock(&intake->lock) == 0);
}

/* ---- for inputs ---- */

static bool has_room(const struct intake *intake, bool bulk) {
	size_t max = intake->options.bytes_max;
	return !intake->failed && intake->bytes < (bulk ? max - max / 4 : max);
}

bool intake_has_room(struct intake *intake, bool bulk) {
	take_lock(intake);
	bool room = has_room(intake, bulk);
	intake->waits_for_room = intake->waits_for_room || !room;
	give_lock(intake);
	return room;
}

void intake_begin(struct intake *intake) {
	const struct os *os = intake->options.os;
	take_lock(intake);
	intake->now_ns = os->wall_ns(os->ctx);
	intake->monotonic_ns = os->monotonic_ns(os->ctx);
}

static struct batch *room_for(struct intake *intake) {
	struct batch **list;
	size_t count = batch_list(intake, &list);
	/* Also room for rows of the store's own. */
	bool full = count == 0 || batch_full(list[count - 1]) ||
	            list[count - 1]->count >= LIMIT_BATCH_ROWS - LIMIT_BATCH_ROWS / 8;
	if (full) {
		struct batch *batch = batch_new();
		buf_append(&intake->batches, &batch, sizeof(struct batch *));
		map_clear(intake->names);
		return batch;
	}
	return list[count - 1];
}

static uint64_t last_number(const struct intake *intake) {
	struct batch **list;
	return intake->first + batch_list(intake, &list) - 1;
}

static uint16_t index_of(struct intake *intake, struct batch *batch,
                         const struct intake_source *source) {
	const uint64_t *known = map_find(intake->names, source->name);
	if (known != NULL) {
		return (uint16_t)*known;
	}
	uint16_t index = batch_add_source(batch, &(struct batch_source){.name = source->name,
	                                                                .host = source->host,
	                                                                .zone = source->zone,
	                                                                .file = UINT32_MAX});
	(void)map_put(intake->names, source->name, index, NULL);
	return index;
}

void intake_put(struct intake *intake, struct intake_source *source, struct str body, uint8_t flags,
                uint64_t offset) {
	struct batch *batch = room_for(intake);
	uint64_t number = last_number(intake);
	ASSERT(body.len <= LIMIT_JSON_ELEMENT);
	if (source->batch != number) {
		source->index = index_of(intake, batch, source);
		source->batch = number;
	}
	struct batch_record *record = batch_add_record(batch);
	record->body_offset = batch->raw.len;
	record->body_len = (uint32_t)body.len;
	record->type = RECORD_DATA;
	record->flags = flags;
	record->source = source->index;
	record->log_offset = offset;
	record->number = ++source->records;
	record->received_ns = intake->now_ns;
	record->monotonic_ns = intake->monotonic_ns;
	buf_append_str(&batch->raw, body);
	intake->bytes += body.len + RECORD_COST;
}

void intake_note_loss(struct intake *intake, struct str body) {
	take_lock(intake);
	buf_append_str(&intake->notes, body);
	buf_append_char(&intake->notes, '\n');
	ASSERT(pthread_cond_signal(&intake->changed) == 0);
	give_lock(intake);
}

void intake_end(struct intake *intake, struct intake_wait *wait) {
	bool failed = intake->failed;
	if (failed) {
		give_lock(intake);
		if (wait != NULL) {
			wait->done(wait, ERR_CLOSED);
		}
		return;
	}
	if (wait != NULL) {
		wait->ticket = last_number(intake);
		wait->next = NULL;
		*intake->waits_end = wait;
		intake->waits_end = &wait->next;
	}
	ASSERT(pthread_cond_signal(&intake->changed) == 0);
	give_lock(intake);
}

/* ---- for the keeper ---- */

static bool wait_until(struct intake *intake, int64_t deadline_ns) {
	if (deadline_ns == INT64_MAX) {
		ASSERT(pthread_cond_wait(&intake->changed, &intake->lock) == 0);
		return true;
	}
	int64_t at = MAX_OF(deadline_ns, (int64_t)0);
	struct timespec until = {.tv_sec = at / 1000000000, .tv_nsec = at % 1000000000};
	return pthread_cond_timedwait(&intake->changed, &intake->lock, &until) == 0;
}

static void add_up(struct intake_group *group) {
	for (size_t i = 0; i < group->count; i++) {
		group->records += group->batches[i]->count;
		group->bytes += group->batches[i]->raw.len;
	}
}

static bool is_empty(const struct intake *intake) {
	return intake->batches.len == 0 && intake->waits == NULL && intake->notes.len == 0;
}

bool intake_take(struct intake *intake, int64_t deadline_ns, struct intake_group *out_group) {
	struct intake_group group = {0};
	struct batch **list;
	take_lock(intake);
	bool in_time = true;
	while (is_empty(intake) && !intake->stopped && in_time) {
		in_time = wait_until(intake, deadline_ns);
	}
	size_t count = MIN_OF(batch_list(intake, &list), (size_t)GROUP_BATCHES_MAX);
	if (count > 0) {
		group.batches = calloc(count, sizeof(struct batch *));
		ASSERT(group.batches != NULL);
		memcpy(group.batches, list, count * sizeof(struct batch *));
		group.count = count;
		memmove(list, list + count, intake->batches.len - count * sizeof(struct batch *));
		intake->batches.len -= count * sizeof(struct batch *);
		intake->first += count;
	}
	group.ticket = intake->first - 1;
	group.notes = intake->notes;
	intake->notes = (struct buf){0};
	bool more = count > 0 || group.notes.len > 0 || !intake->stopped;
	give_lock(intake);
	add_up(&group);
	*out_group = group;
	return more;
}

/* Those that wait for no more than the ticket. */
static struct intake_wait *cut_waits(struct intake *intake, uint64_t ticket) {
	struct intake_wait *first = intake->waits;
	struct intake_wait **end = &intake->waits;
	while (*end != NULL && (*end)->ticket <= ticket) {
		end = &(*end)->next;
	}
	if (end == &intake->waits) {
		return NULL;
	}
	intake->waits = *end;
	*end = NULL;
	if (intake->waits == NULL) {
		intake->waits_end = &intake->waits;
	}
	return first;
}

void intake_done(struct intake *intake, const struct intake_group *group, enum err err) {
	take_lock(intake);
	if (err == ERR_OK) {
		ASSERT(group->bytes + group->records * RECORD_COST <= intake->bytes);
		intake->bytes -= group->bytes + group->records * RECORD_COST;
	}
	struct intake_wait *waits = cut_waits(intake, group->ticket);
	bool room = intake->waits_for_room && has_room(intake, true);
	intake->waits_for_room = intake->waits_for_room && !room;
	give_lock(intake);
	while (waits != NULL) {
		struct intake_wait *next = waits->next;
		waits->done(waits, err);
		waits = next;
	}
	if (room && intake->options.room != NULL) {
		intake->options.room(intake->options.ctx);
	}
}

void intake_stop(struct intake *intake) {
	take_lock(intake);
	intake->stopped = true;
	ASSERT(pthread_cond_signal(&intake->changed) == 0);
	give_lock(intake);
}

bool intake_stopped(struct intake *intake) {
	take_lock(intake);
	bool stopped = intake->stopped;
	give_lock(intake);
	return stopped;
}

void intake_fail(struct intake *intake) {
	take_lock(intake);
	intake->failed = true;
	give_lock(intake);
}

bool intake_failed(struct intake *intake) {
	take_lock(intake);
	bool failed = intake->failed;
	give_lock(intake);
	return failed;
}

size_t intake_bytes(struct intake *intake) {
	take_lock(intake);
	size_t bytes = intake->bytes;
	give_lock(intake);
	return bytes;
}
