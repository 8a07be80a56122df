/* Chains of modifiers. */
#include "sigma/modifier.h"

#include "base/limits.h"

enum role {
	ROLE_ANCHOR,   /* value: an atom_kind */
	ROLE_KIND,     /* value: an atom_kind */
	ROLE_COMPARE,  /* value: an atom_op */
	ROLE_PART,     /* value: an atom_part */
	ROLE_FLAG,     /* value: an atom_flag of regexes */
	ROLE_ENCODING, /* value: an encoding */
	ROLE_CASED,
	ROLE_ALL,
	ROLE_NEQ,
	ROLE_EXPAND,
};

struct row {
	struct modifier_help help;
	enum role role;
	unsigned value;
};

static const struct row rows[] = {
    {{"contains", "the value is somewhere in the field"}, ROLE_ANCHOR, ATOM_CONTAINS},
    {{"startswith", "the field begins with it"}, ROLE_ANCHOR, ATOM_STARTS},
    {{"endswith", "the field ends with it"}, ROLE_ANCHOR, ATOM_ENDS},
    {{"all", "all values of the list, not one of them"}, ROLE_ALL, 0},
    {{"cased", "letters of other case are other letters"}, ROLE_CASED, 0},
    {{"neq", "the field is none of the values"}, ROLE_NEQ, 0},
    {{"exists", "the field is there (true) or not (false)"}, ROLE_KIND, ATOM_EXISTS},
    {{"re", "a regular expression (PCRE), case-sensitive"}, ROLE_KIND, ATOM_REGEX},
    {{"i", "of re: in any case"}, ROLE_FLAG, ATOM_CASELESS},
    {{"m", "of re: ^ and $ at every line"}, ROLE_FLAG, ATOM_MULTILINE},
    {{"s", "of re: the dot is also a line feed"}, ROLE_FLAG, ATOM_DOTALL},
    {{"cidr", "the field is an address in the network"}, ROLE_KIND, ATOM_CIDR},
    {{"lt", "the field is a number less than it"}, ROLE_COMPARE, ATOM_LT},
    {{"lte", "less or equal"}, ROLE_COMPARE, ATOM_LTE},
    {{"gt", "greater"}, ROLE_COMPARE, ATOM_GT},
    {{"gte", "greater or equal"}, ROLE_COMPARE, ATOM_GTE},
    {{"minute", "the minute of a time"}, ROLE_PART, ATOM_MINUTE},
    {{"hour", "its hour"}, ROLE_PART, ATOM_HOUR},
    {{"day", "its day of the month"}, ROLE_PART, ATOM_DAY},
    {{"week", "its week, by ISO 8601"}, ROLE_PART, ATOM_WEEK},
    {{"month", "its month"}, ROLE_PART, ATOM_MONTH},
    {{"year", "its year"}, ROLE_PART, ATOM_YEAR},
    {{"fieldref", "the value is the name of another field"}, ROLE_KIND, ATOM_FIELD},
    {{"expand", "%name% stands for values from a file"}, ROLE_EXPAND, 0},
    {{"windash", "a dash before a word, in all five ways"}, ROLE_ENCODING, ENCODING_WINDASH},
    {{"base64", "written in Base64"}, ROLE_ENCODING, ENCODING_BASE64},
    {{"base64offset", "somewhere in a Base64 text"}, ROLE_ENCODING, ENCODING_BASE64_OFFSET},
    {{"utf16", "in UTF-16 with a byte order mark"}, ROLE_ENCODING, ENCODING_UTF16},
    {{"utf16le", "in UTF-16, little-endian"}, ROLE_ENCODING, ENCODING_UTF16LE},
    {{"wide", "the same"}, ROLE_ENCODING, ENCODING_UTF16LE},
    {{"utf16be", "in UTF-16, big-endian"}, ROLE_ENCODING, ENCODING_UTF16BE},
};

const struct modifier_help *modifier_help(size_t i) {
	return i < ARRAY_LEN(rows) ? &rows[i].help : NULL;
}

static const struct row *find(struct str name) {
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (str_eq(name, str_from(rows[i].help.name))) {
			return &rows[i];
		}
	}
	return NULL;
}

