/* Subtrees stand behind their node: judged from the last to the first. */
#include "detect/truth.h"

enum truth truth_group(const struct program_op *ops, uint32_t at, const uint8_t *truths) {
	enum truth decides = ops[at].kind == PROGRAM_AND ? TRUTH_NO : TRUTH_YES;
	enum truth out = decides == TRUTH_NO ? TRUTH_YES : TRUTH_NO;
	for (uint32_t i = at + 1; i < ops[at].end; i = ops[i].end) {
		if (truths[i] == decides) {
			return decides;
		}
		out = truths[i] == TRUTH_OPEN ? TRUTH_OPEN : out;
	}
	return out;
}

enum truth truth_judge(const struct program *program, uint8_t *truths) {
	for (uint32_t i = program->count; i-- > 0;) {
		const struct program_op *op = &program->ops[i];
		if (op->kind == PROGRAM_NOT) {
			truths[i] = truths[i + 1] == TRUTH_OPEN ? TRUTH_OPEN : truths[i + 1] == TRUTH_NO;
		} else if (op->kind != PROGRAM_ATOM) {
			truths[i] = (uint8_t)truth_group(program->ops, i, truths);
		}
	}
	return (enum truth)truths[0];
}
