/* See udp_input.h. */
#include "server/udp_input.h"

#include "base/instant.h"
#include "base/map.h"
#include "server/peer.h"

/* A round of the loop takes so many calls at most, then others have their turn. */
enum { CALLS_MAX = 8, TELL_EVERY_NS = 1000000000 };

struct udp_input {
	struct udp_input_options options;
	struct loop_watch watch;
	size_t buffer_bytes;
	struct datagrams datagrams;
	struct map *peer_index; /* address -> index of peers */
	struct peer *peers;
	size_t peers_count;
	uint32_t dropped; /* of them, those that are counted already */
	uint64_t lost;    /* counted and not told yet */
	int64_t last_ns;  /* until then there was no loss that was not told (wall) */
};

static struct intake_source *source_of(struct udp_input *input, const struct net_address *peer) {
	uint8_t key[17] = {peer->is_v6};
	bool added;
	memcpy(key + 1, peer->bytes, sizeof(peer->bytes));
	struct str name = str_make((const char *)key, sizeof(key));
	const uint64_t *known = map_find(input->peer_index, name);
	if (known != NULL) {
		return &input->peers[*known].source;
	}
	if (input->peers_count == LIMIT_SERVER_PEERS) { /* addresses may be forged: all anew */
		while (input->peers_count > 0) {
			peer_deinit(&input->peers[--input->peers_count]);
		}
		map_clear(input->peer_index);
	}
	(void)map_put(input->peer_index, name, input->peers_count, &added);
	struct peer *fresh = &input->peers[input->peers_count++];
	peer_init(fresh, "syslog+udp", peer, STR(""), input->options.zone);
	return &fresh->source;
}

static void count_dropped(struct udp_input *input, uint32_t dropped) {
	/* The kernel's count goes round; that of a datagram is as old as it is. */
	int32_t more = (int32_t)(dropped - input->dropped);
	if (more > 0) {
		input->dropped = dropped;
		input->lost += (uint64_t)more;
		metrics_add(input->options.metrics, METRIC_DATAGRAMS_DROPPED, (uint64_t)more);
	}
}

static void tell_loss(struct udp_input *input) {
	const struct os *os = input->options.os;
	struct buf body CLEANUP(buf_deinit) = {0};
	int64_t now = os->wall_ns(os->ctx);
	buf_append_str(&body, STR("{\"input\":\"syslog+udp://"));
	net_address_format(&input->options.address, true, &body);
	buf_printf(&body, "\",\"datagrams\":%llu,\"from\":\"", (unsigned long long)input->lost);
	instant_format(&body, MIN_OF(input->last_ns, now), 0);
	buf_append_str(&body, STR("\",\"to\":\""));
	instant_format(&body, now, 0);
	buf_append_str(&body, STR("\",\"why\":\"the receive buffer of the kernel was full\"}"));
	intake_note_loss(input->options.intake, buf_str(&body));
	input->lost = 0;
	input->last_ns = now;
}

int64_t udp_input_tick_ns(const struct udp_input *input) {
	return input->lost > 0 ? TELL_EVERY_NS : INT64_MAX;
}

void udp_input_tick(struct udp_input *input) {
	if (input->lost > 0) {
		tell_loss(input);
	}
}

static void put_all(struct udp_input *input) {
	const struct datagrams *datagrams = &input->datagrams;
	uint64_t records = 0;
	uint64_t bytes = 0;
	intake_begin(input->options.intake);
	for (size_t i = 0; i < datagrams->count; i++) {
		struct str body = datagrams->list[i].bytes;
		if (body.len > 0) {
			intake_put(input->options.intake, source_of(input, &datagrams->list[i].peer), body, 0,
			           0);
			records++;
			bytes += body.len;
		}
	}
	intake_end(input->options.intake, NULL);
	metrics_add(input->options.metrics, METRIC_RECORDS_UDP, records);
	metrics_add(input->options.metrics, METRIC_BYTES_UDP, bytes);
}

