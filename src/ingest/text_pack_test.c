/* What is packed and unpacked again is the same format. */
#include "ingest/text_format_sample.h"
#include "tap.h"

static const char everything[] = HEAD
    "takes: [line, message, object]\nprograms: [a, b*]\nweak: true\nneeds: [x=1, y]\n"
    "fields: {event.kind: event, event.type: [start, info]}\ndefaults: {process.name: z}\n"
    "patterns:\n  - {name: p, pattern: '%{ip:source.ip} %(%{word:_w}%|-%) %{pairs(; :)}', fields: "
    "{my.f: g}, keys: {k: my.own}}\n"
    "keys: {a: [source.ip, {pattern: '%{int:my.n}', fields: {my.x: y}}], '*': my.app}\n"
    "values: {_w: {v: {event.outcome: success}, '*': {}}}\n"
    "columns: {c: {separator: tab, names: [_, n]}}\ntimes: [{of: [t, u], layout: 'YYYY-MM-DD "
    "hh:mm'}]\n"
    "tests:\n  - line: '192.0.2.1 v k: 1; a: 5; other: o'\n    fields: {my.own: 1, my.n: 5, my.x: "
    "y, "
    "my.app.other: o, event.outcome: success, my.f: g, process.name: z}\n";

TEST(a_packed_format_is_the_same_when_unpacked) {
	struct arena *arena = arena_new(SIZE_MAX);
	struct text_format format = {0};
	struct text_format again = {0};
	struct diag diag = {0};
	struct buf packed = {0};
	struct buf twice = {0};
	size_t at = 0;
	REQUIRE(text_format_read(arena, STR("my.yml"), str_from(everything), &format, &diag) == ERR_OK);
	CHECK(text_format_check(&format, STR("my.yml"), &diag) == ERR_OK);
	text_format_pack(&format, &packed);
	text_format_unpack(arena, buf_str(&packed), &at, &again);
	CHECK(at == packed.len);
	text_format_pack(&again, &twice);
	CHECK(str_eq(buf_str(&packed), buf_str(&twice)));
	/* It takes the same lines with the same fields: the tests of the one are held by the other. */
	again.tests = format.tests;
	again.tests_count = format.tests_count;
	CHECK(text_format_check(&again, STR("my.yml"), &diag) == ERR_OK);
	CHECK(again.weak && again.programs_count == 2 && again.takes == format.takes);
	buf_deinit(&packed);
	buf_deinit(&twice);
	arena_free(arena);
}
