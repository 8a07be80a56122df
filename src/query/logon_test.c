/* Records that are logons, and such that are not. */
#include "query/logon.h"

#include <stdio.h>

#include "tap.h"

enum { FIELDS_MAX = 16 };

static struct row make_row(struct row_field *fields, const char *const *pairs) {
	struct row row = {.fields = fields};
	for (size_t i = 0; pairs[i] != NULL; i += 2) {
		ASSERT(row.fields_count < FIELDS_MAX);
		fields[row.fields_count++] = (struct row_field){
		    .name = str_from(pairs[i]), .value = value_string(str_from(pairs[i + 1]))};
	}
	return row;
}

/* "outcome voice times user|domain|effective|source|host|type|reason", or "none". */
static void describe(const struct row *row, char *text, size_t size) {
	struct logon logon;
	if (!logon_read(row, &logon)) {
		snprintf(text, size, "none");
		return;
	}
	snprintf(text, size, "%c%d x%u %s%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s", "fdt"[logon.outcome],
	         (int)logon.voice, logon.times, logon.service ? "service " : "", STR_ARG(logon.user),
	         STR_ARG(logon.domain), STR_ARG(logon.effective), STR_ARG(logon.source),
	         STR_ARG(logon.host), STR_ARG(logon.type), STR_ARG(logon.reason));
}

#define FIELDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void check_fields(const char *const *pairs, const char *expected) {
	struct row_field fields[FIELDS_MAX];
	struct row row = make_row(fields, pairs);
	char text[600];
	describe(&row, text, sizeof(text));
	CHECK_STR(str_from(text), expected);
}

static void check_line(const char *program, const char *message, const char *expected) {
	check_fields(FIELDS("host.name", "h", "process.name", program, "message", message), expected);
}

TEST(sshd_says_who_came_in_and_who_did_not) {
	check_line("sshd", "Accepted password for amy from 192.0.2.1 port 22 ssh2",
	           "d0 x1 amy|||192.0.2.1|h|ssh password|");
	check_line(
	    "sshd-session",
	    "Accepted publickey for amy from 2001:db8::1 port 22 ssh2: RSA-CERT ID a from b port 1",
	    "d0 x1 amy|||2001:db8::1|h|ssh key|");
	check_line("sshd", "Failed password for root from 192.0.2.1 port 22 ssh2",
	           "f0 x1 root|||192.0.2.1|h|ssh password|wrong password");
	check_line("sshd",
	           "Failed keyboard-interactive/pam for invalid user x from 192.0.2.1 port 2 ssh2",
	           "f0 x1 x|||192.0.2.1|h|ssh keyboard|no such user");
	check_line("sshd", "Invalid user  from 192.0.2.1 port 5",
	           "f2 x1 |||192.0.2.1|h|ssh|no such user");
	check_line("sshd", "Connection closed by authenticating user root 192.0.2.1 port 5 [preauth]",
	           "f2 x1 root|||192.0.2.1|h|ssh|left before it was let in");
	check_line("sshd", "User amy from 192.0.2.1 not allowed because not listed in AllowUsers",
	           "f2 x1 amy|||192.0.2.1|h|ssh|not allowed");
	check_line("sshd", "error: PAM: Authentication failure for illegal user bob from 192.0.2.1",
	           "f2 x1 bob|||192.0.2.1|h|ssh|no such user");
	check_line("sshd",
	           "message repeated 5 times: [ Failed password for root from 192.0.2.1 port 22 ssh2]",
	           "f0 x5 root|||192.0.2.1|h|ssh password|wrong password");
	check_line("dropbear", "Bad password attempt for 'a' b' from 192.0.2.1:4711",
	           "f0 x1 a' b|||192.0.2.1|h|ssh password|wrong password");
	check_line("dropbear", "Pubkey auth succeeded for 'amy' with key md5 00:11 from 192.0.2.1:4711",
	           "d0 x1 amy|||192.0.2.1|h|ssh key|");
}

