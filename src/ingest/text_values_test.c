/* What formats make of values: each format here carries the lines that show it. */
#include "ingest/text_format_sample.h"
#include "tap.h"

static void check(const char *yaml, enum err expected, const char *message) {
	struct diag diag = {0};
	if (!CHECK(read_and_check(yaml, &diag) == expected) ||
	    (message != NULL && !CHECK(strstr(diag.message, message) != NULL))) {
		tap_check(false, diag.message, 0, diag.hint);
	}
}

#define OBJECT "takes: [object]\nneeds: [kind=a, who]\n"
#define PAIRS "takes: [line, message]\npatterns:\n  - {name: p, pattern: 'log %{pairs}'}\n"

TEST(keys_send_values_to_fields) {
	check(HEAD PAIRS
	      "keys:\n  src: [source.ip, source.address]\n  u: user.name\n  '*': my.app\n"
	      "tests:\n  - line: 'log src=192.0.2.1 u=\"a b\" x=- y=1 user.name=z'\n    fields:\n"
	      "      source.ip: 192.0.2.1\n      source.address: 192.0.2.1\n      user.name: a b\n"
	      "      my.app.x: null\n      my.app.y: 1\n      my.app.user.name: z\n",
	      ERR_OK, NULL);
	/* Without '*' other keys are not kept; what is no address is none. */
	check(HEAD PAIRS
	      "keys: {src: [source.ip, source.address]}\n"
	      "tests:\n  - line: 'log src=web01 y=1'\n    fields: {source.ip: null, y: null, "
	      "source.address: web01}\n",
	      ERR_OK, NULL);
	check(HEAD PAIRS "keys: {src: source.ip}\n"
	                 "tests:\n  - line: 'log src=192.0.2.1'\n    fields: {source.ip: 192.0.2.2}\n",
	      ERR_INVALID, "source.ip is '192.0.2.1', not '192.0.2.2'");
}

TEST(targets_say_what_fits) {
	check(HEAD PAIRS
	      "keys: {h: ['ip:source.ip', 'name:source.domain'], n: 'int:my.n', p: "
	      "'iana:network.transport', w: 'lower:my.w', l: 'url:url.original'}\ntests:\n"
	      "  - line: 'log h=www.example.org n=12x p=17 w=ABc l=https://a.example/b?c=d'\n"
	      "    fields: {source.ip: null, source.domain: www.example.org, my.n: null, "
	      "network.transport: udp, network.iana_number: 17, my.w: abc, url.path: /b, "
	      "url.query: c=d, url.domain: a.example}\n"
	      "  - line: 'log h=192.0.2.1 n=12 p=TCP'\n    fields: {source.ip: 192.0.2.1, "
	      "source.domain: null, my.n: 12, network.transport: tcp, network.iana_number: null}\n",
	      ERR_OK, NULL);
}

TEST(a_value_may_be_read_by_patterns) {
	check(HEAD PAIRS
	      "keys:\n  a: [my.whole, {pattern: '%{ip:source.ip}:%{int:source.port}', fields: "
	      "{my.kind: both}}, {pattern: '%{ip:source.ip}'}]\ntests:\n"
	      "  - line: 'log a=192.0.2.1:80'\n    fields: {source.ip: 192.0.2.1, source.port: "
	      "80, my.whole: '192.0.2.1:80', my.kind: both}\n"
	      "  - line: 'log a=192.0.2.1'\n    fields: {source.ip: 192.0.2.1, my.kind: null}\n"
	      "  - line: 'log a=x'\n    fields: {source.ip: null, my.whole: x}\n",
	      ERR_OK, NULL);
}

TEST(a_value_may_hold_the_time) {
	check(HEAD PAIRS "keys: {id: {pattern: '%{time(epoch)}:%{int:my.number}'}}\ntests:\n"
	                 "  - line: 'log id=1795341600.500:7'\n    time: 2026-11-22T10:00:00.5Z\n"
	                 "    fields: {my.number: 7}\n",
	      ERR_OK, NULL);
}

TEST(values_of_auditd_may_come_again) {
	check(HEAD PAIRS
	      "keys: {a0: 'audit:process.args', a1: 'audit:process.args', a2: 'audit:process.args'}\n"
	      "tests:\n  - line: 'log a0=\"-e\" a1=612062 a2=\"-e\"'\n"
	      "    fields: {process.args: ['-e', a b, '-e']}\n",
	      ERR_OK, NULL);
}

TEST(the_end_of_a_line_is_no_part_of_a_message) {
	check(HEAD OBJECT
	      "keys: {text: message}\ntests:\n  - line: '{\"kind\":\"a\",\"who\":\"b\",\"text\":"
	      "\"hello\\r\\n\"}'\n    fields: {message: hello}\n",
	      ERR_OK, NULL);
}

