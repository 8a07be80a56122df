#include "server/tcp_input.h"

#include "tap.h"

#include "server/input_testing.h"

static struct tcp_input *start(struct fixture *fixture, struct tcp_input_options options,
                               struct net_address *out) {
	struct tcp_input *input = NULL;
	struct diag diag = {0};
	options.os = os_real();
	options.loop = fixture->loop;
	options.intake = fixture->intake;
	options.metrics = fixture->metrics;
	options.address = any_port();
	options.connections_max = options.connections_max > 0 ? options.connections_max : 10;
	options.connections_per_address =
	    options.connections_per_address > 0 ? options.connections_per_address : 10;
	options.idle_ns = options.idle_ns > 0 ? options.idle_ns : INT64_MAX / 2;
	CHECK(tcp_input_new(&options, &input, &diag) == ERR_OK);
	*out = tcp_input_address(input);
	return input;
}

#define FROM " syslog+tcp://127.0.0.1 "

TEST(each_connection_has_its_framing_and_broken_ones_are_flagged) {
	struct fixture fixture = {0};
	struct net_address address;
	struct buf out = {0};
	REQUIRE(fixture_begin(&fixture, 1 << 20));
	struct tcp_input *input = start(&fixture, (struct tcp_input_options){0}, &address);
	CHECK_EQ(tcp_input_tick_ns(input), INT64_MAX); /* nothing to wake up for */
	int lines = fixture_connect(&address, SOCK_STREAM);
	int counted = fixture_connect(&address, SOCK_STREAM);
	fixture_send(lines, "<13>one\n\n<13>two\n<13>no e");
	CHECK(fixture_run(&fixture, METRIC_RECORDS_TCP, 2));
	fixture_send(counted, "7 <13>six8 <13>\nsev<13>broken\n");
	CHECK(fixture_run(&fixture, METRIC_RECORDS_TCP, 5));
	CHECK_EQ(metrics_get(fixture.metrics, METRIC_CONNECTIONS), 2);
	(void)close(lines);
	CHECK(fixture_run(&fixture, METRIC_RECORDS_TCP, 6));
	CHECK_EQ(metrics_get(fixture.metrics, METRIC_CONNECTIONS), 1);
	fixture_take(&fixture, &out);
	CHECK_STR(buf_str(&out), "0" FROM "<13>one|0" FROM "<13>two|0" FROM "<13>six|0" FROM
	                         "<13>\nsev|8" FROM "<13>broken|1" FROM "<13>no e|");
	CHECK_EQ(metrics_get(fixture.metrics, METRIC_FRAMING_ERRORS), 1);
	(void)close(counted);
	tcp_input_free(input);
	buf_deinit(&out);
	fixture_end(&fixture);
}

TEST(there_are_limits_for_all_connections_and_for_those_of_one_address) {
	for (int way = 0; way < 2; way++) {
		struct fixture fixture = {0};
		struct net_address address;
		struct tcp_input_options options = {.connections_max = way == 0 ? 2 : 10,
		                                    .connections_per_address = way == 0 ? 10 : 2};
		int clients[4];
		char byte;
		REQUIRE(fixture_begin(&fixture, 1 << 20));
		struct tcp_input *input = start(&fixture, options, &address);
		for (int i = 0; i < 4; i++) {
			clients[i] = fixture_connect(&address, SOCK_STREAM);
		}
		CHECK(fixture_run(&fixture, METRIC_CONNECTIONS_REFUSED, 2));
		CHECK_EQ(metrics_get(fixture.metrics, METRIC_CONNECTIONS), 2);
		CHECK_EQ(recv(clients[3], &byte, 1, 0), 0); /* closed at once */
		for (int i = 0; i < 4; i++) {
			(void)close(clients[i]);
		}
		tcp_input_free(input);
		fixture_end(&fixture);
	}
}

