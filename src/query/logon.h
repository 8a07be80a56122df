/* One record as a logon: who came from where to which machine, in which way, and how it ended. Told
 * from the fields of Windows events (4624, 4625, 4648, 4768, 4771, 4776, remote desktop), from the
 * messages of sshd, sudo, su, login and PAM, from sign-ins of clouds, and from event.category
 * authentication with event.outcome where a record has them (docs/logons.md). No state, no I/O.
 */
#pragma once

#include "event/row.h"

enum logon_outcome {
	LOGON_FAILED,
	LOGON_DONE,
	LOGON_TRIED, /* the record does not say how it ended */
	LOGON_OUTCOMES,
};

/* Who says it. The same logon may be told by several: logons.h counts it once. */
enum logon_voice {
	LOGON_ITSELF, /* the program, when it was over */
	LOGON_PAM,    /* on behalf of the program */
	LOGON_ASIDE,  /* the program, before or after it says so itself, if it does */
	LOGON_VOICES,
};

/* Texts are borrowed: from the row, or constants. Empty: not said. */
struct logon {
	enum logon_outcome outcome;
	enum logon_voice voice;
	bool service;   /* of a machine account or a service, which come and go all day */
	bool no_case;   /* names of this system mean the same in any case */
	uint32_t times; /* "message repeated 5 times" */
	struct str user;
	struct str domain;
	struct str effective; /* as whom, where that is another */
	struct str source;    /* address, or name of a host */
	struct str host;      /* that was logged on to */
	struct str type;
	struct str reason; /* of a failure, in words or as a code */
};

/* False: the record is no logon; out_logon is untouched then. */
bool logon_read(const struct row *row, struct logon *out_logon);

/* ---- for the parts of it ---- */

/* The text of the field of that name, or empty; of a list the first. */
struct str logon_field(const struct row *row, struct str name);
/* The same of the first field whose name is name, or ends in it behind a dot. */
struct str logon_leaf(const struct row *row, struct str name);
bool logon_windows(const struct row *row, struct logon *out_logon);
/* program: who wrote message. */
bool logon_unix(struct str program, struct str message, struct logon *out_logon);
/* Whether logon_unix knows what this program says, or PAM in its name: what it does not call a
 * logon is none, whatever the fields say that a format made of the message. */
bool logon_unix_knows(struct str program, struct str message);
