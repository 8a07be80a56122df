/* Rules as lines, as JSON, and in their compiled form. */
#include "base/instant.h"
#include "cmd/rules.h"
#include "render/record.h"

/* ---- list ---- */

void rules_append_source(struct buf *out, const struct sigma_source *source) {
	const struct str parts[] = {source->product, source->category, source->service};
	bool first = true;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (parts[i].len > 0) {
			buf_append_str(out, first ? STR("") : STR("/"));
			render_safe(out, parts[i]);
			first = false;
		}
	}
}

static void append_line(struct buf *out, const struct sigma_meta *meta, struct str source,
                        bool alerts) {
	const char *level = meta->level == SIGMA_LEVEL_NONE ? "-" : sigma_level_name(meta->level);
	buf_printf(out, "%-13s %-36.*s  %-32.*s  ", level, STR_ARG(meta->id), STR_ARG(source));
	render_safe(out, meta->title.len > 0 ? meta->title : meta->name);
	buf_append_str(out, alerts ? STR("\n") : STR(" (for correlations only)\n"));
}

static void append_json_texts(struct buf *out, const char *key, const struct texts *texts) {
	buf_printf(out, ",\"%s\":[", key);
	for (uint32_t i = 0; i < texts->count; i++) {
		buf_append_str(out, i > 0 ? STR(",") : STR(""));
		buf_append_json(out, texts->items[i]);
	}
	buf_append_char(out, ']');
}

static void append_json_text(struct buf *out, const char *key, struct str text) {
	buf_printf(out, ",\"%s\":", key);
	buf_append_json(out, text);
}

void rules_append_meta_json(struct buf *out, const struct sigma_meta *meta, const char *type) {
	buf_printf(out, "{\"type\":\"%s\"", type);
	append_json_text(out, "rule.id", meta->id);
	append_json_text(out, "rule.name", meta->title.len > 0 ? meta->title : meta->name);
	append_json_text(out, "rule.level", str_from(sigma_level_name(meta->level)));
	append_json_text(out, "rule.status", meta->status);
	append_json_texts(out, "rule.tags", &meta->tags);
	append_json_text(out, "akashi.kind", str_from(sigma_sign_name(meta->sign)));
	append_json_text(out, "file.path", meta->path);
	buf_printf(out, ",\"file.line\":%u", meta->place.line);
}

void rules_list_rule(struct buf *out, const struct sigma_rule *rule, bool json) {
	struct buf source = {0};
	rules_append_source(&source, &rule->source);
	if (json) {
		rules_append_meta_json(out, &rule->meta, "rule");
		append_json_text(out, "logsource.category", rule->source.category);
		append_json_text(out, "logsource.product", rule->source.product);
		append_json_text(out, "logsource.service", rule->source.service);
		buf_printf(out, ",\"alerts\":%s}\n", rule->alerts ? "true" : "false");
	} else {
		append_line(out, &rule->meta, buf_str(&source), rule->alerts);
	}
	buf_deinit(&source);
}

void rules_list_correlation(struct buf *out, const struct sigma_correlation *correlation,
                            bool json) {
	const char *type = sigma_correlation_type_name(correlation->type);
	if (json) {
		rules_append_meta_json(out, &correlation->meta, "correlation");
		append_json_text(out, "correlation.type", str_from(type));
		append_json_texts(out, "correlation.group_by", &correlation->group_by);
		buf_printf(out, ",\"alerts\":%s}\n", correlation->alerts ? "true" : "false");
	} else {
		append_line(out, &correlation->meta, str_from(type), correlation->alerts);
	}
}

/* ---- explain ---- */

static void append_text_row(struct buf *out, const char *name, struct str text) {
	if (text.len > 0) {
		buf_printf(out, "  %-15s ", name);
		render_safe(out, text);
		buf_append_char(out, '\n');
	}
}

static void append_texts_row(struct buf *out, const char *name, const struct texts *texts) {
	for (uint32_t i = 0; i < texts->count; i++) {
		append_text_row(out, i == 0 ? name : "", texts->items[i]);
	}
}

