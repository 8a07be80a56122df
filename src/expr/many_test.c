/* Many atoms at once: the same answers as atom_match, whatever finds them; rules; the kept form. */
#include "expr/many.h"

#include "base/limits.h"
#include "expr/many_plan.h"
#include "tap.h"

static const char key[MANY_KEY_SIZE] = "rules of a test";

static size_t below(size_t n) {
	return (size_t)(tap_random() % n);
}

static uint32_t add(struct many_build *build, struct atom atom) {
	uint32_t number = UINT32_MAX;
	CHECK_EQ(many_build_atom(build, &atom, &number, NULL), ERR_OK);
	return number;
}

static uint32_t add_text(struct many_build *build, enum atom_kind kind, const char *field,
                         const char *text) {
	return add(build,
	           (struct atom){.kind = kind, .field = str_from(field), .text = str_from(text)});
}

static void add_rule(struct many_build *build, const struct program_op *ops, uint32_t count,
                     uint32_t group) {
	struct program program = {ops, count};
	CHECK_EQ(many_build_rule(build, &program, group, NULL), ERR_OK);
}

static void match(struct many_run *run, const struct many *many, const char *field,
                  const char *value) {
	many_match(run, many_field(many, str_from(field)), value_string(str_from(value)));
}

static bool holds(const struct many_run *run, uint32_t atom) {
	return (many_bits(run)[atom / 64] >> atom % 64 & 1) != 0;
}

/* ---- random atoms ---- */

static const char *const letters[] = {"a",
                                      "A",
                                      "b",
                                      "k",
                                      "K",
                                      "s",
                                      "S",
                                      "\xc5\xbf",
                                      "-",
                                      " ",
                                      "\xc3\xa4",
                                      "\xc3\x84",
                                      "\xff",
                                      "\xc3",
                                      "\xe2\x84\xaa",
                                      "\xe6\x97\xa5",
                                      "*",
                                      "?",
                                      "\\",
                                      "\n",
                                      "\xc8\xba",
                                      "\xe2\xb1\xa5",
                                      "1",
                                      "0",
                                      ".",
                                      "/",
                                      "\xcf\x83",
                                      "\xcf\x82",
                                      "\xce\xa3",
                                      "x",
                                      "http",
                                      "cmd.exe"};
static const char *const elements[] = {
    "a",   "b",     "k",       "s",     ".",      "\\s",         "\\S",   "\\w",  "\\W",
    "\\d", "\\D",   "[a-c]",   "[^a]",  "[\\s-]", "\\.",         "\\\\",  "\\b",  "\\B",
    "^",   "$",     "(?:",     "(",     ")",      "|",           "*",     "+",    "?",
    "{2}", "{1,3}", "{0,2}",   "+?",    "*?",     "http",        "cmd",   "(?i)", "\xc3\xa4",
    "1",   "0",     "\\n",     "\\x61", "\\h",    "[[:alpha:]]", "(?=a)", "\\1",  "/",
    "-",   " ",     "(?<n>a)", "\\R",   "\\v",    "\\N",         "]",     "}",    "x{,3}"};

static void random_text(struct buf *out, size_t max) {
	for (size_t n = below(max + 1); n > 0; n--) {
		buf_append_str(out, str_from(letters[below(ARRAY_LEN(letters))]));
	}
	if (below(40) == 0) {
		buf_append_char(out, '\0');
	}
}

static void random_regex(struct buf *out) {
	for (size_t n = 1 + below(8); n > 0; n--) {
		buf_append_str(out, str_from(elements[below(ARRAY_LEN(elements))]));
	}
}

static void random_special(struct buf *out, enum atom_kind kind) {
	static const char *const networks[] = {
	    "10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "0.0.0.0/0",     "::/0",
	    "fe80::/10",  "10.1.2.0/23", "127.0.0.1",   "2001:db8::/33", "255.255.255.255/32"};
	static const char *const numbers[] = {
	    "0", "1", "10", "10.5", "-3", "9007199254740993", "1e3", "0.1", "9.99", "9007199254740992"};
	buf_append_str(out, str_from(kind == ATOM_CIDR ? networks[below(ARRAY_LEN(networks))]
	                                               : numbers[below(ARRAY_LEN(numbers))]));
}

