/* Logons in Windows events, whether they come from an event log or as JSON whose names end in those
 * of Windows. Sources: Microsoft's descriptions of the events 4624, 4625, 4648, 4768, 4771 and
 * 4776, of NTSTATUS values, and of Kerberos errors (RFC 4120, 7.5.9).
 */
#include "query/logon.h"

struct code {
	uint32_t code;
	struct str text;
};

static const struct code logon_types[] = {
    {0, STR_INIT("system")},
    {2, STR_INIT("interactive")},
    {3, STR_INIT("network")},
    {4, STR_INIT("batch")},
    {5, STR_INIT("service")},
    {7, STR_INIT("unlock")},
    {8, STR_INIT("network cleartext")},
    {9, STR_INIT("new credentials")},
    {10, STR_INIT("remote interactive")},
    {11, STR_INIT("cached interactive")},
    {12, STR_INIT("cached remote interactive")},
    {13, STR_INIT("cached unlock")},
};

static const struct code statuses[] = {
    {0xC000005E, STR_INIT("no logon server")},
    {0xC0000064, STR_INIT("no such user")},
    {0xC000006A, STR_INIT("wrong password")},
    {0xC000006D, STR_INIT("wrong user or password")},
    {0xC000006E, STR_INIT("account restriction")},
    {0xC000006F, STR_INIT("outside allowed hours")},
    {0xC0000070, STR_INIT("workstation not allowed")},
    {0xC0000071, STR_INIT("password expired")},
    {0xC0000072, STR_INIT("account disabled")},
    {0xC00000DC, STR_INIT("server in the wrong state")},
    {0xC0000133, STR_INIT("clocks differ")},
    {0xC000015B, STR_INIT("logon type not granted")},
    {0xC000018C, STR_INIT("trust failed")},
    {0xC000018D, STR_INIT("trust failed")},
    {0xC0000192, STR_INIT("netlogon not started")},
    {0xC0000193, STR_INIT("account expired")},
    {0xC0000224, STR_INIT("password must be changed")},
    {0xC0000225, STR_INIT("not found (an error of Windows)")},
    {0xC0000234, STR_INIT("account locked")},
    {0xC00002EE, STR_INIT("error at logon")},
    {0xC0000371, STR_INIT("no secret of that account here")},
    {0xC0000413, STR_INIT("authentication firewall")},
};

static const struct code kerberos_errors[] = {
    {0x6, STR_INIT("no such user")},
    {0x7, STR_INIT("no such service")},
    {0x9, STR_INIT("no key")},
    {0xC, STR_INIT("policy")},
    {0xE, STR_INIT("encryption not supported")},
    {0x10, STR_INIT("certificate not usable")},
    {0x12, STR_INIT("disabled, expired or locked")},
    {0x17, STR_INIT("password expired")},
    {0x18, STR_INIT("wrong password")},
    {0x19, STR_INIT("preauthentication required")},
    {0x20, STR_INIT("ticket expired")},
    {0x25, STR_INIT("clocks differ")},
};

/* Names that Windows gives to accounts of its own, where no SID is said. */
static const struct str service_names[] = {STR_INIT("SYSTEM"), STR_INIT("LOCAL SERVICE"),
                                           STR_INIT("NETWORK SERVICE"), STR_INIT("IUSR")};
static const struct str service_sids[] = {STR_INIT("S-1-5-18"), STR_INIT("S-1-5-19"),
                                          STR_INIT("S-1-5-20"), STR_INIT("S-1-5-17")};
static const struct str service_beginnings[] = {STR_INIT("DWM-"), STR_INIT("UMFD-")};
static const struct str service_sid_beginnings[] = {STR_INIT("S-1-5-80-"), STR_INIT("S-1-5-82-"),
                                                    STR_INIT("S-1-5-90-"), STR_INIT("S-1-5-96-")};

/* ---- values ---- */

static struct str datum(const struct row *row, struct str name) {
	struct str text = str_trim(logon_leaf(row, name));
	return str_eq(text, STR("-")) ? STR("") : text;
}

