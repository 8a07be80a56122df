/* What of an event a rule was about. */
#include "detect/matched.h"

#include "sigma/sample.h"

struct row {
	const char *detection, *event, *fields; /* fields: "A=x;B=y" */
};

TEST(what_holds_counts_and_what_stands_under_a_not_does_not) {
	static const struct row rows[] = {
	    {"  s:\n    A|contains: [x, q]\n    B: y\n  condition: s\n", "A=axb;B=Y;C=z", "A=axb;B=Y"},
	    {"  s:\n    A: x\n  t:\n    B: y\n  condition: s or t\n", "A=x;B=n", "A=x"},
	    {"  s:\n    A: x\n  t:\n    B: y\n  condition: s and not t\n", "A=x;B=n", "A=x"},
	    {"  s:\n    - A: x\n      B: y\n    - C: z\n  condition: s\n", "A=x;B=n;C=z", "C=z"},
	    {"  s:\n    EventID: 1\n    A: x\n  condition: s\n", "EventID=1;A=x", "A=x"},
	    {"  s:\n    - lost\n  condition: s\n", "A=it is lost", "keywords=lost"},
	    {"  s:\n    AB: x\n  condition: s\n", "A B=x", "AB=x"},
	    {"  s:\n    A|contains|all: [x, y]\n  condition: s\n", "A=xy", "A=xy"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
		CLEANUP(buf_deinit) struct buf text = {0};
		CLEANUP(buf_deinit) struct buf got = {0};
		struct sigma_field fields[SAMPLE_FIELDS_MAX];
		struct sigma_event event = {.fields = fields};
		struct matched_field *matched;
		struct detector *detector = NULL;
		uint32_t count;
		buf_printf(&text, SAMPLE_HEAD "%s", rows[i].detection);
		*buf_reserve(&text, 1) = '\0';
		struct sigma_set *set = sample_set(text.ptr, 0);
		event.fields_count = sample_event(rows[i].event, fields);
		CHECK_EQ(detector_new(set, &detector, NULL), ERR_OK);
		struct detector_run *run = detector_run_new(detector);
		(void)detector_event(run, &event, &count);
		CHECK_EQ(count, 1);
		matched_fields(arena, set, 0, run, &event, &matched, &count);
		for (uint32_t k = 0; k < count; k++) {
			buf_printf(&got, "%s%.*s=%.*s", k > 0 ? ";" : "", STR_ARG(matched[k].name),
			           STR_ARG(matched[k].text));
		}
		CHECK_STR(buf_str(&got), rows[i].fields);
		detector_run_free(run);
		detector_free(detector);
		sigma_set_free(set);
	}
}
