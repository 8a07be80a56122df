/* A message is taken by the formats of its program first, then by those of all programs whose
 * patterns can begin as it does. What an inner format leaves as message is tried again.
 */
#include "ingest/message.h"

#include "ingest/columns.h"
#include "ingest/json_line.h"
#include "ingest/json_members.h"
#include "ingest/syslog.h"
#include "ingest/text_format.h"

enum { PROGRAM_MAX = 128 };

void message_state_begin(struct message_state *state) {
	if (state->members_count > 0) {
		memset(state->members, 0, state->members_count * sizeof(*state->members));
	}
}

void message_state_deinit(struct message_state *state) {
	free(state->members);
	*state = (struct message_state){0};
}

static uint32_t row_of(const struct line *line) {
	return line->batch->fields.rows_done - 1;
}

static uint32_t count_of(const struct line *line) {
	return line->batch->fields.rows[row_of(line)].count;
}

/* A string of the row that stays while more is put: in the line's text, or copied. */
static struct str value_of(const struct line *line, uint32_t name) {
	const struct field_block *fields = &line->batch->fields;
	const struct field_row *row = &fields->rows[row_of(line)];
	for (uint32_t i = 0; i < row->count; i++) {
		const struct field_entry *entry = &fields->entries[row->first + i];
		if (entry->name != name) {
			continue;
		}
		if (entry->kind != VALUE_STRING) {
			return STR("");
		}
		return entry->place == FIELD_IN_TEXT
		           ? str_make(line->text.ptr + entry->offset, entry->len)
		           : arena_str(line->values, fields_value(line->batch, row_of(line), entry).text);
	}
	return STR("");
}

/* ---- messages ---- */

struct search {
	const struct formats *formats;
	struct line *line;
	struct str message;
	struct formats_walk walk; /* of the message */
	uint32_t taken;           /* by which format; formats->count: by none */
	bool tried;
};

static bool try_candidate(struct search *search, const struct formats_candidate *candidate) {
	search->tried = true;
	if (!text_format_take_by(&search->formats->list[candidate->format], search->line,
	                         search->message, candidate->pattern)) {
		return false;
	}
	search->taken = candidate->format;
	return true;
}

/* All patterns of a format. */
static bool try_number(struct search *search, uint16_t number) {
	const struct text_format *text = search->formats->list[number].text;
	const struct formats_list *own = &search->formats->index.own[number];
	search->tried = true; /* by a message that begins otherwise it may be */
	for (uint32_t i = 0; i < own->count; i++) {
		if (pattern_can_begin(&text->patterns[i], search->message) &&
		    formats_walk_may(&search->walk, &own->list[i]) &&
		    try_candidate(search, &own->list[i])) {
			return true;
		}
	}
	return false;
}

static bool try_links(struct search *search, uint32_t link) {
	const struct formats_index *index = &search->formats->index;
	for (; link != 0; link = index->links[link - 1].next) {
		if (try_number(search, index->links[link - 1].format)) {
			return true;
		}
	}
	return false;
}

/* Those of a program's name, which is in small letters. */
static bool try_program(struct search *search, struct str program) {
	const struct formats_index *index = &search->formats->index;
	if (try_links(search, formats_index_find(index->programs, program))) {
		return true;
	}
	size_t end = 0;
	while (end < program.len && program.ptr[end] != '/' && program.ptr[end] != '(') {
		end++;
	}
	struct str family = str_slice(program, 0, end);
	if (end > 0 && end < program.len &&
	    try_links(search, formats_index_find(index->programs, family))) {
		return true;
	}
	for (uint32_t i = 0; i < index->prefixes_count; i++) {
		if (str_starts(program, index->prefixes[i].prefix) &&
		    try_number(search, index->prefixes[i].format)) {
			return true;
		}
	}
	return false;
}

static bool try_message(struct search *search) {
	char lower[PROGRAM_MAX];
	struct str program = str_slice(value_of(search->line, FIELD_PROCESS_NAME), 0, sizeof(lower));
	for (size_t i = 0; i < program.len; i++) {
		lower[i] = char_lower(program.ptr[i]);
	}
	formats_walk_messages(&search->walk, &search->formats->index, search->message, program.len > 0);
	if (program.len > 0 && try_program(search, str_make(lower, program.len))) {
		return true;
	}
	const struct formats_candidate *next;
	while ((next = formats_walk_next(&search->walk)) != NULL) {
		if (try_candidate(search, next)) {
			return true;
		}
	}
	return false;
}

/* ---- objects ---- */

/* The links of formats that need this member first, or 0. */
static uint32_t links_of(struct message_state *state, const struct search *search, uint32_t name) {
	if (name >= state->members_cap) {
		uint32_t cap = name * 2 + 256;
		state->members = reallocarray(state->members, cap, sizeof(*state->members));
		ASSERT(state->members != NULL);
		memset(state->members + state->members_cap, 0,
		       (cap - state->members_cap) * sizeof(*state->members));
		state->members_cap = cap;
	}
	state->members_count = MAX_OF(state->members_count, name + 1);
	if (state->members[name] == 0) {
		state->members[name] = 1 + formats_index_find(search->formats->index.members,
		                                              fields_name_text(search->line->batch, name));
	}
	return state->members[name] - 1;
}

