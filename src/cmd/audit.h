/* Who did what, written down before it is done: reads with --case or --purpose, and scrubs. What
 * cannot be written down is not done. docs/formats/store.md has the bodies. private to src/cmd
 */
#pragma once

#include "cmd/command.h"
#include "store/store.h"

/* Whether the read is to be recorded. */
bool audit_wanted(const struct args *args);
/* Begins the body of a record: command, user, case, purpose, classes. */
void audit_begin(const struct args *args, const char *command, const struct store_set *set,
                 struct buf *body);
/* Adds a member; of a text that is not UTF-8 also its bytes as NAME_base64. */
void audit_add_text(struct buf *body, const char *name, struct str text);
/* Likewise; NULL: null. */
void audit_add_option(struct buf *body, const char *name, const char *value);
/* INSTANT_MIN, INSTANT_MAX: null. */
void audit_add_time(struct buf *body, const char *name, int64_t ns);
void audit_add_number(struct buf *body, const char *name, uint64_t number);
void audit_end(struct buf *body);
/* Ends the body and writes the record; durable on return. type: enum record_type, audit or export.
 * Waits some seconds for another writer. */
MUST_USE enum err audit_write(const struct args *args, uint8_t type, struct buf *body,
                              struct diag *diag);
/* Writes a record whose body is whole. */
MUST_USE enum err audit_write_body(const struct args *args, uint8_t type, struct str body,
                                   struct diag *diag);
