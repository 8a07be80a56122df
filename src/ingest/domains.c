/* Only what registries have listed counts, not what providers have (amazonaws.com is one domain).
 * No rule of the list has more labels than LABELS_MAX, so that longer names cost no more.
 */
#include "ingest/domains.h"

#include <dlfcn.h>
#include <libpsl.h>
#include <pthread.h>

#include "base/hash.h"

enum { NAME_MAX_BYTES = 253, LABELS_MAX = 6 };

/* In small letters, with 0 behind; false: no host's name. */
static bool lower_name(struct str name, char out[NAME_MAX_BYTES + 1]) {
	if (name.len == 0 || name.len > NAME_MAX_BYTES || name.ptr[0] == '.') {
		return false;
	}
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		bool dots = c == '.' && (i + 1 == name.len || name.ptr[i + 1] == '.');
		if (dots || !(char_is_alpha(c) || char_is_digit(c) || c == '.' || c == '-' || c == '_')) {
			return false;
		}
		out[i] = char_lower(c);
	}
	out[name.len] = '\0';
	return true;
}

/* Where the label before at begins. */
static size_t label_before(const char *name, size_t at) {
	size_t from = at > 0 ? at - 1 : 0; /* on the point */
	while (from > 0 && name[from - 1] != '.') {
		from--;
	}
	return from;
}

static struct domain_parts parts_at(struct str name, size_t registered, size_t suffix) {
	return (struct domain_parts){.registered = str_slice(name, registered, name.len),
	                             .suffix = str_slice(name, suffix, name.len),
	                             .sub = str_slice(name, 0, registered > 0 ? registered - 1 : 0)};
}

/* libpsl is loaded when the first name is met: it brings two libraries, which searches never need.
 */
static const psl_ctx_t *suffix_list;
static __typeof__(&psl_is_public_suffix2) is_suffix;
static pthread_once_t psl_once = PTHREAD_ONCE_INIT;

static void load_list(void) {
	void *library = dlopen("libpsl.so.5", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (library == NULL) {
		return; /* no name is split then */
	}
	__typeof__(&psl_builtin) builtin = (__typeof__(&psl_builtin))dlsym(library, "psl_builtin");
	is_suffix = (__typeof__(&psl_is_public_suffix2))dlsym(library, "psl_is_public_suffix2");
	suffix_list = builtin != NULL && is_suffix != NULL ? builtin() : NULL;
	(void)dlclose(library); /* only counts */
}

bool domain_split(struct str name, struct domain_parts *out) {
	char lower[NAME_MAX_BYTES + 1];
	size_t suffix = name.len + 1; /* as if a point stood behind the name */
	ASSERT(pthread_once(&psl_once, load_list) == 0);
	if (suffix_list == NULL || !lower_name(name, lower)) {
		return false;
	}
	size_t found = name.len;
	for (int labels = 0; labels < LABELS_MAX && suffix > 0; labels++) {
		suffix = label_before(lower, suffix);
		if (is_suffix(suffix_list, lower + suffix, PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE)) {
			found = suffix; /* the longest counts */
		}
	}
	if (found == name.len || found == 0) {
		return false;
	}
	*out = parts_at(name, label_before(lower, found), found);
	return true;
}

bool domain_split_again(struct domain_memo *memo, struct str name, struct domain_parts *out) {
	if (name.len == 0 || name.len > DOMAIN_MEMO_LEN) {
		return domain_split(name, out);
	}
	struct domain_seen *seen = &memo->seen[hash64(name.ptr, name.len) % DOMAIN_MEMO_NAMES];
	if (seen->len != name.len || memcmp(seen->name, name.ptr, name.len) != 0) {
		memcpy(seen->name, name.ptr, name.len);
		seen->len = (uint8_t)name.len;
		seen->registered = 0;
		seen->suffix = 0;
		if (domain_split(name, out)) {
			seen->registered = (uint8_t)(name.len - out->registered.len);
			seen->suffix = (uint8_t)(name.len - out->suffix.len);
		}
	}
	if (seen->suffix > 0) {
		*out = parts_at(name, seen->registered, seen->suffix);
	}
	return seen->suffix > 0;
}
