/* See http.h. Everything but request_durable runs in the thread of libmicrohttpd. */
#include "server/http.h"

#include <pthread.h>

#include "server/http_request.h"
#include "server/microhttpd.h"

enum { HEADER_MAX = 32 << 10, STOP_WAITS = 100, STOP_WAIT_NS = 10000000 };

/* A connection, and since when it has been doing what it does. */
enum http_phase { PHASE_HEADERS, PHASE_BODY, PHASE_ANSWER };
struct http_connection {
	int fd;
	enum http_phase phase;
	int64_t since_ns;
	struct http_connection *next;
};

struct http {
	struct http_options options;
	struct MHD_Daemon *daemon;
	int fd;
	pthread_mutex_t lock; /* guards what follows; a leaf */
	bool ready, stopping;
	uint32_t requests; /* that are open */
	struct http_connection *connections;
	size_t bodies; /* bytes of them */
};

/* Filled before the first server starts; all servers of the program share it. */
static struct microhttpd_calls mhd;
static bool mhd_there;
static pthread_once_t mhd_once = PTHREAD_ONCE_INIT;

static void load_library(void) {
	mhd_there = microhttpd_load(&mhd);
}

static void take(struct http *http) {
	ASSERT(pthread_mutex_lock(&http->lock) == 0);
}

static void give(struct http *http) {
	ASSERT(pthread_mutex_unlock(&http->lock) == 0);
}

/* ---- connections ---- */

static int64_t now_ns(const struct http *http) {
	return http->options.os->monotonic_ns(http->options.os->ctx);
}

static struct http_connection *connection_of(struct MHD_Connection *connection) {
	const union MHD_ConnectionInfo *info =
	    mhd.MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	return info != NULL ? info->socket_context : NULL;
}

static void enter_phase(struct http *http, struct MHD_Connection *connection,
                        enum http_phase phase) {
	struct http_connection *state = connection_of(connection);
	if (state != NULL) {
		take(http);
		state->phase = phase;
		state->since_ns = now_ns(http);
		give(http);
	}
}

static void connection_opened(struct http *http, struct MHD_Connection *connection,
                              void **state_at) {
	const union MHD_ConnectionInfo *info =
	    mhd.MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct http_connection *state = calloc(1, sizeof(*state));
	ASSERT(state != NULL);
	*state = (struct http_connection){.fd = info != NULL ? info->connect_fd : -1,
	                                  .since_ns = now_ns(http)};
	*state_at = state;
	take(http);
	state->next = http->connections;
	http->connections = state;
	give(http);
	if (http->options.opened != NULL) {
		http->options.opened(http->options.ctx);
	}
}

/* Before the descriptor is closed. */
static void connection_closed(struct http *http, struct http_connection *state) {
	take(http);
	struct http_connection **at = &http->connections;
	while (*at != NULL && *at != state) {
		at = &(*at)->next;
	}
	ASSERT(*at == state);
	*at = state->next;
	give(http);
	free(state);
}

static void on_connection(void *ctx, struct MHD_Connection *connection, void **state_at,
                          enum MHD_ConnectionNotificationCode what) {
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		connection_opened(ctx, connection, state_at);
	} else if (*state_at != NULL) {
		connection_closed(ctx, *state_at);
		*state_at = NULL;
	}
}

int64_t http_tick_ns(struct http *http) {
	take(http);
	bool any = http->connections != NULL;
	give(http);
	return any ? http->options.timeout_ns : INT64_MAX;
}

void http_tick(struct http *http) {
	static const int64_t timeouts[] = {
	    [PHASE_HEADERS] = 2, [PHASE_BODY] = 20, [PHASE_ANSWER] = INT32_MAX};
	int64_t now = now_ns(http);
	take(http);
	for (struct http_connection *c = http->connections; c != NULL; c = c->next) {
		if ((now - c->since_ns) / timeouts[c->phase] > http->options.timeout_ns) {
			socket_end(c->fd); /* its thread sees the end, and closes it */
		}
	}
	give(http);
}

