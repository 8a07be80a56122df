/* What tests of inputs share: a loop, an intake that nobody empties, clients on loopback. Include
 * tap.h before it.
 */
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/loop.h"
#include "os/socket.h"
#include "server/intake.h"
#include "server/metrics.h"

struct fixture {
	struct loop *loop;
	struct intake *intake;
	struct metrics *metrics;
	struct intake_group group; /* the last one that was taken */
};

static inline struct net_address any_port(void) {
	return (struct net_address){.bytes = {127, 0, 0, 1}};
}

static inline void fixture_wake(void *ctx) {
	struct fixture *fixture = ctx;
	loop_wake(fixture->loop);
}

static inline bool fixture_begin(struct fixture *fixture, size_t bytes_max) {
	fixture->metrics = metrics_new();
	fixture->intake = intake_new(&(struct intake_options){
	    .os = os_real(), .bytes_max = bytes_max, .room = fixture_wake, .ctx = fixture});
	return CHECK(loop_new(&fixture->loop) == ERR_OK);
}

static inline void fixture_drop(struct fixture *fixture) {
	for (size_t i = 0; i < fixture->group.count; i++) {
		batch_free(fixture->group.batches[i]);
	}
	free(fixture->group.batches);
	buf_deinit(&fixture->group.notes);
	fixture->group = (struct intake_group){0};
}

static inline void fixture_end(struct fixture *fixture) {
	fixture_drop(fixture);
	intake_free(fixture->intake);
	metrics_free(fixture->metrics);
	loop_free(fixture->loop);
}

static inline int fixture_connect(const struct net_address *address, int type) {
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(address->port)};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK_EQ(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static inline void fixture_send(int fd, const char *text) {
	CHECK_EQ(send(fd, text, strlen(text), 0), (long long)strlen(text));
}

/* Runs the loop until so many records were taken in all, or for some seconds. */
static inline bool fixture_run(struct fixture *fixture, enum metric metric, uint64_t wanted) {
	for (int i = 0; i < 500 && metrics_get(fixture->metrics, metric) < wanted; i++) {
		CHECK(loop_run(fixture->loop, 10) == ERR_OK);
	}
	return CHECK_EQ(metrics_get(fixture->metrics, metric), wanted);
}

/* All that has gathered: "flags source body|" each. */
static inline void fixture_take(struct fixture *fixture, struct buf *out) {
	fixture_drop(fixture);
	CHECK(intake_take(fixture->intake, 0, &fixture->group));
	for (size_t i = 0; i < fixture->group.count; i++) {
		const struct batch *batch = fixture->group.batches[i];
		for (uint32_t row = 0; row < batch->count; row++) {
			buf_printf(out, "%u %.*s %.*s|", batch->records[row].flags,
			           STR_ARG(batch->sources[batch->records[row].source].name),
			           STR_ARG(batch_body(batch, row)));
		}
	}
	intake_done(fixture->intake, &fixture->group, ERR_OK);
}
