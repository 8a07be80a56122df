/* One thread for each part; the caller's does the first one, and asks whether to go on. */
#include "query/parts.h"

#include <pthread.h>
#include <time.h>

#include "os/thread.h"
#include "query/pipes.h"

enum { PARTS_MAX = 16, PAUSE_NS = 20000000 };

struct run_part {
	struct team *team;
	struct run run;
	struct query_options options;
	struct query_stats stats;
	struct diag diag;
	struct budget budget;
	struct query_source source;
	struct op *first;
	struct thread *thread;
	enum err err;
	/* under the team's lock */
	uint64_t rows_done, found;
};

struct team {
	struct run *run;
	size_t stages; /* of the chains */
	struct run_part *parts;
	size_t count;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* under the lock */
	size_t running; /* threads */
	bool stop;
};

enum err run_part_meet(struct run_part *part, uint64_t *rows_done, uint64_t *found) {
	struct team *team = part->team;
	uint64_t rows_sum = 0;
	uint64_t found_sum = 0;
	pthread_mutex_lock(&team->lock);
	part->rows_done = *rows_done;
	part->found = *found;
	team->stop = team->stop || part->run.order_counts;
	bool stop = team->stop;
	for (size_t i = 0; i < team->count; i++) {
		rows_sum += team->parts[i].rows_done;
		found_sum += team->parts[i].found;
	}
	pthread_mutex_unlock(&team->lock);
	*rows_done = rows_sum;
	*found = found_sum;
	return stop ? ERR_CLOSED : ERR_OK;
}

/* ---- one part ---- */

static void init_part(struct team *team, struct run_part *part) {
	struct run *run = team->run;
	part->team = team;
	part->options = *run->options;
	if (part != team->parts) {
		part->options.progress = NULL; /* the caller is asked by its own thread alone */
	}
	part->budget.max = (run->budget->max - run->budget->used) / team->count;
	part->run = (struct run){
	    .query = run->query,
	    .source = &part->source,
	    .options = &part->options,
	    .stats = &part->stats,
	    .diag = &part->diag,
	    .budget = &part->budget,
	    .arena = arena_new(SIZE_MAX),
	    .part = part,
	    .wanted_from_ns = run->wanted_from_ns,
	    .wanted_to_ns = run->wanted_to_ns,
	    .rest_low_ns = run->rest_low_ns,
	    .rest_high_ns = run->rest_high_ns,
	};
	part->first = team->stages == 0 ? NULL : pipes_part_chain(&part->run, team->stages);
}

static void deinit_part(struct run_part *part) {
	pipes_free(part->first);
	arena_free(part->run.arena);
}

static void run_part(struct run_part *part) {
	struct team *team = part->team;
	part->err = run_scan(&part->run, part->first);
	pthread_mutex_lock(&team->lock);
	part->rows_done = part->run.rows_done;
	part->found = part->stats.found;
	team->stop = team->stop || part->err != ERR_OK;
	pthread_mutex_unlock(&team->lock);
}

static void work(void *arg) {
	struct run_part *part = arg;
	struct team *team = part->team;
	run_part(part);
	pthread_mutex_lock(&team->lock);
	team->running--;
	pthread_cond_broadcast(&team->changed);
	pthread_mutex_unlock(&team->lock);
}

/* ---- all ---- */

static void start_threads(struct team *team) {
	for (size_t i = 1; i < team->count; i++) {
		pthread_mutex_lock(&team->lock);
		team->running++;
		pthread_mutex_unlock(&team->lock);
		team->parts[i].thread = thread_start("part", work, &team->parts[i]);
		if (team->parts[i].thread == NULL) { /* the others do what is there to do */
			pthread_mutex_lock(&team->lock);
			team->running--;
			pthread_mutex_unlock(&team->lock);
		}
	}
}

/* False: all threads are done. Waits a moment for that. */
static bool wait_a_moment(struct team *team) {
	struct timespec until;
	(void)clock_gettime(CLOCK_REALTIME, &until); /* it has that clock */
	until.tv_nsec += PAUSE_NS;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&team->lock);
	if (team->running > 0) {
		(void)pthread_cond_timedwait(&team->changed, &team->lock, &until); /* it is looked at */
	}
	bool running = team->running > 0;
	pthread_mutex_unlock(&team->lock);
	return running;
}