/* Several formats may take one object: of those that need its members the first. */
static bool try_object(struct message_state *state, struct search *search) {
	const struct formats_index *index = &search->formats->index;
	const struct field_block *fields = &search->line->batch->fields;
	uint32_t count = count_of(search->line);
	uint32_t first = fields->rows[row_of(search->line)].first;
	uint32_t best;
	uint32_t tried = UINT32_MAX; /* the greatest number that was asked in vain */
	for (;;) {
		best = search->formats->count;
		for (uint32_t i = 0; i < count; i++) {
			uint32_t link = links_of(state, search, fields->entries[first + i].name);
			for (; link != 0; link = index->links[link - 1].next) {
				uint16_t number = index->links[link - 1].format;
				bool later = tried == UINT32_MAX || number > tried;
				best = later && number < best ? number : best;
			}
		}
		if (best == search->formats->count) {
			return false;
		}
		search->tried = true;
		if (text_format_take_object(&search->formats->list[best], search->line)) {
			search->taken = best;
			return true;
		}
		tried = best;
	}
}

struct inner_object {
	struct line *line;
	uint32_t before;
	size_t time_rank; /* of the member that the time is of */
};

/* The time of the object is the record's, as it is of an object on a line of its own. */
static void take_time(struct inner_object *object, struct str name, struct value value) {
	struct timestamp time;
	size_t rank = json_time_rank(name, object->time_rank);
	bool scalar = value.kind == VALUE_STRING || value.kind == VALUE_NUMBER;
	if (rank < object->time_rank && scalar && json_read_time(object->line, value.text, &time)) {
		line_time(object->line, time);
		object->time_rank = rank;
	}
}

static void put_member(void *ctx, struct str name, struct value value) {
	struct inner_object *object = ctx;
	struct batch *batch = object->line->batch;
	uint32_t number = fields_name(batch, name);
	take_time(object, name, value);
	if (number == FIELD_TIMESTAMP || number == UINT32_MAX) {
		return;
	}
	if (fields_drop(batch, number, object->before)) {
		object->before--;
	}
	fields_put(batch, number, value);
}

/* A message that is a JSON object: its members become fields, as those of a line would. */
static bool take_json(struct search *search) {
	struct inner_object object = {search->line, count_of(search->line), SIZE_MAX};
	if (search->message.ptr[0] != '{' || object.before >= LIMIT_FIELDS_PER_RECORD / 2) {
		return false;
	}
	search->tried = true;
	/* Looked at first, so that an object that is broken further on puts nothing. */
	return json_is_object(search->message) &&
	       json_members(search->message, search->line->values, put_member, &object);
}

/* ---- both ---- */

/* The message of a row; of objects also what other loggers call it. */
static struct str find_message(const struct line *line, bool object) {
	static const struct str others[] = {STR_INIT("msg"), STR_INIT("log"), STR_INIT("MESSAGE")};
	struct str message = value_of(line, FIELD_MESSAGE);
	for (size_t i = 0; object && message.len == 0 && i < ARRAY_LEN(others); i++) {
		message = value_of(line, fields_find_name(line->batch, others[i]));
	}
	return message;
}

/* RFC 5424 without a message: what stands from the message id on ("RT_FLOW_SESSION_DENY
 * [junos@2636.1.1.1.2.39 ...]") is what the device has to say. */
static struct str structured_message(struct line *line) {
	uint32_t name = fields_find_name(line->batch, STR("log.syslog.msgid"));
	struct str id = value_of(line, name);
	struct str text = line->text;
	size_t at = (size_t)((uintptr_t)id.ptr - (uintptr_t)text.ptr);
	bool inside = id.len > 0 && at < text.len;
	struct str rest = str_slice(text, inside ? at : text.len, text.len);
	return str_find_char(rest, '[', 0) == id.len + 1 ? rest : STR("");
}

/* Carriers whose fields are the members of an object: with names that the log gives. */
static bool gives_object(const struct line_format *format) {
	return format->take == json_take_line || format->take == columns_take_zeek ||
	       format->take == columns_take_csv;
}

uint32_t message_take(struct message_state *state, const struct formats *formats, struct line *line,
                      uint32_t format, bool *out_tried) {
	struct search search = {.formats = formats, .line = line, .taken = format};
	bool object = gives_object(&formats->list[format]);
	struct str before = {0};
	for (int depth = 0; depth < TEXT_NESTING_MAX; depth++) {
		if (object) {
			(void)try_object(state, &search);
		}
		search.message = find_message(line, object);
		if (search.message.len == 0 && depth == 0 &&
		    formats->list[format].take == syslog_take_5424) {
			search.message = structured_message(line);
		}
		if (search.message.len == 0 || str_eq(search.message, before)) {
			break;
		}
		before = search.message;
		object = false;
		if (!try_message(&search)) {
			object = take_json(&search);
			if (!object) {
				break;
			}
		}
	}
	*out_tried = search.tried;
	return search.taken;
}