/* ---- answers ---- */

void http_say(struct http_request *request, unsigned status, const char *type, struct str body) {
	request->answer.status = status;
	request->answer.type = type;
	buf_clear(&request->answer.body);
	buf_append_str(&request->answer.body, body);
}

void http_refuse(struct http_request *request, unsigned status, struct str why) {
	struct buf body CLEANUP(buf_deinit) = {0};
	buf_append_str(&body, STR("{\"error\":"));
	buf_append_json(&body, why);
	buf_append_str(&body, STR("}\n"));
	http_say(request, status, NULL, buf_str(&body));
}

static void refuse(struct http_request *request, unsigned status, struct str why) {
	bool own = request->route != NULL && request->route->refuse != NULL;
	(own ? request->route->refuse : http_refuse)(request, status, why);
}

static enum MHD_Result answer(struct http_request *request) {
	if (request->waited != ERR_OK) {
		struct buf why CLEANUP(buf_deinit) = {0};
		buf_printf(&why, "it is not known to be kept: %s", err_text(request->waited));
		refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE, buf_str(&why));
	}
	const struct http_answer *answer = &request->answer;
	struct MHD_Response *response = mhd.MHD_create_response_from_buffer(
	    answer->body.len, answer->body.ptr, MHD_RESPMEM_MUST_COPY);
	if (response == NULL) {
		return MHD_NO; /* closes it */
	}
	if (request->route != NULL && request->route->refuse == http_refuse_elastic) {
		(void)mhd.MHD_add_response_header(response, "X-Elastic-Product", "Elasticsearch");
	}
	const char *type = answer->type != NULL ? answer->type : "application/json";
	(void)mhd.MHD_add_response_header(response, "Content-Type",
	                                  type); /* fails for no memory only */
	(void)mhd.MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (answer->status == MHD_HTTP_SERVICE_UNAVAILABLE || answer->status == 429) {
		(void)mhd.MHD_add_response_header(response, "Retry-After", "1");
	}
	metrics_add(request->http->options.metrics, METRIC_REQUESTS, 1);
	metrics_add(request->http->options.metrics, METRIC_REQUESTS_REFUSED, answer->status >= 400);
	enum MHD_Result result = mhd.MHD_queue_response(request->connection, answer->status, response);
	mhd.MHD_destroy_response(response);
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

#define ELASTIC(method, path, handle) {method, STR_INIT(path), NULL, handle, http_refuse_elastic}

