/* From the text of a pattern to ops. The text is read once; then each slot learns what ends it and
 * the pattern what it can begin with.
 */
#include "ingest/pattern.h"
#include "ingest/text_pairs.h"

/* What slots are called, and what they say they want. */
static const struct {
	struct str name;
	const char *wants;
	bool needs_argument, takes_argument;
	bool open; /* has no end of its own */
} slot_types[SLOT_TYPE_COUNT] = {
    [SLOT_WORD] = {STR_INIT("word"), "a word", false, false, true},
    [SLOT_TEXT] = {STR_INIT("text"), "text and what stands behind it", false, false, true},
    [SLOT_REST] = {STR_INIT("rest"), "the rest of the line", false, false, true},
    [SLOT_INT] = {STR_INIT("int"), "a whole number", false, false, false},
    [SLOT_NUMBER] = {STR_INIT("number"), "a number", false, false, false},
    [SLOT_HEX] = {STR_INIT("hex"), "hexadecimal digits", false, false, false},
    [SLOT_IP] = {STR_INIT("ip"), "an IP address", false, false, false},
    [SLOT_HOST] = {STR_INIT("host"), "a host name or address", false, false, true},
    [SLOT_QUOTED] = {STR_INIT("quoted"), "text in quotation marks", false, false, false},
    [SLOT_URL] = {STR_INIT("url"), "a URL and what stands behind it", false, false, true},
    [SLOT_ONE] = {STR_INIT("one"), "one of the words given", true, true, false},
    [SLOT_TIME] = {STR_INIT("time"), "a time of the layout given", false, true, false},
    [SLOT_LAST] = {STR_INIT("last"), "text and what stands behind it", false, false, true},
    [SLOT_MAC] = {STR_INIT("mac"), "a hardware address", false, false, false},
    [SLOT_PART] = {STR_INIT("part"), "the sign behind this part", false, false, true},
    [SLOT_PAIRS] = {STR_INIT("pairs"), "keys with values", false, true, true},
    [SLOT_COLUMNS] = {STR_INIT("columns"), "values in columns", true, true, true},
    [SLOT_JSON] = {STR_INIT("json"), "a JSON object", false, false, true},
};

const char *pattern_op_wants(const struct pattern_op *op) {
	switch ((enum pattern_op_kind)op->kind) {
	case PATTERN_LITERAL:
		return "the words of the pattern";
	case PATTERN_BLANKS:
		return "a blank";
	case PATTERN_SLOT:
		return slot_types[op->type].wants;
	case PATTERN_END:
		return "the end of the line";
	case PATTERN_CHOICE:
	case PATTERN_COMMIT:
	default:
		return "one of several things";
	}
}

static bool is_blank_char(char c) {
	return c == ' ' || c == '\t';
}

struct compiler {
	struct pattern_set *set;
	struct pattern_op ops[PATTERN_OPS_MAX];
	uint32_t count;
	struct str text; /* of the pattern or the piece */
	size_t at;
	uint32_t pieces; /* inside one another */
	uint32_t groups;
	struct diag *diag;
};

enum { PIECES_MAX = 8 };

static enum err fail(struct compiler *c, size_t at, size_t len, const char *message) {
	size_t place = c->pieces == 0 ? at : 0;
	return diag_set_at(c->diag, ERR_INVALID, place, c->pieces == 0 ? len : 0, "%s", message);
}

static enum err add(struct compiler *c, struct pattern_op op) {
	if (c->count == PATTERN_OPS_MAX) {
		return fail(c, c->at, 0, "the pattern is too long");
	}
	c->ops[c->count++] = op;
	return ERR_OK;
}

enum err pattern_name(struct pattern_set *set, struct str name, uint16_t *out_name) {
	for (uint32_t i = 0; i < set->fields_count; i++) {
		if (str_eq(set->fields[i].name, name)) {
			*out_name = (uint16_t)i;
			return ERR_OK;
		}
	}
	if (set->fields_count == PATTERN_FIELDS_MAX) {
		return ERR_LIMIT;
	}
	if (name.len == 0 || name.len > LIMIT_FIELD_NAME) {
		return ERR_INVALID;
	}
	set->fields[set->fields_count] = (struct pattern_field){.name = arena_str(set->arena, name),
	                                                        .known = field_known_find(name)};
	*out_name = (uint16_t)set->fields_count++;
	return ERR_OK;
}

