/* What Beats, Fluent Bit, Vector and Logstash want of Elasticsearch: _bulk, and the calls that they
 * make before it. Documents are kept as they come; there are no indices, so what is asked about
 * them is answered with "yes, as you wish".
 */
#include "ingest/submission.h"
#include "server/http_request.h"

/* Clients from 7.14 on go on only when the answer carries the product's name (http.c sends it). */
void http_elastic_info(struct http_request *request) {
	http_say(
	    request, 200, NULL,
	    STR("{\"name\":\"akashi\",\"cluster_name\":\"akashi\",\"cluster_uuid\":\"akashi\","
	        "\"version\":{\"number\":\"8.11.0\",\"build_flavor\":\"default\","
	        "\"build_type\":\"deb\",\"build_hash\":\"0\",\"build_date\":\"2023-11-04T00:00:00Z\","
	        "\"build_snapshot\":false,\"lucene_version\":\"9.8.0\","
	        "\"minimum_wire_compatibility_version\":\"7.17.0\","
	        "\"minimum_index_compatibility_version\":\"7.0.0\"},"
	        "\"tagline\":\"You Know, for Search\"}\n"));
}

void http_elastic_license(struct http_request *request) {
	http_say(request, 200, NULL,
	         STR("{\"license\":{\"status\":\"active\",\"uid\":\"akashi\",\"type\":\"basic\","
	             "\"issue_date\":\"2023-11-04T00:00:00.000Z\"}}\n"));
}

void http_elastic_health(struct http_request *request) {
	http_say(request, 200, NULL,
	         STR("{\"cluster_name\":\"akashi\",\"status\":\"green\",\"timed_out\":false,"
	             "\"number_of_nodes\":1,\"number_of_data_nodes\":1}\n"));
}

void http_elastic_empty(struct http_request *request) {
	http_say(request, 200, NULL, STR("{}\n"));
}

void http_elastic_acknowledge(struct http_request *request) {
	http_say(request, 200, NULL, STR("{\"acknowledged\":true}\n"));
}

void http_refuse_elastic(struct http_request *request, unsigned status, struct str why) {
	struct buf body CLEANUP(buf_deinit) = {0};
	const char *type = status == 429   ? "es_rejected_execution_exception"
	                   : status >= 500 ? "unavailable_exception"
	                                   : "illegal_argument_exception";
	buf_printf(&body, "{\"error\":{\"type\":\"%s\",\"reason\":", type);
	buf_append_json(&body, why);
	buf_printf(&body, "},\"status\":%u}\n", status);
	http_say(request, status, NULL, buf_str(&body));
}

/* ---- _bulk ---- */

/* The whole is looked through before anything of it is put: all or nothing. */
static enum err check_bulk(struct str rest, uint64_t *out_items, struct diag *diag) {
	struct bulk_item item;
	uint64_t line = 0;
	uint64_t items = 0;
	enum err err;
	while ((err = bulk_next(&rest, &line, &item, diag)) == ERR_OK) {
		items++;
	}
	*out_items = items;
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* index and id are as they stood between quotation marks: escapes and all. */
static void append_item(struct buf *out, const struct bulk_item *item, struct str index,
                        uint64_t number, bool kept) {
	buf_printf(out, "{\"%.*s\":{\"_index\":\"%.*s\",\"_id\":\"",
	           STR_ARG(bulk_action_name(item->action)), STR_ARG(index));
	if (item->id.len > 0) {
		buf_append_str(out, item->id);
	} else {
		buf_append_u64(out, number);
	}
	if (kept) {
		buf_append_str(out, STR("\",\"_version\":1,\"result\":\"created\",\"_shards\":{\"total\":1,"
		                        "\"successful\":1,\"failed\":0},\"_seq_no\":0,"
		                        "\"_primary_term\":1,\"status\":201}}"));
	} else {
		buf_append_str(out, STR("\",\"status\":400,\"error\":{\"type\":\"illegal_argument_"
		                        "exception\",\"reason\":\"records are neither changed nor "
		                        "deleted\"}}}"));
	}
}

static void put_bulk(struct http_request *request) {
	struct str rest = buf_str(&request->body);
	struct buf *out = &request->answer.body;
	struct bulk_item item;
	struct diag diag = {0};
	uint64_t line = 0;
	bool errors = false;
	struct str first = http_path_part(request, 0);
	struct str index = str_eq(first, STR("_bulk")) ? STR("") : first;
	struct buf items CLEANUP(buf_deinit) = {0};
	while (bulk_next(&rest, &line, &item, &diag) == ERR_OK) {
		bool kept = item.action == BULK_CREATE || item.action == BULK_INDEX;
		buf_append_str(&items, items.len > 0 ? STR(",") : STR(""));
		append_item(&items, &item, item.index.len > 0 ? item.index : index, line, kept);
		if (kept) {
			http_put(request, item.document, 0);
		}
		errors = errors || !kept;
	}
	buf_printf(out, "{\"took\":0,\"errors\":%s,\"items\":[", errors ? "true" : "false");
	buf_append_str(out, buf_str(&items));
	buf_append_str(out, STR("]}\n"));
}

void http_take_bulk(struct http_request *request) {
	uint64_t items;
	struct diag diag = {0};
	enum err err = check_bulk(buf_str(&request->body), &items, &diag);
	if (err != ERR_OK || items == 0) {
		http_refuse_elastic(request, err == ERR_LIMIT ? 413 : 400,
		                    err != ERR_OK ? str_from(diag.message)
		                                  : STR("request body is required"));
		return;
	}
	if (http_begin(request)) {
		request->answer.status = 200;
		put_bulk(request);
		http_end(request, METRIC_RECORDS_BULK);
	}
}

/* POST /INDEX/_doc: one document. */
void http_take_document(struct http_request *request) {
	struct str body = str_trim(buf_str(&request->body));
	if (body.len == 0 || body.len > LIMIT_LINE_SIZE) {
		http_refuse_elastic(request, body.len == 0 ? 400 : 413,
		                    body.len == 0 ? STR("request body is required")
		                                  : STR("the document is too large"));
		return;
	}
	if (http_begin(request)) {
		struct buf *out = &request->answer.body;
		request->answer.status = 201;
		http_put(request, body, 0);
		buf_append_str(out, STR("{\"_index\":"));
		buf_append_json(out, http_path_part(request, 0));
		buf_append_str(out, STR(",\"_id\":\"1\",\"_version\":1,\"result\":\"created\"}\n"));
		http_end(request, METRIC_RECORDS_BULK);
	}
}
