/* Private to src/query: percentiles of numbers. The numbers themselves up to SKETCH_EXACT_MAX,
 * above it counts in buckets whose borders grow by a constant factor (DDSketch, Masson et al.
 * 2019): a result is then within SKETCH_ERROR of the exact one, relative to it (numbers below
 * 1e-100 are 0). That takes some 30 KiB for usual data, and at most 3 MiB for numbers of all
 * magnitudes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SKETCH_EXACT_MAX = 65536 };
#define SKETCH_ERROR 0.005

struct sketch;

struct sketch *sketch_new(void);
void sketch_free(struct sketch *sketch); /* NULL is fine */
size_t sketch_bytes(const struct sketch *sketch);
/* Finite numbers. */
void sketch_add(struct sketch *sketch, double number);
/* As if what was added to more had been added to sketch, too. */
void sketch_merge(struct sketch *sketch, const struct sketch *more);
uint64_t sketch_count(const struct sketch *sketch);
bool sketch_is_exact(const struct sketch *sketch);
/* The smallest number that is not less than thousandths / 100,000 of them (nearest rank); of at
 * least one. Exact ones become sorted. */
double sketch_rank(struct sketch *sketch, uint32_t thousandths);
