/* Logons in what sshd, sudo, su, login, PAM and some servers write. Names of users are the
 * attacker's text: what is cut is cut from the side where he cannot write. */
#include "query/logon.h"

/* ---- pieces ---- */

static bool take(struct str *text, struct str prefix) {
	if (!str_starts(*text, prefix)) {
		return false;
	}
	*text = str_slice(*text, prefix.len, text->len);
	return true;
}

/* What is before needle; text, which may be out_before, is moved behind it. False, untouched: there
 * is none. */
static bool cut_at(struct str *text, struct str needle, struct str *out_before) {
	size_t at = str_find(*text, needle, 0);
	if (at == (size_t)-1) {
		return false;
	}
	struct str before = str_slice(*text, 0, at);
	*text = str_slice(*text, at + needle.len, text->len);
	*out_before = before;
	return true;
}

/* The same at the last needle. */
static bool cut_last(struct str *text, struct str needle, struct str *out_before) {
	struct str rest = *text;
	struct str piece;
	size_t at = 0;
	bool found = false;
	while (cut_at(&rest, needle, &piece)) {
		at = (size_t)(rest.ptr - text->ptr) - needle.len;
		found = true;
	}
	if (found) {
		struct str before = str_slice(*text, 0, at);
		*text = rest;
		*out_before = before;
	}
	return found;
}

static struct str word(struct str *text) {
	return str_cut(text, ' ');
}

/* The value behind "name=" in a list of them, up to the next blank. */
static struct str value_of(struct str text, struct str name) {
	for (size_t at = str_find(text, name, 0); at != (size_t)-1; at = str_find(text, name, at + 1)) {
		if (at == 0 || text.ptr[at - 1] == ' ') {
			struct str rest = str_slice(text, at + name.len, text.len);
			return word(&rest);
		}
	}
	return STR("");
}

/* ---- sshd ---- */

static bool take_invalid(struct str *text) {
	return take(text, STR("invalid user ")) || take(text, STR("illegal user "));
}

/* "USER from ADDRESS port 22 ...". last: the user may hold " from " himself. */
static bool read_user_from(struct str text, bool last, struct logon *logon) {
	bool found = last ? cut_last(&text, STR(" from "), &logon->user)
	                  : cut_at(&text, STR(" from "), &logon->user);
	logon->source = word(&text);
	return found && logon->source.len > 0;
}

static const struct str methods[][2] = {
    {STR_INIT("password"), STR_INIT("ssh password")},
    {STR_INIT("publickey"), STR_INIT("ssh key")},
    {STR_INIT("keyboard-interactive/pam"), STR_INIT("ssh keyboard")},
    {STR_INIT("keyboard-interactive"), STR_INIT("ssh keyboard")},
    {STR_INIT("hostbased"), STR_INIT("ssh host")},
    {STR_INIT("gssapi-with-mic"), STR_INIT("ssh Kerberos")},
    {STR_INIT("gssapi-keyex"), STR_INIT("ssh Kerberos")},
    {STR_INIT("none"), STR_INIT("ssh none")},
};

static struct str method_type(struct str method) {
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		if (str_eq(methods[i][0], method)) {
			return methods[i][1];
		}
	}
	return STR("ssh other");
}

static bool read_accepted(struct str text, struct logon *logon) {
	logon->outcome = LOGON_DONE;
	logon->type = method_type(word(&text));
	return take(&text, STR("for ")) && read_user_from(text, false, logon);
}

static bool read_failed(struct str text, struct logon *logon) {
	struct str method = word(&text);
	logon->type = method_type(method);
	if (!take(&text, STR("for "))) {
		return false;
	}
	logon->reason = take_invalid(&text)               ? STR("no such user")
	                : str_eq(method, STR("password")) ? STR("wrong password")
	                                                  : STR("refused");
	return read_user_from(text, true, logon);
}

static bool read_invalid(struct str text, struct logon *logon) {
	logon->reason = STR("no such user");
	return read_user_from(text, true, logon);
}

