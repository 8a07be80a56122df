/* Seal records: their text, their place at the end of each segment, what verify makes of them. */
#include "store/seal_record.h"

#include "tap.h"

#include "store/store_bench.h"

static struct seal_record third_record(void) {
	struct seal_record record = {.checkpoint = 3,
	                             .has_previous = true,
	                             .build = STR_INIT("akashi 0.1"),
	                             .records = 12,
	                             .heads = {{.tree = STR_INIT("1y"), .size = 7}},
	                             .heads_count = 1};
	memset(record.previous, 0xab, sizeof(record.previous));
	memset(record.heads[0].root, 0x1f, sizeof(record.heads[0].root));
	return record;
}

TEST(a_seal_record_is_read_as_it_was_written) {
	struct seal_record record = third_record();
	struct seal_record again;
	struct buf body CLEANUP(buf_deinit) = {0};
	seal_record_format(&record, &body);
	CHECK_STR(buf_str(&body),
	          "{\"checkpoint\":3,\"previous\":"
	          "\"abababababababababababababababababababababababababababababababab\","
	          "\"settings\":null,\"build\":\"akashi "
	          "0.1\",\"records\":12,\"trees\":[{\"tree\":\"1y\",\"size\":7,"
	          "\"root\":\"1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f\"}]}");
	REQUIRE(seal_record_parse(buf_str(&body), &again) == ERR_OK);
	CHECK_EQ(again.checkpoint, 3);
	CHECK(again.has_previous && memcmp(again.previous, record.previous, SHA256_SIZE) == 0);
	CHECK_EQ(again.records, 12);
	CHECK_EQ(again.heads_count, 1);
	CHECK_EQ(again.heads[0].size, 7);
	CHECK(str_eq(again.heads[0].tree, STR("1y")));
	for (size_t len = 0; len < body.len; len++) {
		CHECK(seal_record_parse(str_make(body.ptr, len), &again) == ERR_CORRUPT);
	}
	buf_append_char(&body, ' ');
	CHECK(seal_record_parse(buf_str(&body), &again) == ERR_CORRUPT);
}

TEST(other_spellings_are_no_seal_records) {
	static const char *const wrong[] = {
	    "{\"checkpoint\":03,\"previous\":null,\"settings\":null,\"build\":\"a\",\"records\":1,"
	    "\"trees\":[]}",
	    "{\"checkpoint\":3,\"previous\":NULL,\"build\":\"a\",\"records\":1,\"trees\":[]}",
	    "{\"checkpoint\":3,\"previous\":null,\"settings\":null,\"build\":\"a\",\"records\":-1,"
	    "\"trees\":[]}",
	    "{\"checkpoint\":3,\"previous\":null,\"settings\":null,\"build\":\"a\",\"records\":1,"
	    "\"trees\":[,]}",
	    "{\"checkpoint\":3,\"previous\":null,\"settings\":null,\"build\":\"a\",\"records\":1,"
	    "\"trees\":[]}}",
	    "{\"checkpoint\":99999999999999999999,\"previous\":null,\"settings\":null,\"build\":\"a\","
	    "\"records\":1,"
	    "\"trees\":[]}",
	    "{\"checkpoint\":3,\"previous\":\"AB\",\"build\":\"a\",\"records\":1,\"trees\":[]}"};
	struct seal_record record;
	CHECK(seal_record_parse(STR("{\"checkpoint\":3,\"previous\":null,\"settings\":null,\"build\":"
	                            "\"a\",\"records\":1,"
	                            "\"trees\":[]}"),
	                        &record) == ERR_OK);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		CHECK(seal_record_parse(str_from(wrong[i]), &record) == ERR_CORRUPT);
	}
}

