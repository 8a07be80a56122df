/* See loop.h. */
#include "os/loop.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { EVENTS_MAX = 64 };

struct loop {
	int epoll;
	struct loop_watch wake;    /* an eventfd */
	struct loop_watch signals; /* a signalfd, or -1 */
	/* What this round has still to call; a watch that is removed meanwhile is taken out. */
	struct loop_watch *due[EVENTS_MAX];
	int due_count;
};

static void drain_wake(void *ctx) {
	const struct loop *loop = ctx;
	uint64_t count;
	(void)!read(loop->wake.fd, &count, sizeof(count)); /* only to be empty again */
}

static void nothing(void *ctx) {
	(void)ctx; /* loop_signal reads it */
}

enum err loop_new(struct loop **out_loop) {
	struct loop *loop = calloc(1, sizeof(*loop));
	ASSERT(loop != NULL);
	loop->signals.fd = -1;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	loop->wake = (struct loop_watch){
	    .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .ready = drain_wake, .ctx = loop};
	enum err err =
	    loop->epoll < 0 || loop->wake.fd < 0 ? err_from_errno(errno) : loop_add(loop, &loop->wake);
	if (err != ERR_OK) {
		loop_free(loop);
		return err;
	}
	*out_loop = loop;
	return ERR_OK;
}

static void close_fd(int fd) {
	if (fd >= 0) {
		(void)close(fd); /* nothing was written through it */
	}
}

void loop_free(struct loop *loop) {
	if (loop != NULL) {
		close_fd(loop->signals.fd);
		close_fd(loop->wake.fd);
		close_fd(loop->epoll);
		free(loop);
	}
}

enum err loop_add(struct loop *loop, struct loop_watch *watch) {
	struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = watch}};
	watch->paused = false;
	return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, watch->fd, &event) < 0 ? err_from_errno(errno)
	                                                                    : ERR_OK;
}

static void forget_due(struct loop *loop, const struct loop_watch *watch) {
	for (int i = 0; i < loop->due_count; i++) {
		if (loop->due[i] == watch) {
			loop->due[i] = NULL;
		}
	}
}

void loop_remove(struct loop *loop, struct loop_watch *watch) {
	forget_due(loop, watch);
	if (!watch->paused) {
		int failed = epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
		ASSERT(failed == 0);
	}
}

/* A paused descriptor is taken out: with an empty mask epoll would still tell of its end. */
void loop_pause(struct loop *loop, struct loop_watch *watch, bool paused) {
	if (watch->paused == paused) {
		return;
	}
	struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = watch}};
	int failed = epoll_ctl(loop->epoll, paused ? EPOLL_CTL_DEL : EPOLL_CTL_ADD, watch->fd, &event);
	ASSERT(failed == 0); /* it was added before, so there is room for it */
	watch->paused = paused;
	if (paused) {
		forget_due(loop, watch);
	}
}

enum err loop_run(struct loop *loop, int timeout_ms) {
	struct epoll_event events[EVENTS_MAX];
	int count = epoll_wait(loop->epoll, events, EVENTS_MAX, timeout_ms);
	if (count < 0) {
		return errno == EINTR ? ERR_OK : err_from_errno(errno);
	}
	loop->due_count = count;
	for (int i = 0; i < count; i++) {
		loop->due[i] = events[i].data.ptr;
	}
	for (int i = 0; i < count; i++) {
		struct loop_watch *watch = loop->due[i];
		if (watch != NULL) {
			watch->ready(watch->ctx);
		}
	}
	loop->due_count = 0;
	return ERR_OK;
}

void loop_wake(struct loop *loop) {
	uint64_t one = 1;
	(void)!write(loop->wake.fd, &one, sizeof(one)); /* fails only when it is awake anyway */
}

enum err loop_take_signals(struct loop *loop, const int *numbers, size_t count) {
	sigset_t set;
	(void)sigemptyset(&set);
	for (size_t i = 0; i < count; i++) {
		(void)sigaddset(&set, numbers[i]);
	}
	ASSERT(loop->signals.fd < 0);
	int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0 || sigprocmask(SIG_BLOCK, &set, NULL) != 0) {
		close_fd(fd);
		return err_from_errno(errno);
	}
	loop->signals = (struct loop_watch){.fd = fd, .ready = nothing, .ctx = loop};
	return loop_add(loop, &loop->signals);
}

int loop_signal(struct loop *loop) {
	struct signalfd_siginfo info;
	if (loop->signals.fd < 0 || read(loop->signals.fd, &info, sizeof(info)) != sizeof(info)) {
		return 0;
	}
	return (int)info.ssi_signo;
}
