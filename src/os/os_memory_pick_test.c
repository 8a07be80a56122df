/* Picked cuts: each operation and each sector by itself, and never what no disk can leave. */
#include "os/os_memory.h"
#include "tap.h"

enum { OPS_MAX = 16, SECTOR = 512 };

static const struct os_fate lost = {0};
static const struct os_fate whole = {.size = true, .sectors = UINT64_MAX};

struct bed {
	struct os_memory *memory;
	const struct os *os;
	int fd;
	struct os_unsynced ops[OPS_MAX];
	struct os_fate fates[OPS_MAX];
	size_t count;
};

static void bed_deinit(struct bed *bed) {
	CHECK_EQ(bed->os->close(bed->os->ctx, bed->fd), ERR_OK);
	os_memory_free(bed->memory);
}

/* A file of three sectors of 'a', durable. */
static void bed_init(struct bed *bed) {
	char bytes[3 * SECTOR];
	*bed = (struct bed){.memory = os_memory_new(1), .fd = -1};
	bed->os = os_memory_os(bed->memory);
	memset(bytes, 'a', sizeof(bytes));
	CHECK_EQ(bed->os->open(bed->os->ctx, "/x", OS_WRITE | OS_CREATE, &bed->fd), ERR_OK);
	CHECK_EQ(bed->os->pwrite(bed->os->ctx, bed->fd, bytes, sizeof(bytes), 0), ERR_OK);
	CHECK_EQ(bed->os->sync_data(bed->os->ctx, bed->fd), ERR_OK);
	CHECK_EQ(bed->os->sync_folder(bed->os->ctx, "/"), ERR_OK);
}

static void put(struct bed *bed, char what, size_t len, uint64_t offset) {
	char bytes[4 * SECTOR];
	memset(bytes, what, len);
	CHECK_EQ(bed->os->pwrite(bed->os->ctx, bed->fd, bytes, len, offset), ERR_OK);
}

static void look(struct bed *bed) {
	bed->count = os_memory_unsynced(bed->memory, bed->ops, OPS_MAX);
	CHECK_EQ(bed->count, os_memory_pending(bed->memory));
	for (size_t i = 0; i < bed->count; i++) {
		bed->fates[i] = lost;
	}
}

/* One character for each of the file's sectors, then its length: "aab+1536". Names: those in "/".
 */
static void picked(struct bed *bed, struct buf *out) {
	struct os_memory *after CLEANUP(os_memory_freep) =
	    os_memory_pick(bed->memory, bed->ops, bed->fates, bed->count);
	struct buf bytes CLEANUP(buf_deinit) = {0};
	CHECK_EQ(os_memory_pending(after), 0);
	CHECK_EQ(os_read_file(os_memory_os(after), "/x", 1 << 20, &bytes), ERR_OK);
	buf_clear(out);
	for (size_t at = 0; at < bytes.len; at += SECTOR) {
		buf_append_char(out, bytes.ptr[at] == '\0' ? '0' : bytes.ptr[at]);
	}
	buf_printf(out, "+%zu", bytes.len);
}

TEST(each_operation_comes_or_not_as_it_is_told) {
	struct bed bed CLEANUP(bed_deinit);
	struct buf text CLEANUP(buf_deinit) = {0};
	bed_init(&bed);
	put(&bed, 'b', SECTOR, 0);
	put(&bed, 'c', 2 * SECTOR, SECTOR);
	put(&bed, 'd', 700, 3 * SECTOR);
	look(&bed);
	REQUIRE(bed.count == 3);
	CHECK(bed.ops[1].sectors == 2 && bed.ops[2].sectors == 2 && !bed.ops[0].is_name);
	picked(&bed, &text);
	CHECK_STR(buf_str(&text), "aaa+1536");
	bed.fates[1] = whole;
	picked(&bed, &text);
	CHECK_STR(buf_str(&text), "acc+1536");
	bed.fates[1].sectors = 2;
	picked(&bed, &text);
	CHECK_STR(buf_str(&text), "aac+1536");
	bed.fates[2] = (struct os_fate){.size = true};
	picked(&bed, &text);
	CHECK_STR(buf_str(&text), "aac00+2236");
	bed.fates[2] = (struct os_fate){.sectors = 1};
	picked(&bed, &text);
	CHECK_STR(buf_str(&text), "aac+1536"); /* bytes behind the end are not seen */
	bed.fates[2] = whole;
	picked(&bed, &text);
	CHECK_STR(buf_str(&text), "aacdd+2236");
}

