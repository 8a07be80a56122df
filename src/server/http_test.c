#include "server/http.h"

#include "tap.h"

#include "os/thread.h"
#include "server/input_testing.h"

static struct http *start(struct fixture *fixture, struct http_options options,
                          struct net_address *out) {
	struct http *http = NULL;
	struct diag diag = {0};
	options.os = os_real();
	options.intake = fixture->intake;
	options.metrics = fixture->metrics;
	options.address = any_port();
	options.connections_max = 8;
	options.connections_per_address = 8;
	options.timeout_ns = options.timeout_ns > 0 ? options.timeout_ns : 10 * (int64_t)1000000000;
	options.version = STR("1.2.3");
	CHECK(http_new(&options, &http, &diag) == ERR_OK);
	*out = http_address(http);
	return http;
}

/* The whole answer to a request, after which the connection is closed. */
static void ask(const struct net_address *address, const char *request, struct buf *out) {
	int fd = fixture_connect(address, SOCK_STREAM);
	buf_clear(out);
	fixture_send(fd, request);
	for (;;) {
		ssize_t got = recv(fd, buf_reserve(out, 4096), 4096, 0);
		if (got <= 0) {
			break;
		}
		out->len += (size_t)got;
	}
	(void)close(fd);
}

static bool says(const struct buf *answer, const char *text) {
	bool found = str_find(buf_str(answer), str_from(text), 0) != SIZE_MAX;
	if (!found) {
		printf("# answer: %.*s\n", STR_ARG(buf_str(answer)));
	}
	return found;
}

TEST(a_request_that_comes_too_slowly_is_ended) {
	struct fixture fixture = {0};
	struct net_address address;
	struct http_options options = {.timeout_ns = 1000000000};
	char answer[200];
	REQUIRE(fixture_begin(&fixture, 1 << 20));
	struct http *http = start(&fixture, options, &address);
	CHECK_EQ(http_tick_ns(http), INT64_MAX);
	int fd = fixture_connect(&address, SOCK_STREAM);
	fixture_send(fd, "GET /healthz HTTP/1.1\r\n");
	bool ended = false;
	for (int i = 0; i < 20 && !ended; i++) { /* a byte often enough to be no silence */
		os_real()->sleep(NULL, 300000000);
		http_tick(http);
		ended = send(fd, "X", 1, MSG_NOSIGNAL) < 0 ||
		        recv(fd, answer, sizeof(answer), MSG_DONTWAIT) == 0;
		CHECK(i > 2 || !ended);
	}
	CHECK(ended);
	(void)close(fd);
	http_stop(http);
	http_free(http);
	fixture_end(&fixture);
}

#define CLOSE "Host: localhost\r\nConnection: close\r\n\r\n"

TEST(health_says_when_it_is_ready_and_metrics_are_shown) {
	struct fixture fixture = {0};
	struct net_address address;
	struct buf answer = {0};
	REQUIRE(fixture_begin(&fixture, 1 << 20));
	struct http *http = start(&fixture, (struct http_options){0}, &address);
	ask(&address, "GET /healthz HTTP/1.1\r\n" CLOSE, &answer);
	CHECK(says(&answer, "HTTP/1.1 503 ") && says(&answer, "Retry-After: 1"));
	http_set_ready(http);
	ask(&address, "GET /healthz HTTP/1.1\r\n" CLOSE, &answer);
	CHECK(says(&answer, "HTTP/1.1 200 ") && says(&answer, "\r\n\r\nok\n"));
	ask(&address, "HEAD /readyz HTTP/1.1\r\n" CLOSE, &answer);
	CHECK(says(&answer, "HTTP/1.1 200 ") && str_ends(buf_str(&answer), STR("\r\n\r\n")));
	ask(&address, "GET /metrics HTTP/1.1\r\n" CLOSE, &answer);
	CHECK(says(&answer, "\nakashi_http_requests_total 3\n"));
	ask(&address, "GET /nowhere HTTP/1.1\r\n" CLOSE, &answer);
	CHECK(says(&answer, "HTTP/1.1 404 "));
	ask(&address, "POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n" CLOSE "abc", &answer);
	CHECK(says(&answer, "HTTP/1.1 405 "));
	struct http *second = NULL;
	struct diag diag = {0};
	struct http_options taken = {.address = address, .connections_max = 1};
	CHECK(http_new(&taken, &second, &diag) == ERR_EXISTS && diag.message[0] != '\0');
	http_stop(http);
	http_free(http);
	buf_deinit(&answer);
	fixture_end(&fixture);
}

TEST(what_is_no_http_is_refused_and_who_says_nothing_is_closed) {
	struct fixture fixture = {0};
	struct net_address address;
	struct buf answer = {0};
	REQUIRE(fixture_begin(&fixture, 1 << 20));
	struct http_options options = {.timeout_ns = 1000000000};
	struct http *http = start(&fixture, options, &address);
	ask(&address, "<13>this is syslog\r\n\r\n", &answer);
	CHECK(answer.len == 0 || says(&answer, "HTTP/1.1 400 "));
	ask(&address, "GET / HTTP/1.1\r\nHost: a\r\nX: ", &answer); /* and no end: after a second */
	CHECK(answer.len == 0 || says(&answer, "HTTP/1.1 408 "));
	http_stop(http);
	http_free(http);
	buf_deinit(&answer);
	fixture_end(&fixture);
}

