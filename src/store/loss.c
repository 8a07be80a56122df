/* After loss: a tree that can never be signed again is frozen as it is, and its class goes on as a
 * new one (docs/formats/store.md, "After loss"). Nothing is taken from the frozen tree but what its
 * log still holds; what its readable segments say of files stays known.
 */
#include <inttypes.h>

#include "store/frame.h"
#include "store/store_private.h"

/* ---- the trees before ---- */

enum err loss_open_before(struct store *store, struct diag *diag) {
	struct store *at = store;
	while (tree_number(at->class_name) > 1) {
		TRY(store_before(at, &at, diag));
	}
	return ERR_OK;
}

void loss_inherit(struct store *store) {
	struct store_writer *writer = store->writer;
	for (const struct store *at = store->before; at != NULL; at = at->before) {
		store->files.next_number = MAX_OF(store->files.next_number, at->files.next_number);
		writer->log_frame = MAX_OF(writer->log_frame, catalogue_log_frame(&at->catalogue));
		for (size_t i = 0; i < at->catalogue.count; i++) {
			const struct segment *segment = at->catalogue.entries[i].segment;
			if (segment != NULL) {
				writer->incarnation =
				    MAX_OF(writer->incarnation, segment_footer(segment)->incarnation + 1);
			}
		}
	}
}

const struct file_entry *loss_find_file(const struct store *store, uint32_t number,
                                        struct str path) {
	for (const struct store *at = store->before; at != NULL; at = at->before) {
		const struct file_entry *entry = file_table_find(&at->files, number);
		if (entry != NULL && str_eq(entry->path, path)) {
			return entry;
		}
	}
	return NULL;
}

struct file_entry *loss_adopt_file(struct store *store, const struct file_entry *entry) {
	struct segment_file row = file_entry_row(entry);
	row.first_index = UINT64_MAX; /* of this tree */
	row.done = false;
	return file_table_add(&store->files, &row);
}

/* ---- their logs ---- */

struct log_folders loss_log_folders(const struct store *store, const char *paths[CLASSES_MAX]) {
	struct log_folders folders = {.paths = paths};
	for (const struct store *at = store; at != NULL; at = at->before) {
		paths[folders.count++] = at->log;
	}
	return folders;
}

enum err loss_clear_logs(struct store *store, struct diag *diag) {
	TRY(log_clear(&store->writer->log, diag));
	for (const struct store *at = store->before; at != NULL; at = at->before) {
		struct log_writer log;
		log_writer_init(&log, at->os, at->log, at->facts.uuid, 1);
		enum err err = log_clear(&log, diag);
		log_writer_deinit(&log);
		if (err != ERR_OK && err != ERR_NOT_FOUND) { /* a lost folder holds nothing */
			return err;
		}
	}
	return ERR_OK;
}

bool loss_is_carried(const struct store *store, const struct log_frame *frame) {
	return store->writer->found.files[frame->file].folder != store->log;
}

/* A batch that cannot be understood is said to be when it is its turn. */
static uint64_t count_records(const struct log_found *found) {
	uint64_t records = 0;
	for (size_t i = 0; i < found->frames_count; i++) {
		struct batch *batch CLEANUP(batch_freep) = NULL;
		struct frame_files files;
		if (frame_decode(found->frames[i].payload, &batch, &files) == ERR_OK) {
			records += batch->count;
		}
	}
	return records;
}

/* ---- the first record of a new tree ---- */

/* What the frozen tree has signed last, as far as that can be read. */
static enum err describe_signed(struct store *frozen, struct buf *body, struct diag *diag) {
	struct seal_files files CLEANUP(seal_files_deinit) = {0};
	struct buf vkey CLEANUP(buf_deinit) = {0};
	struct verifier verifier;
	uint8_t hash[SHA256_SIZE];
	TRY(verifier_open(frozen->os, frozen->keys, &vkey, &verifier, diag));
	verifier = verifier_named(&verifier, str_from(frozen->origin));
	enum err err = seal_files_read(&files, frozen->os, frozen->tree, &verifier);
	if (err != ERR_OK) {
		return diag_set(diag, err, "the checkpoints in '%s' cannot be read: %s", frozen->tree,
		                err_text(err));
	}
	bool by_journal = files.notes > 0 && files.last_size >= files.checkpoint_size;
	if (!by_journal && !files.has_checkpoint) {
		buf_append_str(body, STR(",\"signed_size\":0,\"signed_root\":null,\"checkpoint\":null"));
		return ERR_OK;
	}
	const struct buf *note = by_journal ? &files.last_note : &files.checkpoint_note;
	sha256(note->ptr, note->len, hash);
	buf_printf(body, ",\"signed_size\":%" PRIu64 ",\"signed_root\":\"",
	           by_journal ? files.last_size : files.checkpoint_size);
	buf_append_hex(body, by_journal ? files.last_root : files.checkpoint_root, SHA256_SIZE);
	buf_append_str(body, STR("\",\"checkpoint\":\""));
	buf_append_hex(body, hash, sizeof(hash));
	buf_append_char(body, '"');
	return ERR_OK;
}

