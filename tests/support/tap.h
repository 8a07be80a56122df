/* The test harness: tests register themselves, main() runs them and prints TAP 13.
 *
 *   TEST(a_name_that_is_a_sentence) { CHECK(x == 1); CHECK_STR(s, "text"); }
 *
 * CHECK goes on after a failure (and marks the test failed), REQUIRE ends the test.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tap_test {
	const char *name;
	void (*run)(void);
};

#define TEST(name_)                                         \
	static void test_##name_(void);                         \
	static const struct tap_test *const tap_entry_##name_   \
	    __attribute__((used, section("tap_tests"))) =       \
	        &(const struct tap_test){#name_, test_##name_}; \
	static void test_##name_(void)

#define CHECK(condition) tap_check((condition), __FILE__, __LINE__, #condition)
#define REQUIRE(condition)                                             \
	do {                                                               \
		if (!tap_check((condition), __FILE__, __LINE__, #condition)) { \
			return;                                                    \
		}                                                              \
	} while (0)
/* Unsigned or signed integers. */
#define CHECK_EQ(actual, expected) \
	tap_check_int((long long)(actual), (long long)(expected), __FILE__, __LINE__, #actual)
/* actual: a struct str (or anything with ptr and len); expected: a C string. */
#define CHECK_STR(actual, expected)                                                       \
	do {                                                                                  \
		__typeof__(actual) tap_s_ = (actual);                                             \
		tap_check_bytes(tap_s_.ptr, tap_s_.len, (expected), __FILE__, __LINE__, #actual); \
	} while (0)

bool tap_check(bool ok, const char *file, int line, const char *what);
bool tap_check_int(long long actual, long long expected, const char *file, int line,
                   const char *what);
bool tap_check_bytes(const char *actual, size_t actual_len, const char *expected, const char *file,
                     int line, const char *what);
/* Marks the running test as skipped, with the reason. */
void tap_skip(const char *reason);
/* The folder tests/ (from AKASHI_TESTS), for golden files and data. */
const char *tap_folder(void);
/* True under `AKASHI_UPDATE=1`: golden files are rewritten. */
bool tap_update(void);
/* Deterministic pseudo-random numbers for property tests; the seed is printed on failure and may
 * be set by AKASHI_SEED. */
uint64_t tap_random(void);
/* How often a property is tried: normal times AKASHI_ROUNDS (1 when it is not set; `make check`
 * sets more). */
size_t tap_rounds(size_t normal);
/* True when run() ends in SIGABRT (in a child process, its messages hidden): a bug was caught. */
bool tap_aborts(void (*run)(void));
/* Compares with tests/golden/NAME, or rewrites it under AKASHI_UPDATE=1. */
bool tap_check_golden(const char *name, const char *actual, size_t len);
