/* Fields that follow from others in every log: addresses for what is an IP address, and sums of
 * both directions. So formats need not say them, and a question crosses all logs.
 */
#pragma once

#include "event/batch.h"

/* For the current row, when its values are all there. What the log has said itself stays. */
void derive_fields(struct batch *batch);
