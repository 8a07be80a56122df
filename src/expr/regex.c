/* PCRE2 behind a small face. Compiled code is shared between threads; match data is not.
 *
 * PCRE2 10.42 (Debian 12) answers wrongly where JIT and PCRE2_MATCH_INVALID_UTF meet: \S, \W and \D
 * then match no character beyond ASCII. So valid texts, nearly all, are matched by JIT code
 * compiled without that option; the others by the interpreter with it. JIT also misses matches of
 * patterns with an empty alternative, as (?:.|)b*a in " Xa", unless PCRE2_NO_START_OPTIMIZE.
 */
#include "expr/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "expr/regex_start.h"

enum { JIT_STACK_FIRST = 32 << 10, JIT_STACK_MAX = 1 << 20 };

struct regex_group {
	struct str name;
	uint32_t number;
};

struct regex {
	pcre2_code *code; /* for valid UTF-8 */
	struct str pattern;
	uint32_t options;
	struct arena *arena;
	struct regex_group *groups;
	size_t groups_count;
	struct regex_start start;
	pcre2_code *at_start; /* matches at the beginning alone; NULL: start is not known */
};

struct regex_run {
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
	pcre2_code *lenient; /* for other texts; made on first use */
};

/* Whether an alternative may be empty; rather too often. */
static bool has_empty_alternative(struct str pattern) {
	for (size_t i = 0; i < pattern.len; i++) {
		char before = i == 0 ? '(' : pattern.ptr[i - 1];
		char behind = i + 1 == pattern.len ? ')' : pattern.ptr[i + 1];
		if (pattern.ptr[i] == '|' &&
		    (memchr("(|:>'", before, 5) != NULL || behind == '|' || behind == ')')) {
			return true;
		}
	}
	return false;
}

static pcre2_code *compile(struct str pattern, uint32_t options, int *out_code, size_t *out_at) {
	options |= PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C;
	options |= has_empty_alternative(pattern) ? PCRE2_NO_START_OPTIMIZE : 0;
	const char *text = pattern.len == 0 ? "" : pattern.ptr;
	return pcre2_compile((PCRE2_SPTR)text, pattern.len, options, out_code, out_at, NULL);
}

/* The table of names is sorted by name; we want the order of the groups. */
static void read_groups(struct regex *regex) {
	uint32_t count = 0;
	uint32_t size = 0;
	PCRE2_SPTR table = NULL;
	(void)pcre2_pattern_info(regex->code, PCRE2_INFO_NAMECOUNT, &count);
	(void)pcre2_pattern_info(regex->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
	(void)pcre2_pattern_info(regex->code, PCRE2_INFO_NAMETABLE, &table);
	regex->groups = ARENA_ARRAY(regex->arena, count + 1, struct regex_group);
	for (uint32_t i = 0; i < count; i++) {
		const unsigned char *entry = table + (size_t)i * size;
		struct regex_group group = {
		    .name = arena_str(regex->arena, str_from((const char *)entry + 2)),
		    .number = (uint32_t)entry[0] << 8 | entry[1],
		};
		size_t at = regex->groups_count++;
		while (at > 0 && regex->groups[at - 1].number > group.number) {
			regex->groups[at] = regex->groups[at - 1];
			at--;
		}
		regex->groups[at] = group;
	}
}

static enum err new_with(struct str pattern, uint32_t options, struct regex **out_regex,
                         struct diag *diag) {
	int code = 0;
	size_t at = 0;
	pcre2_code *compiled = compile(pattern, options, &code, &at);
	if (compiled == NULL) {
		char message[256] = "";
		(void)pcre2_get_error_message(code, (PCRE2_UCHAR *)message, sizeof(message));
		return diag_set_at(diag, ERR_INVALID, MIN_OF(at, pattern.len), 0,
		                   "the regular expression is not valid: %s", message);
	}
	/* Without JIT support PCRE2 interprets: slower, same result. */
	(void)pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE);
	struct regex *regex = calloc(1, sizeof(*regex));
	ASSERT(regex != NULL);
	regex->code = compiled;
	regex->options = options;
	regex->arena = arena_new(SIZE_MAX);
	regex->pattern = arena_str(regex->arena, pattern);
	read_groups(regex);
	*out_regex = regex;
	return ERR_OK;
}

