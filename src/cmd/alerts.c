/* akashi alerts: what hunts have kept, the newest first. All alerts are read once, and those that
 * are wanted again, in their order: what is held meanwhile is small.
 */
#include "cmd/alerts.h"

#include "base/instant.h"
#include "cmd/audit.h"
#include "ingest/json_scan.h"
#include "query/when.h"
#include "render/units.h"

enum { WIDTH = 80, LEVEL_WIDTH = 14, PLACE_WIDTH = 22, HOST_WIDTH = 15, KEEP_MAX = ALERTS_MAX };

struct kept {
	int64_t seen_ns, time_ns;
	uint32_t class_number;
	uint64_t index;
};

struct listing {
	const struct args *args;
	struct render_style style;
	bool table;
	enum sigma_level level;
	int64_t from_ns, to_ns, since_ns;
	struct store_set set;
	struct map *ids; /* of those that were read: one that is there twice counts once */
	struct buf places;
	struct store_view *view; /* the page that was looked at last */
	uint32_t view_class;
	struct output *output;
	uint64_t read, too_many, pages_damaged;
};

/* ---- options ---- */

static enum err read_time(const struct listing *l, const char *text, int64_t otherwise,
                          int64_t *out_ns, struct diag *diag) {
	const struct os *os = os_real();
	struct when when = {.ns = otherwise};
	if (text != NULL) {
		TRY(when_parse(str_from(text), os->wall_ns(os->ctx), console_zone(&l->style), &when, diag));
	}
	*out_ns = when.ns;
	return ERR_OK;
}

static enum err read_format(struct listing *l, struct diag *diag) {
	const char *format = l->args->format;
	if (format != NULL && strcmp(format, "table") != 0 && strcmp(format, "jsonl") != 0) {
		return diag_set(diag, ERR_INVALID, "--format wants table or jsonl, not '%.40s'", format);
	}
	l->table = format == NULL ? l->style.terminal : strcmp(format, "table") == 0;
	return ERR_OK;
}

static enum err read_options(struct listing *l, struct diag *diag) {
	const struct args *args = l->args;
	TRY(console_style(args, &l->style, diag));
	TRY(read_format(l, diag));
	TRY(scan_read_level(args, &l->level, diag));
	TRY(read_time(l, args->from, INSTANT_MIN, &l->from_ns, diag));
	TRY(read_time(l, args->to, INSTANT_MAX, &l->to_ns, diag));
	return read_time(l, args->since, INSTANT_MIN, &l->since_ns, diag);
}

/* ---- which ---- */

enum member { ID, SEEN, TIME, LEVEL, RULE_ID, RULE_NAME, MEMBERS };
static const struct alerts_member asked[MEMBERS] = {
    [ID] = {.name = "alert.id"},     [SEEN] = {.name = "alert.first_seen"},
    [TIME] = {.name = "@timestamp"}, [LEVEL] = {.name = "rule.level"},
    [RULE_ID] = {.name = "rule.id"}, [RULE_NAME] = {.name = "rule.name"},
};

static enum sigma_level level_of(struct str name) {
	for (int i = SIGMA_INFORMATIONAL; i < SIGMA_LEVEL_COUNT; i++) {
		if (str_eq(str_from(sigma_level_name((enum sigma_level)i)), name)) {
			return (enum sigma_level)i;
		}
	}
	return SIGMA_LEVEL_NONE;
}

static bool contains_nocase(struct str text, struct str part) {
	for (size_t i = 0; part.len <= text.len && i <= text.len - part.len; i++) {
		if (str_eq_nocase(str_slice(text, i, i + part.len), part)) {
			return true;
		}
	}
	return false;
}

static bool is_wanted(const struct listing *l, const struct alerts_member *members,
                      const struct kept *place) {
	CLEANUP(buf_deinit) struct buf level = {0};
	CLEANUP(buf_deinit) struct buf id = {0};
	CLEANUP(buf_deinit) struct buf title = {0};
	if (place->time_ns < l->from_ns || place->time_ns >= l->to_ns || place->seen_ns < l->since_ns ||
	    !alerts_text(members[LEVEL].raw, &level) || level_of(buf_str(&level)) < l->level) {
		return false;
	}
	if (l->args->rule == NULL) {
		return true;
	}
	struct str rule = str_from(l->args->rule);
	return (alerts_text(members[RULE_ID].raw, &id) && str_eq_nocase(buf_str(&id), rule)) ||
	       (alerts_text(members[RULE_NAME].raw, &title) && contains_nocase(buf_str(&title), rule));
}