/* "USER ADDRESS port 22 [preauth]": before a user was known, nothing was tried. */
static bool read_left(struct str text, struct logon *logon) {
	logon->reason = STR("left before it was let in");
	if (!cut_last(&text, STR(" port "), &text)) {
		return false;
	}
	logon->source = text;
	return cut_last(&logon->source, STR(" "), &logon->user) && logon->source.len > 0;
}

static bool read_not_allowed(struct str text, struct logon *logon) {
	logon->reason = STR("not allowed");
	return cut_last(&text, STR(" not allowed because "), &text) &&
	       read_user_from(text, true, logon);
}

static bool read_error(struct str text, struct logon *logon) {
	struct str before;
	logon->reason = STR("refused by PAM");
	if (!cut_at(&text, STR(" for "), &before)) {
		return false;
	}
	if (take_invalid(&text)) {
		logon->reason = STR("no such user");
	}
	return read_user_from(text, true, logon);
}

/* dropbear: "'USER' [with key ...] from ADDRESS:PORT". */
static bool read_dropbear(struct str text, struct logon *logon) {
	struct str user;
	struct str before;
	if (!cut_last(&text, STR(" from "), &before) || !take(&before, STR("'"))) {
		return false;
	}
	user = before;
	cut_last(&before, STR("'"), &user);
	logon->user = user;
	logon->source = text;
	return cut_last(&text, STR(":"), &logon->source) && logon->source.len > 0;
}

static bool read_dropbear_key(struct str text, struct logon *logon) {
	logon->outcome = LOGON_DONE;
	logon->type = STR("ssh key");
	return read_dropbear(text, logon);
}

static bool read_dropbear_password(struct str text, struct logon *logon) {
	logon->outcome = LOGON_DONE;
	logon->type = STR("ssh password");
	return read_dropbear(text, logon);
}

static bool read_dropbear_bad(struct str text, struct logon *logon) {
	logon->type = STR("ssh password");
	logon->reason = STR("wrong password");
	return read_dropbear(text, logon);
}

/* One kind of message: how it begins, who reads the rest. */
struct message {
	struct str beginning;
	enum logon_voice voice;
	bool (*read)(struct str rest, struct logon *logon);
};

static bool read_messages(const struct message *messages, size_t count, struct str text,
                          struct logon *logon) {
	for (size_t i = 0; i < count; i++) {
		struct str rest = text;
		if (take(&rest, messages[i].beginning)) {
			logon->voice = messages[i].voice;
			return messages[i].read(rest, logon);
		}
	}
	return false;
}

static bool read_ssh(struct str text, struct logon *logon) {
	static const struct message messages[] = {
	    {STR_INIT("Accepted "), LOGON_ITSELF, read_accepted},
	    {STR_INIT("Failed "), LOGON_ITSELF, read_failed},
	    {STR_INIT("Invalid user "), LOGON_ASIDE, read_invalid},
	    {STR_INIT("Illegal user "), LOGON_ASIDE, read_invalid},
	    {STR_INIT("Connection closed by authenticating user "), LOGON_ASIDE, read_left},
	    {STR_INIT("Connection reset by authenticating user "), LOGON_ASIDE, read_left},
	    {STR_INIT("Disconnected from authenticating user "), LOGON_ASIDE, read_left},
	    {STR_INIT("User "), LOGON_ASIDE, read_not_allowed},
	    {STR_INIT("error: PAM: "), LOGON_ASIDE, read_error},
	    {STR_INIT("Password auth succeeded for "), LOGON_ITSELF, read_dropbear_password},
	    {STR_INIT("Pubkey auth succeeded for "), LOGON_ITSELF, read_dropbear_key},
	    {STR_INIT("Bad password attempt for "), LOGON_ITSELF, read_dropbear_bad},
	};
	logon->type = STR("ssh");
	(void)take(&text, STR("sshd: ")); /* Windows */
	return read_messages(messages, ARRAY_LEN(messages), text, logon);
}

/* ---- sudo, su, login ---- */

