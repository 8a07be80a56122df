/* Result tables (stats, top, timechart): aligned for a terminal, CSV and JSON lines for programs.
 */
#pragma once

#include "event/value.h"
#include "render/record.h"

struct table;

/* columns' names are copied. Rows are kept until table_flush because widths depend on all. */
struct table *table_new(const struct str *columns, size_t count);
void table_free(struct table *table);
void table_add(struct table *table, const struct value *values);
size_t table_rows(const struct table *table);
/* Aligned text: header, rule, rows; numbers to the right; cut to style->columns. A chart of bars
 * stands behind when the first column is a time and there is one number. */
void table_render_text(const struct table *table, const struct render_style *style,
                       struct buf *out);
/* One JSON object a row. */
void table_render_json(const struct str *columns, size_t count, const struct value *values,
                       struct buf *out);
void table_render_csv_header(const struct str *columns, size_t count,
                             const struct render_style *style, struct buf *out);
void table_render_csv(const struct value *values, size_t count, const struct render_style *style,
                      struct buf *out);
