/* extract /regex/ [from FIELD]: named groups become fields. Rows that do not match go on as they
 * are.
 */
#include "base/limits.h"
#include "expr/regex.h"
#include "query/pipe.h"

struct extract {
	struct regex *regex;
	uint32_t from;
	struct field_list groups; /* in the regex's order */
	bool of_text;             /* from is the text of records */
	struct field_list fresh;  /* those that were dropped, or no columns of the table, before */
};

struct extracting {
	struct regex_run *run;
	struct value *values;
};

static enum err read_pattern(struct parser *p, struct extract *extract) {
	parser_skip(p);
	size_t first = p->at;
	struct diag inner = {0};
	struct str pattern;
	if (parser_peek(p, 0) == '/') {
		TRY(parser_regex(p, &pattern));
	} else if (parser_peek(p, 0) == '"') {
		TRY(parser_quoted(p, &pattern));
	} else {
		enum err err = pipe_expected(p, "a regular expression");
		diag_hint(p->diag, "extract /from (?<ip>[0-9.]+)/");
		return err;
	}
	enum err err = regex_new(pattern, &extract->regex, &inner);
	if (err != ERR_OK) {
		size_t at = MIN_OF(first + 1 + inner.position, p->text.len);
		return diag_set_at(p->diag, err, at, 0, "%s", inner.message);
	}
	parser_own_regex(p, extract->regex);
	if (regex_names(extract->regex) == 0) {
		err = diag_set_at(p->diag, ERR_INVALID, first, p->at - first,
		                  "this regular expression has no named group");
		diag_hint(p->diag, "name what becomes a field: (?<port>[0-9]+)");
		return err;
	}
	return ERR_OK;
}

static enum err extract_parse(struct parser *p, void **out_spec) {
	struct extract *extract = ARENA_NEW(p->arena, struct extract);
	TRY(read_pattern(p, extract));
	if (pipe_take_word(p, STR("from"))) {
		TRY(pipe_field(p, &extract->from));
	} else if (p->table) {
		return pipe_expected(p, "from FIELD (there are no records behind a table)");
	} else {
		extract->from = parser_field(p, STR("event.original"));
		extract->of_text = true;
		p->fields[extract->from].from_source = true;
	}
	for (size_t i = 0; i < regex_names(extract->regex); i++) {
		uint32_t field = parser_field(p, regex_name(extract->regex, i));
		p->fields[field].from_source = p->fields[field].from_source || !p->table;
		TRY(field_list_add(p, &extract->groups, field));
		bool fresh;
		if (p->table) {
			fresh = pipe_append_field(p, &p->columns, &p->columns_count, field);
		} else {
			fresh = pipe_undrop_field(p, field);
			pipe_append_field(p, &p->added, &p->added_count, field);
		}
		if (fresh) {
			TRY(field_list_add(p, &extract->fresh, field));
		}
	}
	*out_spec = extract;
	return ERR_OK;
}

static enum err extract_push(struct op *op, const struct flow_row *row) {
	const struct extract *extract = op->stage->spec;
	struct extracting *extracting = op->state;
	struct value from = row->values[extract->from];
	bool match = false;
	if (from.kind != VALUE_NONE && from.kind != VALUE_LIST) {
		enum err err = regex_match(extract->regex, extracting->run, from.text, &match);
		if (err != ERR_OK) {
			(void)diag_set(op->run->diag, err,
			               "the regular expression of extract gave up after %u steps",
			               LIMIT_REGEX_MATCH);
			diag_hint(op->run->diag,
			          "make it simpler: no repetition inside a repetition, as in (a+)+");
			return err;
		}
	}
	if (!match && extract->fresh.count == 0) {
		return op_pass(op, row);
	}
	struct flow_row changed = *row;
	memcpy(extracting->values, row->values,
	       op->run->query->fields_count * sizeof(*extracting->values));
	/* What was dropped before may have left a value. */
	for (size_t i = 0; i < extract->fresh.count; i++) {
		extracting->values[extract->fresh.items[i]] = VALUE_ABSENT;
	}
	for (size_t i = 0; match && i < extract->groups.count; i++) {
		struct str part;
		if (regex_captured(extract->regex, extracting->run, i, from.text, &part)) {
			extracting->values[extract->groups.items[i]] = value_string(part);
		}
	}
	changed.values = extracting->values;
	return op_pass(op, &changed);
}

static void extract_free(struct op *op) {
	struct extracting *extracting = op->state;
	regex_run_free(extracting->run);
}

static struct op *extract_make(struct run *run, const struct stage *stage) {
	const struct extract *extract = stage->spec;
	struct op *op = ARENA_NEW(run->arena, struct op);
	struct extracting *extracting = ARENA_NEW(run->arena, struct extracting);
	extracting->run = regex_run_new(extract->regex);
	extracting->values = ARENA_ARRAY(run->arena, run->query->fields_count + 1, struct value);
	*op = (struct op){
	    .state = extracting, .push = extract_push, .finish = op_finish_next, .free = extract_free};
	struct str begins;
	const char *mask;
	if (extract->of_text && extract->fresh.count == 0 &&
	    regex_begins(extract->regex, &begins, &mask)) {
		op->extracts = extract->regex;
	}
	return op;
}

const struct pipe_kind pipe_extract = {
    .name = STR_INIT("extract"),
    .usage = STR_INIT("extract /REGEX/ [from FIELD]"),
    .help = STR_INIT("makes fields of the named groups of a regular expression"),
    .flags = PIPE_STREAMS | PIPE_ALONE,
    .parse = extract_parse,
    .make = extract_make,
};
