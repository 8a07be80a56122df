/* Values that lie in the record's text are put as places in it; all others are copied. */
#include "ingest/text_values.h"

#include "ingest/duration.h"
#include "ingest/endpoint.h"
#include "ingest/json_members.h"
#include "ingest/text_audit.h"
#include "ingest/text_pairs.h"

static const struct text_format *format_of(const struct taking *taking) {
	return taking->format->text;
}

uint32_t taking_number(struct taking *taking, uint16_t name) {
	const struct pattern_field *field = &format_of(taking)->fields[name];
	return field->known != UINT32_MAX
	           ? field->known
	           : line_name(taking->line, taking->format->slots + name, field->name);
}

static bool is_in_text(const struct line *line, struct str value) {
	uintptr_t from = (uintptr_t)line->text.ptr;
	uintptr_t at = (uintptr_t)value.ptr;
	return value.len > 0 && at >= from && at + value.len <= from + line->text.len;
}

static struct str lowered(struct arena *arena, struct str text) {
	size_t i = 0;
	while (i < text.len && char_lower(text.ptr[i]) == text.ptr[i]) {
		i++;
	}
	if (i == text.len) {
		return text;
	}
	char *out = arena_alloc(arena, text.len);
	for (i = 0; i < text.len; i++) {
		out[i] = char_lower(text.ptr[i]);
	}
	return str_make(out, text.len);
}

/* ---- putting ---- */

/* ECS wants some fields as addresses, and some as numbers; JSON has no leading zeros, such digits
 * stay text. False: the value is nothing for this field. */
static bool fit_kind(uint32_t number, struct value *value) {
	enum field_type type = number < FIELD_KNOWN_COUNT ? field_known_type(number) : FIELD_TYPE_COUNT;
	struct str s = value->text;
	bool scalar = value->kind == VALUE_STRING || value->kind == VALUE_NUMBER;
	size_t digit = s.len > 0 && s.ptr[0] == '-' ? 1 : 0;
	bool zeros = s.len > digit + 1 && s.ptr[digit] == '0' && char_is_digit(s.ptr[digit + 1]);
	switch (type) {
	case FIELD_TYPE_IP:
		return value->kind == VALUE_LIST || pattern_slot_fits(SLOT_IP, s);
	case FIELD_TYPE_LONG:
		if (scalar && !pattern_slot_fits(SLOT_INT, s)) {
			return false;
		}
		value->kind = scalar && !zeros ? VALUE_NUMBER : value->kind;
		return true;
	case FIELD_TYPE_KEYWORD:
	case FIELD_TYPE_TEXT:
		value->kind = value->kind == VALUE_NUMBER ? VALUE_STRING : value->kind;
		return true;
	case FIELD_TYPE_DATE:
	case FIELD_TYPE_BOOL:
	case FIELD_TYPE_COUNT:
	default:
		value->kind = value->kind == VALUE_NUMBER && zeros ? VALUE_STRING : value->kind;
		return true;
	}
}

/* Among some values of the row: those from one number of them on, and before another. */
static bool has_put(const struct taking *taking, uint32_t from, uint32_t to, uint32_t number) {
	const struct field_block *fields = &taking->line->batch->fields;
	const struct field_row *row = &fields->rows[fields->rows_done - 1];
	for (uint32_t i = from; i < row->count && i < to; i++) {
		if (fields->entries[row->first + i].name == number) {
			return true;
		}
	}
	return false;
}

/* ECS holds lists in these, to which several names may add. */
static bool holds_list(struct str field) {
	static const struct str beginnings[] = {
	    STR_INIT("related."), STR_INIT("email."),       STR_INIT("host.ip"),
	    STR_INIT("host.mac"), STR_INIT("threat."),      STR_INIT("dns."),
	    STR_INIT("tags"),     STR_INIT("process.args"), STR_INIT("process.parent.args")};
	for (size_t i = 0; i < ARRAY_LEN(beginnings); i++) {
		if (str_starts(field, beginnings[i])) {
			return true;
		}
	}
	return false;
}

/* Whether a value of another name of the log, or of another slot, is in the way: the same is not
 * put again, and addresses and numbers, of objects also words, are what the first name said. Values
 * of one name all stay. */
