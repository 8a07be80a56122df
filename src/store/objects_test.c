/* Objects: kept whole, read in slices over block borders, every flipped byte found. */
#include "store/objects.h"

#include "base/sha256.h"
#include "os/os_memory.h"
#include "tap.h"

static enum err collect(void *ctx, const void *bytes, size_t len) {
	buf_append(ctx, bytes, len);
	return ERR_OK;
}

static void fill(struct buf *bytes, size_t len) {
	while (bytes->len < len) {
		uint64_t word = tap_random();
		bool plain = bytes->len % 3 != 0;
		buf_append(bytes, plain ? "plain text" : (const char *)&word, plain ? 10 : sizeof(word));
	}
	bytes->len = len;
}

static const struct os *fresh_folder(struct os_memory **out_memory) {
	*out_memory = os_memory_new(1);
	const struct os *os = os_memory_os(*out_memory);
	CHECK(os->make_folder(os->ctx, "/objects") == ERR_OK);
	return os;
}

TEST(an_object_comes_back_whole_and_in_slices) {
	static const size_t sizes[] = {0, 1, OBJECT_BLOCK - 1, OBJECT_BLOCK, 2 * OBJECT_BLOCK + 77};
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct os_memory *memory CLEANUP(os_memory_freep) = NULL;
		const struct os *os = fresh_folder(&memory);
		struct buf bytes CLEANUP(buf_deinit) = {0};
		struct buf again CLEANUP(buf_deinit) = {0};
		struct object *object = NULL;
		struct diag diag = {0};
		uint8_t hash[32];
		fill(&bytes, sizes[i]);
		sha256(bytes.ptr, bytes.len, hash);
		REQUIRE(object_write(os, "/objects", hash, buf_str(&bytes), &diag) == ERR_OK);
		REQUIRE(object_write(os, "/objects", hash, buf_str(&bytes), &diag) == ERR_OK);
		REQUIRE(object_open(os, "/objects", hash, &object, &diag) == ERR_OK);
		CHECK_EQ(object_size(object), sizes[i]);
		CHECK(object_stream(object, collect, &again, &diag) == ERR_OK);
		CHECK(str_eq(buf_str(&again), buf_str(&bytes)));
		for (int n = 0; n < 20 && sizes[i] > 0; n++) {
			struct str slice;
			uint64_t from = tap_random() % sizes[i];
			uint64_t len = tap_random() % (sizes[i] - from + 1);
			REQUIRE(object_slice(object, from, len, &slice, &diag) == ERR_OK);
			CHECK(str_eq(slice, str_slice(buf_str(&bytes), from, from + len)));
		}
		struct str slice;
		CHECK(object_slice(object, sizes[i], 1, &slice, &diag) == ERR_CORRUPT);
		CHECK(object_slice(object, UINT64_MAX, 2, &slice, &diag) == ERR_CORRUPT);
		object_free(object);
	}
}

TEST(bytes_that_do_not_have_the_hash_are_refused) {
	struct os_memory *memory CLEANUP(os_memory_freep) = NULL;
	const struct os *os = fresh_folder(&memory);
	uint8_t hash[32] = {1};
	struct object *object;
	struct diag diag = {0};
	CHECK(object_write(os, "/objects", hash, STR("changed meanwhile"), &diag) == ERR_CORRUPT);
	CHECK(object_open(os, "/objects", hash, &object, &diag) == ERR_NOT_FOUND);
}

struct only_file {
	char path[128];
};

static void remember(void *ctx, const char *path) {
	(void)snprintf(((struct only_file *)ctx)->path, 128, "%s", path);
}

TEST(every_flipped_byte_and_every_cut_of_an_object_is_found) {
	struct os_memory *memory CLEANUP(os_memory_freep) = NULL;
	const struct os *os = fresh_folder(&memory);
	struct buf bytes CLEANUP(buf_deinit) = {0};
	struct buf file CLEANUP(buf_deinit) = {0};
	struct only_file only = {0};
	struct diag diag = {0};
	uint8_t hash[32];
	fill(&bytes, 700);
	sha256(bytes.ptr, bytes.len, hash);
	REQUIRE(object_write(os, "/objects", hash, buf_str(&bytes), &diag) == ERR_OK);
	os_memory_each_file(memory, remember, &only);
	REQUIRE(os_read_file(os, only.path, SIZE_MAX, &file) == ERR_OK);
	for (size_t i = 0; i < file.len * 2; i++) {
		struct object *object = NULL;
		struct buf dropped CLEANUP(buf_deinit) = {0};
		bool cut = i >= file.len;
		size_t at = i % file.len;
		struct str tried = str_make(file.ptr, cut ? at : file.len);
		file.ptr[at] = (char)(file.ptr[at] ^ (cut ? 0 : 0x10));
		enum err err = object_from_bytes(tried, hash, &object, &diag);
		if (err == ERR_OK) {
			err = object_stream(object, collect, &dropped, &diag);
			object_free(object);
		}
		CHECK_EQ(err, ERR_CORRUPT);
		file.ptr[at] = (char)(file.ptr[at] ^ (cut ? 0 : 0x10));
	}
}
