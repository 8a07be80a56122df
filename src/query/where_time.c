/* Functions of times. A time is a text as RFC 3339 writes it, in the zone of the results; a number
 * in its place counts seconds since 1970. Durations are numbers of seconds.
 */
#include <math.h>

#include "base/instant.h"
#include "query/span.h"
#include "query/timefmt.h"
#include "query/when.h"
#include "query/where.h"

static const double second = (double)INSTANT_SECOND;

/* False when it does not fit. */
static bool seconds_to_ns(struct cell seconds, int64_t *out_ns) {
	if (seconds.kind == CELL_INTEGER) {
		return !__builtin_mul_overflow(seconds.integer, INSTANT_SECOND, out_ns);
	}
	/* A real so far from 1970 has microseconds at best: by them 0.1 stays a tenth. */
	double whole = floor(seconds.real);
	int64_t rest = (int64_t)round((seconds.real - whole) * 1e6) * 1000;
	return fabs(whole) < 9e9 &&
	       !__builtin_add_overflow((int64_t)whole * INSTANT_SECOND, rest, out_ns);
}

static struct cell ns_to_seconds(int64_t ns) {
	return ns % INSTANT_SECOND == 0 ? cell_integer(ns / INSTANT_SECOND)
	                                : cell_real((double)ns / second);
}

static bool text_to_ns(struct cell cell, int64_t *out_ns) {
	if (cell.kind != CELL_TEXT) {
		return false;
	}
	struct scalar scalar = scalar_read(cell.text);
	*out_ns = scalar.integer;
	return scalar.kind == SCALAR_TIME;
}

static bool cell_to_ns(struct cell cell, int64_t *out_ns) {
	return cell_is_number(cell) ? seconds_to_ns(cell, out_ns) : text_to_ns(cell, out_ns);
}

static enum err make_time(const struct where_call *call, int64_t ns, struct cell *out_cell) {
	CLEANUP(buf_deinit) struct buf text = {0};
	int64_t offset_ns = when_to_local(call->options->zone, ns) - ns;
	instant_format(&text, ns, (int32_t)(offset_ns / INSTANT_SECOND));
	return where_make_text(call, buf_str(&text), out_cell);
}

enum err where_compute_time(const struct where_call *call, enum where_kind kind, struct cell left,
                            struct cell right, struct cell *out_cell) {
	int64_t a;
	int64_t b;
	int64_t ns;
	*out_cell = cell_none();
	if (kind == WHERE_SUBTRACT && text_to_ns(left, &a) && text_to_ns(right, &b)) {
		*out_cell = __builtin_sub_overflow(a, b, &ns)
		                ? cell_real((double)a / second - (double)b / second)
		                : ns_to_seconds(ns);
		return ERR_OK;
	}
	if (kind == WHERE_ADD && cell_is_number(left)) {
		struct cell swapped = left;
		left = right;
		right = swapped;
	}
	if ((kind == WHERE_ADD || kind == WHERE_SUBTRACT) && text_to_ns(left, &a) &&
	    cell_is_number(right) && seconds_to_ns(right, &b) &&
	    !(kind == WHERE_ADD ? __builtin_add_overflow(a, b, &ns)
	                        : __builtin_sub_overflow(a, b, &ns))) {
		return make_time(call, ns, out_cell);
	}
	return ERR_OK;
}

static enum err call_now(const struct where_call *call, const struct cell *arguments, size_t count,
                         struct cell *out_cell) {
	(void)arguments;
	(void)count;
	return make_time(call, call->options->now_ns, out_cell);
}

static enum err call_unix(const struct where_call *call, const struct cell *arguments, size_t count,
                          struct cell *out_cell) {
	int64_t ns;
	(void)call;
	(void)count;
	*out_cell = text_to_ns(arguments[0], &ns) ? ns_to_seconds(ns) : cell_none();
	return ERR_OK;
}

static enum err call_totime(const struct where_call *call, const struct cell *arguments,
                            size_t count, struct cell *out_cell) {
	int64_t ns;
	(void)count;
	*out_cell = cell_none();
	return cell_to_ns(arguments[0], &ns) ? make_time(call, ns, out_cell) : ERR_OK;
}

static enum err call_strftime(const struct where_call *call, const struct cell *arguments,
                              size_t count, struct cell *out_cell) {
	CLEANUP(buf_deinit) struct buf out = {0};
	int64_t ns;
	(void)count;
	*out_cell = cell_none();
	if (arguments[1].kind != CELL_TEXT || !cell_to_ns(arguments[0], &ns)) {
		return ERR_OK;
	}
	timefmt_write(&out, arguments[1].text, ns, call->options->zone);
	return where_make_text(call, buf_str(&out), out_cell);
}