/* What is not valid is left out by the caller. */
static struct atom random_atom(struct buf *text) {
	static const enum atom_kind kinds[] = {ATOM_EQUALS, ATOM_CONTAINS, ATOM_CONTAINS, ATOM_CONTAINS,
	                                       ATOM_STARTS, ATOM_ENDS,     ATOM_WILDCARD, ATOM_REGEX,
	                                       ATOM_REGEX,  ATOM_CIDR,     ATOM_COMPARE,  ATOM_EXISTS,
	                                       ATOM_NULL,   ATOM_TIME};
	struct atom atom = {.kind = kinds[below(ARRAY_LEN(kinds))], .field = STR("one")};
	buf_clear(text);
	switch (atom.kind) {
	case ATOM_REGEX:
		random_regex(text);
		atom.flags = (unsigned)below(8) << 1;
		break;
	case ATOM_CIDR:
	case ATOM_COMPARE:
	case ATOM_TIME:
		random_special(text, atom.kind);
		atom.op = atom.kind == ATOM_CIDR ? 0 : (enum atom_op)below(ATOM_OP_COUNT);
		break;
	case ATOM_EXISTS:
	case ATOM_NULL:
		break;
	case ATOM_EQUALS:
	case ATOM_CONTAINS:
	case ATOM_STARTS:
	case ATOM_ENDS:
	case ATOM_WILDCARD:
	case ATOM_FIELD:
	case ATOM_KIND_COUNT:
	default:
		random_text(text, 3);
		atom.flags = below(4) == 0 ? ATOM_CASED : 0;
	}
	atom.field = below(8) == 0 ? STR("two") : STR("one");
	atom.text = buf_str(text);
	return atom;
}

static struct value random_value(struct buf *text, const struct atom *like) {
	static const char *const others[] = {"10.1.2.3",
	                                     "10.1.3.255",
	                                     "11.0.0.1",
	                                     "fe80::1",
	                                     "::1",
	                                     "2001:db8:0:1::",
	                                     "255.255.255.255",
	                                     "10",
	                                     "10.0",
	                                     "1e3",
	                                     "-3",
	                                     "9007199254740993",
	                                     "9007199254740992.5",
	                                     "null",
	                                     "2024-05-06T00:01:10Z",
	                                     "1999-12-31 10:10:00",
	                                     "abcHTTPcmd"};
	buf_clear(text);
	switch (below(6)) {
	case 0:
		buf_append_str(text, str_from(others[below(ARRAY_LEN(others))]));
		break;
	case 1:
		buf_append_str(text, like->text);
		break;
	case 2:
		random_text(text, 2);
		buf_append_str(text, like->text);
		random_text(text, 2);
		break;
	default:
		random_text(text, 8);
	}
	struct value value = value_string(buf_str(text));
	size_t kind = below(30);
	return kind == 0 ? VALUE_ABSENT : kind == 1 ? (struct value){VALUE_JSON, STR("null")} : value;
}

/* ---- many against atom_match ---- */

struct trial {
	struct many *many, *loaded;
	struct arena *arena;
	struct atom_test **tests;
	struct atom_run *runs;
	uint32_t count;
};

static struct many *reload(const struct many *many) {
	struct many *loaded = NULL;
	struct str extra = {0};
	struct buf kept = {0};
	many_save(many, key, STR("beside"), &kept);
	CHECK_EQ(many_load(buf_str(&kept), key, &loaded, &extra), ERR_OK);
	CHECK_STR(extra, "beside");
	buf_deinit(&kept);
	return loaded;
}

