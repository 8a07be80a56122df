/* Words in front of syslog messages: names of facilities and severities, alone, joined, or with
 * numbers, and hosts. Private to src/ingest.
 */
#pragma once

#include <stdbool.h>

#include "base/str.h"

enum { SYSLOG_FACILITIES = 24, SYSLOG_SEVERITIES = 8 };

/* As in syslog.h: "authpriv", "err". */
struct str syslog_facility(int facility);
struct str syslog_severity(int severity);

/* "INFO", "error": a severity where host or tag would stand. */
bool syslog_is_level(struct str word);
/* What may be a host's name: no level, and no brackets, quotes or equals signs, which begin
 * messages. */
bool syslog_is_host(struct str word);
/* The address of "[192.0.2.7]" or "[2001:db8::7]" (and of Solaris, which adds the port as two more
 * numbers); empty when it is none. */
struct str syslog_bracketed_address(struct str word);
/* The priority that "daemon.info", "<daemon.info>", "<3.6>" (BSD, busybox), "auth|security:info"
 * (AIX) or "In(166)" (ESXi) says; -1 when it is none of them. */
int syslog_word_priority(struct str word);
