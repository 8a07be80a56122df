#include "server/http.h"

#include "tap.h"

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
