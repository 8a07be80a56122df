/* Bodies of requests: what comes out lies in the body, in order, and reading comes to an end. The
 * first byte chooses how it is read.
 */
#include "ingest/submission.h"

#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct str body, struct str slice, const char **from) {
	if (slice.len > 0) {
		ASSERT(slice.ptr >= *from && slice.ptr + slice.len <= body.ptr + body.len);
		*from = slice.ptr + slice.len;
	}
}

static void read_lines(struct str body) {
	struct str rest = body;
	struct submitted_line line;
	bool cut = false;
	const char *from = body.ptr;
	while (submission_line(&rest, &cut, &line)) {
		ASSERT(line.body.len > 0 && line.body.len <= LIMIT_LINE_SIZE);
		check_inside(body, line.body, &from);
	}
	ASSERT(rest.len == 0);
}

static void read_bulk(struct str body) {
	struct str rest = body;
	struct bulk_item item;
	struct diag diag = {0};
	uint64_t line = 0;
	enum err err;
	const char *from = body.ptr;
	while ((err = bulk_next(&rest, &line, &item, &diag)) == ERR_OK) {
		check_inside(body, item.document, &from);
	}
	ASSERT(err != ERR_NOT_FOUND || rest.len == 0);
}

static void read_hec(struct str body) {
	struct str rest = body;
	struct str event;
	enum hec_code code;
	enum err err;
	const char *from = body.ptr;
	while ((err = hec_next(&rest, &event, &code)) == ERR_OK) {
		ASSERT(event.len >= 2 && event.ptr[0] == '{' && event.ptr[event.len - 1] == '}');
		check_inside(body, event, &from);
	}
	ASSERT(err != ERR_NOT_FOUND || rest.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	if (size == 0) {
		return 0;
	}
	struct str body = str_make((const char *)data + 1, size - 1);
	switch (data[0] % 3) {
	case 0:
		read_lines(body);
		break;
	case 1:
		read_bulk(body);
		break;
	default:
		read_hec(body);
		break;
	}
	return 0;
}
