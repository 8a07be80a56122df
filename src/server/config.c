/* See config.h. One table of keys; a section is a key before a dot. */
#include "server/config.h"

#include <stddef.h>

#include "ingest/zones.h"
#include "query/when.h"

enum config_kind {
	KIND_TEXT,
	KIND_ZONE,
	KIND_ADDRESS,
	KIND_ADDRESSES,
	KIND_SIZE,
	KIND_NUMBER,
	KIND_DURATION,
	KIND_TOKENS,
};

struct config_key {
	struct str name;
	enum config_kind kind;
	size_t offset;     /* in struct config */
	uint64_t min, max; /* sizes, numbers; durations in milliseconds */
};

#define AT(member) offsetof(struct config, member)
#define MIB ((uint64_t)1 << 20)
#define DAY_MS ((uint64_t)86400000)

/* In order of their names, sections together. */
static const struct config_key keys[] = {
    {STR_INIT("http.connections"), KIND_NUMBER, AT(http_connections), 1, 10000},
    {STR_INIT("http.connections_per_address"), KIND_NUMBER, AT(http_connections_per_address), 1,
     10000},
    {STR_INIT("http.timeout"), KIND_DURATION, AT(http_timeout_ns), 1000, DAY_MS},
    {STR_INIT("http.tokens"), KIND_TOKENS, AT(http_tokens), 0, 0},
    {STR_INIT("listen"), KIND_ADDRESS, AT(listen), 0, 0},
    {STR_INIT("memory"), KIND_SIZE, AT(memory), 4 * MIB, 16384 * MIB},
    {STR_INIT("searchable_within"), KIND_DURATION, AT(searchable_ns), 50, 60000},
    {STR_INIT("store"), KIND_TEXT, AT(store), 0, 0},
    {STR_INIT("syslog.connections"), KIND_NUMBER, AT(syslog_connections), 1, 100000},
    {STR_INIT("syslog.connections_per_address"), KIND_NUMBER, AT(syslog_connections_per_address), 1,
     100000},
    {STR_INIT("syslog.idle"), KIND_DURATION, AT(syslog_idle_ns), 1000, 365 * DAY_MS},
    {STR_INIT("syslog.tcp"), KIND_ADDRESSES, AT(syslog_tcp), 0, 0},
    {STR_INIT("syslog.tz"), KIND_ZONE, AT(syslog_zone), 0, 0},
    {STR_INIT("syslog.udp"), KIND_ADDRESSES, AT(syslog_udp), 0, 0},
    {STR_INIT("syslog.udp_buffer"), KIND_SIZE, AT(syslog_udp_buffer), 4096, 1024 * MIB},
};

size_t config_key_count(void) {
	return ARRAY_LEN(keys);
}

struct str config_key_name(size_t i) {
	ASSERT(i < ARRAY_LEN(keys));
	return keys[i].name;
}

static struct net_address loopback(uint16_t port) {
	return (struct net_address){.bytes = {127, 0, 0, 1}, .port = port};
}

void config_default(struct config *out_config) {
	*out_config = (struct config){
	    .listen = loopback(8514),
	    .syslog_udp = {.list = {loopback(5514)}, .count = 1},
	    .syslog_tcp = {.list = {loopback(5514)}, .count = 1},
	    .syslog_udp_buffer = 32 * MIB,
	    .syslog_connections = 1000,
	    .syslog_connections_per_address = 200,
	    .syslog_idle_ns = (int64_t)DAY_MS * 1000000,
	    .syslog_zone = STR("UTC"),
	    .http_connections = 256,
	    .http_connections_per_address = 64,
	    .http_timeout_ns = 30 * (int64_t)1000000000,
	    .memory = 64 * MIB,
	    .searchable_ns = 500 * (int64_t)1000000,
	};
}

struct config_reader {
	struct config *config;
	struct arena *arena;
	struct place *place;
	struct diag *diag;
};

/* ---- values ---- */

static enum err wrong(struct config_reader *reader, const struct tree_node *node,
                      const struct config_key *key, const char *wants) {
	*reader->place = node->place;
	return diag_set(reader->diag, ERR_INVALID, "%.*s wants %s", STR_ARG(key->name), wants);
}

static bool size_of(struct str text, uint64_t *out_bytes) {
	static const char letters[] = "KMG";
	unsigned shift = 0;
	const char *at = text.len > 0 ? strchr(letters, text.ptr[text.len - 1]) : NULL;
	if (at != NULL && *at != '\0') {
		shift = 10 * (unsigned)(at - letters + 1);
		text.len--;
	}
	uint64_t number;
	if (!str_to_u64(text, UINT64_MAX >> shift, &number)) {
		return false;
	}
	*out_bytes = number << shift;
	return true;
}