TEST(a_flood_on_one_connection_does_not_hold_up_another) {
	struct fixture fixture = {0};
	struct net_address address;
	struct buf out = {0};
	REQUIRE(fixture_begin(&fixture, (size_t)64 << 20));
	struct tcp_input *input = start(&fixture, (struct tcp_input_options){0}, &address);
	int loud = fixture_connect(&address, SOCK_STREAM);
	int calm = fixture_connect(&address, SOCK_STREAM);
	static char flood[1 << 20];
	memset(flood, 'x', sizeof(flood));
	for (size_t i = 99; i < sizeof(flood); i += 100) {
		flood[i] = '\n';
	}
	while (metrics_get(fixture.metrics, METRIC_CONNECTIONS) < 2) {
		CHECK(loop_run(fixture.loop, 100) == ERR_OK);
	}
	CHECK(send(loud, flood, sizeof(flood), MSG_DONTWAIT) > 0);
	fixture_send(calm, "calm\n");
	/* One round: a part of the flood, and all that the calm one has said. */
	CHECK(loop_run(fixture.loop, 1000) == ERR_OK);
	fixture_take(&fixture, &out);
	CHECK(str_find(buf_str(&out), STR(" calm|"), 0) != SIZE_MAX);
	CHECK(metrics_get(fixture.metrics, METRIC_BYTES_TCP) <= (64 << 10) + 4);
	(void)close(loud);
	(void)close(calm);
	tcp_input_free(input);
	buf_deinit(&out);
	fixture_end(&fixture);
}

TEST(without_room_senders_wait_and_nothing_is_lost) {
	struct fixture fixture = {0};
	struct net_address address;
	struct buf out = {0};
	REQUIRE(fixture_begin(&fixture, 200));
	struct tcp_input *input = start(&fixture, (struct tcp_input_options){0}, &address);
	int client = fixture_connect(&address, SOCK_STREAM);
	fixture_send(client,
	             "a first message that fills the room, more or less, and then some more, so "
	             "that nothing else fits in it any more\n");
	CHECK(fixture_run(&fixture, METRIC_RECORDS_TCP, 1));
	fixture_send(client, "second\n");
	for (int i = 0; i < 5; i++) {
		CHECK(loop_run(fixture.loop, 10) == ERR_OK);
	}
	CHECK(tcp_input_paused(input));
	CHECK_EQ(metrics_get(fixture.metrics, METRIC_RECORDS_TCP), 1);
	fixture_take(&fixture, &out);
	tcp_input_resume(input);
	CHECK(fixture_run(&fixture, METRIC_RECORDS_TCP, 2));
	(void)close(client);
	tcp_input_free(input);
	buf_deinit(&out);
	fixture_end(&fixture);
}

TEST(a_stop_takes_what_waits_in_the_kernel_and_idle_connections_end) {
	struct fixture fixture = {0};
	struct net_address address;
	struct buf out = {0};
	struct tcp_input_options options = {.idle_ns = 1};
	REQUIRE(fixture_begin(&fixture, 1 << 20));
	struct tcp_input *input = start(&fixture, options, &address);
	int idle = fixture_connect(&address, SOCK_STREAM);
	while (metrics_get(fixture.metrics, METRIC_CONNECTIONS) < 1) {
		CHECK(loop_run(fixture.loop, 100) == ERR_OK);
	}
	tcp_input_tick(input);
	CHECK_EQ(metrics_get(fixture.metrics, METRIC_CONNECTIONS_IDLE), 1);
	int client = fixture_connect(&address, SOCK_STREAM);
	while (metrics_get(fixture.metrics, METRIC_CONNECTIONS) < 1) {
		CHECK(loop_run(fixture.loop, 100) == ERR_OK);
	}
	fixture_send(client, "<13>whole\n<13>part");
	CHECK(tcp_input_finish(input));
	tcp_input_end(input);
	fixture_take(&fixture, &out);
	CHECK_STR(buf_str(&out), "0" FROM "<13>whole|1" FROM "<13>part|");
	(void)close(idle);
	(void)close(client);
	tcp_input_free(input);
	buf_deinit(&out);
	fixture_end(&fixture);
}
