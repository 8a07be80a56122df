/* Which rules could hold for the kinds of records that were seen, and why others not. */
#include "detect/reach.h"

#include "sigma/sample.h"

#define RULE(title, source, detection) \
	"---\ntitle: " title "\nlogsource: " source "\ndetection: " detection "\n"

struct fixture {
	struct sigma_set *set;
	struct reach *reach;
};

static struct fixture begin(const char *rules) {
	struct sigma_sources *sources = sigma_sources_new();
	struct fixture f = {.set = sample_set(rules, 0)};
	sigma_set_map(f.set, sources);
	f.reach = reach_new(f.set, sources);
	sigma_sources_free(sources);
	return f;
}

static void end(struct fixture *f) {
	reach_free(f->reach);
	sigma_set_free(f->set);
}

/* One record: "Channel=Security;EventID=4624;LogonType=3" */
static uint32_t see(const struct fixture *f, const char *text, int64_t time_ns) {
	struct sigma_field fields[SAMPLE_FIELDS_MAX];
	struct value keys[REACH_KEYS] = {0};
	uint32_t count = sample_event(text, fields);
	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t k = 0; k < REACH_KEYS; k++) {
			keys[k] = str_eq(fields[i].name, reach_key_name(k)) ? fields[i].value : keys[k];
		}
	}
	uint32_t kind = reach_kind(f->reach, keys);
	reach_seen(f->reach, kind, 1, time_ns, time_ns);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t field = reach_field(f->reach, fields[i].name);
		if (field != UINT32_MAX) {
			reach_value(f->reach, kind, field, fields[i].value);
		}
	}
	return kind;
}

static enum reach_reason why(const struct fixture *f, uint32_t rule, const char *detail) {
	struct reach_answer answer = reach_rule(f->reach, rule, 0);
	CHECK_STR(answer.detail, detail);
	return answer.reason;
}

TEST(each_reason_is_told_with_what_is_missing) {
	struct fixture f = begin(
	    RULE("0", "{product: windows, service: security}",
	         "{s: {EventID: 4624, LogonType: 3}, condition: s}")
	        RULE("1", "{product: windows, service: system}", "{s: {EventID: 1}, condition: s}")
	            RULE("2", "{product: windows, service: security}",
	                 "{s: {EventID: [4688, 1102]}, condition: s}")
	                RULE("3", "{product: windows, service: security}",
	                     "{s: {EventID: 4624, Odd|contains: x, LogonType: 3}, condition: s}")
	                    RULE("4", "{product: windows, service: security}",
	                         "{s: {EventID: 4624, User|gt: 5}, condition: s}")
	                        RULE("5", "{product: nobody, service: knows}",
	                             "{s: {A: 1}, condition: s}")
	                            RULE("6", "{product: windows, service: security}",
	                                 "{s: {EventID: 4624}, t: {Odd: null}, condition: s and t}")
	                                RULE("7", "{product: windows, service: security}",
	                                     "{s: {EventID: 4624, Ip|cidr: 10.0.0.0/8}, condition: s}")
	                                    RULE("8", "{product: windows}", "{s: [word], condition: s}")
	                                        RULE("9", "{category: webserver}",
	                                             "{s: {cs-uri-query|contains: x}, condition: s}")
	                                            RULE("10", "{product: windows, service: security}",
	                                                 "{s: {EventID: 4624, Ip|fieldref: Odd}, "
	                                                 "condition: s}"));
	see(&f, "Channel=Security;EventID=4624;LogonType=3;User=eve;Ip=10.1.2.3", 10);
	see(&f, "Channel=Security;EventID=4624;LogonType=2;User=bob", 20);
	see(&f, "Channel=Application;EventID=1", 30);
	CHECK_EQ(why(&f, 0, ""), REACH_CAN);
	CHECK_EQ(why(&f, 1, ""), REACH_SOURCE_ABSENT);
	CHECK_EQ(why(&f, 2, "EventID 4688, EventID 1102"), REACH_VALUE_ABSENT);
	CHECK_EQ(why(&f, 3, "Odd"), REACH_FIELD_ABSENT);
	CHECK_EQ(why(&f, 4, "User as a number"), REACH_SHAPE);
	CHECK_EQ(why(&f, 5, ""), REACH_SOURCE_UNKNOWN);
	CHECK_EQ(why(&f, 6, ""), REACH_CAN);
	CHECK_EQ(why(&f, 7, ""), REACH_CAN);
	CHECK_EQ(why(&f, 8, ""), REACH_CAN);
	CHECK_EQ(why(&f, 9, ""), REACH_SOURCE_ABSENT);
	CHECK_EQ(why(&f, 10, "Ip"), REACH_FIELD_ABSENT);
	struct reach_answer answer = reach_rule(f.reach, 0, 0);
	CHECK(answer.records == 2 && answer.first_ns == 10 && answer.last_ns == 20);
	answer = reach_rule(f.reach, 0, 21);
	CHECK_EQ(answer.reason, REACH_SILENT);
	answer = reach_rule(f.reach, 2, 0); /* what is known of its log source */
	CHECK(answer.records == 2 && answer.last_ns == 20);
	see(&f, "Channel=Security;EventID=1102", 40);
	CHECK_EQ(why(&f, 2, ""), REACH_CAN);
	see(&f, "akashi.format=access;url.original=/a?b", 50);
	CHECK_EQ(why(&f, 9, ""), REACH_CAN);
	end(&f);
}