/* The first that fits. Paths of Elasticsearch may stand behind /elastic. */
static const struct http_route routes[] = {
    {HTTP_GET, STR_INIT("/healthz"), NULL, handle_health, NULL},
    {HTTP_GET, STR_INIT("/readyz"), NULL, handle_health, NULL},
    {HTTP_GET, STR_INIT("/metrics"), NULL, handle_metrics, NULL},
    {HTTP_POST, STR_INIT("/api/v1/ingest"), "lines+http", http_take_lines, NULL},
    {HTTP_POST, STR_INIT("/services/collector"), "splunk+http", http_take_hec, http_refuse_hec},
    {HTTP_POST, STR_INIT("/services/collector/event"), "splunk+http", http_take_hec,
     http_refuse_hec},
    {HTTP_POST, STR_INIT("/services/collector/event/1.0"), "splunk+http", http_take_hec,
     http_refuse_hec},
    {HTTP_POST, STR_INIT("/services/collector/raw"), "splunk+http", http_take_hec_raw,
     http_refuse_hec},
    {HTTP_POST, STR_INIT("/services/collector/raw/1.0"), "splunk+http", http_take_hec_raw,
     http_refuse_hec},
    {HTTP_POST, STR_INIT("/services/collector/ack"), "splunk+http", http_hec_acks, http_refuse_hec},
    {HTTP_GET, STR_INIT("/services/collector/health"), NULL, http_hec_health, http_refuse_hec},
    {HTTP_GET, STR_INIT("/services/collector/health/1.0"), NULL, http_hec_health, http_refuse_hec},
    {HTTP_POST, STR_INIT("/_bulk"), "elastic+http", http_take_bulk, http_refuse_elastic},
    {HTTP_PUT, STR_INIT("/_bulk"), "elastic+http", http_take_bulk, http_refuse_elastic},
    {HTTP_POST, STR_INIT("/*/_bulk"), "elastic+http", http_take_bulk, http_refuse_elastic},
    {HTTP_PUT, STR_INIT("/*/_bulk"), "elastic+http", http_take_bulk, http_refuse_elastic},
    {HTTP_POST, STR_INIT("/*/_doc"), "elastic+http", http_take_document, http_refuse_elastic},
    ELASTIC(HTTP_GET, "/", http_elastic_info),
    ELASTIC(HTTP_GET, "/_license", http_elastic_license),
    ELASTIC(HTTP_GET, "/_xpack", http_elastic_empty),
    ELASTIC(HTTP_GET, "/_cluster/health", http_elastic_health),
    ELASTIC(HTTP_GET, "/_nodes/**", http_elastic_empty),
    ELASTIC(HTTP_GET, "/_ilm/policy/*", http_elastic_empty),
    ELASTIC(HTTP_PUT, "/_ilm/policy/*", http_elastic_acknowledge),
    ELASTIC(HTTP_GET, "/_index_template/*", http_elastic_empty),
    ELASTIC(HTTP_PUT, "/_index_template/*", http_elastic_acknowledge),
    ELASTIC(HTTP_GET, "/_component_template/*", http_elastic_empty),
    ELASTIC(HTTP_PUT, "/_component_template/*", http_elastic_acknowledge),
    ELASTIC(HTTP_GET, "/_template/*", http_elastic_empty),
    ELASTIC(HTTP_PUT, "/_template/*", http_elastic_acknowledge),
    ELASTIC(HTTP_GET, "/_ingest/pipeline/*", http_elastic_empty),
    ELASTIC(HTTP_PUT, "/_ingest/pipeline/*", http_elastic_acknowledge),
    ELASTIC(HTTP_GET, "/_data_stream/*", http_elastic_empty),
    ELASTIC(HTTP_PUT, "/_data_stream/*", http_elastic_acknowledge),
    ELASTIC(HTTP_GET, "/_alias/*", http_elastic_empty),
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

static bool path_fits(struct str pattern, struct str path) {
	while (pattern.len > 0 && path.len > 0) {
		struct str wanted = str_cut(&pattern, '/');
		if (str_eq(wanted, STR("**"))) {
			return true;
		}
		struct str part = str_cut(&path, '/');
		bool any = str_eq(wanted, STR("*")) && part.len > 0 && part.ptr[0] != '_';
		any = any || (str_eq(wanted, STR("*")) && part.len > 0 && pattern.len == 0);
		if (!any && !str_eq(wanted, part)) {
			return false;
		}
	}
	return pattern.len == 0 && path.len == 0;
}

static struct str without_prefix(struct str path) {
	static const struct str prefix = STR_INIT("/elastic");
	bool has = str_starts(path, prefix) && (path.len == prefix.len || path.ptr[prefix.len] == '/');
	struct str rest = str_slice(path, has ? prefix.len : 0, path.len);
	return rest.len > 0 ? rest : STR("/");
}

/* *out_path_known: the path is there, for other methods. */
static const struct http_route *find_route(enum http_method method, struct str path,
                                           bool *out_path_known) {
	enum http_method wanted = method == HTTP_HEAD ? HTTP_GET : method;
	*out_path_known = false;
	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		if (!path_fits(str_slice(routes[i].path, 1, SIZE_MAX), str_slice(path, 1, path.len)) &&
		    !str_eq(routes[i].path, path)) {
			continue;
		}
		*out_path_known = true;
		if (routes[i].method == wanted) {
			return &routes[i];
		}
	}
	return NULL;
}

struct str http_path_part(const struct http_request *request, size_t part) {
	struct str rest = str_slice(request->path, 1, request->path.len);
	for (size_t i = 0; i < part; i++) {
		(void)str_cut(&rest, '/');
	}
	return str_cut(&rest, '/');
}