/* build is freed. */
static void trial_start(struct trial *trial, struct many_build *build) {
	trial->many = many_build_finish(build);
	trial->loaded = reload(trial->many);
	trial->count = many_atoms_count(trial->many);
	trial->arena = arena_new(SIZE_MAX);
	trial->tests = ARENA_ARRAY(trial->arena, trial->count, struct atom_test *);
	trial->runs = ARENA_ARRAY(trial->arena, trial->count, struct atom_run);
	for (uint32_t i = 0; i < trial->count; i++) {
		CHECK_EQ(atom_test_new(trial->arena, many_atom(trial->many, i), &trial->tests[i], NULL),
		         ERR_OK);
	}
}

static void trial_init(struct trial *trial, size_t atoms) {
	struct many_build *build = many_build_new();
	struct buf text = {0};
	for (size_t i = 0; i < atoms; i++) {
		struct atom atom = random_atom(&text);
		uint32_t number;
		enum err err = many_build_atom(build, &atom, &number, NULL);
		CHECK(err == ERR_OK || (err == ERR_INVALID && atom.kind == ATOM_REGEX));
	}
	trial_start(trial, build);
	buf_deinit(&text);
}

static void trial_deinit(struct trial *trial) {
	for (uint32_t i = 0; i < trial->count; i++) {
		atom_test_deinit(trial->tests[i]);
		atom_run_deinit(&trial->runs[i]);
	}
	many_free(trial->many);
	many_free(trial->loaded);
	arena_free(trial->arena);
}

static size_t compare(struct trial *trial, struct many_run *run, struct value value) {
	uint32_t field = many_field(trial->many, STR("one"));
	size_t hits = 0;
	many_event(run);
	many_match(run, field, value);
	for (uint32_t i = 0; i < trial->count; i++) {
		bool expected = str_eq(many_atom(trial->many, i)->field, STR("one")) &&
		                atom_match(trial->tests[i], &trial->runs[i], value);
		hits += expected;
		if (!CHECK(holds(run, i) == expected)) {
			struct buf note = {0};
			atom_append_text(&note, many_atom(trial->many, i));
			buf_append_str(&note, STR(" against "));
			value_append_json(&note, value);
			printf("# flags %u, expected %d: %.*s\n", many_atom(trial->many, i)->flags, expected,
			       STR_ARG(note));
			buf_deinit(&note);
		}
	}
	uint32_t count;
	(void)many_hits(run, &count);
	CHECK_EQ(count, hits);
	return hits;
}

TEST(many_atoms_hold_exactly_where_each_would) {
	struct buf text = {0};
	size_t hits = 0;
	size_t pairs = 0;
	for (size_t round = tap_rounds(10); round > 0; round--) {
		struct trial trial;
		trial_init(&trial, round % 10 == 0 ? 800 : 150);
		struct many_run *run = many_run_new(trial.many);
		struct many_run *again = many_run_new(trial.loaded);
		for (size_t i = 0; i < 60; i++) {
			struct value value =
			    random_value(&text, many_atom(trial.many, (uint32_t)below(trial.count)));
			hits += compare(&trial, run, value);
			hits += compare(&trial, i % 2 == 0 ? run : again, value);
			pairs += 2 * trial.count;
		}
		many_run_free(run);
		many_run_free(again);
		trial_deinit(&trial);
	}
	printf("# %zu pairs, %zu hold\n", pairs, hits);
	CHECK(hits > pairs / 100);
	buf_deinit(&text);
}