static const char *clash(const struct modifiers *m, enum role role) {
	bool text = m->kind == ATOM_EQUALS;
	switch (role) {
	case ROLE_ANCHOR:
		return m->anchor != ATOM_EQUALS ? "only one of contains, startswith, endswith can be"
		                                : NULL;
	case ROLE_KIND:
		return text ? NULL : "two kinds of comparison cannot be one";
	case ROLE_COMPARE:
		return text || (m->kind == ATOM_TIME && m->op == ATOM_EQ)
		           ? NULL
		           : "two kinds of comparison cannot be one";
	case ROLE_PART:
		return text || (m->kind == ATOM_COMPARE) ? NULL : "two kinds of comparison cannot be one";
	case ROLE_FLAG:
		return m->kind == ATOM_REGEX ? NULL : "this modifier only stands behind 're'";
	case ROLE_ENCODING:
		return m->encodings_count < ENCODINGS_MAX ? NULL : "there are too many modifiers";
	case ROLE_CASED:
	case ROLE_ALL:
	case ROLE_NEQ:
	case ROLE_EXPAND:
	default:
		return NULL;
	}
}

static void apply(struct modifiers *m, const struct row *row) {
	switch (row->role) {
	case ROLE_ANCHOR:
		m->anchor = (enum atom_kind)row->value;
		break;
	case ROLE_KIND:
		m->kind = (enum atom_kind)row->value;
		break;
	case ROLE_COMPARE:
		m->kind = m->kind == ATOM_TIME ? ATOM_TIME : ATOM_COMPARE;
		m->op = (enum atom_op)row->value;
		break;
	case ROLE_PART:
		m->kind = ATOM_TIME;
		m->part = (enum atom_part)row->value;
		break;
	case ROLE_FLAG:
		m->flags |= row->value;
		break;
	case ROLE_ENCODING:
		m->encodings[m->encodings_count++] = (enum encoding)row->value;
		break;
	case ROLE_CASED:
		m->flags |= ATOM_CASED;
		break;
	case ROLE_ALL:
		m->all = true;
		break;
	case ROLE_NEQ:
		m->neq = true;
		break;
	case ROLE_EXPAND:
	default:
		m->expand = true;
	}
}

/* What cannot be, whatever the order of the modifiers. */
static const char *clash_of_all(const struct modifiers *m) {
	bool text = m->kind == ATOM_EQUALS;
	if (m->kind == ATOM_REGEX && (m->anchor == ATOM_STARTS || m->anchor == ATOM_ENDS)) {
		return "a regular expression has anchors of its own: ^ and $";
	}
	if (m->anchor != ATOM_EQUALS && !text && m->kind != ATOM_FIELD && m->kind != ATOM_REGEX) {
		return "contains, startswith and endswith are for texts";
	}
	if (m->encodings_count > 0 && !text) {
		return "encodings and windash are for texts";
	}
	if ((m->flags & ATOM_CASED) != 0 && !text && m->kind != ATOM_FIELD) {
		return "cased is for texts (regular expressions are cased unless they say |i)";
	}
	if (m->expand && !text && m->kind != ATOM_CIDR) {
		return "expand is for texts and networks";
	}
	if (m->field.len == 0 && (m->kind == ATOM_EXISTS || m->kind == ATOM_FIELD)) {
		return "this modifier needs a field";
	}
	return NULL;
}

static enum err read_chain(struct reading *r, const struct tree_node *key, struct str chain,
                           struct modifiers *m) {
	while (chain.len > 0) {
		chain = str_slice(chain, 1, chain.len); /* the bar */
		struct str name = str_slice(chain, 0, str_find_char(chain, '|', 0));
		chain = str_slice(chain, name.len, chain.len);
		const struct row *row = find(name);
		if (row == NULL) {
			return reading_fail(r, key->place, "there is no modifier '%.*s'",
			                    STR_ARG(str_slice(name, 0, 60)));
		}
		const char *why = clash(m, row->role);
		if (why != NULL) {
			return reading_fail(r, key->place, "'%s' cannot stand here: %s", row->help.name, why);
		}
		apply(m, row);
	}
	return ERR_OK;
}

enum err modifiers_read(struct reading *r, const struct tree_node *key,
                        struct modifiers *out_modifiers) {
	size_t bar = str_find_char(key->text, '|', 0);
	struct modifiers m = {
	    .field = str_slice(key->text, 0, bar), .kind = ATOM_EQUALS, .anchor = ATOM_EQUALS};
	if (m.field.len > LIMIT_FIELD_NAME) {
		return reading_fail(r, key->place, "this name of a field is too long");
	}
	TRY(read_chain(r, key, str_slice(key->text, bar, key->text.len), &m));
	const char *why = clash_of_all(&m);
	if (why != NULL) {
		return reading_fail(r, key->place, "'%.*s' cannot be: %s",
		                    STR_ARG(str_slice(key->text, 0, 100)), why);
	}
	*out_modifiers = m;
	return ERR_OK;
}
