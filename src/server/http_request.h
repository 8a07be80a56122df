/* A request, as those who answer it see it. Private to src/server. */
#pragma once

#include "server/http.h"
#include "server/peer.h"

struct MHD_Connection;
struct http;
struct http_route;

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_OTHER };

struct http_answer {
	unsigned status;
	const char *type; /* static; NULL: application/json */
	struct buf body;
};

struct http_request {
	struct http *http;
	struct MHD_Connection *connection;
	const struct http_route *route;
	enum http_method method;
	struct str path; /* without query; borrowed for the time of a call */
	struct buf body;
	size_t received; /* bytes of it, before they were unpacked */
	bool too_large;
	bool handled;   /* by its route */
	bool suspended; /* and then waits to be durable */
	struct intake_wait wait;
	enum err waited;           /* how it ended */
	struct http_answer answer; /* what is sent when it ended well, or at once */
	struct str source;         /* that the token is bound to, or empty */
	struct peer peer;          /* for records */
	bool has_peer;
	uint64_t records, bytes; /* that were put */
};

/* One of these for each path. "*" in a path stands for one part of it, "**" at its end for whatever
 * follows. */
struct http_route {
	enum http_method method; /* GET also answers HEAD */
	struct str path;
	const char *protocol; /* takes records: the source's name begins with it; NULL: it does not */
	/* Fills request->answer, and puts records between http_begin and http_end, or not. */
	void (*handle)(struct http_request *request);
	/* Says in its own way that a request is refused; NULL: as others do. */
	void (*refuse)(struct http_request *request, unsigned status, struct str why);
};

/* ---- for routes ---- */

void http_say(struct http_request *request, unsigned status, const char *type, struct str body);
/* {"error":"..."} */
void http_refuse(struct http_request *request, unsigned status, struct str why);
/* A part of the path, from 0; empty: it has no such one. */
struct str http_path_part(const struct http_request *request, size_t part);
/* The value of a header, or empty. */
struct str http_header(const struct http_request *request, const char *name);

/* Before records of a checked body are put; false: no records are taken now, and the answer says
 * so. */
bool http_begin(struct http_request *request);
void http_put(struct http_request *request, struct str body, uint8_t flags);
/* The answer, which is filled already, is sent when all are durable. records: how many, as metric.
 */
void http_end(struct http_request *request, enum metric metric);

/* ---- those who answer ---- */

void http_take_lines(struct http_request *request);
void http_take_bulk(struct http_request *request);
void http_take_document(struct http_request *request);
void http_refuse_elastic(struct http_request *request, unsigned status, struct str why);
void http_elastic_info(struct http_request *request);
void http_elastic_license(struct http_request *request);
void http_elastic_health(struct http_request *request);
void http_elastic_empty(struct http_request *request);
void http_elastic_acknowledge(struct http_request *request);
void http_take_hec(struct http_request *request);
void http_take_hec_raw(struct http_request *request);
void http_hec_health(struct http_request *request);
void http_hec_acks(struct http_request *request);
void http_refuse_hec(struct http_request *request, unsigned status, struct str why);

/* ---- http_body.c ---- */

/* Unpacks the body by its Content-Encoding. ERR_UNSUPPORTED, ERR_INVALID, ERR_LIMIT. */
MUST_USE enum err http_unpack(struct str encoding, struct buf *body, struct diag *diag);
