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
	struct buf body; /* as it came */
	bool too_large;
	bool handled; /* by its route */
	struct intake_wait wait;
	enum err waited;           /* how it ended */
	struct http_answer answer; /* what is sent when it ended well, or at once */
	struct peer peer;          /* for records */
	bool has_peer;
};

/* One of these for each path. */
struct http_route {
	enum http_method method;
	struct str path;
	bool takes_records;
	/* Fills request->answer, and puts records with http_keep, or not. */
	void (*handle)(struct http_request *request);
};

/* ---- for routes ---- */

void http_say(struct http_request *request, unsigned status, const char *type, struct str body);