TEST(atoms_of_all_kinds_are_found_in_one_value) {
	struct many_build *build = many_build_new();
	uint32_t contains = add_text(build, ATOM_CONTAINS, "CommandLine", " -EnC ");
	uint32_t ends = add_text(build, ATOM_ENDS, "CommandLine", "AAA=");
	uint32_t starts = add_text(build, ATOM_STARTS, "CommandLine", "powershell");
	uint32_t wild = add_text(build, ATOM_WILDCARD, "CommandLine", "*shell*-enc ?AAA*");
	uint32_t regex = add_text(build, ATOM_REGEX, "CommandLine", "\\s-[Ee][a-z]{2}\\s");
	uint32_t other = add_text(build, ATOM_CONTAINS, "Image", "shell");
	uint32_t null = add_text(build, ATOM_NULL, "Image", "");
	CHECK_EQ(add_text(build, ATOM_CONTAINS, "CommandLine", " -EnC "), contains);
	struct many *many = many_build_finish(build);
	struct many_run *run = many_run_new(many);
	uint32_t count;
	CHECK_EQ(many_fields_count(many), 2);
	CHECK_EQ(many_field(many, STR("image")), MANY_NO_FIELD);
	many_event(run);
	match(run, many, "CommandLine", "PowerShell.exe -enc BAAA=");
	CHECK(holds(run, contains) && holds(run, ends) && holds(run, starts) && holds(run, wild) &&
	      holds(run, regex));
	CHECK(!holds(run, other) && !holds(run, null));
	many_absent(run);
	CHECK(holds(run, null));
	many_event(run);
	match(run, many, "CommandLine", "x powershell AAA=x");
	match(run, many, "Image", "shell");
	many_absent(run);
	(void)many_hits(run, &count);
	CHECK_EQ(count, 1);
	CHECK(holds(run, other));
	many_run_free(run);
	many_free(many);
}

TEST(atoms_of_values_can_be_found_before_their_event) {
	struct many_build *build = many_build_new();
	uint32_t contains = add_text(build, ATOM_CONTAINS, "f", "ab");
	uint32_t wild = add_text(build, ATOM_WILDCARD, "f", "a?c");
	uint32_t null = add_text(build, ATOM_NULL, "f", "");
	struct many *many = many_build_finish(build);
	struct many_run *run = many_run_new(many);
	struct buf atoms = {0};
	many_value(run, 0, value_string(STR("abc")), &atoms);
	size_t both = atoms.len / sizeof(uint32_t);
	many_value(run, 0, value_string(STR("axc")), &atoms);
	REQUIRE(atoms.len / sizeof(uint32_t) == both + 1);
	const uint32_t *numbers = (const uint32_t *)(const void *)atoms.ptr;
	CHECK_EQ(both, 2);
	many_event(run);
	many_hold_value(run, 0, numbers, (uint32_t)both);
	many_absent(run);
	CHECK(holds(run, contains) && holds(run, wild) && !holds(run, null));
	many_event(run);
	many_hold_value(run, 0, numbers + both, 1);
	many_absent(run);
	CHECK(!holds(run, contains) && holds(run, wild) && !holds(run, null));
	buf_deinit(&atoms);
	many_run_free(run);
	many_free(many);
}

/* A library that looked for them once missed some in texts of more than 64 bytes. */
TEST(few_literals_are_found_wherever_they_stand) {
	struct many_build *build = many_build_new();
	uint32_t atom = add_text(build, ATOM_CONTAINS, "f", "-enc ");
	(void)add_text(build, ATOM_CONTAINS, "f",
	               "-\xe5\x87\x87\x87\x87\x87\x87\x87"
	               "0.0.0/8");
	struct many *many = many_build_finish(build);
	struct many_run *run = many_run_new(many);
	for (size_t at = 0; at < 200; at++) {
		char value[256];
		memset(value, 'j', sizeof(value));
		memcpy(value + at, "-ENC ", 5);
		for (size_t len = at + 5; len < sizeof(value); len += 7) {
			many_event(run);
			many_match(run, 0, value_string(str_make(value, len)));
			CHECK(holds(run, atom));
		}
	}
	many_run_free(run);
	many_free(many);
}