static enum err take(void *ctx, const struct row *row, size_t class_number) {
	struct listing *l = ctx;
	struct alerts_member members[MEMBERS];
	struct kept place = {.class_number = (uint32_t)class_number, .index = row->index};
	struct alert_id id;
	bool added;
	struct str body = alerts_body_of(row->body, "alert");
	memcpy(members, asked, sizeof(members));
	if (body.len == 0 || !alerts_members(body, members, MEMBERS) ||
	    !alerts_hex(members[ID].raw, id.bytes, sizeof(id.bytes)) ||
	    !alerts_time(members[SEEN].raw, &place.seen_ns) ||
	    !alerts_time(members[TIME].raw, &place.time_ns)) {
		return console_interrupted() ? ERR_CANCELED : ERR_OK;
	}
	if (map_count(l->ids) >= KEEP_MAX) {
		l->too_many++;
		return ERR_OK;
	}
	(void)map_put(l->ids, str_make((const char *)id.bytes, sizeof(id.bytes)), 0, &added);
	l->read += added;
	if (added && is_wanted(l, members, &place)) {
		buf_append(&l->places, &place, sizeof(place));
	}
	return console_interrupted() ? ERR_CANCELED : ERR_OK;
}

static int newest_first(const void *a, const void *b) {
	const struct kept *x = a;
	const struct kept *y = b;
	if (x->seen_ns != y->seen_ns) {
		return x->seen_ns > y->seen_ns ? -1 : 1;
	}
	if (x->time_ns != y->time_ns) {
		return x->time_ns > y->time_ns ? -1 : 1;
	}
	if (x->class_number != y->class_number) {
		return x->class_number > y->class_number ? -1 : 1;
	}
	return x->index > y->index ? -1 : x->index < y->index;
}

/* ---- printing ---- */

static void append_second(struct buf *out, const struct listing *l, int64_t ns) {
	struct civil civil;
	instant_to_civil(ns, render_offset(&l->style, ns), &civil);
	buf_printf(out, "%04d-%02d-%02d %02d:%02d:%02d", civil.year, civil.month, civil.day, civil.hour,
	           civil.minute, civil.second);
}

static void append_fit(struct buf *out, struct str text, size_t width, bool right) {
	struct buf safe = {0};
	render_safe(&safe, str_slice(text, 0, MIN_OF(text.len, (size_t)4096)));
	render_fit(out, buf_str(&safe), width, right);
	buf_deinit(&safe);
}

/* The text of a member; of a list its values with ", " between. */
static void append_plain(struct buf *out, struct str raw) {
	struct json_scan scan = json_scan_of(raw);
	struct str value;
	if (json_peek(&scan) != JSON_ARRAY) {
		if (!alerts_text(raw, out)) {
			buf_append_str(out, raw);
		}
		return;
	}
	bool more = json_take(&scan, '[') && !json_take(&scan, ']');
	for (bool first = true; more; first = false) {
		if (json_peek(&scan) == JSON_NONE || !json_skip_value(&scan, 1, &value)) {
			return;
		}
		buf_append_str(out, first ? STR("") : STR(", "));
		if (!alerts_text(value, out)) {
			buf_append_str(out, value);
		}
		more = json_take(&scan, ',');
	}
}

/* "User=root, IP=10.0.0.1" */
static void append_fields(struct buf *out, struct str object) {
	struct json_scan scan = json_scan_of(object);
	bool more = json_take(&scan, '{') && !json_take(&scan, '}');
	for (bool first = true; more; first = false) {
		struct str name;
		struct str value;
		bool escapes;
		if (json_peek(&scan) != JSON_STRING || !json_read_string(&scan, &name, &escapes) ||
		    !json_take(&scan, ':') || json_peek(&scan) == JSON_NONE ||
		    !json_skip_value(&scan, 1, &value)) {
			return;
		}
		buf_append_str(out, first ? STR("") : STR(", "));
		json_unescape(name, out);
		buf_append_char(out, '=');
		append_plain(out, value);
		more = json_take(&scan, ',');
	}
}

