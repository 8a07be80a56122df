/* All texts are read first: they are what the cache is asked by. */
#include "cmd/rules_compile.h"

#include "base/limits.h"
#include "cmd/rules.gen.h"
#include "cmd/rules.h"
#include "cmd/rules_cache.h"
#include "sigma/source.h"

struct texts_read {
	struct arena *arena;
	struct buf items; /* struct rules_text, in the order in which they are added */
};

static void add(struct texts_read *texts, enum rules_part part, struct str path, struct str text) {
	struct rules_text item = {part, arena_str(texts->arena, path), text};
	buf_append(&texts->items, &item, sizeof(item));
}

static const struct rules_text *items(const struct texts_read *texts, size_t *out_count) {
	*out_count = texts->items.len / sizeof(struct rules_text);
	return (const struct rules_text *)(const void *)texts->items.ptr;
}

/* ---- reading ---- */

static void add_file(void *ctx, struct str path, struct str text) {
	struct texts_read *texts = ctx;
	add(texts, RULES_PART_FILE, path, arena_str(texts->arena, text));
}

uint64_t rules_read_builtin(rules_take_f take, void *ctx) {
	for (size_t i = 0; i < ARRAY_LEN(builtin_rules); i++) {
		struct buf path = {0};
		buf_printf(&path, "akashi:%s", builtin_rules[i].name);
		take(ctx, buf_str(&path),
		     str_make((const char *)builtin_rules[i].bytes, builtin_rules[i].len));
		buf_deinit(&path);
	}
	return ARRAY_LEN(builtin_rules);
}

static void add_constant(void *ctx, struct str path, struct str text) {
	add(ctx, RULES_PART_FILE, path, text);
}

static enum err add_table(struct texts_read *texts, enum rules_part part, const char *path,
                          struct diag *diag) {
	CLEANUP(buf_deinit) struct buf text = {0};
	if (path == NULL) {
		return ERR_OK;
	}
	enum err err = rules_read_text(path, LIMIT_RULES_FILE, &text);
	if (err != ERR_OK) {
		return diag_set(diag, err, "%.200s: %s", path, err_text(err));
	}
	add(texts, part, str_from(path), arena_str(texts->arena, buf_str(&text)));
	return ERR_OK;
}

static enum err read_all(const struct rules_wanted *wanted, struct texts_read *texts,
                         struct rules_compiled *out, struct diag *diag) {
	TRY(add_table(texts, RULES_PART_PLACEHOLDERS, wanted->placeholders, diag));
	if (wanted->paths_count == 0) {
		out->files = rules_read_builtin(add_constant, texts);
	} else {
		rules_read(add_file, texts, wanted->paths, wanted->paths_count, &out->files,
		           &out->files_failed);
	}
	return add_table(texts, RULES_PART_SOURCES, wanted->sources, diag);
}

/* ---- compiling ---- */

static enum err add_placeholders(struct sigma_set *set, const struct rules_text *text,
                                 struct diag *diag) {
	if (sigma_set_placeholders(set, text->path, text->text) == ERR_OK) {
		return ERR_OK;
	}
	const struct sigma_problem *problem = &set->problems[set->problems_count - 1];
	return diag_set(diag, ERR_INVALID, "%.*s:%u: %.*s", (int)MIN_OF(text->path.len, (size_t)200),
	                text->path.ptr, problem->place.line, STR_ARG(problem->message));
}

/* sources: NULL when the rules are not about records. */
static enum err make_set(const struct texts_read *texts, struct sigma_set *set,
                         struct sigma_sources *sources, struct diag *diag) {
	size_t count;
	const struct rules_text *text = items(texts, &count);
	for (size_t i = 0; i < count; i++) {
		if (text[i].part == RULES_PART_PLACEHOLDERS) {
			TRY(add_placeholders(set, &text[i], diag));
		} else if (text[i].part == RULES_PART_SOURCES) {
			TRY(sigma_sources_add(sources, text[i].path, text[i].text, diag));
		} else {
			sigma_set_add(set, text[i].path, text[i].text);
		}
	}
	sigma_set_close(set);
	if (sources != NULL) {
		sigma_set_map(set, sources);
	}
	return ERR_OK;
}

static enum err compile(const struct rules_wanted *wanted, const struct texts_read *texts,
                        struct rules_compiled *out, struct diag *diag) {
	struct sigma_sources *sources = wanted->mapped ? sigma_sources_new() : NULL;
	out->set = sigma_set_new();
	enum err err = make_set(texts, out->set, sources, diag);
	sigma_sources_free(sources);
	TRY(err);
	return detector_new(out->set, &out->detector, diag);
}

static enum err find_or_compile(const struct rules_wanted *wanted, const struct texts_read *texts,
                                struct rules_compiled *out, struct diag *diag) {
	uint8_t key[DETECTOR_KEY_SIZE];
	size_t count;
	const struct rules_text *text = items(texts, &count);
	bool cached = !wanted->no_cache && rules_cache_key(text, count, wanted->mapped, key);
	if (cached && rules_cache_load(key, &out->set, &out->detector)) {
		return ERR_OK;
	}
	TRY(compile(wanted, texts, out, diag));
	if (cached && out->set->rules_count > 0) {
		rules_cache_save(key, out->detector);
	}
	return ERR_OK;
}

enum err rules_compile(const struct rules_wanted *wanted, struct rules_compiled *out,
                       struct diag *diag) {
	ASSERT(wanted->mapped || wanted->sources == NULL);
	struct texts_read texts = {.arena = arena_new(SIZE_MAX)};
	enum err err = read_all(wanted, &texts, out, diag);
	err = err == ERR_OK ? find_or_compile(wanted, &texts, out, diag) : err;
	buf_deinit(&texts.items);
	arena_free(texts.arena);
	return err;
}
