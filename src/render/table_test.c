#include "render/table.h"

#include "tap.h"

TEST(a_table_is_aligned_with_numbers_to_the_right_and_bars_behind) {
	static const struct str columns[] = {STR_INIT("host"), STR_INIT("count")};
	struct table *table = table_new(columns, 2);
	struct buf out = {0};
	table_add(table,
	          (const struct value[]){{VALUE_STRING, STR("web01")}, {VALUE_NUMBER, STR("10")}});
	table_add(table, (const struct value[]){{VALUE_STRING, STR("日本")}, {VALUE_NUMBER, STR("5")}});
	table_render_text(table, &(struct render_style){.columns = 80}, &out);
	CHECK_STR(out, "host   count\n─────  ─────\n"
	               "web01     10  ████████████████████████\n"
	               "日本       5  ████████████\n");
	CHECK_EQ(table_rows(table), 2);
	table_free(table);
	buf_deinit(&out);
}

TEST(wide_tables_shrink_to_the_terminal) {
	static const struct str columns[] = {STR_INIT("name"), STR_INIT("text")};
	struct table *table = table_new(columns, 2);
	struct buf out = {0};
	table_add(table, (const struct value[]){
	                     {VALUE_STRING, STR("short")},
	                     {VALUE_STRING, STR("a very long text that cannot fit in there")}});
	table_render_text(table, &(struct render_style){.columns = 20}, &out);
	struct str rest = buf_str(&out);
	while (rest.len > 0) {
		CHECK(render_width(str_cut(&rest, '\n')) <= 20);
	}
	table_free(table);
	buf_deinit(&out);
}

TEST(what_could_steer_a_terminal_is_shown_in_heads_and_cells) {
	static const struct str columns[] = {STR_INIT("a\033[2J")};
	struct table *table = table_new(columns, 1);
	struct buf out = {0};
	table_add(table, (const struct value[]){{VALUE_STRING, STR("b\033[2J")}});
	table_render_text(table, &(struct render_style){0}, &out);
	CHECK_STR(out, "a\\x1b[2J\n────────\nb\\x1b[2J\n");
	table_free(table);
	buf_deinit(&out);
}

TEST(rows_become_json_and_csv) {
	static const struct str columns[] = {STR_INIT("h"), STR_INIT("n")};
	const struct value values[] = {{VALUE_STRING, STR("a,b")}, {VALUE_NUMBER, STR("1.5")}};
	struct buf out = {0};
	table_render_json(columns, 2, values, &out);
	table_render_csv_header(columns, 2, &(struct render_style){0}, &out);
	table_render_csv(values, 2, &(struct render_style){0}, &out);
	CHECK_STR(out, "{\"h\":\"a,b\",\"n\":1.5}\nh,n\r\n\"a,b\",1.5\r\n");
	buf_deinit(&out);
}
