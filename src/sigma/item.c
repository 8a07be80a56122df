/* One field with its values: values are read by kind, changed by modifiers, and become atoms. */
#include "sigma/item.h"

#include "base/limits.h"
#include "sigma/text.h"

/* ---- atoms ---- */

/* Adds an atom that can be matched, or says what is wrong with it. */
static enum err add_atom(struct reading *r, const struct tree_node *value, const struct atom *atom,
                         struct node *out) {
	struct diag diag = {0};
	if (atom->text.len > LIMIT_ATOM_TEXT) {
		return reading_fail(r, value->place, "this value is longer than %zu bytes",
		                    LIMIT_ATOM_TEXT);
	}
	if (atom->kind == ATOM_WILDCARD && atom->text.len > LIMIT_WILDCARD_TEXT) {
		return reading_fail(r, value->place, "this pattern is longer than %zu bytes",
		                    LIMIT_WILDCARD_TEXT);
	}
	bool checked = atom->kind == ATOM_REGEX || atom->kind == ATOM_CIDR ||
	               atom->kind == ATOM_COMPARE || atom->kind == ATOM_TIME;
	if (checked) {
		struct arena *scratch = arena_new(SIZE_MAX);
		struct atom_test *test = NULL;
		enum err err = atom_test_new(scratch, atom, &test, &diag);
		if (err == ERR_OK) {
			atom_test_deinit(test);
		}
		arena_free(scratch);
		if (err != ERR_OK) {
			return reading_fail(r, value->place, "%s: %.*s", diag.message,
			                    STR_ARG(str_slice(atom->text, 0, 100)));
		}
	}
	node_add(r->arena, out, node_atom(r->arena, atom));
	return ERR_OK;
}

static struct atom atom_of(const struct modifiers *m) {
	return (struct atom){
	    .kind = m->kind, .flags = m->flags, .op = m->op, .part = m->part, .field = m->field};
}

/* ---- texts ---- */

static const struct texts *placeholder_values(void *ctx, struct str name) {
	const struct reading *r = ctx;
	const uint64_t *at = map_find(r->set->parts->placeholders, name);
	return at == NULL ? NULL : r->set->parts->placeholder_values[*at];
}

static enum err expand(struct reading *r, const struct tree_node *value, struct texts *out) {
	struct str missing = {0};
	enum err err = text_expand(r->arena, value->text, placeholder_values, r, out, &missing);
	if (err == ERR_NOT_FOUND) {
		(void)reading_fail(r, value->place, "there are no values for the placeholder %%%.*s%%",
		                   STR_ARG(str_slice(missing, 0, 60)));
		reading_hint(r, "give them in a file: --placeholders FILE with the line  %.*s: [one, two]",
		             STR_ARG(str_slice(missing, 0, 60)));
		return ERR_INVALID;
	}
	return err == ERR_OK
	           ? ERR_OK
	           : reading_fail(r, value->place, "placeholders make too many values of this");
}

static enum err encode_base64(struct reading *r, const struct tree_node *value,
                              enum encoding encoding, struct str pattern, struct texts *out) {
	struct str bytes;
	if (!text_plain(r->arena, pattern, &bytes)) {
		return reading_fail(r, value->place, "a text with wildcards cannot be written in Base64");
	}
	if (encoding == ENCODING_BASE64) {
		texts_append(out, r->arena, text_base64(r->arena, bytes));
		return ERR_OK;
	}
	for (unsigned shift = 0; shift < 3; shift++) {
		struct str part = text_base64_offset(r->arena, bytes, shift);
		if (part.len == 0) {
			return reading_fail(r, value->place, "this is too short to be found in Base64");
		}
		texts_append(out, r->arena, part);
	}
	return ERR_OK;
}

static enum err encode(struct reading *r, const struct tree_node *value, enum encoding encoding,
                       struct str pattern, struct texts *out) {
	switch (encoding) {
	case ENCODING_BASE64:
	case ENCODING_BASE64_OFFSET:
		return encode_base64(r, value, encoding, pattern, out);
	case ENCODING_UTF16:
	case ENCODING_UTF16LE:
	case ENCODING_UTF16BE:
		texts_append(out, r->arena,
		             text_utf16(r->arena, pattern, encoding == ENCODING_UTF16BE,
		                        encoding == ENCODING_UTF16));
		return ERR_OK;
	case ENCODING_WINDASH:
		return text_windash(r->arena, pattern, out) == ERR_OK
		           ? ERR_OK
		           : reading_fail(r, value->place, "windash makes too many values of this");
	case ENCODING_NONE:
	default:
		texts_append(out, r->arena, pattern);
		return ERR_OK;
	}
}

