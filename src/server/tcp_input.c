/* See tcp_input.h. */
#include "server/tcp_input.h"

#include "ingest/framing.h"
#include "server/peer.h"

enum {
	READ_SIZE = 64 << 10,
	HELD_KEPT = 128 << 10, /* a larger buffer is given back when it is empty */
	FINISH_READS = 4096,   /* of one connection when the server stops */
};
#define IDLE_TICK_NS ((int64_t)30000000000)
#define RETRY_TICK_NS ((int64_t)1000000000)

struct connection {
	struct tcp_input *input;
	struct loop_watch watch;
	struct net_address address;
	struct peer peer;
	struct framing framing;
	size_t held; /* as counted in the input */
	int64_t last_ns;
	struct connection *next, *before;
};

struct tcp_input {
	struct tcp_input_options options;
	struct loop_watch watch; /* listens; fd -1: no more */
	struct connection *connections;
	uint32_t connections_count;
	size_t held; /* by all */
	bool paused; /* some connection is */
	char block[READ_SIZE];
};

static int64_t now_ns(const struct tcp_input *input) {
	return input->options.os->monotonic_ns(input->options.os->ctx);
}

/* ---- messages ---- */

/* Long messages wait whole, unless too much waits already. */
static size_t piece_max(const struct tcp_input *input) {
	return input->held < LIMIT_SERVER_PARTIAL ? LIMIT_LINE_SIZE : LIMIT_SERVER_PIECE;
}

struct taken {
	uint64_t records, bytes, errors;
};

static void put(struct connection *connection, const struct frame *frame, struct taken *taken) {
	if (frame->bytes.len == 0) {
		return; /* an empty line between messages says nothing */
	}
	intake_put(connection->input->options.intake, &connection->peer.source, frame->bytes,
	           frame->flags, frame->offset);
	taken->records++;
	taken->bytes += frame->bytes.len;
	taken->errors += (frame->flags & RECORD_FRAMING_ERROR) != 0;
}

static void put_messages(struct connection *connection, bool ended) {
	struct tcp_input *input = connection->input;
	struct taken taken = {0};
	struct frame frame;
	intake_begin(input->options.intake);
	while (framing_next(&connection->framing, piece_max(input), &frame)) {
		put(connection, &frame, &taken);
	}
	while (ended && framing_rest(&connection->framing, &frame)) {
		put(connection, &frame, &taken);
	}
	intake_end(input->options.intake, NULL);
	size_t held = framing_held(&connection->framing);
	input->held = input->held - connection->held + held;
	connection->held = held;
	if (held == 0 && connection->framing.held.cap > HELD_KEPT) {
		framing_shrink(&connection->framing);
	}
	metrics_add(input->options.metrics, METRIC_RECORDS_TCP, taken.records);
	metrics_add(input->options.metrics, METRIC_BYTES_TCP, taken.bytes);
	metrics_add(input->options.metrics, METRIC_FRAMING_ERRORS, taken.errors);
}

/* ---- connections ---- */

static void close_connection(struct connection *connection) {
	struct tcp_input *input = connection->input;
	put_messages(connection, true);
	ASSERT(connection->held == 0);
	loop_remove(input->options.loop, &connection->watch);
	socket_close(connection->watch.fd);
	if (connection->before != NULL) {
		connection->before->next = connection->next;
	} else {
		input->connections = connection->next;
	}
	if (connection->next != NULL) {
		connection->next->before = connection->before;
	}
	input->connections_count--;
	metrics_set(input->options.metrics, METRIC_CONNECTIONS, input->connections_count);
	framing_deinit(&connection->framing);
	peer_deinit(&connection->peer);
	free(connection);
}

/* *out_more: something may still wait. False: it was closed. */
static bool read_some(struct connection *connection, bool *out_more) {
	struct tcp_input *input = connection->input;
	size_t got = 0;
	bool ended = false;
	enum err err = socket_read(connection->watch.fd, input->block, READ_SIZE, &got, &ended);
	framing_push(&connection->framing, str_make(input->block, got));
	*out_more = got > 0;
	if (err != ERR_OK || ended) {
		close_connection(connection);
		return false;
	}
	if (got > 0) {
		connection->last_ns = now_ns(input);
		put_messages(connection, false);
	}
	return true;
}

static void connection_ready(void *ctx) {
	struct connection *connection = ctx;
	struct tcp_input *input = connection->input;
	bool more;
	if (!intake_has_room(input->options.intake, true)) {
		loop_pause(input->options.loop, &connection->watch, true);
		input->paused = true;
		return;
	}
	(void)read_some(connection, &more); /* level-triggered: its rest comes in the next round */
}

static bool may_open(const struct tcp_input *input, const struct net_address *address) {
	uint32_t same = 0;
	for (const struct connection *c = input->connections; c != NULL; c = c->next) {
		same += net_address_equal_host(&c->address, address);
	}
	return input->connections_count < input->options.connections_max &&
	       same < input->options.connections_per_address;
}

