#include "server/keeper.h"

#include <pthread.h>

#include "tap.h"

#include "store/store_bench.h"

struct world {
	struct bench bench;
	struct os_fault *fault;
	struct formats *formats;
	struct intake *intake;
	struct metrics *metrics;
	struct keeper *keeper;
	struct buf told;
	pthread_mutex_t lock; /* of told, and of what waits */
	pthread_cond_t changed;
	struct intake_source source;
	uint64_t log_bytes;
	int64_t commit_ns;
};

struct waiting {
	struct intake_wait wait;
	struct world *world;
	bool called;
	enum err err;
};

static void tell(void *ctx, struct str message) {
	struct world *world = ctx;
	(void)pthread_mutex_lock(&world->lock);
	buf_append_str(&world->told, message);
	buf_append_char(&world->told, '\n');
	(void)pthread_mutex_unlock(&world->lock);
}

static void done(struct intake_wait *wait, enum err err) {
	struct waiting *waiting = (struct waiting *)(void *)wait;
	(void)pthread_mutex_lock(&waiting->world->lock);
	waiting->called = true;
	waiting->err = err;
	(void)pthread_cond_broadcast(&waiting->world->changed);
	(void)pthread_mutex_unlock(&waiting->world->lock);
}

static bool begin(struct world *world) {
	world->lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	world->changed = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
	world->source = (struct intake_source){.name = STR("syslog+tcp://192.0.2.1")};
	if (world->bench.memory == NULL) {
		world->bench.memory = os_memory_new(1);
		world->fault = os_fault_new(os_memory_os(world->bench.memory));
		world->bench.os = os_fault_os(world->fault);
	}
	CHECK(formats_new(os_real(), NULL, &world->formats, &world->bench.diag) == ERR_OK);
	world->metrics = metrics_new();
	world->intake = intake_new(&(struct intake_options){.os = os_real(), .bytes_max = 1 << 20});
	struct keeper_options options = {.os = world->bench.os,
	                                 .store = "/data",
	                                 .formats = world->formats,
	                                 .intake = world->intake,
	                                 .metrics = world->metrics,
	                                 .commit_ns = world->commit_ns > 0 ? world->commit_ns : 1000000,
	                                 .log_bytes = world->log_bytes,
	                                 .tell = tell,
	                                 .ctx = world};
	return CHECK(keeper_open(&options, &world->keeper, &world->bench.diag) == ERR_OK) &&
	       CHECK(keeper_start(world->keeper) == ERR_OK);
}

static enum err end(struct world *world) {
	struct diag diag = {0};
	intake_stop(world->intake);
	enum err err = keeper_stop(world->keeper, &diag);
	keeper_free(TAKE(world->keeper));
	intake_free(TAKE(world->intake));
	metrics_free(TAKE(world->metrics));
	formats_free(TAKE(world->formats));
	return err;
}

static void world_deinit(struct world *world) {
	buf_deinit(&world->told);
	os_fault_free(world->fault);
	bench_deinit(&world->bench);
}

static enum err put(struct world *world, const char *text) {
	struct waiting waiting = {.wait = {.done = done}, .world = world};
	intake_begin(world->intake);
	intake_put(world->intake, &world->source, str_from(text), 0, 0);
	intake_end(world->intake, &waiting.wait);
	(void)pthread_mutex_lock(&world->lock);
	while (!waiting.called) {
		(void)pthread_cond_wait(&world->changed, &world->lock);
	}
	(void)pthread_mutex_unlock(&world->lock);
	return waiting.err;
}

static bool told(struct world *world, const char *text) {
	(void)pthread_mutex_lock(&world->lock);
	bool found = str_find(buf_str(&world->told), str_from(text), 0) != SIZE_MAX;
	(void)pthread_mutex_unlock(&world->lock);
	return found;
}

static uint64_t count_kept(struct world *world) {
	world->bench.os = os_memory_os(world->bench.memory);
	struct store *store CLEANUP(store_closep) = open_reader(&world->bench);
	return store != NULL ? count_records(store, false) : UINT64_MAX;
}