struct str http_header(const struct http_request *request, const char *name) {
	return str_from(mhd.MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name));
}

/* ---- records ---- */

static void request_durable(struct intake_wait *wait, enum err err) {
	struct http_request *request =
	    (struct http_request *)(void *)((char *)wait - offsetof(struct http_request, wait));
	request->waited = err;
	mhd.MHD_resume_connection(request->connection);
}

static void find_peer(struct http_request *request) {
	const union MHD_ConnectionInfo *info =
	    mhd.MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct net_address address = {0};
	if (info != NULL) {
		net_address_from(info->client_addr, &address);
	}
	peer_init(&request->peer, request->route->protocol, &address, request->source, STR(""));
	request->has_peer = true;
}

bool http_begin(struct http_request *request) {
	struct http *http = request->http;
	take(http);
	bool open = http->ready && !http->stopping;
	give(http);
	if (!open) {
		refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE, STR("records are not taken now"));
		return false;
	}
	if (!intake_has_room(http->options.intake, true)) {
		refuse(request, 429, STR("more is received than can be written: try again"));
		return false;
	}
	find_peer(request);
	intake_begin(http->options.intake);
	return true;
}

void http_put(struct http_request *request, struct str body, uint8_t flags) {
	intake_put(request->http->options.intake, &request->peer.source, body, flags, 0);
	request->records++;
	request->bytes += body.len;
}

/* Unpacked it may be large, and the intake has its records. */
static void drop_body(struct http_request *request) {
	struct http *http = request->http;
	buf_deinit(&request->body);
	take(http);
	http->bodies -= request->received;
	give(http);
	request->received = 0;
}