enum err pattern_field(struct pattern_set *set, struct str name, uint16_t *out_field) {
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		if (!char_is_alpha(c) && !char_is_digit(c) && c != '.' && c != '_' && c != '-' &&
		    c != '@') {
			return ERR_INVALID;
		}
	}
	return pattern_name(set, name, out_field);
}

/* ---- reading the text ---- */

static bool looking_at(const struct compiler *c, struct str words) {
	return c->text.len - c->at >= words.len &&
	       memcmp(c->text.ptr + c->at, words.ptr, words.len) == 0;
}

static enum err read_sequence(struct compiler *c);

static enum err read_piece(struct compiler *c, struct str name, size_t at) {
	struct str piece = c->set->piece != NULL ? c->set->piece(c->set->ctx, name) : STR("");
	if (piece.len == 0) {
		return fail(c, at, name.len, "there is no piece of this name");
	}
	if (c->pieces == PIECES_MAX) {
		return fail(c, at, name.len, "pieces stand too deep inside one another");
	}
	struct str text = c->text;
	size_t behind = c->at;
	uint32_t groups = c->groups;
	c->text = piece;
	c->at = 0;
	c->pieces++;
	enum err err = read_sequence(c);
	if (err == ERR_OK && c->at < c->text.len) {
		err = fail(c, c->at, 2, "a group is closed that was not opened");
	}
	c->pieces--;
	c->text = text;
	c->at = behind;
	c->groups = groups;
	return err;
}

/* "cef", "tab", "blank" or a sign, and the sign between key and value. */
static enum err check_pairs(struct compiler *c, struct str argument, size_t at) {
	struct pairs_style style;
	if (pairs_style(argument, &style)) {
		return ERR_OK;
	}
	enum err err = fail(c, at, argument.len, "this is no way of writing pairs");
	diag_hint(c->diag, "write blank, tab, cef or the sign that separates, then, behind a blank, "
	                   "the sign between key and value if it is not '=': %%{pairs(; :)}");
	return err;
}

static enum err check_argument(struct compiler *c, enum slot_type type, bool given,
                               struct str argument, size_t at) {
	static const struct str layouts[] = {STR_INIT("clf"), STR_INIT("iso"), STR_INIT("syslog"),
	                                     STR_INIT("epoch"), STR_INIT("tai64n")};
	size_t bad;
	if (given && !slot_types[type].takes_argument) {
		return fail(c, at, argument.len, "this kind of slot takes no argument");
	}
	if (slot_types[type].needs_argument && argument.len == 0) {
		return fail(c, at, 0, "an argument is missing, as in %{one(GET|POST)}");
	}
	if (type == SLOT_PAIRS && given) {
		return check_pairs(c, argument, at);
	}
	if (type != SLOT_TIME || !given) {
		return ERR_OK;
	}
	for (size_t i = 0; i < ARRAY_LEN(layouts); i++) {
		if (str_eq(argument, layouts[i])) {
			return ERR_OK;
		}
	}
	if (!timestamp_layout_valid(argument, &bad)) {
		enum err err = fail(c, at + bad, 1, "this is no layout of a time");
		diag_hint(c->diag,
		          "a layout is clf, iso, syslog, epoch, or made of YYYY YY MM Mon DD D Day "
		          "hh h mm ss .f AM ZZ with signs between them");
		return err;
	}
	return ERR_OK;
}

static enum err find_type(struct compiler *c, struct str name, size_t at, enum slot_type *out) {
	for (int type = 0; type < SLOT_TYPE_COUNT; type++) {
		if (str_eq(name, slot_types[type].name)) {
			*out = (enum slot_type)type;
			return ERR_OK;
		}
	}
	enum err err = fail(c, at, name.len, "there is no such kind of slot");
	diag_hint(c->diag,
	          "the kinds are word text rest int number hex ip mac host quoted url one time last "
	          "part pairs columns json");
	return err;
}

static enum err set_field(struct compiler *c, struct pattern_op *op, struct str name, size_t at) {
	op->may_absent = name.len > 0 && name.ptr[name.len - 1] == '?';
	name.len -= op->may_absent;
	enum err err = pattern_field(c->set, name, &op->field);
	if (err == ERR_LIMIT) {
		return fail(c, at, name.len, "the format names too many fields");
	}
	if (err != ERR_OK) {
		return fail(c, at, name.len, "this cannot be the name of a field");
	}
	return ERR_OK;
}

