/* See alert.h. */
#include "detect/alert.h"

#include "base/endian.h"
#include "base/instant.h"

static void add_text(struct sha256 *sha, struct str text) {
	uint8_t bytes[8];
	le64_store(bytes, text.len);
	sha256_update(sha, bytes, sizeof(bytes));
	sha256_update(sha, text.ptr, text.len);
}

struct str alert_rule_key(const struct sigma_meta *meta) {
	return meta->id.len > 0 ? meta->id : meta->title.len > 0 ? meta->title : meta->name;
}

struct alert_id alert_id_of(const struct sigma_meta *meta, const struct finding *finding,
                            bool correlation) {
	struct sha256 sha;
	uint8_t digest[SHA256_SIZE];
	uint8_t index[8];
	struct alert_id id;
	sha256_init(&sha);
	add_text(&sha, correlation ? STR("correlation") : STR("rule"));
	add_text(&sha, alert_rule_key(meta));
	add_text(&sha, finding->tree);
	le64_store(index, finding->index);
	sha256_update(&sha, index, sizeof(index));
	for (uint32_t i = 0; correlation && i < finding->fields_count; i++) {
		add_text(&sha, finding->fields[i].name);
		add_text(&sha, finding->fields[i].text);
	}
	sha256_digest(&sha, digest);
	memcpy(id.bytes, digest, sizeof(id.bytes));
	return id;
}

enum sigma_sign alert_sign(const struct sigma_meta *meta) {
	static const struct str before[] = {STR_INIT("attack.reconnaissance"),
	                                    STR_INIT("attack.resource-development"),
	                                    STR_INIT("attack.resource_development")};
	static const struct str tactics[] = {
	    STR_INIT("initial"),   STR_INIT("execution"), STR_INIT("persistence"),
	    STR_INIT("privilege"), STR_INIT("defense"),   STR_INIT("credential"),
	    STR_INIT("discovery"), STR_INIT("lateral"),   STR_INIT("collection"),
	    STR_INIT("command"),   STR_INIT("exfil"),     STR_INIT("impact"),
	    STR_INIT("stealth"),
	};
	bool early = false;
	if (meta->sign != SIGMA_SIGN_NONE) {
		return meta->sign;
	}
	for (uint32_t i = 0; i < meta->tags.count; i++) {
		struct str tag = meta->tags.items[i];
		for (size_t k = 0; k < ARRAY_LEN(before); k++) {
			early = early || str_eq_nocase(tag, before[k]);
		}
		struct str tactic = str_slice(tag, MIN_OF(tag.len, STR("attack.").len), tag.len);
		for (size_t k = 0; k < ARRAY_LEN(tactics); k++) {
			if (str_starts(tag, STR("attack.")) && str_starts(tactic, tactics[k])) {
				return SIGMA_INDICATOR;
			}
		}
	}
	return early ? SIGMA_PRECURSOR : SIGMA_INDICATOR;
}

/* ---- the body ---- */

static void append_key(struct buf *out, const char *name) {
	buf_printf(out, ",\"%s\":", name);
}

/* A character that is cut through becomes U+FFFD. */
static void append_value(struct buf *out, struct str text) {
	buf_append_json(out, str_slice(text, 0, MIN_OF(text.len, (size_t)ALERT_TEXT_MAX)));
}

static void append_text(struct buf *out, const char *name, struct str text) {
	append_key(out, name);
	append_value(out, text);
}

static void append_known(struct buf *out, const char *name, struct str text) {
	if (text.len > 0) {
		append_text(out, name, text);
	}
}

static void append_time(struct buf *out, const char *name, int64_t ns) {
	append_key(out, name);
	buf_append_char(out, '"');
	instant_format(out, ns, 0);
	buf_append_char(out, '"');
}

static void append_rule(struct buf *out, const struct alert *alert) {
	const struct sigma_meta *meta = alert->meta;
	append_text(out, "rule.id", meta->id);
	append_text(out, "rule.name", meta->title.len > 0 ? meta->title : meta->name);
	append_text(out, "rule.level", str_from(sigma_level_name(meta->level)));
	append_key(out, "rule.tags");
	buf_append_char(out, '[');
	for (uint32_t i = 0; i < MIN_OF(meta->tags.count, (uint32_t)ALERT_TAGS_MAX); i++) {
		buf_append_str(out, i > 0 ? STR(",") : STR(""));
		append_value(out, meta->tags.items[i]);
	}
	buf_append_char(out, ']');
	append_key(out, "rule.hash");
	buf_append_char(out, '"');
	buf_append_hex(out, alert->digest->bytes, sizeof(alert->digest->bytes));
	buf_append_char(out, '"');
	append_text(out, "akashi.kind", str_from(sigma_sign_name(alert_sign(meta))));
}

static void append_place(struct buf *out, const struct finding *finding) {
	append_text(out, "akashi.tree", finding->tree);
	append_key(out, "akashi.index");
	buf_append_u64(out, finding->index);
	append_text(out, "file.path", finding->path);
	append_key(out, "akashi.record");
	buf_append_u64(out, finding->record);
	append_known(out, "host.name", finding->host);
	append_known(out, "winlog.channel", finding->channel);
	append_known(out, "winlog.event_id", finding->event_id);
	append_known(out, "winlog.record_id", finding->record_id);
}

/* True when an earlier field has its name: they are one list. */
static bool is_later(const struct finding *finding, uint32_t field) {
	for (uint32_t i = 0; i < field; i++) {
		if (str_eq(finding->fields[i].name, finding->fields[field].name)) {
			return true;
		}
	}
	return false;
}

static void append_values(struct buf *out, const struct finding *finding, uint32_t field,
                          uint32_t count) {
	size_t begin = out->len;
	uint32_t values = 0;
	for (uint32_t i = field; i < count; i++) {
		if (str_eq(finding->fields[i].name, finding->fields[field].name)) {
			buf_append_char(out, values++ == 0 ? '[' : ',');
			append_value(out, finding->fields[i].text);
		}
	}
	if (values == 1) {
		memmove(out->ptr + begin, out->ptr + begin + 1, out->len - begin - 1);
		out->len--;
	} else {
		buf_append_char(out, ']');
	}
}

static void append_fields(struct buf *out, const struct finding *finding) {
	uint32_t count = MIN_OF(finding->fields_count, (uint32_t)ALERT_FIELDS_MAX);
	bool first = true;
	for (uint32_t i = 0; i < count; i++) {
		if (!is_later(finding, i)) {
			buf_append_str(out, first ? STR("") : STR(","));
			append_value(out, finding->fields[i].name);
			buf_append_char(out, ':');
			append_values(out, finding, i, count);
			first = false;
		}
	}
}

void alert_append(struct buf *out, const struct alert *alert) {
	const struct finding *finding = alert->finding;
	buf_append_str(out, STR("{\"alert\":{\"alert.id\":\""));
	buf_append_hex(out, finding->alert, sizeof(finding->alert));
	buf_append_char(out, '"');
	append_time(out, "alert.first_seen", finding->seen_ns);
	append_text(out, "alert.state", STR("new"));
	append_time(out, "@timestamp", finding->time_ns);
	append_rule(out, alert);
	append_place(out, finding);
	if (alert->correlation) {
		append_time(out, "correlation.first", finding->first_ns);
		append_key(out, "correlation.group");
	} else {
		append_key(out, "fields");
	}
	buf_append_char(out, '{');
	append_fields(out, finding);
	buf_append_char(out, '}');
	buf_append_str(out, alert->events);
	buf_append_str(out, STR("}}"));
}
