/* One pass over the row's values finds what there is; then what is missing is put. */
#include "ingest/derive.h"

#include "ingest/domains.h"

enum {
	SOURCE_ADDRESS,
	SOURCE_IP,
	DESTINATION_ADDRESS,
	DESTINATION_IP,
	CLIENT_ADDRESS,
	CLIENT_IP,
	SERVER_ADDRESS,
	SERVER_IP,
	SOURCE_DOMAIN,
	DESTINATION_DOMAIN,
	CLIENT_DOMAIN,
	SERVER_DOMAIN,
	NETWORK_BYTES,
	SOURCE_BYTES,
	DESTINATION_BYTES,
	NETWORK_PACKETS,
	SOURCE_PACKETS,
	DESTINATION_PACKETS,
	URL_DOMAIN,
	QUESTION_NAME,
	SOURCE_REGISTERED,
	DESTINATION_REGISTERED,
	CLIENT_REGISTERED,
	SERVER_REGISTERED,
	URL_REGISTERED,
	QUESTION_REGISTERED,
	OUTCOME,
	STATUS_CODE,
	NAMES_COUNT,
	NO_ENTRY = UINT32_MAX,
};

static const struct str names[NAMES_COUNT] = {
    [SOURCE_ADDRESS] = STR_INIT("source.address"),
    [SOURCE_IP] = STR_INIT("source.ip"),
    [DESTINATION_ADDRESS] = STR_INIT("destination.address"),
    [DESTINATION_IP] = STR_INIT("destination.ip"),
    [CLIENT_ADDRESS] = STR_INIT("client.address"),
    [CLIENT_IP] = STR_INIT("client.ip"),
    [SERVER_ADDRESS] = STR_INIT("server.address"),
    [SERVER_IP] = STR_INIT("server.ip"),
    [SOURCE_DOMAIN] = STR_INIT("source.domain"),
    [DESTINATION_DOMAIN] = STR_INIT("destination.domain"),
    [CLIENT_DOMAIN] = STR_INIT("client.domain"),
    [SERVER_DOMAIN] = STR_INIT("server.domain"),
    [NETWORK_BYTES] = STR_INIT("network.bytes"),
    [SOURCE_BYTES] = STR_INIT("source.bytes"),
    [DESTINATION_BYTES] = STR_INIT("destination.bytes"),
    [NETWORK_PACKETS] = STR_INIT("network.packets"),
    [SOURCE_PACKETS] = STR_INIT("source.packets"),
    [DESTINATION_PACKETS] = STR_INIT("destination.packets"),
    [URL_DOMAIN] = STR_INIT("url.domain"),
    [QUESTION_NAME] = STR_INIT("dns.question.name"),
    [SOURCE_REGISTERED] = STR_INIT("source.registered_domain"),
    [DESTINATION_REGISTERED] = STR_INIT("destination.registered_domain"),
    [CLIENT_REGISTERED] = STR_INIT("client.registered_domain"),
    [SERVER_REGISTERED] = STR_INIT("server.registered_domain"),
    [URL_REGISTERED] = STR_INIT("url.registered_domain"),
    [QUESTION_REGISTERED] = STR_INIT("dns.question.registered_domain"),
    [OUTCOME] = STR_INIT("event.outcome"),
    [STATUS_CODE] = STR_INIT("http.response.status_code"),
};

/* The first value of each name among those of the row. */
struct places {
	uint32_t entry[NAMES_COUNT];
};

struct derive {
	uint8_t *which; /* by a name's number in the batch: the place in names + 1, or 0 */
	uint32_t count, cap;
	struct domain_memo domains;
};

struct derive *derive_new(void) {
	struct derive *derive = calloc(1, sizeof(*derive));
	ASSERT(derive != NULL);
	return derive;
}

void derive_free(struct derive *derive) {
	if (derive != NULL) {
		free(derive->which);
		free(derive);
	}
}

void derive_begin(struct derive *derive) {
	derive->count = 0;
}

static uint8_t which_name(struct str name) {
	for (size_t i = 0; i < NAMES_COUNT; i++) {
		if (str_eq(name, names[i])) {
			return (uint8_t)(i + 1);
		}
	}
	return 0;
}

/* Looks at the names that the batch has got since the last time. */
static void learn_names(struct derive *derive, const struct batch *batch) {
	uint32_t count = FIELD_KNOWN_COUNT + batch->fields.names_count;
	if (derive->cap < count) {
		derive->cap = count * 2;
		derive->which = realloc(derive->which, derive->cap);
		ASSERT(derive->which != NULL);
	}
	while (derive->count < count) {
		derive->which[derive->count] = which_name(fields_name_text(batch, derive->count));
		derive->count++;
	}
}

