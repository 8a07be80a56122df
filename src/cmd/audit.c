/* See audit.h. */
#include "cmd/audit.h"

#include <pwd.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/utf8.h"
#include "cmd/console.h"
#include "cmd/version.gen.h"

#define BUILD "akashi " AKASHI_VERSION
#define WAIT_NS (5 * INSTANT_SECOND)

bool audit_wanted(const struct args *args) {
	return args->case_id != NULL || args->purpose != NULL;
}

static void add_name(struct buf *body, const char *name) {
	buf_printf(body, "%s\"%s\":", body->len > 1 ? "," : "", name);
}

void audit_add_text(struct buf *body, const char *name, struct str text) {
	add_name(body, name);
	buf_append_json(body, text);
	if (!utf8_valid(text)) {
		buf_printf(body, ",\"%s_base64\":\"", name);
		buf_append_base64(body, text.ptr, text.len);
		buf_append_char(body, '"');
	}
}

void audit_add_option(struct buf *body, const char *name, const char *value) {
	if (value != NULL) {
		audit_add_text(body, name, str_from(value));
	} else {
		add_name(body, name);
		buf_append_str(body, STR("null"));
	}
}

void audit_add_time(struct buf *body, const char *name, int64_t ns) {
	add_name(body, name);
	if (ns == INSTANT_MIN || ns == INSTANT_MAX) {
		buf_append_str(body, STR("null"));
		return;
	}
	buf_append_char(body, '"');
	instant_format(body, ns, 0);
	buf_append_char(body, '"');
}

void audit_add_number(struct buf *body, const char *name, uint64_t number) {
	add_name(body, name);
	buf_append_u64(body, number);
}

void audit_begin(const struct args *args, const char *command, const struct store_set *set,
                 struct buf *body) {
	uid_t uid = getuid();
	const struct passwd *user = getpwuid(uid); /* NULL: a user without a name */
	buf_append_char(body, '{');
	audit_add_text(body, "command", str_from(command));
	audit_add_number(body, "uid", uid);
	audit_add_option(body, "user", user == NULL ? NULL : user->pw_name);
	audit_add_option(body, "case", args->case_id);
	audit_add_option(body, "purpose", args->purpose);
	add_name(body, "classes");
	for (size_t i = 0; i < set->count; i++) {
		buf_append_char(body, i == 0 ? '[' : ',');
		buf_append_json(body, store_class(set->stores[i]));
	}
	buf_append_char(body, ']');
}

static bool go_on(void *ctx) {
	(void)ctx;
	return !console_interrupted();
}

enum err audit_write_body(const struct args *args, uint8_t type, struct str body,
                          struct diag *diag) {
	const struct store_audit_options options = {.os = os_real(),
	                                            .path = console_store_path(args),
	                                            .build = BUILD,
	                                            .wait_ns = WAIT_NS,
	                                            .go_on = go_on};
	struct store_audit_record record = {.type = type, .body = body};
	return store_audit(&options, &record, 1, diag);
}

void audit_end(struct buf *body) {
	audit_add_text(body, "build", STR(BUILD));
	buf_append_char(body, '}');
}

enum err audit_write(const struct args *args, uint8_t type, struct buf *body, struct diag *diag) {
	struct diag inner = {0};
	audit_end(body);
	enum err err = audit_write_body(args, type, buf_str(body), &inner);
	if (err == ERR_OK || err == ERR_CANCELED) {
		return err;
	}
	(void)diag_set(diag, err, "nothing is shown, because this read cannot be recorded: %s",
	               inner.message[0] != '\0' ? inner.message : err_text(err));
	diag_hint(diag, "%s",
	          err == ERR_LOCKED ? "try again when the other program has ended; a read without "
	                              "--case and --purpose is not recorded"
	          : inner.hint[0] != '\0' ? inner.hint
	                                  : "a read without --case and --purpose is not recorded");
	return err == ERR_INVALID ? ERR_LIMIT : err; /* not the user's words are wrong */
}
