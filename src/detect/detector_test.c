/* The detector against the plain matcher: the same rules hold, whatever the rules and events. */
#include "detect/detector.h"

#include "sigma/record.h"
#include "sigma/sample.h"
#include "sigma/source.h"

static uint64_t state = 88172645463325252;

static uint32_t roll(uint32_t below) {
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 33) % below;
}

#define PICK(from) ((from)[roll((uint32_t)ARRAY_LEN(from))])

/* Few names and short values, so that much is hit. "A B" is also found as AB. */
static const char *const names[] = {"A",       "B",       "C",        "AB",           "A B",
                                    "EventID", "Channel", "Event ID", "Provider_Name"};
static const char *const values[] = {"x", "xy", "Yx", "1",       "4688", "System", "10.1.2.3",
                                     "",  "zz", "-e", "power x", "x*",   "sys"};
static const char *const modifiers[] = {
    "",        "|contains", "|startswith", "|endswith", "|re|i", "|contains|all", "|windash",
    "|exists", "|lt",       "|cidr",       "|fieldref", "|neq",  "|cased"};

static void append_value(struct buf *out, const char *modifier) {
	if (strcmp(modifier, "|exists") == 0) {
		buf_append_str(out, roll(2) == 0 ? STR("true") : STR("false"));
	} else if (strcmp(modifier, "|lt") == 0) {
		buf_printf(out, "%u", roll(5000));
	} else if (strcmp(modifier, "|cidr") == 0) {
		buf_append_str(out, STR("10.1.0.0/16"));
	} else if (strcmp(modifier, "|fieldref") == 0) {
		buf_printf(out, "'%s'", PICK(names));
	} else if (strcmp(modifier, "|re|i") == 0) {
		buf_append_str(out, roll(2) == 0 ? STR("'x.?y'") : STR("'^[a-y]+$'"));
	} else if (modifier[0] == '\0' && roll(6) == 0) {
		buf_append_str(out, STR("null"));
	} else {
		buf_printf(out, roll(5) == 0 ? "'*%s'" : "'%s'", PICK(values));
	}
}

static void append_selection(struct buf *out, char name) {
	buf_printf(out, "  %c:\n", name);
	if (roll(8) == 0) { /* keywords */
		buf_printf(out, "    - '%s'\n    - '%sq'\n", PICK(values), PICK(values));
		return;
	}
	uint32_t count = 1 + roll(3);
	for (uint32_t i = 0; i < count; i++) {
		const char *modifier = PICK(modifiers);
		/* A key may come once in a map. */
		static const char *const own[] = {"A", "B", "Channel", "EventID", "C", "AB"};
		bool listed = roll(2) == 0 && strcmp(modifier, "|exists") != 0;
		buf_printf(out, "    %s%s: ", own[i * 2 + roll(2)], modifier);
		buf_append_str(out, listed ? STR("[") : STR(""));
		append_value(out, modifier);
		if (listed) {
			buf_append_str(out, STR(", "));
			append_value(out, modifier);
		}
		buf_append_str(out, listed ? STR("]\n") : STR("\n"));
	}
}

static void append_rule(struct buf *out) {
	static const char *const conditions[] = {"a",     "a and b",      "a and not b", "a or b",
	                                         "not a", "not (a or b)", "1 of them",   "not a and b"};
	buf_append_str(out, STR("---\ntitle: t\nlogsource:\n  product: windows\ndetection:\n"));
	append_selection(out, 'a');
	append_selection(out, 'b');
	buf_printf(out, "  condition: %s\n", PICK(conditions));
}

enum { FIELDS_MAX = 8 };
static void make_event(struct arena *arena, struct sigma_event *event) {
	struct sigma_field *fields = ARENA_ARRAY(arena, FIELDS_MAX, struct sigma_field);
	*event = (struct sigma_event){.fields = fields, .fields_count = roll(FIELDS_MAX)};
	for (uint32_t i = 0; i < event->fields_count; i++) {
		struct buf list = {0};
		fields[i].name = str_from(PICK(names));
		fields[i].value = value_string(str_from(PICK(values)));
		uint32_t kind = roll(10);
		if (kind == 0) {
			fields[i].value = (struct value){VALUE_JSON, STR("null")};
		} else if (kind == 1) {
			fields[i].value = (struct value){VALUE_NUMBER, STR("1")};
		} else if (kind == 2) {
			for (uint32_t k = roll(3); k > 0; k--) {
				value_list_append(&list, value_string(str_from(PICK(values))));
			}
			fields[i].value = (struct value){VALUE_LIST, arena_str(arena, buf_str(&list))};
		}
		buf_deinit(&list);
	}
}

