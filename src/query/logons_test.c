/* Groups, what is counted once, who failed and came in, order, and limits. */
#include "query/logons.h"

#include <stdio.h>

#include "base/instant.h"
#include "base/limits.h"
#include "tap.h"

static struct logon make(enum logon_outcome outcome, const char *user, const char *source,
                         const char *type) {
	return (struct logon){.outcome = outcome,
	                      .times = 1,
	                      .user = str_from(user),
	                      .source = str_from(source),
	                      .host = STR("h"),
	                      .type = str_from(type)};
}

static void add(struct logons *logons, struct logon logon, int64_t seconds) {
	logons_add(logons, &logon, seconds * INSTANT_SECOND);
}

/* "user source failed done mark, ..." */
static void check_groups(struct logons *logons, const char *expected) {
	char text[1000] = "";
	size_t at = 0;
	logons_end(logons);
	for (size_t i = 0; i < logons_count(logons); i++) {
		const struct logons_group *group = logons_get(logons, i);
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%.*s %.*s %d %d%s",
		                       i > 0 ? ", " : "", STR_ARG(group->user), STR_ARG(group->source),
		                       (int)group->counts[LOGON_FAILED], (int)group->counts[LOGON_DONE],
		                       group->failed_then_done ? " !" : "");
	}
	CHECK_STR(str_from(text), expected);
	logons_free(logons);
}

TEST(who_failed_and_then_came_in_stands_first) {
	struct logons *logons = logons_new(false);
	add(logons, make(LOGON_DONE, "amy", "a", "ssh key"), 30);
	for (int i = 0; i < 9; i++) {
		add(logons, make(LOGON_FAILED, "eve", "b", "ssh password"), i);
	}
	add(logons, make(LOGON_FAILED, "bob", "c", "ssh password"), 10);
	add(logons, make(LOGON_DONE, "bob", "c", "ssh key"), 20);
	add(logons, make(LOGON_DONE, "amy", "b", "ssh key"), 1);
	add(logons, make(LOGON_FAILED, "amy", "b", "ssh password"), 2); /* after he was in */
	check_groups(logons, "bob c 1 0 !, bob c 0 1 !, eve b 9 0, amy b 1 0, amy a 0 1, amy b 0 1");
}

TEST(a_logon_that_several_tell_is_counted_once) {
	struct logons *logons = logons_new(false);
	struct logon pam = make(LOGON_FAILED, "amy", "", "sudo");
	pam.voice = LOGON_PAM;
	for (int i = 0; i < 3; i++) {
		add(logons, pam, i);
	}
	struct logon sudo = make(LOGON_FAILED, "amy", "", "sudo");
	sudo.times = 3;
	add(logons, sudo, 5);
	check_groups(logons, "amy  3 0");
}

TEST(what_is_said_of_ssh_counts_where_sshd_says_nothing) {
	struct logons *logons = logons_new(false);
	struct logon opened = make(LOGON_DONE, "amy", "", "ssh");
	struct logon unknown = make(LOGON_FAILED, "eve", "b", "ssh");
	struct logon other = make(LOGON_FAILED, "eve", "c", "ssh");
	struct logon elsewhere = make(LOGON_DONE, "zoe", "", "ssh");
	opened.voice = LOGON_PAM;
	unknown.voice = LOGON_ASIDE;
	other.voice = LOGON_ASIDE;
	elsewhere.voice = LOGON_PAM;
	elsewhere.host = STR("old");
	add(logons, opened, 1);
	add(logons, unknown, 1);
	add(logons, other, 1);
	add(logons, elsewhere, 1);
	add(logons, make(LOGON_DONE, "amy", "a", "ssh key"), 1);
	add(logons, make(LOGON_FAILED, "eve", "b", "ssh password"), 1);
	check_groups(logons, "eve b 1 0, eve c 1 0, amy a 0 1, zoe  0 1");
}

