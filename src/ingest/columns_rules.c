/* Names after
 * www.w3.org/TR/WD-logfile.html, learn.microsoft.com/en-us/previous-versions/iis/ (W3C Extended Log
 * File Format), docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/AccessLogs.html,
 * techdocs.broadcom.com (ELFF fields), learn.microsoft.com/en-us/exchange/mail-flow (message
 * tracking, protocol logs).
 */
#include "ingest/columns_rules.h"

#define RULE(log, column, target, how) {STR_INIT(log), STR_INIT(column), STR_INIT(target), how}

static const struct column_rule w3c_rules[] = {
    RULE("", "date", "", COLUMN_DATE),
    RULE("", "time", "", COLUMN_CLOCK),
    RULE("", "date-time", "", COLUMN_WHEN),
    RULE("", "datetime", "", COLUMN_WHEN),
    RULE("", "timestamp", "", COLUMN_WHEN),
    RULE("", "gmttime", "", COLUMN_WHEN),
    RULE("", "localtime", "", COLUMN_WHEN),
    RULE("", "c-ip", "source.ip", COLUMN_IP),
    RULE("", "c-ip", "source.address", COLUMN_TEXT),
    RULE("", "c-port", "source.port", COLUMN_NUMBER),
    RULE("", "c-dns", "source.domain", COLUMN_TEXT),
    RULE("", "s-ip", "destination.ip", COLUMN_IP_ELSE),
    RULE("", "s-port", "destination.port", COLUMN_NUMBER),
    RULE("", "s-dns", "destination.domain", COLUMN_TEXT),
    RULE("", "r-ip", "destination.ip", COLUMN_IP),
    RULE("", "r-port", "destination.port", COLUMN_NUMBER),
    RULE("", "r-dns", "destination.domain", COLUMN_TEXT),
    RULE("", "s-computername", "host.name", COLUMN_TEXT),
    RULE("", "cs-method", "http.request.method", COLUMN_TEXT),
    RULE("", "cs-uri", "url.original", COLUMN_URL),
    RULE("", "c-uri", "url.original", COLUMN_URL),
    RULE("", "cs-uri-stem", "url.path", COLUMN_STEM),
    RULE("", "cs-uri-path", "url.path", COLUMN_STEM),
    RULE("", "c-uri-stem", "url.path", COLUMN_STEM),
    RULE("", "cs-uri-query", "url.query", COLUMN_QUERY),
    RULE("", "c-uri-query", "url.query", COLUMN_QUERY),
    RULE("", "cs-uri-scheme", "url.scheme", COLUMN_LOWER),
    RULE("", "cs-protocol", "url.scheme", COLUMN_LOWER),
    RULE("", "cs-uri-port", "url.port", COLUMN_NUMBER),
    RULE("", "cs-uri-extension", "url.extension", COLUMN_TEXT),
    RULE("", "cs-host", "url.domain", COLUMN_TEXT),
    RULE("", "cs(Host)", "url.domain", COLUMN_TEXT),
    RULE("", "cs-username", "user.name", COLUMN_USER),
    RULE("", "c-username", "user.name", COLUMN_USER),
    RULE("", "cs-auth-group", "group.name", COLUMN_TEXT),
    RULE("", "cs-version", "http.version", COLUMN_HTTP_VERSION),
    RULE("", "cs-protocol-version", "http.version", COLUMN_HTTP_VERSION),
    RULE("", "cs(User-Agent)", "user_agent.original", COLUMN_TEXT),
    RULE("", "c-agent", "user_agent.original", COLUMN_TEXT),
    RULE("", "cs(Referer)", "http.request.referrer", COLUMN_TEXT),
    RULE("", "cs(Referrer)", "http.request.referrer", COLUMN_TEXT),
    RULE("", "cs-referred", "http.request.referrer", COLUMN_TEXT),
    RULE("", "cs(X-Forwarded-For)", "network.forwarded_ip", COLUMN_IP),
    RULE("", "x-forwarded-for", "network.forwarded_ip", COLUMN_IP),
    RULE("", "X-Forwarded-For", "network.forwarded_ip", COLUMN_IP),
    RULE("", "sc-status", "http.response.status_code", COLUMN_STATUS),
    RULE("", "rs(Content-Type)", "http.response.mime_type", COLUMN_TEXT),
    RULE("", "sc-content-type", "http.response.mime_type", COLUMN_TEXT),
    RULE("", "sc-bytes", "http.response.body.bytes", COLUMN_NUMBER),
    RULE("", "cs-bytes", "http.request.body.bytes", COLUMN_NUMBER),
    RULE("", "ssl-cipher", "tls.cipher", COLUMN_TEXT),
    RULE("", "ssl-protocol", "tls.version", COLUMN_TLS_VERSION),
    RULE("", "s-action", "event.action", COLUMN_TEXT),
    RULE("iis", "time-taken", "event.duration", COLUMN_MILLISECONDS),
    RULE("firewall", "action", "event.action", COLUMN_LOWER),
    RULE("firewall", "action", "event.type", COLUMN_PASS),
    RULE("firewall", "protocol", "network.transport", COLUMN_LOWER),
    RULE("firewall", "src-ip", "source.ip", COLUMN_IP),
    RULE("firewall", "dst-ip", "destination.ip", COLUMN_IP),
    RULE("firewall", "src-port", "source.port", COLUMN_NUMBER),
    RULE("firewall", "dst-port", "destination.port", COLUMN_NUMBER),
    RULE("firewall", "size", "network.bytes", COLUMN_NUMBER),
    RULE("firewall", "path", "network.direction", COLUMN_DIRECTION),
    RULE("firewall", "pid", "process.pid", COLUMN_NUMBER),
    RULE("exchange", "client-ip", "source.ip", COLUMN_IP),
    RULE("exchange", "client-hostname", "source.domain", COLUMN_TEXT),
    RULE("exchange", "server-ip", "destination.ip", COLUMN_IP),
    RULE("exchange", "server-hostname", "destination.domain", COLUMN_TEXT),
    RULE("exchange", "event-id", "event.action", COLUMN_TEXT),
    RULE("exchange", "message-id", "email.message_id", COLUMN_TEXT),
    RULE("exchange", "sender-address", "email.from.address", COLUMN_TEXT),
    RULE("exchange", "recipient-address", "email.to.address", COLUMN_TEXT),
    RULE("exchange", "message-subject", "email.subject", COLUMN_TEXT),
    RULE("exchange", "directionality", "email.direction", COLUMN_LOWER),
    RULE("exchange", "remote-endpoint", "", COLUMN_SOURCE),
    RULE("exchange", "local-endpoint", "", COLUMN_DESTINATION),
    RULE("exchange", "cIp", "", COLUMN_SOURCE),
    RULE("exchange", "sIp", "", COLUMN_DESTINATION),
    RULE("exchange", "user", "user.name", COLUMN_USER),
    RULE("exchange", "ClientIpAddress", "source.ip", COLUMN_IP),
    RULE("exchange", "AuthenticatedUser", "user.name", COLUMN_USER),
    RULE("exchange", "Method", "http.request.method", COLUMN_TEXT),
    RULE("exchange", "UrlHost", "url.domain", COLUMN_TEXT),
    RULE("exchange", "UrlStem", "url.path", COLUMN_STEM),
    RULE("exchange", "UrlQuery", "url.query", COLUMN_QUERY),
    RULE("exchange", "UserAgent", "user_agent.original", COLUMN_TEXT),
    RULE("exchange", "HttpStatus", "http.response.status_code", COLUMN_STATUS),
};

