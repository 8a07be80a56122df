/* Views of pages whose block was made for them alone, for tests, which include tap.h before. */
#pragma once

#include "store/block_rows.h"
#include "store/view_private.h"

struct viewed {
	struct buf bytes; /* of the block */
	struct block *block;
	struct store_view *view;
};

/* Makes the block of page, which keeps its rows but for their cut. */
static inline void viewed_block(struct store_page *page, struct buf *out_bytes) {
	struct block_draft *draft = block_draft_new();
	block_draft_add(draft, &page->block_rows->cut);
	block_draft_put(draft, 1, out_bytes);
	block_draft_free(draft);
}

static inline bool viewed_open(struct viewed *viewed, const struct store_page *page,
                               const struct view_names *names) {
	struct diag diag = {0};
	if (!CHECK_EQ(
	        block_open(buf_str(&viewed->bytes), page->rows, page->block_rows->kept, &viewed->block),
	        ERR_OK) ||
	    !CHECK_EQ(view_new(buf_str(&page->bytes), NULL, 0, names, &viewed->view, &diag), ERR_OK)) {
		return false;
	}
	view_block_lend(viewed->view, viewed->block, 0, 0);
	return true;
}

static inline bool viewed_make(struct viewed *viewed, struct store_page *page,
                               const struct view_names *names) {
	*viewed = (struct viewed){0};
	viewed_block(page, &viewed->bytes);
	return viewed_open(viewed, page, names);
}

static inline void viewed_deinit(struct viewed *viewed) {
	store_view_free(viewed->view);
	block_free(viewed->block);
	buf_deinit(&viewed->bytes);
	*viewed = (struct viewed){0};
}

/* Asks for everything; the first error or ERR_OK. */
static inline enum err viewed_walk(struct store_view *view) {
	const struct str *names = NULL;
	const struct str *texts;
	const struct column *column;
	struct row row;
	struct view_body body;
	enum err err = store_view_texts(view, &texts);
	size_t count = store_view_names(view, &names);
	for (size_t i = 0; i < count; i++) {
		enum err column_err = store_view_column(view, names[i], &column);
		err = err == ERR_OK ? column_err : err;
	}
	for (uint32_t i = 0; i < store_view_rows(view); i++) {
		enum err row_err = store_view_row(view, i, &row);
		err = err == ERR_OK ? row_err : err;
		row_err = store_view_body(view, i, &body);
		err = err == ERR_OK ? row_err : err;
	}
	return err;
}
