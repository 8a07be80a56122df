/* Private to src/query: about how many different values there were, in 16 KiB however many
 * (HyperLogLog with 2^14 registers; Flajolet et al. 2007, the estimator of Ertl 2017). The standard
 * error is 1.04 / sqrt(2^14) = 0.81 percent.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct hll;

struct hll *hll_new(void);
void hll_free(struct hll *hll); /* NULL is fine */
size_t hll_bytes(void);
/* hash: of the value, all 64 bits even. */
void hll_add(struct hll *hll, uint64_t hash);
/* As if what was added to more had been added to hll, too. */
void hll_merge(struct hll *hll, const struct hll *more);
uint64_t hll_count(const struct hll *hll);
