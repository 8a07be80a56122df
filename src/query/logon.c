/* See logon.h: which part reads a record, and the records that say it in fields alone. */
#include "query/logon.h"

static struct str value_text(struct value value) {
	struct value element = value;
	size_t at = 0;
	if (value.kind == VALUE_LIST && !value_list_next(value.text, &at, &element)) {
		return STR("");
	}
	return element.kind == VALUE_NONE ? STR("") : element.text;
}

struct str logon_field(const struct row *row, struct str name) {
	for (size_t i = 0; i < row->fields_count; i++) {
		if (str_eq(row->fields[i].name, name)) {
			return value_text(row->fields[i].value);
		}
	}
	return STR("");
}

struct str logon_leaf(const struct row *row, struct str name) {
	for (size_t i = 0; i < row->fields_count; i++) {
		struct str full = row->fields[i].name;
		if (str_ends(full, name) &&
		    (full.len == name.len || full.ptr[full.len - name.len - 1] == '.')) {
			return value_text(row->fields[i].value);
		}
	}
	return STR("");
}

static struct str first_of(const struct row *row, const struct str *names, size_t count) {
	struct str text = STR("");
	for (size_t i = 0; i < count && text.len == 0; i++) {
		text = logon_field(row, names[i]);
	}
	return text;
}
#define FIRST_OF(row, ...) \
	first_of((row), (const struct str[]){__VA_ARGS__}, ARRAY_LEN(((struct str[]){__VA_ARGS__})))

/* ---- clouds ---- */

static bool read_aws(const struct row *row, struct logon *out_logon) {
	if (!str_eq(logon_field(row, STR("eventName")), STR("ConsoleLogin"))) {
		return false;
	}
	struct str answer = logon_field(row, STR("responseElements.ConsoleLogin"));
	bool failed = str_eq(answer, STR("Failure"));
	*out_logon = (struct logon){
	    .outcome = failed                           ? LOGON_FAILED
	               : str_eq(answer, STR("Success")) ? LOGON_DONE
	                                                : LOGON_TRIED,
	    .times = 1,
	    .user = FIRST_OF(row, STR("userIdentity.userName"), STR("userIdentity.arn"),
	                     STR("userIdentity.type")),
	    .domain = FIRST_OF(row, STR("recipientAccountId"), STR("userIdentity.accountId")),
	    .source = logon_field(row, STR("sourceIPAddress")),
	    .host = logon_field(row, STR("eventSource")),
	    .type = STR("AWS console"),
	    .reason = failed ? logon_field(row, STR("errorMessage")) : STR(""),
	};
	return true;
}

static bool read_entra(const struct row *row, struct logon *out_logon) {
	struct str code = FIRST_OF(row, STR("properties.status.errorCode"), STR("status.errorCode"));
	struct str user = FIRST_OF(row, STR("properties.userPrincipalName"), STR("userPrincipalName"));
	if (code.len == 0 || user.len == 0) {
		return false;
	}
	bool failed = !str_eq(code, STR("0"));
	struct str reason =
	    FIRST_OF(row, STR("properties.status.failureReason"), STR("status.failureReason"));
	*out_logon = (struct logon){
	    .outcome = failed ? LOGON_FAILED : LOGON_DONE,
	    .no_case = true,
	    .times = 1,
	    .user = user,
	    .source =
	        FIRST_OF(row, STR("properties.ipAddress"), STR("callerIpAddress"), STR("ipAddress")),
	    .host = FIRST_OF(row, STR("properties.appDisplayName"), STR("appDisplayName")),
	    .type = STR("Entra sign-in"),
	    .reason = !failed          ? STR("")
	              : reason.len > 0 ? reason
	                               : code,
	};
	return true;
}