enum err regex_new(struct str pattern, struct regex **out_regex, struct diag *diag) {
	TRY(new_with(pattern, PCRE2_CASELESS | PCRE2_DOLLAR_ENDONLY, out_regex, diag));
	struct regex *regex = *out_regex;
	if (regex_start(pattern, true, regex->arena, &regex->start)) {
		int ignored;
		size_t at;
		regex->at_start = compile(regex->pattern, regex->options | PCRE2_ANCHORED, &ignored, &at);
		ASSERT(regex->at_start != NULL);
		(void)pcre2_jit_compile(regex->at_start, PCRE2_JIT_COMPLETE | PCRE2_JIT_PARTIAL_HARD);
	}
	return ERR_OK;
}

enum err regex_new_plain(struct str pattern, unsigned flags, struct regex **out_regex,
                         struct diag *diag) {
	uint32_t options = ((flags & REGEX_CASELESS) != 0 ? PCRE2_CASELESS : 0) |
	                   ((flags & REGEX_MULTILINE) != 0 ? PCRE2_MULTILINE : 0) |
	                   ((flags & REGEX_DOTALL) != 0 ? PCRE2_DOTALL : 0);
	return new_with(pattern, options, out_regex, diag);
}

void regex_free(struct regex *regex) {
	if (regex != NULL) {
		pcre2_code_free(regex->code);
		pcre2_code_free(regex->at_start);
		arena_free(regex->arena);
		free(regex);
	}
}

struct regex_run *regex_run_new(const struct regex *regex) {
	struct regex_run *run = calloc(1, sizeof(*run));
	ASSERT(run != NULL);
	run->data = pcre2_match_data_create_from_pattern(regex->code, NULL);
	run->context = pcre2_match_context_create(NULL);
	run->stack = pcre2_jit_stack_create(JIT_STACK_FIRST, JIT_STACK_MAX, NULL);
	ASSERT(run->data != NULL && run->context != NULL);
	(void)pcre2_set_match_limit(run->context, LIMIT_REGEX_MATCH);
	(void)pcre2_set_heap_limit(run->context, 64 << 10); /* KiB */
	if (run->stack != NULL) {
		pcre2_jit_stack_assign(run->context, NULL, run->stack);
	}
	return run;
}

void regex_run_free(struct regex_run *run) {
	if (run != NULL) {
		pcre2_match_data_free(run->data);
		pcre2_match_context_free(run->context);
		pcre2_jit_stack_free(run->stack);
		pcre2_code_free(run->lenient);
		free(run);
	}
}

static int match_at(const struct regex *regex, struct regex_run *run, struct str text, bool valid,
                    size_t from) {
	const char *subject = text.len == 0 ? "" : text.ptr;
	if (!valid && run->lenient == NULL) {
		int ignored;
		size_t at;
		run->lenient =
		    compile(regex->pattern, regex->options | PCRE2_MATCH_INVALID_UTF, &ignored, &at);
		ASSERT(run->lenient != NULL);
	}
	return pcre2_match(valid ? regex->code : run->lenient, (PCRE2_SPTR)subject, text.len, from,
	                   valid ? PCRE2_NO_UTF_CHECK : 0, run->data, run->context);
}

enum err regex_match(const struct regex *regex, struct regex_run *run, struct str text,
                     bool *out_match) {
	int rc = match_at(regex, run, text, utf8_valid(text), 0);
	if (rc < 0 && rc != PCRE2_ERROR_NOMATCH) {
		return ERR_LIMIT;
	}
	*out_match = rc >= 0;
	return ERR_OK;
}

/* ---- from a known start on ---- */

bool regex_begins(const struct regex *regex, struct str *out_bytes, const char **out_mask) {
	if (regex->at_start == NULL) {
		return false;
	}
	*out_bytes = regex->start.bytes;
	*out_mask = regex->start.mask;
	return true;
}

