#include "cmd/command.h"

#include "tap.h"

/* Every line of text has at most columns characters (help is ASCII). */
static bool fits(struct str text, size_t columns) {
	while (text.len > 0) {
		struct str line = str_cut(&text, '\n');
		if (line.len > columns) {
			return false;
		}
	}
	return true;
}

TEST(the_help_of_every_command_is_complete_and_fits_the_terminal) {
	for (size_t i = 0; i < command_count(); i++) {
		const struct command *command = command_get(i);
		struct buf out = {0};
		help_command(command, &out);
		CHECK(fits(str_from(command->details), 80));
		CHECK(fits(buf_str(&out), 80));
		for (size_t o = 0; o < command->options_count; o++) {
			struct buf name = {0};
			buf_printf(&name, "--%.*s", STR_ARG(option_get(command->options[o])->name));
			CHECK(str_find(buf_str(&out), buf_str(&name), 0) != (size_t)-1);
			buf_deinit(&name);
		}
		buf_deinit(&out);
	}
}

TEST(the_overview_names_every_command) {
	struct buf out = {0};
	help_overview(&out);
	CHECK(fits(buf_str(&out), 80));
	for (size_t i = 0; i < command_count(); i++) {
		CHECK(str_find(buf_str(&out), command_get(i)->name, 0) != (size_t)-1);
		CHECK(command_find(command_get(i)->name) == command_get(i));
	}
	CHECK(command_find(STR("nothing")) == NULL);
	buf_deinit(&out);
}

TEST(the_nearest_command_is_found_and_far_ones_are_not_guessed) {
	CHECK_STR(command_nearest(STR("verfy")), "verify");
	CHECK_STR(command_nearest(STR("ing")), "ingest");
	CHECK_STR(command_nearest(STR("zzzzzzzz")), "");
}