TEST(values_that_repeat_are_remembered_and_others_are_not) {
	struct many_build *build = many_build_new();
	uint32_t atom = add_text(build, ATOM_CONTAINS, "f", "7");
	struct many *many = many_build_finish(build);
	struct many_run *run = many_run_new(many);
	for (size_t i = 0; i < 200000; i++) {
		char value[32];
		size_t n = i < 100000 ? i : i % 50;
		(void)snprintf(value, sizeof(value), "%zu", n);
		many_event(run);
		match(run, many, "f", value);
		if (holds(run, atom) != (strchr(value, '7') != NULL)) {
			CHECK(false);
		}
	}
	many_run_free(run);
	many_free(many);
}

/* ---- rules ---- */

#define OP_ATOM(a, at) {PROGRAM_ATOM, (a), (at) + 1}

TEST(rules_are_called_by_what_they_cannot_hold_without) {
	struct many_build *build = many_build_new();
	uint32_t image = add_text(build, ATOM_ENDS, "Image", "\\cmd.exe");
	uint32_t line = add_text(build, ATOM_CONTAINS, "CommandLine", "whoami");
	uint32_t user = add_text(build, ATOM_EQUALS, "User", "SYSTEM");
	const struct program_op both[] = {{PROGRAM_AND, 0, 3}, OP_ATOM(image, 1), OP_ATOM(line, 2)};
	const struct program_op unless[] = {
	    {PROGRAM_AND, 0, 4}, OP_ATOM(line, 1), {PROGRAM_NOT, 0, 4}, OP_ATOM(user, 3)};
	const struct program_op without[] = {{PROGRAM_NOT, 0, 2}, OP_ATOM(user, 1)};
	const struct program_op either[] = {{PROGRAM_OR, 0, 3}, OP_ATOM(line, 1), OP_ATOM(user, 2)};
	const struct program_op nothing[] = {{PROGRAM_OR, 0, 1}};
	add_rule(build, both, 3, 0);
	add_rule(build, unless, 4, 1);
	add_rule(build, without, 2, 70);
	add_rule(build, either, 3, 1);
	add_rule(build, nothing, 1, 0);
	struct many *many = many_build_finish(build);
	struct many_run *run = many_run_new(many);
	const uint64_t groups[2] = {1, 1 << 6};
	uint32_t count;
	many_event(run);
	match(run, many, "Image", "C:\\CMD.EXE");
	match(run, many, "CommandLine", "cmd /c whoami /all");
	const uint32_t *rules = many_rules(run, NULL, &count);
	CHECK(count == 4 && rules[0] == 0 && rules[1] == 1 && rules[2] == 2 && rules[3] == 3);
	rules = many_rules(run, groups, &count);
	many_event(run);
	match(run, many, "User", "system");
	rules = many_rules(run, NULL, &count);
	CHECK(count == 1 && rules[0] == 3);
	many_event(run);
	rules = many_rules(run, groups, &count);
	CHECK(count == 1 && rules[0] == 2);
	many_run_free(run);
	many_free(many);
}

/* A random tree of at most `depth` levels behind ops[count]; returns the new count. */
static uint32_t random_program(struct program_op *ops, uint32_t count, uint32_t atoms, int depth) {
	uint32_t at = count++;
	size_t kind = depth == 0 ? 0 : below(4);
	ops[at] = (struct program_op){(uint32_t)kind, 0, 0};
	if (kind == PROGRAM_ATOM) {
		ops[at].atom = (uint32_t)below(atoms);
	}
	size_t parts = kind == PROGRAM_NOT ? 1 : kind == PROGRAM_ATOM ? 0 : below(4);
	for (; parts > 0; parts--) {
		count = random_program(ops, count, atoms, depth - 1);
	}
	ops[at].end = count;
	return count;
}