static uint64_t held; /* in all */

static void compare(struct sigma_matcher *matcher, const struct sigma_set *set,
                    const struct sigma_event *event, const uint32_t *rules, uint32_t count) {
	uint32_t at = 0;
	sigma_matcher_event(matcher, event);
	held += count;
	for (uint32_t i = 0; i < set->rules_count; i++) {
		bool found = at < count && rules[at] == i;
		if (!CHECK_EQ(found, sigma_matcher_rule(matcher, i))) {
			printf("# rule %u of line %u\n", i, set->rules[i].meta.place.line);
			for (uint32_t k = 0; k < event->fields_count; k++) {
				printf("#   %.*s (%d) = %.*s\n", STR_ARG(event->fields[k].name),
				       (int)event->fields[k].value.kind, STR_ARG(event->fields[k].value.text));
			}
		}
		at += found;
	}
	CHECK_EQ(at, count);
}

/* One in four random rules is refused, since it makes no sense. */
static struct sigma_set *random_set(uint32_t rules) {
	struct sigma_set *set = sigma_set_new();
	struct buf text = {0};
	for (uint32_t i = 0; i < rules; i++) {
		append_rule(&text);
	}
	sigma_set_add(set, STR("x.yml"), buf_str(&text));
	sigma_set_close(set);
	buf_deinit(&text);
	return set;
}

TEST(random_rules_hold_for_random_events_as_the_plain_matcher_says) {
	for (int round = 0; round < 30; round++) {
		CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
		struct sigma_set *set = random_set(1 + roll(60));
		struct detector *detector = NULL;
		CHECK_EQ(detector_new(set, &detector, NULL), ERR_OK);
		struct detector_run *run = detector_run_new(detector);
		struct sigma_matcher *matcher = sigma_matcher_new(set);
		for (int i = 0; i < 300; i++) {
			struct sigma_event event;
			uint32_t count;
			make_event(arena, &event);
			const uint32_t *rules = detector_event(run, &event, &count);
			compare(matcher, set, &event, rules, count);
		}
		sigma_matcher_free(matcher);
		detector_run_free(run);
		detector_free(detector);
		sigma_set_free(set);
	}
	CHECK(held > 10000); /* of some 250,000 that were asked */
}

static struct batch *random_batch(uint32_t rows) {
	static const char *const fields[] = {"winlog.channel",
	                                     "winlog.event_id",
	                                     "winlog.provider_name",
	                                     "winlog.event_data.A",
	                                     "winlog.event_data.B",
	                                     "winlog.event_data.A B",
	                                     "winlog.user_data.C",
	                                     "winlog.event_data.Channel",
	                                     "A",
	                                     "winlog.user_data.EventID",
	                                     "Channel",
	                                     "message"};
	struct batch *batch = batch_new();
	struct batch_source source = {.name = STR("s"), .path = STR("p"), .file = UINT32_MAX};
	(void)batch_add_source(batch, &source);
	for (uint32_t i = 0; i < rows; i++) {
		struct batch_record *record = batch_add_record(batch);
		*record = (struct batch_record){.body_offset = batch->raw.len, .type = RECORD_DATA};
		buf_printf(&batch->raw, "line with %s and %s", PICK(values), PICK(values));
		record->body_len = (uint32_t)(batch->raw.len - record->body_offset);
	}
	fields_begin(batch);
	for (uint32_t i = 0; i < rows; i++) {
		(void)fields_begin_row(batch);
		fields_set_format(batch, roll(2) == 0 ? STR("evtx") : STR("json"));
		for (uint32_t k = roll(9); k > 0; k--) {
			/* A name that comes twice makes a list. */
			fields_put_str(batch, fields_name(batch, str_from(PICK(fields))),
			               str_from(PICK(values)));
		}
		fields_end_row(batch);
	}
	return batch;
}