static void explain_meta(struct buf *out, const struct sigma_meta *meta) {
	struct buf place = {0};
	render_safe(out, meta->title.len > 0 ? meta->title : meta->name);
	buf_append_char(out, '\n');
	buf_printf(&place, "%.*s:%u", STR_ARG(meta->path), meta->place.line);
	append_text_row(out, "file", buf_str(&place));
	append_text_row(out, "id", meta->id);
	append_text_row(out, "level", str_from(sigma_level_name(meta->level)));
	append_text_row(out, "status", meta->status);
	append_text_row(out, "kind", str_from(sigma_sign_name(meta->sign)));
	append_texts_row(out, "tags", &meta->tags);
	append_texts_row(out, "false positives", &meta->falsepositives);
	buf_deinit(&place);
}

static void explain_node(struct buf *out, const struct sigma_set *set,
                         const struct program *program, uint32_t at, int indent) {
	static const char *const heads[] = {
	    [PROGRAM_NOT] = "not", [PROGRAM_AND] = "all of", [PROGRAM_OR] = "one of"};
	const struct program_op *op = &program->ops[at];
	buf_printf(out, "%*s", indent, "");
	if (op->kind == PROGRAM_ATOM) {
		struct buf text = {0};
		atom_append_text(&text, &set->atoms[op->atom]);
		render_safe(out, buf_str(&text));
		buf_append_char(out, '\n');
		buf_deinit(&text);
		return;
	}
	buf_printf(out, "%s\n", heads[op->kind]);
	for (uint32_t i = at + 1; i < op->end; i = program->ops[i].end) {
		explain_node(out, set, program, i, indent + 2);
	}
}

void rules_explain_rule(struct buf *out, const struct sigma_set *set,
                        const struct sigma_rule *rule) {
	struct buf source = {0};
	rules_append_source(&source, &rule->source);
	explain_meta(out, &rule->meta);
	append_text_row(out, "log source", buf_str(&source));
	if (!rule->alerts) {
		append_text_row(out, "alerts", STR("only through correlations"));
	}
	buf_append_str(out, STR("  holds when\n"));
	explain_node(out, set, &rule->program, 0, 4);
	buf_deinit(&source);
}

static void explain_bounds(struct buf *out, const struct sigma_correlation *c) {
	static const char *const names[] = {[SIGMA_EQ] = "=",   [SIGMA_NEQ] = "!=", [SIGMA_LT] = "<",
	                                    [SIGMA_LTE] = "<=", [SIGMA_GT] = ">",   [SIGMA_GTE] = ">="};
	for (uint32_t i = 0; i < c->bounds_count; i++) {
		struct buf text = {0};
		buf_printf(&text, "%s %g", names[c->bounds[i].compare], c->bounds[i].value);
		append_text_row(out, i == 0 ? "condition" : "", buf_str(&text));
		buf_deinit(&text);
	}
}

void rules_explain_correlation(struct buf *out, const struct sigma_set *set,
                               const struct sigma_correlation *c) {
	struct buf text = {0};
	explain_meta(out, &c->meta);
	append_text_row(out, "correlation", str_from(sigma_correlation_type_name(c->type)));
	for (uint32_t i = 0; i < c->refs_count; i++) {
		const struct sigma_meta *meta = c->refs[i].to_correlation
		                                    ? &set->correlations[c->refs[i].index].meta
		                                    : &set->rules[c->refs[i].index].meta;
		append_text_row(out, i == 0 ? "of" : "", c->sound ? meta->title : c->refs[i].name);
	}
	append_texts_row(out, "for each", &c->group_by);
	append_texts_row(out, "field", &c->fields);
	buf_printf(&text, "%lld s", (long long)(c->timespan_ns / INSTANT_SECOND));
	append_text_row(out, "within", buf_str(&text));
	explain_bounds(out, c);
	for (uint32_t i = 0; i < c->aliases_count; i++) {
		buf_clear(&text);
		buf_printf(&text, "%.*s is %.*s in %.*s", STR_ARG(c->aliases[i].alias),
		           STR_ARG(c->aliases[i].field), STR_ARG(c->refs[c->aliases[i].ref].name));
		append_text_row(out, i == 0 ? "aliases" : "", buf_str(&text));
	}
	buf_deinit(&text);
}