TEST(random_rules_hold_exactly_where_their_programs_do) {
	enum { ATOMS = 12, RULES = 200, OPS = 200 };
	static struct program_op ops[RULES][OPS];
	uint32_t counts[RULES];
	struct many_build *build = many_build_new();
	for (int i = 0; i < ATOMS; i++) {
		const char text[2] = {(char)('a' + i), '\0'};
		(void)add_text(build, i % 2 == 0 ? ATOM_CONTAINS : ATOM_EQUALS, i % 3 == 0 ? "x" : "y",
		               text);
	}
	for (int i = 0; i < RULES; i++) {
		counts[i] = random_program(ops[i], 0, ATOMS, 3);
		REQUIRE(counts[i] <= OPS);
		add_rule(build, ops[i], counts[i], 0);
	}
	struct many *made = many_build_finish(build);
	struct many *many = reload(made);
	struct many_run *run = many_run_new(many);
	for (size_t round = 0; round < 300; round++) {
		uint32_t count;
		uint32_t at = 0;
		many_event(run);
		for (size_t i = below(5); i > 0; i--) {
			const char text[3] = {(char)('a' + below(ATOMS)), below(2) == 0 ? 'c' : '\0', '\0'};
			match(run, many, below(2) == 0 ? "x" : "y", text);
		}
		const uint32_t *rules = many_rules(run, NULL, &count);
		for (uint32_t i = 0; i < RULES; i++) {
			struct program program = {ops[i], counts[i]};
			bool found = at < count && rules[at] == i;
			at += found;
			CHECK(found == program_eval(&program, many_bits(run)));
		}
	}
	many_run_free(run);
	many_free(many);
	many_free(made);
}

/* ---- limits and damage ---- */

TEST(hostile_regexes_cost_bounded_time) {
	static const char *const bombs[] = {"(a|aa)+$",
	                                    "((a{1,100}){1,100}){1,100}",
	                                    "[a-z]{1,900}.*[a-z]{1,900}x",
	                                    "^(?<n>x|xx)+$",
	                                    ".{1000,}",
	                                    "(((((((((((((((((((((a)))))))))))))))))))))*"};
	struct many_build *build = many_build_new();
	for (size_t i = 0; i < ARRAY_LEN(bombs); i++) {
		struct atom atom = {.kind = ATOM_REGEX, .field = STR("f"), .text = str_from(bombs[i])};
		uint32_t number;
		enum err err = many_build_atom(build, &atom, &number, NULL);
		CHECK(err == ERR_OK || err == ERR_INVALID);
	}
	struct many *many = many_build_finish(build);
	struct many_run *run = many_run_new(many);
	char *text = malloc(100001);
	REQUIRE(text != NULL);
	memset(text, 'x', 100000);
	text[99999] = 'y';
	text[100000] = '\0';
	many_event(run);
	match(run, many, "f", text);
	CHECK_EQ(many_error(run), ERR_LIMIT);
	many_error_clear(run);
	CHECK_EQ(many_error(run), ERR_OK);
	free(text);
	many_run_free(run);
	many_free(many);
}

/* Regexes with very many positions, and literals longer than are looked for. */
TEST(what_is_too_large_for_a_database_is_matched_all_the_same) {
	struct many_build *build = many_build_new();
	char text[300];
	for (unsigned i = 0; i < 40; i++) {
		(void)snprintf(text, sizeof(text), "a{1,%u}[b-%c]{%u}.*c", i * 7 + 1, 'c' + (int)(i % 20),
		               i);
		(void)add_text(build, ATOM_REGEX, "one", text);
	}
	memset(text, 'a', sizeof(text));
	text[299] = '\0';
	for (unsigned i = 0; i < 40; i++) {
		text[i * 7] = 'b';
		(void)add_text(build, i % 2 == 0 ? ATOM_ENDS : ATOM_CONTAINS, "one", text + i);
	}
	struct trial trial;
	trial_start(&trial, build);
	struct many_run *run = many_run_new(trial.many);
	size_t hits = 0;
	for (size_t i = 0; i < 40; i++) {
		char value[400];
		(void)snprintf(value, sizeof(value), "%.*s%s", (int)(i * 2),
		               "abcbcbcbcbbccbbbcbcbdbcbdbcbdbcbdb", i % 4 == 0 ? text + i : text + i * 7);
		hits += compare(&trial, run, value_string(str_from(value)));
	}
	CHECK(hits > 100);
	many_run_free(run);
	trial_deinit(&trial);
}

