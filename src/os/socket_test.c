#include "os/socket.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tap.h"

static struct net_address parse(const char *text) {
	struct net_address address = {0};
	CHECK(net_address_parse(str_from(text), &address));
	return address;
}

static void check_text(const char *text) {
	struct buf out = {0};
	struct net_address address = parse(text);
	net_address_format(&address, true, &out);
	CHECK_STR(buf_str(&out), text);
	buf_deinit(&out);
}

TEST(addresses_are_read_and_written) {
	check_text("127.0.0.1:5514");
	check_text("192.0.2.255:0");
	check_text("[2001:db8::1]:65535");
	const char *const wrong[] = {
	    "",      ":5514",     "127.0.0.1", "127.0.0.1:",    "127.0.0.1:65536", "localhost:1",
	    "[::1]", "[::1]5514", "::1:5514",  "[127.0.0.1]:1", "127.0.0.1:-1",    "1.2.3:5"};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct net_address address;
		CHECK(!net_address_parse(str_from(wrong[i]), &address));
	}
	struct net_address a = parse("127.8.0.1:1");
	struct net_address b = parse("[::1]:1");
	struct net_address c = parse("0.0.0.0:1");
	CHECK(net_address_is_loopback(&a) && net_address_is_loopback(&b));
	CHECK(!net_address_is_loopback(&c) && !net_address_equal_host(&a, &c));
}

static int connect_to(const struct net_address *address, int type) {
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(address->port)};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK_EQ(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static void wait_for(int fd) {
	struct pollfd waiting = {.fd = fd, .events = POLLIN};
	CHECK_EQ(poll(&waiting, 1, 5000), 1);
}

TEST(a_connection_is_accepted_read_and_seen_to_end) {
	struct net_address address = parse("127.0.0.1:0");
	struct net_address peer;
	int fd = -1;
	int accepted = -1;
	char bytes[8];
	size_t got;
	bool ended;
	REQUIRE(socket_listen(&address, &fd) == ERR_OK);
	CHECK(socket_address(fd, &address) == ERR_OK && address.port != 0);
	CHECK(socket_accept(fd, &accepted, &peer) == ERR_NOT_FOUND);
	int second = -1;
	CHECK(socket_listen(&address, &second) == ERR_EXISTS);
	int client = connect_to(&address, SOCK_STREAM);
	wait_for(fd);
	REQUIRE(socket_accept(fd, &accepted, &peer) == ERR_OK);
	CHECK(net_address_equal_host(&peer, &address));
	CHECK(socket_read(accepted, bytes, sizeof(bytes), &got, &ended) == ERR_OK);
	CHECK(got == 0 && !ended);
	CHECK_EQ(write(client, "abc", 3), 3);
	wait_for(accepted);
	CHECK(socket_read(accepted, bytes, sizeof(bytes), &got, &ended) == ERR_OK);
	CHECK(got == 3 && !ended && memcmp(bytes, "abc", 3) == 0);
	(void)close(client);
	wait_for(accepted);
	CHECK(socket_read(accepted, bytes, sizeof(bytes), &got, &ended) == ERR_OK && ended);
	socket_close(accepted);
	socket_close(fd);
}

TEST(datagrams_come_with_their_senders_and_those_dropped_are_counted) {
	struct net_address address = parse("127.0.0.1:0");
	struct datagrams datagrams = {0};
	int fd = -1;
	size_t room;
	REQUIRE(socket_bind_datagrams(&address, 4096, &fd, &room) == ERR_OK);
	CHECK(room > 0);
	CHECK(socket_address(fd, &address) == ERR_OK);
	CHECK(socket_receive(fd, DATAGRAMS_MAX, &datagrams) == ERR_OK);
	CHECK_EQ(datagrams.count, 0);
	int client = connect_to(&address, SOCK_DGRAM);
	CHECK_EQ(send(client, "one", 3, 0), 3);
	CHECK_EQ(send(client, "", 0, 0), 0);
	wait_for(fd);
	CHECK(socket_receive(fd, DATAGRAMS_MAX, &datagrams) == ERR_OK);
	REQUIRE(CHECK_EQ(datagrams.count, 2));
	CHECK_STR(datagrams.list[0].bytes, "one");
	CHECK_EQ(datagrams.list[1].bytes.len, 0);
	CHECK(net_address_equal_host(&datagrams.list[0].peer, &address));
	char large[1400] = {0};
	size_t sent = 0;
	for (; sent < 200; sent++) {
		CHECK_EQ(send(client, large, sizeof(large), 0), (long long)sizeof(large));
	}
	uint32_t dropped = 0;
	CHECK(socket_dropped(fd, &dropped));
	size_t received = 0;
	do {
		CHECK(socket_receive(fd, 3, &datagrams) == ERR_OK);
		received += datagrams.count;
	} while (datagrams.count > 0);
	CHECK(received < sent);
	CHECK_EQ(received + dropped, sent);
	CHECK_EQ(send(client, "x", 1, 0), 1);
	wait_for(fd);
	CHECK(socket_receive(fd, DATAGRAMS_MAX, &datagrams) == ERR_OK);
	CHECK(datagrams.dropped_known);
	CHECK_EQ(datagrams.dropped, dropped);
	datagrams_deinit(&datagrams);
	(void)close(client);
	socket_close(fd);
}
