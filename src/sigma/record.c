/* Fields of records under the names of rules. */
#include "sigma/record.h"

static const struct {
	struct str ours, theirs;
} header_names[] = {
    {STR_INIT("winlog.provider_name"), STR_INIT("Provider_Name")},
    {STR_INIT("winlog.provider_guid"), STR_INIT("Provider_Guid")},
    {STR_INIT("winlog.event_id"), STR_INIT("EventID")},
    {STR_INIT("winlog.version"), STR_INIT("Version")},
    {STR_INIT("winlog.level"), STR_INIT("Level")},
    {STR_INIT("winlog.task"), STR_INIT("Task")},
    {STR_INIT("winlog.opcode"), STR_INIT("Opcode")},
    {STR_INIT("winlog.keywords"), STR_INIT("Keywords")},
    {STR_INIT("winlog.record_id"), STR_INIT("EventRecordID")},
    {STR_INIT("winlog.activity_id"), STR_INIT("Correlation_ActivityID")},
    {STR_INIT("winlog.related_activity_id"), STR_INIT("Correlation_RelatedActivityID")},
    {STR_INIT("winlog.process.pid"), STR_INIT("Execution_ProcessID")},
    {STR_INIT("winlog.process.thread.id"), STR_INIT("Execution_ThreadID")},
    {STR_INIT("winlog.channel"), STR_INIT("Channel")},
    {STR_INIT("winlog.computer_name"), STR_INIT("Computer")},
    {STR_INIT("winlog.user.identifier"), STR_INIT("Security_UserID")},
};

_Static_assert(ARRAY_LEN(header_names) == SIGMA_HEADERS, "numbers of headers");

int sigma_header_number(struct str name) {
	for (int i = 0; i < SIGMA_HEADERS; i++) {
		if (str_eq(header_names[i].theirs, name)) {
			return i;
		}
	}
	return -1;
}

struct str sigma_field_name(struct str field, bool *out_header, bool *out_data) {
	static const struct str data[] = {STR_INIT("winlog.event_data."),
	                                  STR_INIT("winlog.user_data.")};
	bool header = false;
	bool in_data = false;
	struct str name = field;
	for (size_t i = 0; i < ARRAY_LEN(header_names) && !header; i++) {
		if (str_eq(field, header_names[i].ours)) {
			name = header_names[i].theirs;
			header = true;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(data) && !header && !in_data; i++) {
		if (str_starts(field, data[i])) {
			name = str_slice(field, data[i].len, field.len);
			in_data = true;
		}
	}
	if (out_header != NULL) {
		*out_header = header;
	}
	if (out_data != NULL) {
		*out_data = in_data;
	}
	return name;
}

/* True when name is one of the header's in these fields. */
static bool in_header(const struct sigma_field *fields, uint32_t headers_count, struct str name) {
	for (uint32_t i = 0; i < headers_count; i++) {
		if (str_eq(fields[i].name, name)) {
			return true;
		}
	}
	return false;
}

static void append_keywords(struct texts *out, struct arena *arena, struct value value) {
	struct value element;
	size_t at = 0;
	if (value.kind != VALUE_LIST) {
		texts_append(out, arena, value.text);
		return;
	}
	while (value_list_next(value.text, &at, &element)) {
		texts_append(out, arena, element.text);
	}
}

void sigma_record_event(struct arena *arena, const struct row *row, struct sigma_event *out_event) {
	struct sigma_field *fields = ARENA_ARRAY(arena, row->fields_count + 1, struct sigma_field);
	struct texts keywords = {0};
	uint32_t count = 0;
	for (size_t i = 0; i < row->fields_count; i++) { /* the header first */
		bool header;
		struct str name = sigma_field_name(row->fields[i].name, &header, NULL);
		if (header) {
			fields[count++] = (struct sigma_field){name, row->fields[i].value};
			append_keywords(&keywords, arena, row->fields[i].value);
		}
	}
	uint32_t headers_count = count;
	for (size_t i = 0; i < row->fields_count; i++) {
		bool header;
		bool data;
		struct str name = sigma_field_name(row->fields[i].name, &header, &data);
		if (header || (data && in_header(fields, headers_count, name))) {
			continue;
		}
		fields[count++] = (struct sigma_field){name, row->fields[i].value};
		if (data) {
			append_keywords(&keywords, arena, row->fields[i].value);
		}
	}
	fields[count++] = (struct sigma_field){STR("akashi.format"), value_string(row->format)};
	if (headers_count == 0) {
		keywords.count = 0;
		texts_append(&keywords, arena, row->text);
	}
	*out_event = (struct sigma_event){.fields = fields,
	                                  .fields_count = count,
	                                  .keywords = keywords.items,
	                                  .keywords_count = keywords.count};
}