TEST(too_much_is_refused_with_a_reason) {
	struct many_build *build = many_build_new();
	struct diag diag = {0};
	enum err err = ERR_OK;
	uint32_t number = 0;
	for (uint32_t i = 0; i <= LIMIT_MANY_ATOMS && err == ERR_OK; i++) {
		char text[16];
		(void)snprintf(text, sizeof(text), "%u", i);
		struct atom atom = {.kind = ATOM_EQUALS, .field = STR("f"), .text = str_from(text)};
		err = many_build_atom(build, &atom, &number, &diag);
	}
	CHECK_EQ(err, ERR_LIMIT);
	CHECK(strstr(diag.message, "more than") != NULL);
	CHECK_EQ(number, LIMIT_MANY_ATOMS - 1);
	const struct program_op bad[] = {{PROGRAM_AND, 0, 3}, {PROGRAM_ATOM, 0, 2}};
	struct program program = {bad, 2};
	CHECK_EQ(many_build_rule(build, &program, 0, &diag), ERR_INVALID);
	many_build_free(build);
	many_build_free(NULL);
}

/* As a file may say: nobody but operations of kind ATOM has an atom. */
TEST(the_atom_of_an_operation_that_has_none_is_not_looked_at) {
	struct many_build *build = many_build_new();
	uint32_t a = add_text(build, ATOM_CONTAINS, "f", "abc");
	const struct program_op ops[] = {
	    {PROGRAM_AND, UINT32_MAX, 3}, {PROGRAM_NOT, UINT32_MAX - 1, 3}, {PROGRAM_ATOM, a, 3}};
	add_rule(build, ops, ARRAY_LEN(ops), 0);
	struct many *many = many_build_finish(build);
	struct many_run *run = many_run_new(many);
	uint32_t count;
	many_event(run);
	match(run, many, "f", "xyz");
	(void)many_rules(run, NULL, &count);
	CHECK_EQ(count, 1);
	many_event(run);
	match(run, many, "f", "xabc");
	(void)many_rules(run, NULL, &count);
	CHECK_EQ(count, 0);
	many_run_free(run);
	many_free(many);
}

static enum err load(const struct buf *kept, size_t len) {
	struct many *many = NULL;
	enum err err = many_load(str_make(kept->ptr, len), key, &many, NULL);
	many_free(many);
	return err;
}

TEST(a_damaged_file_is_noticed) {
	struct many_build *build = many_build_new();
	(void)add_text(build, ATOM_CONTAINS, "f", "abc");
	(void)add_text(build, ATOM_REGEX, "f", "[a-z]{3}");
	const struct program_op ops[] = {OP_ATOM(0, 0)};
	add_rule(build, ops, 1, 0);
	struct many *many = many_build_finish(build);
	struct buf kept = {0};
	many_save(many, key, STR(""), &kept);
	for (size_t i = 0; i < kept.len; i += i < 400 ? 1 : 61) {
		kept.ptr[i] = (char)(kept.ptr[i] ^ 1 << below(8));
		CHECK(load(&kept, kept.len) != ERR_OK);
		struct buf good = {0};
		many_save(many, key, STR(""), &good);
		memcpy(kept.ptr, good.ptr, good.len);
		buf_deinit(&good);
		CHECK_EQ(load(&kept, i), ERR_CORRUPT);
	}
	CHECK_EQ(load(&kept, kept.len), ERR_OK);
	const char other[MANY_KEY_SIZE] = "other rules";
	struct many *none = NULL;
	CHECK_EQ(many_load(buf_str(&kept), other, &none, NULL), ERR_NOT_FOUND);
	buf_deinit(&kept);
	many_free(many);
}