TEST(cases_follow_from_values) {
	check(
	    HEAD
	    "fields: {event.kind: event, event.outcome: unknown}\npatterns:\n  - name: p\n"
	    "    pattern: '%{one(ok|no|hm):_how} %{word:user.name}'\n    fields: {event.kind: alert}\n"
	    "values:\n  _how: {OK: {event.outcome: success}, no: {event.outcome: failure, event.type: "
	    "[start, denied]}, '*': {}}\n"
	    "tests:\n  - line: 'ok a'\n    fields: {event.outcome: success, event.kind: alert, _how: "
	    "null}\n  - line: 'no a'\n    fields: {event.outcome: failure, event.type: [start, "
	    "denied]}\n"
	    "  - line: 'hm a'\n    fields: {event.outcome: unknown}\n",
	    ERR_OK, NULL);
}

TEST(a_pattern_may_have_keys_of_its_own) {
	check(HEAD "patterns:\n  - {name: a, pattern: 'A %{pairs}', keys: {x: my.one}}\n"
	           "  - {name: b, pattern: 'B %{pairs}'}\nkeys: {x: my.two}\ntests:\n"
	           "  - line: 'A x=1'\n    fields: {my.one: 1, my.two: null}\n"
	           "  - line: 'B x=1'\n    fields: {my.one: null, my.two: 1}\n",
	      ERR_OK, NULL);
}

TEST(times_are_put_together_from_parts) {
	check(HEAD PAIRS
	      "times:\n  - {of: [t], layout: epoch}\n  - {of: [d, c], layout: 'YYYY-MM-DD "
	      "hh:mm:ss'}\ntests:\n  - line: 'log d=2026-11-22 c=10:00:00'\n    time: "
	      "2026-11-22T10:00:00Z\n  - line: 'log t=1795341600 d=2020-01-01 c=00:00:00'\n    "
	      "time: 2026-11-22T10:00:00Z\n",
	      ERR_OK, NULL);
	check(HEAD PAIRS "times: [{of: [d], layout: iso}]\ntests:\n  - line: 'log d=soon'\n    time: "
	                 "2026-11-22T10:00:00Z\n",
	      ERR_INVALID, "its time is absent");
}

TEST(columns_and_objects_have_names_too) {
	check(HEAD
	      "patterns:\n  - {name: c, pattern: 'T,%{columns(t)}'}\n  - {name: j, pattern: 'J "
	      "%{json}'}\ncolumns:\n  t: [_, src, act]\nkeys: {src: source.ip, '*': my, l.0.x: "
	      "my.first}\n"
	      "tests:\n  - line: 'T,9,192.0.2.1,\"a,b\",more'\n    fields: {source.ip: 192.0.2.1, "
	      "my.act: "
	      "'a,b'}\n  - line: 'J {\"src\":\"192.0.2.2\",\"a\":{\"b\":1},\"l\":[{\"x\":5}]}'\n    "
	      "fields: {source.ip: 192.0.2.2, my.a.b: 1, my.first: 5}\n",
	      ERR_OK, NULL);
}

TEST(members_of_objects_are_used_and_stay) {
	check(HEAD OBJECT
	      "keys: {who: user.name, ip: source.ip, 'list.*.n': my.ns, list.n=2.v: my.v}\n"
	      "values: {ok: {'true': {event.outcome: success}}}\ntests:\n"
	      "  - line: '{\"kind\":\"a\",\"who\":\"bob\",\"ok\":true,\"list\":[{\"n\":1},{\"n\":"
	      "\"2\",\"v\":\"x\"}]}'\n    fields: {user.name: bob, who: bob, event.outcome: "
	      "success, my.ns: '1, 2', my.v: x}\n"
	      "  - line: '{\"kind\":\"b\",\"who\":\"bob\"}'\n    refused: true\n"
	      "  - line: '{\"kind\":\"a\"}'\n    refused: true\n",
	      ERR_OK, NULL);
}

TEST(parts_and_last_places) {
	check(HEAD
	      "patterns:\n  - {name: h, pattern: 'CEF:%{int}|%{part:my.a}|%{part:my.b}|%{rest:my.c}'}\n"
	      "  - {name: l, pattern: 'for %{last:user.name} from %{ip:source.ip}'}\n"
	      "tests:\n  - line: 'CEF:0|x\\|y|z|r'\n    fields: {my.a: 'x|y', my.b: z, my.c: r}\n"
	      "  - line: 'for a from 192.0.2.1 from 192.0.2.2'\n    fields: {user.name: 'a from "
	      "192.0.2.1', source.ip: 192.0.2.2}\n",
	      ERR_OK, NULL);
}
