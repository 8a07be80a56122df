/* Which formats can take a text: by its first byte, by the program that wrote it, by a member. */
#include "ingest/formats_table.h"
#include "ingest/text_format.h"

enum { PROGRAM_MAX = 128 };

static bool takes(const struct line_format *format, enum text_takes what) {
	return format->text == NULL ? what == TEXT_TAKES_LINE : (format->text->takes & what) != 0;
}

/* Whether a text of this format can begin with the byte; carriers say so themselves, soon enough.
 */
static bool begins_with(const struct line_format *format, unsigned byte) {
	if (format->text == NULL) {
		return true;
	}
	for (uint32_t i = 0; i < format->text->patterns_count; i++) {
		if ((format->text->patterns[i].first[byte / 64] >> (byte % 64) & 1) != 0) {
			return true;
		}
	}
	return false;
}

/* Formats of devices, whose messages come without a program's name, say "none". */
static bool takes_nameless(const struct text_format *text) {
	for (uint32_t i = 0; i < text->programs_count; i++) {
		if (str_eq(text->programs[i], STR("none"))) {
			return true;
		}
	}
	return false;
}

static struct formats_list list_of(const struct formats *formats, enum text_takes what,
                                   bool nameless, unsigned byte) {
	struct formats_list list = {.numbers = ARENA_ARRAY(formats->arena, formats->count, uint16_t)};
	for (uint32_t i = 0; i < formats->count; i++) {
		const struct line_format *format = &formats->list[i];
		bool all_programs = what != TEXT_TAKES_MESSAGE ||
		                    (format->text != NULL && format->text->programs_count == 0) ||
		                    (nameless && format->text != NULL && takes_nameless(format->text));
		if (takes(format, what) && all_programs && begins_with(format, byte)) {
			list.numbers[list.count++] = (uint16_t)i;
		}
	}
	return list;
}

static void hang_on(struct formats_index *index, struct map *map, struct str name,
                    uint16_t format) {
	bool added;
	if (index->links_count == index->links_cap) {
		index->links_cap = index->links_cap * 2 + 64;
		index->links = reallocarray(index->links, index->links_cap, sizeof(*index->links));
		ASSERT(index->links != NULL);
	}
	index->links[index->links_count++] = (struct formats_link){.format = format};
	uint64_t *first = map_put(map, name, index->links_count, &added);
	if (!added) {
		struct formats_link *last = &index->links[*first - 1];
		while (last->next != 0) {
			last = &index->links[last->next - 1];
		}
		last->next = index->links_count;
	}
}

static void index_programs(struct formats *formats, uint16_t number) {
	struct formats_index *index = &formats->index;
	const struct text_format *text = formats->list[number].text;
	for (uint32_t i = 0; i < text->programs_count; i++) {
		char lower[PROGRAM_MAX];
		struct str name = str_slice(text->programs[i], 0, sizeof(lower));
		for (size_t at = 0; at < name.len; at++) {
			lower[at] = char_lower(name.ptr[at]);
		}
		name.ptr = lower;
		if (str_ends(name, STR("*"))) {
			struct formats_prefix *prefix = &index->prefixes[index->prefixes_count++];
			prefix->prefix = arena_str(formats->arena, str_slice(name, 0, name.len - 1));
			prefix->format = number;
		} else {
			hang_on(index, index->programs, name, number);
		}
	}
}

void formats_index_build(struct formats *formats) {
	struct formats_index *index = &formats->index;
	uint32_t programs = 0;
	index->programs = map_new();
	index->members = map_new();
	for (unsigned byte = 0; byte < 256; byte++) {
		index->lines[byte] = list_of(formats, TEXT_TAKES_LINE, false, byte);
		index->messages[byte] = list_of(formats, TEXT_TAKES_MESSAGE, false, byte);
		index->nameless[byte] = list_of(formats, TEXT_TAKES_MESSAGE, true, byte);
		bool any = index->messages[byte].count > 0;
		index->message_first[byte / 64] |= (uint64_t)any << (byte % 64);
	}
	index->message_first['{' / 64] |= (uint64_t)1 << ('{' % 64); /* objects */
	for (uint32_t i = 0; i < formats->count; i++) {
		programs += formats->list[i].text != NULL ? formats->list[i].text->programs_count : 0;
	}
	index->prefixes = ARENA_ARRAY(formats->arena, programs, struct formats_prefix);
	for (uint32_t i = 0; i < formats->count; i++) {
		const struct text_format *text = formats->list[i].text;
		if (text != NULL) {
			index_programs(formats, (uint16_t)i);
		}
		if (text != NULL && (text->takes & TEXT_TAKES_OBJECT) != 0) {
			hang_on(index, index->members, text->fields[text->needs[0].name].name, (uint16_t)i);
		}
	}
}

void formats_index_deinit(struct formats_index *index) {
	map_free(index->programs);
	map_free(index->members);
	free(index->links);
}

uint32_t formats_index_find(const struct map *map, struct str name) {
	const uint64_t *first = map_find(map, name);
	return first == NULL ? 0 : (uint32_t)*first;
}