/* Each segment's last row, in order. */
static size_t read_seals(struct store *store, struct seal_record *out_records, size_t max) {
	struct store_scan *scan = NULL;
	struct store_scan_options options = {
	    .from_ns = INSTANT_MIN, .to_ns = INSTANT_MAX, .index_to = UINT64_MAX, .all_types = true};
	size_t count = 0;
	struct diag diag = {0};
	struct store_view *view = NULL;
	CHECK(store_scan_new(store, &options, &scan) == ERR_OK);
	while (store_scan_next(scan, &view, &diag) == ERR_OK && view != NULL) {
		const uint8_t *types;
		struct row row;
		CHECK(store_view_types(view, &types) == ERR_OK);
		for (uint32_t i = 0; i < store_view_rows(view); i++) {
			if (types[i] == RECORD_SEAL && CHECK(count < max)) {
				CHECK(store_view_row(view, i, &row) == ERR_OK);
				CHECK(seal_record_parse(row.body, &out_records[count++]) == ERR_OK);
			}
		}
		store_view_free(view);
	}
	store_scan_free(scan);
	return count;
}

TEST(each_checkpoint_covers_a_seal_that_names_the_one_before) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(41)};
	struct store_options options = bench_options(&bench, true);
	struct buf text CLEANUP(buf_deinit) = {0};
	struct seal_record seals[40];
	enum sink_verdict verdict;
	options.segment_bytes = 6000; /* cut while batches are on their way */
	options.build = "akashi test";
	sample_lines(&text, "sealed", 0, 700);
	REQUIRE(take_and_commit(&bench, &options, STR("a.log"), buf_str(&text), true, &verdict) ==
	        ERR_OK);
	sample_lines(&text, "sealed", 700, 720);
	REQUIRE(take_and_commit(&bench, &options, STR("a.log"), buf_str(&text), false, &verdict) ==
	        ERR_OK);
	struct store_verify_result result = verify_bench(&bench);
	struct store *store CLEANUP(store_closep) = open_reader(&bench);
	REQUIRE(store != NULL);
	size_t count = read_seals(store, seals, ARRAY_LEN(seals));
	CHECK(result.intact);
	CHECK(count > 4);
	CHECK_EQ(result.checkpoints, count);
	for (size_t i = 0; i < count; i++) {
		CHECK_EQ(seals[i].checkpoint, i);
		CHECK(seals[i].has_previous == (i > 0));
		CHECK(i == 0 || seals[i].records > seals[i - 1].records);
	}
	CHECK_EQ(seals[count - 1].records, 720);
	CHECK(reads_back(&bench, STR("a.log"), buf_str(&text)));
}

TEST(what_a_lost_tree_had_signed_is_read_in_one_form_only) {
	static const char hash[] = "6113aa5b9aa29dc705610412fe1d155aa241d54a752266e7b7f7cea5cc0d9c2c";
	static const struct {
		const char *form;
		bool right;
	} forms[] = {
	    {"{\"frozen\":\"1y.2\",\"signed_size\":7,\"signed_root\":\"%s\",\"checkpoint\":", true},
	    {"{\"frozen\":\"a\",\"signed_size\":0,\"signed_root\":null,\"checkpoint\":null", true},
	    {"{\"frozen\":\"a\",\"signed_size\":0,\"signed_root\":\"%s\",\"x\":", false},
	    {"{\"frozen\":\"a\",\"signed_size\":7,\"signed_root\":null,\"x\":", false},
	    {"{\"frozen\":\"1y.1\",\"signed_size\":7,\"signed_root\":\"%s\",", false},
	    {"{\"frozen\":\"1y\",\"signed_size\":-7,\"signed_root\":\"%s\",", false},
	    {"{\"lost_log_frames\":1}", false},
	    {"", false}};
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct buf body CLEANUP(buf_deinit) = {0};
		struct seal_head head;
		struct str form = str_from(forms[i].form);
		size_t at = str_find(form, STR("%s"), 0);
		buf_append_str(&body, str_slice(form, 0, at));
		if (at != SIZE_MAX) {
			buf_append_str(&body, str_from(hash));
			buf_append_str(&body, str_slice(form, at + 2, form.len));
		}
		CHECK((recovery_head_parse(buf_str(&body), &head) == ERR_OK) == forms[i].right);
	}
}
