/* See serve.h. */
#include "server/serve.h"

#include <signal.h>

#include "os/loop.h"
#include "server/http.h"
#include "server/keeper.h"
#include "server/tcp_input.h"
#include "server/udp_input.h"

#define STOP_NS ((int64_t)5000000000) /* for what waits in the kernel when the server stops */
enum { STOP_PAUSE_NS = 5000000 };

struct server {
	const struct serve_options *options;
	struct loop *loop;
	struct metrics *metrics;
	struct intake *intake;
	struct keeper *keeper;
	struct tokens *tokens; /* NULL: none are asked for */
	struct http *http;
	struct udp_input *udp[CONFIG_ADDRESSES_MAX];
	struct tcp_input *tcp[CONFIG_ADDRESSES_MAX];
	size_t udp_count, tcp_count;
	int64_t ticked_ns;
};

static int64_t now_ns(const struct server *server) {
	return server->options->os->monotonic_ns(server->options->os->ctx);
}

static void tell(void *ctx, struct str message) {
	const struct server *server = ctx;
	server->options->tell(server->options->ctx, message);
}

static void wake(void *ctx) {
	const struct server *server = ctx;
	loop_wake(server->loop);
}

/* ---- opening ---- */

static void tell_address(struct server *server, const char *what,
                         const struct net_address *address) {
	struct buf text CLEANUP(buf_deinit) = {0};
	buf_printf(&text, "%s ", what);
	net_address_format(address, true, &text);
	tell(server, buf_str(&text));
}

static void tell_udp(struct server *server, const struct udp_input *input) {
	struct net_address address = udp_input_address(input);
	uint64_t wanted = server->options->config->syslog_udp_buffer;
	tell_address(server, "syslog over UDP at", &address);
	if (udp_input_buffer(input) < wanted) {
		struct buf text CLEANUP(buf_deinit) = {0};
		buf_printf(&text,
		           "its buffer is %zu bytes, less than syslog.udp_buffer: sysctl -w "
		           "net.core.rmem_max=%llu gives it all",
		           udp_input_buffer(input), (unsigned long long)wanted);
		tell(server, buf_str(&text));
	}
}

static enum err open_udp(struct server *server, struct diag *diag) {
	const struct config *config = server->options->config;
	for (size_t i = 0; i < config->syslog_udp.count; i++) {
		struct udp_input_options options = {.os = server->options->os,
		                                    .loop = server->loop,
		                                    .intake = server->intake,
		                                    .metrics = server->metrics,
		                                    .address = config->syslog_udp.list[i],
		                                    .buffer_bytes = config->syslog_udp_buffer,
		                                    .zone = config->syslog_zone};
		TRY(udp_input_new(&options, &server->udp[i], diag));
		server->udp_count++;
		tell_udp(server, server->udp[i]);
	}
	return ERR_OK;
}

static enum err open_tcp(struct server *server, struct diag *diag) {
	const struct config *config = server->options->config;
	for (size_t i = 0; i < config->syslog_tcp.count; i++) {
		struct tcp_input_options options = {.os = server->options->os,
		                                    .loop = server->loop,
		                                    .intake = server->intake,
		                                    .metrics = server->metrics,
		                                    .address = config->syslog_tcp.list[i],
		                                    .connections_max = (uint32_t)config->syslog_connections,
		                                    .connections_per_address =
		                                        (uint32_t)config->syslog_connections_per_address,
		                                    .idle_ns = config->syslog_idle_ns,
		                                    .zone = config->syslog_zone};
		TRY(tcp_input_new(&options, &server->tcp[i], diag));
		server->tcp_count++;
		struct net_address address = tcp_input_address(server->tcp[i]);
		tell_address(server, "syslog over TCP at", &address);
	}
	return ERR_OK;
}

static enum err open_http(struct server *server, struct diag *diag) {
	const struct config *config = server->options->config;
	if (config->http_tokens.count > 0) {
		TRY(tokens_read(server->options->os, config->http_tokens.list, config->http_tokens.count,
		                &server->tokens, diag));
	}
	struct http_options options = {.os = server->options->os,
	                               .tokens = server->tokens,
	                               .intake = server->intake,
	                               .metrics = server->metrics,
	                               .address = config->listen,
	                               .connections_max = (uint32_t)config->http_connections,
	                               .connections_per_address =
	                                   (uint32_t)config->http_connections_per_address,
	                               .timeout_ns = config->http_timeout_ns,
	                               .version = server->options->version,
	                               .opened = wake,
	                               .ctx = server};
	TRY(http_new(&options, &server->http, diag));
	struct net_address address = http_address(server->http);
	tell_address(server, "HTTP at", &address);
	return ERR_OK;
}

static enum err open_keeper(struct server *server, struct diag *diag) {
	const struct serve_options *options = server->options;
	struct keeper_options about = {.os = options->os,
	                               .store = options->store,
	                               .settings = options->settings,
	                               .build = options->build,
	                               .formats = options->formats,
	                               .intake = server->intake,
	                               .metrics = server->metrics,
	                               .commit_ns = options->config->searchable_ns,
	                               .tell = tell,
	                               .ended = wake,
	                               .ctx = server};
	return keeper_open(&about, &server->keeper, diag);
}

/* Signals first: threads inherit which ones are blocked. HTTP last, so that who connects is served
 * at once. */