/* "USER : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh", or a reason and these. */
static bool read_sudo(struct str text, struct logon *logon) {
	struct str what;
	text = str_trim(text);
	if (!cut_at(&text, STR(" : "), &logon->user)) {
		return false;
	}
	struct str rest = text;
	logon->type = STR("sudo");
	logon->outcome = LOGON_DONE;
	if (str_starts(text, STR("TTY=")) || str_starts(text, STR("PWD=")) ||
	    str_starts(text, STR("USER=")) || str_starts(text, STR("HOST="))) {
		return str_find(text, STR("COMMAND="), 0) != (size_t)-1;
	}
	logon->outcome = LOGON_FAILED;
	if (!cut_at(&rest, STR(" ; "), &what)) {
		return false;
	}
	uint64_t times;
	struct str number = word(&what);
	if (str_starts(what, STR("incorrect password attempt")) && str_to_u64(number, 1000, &times)) {
		logon->times = MAX_OF((uint32_t)times, 1U);
		logon->reason = STR("wrong password");
		return true;
	}
	logon->reason = STR("not allowed");
	return str_starts(text, STR("user NOT ")) || str_starts(text, STR("command not allowed")) ||
	       str_starts(text, STR("authentication failure")) ||
	       str_starts(text, STR("a password is required"));
}

/* "WHO [on TTY]" behind whom it is about. */
static bool read_su_names(struct str *text, struct str between, bool who_first,
                          struct logon *logon) {
	struct str *first = who_first ? &logon->user : &logon->effective;
	struct str *second = who_first ? &logon->effective : &logon->user;
	bool found = cut_at(text, between, first);
	*second = word(text);
	return found && second->len > 0 && first->len > 0;
}

static bool read_su_for(struct str text, struct logon *logon) {
	return read_su_names(&text, STR(" by "), false, logon);
}

static bool read_su_to(struct str text, struct logon *logon) {
	return read_su_names(&text, STR(") "), false, logon);
}

static bool read_su_bsd(struct str text, struct logon *logon) {
	return read_su_names(&text, STR(" to "), true, logon);
}

/* "/dev/pts/0 amy:root" */
static bool read_su_sign(struct str text, struct logon *logon) {
	struct str tty = word(&text);
	return tty.len > 0 && read_su_names(&text, STR(":"), true, logon);
}

static bool read_su(struct str text, struct logon *logon) {
	static const struct message failures[] = {
	    {STR_INIT("FAILED su for "), LOGON_ITSELF, read_su_for},
	    {STR_INIT("FAILED SU (to "), LOGON_ITSELF, read_su_to},
	    {STR_INIT("BAD SU "), LOGON_ITSELF, read_su_bsd},
	    {STR_INIT("- "), LOGON_ITSELF, read_su_sign},
	};
	static const struct message successes[] = {
	    {STR_INIT("Successful su for "), LOGON_ITSELF, read_su_for},
	    {STR_INIT("(to "), LOGON_ITSELF, read_su_to},
	    {STR_INIT("+ "), LOGON_ITSELF, read_su_sign},
	};
	logon->type = STR("su");
	if (read_messages(failures, ARRAY_LEN(failures), text, logon)) {
		logon->reason = STR("refused");
		return true;
	}
	logon->outcome = LOGON_DONE;
	return read_messages(successes, ARRAY_LEN(successes), text, logon);
}

static bool read_login_by(struct str text, struct logon *logon) {
	struct str tty;
	logon->outcome = LOGON_DONE;
	if (!cut_at(&text, STR(" BY "), &tty)) {
		return false;
	}
	logon->user = word(&text);
	logon->source = take(&text, STR("FROM ")) ? word(&text) : STR("");
	return logon->user.len > 0;
}

static bool read_login_root(struct str text, struct logon *logon) {
	(void)word(&text); /* the terminal */
	logon->outcome = LOGON_DONE;
	logon->user = STR("root");
	logon->source = take(&text, STR("FROM ")) ? word(&text) : STR("");
	return true;
}

/* "(1) on '/dev/tty1' FOR 'root', ...", "1 FROM host FOR root, ..." */
static bool read_login_failed(struct str text, struct logon *logon) {
	struct str before;
	if (!cut_at(&text, STR(" FOR "), &before)) {
		return false;
	}
	logon->user = text;
	(void)cut_last(&text, STR(", "), &logon->user);
	if (logon->user.len > 1 && logon->user.ptr[0] == '\'') {
		logon->user = str_slice(logon->user, 1, logon->user.len - 1);
	}
	size_t from = str_find(before, STR("FROM "), 0);
	if (from != (size_t)-1) {
		before = str_slice(before, from + 5, before.len);
		logon->source = word(&before);
		logon->source = str_eq(logon->source, STR("(null)")) ? STR("") : logon->source;
	}
	logon->reason = STR("wrong password");
	return logon->user.len > 0;
}