/* "%{type(argument):field?}" with c->at behind "%{". */
static enum err read_slot(struct compiler *c) {
	size_t first = c->at;
	struct pattern_op op = {.kind = PATTERN_SLOT, .field = PATTERN_NO_FIELD};
	enum slot_type type = SLOT_WORD;
	size_t end = first;
	while (end < c->text.len && memchr("(:?}", c->text.ptr[end], 4) == NULL) {
		end++;
	}
	struct str name = str_slice(c->text, first, end);
	bool given = end < c->text.len && c->text.ptr[end] == '(';
	size_t argument_at = end + 1;
	if (given) {
		end = str_find_char(c->text, ')', end);
		op.text = arena_str(c->set->arena, str_slice(c->text, argument_at, end));
		end++;
	}
	size_t close = str_find_char(c->text, '}', end);
	if (close >= c->text.len) {
		return fail(c, first - 2, 2, "a slot is not closed with '}'");
	}
	struct str tail = str_slice(c->text, end, close);
	c->at = close + 1;
	if (name.len > 1 && name.ptr[0] == '@') {
		return read_piece(c, str_slice(name, 1, name.len), first);
	}
	TRY(find_type(c, name, first, &type));
	TRY(check_argument(c, type, given, op.text, argument_at));
	op.type = (uint8_t)type;
	op.to = type == SLOT_TIME ? (uint16_t)pattern_layout(op.text) : 0;
	if (tail.len > 0 && tail.ptr[0] == ':') {
		TRY(set_field(c, &op, str_slice(tail, 1, tail.len), end + 1));
	} else if (str_eq(tail, STR("?"))) {
		op.may_absent = true;
	} else if (tail.len > 0) {
		return fail(c, end, tail.len, "only ':' and a field, or '?', may stand here");
	}
	return add(c, op);
}

/* "%( a %| b %)" with c->at behind "%(". */
static enum err read_group(struct compiler *c) {
	uint32_t ends[64];
	uint32_t ends_count = 0;
	size_t first = c->at - 2;
	if (++c->groups > PATTERN_CHOICES_MAX) {
		return fail(c, first, 2, "groups stand too deep inside one another");
	}
	for (;;) {
		uint32_t choice = c->count;
		TRY(add(c, (struct pattern_op){.kind = PATTERN_CHOICE}));
		TRY(read_sequence(c));
		if (c->at >= c->text.len) {
			return fail(c, first, 2, "a group is not closed with '%)'");
		}
		if (ends_count == ARRAY_LEN(ends)) {
			return fail(c, first, 2, "a group has too many alternatives");
		}
		bool last = looking_at(c, STR("%)"));
		c->at += 2;
		ends[ends_count++] = c->count;
		TRY(add(c, (struct pattern_op){.kind = PATTERN_COMMIT}));
		c->ops[choice].to = (uint16_t)c->count;
		if (last) {
			break;
		}
	}
	if (looking_at(c, STR("?"))) {
		c->at++;
	} else { /* when the last alternative fails, so does the group: an empty choice of words */
		TRY(add(c, (struct pattern_op){
		               .kind = PATTERN_SLOT, .type = SLOT_ONE, .field = PATTERN_NO_FIELD}));
	}
	for (uint32_t i = 0; i < ends_count; i++) {
		c->ops[ends[i]].to = (uint16_t)c->count;
	}
	c->groups--;
	return ERR_OK;
}

static enum err read_literal(struct compiler *c) {
	size_t first = c->at;
	while (c->at < c->text.len && c->text.ptr[c->at] != '%' && !is_blank_char(c->text.ptr[c->at])) {
		c->at++;
	}
	struct str words = str_slice(c->text, first, c->at);
	return add(c, (struct pattern_op){.kind = PATTERN_LITERAL,
	                                  .field = PATTERN_NO_FIELD,
	                                  .text = arena_str(c->set->arena, words)});
}

static enum err read_percent(struct compiler *c) {
	c->at += 2;
	switch (c->text.ptr[c->at - 1]) {
	case '{':
		return read_slot(c);
	case '(':
		return read_group(c);
	case '%':
		return add(c, (struct pattern_op){
		                  .kind = PATTERN_LITERAL, .field = PATTERN_NO_FIELD, .text = STR("%")});
	default: {
		enum err err = fail(c, c->at - 2, 2, "'%' begins a slot or a group");
		diag_hint(c->diag, "write %%%% for a percent sign");
		return err;
	}
	}
}

