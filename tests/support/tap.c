/* See tap.h. Runs every registered test in order of the section, prints TAP, exits 1 on failure. A
 * test that ends without a single check has shown nothing, and fails.
 */
#include "tap.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern const struct tap_test *const __start_tap_tests[];
extern const struct tap_test *const __stop_tap_tests[];

/* Threads of a test may check, too. */
static _Atomic bool failed;
static _Atomic size_t checks;
static const char *skipped;
static uint64_t seed_first;
static uint64_t seed_state;

bool tap_check(bool ok, const char *file, int line, const char *what) {
	checks++;
	if (!ok) {
		failed = true;
		printf("# %s:%d: %s (AKASHI_SEED=%llu)\n", file, line, what,
		       (unsigned long long)seed_first);
	}
	return ok;
}

bool tap_check_int(long long actual, long long expected, const char *file, int line,
                   const char *what) {
	if (!tap_check(actual == expected, file, line, what)) {
		printf("#   is %lld, should be %lld\n", actual, expected);
		return false;
	}
	return true;
}

bool tap_check_bytes(const char *actual, size_t actual_len, const char *expected, const char *file,
                     int line, const char *what) {
	size_t len = strlen(expected);
	bool same = actual_len == len && (len == 0 || memcmp(actual, expected, len) == 0);
	if (!tap_check(same, file, line, what)) {
		printf("#   is     '%.*s'\n#   should '%s'\n", (int)actual_len, actual ? actual : "",
		       expected);
		return false;
	}
	return true;
}

void tap_skip(const char *reason) {
	skipped = reason;
}

const char *tap_folder(void) {
	const char *folder = getenv("AKASHI_TESTS");
	return folder != NULL ? folder : "tests";
}

bool tap_update(void) {
	const char *update = getenv("AKASHI_UPDATE");
	return update != NULL && strcmp(update, "1") == 0;
}

uint64_t tap_random(void) {
	uint64_t z = (seed_state += 0x9e3779b97f4a7c15u);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

size_t tap_rounds(size_t normal) {
	const char *times = getenv("AKASHI_ROUNDS");
	size_t factor = times != NULL ? strtoull(times, NULL, 10) : 1;
	return normal * (factor > 0 ? factor : 1);
}

bool tap_aborts(void (*run)(void)) {
	(void)fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		if (freopen("/dev/null", "w", stderr) != NULL) {
			run();
		}
		_exit(0);
	}
	int status = 0;
	return child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
	       WTERMSIG(status) == SIGABRT;
}

static void write_golden(const char *path, const char *actual, size_t len) {
	FILE *f = fopen(path, "wb");
	if (f == NULL) {
		tap_check(false, path, 0, "golden file can be written");
		return;
	}
	fwrite(actual, 1, len, f);
	fclose(f);
}

bool tap_check_golden(const char *name, const char *actual, size_t len) {
	char path[4096];
	snprintf(path, sizeof(path), "%s/golden/%s", tap_folder(), name);
	if (tap_update()) {
		write_golden(path, actual, len);
		return true;
	}
	FILE *f = fopen(path, "rb");
	if (f == NULL) {
		return tap_check(false, path, 0, "golden file exists (AKASHI_UPDATE=1 makes it)");
	}
	char *expected = malloc(len + 2);
	size_t got = fread(expected, 1, len + 1, f);
	fclose(f);
	bool same = got == len && memcmp(expected, actual, len) == 0;
	free(expected);
	if (!same) {
		char out[4200];
		snprintf(out, sizeof(out), "%s.actual", path);
		write_golden(out, actual, len);
		printf("# %s differs; the actual text is beside it as .actual\n", path);
	}
	return tap_check(same, path, 0, "golden file is equal");
}

int main(int argc, char **argv) {
	const char *seed = getenv("AKASHI_SEED");
	seed_first = seed != NULL ? strtoull(seed, NULL, 10) : 20261122;
	size_t count = (size_t)(__stop_tap_tests - __start_tap_tests);
	int failures = 0;
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n1..%zu\n", count);
	for (size_t i = 0; i < count; i++) {
		const struct tap_test *test = __start_tap_tests[i];
		failed = false;
		checks = 0;
		skipped = NULL;
		seed_state = seed_first;
		if (argc > 1 && strcmp(argv[1], test->name) != 0) {
			skipped = "not asked for";
		} else {
			test->run();
		}
		if (checks == 0 && skipped == NULL) {
			tap_check(false, test->name, 0, "something is checked");
		}
		failures += failed;
		printf("%sok %zu - %s%s%s\n", failed ? "not " : "", i + 1, test->name,
		       skipped ? " # SKIP " : "", skipped ? skipped : "");
	}
	return failures > 0;
}
