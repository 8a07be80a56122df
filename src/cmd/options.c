/* Reading options from argv by the table, with the nearest name for a wrong one. */
#include <stddef.h>

#include "cmd/command.h"
#include "seal/epoch_manifest.h"

static const struct option options[OPTION_COUNT] = {
#define OPTION(id, name_, letter_, kind_, member, value_, help_)                              \
	[OPTION_##id] = {STR_INIT(name_), letter_, OPTION_##kind_, offsetof(struct args, member), \
	                 value_,          help_},
#include "cmd/options_list.h"
#undef OPTION
};

const struct option *option_get(enum option_id id) {
	ASSERT(id < OPTION_COUNT);
	return &options[id];
}

/* Levenshtein distance of short names. */
static size_t distance(struct str a, struct str b) {
	enum { NAME_MAX_BYTES = 32 };
	size_t row[NAME_MAX_BYTES + 1];
	if (a.len > NAME_MAX_BYTES || b.len > NAME_MAX_BYTES) {
		return SIZE_MAX;
	}
	for (size_t j = 0; j <= b.len; j++) {
		row[j] = j;
	}
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			size_t above = row[j];
			size_t change = diagonal + (a.ptr[i - 1] != b.ptr[j - 1]);
			row[j] = MIN_OF(change, MIN_OF(above, row[j - 1]) + 1);
			diagonal = above;
		}
	}
	return row[b.len];
}

struct str nearest_name(struct str text, const struct str *names, size_t count) {
	struct str best = STR("");
	size_t best_distance = SIZE_MAX;
	for (size_t i = 0; i < count; i++) {
		size_t d = distance(text, names[i]);
		bool begins = text.len >= 2 && str_starts(names[i], text);
		d = begins ? MIN_OF(d, (size_t)1) : d;
		if (d < best_distance && d <= MAX_OF((size_t)2, names[i].len / 3)) {
			best = names[i];
			best_distance = d;
		}
	}
	return best;
}

static const struct option *find_option(const struct command *command, struct str name,
                                        char letter) {
	for (size_t i = 0; i < command->options_count; i++) {
		const struct option *option = option_get(command->options[i]);
		if (letter != '\0' ? option->letter == letter : str_eq(option->name, name)) {
			return option;
		}
	}
	return NULL;
}

/* text: as it was written, with its dashes. */
static enum err unknown_option(const struct command *command, struct str text, struct str name,
                               struct diag *diag) {
	struct str names[OPTION_COUNT];
	for (size_t i = 0; i < command->options_count; i++) {
		names[i] = option_get(command->options[i])->name;
	}
	struct str nearest = name.len > 1 ? nearest_name(name, names, command->options_count) : STR("");
	size_t end = MIN_OF(str_find_char(text, '=', 0), (size_t)80);
	enum err err = diag_set(diag, ERR_INVALID, "%.*s has no option %.*s", STR_ARG(command->name),
	                        STR_ARG(str_slice(text, 0, end)));
	if (nearest.len > 0) {
		diag_hint(diag, "did you mean --%.*s?", STR_ARG(nearest));
	} else if (str_eq(command->name, STR("search")) && !str_starts(text, STR("--"))) {
		diag_hint(diag, "a query that begins with '-' stands behind --: akashi search -- '-x'");
	} else {
		diag_hint(diag, "akashi %.*s --help lists them", STR_ARG(command->name));
	}
	return err;
}

static enum err set_option(const struct option *option, const char *text, struct args *args,
                           struct diag *diag) {
	char *slot = (char *)args + option->offset;
	if (option->kind == OPTION_FLAG) {
		*(bool *)slot = true;
	} else if (option->kind == OPTION_TEXT) {
		*(const char **)slot = text;
	} else if (option->kind == OPTION_LIST) {
		struct option_values *values = (struct option_values *)(void *)slot;
		if (values->count == OPTION_LIST_MAX) {
			return diag_set(diag, ERR_INVALID, "--%.*s stands more than %d times",
			                STR_ARG(option->name), OPTION_LIST_MAX);
		}
		values->items[values->count++] = text;
	} else if (!str_to_u64(str_from(text), UINT64_MAX, (uint64_t *)slot)) {
		enum err err = diag_set(diag, ERR_INVALID, "--%.*s wants a whole number, not '%.80s'",
		                        STR_ARG(option->name), text);
		diag_hint(diag, "for example --%.*s 100", STR_ARG(option->name));
		return err;
	}
	return ERR_OK;
}

/* Handles argv[*at], an option, and moves *at over its value. */
static enum err take_option(const struct command *command, int argc, char **argv, int *at,
                            struct args *args, struct diag *diag) {
	struct str text = str_from(argv[*at]);
	bool is_long = str_starts(text, STR("--"));
	struct str rest = str_slice(text, is_long ? 2 : 1, text.len);
	size_t equals = is_long ? str_find_char(rest, '=', 0) : rest.len;
	struct str name = str_slice(rest, 0, equals);
	bool one_letter = !is_long && name.len == 1;
	const struct option *option = find_option(command, name, one_letter ? name.ptr[0] : '\0');
	if (option == NULL || (!is_long && !one_letter)) {
		return unknown_option(command, text, name, diag);
	}
	const char *value = equals < rest.len ? rest.ptr + equals + 1 : NULL;
	if (option->kind == OPTION_FLAG) {
		return value == NULL
		           ? set_option(option, NULL, args, diag)
		           : diag_set(diag, ERR_INVALID, "--%.*s takes no value", STR_ARG(option->name));
	}
	if (value == NULL) {
		if (*at + 1 >= argc) {
			return diag_set(diag, ERR_INVALID, "--%.*s wants a value: --%.*s %s",
			                STR_ARG(option->name), STR_ARG(option->name), option->value);
		}
		value = argv[++*at];
	}
	return set_option(option, value, args, diag);
}

static enum err check_paths(const struct command *command, const struct args *args,
                            struct diag *diag) {
	if (args->help ||
	    (args->paths_count >= command->paths_min && args->paths_count <= command->paths_max)) {
		return ERR_OK;
	}
	bool few = args->paths_count < command->paths_min;
	enum err err = few ? diag_set(diag, ERR_INVALID, "%.*s wants %s", STR_ARG(command->name),
	                              command->arguments)
	                   : diag_set(diag, ERR_INVALID, "%.*s does not know what to do with '%.80s'",
	                              STR_ARG(command->name), args->paths[command->paths_max]);
	if (!few && command->arguments[0] == '\'') {
		diag_hint(diag, "%s is one argument: akashi %.*s '%.80s %.80s'", command->arguments,
		          STR_ARG(command->name), args->paths[0], args->paths[1]);
	} else {
		diag_hint(diag, "akashi %.*s --help shows how", STR_ARG(command->name));
	}
	return err;
}

enum err options_parse(const struct command *command, int argc, char **argv, struct arena *arena,
                       struct args *out_args, struct diag *diag) {
	struct args args = {.limit = UINT64_MAX, .epochs = EPOCH_COUNT_DEFAULT};
	bool only_paths = false;
	args.paths = ARENA_ARRAY(arena, (size_t)argc + 1, const char *);
	for (int i = 0; i < argc; i++) {
		struct str text = str_from(argv[i]);
		if (only_paths || text.len < 2 || text.ptr[0] != '-') {
			args.paths[args.paths_count++] = argv[i];
		} else if (str_eq(text, STR("--"))) {
			only_paths = true;
		} else {
			TRY(take_option(command, argc, argv, &i, &args, diag));
		}
	}
	TRY(check_paths(command, &args, diag));
	*out_args = args;
	return ERR_OK;
}