TEST(only_what_open_rules_ask_for_is_wanted) {
	struct fixture f = begin(RULE("0", "{product: windows, service: security}",
	                              "{s: {EventID: 4624, LogonType: 3}, condition: s}")
	                             RULE("1", "{product: windows, service: security}",
	                                  "{s: {EventID: 4688, Size|gt: 3}, condition: s}"));
	uint32_t logon = see(&f, "Channel=Security;EventID=4624", 1);
	uint32_t process = see(&f, "Channel=Security;EventID=4688;Size=a", 2);
	uint32_t type = reach_field(f.reach, STR("LogonType"));
	uint32_t size = reach_field(f.reach, STR("Size"));
	CHECK_EQ(reach_field(f.reach, STR("Other")), UINT32_MAX);
	CHECK(reach_wanted(f.reach, logon, type) && !reach_wanted(f.reach, logon, size));
	CHECK(!reach_wanted(f.reach, process, type));
	CHECK(reach_wanted(f.reach, process, size)); /* it may be a number yet */
	CHECK_EQ(why(&f, 1, "Size as a number"), REACH_SHAPE);
	see(&f, "Channel=Security;EventID=4688;Size=77", 3);
	CHECK(!reach_wanted(f.reach, process, size));
	CHECK_EQ(why(&f, 1, ""), REACH_CAN);
	end(&f);
}

TEST(too_many_kinds_are_told_apart_less) {
	struct fixture f =
	    begin(RULE("0", "{product: linux, service: sshd}", "{s: {A: x}, condition: s}") RULE(
	        "1", "{product: windows, service: security}", "{s: {EventID: 4625}, condition: s}"));
	for (uint32_t i = 0; i < 3 * REACH_KINDS_MAX; i++) {
		char text[64];
		(void)snprintf(text, sizeof(text), "akashi.format=syslog;process.name=p%u", i);
		see(&f, text, 1);
	}
	CHECK_EQ(reach_kinds_count(f.reach), REACH_KINDS_MAX + 1);
	CHECK_EQ(reach_rule(f.reach, 1, 0).reason, REACH_SOURCE_ABSENT);
	CHECK_EQ(reach_rule(f.reach, 0, 0).reason, REACH_FIELD_ABSENT);
	for (uint32_t i = 0; i < 3 * REACH_KINDS_MAX; i++) {
		char text[64];
		(void)snprintf(text, sizeof(text), "Channel=c%u;EventID=4625", i);
		see(&f, text, 1);
	}
	CHECK_EQ(reach_kinds_count(f.reach), 2 * REACH_KINDS_MAX + 1);
	CHECK_EQ(reach_rule(f.reach, 1, 0).reason, REACH_CAN); /* perhaps: never a wrong "cannot" */
	int64_t first;
	int64_t last;
	reach_span(f.reach, &first, &last);
	CHECK(first == 1 && last == 1);
	end(&f);
}

#define CORRELATION(title, type, rest) \
	"---\ntitle: " title "\ncorrelation: {type: " type ", rules: [a, b], timespan: 5m" rest "}\n"

