#include "server/metrics.h"

#include "tap.h"

TEST(metrics_are_added_set_and_printed) {
	struct metrics *metrics = metrics_new();
	struct buf out = {0};
	metrics_add(metrics, METRIC_RECORDS_TCP, 3);
	metrics_add(metrics, METRIC_RECORDS_TCP, 4);
	metrics_set(metrics, METRIC_CONNECTIONS, 2);
	metrics_add(metrics, METRIC_COMMIT_NS, 1500000000);
	CHECK_EQ(metrics_get(metrics, METRIC_RECORDS_TCP), 7);
	metrics_print(metrics, &out);
	struct str text = buf_str(&out);
	CHECK(str_find(text, STR("\nakashi_received_records_total{input=\"syslog_tcp\"} 7\n"), 0) !=
	      SIZE_MAX);
	CHECK(str_find(text, STR("# TYPE akashi_connections gauge\n"), 0) != SIZE_MAX);
	CHECK(str_find(text, STR("\nakashi_connections{input=\"syslog_tcp\"} 2\n"), 0) != SIZE_MAX);
	CHECK(str_find(text, STR("\nakashi_commit_seconds_total 1.500000\n"), 0) != SIZE_MAX);
	/* A name is described once, before its first value. */
	size_t first = str_find(text, STR("# TYPE akashi_received_records_total"), 0);
	CHECK(first != SIZE_MAX);
	CHECK(str_find(text, STR("# TYPE akashi_received_records_total"), first + 1) == SIZE_MAX);
	buf_deinit(&out);
	metrics_free(metrics);
}
