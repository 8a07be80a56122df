#include "server/udp_input.h"

#include "tap.h"

#include "server/input_testing.h"

static struct udp_input *start(struct fixture *fixture, size_t buffer, struct net_address *out) {
	struct udp_input *input = NULL;
	struct diag diag = {0};
	struct udp_input_options options = {.os = os_real(),
	                                    .loop = fixture->loop,
	                                    .intake = fixture->intake,
	                                    .metrics = fixture->metrics,
	                                    .address = any_port(),
	                                    .buffer_bytes = buffer};
	CHECK(udp_input_new(&options, &input, &diag) == ERR_OK);
	*out = udp_input_address(input);
	return input;
}

TEST(each_datagram_is_a_record_to_the_byte) {
	struct fixture fixture = {0};
	struct net_address address;
	struct buf out = {0};
	REQUIRE(fixture_begin(&fixture, 1 << 20));
	struct udp_input *input = start(&fixture, 1 << 20, &address);
	int client = fixture_connect(&address, SOCK_DGRAM);
	fixture_send(client, "<13>one\n");
	fixture_send(client, "");
	fixture_send(client, "two\nlines");
	CHECK(fixture_run(&fixture, METRIC_RECORDS_UDP, 2));
	fixture_take(&fixture, &out);
	CHECK_STR(buf_str(&out),
	          "0 syslog+udp://127.0.0.1 <13>one\n|0 syslog+udp://127.0.0.1 two\nlines|");
	CHECK_EQ(udp_input_tick_ns(input), INT64_MAX); /* nothing to wake up for */
	struct diag diag = {0};
	struct udp_input *second = NULL;
	struct udp_input_options options = {.os = os_real(), .loop = fixture.loop, .address = address};
	CHECK(udp_input_new(&options, &second, &diag) == ERR_EXISTS && diag.message[0] != '\0');
	(void)close(client);
	udp_input_free(input);
	buf_deinit(&out);
	fixture_end(&fixture);
}

TEST(what_the_kernel_threw_away_is_counted_and_told) {
	struct fixture fixture = {0};
	struct net_address address;
	struct buf out = {0};
	enum { SENT = 300 };
	char large[1200] = "<13>";
	REQUIRE(fixture_begin(&fixture, 4 << 20));
	struct udp_input *input = start(&fixture, 4096, &address);
	int client = fixture_connect(&address, SOCK_DGRAM);
	memset(large + 4, 'x', sizeof(large) - 4);
	for (int i = 0; i < SENT; i++) {
		CHECK_EQ(send(client, large, sizeof(large), 0), (long long)sizeof(large));
	}
	CHECK(udp_input_finish(input));
	udp_input_end(input);
	uint64_t lost = metrics_get(fixture.metrics, METRIC_DATAGRAMS_DROPPED);
	CHECK(lost > 0);
	CHECK_EQ(metrics_get(fixture.metrics, METRIC_RECORDS_UDP) + lost, SENT);
	fixture_take(&fixture, &out);
	buf_clear(&out);
	buf_printf(&out, "\"datagrams\":%llu,\"from\":\"20", (unsigned long long)lost);
	CHECK(str_find(buf_str(&fixture.group.notes), buf_str(&out), 0) != SIZE_MAX);
	CHECK_EQ(str_find_char(buf_str(&fixture.group.notes), '\n', 0), fixture.group.notes.len - 1);
	(void)close(client);
	udp_input_free(input);
	buf_deinit(&out);
	fixture_end(&fixture);
}

TEST(without_room_nothing_is_read_until_there_is_some) {
	struct fixture fixture = {0};
	struct net_address address;
	struct buf out = {0};
	REQUIRE(fixture_begin(&fixture, 100));
	struct udp_input *input = start(&fixture, 1 << 20, &address);
	int client = fixture_connect(&address, SOCK_DGRAM);
	fixture_send(client, "a datagram that is large enough to fill the room");
	CHECK(fixture_run(&fixture, METRIC_RECORDS_UDP, 1));
	fixture_send(client, "next");
	for (int i = 0; i < 10; i++) {
		CHECK(loop_run(fixture.loop, 10) == ERR_OK);
	}
	CHECK(udp_input_paused(input));
	CHECK_EQ(metrics_get(fixture.metrics, METRIC_RECORDS_UDP), 1);
	fixture_take(&fixture, &out);
	udp_input_resume(input);
	CHECK(fixture_run(&fixture, METRIC_RECORDS_UDP, 2));
	(void)close(client);
	udp_input_free(input);
	buf_deinit(&out);
	fixture_end(&fixture);
}
