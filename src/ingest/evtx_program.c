/* The compiler of BinXML. It never trusts an offset: every read is checked against the end of what
 * is being read, and a fault ends the program with all elements closed, so that what was readable
 * still renders as well-formed XML.
 */
#include "ingest/evtx_program.h"

#include "base/endian.h"
#include "base/limits.h"
#include "ingest/evtx_template.h"
#include "ingest/evtx_value.h"

/* Tokens (MS-EVEN6 2.2.12). TOKEN_MORE: an attribute list follows, or more of the same. */
enum token {
	TOKEN_EOF = 0x00,
	TOKEN_OPEN_START = 0x01,
	TOKEN_CLOSE_START = 0x02,
	TOKEN_CLOSE_EMPTY = 0x03,
	TOKEN_END = 0x04,
	TOKEN_VALUE = 0x05,
	TOKEN_ATTRIBUTE = 0x06,
	TOKEN_CDATA = 0x07,
	TOKEN_CHAR_REF = 0x08,
	TOKEN_ENTITY_REF = 0x09,
	TOKEN_PI_TARGET = 0x0a,
	TOKEN_PI_DATA = 0x0b,
	TOKEN_INSTANCE = 0x0c,
	TOKEN_SUBSTITUTION = 0x0d,
	TOKEN_OPTIONAL = 0x0e,
	TOKEN_FRAGMENT = 0x0f,
	TOKEN_MORE = 0x40,
};

enum {
	NAME_HEADER = 8, /* next, hash, count of characters */
	OP_COST = 16,    /* of the budget, above the bytes that are written */
};

static const char fault_short[] = "BinXML ends within a token";
static const char fault_token[] = "unknown BinXML token";
static const char fault_order[] = "BinXML token in a place where it cannot stand";
static const char fault_name[] = "name of an element or attribute is damaged";
static const char fault_depth[] = "elements nested too deeply";
static const char fault_budget[] = "events of this chunk grow beyond the limit";

struct open_element {
	uint32_t element;  /* index */
	uint32_t contents; /* pieces of content so far */
	uint32_t first_op;
};

struct compiler {
	struct evtx_chunk *chunk;
	uint32_t at, end;
	bool dependency_ids; /* elements carry one: in template definitions */
	bool in_head;        /* between "<Name" and ">" */
	bool in_attribute;
	uint32_t attribute_op;
	uint32_t attribute_pieces;
	uint32_t depth;
	struct open_element open[LIMIT_XML_DEPTH];
	const char *fault;  /* what ended the program */
	const char *damage; /* the first thing that was wrong but did not */
	uint32_t damage_at;
};

static bool fail(struct compiler *c, const char *fault) {
	c->fault = fault;
	return false;
}

/* Remembers what is wrong but does not end the program. */
static void damage(struct compiler *c, const char *damage, uint32_t at) {
	if (c->damage == NULL) {
		c->damage = damage;
		c->damage_at = at;
	}
}

/* Moves over len bytes; *out_at is where they stand. */
static bool take(struct compiler *c, uint32_t len, uint32_t *out_at) {
	if (len > c->end - c->at) {
		return fail(c, fault_short);
	}
	*out_at = c->at;
	c->at += len;
	return true;
}

static struct evtx_op *last_op(struct compiler *c) {
	struct buf *ops = &c->chunk->ops;
	return (struct evtx_op *)(void *)(ops->ptr + ops->len) - 1;
}

static uint32_t ops_count(const struct compiler *c) {
	return (uint32_t)(c->chunk->ops.len / sizeof(struct evtx_op));
}

static struct evtx_op *op_at(struct compiler *c, uint32_t i) {
	ASSERT(i < ops_count(c));
	return (struct evtx_op *)(void *)c->chunk->ops.ptr + i;
}

static struct evtx_element *element_at(struct compiler *c, uint32_t i) {
	return (struct evtx_element *)(void *)c->chunk->elements.ptr + i;
}

/* Appends an operation whose literal starts here. */
static struct evtx_op *add_op(struct compiler *c, enum evtx_op_kind kind) {
	struct evtx_op op = {.kind = (uint8_t)kind,
	                     .in_attribute = c->in_attribute,
	                     .value = EVTX_NO_VALUE,
	                     .literal = (uint32_t)c->chunk->literals.len};
	buf_append(&c->chunk->ops, &op, sizeof(op));
	return last_op(c);
}

