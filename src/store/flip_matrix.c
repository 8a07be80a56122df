/* flip_matrix STORE [PART PARTS]: a real store copied into memory, and every single bit of every
 * file but the lock flipped in turn: store_verify must find each. Part PART (0..) of PARTS takes
 * every PARTS-th byte, so that several processes share the work. Not a unit test: minutes (make
 * shows). Exit status 1 when a flip went unseen.
 */
#include <malloc.h>

#include "base/buf.h"
#include "os/os_memory.h"
#include "seal/memo_signatures.h" /* IWYU pragma: keep */
#include "store/store.h"

enum { FILE_MAX = 64 << 20 };

struct copying {
	struct os_memory *memory;
	char from[LIMIT_PATH]; /* the folder being copied */
	char to[LIMIT_PATH];
};

static enum err copy_entry(void *ctx, struct str name, enum os_file_kind kind);

static enum err copy_folder(struct os_memory *memory, const char *from, const char *to) {
	struct copying copying = {.memory = memory};
	const struct os *inner = os_memory_os(memory);
	(void)snprintf(copying.from, sizeof(copying.from), "%s", from);
	(void)snprintf(copying.to, sizeof(copying.to), "%s", to);
	TRY(inner->make_folder(inner->ctx, to));
	return os_real()->list(os_real()->ctx, from, copy_entry, &copying);
}

static enum err copy_entry(void *ctx, struct str name, enum os_file_kind kind) {
	const struct copying *copying = ctx;
	const struct os *inner = os_memory_os(copying->memory);
	char from[LIMIT_PATH];
	char to[LIMIT_PATH];
	int from_len = snprintf(from, sizeof(from), "%s/%.*s", copying->from, STR_ARG(name));
	int to_len = snprintf(to, sizeof(to), "%s/%.*s", copying->to, STR_ARG(name));
	if (from_len >= (int)sizeof(from) || to_len >= (int)sizeof(to)) {
		return ERR_LIMIT;
	}
	if (kind == OS_FILE_FOLDER) {
		return copy_folder(copying->memory, from, to);
	}
	struct buf bytes CLEANUP(buf_deinit) = {0};
	int fd;
	TRY(os_read_file(os_real(), from, FILE_MAX, &bytes));
	TRY(inner->open(inner->ctx, to, OS_WRITE | OS_CREATE, &fd));
	TRY(inner->close(inner->ctx, fd));
	return os_memory_set(copying->memory, to, buf_str(&bytes));
}

static void hear_damage(void *ctx, const struct store_damage *damage) {
	bool *damaged = ctx;
	(void)damage;
	*damaged = true;
}

/* Goes on until something is found. */
static bool until_damaged(void *ctx, uint64_t done, uint64_t all) {
	const bool *damaged = ctx;
	(void)done;
	(void)all;
	return !*damaged;
}

static bool seems_intact(struct os_memory *memory) {
	bool damaged = false;
	struct store_verify_options options = {
	    .damage = hear_damage, .progress = until_damaged, .ctx = &damaged};
	struct store_verify_result result = {0};
	struct diag diag = {0};
	enum err err = store_verify(os_memory_os(memory), "store", &options, &result, &diag);
	return !damaged && err == ERR_OK && result.intact;
}

struct matrix {
	struct os_memory *memory;
	size_t part, parts;
	uint64_t flips, unseen;
};

static void flip_file(struct matrix *matrix, const char *path) {
	struct buf bytes CLEANUP(buf_deinit) = {0};
	enum err err = os_read_file(os_memory_os(matrix->memory), path, FILE_MAX, &bytes);
	ASSERT(err == ERR_OK);
	for (size_t i = matrix->part; i < bytes.len; i += matrix->parts) {
		for (unsigned bit = 0; bit < 8; bit++) {
			bytes.ptr[i] = (char)(bytes.ptr[i] ^ (1 << bit));
			err = os_memory_set(matrix->memory, path, buf_str(&bytes));
			ASSERT(err == ERR_OK);
			if (seems_intact(matrix->memory)) {
				matrix->unseen++;
				(void)printf("FAULT bit %u of byte %zu of %s\n", bit, i, path);
			}
			bytes.ptr[i] = (char)(bytes.ptr[i] ^ (1 << bit));
			matrix->flips++;
		}
	}
	err = os_memory_set(matrix->memory, path, buf_str(&bytes));
	ASSERT(err == ERR_OK);
	(void)fprintf(stderr, "part %zu of %zu: %llu flips, %s done\n", matrix->part + 1, matrix->parts,
	              (unsigned long long)matrix->flips, path);
}

static void add_name(void *ctx, const char *path) {
	struct buf *names = ctx;
	if (!str_ends(str_from(path), STR("/lock"))) {
		buf_append(names, path, strlen(path) + 1);
	}
}

int main(int argc, char **argv) {
	struct matrix matrix = {.memory = os_memory_new(1), .parts = 1};
	uint64_t part = 0;
	uint64_t parts = 1;
	struct buf names = {0};
	(void)mallopt(M_TRIM_THRESHOLD, 64 << 20); /* or the kernel takes half of the time */
	(void)mallopt(M_MMAP_THRESHOLD, 16 << 20);
	if (argc == 4 && (!str_to_u64(str_from(argv[2]), 63, &part) ||
	                  !str_to_u64(str_from(argv[3]), 64, &parts) || part >= parts)) {
		argc = 0;
	}
	if ((argc != 2 && argc != 4) || copy_folder(matrix.memory, argv[1], "store") != ERR_OK) {
		(void)fprintf(stderr, "usage: flip_matrix STORE [PART PARTS]\n");
		return 2;
	}
	matrix.part = (size_t)part;
	matrix.parts = (size_t)parts;
	ASSERT(seems_intact(matrix.memory));
	os_memory_each_file(matrix.memory, add_name, &names);
	for (size_t at = 0; at < names.len; at += strlen(names.ptr + at) + 1) {
		flip_file(&matrix, names.ptr + at);
	}
	ASSERT(seems_intact(matrix.memory));
	(void)printf("%llu flips, %llu unseen\n", (unsigned long long)matrix.flips,
	             (unsigned long long)matrix.unseen);
	buf_deinit(&names);
	os_memory_free(matrix.memory);
	return matrix.unseen > 0;
}
