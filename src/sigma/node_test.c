/* Trees become programs. */
#include "sigma/node.h"

#include "base/limits.h"
#include "tap.h"

static uint32_t number(void *ctx, const struct atom *atom) {
	(void)ctx;
	return (uint32_t)(atom->text.ptr[0] - 'a');
}

static struct node *leaf(struct arena *arena, const char *text) {
	return node_atom(arena, &(struct atom){.kind = ATOM_EQUALS, .text = str_from(text)});
}

TEST(a_tree_is_written_in_prefix_order_without_groups_of_one) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct program program;
	struct node *inner = node_new(arena, PROGRAM_OR);
	struct node *root = node_new(arena, PROGRAM_AND);
	node_add(arena, inner, leaf(arena, "b"));
	node_add(arena, root, leaf(arena, "a"));
	node_add(arena, root, node_not(arena, inner));
	REQUIRE(node_write(arena, root, number, NULL, &program) == ERR_OK);
	CHECK(program_valid(&program, 2));
	CHECK_EQ(program.count, 4);
	CHECK(program_eval(&program, (const uint64_t[]){1}));
	CHECK(!program_eval(&program, (const uint64_t[]){3}));
	node_add(arena, inner, leaf(arena, "a"));
	REQUIRE(node_write(arena, root, number, NULL, &program) == ERR_OK);
	CHECK_EQ(program.count, 6);
	CHECK(!program_eval(&program, (const uint64_t[]){1}));
}

TEST(shared_trees_that_unfold_without_end_are_refused) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct program program = {0};
	struct node *node = leaf(arena, "a");
	for (int i = 0; i < 40; i++) {
		struct node *parent = node_new(arena, PROGRAM_AND);
		node_add(arena, parent, node);
		node_add(arena, parent, node);
		node = parent;
	}
	CHECK_EQ(node_write(arena, node, number, NULL, &program), ERR_LIMIT);
	CHECK_EQ(program.count, 0);
}
