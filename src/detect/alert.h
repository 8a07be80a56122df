/* An alert: a finding that is kept in the store as a record of its own, with the place of the
 * record that it is about. Its number is made of the rule and that place, so that the same finding
 * is one alert, however often it is found. docs/formats/store.md has the body.
 */
#pragma once

#include "detect/findings.h"
#include "sigma/digest.h"

/* Bounds on what of a finding is copied, so that a body is below LEDGER_BODY_MAX; the record has
 * all of it. */
enum {
	ALERT_FIELDS_MAX = 48,
	ALERT_TEXT_MAX = 1024, /* bytes of a value, a title, a path */
	ALERT_TAGS_MAX = 32,
};

enum { ALERT_ID_SIZE = 16 };
struct alert_id {
	uint8_t bytes[ALERT_ID_SIZE];
};

/* What names the rule over all its versions: its id; without one its title; without both its name.
 */
struct str alert_rule_key(const struct sigma_meta *meta);
/* Of a record in the store. A correlation's is also made of the values of its group. */
struct alert_id alert_id_of(const struct sigma_meta *meta, const struct finding *finding,
                            bool correlation);
/* What the rule says; else a precursor when its ATT&CK tags are of reconnaissance or of resource
 * development alone, which come before an attack, and an indicator when not. */
enum sigma_sign alert_sign(const struct sigma_meta *meta);

struct alert {
	const struct sigma_meta *meta;
	const struct sigma_digest *digest;
	const struct finding *finding; /* identified */
	bool correlation;
	struct str events; /* correlations: their records as members of a JSON object, or empty */
};
/* Appends the body: {"alert":{...}}. */
void alert_append(struct buf *out, const struct alert *alert);