static uint64_t leaves_kept(const struct catalogue *catalogue) {
	uint64_t kept = 0;
	uint64_t end = 0;
	for (size_t i = 0; i < catalogue->count; i++) {
		const struct segment_entry *entry = &catalogue->entries[i];
		if (entry->segment != NULL && entry->end > end) {
			kept += entry->end - MAX_OF(entry->first, end);
			end = entry->end;
		}
	}
	return kept;
}

/* The frames before the first one that is there may have been lost with segments: whether they
 * were is decided here, once, and the new tree's footers go on from there. */
static enum err describe_log(struct store *store, struct buf *body, struct diag *diag) {
	struct store_writer *writer = store->writer;
	const char *paths[CLASSES_MAX];
	struct log_found found = {0};
	TRY(log_find(store->os, loss_log_folders(store, paths), store->facts.uuid, writer->log_frame,
	             &found, diag));
	uint64_t before = found.frames_count == 0 ? found.last_frame : found.frames[0].number - 1;
	buf_printf(body,
	           ",\"log_frames_missing\":%" PRIu64 ",\"log_batches\":%zu,\"log_records\":%" PRIu64,
	           before - writer->log_frame, found.frames_count, count_records(&found));
	writer->log_frame = before;
	log_found_deinit(&found);
	return ERR_OK;
}

enum err loss_record(struct store *store, struct diag *diag) {
	struct buf body CLEANUP(buf_deinit) = {0};
	if (store->before == NULL || store->catalogue.count > 0) {
		return ERR_OK;
	}
	buf_append_str(&body, STR("{\"frozen\":"));
	buf_append_json(&body, store->before->class_name);
	TRY(describe_signed(store->before, &body, diag));
	buf_printf(&body, ",\"kept\":%" PRIu64 ",\"why\":", leaves_kept(&store->before->catalogue));
	buf_append_json(&body, str_from(store->handover->why));
	TRY(describe_log(store, &body, diag));
	buf_append_char(&body, '}');
	ledger_note(store, RECORD_RECOVERY, buf_str(&body));
	return store_commit(store, diag);
}

/* ---- going on ---- */

/* First what was lost, then why there is no new tree. */
static enum err cannot_go_on(const struct store *store, enum err err, const char *why,
                             struct diag *diag) {
	struct str class_name = tree_class(store->class_name);
	diag_set(diag, err, "class %.*s: %.200s; and no new tree can be begun for it: %s",
	         STR_ARG(class_name), store->handover->why, why);
	if (err == ERR_LIMIT) {
		diag_hint(diag, "keep this store as it is, as evidence: what is left stays readable, and "
		                "`akashi verify` names the damage; begin a new one with --store");
	} else {
		diag_hint(diag,
		          "%sthen do the same again: what is left stays readable, and `akashi "
		          "verify` names the damage",
		          err == ERR_NO_SPACE ? "make room, " : "mend this, ");
	}
	return err;
}

enum err loss_go_on(struct store *store, struct diag *diag) {
	struct handover *handover = store->handover;
	struct facts *facts =
	    store->options.beside == NULL ? &store->facts : &store->options.beside->facts;
	struct str class_name = tree_class(store->class_name);
	uint64_t number = tree_number(store->class_name) + 1;
	char name[TREE_NAME_MAX + 1];
	struct diag inner = {0};
	(void)snprintf(handover->why, sizeof(handover->why), "%s", store->writer->sealing.why);
	handover->has_loss = true;
	if (number > CLASSES_MAX) {
		return cannot_go_on(store, ERR_LIMIT, "it has had its last", diag);
	}
	tree_name(class_name, number, name);
	enum err err = writer_add_tree(store, facts, str_from(name), &inner);
	if (err != ERR_OK) {
		return cannot_go_on(store, err, inner.message, diag);
	}
	store_notice(store,
	             "class %.*s: %s. What is left of the tree %.*s is frozen and stays readable; "
	             "writing goes on in the new tree %s. `akashi verify` names the damage",
	             STR_ARG(class_name), handover->why, STR_ARG(store->class_name), name);
	handover->lock_fd = store->writer->lock_fd;
	handover->made = store->writer->made;
	store->writer->lock_fd = -1;
	return ERR_OK;
}
