/* Bodies of HTTP requests that bring records, cut into them: lines, Elasticsearch's _bulk, events
 * of Splunk's HTTP Event Collector. Bytes in, slices out; what a record's own bytes say is not
 * looked at. Nothing here knows of HTTP.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

/* ---- lines ---- */

struct submitted_line {
	struct str body; /* without its line feed */
	uint8_t flags;   /* enum record_flag: pieces of a line above LIMIT_LINE_SIZE */
};
/* The next line that is not empty; false at the end. *rest is moved behind it. *cut begins as
 * false, and is kept between calls. */
bool submission_line(struct str *rest, bool *cut, struct submitted_line *out_line);

/* ---- _bulk: an action, and for most of them a document, one a line ---- */

enum bulk_action { BULK_INDEX, BULK_CREATE, BULK_UPDATE, BULK_DELETE };
struct bulk_item {
	enum bulk_action action;
	struct str index, id; /* as they stand between their quotation marks; empty: not said */
	struct str document;  /* INDEX, CREATE; of UPDATE what is to change; empty for DELETE */
};
struct str bulk_action_name(enum bulk_action action);
/* ERR_NOT_FOUND at the end. ERR_INVALID: the whole request is wrong; *line, which begins as 0,
 * counts lines. */
MUST_USE enum err bulk_next(struct str *rest, uint64_t *line, struct bulk_item *out_item,
                            struct diag *diag);

/* ---- events of the HTTP Event Collector: JSON objects, one behind the other, or an array ---- */

/* As Splunk numbers them. */
enum hec_code {
	HEC_SUCCESS = 0,
	HEC_NO_TOKEN = 2,
	HEC_NO_DATA = 5,
	HEC_INVALID = 6,
	HEC_BUSY = 9,
	HEC_NO_EVENT = 12,
	HEC_BLANK_EVENT = 13,
	HEC_HEALTHY = 17,
};
const char *hec_text(enum hec_code code);
/* *out_event: a whole object, to the byte. ERR_NOT_FOUND at the end; ERR_INVALID with *out_code. */
MUST_USE enum err hec_next(struct str *rest, struct str *out_event, enum hec_code *out_code);
