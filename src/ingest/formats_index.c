/* Which formats can take a text: by its first byte, by the program that wrote it, by a member. */
#include "ingest/formats_table.h"
#include "ingest/text_format.h"

enum { PROGRAM_MAX = 128 };

static bool takes(const struct line_format *format, enum text_takes what) {
	return format->text == NULL ? what == TEXT_TAKES_LINE : (format->text->takes & what) != 0;
}

enum { NAMES = 256 }; /* in the place of a byte */

/* Formats of devices, whose messages come without a program's name, say "none". */
static bool takes_nameless(const struct text_format *text) {
	for (uint32_t i = 0; i < text->programs_count; i++) {
		if (str_eq(text->programs[i], STR("none"))) {
			return true;
		}
	}
	return text->programs_count == 0;
}

static uint16_t gram_of(const char *bytes) {
	uint32_t value = (unsigned char)bytes[0] | (uint32_t)(unsigned char)bytes[1] << 8 |
	                 (uint32_t)(unsigned char)bytes[2] << 16;
	return (uint16_t)(value * 0x9e3779b1u >> 20);
}
_Static_assert(GRAMS == 1 << 12, "the upper 12 bits are the number");

static void add_gram(struct formats_index *index, const char *bytes) {
	if (index->grams_count == index->grams_cap) {
		index->grams_cap = index->grams_cap * 2 + 256;
		index->grams = reallocarray(index->grams, index->grams_cap, sizeof(*index->grams));
		ASSERT(index->grams != NULL);
	}
	index->grams[index->grams_count++] = gram_of(bytes);
}

/* pattern: NULL: all of the format. Of a single word, first and last bytes are looked at. */
static struct formats_candidate candidate_of(struct formats_index *index, uint32_t format,
                                             uint32_t number, const struct pattern *pattern) {
	struct formats_candidate candidate = {
	    .format = (uint16_t)format, .pattern = (uint16_t)number, .grams = index->grams_count};
	for (uint32_t i = 0; pattern != NULL && i < pattern->must_count; i++) {
		add_gram(index, pattern->must[i].ptr);
	}
	if (pattern != NULL && pattern->must_count == 1) {
		add_gram(index, pattern->must[0].ptr + pattern->must[0].len - 3);
		candidate.all = true;
	}
	candidate.grams_count = (uint8_t)(index->grams_count - candidate.grams);
	return candidate;
}

/* Lists by first byte, and the one of names behind them: filled in one go over all patterns, after
 * a first that only counts (list is NULL then). */
enum { LISTS = NAMES + 1 };

static void add_candidate(struct formats_list *list, struct formats_candidate candidate) {
	if (list->list != NULL) {
		list->list[list->count] = candidate;
	}
	list->count++;
}

static void add_format(struct formats_index *index, struct formats_list *lists, bool tagged,
                       const struct line_format *format, uint32_t number) {
	if (format->text == NULL) { /* carriers say themselves, soon enough, what they do not take */
		for (unsigned byte = 0; byte < NAMES; byte++) {
			add_candidate(&lists[byte], candidate_of(index, number, PATTERN_WHOLE, NULL));
		}
		return;
	}
	for (uint32_t n = 0; n < format->text->patterns_count; n++) {
		const struct pattern *pattern = &format->text->patterns[n];
		if (tagged && pattern->open) {
			continue;
		}
		struct formats_candidate candidate = candidate_of(index, number, n, pattern);
		for (unsigned word = 0; word < ARRAY_LEN(pattern->first); word++) {
			for (uint64_t bits = pattern->first[word]; bits != 0; bits &= bits - 1) {
				add_candidate(&lists[word * 64 + (unsigned)__builtin_ctzll(bits)], candidate);
			}
		}
		if (pattern->names) {
			add_candidate(&lists[NAMES], candidate);
		}
	}
}

static void fill_lists(struct formats *formats, enum text_takes what, bool tagged,
                       struct formats_list *lists) {
	for (unsigned i = 0; i < LISTS; i++) {
		lists[i].count = 0;
	}
	for (uint32_t i = 0; i < formats->count; i++) {
		const struct line_format *format = &formats->list[i];
		bool all_programs = what != TEXT_TAKES_MESSAGE ||
		                    (format->text != NULL && (tagged ? format->text->programs_count == 0
		                                                     : takes_nameless(format->text)));
		if (takes(format, what) && all_programs) {
			add_format(&formats->index, lists, tagged, format, i);
		}
	}
}

static void make_lists(struct formats *formats, enum text_takes what, bool tagged,
                       struct formats_list *lists) {
	uint32_t grams = formats->index.grams_count;
	fill_lists(formats, what, tagged, lists);
	formats->index.grams_count = grams; /* they come again */
	for (unsigned i = 0; i < LISTS; i++) {
		lists[i].list = ARENA_ARRAY(formats->arena, lists[i].count + 1, struct formats_candidate);
	}
	fill_lists(formats, what, tagged, lists);
}