/* Decimal, or hexadecimal behind "0x". */
static bool read_code(struct str text, uint32_t *out_code) {
	uint64_t value = 0;
	bool hex = text.len > 2 && text.ptr[0] == '0' && char_lower(text.ptr[1]) == 'x';
	if (!hex) {
		bool right = str_to_u64(text, UINT32_MAX, &value);
		*out_code = (uint32_t)value;
		return right;
	}
	for (size_t i = 2; i < text.len; i++) {
		char c = char_lower(text.ptr[i]);
		bool digit = char_is_digit(c);
		if ((!digit && (c < 'a' || c > 'f')) || value > UINT32_MAX >> 4) {
			return false;
		}
		value = value << 4 | (uint64_t)(digit ? c - '0' : c - 'a' + 10);
	}
	*out_code = (uint32_t)value;
	return true;
}

/* The words of the code, or the code as it was written. */
static struct str words_of(const struct code *codes, size_t count, struct str text) {
	uint32_t code;
	for (size_t i = 0; i < count && read_code(text, &code); i++) {
		if (codes[i].code == code) {
			return codes[i].text;
		}
	}
	return text;
}

static bool is_zero(struct str text) {
	uint32_t code;
	return read_code(text, &code) && code == 0;
}

static struct str address_of(const struct row *row, struct str name) {
	struct str address = datum(row, name);
	return str_starts(address, STR("::ffff:")) ? str_slice(address, 7, address.len) : address;
}

