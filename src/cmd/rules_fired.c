/* When the alerts of hunts say that rules held last. */
#include "base/instant.h"
#include "cmd/alerts.h"
#include "cmd/rules_reach.h"

struct walking {
	struct rules_reach *reach;
	int64_t from_ns, to_ns;
	struct buf id, name;
};

/* What does not read as an alert is passed over: the class has other records, too. */
static enum err take(void *ctx, const struct row *row, size_t class_number) {
	enum { RULE_ID, RULE_NAME, TIME, MEMBERS };
	struct walking *w = ctx;
	struct alerts_member members[MEMBERS] = {
	    [RULE_ID] = {.name = "rule.id"},
	    [RULE_NAME] = {.name = "rule.name"},
	    [TIME] = {.name = "@timestamp"},
	};
	struct str body = alerts_body_of(row->body, "alert");
	int64_t ns;
	(void)class_number;
	buf_clear(&w->id);
	buf_clear(&w->name);
	if (body.len == 0 || !alerts_members(body, members, MEMBERS) ||
	    !alerts_text(members[RULE_ID].raw, &w->id) ||
	    !alerts_text(members[RULE_NAME].raw, &w->name) || !alerts_time(members[TIME].raw, &ns) ||
	    ns < w->from_ns || (ns >= w->to_ns && w->to_ns != INSTANT_MAX)) {
		return ERR_OK;
	}
	struct str key = buf_str(w->id.len > 0 ? &w->id : &w->name);
	uint64_t *last = map_put(w->reach->fired, key, (uint64_t)ns, NULL);
	*last = (int64_t)*last < ns ? (uint64_t)ns : *last;
	return ERR_OK;
}

enum err rules_fired_read(const struct store_set *set, int64_t from_ns, int64_t to_ns,
                          struct rules_reach *reach, struct diag *diag) {
	struct walking w = {.reach = reach, .from_ns = from_ns, .to_ns = to_ns};
	uint64_t damaged = 0;
	reach->fired = map_new();
	enum err err = alerts_walk(set, take, &w, &damaged, diag);
	reach->pages_damaged += damaged;
	buf_deinit(&w.id);
	buf_deinit(&w.name);
	return err;
}

bool rules_fired(const struct rules_reach *reach, const struct sigma_meta *meta,
                 int64_t *out_last_ns) {
	struct str key = str_slice(alert_rule_key(meta), 0, (size_t)ALERT_TEXT_MAX);
	const uint64_t *last = map_find(reach->fired, key);
	if (last != NULL) {
		*out_last_ns = (int64_t)*last;
	}
	return last != NULL;
}
