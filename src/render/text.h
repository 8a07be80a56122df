/* Pieces that renderings for a terminal share. private to src/render
 */
#pragma once

#include "render/record.h"

/* Appends an escape sequence when the style has colour. */
void render_colour(struct buf *out, const struct render_style *style, const char *colour);
