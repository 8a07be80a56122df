/* Matching: one value of a field goes through the field's tables and databases, and sets bits. What
 * was found for a value is remembered for fields whose values repeat.
 */
#include "expr/many.h"

#include "base/hash.h"
#include "base/utf8.h"
#include "expr/many_plan.h"

enum {
	MEMO_SLOTS = 1024,    /* of a field */
	MEMO_TEXT_MAX = 512,  /* longer values are not remembered */
	MEMO_HITS_MAX = 64,   /* nor those with more hits */
	MEMO_TRIAL = 4096,    /* after so many values it is seen whether they repeat */
	MEMO_PAUSE = 1 << 16, /* for so many values nothing is remembered when they do not */
};

/* A value and the atoms that hold for it. */
struct memo_entry {
	uint64_t hash;
	uint32_t text_len, hits_count;
	uint32_t room; /* bytes behind */
};

struct memo {
	struct memo_entry **slots; /* NULL until the first value */
	uint32_t asked, found, pause;
};

struct many_run {
	const struct many *many;
	uint64_t *bits;
	uint32_t *hits;
	uint32_t hits_count;
	uint32_t *perhaps; /* atoms to be asked for the value at hand */
	uint32_t perhaps_count;
	uint32_t *asked_in; /* by atom: the number of the value for which it was last put there */
	uint32_t value_number;
	struct atom_run *tests; /* by atom */
	uint32_t *seen_in;      /* by field: the number of the event in which it had a value */
	uint32_t event_number;
	struct memo *memos;    /* by field */
	struct buf folded;     /* the value as it is compared without case, when it is not ASCII */
	struct buf lower;      /* the value with ASCII letters in lower case */
	struct buf later;      /* struct later_value of the event */
	uint32_t *answered_in; /* by atom: the event in which it was last asked, being put off */
	enum err err;
	/* Rules (many_rules.c) */
	uint32_t *rules, *rule_seen;
	uint32_t rules_count;
};

/* A value of a field with atoms that are put off. */
struct later_value {
	uint32_t field;
	struct value value;
};

static void *zeros(size_t count, size_t size) {
	void *array = calloc(count + 1, size);
	ASSERT(array != NULL);
	return array;
}

struct many_run *many_run_new(const struct many *many) {
	struct many_run *run = zeros(1, sizeof(*run));
	*run = (struct many_run){
	    .many = many,
	    .bits = zeros(many->atoms_count / 64 + 1, sizeof(uint64_t)),
	    .hits = zeros(many->atoms_count, sizeof(uint32_t)),
	    .perhaps = zeros(many->atoms_count, sizeof(uint32_t)),
	    .asked_in = zeros(many->atoms_count, sizeof(uint32_t)),
	    .tests = zeros(many->atoms_count, sizeof(struct atom_run)),
	    .seen_in = zeros(many->fields_count, sizeof(uint32_t)),
	    .answered_in = zeros(many->put_off != NULL ? many->atoms_count : 0, sizeof(uint32_t)),
	    .event_number = 1,
	    .memos = zeros(many->fields_count, sizeof(struct memo)),
	    .rules = zeros(many->rules_count, sizeof(uint32_t)),
	    .rule_seen = zeros(many->rules_count, sizeof(uint32_t)),
	};
	return run;
}

static void free_memo(struct memo *memo) {
	for (size_t i = 0; memo->slots != NULL && i < MEMO_SLOTS; i++) {
		free(memo->slots[i]);
	}
	free(memo->slots);
}

void many_run_free(struct many_run *run) {
	if (run == NULL) {
		return;
	}
	for (uint32_t i = 0; i < run->many->atoms_count; i++) {
		atom_run_deinit(&run->tests[i]);
	}
	for (uint32_t i = 0; i < run->many->fields_count; i++) {
		free_memo(&run->memos[i]);
	}
	buf_deinit(&run->folded);
	buf_deinit(&run->lower);
	buf_deinit(&run->later);
	free(run->answered_in);
	free(run->bits);
	free(run->hits);
	free(run->perhaps);
	free(run->asked_in);
	free(run->tests);
	free(run->seen_in);
	free(run->memos);
	free(run->rules);
	free(run->rule_seen);
	free(run);
}

/* ---- an event ---- */

