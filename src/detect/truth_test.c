/* Logic of three values, against trying both values for what is open. */
#include "detect/truth.h"

#include "tap.h"

enum { ATOMS = 3 };

/* (0 or not 1) and (2 or (0 and 1)) */
static const struct program_op ops[] = {
    {PROGRAM_AND, 0, 10}, {PROGRAM_OR, 0, 5},   {PROGRAM_ATOM, 0, 3}, {PROGRAM_NOT, 0, 5},
    {PROGRAM_ATOM, 1, 5}, {PROGRAM_OR, 0, 10},  {PROGRAM_ATOM, 2, 7}, {PROGRAM_AND, 0, 10},
    {PROGRAM_ATOM, 0, 9}, {PROGRAM_ATOM, 1, 10}};
static const struct program program = {ops, 10};

static enum truth judged(const enum truth atoms[ATOMS]) {
	uint8_t truths[10] = {0};
	for (uint32_t i = 0; i < program.count; i++) {
		truths[i] = ops[i].kind == PROGRAM_ATOM ? (uint8_t)atoms[ops[i].atom] : 0;
	}
	return truth_judge(&program, truths);
}

TEST(what_is_known_is_what_program_eval_says) {
	CHECK(program_valid(&program, ATOMS));
	for (uint64_t bits = 0; bits < 8; bits++) {
		enum truth atoms[ATOMS];
		for (int i = 0; i < ATOMS; i++) {
			atoms[i] = (bits >> i & 1) != 0 ? TRUTH_YES : TRUTH_NO;
		}
		CHECK_EQ(judged(atoms), program_eval(&program, &bits) ? TRUTH_YES : TRUTH_NO);
	}
}

/* Only "perhaps" may be said too often: an atom that stands twice is taken for two. */
TEST(what_is_open_may_be_either) {
	int open = 0;
	for (int n = 0; n < 27; n++) {
		enum truth atoms[ATOMS] = {(enum truth)(n % 3), (enum truth)(n / 3 % 3),
		                           (enum truth)(n / 9)};
		enum truth truth = judged(atoms);
		bool ever[2] = {false, false};
		for (uint64_t bits = 0; bits < 8; bits++) {
			bool fits = true;
			for (int i = 0; i < ATOMS; i++) {
				fits = fits && (atoms[i] == TRUTH_OPEN || (bits >> i & 1) == (uint64_t)atoms[i]);
			}
			if (fits) {
				ever[program_eval(&program, &bits)] = true;
			}
		}
		CHECK(truth == TRUTH_OPEN || !ever[truth == TRUTH_NO]);
		open += truth == TRUTH_OPEN;
	}
	CHECK(open > 3 && open < 20);
}
