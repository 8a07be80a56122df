/* Records and cells for a terminal: safe, aligned, readable at three in the morning. */
#include "render/text.h"

#include "base/instant.h"
#include "base/utf8.h"

#define COLOUR_TIME "\033[2m"
#define COLOUR_HOST "\033[36m"
#define COLOUR_NAME "\033[33m"
#define COLOUR_FLAG "\033[35m"
#define COLOUR_OFF "\033[0m"

/* Overrides of writing direction can make a line read as something else (CVE-2021-42574). */
static bool is_deceptive(uint32_t code) {
	return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
	       code == 0x200e || code == 0x200f || code == 0xfeff;
}

void render_safe(struct buf *out, struct str text) {
	size_t i = 0;
	while (i < text.len) {
		size_t first = i;
		bool ok = true;
		uint32_t code = utf8_next(text, &i, &ok);
		if (!ok) {
			utf8_append(out, UTF8_REPLACEMENT);
		} else if (code == '\t') {
			buf_append_char(out, ' ');
		} else if (code < 0x20 || (code >= 0x7f && code < 0xa0)) {
			buf_printf(out, "\\x%02x", code);
		} else if (is_deceptive(code)) {
			buf_printf(out, "\\u%04x", code);
		} else {
			buf_append(out, text.ptr + first, i - first);
		}
	}
}

size_t render_width(struct str text) {
	size_t width = 0;
	size_t i = 0;
	while (i < text.len) {
		width += (size_t)utf8_width(utf8_next(text, &i, NULL));
	}
	return width;
}

/* Bytes of text that fit into width columns. */
static size_t fitting_bytes(struct str text, size_t width, size_t *out_width) {
	size_t used = 0;
	size_t i = 0;
	while (i < text.len) {
		size_t next = i;
		size_t step = (size_t)utf8_width(utf8_next(text, &next, NULL));
		if (used + step > width) {
			break;
		}
		used += step;
		i = next;
	}
	*out_width = used;
	return i;
}

static void append_blanks(struct buf *out, size_t count) {
	while (count-- > 0) {
		buf_append_char(out, ' ');
	}
}

void render_fit(struct buf *out, struct str text, size_t width, bool right) {
	size_t used = render_width(text);
	if (used > width) {
		size_t bytes = fitting_bytes(text, width - MIN_OF(width, (size_t)1), &used);
		buf_append(out, text.ptr, bytes);
		if (width > 0) {
			buf_append_str(out, STR("…"));
			used++;
		}
		append_blanks(out, width - used);
		return;
	}
	if (right) {
		append_blanks(out, width - used);
	}
	buf_append_str(out, text);
	if (!right) {
		append_blanks(out, width - used);
	}
}

void render_colour(struct buf *out, const struct render_style *style, const char *colour) {
	if (style->colour) {
		buf_append_str(out, str_from(colour));
	}
}

static void append_coloured(struct buf *out, const struct render_style *style, const char *colour,
                            struct value value) {
	struct buf text = {0};
	value_append_text(&text, value);
	render_colour(out, style, colour);
	render_safe(out, buf_str(&text));
	render_colour(out, style, COLOUR_OFF);
	buf_deinit(&text);
}

static struct value find(const struct row *row, struct str name) {
	for (size_t i = 0; i < row->fields_count; i++) {
		if (str_eq(row->fields[i].name, name)) {
			return row->fields[i].value;
		}
	}
	return VALUE_ABSENT;
}

/* Windows events: channel, id, and the data as name=value; the XML itself reads badly. */
static void append_windows(const struct row *row, const struct render_style *style,
                           struct buf *out) {
	static const struct str prefixes[] = {STR_INIT("winlog.event_data."),
	                                      STR_INIT("winlog.user_data.")};
	append_coloured(out, style, COLOUR_NAME, find(row, STR("winlog.channel")));
	buf_append_char(out, ' ');
	append_coloured(out, style, COLOUR_NAME, find(row, STR("winlog.event_id")));
	for (size_t i = 0; i < row->fields_count; i++) {
		struct str name = row->fields[i].name;
		for (size_t p = 0; p < ARRAY_LEN(prefixes); p++) {
			if (str_starts(name, prefixes[p])) {
				struct buf text = {0};
				buf_append_char(out, ' ');
				render_safe(out, str_slice(name, prefixes[p].len, name.len));
				buf_append_char(out, '=');
				value_append_text(&text, row->fields[i].value);
				render_safe(out, buf_str(&text));
				buf_deinit(&text);
			}
		}
	}
}

/* host program[pid]: message, where the format knows them. */
static bool append_headed(const struct row *row, const struct render_style *style,
                          struct buf *out) {
	struct value program = find(row, STR("process.name"));
	struct value message = find(row, STR("message"));
	if (program.kind == VALUE_NONE || message.kind != VALUE_STRING) {
		return false;
	}
	append_coloured(out, style, COLOUR_NAME, program);
	struct value pid = find(row, STR("process.pid"));
	if (pid.kind != VALUE_NONE) {
		buf_printf(out, "[%.*s]", STR_ARG(pid.text));
	}
	buf_append_str(out, STR(": "));
	render_safe(out, message.text);
	return true;
}

void render_text(const struct row *row, const struct render_style *style, struct buf *out) {
	render_colour(out, style, COLOUR_TIME);
	instant_format(out, row->time_ns, render_offset(style, row->time_ns));
	render_colour(out, style, COLOUR_OFF);
	if ((row->time_flags & TIME_NONE) != 0) {
		append_coloured(out, style, COLOUR_FLAG, value_string(STR(" (received)")));
	}
	if ((row->time_flags & FIELDS_LEFT_OUT) != 0) {
		append_coloured(out, style, COLOUR_FLAG, value_string(STR(" (fields left out)")));
	}
	buf_append_char(out, ' ');
	struct value host = find(row, STR("host.name"));
	if (host.kind != VALUE_NONE) {
		append_coloured(out, style, COLOUR_HOST, host);
		buf_append_char(out, ' ');
	}
	if (str_eq(row->format, STR("evtx"))) {
		append_windows(row, style, out);
	} else if (!append_headed(row, style, out)) {
		/* The CR of a CRLF file belongs to the body; on a terminal it says nothing. */
		bool has_cr = str_ends(row->text, STR("\r"));
		render_safe(out, str_slice(row->text, 0, row->text.len - has_cr));
	}
	buf_append_char(out, '\n');
}