const struct column_rule *column_rules(enum header_kind kind, size_t *out_count) {
	*out_count = kind == HEADER_W3C ? ARRAY_LEN(w3c_rules) : 0;
	return w3c_rules;
}

static const struct column_event w3c_events[] = {
    {STR_INIT("web"), STR_INIT("web"), STR_INIT("access")},
    {STR_INIT("iis"), STR_INIT("web"), STR_INIT("access")},
    {STR_INIT("firewall"), STR_INIT("network"), STR_INIT("")},
    {STR_INIT("exchange"), STR_INIT("email"), STR_INIT("info")},
};

const struct column_event *column_event(struct str log) {
	for (size_t i = 0; i < ARRAY_LEN(w3c_events); i++) {
		if (str_eq(w3c_events[i].log, log)) {
			return &w3c_events[i];
		}
	}
	return NULL;
}

const struct str column_times[] = {
    STR_INIT("@timestamp"),    STR_INIT("timestamp"),       STR_INIT("time"),
    STR_INIT("datetime"),      STR_INIT("date_time"),       STR_INIT("date and time"),
    STR_INIT("date/time"),     STR_INIT("_time"),           STR_INIT("ts"),
    STR_INIT("eventtime"),     STR_INIT("event time"),      STR_INIT("timecreated"),
    STR_INIT("timegenerated"), STR_INIT("time generated"),  STR_INIT("creationtime"),
    STR_INIT("creationdate"),  STR_INIT("createddatetime"), STR_INIT("start time"),
    STR_INIT("start_time"),    STR_INIT("receive time"),    STR_INIT("date"),
};
const size_t column_times_count = ARRAY_LEN(column_times);