static void end_line(struct buf *out) {
	while (out->len > 0 && out->ptr[out->len - 1] == ' ') {
		out->len--;
	}
	buf_append_char(out, '\n');
}

static void append_row(const struct listing *l, const struct kept *place, struct str body,
                       struct buf *out) {
	enum { ROW_LEVEL, NAME, TREE, INDEX, HOST, FIELDS, GROUP, COUNT };
	struct alerts_member m[COUNT] = {
	    [ROW_LEVEL] = {.name = "rule.level"},   [NAME] = {.name = "rule.name"},
	    [TREE] = {.name = "akashi.tree"},       [INDEX] = {.name = "akashi.index"},
	    [HOST] = {.name = "host.name"},         [FIELDS] = {.name = "fields"},
	    [GROUP] = {.name = "correlation.group"}};
	struct buf texts[COUNT] = {0};
	(void)alerts_members(body, m, COUNT); /* as far as they are there */
	for (size_t i = 0; i < FIELDS; i++) {
		append_plain(&texts[i], m[i].raw);
	}
	append_fields(&texts[FIELDS], m[FIELDS].raw.len > 0 ? m[FIELDS].raw : m[GROUP].raw);
	buf_append_char(&texts[TREE], ':');
	buf_append_str(&texts[TREE], buf_str(&texts[INDEX]));
	struct str level = buf_str(&texts[ROW_LEVEL]);
	const char *colour = l->style.colour ? scan_colour(level_of(level)) : "";
	buf_append_str(out, str_from(colour));
	append_fit(out, level.len > 0 ? level : STR("no level"), LEVEL_WIDTH, false);
	buf_append_str(out, colour[0] != '\0' ? STR("\033[0m") : STR(""));
	append_fit(out, buf_str(&texts[NAME]), WIDTH - LEVEL_WIDTH - PLACE_WIDTH, false);
	append_fit(out, buf_str(&texts[TREE]), PLACE_WIDTH, true);
	buf_append_str(out, STR("\n  "));
	append_second(out, l, place->time_ns);
	buf_append_char(out, ' ');
	append_fit(out, texts[HOST].len > 0 ? buf_str(&texts[HOST]) : STR("-"), HOST_WIDTH, false);
	buf_append_char(out, ' ');
	append_fit(out, buf_str(&texts[FIELDS]), WIDTH - 2 - 19 - 1 - HOST_WIDTH - 1, false);
	end_line(out);
	for (size_t i = 0; i < COUNT; i++) {
		buf_deinit(&texts[i]);
	}
}

/* The members of the alert, and where it lies itself. */
static void append_json(struct str body, const struct row *row, struct buf *out) {
	buf_append_str(out, str_slice(body, 0, body.len - 1));
	buf_append_str(out, STR(",\"alert.tree\":"));
	buf_append_json(out, row->tree);
	buf_printf(out, ",\"alert.index\":%llu}\n", (unsigned long long)row->index);
}

/* The row of the place: pages are kept open, as neighbours are often asked for. */
static enum err open_row(struct listing *l, const struct kept *place, struct row *out_row,
                         struct diag *diag) {
	uint64_t first = l->view == NULL ? 0 : store_view_first_index(l->view);
	if (l->view == NULL || l->view_class != place->class_number || place->index < first ||
	    place->index - first >= store_view_rows(l->view)) {
		store_view_free(l->view);
		l->view = NULL;
		TRY(store_view_at(l->set.stores[place->class_number], place->index, &l->view, diag));
		l->view_class = place->class_number;
		first = store_view_first_index(l->view);
	}
	return store_view_row(l->view, (uint32_t)(place->index - first), out_row);
}

static void append_heading(const struct listing *l, const struct kept *places, size_t count,
                           size_t i, struct buf *out) {
	size_t same = 0;
	while (i + same < count && places[i + same].seen_ns == places[i].seen_ns) {
		same++;
	}
	buf_append_str(out, i > 0 ? STR("\nFirst seen ") : STR("First seen "));
	append_second(out, l, places[i].seen_ns);
	buf_append_str(out, STR(": "));
	render_count(out, same);
	buf_append_str(out, same == 1 ? STR(" alert\n") : STR(" alerts\n"));
}