static enum err read_number(struct config_reader *reader, const struct tree_node *node,
                            const struct config_key *key) {
	char *at = (char *)reader->config + key->offset;
	uint64_t value;
	int64_t ns;
	bool good;
	if (key->kind == KIND_DURATION) {
		good = when_parse_duration(node->text, &ns, NULL) == ERR_OK;
		value = good ? (uint64_t)ns / 1000000 : 0;
	} else {
		good = key->kind == KIND_SIZE ? size_of(node->text, &value)
		                              : str_to_u64(node->text, UINT64_MAX, &value);
	}
	if (!good) {
		return wrong(reader, node, key,
		             key->kind == KIND_DURATION ? "a duration, such as 500ms, 30s, 24h"
		             : key->kind == KIND_SIZE   ? "a size, such as 64M"
		                                        : "a number");
	}
	if (value < key->min || value > key->max) {
		*reader->place = node->place;
		return diag_set(reader->diag, ERR_INVALID, "%.*s is from %llu to %llu%s",
		                STR_ARG(key->name), (unsigned long long)key->min,
		                (unsigned long long)key->max,
		                key->kind == KIND_DURATION ? " ms"
		                : key->kind == KIND_SIZE   ? " bytes"
		                                           : "");
	}
	if (key->kind == KIND_DURATION) {
		memcpy(at, &ns, sizeof(ns));
	} else {
		memcpy(at, &value, sizeof(value));
	}
	return ERR_OK;
}

static enum err read_address(struct config_reader *reader, const struct tree_node *node,
                             const struct config_key *key, struct net_address *out_address) {
	return tree_is_scalar(node) && net_address_parse(node->text, out_address)
	           ? ERR_OK
	           : wrong(reader, node, key, "an address and a port, such as 127.0.0.1:5514");
}

static enum err read_addresses(struct config_reader *reader, const struct tree_node *node,
                               const struct config_key *key) {
	struct config_addresses addresses = {0};
	if (node->kind != TREE_LIST || node->count > CONFIG_ADDRESSES_MAX) {
		return wrong(reader, node, key, "a list of at most 16 addresses; [] for none");
	}
	for (uint32_t i = 0; i < node->count; i++) {
		TRY(read_address(reader, node->items[i], key, &addresses.list[addresses.count++]));
	}
	memcpy((char *)reader->config + key->offset, &addresses, sizeof(addresses));
	return ERR_OK;
}

static enum err read_text(struct config_reader *reader, const struct tree_node *node,
                          const struct config_key *key) {
	struct str text = arena_str(reader->arena, node->text);
	if (node->kind != TREE_STRING || text.len == 0 || memchr(text.ptr, '\0', text.len) != NULL) {
		return wrong(reader, node, key, "a text");
	}
	if (key->kind == KIND_ZONE) {
		CLEANUP(zones_freep) struct zones *zones = zones_new(os_real());
		if (zones_get(zones, text, reader->diag) == NULL) {
			*reader->place = node->place;
			return ERR_INVALID;
		}
	}
	memcpy((char *)reader->config + key->offset, &text, sizeof(text));
	return ERR_OK;
}

/* A source is part of names and addresses. */
static bool source_valid(struct str name) {
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		if (!char_is_alpha(c) && !char_is_digit(c) && strchr("._-", c) == NULL) {
			return false;
		}
	}
	return name.len > 0 && name.len <= 64;
}

static enum err read_tokens(struct config_reader *reader, const struct tree_node *node,
                            const struct config_key *key) {
	struct config_tokens tokens = {0};
	if (node->kind != TREE_LIST || node->count > TOKENS_MAX) {
		return wrong(reader, node, key, "a list of at most 64 tokens; [] for none");
	}
	for (uint32_t i = 0; i < node->count; i++) {
		const struct tree_node *entry = node->items[i];
		bool is_map = entry->kind == TREE_MAP && entry->count == 4;
		const struct tree_node *source = is_map ? tree_find(entry, STR("source"), NULL) : NULL;
		const struct tree_node *file = is_map ? tree_find(entry, STR("file"), NULL) : NULL;
		if (source == NULL || file == NULL || !tree_is_scalar(source) || !tree_is_scalar(file) ||
		    !source_valid(source->text) || file->text.len == 0 ||
		    memchr(file->text.ptr, '\0', file->text.len) != NULL) {
			return wrong(reader, entry, key,
			             "for each token source (letters, digits, points, dashes) and file");
		}
		tokens.list[tokens.count++] =
		    (struct token_file){.source = arena_str(reader->arena, source->text),
		                        .file = arena_str(reader->arena, file->text)};
	}
	memcpy((char *)reader->config + key->offset, &tokens, sizeof(tokens));
	return ERR_OK;
}