static void run_all(struct team *team) {
	struct run_part *first = &team->parts[0];
	start_threads(team);
	run_part(first);
	while (wait_a_moment(team)) {
		if (first->err == ERR_OK) {
			first->err = run_check(&first->run);
		}
		pthread_mutex_lock(&team->lock);
		team->stop = team->stop || first->err != ERR_OK;
		pthread_mutex_unlock(&team->lock);
	}
	for (size_t i = 1; i < team->count; i++) {
		thread_join(team->parts[i].thread);
	}
}

/* What several scans looked at, as if it had been one. */
static void add_stats(struct query_stats *sum, const struct query_stats *stats) {
	sum->found += stats->found;
	sum->found_more = sum->found_more || stats->found_more;
	sum->pages_damaged += stats->pages_damaged;
	sum->scan.segments += stats->scan.segments;
	sum->scan.pages += stats->scan.pages;
	sum->scan.pages_skipped += stats->scan.pages_skipped;
	sum->scan.rows += stats->scan.rows;
	sum->scan.bytes_read += stats->scan.bytes_read;
	sum->scan.rows_sure += stats->scan.rows_sure;
}

static struct op *op_of_stage(struct op *first, const struct stage *stage) {
	while (first->stage != stage) {
		first = first->next;
	}
	return first;
}

/* What the parts hold counts until it is freed. */
static enum err merge_part(struct team *team, struct run_part *part, struct op *first) {
	const struct stage *stage = &team->run->query->stages[team->stages - 1];
	struct op *into = op_of_stage(first, stage);
	TRY(stage->kind->merge(into, op_of_stage(part->first, stage)));
	pipes_free(part->first);
	part->first = NULL;
	return ERR_OK;
}

static enum err merge_parts(struct team *team, struct op *first) {
	struct run *run = team->run;
	struct diag *diag = run->diag;
	size_t max = run->budget->max;
	struct diag ignored = {0}; /* it is done again, and may go well then */
	enum err err = ERR_OK;
	run->diag = &ignored;
	for (size_t i = 0; i < team->count && err == ERR_OK; i++) {
		size_t held = 0;
		for (size_t k = i; k < team->count; k++) {
			held += team->parts[k].budget.used;
		}
		run->budget->max = max - MIN_OF(held, max);
		err = first == NULL ? ERR_OK : merge_part(team, &team->parts[i], first);
	}
	run->budget->max = max;
	run->diag = diag;
	return err;
}

/* Whether all rows have come to first. */
static bool come_together(struct team *team, struct op *first) {
	struct run *run = team->run;
	for (size_t i = 0; i < team->count; i++) {
		if (team->parts[i].err != ERR_OK || team->parts[i].run.order_counts) {
			return false;
		}
	}
	if (merge_parts(team, first) != ERR_OK) {
		run->order_counts = true;
		return false;
	}
	for (size_t i = 0; i < team->count; i++) {
		run->rows_done += team->parts[i].run.rows_done;
		add_stats(run->stats, &team->parts[i].stats);
	}
	return true;
}

static enum err run_team(struct team *team, const struct query_source *sources, struct op *first,
                         bool *out_done) {
	for (size_t i = 0; i < team->count; i++) {
		team->parts[i].source = sources[i];
		init_part(team, &team->parts[i]);
	}
	run_all(team);
	enum err err = team->parts[0].err;
	if (err == ERR_CANCELED) {
		*team->run->diag = team->parts[0].diag;
		add_stats(team->run->stats, &team->parts[0].stats);
	} else {
		*out_done = come_together(team, first);
	}
	for (size_t i = 0; i < team->count; i++) {
		deinit_part(&team->parts[i]);
	}
	return err == ERR_CANCELED ? err : ERR_OK;
}

enum err run_in_parts(struct run *run, struct op *first, bool *out_done) {
	struct team team = {.run = run};
	struct run_part parts[PARTS_MAX] = {0};
	struct query_source sources[PARTS_MAX];
	const struct query_source *source = run->source;
	*out_done = false;
	if (source->split == NULL || (first != NULL && !pipes_part(run->query, &team.stages))) {
		return ERR_OK;
	}
	team.parts = parts;
	team.count = source->split(source->ctx, PARTS_MAX, sources);
	if (team.count < 2) {
		return ERR_OK;
	}
	ASSERT(pthread_mutex_init(&team.lock, NULL) == 0);
	ASSERT(pthread_cond_init(&team.changed, NULL) == 0);
	enum err err = run_team(&team, sources, first, out_done);
	(void)pthread_cond_destroy(&team.changed); /* nobody waits */
	(void)pthread_mutex_destroy(&team.lock);
	source->unsplit(source->ctx);
	return err;
}