/* ---- records ---- */

/* A keeper that keeps nothing, or cannot. */
struct taker {
	struct fixture *fixture;
	struct buf bodies;
	enum err err;
	struct thread *thread;
};

static void take_all(void *arg) {
	struct taker *taker = arg;
	struct intake_group group;
	while (intake_take(taker->fixture->intake, INT64_MAX, &group)) {
		for (size_t i = 0; i < group.count; i++) {
			const struct batch *batch = group.batches[i];
			for (uint32_t row = 0; row < batch->count; row++) {
				buf_append_str(&taker->bodies, batch->sources[batch->records[row].source].name);
				buf_append_char(&taker->bodies, ' ');
				buf_append_str(&taker->bodies, batch_body(batch, row));
				buf_append_char(&taker->bodies, '|');
			}
			batch_free(group.batches[i]);
		}
		intake_done(taker->fixture->intake, &group, taker->err);
		free(group.batches);
		buf_deinit(&group.notes);
	}
	free(group.batches);
	buf_deinit(&group.notes);
}

struct served {
	struct fixture fixture;
	struct http *http;
	struct net_address address;
	struct taker taker;
	struct buf answer;
};

static bool serve(struct served *served, size_t bytes_max, enum err err) {
	if (!fixture_begin(&served->fixture, bytes_max)) {
		return false;
	}
	served->http = start(&served->fixture, (struct http_options){0}, &served->address);
	http_set_ready(served->http);
	served->taker = (struct taker){.fixture = &served->fixture, .err = err};
	served->taker.thread = thread_start("taker", take_all, &served->taker);
	return CHECK(served->taker.thread != NULL);
}

static void end(struct served *served) {
	struct intake_group all = {.ticket = UINT64_MAX};
	http_stop(served->http);
	intake_stop(served->fixture.intake);
	thread_join(served->taker.thread);
	intake_fail(served->fixture.intake);
	intake_done(served->fixture.intake, &all, ERR_CLOSED);
	http_free(served->http);
	buf_deinit(&served->taker.bodies);
	buf_deinit(&served->answer);
	fixture_end(&served->fixture);
}

/* POST; headers: further ones, each with its end of line. */
static void post(struct served *served, const char *path, const char *headers, struct str body) {
	struct buf request = {0};
	int fd = fixture_connect(&served->address, SOCK_STREAM);
	buf_printf(&request,
	           "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%sContent-Length: %zu\r\n\r\n",
	           path, headers, body.len);
	buf_append_str(&request, body);
	buf_clear(&served->answer);
	CHECK_EQ(send(fd, request.ptr, request.len, MSG_NOSIGNAL), (long long)request.len);
	for (;;) {
		ssize_t got = recv(fd, buf_reserve(&served->answer, 4096), 4096, 0);
		if (got <= 0) {
			break;
		}
		served->answer.len += (size_t)got;
	}
	(void)close(fd);
	buf_deinit(&request);
}

static void check_post(struct served *served, const char *path, const char *body,
                       const char *status, const char *answer) {
	post(served, path, "", str_from(body));
	CHECK(says(&served->answer, status));
	CHECK(says(&served->answer, answer));
}

TEST(lines_events_and_documents_are_taken_and_answered_when_they_are_durable) {
	struct served served = {0};
	REQUIRE(serve(&served, 1 << 20, ERR_OK));
	check_post(&served, "/api/v1/ingest", "{\"a\":1}\n\ntext\n", " 200 ", "{\"records\":2}");
	check_post(&served, "/_bulk", "{\"create\":{}}\n{\"b\":2}\n{\"delete\":{\"_id\":\"x\"}}\n",
	           " 200 ", "\"errors\":true,\"items\":[{\"create\":{\"_index\":\"\",\"_id\":\"2\"");
	CHECK(says(&served.answer, "\"status\":201}},{\"delete\":{\"_index\":\"\",\"_id\":\"x\","
	                           "\"status\":400"));
	CHECK(says(&served.answer, "X-Elastic-Product: Elasticsearch"));
	check_post(&served, "/elastic/logs-app/_bulk", "{\"index\":{}}\n{\"c\":3}\n", " 200 ",
	           "\"errors\":false,\"items\":[{\"index\":{\"_index\":\"logs-app\"");
	check_post(&served, "/logs-app/_doc", "{\"d\":4}\n", " 201 ", "\"result\":\"created\"");
	check_post(&served, "/services/collector/event", "{\"event\":\"e\"} {\"event\":\"f\"}", " 200 ",
	           "{\"text\":\"Success\",\"code\":0}");
	check_post(&served, "/services/collector/raw", "g\nh\n", " 200 ", "\"code\":0");
	post(&served, "/services/collector", "X-Splunk-Request-Channel: c\r\n",
	     STR("{\"event\":\"i\"}"));
	CHECK(says(&served.answer, "\"ackId\":0"));
	check_post(&served, "/services/collector/ack", "{\"acks\":[0,1]}", " 200 ",
	           "{\"acks\":{\"0\":true,\"1\":true}}");
	CHECK_STR(buf_str(&served.taker.bodies),
	          "lines+http://127.0.0.1 {\"a\":1}|lines+http://127.0.0.1 text|"
	          "elastic+http://127.0.0.1 {\"b\":2}|elastic+http://127.0.0.1 {\"c\":3}|"
	          "elastic+http://127.0.0.1 {\"d\":4}|"
	          "splunk+http://127.0.0.1 {\"event\":\"e\"}|splunk+http://127.0.0.1 {\"event\":\"f\"}|"
	          "splunk+http://127.0.0.1 g|splunk+http://127.0.0.1 h|"
	          "splunk+http://127.0.0.1 {\"event\":\"i\"}|");
	end(&served);
}