/* The literal of the last operation ends here. False when the budget is used up. */
static bool seal_op(struct compiler *c) {
	struct evtx_op *op = last_op(c);
	op->literal_len = (uint32_t)c->chunk->literals.len - op->literal;
	return evtx_chunk_spend(c->chunk, op->literal_len + OP_COST) || fail(c, fault_budget);
}

static void literal(struct compiler *c, struct str text) {
	buf_append_str(&c->chunk->literals, text);
}

/* Whether a name stands at the chunk offset. */
static bool name_fits(const struct evtx_chunk *chunk, uint32_t at) {
	if (at > chunk->size || chunk->size - at < NAME_HEADER) {
		return false;
	}
	uint32_t bytes = 2 * (uint32_t)le16_load(chunk->bytes + at + 6);
	return bytes + 2 <= chunk->size - at - NAME_HEADER &&
	       le16_load(chunk->bytes + at + NAME_HEADER + bytes) == 0;
}

static uint32_t name_size(const struct evtx_chunk *chunk, uint32_t at) {
	return NAME_HEADER + 2 * (uint32_t)le16_load(chunk->bytes + at + 6) + 2;
}

/* ASCII that no name has becomes an underscore: with damaged names too the XML is well-formed. */
static void mend_name(struct buf *literals, size_t from) {
	for (size_t i = from; i < literals->len; i++) {
		char c = literals->ptr[i];
		bool good = char_is_alpha(c) || char_is_digit(c) || (unsigned char)c >= 0x80 || c == '_' ||
		            c == '-' || c == '.' || c == ':';
		if (!good) {
			literals->ptr[i] = '_';
		}
	}
	if (literals->len == from) {
		buf_append_char(literals, '_');
	}
}

/* Whether a name stands at the chunk offset and has the hash that stands with it. */
static bool name_is_good(const struct evtx_chunk *chunk, uint32_t at) {
	if (!name_fits(chunk, at)) {
		return false;
	}
	uint32_t hash = 0;
	uint32_t units = le16_load(chunk->bytes + at + 6);
	for (uint32_t i = 0; i < units; i++) {
		hash = hash * 65599 + le16_load(chunk->bytes + at + NAME_HEADER + 2 * i);
	}
	return (hash & 0xffff) == le16_load(chunk->bytes + at + 4);
}

/* Reads the offset of a name; steps over the name too when it stands right here. Its text goes to
 * the literals. A damaged name does not end the program: where the offset leads nowhere, a good
 * name right here is the one that was meant, else it is unknown. */
static bool read_name(struct compiler *c) {
	uint32_t field;
	uint32_t ignored;
	if (!take(c, 4, &field)) {
		return false;
	}
	uint32_t at = le32_load(c->chunk->bytes + field);
	if (!name_is_good(c->chunk, at)) {
		damage(c, fault_name, field);
		at = name_is_good(c->chunk, c->at) ? c->at : at;
	}
	bool known = name_fits(c->chunk, at);
	if (known && at == c->at && !take(c, name_size(c->chunk, at), &ignored)) {
		return false;
	}
	uint32_t units = known ? le16_load(c->chunk->bytes + at + 6) : 0;
	if (!evtx_chunk_spend(c->chunk, units)) {
		return fail(c, fault_budget);
	}
	struct evtx_out out = {.xml = &c->chunk->literals};
	size_t before = c->chunk->literals.len;
	if (units > 0) {
		evtx_append_utf16(&out, c->chunk->bytes + at + NAME_HEADER, units);
	}
	mend_name(&c->chunk->literals, before);
	return true;
}