TEST(a_name_that_looks_like_more_stays_a_name) {
	check_line(
	    "sshd",
	    "Failed password for invalid user a from 10.0.0.1 port 1 ssh2 from 192.0.2.1 port 2 ssh2",
	    "f0 x1 a from 10.0.0.1 port 1 ssh2|||192.0.2.1|h|ssh password|no such user");
	check_line("sshd",
	           "Invalid user Accepted password for root from 10.0.0.1 from 192.0.2.1 port 2",
	           "f2 x1 Accepted password for root from 10.0.0.1|||192.0.2.1|h|ssh|no such user");
	check_line("postfix", "Accepted password for amy from 192.0.2.1 port 22 ssh2", "none");
}

TEST(what_is_cut_short_is_no_logon_and_does_no_harm) {
	static const char *const whole[] = {
	    "Accepted password for amy from 192.0.2.1 port 22 ssh2",
	    "Connection closed by authenticating user root 192.0.2.1 port 5 [preauth]",
	    "message repeated 5 times: [ Failed password for root from 192.0.2.1 port 22 ssh2]",
	    "pam_unix(sshd:session): session opened for user amy(uid=0) by (uid=0)",
	    "PAM 2 more authentication failures; logname= rhost=192.0.2.1  user=root",
	};
	for (size_t i = 0; i < ARRAY_LEN(whole); i++) {
		for (size_t len = 0; len <= strlen(whole[i]); len++) {
			char *copy = malloc(len + 1); /* so that a step beyond is seen */
			struct logon logon;
			ASSERT(copy != NULL);
			memcpy(copy, whole[i], len);
			bool found = logon_unix(STR("sshd"), str_make(copy, len), &logon);
			CHECK(len < strlen(whole[i]) || found);
			CHECK(len > 9 || !found);
			free(copy);
		}
	}
}

TEST(sudo_su_and_login_say_who_became_whom) {
	check_line("sudo", "  amy : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
	           "d0 x1 amy||||h|sudo|");
	check_line(
	    "sudo",
	    "amy : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
	    "f0 x3 amy||||h|sudo|wrong password");
	check_line("sudo",
	           "bob : user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
	           "f0 x1 bob||||h|sudo|not allowed");
	check_line("sudo",
	           "pam_unix(sudo:session): session opened for user root(uid=0) by amy(uid=1000)",
	           "d1 x1 amy||root||h|sudo|");
	check_line("sudo",
	           "pam_unix(sudo:auth): authentication failure; logname=amy uid=1 euid=0 tty=x "
	           "ruser=amy rhost=  user=amy",
	           "f1 x1 amy||||h|sudo|wrong password");
	check_line("su", "FAILED SU (to root) amy on pts/0", "f0 x1 amy||root||h|su|refused");
	check_line("su", "(to root) amy on pts/0", "d0 x1 amy||root||h|su|");
	check_line("su", "Successful su for root by amy", "d0 x1 amy||root||h|su|");
	check_line("su", "+ /dev/pts/1 amy:root", "d0 x1 amy||root||h|su|");
	check_line("su", "BAD SU amy to root on /dev/pts/0", "f0 x1 amy||root||h|su|refused");
	check_line("login", "FAILED LOGIN (1) on '/dev/tty1' FOR 'root', Authentication failure",
	           "f0 x1 root||||h|login|wrong password");
	check_line("login", "ROOT LOGIN ON tty1 FROM ttyhost", "d0 x1 root|||ttyhost|h|login|");
	check_line("login", "LOGIN ON tty1 BY amy", "d0 x1 amy||||h|login|");
}

TEST(pam_speaks_for_others) {
	check_line("CRON", "pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)",
	           "d1 x1 service root||||h|cron|");
	check_line("sshd(pam_unix)",
	           "authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=192.0.2.1  "
	           "user=root",
	           "f1 x1 root|||192.0.2.1|h|ssh|wrong password");
	check_line("sshd(pam_unix)", "session opened for user test by (uid=509)",
	           "d1 x1 test||||h|ssh|");
	check_line("sshd",
	           "PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= "
	           "rhost=192.0.2.1  user=root",
	           "f1 x2 root|||192.0.2.1|h|ssh|wrong password");
	check_line("sshd", "pam_unix(sshd:session): session closed for user amy", "none");
	check_line("sshd", "pam_unix(sshd:auth): check pass; user unknown", "none");
}

