/* One batch: its rows go through the rules; what holds becomes findings, lines and sightings. */
#include "base/instant.h"
#include "cmd/alerts.h"
#include "sigma/record.h"

struct scan_worker {
	struct parser *parser;
	struct detector_run *run;
	struct row_field *fields;
	struct arena *scratch; /* of one row */
	struct buf record;     /* the row's fields as JSON, for all its findings */
};

struct scan_worker *scan_worker_new(const struct scan *scan) {
	struct scan_worker *worker = calloc(1, sizeof(*worker));
	ASSERT(worker != NULL);
	worker->parser = scan->stored ? NULL : parser_new(os_real(), scan->inputs.formats);
	worker->run = detector_run_new(scan->detector);
	worker->fields = calloc(LIMIT_FIELDS_PER_RECORD, sizeof(*worker->fields));
	ASSERT(worker->fields != NULL);
	worker->scratch = arena_new(SIZE_MAX);
	return worker;
}

void scan_worker_free(struct scan_worker *worker) {
	if (worker->parser != NULL) {
		parser_free(worker->parser);
	}
	detector_run_free(worker->run);
	arena_free(worker->scratch);
	buf_deinit(&worker->record);
	free(worker->fields);
	free(worker);
}

void scanned_free(struct scanned *scanned) {
	arena_free(scanned->arena);
	buf_deinit(&scanned->findings);
	buf_deinit(&scanned->out);
	buf_deinit(&scanned->order);
	buf_deinit(&scanned->sightings);
	buf_deinit(&scanned->hits);
	buf_deinit(&scanned->pivots);
	free(scanned);
}

size_t scanned_bytes(const struct scanned *scanned) {
	return sizeof(*scanned) + arena_used(scanned->arena) + scanned->findings.len +
	       scanned->out.len + scanned->order.len + scanned->sightings.len + scanned->hits.len +
	       scanned->pivots.len;
}

struct detector_run *scan_worker_run(struct scan_worker *worker) {
	return worker->run;
}

/* ---- one row ---- */

struct hit {
	const struct scan *scan;
	struct scan_worker *worker;
	struct scanned *scanned;
	const struct row *row;
	struct sigma_event event;
	struct finding where; /* without fields */
};

static struct str field_text(struct arena *arena, const struct row *row, struct str name) {
	for (size_t i = 0; i < row->fields_count; i++) {
		if (str_eq(row->fields[i].name, name)) {
			struct buf text = {0};
			value_append_text(&text, row->fields[i].value);
			struct str copy = arena_str(arena, buf_str(&text));
			buf_deinit(&text);
			return copy;
		}
	}
	return STR("");
}

static struct finding place_of(struct arena *arena, const struct row *row) {
	struct finding where = {.time_ns = row->time_ns, .first_ns = row->time_ns};
	where.path = arena_str(arena, row->path);
	where.record = row->number;
	where.format = arena_str(arena, row->format);
	where.tree = row->stored ? arena_str(arena, row->tree) : STR("");
	where.index = row->index;
	where.host = field_text(arena, row, STR("winlog.computer_name"));
	where.channel = field_text(arena, row, STR("winlog.channel"));
	where.provider = field_text(arena, row, STR("winlog.provider_name"));
	where.event_id = field_text(arena, row, STR("winlog.event_id"));
	where.record_id = field_text(arena, row, STR("winlog.record_id"));
	if (where.host.len == 0) {
		where.host = field_text(arena, row, STR("host.name"));
	}
	if (where.event_id.len == 0) {
		where.event_id = field_text(arena, row, STR("event.code"));
	}
	return where;
}

static bool is_matched(const struct matched_field *fields, uint32_t count, struct str name) {
	for (uint32_t i = 0; i < count; i++) {
		if (str_eq(fields[i].name, name)) {
			return true;
		}
	}
	return false;
}

