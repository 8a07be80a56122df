/* For tests of formats in YAML: the parts of a good one, and reading with its own tests run. */
#pragma once

#include "ingest/text_format.h"

#define HEAD "name: my-app\ntitle: my application\n"
#define PATTERN "patterns:\n  - name: p\n    pattern: '%{ip:source.ip} %{word:my.word?} %{int:n}'\n"
#define TESTS \
	"tests:\n  - line: '192.0.2.1 - 5'\n    fields: {source.ip: 192.0.2.1, my.word: null, n: 5}\n"

static inline enum err read_and_check(const char *yaml, struct diag *diag) {
	struct arena *arena = arena_new(SIZE_MAX);
	struct text_format format = {0};
	enum err err = text_format_read(arena, STR("my.yml"), str_from(yaml), &format, diag);
	if (err == ERR_OK) {
		err = text_format_check(&format, STR("my.yml"), diag);
	}
	arena_free(arena);
	return err;
}
