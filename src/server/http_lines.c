/* POST /api/v1/ingest: each line of the body is a record: JSON, or any text. */
#include "ingest/submission.h"
#include "server/http_request.h"

void http_take_lines(struct http_request *request) {
	struct str rest = buf_str(&request->body);
	struct submitted_line line;
	bool cut = false;
	if (!http_begin(request)) {
		return;
	}
	while (submission_line(&rest, &cut, &line)) {
		http_put(request, line.body, line.flags);
	}
	request->answer.status = 200;
	buf_printf(&request->answer.body, "{\"records\":%llu}\n", (unsigned long long)request->records);
	http_end(request, METRIC_RECORDS_LINES);
}
