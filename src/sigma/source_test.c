/* Log sources: which records a rule is about, and the names that it asks for. */
#include "sigma/source.h"

#include "sigma/sample.h"

/* A rule of that log source and selection, over records. */
static struct sigma_set *mapped_by(const char *table, const char *source, const char *selection,
                                   bool mapped) {
	struct sigma_sources *sources = sigma_sources_new();
	struct diag diag = {0};
	if (table != NULL) {
		if (!CHECK(sigma_sources_add(sources, STR("t.yml"), str_from(table), &diag) == ERR_OK)) {
			printf("# %s\n", diag.message);
		}
	}
	struct buf text = {0};
	buf_printf(&text, "title: t\nlogsource: {%s}\ndetection:\n  s: {%s}\n  condition: s\n", source,
	           selection);
	*buf_reserve(&text, 1) = '\0';
	struct sigma_set *set = sample_set(text.ptr, 0);
	sigma_set_map(set, sources);
	sigma_sources_free(sources);
	CHECK_EQ(set->rules[0].mapped, mapped);
	CHECK_EQ(set->problems_count, !mapped);
	CHECK(program_valid(&set->rules[0].program, set->atoms_count + 1));
	buf_deinit(&text);
	return set;
}

static bool holds(const char *source, const char *selection, const char *event) {
	struct sigma_set *set = mapped_by(NULL, source, selection, true);
	bool yes = sample_holds(set, 0, event);
	sigma_set_free(set);
	return yes;
}

#define SYSMON "Channel=Microsoft-Windows-Sysmon/Operational;"
#define CREATION "product: windows, category: process_creation"

TEST(a_rule_is_only_about_records_of_its_log_source) {
	CHECK(holds(CREATION, "Image: a.exe", SYSMON "EventID=1;Image=a.exe"));
	CHECK(!holds(CREATION, "Image: a.exe", SYSMON "EventID=7;Image=a.exe"));
	CHECK(!holds(CREATION, "Image: a.exe", "Channel=x;EventID=1;Image=a.exe"));
	CHECK(holds("product: windows, service: security", "A: 1", "Channel=SECURITY;A=1"));
	CHECK(!holds("product: windows, service: security", "A: 1", "Channel=System;A=1"));
	CHECK(holds("product: windows", "A: 1", "Channel=any;A=1"));
	CHECK(!holds("product: windows", "A: 1", "A=1"));
	CHECK(holds("product: zeek, service: dns", "query: x", "_path=dns;query=x"));
	CHECK(!holds("product: zeek, service: dns", "query: x", "_path=http;query=x"));
	CHECK(holds("product: linux, service: sshd", "A: 1", "process.name=sshd;A=1"));
}

TEST(category_and_service_together_are_both_asked) {
	static const char source[] = "product: windows, category: dns_query, service: sysmon";
	CHECK(holds(source, "A: 1", SYSMON "EventID=22;A=1"));
	CHECK(!holds(source, "A: 1", SYSMON "EventID=1;A=1"));
}

TEST(names_and_values_of_other_log_sources_are_translated) {
	static const char event[] = "Channel=Security;EventID=4688;NewProcessName=C:\\a.exe;"
	                            "ProcessId=5;NewProcessId=6;MandatoryLabel=S-1-16-12288";
	CHECK(holds(CREATION, "Image|endswith: a.exe", event));
	CHECK(holds(CREATION, "ProcessId: 6, ParentProcessId: 5", event));
	CHECK(holds(CREATION, "IntegrityLevel: HIGH", event));
	CHECK(holds(CREATION, "IntegrityLevel|re: '^Hi'", event));
	CHECK(holds(CREATION, "IntegrityLevel|exists: true", event));
	CHECK(!holds(CREATION, "IntegrityLevel: System", event));
	CHECK(!holds(CREATION, "IntegrityLevel: null", event));
	CHECK(holds(CREATION, "Image|fieldref: ProcessId",
	            "Channel=Security;EventID=4688;NewProcessName=6;NewProcessId=6"));
	CHECK(!holds(CREATION, "Image: x", "Channel=Security;EventID=4688;Image=x"));
}