/* The patterns of a format, in order. */
static struct formats_list own_list(struct formats *formats, uint32_t number) {
	const struct text_format *text = formats->list[number].text;
	struct formats_list list = {
	    .list = ARENA_ARRAY(formats->arena, text->patterns_count, struct formats_candidate)};
	for (uint32_t n = 0; n < text->patterns_count; n++) {
		list.list[list.count++] = candidate_of(&formats->index, number, n, &text->patterns[n]);
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
	make_lists(formats, TEXT_TAKES_LINE, false, index->lines);
	make_lists(formats, TEXT_TAKES_MESSAGE, false, index->messages);
	make_lists(formats, TEXT_TAKES_MESSAGE, true, index->tagged);
	for (unsigned byte = 0; byte < NAMES; byte++) {
		bool any = index->tagged[byte].count > 0;
		index->message_first[byte / 64] |= (uint64_t)any << (byte % 64);
	}
	index->message_first['{' / 64] |= (uint64_t)1 << ('{' % 64); /* objects */
	for (uint32_t i = 0; i < formats->count; i++) {
		programs += formats->list[i].text != NULL ? formats->list[i].text->programs_count : 0;
	}
	index->own = ARENA_ARRAY(formats->arena, formats->count, struct formats_list);
	index->prefixes = ARENA_ARRAY(formats->arena, programs, struct formats_prefix);
	for (uint32_t i = 0; i < formats->count; i++) {
		const struct text_format *text = formats->list[i].text;
		if (text != NULL) {
			index_programs(formats, (uint16_t)i);
			index->own[i] = own_list(formats, i);
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
	free(index->grams);
}

uint32_t formats_index_find(const struct map *map, struct str name) {
	const uint64_t *first = map_find(map, name);
	return first == NULL ? 0 : (uint32_t)*first;
}

static void begin_walk(struct formats_walk *walk, const struct formats_index *index,
                       const struct formats_list *lists, struct str text) {
	static const struct formats_list none = {0};
	bool named = lists[NAMES].count > 0 && pattern_begins_with_name(text);
	walk->text = text;
	walk->must = index->grams;
	walk->lists[0] = &lists[(unsigned char)text.ptr[0]];
	walk->lists[1] = named ? &lists[NAMES] : &none;
	walk->at[0] = 0;
	walk->at[1] = 0;
	walk->has_grams = false;
}

void formats_walk_lines(struct formats_walk *walk, const struct formats_index *index,
                        struct str text) {
	begin_walk(walk, index, index->lines, text);
}

void formats_walk_messages(struct formats_walk *walk, const struct formats_index *index,
                           struct str text, bool tagged) {
	begin_walk(walk, index, tagged ? index->tagged : index->messages, text);
}

static void make_grams(struct formats_walk *walk) {
	struct formats_grams *grams = &walk->grams;
	memset(grams, 0, sizeof(*grams));
	for (size_t i = 0; i + 3 <= walk->text.len; i++) {
		uint16_t gram = gram_of(walk->text.ptr + i);
		grams->bits[gram / 64] |= (uint64_t)1 << (gram % 64);
	}
	walk->has_grams = true;
}

static bool has_gram(const struct formats_grams *grams, uint16_t gram) {
	return (grams->bits[gram / 64] >> (gram % 64) & 1) != 0;
}

bool formats_walk_may(struct formats_walk *walk, const struct formats_candidate *candidate) {
	if (candidate->grams_count == 0) {
		return true;
	}
	if (!walk->has_grams) {
		make_grams(walk);
	}
	for (uint32_t i = 0; i < candidate->grams_count; i++) {
		if (has_gram(&walk->grams, walk->must[candidate->grams + i]) != candidate->all) {
			return !candidate->all;
		}
	}
	return candidate->all;
}

static uint32_t rank(const struct formats_candidate *candidate) {
	return (uint32_t)candidate->format << 16 | candidate->pattern;
}

/* The next of one list that may take the text, without passing it; NULL at the end. */
static const struct formats_candidate *peek(struct formats_walk *walk, int list) {
	const struct formats_list *from = walk->lists[list];
	while (walk->at[list] < from->count) {
		const struct formats_candidate *candidate = &from->list[walk->at[list]];
		if (formats_walk_may(walk, candidate)) {
			return candidate;
		}
		walk->at[list]++;
	}
	return NULL;
}

const struct formats_candidate *formats_walk_next(struct formats_walk *walk) {
	const struct formats_candidate *a = peek(walk, 0);
	const struct formats_candidate *b = peek(walk, 1);
	const struct formats_candidate *next = a == NULL ? b : b == NULL || rank(a) <= rank(b) ? a : b;
	if (next != NULL) { /* it may stand in both */
		walk->at[0] += a != NULL && rank(a) == rank(next);
		walk->at[1] += b != NULL && rank(b) == rank(next);
	}
	return next;
}