void many_event(struct many_run *run) {
	for (uint32_t i = 0; i < run->hits_count; i++) {
		run->bits[run->hits[i] / 64] = 0;
	}
	run->hits_count = 0;
	buf_clear(&run->later);
	if (++run->event_number == 0) { /* numbers begin anew */
		size_t answers = run->many->put_off != NULL ? run->many->atoms_count : 0;
		memset(run->answered_in, 0, answers * sizeof(uint32_t));
		memset(run->seen_in, 0, run->many->fields_count * sizeof(uint32_t));
		memset(run->rule_seen, 0, run->many->rules_count * sizeof(uint32_t));
		run->event_number = 1;
	}
}

static inline void hold(struct many_run *run, uint32_t atom) {
	uint64_t bit = (uint64_t)1 << atom % 64;
	if ((run->bits[atom / 64] & bit) == 0) {
		run->bits[atom / 64] |= bit;
		run->hits[run->hits_count++] = atom;
	}
}

void many_hold(struct many_run *run, uint32_t atom) {
	ASSERT(atom < run->many->atoms_count);
	hold(run, atom);
}

static void hold_list(struct many_run *run, const struct many_list *list) {
	for (uint32_t i = 0; i < list->count; i++) {
		hold(run, list->atoms[i]);
	}
}

const uint32_t *many_hits(const struct many_run *run, uint32_t *out_count) {
	*out_count = run->hits_count;
	return run->hits;
}

const uint64_t *many_bits(const struct many_run *run) {
	return run->bits;
}

enum err many_error(const struct many_run *run) {
	return run->err;
}

void many_error_clear(struct many_run *run) {
	run->err = ERR_OK;
}

void many_absent(struct many_run *run) {
	const struct many_list *fields = &run->many->null_fields;
	for (uint32_t i = 0; i < fields->count; i++) {
		if (run->seen_in[fields->atoms[i]] != run->event_number) {
			hold_list(run, &run->many->fields[fields->atoms[i]].null);
		}
	}
}

/* ---- one value ---- */

/* The atom is asked later, once for this value. */
static inline void ask(struct many_run *run, uint32_t atom) {
	if (run->asked_in[atom] != run->value_number) {
		run->asked_in[atom] = run->value_number;
		run->perhaps[run->perhaps_count++] = atom;
	}
}

static void ask_list(struct many_run *run, const struct many_list *list) {
	for (uint32_t i = 0; i < list->count; i++) {
		ask(run, list->atoms[i]);
	}
}

struct scan {
	struct many_run *run;
	const struct many_field *field;
	size_t len; /* of the value */
};

static inline void check(struct many_run *run, const struct many_check *check, size_t end,
                         size_t len) {
	if (check->kind == MANY_HOLDS || (check->kind == MANY_AT_HEAD && end == check->len) ||
	    (check->kind == MANY_AT_END && end == len)) {
		hold(run, check->atom);
	} else if (check->kind == MANY_PERHAPS) {
		ask(run, check->atom);
	}
}

static void found_literal(void *ctx, uint32_t literal, size_t end) {
	struct scan *scan = ctx;
	struct many_span span = scan->field->literal_spans[literal];
	for (uint32_t i = 0; i < span.count; i++) {
		check(scan->run, &scan->field->checks[span.first + i], end, scan->len);
	}
}

/* Literals of one byte have no gram, and nearly every text has some of them. */
static void match_bytes(struct many_run *run, const struct many_field *field, struct str text) {
	bool has[256] = {false};
	for (size_t i = 0; i < text.len; i++) {
		has[(unsigned char)text.ptr[i]] = true;
	}
	for (uint32_t i = 0; i < field->bytes_count; i++) {
		char byte = field->bytes[i];
		if (!has[(unsigned char)byte]) {
			continue;
		}
		struct many_span span = field->byte_spans[i];
		for (uint32_t k = 0; k < span.count; k++) {
			const struct many_check *at = &field->checks[span.first + k];
			if ((at->kind != MANY_AT_HEAD || text.ptr[0] == byte) &&
			    (at->kind != MANY_AT_END || text.ptr[text.len - 1] == byte)) {
				check(run, at, at->kind == MANY_AT_HEAD ? 1 : text.len, text.len);
			}
		}
	}
}

