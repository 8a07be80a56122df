/* What the server counts, for GET /metrics (Prometheus' text format 0.0.4). One table; any thread
 * adds to it.
 */
#pragma once

#include "base/buf.h"

enum metric {
	METRIC_RECORDS_UDP,
	METRIC_RECORDS_TCP,
	METRIC_RECORDS_LINES,
	METRIC_RECORDS_BULK,
	METRIC_RECORDS_HEC,
	METRIC_BYTES_UDP,
	METRIC_BYTES_TCP,
	METRIC_BYTES_HTTP,
	METRIC_DATAGRAMS_DROPPED,
	METRIC_FRAMING_ERRORS,
	METRIC_CONNECTIONS,
	METRIC_CONNECTIONS_TOTAL,
	METRIC_CONNECTIONS_REFUSED,
	METRIC_CONNECTIONS_IDLE,
	METRIC_REQUESTS,
	METRIC_REQUESTS_REFUSED,
	METRIC_RECORDS_DURABLE,
	METRIC_RECORDS_SEARCHABLE,
	METRIC_SYNCS,
	METRIC_COMMITS,
	METRIC_COMMIT_NS,
	METRIC_WRITE_FAILURES,
	METRIC_INTAKE_BYTES,
	METRIC_SEALS_LEFT,
	METRIC_COUNT,
};

struct metrics;

struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics); /* NULL is fine */
void metrics_add(struct metrics *metrics, enum metric metric, uint64_t n);
void metrics_set(struct metrics *metrics, enum metric metric, uint64_t value);
uint64_t metrics_get(struct metrics *metrics, enum metric metric);
void metrics_print(struct metrics *metrics, struct buf *out);