TEST(a_later_write_brings_the_earlier_ones_of_its_sector) {
	struct bed bed CLEANUP(bed_deinit);
	struct os_memory *after CLEANUP(os_memory_freep) = NULL;
	struct buf bytes CLEANUP(buf_deinit) = {0};
	bed_init(&bed);
	put(&bed, 'b', 10, 0);
	put(&bed, 'c', 10, 10);
	look(&bed);
	REQUIRE(bed.count == 2);
	bed.fates[1] = whole;
	after = os_memory_pick(bed.memory, bed.ops, bed.fates, bed.count);
	CHECK_EQ(os_read_file(os_memory_os(after), "/x", 1 << 20, &bytes), ERR_OK);
	CHECK_STR(str_slice(buf_str(&bytes), 0, 21), "bbbbbbbbbbcccccccccca");
}

TEST(names_come_in_any_choice_and_digests_tell_the_states_apart) {
	struct bed bed CLEANUP(bed_deinit);
	uint64_t digests[8];
	bed_init(&bed);
	CHECK_EQ(bed.os->make_folder(bed.os->ctx, "/d"), ERR_OK);
	CHECK_EQ(bed.os->rename(bed.os->ctx, "/x", "/y"), ERR_OK);
	put(&bed, 'b', 10, 0);
	look(&bed);
	REQUIRE(bed.count == 3);
	CHECK(bed.ops[0].is_name && bed.ops[1].is_name && !bed.ops[2].is_name);
	for (unsigned mask = 0; mask < 8; mask++) {
		struct os_stat stat;
		for (size_t i = 0; i < 3; i++) {
			bed.fates[i] = (mask >> i & 1) != 0 ? whole : lost;
		}
		struct os_memory *after CLEANUP(os_memory_freep) =
		    os_memory_pick(bed.memory, bed.ops, bed.fates, bed.count);
		const struct os *os = os_memory_os(after);
		CHECK_EQ(os->stat(os->ctx, "/d", true, &stat) == ERR_OK, (mask & 1) != 0);
		CHECK_EQ(os->stat(os->ctx, "/y", true, &stat) == ERR_OK, (mask & 2) != 0);
		CHECK_EQ(os->stat(os->ctx, "/x", true, &stat) == ERR_OK, (mask & 2) == 0);
		digests[mask] = os_memory_digest(after);
		for (unsigned other = 0; other < mask; other++) {
			CHECK(digests[other] != digests[mask]);
		}
	}
	CHECK_EQ(digests[7], os_memory_digest(bed.memory));
}

TEST(a_truncation_comes_with_its_size) {
	struct bed bed CLEANUP(bed_deinit);
	struct buf text CLEANUP(buf_deinit) = {0};
	bed_init(&bed);
	CHECK_EQ(bed.os->truncate(bed.os->ctx, bed.fd, 0), ERR_OK);
	put(&bed, 'b', SECTOR, SECTOR);
	look(&bed);
	REQUIRE(bed.count == 2 && bed.ops[0].is_truncate);
	bed.fates[0] = whole;
	picked(&bed, &text);
	CHECK_STR(buf_str(&text), "+0");
	bed.fates[1] = whole;
	picked(&bed, &text);
	CHECK_STR(buf_str(&text), "0b+1024");
}