static struct str lower_of(struct many_run *run, struct str text) {
	buf_clear(&run->lower);
	char *out = buf_reserve(&run->lower, text.len + MANY_GRAMS_BEHIND);
	for (size_t i = 0; i < text.len; i++) {
		out[i] = char_lower(text.ptr[i]);
	}
	memset(out + text.len, 0, MANY_GRAMS_BEHIND);
	return str_make(out, text.len);
}

static void match_equal(struct many_run *run, const struct many_field *field, struct str text,
                        struct str lower, bool ascii) {
	if (!ascii) {
		buf_clear(&run->folded);
		many_append_folded(&run->folded, text);
		lower = buf_str(&run->folded);
	}
	const uint64_t *number = map_find(field->equal, lower);
	if (number == NULL) {
		return;
	}
	struct many_span span = field->equal_spans[*number];
	for (uint32_t i = 0; i < span.count; i++) {
		check(run, &field->checks[span.first + i], 0, text.len);
	}
}

/* The rows before *out_first are less than scalar, those from *out_end on are more. */
static void number_range(const struct many_numbers *numbers, const struct scalar *scalar,
                         uint32_t *out_first, uint32_t *out_end) {
	uint32_t ends[2];
	for (int upper = 0; upper < 2; upper++) {
		uint32_t low = 0;
		uint32_t high = numbers->count;
		while (low < high) {
			uint32_t middle = low + (high - low) / 2;
			if (scalar_order(&numbers->rows[middle].scalar, scalar) < upper) {
				low = middle + 1;
			} else {
				high = middle;
			}
		}
		ends[upper] = low;
	}
	*out_first = ends[0];
	*out_end = ends[1];
}

static void match_numbers(struct many_run *run, const struct many_field *field,
                          const struct scalar *scalar) {
	if (scalar->kind != SCALAR_INTEGER && scalar->kind != SCALAR_REAL) {
		return;
	}
	for (size_t op = 0; op < ATOM_OP_COUNT; op++) {
		const struct many_numbers *numbers = &field->numbers[op];
		uint32_t first;
		uint32_t end;
		number_range(numbers, scalar, &first, &end);
		/* LT holds for what is less than the rows from end on, GT for the others. */
		uint32_t from = op == ATOM_EQ || op == ATOM_LTE ? first : op == ATOM_LT ? end : 0;
		uint32_t to = op == ATOM_EQ || op == ATOM_GTE ? end
		              : op == ATOM_GT                 ? first
		                                              : numbers->count;
		for (uint32_t i = from; i < to; i++) {
			hold(run, numbers->rows[i].atom);
		}
	}
}

static bool has_numbers(const struct many_field *field) {
	for (size_t op = 0; op < ATOM_OP_COUNT; op++) {
		if (field->numbers[op].count > 0) {
			return true;
		}
	}
	return false;
}

/* address without the bits behind prefix. */
static struct address masked(struct address address, unsigned prefix) {
	for (unsigned i = 0; i < sizeof(address.bytes); i++) {
		unsigned bits = prefix <= i * 8 ? 0 : MIN_OF(prefix - i * 8, 8u);
		address.bytes[i] = (uint8_t)(address.bytes[i] & (0xff00u >> bits));
	}
	return address;
}

