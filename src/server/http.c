/* See http.h. Everything but request_durable runs in the thread of libmicrohttpd. */
#include "server/http.h"

#include <microhttpd.h>
#include <pthread.h>

#include "server/http_request.h"

enum { HEADER_MAX = 32 << 10, STOP_WAITS = 100, STOP_WAIT_NS = 10000000 };

struct http {
	struct http_options options;
	struct MHD_Daemon *daemon;
	int fd;
	pthread_mutex_t lock; /* guards what follows; a leaf */
	bool ready, stopping;
	uint32_t requests; /* that are open */
	size_t bodies;     /* bytes of them */
};

static void take(struct http *http) {
	ASSERT(pthread_mutex_lock(&http->lock) == 0);
}

static void give(struct http *http) {
	ASSERT(pthread_mutex_unlock(&http->lock) == 0);
}

/* ---- answers ---- */

void http_say(struct http_request *request, unsigned status, const char *type, struct str body) {
	request->answer.status = status;
	request->answer.type = type;
	buf_clear(&request->answer.body);
	buf_append_str(&request->answer.body, body);
}

static enum MHD_Result answer(struct http_request *request) {
	const struct http_answer *answer = &request->answer;
	struct MHD_Response *response =
	    MHD_create_response_from_buffer(answer->body.len, answer->body.ptr, MHD_RESPMEM_MUST_COPY);
	if (response == NULL) {
		return MHD_NO; /* closes it */
	}
	const char *type = answer->type != NULL ? answer->type : "application/json";
	(void)MHD_add_response_header(response, "Content-Type", type); /* fails for no memory only */
	(void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (answer->status == MHD_HTTP_SERVICE_UNAVAILABLE || answer->status == 429) {
		(void)MHD_add_response_header(response, "Retry-After", "1");
	}
	metrics_add(request->http->options.metrics, METRIC_REQUESTS, 1);
	metrics_add(request->http->options.metrics, METRIC_REQUESTS_REFUSED, answer->status >= 400);
	enum MHD_Result result = MHD_queue_response(request->connection, answer->status, response);
	MHD_destroy_response(response);
	return result;
}

/* ---- routes ---- */

static void handle_health(struct http_request *request) {
	struct http *http = request->http;
	take(http);
	bool ready = http->ready && !http->stopping;
	give(http);
	ready = ready && !intake_failed(http->options.intake);
	http_say(request, ready ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, "text/plain",
	         ready ? STR("ok\n") : STR("not ready\n"));
}

static void handle_metrics(struct http_request *request) {
	request->answer.status = MHD_HTTP_OK;
	request->answer.type = "text/plain; version=0.0.4";
	metrics_print(request->http->options.metrics, &request->answer.body);
}

static const struct http_route routes[] = {
    {HTTP_GET, STR_INIT("/healthz"), false, handle_health},
    {HTTP_GET, STR_INIT("/readyz"), false, handle_health},
    {HTTP_GET, STR_INIT("/metrics"), false, handle_metrics},
};

static enum http_method method_of(const char *text) {
	static const struct {
		const char *name;
		enum http_method method;
	} names[] = {{"GET", HTTP_GET}, {"HEAD", HTTP_HEAD}, {"POST", HTTP_POST}, {"PUT", HTTP_PUT}};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(text, names[i].name) == 0) {
			return names[i].method;
		}
	}
	return HTTP_OTHER;
}

/* *out_path_known: the path is there, for other methods. */
static const struct http_route *find_route(enum http_method method, struct str path,
                                           bool *out_path_known) {
	enum http_method wanted = method == HTTP_HEAD ? HTTP_GET : method;
	*out_path_known = false;
	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		if (!str_eq(routes[i].path, path)) {
			continue;
		}
		*out_path_known = true;
		if (routes[i].method == wanted) {
			return &routes[i];
		}
	}
	return NULL;
}

/* ---- requests ---- */

static struct http_request *request_new(struct http *http, struct MHD_Connection *connection,
                                        const char *url, const char *method) {
	struct http_request *request = calloc(1, sizeof(*request));
	bool known;
	ASSERT(request != NULL);
	request->http = http;
	request->connection = connection;
	request->method = method_of(method);
	request->path = str_from(url);
	request->route = find_route(request->method, request->path, &known);
	if (request->route == NULL) {
		http_say(request, known ? MHD_HTTP_METHOD_NOT_ALLOWED : MHD_HTTP_NOT_FOUND, NULL,
		         known ? STR("{\"error\":\"this method is not for this path\"}\n")
		               : STR("{\"error\":\"nothing is here\"}\n"));
	}
	take(http);
	http->requests++;
	give(http);
	return request;
}