static bool is_taken(const struct taking *taking, uint32_t number, struct value value) {
	struct batch *batch = taking->line->batch;
	uint32_t row_number = batch->fields.rows_done - 1;
	const struct field_row *row = &batch->fields.rows[row_number];
	bool single = value.kind == VALUE_NUMBER ||
	              (number < FIELD_KNOWN_COUNT && field_known_type(number) == FIELD_TYPE_IP);
	for (uint32_t i = taking->before; i < taking->others; i++) {
		const struct field_entry *entry = &batch->fields.entries[row->first + i];
		if (entry->name == number &&
		    ((single && taking->named) ||
		     (taking->members_stay && taking->named &&
		      !holds_list(fields_name_text(batch, number))) ||
		     str_eq(fields_value(batch, row_number, entry).text, value.text))) {
			return true;
		}
	}
	return false;
}

/* An object that has a field by its very name (Winlogbeat's user.name) knows better. */
static bool is_member(const struct taking *taking, uint32_t number) {
	return taking->members_stay && has_put(taking, 0, taking->before, number);
}

/* Docker keeps the end of the line in the value. */
static struct str without_line_end(struct str text) {
	while (text.len > 0 && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r')) {
		text.len--;
	}
	return text;
}

/* A value that the row had before is gone then. */
static void put_number(struct taking *taking, uint32_t number, struct value value) {
	struct batch *batch = taking->line->batch;
	if (number == FIELD_TIMESTAMP || is_member(taking, number) || !fit_kind(number, &value) ||
	    (!taking->repeats && is_taken(taking, number, value))) {
		return;
	}
	if (number == FIELD_MESSAGE && value.kind == VALUE_STRING) {
		value.text = without_line_end(value.text);
	}
	if (taking->before > 0 && fields_drop(batch, number, taking->before)) {
		taking->before--;
		taking->others -= taking->others > 0;
	}
	if (value.kind != VALUE_LIST && is_in_text(taking->line, value.text)) {
		line_put_kind(taking->line, number, value.kind, value.text);
	} else {
		fields_put(batch, number, value);
	}
}

static void put(struct taking *taking, uint16_t name, struct value value) {
	put_number(taking, taking_number(taking, name), value);
}

/* "user:password@[2001:db8::1]:8080": url.domain with its brackets, url.port, or the port that
 * the scheme stands for. */
static void put_authority(struct taking *taking, struct str scheme, struct str text) {
	size_t user = str_find_char(text, '@', 0);
	struct str host = str_slice(text, user < text.len ? user + 1 : 0, text.len);
	size_t bracket = host.len > 0 && host.ptr[0] == '[' ? str_find_char(host, ']', 0) : 0;
	size_t colon = str_find_char(host, ':', MIN_OF(bracket, host.len));
	struct str port = str_slice(host, MIN_OF(colon + 1, host.len), host.len);
	if (port.len == 0) {
		port = str_eq_nocase(scheme, STR("https"))  ? STR("443")
		       : str_eq_nocase(scheme, STR("http")) ? STR("80")
		                                            : STR("");
	}
	if (colon > 0) {
		put_number(taking, FIELD_URL_DOMAIN, value_string(str_slice(host, 0, colon)));
	}
	if (pattern_slot_fits(SLOT_INT, port)) {
		put_number(taking, fields_name(taking->line->batch, STR("url.port")),
		           (struct value){VALUE_NUMBER, port});
	}
}

/* The length of a URL's scheme, 0: it is none. */
static size_t scheme_len(struct str url) {
	size_t i = 0;
	while (i < url.len && (char_is_alpha(url.ptr[i]) || (i > 0 && char_is_digit(url.ptr[i])))) {
		i++;
	}
	return str_starts(str_slice(url, i, url.len), STR("://")) ? i : 0;
}

static void put_path(struct taking *taking, struct str url, size_t path_at) {
	size_t question = str_find_char(url, '?', 0);
	if (question > path_at) {
		put_number(taking, FIELD_URL_PATH, value_string(str_slice(url, path_at, question)));
	}
	if (question < url.len) {
		put_number(taking, FIELD_URL_QUERY, value_string(str_slice(url, question + 1, url.len)));
	}
}

