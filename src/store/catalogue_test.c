/* Names of segments, and listing a folder. */
#include "store/catalogue.h"

#include "os/os_memory.h"
#include "tap.h"

TEST(a_segment_s_name_reads_as_it_was_written_and_in_no_other_form) {
	char name[SEGMENT_NAME_SIZE];
	uint64_t first;
	uint64_t end;
	segment_name(5, 123456789012345, name);
	CHECK_STR(str_from(name), "000000000005-123456789012345.seg");
	REQUIRE(segment_name_parse(str_from(name), &first, &end));
	CHECK_EQ(first, 5);
	CHECK_EQ(end, 123456789012345);
	static const char *const wrong[] = {"",
	                                    "-",
	                                    ".seg",
	                                    "5-6.seg",
	                                    "000000000005-000000000005.seg",
	                                    "000000000006-000000000005.seg",
	                                    "0000000000005-000000000006.seg",
	                                    "000000000005-000000000006.seg ",
	                                    "000000000005-000000000006",
	                                    "00000000000a-000000000006.seg",
	                                    "000000000005-99999999999999999999.seg"};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		CHECK(!segment_name_parse(str_from(wrong[i]), &first, &end));
	}
}

TEST(what_is_no_segment_is_listed_as_damaged_and_stops_only_writing) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	const struct os *os = os_memory_os(memory);
	struct catalogue catalogue = {0};
	struct diag diag = {0};
	uint8_t uuid[16] = {0};
	REQUIRE(os->make_folder(os->ctx, "/s") == ERR_OK);
	REQUIRE(os_replace_file(os, "/s", "000000000000-000000000007.seg", STR("rubbish")) == ERR_OK);
	REQUIRE(os_replace_file(os, "/s", "new.tmp", STR("half")) == ERR_OK);
	struct catalogue_owner owner = {.store_uuid = uuid, .tree = STR("default")};
	REQUIRE(catalogue_load(&catalogue, os, "/s", &owner, &diag) == ERR_OK);
	CHECK_EQ(catalogue.count, 1);
	CHECK_EQ(catalogue_end(&catalogue), 7);
	CHECK(catalogue_find(&catalogue, 3) == NULL);
	CHECK(catalogue_check(&catalogue, &diag) == ERR_CORRUPT);
	CHECK_EQ(catalogue.leftovers.len, sizeof("new.tmp"));
	catalogue_deinit(&catalogue);
}