uint8_t evtx_name_find(struct str name) {
	static const struct str names[EVTX_NAME_COUNT] = {
	    [EVTX_NAME_SYSTEM] = STR_INIT("System"),
	    [EVTX_NAME_EVENT_DATA] = STR_INIT("EventData"),
	    [EVTX_NAME_USER_DATA] = STR_INIT("UserData"),
	    [EVTX_NAME_PROCESSING_ERROR_DATA] = STR_INIT("ProcessingErrorData"),
	    [EVTX_NAME_RENDERING_INFO] = STR_INIT("RenderingInfo"),
	    [EVTX_NAME_DATA] = STR_INIT("Data"),
	    [EVTX_NAME_PROVIDER] = STR_INIT("Provider"),
	    [EVTX_NAME_EVENT_ID] = STR_INIT("EventID"),
	    [EVTX_NAME_VERSION] = STR_INIT("Version"),
	    [EVTX_NAME_LEVEL] = STR_INIT("Level"),
	    [EVTX_NAME_TASK] = STR_INIT("Task"),
	    [EVTX_NAME_OPCODE] = STR_INIT("Opcode"),
	    [EVTX_NAME_KEYWORDS] = STR_INIT("Keywords"),
	    [EVTX_NAME_TIME_CREATED] = STR_INIT("TimeCreated"),
	    [EVTX_NAME_EVENT_RECORD_ID] = STR_INIT("EventRecordID"),
	    [EVTX_NAME_CORRELATION] = STR_INIT("Correlation"),
	    [EVTX_NAME_EXECUTION] = STR_INIT("Execution"),
	    [EVTX_NAME_CHANNEL] = STR_INIT("Channel"),
	    [EVTX_NAME_COMPUTER] = STR_INIT("Computer"),
	    [EVTX_NAME_SECURITY] = STR_INIT("Security"),
	    [EVTX_NAME_MESSAGE] = STR_INIT("Message"),
	    [EVTX_NAME_NAME] = STR_INIT("Name"),
	    [EVTX_NAME_GUID] = STR_INIT("Guid"),
	    [EVTX_NAME_SYSTEM_TIME] = STR_INIT("SystemTime"),
	    [EVTX_NAME_ACTIVITY_ID] = STR_INIT("ActivityID"),
	    [EVTX_NAME_RELATED_ACTIVITY_ID] = STR_INIT("RelatedActivityID"),
	    [EVTX_NAME_PROCESS_ID] = STR_INIT("ProcessID"),
	    [EVTX_NAME_THREAD_ID] = STR_INIT("ThreadID"),
	    [EVTX_NAME_USER_ID] = STR_INIT("UserID"),
	};
	for (size_t i = 1; i < EVTX_NAME_COUNT; i++) {
		if (str_eq(name, names[i])) {
			return (uint8_t)i;
		}
	}
	return EVTX_NAME_OTHER;
}

/* ---- attributes ---- */

/* An attribute has no end token: it ends where something stands that is not a piece of it. */
static bool end_attribute(struct compiler *c) {
	if (!c->in_attribute) {
		return true;
	}
	struct evtx_op *op = add_op(c, EVTX_OP_ATTRIBUTE_END);
	struct evtx_op *start = op_at(c, c->attribute_op);
	struct evtx_element *element = element_at(c, c->open[c->depth - 1].element);
	struct evtx_op *piece = op_at(c, MIN_OF(c->attribute_op + 1, ops_count(c) - 1));
	op->name = start->name;
	start->index = ops_count(c) - 1;
	if (c->attribute_pieces != 1 || piece->kind != EVTX_OP_VALUE) {
		start->value = EVTX_NO_VALUE;
	}
	if (start->name == EVTX_NAME_NAME && c->attribute_pieces == 1 && piece->kind == EVTX_OP_TEXT) {
		element->data_name = piece->literal;
		element->data_name_len = piece->literal_len;
		element->data_name_escaped = piece->escaped;
	}
	c->in_attribute = false;
	literal(c, STR("'"));
	return seal_op(c);
}

static bool read_attribute(struct compiler *c) {
	if (!c->in_head) {
		return fail(c, fault_order);
	}
	if (!end_attribute(c)) {
		return false;
	}
	size_t before = c->chunk->literals.len;
	literal(c, STR(" "));
	if (!read_name(c)) {
		c->chunk->literals.len = before;
		return false;
	}
	struct evtx_op *op = add_op(c, EVTX_OP_ATTRIBUTE);
	struct buf *literals = &c->chunk->literals;
	op->name = evtx_name_find(str_slice(buf_str(literals), before + 1, literals->len));
	op->literal = (uint32_t)before;
	c->attribute_op = ops_count(c) - 1;
	c->attribute_pieces = 0;
	c->in_attribute = true;
	literal(c, STR("='"));
	return seal_op(c);
}