/* All patterns that a value stands for. */
static enum err patterns_of(struct reading *r, const struct tree_node *value,
                            const struct modifiers *m, struct texts *out) {
	struct texts patterns = {0};
	if (value->kind == TREE_BOOL) { /* true, True and TRUE are one value */
		texts_append(&patterns, r->arena,
		             char_lower(value->text.ptr[0]) == 't' ? STR("true") : STR("false"));
	} else if (m->expand) {
		TRY(expand(r, value, &patterns));
	} else {
		texts_append(&patterns, r->arena, text_pattern(r->arena, value->text));
	}
	for (uint32_t i = 0; i < m->encodings_count; i++) {
		struct texts encoded = {0};
		for (uint32_t k = 0; k < patterns.count; k++) {
			TRY(encode(r, value, m->encodings[i], patterns.items[k], &encoded));
			if (encoded.count > LIMIT_RULE_VALUES) {
				return reading_fail(r, value->place, "modifiers make too many values of this");
			}
		}
		patterns = encoded;
	}
	*out = patterns;
	return ERR_OK;
}

static enum err read_text(struct reading *r, const struct tree_node *value,
                          const struct modifiers *m, struct node *out) {
	struct texts patterns = {0};
	enum atom_kind anchor = m->anchor;
	if (anchor == ATOM_EQUALS && m->field.len == 0) { /* keywords are looked for anywhere */
		anchor = ATOM_CONTAINS;
	}
	TRY(patterns_of(r, value, m, &patterns));
	for (uint32_t i = 0; i < patterns.count; i++) {
		struct atom atom = atom_of(m);
		struct str pattern =
		    text_anchor(r->arena, patterns.items[i], anchor == ATOM_CONTAINS || anchor == ATOM_ENDS,
		                anchor == ATOM_CONTAINS || anchor == ATOM_STARTS);
		text_to_atom(r->arena, pattern, &atom);
		TRY(add_atom(r, value, &atom, out));
	}
	return ERR_OK;
}

/* ---- values ---- */

static bool is_number(const struct tree_node *value) {
	return value->kind == TREE_INTEGER || value->kind == TREE_FLOAT;
}

static enum err want(struct reading *r, const struct tree_node *value, bool ok, const char *what) {
	return ok ? ERR_OK
	          : reading_fail(r, value->place, "here stands %s, where %s is wanted",
	                         tree_kind_name(value->kind), what);
}

static enum err read_null(struct reading *r, const struct tree_node *value,
                          const struct modifiers *m, struct node *out) {
	bool plain =
	    m->kind == ATOM_EQUALS && m->anchor == ATOM_EQUALS && m->encodings_count == 0 && !m->expand;
	TRY(want(r, value, plain, "a value"));
	TRY(want(r, value, m->field.len > 0, "a keyword"));
	struct atom atom = {.kind = ATOM_NULL, .field = m->field};
	return add_atom(r, value, &atom, out);
}

static enum err read_networks(struct reading *r, const struct tree_node *value,
                              const struct modifiers *m, struct node *out) {
	struct texts texts = {0};
	if (m->expand) {
		TRY(expand(r, value, &texts));
	} else {
		texts_append(&texts, r->arena, value->text);
	}
	for (uint32_t i = 0; i < texts.count; i++) {
		struct atom atom = atom_of(m);
		atom.text = texts.items[i];
		TRY(add_atom(r, value, &atom, out));
	}
	return ERR_OK;
}

static enum err read_exists(struct reading *r, const struct tree_node *value,
                            const struct modifiers *m, struct node *out) {
	struct atom atom = atom_of(m);
	TRY(want(r, value, value->kind == TREE_BOOL, "true or false"));
	struct node *node = node_atom(r->arena, &atom);
	bool there = char_lower(value->text.ptr[0]) == 't';
	node_add(r->arena, out, there ? node : node_not(r->arena, node));
	return ERR_OK;
}