/* Up to the end of the text, "%|" or "%)". */
static enum err read_sequence(struct compiler *c) {
	while (c->at < c->text.len) {
		if (looking_at(c, STR("%|")) || looking_at(c, STR("%)"))) {
			return ERR_OK;
		}
		if (c->text.ptr[c->at] == '%') {
			if (c->at + 1 == c->text.len) {
				return fail(c, c->at, 1, "'%' at the end; write %% for a percent sign");
			}
			TRY(read_percent(c));
		} else if (is_blank_char(c->text.ptr[c->at])) {
			while (c->at < c->text.len && is_blank_char(c->text.ptr[c->at])) {
				c->at++;
			}
			TRY(add(c, (struct pattern_op){.kind = PATTERN_BLANKS, .field = PATTERN_NO_FIELD}));
		} else {
			TRY(read_literal(c));
		}
	}
	return ERR_OK;
}

/* ---- what follows what ---- */

struct byte_set {
	uint64_t bits[4];
	bool slot;                  /* an open slot, of which nothing is known, may come */
	bool names;                 /* the name of a month or day may come */
	bool open;                  /* anything may come */
	bool seen[PATTERN_OPS_MAX]; /* ops that have been asked: paths that meet are walked once */
};

static void set_add(struct byte_set *set, char c) {
	set->bits[(unsigned char)c / 64] |= (uint64_t)1 << ((unsigned char)c % 64);
}

static void set_add_all(struct byte_set *set) {
	memset(set->bits, 0xff, sizeof(set->bits));
	set->slot = true;
	set->open = true;
}

/* No byte of its own ends the slot when anything may follow. */
static void set_clear_if_any(struct byte_set *set) {
	if (set->slot) {
		memset(set->bits, 0, sizeof(set->bits));
	}
}

static void set_add_words(struct byte_set *set, struct str characters) {
	for (size_t i = 0; i < characters.len; i++) {
		set_add(set, characters.ptr[i]);
	}
}

/* Times begin with digits or with the name of a month or day; what else a layout has first stands
 * for itself. */
static void time_first(struct str layout, struct byte_set *set) {
	static const struct str digits[] = {STR_INIT("clf"), STR_INIT("iso"), STR_INIT("epoch"),
	                                    STR_INIT("YY"),  STR_INIT("MM"),  STR_INIT("h")};
	if (str_eq(layout, STR("tai64n"))) {
		set_add(set, '@');
		return;
	}
	bool named = str_starts(layout, STR("Mon")) || str_starts(layout, STR("Day"));
	bool any = layout.len == 0 || str_eq(layout, STR("syslog"));
	bool digit = any || (!named && str_starts(layout, STR("D")));
	for (size_t i = 0; i < ARRAY_LEN(digits); i++) {
		digit = digit || str_starts(layout, digits[i]);
	}
	set->slot = true;
	set->names = set->names || named || any;
	if (digit) {
		set_add_words(set, STR("0123456789"));
	} else if (!named) {
		set_add_all(set);
	}
}

static void slot_first(const struct pattern_op *op, struct byte_set *set) {
	struct str words = op->text;
	if (op->may_absent) {
		set_add_all(set);
		return;
	}
	switch ((enum slot_type)op->type) {
	case SLOT_INT:
	case SLOT_NUMBER:
		set_add_words(set, STR("-0123456789"));
		break;
	case SLOT_HEX:
	case SLOT_MAC:
		set_add_words(set, STR("0123456789abcdefABCDEF"));
		break;
	case SLOT_IP:
		set_add_words(set, STR("0123456789abcdefABCDEF:"));
		break;
	case SLOT_QUOTED:
		set_add(set, '"');
		break;
	case SLOT_ONE:
		while (words.len > 0) {
			struct str word = str_cut(&words, '|');
			set_add_words(set, str_slice(word, 0, 1));
		}
		break;
	case SLOT_TIME:
		time_first(words, set);
		break;
	case SLOT_JSON:
		set_add(set, '{');
		set->slot = true;
		break;
	case SLOT_WORD:
	case SLOT_TEXT:
	case SLOT_REST:
	case SLOT_HOST:
	case SLOT_URL:
	case SLOT_LAST:
	case SLOT_PART:
	case SLOT_PAIRS:
	case SLOT_COLUMNS:
	case SLOT_TYPE_COUNT:
	default:
		set_add_all(set);
		break;
	}
}