TEST(what_is_wrong_is_refused_whole) {
	struct served served = {0};
	REQUIRE(serve(&served, 1 << 20, ERR_OK));
	check_post(&served, "/_bulk", "{\"create\":{}}\n{\"b\":2}\nnonsense\n", " 400 ",
	           "Malformed action/metadata line [3]");
	check_post(&served, "/_bulk", "", " 400 ", "request body is required");
	check_post(&served, "/services/collector", "{\"event\":\"e\"}{\"evnt\":1}", " 400 ",
	           "\"code\":12,\"invalid-event-number\":1}");
	check_post(&served, "/services/collector", " ", " 400 ", "\"code\":5");
	check_post(&served, "/services/collector/ack", "{\"acks\":[0", " 400 ", "\"code\":6");
	check_post(&served, "/services/collector/ack", "", " 400 ", "\"code\":6");
	post(&served, "/api/v1/ingest", "Origin: http://evil.example.org\r\n", STR("x\n"));
	CHECK(says(&served.answer, " 403 "));
	post(&served, "/api/v1/ingest", "Content-Encoding: br\r\n", STR("x\n"));
	CHECK(says(&served.answer, " 415 "));
	post(&served, "/api/v1/ingest", "Content-Encoding: gzip\r\n", STR("no gzip"));
	CHECK(says(&served.answer, " 400 "));
	check_post(&served, "/_doc", "{}", " 404 ", "error");
	CHECK_EQ(served.taker.bodies.len, 0);
	end(&served);
}

TEST(bodies_come_compressed_and_too_large_ones_are_refused) {
	static const uint8_t gzip[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00,
	                               0x02, 0x03, 0xab, 0xe0, 0x02, 0x00, 0x1f, 0x08,
	                               0xea, 0x46, 0x02, 0x00, 0x00, 0x00}; /* "x\n" */
	struct served served = {0};
	struct buf body = {0};
	REQUIRE(serve(&served, 1 << 20, ERR_OK));
	post(&served, "/api/v1/ingest", "Content-Encoding: gzip\r\n",
	     str_make((const char *)gzip, sizeof(gzip)));
	CHECK(says(&served.answer, " 200 ") && says(&served.answer, "{\"records\":1}"));
	CHECK_STR(buf_str(&served.taker.bodies), "lines+http://127.0.0.1 x|");
	memset(buf_reserve(&body, LIMIT_SERVER_BODY + 1), 'x', LIMIT_SERVER_BODY + 1);
	body.len = LIMIT_SERVER_BODY + 1;
	post(&served, "/api/v1/ingest", "", buf_str(&body));
	CHECK(says(&served.answer, " 413 "));
	buf_deinit(&body);
	end(&served);
}

TEST(what_cannot_be_written_is_not_acknowledged) {
	struct served served = {0};
	struct buf bulk = {0};
	REQUIRE(serve(&served, 1000, ERR_NO_SPACE));
	check_post(&served, "/api/v1/ingest", "one\n", " 503 ", "no space left");
	check_post(&served, "/services/collector", "{\"event\":1}", " 503 ", "\"code\":9");
	buf_append_str(&bulk, STR("{\"create\":{}}\n"));
	memset(buf_reserve(&bulk, 1000), 'x', 1000);
	bulk.len += 1000;
	post(&served, "/_bulk", "", buf_str(&bulk));
	CHECK(says(&served.answer, " 503 ") && says(&served.answer, "unavailable_exception"));
	buf_deinit(&bulk);
	/* Now the room is used up: refused before anything is put. */
	check_post(&served, "/_bulk", "{\"create\":{}}\n{}\n", " 429 ", "es_rejected_execution");
	check_post(&served, "/api/v1/ingest", "x\n", " 429 ", "Retry-After: 1");
	end(&served);
}