/* ---- elements ---- */

/* The header of an element: [dependency id], size, name. In templates the id is there, elsewhere
 * not; writers differ for BinXML inside values, so the one that makes sense is taken. */
static bool has_dependency_id(const struct compiler *c) {
	bool fits[2];
	for (uint32_t id = 0; id < 2; id++) {
		uint32_t size_at = c->at + 2 * id;
		fits[id] = false;
		if (c->end - c->at >= 2 * id + 8) {
			uint32_t size = le32_load(c->chunk->bytes + size_at);
			uint32_t name = le32_load(c->chunk->bytes + size_at + 4);
			fits[id] = size <= c->end - size_at - 4 && name_fits(c->chunk, name);
		}
	}
	return fits[0] == fits[1] ? c->dependency_ids : fits[1];
}

static bool read_element(struct compiler *c, bool has_attributes) {
	uint32_t ignored;
	if (c->in_head) {
		return fail(c, fault_order);
	}
	if (c->depth == LIMIT_XML_DEPTH) {
		return fail(c, fault_depth);
	}
	if (!take(c, has_dependency_id(c) ? 6 : 4, &ignored)) {
		return false;
	}
	size_t before = c->chunk->literals.len;
	literal(c, STR("<"));
	if (!read_name(c) || (has_attributes && !take(c, 4, &ignored))) {
		c->chunk->literals.len = before;
		return false;
	}
	struct evtx_element element = {.name = (uint32_t)before + 1,
	                               .name_len = (uint32_t)(c->chunk->literals.len - before - 1),
	                               .repeat_value = EVTX_NO_VALUE,
	                               .field = UINT32_MAX};
	uint32_t index = (uint32_t)(c->chunk->elements.len / sizeof(element));
	buf_append(&c->chunk->elements, &element, sizeof(element));
	struct evtx_op *op = add_op(c, EVTX_OP_START);
	op->literal = (uint32_t)before;
	op->index = index;
	op->name = evtx_name_find(
	    str_slice(buf_str(&c->chunk->literals), element.name, element.name + element.name_len));
	if (c->depth > 0) {
		c->open[c->depth - 1].contents += 2; /* no array repeats an element with children */
	}
	c->open[c->depth++] = (struct open_element){.element = index, .first_op = ops_count(c) - 1};
	c->in_head = true;
	return seal_op(c);
}

static bool close_start(struct compiler *c) {
	if (!c->in_head) {
		return fail(c, fault_order);
	}
	if (!end_attribute(c)) {
		return false;
	}
	(void)add_op(c, EVTX_OP_CONTENT);
	literal(c, STR(">"));
	c->in_head = false;
	return seal_op(c);
}

/* Ends the innermost element, with "/>" while its head is open. */
static bool end_element(struct compiler *c, bool empty) {
	if (c->depth == 0 || empty != c->in_head) {
		return fail(c, fault_order);
	}
	if (!end_attribute(c)) {
		return false;
	}
	struct open_element *open = &c->open[--c->depth];
	struct evtx_element *element = element_at(c, open->element);
	struct evtx_op *op = add_op(c, empty ? EVTX_OP_EMPTY : EVTX_OP_END);
	op->name = op_at(c, open->first_op)->name;
	op->index = open->element;
	element->end = ops_count(c) - 1;
	if (open->contents != 1) {
		element->repeat_value = EVTX_NO_VALUE;
	}
	c->in_head = false;
	if (empty) {
		literal(c, STR("/>"));
		return seal_op(c);
	}
	(void)buf_reserve(&c->chunk->literals, element->name_len + 3);
	literal(c, STR("</"));
	literal(c, str_make(c->chunk->literals.ptr + element->name, element->name_len));
	literal(c, STR(">"));
	return seal_op(c);
}

/* ---- content ---- */

/* Counts a piece of content or of an attribute's value; false where neither can stand. */
static bool begin_piece(struct compiler *c) {
	if (c->in_attribute) {
		c->attribute_pieces++;
		return true;
	}
	if (c->in_head) {
		return fail(c, fault_order);
	}
	if (c->depth > 0) {
		c->open[c->depth - 1].contents++;
	}
	return true;
}