static uint64_t put_apart; /* records whose fields came one by one, and told all */

static void put_fields(struct detector_run *run, const struct row *row, bool source_only) {
	bool wants[FIELDS_MAX * 2];
	ASSERT(row->fields_count <= ARRAY_LEN(wants));
	for (size_t i = 0; i < row->fields_count; i++) { /* before the next record begins */
		uint32_t name = detector_name(run, row->fields[i].name);
		wants[i] = source_only ? detector_tells_source(run, name) : detector_wants(run, name);
	}
	detector_put_begin(run);
	for (size_t i = 0; i < row->fields_count; i++) {
		if (wants[i]) {
			detector_put(run, detector_name(run, row->fields[i].name), row->fields[i].value);
		}
	}
}

/* What is known before the other fields are read is right, and they are enough. */
static void compare_put(struct detector_run *run, const struct row *row, const uint32_t *rules,
                        uint32_t count) {
	uint32_t found = 0;
	const uint32_t *again = NULL;
	detector_names(run);
	put_fields(run, row, true);
	enum detector_wish wish = detector_put_source(run, row->format);
	if (wish == DETECTOR_FIELDS) {
		put_fields(run, row, false);
		again = detector_put_rules(run, row->format, &found);
	}
	if (wish == DETECTOR_FIELDS || wish == DETECTOR_NONE) {
		put_apart++;
		CHECK_EQ(found, count);
		CHECK(found != count || count == 0 || memcmp(again, rules, count * sizeof(*rules)) == 0);
	}
}

TEST(rows_of_batches_are_events_under_the_names_of_rules) {
	struct row_field *fields = calloc(LIMIT_FIELDS_PER_RECORD, sizeof(*fields));
	uint64_t before = held;
	for (int round = 0; round < 20; round++) {
		CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
		struct sigma_set *set = random_set(1 + roll(round % 3 == 0 ? 4 : 60));
		struct sigma_sources *sources = sigma_sources_new();
		if (round % 2 == 0) {
			sigma_set_map(set, sources);
		}
		sigma_sources_free(sources);
		struct detector *detector = NULL;
		CHECK_EQ(detector_new(set, &detector, NULL), ERR_OK);
		struct detector_run *run = detector_run_new(detector);
		struct sigma_matcher *matcher = sigma_matcher_new(set);
		for (int i = 0; i < 4; i++) {
			struct batch *batch = random_batch(100);
			detector_batch(run, batch);
			for (uint32_t k = 0; k < batch->count; k++) {
				struct sigma_event event;
				struct row row;
				uint32_t count;
				row_from_batch(batch, k, fields, &row);
				sigma_record_event(arena, &row, &event);
				const uint32_t *rules = detector_row(run, k, &count);
				compare(matcher, set, &event, rules, count);
				uint32_t *copy = ARENA_ARRAY(arena, count, uint32_t);
				memcpy(copy, rules, count * sizeof(*copy));
				compare_put(run, &row, copy, count);
			}
			batch_free(batch);
		}
		sigma_matcher_free(matcher);
		detector_run_free(run);
		detector_free(detector);
		sigma_set_free(set);
	}
	CHECK(held > before + 2000);
	CHECK(put_apart > 500);
	free(fields);
}

TEST(what_names_are_remembered_is_bounded) {
	struct sigma_set *set = sample_set(SAMPLE_HEAD "  s:\n    A: x\n  condition: s\n", 0);
	struct detector *detector = NULL;
	CHECK_EQ(detector_new(set, &detector, NULL), ERR_OK);
	struct detector_run *run = detector_run_new(detector);
	for (uint32_t i = 0; i < 140000; i++) {
		char name[16];
		uint32_t count;
		(void)snprintf(name, sizeof(name), "n%u", i);
		struct sigma_field fields[] = {{str_from(name), value_string(STR("x"))},
		                               {STR("A"), value_string(i % 2 == 0 ? STR("x") : STR("y"))}};
		struct sigma_event event = {.fields = fields, .fields_count = 2};
		(void)detector_event(run, &event, &count);
		if (!CHECK_EQ(count, i % 2 == 0)) {
			break;
		}
	}
	detector_run_free(run);
	detector_free(detector);
	sigma_set_free(set);
}

