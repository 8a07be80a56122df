/* See socket.h. */
#include "os/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024, CONTROL_SIZE = 64 };

union any_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* ---- addresses ---- */

static bool parse_port(struct str text, uint16_t *out_port) {
	uint64_t port;
	if (!str_to_u64(text, UINT16_MAX, &port)) {
		return false;
	}
	*out_port = (uint16_t)port;
	return true;
}

bool net_address_parse(struct str text, struct net_address *out_address) {
	struct net_address address = {0};
	char host[INET6_ADDRSTRLEN];
	bool bracket = text.len > 0 && text.ptr[0] == '[';
	size_t end = bracket ? str_find_char(text, ']', 0) + 1 : str_find_char(text, ':', 0);
	if (end >= text.len || text.ptr[end] != ':') {
		return false;
	}
	struct str name = bracket ? str_slice(text, 1, end - 1) : str_slice(text, 0, end);
	if (name.len >= sizeof(host) || memchr(name.ptr, '\0', name.len) != NULL ||
	    !parse_port(str_slice(text, end + 1, text.len), &address.port)) {
		return false;
	}
	memcpy(host, name.ptr, name.len);
	host[name.len] = '\0';
	address.is_v6 = bracket;
	if (inet_pton(bracket ? AF_INET6 : AF_INET, host, address.bytes) != 1) {
		return false;
	}
	*out_address = address;
	return true;
}

void net_address_format(const struct net_address *address, bool with_port, struct buf *out) {
	char text[INET6_ADDRSTRLEN];
	const char *done =
	    inet_ntop(address->is_v6 ? AF_INET6 : AF_INET, address->bytes, text, sizeof(text));
	ASSERT(done != NULL); /* there is room for any */
	if (!with_port) {
		buf_append_str(out, str_from(text));
	} else {
		buf_printf(out, address->is_v6 ? "[%s]:%u" : "%s:%u", text, (unsigned)address->port);
	}
}

bool net_address_is_loopback(const struct net_address *address) {
	static const uint8_t v6[16] = {[15] = 1};
	return address->is_v6 ? memcmp(address->bytes, v6, sizeof(v6)) == 0 : address->bytes[0] == 127;
}

bool net_address_equal_host(const struct net_address *a, const struct net_address *b) {
	return a->is_v6 == b->is_v6 && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static socklen_t to_system(const struct net_address *address, union any_address *out) {
	memset(out, 0, sizeof(*out));
	if (address->is_v6) {
		out->v6.sin6_family = AF_INET6;
		out->v6.sin6_port = htons(address->port);
		memcpy(&out->v6.sin6_addr, address->bytes, 16);
		return sizeof(out->v6);
	}
	out->v4.sin_family = AF_INET;
	out->v4.sin_port = htons(address->port);
	memcpy(&out->v4.sin_addr, address->bytes, 4);
	return sizeof(out->v4);
}

static struct net_address from_system(const union any_address *address) {
	struct net_address out = {0};
	if (address->any.sa_family == AF_INET) {
		out.port = ntohs(address->v4.sin_port);
		memcpy(out.bytes, &address->v4.sin_addr, 4);
	} else if (address->any.sa_family == AF_INET6) {
		const uint8_t *bytes = (const uint8_t *)&address->v6.sin6_addr;
		bool mapped = IN6_IS_ADDR_V4MAPPED(&address->v6.sin6_addr);
		out.port = ntohs(address->v6.sin6_port);
		out.is_v6 = !mapped;
		memcpy(out.bytes, mapped ? bytes + 12 : bytes, mapped ? 4 : 16);
	}
	return out;
}

void net_address_from(const struct sockaddr *system, struct net_address *out_address) {
	union any_address address;
	memset(&address, 0, sizeof(address));
	size_t len = system->sa_family == AF_INET    ? sizeof(address.v4)
	             : system->sa_family == AF_INET6 ? sizeof(address.v6)
	                                             : sizeof(address.any);
	memcpy(&address, system, len);
	*out_address = from_system(&address);
}

void socket_close(int fd) {
	if (fd >= 0) {
		(void)close(fd); /* what it has sent was read by us already, or is lost anyway */
	}
}

void socket_end(int fd) {
	(void)shutdown(fd, SHUT_RDWR); /* fails when it has ended already */
}

enum err socket_address(int fd, struct net_address *out_address) {
	union any_address address;
	socklen_t len = sizeof(address);
	memset(&address, 0, sizeof(address));
	if (getsockname(fd, &address.any, &len) < 0) {
		return err_from_errno(errno);
	}
	*out_address = from_system(&address);
	return ERR_OK;
}

static void set_option(int fd, int level, int name, int value) {
	(void)setsockopt(fd, level, name, &value, sizeof(value)); /* it works without, less well */
}

static enum err bind_socket(const struct net_address *address, int type, int *out_fd) {
	union any_address system;
	socklen_t len = to_system(address, &system);
	int fd = socket(system.any.sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		return err_from_errno(errno);
	}
	if (type == SOCK_STREAM) {
		set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	}
	if (address->is_v6) {
		set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1); /* each address is named for itself */
	}
	if (bind(fd, &system.any, len) < 0) {
		enum err err = errno == EADDRINUSE ? ERR_EXISTS : err_from_errno(errno);
		(void)close(fd); /* never used */
		return err;
	}
	*out_fd = fd;
	return ERR_OK;
}

/* ---- streams ---- */