static struct evtx_out out_here(struct compiler *c) {
	return (struct evtx_out){.xml = &c->chunk->literals,
	                         .place = c->in_attribute ? EVTX_IN_ATTRIBUTE : EVTX_IN_TEXT};
}

/* Literal text: a count of characters and the characters. */
static bool read_text(struct compiler *c) {
	uint32_t count_at;
	uint32_t text_at;
	if (!begin_piece(c) || !take(c, 2, &count_at)) {
		return false;
	}
	uint32_t units = le16_load(c->chunk->bytes + count_at);
	if (!take(c, 2 * units, &text_at)) {
		return false;
	}
	struct evtx_op *op = add_op(c, EVTX_OP_TEXT);
	struct evtx_out out = out_here(c);
	evtx_append_utf16(&out, c->chunk->bytes + text_at, units);
	op->escaped = out.escaped;
	return seal_op(c);
}

static bool read_value(struct compiler *c) {
	uint32_t type_at;
	if (!take(c, 1, &type_at)) {
		return false;
	}
	if ((unsigned char)c->chunk->bytes[type_at] != EVTX_STRING) {
		return fail(c, fault_token);
	}
	return read_text(c);
}

static bool read_char_ref(struct compiler *c) {
	uint32_t at;
	if (!begin_piece(c) || !take(c, 2, &at)) {
		return false;
	}
	struct evtx_op *op = add_op(c, EVTX_OP_TEXT);
	struct evtx_out out = out_here(c);
	evtx_append_utf16(&out, c->chunk->bytes + at, 1);
	op->escaped = out.escaped;
	return seal_op(c);
}

static bool read_entity_ref(struct compiler *c) {
	if (!begin_piece(c)) {
		return false;
	}
	size_t before = c->chunk->literals.len;
	literal(c, STR("&"));
	if (!read_name(c)) {
		c->chunk->literals.len = before;
		return false;
	}
	literal(c, STR(";"));
	struct evtx_op *op = add_op(c, EVTX_OP_TEXT);
	op->literal = (uint32_t)before;
	op->escaped = true;
	return seal_op(c);
}

/* A processing instruction: its target, and its data in the token after. */
static bool read_pi_target(struct compiler *c) {
	size_t before = c->chunk->literals.len;
	if (c->in_head) {
		return fail(c, fault_order);
	}
	literal(c, STR("<?"));
	if (!read_name(c)) {
		c->chunk->literals.len = before;
		return false;
	}
	uint32_t at;
	struct evtx_op *op = add_op(c, EVTX_OP_TEXT);
	op->literal = (uint32_t)before;
	op->escaped = true;
	if (c->depth > 0) {
		c->open[c->depth - 1].contents += 2;
	}
	if (c->at < c->end && c->chunk->bytes[c->at] == TOKEN_PI_DATA && take(c, 3, &at)) {
		uint32_t units = le16_load(c->chunk->bytes + at + 1);
		if (take(c, 2 * units, &at)) {
			struct evtx_out out = {.xml = &c->chunk->literals, .place = EVTX_IN_ATTRIBUTE};
			literal(c, STR(" "));
			evtx_append_utf16(&out, c->chunk->bytes + at, units);
		}
	}
	literal(c, STR("?>"));
	return seal_op(c) && c->fault == NULL;
}

static bool read_substitution(struct compiler *c, bool optional) {
	uint32_t at;
	if (!begin_piece(c) || !take(c, 3, &at)) {
		return false;
	}
	struct evtx_op *op = add_op(c, EVTX_OP_VALUE);
	op->value = le16_load(c->chunk->bytes + at);
	if (c->in_attribute) {
		op_at(c, c->attribute_op)->value = optional ? op->value : EVTX_NO_VALUE;
	} else if (c->depth > 0) {
		element_at(c, c->open[c->depth - 1].element)->repeat_value = op->value;
	}
	return seal_op(c);
}

