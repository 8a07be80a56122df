/* A small language of its own: FUNCTION(FIELD) [by FIELD, ...] COMPARE NUMBER; near NAME [and
 * NAME].
 */
#include "sigma/aggregation.h"

struct parser {
	struct reading *r;
	struct str text;
	struct place place;
	size_t at;
	struct str token;
};

static bool is_mark(char c) {
	return c != '\0' && strchr("(),<>=!", c) != NULL;
}

static void advance(struct parser *p) {
	while (p->at < p->text.len && char_is_space(p->text.ptr[p->at])) {
		p->at++;
	}
	size_t from = p->at;
	bool compare = from < p->text.len && strchr("<>=!", p->text.ptr[from]) != NULL &&
	               p->text.ptr[from] != '\0';
	while (p->at < p->text.len && !char_is_space(p->text.ptr[p->at])) {
		bool mark = is_mark(p->text.ptr[p->at]);
		if (compare ? p->text.ptr[p->at] != '=' && p->at > from : mark && p->at > from) {
			break;
		}
		p->at++;
		if (mark && !compare) {
			break;
		}
	}
	p->token = str_slice(p->text, from, p->at);
}

static enum err fail(struct parser *p, const char *what) {
	return reading_fail(p->r, p->place, "aggregation, at '%.*s': %s",
	                    STR_ARG(str_slice(p->token.len > 0 ? p->token : STR("its end"), 0, 60)),
	                    what);
}

static bool is_word(const struct parser *p, const char *word) {
	return str_eq_nocase(p->token, str_from(word));
}

static enum err read_function(struct parser *p, struct sigma_correlation *c) {
	bool count = is_word(p, "count");
	if (!count && !is_word(p, "sum") && !is_word(p, "avg")) {
		return fail(p, "only count, sum, avg and near can be made a correlation");
	}
	c->type = is_word(p, "sum") ? SIGMA_VALUE_SUM : SIGMA_VALUE_AVG;
	advance(p);
	if (!is_word(p, "(")) {
		return fail(p, "an opening parenthesis is wanted");
	}
	advance(p);
	if (!is_word(p, ")")) {
		texts_append(&c->fields, p->r->arena, p->token);
		advance(p);
	}
	if (!is_word(p, ")")) {
		return fail(p, "a closing parenthesis is wanted");
	}
	if (count) {
		c->type = c->fields.count > 0 ? SIGMA_VALUE_COUNT : SIGMA_EVENT_COUNT;
	} else if (c->fields.count == 0) {
		return fail(p, "a field is wanted");
	}
	advance(p);
	return ERR_OK;
}

static enum err read_groups(struct parser *p, struct sigma_correlation *c) {
	if (!is_word(p, "by")) {
		return ERR_OK;
	}
	do {
		advance(p);
		if (p->token.len == 0 || is_mark(p->token.ptr[0])) {
			return fail(p, "the name of a field is wanted");
		}
		texts_append(&c->group_by, p->r->arena, p->token);
		advance(p);
	} while (is_word(p, ","));
	return ERR_OK;
}

static enum err read_bound(struct parser *p, struct sigma_correlation *c) {
	static const struct {
		const char *text;
		enum sigma_compare compare;
	} rows[] = {{">", SIGMA_GT},  {">=", SIGMA_GTE}, {"<", SIGMA_LT},  {"<=", SIGMA_LTE},
	            {"==", SIGMA_EQ}, {"=", SIGMA_EQ},   {"!=", SIGMA_NEQ}};
	size_t i = 0;
	while (i < ARRAY_LEN(rows) && !is_word(p, rows[i].text)) {
		i++;
	}
	if (i == ARRAY_LEN(rows)) {
		return fail(p, "a comparison such as > 5 is wanted");
	}
	advance(p);
	struct sigma_bound bound = {.compare = rows[i].compare};
	if (!str_to_double(p->token, &bound.value)) {
		return fail(p, "a number is wanted");
	}
	c->bounds[c->bounds_count++] = bound;
	advance(p);
	return p->token.len == 0 ? ERR_OK : fail(p, "the end is wanted");
}

/* ---- near ---- */

static enum err add_base(struct parser *p, const struct sigma_rule *rule, struct node *node,
                         struct sigma_correlation *c) {
	struct sigma_set *set = p->r->set;
	struct sigma_rule base = *rule;
	base.alerts = false;
	TRY(set_add_rule(p->r, &base, node));
	c->refs[c->refs_count++] = (struct sigma_ref){
	    .name = rule->meta.title, .place = rule->meta.place, .index = set->rules_count - 1};
	return ERR_OK;
}

/* near a and b: all of them and the rule itself, in any order. */
static enum err read_near(struct parser *p, const struct sigma_rule *rule,
                          const struct selections *selections, struct sigma_correlation *c) {
	c->type = SIGMA_TEMPORAL;
	do {
		advance(p);
		if (is_word(p, "not")) {
			return fail(p, "'near' with 'not' cannot be made a correlation");
		}
		uint32_t i = 0;
		while (i < selections->count && !str_eq(selections->names[i], p->token)) {
			i++;
		}
		if (i == selections->count || c->refs_count > selections->count) {
			return fail(p, "the name of a selection is wanted");
		}
		TRY(add_base(p, rule, selections->nodes[i], c));
		advance(p);
	} while (is_word(p, "and"));
	c->bounds[c->bounds_count++] = (struct sigma_bound){SIGMA_GTE, (double)c->refs_count};
	return p->token.len == 0 ? ERR_OK : fail(p, "and or the end is wanted");
}

enum err aggregation_read(struct reading *r, const struct tree_node *detection,
                          const struct sigma_rule *rule, const struct selections *selections,
                          const struct condition *condition) {
	struct parser p = {.r = r, .text = condition->aggregation, .place = condition->place};
	struct sigma_correlation c = {.meta = rule->meta, .alerts = true};
	const struct tree_node *timeframe = tree_find(detection, STR("timeframe"), NULL);
	uint32_t rules_before = r->set->rules_count;
	if (timeframe == NULL || !timespan_parse(timeframe->text, &c.timespan_ns)) {
		(void)reading_fail(r, timeframe == NULL ? detection->place : timeframe->place,
		                   "an aggregation needs a timeframe");
		reading_hint(r, "a number with s, m, h or d, such as 5m, under the detection");
		return ERR_INVALID;
	}
	c.refs = ARENA_ARRAY(r->arena, selections->count + 2, struct sigma_ref);
	TRY(add_base(&p, rule, condition->node, &c));
	advance(&p);
	enum err err;
	if (is_word(&p, "near")) {
		err = read_near(&p, rule, selections, &c);
	} else {
		err = read_function(&p, &c);
		err = err == ERR_OK ? read_groups(&p, &c) : err;
		err = err == ERR_OK ? read_bound(&p, &c) : err;
	}
	if (err != ERR_OK) {
		r->set->rules_count = rules_before;
		return err;
	}
	c.from_aggregation = true;
	set_add_correlation(r, &c);
	return ERR_OK;
}