TEST(names_of_windows_have_no_case) {
	struct logons *logons = logons_new(false);
	struct logon upper = make(LOGON_FAILED, "AMY", "a", "network");
	struct logon lower = make(LOGON_DONE, "amy", "A", "network");
	upper.no_case = true;
	lower.no_case = true;
	add(logons, upper, 1);
	add(logons, lower, 2);
	add(logons, make(LOGON_DONE, "amy", "a", "network"), 3); /* not of Windows, though alike */
	check_groups(logons, "AMY a 1 2 !");
	logons = logons_new(false);
	add(logons, make(LOGON_DONE, "amy", "a", "ssh key"), 3);
	add(logons, make(LOGON_DONE, "Amy", "a", "ssh key"), 3);
	check_groups(logons, "Amy a 0 1, amy a 0 1");
}

TEST(without_times_nothing_is_before_anything) {
	struct logons *logons = logons_new(false);
	struct logon failed = make(LOGON_FAILED, "amy", "a", "x");
	struct logon done = make(LOGON_DONE, "amy", "a", "x");
	logons_add(logons, &failed, INSTANT_MIN);
	logons_add(logons, &done, INSTANT_MIN);
	check_groups(logons, "amy a 1 1");
}

TEST(services_are_folded_unless_they_are_wanted) {
	for (int wanted = 0; wanted < 2; wanted++) {
		struct logons *logons = logons_new(wanted == 1);
		struct logon logon = make(LOGON_DONE, "PC$", "", "service");
		logon.service = true;
		add(logons, logon, 7);
		CHECK_EQ(logons_services(logons)->counts[LOGON_DONE], 1 - wanted);
		CHECK_EQ(logons_services(logons)->last_ns, wanted ? INSTANT_MIN : 7 * INSTANT_SECOND);
		check_groups(logons, wanted ? "PC$  0 1" : "");
	}
}

TEST(a_flood_of_names_does_not_hide_who_came_in) {
	struct logons *logons = logons_new(false);
	for (size_t i = 0; i < LIMIT_LOGON_GROUPS + 5; i++) {
		char name[32];
		(void)snprintf(name, sizeof(name), "user%zu", i);
		add(logons, make(LOGON_FAILED, name, "b", "ssh password"), 1);
	}
	add(logons, make(LOGON_DONE, "amy", "b", "ssh password"), 2);
	CHECK_EQ(logons_left_out(logons)->counts[LOGON_FAILED], 5);
	logons_end(logons);
	CHECK_EQ(logons_count(logons), LIMIT_LOGON_GROUPS + 1);
	CHECK_EQ(logons_get(logons, LIMIT_LOGON_GROUPS)->counts[LOGON_DONE], 1);
	logons_free(logons);
}

TEST(long_names_are_cut_between_characters) {
	struct logons *logons = logons_new(false);
	char name[LIMIT_LOGON_TEXT + 50];
	memset(name, 'a', sizeof(name));
	memcpy(name + LIMIT_LOGON_TEXT - 1, "\xE8\xA8\xBC", 3);
	name[sizeof(name) - 1] = '\0';
	add(logons, make(LOGON_DONE, name, "b", "x"), 1);
	logons_end(logons);
	CHECK_EQ(logons_get(logons, 0)->user.len, LIMIT_LOGON_TEXT - 1);
	logons_free(logons);
}

TEST(long_names_take_no_more_memory_than_they_may) {
	struct logons *logons = logons_new(false);
	char name[LIMIT_LOGON_TEXT + 1];
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (size_t i = 0; i < LIMIT_LOGON_GROUPS; i++) {
		(void)snprintf(name, 9, "%08zu", i);
		name[8] = 'n';
		struct logon logon = make(LOGON_FAILED, name, name, name);
		logon.domain = logon.host = logon.effective = str_from(name);
		add(logons, logon, 1);
	}
	uint64_t left_out = logons_left_out(logons)->counts[LOGON_FAILED];
	CHECK(left_out > LIMIT_LOGON_GROUPS / 4 && left_out < LIMIT_LOGON_GROUPS);
	add(logons, make(LOGON_DONE, "amy", "a", "x"), 2);
	logons_end(logons);
	CHECK_EQ(logons_count(logons), LIMIT_LOGON_GROUPS - left_out + 1);
	logons_free(logons);
}