/* Adds to out what one value stands for: one of out's children must hold. */
static enum err read_value(struct reading *r, const struct tree_node *value,
                           const struct modifiers *m, struct node *out) {
	struct atom atom = atom_of(m);
	TRY(want(r, value, tree_is_scalar(value), "a text or number"));
	if (value->kind == TREE_NULL) {
		return read_null(r, value, m, out);
	}
	switch (m->kind) {
	case ATOM_EXISTS:
		return read_exists(r, value, m, out);
	case ATOM_CIDR:
		return read_networks(r, value, m, out);
	case ATOM_COMPARE:
	case ATOM_TIME:
		TRY(want(r, value, is_number(value), "a number"));
		atom.text = value->text;
		return add_atom(r, value, &atom, out);
	case ATOM_FIELD:
		TRY(want(r, value, value->kind == TREE_STRING && value->text.len > 0,
		         "the name of a field"));
		atom.relation = m->anchor;
		atom.text = value->text;
		return add_atom(r, value, &atom, out);
	case ATOM_REGEX:
		atom.text = value->text;
		return add_atom(r, value, &atom, out);
	case ATOM_EQUALS:
	case ATOM_CONTAINS:
	case ATOM_STARTS:
	case ATOM_ENDS:
	case ATOM_WILDCARD:
	case ATOM_NULL:
	case ATOM_KIND_COUNT:
	default:
		return read_text(r, value, m, out);
	}
}

/* ---- fields and selections ---- */

static enum err read_list(struct reading *r, const struct tree_node *list,
                          const struct modifiers *m, struct node *out) {
	if (list->count == 0) {
		return reading_fail(r, list->place, "this list has no values");
	}
	if (m->kind == ATOM_EXISTS) {
		return reading_fail(r, list->place, "exists takes true or false, not a list");
	}
	for (uint32_t i = 0; i < list->count; i++) {
		struct node *forms = m->all ? node_new(r->arena, PROGRAM_OR) : out;
		TRY(read_value(r, list->items[i], m, forms));
		if (m->all) {
			node_add(r->arena, out, forms);
		}
	}
	return ERR_OK;
}

/* One key of a map with its value or values. */
static enum err read_field(struct reading *r, const struct tree_node *key,
                           const struct tree_node *value, struct node **out_node) {
	struct modifiers m;
	TRY(modifiers_read(r, key, &m));
	bool list = value->kind == TREE_LIST;
	struct node *node = node_new(r->arena, m.all && list ? PROGRAM_AND : PROGRAM_OR);
	if (list) {
		TRY(read_list(r, value, &m, node));
	} else {
		TRY(read_value(r, value, &m, node));
	}
	*out_node = m.neq ? node_not(r->arena, node) : node;
	return ERR_OK;
}

static enum err read_map(struct reading *r, const struct tree_node *map, struct node **out_node) {
	struct node *node = node_new(r->arena, PROGRAM_AND);
	if (map->count == 0) {
		return reading_fail(r, map->place, "this selection is empty");
	}
	for (uint32_t i = 0; i < map->count; i += 2) {
		struct node *field;
		TRY(read_field(r, map->items[i], map->items[i + 1], &field));
		node_add(r->arena, node, field);
	}
	*out_node = node;
	return ERR_OK;
}

enum err selection_read(struct reading *r, const struct tree_node *selection,
                        struct node **out_node) {
	static const struct modifiers keyword = {.kind = ATOM_EQUALS, .anchor = ATOM_EQUALS};
	if (selection->kind == TREE_MAP) {
		return read_map(r, selection, out_node);
	}
	struct node *node = node_new(r->arena, PROGRAM_OR);
	*out_node = node;
	if (selection->kind != TREE_LIST) {
		return read_value(r, selection, &keyword, node);
	}
	if (selection->count == 0) {
		return reading_fail(r, selection->place, "this selection is empty");
	}
	for (uint32_t i = 0; i < selection->count; i++) {
		const struct tree_node *item = selection->items[i];
		if (item->kind == TREE_MAP) {
			struct node *map;
			TRY(read_map(r, item, &map));
			node_add(r->arena, node, map);
		} else {
			TRY(read_value(r, item, &keyword, node));
		}
	}
	return ERR_OK;
}
