/* libmicrohttpd, private to src/server, loaded when a server starts: with it come GnuTLS and nine
 * more libraries, which would cost each start of the program 3 MiB and a millisecond.
 */
#pragma once

#include <microhttpd.h>
#include <stdbool.h>

#define MICROHTTPD_CALLS(X)            \
	X(MHD_add_response_header)         \
	X(MHD_create_response_from_buffer) \
	X(MHD_destroy_response)            \
	X(MHD_get_connection_info)         \
	X(MHD_get_connection_values)       \
	X(MHD_lookup_connection_value)     \
	X(MHD_queue_response)              \
	X(MHD_quiesce_daemon)              \
	X(MHD_resume_connection)           \
	X(MHD_start_daemon)                \
	X(MHD_stop_daemon)                 \
	X(MHD_suspend_connection)

struct microhttpd_calls {
#define MEMBER(name) __typeof__(&(name)) name; /* NOLINT(bugprone-macro-parentheses) */
	MICROHTTPD_CALLS(MEMBER)
#undef MEMBER
};

/* Fills the calls; false when the library is not there. It stays loaded. */
bool microhttpd_load(struct microhttpd_calls *out_calls);
