/* Private to src/detect: programs judged by logic of three values: what is known to hold, what is
 * known not to, and what only more of the record decides.
 */
#pragma once

#include "expr/program.h"

enum truth { TRUTH_NO, TRUTH_YES, TRUTH_OPEN };

/* Of the group at ops[at], whose members are judged. */
enum truth truth_group(const struct program_op *ops, uint32_t at, const uint8_t *truths);
/* truths: by operation; those of the atoms are there, the others are made. Returns the program's.
 */
enum truth truth_judge(const struct program *program, uint8_t *truths);
