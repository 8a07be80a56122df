/* Writing and reading the file `store`, and the checksum line that our small text files share. */
#include "store/facts.h"

#include "base/hash.h"

enum err uuid_new(const struct os *os, uint8_t out_uuid[UUID_SIZE]) {
	uint8_t uuid[UUID_SIZE];
	TRY(os->random(os->ctx, uuid, sizeof(uuid)));
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40);
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
	memcpy(out_uuid, uuid, sizeof(uuid));
	return ERR_OK;
}

static bool dash_before(size_t byte) {
	return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

void uuid_format(const uint8_t uuid[UUID_SIZE], char out_text[UUID_TEXT_SIZE + 1]) {
	static const char digits[] = "0123456789abcdef";
	char *at = out_text;
	for (size_t i = 0; i < UUID_SIZE; i++) {
		if (dash_before(i)) {
			*at++ = '-';
		}
		*at++ = digits[uuid[i] >> 4];
		*at++ = digits[uuid[i] & 15];
	}
	*at = '\0';
}

static int hex_digit(char c) {
	if (char_is_digit(c)) {
		return c - '0';
	}
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool uuid_parse(struct str text, uint8_t out_uuid[UUID_SIZE]) {
	uint8_t uuid[UUID_SIZE];
	if (text.len != UUID_TEXT_SIZE) {
		return false;
	}
	const char *at = text.ptr;
	for (size_t i = 0; i < UUID_SIZE; i++) {
		if (dash_before(i) && *at++ != '-') {
			return false;
		}
		int high = hex_digit(at[0]);
		int low = hex_digit(at[1]);
		if (high < 0 || low < 0) {
			return false;
		}
		uuid[i] = (uint8_t)(high << 4 | low);
		at += 2;
	}
	memcpy(out_uuid, uuid, sizeof(uuid));
	return true;
}

struct facts facts_make(const uint8_t uuid[UUID_SIZE]) {
	struct facts facts = {0};
	memcpy(facts.uuid, uuid, UUID_SIZE);
	uuid_format(uuid, facts.uuid_text);
	(void)snprintf(facts.origin, sizeof(facts.origin), "akashi/%s", facts.uuid_text);
	enum err err = facts_add_class(&facts, STR(CLASS_DEFAULT));
	ASSERT(err == ERR_OK);
	return facts;
}

bool class_name_valid(struct str name) {
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		bool plain = char_is_digit(c) || (c >= 'a' && c <= 'z');
		if (!plain && (i == 0 || c != '-')) {
			return false;
		}
	}
	return name.len > 0 && name.len <= CLASS_NAME_MAX;
}

bool tree_name_valid(struct str name) {
	struct str number = name;
	struct str class_name = str_cut(&number, '.');
	uint64_t value;
	if (class_name.len == name.len) {
		return class_name_valid(name);
	}
	return class_name_valid(class_name) && str_to_u64(number, CLASSES_MAX, &value) && value >= 2 &&
	       number.ptr[0] != '0';
}

struct str tree_class(struct str name) {
	return str_cut(&name, '.');
}

uint64_t tree_number(struct str name) {
	uint64_t number = 1;
	struct str class_name = str_cut(&name, '.');
	(void)class_name;
	return str_to_u64(name, CLASSES_MAX, &number) ? number : 1;
}

void tree_name(struct str class_name, uint64_t number, char out_name[TREE_NAME_MAX + 1]) {
	ASSERT(class_name.len <= CLASS_NAME_MAX && number >= 1 && number <= CLASSES_MAX);
	int len = snprintf(out_name, TREE_NAME_MAX + 1, "%.*s", STR_ARG(class_name));
	if (number > 1) {
		(void)snprintf(out_name + len, (size_t)(TREE_NAME_MAX + 1 - len), ".%u", (unsigned)number);
	}
}

bool facts_has_class(const struct facts *facts, struct str name) {
	for (size_t i = 0; i < facts->classes_count; i++) {
		if (str_eq(str_from(facts->classes[i]), name)) {
			return true;
		}
	}
	return false;
}

struct str facts_newest(const struct facts *facts, struct str class_name) {
	struct str newest = STR("");
	for (size_t i = 0; i < facts->classes_count; i++) {
		struct str name = str_from(facts->classes[i]);
		if (str_eq(tree_class(name), class_name) &&
		    (newest.len == 0 || tree_number(name) > tree_number(newest))) {
			newest = name;
		}
	}
	return newest;
}

/* Trees of a class are begun one after another. */
static bool follows_its_class(const struct facts *facts, struct str name) {
	char before[TREE_NAME_MAX + 1];
	uint64_t number = tree_number(name);
	if (number == 1) {
		return true;
	}
	tree_name(tree_class(name), number - 1, before);
	return facts_has_class(facts, str_from(before));
}

enum err facts_add_class(struct facts *facts, struct str name) {
	ASSERT(tree_name_valid(name) && !facts_has_class(facts, name));
	if (facts->classes_count == CLASSES_MAX) {
		return ERR_LIMIT;
	}
	memcpy(facts->classes[facts->classes_count++], name.ptr, name.len);
	return ERR_OK;
}

void facts_origin(const struct facts *facts, struct str class_name, char out_origin[ORIGIN_MAX]) {
	bool other = !str_eq(class_name, STR(CLASS_DEFAULT));
	int len = snprintf(out_origin, ORIGIN_MAX, "akashi/%s%s%.*s", facts->uuid_text,
	                   other ? "/" : "", other ? (int)class_name.len : 0, class_name.ptr);
	ASSERT(len > 0 && len < ORIGIN_MAX);
}

void text_seal(struct buf *out, size_t from) {
	buf_printf(out, "crc32c %08x\n", crc32c(0, out->ptr + from, out->len - from));
}

enum { SEAL_LINE = 16 }; /* "crc32c " + 8 digits + LF */

bool text_sealed(struct str text, struct str *out_inner) {
	if (text.len <= SEAL_LINE) {
		return false;
	}
	struct str inner = str_slice(text, 0, text.len - SEAL_LINE);
	char line[SEAL_LINE + 1];
	(void)snprintf(line, sizeof(line), "crc32c %08x\n", crc32c(0, inner.ptr, inner.len));
	*out_inner = inner;
	return memcmp(text.ptr + inner.len, line, SEAL_LINE) == 0;
}

void facts_format(const struct facts *facts, struct buf *out) {
	size_t from = out->len;
	buf_printf(out, "akashi store %d\nuuid %s\norigin %s\n", STORE_FORMAT_VERSION, facts->uuid_text,
	           facts->origin);
	for (size_t i = 0; i < facts->classes_count; i++) {
		buf_printf(out, "class %s\n", facts->classes[i]);
	}
	text_seal(out, from);
}

enum err facts_parse(struct str text, struct facts *out_facts, struct diag *diag) {
	struct str inner;
	if (!text_sealed(text, &inner)) {
		return diag_set(diag, ERR_CORRUPT, "the file 'store' fails its checksum");
	}
	struct str first = str_cut(&inner, '\n');
	if (str_starts(first, STR("akashi store ")) && !str_eq(first, STR("akashi store 1"))) {
		return diag_set(diag, ERR_UNSUPPORTED,
		                "the store has format '%.*s', this program reads 'akashi store 1'",
		                (int)MIN_OF(first.len, (size_t)60), first.ptr);
	}
	struct str second = str_cut(&inner, '\n');
	uint8_t uuid[UUID_SIZE];
	if (!str_starts(second, STR("uuid ")) || !uuid_parse(str_slice(second, 5, second.len), uuid)) {
		return diag_set(diag, ERR_CORRUPT, "the file 'store' has no UUID");
	}
	struct facts facts = facts_make(uuid);
	struct buf again CLEANUP(buf_deinit) = {0};
	(void)str_cut(&inner, '\n'); /* the origin, and that the first class is default: see below */
	(void)str_cut(&inner, '\n');
	while (inner.len > 0) {
		struct str line = str_cut(&inner, '\n');
		struct str name = str_slice(line, 6, line.len);
		if (!tree_name_valid(name) || facts_has_class(&facts, name) ||
		    !follows_its_class(&facts, name) || facts_add_class(&facts, name) != ERR_OK) {
			return diag_set(diag, ERR_CORRUPT, "the file 'store' names a class that cannot be");
		}
	}
	facts_format(&facts, &again);
	if (!str_eq(buf_str(&again), text)) {
		return diag_set(diag, ERR_CORRUPT, "the file 'store' is not as this program writes it");
	}
	*out_facts = facts;
	return ERR_OK;
}
