/* What is known of columns by their names: which fields of ECS they are beside their own name, and
 * what kind of event the logs are that have them. Private to src/ingest.
 */
#pragma once

#include "event/field.h"
#include "ingest/header.h"

enum column_how {
	COLUMN_TEXT,
	COLUMN_NUMBER,  /* whole numbers only */
	COLUMN_IP,      /* addresses only */
	COLUMN_IP_ELSE, /* the same, when the field is not there yet */
	COLUMN_LOWER,
	COLUMN_URL, /* url.path, url.query, url.domain too */
	COLUMN_STEM,
	COLUMN_QUERY,
	COLUMN_STATUS,       /* of HTTP: event.outcome too */
	COLUMN_MILLISECONDS, /* into nanoseconds */
	COLUMN_USER,         /* DOMAIN\name */
	COLUMN_HTTP_VERSION, /* without "HTTP/" */
	COLUMN_TLS_VERSION,  /* "TLSv12" is 1.2 */
	COLUMN_SOURCE,       /* address:port */
	COLUMN_DESTINATION,
	COLUMN_PASS,      /* what a firewall did */
	COLUMN_DIRECTION, /* RECEIVE, SEND */
	COLUMN_WHEN,      /* the time of the event */
	COLUMN_DATE,      /* halves of it */
	COLUMN_CLOCK,
};

struct column_rule {
	struct str log; /* which log; empty: every one */
	struct str column;
	struct str target; /* empty: `how` knows */
	enum column_how how;
};

/* The rules of a kind of header; *out_count of them. Zeek's names and those of CSV are known to
 * text formats that take objects. Logs of the W3C's format are named "iis", "firewall", "exchange",
 * or "" by their software. */
const struct column_rule *column_rules(enum header_kind kind, size_t *out_count);

struct column_event {
	struct str log, category;
	struct str type; /* or empty */
};
/* What the events of a log in the W3C's format are; NULL when nothing is known. */
const struct column_event *column_event(struct str log);

/* The names under which CSV has the time of its events, best first; letter case does not count. */
extern const struct str column_times[];
extern const size_t column_times_count;