/* False: nothing waits, or there is no room. */
static bool receive(struct udp_input *input) {
	struct datagrams *datagrams = &input->datagrams;
	if (!intake_has_room(input->options.intake, false)) {
		loop_pause(input->options.loop, &input->watch, true);
		return false;
	}
	if (socket_receive(input->watch.fd, DATAGRAMS_MAX, datagrams) != ERR_OK ||
	    datagrams->count == 0) {
		return false; /* an error of the network: the next call is asked again */
	}
	put_all(input);
	if (datagrams->dropped_known) {
		count_dropped(input, datagrams->dropped);
	}
	return datagrams->count == DATAGRAMS_MAX;
}

static void ready(void *ctx) {
	struct udp_input *input = ctx;
	uint32_t dropped;
	for (int i = 0; i < CALLS_MAX && receive(input); i++) {
	}
	/* Those behind the last one that was kept. */
	if (socket_dropped(input->watch.fd, &dropped)) {
		count_dropped(input, dropped);
	}
	if (input->lost == 0) {
		const struct os *os = input->options.os;
		input->last_ns = os->wall_ns(os->ctx);
	}
}

enum err udp_input_new(const struct udp_input_options *options, struct udp_input **out_input,
                       struct diag *diag) {
	struct udp_input *input = calloc(1, sizeof(*input));
	struct buf name CLEANUP(buf_deinit) = {0};
	ASSERT(input != NULL);
	input->options = *options;
	input->watch = (struct loop_watch){.fd = -1, .ready = ready, .ctx = input};
	input->last_ns = options->os->wall_ns(options->os->ctx);
	input->peer_index = map_new();
	input->peers = calloc(LIMIT_SERVER_PEERS, sizeof(struct peer));
	ASSERT(input->peers != NULL);
	enum err err = socket_bind_datagrams(&options->address, options->buffer_bytes, &input->watch.fd,
	                                     &input->buffer_bytes);
	if (err == ERR_OK) {
		err = socket_address(input->watch.fd, &input->options.address);
	}
	if (err == ERR_OK) {
		err = loop_add(options->loop, &input->watch);
	}
	if (err != ERR_OK) {
		net_address_format(&options->address, true, &name);
		socket_close(input->watch.fd);
		input->watch.fd = -1;
		udp_input_free(input);
		return diag_set(diag, err, "cannot receive datagrams at %.*s: %s", STR_ARG(buf_str(&name)),
		                err == ERR_EXISTS ? "another program does" : err_text(err));
	}
	*out_input = input;
	return ERR_OK;
}

struct net_address udp_input_address(const struct udp_input *input) {
	return input->options.address;
}

size_t udp_input_buffer(const struct udp_input *input) {
	return input->buffer_bytes;
}

bool udp_input_paused(const struct udp_input *input) {
	return input->watch.paused;
}

void udp_input_resume(struct udp_input *input) {
	loop_pause(input->options.loop, &input->watch, false);
}

bool udp_input_finish(struct udp_input *input) {
	bool more = true;
	/* As much as a buffer may hold: what comes meanwhile could go on for ever. */
	for (size_t i = 0; more && i < input->buffer_bytes / DATAGRAMS_MAX + 1; i++) {
		more = receive(input);
	}
	return intake_has_room(input->options.intake, false);
}

void udp_input_end(struct udp_input *input) {
	uint32_t dropped;
	if (socket_dropped(input->watch.fd, &dropped)) {
		count_dropped(input, dropped);
	}
	if (input->lost > 0) {
		tell_loss(input);
	}
}

void udp_input_free(struct udp_input *input) {
	if (input == NULL) {
		return;
	}
	if (input->watch.fd >= 0) {
		loop_remove(input->options.loop, &input->watch);
		socket_close(input->watch.fd);
	}
	while (input->peers_count > 0) {
		peer_deinit(&input->peers[--input->peers_count]);
	}
	free(input->peers);
	map_free(input->peer_index);
	datagrams_deinit(&input->datagrams);
	free(input);
}