/* What else the event says: the data of Windows' events, the message of others. */
static void add_others(const struct hit *hit, struct finding *finding) {
	struct arena *arena = hit->scanned->arena;
	const struct row *row = hit->row;
	struct matched_field *fields =
	    ARENA_ARRAY(arena, finding->fields_count + row->fields_count, struct matched_field);
	uint32_t count = finding->fields_count;
	for (uint32_t i = 0; i < count; i++) {
		fields[i] = finding->fields[i];
	}
	for (size_t i = 0; i < row->fields_count; i++) {
		bool data;
		struct str name = sigma_field_name(row->fields[i].name, NULL, &data);
		bool wanted = data || str_eq(name, STR("message"));
		if (wanted && !is_matched(finding->fields, finding->fields_count, name)) {
			fields[count++] =
			    (struct matched_field){name, field_text(arena, row, row->fields[i].name), false};
		}
	}
	finding->fields = fields;
	finding->fields_count = count;
}

/* False: it is not wanted. */
static bool add_finding(struct hit *hit, uint32_t rule) {
	const struct scan *scan = hit->scan;
	struct scanned *scanned = hit->scanned;
	struct finding finding = hit->where;
	struct matched_field *fields;
	size_t first = scanned->out.len;
	finding.subject = rule;
	if (scan->alerts != NULL) {
		alerts_identify(scan->alerts, &finding);
		if (scan->args->only_new && !alerts_is_new(scan->alerts, &finding)) {
			return false;
		}
	}
	matched_fields(scanned->arena, scan->set, rule, hit->worker->run, &hit->event, &fields,
	               &finding.fields_count);
	finding.fields = fields;
	if (scan->format == SCAN_JSONL) {
		struct str record = buf_str(&hit->worker->record);
		scan_append_json(&scanned->out, scan->findings, &finding, &record);
	} else if (scan->format == SCAN_CSV) {
		struct finding whole = finding;
		add_others(hit, &whole);
		scan_append_csv(&scanned->out, scan, &scan->set->rules[rule].meta, &whole);
		struct scan_line line = {finding.time_ns, 0, first, scanned->out.len - first};
		buf_append(&scanned->order, &line, sizeof(line));
	}
	buf_append(&scanned->findings, &finding, sizeof(finding));
	return true;
}

/* Names of events with blanks are also asked for without them. */
static bool is_asked(const struct scan *scan, struct str name) {
	struct buf plain = {0};
	if (map_find(scan->asked, name) != NULL) {
		return true;
	}
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] != ' ') {
			buf_append_char(&plain, name.ptr[i]);
		}
	}
	bool asked = plain.len < name.len && map_find(scan->asked, buf_str(&plain)) != NULL;
	buf_deinit(&plain);
	return asked;
}

static void add_sighting(struct hit *hit, const uint32_t *rules, uint32_t count) {
	struct arena *arena = hit->scanned->arena;
	struct sighting sighting = {.time_ns = hit->row->time_ns, .finding = hit->where};
	uint32_t *own = ARENA_ARRAY(arena, count, uint32_t);
	struct sigma_field *fields = ARENA_ARRAY(arena, hit->event.fields_count, struct sigma_field);
	for (uint32_t i = 0; i < count; i++) {
		if (hit->scan->correlated[rules[i]]) {
			own[sighting.rules_count++] = rules[i];
		}
	}
	for (uint32_t i = 0; i < hit->event.fields_count; i++) {
		const struct sigma_field *field = &hit->event.fields[i];
		if (is_asked(hit->scan, field->name)) {
			fields[sighting.event.fields_count++] =
			    (struct sigma_field){arena_str(arena, field->name),
			                         {field->value.kind, arena_str(arena, field->value.text)}};
		}
	}
	sighting.rules = own;
	sighting.event.fields = fields;
	buf_append(&hit->scanned->sightings, &sighting, sizeof(sighting));
}

