/* Numbers as results show them: integers without a point, others with as few digits as give the
 * same number again.
 */
#pragma once

#include "base/buf.h"

void number_append(struct buf *out, double number);
/* An integer of any size that sums reach; beyond int64 as a rounded number. */
void number_append_wide(struct buf *out, __int128 number);
