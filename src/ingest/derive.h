/* Fields that follow from others in every log: addresses for what is an IP address, and sums of
 * both directions. So formats need not say them, and a question crosses all logs.
 */
#pragma once

#include "event/batch.h"

/* What is remembered between rows of one thread. */
struct derive;
struct derive *derive_new(void);
void derive_free(struct derive *derive);
/* A new batch, whose names have other numbers. */
void derive_begin(struct derive *derive);

/* For the current row, when its values are all there. What the log has said itself stays. object:
 * the row is a JSON object, and gets no sums: they would be larger than what it stores. */
void derive_fields(struct derive *derive, struct batch *batch, bool object);