static void take_hits(const struct scan *scan, struct scan_worker *worker, struct scanned *scanned,
                      const struct row *row, const uint32_t *rules, uint32_t count) {
	struct hit hit = {.scan = scan, .worker = worker, .scanned = scanned, .row = row};
	bool correlated = false;
	bool shown = false;
	bool told = false;
	enum sigma_level level = SIGMA_LEVEL_NONE;
	for (uint32_t i = 0; i < count; i++) {
		const struct sigma_rule *rule = &scan->set->rules[rules[i]];
		correlated = correlated || scan->correlated[rules[i]];
		shown = shown || (rule->alerts && rule->meta.level >= scan->level);
	}
	if (!correlated && !shown) {
		return;
	}
	arena_reset(worker->scratch);
	sigma_record_event(worker->scratch, row, &hit.event);
	hit.where = place_of(scanned->arena, row);
	buf_clear(&worker->record);
	if (shown && scan->format == SCAN_JSONL) {
		scan_append_record(&worker->record, row);
	}
	for (uint32_t i = 0; i < count && shown; i++) {
		const struct sigma_rule *rule = &scan->set->rules[rules[i]];
		if (rule->alerts && rule->meta.level >= scan->level) {
			level = MAX_OF(level, rule->meta.level);
			told = add_finding(&hit, rules[i]) || told;
		}
	}
	scanned->records_hit += told;
	if (told && scan->pivots != NULL) {
		scan_collect_pivots(scanned, row, level);
	}
	if (correlated) {
		add_sighting(&hit, rules, count);
	}
}

struct scanned *scanned_new(void) {
	struct scanned *scanned = calloc(1, sizeof(*scanned));
	ASSERT(scanned != NULL);
	scanned->arena = arena_new(SIZE_MAX);
	scanned->first_ns = INT64_MAX;
	scanned->last_ns = INT64_MIN;
	return scanned;
}

void scan_count(struct scanned *scanned, uint64_t bytes, int64_t time_ns, uint8_t time_flags) {
	scanned->records++;
	scanned->bytes += bytes;
	if ((time_flags & TIME_NONE) == 0) {
		scanned->first_ns = MIN_OF(scanned->first_ns, time_ns);
		scanned->last_ns = MAX_OF(scanned->last_ns, time_ns);
	}
}

bool scan_try_row(struct scan_worker *worker, const struct row *row) {
	struct sigma_event event;
	uint32_t count;
	arena_reset(worker->scratch);
	sigma_record_event(worker->scratch, row, &event);
	(void)detector_event(worker->run, &event, &count);
	return count > 0 || detector_error(worker->run) != ERR_OK;
}

void scan_found_row(const struct scan *scan, struct scan_worker *worker, const struct row *row,
                    struct scanned *scanned) {
	struct sigma_event event;
	uint32_t count;
	arena_reset(worker->scratch);
	sigma_record_event(worker->scratch, row, &event);
	const uint32_t *rules = detector_event(worker->run, &event, &count);
	bool gave_up = detector_error(worker->run) != ERR_OK;
	scanned->gave_up += gave_up;
	if (scan->alerts != NULL && (count > 0 || gave_up)) {
		struct scan_hit hit = {arena_str(scanned->arena, row->tree), row->index};
		buf_append(&scanned->hits, &hit, sizeof(hit));
	}
	if (count > 0) {
		take_hits(scan, worker, scanned, row, rules, count);
	}
}

void scan_row(const struct scan *scan, struct scan_worker *worker, const struct row *row,
              struct scanned *scanned) {
	scan_count(scanned, row->text.len, row->time_ns, row->time_flags);
	scan_found_row(scan, worker, row, scanned);
}

struct scanned *scan_batch(const struct scan *scan, struct scan_worker *worker,
                           struct batch *batch) {
	struct scanned *scanned = scanned_new();
	parser_run(worker->parser, batch);
	detector_batch(worker->run, batch);
	for (uint32_t i = 0; i < batch->count; i++) {
		int64_t time_ns = batch->fields.rows[i].time_ns;
		uint32_t count;
		if (batch->records[i].type != RECORD_DATA || time_ns < scan->from_ns ||
		    time_ns >= scan->to_ns) {
			continue;
		}
		scan_count(scanned, batch->records[i].body_len, time_ns, batch->fields.rows[i].time_flags);
		const uint32_t *rules = detector_row(worker->run, i, &count);
		scanned->gave_up += detector_error(worker->run) != ERR_OK;
		if (count > 0) {
			struct row row;
			row_from_batch(batch, i, worker->fields, &row);
			take_hits(scan, worker, scanned, &row, rules, count);
		}
	}
	batch_free(batch);
	return scanned;
}