static bool read_login(struct str text, struct logon *logon) {
	static const struct message messages[] = {
	    {STR_INIT("FAILED LOGIN "), LOGON_ITSELF, read_login_failed},
	    {STR_INIT("LOGIN ON "), LOGON_ITSELF, read_login_by},
	    {STR_INIT("ROOT LOGIN ON "), LOGON_ITSELF, read_login_root},
	};
	logon->type = STR("login");
	return read_messages(messages, ARRAY_LEN(messages), text, logon);
}

/* ---- PAM ---- */

/* "sshd", "su-l": the service as the program is called. */
static struct str pam_type(struct str service) {
	static const struct str names[][2] = {
	    {STR_INIT("sshd"), STR_INIT("ssh")},    {STR_INIT("su-l"), STR_INIT("su")},
	    {STR_INIT("sudo-i"), STR_INIT("sudo")}, {STR_INIT("remote"), STR_INIT("login")},
	    {STR_INIT("crond"), STR_INIT("cron")},
	};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_eq(names[i][0], service)) {
			return names[i][1];
		}
	}
	return service;
}

static bool is_service(struct str type) {
	return str_eq(type, STR("cron")) || str_eq(type, STR("atd")) ||
	       str_eq(type, STR("systemd-user")) || str_eq(type, STR("runuser")) ||
	       str_eq(type, STR("runuser-l"));
}

static bool is_switch(struct str type) {
	return str_eq(type, STR("su")) || str_eq(type, STR("sudo"));
}

static struct str until(struct str text, char end) {
	return str_slice(text, 0, str_find_char(text, end, 0));
}

/* "session opened for user root(uid=0) by amy(uid=1000)" */
static bool read_pam_session(struct str text, struct logon *logon) {
	struct str user = word(&text);
	logon->outcome = LOGON_DONE;
	logon->user = until(user, '(');
	if (is_switch(logon->type) && take(&text, STR("by "))) {
		struct str by = until(word(&text), '(');
		logon->effective = by.len > 0 ? logon->user : STR("");
		logon->user = by.len > 0 ? by : logon->user;
	}
	return logon->user.len > 0;
}

/* "authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1  user=root" */
static bool read_pam_failure(struct str text, struct logon *logon) {
	struct str user = value_of(text, STR("user="));
	struct str by = value_of(text, STR("ruser="));
	by = by.len > 0 ? by : value_of(text, STR("logname="));
	logon->source = value_of(text, STR("rhost="));
	logon->user = user;
	logon->reason = user.len > 0 ? STR("wrong password") : STR("no such user");
	if (str_eq(logon->type, STR("su"))) {
		logon->effective = user;
	}
	if (is_switch(logon->type) && by.len > 0) {
		logon->user = by;
	}
	return true;
}

/* behind "pam_unix(SERVICE:session): ", or with "SERVICE(pam_unix)" as the program */
static bool read_pam_rest(struct str service, struct str text, struct logon *logon) {
	uint64_t more;
	logon->voice = LOGON_PAM;
	logon->type = pam_type(service);
	logon->service = is_service(logon->type);
	if (take(&text, STR("session opened for user "))) {
		return read_pam_session(text, logon);
	}
	if (take(&text, STR("authentication failure; "))) {
		return read_pam_failure(text, logon);
	}
	/* "2 more authentication failures; logname=..." */
	struct str number = word(&text);
	if (!str_starts(text, STR("more authentication failure")) || !str_to_u64(number, 1000, &more)) {
		return false;
	}
	logon->times = MAX_OF((uint32_t)more, 1U);
	return read_pam_failure(text, logon);
}

