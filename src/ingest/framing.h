/* Messages of a syslog stream over TCP or TLS (RFC 6587): counted ("11 <13>message", section 3.4.1)
 * or one a line (3.4.2), as the first bytes of the connection tell. Bytes in as they come, messages
 * out; no byte of a message is lost, whatever the sender does. Nothing here knows of sockets.
 */
#pragma once

#include "base/buf.h"
#include "base/limits.h"

enum framing_kind { FRAMING_UNKNOWN, FRAMING_LINES, FRAMING_COUNTED, FRAMING_BROKEN };

struct framing {
	enum framing_kind kind; /* BROKEN: until the next line feed, then UNKNOWN again */
	struct buf held;
	size_t at;       /* of held: what was given out lies before it */
	size_t scanned;  /* behind at: bytes without a line feed */
	uint64_t left;   /* counted: bytes of the message at hand that were not given out; 0: none */
	uint64_t offset; /* of held[at] in the stream */
	bool cut;        /* the message at hand was given out in part */
};

struct frame {
	struct str bytes; /* until the next push */
	uint8_t flags;    /* enum record_flag */
	uint64_t offset;  /* in the stream */
};

void framing_deinit(struct framing *framing);
void framing_push(struct framing *framing, struct str bytes);
/* The next message; false: more must come first. One of more than piece_max bytes (at most
 * LIMIT_LINE_SIZE) comes in pieces. */
bool framing_next(struct framing *framing, size_t piece_max, struct frame *out_frame);
/* The stream has ended and framing_next said false: what is left. Again until it says false. */
bool framing_rest(struct framing *framing, struct frame *out_frame);
/* Gives back the memory, when nothing is held. */
void framing_shrink(struct framing *framing);
/* Bytes that are held. */
size_t framing_held(const struct framing *framing);
