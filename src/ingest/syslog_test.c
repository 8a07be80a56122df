/* Syslog as RFC 5424 and RFC 3164 have it, and as programs and devices write it. */
#include "ingest/syslog.h"

#include "ingest/line_testing.h"
#include "tap.h"

#define HOST(name) "host.hostname=\"" name "\"\nhost.name=\"" name "\"\n"
#define PRI(pri, facility, facility_name, severity, severity_name)                         \
	"log.syslog.priority=" pri "\nlog.syslog.facility.code=" facility                      \
	"\nlog.syslog.facility.name=\"" facility_name "\"\nlog.syslog.severity.code=" severity \
	"\nlog.syslog.severity.name=\"" severity_name "\"\n"
#define BSD "syslog-rfc3164 2026-11-22T10:00:00Z 6\n"

struct row {
	const char *line, *expected;
};

static void check_rows(const struct row *rows, size_t count) {
	struct line_testing t = line_testing_carriers();
	struct batch_source source = line_testing_source();
	for (size_t i = 0; i < count; i++) {
		struct buf out = {0};
		line_testing_parse(&t, &source, str_from(rows[i].line), &out);
		CHECK_STR(out, rows[i].expected);
		buf_deinit(&out);
	}
	line_testing_free(&t);
}

TEST(rfc_3164_lines_with_and_without_their_parts) {
	static const struct row rows[] = {
	    {"<34>Nov 22 10:00:00 web01 su: 'su root' failed",
	     BSD PRI("34", "4", "auth", "2", "crit")
	         HOST("web01") "process.name=\"su\"\nmessage=\"'su root' failed\"\n"},
	    {"Nov 22 10:00:00 web01 sshd[42]: hello",
	     BSD HOST("web01") "process.name=\"sshd\"\nprocess.pid=42\nmessage=\"hello\"\n"},
	    {"Nov 22 10:00:00 web01 postfix/smtpd[42]: connect",
	     BSD HOST("web01") "process.name=\"postfix/smtpd\"\nprocess.pid=42\nmessage=\"connect\"\n"},
	    {"Nov 22 10:00:00 web01 proftpd[42] web01 (x): done",
	     BSD HOST(
	         "web01") "process.name=\"proftpd\"\nprocess.pid=42\nmessage=\"web01 (x): done\"\n"},
	    {"Nov 22 10:00:00 web01 login(pam_unix)[42]: opened",
	     BSD HOST("web01") "log.syslog.appname=\"login(pam_unix)\"\nprocess.name=\"login\"\n"
	                       "process.pid=42\nmessage=\"opened\"\n"},
	    {"Nov 22 10:00:00 web01 app[worker.1]: hi",
	     BSD HOST(
	         "web01") "process.name=\"app\"\nlog.syslog.procid=\"worker.1\"\nmessage=\"hi\"\n"},
	    {"Nov 22 10:00:00 web01 kernel: [  12.5] eth0 up",
	     BSD HOST("web01") "process.name=\"kernel\"\nmessage=\"[  12.5] eth0 up\"\n"},
	    {"Nov 22 10:00:00 web01 kernel:[  12.5] eth0 up",
	     BSD HOST("web01") "process.name=\"kernel\"\nmessage=\"[  12.5] eth0 up\"\n"},
	    {"Nov 22 10:00:00 sshd[42]: no host",
	     BSD "process.name=\"sshd\"\nprocess.pid=42\nmessage=\"no host\"\n"},
	    {"Nov 22 10:00:00 imap-login: Info: no host",
	     BSD "process.name=\"imap-login\"\nmessage=\"Info: no host\"\n"},
	    {"Nov 22 10:00:00 192.0.2.7 Use the force",
	     BSD HOST("192.0.2.7") "message=\"Use the force\"\n"},
	    {"Nov 22 10:00:00 2001:db8::7 sshd[1]: x",
	     BSD HOST("2001:db8::7") "process.name=\"sshd\"\nprocess.pid=1\nmessage=\"x\"\n"},
	    {"Nov 22 10:00:00 router1 Login refused for HTTP: 192.0.2.7",
	     BSD HOST("router1") "message=\"Login refused for HTTP: 192.0.2.7\"\n"},
	    {"Nov 22 10:00:00 サーバー1 sshd[1]: x",
	     BSD HOST("サーバー1") "process.name=\"sshd\"\nprocess.pid=1\nmessage=\"x\"\n"},
	    {"Nov 22 10:00:00 h a::b: x", BSD HOST("h") "process.name=\"a::b\"\nmessage=\"x\"\n"},
	    {"Nov 22 10:00:00 h sshd[1]:",
	     BSD HOST("h") "process.name=\"sshd\"\nprocess.pid=1\nmessage=\"\"\n"},
	    {"Nov 22 10:00:00 h", BSD HOST("h") "message=\"\"\n"},
	    {"Nov 22 10:00:00 [error] x", BSD "message=\"[error] x\"\n"},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(repeated_messages_are_messages) {
	static const struct row rows[] = {
	    {"Nov 22 10:00:00 web01 last message repeated 3 times",
	     BSD HOST("web01") "message=\"last message repeated 3 times\"\n"},
	    {"Nov 22 10:00:00 last message repeated 3 times",
	     BSD "message=\"last message repeated 3 times\"\n"},
	    {"Nov 22 10:00:00 web01 sshd[42]: message repeated 2 times: [ no]",
	     BSD HOST("web01") "process.name=\"sshd\"\nprocess.pid=42\n"
	                       "message=\"message repeated 2 times: [ no]\"\n"},
	    {"Nov 22 10:00:00 web01 --- last message repeated 1 time ---",
	     BSD HOST("web01") "message=\"--- last message repeated 1 time ---\"\n"},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(devices_write_years_sequence_numbers_and_colons) {
	static const struct row rows[] = {
	    {"<189>123: *Nov 22 10:00:00.250: %SYS-5: x",
	     "syslog-rfc3164 2026-11-22T10:00:00.250Z 6\n" PRI("189", "23", "local7", "5",
	                                                       "notice") "message=\"%SYS-5: x\"\n"},
	    {"Nov 22 2020 10:00:00 fw1 : %ASA-6: x",
	     "syslog-rfc3164 2020-11-22T10:00:00Z 2\n" HOST("fw1") "message=\"%ASA-6: x\"\n"},
	    {"Nov 22 2020 10:00:00: %ASA-6: x",
	     "syslog-rfc3164 2020-11-22T10:00:00Z 2\nmessage=\"%ASA-6: x\"\n"},
	    {"Nov 22 10:00:00 2020 h a: x",
	     "syslog-rfc3164 2020-11-22T10:00:00Z 2\n" HOST("h") "process.name=\"a\"\nmessage=\"x\"\n"},
	    {"Nov 22 10:00:00 JST h a: x",
	     "syslog-rfc3164 2026-11-22T01:00:00Z 4\n" HOST("h") "process.name=\"a\"\nmessage=\"x\"\n"},
	    {"<13>no time here", "syslog-rfc3164 2026-11-22T10:00:00Z 1\n" PRI(
	                             "13", "1", "user", "5", "notice") "message=\"no time here\"\n"},
	    {"Nov 22 10:00:00 Message forwarded from aix1: sshd[5]: x",
	     BSD HOST("aix1") "process.name=\"sshd\"\nprocess.pid=5\nmessage=\"x\"\n"},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(iso_times_stand_in_for_rfc_3164_ones) {
	static const struct row rows[] = {
	    {"2026-11-22T10:00:00.5+09:00 web01 sshd[42]: x",
	     "syslog-rfc3164 2026-11-22T01:00:00.500Z 0\n" HOST(
	         "web01") "process.name=\"sshd\"\nprocess.pid=42\nmessage=\"x\"\n"},
	    {"2026-11-22T10:00:00Z web01 dovecot: x",
	     "syslog-rfc3164 2026-11-22T10:00:00Z 0\n" HOST(
	         "web01") "process.name=\"dovecot\"\nmessage=\"x\"\n"},
	    {"<13>2026-11-22T10:00:00Z web01 hello there",
	     "syslog-rfc3164 2026-11-22T10:00:00Z 0\n" PRI("13", "1", "user", "5", "notice")
	         HOST("web01") "message=\"hello there\"\n"},
	    {"2026-11-22 10:00:00 web01 sshd[42]: x",
	     "syslog-rfc3164 2026-11-22T10:00:00Z 2\n" HOST(
	         "web01") "process.name=\"sshd\"\nprocess.pid=42\nmessage=\"x\"\n"},
	    /* lines of applications, not of syslog */
	    {"2026-11-22T10:00:00Z INFO main started", "text 2026-11-22T10:00:00Z 0\n"},
	    {"2026-11-22T10:00:00Z web01 hello there", "text 2026-11-22T10:00:00Z 0\n"},
	    {"2026-11-22 10:00:00 worker main: started", "text 2026-11-22T10:00:00Z 2\n"},
	    {"2026-11-22T10:00:00.1Z stdin F x: y", "text 2026-11-22T10:00:00.100Z 0\n"},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(devices_write_their_name_before_the_time) {
	static const struct row rows[] = {
	    {"<189>123: rtr1: 000012: *Nov 22 10:00:00.250: %SYS-5: x",
	     "syslog-rfc3164 2026-11-22T10:00:00.250Z 6\n" PRI("189", "23", "local7", "5", "notice")
	         HOST("rtr1") "message=\"%SYS-5: x\"\n"},
	    {"012345: Nov 22 10:00:00.250 UTC: %SYS-5: x",
	     "syslog-rfc3164 2026-11-22T10:00:00.250Z 4\nmessage=\"%SYS-5: x\"\n"},
	    {"<189>RP/0/RSP0/CPU0:Nov 22 10:00:00.250 UTC: ifmgr[219]: %PKT-3-UPDOWN : x",
	     "syslog-rfc3164 2026-11-22T10:00:00.250Z 4\n" PRI(
	         "189", "23", "local7", "5",
	         "notice") "process.name=\"ifmgr\"\nprocess.pid=219\nmessage=\"%PKT-3-UPDOWN : x\"\n"},
	    {"<189>RP/0/RSP0/CPU0:Nov 22 10:00:00.250 : ifmgr[219]: %PKT-3-UPDOWN : x",
	     "syslog-rfc3164 2026-11-22T10:00:00.250Z 6\n" PRI(
	         "189", "23", "local7", "5",
	         "notice") "process.name=\"ifmgr\"\nprocess.pid=219\nmessage=\"%PKT-3-UPDOWN : x\"\n"},
	    {"<189>: 2020 Nov 22 10:00:00 UTC: %ETHPORT-5: x",
	     "syslog-rfc3164 2020-11-22T10:00:00Z 0\n" PRI("189", "23", "local7", "5",
	                                                   "notice") "message=\"%ETHPORT-5: x\"\n"},
	    {"2020 Nov 22 10:00:00 sw1 a[1]: x",
	     "syslog-rfc3164 2020-11-22T10:00:00Z 2\n" HOST(
	         "sw1") "process.name=\"a\"\nprocess.pid=1\nmessage=\"x\"\n"},
	    {"Nov 22 10:00:00 fw1 CEF: 1", BSD HOST("fw1") "message=\"CEF: 1\"\n"},
	    {"Nov 22 10:00:00 lb1 notice apmd[7]: x",
	     BSD HOST("lb1") "log.level=\"notice\"\nprocess.name=\"apmd\"\nprocess.pid=7\n"
	                     "message=\"x\"\n"},
	    {"Nov 22 10:00:00 lb1 notice: x",
	     BSD HOST("lb1") "process.name=\"notice\"\nmessage=\"x\"\n"},
	    {"Nov 22 10:00:00 fw1: %ASA-6: Built", BSD HOST("fw1") "message=\"%ASA-6: Built\"\n"},
	    {"Nov 22 10:00:00 rtr1 4563: 004561: *Nov 22 09:59:59: %SYS-5: x",
	     BSD HOST("rtr1") "message=\"4563: 004561: *Nov 22 09:59:59: %SYS-5: x\"\n"},
	    {"<134>1 1795341600.25 mx84 events x",
	     "syslog-rfc3164 2026-11-22T10:00:00.250Z 0\n" PRI("134", "16", "local0", "6", "info")
	         HOST("mx84") "message=\"events x\"\n"},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

/* No line of a device: the sender wrote no time, and the message begins with one. */
TEST(a_program_before_a_time_stays_the_program) {
	static const struct row rows[] = {
	    {"<30>app: 2026-11-22 10:00:00 INFO x",
	     "syslog-rfc3164 2026-11-22T10:00:00Z 1\n" PRI(
	         "30", "3", "daemon", "6", "info") "process.name=\"app\"\n"
	                                           "message=\"2026-11-22 10:00:00 INFO x\"\n"},
	    {"<30>app: 1790000000: done",
	     "syslog-rfc3164 2026-11-22T10:00:00Z 1\n" PRI("30", "3", "daemon", "6",
	                                                   "info") "process.name=\"app\"\n"
	                                                           "message=\"1790000000: done\"\n"},
	    {"<30>app: Nov 21 09:00:00 x: y",
	     "syslog-rfc3164 2026-11-22T10:00:00Z 1\n" PRI(
	         "30", "3", "daemon", "6", "info") "process.name=\"app\"\n"
	                                           "message=\"Nov 21 09:00:00 x: y\"\n"},
	    {"Nov 22 10:00:00 : x", BSD "message=\"x\"\n"},
	    {"Nov 22 10:00:00 h [error]: x", BSD HOST("h") "message=\"[error]: x\"\n"},
	    {"Nov 22 10:00:00 h [12.5]: x", BSD HOST("h") "message=\"[12.5]: x\"\n"},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(hosts_and_tags_come_in_many_dresses) {
	static const struct row rows[] = {
	    {"Nov 22 10:00:00 web01: sshd[42]: x",
	     BSD HOST("web01") "process.name=\"sshd\"\nprocess.pid=42\nmessage=\"x\"\n"},
	    {"Nov 22 10:00:00 kernel: su[42]: segfault",
	     BSD "process.name=\"kernel\"\nmessage=\"su[42]: segfault\"\n"},
	    {"Nov 22 10:00:00 [192.0.2.7] sshd[42]: x",
	     BSD HOST("192.0.2.7") "process.name=\"sshd\"\nprocess.pid=42\nmessage=\"x\"\n"},
	    {"Nov 22 10:00:00 [2001:db8::7] sshd[42]: x",
	     BSD HOST("2001:db8::7") "process.name=\"sshd\"\nprocess.pid=42\nmessage=\"x\"\n"},
	    {"Nov 22 10:00:00 - sshd[42]: x",
	     BSD "process.name=\"sshd\"\nprocess.pid=42\nmessage=\"x\"\n"},
	    {"Nov 22 10:00:00 web01 imap(bob)<42><x>: y",
	     BSD HOST("web01") "log.syslog.appname=\"imap(bob)<42><x>\"\nprocess.name=\"imap\"\n"
	                       "message=\"y\"\n"},
	    {"Nov 22 10:00:00 [10:00:01] x", BSD "message=\"[10:00:01] x\"\n"},
	    {"Nov 22 10:00:00 [sshd]: x", BSD "process.name=\"sshd\"\nmessage=\"x\"\n"},
	    {"Nov 22 10:00:00 web01 sshd [42]: x",
	     BSD HOST("web01") "process.name=\"sshd\"\nprocess.pid=42\nmessage=\"x\"\n"},
	    {"Nov 22 10:00:00 web01 sshd[42] : x",
	     BSD HOST("web01") "process.name=\"sshd\"\nprocess.pid=42\nmessage=\"x\"\n"},
	    {"Nov 22 10:00:00 web01 logger[]: x",
	     BSD HOST("web01") "process.name=\"logger\"\nmessage=\"x\"\n"},
	    {"Nov 22 10:00:00+09:00 web01 su: x", "syslog-rfc3164 2026-11-22T01:00:00Z 4\n" HOST(
	                                              "web01") "process.name=\"su\"\nmessage=\"x\"\n"},
	    {"1795341600.123456 web01 sshd[42]: x",
	     "syslog-rfc3164 2026-11-22T10:00:00.123456Z 0\n" HOST(
	         "web01") "process.name=\"sshd\"\nprocess.pid=42\nmessage=\"x\"\n"},
	    {"1795341600.123    45 192.0.2.7 TCP_MISS/200 x: y", "text 2026-11-22T10:00:00.123Z 0\n"},
	    {"71 <13>Nov 22 10:00:00 web01 su: counted (RFC 6587)",
	     BSD PRI("13", "1", "user", "5", "notice")
	         HOST("web01") "process.name=\"su\"\nmessage=\"counted (RFC 6587)\"\n"},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

#define DAEMON_INFO PRI("30", "3", "daemon", "6", "info")

TEST(facility_and_severity_may_stand_as_words) {
	static const struct row rows[] = {
	    {"Nov 22 10:00:00 web01 daemon.info ntpd[42]: x",
	     BSD DAEMON_INFO HOST("web01") "process.name=\"ntpd\"\nprocess.pid=42\nmessage=\"x\"\n"},
	    {"Nov 22 10:00:00 <daemon.info> web01 ntpd[42]: x",
	     BSD DAEMON_INFO HOST("web01") "process.name=\"ntpd\"\nprocess.pid=42\nmessage=\"x\"\n"},
	    {"Nov 22 10:00:00 <3.6> web01 ntpd[42]: x",
	     BSD DAEMON_INFO HOST("web01") "process.name=\"ntpd\"\nprocess.pid=42\nmessage=\"x\"\n"},
	    {"Nov 22 10:00:00 aix1 daemon:info ntpd[42]: x",
	     BSD DAEMON_INFO HOST("aix1") "process.name=\"ntpd\"\nprocess.pid=42\nmessage=\"x\"\n"},
	    {"Nov 22 10:00:00 aix1 auth|security:info Message forwarded from db1: sshd[5]: x",
	     BSD PRI("38", "4", "auth", "6", "info")
	         HOST("db1") "process.name=\"sshd\"\nprocess.pid=5\nmessage=\"x\"\n"},
	    {"Sun Nov 22 10:00:00 2020 daemon.info ntpd[42]: x",
	     "syslog-rfc3164 2020-11-22T10:00:00Z 2\n" DAEMON_INFO
	     "process.name=\"ntpd\"\nprocess.pid=42\nmessage=\"x\"\n"},
	    {"Sun Nov 22 10:00:00 2020 web01 ntpd[42]: x",
	     "syslog-rfc3164 2020-11-22T10:00:00Z 2\n" HOST(
	         "web01") "process.name=\"ntpd\"\nprocess.pid=42\nmessage=\"x\"\n"},
	    {"Sun Nov 22 10:00:00 2020 [pid 2] CONNECT: x", "text 2020-11-22T10:00:00Z 2\n"},
	    {"Sun Nov 22 10:00:00 2020 bob/192.0.2.7-1194 TLS: x", "text 2020-11-22T10:00:00Z 2\n"},
	    {"2026-11-22T10:00:00Z In(30) Hostd[42]: x",
	     "syslog-rfc3164 2026-11-22T10:00:00Z 0\n" DAEMON_INFO
	     "process.name=\"Hostd\"\nprocess.pid=42\nmessage=\"x\"\n"},
	    {"2026-11-22T10:00:00Z info hostd[42] [origin a] x",
	     "syslog-rfc3164 2026-11-22T10:00:00Z 0\nlog.level=\"info\"\nprocess.name=\"hostd\"\n"
	     "process.pid=42\nmessage=\"[origin a] x\"\n"},
	    {"2026-11-22T10:00:00Z INFO crond[42]: x",
	     "syslog-rfc3164 2026-11-22T10:00:00Z 0\nlog.level=\"INFO\"\nprocess.name=\"crond\"\n"
	     "process.pid=42\nmessage=\"x\"\n"},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(iso_lines_of_relays_carry_payloads_without_a_tag) {
	static const struct row rows[] = {
	    {"2026-11-22T10:00:00+00:00 192.0.2.7  {\"a\":1}",
	     "syslog-rfc3164 2026-11-22T10:00:00Z 0\n" HOST(
	         "192.0.2.7") "message=\"{\\\"a\\\":1}\"\na=1\n"},
	    {"2026-11-22T10:00:00Z gw firewall,info drop input",
	     "syslog-rfc3164 2026-11-22T10:00:00Z 0\n" HOST(
	         "gw") "message=\"firewall,info drop input\"\n"},
	    {"2026-11-22T10:00:00Z web01 CEF:0|a|b|1|2|c d|3|",
	     "syslog-rfc3164 2026-11-22T10:00:00Z 0\n" HOST(
	         "web01") "message=\"CEF:0|a|b|1|2|c d|3|\"\n"},
	    {"2026-11-22T10:00:00Z web01 last message repeated 3 times",
	     "syslog-rfc3164 2026-11-22T10:00:00Z 0\n" HOST(
	         "web01") "message=\"last message repeated 3 times\"\n"},
	    {"2026-11-22T10:00:00Z web01 -- MARK --",
	     "syslog-rfc3164 2026-11-22T10:00:00Z 0\n" HOST("web01") "message=\"-- MARK --\"\n"},
	    {"2026-11-22T10:00:00Z ACCEPT host=192.0.2.7 fd=4,5", "text 2026-11-22T10:00:00Z 0\n"},
	    {"2026-11-22T10:00:00Z worker done, next", "text 2026-11-22T10:00:00Z 0\n"},
	    {"2026-11-22T10:00:00Z web01 app - - [a@1 k=\"v\"] x",
	     "syslog-rfc5424 2026-11-22T10:00:00Z 0\n" HOST(
	         "web01") "process.name=\"app\"\nlog.syslog.appname=\"app\"\n"
	                  "log.syslog.structured_data.a@1.k=\"v\"\nmessage=\"x\"\n"},
	    {"2026-11-22 10:00:00 SMTP call from host.example [192.0.2.7] dropped",
	     "text 2026-11-22T10:00:00Z 2\n"},
	    {"2026-11-22T10:00:00Z info vpxd[42] [a@1 sub=b] [2026-11-22T10:00:00Z] x",
	     "syslog-rfc3164 2026-11-22T10:00:00Z 0\nlog.level=\"info\"\nprocess.name=\"vpxd\"\n"
	     "process.pid=42\nmessage=\"[a@1 sub=b] [2026-11-22T10:00:00Z] x\"\n"},
	    {"93 <14>1 2026-11-22T10:00:00Z h app - - - counted",
	     "syslog-rfc5424 2026-11-22T10:00:00Z 0\n" PRI("14", "1", "user", "6", "info")
	         HOST("h") "process.name=\"app\"\nlog.syslog.appname=\"app\"\n"
	                   "log.syslog.version=\"1\"\nmessage=\"counted\"\n"},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

#define SD "log.syslog.structured_data."

TEST(rfc_5424_lines_with_and_without_their_parts) {
	static const struct row rows[] = {
	    {"<165>1 2026-11-22T10:00:00.003Z mymachine app 42 ID47 "
	     "[ex@32473 iut=\"3\" src=\"App\"][two a=\"b\"] \xef\xbb\xbfhello",
	     "syslog-rfc5424 2026-11-22T10:00:00.003Z 0\n" PRI("165", "20", "local4", "5", "notice")
	         HOST("mymachine") "process.name=\"app\"\nlog.syslog.appname=\"app\"\n"
	                           "process.pid=42\nlog.syslog.procid=\"42\"\nlog.syslog.msgid="
	                           "\"ID47\"\n"
	                           "log.syslog.version=\"1\"\n" SD "ex@32473.iut=\"3\"\n" SD
	                           "ex@32473.src=\"App\"\n" SD "two.a=\"b\"\nmessage=\"hello\"\n"},
	    {"<0>1 - - - - - -",
	     "syslog-rfc5424 2026-11-22T10:00:00Z 1\n" PRI(
	         "0", "0", "kern", "0", "emerg") "log.syslog.version=\"1\"\nmessage=\"\"\n"},
	    {"<13>1 2026-11-22T10:00:00Z h a - - [x k=\"a\\\"b\\\\c\\]d\\n\"] m",
	     "syslog-rfc5424 2026-11-22T10:00:00Z 0\n" PRI("13", "1", "user", "5", "notice")
	         HOST("h") "process.name=\"a\"\nlog.syslog.appname=\"a\"\nlog.syslog.version=\"1\"\n" SD
	                   "x.k=\"a\\\"b\\\\c]d\\\\n\"\nmessage=\"m\"\n"},
	    {"<13>1 2026-11-22T10:00:00Z h a - - [not data] m",
	     "syslog-rfc5424 2026-11-22T10:00:00Z 0\n" PRI("13", "1", "user", "5", "notice")
	         HOST("h") "process.name=\"a\"\nlog.syslog.appname=\"a\"\nlog.syslog.version=\"1\"\n"
	                   "message=\"[not data] m\"\n"},
	    {"1 2026-11-22T10:00:00Z h a 7 - - no priority",
	     "syslog-rfc5424 2026-11-22T10:00:00Z 0\n" HOST(
	         "h") "process.name=\"a\"\n"
	              "log.syslog.appname=\"a\"\nprocess.pid=7\nlog.syslog.procid=\"7\"\n"
	              "log.syslog.version=\"1\"\nmessage=\"no priority\"\n"},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(a_parameter_whose_name_is_too_long_is_marked_as_left_out) {
	struct line_testing t = line_testing_carriers();
	struct batch_source source = line_testing_source();
	struct buf line = {0};
	struct buf out = {0};
	buf_append_str(&line, STR("<13>1 2026-11-22T10:00:00Z h a - - [x "));
	for (size_t i = 0; i < LIMIT_FIELD_NAME; i++) {
		buf_append_char(&line, 'n');
	}
	buf_append_str(&line, STR("=\"v\"] m"));
	line_testing_parse(&t, &source, buf_str(&line), &out);
	CHECK(str_starts(buf_str(&out), STR("syslog-rfc5424 2026-11-22T10:00:00Z 128\n")));
	CHECK(str_find(buf_str(&out), STR("structured_data"), 0) == (size_t)-1);
	buf_deinit(&out);
	buf_deinit(&line);
	line_testing_free(&t);
}

TEST(a_parameter_that_comes_twice_is_a_list) {
	static const struct row rows[] = {
	    {"<13>1 - - - - - [x k=\"a\" k=\"b\"]",
	     "syslog-rfc5424 2026-11-22T10:00:00Z 1\n" PRI(
	         "13", "1", "user", "5", "notice") "log.syslog.version=\"1\"\n" SD
	                                           "x.k=[\"a\",\"b\"]\nmessage=\"\"\n"},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(priorities_out_of_range_are_not_syslog) {
	static const struct row rows[] = {
	    {"<192>Nov 22 10:00:00 h a: x", "text 2026-11-22T10:00:00Z 1\n"},
	    {"<1234>hello", "text 2026-11-22T10:00:00Z 1\n"},
	    {"<>hello", "text 2026-11-22T10:00:00Z 1\n"},
	    {"<html>", "text 2026-11-22T10:00:00Z 1\n"},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

/* Every prefix of a good line is taken or refused; ASan watches the reading. */
TEST(lines_cut_anywhere_are_read_within_their_bounds) {
	static const char *const lines[] = {
	    "<165>1 2026-11-22T10:00:00.003Z my app 42 ID [e@1 a=\"\\\"\" b=\"c\"] \xef\xbb\xbfhi",
	    "<189>123: *Nov 22 2026 10:00:00.250 UTC: %SYS-5: x",
	    "<34>Nov 22 10:00:00 web01 login(pam_unix)[42]: opened",
	    "2026-11-22T10:00:00.5+09:00 web01 sshd[42]: x",
	    "99 <189>12: r1: 7: *Nov 22 10:00:00.250+01:00: %SYS-5: x",
	    "Sun Nov 22 10:00:00 2020 <3.6> [2001:db8::7] daemon.info ntpd [42] : x",
	    "2026-11-22T10:00:00Z In(30) Hostd[]: x",
	    "2026-11-22T10:00:00Z web01 app - - [a@1 k=\"v\"] x"};
	struct line_testing t = line_testing_carriers();
	struct batch_source source = line_testing_source();
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		for (size_t len = 0; len <= strlen(lines[i]); len++) {
			struct buf out = {0};
			char *copy = malloc(len + 1);
			memcpy(copy, lines[i], len);
			line_testing_parse(&t, &source, str_make(copy, len), &out);
			CHECK(out.len > 0);
			free(copy);
			buf_deinit(&out);
		}
	}
	line_testing_free(&t);
}