static void open_connection(struct tcp_input *input, int fd, const struct net_address *address) {
	struct connection *connection = calloc(1, sizeof(*connection));
	ASSERT(connection != NULL);
	connection->input = input;
	connection->address = *address;
	connection->last_ns = now_ns(input);
	connection->watch = (struct loop_watch){.fd = fd, .ready = connection_ready, .ctx = connection};
	if (loop_add(input->options.loop, &connection->watch) != ERR_OK) {
		socket_close(fd);
		free(connection);
		metrics_add(input->options.metrics, METRIC_CONNECTIONS_REFUSED, 1);
		return;
	}
	peer_init(&connection->peer, "syslog+tcp", address, STR(""), input->options.zone);
	connection->next = input->connections;
	if (connection->next != NULL) {
		connection->next->before = connection;
	}
	input->connections = connection;
	input->connections_count++;
	metrics_add(input->options.metrics, METRIC_CONNECTIONS_TOTAL, 1);
	metrics_set(input->options.metrics, METRIC_CONNECTIONS, input->connections_count);
}

static void accept_ready(void *ctx) {
	enum { ACCEPTS_MAX = 64 };
	struct tcp_input *input = ctx;
	for (int i = 0; i < ACCEPTS_MAX; i++) {
		struct net_address address;
		int fd;
		enum err err = socket_accept(input->watch.fd, &fd, &address);
		if (err == ERR_LIMIT) { /* until one ends: tcp_input_tick */
			loop_pause(input->options.loop, &input->watch, true);
		}
		if (err != ERR_OK) {
			return;
		}
		if (may_open(input, &address)) {
			open_connection(input, fd, &address);
		} else {
			socket_close(fd);
			metrics_add(input->options.metrics, METRIC_CONNECTIONS_REFUSED, 1);
		}
	}
}

/* ---- from outside ---- */

enum err tcp_input_new(const struct tcp_input_options *options, struct tcp_input **out_input,
                       struct diag *diag) {
	struct tcp_input *input = calloc(1, sizeof(*input));
	struct buf name CLEANUP(buf_deinit) = {0};
	ASSERT(input != NULL);
	input->options = *options;
	input->watch = (struct loop_watch){.fd = -1, .ready = accept_ready, .ctx = input};
	enum err err = socket_listen(&options->address, &input->watch.fd);
	if (err == ERR_OK) {
		err = socket_address(input->watch.fd, &input->options.address);
	}
	if (err == ERR_OK) {
		err = loop_add(options->loop, &input->watch);
	}
	if (err != ERR_OK) {
		net_address_format(&options->address, true, &name);
		socket_close(input->watch.fd);
		free(input);
		return diag_set(diag, err, "cannot listen at %.*s: %s", STR_ARG(buf_str(&name)),
		                err == ERR_EXISTS ? "another program does" : err_text(err));
	}
	*out_input = input;
	return ERR_OK;
}

struct net_address tcp_input_address(const struct tcp_input *input) {
	return input->options.address;
}

bool tcp_input_paused(const struct tcp_input *input) {
	return input->paused;
}

void tcp_input_resume(struct tcp_input *input) {
	input->paused = false;
	for (struct connection *c = input->connections; c != NULL; c = c->next) {
		loop_pause(input->options.loop, &c->watch, false);
	}
}

int64_t tcp_input_tick_ns(const struct tcp_input *input) {
	int64_t idle_ns = MIN_OF(input->options.idle_ns / 4, IDLE_TICK_NS);
	return input->watch.paused ? RETRY_TICK_NS : input->connections_count > 0 ? idle_ns : INT64_MAX;
}

void tcp_input_tick(struct tcp_input *input) {
	int64_t now = now_ns(input);
	struct connection *following;
	for (struct connection *c = input->connections; c != NULL; c = following) {
		following = c->next;
		if (now - c->last_ns >= input->options.idle_ns && !c->watch.paused) {
			metrics_add(input->options.metrics, METRIC_CONNECTIONS_IDLE, 1);
			close_connection(c);
		}
	}
	loop_pause(input->options.loop, &input->watch, false);
}

static void stop_listening(struct tcp_input *input) {
	if (input->watch.fd >= 0) {
		loop_remove(input->options.loop, &input->watch);
		socket_close(input->watch.fd);
		input->watch.fd = -1;
	}
}

bool tcp_input_finish(struct tcp_input *input) {
	struct connection *following;
	stop_listening(input);
	for (struct connection *c = input->connections; c != NULL; c = following) {
		bool more = true;
		following = c->next;
		for (int reads = 0; more && reads < FINISH_READS; reads++) {
			if (!intake_has_room(input->options.intake, true)) {
				return false;
			}
			if (!read_some(c, &more)) {
				break;
			}
		}
	}
	return true;
}

void tcp_input_end(struct tcp_input *input) {
	stop_listening(input);
	while (input->connections != NULL) {
		close_connection(input->connections);
	}
}

void tcp_input_free(struct tcp_input *input) {
	if (input != NULL) {
		tcp_input_end(input);
		free(input);
	}
}