/* The parts of a URL or of the target of a request. */
static void put_url_parts(struct taking *taking, struct str url) {
	struct batch *batch = taking->line->batch;
	size_t question = str_find_char(url, '?', 0);
	size_t scheme = scheme_len(url);
	size_t path_at = 0;
	if (scheme > 0) {
		path_at = MIN_OF(str_find_char(url, '/', scheme + 3), question);
		put_number(taking, fields_name(batch, STR("url.full")), value_string(url));
		put_number(taking, fields_name(batch, STR("url.scheme")),
		           value_string(lowered(taking->line->values, str_slice(url, 0, scheme))));
		put_authority(taking, str_slice(url, 0, scheme), str_slice(url, scheme + 3, path_at));
	}
	put_path(taking, url, path_at);
}

/* "www.example.org:8080/path?query", as firewalls write it. */
static void put_web_parts(struct taking *taking, struct str url) {
	size_t path_at = MIN_OF(str_find_char(url, '/', 0), str_find_char(url, '?', 0));
	if (scheme_len(url) > 0 || path_at == 0) {
		put_url_parts(taking, url);
		return;
	}
	put_authority(taking, STR(""), str_slice(url, 0, path_at));
	put_path(taking, url, path_at);
}

/* ---- targets ---- */

/* A URL, a path, "*", or a host and port: no name of an object and no number of one. */
static bool could_be_url(struct str text) {
	if (str_starts(text, STR("/")) || str_eq(text, STR("*")) ||
	    str_find(text, STR("://"), 0) != (size_t)-1) {
		return true;
	}
	bool parts = false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == ' ' || text.ptr[i] == '\\') {
			return false;
		}
		parts = parts || text.ptr[i] == '/' || text.ptr[i] == ':';
	}
	return parts;
}

/* IANA's protocol numbers, those that logs show. */
static const struct {
	uint8_t number;
	struct str name;
} protocols[] = {
    {1, STR_INIT("icmp")},       {2, STR_INIT("igmp")},   {4, STR_INIT("ipv4")},
    {6, STR_INIT("tcp")},        {8, STR_INIT("egp")},    {17, STR_INIT("udp")},
    {33, STR_INIT("dccp")},      {41, STR_INIT("ipv6")},  {46, STR_INIT("rsvp")},
    {47, STR_INIT("gre")},       {50, STR_INIT("esp")},   {51, STR_INIT("ah")},
    {58, STR_INIT("ipv6-icmp")}, {88, STR_INIT("eigrp")}, {89, STR_INIT("ospf")},
    {94, STR_INIT("ipip")},      {103, STR_INIT("pim")},  {112, STR_INIT("vrrp")},
    {115, STR_INIT("l2tp")},     {132, STR_INIT("sctp")}, {136, STR_INIT("udplite")},
};

static void put_protocol(struct taking *taking, uint16_t name, struct str text) {
	uint64_t number;
	if (!str_to_u64(text, UINT8_MAX, &number)) {
		put(taking, name, value_string(lowered(taking->line->values, text)));
		return;
	}
	put_number(taking, fields_name(taking->line->batch, STR("network.iana_number")),
	           value_string(text));
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
		if (protocols[i].number == number) {
			put(taking, name, value_string(protocols[i].name));
		}
	}
}

static void put_duration(struct taking *taking, const struct text_target *target, struct str text) {
	static const int64_t units[] = {
	    [TEXT_TARGET_SECONDS - TEXT_TARGET_SECONDS] = INSTANT_SECOND,
	    [TEXT_TARGET_MILLIS - TEXT_TARGET_SECONDS] = INSTANT_SECOND / 1000,
	    [TEXT_TARGET_MICROS - TEXT_TARGET_SECONDS] = INSTANT_SECOND / 1000000,
	};
	int64_t ns;
	bool clock = target->type == TEXT_TARGET_CLOCK;
	if (clock ? duration_clock(text, &ns)
	          : duration_number(text, units[target->type - TEXT_TARGET_SECONDS], &ns)) {
		struct str number = arena_printf(taking->line->values, "%lld", (long long)ns);
		put(taking, target->field, (struct value){VALUE_NUMBER, number});
	}
}