static const char key[DETECTOR_KEY_SIZE] = "rules of a test";

static struct sigma_set *small_set(void) {
	return sample_set(SAMPLE_HEAD "  s:\n    A|contains: abc\n    B|fieldref: C\n"
	                              "    D|exists: true\n    E|gt: 4\n  condition: s\n",
	                  0);
}

static uint32_t hits(const struct detector *detector, const char *text) {
	struct sigma_field fields[SAMPLE_FIELDS_MAX];
	struct sigma_event event = {.fields = fields, .fields_count = sample_event(text, fields)};
	struct detector_run *run = detector_run_new(detector);
	uint32_t count;
	(void)detector_event(run, &event, &count);
	detector_run_free(run);
	return count;
}

TEST(a_kept_detector_finds_the_same) {
	CLEANUP(buf_deinit) struct buf kept = {0};
	struct sigma_set *set = small_set();
	struct detector *detector = NULL;
	CHECK_EQ(detector_new(set, &detector, NULL), ERR_OK);
	detector_save(detector, key, &kept);
	detector_free(detector);
	sigma_set_free(set);
	REQUIRE(detector_load(buf_str(&kept), key, &set, &detector) == ERR_OK);
	buf_clear(&kept);
	CHECK_EQ(set->rules_count, 1);
	CHECK_EQ(hits(detector, "A=xabcx;B=5;C=5;D=1;E=5"), 1);
	CHECK_EQ(hits(detector, "A=xabcx;B=5;C=6;D=1;E=5"), 0);
	CHECK_EQ(hits(detector, "A=xabcx;B=5;C=5;E=5"), 0);
	CHECK_EQ(hits(detector, "A=xabcx;B=5;C=5;D=1;E=4"), 0);
	detector_free(detector);
	sigma_set_free(set);
}

TEST(a_kept_detector_that_is_damaged_or_of_other_rules_is_refused) {
	CLEANUP(buf_deinit) struct buf kept = {0};
	struct sigma_set *set = small_set();
	struct detector *detector = NULL;
	struct sigma_set *no_set = NULL;
	struct detector *none = NULL;
	CHECK_EQ(detector_new(set, &detector, NULL), ERR_OK);
	detector_save(detector, key, &kept);
	for (size_t i = 0; i < kept.len; i++) {
		kept.ptr[i] ^= 4;
		CHECK(detector_load(buf_str(&kept), key, &no_set, &none) != ERR_OK);
		kept.ptr[i] ^= 4;
		CHECK_EQ(detector_load(str_make(kept.ptr, i), key, &no_set, &none), ERR_CORRUPT);
	}
	const char other[DETECTOR_KEY_SIZE] = "other rules";
	CHECK_EQ(detector_load(buf_str(&kept), other, &no_set, &none), ERR_NOT_FOUND);
	CHECK(no_set == NULL && none == NULL);
	detector_free(detector);
	sigma_set_free(set);
}

/* What is written of the set is of another one than what was compiled. */
TEST(a_set_that_is_not_the_compiled_one_is_refused) {
	for (int what = 0; what < 4; what++) {
		CLEANUP(buf_deinit) struct buf kept = {0};
		struct sigma_set *set = small_set();
		struct detector *detector = NULL;
		struct sigma_set *no_set = NULL;
		struct detector *none = NULL;
		const struct program_op op = {PROGRAM_ATOM, 0, 1};
		CHECK_EQ(detector_new(set, &detector, NULL), ERR_OK);
		if (what == 0) {
			set->atoms[0].field = STR("other");
		} else if (what == 1) {
			set->rules[0].program = (struct program){&op, 1};
		} else if (what == 2) {
			set->rules_count = 0;
		}
		detector_save(detector, key, &kept);
		enum err err = detector_load(buf_str(&kept), key, &no_set, &none);
		CHECK_EQ(err, what < 3 ? ERR_CORRUPT : ERR_OK);
		detector_free(none);
		sigma_set_free(no_set);
		detector_free(detector);
		set->rules_count = 1;
		sigma_set_free(set);
	}
}
