#include "ingest/submission.h"

#include "base/buf.h"
#include "base/limits.h"
#include "event/batch.h"
#include "tap.h"

static void check_lines(const char *text, const char *wanted) {
	struct str rest = str_from(text);
	struct buf out = {0};
	struct submitted_line line;
	bool cut = false;
	while (submission_line(&rest, &cut, &line)) {
		buf_printf(&out, "%u %.*s|", line.flags, STR_ARG(line.body));
	}
	CHECK_STR(buf_str(&out), wanted);
	buf_deinit(&out);
}

TEST(lines_are_records_and_empty_ones_are_nothing) {
	check_lines("", "");
	check_lines("\n\n", "");
	check_lines("{\"a\":1}\n\n{\"b\":2}\r\nthird", "0 {\"a\":1}|0 {\"b\":2}\r|0 third|");
}

TEST(a_line_that_is_too_long_comes_in_pieces) {
	struct buf text = {0};
	struct submitted_line line;
	bool cut = false;
	memset(buf_reserve(&text, 2 * LIMIT_LINE_SIZE + 5), 'x', 2 * LIMIT_LINE_SIZE + 5);
	text.len = 2 * LIMIT_LINE_SIZE + 5;
	buf_append_str(&text, STR("\nnext\n"));
	struct str rest = buf_str(&text);
	for (int i = 0; i < 2; i++) {
		REQUIRE(submission_line(&rest, &cut, &line));
		CHECK_EQ(line.body.len, LIMIT_LINE_SIZE);
		CHECK_EQ(line.flags, RECORD_OVERSIZE | RECORD_CONTINUES);
	}
	REQUIRE(submission_line(&rest, &cut, &line));
	CHECK_EQ(line.body.len, 5);
	CHECK_EQ(line.flags, RECORD_OVERSIZE);
	REQUIRE(submission_line(&rest, &cut, &line));
	CHECK_STR(line.body, "next");
	CHECK_EQ(line.flags, 0);
	CHECK(!submission_line(&rest, &cut, &line));
	buf_deinit(&text);
}

static enum err read_bulk(const char *text, struct buf *out, struct diag *diag) {
	struct str rest = str_from(text);
	struct bulk_item item;
	uint64_t line = 0;
	enum err err;
	while ((err = bulk_next(&rest, &line, &item, diag)) == ERR_OK) {
		buf_printf(out, "%.*s %.*s/%.*s %.*s|", STR_ARG(bulk_action_name(item.action)),
		           STR_ARG(item.index), STR_ARG(item.id), STR_ARG(item.document));
	}
	return err;
}

TEST(bulk_is_actions_and_documents) {
	struct buf out = {0};
	struct diag diag = {0};
	CHECK(read_bulk("{\"create\":{\"_index\":\"logs\",\"_id\":\"7\",\"x\":[1,{}]}}\n{\"a\": 1}\n"
	                " { \"index\" : { } } \r\n\n{\"b\":2}\n{\"delete\":{\"_id\":\"7\"}}\n"
	                "{\"update\":{\"_id\":\"8\"}}\n{\"doc\":{}}",
	                &out, &diag) == ERR_NOT_FOUND);
	CHECK_STR(buf_str(&out), "create logs/7 {\"a\": 1}|index / {\"b\":2}|delete /7 |update /8 "
	                         "{\"doc\":{}}|");
	const char *const wrong[] = {"{\"a\":1}\n{\"b\":2}\n",
	                             "{\"create\":{}}\n",
	                             "{\"create\":{}\n{}\n",
	                             "{\"create\":[]}\n{}\n",
	                             "{\"create\":{},\"index\":{}}\n{}\n",
	                             "[]\n{}\n",
	                             "{\"create\":{\"_index\":}}\n{}\n",
	                             "{}\n{}\n",
	                             "{\"create\":{\"_index\":\"\xff\"}}\n{}\n"};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		diag = (struct diag){0};
		if (!CHECK(read_bulk(wrong[i], &out, &diag) == ERR_INVALID)) {
			printf("# %s", wrong[i]);
		}
		CHECK(strstr(diag.message, "line") != NULL);
	}
	buf_deinit(&out);
}

static enum err read_hec(const char *text, struct buf *out, enum hec_code *out_code) {
	struct str rest = str_from(text);
	struct str event;
	enum err err;
	while ((err = hec_next(&rest, &event, out_code)) == ERR_OK) {
		buf_append_str(out, event);
		buf_append_char(out, '|');
	}
	return err;
}

TEST(events_stand_one_behind_the_other_or_in_an_array) {
	struct buf out = {0};
	enum hec_code code;
	CHECK(read_hec("{\"event\":\"a\"}{\"event\":{\"b\":1},\"time\":1}\r\n {\"event\":0}\n", &out,
	               &code) == ERR_NOT_FOUND);
	CHECK(read_hec("[{\"event\":[]}, {\"event\":\"}{\"}]", &out, &code) == ERR_NOT_FOUND);
	CHECK_STR(buf_str(&out), "{\"event\":\"a\"}|{\"event\":{\"b\":1},\"time\":1}|{\"event\":0}|"
	                         "{\"event\":[]}|{\"event\":\"}{\"}|");
	static const struct {
		const char *text;
		enum hec_code code;
	} wrong[] = {{"{\"evnt\":1}", HEC_NO_EVENT},        {"{\"event\":\"\"}", HEC_BLANK_EVENT},
	             {"{\"event\":null}", HEC_BLANK_EVENT}, {"event", HEC_INVALID},
	             {"{\"event\":1", HEC_INVALID},         {"{\"event\" 1}", HEC_INVALID},
	             {"{\"event\":\"\xff\"}", HEC_INVALID}};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		CHECK(read_hec(wrong[i].text, &out, &code) == ERR_INVALID);
		CHECK_EQ(code, wrong[i].code);
		CHECK(hec_text(code)[0] != '\0');
	}
	buf_deinit(&out);
}