/* A time beside that of the record: as @timestamp is written, in UTC. */
static void put_time(struct taking *taking, const struct text_target *target, struct str text) {
	struct timestamp time;
	struct buf iso = {0};
	if (pattern_read_time(taking->line->time, STR(""), text, &time)) {
		instant_format(&iso, time.ns, 0);
		put(taking, target->field, value_string(arena_str(taking->line->values, buf_str(&iso))));
	}
	buf_deinit(&iso);
}

/* FIELD of the target with ".ip", ".address" or ".port" behind it. */
static void put_under(struct taking *taking, const struct text_target *target, const char *end,
                      struct value value) {
	struct str field = format_of(taking)->fields[target->field].name;
	struct str name = arena_printf(taking->line->values, "%.*s.%s", STR_ARG(field), end);
	put_number(taking, fields_name(taking->line->batch, name), value);
}

static void put_endpoint(struct taking *taking, const struct text_target *target, struct str text) {
	struct endpoint endpoint = endpoint_read(text);
	put_under(taking, target, endpoint.is_ip ? "ip" : "address", value_string(endpoint.address));
	if (endpoint.port.len > 0) {
		put_under(taking, target, "port", (struct value){VALUE_NUMBER, endpoint.port});
	}
}

/* "0200.5e00.53a1", as Cisco's devices write it, as "02:00:5E:00:53:A1"; others as they are. */
static struct str mac_of_dotted(struct arena *arena, struct str text) {
	enum { DOTTED_LEN = 14, LEN = 17 };
	bool dotted = text.len == DOTTED_LEN;
	for (size_t i = 0; i < text.len && dotted; i++) {
		dotted = (i % 5 == 4) == (text.ptr[i] == '.');
	}
	if (!dotted) {
		return text;
	}
	char *out = arena_alloc(arena, LEN);
	size_t len = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] != '.') {
			char c = text.ptr[i];
			out[len++] = c >= 'a' && c <= 'f' ? (char)(c - 'a' + 'A') : c;
			if (len % 3 == 2 && len < LEN) {
				out[len++] = ':';
			}
		}
	}
	return str_make(out, len);
}

/* "destination.ip" has "destination.port" beside it. */
static void put_socket(struct taking *taking, uint16_t name, struct str text) {
	struct arena *arena = taking->line->values;
	struct str field = format_of(taking)->fields[name].name;
	struct str address;
	uint16_t port;
	if (!str_ends(field, STR(".ip")) || !text_audit_socket(arena, text, &address, &port)) {
		return;
	}
	struct str beside =
	    arena_printf(arena, "%.*s.port", (int)(field.len - STR(".ip").len), field.ptr);
	put(taking, name, value_string(address));
	put_number(taking, fields_name(taking->line->batch, beside),
	           (struct value){VALUE_NUMBER, arena_printf(arena, "%u", port)});
}

static void put_scalar(struct taking *taking, const struct text_target *target,
                       struct value value) {
	struct str text = value.text;
	switch (target->type) {
	case TEXT_TARGET_ANY:
		put(taking, target->field, value);
		return;
	case TEXT_TARGET_NAME:
		if (pattern_slot_fits(SLOT_HOST, text) && !pattern_slot_fits(SLOT_IP, text)) {
			put(taking, target->field, value);
		}
		return;
	case TEXT_TARGET_LOWER:
		value.text = lowered(taking->line->values, text);
		put(taking, target->field, value);
		return;
	case TEXT_TARGET_AUDIT:
		value.text = text_audit(taking->line->values, text, taking->marked);
		if (value.text.len > 0) {
			taking->repeats = true; /* arguments of a command are what they are */
			put(taking, target->field, value);
			taking->repeats = false;
		}
		return;
	case TEXT_TARGET_SOCKET:
		put_socket(taking, target->field, text);
		return;
	case TEXT_TARGET_IANA:
		put_protocol(taking, target->field, text);
		return;
	case TEXT_TARGET_SECONDS:
	case TEXT_TARGET_MILLIS:
	case TEXT_TARGET_MICROS:
	case TEXT_TARGET_CLOCK:
		put_duration(taking, target, text);
		return;
	case TEXT_TARGET_TIME:
		put_time(taking, target, text);
		return;
	case SLOT_MAC:
		value.text = mac_of_dotted(taking->line->values, text);
		if (pattern_slot_fits(SLOT_MAC, value.text)) {
			put(taking, target->field, value);
		}
		return;
	case SLOT_URL:
		if (could_be_url(text)) {
			put(taking, target->field, value);
			put_url_parts(taking, text);
		}
		return;
	case TEXT_TARGET_ENDPOINT:
		put_endpoint(taking, target, text);
		return;
	case TEXT_TARGET_WEB:
		put(taking, target->field, value);
		put_web_parts(taking, text);
		return;
	default: /* a slot that takes all of it */
		if (pattern_slot_fits((enum slot_type)target->type, text)) {
			bool number = target->type == SLOT_INT || target->type == SLOT_NUMBER;
			value.kind = number ? VALUE_NUMBER : value.kind;
			put(taking, target->field, value);
		}
		return;
	}
}

