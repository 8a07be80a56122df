/* See metrics.h. */
#include "server/metrics.h"

#include <pthread.h>

struct metrics {
	pthread_mutex_t lock; /* a leaf in the order of locks */
	uint64_t values[METRIC_COUNT];
};

enum metric_kind { COUNTER, GAUGE, SECONDS /* a counter, kept in nanoseconds */ };

static const struct {
	const char *name;
	const char *labels;
	enum metric_kind kind;
	const char *help;
} rows[] = {
    [METRIC_RECORDS_UDP] = {"akashi_received_records_total", "{input=\"syslog_udp\"}", COUNTER,
                            "Records taken, by input."},
    [METRIC_RECORDS_TCP] = {"akashi_received_records_total", "{input=\"syslog_tcp\"}", COUNTER, ""},
    [METRIC_RECORDS_LINES] = {"akashi_received_records_total", "{input=\"http_lines\"}", COUNTER,
                              ""},
    [METRIC_RECORDS_BULK] = {"akashi_received_records_total", "{input=\"http_bulk\"}", COUNTER, ""},
    [METRIC_RECORDS_HEC] = {"akashi_received_records_total", "{input=\"http_hec\"}", COUNTER, ""},
    [METRIC_BYTES_UDP] = {"akashi_received_bytes_total", "{input=\"syslog_udp\"}", COUNTER,
                          "Bytes of these records."},
    [METRIC_BYTES_TCP] = {"akashi_received_bytes_total", "{input=\"syslog_tcp\"}", COUNTER, ""},
    [METRIC_BYTES_HTTP] = {"akashi_received_bytes_total", "{input=\"http\"}", COUNTER, ""},
    [METRIC_DATAGRAMS_DROPPED] = {"akashi_datagrams_dropped_total", "", COUNTER,
                                  "Datagrams that the kernel threw away; each gap is a record."},
    [METRIC_FRAMING_ERRORS] = {"akashi_framing_errors_total", "", COUNTER,
                               "Messages of streams whose framing was broken; kept and flagged."},
    [METRIC_CONNECTIONS] = {"akashi_connections", "{input=\"syslog_tcp\"}", GAUGE,
                            "Connections that are open."},
    [METRIC_CONNECTIONS_TOTAL] = {"akashi_connections_total", "{input=\"syslog_tcp\"}", COUNTER,
                                  "Connections that were taken."},
    [METRIC_CONNECTIONS_REFUSED] = {"akashi_connections_refused_total", "{input=\"syslog_tcp\"}",
                                    COUNTER, "Connections closed at once because of a limit."},
    [METRIC_CONNECTIONS_IDLE] = {"akashi_connections_idle_total", "{input=\"syslog_tcp\"}", COUNTER,
                                 "Connections closed because nothing came for long."},
    [METRIC_REQUESTS] = {"akashi_http_requests_total", "", COUNTER, "HTTP requests."},
    [METRIC_REQUESTS_REFUSED] = {"akashi_http_requests_refused_total", "", COUNTER,
                                 "HTTP requests answered with a status of 400 or above."},
    [METRIC_RECORDS_DURABLE] = {"akashi_durable_records_total", "", COUNTER,
                                "Records on stable storage."},
    [METRIC_RECORDS_SEARCHABLE] = {"akashi_searchable_records_total", "", COUNTER,
                                   "Records in segments, sealed; of this run."},
    [METRIC_SYNCS] = {"akashi_log_syncs_total", "", COUNTER, "Groups written to the log."},
    [METRIC_COMMITS] = {"akashi_commits_total", "", COUNTER, "Times that segments were sealed."},
    [METRIC_COMMIT_NS] = {"akashi_commit_seconds_total", "", SECONDS, "Time that this took."},
    [METRIC_WRITE_FAILURES] = {"akashi_write_failures_total", "", COUNTER,
                               "Times that nothing could be written, such as on a full disk."},
    [METRIC_INTAKE_BYTES] = {"akashi_waiting_bytes", "", GAUGE,
                             "Bytes that were received and are not durable yet."},
    [METRIC_SEALS_LEFT] = {"akashi_seals_left", "", GAUGE,
                           "Commits that the listed epoch keys can still sign."},
};
_Static_assert(ARRAY_LEN(rows) == METRIC_COUNT, "each has a row");

struct metrics *metrics_new(void) {
	struct metrics *metrics = calloc(1, sizeof(*metrics));
	ASSERT(metrics != NULL);
	ASSERT(pthread_mutex_init(&metrics->lock, NULL) == 0);
	return metrics;
}

void metrics_free(struct metrics *metrics) {
	if (metrics != NULL) {
		(void)pthread_mutex_destroy(&metrics->lock); /* nobody holds it */
		free(metrics);
	}
}

static void take(struct metrics *metrics) {
	ASSERT(pthread_mutex_lock(&metrics->lock) == 0);
}

static void give(struct metrics *metrics) {
	ASSERT(pthread_mutex_unlock(&metrics->lock) == 0);
}

void metrics_add(struct metrics *metrics, enum metric metric, uint64_t n) {
	take(metrics);
	metrics->values[metric] += n;
	give(metrics);
}

void metrics_set(struct metrics *metrics, enum metric metric, uint64_t value) {
	take(metrics);
	metrics->values[metric] = value;
	give(metrics);
}

uint64_t metrics_get(struct metrics *metrics, enum metric metric) {
	take(metrics);
	uint64_t value = metrics->values[metric];
	give(metrics);
	return value;
}

void metrics_print(struct metrics *metrics, struct buf *out) {
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		if (rows[i].help[0] != '\0') {
			buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", rows[i].name, rows[i].help,
			           rows[i].name, rows[i].kind == GAUGE ? "gauge" : "counter");
		}
		buf_printf(out, "%s%s ", rows[i].name, rows[i].labels);
		uint64_t value = metrics_get(metrics, (enum metric)i);
		if (rows[i].kind == SECONDS) {
			buf_printf(out, "%.6f\n", (double)value / 1e9);
		} else {
			buf_printf(out, "%llu\n", (unsigned long long)value);
		}
	}
}
