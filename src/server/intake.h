/* Intake: where records from all inputs come together before they are durable. Inputs of any thread
 * put them in; one keeper takes all that has gathered as batches, makes them durable with one sync,
 * and says so, which answers whoever waits for it. What gathers while the keeper is busy is the
 * next group. Bounded: inputs ask for room before they read.
 */
#pragma once

#include "event/batch.h"
#include "os/os.h"

struct intake;

/* Who says something. Filled by the input, which owns it and uses it with one intake only; strings
 * are borrowed. */
struct intake_source {
	struct str name;  /* canonical: "syslog+tcp://192.0.2.1" */
	struct str host;  /* host.name of records whose text names none; may be empty */
	struct str zone;  /* of times without one; empty: UTC */
	uint64_t records; /* so far */
	/* The intake's: where the current batch knows it. */
	uint64_t batch;
	uint16_t index;
};

/* Whoever wants to hear that what it put is durable; alive until done was called, which may be
 * before intake_end returns or in the keeper's thread. */
struct intake_wait {
	void (*done)(struct intake_wait *wait, enum err err);
	struct intake_wait *next; /* the intake's, as is the ticket */
	uint64_t ticket;
};

struct intake_options {
	const struct os *os;
	size_t bytes_max; /* of records that wait and are made durable */
	/* Called in the keeper's thread when there is room again after intake_has_room said that there
	 * is none. */
	void (*room)(void *ctx);
	void *ctx;
};

struct intake *intake_new(const struct intake_options *options);
void intake_free(struct intake *intake); /* NULL is fine; nobody waits any more */

/* ---- for inputs ---- */

/* Whether more may be put: bulk for what can wait (streams, HTTP), which leaves room for what
 * cannot (datagrams). When not, options.room is called once. */
bool intake_has_room(struct intake *intake, bool bulk);
/* From begin to end nobody else gets in: only copying happens between. */
void intake_begin(struct intake *intake);
/* Between the two. Body is copied; offset: in its stream. */
void intake_put(struct intake *intake, struct intake_source *source, struct str body, uint8_t flags,
                uint64_t offset);
/* wait (or NULL): to hear when all that was put is durable. */
void intake_end(struct intake *intake, struct intake_wait *wait);

/* Something was not received, or not kept: the body (JSON, one line) of a loss record. */
void intake_note_loss(struct intake *intake, struct str body);

/* ---- for the keeper ---- */

struct intake_group {
	struct batch **batches; /* the taker's, both */
	size_t count;
	uint64_t ticket; /* for intake_done */
	uint64_t records, bytes;
	struct buf notes; /* the taker's: bodies of loss records, each with a line feed */
};
/* Waits until something is there, deadline_ns (monotonic; INT64_MAX: none) has passed, or
 * intake_stop was called. False: stopped, and nothing is left. A group may be empty. */
bool intake_take(struct intake *intake, int64_t deadline_ns, struct intake_group *out_group);
/* All up to the group's ticket are durable (ERR_OK), or cannot be written now: whoever waits hears
 * so. Its records hold their room until it was done with ERR_OK. */
void intake_done(struct intake *intake, const struct intake_group *group, enum err err);
/* From now on intake_take does not wait. Inputs have ended. */
void intake_stop(struct intake *intake);
bool intake_stopped(struct intake *intake);
/* The keeper has given up: nothing is taken any more, intake_has_room says false, and whoever waits
 * from now on is told ERR_CLOSED at once. */
void intake_fail(struct intake *intake);
bool intake_failed(struct intake *intake);
/* Bytes that wait, and are being made durable. */
size_t intake_bytes(struct intake *intake);