TEST(fields_that_formats_made_of_a_message_add_no_logons) {
	static const char *const lines[][2] = {
	    {"sshd", "Accepted key ED25519 SHA256:abc found at /home/a/.ssh/authorized_keys:3"},
	    {"sshd", "pam_unix(sshd:auth): check pass; user unknown"},
	    {"vsftpd", "(pam_unix) check pass; user unknown"},
	    {"gdm", "pam_faillock(gdm:auth): Consecutive login failures for user a account "
	            "temporarily locked"}};
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		check_fields(FIELDS("process.name", lines[i][0], "message", lines[i][1], "event.category",
		                    "authentication", "event.outcome", "failure", "user.name", "a"),
		             "none");
	}
	check_fields(FIELDS("process.name", "other", "message", "a came in", "event.category",
	                    "authentication", "event.outcome", "success", "user.name", "a"),
	             "d0 x1 a|||||authentication|");
	/* Steps of audit are none, its end is one. */
	check_fields(FIELDS("event.module", "auditd", "event.action", "USER_AUTH", "event.type", "info",
	                    "event.category", "authentication", "event.outcome", "success", "user.name",
	                    "a"),
	             "none");
	check_fields(FIELDS("event.module", "auditd", "event.action", "USER_LOGIN", "event.type",
	                    "start", "event.category", "authentication", "event.outcome", "success",
	                    "user.name", "a"),
	             "d0 x1 a|||||USER_LOGIN|");
}

TEST(servers_have_logons) {
	check_line("dovecot",
	           "imap-login: Login: user=<amy>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.9, TLS",
	           "d0 x1 amy|||192.0.2.1|h|IMAP|");
	check_line("dovecot",
	           "pop3-login: Aborted login (auth failed, 1 attempts in 2 secs): user=<amy>, "
	           "method=PLAIN, rip=192.0.2.1, lip=192.0.2.9",
	           "f0 x1 amy|||192.0.2.1|h|POP3|wrong user or password");
	check_line("vsftpd", "[amy] FAIL LOGIN: Client \"192.0.2.1\"",
	           "f0 x1 amy|||192.0.2.1|h|FTP|wrong user or password");
}

