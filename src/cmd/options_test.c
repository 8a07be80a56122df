#include "cmd/command.h"
#include "tap.h"

struct given {
	struct arena *arena;
	struct args args;
	struct diag diag;
};

static enum err parse(struct given *given, const char *name, int argc, char **argv) {
	given->diag = (struct diag){0};
	return options_parse(command_find(str_from(name)), argc, argv, given->arena, &given->args,
	                     &given->diag);
}

TEST(options_take_values_after_a_blank_or_an_equals_sign) {
	struct given given = {.arena = arena_new(SIZE_MAX)};
	char *argv[] = {(char[]){"--limit=5"}, (char[]){"--store"}, (char[]){"/s"}, (char[]){"-o"},
	                (char[]){"-"},         (char[]){"--count"}, (char[]){"q"}};
	CHECK(parse(&given, "search", 7, argv) == ERR_OK);
	CHECK_EQ(given.args.limit, 5);
	CHECK(given.args.count);
	CHECK_STR(str_from(given.args.store), "/s");
	CHECK_STR(str_from(given.args.out), "-");
	CHECK_EQ(given.args.paths_count, 1);
	CHECK_STR(str_from(given.args.paths[0]), "q");
	arena_free(given.arena);
}

TEST(what_follows_two_dashes_is_no_option) {
	struct given given = {.arena = arena_new(SIZE_MAX)};
	char *argv[] = {(char[]){"--"}, (char[]){"--count"}};
	CHECK(parse(&given, "search", 2, argv) == ERR_OK);
	CHECK(!given.args.count);
	CHECK_STR(str_from(given.args.paths[0]), "--count");
	arena_free(given.arena);
}

TEST(wrong_options_name_the_nearest_right_one) {
	struct given given = {.arena = arena_new(SIZE_MAX)};
	char *argv[] = {(char[]){"--limt"}, (char[]){"5"}};
	CHECK(parse(&given, "search", 2, argv) == ERR_INVALID);
	CHECK_STR(str_from(given.diag.hint), "did you mean --limit?");
	char *number[] = {(char[]){"--limit"}, (char[]){"many"}, (char[]){"q"}};
	CHECK(parse(&given, "search", 3, number) == ERR_INVALID);
	char *bare[] = {(char[]){"q"}, (char[]){"--limit"}};
	CHECK(parse(&given, "search", 2, bare) == ERR_INVALID);
	char *flag[] = {(char[]){"q"}, (char[]){"--count=1"}};
	CHECK(parse(&given, "search", 2, flag) == ERR_INVALID);
	char *two[] = {(char[]){"q"}, (char[]){"r"}};
	CHECK(parse(&given, "search", 2, two) == ERR_INVALID);
	CHECK_STR(str_from(given.diag.hint), "'QUERY' is one argument: akashi search 'q r'");
	char *shells[] = {(char[]){"bash"}, (char[]){"zsh"}};
	CHECK(parse(&given, "completion", 2, shells) == ERR_INVALID);
	CHECK_STR(str_from(given.diag.hint), "akashi completion --help shows how");
	char *dash[] = {(char[]){"-limit=3"}, (char[]){"q"}};
	CHECK(parse(&given, "search", 2, dash) == ERR_INVALID);
	CHECK_STR(str_from(given.diag.message), "search has no option -limit");
	CHECK_STR(str_from(given.diag.hint), "did you mean --limit?");
	arena_free(given.arena);
}

TEST(no_command_lists_two_options_of_one_name) {
	for (size_t i = 0; i < command_count(); i++) {
		const struct command *command = command_get(i);
		for (size_t a = 0; a < command->options_count; a++) {
			for (size_t b = a + 1; b < command->options_count; b++) {
				CHECK(!str_eq(option_get(command->options[a])->name,
				              option_get(command->options[b])->name));
			}
		}
	}
	CHECK_STR(command_nearest(STR("serch")), "search");
}