TEST(correlations_need_rules_that_can) {
	struct fixture f =
	    begin("title: a\nname: a\nlogsource: {product: windows, service: security}\n"
	          "detection: {s: {EventID: 1}, condition: s}\n"
	          "---\ntitle: b\nname: b\nlogsource: {product: windows, service: system}\n"
	          "detection: {s: {EventID: 1}, condition: s}\n" CORRELATION("0", "temporal", "")
	              CORRELATION("1", "event_count", ", condition: {gte: 2}")
	                  CORRELATION("2", "temporal", ", condition: {gte: 1}"));
	see(&f, "Channel=Security;EventID=1", 5);
	struct reach_answer answers[2] = {reach_rule(f.reach, 0, 0), reach_rule(f.reach, 1, 0)};
	CHECK_EQ(f.set->correlations_count, 3);
	struct reach_answer both = reach_correlation(f.reach, 0, answers);
	CHECK_EQ(both.reason, REACH_RULES_CANNOT);
	CHECK_STR(both.detail, "b");
	CHECK_EQ(reach_correlation(f.reach, 1, answers).reason, REACH_CAN);
	CHECK_EQ(reach_correlation(f.reach, 1, answers).last_ns, 5);
	CHECK_EQ(reach_correlation(f.reach, 2, answers).reason, REACH_CAN);
	end(&f);
}

/* ---- random rules and events ---- */

static uint64_t state = 88172645463325252;

static uint32_t roll(uint32_t below) {
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 33) % below;
}

#define PICK(from) ((from)[roll((uint32_t)ARRAY_LEN(from))])

static const char *const names[] = {"A", "B", "C", "EventID", "Provider_Name"};
static const char *const values[] = {"1", "2", "x", "System", "10.1.2.3", "2026-11-22T10:00:00Z"};

static void append_random_rule(struct buf *out, uint32_t number) {
	static const char *const sources[] = {"product: windows", "product: windows, service: system",
	                                      "product: linux", "category: webserver"};
	static const char *const tests[] = {
	    ": '%s'",  "|contains: '%s'",       "|exists: true",    "|exists: false",
	    ": null",  "|cidr: '10.0.0.0/8'",   "|gt: 1",           "|hour: 10",
	    "|neq: x", "|fieldref: '%s field'", "|re: '^[0-9x]+$'", "|startswith: '%s'"};
	static const char *const conditions[] = {"a and b", "a or b",       "a and not b",
	                                         "not a",   "not (a or b)", "a"};
	buf_printf(out, "---\ntitle: '%u'\nlogsource: {%s}\ndetection:\n", number, PICK(sources));
	for (char name = 'a'; name <= 'b'; name++) {
		uint32_t first = roll((uint32_t)ARRAY_LEN(names));
		buf_printf(out, "  %c:\n", name);
		for (uint32_t i = 0; i < 1 + roll(2); i++) {
			const char *test = PICK(tests);
			const char *value = strstr(test, "field") != NULL ? PICK(names) : PICK(values);
			buf_printf(out, "    %s", names[(first + i) % ARRAY_LEN(names)]);
			for (const char *at = test; *at != '\0'; at++) {
				if (strncmp(at, "%s", 2) == 0) {
					buf_append_str(out, str_from(value));
					at += strncmp(at, "%s field", 8) == 0 ? 7 : 1;
				} else {
					buf_append_char(out, *at);
				}
			}
			buf_append_char(out, '\n');
		}
	}
	buf_printf(out, "  condition: %s\n", PICK(conditions));
}

static void make_random_event(char text[256]) {
	static const char *const channels[] = {"Channel=System;", "Channel=Security;",
	                                       "akashi.format=syslog;", "url.original=/x;", ""};
	int len = snprintf(text, 256, "%s", PICK(channels));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (roll(3) == 0) {
			len += snprintf(text + len, 256 - (size_t)len, "%s=%s;", names[i],
			                roll(8) == 0 ? "null" : PICK(values));
		}
	}
	text[len > 0 ? len - 1 : 0] = '\0';
}

TEST(a_rule_that_holds_for_an_event_that_was_seen_can_hold) {
	uint32_t held = 0;
	uint32_t cannot = 0;
	for (int round = 0; round < 60; round++) {
		CLEANUP(buf_deinit) struct buf rules = {0};
		for (uint32_t i = 0; i < 40; i++) {
			append_random_rule(&rules, i);
		}
		buf_append_char(&rules, '\0');
		struct fixture f = begin(rules.ptr);
		bool holds[40] = {false};
		for (int i = 0; i < 6; i++) {
			char text[256];
			make_random_event(text);
			see(&f, text, 1);
			for (uint32_t k = 0; k < f.set->rules_count; k++) {
				holds[k] = holds[k] || sample_holds(f.set, k, text);
			}
		}
		for (uint32_t k = 0; k < f.set->rules_count; k++) {
			bool can = reach_rule(f.reach, k, 0).reason == REACH_CAN;
			CHECK(can || !holds[k]);
			held += holds[k];
			cannot += !can;
		}
		end(&f);
	}
	CHECK(held > 200 && cannot > 200);
}