static void put_target(struct taking *taking, const struct text_target *target,
                       struct value value) {
	struct value element;
	size_t at = 0;
	if (value.kind != VALUE_LIST) {
		put_scalar(taking, target, value);
	} else if (target->type == TEXT_TARGET_ANY) {
		put(taking, target->field, value);
	} else {
		while (value_list_next(value.text, &at, &element)) {
			put_scalar(taking, target, element);
		}
	}
}

static void take_key(struct taking *taking, const struct text_key *key, struct value value) {
	struct captures captures;
	for (uint32_t i = 0; i < key->targets_count; i++) {
		put_target(taking, &key->targets[i], value);
	}
	if (key->patterns_count == 0 || taking->depth >= TEXT_NESTING_MAX) {
		return;
	}
	struct value element = value;
	size_t at = 0;
	if (value.kind == VALUE_LIST && !value_list_next(value.text, &at, &element)) {
		return;
	}
	for (uint32_t i = 0; i < key->patterns_count; i++) {
		if (pattern_match(&key->patterns[i], taking->line->time, element.text, &captures)) {
			taking->depth++;
			taking_captures(taking, &captures);
			taking->depth--;
			if (captures.has_time && !taking->has_time) {
				line_time(taking->line, captures.time);
				taking->has_time = true;
			}
			if (taking->more_count < TEXT_NESTING_MAX) {
				taking->more[taking->more_count++] = &key->pattern_constants[i];
			}
			return;
		}
	}
}

/* ---- values with names ---- */

static void note(struct taking *taking, uint16_t name, struct value value) {
	struct value element = value;
	size_t at = 0;
	if (value.kind == VALUE_LIST && !value_list_next(value.text, &at, &element)) {
		return;
	}
	if (taking->noted_count < TAKING_NOTED_MAX) {
		taking->noted[taking->noted_count++] = (struct taking_note){name, element.text};
	}
}

/* What becomes of a name, in this pattern or in all; NULL: nothing is said. */
static const struct text_key *find_key(const struct taking *taking, uint16_t name) {
	const struct text_keys *own = taking->keys;
	for (uint32_t i = 0; own != NULL && i < own->count; i++) {
		if (own->list[i].name == name) {
			return &own->list[i];
		}
	}
	uint16_t key = format_of(taking)->uses[name].key;
	return key == 0 ? NULL : &format_of(taking)->keys.list[key - 1];
}

/* plain: it becomes the field of its name when no key says otherwise. */
static void take_value(struct taking *taking, uint16_t name, bool plain, struct value value) {
	const struct text_use *use = &format_of(taking)->uses[name];
	if (use->noted) {
		note(taking, name, value);
	}
	const struct text_key *key = find_key(taking, name);
	if (key != NULL) {
		take_key(taking, key, value);
	} else if (plain && !use->hidden) {
		put(taking, name, value);
	}
}

struct element {
	struct taking *taking;
	uint16_t name;
};

static void take_element(void *ctx, struct value value) {
	struct element *element = ctx;
	if (value.kind != VALUE_JSON || !str_eq(value.text, STR("null"))) {
		take_value(element->taking, element->name, false, value);
	}
}

/* Names of the format that are paths into this array. */
static void take_paths(struct taking *taking, struct str name, struct str array) {
	const struct text_format *text = format_of(taking);
	for (uint16_t i = 0; i < text->fields_count; i++) {
		struct str path = text->fields[i].name;
		if (text->uses[i].in_list && path.len > name.len && path.ptr[name.len] == '.' &&
		    str_starts(path, name)) {
			struct element element = {taking, i};
			json_path(array, str_slice(path, name.len + 1, path.len), taking->line->values,
			          take_element, &element);
		}
	}
}