static enum err open_all(struct server *server, struct diag *diag) {
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
	const struct serve_options *options = server->options;
	enum err err = loop_new(&server->loop);
	if (err == ERR_OK) {
		err = loop_take_signals(server->loop, signals, ARRAY_LEN(signals));
	}
	if (err != ERR_OK) {
		return diag_set(diag, err, "no event loop can be made: %s", err_text(err));
	}
	server->metrics = metrics_new();
	server->intake = intake_new(&(struct intake_options){
	    .os = options->os, .bytes_max = options->config->memory, .room = wake, .ctx = server});
	TRY(open_keeper(server, diag));
	TRY(open_udp(server, diag));
	TRY(open_tcp(server, diag));
	TRY(open_http(server, diag));
	err = keeper_start(server->keeper);
	return err == ERR_OK ? ERR_OK : diag_set(diag, err, "no thread can be started");
}

static void close_all(struct server *server) {
	http_free(server->http);
	tokens_free(server->tokens);
	for (size_t i = 0; i < server->udp_count; i++) {
		udp_input_free(server->udp[i]);
	}
	for (size_t i = 0; i < server->tcp_count; i++) {
		tcp_input_free(server->tcp[i]);
	}
	keeper_free(server->keeper);
	intake_free(server->intake);
	metrics_free(server->metrics);
	loop_free(server->loop);
}

/* ---- running ---- */

static void resume(struct server *server) {
	bool paused = false;
	for (size_t i = 0; i < server->udp_count; i++) {
		paused = paused || udp_input_paused(server->udp[i]);
	}
	for (size_t i = 0; i < server->tcp_count; i++) {
		paused = paused || tcp_input_paused(server->tcp[i]);
	}
	if (!paused || !intake_has_room(server->intake, true)) {
		return;
	}
	for (size_t i = 0; i < server->udp_count; i++) {
		udp_input_resume(server->udp[i]);
	}
	for (size_t i = 0; i < server->tcp_count; i++) {
		tcp_input_resume(server->tcp[i]);
	}
}

static int64_t tick_ns(const struct server *server) {
	int64_t wait = http_tick_ns(server->http);
	for (size_t i = 0; i < server->udp_count; i++) {
		wait = MIN_OF(wait, udp_input_tick_ns(server->udp[i]));
	}
	for (size_t i = 0; i < server->tcp_count; i++) {
		wait = MIN_OF(wait, tcp_input_tick_ns(server->tcp[i]));
	}
	return wait;
}

static void tick(struct server *server, int64_t wait_ns) {
	int64_t now = now_ns(server);
	if (wait_ns == INT64_MAX || now - server->ticked_ns < wait_ns) {
		return;
	}
	server->ticked_ns = now;
	http_tick(server->http);
	for (size_t i = 0; i < server->udp_count; i++) {
		udp_input_tick(server->udp[i]);
	}
	for (size_t i = 0; i < server->tcp_count; i++) {
		tcp_input_tick(server->tcp[i]);
	}
}

/* The signal that ends it; 0: nothing can be kept any more. */
static enum err run(struct server *server, int *out_signal) {
	enum { NS_IN_MS = 1000000 };
	while (!intake_failed(server->intake)) {
		int64_t wait = tick_ns(server);
		TRY(loop_run(server->loop, wait == INT64_MAX ? -1 : (int)(wait / NS_IN_MS)));
		tick(server, wait);
		resume(server);
		for (int number = loop_signal(server->loop); number != 0;
		     number = loop_signal(server->loop)) {
			if (number != SIGHUP) {
				*out_signal = number;
				return ERR_OK;
			}
			tell(server, STR("SIGHUP: the configuration is read only at the start, yet"));
		}
	}
	return ERR_OK;
}

/* ---- stopping ---- */

static bool finish_inputs(struct server *server) {
	bool finished = true;
	for (size_t i = 0; i < server->udp_count; i++) {
		finished = udp_input_finish(server->udp[i]) && finished;
	}
	for (size_t i = 0; i < server->tcp_count; i++) {
		finished = tcp_input_finish(server->tcp[i]) && finished;
	}
	return finished;
}

/* What the kernel has taken from senders is taken, too, as long as there is room. */
static void stop_inputs(struct server *server) {
	const struct os *os = server->options->os;
	int64_t until = now_ns(server) + STOP_NS;
	http_stop(server->http);
	while (!finish_inputs(server) && !intake_failed(server->intake) && now_ns(server) < until) {
		os->sleep(os->ctx, STOP_PAUSE_NS);
	}
	for (size_t i = 0; i < server->udp_count; i++) {
		udp_input_end(server->udp[i]);
	}
	for (size_t i = 0; i < server->tcp_count; i++) {
		tcp_input_end(server->tcp[i]);
	}
}

enum err serve_run(const struct serve_options *options, int *out_signal, struct diag *diag) {
	struct server server = {.options = options};
	*out_signal = 0;
	enum err err = open_all(&server, diag);
	if (err == ERR_OK) {
		http_set_ready(server.http);
		options->ready(options->ctx);
		err = run(&server, out_signal);
		stop_inputs(&server);
		intake_stop(server.intake);
		enum err keep_err = keeper_stop(server.keeper, diag);
		err = keep_err != ERR_OK ? keep_err : err;
	}
	close_all(&server);
	return err;
}
