/* The file epoch.key: K of the present epoch, and nothing of an earlier one. What comes next is
 * durable before the present is overwritten, and both are before anything is signed with what
 * comes next. docs/formats/keys.md has the bytes and the order.
 *
 * One process at a time (the writer of the store). Names in the folder: epoch.key, and while it
 * changes epoch.key.next and epoch.key.next.tmp; no other file ever holds K.
 */
#pragma once

#include "os/os.h"
#include "seal/epoch_keys.h"

/* Makes a chain that begins with `epoch` from random bytes, durably. ERR_EXISTS; ERR_INVALID: an
 * origin or a number that keys cannot have. */
MUST_USE enum err epoch_file_create(const struct os *os, const char *folder, struct str origin,
                                    uint64_t epoch, struct epoch_keys **out_keys,
                                    struct diag *diag);
/* Loads the present keys; finishes a change that was cut short. ERR_NOT_FOUND; ERR_CORRUPT when
 * any bit is not as it was written. */
MUST_USE enum err epoch_file_open(const struct os *os, const char *folder,
                                  struct epoch_keys **out_keys, struct diag *diag);
/* Goes on to `epoch`: durably, then in memory. Nothing to do when the keys are there already.
 * Errors of epoch_keys_reach; after any other the keys are as before in memory, and those of one
 * or the other epoch on disk; it may be called again. */
MUST_USE enum err epoch_file_advance(const struct os *os, const char *folder,
                                     struct epoch_keys *keys, uint64_t epoch, struct diag *diag);

/* Looks at one of the files, and changes nothing. ERR_CORRUPT: it is damaged. */
MUST_USE enum err epoch_file_read(const struct os *os, const char *path,
                                  struct epoch_keys **out_keys, struct diag *diag);

/* The text of the file. Outside of tests out is one of secret_text_new. */
void epoch_text_format(const struct epoch_keys *keys, struct buf *out);
/* ERR_CORRUPT: anything but what epoch_text_format writes. */
MUST_USE enum err epoch_text_parse(struct str text, struct epoch_keys **out_keys);