TEST(windows_has_types_and_reasons) {
	check_fields(FIELDS("winlog.event_id", "4624", "winlog.channel", "Security",
	                    "winlog.computer_name", "PC", "winlog.event_data.TargetUserName", "amy",
	                    "winlog.event_data.TargetDomainName", "D", "winlog.event_data.LogonType",
	                    "10", "winlog.event_data.IpAddress", "192.0.2.1"),
	             "d0 x1 amy|D||192.0.2.1|PC|remote interactive|");
	check_fields(FIELDS("Channel", "Security", "EventID", "4625", "Hostname", "PC",
	                    "TargetUserName", "amy", "LogonType", "3", "IpAddress", "-",
	                    "WorkstationName", "KALI", "Status", "0xc000006d", "SubStatus",
	                    "0xC0000064"),
	             "f0 x1 amy|||KALI|PC|network|no such user");
	check_fields(FIELDS("Channel", "Security", "EventID", "4625", "TargetUserName", "amy",
	                    "LogonType", "77", "Status", "0xC0000234", "SubStatus", "0x0"),
	             "f0 x1 amy|||||77|account locked");
	check_fields(FIELDS("Channel", "Security", "EventID", "4625", "TargetUserName", "amy",
	                    "LogonType", "3", "Status", "0xC0FFEE00", "SubStatus", "zero"),
	             "f0 x1 amy|||||network|zero");
	check_fields(FIELDS("Channel", "Security", "EventID", "4648", "Computer", "PC",
	                    "TargetUserName", "adm", "TargetServerName", "DC"),
	             "t0 x1 adm|||PC|DC|explicit credentials|");
	check_fields(FIELDS("Channel", "Security", "EventID", "4771", "Computer", "DC",
	                    "TargetUserName", "adm", "IpAddress", "::ffff:192.0.2.1", "Status", "0x18"),
	             "f0 x1 adm|||192.0.2.1|DC|Kerberos ticket|wrong password");
	check_fields(FIELDS("Channel", "Security", "EventID", "4776", "Computer", "DC",
	                    "TargetUserName", "adm", "Workstation", "PC", "Status", "0x0"),
	             "d0 x1 adm|||PC|DC|NTLM validation|");
	check_fields(
	    FIELDS("Channel", "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational",
	           "EventID", "21", "Computer", "PC", "User", "D\\amy", "Address", "192.0.2.1"),
	    "d0 x1 amy|D||192.0.2.1|PC|desktop session|");
	check_fields(FIELDS("Channel", "OpenSSH/Operational", "EventID", "4", "Computer", "PC",
	                    "payload", "sshd: Failed password for amy from 192.0.2.1 port 2 ssh2"),
	             "f0 x1 amy|||192.0.2.1|PC|ssh password|wrong password");
	check_fields(FIELDS("Channel", "System", "EventID", "4624", "TargetUserName", "amy"), "none");
}

TEST(accounts_of_windows_itself_are_services) {
	static const char *const names[] = {"PC$", "system", "DWM-1", "UMFD-0"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct row_field fields[FIELDS_MAX];
		struct row row = make_row(fields, FIELDS("Channel", "Security", "EventID", "4624",
		                                         "TargetUserName", names[i], "LogonType", "5"));
		struct logon logon;
		CHECK(logon_read(&row, &logon) && logon.service);
	}
	check_fields(FIELDS("Channel", "Security", "EventID", "4624", "TargetUserName",
	                    "Syst\xC3\xA8me", "TargetUserSid", "S-1-5-18", "LogonType", "5"),
	             "d0 x1 service Syst\xC3\xA8me|||||service|");
	check_fields(FIELDS("Channel", "Security", "EventID", "4624", "TargetUserName", "DWM-chief",
	                    "LogonType", "2"),
	             "d0 x1 DWM-chief|||||interactive|");
}

TEST(clouds_and_ecs_are_read) {
	check_fields(FIELDS("eventName", "ConsoleLogin", "userIdentity.userName", "amy",
	                    "sourceIPAddress", "192.0.2.1", "responseElements.ConsoleLogin", "Failure",
	                    "errorMessage", "Failed authentication"),
	             "f0 x1 amy|||192.0.2.1||AWS console|Failed authentication");
	check_fields(FIELDS("properties.userPrincipalName", "amy@example.org",
	                    "properties.status.errorCode", "0", "callerIpAddress", "192.0.2.1",
	                    "properties.appDisplayName", "Mail"),
	             "d0 x1 amy@example.org|||192.0.2.1|Mail|Entra sign-in|");
	check_fields(FIELDS("eventType", "user.session.start", "outcome.result", "FAILURE",
	                    "outcome.reason", "INVALID_CREDENTIALS", "actor.alternateId", "amy",
	                    "client.ipAddress", "192.0.2.1"),
	             "f0 x1 amy|||192.0.2.1||Okta session|INVALID_CREDENTIALS");
	check_fields(FIELDS("event.category", "authentication", "event.outcome", "failure", "user.name",
	                    "amy", "source.ip", "192.0.2.1", "host.name", "h", "event.action", "vpn"),
	             "f0 x1 amy|||192.0.2.1|h|vpn|");
	check_fields(FIELDS("event.category", "authentication", "user.name", "amy"), "none");
	check_fields(FIELDS("event.category", "web", "event.outcome", "failure"), "none");
}