TEST(without_tables_all_is_matched_all_the_same) {
	struct many_build *build = many_build_new();
	many_build_plain(build);
	uint32_t a = add_text(build, ATOM_CONTAINS, "f", "abc");
	uint32_t b = add_text(build, ATOM_EQUALS, "f", "xABCx");
	uint32_t c = add_text(build, ATOM_COMPARE, "f", "5");
	struct many *made = many_build_finish(build);
	struct many *many = reload(made);
	struct many_run *run = many_run_new(many);
	many_event(run);
	match(run, many, "f", "Xabcx");
	CHECK(holds(run, a) && holds(run, b) && !holds(run, c));
	many_event(run);
	match(run, many, "f", "5.0");
	CHECK(!holds(run, a) && !holds(run, b) && holds(run, c));
	many_run_free(run);
	many_free(many);
	many_free(made);
}

/* A regex without a literal: its rule is called by something else, which is then asked. */
TEST(what_is_put_off_is_asked_by_the_rules_that_hang_on_it) {
	static const struct row {
		const char *a, *b;
		bool one, two, three;
	} rows[] = {
	    {"xx12", "key", true, false, false},   {"xxab", "key", false, true, false},
	    {"xx12", "other", false, false, true}, {"", "key", false, true, false},
	    {"ab", "other", false, false, false},
	};
	struct many_build *build = many_build_new();
	const struct atom digits = {.kind = ATOM_REGEX, .field = STR("A"), .text = STR("[0-9][0-9]")};
	const struct atom called = {.kind = ATOM_EQUALS, .field = STR("B"), .text = STR("key")};
	const struct atom other = {.kind = ATOM_EQUALS, .field = STR("B"), .text = STR("other")};
	uint32_t d;
	uint32_t k;
	uint32_t o;
	CHECK_EQ(many_build_atom(build, &digits, &d, NULL), ERR_OK);
	CHECK_EQ(many_build_atom(build, &called, &k, NULL), ERR_OK);
	CHECK_EQ(many_build_atom(build, &other, &o, NULL), ERR_OK);
	const struct program_op both[] = {
	    {PROGRAM_AND, 0, 3}, {PROGRAM_ATOM, d, 2}, {PROGRAM_ATOM, k, 3}};
	const struct program_op without[] = {
	    {PROGRAM_AND, 0, 4}, {PROGRAM_NOT, 0, 3}, {PROGRAM_ATOM, d, 3}, {PROGRAM_ATOM, k, 4}};
	const struct program_op third[] = {
	    {PROGRAM_AND, 0, 3}, {PROGRAM_ATOM, o, 2}, {PROGRAM_ATOM, d, 3}};
	CHECK_EQ(many_build_rule(build, &(struct program){both, 3}, 0, NULL), ERR_OK);
	CHECK_EQ(many_build_rule(build, &(struct program){without, 4}, 0, NULL), ERR_OK);
	CHECK_EQ(many_build_rule(build, &(struct program){third, 3}, 0, NULL), ERR_OK);
	struct many *many = many_build_finish(build);
	many_put_off(many);
	CHECK(many_is_put_off(many, d));
	CHECK(!many_is_put_off(many, k));
	struct many_run *run = many_run_new(many);
	for (int round = 0; round < 3; round++) { /* also of values that are remembered */
		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			uint32_t count;
			many_event(run);
			many_match(run, many_field(many, STR("A")), value_string(str_from(rows[i].a)));
			many_match(run, many_field(many, STR("B")), value_string(str_from(rows[i].b)));
			const uint32_t *rules = many_rules(run, NULL, &count);
			uint32_t seen = 0;
			for (uint32_t n = 0; n < count; n++) {
				seen |= 1u << rules[n];
			}
			CHECK_EQ(seen,
			         (rows[i].one ? 1u : 0) | (rows[i].two ? 2u : 0) | (rows[i].three ? 4u : 0));
		}
	}
	many_run_free(run);
	many_free(many);
}