static bool is_service(struct str user, struct str sid) {
	bool is = user.len > 0 && user.ptr[user.len - 1] == '$';
	for (size_t i = 0; i < ARRAY_LEN(service_names); i++) {
		is = is || str_eq_nocase(user, service_names[i]) || str_eq(sid, service_sids[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(service_beginnings); i++) {
		struct str beginning = service_beginnings[i];
		is = is || (str_starts(user, beginning) && user.len > beginning.len &&
		            char_is_digit(user.ptr[beginning.len]));
	}
	for (size_t i = 0; i < ARRAY_LEN(service_sid_beginnings); i++) {
		is = is || str_starts(sid, service_sid_beginnings[i]);
	}
	return is;
}

/* ---- the Security log ---- */

static void read_account(const struct row *row, struct logon *logon) {
	logon->user = datum(row, STR("TargetUserName"));
	logon->domain = datum(row, STR("TargetDomainName"));
	logon->service = is_service(logon->user, datum(row, STR("TargetUserSid")));
}

static void read_session(const struct row *row, struct logon *logon) {
	read_account(row, logon);
	logon->type = words_of(logon_types, ARRAY_LEN(logon_types), datum(row, STR("LogonType")));
	logon->source = address_of(row, STR("IpAddress"));
	if (logon->source.len == 0) {
		logon->source = datum(row, STR("WorkstationName"));
	}
}

static void read_4624(const struct row *row, struct logon *logon) {
	read_session(row, logon);
	logon->outcome = LOGON_DONE;
}

static void read_4625(const struct row *row, struct logon *logon) {
	read_session(row, logon);
	struct str status = datum(row, STR("SubStatus"));
	status = status.len == 0 || is_zero(status) ? datum(row, STR("Status")) : status;
	logon->reason = words_of(statuses, ARRAY_LEN(statuses), status);
}

/* Written where the credentials were typed, not where they are used. */
static void read_4648(const struct row *row, struct logon *logon) {
	struct str server = datum(row, STR("TargetServerName"));
	read_account(row, logon);
	logon->outcome = LOGON_TRIED;
	logon->type = STR("explicit credentials");
	if (server.len > 0 && !str_eq_nocase(server, STR("localhost"))) {
		logon->source = logon->host;
		logon->host = server;
	} else {
		logon->source = address_of(row, STR("IpAddress"));
	}
}

static void read_ticket(const struct row *row, struct logon *logon) {
	struct str status = datum(row, STR("Status"));
	read_account(row, logon);
	logon->type = STR("Kerberos ticket");
	logon->source = address_of(row, STR("IpAddress"));
	if (is_zero(status)) {
		logon->outcome = LOGON_DONE;
	} else {
		logon->reason = words_of(kerberos_errors, ARRAY_LEN(kerberos_errors), status);
	}
}

static void read_ntlm(const struct row *row, struct logon *logon) {
	struct str status = datum(row, STR("Status"));
	read_account(row, logon);
	logon->type = STR("NTLM validation");
	logon->source = datum(row, STR("Workstation"));
	if (is_zero(status)) {
		logon->outcome = LOGON_DONE;
	} else {
		logon->reason = words_of(statuses, ARRAY_LEN(statuses), status);
	}
}

/* ---- remote desktop ---- */

static void split_domain(struct logon *logon) {
	size_t at = str_find_char(logon->user, '\\', 0);
	if (at < logon->user.len) {
		logon->domain = str_slice(logon->user, 0, at);
		logon->user = str_slice(logon->user, at + 1, logon->user.len);
	}
}

static void read_remote_session(const struct row *row, struct logon *logon) {
	logon->outcome = LOGON_DONE;
	logon->user = datum(row, STR("User"));
	logon->source = address_of(row, STR("Address"));
	logon->type = STR("desktop session");
	split_domain(logon);
}

static void read_reconnection(const struct row *row, struct logon *logon) {
	read_remote_session(row, logon);
	logon->type = STR("desktop reconnected");
}

/* "User authentication succeeded" it says, but without network level authentication this is also
 * written before a password was asked for. */
static void read_connection(const struct row *row, struct logon *logon) {
	logon->outcome = LOGON_TRIED;
	logon->user = datum(row, STR("Param1"));
	logon->domain = datum(row, STR("Param2"));
	logon->source = address_of(row, STR("Param3"));
	logon->type = STR("desktop connection");
}

/* ---- all ---- */

#define SECURITY STR_INIT("Security")
#define SESSIONS STR_INIT("Microsoft-Windows-TerminalServices-LocalSessionManager/Operational")
#define CONNECTIONS \
	STR_INIT("Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational")

static const struct event {
	struct str id;
	struct str channel;
	void (*read)(const struct row *row, struct logon *logon);
} events[] = {
    {STR_INIT("4624"), SECURITY, read_4624},          {STR_INIT("4625"), SECURITY, read_4625},
    {STR_INIT("4648"), SECURITY, read_4648},          {STR_INIT("4768"), SECURITY, read_ticket},
    {STR_INIT("4771"), SECURITY, read_ticket},        {STR_INIT("4776"), SECURITY, read_ntlm},
    {STR_INIT("21"), SESSIONS, read_remote_session},  {STR_INIT("25"), SESSIONS, read_reconnection},
    {STR_INIT("1149"), CONNECTIONS, read_connection},
};

static struct str either(const struct row *row, struct str ours, struct str theirs) {
	struct str text = logon_field(row, ours);
	return text.len > 0 ? text : logon_leaf(row, theirs);
}

static struct str host_of(const struct row *row) {
	struct str host = either(row, STR("winlog.computer_name"), STR("Computer"));
	host = host.len > 0 ? host : logon_leaf(row, STR("ComputerName"));
	return host.len > 0 ? host : either(row, STR("Hostname"), STR("host.name"));
}

/* OpenSSH for Windows has the line of sshd in one value. */
static bool read_openssh(const struct row *row, struct logon *out_logon) {
	struct logon logon;
	if (!logon_unix(STR("sshd"), datum(row, STR("payload")), &logon)) {
		return false;
	}
	logon.host = host_of(row);
	logon.no_case = true;
	*out_logon = logon;
	return true;
}

bool logon_windows(const struct row *row, struct logon *out_logon) {
	struct str id = either(row, STR("winlog.event_id"), STR("EventID"));
	if (id.len == 0) {
		return false;
	}
	struct str channel = either(row, STR("winlog.channel"), STR("Channel"));
	if (str_eq(channel, STR("OpenSSH/Operational"))) {
		return read_openssh(row, out_logon);
	}
	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		if (str_eq(id, events[i].id) && str_eq(channel, events[i].channel)) {
			struct logon logon = {.times = 1, .no_case = true, .host = host_of(row)};
			events[i].read(row, &logon);
			*out_logon = logon;
			return true;
		}
	}
	return false;
}