static enum err print_all(struct listing *l, struct diag *diag) {
	struct kept *places = (struct kept *)(void *)l->places.ptr;
	size_t count = l->places.len / sizeof(*places);
	CLEANUP(buf_deinit) struct buf line = {0};
	if (count > 0) {
		qsort(places, count, sizeof(*places), newest_first);
	}
	count = l->args->limit > 0 ? MIN_OF(count, l->args->limit) : count;
	for (size_t i = 0; i < count && !console_interrupted(); i++) {
		struct row row;
		enum err err = open_row(l, &places[i], &row, diag);
		if (err == ERR_CORRUPT) {
			l->pages_damaged++; /* it was whole a moment ago */
			continue;
		}
		TRY(err);
		struct str body = alerts_body_of(row.body, "alert");
		buf_clear(&line);
		if (l->table && (i == 0 || places[i].seen_ns != places[i - 1].seen_ns)) {
			append_heading(l, places, count, i, &line);
		}
		if (l->table) {
			append_row(l, &places[i], body, &line);
		} else {
			append_json(body, &row, &line);
		}
		TRY(output_write(l->output, line.ptr, line.len));
	}
	return console_interrupted() ? ERR_CANCELED : ERR_OK;
}

/* ---- all ---- */

/* Durable before anything is seen. */
static enum err write_down(const struct listing *l, struct diag *diag) {
	CLEANUP(buf_deinit) struct buf body = {0};
	if (!audit_wanted(l->args)) {
		return ERR_OK;
	}
	audit_begin(l->args, "alerts", &l->set, &body);
	audit_add_time(&body, "from", l->from_ns);
	audit_add_time(&body, "to", l->to_ns);
	audit_add_time(&body, "since", l->since_ns);
	audit_add_option(&body, "rule", l->args->rule);
	audit_add_option(&body, "output", l->args->out);
	return audit_write(l->args, RECORD_AUDIT, &body, diag);
}

static enum err run(struct listing *l, struct diag *diag) {
	TRY(read_options(l, diag));
	TRY(console_open_stores(l->args, &l->set, diag));
	TRY(write_down(l, diag));
	TRY(alerts_walk(&l->set, take, l, &l->pages_damaged, diag));
	TRY(output_open(l->args->out, &l->output, diag));
	if (l->table) {
		output_trust(l->output); /* what could steer the terminal was made safe */
	}
	enum err err = print_all(l, diag);
	if (err != ERR_OK) {
		return output_fail(TAKE(l->output), err, diag);
	}
	return output_close(TAKE(l->output), diag);
}

static void summarize(const struct listing *l) {
	CLEANUP(buf_deinit) struct buf out = {0};
	uint64_t count = l->places.len / sizeof(struct kept);
	if (l->args->json) {
		buf_printf(&out, "{\"akashi.schema\":%d,\"alerts\":%llu,\"alerts_read\":%llu}\n",
		           JSON_SCHEMA, (unsigned long long)count, (unsigned long long)l->read);
	} else if (l->table) {
		buf_printf(&out, "%llu of %llu alerts\n", (unsigned long long)count,
		           (unsigned long long)l->read);
	}
	(void)console_print_error(&out);
}

int cmd_alerts(const struct args *args) {
	struct listing l = {.args = args, .ids = map_new()};
	struct diag diag = {0};
	int status = EXIT_DONE;
	enum err err = run(&l, &diag);
	if (err == ERR_OK) {
		struct store_info info;
		store_set_info(&l.set, &info);
		status = console_tell_losses(l.pages_damaged, &info) ? EXIT_FAILED : EXIT_DONE;
		if (l.too_many > 0) {
			console_note("%llu alerts were left out: they are too many",
			             (unsigned long long)l.too_many);
			status = EXIT_FAILED;
		}
		summarize(&l);
	} else {
		status = console_fail(args, err, &diag, STR(""));
	}
	store_view_free(l.view);
	output_abandon(l.output);
	store_set_close(&l.set);
	map_free(l.ids);
	buf_deinit(&l.places);
	console_style_deinit(&l.style);
	return status;
}
