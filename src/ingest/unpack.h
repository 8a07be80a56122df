/* Opening compressed files and archives: members become contents of their own, named
 * "archive!/member". Made for damaged ones and for bombs: everything before the damage is taken,
 * and no archive gives more than base/limits.h allows. Private to this folder.
 */
#pragma once

#include "ingest/content.h"

/* Opens what from gives; path is that of the compressed file, nest the one made for it. A tar
 * inside is opened at once, without a level of its own. */
MUST_USE enum err unpack_compressed(struct reading *reading, const struct content *outer,
                                    struct nest *nest, const struct pull *from,
                                    enum compression compression);
MUST_USE enum err unpack_tar(struct reading *reading, const struct content *outer,
                             struct nest *nest, const struct pull *from);
/* With all bytes at hand the central directory is used; without (empty bytes) the members are read
 * as they come from pull. */
MUST_USE enum err unpack_zip(struct reading *reading, const struct content *outer,
                             struct nest *nest, struct str bytes, const struct pull *from);