TEST(what_was_acknowledged_is_there_after_a_stop_and_searchable) {
	struct world world = {0};
	REQUIRE(begin(&world));
	for (int i = 0; i < 20; i++) {
		CHECK(put(&world, "<13>Nov 22 10:00:00 web01 app: one") == ERR_OK);
	}
	intake_note_loss(world.intake, STR("{\"datagrams\":3}"));
	CHECK(metrics_get(world.metrics, METRIC_RECORDS_DURABLE) == 20);
	CHECK(end(&world) == ERR_OK);
	CHECK_EQ(count_kept(&world), 20);
	CHECK(verify_bench(&world.bench).intact);
	world.bench.os = os_fault_os(world.fault);
	REQUIRE(begin(&world));
	uint64_t left = metrics_get(world.metrics, METRIC_SEALS_LEFT);
	CHECK(left > 0 && left < 400 * (uint64_t)86400); /* some were used */
	CHECK(!told(&world, "then sealing stops"));
	CHECK(end(&world) == ERR_OK);
	world_deinit(&world);
}

TEST(on_a_full_disk_nothing_is_acknowledged_and_all_is_kept_once_there_is_room) {
	for (int way = 0; way < 2; way++) { /* the log cannot be written; the segment cannot */
		struct world world = {0};
		REQUIRE(begin(&world));
		CHECK(put(&world, "before") == ERR_OK);
		(void)os_fault_add(world.fault,
		                   (struct os_fault_rule){.kinds = OS_CALL_BIT(OS_CALL_PWRITE),
		                                          .path_part = way == 0 ? "/log/" : "/segments/",
		                                          .nth = 1,
		                                          .lasting = true,
		                                          .action = OS_FAULT_FAIL,
		                                          .err = ERR_NO_SPACE});
		enum err err = put(&world, "while it is full");
		CHECK(way == 0 ? err == ERR_NO_SPACE : err == ERR_OK);
		for (int i = 0; i < 500 && !told(&world, "nothing is acknowledged"); i++) {
			os_real()->sleep(NULL, 10000000);
		}
		CHECK(told(&world, "nothing is acknowledged until it can be written"));
		os_fault_release(world.fault);
		err = ERR_NO_SPACE;
		for (int i = 0; i < 10 && err != ERR_OK; i++) {
			err = put(&world, "after");
			if (err != ERR_OK) {
				os_real()->sleep(NULL, 300000000);
			}
		}
		CHECK(err == ERR_OK);
		CHECK(told(&world, "can be written again"));
		CHECK(end(&world) == ERR_OK);
		CHECK(count_kept(&world) >= 3);
		CHECK(verify_bench(&world.bench).intact);
		world_deinit(&world);
	}
}

TEST(when_the_log_is_full_what_comes_is_acknowledged_once_it_is_in_a_segment) {
	struct world world = {.log_bytes = 4096, .commit_ns = INT64_MAX / 2};
	char text[1001];
	REQUIRE(begin(&world));
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 20; i++) {
		CHECK(put(&world, text) == ERR_OK);
	}
	/* Nothing else has committed: the log was full, and made empty, again and again. */
	(void)os_fault_add(world.fault, (struct os_fault_rule){.kinds = OS_CALLS_CHANGING,
	                                                       .nth = 1,
	                                                       .lasting = true,
	                                                       .action = OS_FAULT_CRASH});
	(void)end(&world);
	CHECK(count_kept(&world) >= 17); /* three fit into the log */
	struct os_memory *after = os_memory_crash(world.bench.memory, OS_CRASH_FORGET, 0);
	os_fault_free(TAKE(world.fault));
	os_memory_free(world.bench.memory);
	world.bench.memory = after;
	world.log_bytes = 0;
	world.fault = os_fault_new(os_memory_os(world.bench.memory));
	world.bench.os = os_fault_os(world.fault);
	REQUIRE(begin(&world));
	CHECK(end(&world) == ERR_OK);
	CHECK_EQ(count_kept(&world), 20);
	world_deinit(&world);
}

TEST(what_a_stop_left_in_the_log_is_taken_over) {
	struct world world = {0};
	REQUIRE(begin(&world));
	CHECK(put(&world, "one") == ERR_OK);
	(void)os_fault_add(world.fault, (struct os_fault_rule){.kinds = OS_CALL_BIT(OS_CALL_RENAME),
	                                                       .path_part = "/segments/",
	                                                       .nth = 1,
	                                                       .lasting = true,
	                                                       .action = OS_FAULT_CRASH});
	enum err err = put(&world, "two"); /* acknowledged, or not, as the stop comes */
	CHECK(end(&world) != ERR_OK);
	os_fault_free(TAKE(world.fault));
	world.fault = os_fault_new(os_memory_os(world.bench.memory));
	world.bench.os = os_fault_os(world.fault);
	REQUIRE(begin(&world));
	CHECK(put(&world, "three") == ERR_OK);
	CHECK(end(&world) == ERR_OK);
	CHECK(count_kept(&world) >= (err == ERR_OK ? 3 : 2));
	world_deinit(&world);
}
