/* The kept form of compiled rules from any bytes. The first byte says which:
 *   0: the set alone (sigma/kept.h): what is read is written as it was read, and its correlations
 *      take an event for each rule;
 *   1: the detector and its set (the key is that of `many`'s seeds): what is read is run;
 *   2: rules in YAML, which are kept and read again, and must find the same in an event.
 */
#include "detect/detector.h"
#include "sigma/correlate.h"
#include "sigma/kept.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char key[DETECTOR_KEY_SIZE] = "fuzz";

static const struct sigma_field fields[] = {
    {STR_INIT("A"), {VALUE_STRING, STR_INIT("abc")}},
    {STR_INIT("B"), {VALUE_STRING, STR_INIT("10.1.2.3")}},
    {STR_INIT("C"), {VALUE_JSON, STR_INIT("null")}},
    {STR_INIT("host"), {VALUE_STRING, STR_INIT("h")}},
};
static const struct sigma_event event = {.fields = fields, .fields_count = ARRAY_LEN(fields)};

static void on_firing(void *ctx, const struct sigma_firing *firing) {
	const struct sigma_set *set = ctx;
	ASSERT(firing->correlation < set->correlations_count);
}

static void correlate(struct sigma_set *set) {
	struct sigma_correlator *correlator = sigma_correlator_new(set, on_firing, set);
	for (uint32_t i = 0; i < set->rules_count && i < 64; i++) {
		sigma_correlator_add(correlator, (int64_t)i * 1000, &event, &i, 1);
	}
	sigma_correlator_free(correlator);
}

static void read_set(struct str bytes) {
	struct buf again = {0};
	struct sigma_set *set = NULL;
	if (sigma_set_load(bytes, &set) != ERR_OK) {
		return;
	}
	sigma_set_save(set, &again);
	ASSERT(str_eq(bytes, buf_str(&again)));
	correlate(set);
	buf_deinit(&again);
	sigma_set_free(set);
}

static void run(const struct detector *detector, struct buf *out) {
	struct detector_run *run = detector_run_new(detector);
	uint32_t count;
	const uint32_t *rules = detector_event(run, &event, &count);
	buf_append(out, rules, count * sizeof(*rules));
	detector_run_free(run);
}

static void read_detector(struct str bytes) {
	struct buf found = {0};
	struct sigma_set *set = NULL;
	struct detector *detector = NULL;
	if (detector_load(bytes, key, &set, &detector) == ERR_OK) {
		run(detector, &found);
	}
	buf_deinit(&found);
	detector_free(detector);
	sigma_set_free(set);
}

static void keep_rules(struct str text) {
	struct buf kept = {0};
	struct buf first = {0};
	struct buf second = {0};
	struct sigma_set *set = sigma_set_new();
	struct sigma_set *loaded_set = NULL;
	struct detector *detector = NULL;
	struct detector *loaded = NULL;
	sigma_set_add(set, STR("x.yml"), text);
	sigma_set_close(set);
	if (detector_new(set, &detector, NULL) == ERR_OK) {
		detector_save(detector, key, &kept);
		enum err err = detector_load(buf_str(&kept), key, &loaded_set, &loaded);
		ASSERT(err == ERR_OK);
		run(detector, &first);
		run(loaded, &second);
		ASSERT(str_eq(buf_str(&first), buf_str(&second)));
		correlate(loaded_set);
	}
	detector_free(detector);
	detector_free(loaded);
	sigma_set_free(set);
	sigma_set_free(loaded_set);
	buf_deinit(&kept);
	buf_deinit(&first);
	buf_deinit(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static void (*const ways[])(struct str) = {read_set, read_detector, keep_rules};
	if (size > 0) {
		ways[data[0] % ARRAY_LEN(ways)](str_make((const char *)data + 1, size - 1));
	}
	return 0;
}