static struct places find_places(struct derive *derive, const struct batch *batch,
                                 uint32_t row_number) {
	const struct field_row *row = &batch->fields.rows[row_number];
	struct places places;
	memset(&places, 0xff, sizeof(places));
	learn_names(derive, batch);
	for (uint32_t i = row->count; i > 0; i--) {
		uint8_t which = derive->which[batch->fields.entries[row->first + i - 1].name];
		if (which > 0) {
			places.entry[which - 1] = i - 1;
		}
	}
	return places;
}

static struct value value_at(const struct batch *batch, uint32_t row, uint32_t entry) {
	const struct field_block *fields = &batch->fields;
	return fields_value(batch, row, &fields->entries[fields->rows[row].first + entry]);
}

/* "www.example.org", "host7"; an address is none, nor is a word with other signs ("unix:"). */
static bool is_host_name(struct str text) {
	bool letter = false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		letter |= char_is_alpha(c);
		if (!char_is_alpha(c) && !char_is_digit(c) && c != '.' && c != '-' && c != '_') {
			return false;
		}
	}
	return letter;
}

/* to is the value of from, when it is not there. */
static void derive_copy(struct batch *batch, uint32_t row, const struct places *places, size_t to,
                        size_t from) {
	bool named = to == SOURCE_DOMAIN || to == DESTINATION_DOMAIN;
	if (places->entry[from] == NO_ENTRY || places->entry[to] != NO_ENTRY ||
	    (named && !is_host_name(value_at(batch, row, places->entry[from]).text))) {
		return;
	}
	uint32_t first = batch->fields.rows[row].first;
	const struct field_entry entry = batch->fields.entries[first + places->entry[from]];
	struct value value = value_at(batch, row, places->entry[from]);
	uint32_t name = fields_name(batch, names[to]);
	if (entry.place == FIELD_IN_TEXT) {
		fields_put_span(batch, name, VALUE_STRING, entry.offset, entry.len);
	} else if (value.kind == VALUE_STRING) {
		struct buf kept = {0};
		buf_append_str(&kept, value.text); /* the block may move */
		fields_put_str(batch, name, buf_str(&kept));
		buf_deinit(&kept);
	}
}

/* An address is the IP address, or the name of a host of which nothing else is known. */
static void derive_address(struct batch *batch, uint32_t row, const struct places *places,
                           size_t address, size_t ip, size_t domain) {
	derive_copy(batch, row, places, address, places->entry[ip] != NO_ENTRY ? ip : domain);
}

static bool count_of(const struct batch *batch, uint32_t row, uint32_t entry, uint64_t *out) {
	if (entry == NO_ENTRY) {
		return false;
	}
	struct value value = value_at(batch, row, entry);
	return value.kind == VALUE_NUMBER && str_to_u64(value.text, INT64_MAX, out);
}

/* to is the sum of both, when it is not there. */
static void derive_sum(struct batch *batch, uint32_t row, const struct places *places, size_t to,
                       size_t one, size_t other) {
	uint64_t a;
	uint64_t b;
	char text[24];
	if (places->entry[to] != NO_ENTRY || !count_of(batch, row, places->entry[one], &a) ||
	    !count_of(batch, row, places->entry[other], &b)) {
		return;
	}
	int len = snprintf(text, sizeof(text), "%llu", (unsigned long long)(a + b));
	fields_put(batch, fields_name(batch, names[to]),
	           (struct value){VALUE_NUMBER, str_make(text, (size_t)len)});
}

/* Names of hosts and what becomes of their parts; an address that is a name counts as the domain
 * that derive_copy makes of it. */
static const struct {
	size_t domain, address, registered;
	struct str suffix, sub;
} named[] = {
    {SOURCE_DOMAIN, SOURCE_ADDRESS, SOURCE_REGISTERED, STR_INIT("source.top_level_domain"),
     STR_INIT("source.subdomain")},
    {DESTINATION_DOMAIN, DESTINATION_ADDRESS, DESTINATION_REGISTERED,
     STR_INIT("destination.top_level_domain"), STR_INIT("destination.subdomain")},
    {CLIENT_DOMAIN, CLIENT_DOMAIN, CLIENT_REGISTERED, STR_INIT("client.top_level_domain"),
     STR_INIT("client.subdomain")},
    {SERVER_DOMAIN, SERVER_DOMAIN, SERVER_REGISTERED, STR_INIT("server.top_level_domain"),
     STR_INIT("server.subdomain")},
    {URL_DOMAIN, URL_DOMAIN, URL_REGISTERED, STR_INIT("url.top_level_domain"),
     STR_INIT("url.subdomain")},
    {QUESTION_NAME, QUESTION_NAME, QUESTION_REGISTERED, STR_INIT("dns.question.top_level_domain"),
     STR_INIT("dns.question.subdomain")},
};

