#include "render/text.h"

#include "tap.h"

TEST(control_and_deceptive_characters_never_reach_the_terminal) {
	struct buf out = {0};
	render_safe(&out, STR("a\033[31mb\x07\tc\x7f\xc2\x9b\xe2\x80\xae\xff"));
	CHECK_STR(out, "a\\x1b[31mb\\x07 c\\x7f\\x9b\\u202e\xef\xbf\xbd");
	buf_deinit(&out);
}

TEST(japanese_text_is_cut_and_padded_by_columns) {
	struct buf out = {0};
	CHECK_EQ(render_width(STR("日本x")), 5);
	render_fit(&out, STR("日本x"), 7, false);
	buf_append_char(&out, '|');
	render_fit(&out, STR("日本語"), 4, false);
	buf_append_char(&out, '|');
	render_fit(&out, STR("7"), 3, true);
	CHECK_STR(out, "日本x  |日… |  7");
	buf_deinit(&out);
}

TEST(a_syslog_record_reads_as_time_host_program_message) {
	static const struct row_field fields[] = {
	    {STR_INIT("host.name"), {VALUE_STRING, STR_INIT("web01")}},
	    {STR_INIT("process.name"), {VALUE_STRING, STR_INIT("sshd")}},
	    {STR_INIT("process.pid"), {VALUE_NUMBER, STR_INIT("42")}},
	    {STR_INIT("message"), {VALUE_STRING, STR_INIT("Failed password")}},
	};
	struct row row = {.fields = fields, .fields_count = 4, .format = STR("syslog")};
	struct buf out = {0};
	render_text(&row, &(struct render_style){0}, &out);
	CHECK_STR(out, "1970-01-01T00:00:00Z web01 sshd[42]: Failed password\n");
	buf_deinit(&out);
}
