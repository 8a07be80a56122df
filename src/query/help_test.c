#include "query/help.h"

#include "query/agg.h"
#include "query/pipes.h"
#include "query/where.h"
#include "tap.h"

TEST(the_page_names_every_pipe_and_function_and_fits_the_terminal) {
	const struct pipe_kind *const *pipes;
	const struct agg_kind *functions;
	struct buf out = {0};
	query_help(&out);
	size_t pipes_count = pipes_table(&pipes);
	size_t functions_count = agg_table(&functions);
	CHECK(pipes_count >= 10 && functions_count >= 8);
	for (size_t i = 0; i < pipes_count; i++) {
		CHECK(str_find(buf_str(&out), pipes[i]->usage, 0) != (size_t)-1);
	}
	for (size_t i = 0; i < functions_count; i++) {
		CHECK(str_find(buf_str(&out), functions[i].usage, 0) != (size_t)-1);
	}
	const struct where_function *function;
	for (size_t i = 0; (function = where_function_at(i)) != NULL; i++) {
		CHECK(str_find(buf_str(&out), function->usage, 0) != (size_t)-1);
	}
	CHECK(where_form_at(0) != NULL && where_form_at(100) == NULL);
	buf_deinit(&out);
}
