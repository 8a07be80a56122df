/* Recursive descent over words and parentheses. */
#include "sigma/condition.h"

#include "base/limits.h"

struct parser {
	struct reading *r;
	struct str text;
	struct place place;
	const struct selections *selections;
	size_t at; /* behind the token */
	size_t token_at;
	struct str token; /* "(", ")", "|", a word; empty at the end */
	uint32_t depth;
};

static void advance(struct parser *p) {
	while (p->at < p->text.len && char_is_space(p->text.ptr[p->at])) {
		p->at++;
	}
	p->token_at = p->at;
	while (p->at < p->text.len && !char_is_space(p->text.ptr[p->at])) {
		bool mark = strchr("()|,", p->text.ptr[p->at]) != NULL;
		if (mark && p->at > p->token_at) {
			break;
		}
		p->at++;
		if (mark) {
			break;
		}
	}
	p->token = str_slice(p->text, p->token_at, p->at);
}

static enum err fail(struct parser *p, const char *what) {
	struct place place = p->place;
	bool one_line = str_find_char(p->text, '\n', 0) == p->text.len;
	place.column += one_line ? (uint32_t)p->token_at : 0;
	return reading_fail(p->r, place, "condition, at '%.*s': %s",
	                    STR_ARG(str_slice(p->token.len > 0 ? p->token : STR("its end"), 0, 60)),
	                    what);
}

static bool is_word(const struct parser *p, const char *word) {
	return str_eq_nocase(p->token, str_from(word));
}

/* ---- of ---- */

/* Refuses what would take more time or memory than a condition may. */
static enum err spend(struct parser *p, uint64_t steps, uint32_t uses) {
	struct sigma_parts *parts = p->r->set->parts;
	parts->steps += steps;
	parts->uses += uses;
	return parts->steps > LIMIT_CONDITION_STEPS || parts->uses > LIMIT_RULE_OPS
	           ? fail(p, "here the condition becomes too large")
	           : ERR_OK;
}

/* '*' is any run of characters. Adds what it took to *steps. */
static bool fits(struct str pattern, struct str name, uint64_t *steps) {
	size_t at = 0;
	size_t k = 0;
	size_t star = SIZE_MAX;
	size_t star_at = 0;
	while (at < name.len) {
		++*steps;
		if (k < pattern.len && pattern.ptr[k] == '*') {
			star = ++k;
			star_at = at;
		} else if (k < pattern.len && pattern.ptr[k] == name.ptr[at]) {
			k++;
			at++;
		} else if (star != SIZE_MAX) {
			k = star;
			at = ++star_at;
		} else {
			return false;
		}
	}
	while (k < pattern.len && pattern.ptr[k] == '*') {
		k++;
	}
	return k == pattern.len;
}

/* Selections whose name begins with '_' are meant only by patterns that say so. */
static bool is_meant(const struct parser *p, struct str name, uint64_t *steps) {
	bool hidden = name.len > 0 && name.ptr[0] == '_';
	if (is_word(p, "them")) {
		return !hidden;
	}
	return fits(p->token, name, steps) && (!hidden || p->token.ptr[0] == '_');
}

static enum err read_of(struct parser *p, bool all, struct node **out_node) {
	struct node *node = node_new(p->r->arena, all ? PROGRAM_AND : PROGRAM_OR);
	advance(p); /* of */
	if (p->token.len == 0 || strchr("()|,", p->token.ptr[0]) != NULL) {
		return fail(p, "behind 'of' a pattern such as selection_* or 'them' is wanted");
	}
	for (uint32_t i = 0; i < p->selections->count; i++) {
		uint64_t steps = 1;
		bool meant = is_meant(p, p->selections->names[i], &steps);
		TRY(spend(p, steps, meant));
		if (meant) {
			node_add(p->r->arena, node, p->selections->nodes[i]);
		}
	}
	if (node->count == 0) {
		return fail(p, "no selection has such a name");
	}
	advance(p);
	*out_node = node;
	return ERR_OK;
}

