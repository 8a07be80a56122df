/* Where results go: standard output or a file, buffered, fit for a terminal when it is one. private
 * to src/cmd
 */
#pragma once

#include "base/err.h"

/* Standard output, or --out FILE ("-": standard output), buffered. */
struct output;
MUST_USE enum err output_open(const char *path, struct output **out_output, struct diag *diag);
/* Behind what the file holds already; FIFOs too. */
MUST_USE enum err output_append(const char *path, struct output **out_output, struct diag *diag);
/* What is written from now on is fit for a terminal (it may hold colours). Otherwise control
 * characters are shown instead of sent, when the output is one. */
void output_trust(struct output *output);
MUST_USE enum err output_write(struct output *output, const void *bytes, size_t len);
/* Writes what is buffered. */
MUST_USE enum err output_flush(struct output *output);
/* Flushes and closes; frees in every case. A file is synced. */
MUST_USE enum err output_close(struct output *output, struct diag *diag);
/* Closes after an error of whoever filled it: says so when the file holds only a part. Returns err.
 */
MUST_USE enum err output_fail(struct output *output, enum err err, struct diag *diag);
/* Closes; what was written so far stays. NULL is fine. */
void output_abandon(struct output *output);
