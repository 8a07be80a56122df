/* Private to src/expr: one compiled test. */
#pragma once

#include "expr/alike.h"
#include "expr/compare.h"
#include "expr/expr.h"
#include "expr/glob.h"
#include "expr/needle.h"
#include "expr/regex.h"
#include "expr/wildcard.h"

struct expr_test {
	enum expr_test_kind kind;
	struct str text; /* as given */
	bool by_needle;  /* WORDS, CONTAINS, EQUALS, and PATTERN when stars stand only at its ends */
	struct needle needle;
	struct str needle_text;
	struct wildcard wildcard;
	struct glob glob; /* other PATTERNs */
	struct alike alike;
	struct regex *regex;
	struct network network;
	struct expr_range range;
	struct scalar min, max;
	int64_t from_ns, to_ns;
};

/* What one evaluation of a test needs beside the test. */
struct test_run {
	const struct expr_test *test;
	struct regex_run *regex; /* made on first use */
	struct glob_run glob;
	enum err err; /* the first failure; matching goes on as "no" */
};

MUST_USE enum err test_new(struct arena *arena, enum expr_test_kind kind, struct str text,
                           struct expr_test **out_test, struct diag *diag);
bool test_match(struct test_run *run, struct value value);
void test_run_deinit(struct test_run *run);