/* The bytes with which what stands at op pc can begin. Ops only ever point forward. */
static void first_of(const struct compiler *c, uint32_t pc, struct byte_set *set) {
	while (!set->seen[pc]) {
		const struct pattern_op *op = &c->ops[pc];
		set->seen[pc] = true;
		switch ((enum pattern_op_kind)op->kind) {
		case PATTERN_LITERAL:
			set_add(set, op->text.ptr[0]);
			return;
		case PATTERN_BLANKS:
			set_add_words(set, STR(" \t"));
			return;
		case PATTERN_SLOT:
			slot_first(op, set);
			return;
		case PATTERN_CHOICE:
			first_of(c, pc + 1, set);
			pc = op->to;
			break;
		case PATTERN_COMMIT:
			pc = op->to;
			break;
		case PATTERN_END:
		default:
			set_add_words(set, STR(" \t\r"));
			return;
		}
	}
}

/* Skips ends of alternatives: the op that really comes next, if only one can. */
static uint32_t next_op(const struct compiler *c, uint32_t pc) {
	while (c->ops[pc].kind == PATTERN_COMMIT) {
		pc = c->ops[pc].to;
	}
	return pc;
}

/* The words behind a text slot: literals and blanks up to the next slot or group. */
static void gather_words(struct compiler *c, struct pattern_op *op, uint32_t pc) {
	struct buf words = {0};
	while (c->ops[pc].kind == PATTERN_LITERAL || c->ops[pc].kind == PATTERN_BLANKS) {
		bool blank = c->ops[pc].kind == PATTERN_BLANKS;
		buf_append_str(&words, blank ? STR(" ") : c->ops[pc].text);
		pc = next_op(c, pc + 1);
	}
	op->ends = c->ops[pc].kind == PATTERN_END;
	op->stop = arena_str(c->set->arena, buf_str(&words));
	buf_deinit(&words);
}

/* A blank alone is enough behind %{last}. */
static enum err set_text_stop(struct compiler *c, struct pattern_op *op, uint32_t pc) {
	uint32_t next = next_op(c, pc + 1);
	bool blank = c->ops[next].kind == PATTERN_BLANKS;
	uint32_t words = blank ? next_op(c, next + 1) : next;
	if (c->ops[words].kind == PATTERN_END) {
		return ERR_OK;
	}
	if (c->ops[words].kind == PATTERN_LITERAL || (blank && op->type == SLOT_LAST)) {
		gather_words(c, op, next);
		return ERR_OK;
	}
	enum err err = diag_set_at(c->diag, ERR_INVALID, 0, 0,
	                           "behind %%{%s} there must be words of its own, or the end",
	                           slot_types[op->type].name.ptr);
	diag_hint(c->diag, "use %%{word} for what has no blanks inside");
	return err;
}

static enum err set_word_stop(struct compiler *c, struct pattern_op *op, uint32_t pc) {
	struct byte_set set = {0};
	char stops[256];
	size_t count = 0;
	first_of(c, pc + 1, &set);
	if (set.slot && slot_types[op->type].open) {
		enum err err = diag_set_at(c->diag, ERR_INVALID, 0, 0,
		                           "behind %%{%s} another slot follows without anything between",
		                           slot_types[op->type].name.ptr);
		diag_hint(c->diag, "put a blank or the sign that stands there between the two");
		return err;
	}
	set_clear_if_any(&set);
	for (int i = 0; i < 256; i++) {
		if ((set.bits[i / 64] >> (i % 64) & 1) != 0 && !is_blank_char((char)i)) {
			stops[count++] = (char)i;
		}
	}
	op->stop = arena_str(c->set->arena, str_make(stops, count));
	return ERR_OK;
}

static enum err set_stops(struct compiler *c) {
	for (uint32_t pc = 0; pc < c->count; pc++) {
		struct pattern_op *op = &c->ops[pc];
		if (op->kind != PATTERN_SLOT) {
			continue;
		}
		if (op->type == SLOT_TEXT || op->type == SLOT_URL || op->type == SLOT_LAST) {
			TRY(set_text_stop(c, op, pc));
		} else if (op->type == SLOT_REST || op->type >= SLOT_PAIRS) {
			if (c->ops[next_op(c, pc + 1)].kind != PATTERN_END) {
				return diag_set_at(c->diag, ERR_INVALID, 0, 0, "%%{%s} must be the last",
				                   slot_types[op->type].name.ptr);
			}
		} else if (slot_types[op->type].open || op->may_absent) {
			TRY(set_word_stop(c, op, pc));
		}
	}
	return ERR_OK;
}

/* ---- what a text must have ---- */