static bool is_nothing(struct value value) {
	return value.kind == VALUE_NONE || value.text.len == 0 ||
	       (value.kind == VALUE_STRING && str_eq(value.text, STR("-"))) ||
	       (value.kind == VALUE_JSON && str_eq(value.text, STR("null")));
}

/* What is put from here on comes from another name or slot than what the row has. */
static void begin_value(struct taking *taking, bool named) {
	const struct field_block *fields = &taking->line->batch->fields;
	if (taking->depth == 0) {
		taking->others = fields->rows[fields->rows_done - 1].count;
		taking->named = named;
	}
}

void taking_named(struct taking *taking, struct str name, struct value value) {
	const struct text_format *text = format_of(taking);
	uint16_t number = text_format_name(text, name);
	char full[LIMIT_FIELD_NAME];
	if (is_nothing(value)) {
		return;
	}
	begin_value(taking, true);
	if (value.kind == VALUE_JSON) {
		take_paths(taking, name, value.text);
	}
	if (number != PATTERN_NO_FIELD) {
		take_value(taking, number, false, value);
		if (find_key(taking, number) != NULL) {
			return;
		}
	}
	size_t len = text->prefix.len + 1 + name.len;
	if (text->prefix.len == 0 || taking->members_stay || len > sizeof(full)) {
		return;
	}
	memcpy(full, text->prefix.ptr, text->prefix.len);
	full[text->prefix.len] = '.';
	memcpy(full + text->prefix.len + 1, name.ptr, name.len);
	put_number(taking, fields_name(taking->line->batch, str_make(full, len)), value);
}

static void take_pair(void *ctx, struct str key, struct str value, bool marked) {
	struct taking *taking = ctx;
	taking->marked = marked;
	taking_named(taking, key, value_string(value));
	taking->marked = false;
}

static void take_member(void *ctx, struct str name, struct value value) {
	taking_named(ctx, name, value);
}

struct column_values {
	struct taking *taking;
	const struct text_columns *columns;
};

static void take_column(void *ctx, uint32_t number, struct str value) {
	const struct column_values *columns = ctx;
	if (number < columns->columns->names_count &&
	    columns->columns->names[number] != PATTERN_NO_FIELD) {
		uint16_t name = columns->columns->names[number];
		taking_named(columns->taking, format_of(columns->taking)->fields[name].name,
		             value_string(value));
	}
}

static void take_columns(struct taking *taking, struct str name, struct str text) {
	const struct text_format *format = format_of(taking);
	for (uint32_t i = 0; i < format->columns_count; i++) {
		if (str_eq(format->columns[i].name, name)) {
			struct column_values columns = {taking, &format->columns[i]};
			columns_read(text, columns.columns->separator, taking->line->values, take_column,
			             &columns);
			return;
		}
	}
}

/* ---- slots ---- */

static void take_many(struct taking *taking, const struct capture *capture) {
	struct pairs_style style;
	if (capture->type == SLOT_PAIRS && pairs_style(capture->op->text, &style)) {
		pairs_read(capture->value, style, taking->line->values, take_pair, taking);
	} else if (capture->type == SLOT_COLUMNS) {
		take_columns(taking, capture->op->text, capture->value);
	} else {
		(void)json_members(capture->value, taking->line->values, take_member, taking);
	}
}

static void take_capture(struct taking *taking, const struct capture *capture) {
	bool number = capture->type == SLOT_INT || capture->type == SLOT_NUMBER;
	struct value value = {number ? VALUE_NUMBER : VALUE_STRING, capture->value};
	begin_value(taking, false);
	if (capture->type == SLOT_PART) {
		value.text = text_unescape(taking->line->values, value.text, STR("|,;\"'"));
	}
	take_value(taking, capture->field, true, value);
	if (capture->type == SLOT_URL) {
		put_url_parts(taking, capture->value);
	}
}

