/* Tag and marks of such lines are the same literals, so what stands there is read the same way; the
 * process id is a number; the message is not looked at. Remains to be looked at: priority, time and
 * host.
 */
#include "ingest/syslog_like.h"

#include "ingest/pattern.h"
#include "ingest/syslog_words.h"

enum {
	BSD_TIME = 15, /* bytes of "Nov 22 10:00:00" */
	/* What a piece is about: this, or else it is the priority that it says. */
	ABOUT_TIME_AND_HOST = SYSLOG_PRIORITIES,
	ABOUT_MESSAGE, /* what stands before it: it must not begin as formats of all programs want it */
};

static bool is_sure_host(struct str host) {
	char last = host.len > 0 ? host.ptr[host.len - 1] : ':';
	return last != ':' && (char_is_alpha(host.ptr[0]) || char_is_digit(host.ptr[0])) &&
	       syslog_is_host(host) && syslog_word_priority(host) < 0;
}

/* Where the time begins when only "<13>", as short as can be, stands before it; else text.len. */
static size_t time_at(struct str text, int priority) {
	size_t digits = priority < 10 ? 1 : priority < 100 ? 2 : 3;
	if (priority < 0) {
		return 0;
	}
	bool is = text.len > digits + 2 && text.ptr[0] == '<' && text.ptr[digits + 1] == '>';
	return is ? digits + 2 : text.len;
}

void syslog_note_plain(struct line *line, const struct syslog_plain *plain) {
	struct str text = line->text;
	size_t time = time_at(text, plain->priority);
	size_t host = time + BSD_TIME + 1;
	size_t host_end = host + plain->host.len;
	size_t tag_end = host_end + 1 + plain->tag.len;
	size_t message = text.len - plain->message.len;
	size_t pid_end = tag_end + 1 + plain->pid.len;
	if (host_end >= message || !char_is_alpha(text.ptr[time]) ||
	    plain->host.ptr != text.ptr + host || plain->tag.ptr != text.ptr + host_end + 1 ||
	    text.ptr[host_end] != ' ' || !is_sure_host(plain->host) ||
	    (plain->message.len > 0 && text.ptr[message - 1] != ' ')) {
		return;
	}
	if (plain->priority >= 0) {
		line_piece(line, str_slice(text, 1, time - 1), (uint32_t)plain->priority, LINE_SEEN);
	}
	line_piece(line, str_slice(text, time, host_end), ABOUT_TIME_AND_HOST, LINE_SEEN);
	if (plain->has_pid) {
		line_piece(line, str_slice(text, host_end, tag_end + 1), 0, LINE_LITERAL);
		line_piece(line, plain->pid, 0, LINE_INT);
		line_piece(line, str_slice(text, pid_end, message), 0, LINE_LITERAL);
		line->pieces->sure = plain->pid.ptr == text.ptr + tag_end + 1 && pid_end + 2 <= message &&
		                     text.ptr[pid_end + 1] == ':' && message <= pid_end + 3;
	} else {
		line_piece(line, str_slice(text, host_end, message), 0, LINE_LITERAL);
		line->pieces->sure = text.ptr[tag_end] == ':' && message <= tag_end + 2;
	}
	line_piece(line, str_slice(text, plain->has_pid ? pid_end : host_end, message), ABOUT_MESSAGE,
	           LINE_SEEN);
	line->pieces->head = plain->message.len > 0 ? message : 0;
}

/* Whether a message begins at at that a format may take, whatever the program. */
static bool is_wanted(const struct line *line, size_t at) {
	struct str message = str_slice(line->text, at, line->text.len);
	if (line->message_first == NULL || message.len == 0) {
		return false;
	}
	unsigned char first = (unsigned char)message.ptr[0];
	return (line->message_first[first / 64] >> (first % 64) & 1) != 0 ||
	       pattern_begins_with_name(message);
}

bool syslog_take_3164_like(struct line *line, const struct line_piece *seen, uint32_t count) {
	struct timestamp time = {0};
	for (uint32_t i = 0; i < count; i++) {
		struct str piece = seen[i].text;
		if (seen[i].about == ABOUT_MESSAGE) {
			if (is_wanted(line, (size_t)(piece.ptr + piece.len - line->text.ptr))) {
				return false;
			}
			continue;
		}
		if (seen[i].about != ABOUT_TIME_AND_HOST) {
			uint64_t priority;
			if (piece.len > 3 || !str_to_u64(piece, SYSLOG_PRIORITIES - 1, &priority) ||
			    priority != seen[i].about) {
				return false;
			}
			continue;
		}
		size_t at = (size_t)(piece.ptr - line->text.ptr);
		if (piece.len <= BSD_TIME + 1 || !char_is_alpha(piece.ptr[0]) ||
		    piece.ptr[BSD_TIME] != ' ' ||
		    !is_sure_host(str_slice(piece, BSD_TIME + 1, piece.len)) ||
		    timestamp_bsd(line->time, str_slice(line->text, at, line->text.len), &time) !=
		        BSD_TIME) {
			return false;
		}
	}
	line_time(line, time);
	return true;
}
