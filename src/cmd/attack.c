/* Tags are what rules of others write: what is no technique and no tactic is passed over. */
#include "cmd/attack.h"

#include "base/instant.h"

/* Of ATT&CK for enterprises, old and new names, in the order of its matrix. */
static const struct str tactics[] = {
    STR_INIT("reconnaissance"),     STR_INIT("resource-development"),
    STR_INIT("initial-access"),     STR_INIT("execution"),
    STR_INIT("persistence"),        STR_INIT("privilege-escalation"),
    STR_INIT("defense-evasion"),    STR_INIT("stealth"),
    STR_INIT("defense-impairment"), STR_INIT("credential-access"),
    STR_INIT("discovery"),          STR_INIT("lateral-movement"),
    STR_INIT("collection"),         STR_INIT("command-and-control"),
    STR_INIT("exfiltration"),       STR_INIT("impact"),
};

static bool digits(struct str text) {
	for (size_t i = 0; i < text.len; i++) {
		if (!char_is_digit(text.ptr[i])) {
			return false;
		}
	}
	return true;
}

/* Behind "attack.", or empty. */
static struct str name_of(struct str tag) {
	struct str head = STR("attack.");
	bool ours = tag.len > head.len && str_eq_nocase(str_slice(tag, 0, head.len), head);
	return ours ? str_slice(tag, head.len, tag.len) : STR("");
}

/* t1059 or t1059.001 */
static bool is_technique(struct str name) {
	return (name.len == 5 || (name.len == 9 && name.ptr[5] == '.')) &&
	       (name.ptr[0] == 't' || name.ptr[0] == 'T') && digits(str_slice(name, 1, 5)) &&
	       (name.len == 5 || digits(str_slice(name, 6, 9)));
}

/* Not a technique, group (g0007), software (s0002): words. */
static bool is_tactic(struct str name) {
	return name.len > 2 && !char_is_digit(name.ptr[1]) && !char_is_digit(name.ptr[2]);
}

void attack_init(struct attack *attack) {
	*attack = (struct attack){.arena = arena_new(SIZE_MAX), .numbers = map_new()};
}

void attack_deinit(struct attack *attack) {
	for (uint32_t i = 0; i < attack->count; i++) {
		buf_deinit(&attack->rows[i].unable);
	}
	free(attack->rows);
	map_free(attack->numbers);
	arena_free(attack->arena);
}

bool attack_has(const struct attack_row *row, struct str tactic) {
	for (uint32_t i = 0; i < row->tactics.count; i++) {
		if (str_eq(row->tactics.items[i], tactic)) {
			return true;
		}
	}
	return tactic.len == 0 && row->tactics.count == 0;
}

static struct attack_row *find_row(struct attack *attack, struct str name) {
	char technique[10];
	memcpy(technique, name.ptr, name.len);
	technique[0] = 'T';
	struct str key = str_make(technique, name.len);
	bool added;
	uint64_t number = *map_put(attack->numbers, key, attack->count, &added);
	if (added && attack->count == attack->cap) {
		attack->cap = attack->cap * 2 + 64;
		struct attack_row *rows = realloc(attack->rows, attack->cap * sizeof(*rows));
		ASSERT(rows != NULL);
		attack->rows = rows;
	}
	if (added) {
		attack->rows[attack->count++] =
		    (struct attack_row){.technique = arena_str(attack->arena, key),
		                        .first_ns = INSTANT_MAX,
		                        .last_ns = INSTANT_MIN,
		                        .fired_ns = INSTANT_MIN};
	}
	return &attack->rows[number];
}

static bool came_before(const struct texts *tags, uint32_t at) {
	for (uint32_t i = 0; i < at; i++) {
		if (str_eq_nocase(tags->items[i], tags->items[at])) {
			return true;
		}
	}
	return false;
}

struct attack_row *attack_next(struct attack *attack, const struct sigma_meta *meta, uint32_t *at) {
	const struct texts *tags = &meta->tags;
	while (*at < tags->count &&
	       (!is_technique(name_of(tags->items[*at])) || came_before(tags, *at))) {
		(*at)++;
	}
	if (*at >= tags->count) {
		return NULL;
	}
	struct attack_row *row = find_row(attack, name_of(tags->items[(*at)++]));
	for (uint32_t i = 0; i < tags->count; i++) {
		struct str name = name_of(tags->items[i]);
		if (is_tactic(name) && !attack_has(row, name)) {
			texts_append(&row->tactics, attack->arena, arena_str(attack->arena, name));
		}
	}
	return row;
}

static int by_technique(const void *a, const void *b) {
	return str_cmp(((const struct attack_row *)a)->technique,
	               ((const struct attack_row *)b)->technique);
}

void attack_sort(struct attack *attack) {
	if (attack->count > 0) {
		qsort(attack->rows, attack->count, sizeof(*attack->rows), by_technique);
	}
	map_clear(attack->numbers);
}

struct texts attack_tactics(const struct attack *attack) {
	struct texts out = {0};
	struct map *seen = map_new();
	bool none = false;
	for (size_t i = 0; i < ARRAY_LEN(tactics); i++) {
		for (uint32_t k = 0; k < attack->count; k++) {
			if (attack_has(&attack->rows[k], tactics[i])) {
				texts_append(&out, attack->arena, tactics[i]);
				(void)map_put(seen, tactics[i], 0, NULL);
				break;
			}
		}
	}
	for (uint32_t k = 0; k < attack->count; k++) {
		const struct texts *of_row = &attack->rows[k].tactics;
		none = none || of_row->count == 0;
		for (uint32_t i = 0; i < of_row->count; i++) {
			bool added;
			(void)map_put(seen, of_row->items[i], 0, &added);
			if (added) {
				texts_append(&out, attack->arena, of_row->items[i]);
			}
		}
	}
	if (none) {
		texts_append(&out, attack->arena, STR(""));
	}
	map_free(seen);
	return out;
}
