/* Splunk's HTTP Event Collector: events, raw lines, health, acknowledgements. An answer comes only
 * when the events are durable, so every id that was given out is acknowledged.
 */
#include "ingest/json_scan.h"
#include "ingest/submission.h"
#include "server/http_request.h"

enum { ACKS_MAX = 10000 };

static void say_code(struct http_request *request, unsigned status, enum hec_code code) {
	struct buf *out = &request->answer.body;
	request->answer.status = status;
	buf_clear(out);
	buf_printf(out, "{\"text\":\"%s\",\"code\":%d", hec_text(code), (int)code);
	if (code == HEC_SUCCESS && http_header(request, "X-Splunk-Request-Channel").len > 0) {
		buf_append_str(out, STR(",\"ackId\":0"));
	}
	buf_append_str(out, STR("}\n"));
}

void http_refuse_hec(struct http_request *request, unsigned status, struct str why) {
	(void)why; /* its clients know codes only */
	say_code(request, status,
	         status == 503 || status == 429 ? HEC_BUSY
	         : status == 401                ? HEC_NO_TOKEN
	                                        : HEC_INVALID);
}

void http_hec_health(struct http_request *request) {
	say_code(request, 200, HEC_HEALTHY);
}

/* The whole is looked through before anything of it is put: all or nothing. */
static bool check_events(struct http_request *request) {
	struct str rest = buf_str(&request->body);
	struct str event;
	enum hec_code code = HEC_SUCCESS;
	uint64_t events = 0;
	enum err err;
	while ((err = hec_next(&rest, &event, &code)) == ERR_OK) {
		events++;
	}
	if (err == ERR_NOT_FOUND && events > 0) {
		return true;
	}
	say_code(request, 400, err == ERR_NOT_FOUND ? HEC_NO_DATA : code);
	if (err != ERR_NOT_FOUND) {
		struct buf *out = &request->answer.body;
		out->len -= 2; /* "}\n" */
		buf_printf(out, ",\"invalid-event-number\":%llu}\n", (unsigned long long)events);
	}
	return false;
}

void http_take_hec(struct http_request *request) {
	struct str rest = buf_str(&request->body);
	struct str event;
	enum hec_code code;
	if (!check_events(request) || !http_begin(request)) {
		return;
	}
	while (hec_next(&rest, &event, &code) == ERR_OK) {
		http_put(request, event, 0);
	}
	say_code(request, 200, HEC_SUCCESS);
	http_end(request, METRIC_RECORDS_HEC);
}

void http_take_hec_raw(struct http_request *request) {
	struct str rest = buf_str(&request->body);
	struct submitted_line line;
	bool cut = false;
	if (str_trim(rest).len == 0) {
		say_code(request, 400, HEC_NO_DATA);
		return;
	}
	if (!http_begin(request)) {
		return;
	}
	while (submission_line(&rest, &cut, &line)) {
		http_put(request, line.body, line.flags);
	}
	say_code(request, 200, HEC_SUCCESS);
	http_end(request, METRIC_RECORDS_HEC);
}

/* {"acks":[0,1]}: all of them, for what is not durable was not answered. */
static bool answer_acks(struct str body, struct buf *out) {
	struct json_scan scan = json_scan_of(body);
	struct str name;
	struct str number;
	bool escapes;
	size_t count = 0;
	if (!json_take(&scan, '{') || json_peek(&scan) != JSON_STRING ||
	    !json_read_string(&scan, &name, &escapes) || !str_eq(name, STR("acks")) ||
	    !json_take(&scan, ':') || !json_take(&scan, '[')) {
		return false;
	}
	buf_append_str(out, STR("{\"acks\":{"));
	while (!json_take(&scan, ']')) {
		if ((count > 0 && !json_take(&scan, ',')) || json_peek(&scan) != JSON_NUMBER ||
		    !json_read_number(&scan, &number) || count++ == ACKS_MAX) {
			return false;
		}
		buf_printf(out, "%s\"%.*s\":true", count > 1 ? "," : "", STR_ARG(number));
	}
	buf_append_str(out, STR("}}\n"));
	return json_take(&scan, '}') && json_at_end(&scan);
}

void http_hec_acks(struct http_request *request) {
	struct buf out CLEANUP(buf_deinit) = {0};
	if (answer_acks(buf_str(&request->body), &out)) {
		http_say(request, 200, NULL, buf_str(&out));
	} else {
		say_code(request, 400, HEC_INVALID);
	}
}