/* An instance among other content: it is read when the program runs; here its length counts. */
static bool read_instance(struct compiler *c) {
	struct evtx_layout layout;
	uint32_t token_at = c->at - 1;
	const char *fault = evtx_instance_layout(c->chunk, token_at, c->end, &layout);
	if (c->in_head) {
		return fail(c, fault_order);
	}
	if (fault != NULL) {
		return fail(c, fault);
	}
	uint32_t ignored;
	uint32_t size = layout.values - c->at;
	for (uint32_t i = 0; i < layout.count; i++) {
		size += le16_load(c->chunk->bytes + layout.descriptors + EVTX_DESCRIPTOR_SIZE * i);
	}
	if (!take(c, size, &ignored)) {
		return false;
	}
	if (c->depth > 0) {
		c->open[c->depth - 1].contents += 2;
	}
	add_op(c, EVTX_OP_INSTANCE)->index = token_at;
	return seal_op(c);
}

static bool read_token(struct compiler *c, uint8_t token) {
	uint32_t ignored;
	switch (token & ~TOKEN_MORE) {
	case TOKEN_OPEN_START:
		return read_element(c, (token & TOKEN_MORE) != 0);
	case TOKEN_CLOSE_START:
		return close_start(c);
	case TOKEN_CLOSE_EMPTY:
		return end_element(c, true);
	case TOKEN_END:
		return end_element(c, false);
	case TOKEN_VALUE:
		return read_value(c);
	case TOKEN_ATTRIBUTE:
		return read_attribute(c);
	case TOKEN_CDATA:
		return read_text(c);
	case TOKEN_CHAR_REF:
		return read_char_ref(c);
	case TOKEN_ENTITY_REF:
		return read_entity_ref(c);
	case TOKEN_PI_TARGET:
		return read_pi_target(c);
	case TOKEN_INSTANCE:
		return read_instance(c);
	case TOKEN_SUBSTITUTION:
		return read_substitution(c, false);
	case TOKEN_OPTIONAL:
		return read_substitution(c, true);
	case TOKEN_FRAGMENT:
		return take(c, 3, &ignored);
	default:
		return fail(c, fault_token);
	}
}

/* Ends all elements that a fault left open; costs no budget, as they are few. */
static void close_all(struct compiler *c) {
	const char *fault = c->fault;
	while (c->depth > 0) {
		(void)end_element(c, c->in_head); /* the budget may end: what it wrote counts */
	}
	c->fault = fault;
}

static struct evtx_program *finish(struct compiler *c, uint32_t fault_at) {
	struct evtx_chunk *chunk = c->chunk;
	struct evtx_program *program = ARENA_NEW(chunk->arena, struct evtx_program);
	void *ops = arena_alloc(chunk->arena, chunk->ops.len);
	void *elements = arena_alloc(chunk->arena, chunk->elements.len);
	if (chunk->ops.len > 0) {
		memcpy(ops, chunk->ops.ptr, chunk->ops.len);
	}
	if (chunk->elements.len > 0) {
		memcpy(elements, chunk->elements.ptr, chunk->elements.len);
	}
	program->ops = ops;
	program->ops_count = ops_count(c);
	program->elements = elements;
	program->literals = arena_str(chunk->arena, buf_str(&chunk->literals)).ptr;
	program->fault = c->damage != NULL ? c->damage : c->fault;
	program->fault_at = c->damage != NULL ? c->damage_at : fault_at;
	return program;
}

struct evtx_program *evtx_compile(struct evtx_chunk *chunk, uint32_t at, uint32_t end,
                                  bool dependency_ids) {
	ASSERT(at <= end);
	ASSERT(end <= chunk->size);
	struct compiler c = {.chunk = chunk, .at = at, .end = end, .dependency_ids = dependency_ids};
	buf_clear(&chunk->ops);
	buf_clear(&chunk->elements);
	buf_clear(&chunk->literals);
	uint32_t token_at = at;
	if (!evtx_chunk_spend(chunk, end - at)) {
		c.end = at;
		c.fault = fault_budget;
	}
	while (c.at < c.end) {
		token_at = c.at;
		uint8_t token = (uint8_t)chunk->bytes[c.at++];
		if (token == TOKEN_EOF || !read_token(&c, token)) {
			break;
		}
	}
	if (c.fault == NULL && c.depth > 0) {
		c.fault = fault_short;
	}
	close_all(&c);
	return finish(&c, token_at);
}