static void request_ended(void *ctx, struct MHD_Connection *connection, void **request_at,
                          enum MHD_RequestTerminationCode why) {
	struct http_request *request = *request_at;
	struct http *http = ctx;
	(void)connection;
	(void)why;
	if (request == NULL) {
		return;
	}
	take(http);
	http->requests--;
	http->bodies -= request->body.len;
	give(http);
	buf_deinit(&request->body);
	buf_deinit(&request->answer.body);
	if (request->has_peer) {
		peer_deinit(&request->peer);
	}
	free(request);
	*request_at = NULL;
}

/* Bytes of the body; what is too much is read and dropped, for an answer can be sent only then. */
static void take_body(struct http_request *request, struct str bytes) {
	struct http *http = request->http;
	take(http);
	bool room = request->route != NULL && request->route->takes_records &&
	            request->body.len + bytes.len <= LIMIT_SERVER_BODY &&
	            http->bodies + bytes.len <= LIMIT_SERVER_BODIES;
	http->bodies += room ? bytes.len : 0;
	give(http);
	if (room) {
		buf_append_str(&request->body, bytes);
	} else {
		request->too_large = true;
	}
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **request_at) {
	struct http_request *request = *request_at;
	(void)version;
	if (request == NULL) {
		*request_at = request_new(ctx, connection, url, method);
		return MHD_YES;
	}
	if (*upload_size > 0) {
		take_body(request, str_make(upload, *upload_size));
		*upload_size = 0;
		return MHD_YES;
	}
	if (request->route != NULL && !request->handled) {
		request->handled = true;
		request->path = str_from(url);
		request->route->handle(request);
	}
	return answer(request);
}

/* ---- from outside ---- */

static enum err start(struct http *http) {
	const struct http_options *options = &http->options;
	int64_t seconds = options->timeout_ns / 1000000000;
	http->daemon = MHD_start_daemon(
	    MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, http,
	    MHD_OPTION_LISTEN_SOCKET, http->fd, MHD_OPTION_NOTIFY_COMPLETED, request_ended, http,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)options->connections_max,
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)options->connections_per_address,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)MAX_OF(seconds, 1),
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_MAX, MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_END);
	return http->daemon != NULL ? ERR_OK : ERR_LIMIT;
}

enum err http_new(const struct http_options *options, struct http **out_http, struct diag *diag) {
	struct http *http = calloc(1, sizeof(*http));
	struct buf name CLEANUP(buf_deinit) = {0};
	ASSERT(http != NULL);
	http->options = *options;
	http->fd = -1;
	ASSERT(pthread_mutex_init(&http->lock, NULL) == 0);
	enum err err = socket_listen(&options->address, &http->fd);
	if (err == ERR_OK) {
		err = socket_address(http->fd, &http->options.address);
	}
	if (err == ERR_OK) {
		err = start(http);
	}
	if (err != ERR_OK) {
		net_address_format(&options->address, true, &name);
		socket_close(http->fd);
		(void)pthread_mutex_destroy(&http->lock); /* nobody holds it */
		free(http);
		return diag_set(diag, err, "cannot serve HTTP at %.*s: %s", STR_ARG(buf_str(&name)),
		                err == ERR_EXISTS ? "another program does" : err_text(err));
	}
	*out_http = http;
	return ERR_OK;
}

struct net_address http_address(const struct http *http) {
	return http->options.address;
}

void http_set_ready(struct http *http) {
	take(http);
	http->ready = true;
	give(http);
}

void http_stop(struct http *http) {
	take(http);
	http->stopping = true;
	give(http);
	/* The daemon leaves the socket alone from now on, and it is ours. */
	http->fd = MHD_quiesce_daemon(http->daemon);
	socket_close(http->fd);
	http->fd = -1;
}

static bool is_busy(struct http *http) {
	take(http);
	bool busy = http->requests > 0;
	give(http);
	return busy;
}

void http_free(struct http *http) {
	if (http == NULL) {
		return;
	}
	const struct os *os = http->options.os;
	for (int i = 0; i < STOP_WAITS && is_busy(http); i++) {
		os->sleep(os->ctx, STOP_WAIT_NS);
	}
	MHD_stop_daemon(http->daemon);
	ASSERT(http->requests == 0);
	(void)pthread_mutex_destroy(&http->lock); /* nobody holds it */
	free(http);
}