static enum err call_strptime(const struct where_call *call, const struct cell *arguments,
                              size_t count, struct cell *out_cell) {
	int64_t ns;
	(void)count;
	struct str text = cell_text(call->scratch, arguments[0]);
	*out_cell = cell_none();
	if (arguments[0].kind == CELL_NONE || arguments[1].kind != CELL_TEXT ||
	    !timefmt_read(text, arguments[1].text, call->options->zone, &ns)) {
		return ERR_OK;
	}
	return make_time(call, ns, out_cell);
}

/* "5m" as 300. */
static struct cell duration(struct cell cell) {
	int64_t ns;
	return cell.kind == CELL_TEXT && when_parse_duration(cell.text, &ns, NULL) == ERR_OK
	           ? ns_to_seconds(ns)
	           : cell;
}

static enum err call_duration(const struct where_call *call, const struct cell *arguments,
                              size_t count, struct cell *out_cell) {
	(void)call;
	(void)count;
	*out_cell = duration(arguments[0]);
	*out_cell = cell_is_number(*out_cell) ? *out_cell : cell_none();
	return ERR_OK;
}

static struct cell bin_number(struct cell number, struct cell width) {
	if (number.kind == CELL_INTEGER && width.kind == CELL_INTEGER) {
		int64_t rest = number.integer % width.integer;
		int64_t start;
		rest += rest < 0 ? width.integer : 0;
		return __builtin_sub_overflow(number.integer, rest, &start) ? cell_none()
		                                                            : cell_integer(start);
	}
	double by = cell_as_real(width);
	return cell_real(floor(cell_as_real(number) / by) * by);
}

static enum err call_bin(const struct where_call *call, const struct cell *arguments, size_t count,
                         struct cell *out_cell) {
	struct span span = {.zone = call->options->zone};
	struct cell width = duration(arguments[1]);
	int64_t ns;
	(void)count;
	*out_cell = cell_none();
	if (!cell_is_number(width) || !(cell_as_real(width) > 0)) {
		return ERR_OK;
	}
	if (cell_is_number(arguments[0])) {
		*out_cell = bin_number(arguments[0], width);
		return ERR_OK;
	}
	if (!text_to_ns(arguments[0], &ns) || !seconds_to_ns(width, &span.length_ns) ||
	    span.length_ns <= 0) {
		return ERR_OK;
	}
	return make_time(call, span_start(&span, ns), out_cell);
}

static const char *bin_objection(size_t i, struct cell literal) {
	struct cell width = duration(literal);
	bool fine = i != 1 || (cell_is_number(width) && cell_as_real(width) > 0);
	return fine ? NULL : "a number above 0 or a duration such as 5m";
}

static const char *write_objection(size_t i, struct cell literal) {
	bool fine = i != 1 || (literal.kind == CELL_TEXT && timefmt_valid(literal.text, false));
	return fine ? NULL : "a pattern such as \"%Y-%m-%d %H:%M:%S\"";
}

static const char *read_objection(size_t i, struct cell literal) {
	bool fine = i != 1 || (literal.kind == CELL_TEXT && timefmt_valid(literal.text, true));
	return fine ? NULL : "a pattern such as \"%d/%b/%Y:%H:%M:%S %z\"";
}

static const char *duration_objection(size_t i, struct cell literal) {
	(void)i;
	return cell_is_number(duration(literal)) ? NULL : "a duration such as \"5m\"";
}

static const struct where_function table[] = {
    {STR_INIT("now"), STR_INIT("now()"), STR_INIT("the time of the search"), 0, 0, call_now, NULL},
    {STR_INIT("bin"), STR_INIT("bin(X, WIDTH)"),
     STR_INIT("the start of its span: bin(@timestamp, 5m), bin(bytes, 1000)"), 2, 2, call_bin,
     bin_objection},
    {STR_INIT("strftime"), STR_INIT("strftime(TIME, PATTERN)"),
     STR_INIT("written as \"%Y-%m-%d %H:%M\""), 2, 2, call_strftime, write_objection},
    {STR_INIT("strptime"), STR_INIT("strptime(TEXT, PATTERN)"), STR_INIT("the time that it writes"),
     2, 2, call_strptime, read_objection},
    {STR_INIT("unix"), STR_INIT("unix(TIME)"), STR_INIT("seconds since 1970"), 1, 1, call_unix,
     NULL},
    {STR_INIT("totime"), STR_INIT("totime(SECONDS)"), STR_INIT("the time so long after 1970"), 1, 1,
     call_totime, NULL},
    {STR_INIT("duration"), STR_INIT("duration(\"5m\")"), STR_INIT("as seconds"), 1, 1,
     call_duration, duration_objection},
};

size_t where_time_functions(const struct where_function **out_functions) {
	*out_functions = table;
	return ARRAY_LEN(table);
}
