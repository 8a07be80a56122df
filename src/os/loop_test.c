#include "os/loop.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/thread.h"
#include "tap.h"

struct end {
	struct loop *loop;
	struct loop_watch watch;
	struct end *other; /* removed when this one is called */
	int peer;
	int calls, bytes;
	bool greedy;
};

static void ready(void *ctx) {
	struct end *end = ctx;
	char bytes[16];
	ssize_t got = read(end->watch.fd, bytes, end->greedy ? sizeof(bytes) : 1);
	end->calls++;
	end->bytes += got > 0 ? (int)got : 0;
	if (end->other != NULL) {
		loop_remove(end->loop, &end->other->watch);
	}
}

static bool begin(struct end *end, struct loop *loop) {
	int fds[2];
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	end->loop = loop;
	end->peer = fds[1];
	end->watch = (struct loop_watch){.fd = fds[0], .ready = ready, .ctx = end};
	return CHECK(loop_add(loop, &end->watch) == ERR_OK);
}

static void end_it(struct end *end) {
	(void)close(end->watch.fd);
	(void)close(end->peer);
}

TEST(each_that_is_ready_is_called_once_a_round) {
	struct loop *loop = NULL;
	REQUIRE(loop_new(&loop) == ERR_OK);
	struct end busy = {0};
	struct end calm = {0};
	REQUIRE(begin(&busy, loop) && begin(&calm, loop));
	CHECK_EQ(write(busy.peer, "many bytes", 10), 10);
	CHECK_EQ(write(calm.peer, "x", 1), 1);
	CHECK(loop_run(loop, 1000) == ERR_OK);
	CHECK_EQ(busy.calls, 1);
	CHECK_EQ(calm.calls, 1);
	CHECK(loop_run(loop, 1000) == ERR_OK); /* the rest of the busy one */
	CHECK_EQ(busy.calls, 2);
	CHECK_EQ(calm.calls, 1);
	end_it(&busy);
	end_it(&calm);
	loop_free(loop);
}

TEST(a_paused_one_waits_and_one_that_is_removed_in_a_round_is_not_called) {
	struct loop *loop = NULL;
	REQUIRE(loop_new(&loop) == ERR_OK);
	struct end a = {.greedy = true};
	struct end b = {.greedy = true};
	REQUIRE(begin(&a, loop) && begin(&b, loop));
	loop_pause(loop, &a.watch, true);
	loop_pause(loop, &a.watch, true);
	CHECK_EQ(write(a.peer, "a", 1), 1);
	CHECK(loop_run(loop, 0) == ERR_OK);
	CHECK_EQ(a.calls, 0);
	loop_pause(loop, &a.watch, false);
	CHECK(loop_run(loop, 1000) == ERR_OK);
	CHECK_EQ(a.calls, 1);
	a.other = &b;
	b.other = &a; /* whoever comes first removes the other */
	CHECK_EQ(write(a.peer, "a", 1), 1);
	CHECK_EQ(write(b.peer, "b", 1), 1);
	CHECK(loop_run(loop, 1000) == ERR_OK);
	CHECK_EQ(a.calls + b.calls, 2);
	end_it(&a);
	end_it(&b);
	loop_free(loop);
}

static void wake(void *arg) {
	loop_wake(arg);
}

TEST(another_thread_ends_the_wait) {
	struct loop *loop = NULL;
	REQUIRE(loop_new(&loop) == ERR_OK);
	struct thread *thread = thread_start("waker", wake, loop);
	CHECK(loop_run(loop, -1) == ERR_OK); /* hangs if not */
	thread_join(thread);
	CHECK(loop_run(loop, 0) == ERR_OK);
	loop_free(loop);
}

TEST(signals_come_in_the_loop) {
	struct loop *loop = NULL;
	const int numbers[] = {SIGUSR1, SIGUSR2};
	REQUIRE(loop_new(&loop) == ERR_OK);
	CHECK_EQ(loop_signal(loop), 0);
	CHECK(loop_take_signals(loop, numbers, ARRAY_LEN(numbers)) == ERR_OK);
	CHECK_EQ(loop_signal(loop), 0);
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	CHECK(loop_run(loop, -1) == ERR_OK);
	CHECK_EQ(loop_signal(loop), SIGUSR1);
	CHECK_EQ(loop_signal(loop), 0);
	loop_free(loop);
}