void http_end(struct http_request *request, enum metric metric) {
	struct http *http = request->http;
	drop_body(request);
	metrics_add(http->options.metrics, metric, request->records);
	metrics_add(http->options.metrics, METRIC_BYTES_HTTP, request->bytes);
	if (request->records == 0) {
		intake_end(http->options.intake, NULL);
		return;
	}
	request->wait.done = request_durable;
	request->suspended = true;
	mhd.MHD_suspend_connection(request->connection); /* before anybody can resume it */
	intake_end(http->options.intake, &request->wait);
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
	request->path = without_prefix(str_from(url));
	request->route = find_route(request->method, request->path, &known);
	if (request->route == NULL) {
		http_refuse(request, known ? MHD_HTTP_METHOD_NOT_ALLOWED : MHD_HTTP_NOT_FOUND,
		            known ? STR("this method is not for this path") : STR("nothing is here"));
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
	(void)why;
	if (request == NULL) {
		return;
	}
	enter_phase(http, connection, PHASE_HEADERS); /* of the next one */
	take(http);
	http->requests--;
	http->bodies -= request->received;
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
	bool room = request->route != NULL && request->body.len + bytes.len <= LIMIT_SERVER_BODY &&
	            http->bodies + bytes.len <= LIMIT_SERVER_BODIES;
	http->bodies += room ? bytes.len : 0;
	give(http);
	request->received += room ? bytes.len : 0;
	if (room) {
		buf_append_str(&request->body, bytes);
	} else {
		request->too_large = true;
	}
}

/* A page of another site may make a browser of this machine send requests: they say so. */
static bool from_page(const struct http_request *request) {
	return request->route->protocol != NULL && http_header(request, "Origin").len > 0;
}

static bool may_send(struct http_request *request) {
	const struct tokens *tokens = request->http->options.tokens;
	return tokens == NULL || request->route->protocol == NULL ||
	       tokens_find(tokens, http_header(request, "Authorization"), &request->source);
}

static void handle(struct http_request *request) {
	struct diag diag = {0};
	if (request->too_large) {
		refuse(request, MHD_HTTP_CONTENT_TOO_LARGE, STR("the body is too large"));
		return;
	}
	if (from_page(request)) {
		refuse(request, MHD_HTTP_FORBIDDEN, STR("records are not taken from web pages"));
		return;
	}
	if (!may_send(request)) {
		refuse(request, MHD_HTTP_UNAUTHORIZED, STR("a token is asked for"));
		return;
	}
	enum err err = http_unpack(http_header(request, "Content-Encoding"), &request->body, &diag);
	if (err != ERR_OK) {
		refuse(request,
		       err == ERR_UNSUPPORTED ? MHD_HTTP_UNSUPPORTED_MEDIA_TYPE
		       : err == ERR_LIMIT     ? MHD_HTTP_CONTENT_TOO_LARGE
		                              : MHD_HTTP_BAD_REQUEST,
		       str_from(diag.message));
		return;
	}
	request->route->handle(request);
}

struct lengths {
	unsigned lengths, chunked;
};

static enum MHD_Result count_length(void *ctx, enum MHD_ValueKind kind, const char *name,
                                    const char *value) {
	struct lengths *lengths = ctx;
	(void)kind;
	(void)value;
	lengths->lengths += str_eq_nocase(str_from(name), STR("Content-Length"));
	lengths->chunked += str_eq_nocase(str_from(name), STR("Transfer-Encoding"));
	return MHD_YES;
}

/* Two servers that read such a request in a row could disagree where the next one begins. */
static bool is_ambiguous(struct MHD_Connection *connection) {
	struct lengths lengths = {0};
	(void)mhd.MHD_get_connection_values(connection, MHD_HEADER_KIND, count_length, &lengths);
	return lengths.lengths + lengths.chunked > 1;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **request_at) {
	struct http_request *request = *request_at;
	(void)version;
	if (request == NULL) {
		request = request_new(ctx, connection, url, method);
		*request_at = request;
		enter_phase(ctx, connection, PHASE_BODY);
		if (!is_ambiguous(connection)) {
			return MHD_YES;
		}
		/* An answer before the body was read: the connection is closed behind it. */
		refuse(request, MHD_HTTP_BAD_REQUEST, STR("the body has one length"));
		return answer(request);
	}
	if (*upload_size > 0) {
		take_body(request, str_make(upload, *upload_size));
		*upload_size = 0;
		return MHD_YES;
	}
	if (request->route != NULL && !request->handled) {
		request->handled = true;
		enter_phase(ctx, connection, PHASE_ANSWER);
		request->path = without_prefix(str_from(url));
		handle(request);
		if (request->suspended) {
			return MHD_YES; /* called again when it is resumed */
		}
	}
	return answer(request);
}

/* ---- from outside ---- */

static enum err start(struct http *http) {
	const struct http_options *options = &http->options;
	int64_t seconds = options->timeout_ns / 1000000000;
	http->daemon = mhd.MHD_start_daemon(
	    MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, http,
	    MHD_OPTION_LISTEN_SOCKET, http->fd, MHD_OPTION_NOTIFY_COMPLETED, request_ended, http,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, http, MHD_OPTION_CONNECTION_LIMIT,
	    (unsigned)options->connections_max, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
	    (unsigned)options->connections_per_address, MHD_OPTION_CONNECTION_TIMEOUT,
	    (unsigned)MAX_OF(seconds, 1), MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_MAX,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	return http->daemon != NULL ? ERR_OK : ERR_LIMIT;
}

enum err http_new(const struct http_options *options, struct http **out_http, struct diag *diag) {
	ASSERT(pthread_once(&mhd_once, load_library) == 0);
	if (!mhd_there) {
		enum err missing =
		    diag_set(diag, ERR_UNSUPPORTED, "HTTP cannot be served: libmicrohttpd is not there");
		diag_hint(diag, "install the package libmicrohttpd12");
		return missing;
	}
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
	http->fd = mhd.MHD_quiesce_daemon(http->daemon);
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
	mhd.MHD_stop_daemon(http->daemon);
	ASSERT(http->requests == 0);
	(void)pthread_mutex_destroy(&http->lock); /* nobody holds it */
	free(http);
}