/* ---- terms ---- */

static enum err read_or(struct parser *p, struct node **out_node);

static enum err read_name(struct parser *p, struct node **out_node) {
	TRY(spend(p, p->selections->count, 1));
	for (uint32_t i = 0; i < p->selections->count; i++) {
		if (str_eq(p->selections->names[i], p->token)) {
			*out_node = p->selections->nodes[i];
			advance(p);
			return ERR_OK;
		}
	}
	return fail(p, "there is no selection of that name");
}

static bool before_of(const struct parser *p) {
	struct parser ahead = *p;
	advance(&ahead);
	return is_word(&ahead, "of");
}

static enum err read_quantity(struct parser *p, struct node **out_node) {
	bool all = is_word(p, "all");
	if (!all && !is_word(p, "1") && !is_word(p, "any")) {
		return fail(p, "only '1 of', 'any of' and 'all of' are known");
	}
	advance(p);
	return read_of(p, all, out_node);
}

static enum err read_primary(struct parser *p, struct node **out_node) {
	if (p->token.len == 0 || is_word(p, ")") || is_word(p, "|") || is_word(p, ",")) {
		return fail(p, "the name of a selection is wanted");
	}
	if (is_word(p, "(")) {
		advance(p);
		TRY(read_or(p, out_node));
		if (!is_word(p, ")")) {
			return fail(p, "and, or or a closing parenthesis is wanted");
		}
		advance(p);
		return ERR_OK;
	}
	return before_of(p) ? read_quantity(p, out_node) : read_name(p, out_node);
}

static bool is_selection(const struct parser *p) {
	for (uint32_t i = 0; i < p->selections->count; i++) {
		if (str_eq(p->selections->names[i], p->token)) {
			return true;
		}
	}
	return false;
}

static enum err read_not(struct parser *p, struct node **out_node) {
	if (++p->depth > LIMIT_CONDITION_DEPTH) {
		return fail(p, "this is nested too deeply");
	}
	bool negates = is_word(p, "not");
	TRY(spend(p, negates ? p->selections->count : 0, 0));
	if (negates && !is_selection(p)) {
		struct node *node;
		advance(p);
		TRY(read_not(p, &node));
		*out_node = node_not(p->r->arena, node);
	} else {
		TRY(read_primary(p, out_node));
	}
	p->depth--;
	return ERR_OK;
}

/* operand { word operand } as one node. */
static enum err read_row(struct parser *p, const char *word, enum program_kind kind,
                         enum err (*operand)(struct parser *p, struct node **out_node),
                         struct node **out_node) {
	struct node *node = node_new(p->r->arena, kind);
	struct node *child;
	TRY(operand(p, &child));
	node_add(p->r->arena, node, child);
	while (is_word(p, word)) {
		advance(p);
		TRY(operand(p, &child));
		node_add(p->r->arena, node, child);
	}
	*out_node = node;
	return ERR_OK;
}

static enum err read_and(struct parser *p, struct node **out_node) {
	return read_row(p, "and", PROGRAM_AND, read_not, out_node);
}

static enum err read_or(struct parser *p, struct node **out_node) {
	return read_row(p, "or", PROGRAM_OR, read_and, out_node);
}

enum err condition_read(struct reading *r, struct str text, struct place place,
                        const struct selections *selections, struct node **out_node,
                        struct str *out_aggregation, size_t *out_at) {
	struct parser p = {.r = r, .text = text, .place = place, .selections = selections};
	struct node *node;
	advance(&p);
	TRY(read_or(&p, &node));
	if (p.token.len > 0 && !is_word(&p, "|")) {
		return fail(&p, "and, or or the end is wanted");
	}
	*out_node = node;
	*out_at = p.at;
	*out_aggregation = str_trim(str_slice(text, p.at, text.len));
	if (p.token.len > 0 && out_aggregation->len == 0) {
		return fail(&p, "behind the bar an aggregation is wanted");
	}
	return ERR_OK;
}
