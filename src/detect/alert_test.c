/* Numbers, kinds and bodies of alerts. */
#include "detect/alert.h"

#include "sigma/sample.h"

#define RULE                                                                                    \
	"title: one\nid: 7f0e4a5c-0000-4000-8000-000000000001\nlevel: high\ntags: [attack.t1059]\n" \
	"logsource: {category: t}\ndetection:\n  s: {A: x}\n  condition: s\n"

static struct finding place(struct matched_field *fields, uint32_t count) {
	return (struct finding){.tree = STR("default"),
	                        .index = 7,
	                        .path = STR("/a.log"),
	                        .record = 3,
	                        .host = STR("web"),
	                        .fields = fields,
	                        .fields_count = count,
	                        .seen_ns = 86400000000000};
}

static bool same(struct alert_id a, struct alert_id b) {
	return memcmp(&a, &b, sizeof(a)) == 0;
}

TEST(the_number_hangs_on_the_rule_and_the_place_of_the_record) {
	struct sigma_set *set = sample_set(RULE, 0);
	struct sigma_meta meta = set->rules[0].meta;
	struct matched_field fields[] = {{STR("A"), STR("x"), true}};
	struct finding finding = place(fields, 1);
	struct alert_id id = alert_id_of(&meta, &finding, false);
	fields[0].text = STR("y");
	meta.title = STR("changed");
	CHECK(same(id, alert_id_of(&meta, &finding, false)));
	CHECK(!same(id, alert_id_of(&meta, &finding, true)));
	finding.index = 8;
	CHECK(!same(id, alert_id_of(&meta, &finding, false)));
	finding.index = 7;
	finding.tree = STR("1y");
	CHECK(!same(id, alert_id_of(&meta, &finding, false)));
	finding.tree = STR("default");
	meta.id = STR("other");
	CHECK(!same(id, alert_id_of(&meta, &finding, false)));
	sigma_set_free(set);
}

TEST(a_correlations_number_hangs_on_its_group_too) {
	struct sigma_set *set = sample_set(RULE, 0);
	struct matched_field fields[] = {{STR("A"), STR("x"), true}};
	struct finding finding = place(fields, 1);
	struct alert_id id = alert_id_of(&set->rules[0].meta, &finding, true);
	fields[0].text = STR("y");
	CHECK(!same(id, alert_id_of(&set->rules[0].meta, &finding, true)));
	sigma_set_free(set);
}

static enum sigma_sign sign_of(const char *tag, const char *other, enum sigma_sign said) {
	struct str items[] = {str_from(tag), str_from(other)};
	struct sigma_meta meta = {.sign = said, .tags = {.items = items, .count = 2}};
	return alert_sign(&meta);
}

TEST(the_kind_is_what_the_rule_says_or_its_tactic) {
	CHECK_EQ(sign_of("attack.t1059", "", SIGMA_SIGN_NONE), SIGMA_INDICATOR);
	CHECK_EQ(sign_of("attack.t1595", "attack.reconnaissance", SIGMA_SIGN_NONE), SIGMA_PRECURSOR);
	CHECK_EQ(sign_of("attack.reconnaissance", "attack.initial-access", SIGMA_SIGN_NONE),
	         SIGMA_INDICATOR);
	CHECK_EQ(sign_of("attack.reconnaissance", "", SIGMA_INDICATOR), SIGMA_INDICATOR);
	CHECK_EQ(sign_of("attack.execution", "", SIGMA_PRECURSOR), SIGMA_PRECURSOR);
}

TEST(the_body_says_what_was_found_where_and_by_which_rule) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct sigma_set *set = sample_set(RULE, 0);
	struct matched_field fields[] = {
	    {STR("A"), STR("x\"\n"), true}, {STR("B"), STR("2"), true}, {STR("A"), STR("y"), true}};
	struct finding finding = place(fields, 3);
	struct sigma_digest *digests = sigma_digests(set, arena);
	struct buf out = {0};
	memset(&digests[0], 0xab, sizeof(digests[0]));
	alert_append(
	    &out,
	    &(struct alert){.meta = &set->rules[0].meta, .digest = &digests[0], .finding = &finding});
	CHECK_STR(buf_str(&out),
	          "{\"alert\":{\"alert.id\":\"00000000000000000000000000000000\","
	          "\"alert.first_seen\":\"1970-01-02T00:00:00Z\",\"alert.state\":\"new\","
	          "\"@timestamp\":\"1970-01-01T00:00:00Z\","
	          "\"rule.id\":\"7f0e4a5c-0000-4000-8000-000000000001\",\"rule.name\":\"one\","
	          "\"rule.level\":\"high\",\"rule.tags\":[\"attack.t1059\"],\"rule.hash\":"
	          "\"abababababababababababababababababababababababababababababababab\","
	          "\"akashi.kind\":\"indicator\",\"akashi.tree\":\"default\",\"akashi.index\":7,"
	          "\"file.path\":\"/a.log\",\"akashi.record\":3,\"host.name\":\"web\","
	          "\"fields\":{\"A\":[\"x\\\"\\n\",\"y\"],\"B\":\"2\"}}}");
	buf_deinit(&out);
	sigma_set_free(set);
}

TEST(what_is_very_long_is_cut) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct sigma_set *set = sample_set(RULE, 0);
	struct buf text = {0};
	struct buf out = {0};
	for (uint32_t i = 0; i < 1 << 20; i++) {
		buf_append_char(&text, '\x01');
	}
	struct matched_field fields[ALERT_FIELDS_MAX + 9];
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		fields[i] = (struct matched_field){arena_printf(arena, "f%zu", i), buf_str(&text), true};
	}
	struct finding finding = place(fields, ARRAY_LEN(fields));
	alert_append(&out, &(struct alert){.meta = &set->rules[0].meta,
	                                   .digest = sigma_digests(set, arena),
	                                   .finding = &finding,
	                                   .correlation = true});
	CHECK(out.len > (size_t)1024 * 6 * ALERT_FIELDS_MAX);
	CHECK(out.len < (size_t)1 << 20);
	buf_deinit(&text);
	buf_deinit(&out);
	sigma_set_free(set);
}