static bool read_okta(const struct row *row, struct logon *out_logon) {
	struct str result = logon_field(row, STR("outcome.result"));
	if (!str_eq(logon_field(row, STR("eventType")), STR("user.session.start")) || result.len == 0) {
		return false;
	}
	bool failed = str_eq(result, STR("FAILURE")) || str_eq(result, STR("DENY"));
	*out_logon = (struct logon){
	    .outcome = failed                           ? LOGON_FAILED
	               : str_eq(result, STR("SUCCESS")) ? LOGON_DONE
	                                                : LOGON_TRIED,
	    .no_case = true,
	    .times = 1,
	    .user = logon_field(row, STR("actor.alternateId")),
	    .source = logon_field(row, STR("client.ipAddress")),
	    .type = STR("Okta session"),
	    .reason = failed ? logon_field(row, STR("outcome.reason")) : STR(""),
	};
	return true;
}

/* ---- ECS ---- */

/* Whether the field, or the list in it, has the word. */
static bool has_word(const struct row *row, struct str name, struct str word) {
	struct value element;
	for (size_t i = 0; i < row->fields_count; i++) {
		const struct row_field *field = &row->fields[i];
		if (!str_eq(field->name, name)) {
			continue;
		}
		if (field->value.kind != VALUE_LIST) {
			return str_eq(field->value.text, word);
		}
		for (size_t at = 0; value_list_next(field->value.text, &at, &element);) {
			if (str_eq(element.text, word)) {
				return true;
			}
		}
	}
	return false;
}

/* Linux audit tells each step of a logon (USER_AUTH, USER_ACCT, CRED_ACQ) before USER_LOGIN. */
static bool is_step(const struct row *row) {
	return str_eq(logon_field(row, STR("event.module")), STR("auditd")) &&
	       has_word(row, STR("event.type"), STR("info"));
}

/* An outcome that is not said may be no logon at all: a logoff is of the category too. */
static bool read_ecs(const struct row *row, struct logon *out_logon) {
	struct str outcome = logon_field(row, STR("event.outcome"));
	bool failed = str_eq(outcome, STR("failure"));
	bool is_one = has_word(row, STR("event.category"), STR("authentication")) &&
	              !has_word(row, STR("event.type"), STR("end"));
	if (!is_one || (!failed && !str_eq(outcome, STR("success"))) || is_step(row)) {
		return false;
	}
	struct str type = FIRST_OF(row, STR("event.action"), STR("event.dataset"), STR("event.module"));
	*out_logon = (struct logon){
	    .outcome = failed ? LOGON_FAILED : LOGON_DONE,
	    .times = 1,
	    .user = FIRST_OF(row, STR("user.name"), STR("user.email"), STR("user.id")),
	    .domain = logon_field(row, STR("user.domain")),
	    .effective = logon_field(row, STR("user.effective.name")),
	    .source = FIRST_OF(row, STR("source.ip"), STR("source.address")),
	    .host = FIRST_OF(row, STR("host.name"), STR("host.hostname"), STR("service.name")),
	    .type = type.len > 0 ? type : STR("authentication"),
	    .reason = failed ? logon_field(row, STR("event.reason")) : STR(""),
	};
	return true;
}

/* ---- all ---- */

/* out_known: the program's messages are known, so that nothing else needs to be asked. */
static bool read_unix(const struct row *row, struct logon *out_logon, bool *out_known) {
	struct str message = logon_field(row, STR("message"));
	struct str program = FIRST_OF(row, STR("log.syslog.appname"), STR("process.name"));
	struct logon logon;
	*out_known = message.len > 0 && program.len > 0 && logon_unix_knows(program, message);
	if (message.len == 0 || program.len == 0 || !logon_unix(program, message, &logon)) {
		return false;
	}
	logon.host = FIRST_OF(row, STR("host.name"), STR("host.hostname"));
	*out_logon = logon;
	return true;
}

bool logon_read(const struct row *row, struct logon *out_logon) {
	bool known;
	if (read_unix(row, out_logon, &known)) {
		return true;
	}
	return !known &&
	       (logon_windows(row, out_logon) || read_ecs(row, out_logon) || read_aws(row, out_logon) ||
	        read_entra(row, out_logon) || read_okta(row, out_logon));
}