enum { MUST_LEN = 3 }; /* shorter words say too little */

/* One of so many words; 0: nothing is known. */
struct must {
	struct str words[PATTERN_MUST_MAX];
	uint32_t count;
};

static size_t shortest(const struct must *must) {
	size_t len = SIZE_MAX;
	for (uint32_t i = 0; i < must->count; i++) {
		len = MIN_OF(len, must->words[i].len);
	}
	return len;
}

/* Fewer words say more; of as many, longer ones. */
static void keep_better(struct must *best, const struct must *other) {
	bool better =
	    other->count > 0 && (best->count == 0 || other->count < best->count ||
	                         (other->count == best->count && shortest(other) > shortest(best)));
	if (better) {
		*best = *other;
	}
}

/* False when there are too many. */
static bool add_word(struct must *must, struct str word) {
	if (word.len < MUST_LEN || must->count == PATTERN_MUST_MAX) {
		return false;
	}
	must->words[must->count++] = word;
	return true;
}

static struct must must_of_one(struct str words) {
	struct must must = {0};
	while (words.len > 0) {
		if (!add_word(&must, str_cut(&words, '|'))) {
			return (struct must){0};
		}
	}
	return must;
}

static struct must must_of_ops(const struct compiler *c, uint32_t pc, uint32_t end, uint32_t depth);

/* Each alternative must have something, and one of them must fit. */
static struct must must_of_group(const struct compiler *c, uint32_t pc, uint32_t depth) {
	uint32_t end = c->ops[c->ops[pc].to - 1].to;
	struct must all = {0};
	uint32_t at = pc;
	while (at < end && c->ops[at].kind == PATTERN_CHOICE && c->ops[c->ops[at].to - 1].to == end) {
		struct must one = must_of_ops(c, at + 1, c->ops[at].to - 1u, depth + 1);
		for (uint32_t i = 0; i < one.count; i++) {
			if (!add_word(&all, one.words[i])) {
				return (struct must){0};
			}
		}
		if (one.count == 0) {
			return one;
		}
		at = c->ops[at].to;
	}
	return at == end ? (struct must){0} : all; /* it ends so when it may be missing */
}

static struct must must_of_ops(const struct compiler *c, uint32_t pc, uint32_t end,
                               uint32_t depth) {
	struct must best = {0};
	while (pc < end) {
		const struct pattern_op *op = &c->ops[pc];
		struct must one = {0};
		if (op->kind == PATTERN_CHOICE) {
			one = depth < PATTERN_CHOICES_MAX ? must_of_group(c, pc, depth) : one;
			pc = c->ops[op->to - 1].to;
		} else {
			if (op->kind == PATTERN_LITERAL) {
				(void)add_word(&one, op->text);
			} else if (op->kind == PATTERN_SLOT && op->type == SLOT_ONE && !op->may_absent) {
				one = must_of_one(op->text);
			}
			pc++;
		}
		keep_better(&best, &one);
	}
	return best;
}

enum err pattern_compile(struct pattern_set *set, struct str name, struct str text,
                         struct pattern *out_pattern, struct diag *diag) {
	struct compiler *c = ARENA_NEW(set->arena, struct compiler);
	struct byte_set first = {0};
	c->set = set;
	c->text = text;
	c->diag = diag;
	TRY(read_sequence(c));
	if (c->at < text.len) {
		return fail(c, c->at, 2, "a group is closed that was not opened");
	}
	if (c->count == 0) {
		return fail(c, 0, 0, "the pattern is empty");
	}
	TRY(add(c, (struct pattern_op){.kind = PATTERN_END, .field = PATTERN_NO_FIELD}));
	TRY(set_stops(c));
	first_of(c, 0, &first);
	struct pattern_op *ops = ARENA_ARRAY(set->arena, c->count, struct pattern_op);
	memcpy(ops, c->ops, c->count * sizeof(*ops));
	out_pattern->name = arena_str(set->arena, name);
	out_pattern->ops = ops;
	out_pattern->ops_count = (uint16_t)c->count;
	struct must must = must_of_ops(c, 0, c->count, 0);
	struct str *words = ARENA_ARRAY(set->arena, must.count, struct str);
	memcpy(words, must.words, must.count * sizeof(*words));
	out_pattern->must = words;
	out_pattern->must_count = (uint8_t)must.count;
	out_pattern->names = first.names;
	out_pattern->open = first.open;
	memcpy(out_pattern->first, first.bits, sizeof(first.bits));
	return ERR_OK;
}