/* part lies in whole, which is the value of entry: put as a place in the text if that is one. */
static void put_part(struct batch *batch, struct str name, const struct field_entry *entry,
                     struct str whole, struct str part) {
	uint32_t number = fields_name(batch, name);
	if (entry->place == FIELD_IN_TEXT) {
		uint32_t from = (uint32_t)(part.ptr - whole.ptr);
		fields_put_span(batch, number, VALUE_STRING, entry->offset + from, (uint32_t)part.len);
	} else {
		fields_put_str(batch, number, part);
	}
}

static void derive_domain(struct derive *derive, struct batch *batch, uint32_t row, uint32_t number,
                          size_t which) {
	const struct field_block *fields = &batch->fields;
	const struct field_entry entry = fields->entries[fields->rows[row].first + number];
	struct value value = value_at(batch, row, number);
	struct domain_parts parts;
	if (value.kind != VALUE_STRING || !domain_split_again(&derive->domains, value.text, &parts)) {
		return;
	}
	struct buf kept = {0};
	struct str whole = value.text;
	if (entry.place != FIELD_IN_TEXT) { /* the block may move */
		buf_append_str(&kept, whole);
		whole = buf_str(&kept);
		(void)domain_split_again(&derive->domains, whole, &parts);
	}
	put_part(batch, names[named[which].registered], &entry, whole, parts.registered);
	put_part(batch, named[which].suffix, &entry, whole, parts.suffix);
	if (parts.sub.len > 0) {
		put_part(batch, named[which].sub, &entry, whole, parts.sub);
	}
	buf_deinit(&kept);
}

static void derive_domains(struct derive *derive, struct batch *batch, uint32_t row,
                           const struct places *places) {
	for (size_t i = 0; i < ARRAY_LEN(named); i++) {
		uint32_t domain = places->entry[named[i].domain];
		uint32_t entry = domain != NO_ENTRY ? domain : places->entry[named[i].address];
		if (entry != NO_ENTRY && places->entry[named[i].registered] == NO_ENTRY) {
			derive_domain(derive, batch, row, entry, i);
		}
	}
}

/* What a server answered: 4xx and 5xx are failures (RFC 9110, section 15). */
static void derive_outcome(struct batch *batch, uint32_t row, const struct places *places) {
	uint64_t code;
	if (places->entry[OUTCOME] != NO_ENTRY ||
	    !count_of(batch, row, places->entry[STATUS_CODE], &code) || code < 100 || code > 599) {
		return;
	}
	fields_put_str(batch, FIELD_EVENT_OUTCOME, code < 400 ? STR("success") : STR("failure"));
}

void derive_fields(struct derive *derive, struct batch *batch, bool object) {
	uint32_t row = batch->fields.rows_done - 1;
	struct places places = find_places(derive, batch, row);
	derive_address(batch, row, &places, SOURCE_ADDRESS, SOURCE_IP, SOURCE_DOMAIN);
	derive_address(batch, row, &places, DESTINATION_ADDRESS, DESTINATION_IP, DESTINATION_DOMAIN);
	derive_address(batch, row, &places, CLIENT_ADDRESS, CLIENT_IP, CLIENT_DOMAIN);
	derive_address(batch, row, &places, SERVER_ADDRESS, SERVER_IP, SERVER_DOMAIN);
	derive_copy(batch, row, &places, SOURCE_DOMAIN, SOURCE_ADDRESS);
	derive_copy(batch, row, &places, DESTINATION_DOMAIN, DESTINATION_ADDRESS);
	if (!object) {
		derive_sum(batch, row, &places, NETWORK_BYTES, SOURCE_BYTES, DESTINATION_BYTES);
		derive_sum(batch, row, &places, NETWORK_PACKETS, SOURCE_PACKETS, DESTINATION_PACKETS);
	}
	derive_domains(derive, batch, row, &places);
	derive_outcome(batch, row, &places);
}