enum err socket_listen(const struct net_address *address, int *out_fd) {
	int fd;
	TRY(bind_socket(address, SOCK_STREAM, &fd));
	if (listen(fd, BACKLOG) < 0) {
		enum err err = errno == EADDRINUSE ? ERR_EXISTS : err_from_errno(errno);
		(void)close(fd); /* never used */
		return err;
	}
	*out_fd = fd;
	return ERR_OK;
}

enum err socket_accept(int fd, int *out_fd, struct net_address *out_peer) {
	union any_address peer;
	socklen_t len = sizeof(peer);
	memset(&peer, 0, sizeof(peer));
	int accepted = accept4(fd, &peer.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (accepted < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			return ERR_LIMIT;
		}
		/* Also: it was gone before it was taken. */
		return ERR_NOT_FOUND;
	}
	set_option(accepted, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_option(accepted, IPPROTO_TCP, TCP_KEEPIDLE, 60); /* a dead peer is gone in two minutes */
	set_option(accepted, IPPROTO_TCP, TCP_KEEPINTVL, 20);
	set_option(accepted, IPPROTO_TCP, TCP_KEEPCNT, 3);
	*out_fd = accepted;
	*out_peer = from_system(&peer);
	return ERR_OK;
}

enum err socket_read(int fd, void *buffer, size_t len, size_t *out_len, bool *out_ended) {
	ssize_t got;
	do {
		got = recv(fd, buffer, len, 0);
	} while (got < 0 && errno == EINTR);
	if (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
		return err_from_errno(errno);
	}
	*out_len = got > 0 ? (size_t)got : 0;
	*out_ended = got == 0;
	return ERR_OK;
}

/* ---- datagrams ---- */

void datagrams_deinit(struct datagrams *datagrams) {
	free(datagrams->memory);
	datagrams->memory = NULL;
	datagrams->count = 0;
}

enum err socket_bind_datagrams(const struct net_address *address, size_t buffer_bytes, int *out_fd,
                               size_t *out_bytes) {
	int got = 0;
	socklen_t len = sizeof(got);
	TRY(bind_socket(address, SOCK_DGRAM, out_fd));
	int wanted = (int)MIN_OF(buffer_bytes, (size_t)1 << 30);
	/* Beyond the system's limit only where that is permitted. */
	if (setsockopt(*out_fd, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof(wanted)) < 0) {
		set_option(*out_fd, SOL_SOCKET, SO_RCVBUF, wanted);
	}
	set_option(*out_fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
	(void)getsockopt(*out_fd, SOL_SOCKET, SO_RCVBUF, &got, &len); /* then 0 is told */
	*out_bytes = got > 0 ? (size_t)got / 2 : 0; /* the kernel doubles it for its own needs */
	return ERR_OK;
}

static void look_at_control(struct msghdr *header, struct datagrams *datagrams) {
	for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control != NULL;
	     control = CMSG_NXTHDR(header, control)) {
		if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SO_RXQ_OVFL) {
			memcpy(&datagrams->dropped, CMSG_DATA(control), sizeof(datagrams->dropped));
			datagrams->dropped_known = true;
		}
	}
}

enum err socket_receive(int fd, size_t max, struct datagrams *datagrams) {
	struct mmsghdr headers[DATAGRAMS_MAX] = {0};
	struct iovec pieces[DATAGRAMS_MAX];
	union any_address peers[DATAGRAMS_MAX];
	_Alignas(struct cmsghdr) char controls[DATAGRAMS_MAX][CONTROL_SIZE];
	ASSERT(max > 0 && max <= DATAGRAMS_MAX);
	if (datagrams->memory == NULL) { /* pages that no datagram has come to are never touched */
		datagrams->memory = malloc((size_t)DATAGRAMS_MAX * DATAGRAM_SIZE);
		ASSERT(datagrams->memory != NULL);
	}
	datagrams->count = 0;
	datagrams->dropped_known = false;
	for (size_t i = 0; i < max; i++) {
		pieces[i] = (struct iovec){.iov_base = datagrams->memory + i * DATAGRAM_SIZE,
		                           .iov_len = DATAGRAM_SIZE};
		headers[i].msg_hdr = (struct msghdr){.msg_name = &peers[i],
		                                     .msg_namelen = sizeof(peers[i]),
		                                     .msg_iov = &pieces[i],
		                                     .msg_iovlen = 1,
		                                     .msg_control = controls[i],
		                                     .msg_controllen = CONTROL_SIZE};
	}
	int count = recvmmsg(fd, headers, (unsigned)max, MSG_DONTWAIT, NULL);
	if (count < 0) {
		/* ECONNREFUSED: an answer to nothing that we sent; passed over like an interruption. */
		bool nothing =
		    errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ECONNREFUSED;
		return nothing ? ERR_OK : err_from_errno(errno);
	}
	for (int i = 0; i < count; i++) {
		datagrams->list[i].peer = from_system(&peers[i]);
		datagrams->list[i].bytes = str_make(pieces[i].iov_base, headers[i].msg_len);
		look_at_control(&headers[i].msg_hdr, datagrams);
	}
	datagrams->count = (size_t)count;
	return ERR_OK;
}

bool socket_dropped(int fd, uint32_t *out_dropped) {
	uint32_t info[SK_MEMINFO_VARS] = {0};
	socklen_t len = sizeof(info);
	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len) < 0 ||
	    len < (SK_MEMINFO_DROPS + 1) * sizeof(uint32_t)) {
		return false;
	}
	*out_dropped = info[SK_MEMINFO_DROPS];
	return true;
}