static enum err read_value(struct config_reader *reader, const struct tree_node *node,
                           const struct config_key *key) {
	switch (key->kind) {
	case KIND_ADDRESS: {
		struct net_address address;
		TRY(read_address(reader, node, key, &address));
		memcpy((char *)reader->config + key->offset, &address, sizeof(address));
		return ERR_OK;
	}
	case KIND_ADDRESSES:
		return read_addresses(reader, node, key);
	case KIND_TOKENS:
		return read_tokens(reader, node, key);
	case KIND_TEXT:
	case KIND_ZONE:
		return tree_is_scalar(node) ? read_text(reader, node, key)
		                            : wrong(reader, node, key, "a text");
	case KIND_SIZE:
	case KIND_NUMBER:
	case KIND_DURATION:
	default:
		return tree_is_scalar(node) ? read_number(reader, node, key)
		                            : wrong(reader, node, key, "one value");
	}
}

/* ---- keys ---- */

static enum err unknown(struct config_reader *reader, const struct tree_node *node,
                        struct str section) {
	struct buf list CLEANUP(buf_deinit) = {0};
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		struct str name = keys[i].name;
		if (section.len > 0 && !str_starts(name, section)) {
			continue;
		}
		name = str_slice(name, section.len, name.len);
		name = str_slice(name, 0, str_find_char(name, '.', 0));
		if (!str_ends(buf_str(&list), name)) {
			buf_append_str(&list, list.len > 0 ? STR(", ") : STR(""));
			buf_append_str(&list, name);
		}
	}
	*reader->place = node->place;
	enum err err = diag_set(reader->diag, ERR_INVALID, "there is no key '%.*s%.*s'",
	                        STR_ARG(section), STR_ARG(str_slice(node->text, 0, 80)));
	diag_hint(reader->diag, "keys here: %.*s", STR_ARG(buf_str(&list)));
	return err;
}

static enum err read_map(struct config_reader *reader, const struct tree_node *map,
                         struct str section);

static enum err read_entry(struct config_reader *reader, const struct tree_node *name,
                           const struct tree_node *value, struct str section) {
	struct buf full CLEANUP(buf_deinit) = {0};
	buf_append_str(&full, section);
	buf_append_str(&full, tree_is_scalar(name) ? name->text : STR("?"));
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (str_eq(keys[i].name, buf_str(&full))) {
			return read_value(reader, value, &keys[i]);
		}
	}
	buf_append_char(&full, '.');
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (section.len == 0 && str_starts(keys[i].name, buf_str(&full))) {
			return read_map(reader, value, buf_str(&full));
		}
	}
	return unknown(reader, name, section);
}

static enum err read_map(struct config_reader *reader, const struct tree_node *map,
                         struct str section) {
	if (map->kind == TREE_NULL) {
		return ERR_OK; /* a section with nothing in it */
	}
	if (map->kind != TREE_MAP) {
		*reader->place = map->place;
		return diag_set(reader->diag, ERR_INVALID, "keys and values are wanted here");
	}
	for (uint32_t i = 0; i + 1 < map->count; i += 2) {
		TRY(read_entry(reader, map->items[i], map->items[i + 1], section));
	}
	return ERR_OK;
}

enum err config_read(struct config *config, struct arena *arena, struct str text,
                     struct place *out_place, struct diag *diag) {
	struct tree tree;
	struct config changed = *config;
	struct config_reader reader = {
	    .config = &changed, .arena = arena, .place = out_place, .diag = diag};
	enum err err = tree_read(arena, text, &tree, out_place, diag);
	if (err != ERR_OK) {
		return ERR_INVALID;
	}
	if (tree.count > 1) {
		*out_place = tree.documents[1]->place;
		return diag_set(diag, ERR_INVALID, "a configuration is one document");
	}
	if (tree.count == 1) {
		TRY(read_map(&reader, tree.documents[0], STR("")));
	}
	*config = changed;
	return ERR_OK;
}

enum err config_check(const struct config *config, struct diag *diag) {
	if (!net_address_is_loopback(&config->listen)) {
		enum err err = diag_set(diag, ERR_UNSUPPORTED,
		                        "listen: only addresses of this machine (127.0.0.1, [::1]) yet");
		diag_hint(diag, "HTTP has no TLS yet: let a proxy on this machine end it");
		return err;
	}
	return ERR_OK;
}