/* The first row from `from` on that is not before the network. */
static uint32_t network_place(const struct many_field *field, uint32_t from, unsigned prefix,
                              const struct address *address) {
	uint32_t low = from;
	uint32_t high = field->networks_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct network *row = &field->networks[middle].network;
		bool before = row->prefix != prefix
		                  ? row->prefix < prefix
		                  : memcmp(row->address.bytes, address->bytes, sizeof(address->bytes)) < 0;
		if (before) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

static void match_networks(struct many_run *run, const struct many_field *field,
                           const struct address *address) {
	for (uint32_t i = 0; i < field->networks_count;) {
		unsigned prefix = field->networks[i].network.prefix;
		struct address part = masked(*address, prefix);
		for (i = network_place(field, i, prefix, &part);
		     i < field->networks_count && field->networks[i].network.prefix == prefix &&
		     memcmp(field->networks[i].network.address.bytes, part.bytes, sizeof(part.bytes)) == 0;
		     i++) {
			if (network_has(&field->networks[i].network, address)) {
				hold(run, field->networks[i].atom);
			}
		}
		const struct address zero = {{0}};
		i = network_place(field, i, prefix + 1, &zero);
	}
}

/* What was put off: atom_match has the last word. */
static void match_one(struct many_run *run, uint32_t atom, struct value value) {
	struct atom_run *test_run = &run->tests[atom];
	if (atom_match(run->many->tests[atom], test_run, value)) {
		hold(run, atom);
	}
	if (test_run->err != ERR_OK) {
		run->err = test_run->err;
		test_run->err = ERR_OK;
	}
}

static void match_perhaps(struct many_run *run, struct value value) {
	for (uint32_t i = 0; i < run->perhaps_count; i++) {
		match_one(run, run->perhaps[i], value);
	}
}

static void match_text(struct many_run *run, const struct many_field *field, struct value value) {
	struct str text = value.text;
	bool ascii = utf8_ascii(text);
	struct str lower = lower_of(run, text);
	run->perhaps_count = 0;
	if (++run->value_number == 0) {
		memset(run->asked_in, 0, run->many->atoms_count * sizeof(uint32_t));
		run->value_number = 1;
	}
	hold_list(run, &field->any);
	if (field->equal != NULL) {
		match_equal(run, field, text, lower, ascii);
	}
	if (field->bytes_count > 0) {
		match_bytes(run, field, text);
	}
	if (field->grams != NULL) {
		struct scan ctx = {run, field, text.len};
		many_grams_scan(field->grams, text, lower.ptr, found_literal, &ctx);
	}
	if (has_numbers(field)) {
		struct scalar scalar = scalar_read(text);
		match_numbers(run, field, &scalar);
	}
	struct address address;
	if (field->networks_count > 0 && address_parse(text, &address)) {
		match_networks(run, field, &address);
	}
	ask_list(run, &field->slow);
	match_perhaps(run, value);
}

/* ---- values that repeat ---- */

static uint32_t *entry_hits(struct memo_entry *entry) {
	return (uint32_t *)(void *)(entry + 1);
}

static char *entry_text(struct memo_entry *entry) {
	return (char *)(entry_hits(entry) + entry->hits_count);
}

/* The slot for a text of that hash, or NULL while nothing is remembered. */
static struct memo_entry **memo_slot(struct memo *memo, uint64_t hash) {
	if (memo->slots == NULL) {
		memo->slots = zeros(MEMO_SLOTS, sizeof(*memo->slots));
	}
	if (++memo->asked == MEMO_TRIAL) {
		memo->pause = memo->found < MEMO_TRIAL / 8 ? MEMO_PAUSE : 0;
		memo->asked = memo->found = 0;
	}
	return &memo->slots[hash % MEMO_SLOTS];
}

static bool recall(struct many_run *run, struct memo_entry *entry, uint64_t hash, struct str text) {
	if (entry == NULL || entry->hash != hash || entry->text_len != text.len ||
	    (text.len > 0 && memcmp(entry_text(entry), text.ptr, text.len) != 0)) {
		return false;
	}
	const uint32_t *hits = entry_hits(entry);
	for (uint32_t i = 0; i < entry->hits_count; i++) {
		hold(run, hits[i]);
	}
	return true;
}

static void remember(struct memo_entry **slot, uint64_t hash, struct str text, const uint32_t *hits,
                     uint32_t hits_count) {
	size_t room = hits_count * sizeof(uint32_t) + text.len;
	struct memo_entry *entry = *slot;
	if (entry == NULL || entry->room < room) {
		free(entry);
		entry = malloc(sizeof(*entry) + room);
		ASSERT(entry != NULL);
		entry->room = (uint32_t)room;
		*slot = entry;
	}
	entry->hash = hash;
	entry->text_len = (uint32_t)text.len;
	entry->hits_count = hits_count;
	memcpy(entry_hits(entry), hits, hits_count * sizeof(uint32_t));
	if (text.len > 0) {
		memcpy(entry_text(entry), text.ptr, text.len);
	}
}

/* Matches as if nothing had been found before, so that all hits are known, and puts both together.
 */
static void match_anew(struct many_run *run, const struct many_field *field, struct value value,
                       struct memo_entry **slot, uint64_t hash) {
	uint32_t before = run->hits_count;
	enum err err = run->err;
	run->err = ERR_OK;
	match_text(run, field, value);
	bool whole = run->err == ERR_OK && run->hits_count - before <= MEMO_HITS_MAX;
	/* What held before is not in hits again: only an event's first value of a field is sure. */
	if (whole && slot != NULL) {
		remember(slot, hash, value.text, run->hits + before, run->hits_count - before);
	}
	run->err = run->err == ERR_OK ? err : run->err;
}

static bool is_null(struct value value) {
	return value.kind == VALUE_NONE ||
	       (value.kind == VALUE_JSON && str_eq(value.text, STR("null")));
}

void many_match(struct many_run *run, uint32_t number, struct value value) {
	ASSERT(number < run->many->fields_count && value.text.len <= UINT32_MAX);
	const struct many_field *field = &run->many->fields[number];
	struct memo *memo = &run->memos[number];
	bool first = run->seen_in[number] != run->event_number;
	if (value.kind != VALUE_NONE) {
		run->seen_in[number] = run->event_number;
		hold_list(run, &field->exists);
	}
	if (is_null(value)) {
		hold_list(run, &field->null);
		return;
	}
	if (field->puts_off) {
		struct later_value later = {number, value};
		buf_append(&run->later, &later, sizeof(later));
	}
	if (memo->pause > 0 || value.text.len > MEMO_TEXT_MAX) {
		memo->pause -= memo->pause > 0;
		match_text(run, field, value);
		return;
	}
	uint64_t hash = hash64(value.text.ptr, value.text.len);
	struct memo_entry **slot = memo_slot(memo, hash);
	if (recall(run, *slot, hash, value.text)) {
		memo->found++;
		return;
	}
	match_anew(run, field, value, first ? slot : NULL, hash);
}

void many_value(struct many_run *run, uint32_t field, struct value value, struct buf *out) {
	many_event(run);
	many_match(run, field, value);
	buf_append(out, run->hits, run->hits_count * sizeof(uint32_t));
	many_event(run);
}

void many_hold_value(struct many_run *run, uint32_t field, const uint32_t *atoms, uint32_t count) {
	ASSERT(field < run->many->fields_count);
	run->seen_in[field] = run->event_number;
	for (uint32_t i = 0; i < count; i++) {
		many_hold(run, atoms[i]);
	}
}

/* ---- rules ---- */

/* Asks what was put off, once for each event. */
static bool holds_when_asked(void *ctx, uint32_t atom) {
	struct many_run *run = ctx;
	uint32_t field = run->many->put_off[atom];
	const struct later_value *later = (const struct later_value *)(const void *)run->later.ptr;
	if (field > 0 && run->answered_in[atom] != run->event_number) {
		run->answered_in[atom] = run->event_number;
		for (size_t i = 0; i < run->later.len / sizeof(*later); i++) {
			if (later[i].field == field - 1) {
				match_one(run, atom, later[i].value);
			}
		}
	}
	return (run->bits[atom / 64] >> atom % 64 & 1) != 0;
}

static void try_rule(struct many_run *run, uint32_t number, const uint64_t *groups) {
	const struct many_rule *rule = &run->many->rules[number];
	if (run->rule_seen[number] == run->event_number ||
	    (groups != NULL && (groups[rule->group / 64] >> rule->group % 64 & 1) == 0)) {
		return;
	}
	run->rule_seen[number] = run->event_number;
	if (rule->puts_off ? program_eval_with(&rule->program, holds_when_asked, run)
	                   : program_eval(&rule->program, run->bits)) {
		run->rules[run->rules_count++] = number;
	}
}

static int order_rules(const void *a, const void *b) {
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

const uint32_t *many_rules(struct many_run *run, const uint64_t *groups, uint32_t *out_count) {
	const struct many *many = run->many;
	many_absent(run);
	run->rules_count = 0;
	for (uint32_t i = 0; i < run->hits_count; i++) {
		uint32_t atom = run->hits[i];
		for (uint32_t k = many->rule_starts[atom]; k < many->rule_starts[atom + 1]; k++) {
			try_rule(run, many->rule_lists[k], groups);
		}
	}
	for (uint32_t i = 0; i < many->always_count; i++) {
		try_rule(run, many->always[i], groups);
	}
	if (run->rules_count > 1) {
		qsort(run->rules, run->rules_count, sizeof(*run->rules), order_rules);
	}
	*out_count = run->rules_count;
	return run->rules;
}