TEST(a_field_of_two_names_is_either_and_absent_when_it_is_neither) {
	static const char web[] = "category: webserver";
	CHECK(holds(web, "cs-uri-query|contains: /bin/sh", "url.original=/bin/sh?x;url.query=x"));
	CHECK(holds(web, "cs-uri-query: x", "url.original=/a?x;url.query=x"));
	CHECK(!holds(web, "cs-uri-query: null", "url.original=/a"));
	CHECK(holds(web, "sc-status: 404, cs-method: get",
	            "url.original=/;http.response.status_code=404;http.request.method=GET"));
	CHECK(holds(web, "cs-username: null", "url.original=/"));
}

TEST(a_log_source_that_is_not_known_holds_for_nothing_and_is_told) {
	struct sigma_set *set = mapped_by(NULL, "product: vms", "A: 1", false);
	CHECK(!sample_holds(set, 0, "A=1"));
	CHECK(set->problems[0].warning);
	sigma_set_free(set);
	set = mapped_by(NULL, "product: windows, category: file_rename", "A: 1", false);
	CHECK(str_find(set->problems[0].message, STR("event tracing"), 0) <
	      set->problems[0].message.len);
	CHECK(!sample_holds(set, 0, "Channel=x;A=1"));
	sigma_set_free(set);
	sigma_set_free(mapped_by(NULL, "product: windows, service: nosuch", "A: 1", false));
	sigma_set_free(
	    mapped_by(NULL, "product: windows, service: security, category: odd", "A: 1", false));
}

TEST(users_add_log_sources_and_put_theirs_before) {
	struct sigma_set *set = mapped_by("logsource: {product: vms}\nwhen: {host.os: vms}\n"
	                                  "fields: {A: vms.a}\n",
	                                  "product: vms", "A: 1", true);
	CHECK(sample_holds(set, 0, "host.os=VMS;vms.a=1"));
	CHECK(!sample_holds(set, 0, "host.os=VMS;A=1"));
	sigma_set_free(set);
	set = mapped_by("logsource: {product: windows, service: security}\nwhen: {log: sec}\n",
	                "product: windows, service: security", "A: 1", true);
	CHECK(sample_holds(set, 0, "log=sec;A=1"));
	CHECK(!sample_holds(set, 0, "Channel=Security;A=1"));
	sigma_set_free(set);
}

TEST(a_table_that_is_wrong_is_refused_with_its_place) {
	static const struct {
		const char *table, *message;
	} rows[] = {
	    {"- a\n", "t.yml:1:1: a log source is a map"},
	    {"logsource: {product: x}\n", "t.yml:1:1: there is no 'when'"},
	    {"logsource: {product: x}\nwhen: {A|odd: 1}\n", "t.yml:2:8: there is no modifier"},
	    {"logsource: {product: x}\nany: {}\n", "t.yml:2:6: 'any' is a list"},
	    {"logsource: {product: x}\nany: [1]\n", "t.yml:2:7: 'any' is a map"},
	    {"logsource: {product: x}\nwhen: {A: 1}\nfields: [a]\n", "t.yml:3:9: 'fields' is a map"},
	    {"logsource: {product: x}\nwhen: {A: 1}\nvalues: {A: {from: b}}\n", "t.yml:3:13: values"},
	    {"logsource: {product: x}\nwhen: [\n", "t.yml:3:1: not YAML"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sigma_sources *sources = sigma_sources_new();
		struct diag diag = {0};
		CHECK_EQ(sigma_sources_add(sources, STR("t.yml"), str_from(rows[i].table), &diag),
		         ERR_INVALID);
		if (!CHECK(strstr(diag.message, rows[i].message) != NULL)) {
			printf("# %s\n", diag.message);
		}
		sigma_sources_free(sources);
	}
}