static bool read_pam(struct str program, struct str text, struct logon *logon) {
	struct str service;
	if (str_ends(program, STR("(pam_unix)"))) {
		return read_pam_rest(str_slice(program, 0, program.len - 10), text, logon);
	}
	if (take(&text, STR("pam_unix(")) && cut_at(&text, STR("): "), &service)) {
		service = until(service, ':');
		return read_pam_rest(service, text, logon);
	}
	/* sshd itself: "PAM 2 more authentication failures; logname= ..." */
	if (take(&text, STR("PAM ")) && str_find(text, STR(" more authentication "), 0) == 1) {
		return read_pam_rest(program, text, logon);
	}
	return false;
}

/* ---- servers ---- */

static struct str between(struct str text, struct str before, char end) {
	struct str piece;
	return cut_at(&text, before, &piece) ? until(text, end) : STR("");
}

static bool read_dovecot(struct str text, struct logon *logon) {
	struct str protocol;
	if (!cut_at(&text, STR("-login: "), &protocol)) {
		return false;
	}
	logon->type = str_eq(protocol, STR("imap"))   ? STR("IMAP")
	              : str_eq(protocol, STR("pop3")) ? STR("POP3")
	                                              : STR("mail login");
	if (str_starts(text, STR("Login: "))) {
		logon->outcome = LOGON_DONE;
	} else if (str_find(text, STR("(auth failed"), 0) == (size_t)-1) {
		return false;
	}
	logon->reason = logon->outcome == LOGON_FAILED ? STR("wrong user or password") : STR("");
	logon->user = between(text, STR("user=<"), '>');
	logon->source = until(between(text, STR("rip="), ' '), ',');
	return logon->source.len > 0;
}

static bool read_vsftpd(struct str text, struct logon *logon) {
	struct str before;
	struct str process;
	logon->type = STR("FTP");
	if (cut_last(&text, STR("] OK LOGIN: Client \""), &before)) {
		logon->outcome = LOGON_DONE;
	} else if (cut_last(&text, STR("] FAIL LOGIN: Client \""), &before)) {
		logon->reason = STR("wrong user or password");
	} else {
		return false;
	}
	logon->source = until(text, '"');
	bool found = cut_at(&before, STR("["), &process);
	logon->user = before;
	return found;
}

/* ---- all ---- */

static const struct program {
	struct str name;
	bool (*read)(struct str text, struct logon *logon);
} programs[] = {
    {STR_INIT("sshd"), read_ssh},        {STR_INIT("sshd-session"), read_ssh},
    {STR_INIT("dropbear"), read_ssh},    {STR_INIT("sudo"), read_sudo},
    {STR_INIT("su"), read_su},           {STR_INIT("login"), read_login},
    {STR_INIT("dovecot"), read_dovecot}, {STR_INIT("vsftpd"), read_vsftpd},
};

static bool read_one(struct str program, struct str message, struct logon *out_logon) {
	struct logon logon = {.times = 1};
	if (read_pam(program, message, &logon)) {
		*out_logon = logon;
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
		logon = (struct logon){.times = 1};
		if (str_eq(program, programs[i].name) && programs[i].read(message, &logon)) {
			*out_logon = logon;
			return true;
		}
	}
	return false;
}

bool logon_unix_knows(struct str program, struct str message) {
	bool knows = str_starts(message, STR("pam_")) || str_starts(message, STR("(pam_"));
	for (size_t i = 0; i < ARRAY_LEN(programs) && !knows; i++) {
		knows = str_eq(program, programs[i].name);
	}
	return knows;
}

bool logon_unix(struct str program, struct str message, struct logon *out_logon) {
	uint64_t times;
	struct logon logon;
	struct str inner = message;
	struct str number;
	if (!take(&inner, STR("message repeated ")) || !cut_at(&inner, STR(" times: ["), &number) ||
	    !str_to_u64(number, 1000000, &times) || inner.len == 0) {
		return read_one(program, message, out_logon);
	}
	inner.len -= inner.ptr[inner.len - 1] == ']';
	if (!read_one(program, str_trim(inner), &logon)) {
		return false;
	}
	logon.times *= (uint32_t)times; /* at most 1,000 times 1,000,000 */
	*out_logon = logon;
	return true;
}