enum regex_answer regex_match_start(const struct regex *regex, struct regex_run *run,
                                    struct str text, bool to_end) {
	ASSERT(regex->at_start != NULL);
	if (text.len == 0 || !utf8_valid(text)) {
		return REGEX_OPEN;
	}
	uint32_t options = PCRE2_NO_UTF_CHECK | (to_end ? 0 : PCRE2_PARTIAL_HARD);
	int rc = pcre2_match(regex->at_start, (PCRE2_SPTR)text.ptr, text.len, 0, options, run->data,
	                     run->context);
	if (rc == PCRE2_ERROR_NOMATCH) {
		return REGEX_NO;
	}
	return rc >= 0 ? REGEX_YES : REGEX_OPEN; /* a partial match; or it gave up: who asks the whole
	                                            text will see that */
}

/* ---- replacing ---- */

static struct str group_text(const struct regex_run *run, uint32_t number, struct str text) {
	const size_t *ends = pcre2_get_ovector_pointer(run->data);
	if (number >= pcre2_get_ovector_count(run->data) || ends[2 * number] == PCRE2_UNSET ||
	    ends[2 * number] > ends[2 * number + 1]) {
		return STR("");
	}
	return str_slice(text, ends[2 * number], ends[2 * number + 1]);
}

static void append_replacement(const struct regex_run *run, struct str replacement, struct str text,
                               struct buf *out) {
	for (size_t i = 0; i < replacement.len; i++) {
		char c = replacement.ptr[i];
		char next = i + 1 < replacement.len ? replacement.ptr[i + 1] : '\0';
		if ((c == '$' || c == '\\') && char_is_digit(next)) {
			buf_append_str(out, group_text(run, (uint32_t)(next - '0'), text));
			i++;
		} else {
			buf_append_char(out, c);
			i += c == '$' && next == '$';
		}
	}
}

enum err regex_replace(const struct regex *regex, struct regex_run *run, struct str text,
                       struct str replacement, size_t bytes_max, struct buf *out) {
	size_t first = out->len;
	size_t done = 0; /* of text: what is in out */
	size_t at = 0;   /* of text: where the next match may begin */
	bool valid = utf8_valid(text);
	while (at <= text.len && out->len - first <= bytes_max) {
		int rc = match_at(regex, run, text, valid, at);
		if (rc == PCRE2_ERROR_NOMATCH) {
			break;
		}
		if (rc < 0) {
			return ERR_LIMIT;
		}
		const size_t *ends = pcre2_get_ovector_pointer(run->data);
		size_t begin = MAX_OF(ends[0], done); /* \K may put it anywhere */
		size_t end = MAX_OF(ends[1], begin);
		buf_append_str(out, str_slice(text, done, begin));
		append_replacement(run, replacement, text, out);
		done = end;
		at = end;
		if (end == begin && end < text.len) { /* nothing was taken: go on behind one character */
			(void)utf8_next(text, &at, NULL);
			buf_append_str(out, str_slice(text, done, at));
			done = at;
		} else if (end == begin) {
			break;
		}
	}
	buf_append_str(out, str_slice(text, done, text.len));
	return out->len - first > bytes_max ? ERR_LIMIT : ERR_OK;
}

size_t regex_names(const struct regex *regex) {
	return regex->groups_count;
}

struct str regex_name(const struct regex *regex, size_t i) {
	ASSERT(i < regex->groups_count);
	return regex->groups[i].name;
}

bool regex_captured(const struct regex *regex, const struct regex_run *run, size_t i,
                    struct str text, struct str *out_part) {
	ASSERT(i < regex->groups_count);
	const size_t *ends = pcre2_get_ovector_pointer(run->data);
	uint32_t number = regex->groups[i].number;
	if (number >= pcre2_get_ovector_count(run->data) || ends[2 * number] == PCRE2_UNSET ||
	    ends[2 * number] > ends[2 * number + 1]) {
		return false;
	}
	*out_part = str_slice(text, ends[2 * number], ends[2 * number + 1]);
	return true;
}