void taking_captures(struct taking *taking, const struct captures *captures) {
	for (uint32_t i = 0; i < captures->count; i++) {
		const struct capture *capture = &captures->list[i];
		if (capture->field == PATTERN_NO_FIELD) {
			take_many(taking, capture);
		} else {
			take_capture(taking, capture);
		}
	}
}

/* ---- what follows ---- */

static void put_constant(struct taking *taking, const struct text_constant *constant) {
	line_put_constant(
	    taking->line, taking->format->slots + format_of(taking)->fields_count + constant->slot,
	    taking_number(taking, constant->field), (enum value_kind)constant->kind, constant->value);
}

/* over: in the place of what stands there; else only where nothing was put. */
static void put_constants(struct taking *taking, const struct text_constants *constants,
                          bool over) {
	struct batch *batch = taking->line->batch;
	for (uint32_t i = 0; i < constants->count; i++) {
		const struct text_constant *constant = &constants->list[i];
		uint32_t number = taking_number(taking, constant->field);
		if (is_member(taking, number) ||
		    (!over && has_put(taking, taking->before, UINT32_MAX, number))) {
			continue;
		}
		if (taking->before > 0 && fields_drop(batch, number, taking->before)) {
			taking->before--;
		}
		if (over) {
			(void)fields_drop(batch, number, UINT32_MAX);
		}
		put_constant(taking, constant);
	}
}

static const struct str *noted_value(const struct taking *taking, uint16_t name) {
	for (uint32_t i = 0; i < taking->noted_count; i++) {
		if (taking->noted[i].name == name) {
			return &taking->noted[i].value;
		}
	}
	return NULL;
}

static void follow_case(struct taking *taking, const struct text_values *values, struct str value) {
	for (uint32_t i = 0; i < values->cases_count; i++) {
		if (values->cases[i].any || str_eq_nocase(values->cases[i].value, value)) {
			put_constants(taking, &values->cases[i].fields, true);
			return;
		}
	}
}

/* The carrier has put the field (the program's name). */
static void follow_carrier(struct taking *taking, const struct text_values *values) {
	struct batch *batch = taking->line->batch;
	struct value value =
	    fields_get(batch, batch->fields.rows_done - 1, taking_number(taking, values->name));
	if (value.kind == VALUE_STRING || value.kind == VALUE_NUMBER) {
		follow_case(taking, values, value.text);
	}
}

/* Parts joined with one blank, read whole by the layout. */
static bool read_time(struct taking *taking, const struct text_time *time, struct timestamp *out) {
	struct str joined = {0};
	for (uint32_t i = 0; i < time->parts_count; i++) {
		const struct str *part = noted_value(taking, time->parts[i]);
		if (part == NULL) {
			return false;
		}
		joined = i == 0 ? *part
		                : arena_printf(taking->line->values, "%.*s %.*s", STR_ARG(joined),
		                               STR_ARG(*part));
	}
	return pattern_read_time(taking->line->time, time->layout, str_trim(joined), out);
}

static void take_times(struct taking *taking) {
	const struct text_format *text = format_of(taking);
	struct timestamp time;
	for (uint32_t i = 0; i < text->times_count; i++) {
		if (read_time(taking, &text->times[i], &time)) {
			line_time(taking->line, time);
			return;
		}
	}
}

void taking_end(struct taking *taking, const struct text_constants *pattern, bool has_time) {
	const struct text_format *text = format_of(taking);
	for (uint32_t i = 0; i < text->values_count; i++) {
		const struct str *value = noted_value(taking, text->values[i].name);
		if (value != NULL) {
			follow_case(taking, &text->values[i], *value);
		} else if (!text->uses[text->values[i].name].hidden) {
			follow_carrier(taking, &text->values[i]);
		}
	}
	if (pattern != NULL) {
		put_constants(taking, pattern, false);
	}
	for (uint32_t i = 0; i < taking->more_count; i++) {
		put_constants(taking, taking->more[i], false);
	}
	put_constants(taking, &text->constants, false);
	for (uint32_t i = 0; i < text->defaults.count; i++) {
		const struct text_constant *constant = &text->defaults.list[i];
		if (!has_put(taking, 0, UINT32_MAX, taking_number(taking, constant->field))) {
			put_constant(taking, constant);
		}
	}
	if (!has_time && !taking->has_time) {
		take_times(taking);
	}
}
