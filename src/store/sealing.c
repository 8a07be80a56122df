/* Signing in the safe order, and going on after a stop anywhere in it. */
#include "store/sealing.h"

#include <inttypes.h>

#include "store/path.h"

/* Reads a file that may be absent (then empty). */
static enum err read_optional(const struct os *os, const char *folder, const char *name, size_t max,
                              struct buf *out) {
	struct store_path path;
	enum err err = os_read_file(os, path_in(&path, folder, name), max, out);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static void read_journal(struct seal_files *files, const struct verifier *verifier) {
	struct str bytes = buf_str(&files->journal);
	struct str note;
	size_t at = 0;
	while (at < bytes.len) {
		struct checkpoint checkpoint;
		if (!journal_next(bytes, &at, &note)) {
			size_t next = journal_resync(bytes, at);
			if (next == bytes.len) {
				break; /* a torn tail */
			}
			files->fault = "the journal of checkpoints is damaged";
			at = next;
			continue;
		}
		if (checkpoint_open(note, verifier, &checkpoint, NULL) != ERR_OK) {
			files->fault = "the journal holds a checkpoint that this store did not sign";
			continue;
		}
		if (files->last_note.len > 0 && checkpoint.size <= files->last_size) {
			files->fault = "the journal's checkpoints are out of order";
		}
		buf_clear(&files->note_before);
		buf_append_str(&files->note_before, buf_str(&files->last_note));
		buf_clear(&files->last_note);
		buf_append_str(&files->last_note, note);
		files->last_size = checkpoint.size;
		files->notes++;
		memcpy(files->last_root, checkpoint.root, SHA256_SIZE);
	}
	files->journal_valid = at;
}

static void read_checkpoint(struct seal_files *files, const struct verifier *verifier) {
	struct checkpoint checkpoint;
	if (files->checkpoint_note.len == 0) {
		return;
	}
	if (checkpoint_open(buf_str(&files->checkpoint_note), verifier, &checkpoint, NULL) != ERR_OK) {
		return; /* the journal may have it */
	}
	files->has_checkpoint = true;
	files->checkpoint_size = checkpoint.size;
	memcpy(files->checkpoint_root, checkpoint.root, SHA256_SIZE);
}

enum err seal_files_read(struct seal_files *files, const struct os *os, const char *folder,
                         const struct verifier *verifier) {
	struct buf intent CLEANUP(buf_deinit) = {0};
	*files = (struct seal_files){0};
	TRY(read_optional(os, folder, "checkpoint", SIZE_MAX, &files->checkpoint_note));
	TRY(read_optional(os, folder, "checkpoints", SIZE_MAX, &files->journal));
	TRY(read_optional(os, folder, "intent", SIZE_MAX, &intent));
	read_checkpoint(files, verifier);
	read_journal(files, verifier);
	if (intent.len > 0) {
		files->has_intent = intent_parse(buf_str(&intent), &files->intent) == ERR_OK;
		files->intent_damaged = !files->has_intent;
		buf_append_str(&files->damaged_intent, files->intent_damaged ? buf_str(&intent) : STR(""));
	}
	return ERR_OK;
}

void seal_files_deinit(struct seal_files *files) {
	buf_deinit(&files->checkpoint_note);
	buf_deinit(&files->last_note);
	buf_deinit(&files->note_before);
	buf_deinit(&files->journal);
	buf_deinit(&files->damaged_intent);
}

/* ---- going on after a stop ---- */

/* The tree is lost. */
static enum err refuse(struct sealing *sealing, struct diag *diag, const char *what) {
	sealing->lost = true;
	(void)snprintf(sealing->why, sizeof(sealing->why), "%s", what);
	diag_set(diag, ERR_CORRUPT, "nothing can be sealed: %s", what);
	diag_hint(diag, "the store was rolled back, or parts of it are lost; `akashi verify` names the "
	                "damage, reading still works");
	return ERR_CORRUPT;
}

static enum err refuse_count(struct sealing *sealing, struct diag *diag, uint64_t signed_size,
                             uint64_t size) {
	char what[128];
	(void)snprintf(what, sizeof(what), "%" PRIu64 " records were signed, %" PRIu64 " are there",
	               signed_size, size);
	return refuse(sealing, diag, what);
}

static void say(const struct sealing_options *options, struct str message) {
	if (options->notice != NULL) {
		options->notice(options->ctx, message);
	}
}

/* The file `checkpoint` and the journal agree, or differ as a crash between them explains. */
static enum err check_files(struct sealing *sealing, const struct seal_files *files,
                            const struct sealing_options *options, struct diag *diag) {
	uint64_t signed_size = MAX_OF(files->last_size, files->checkpoint_size);
	uint64_t promised = MAX_OF(signed_size, files->has_intent ? files->intent.size : 0);
	if (options->damage.len > 0) {
		return refuse(sealing, diag, options->damage.ptr);
	}
	if (files->fault != NULL) {
		return refuse(sealing, diag, files->fault);
	}
	if (files->notes == 0 && files->checkpoint_note.len > 0 && !files->has_checkpoint) {
		return refuse(sealing, diag, "the file 'checkpoint' is no checkpoint of this store");
	}
	if (promised > options->size) {
		return refuse_count(sealing, diag, promised, options->size);
	}
	if (signed_size < options->last) {
		return refuse(sealing, diag, "checkpoints of records that were signed are missing");
	}
	return ERR_OK;
}

/* The notary may be ahead of the journal by the one checkpoint that a stop left unpublished. */
static enum err check_notary(struct sealing *sealing, const struct seal_files *files,
                             const struct sealing_options *options, struct diag *diag) {
	const struct notary_state *last = notary_last(sealing->notary);
	if (!last->known) {
		return ERR_OK;
	}
	if (last->seal > files->notes) {
		return refuse(sealing, diag, "checkpoints that were signed are missing");
	}
	return last->size > options->size ? refuse_count(sealing, diag, last->size, options->size)
	                                  : ERR_OK;
}

static enum err append_journal(struct sealing *sealing, struct str note) {
	const struct os *os = sealing->os;
	struct buf frame CLEANUP(buf_deinit) = {0};
	struct store_path path;
	int fd;
	journal_append(&frame, note);
	TRY(os->open(os->ctx, path_in(&path, sealing->folder, "checkpoints"), OS_WRITE | OS_CREATE,
	             &fd));
	enum err err = os->pwrite(os->ctx, fd, frame.ptr, frame.len, sealing->journal_size);
	if (err == ERR_OK) {
		err = os->sync_data(os->ctx, fd);
	}
	enum err closed = os->close(os->ctx, fd);
	TRY(err);
	TRY(closed);
	if (sealing->journal_size == 0) { /* a new file: its name must not come after the checkpoint */
		TRY(os->sync_folder(os->ctx, sealing->folder));
	}
	sealing->journal_size += frame.len;
	sealing->notes++;
	sha256(note.ptr, note.len, sealing->last_note);
	return ERR_OK;
}

/* A stop while sealing may have left a last frame that is read here and on no disk: its sync was
 * not made, or failed (then no later sync writes it). So it is written once more. */
static enum err write_last_again(struct sealing *sealing, const struct seal_files *files) {
	struct buf frame CLEANUP(buf_deinit) = {0};
	journal_append(&frame, buf_str(&files->last_note));
	ASSERT(sealing->journal_size >= frame.len);
	sealing->journal_size -= frame.len;
	sealing->notes--;
	return append_journal(sealing, buf_str(&files->last_note));
}

/* The file `checkpoint` is a copy of the journal's last note. An older one is what a stop leaves;
 * anything else in its place is set aside. */
static enum err publish_again(struct sealing *sealing, const struct seal_files *files,
                              const struct sealing_options *options) {
	struct str found = buf_str(&files->checkpoint_note);
	bool stopped = files->has_intent && files->intent.size == files->last_size &&
	               str_eq(found, buf_str(&files->note_before));
	if (files->last_note.len == 0 || files->checkpoint_size > files->last_size ||
	    str_eq(found, buf_str(&files->last_note))) {
		return ERR_OK;
	}
	if (found.len > 0 && !stopped) {
		TRY(options->cut(options->ctx, STR("checkpoint"), found, 0, false));
		say(options, STR("the file 'checkpoint' was not the last one of the journal; set aside"));
	}
	TRY(os_replace_file(sealing->os, sealing->folder, "checkpoint", buf_str(&files->last_note)));
	say(options, STR("the last checkpoint was published again"));
	return ERR_OK;
}

/* Overwrites a torn tail, and brings journal and checkpoint to the same last note. */
static enum err mend_files(struct sealing *sealing, struct seal_files *files,
                           const struct sealing_options *options) {
	const struct os *os = sealing->os;
	sealing->journal_size = files->journal_valid;
	sealing->notes = files->notes;
	sha256(files->last_note.ptr, files->last_note.len, sealing->last_note);
	if (files->journal_valid < files->journal.len) {
		struct str tail =
		    str_slice(buf_str(&files->journal), files->journal_valid, files->journal.len);
		struct store_path path;
		int fd;
		TRY(options->cut(options->ctx, STR("checkpoints"), tail, files->journal_valid, true));
		TRY(os->open(os->ctx, path_in(&path, sealing->folder, "checkpoints"), OS_WRITE, &fd));
		enum err err = os->truncate(os->ctx, fd, files->journal_valid);
		enum err closed = os->close(os->ctx, fd);
		TRY(err);
		TRY(closed);
		say(options, STR("the unfinished end of the journal of checkpoints was cut off"));
	}
	if (files->intent_damaged) { /* the notary's own word says what was signed */
		TRY(options->cut(options->ctx, STR("intent"), buf_str(&files->damaged_intent), 0, false));
		say(options, STR("the file 'intent' was damaged; set aside"));
	}
	if ((files->has_intent || files->intent_damaged) && files->last_note.len > 0) {
		TRY(write_last_again(sealing, files));
	}
	return publish_again(sealing, files, options);
}

/* ---- leaves at the ends ---- */

/* Keeps those of count leaves, the first of which has the number index, that go on with bundle. */
static void keep_leaves(struct sealing_bundle *bundle, uint64_t index, const uint8_t *hashes,
                        size_t count) {
	if (bundle->count == 0 || bundle->first + bundle->count != index) {
		return;
	}
	size_t fresh = MIN_OF(count, (size_t)SEALING_BUNDLE - bundle->count);
	memcpy(bundle->hashes + (size_t)bundle->count * SHA256_SIZE, hashes, fresh * SHA256_SIZE);
	bundle->count += (uint32_t)fresh;
}

void sealing_append(struct sealing *sealing, const uint8_t *hashes, size_t count) {
	uint64_t index = sealing->tree.size;
	uint64_t first = (index + count) / SEALING_BUNDLE * SEALING_BUNDLE;
	tree_append_many(&sealing->tree, hashes, count);
	keep_leaves(&sealing->signed_end, index, hashes, count);
	if (first >= index && first < index + count) { /* a bundle begins here */
		sealing->end.first = first;
		sealing->end.count = (uint32_t)(index + count - first);
		memcpy(sealing->end.hashes, hashes + (first - index) * SHA256_SIZE,
		       sealing->end.count * (size_t)SHA256_SIZE);
	} else {
		keep_leaves(&sealing->end, index, hashes, count);
	}
}

static bool has_leaves(const struct sealing_bundle *bundle, uint64_t first, uint32_t count) {
	return bundle->count > 0 && bundle->first == first && count <= bundle->count;
}

/* levels_leaves_f: those that are kept, or else from the records. */
static enum err near_leaves(void *ctx, uint64_t first, uint32_t count, uint8_t *out_hashes) {
	const struct sealing *sealing = ctx;
	const struct sealing_bundle *kept[] = {&sealing->end, &sealing->signed_end};
	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		if (has_leaves(kept[i], first, count)) {
			memcpy(out_hashes, kept[i]->hashes, (size_t)count * SHA256_SIZE);
			return ERR_OK;
		}
	}
	return sealing->leaves(sealing->leaves_ctx, first, count, out_hashes);
}

/* Appends leaves made from the records. */
static enum err append_leaves(struct sealing *sealing, const struct sealing_options *options,
                              uint64_t end) {
	uint8_t hashes[256 * SHA256_SIZE];
	while (sealing->tree.size < end) {
		uint64_t first = sealing->tree.size;
		uint64_t bundle_end = (first / 256 + 1) * 256;
		uint32_t count = (uint32_t)(MIN_OF(bundle_end, end) - first);
		TRY(options->leaves(options->leaves_ctx, first, count, hashes));
		sealing_append(sealing, hashes, count);
	}
	return ERR_OK;
}

static bool has_root(const struct sealing *sealing, const uint8_t root[SHA256_SIZE]) {
	uint8_t made[SHA256_SIZE];
	tree_root(&sealing->tree, made);
	return memcmp(made, root, sizeof(made)) == 0;
}

/* Not from the levels, which are damaged: from all records. */
static enum err make_again(struct sealing *sealing, const struct sealing_options *options,
                           struct diag *diag) {
	tree_deinit(&sealing->tree);
	tree_init(&sealing->tree);
	sealing->levels_anew = true;
	enum err err = append_leaves(sealing, options, sealing->sealed_size);
	if (err == ERR_CORRUPT) {
		return refuse(sealing, diag, "records that were signed are damaged");
	}
	if (err != ERR_OK) {
		return diag_set(diag, err, "the records cannot be read: %s", err_text(err));
	}
	return has_root(sealing, sealing->sealed_root)
	           ? ERR_OK
	           : refuse(sealing, diag, "the records are not those that were signed");
}

/* The tree as it was when it was last signed, from levels and records; it must have that root. */
static enum err restore_signed(struct sealing *sealing, const struct seal_files *files,
                               const struct sealing_options *options, struct diag *diag) {
	struct levels levels;
	bool by_journal = files->last_size >= files->checkpoint_size;
	sealing->sealed_size = by_journal ? files->last_size : files->checkpoint_size;
	memcpy(sealing->sealed_root, by_journal ? files->last_root : files->checkpoint_root,
	       SHA256_SIZE);
	if (sealing->sealed_size == 0) {
		return ERR_OK;
	}
	levels_init(&levels, sealing->os, sealing->folder, options->size, options->leaves,
	            options->leaves_ctx);
	enum err err = tree_restore(&sealing->tree, sealing->sealed_size, levels_node, &levels);
	levels_deinit(&levels);
	if (err == ERR_CORRUPT || (err == ERR_OK && !has_root(sealing, sealing->sealed_root))) {
		return make_again(sealing, options, diag);
	}
	return err == ERR_OK ? ERR_OK
	                     : diag_set(diag, err, "the tree cannot be read: %s", err_text(err));
}

/* To all records that are there. Where the notary has signed more than the journal knows, they must
 * be the records that it signed. */
static enum err grow(struct sealing *sealing, const struct sealing_options *options,
                     struct diag *diag) {
	const struct notary_state *last = notary_last(sealing->notary);
	enum err err = ERR_OK;
	if (last->known && last->size > sealing->sealed_size) {
		err = append_leaves(sealing, options, last->size);
		if (err == ERR_OK && !has_root(sealing, last->root)) {
			return refuse(sealing, diag, "the records are not those that were signed");
		}
	}
	err = err == ERR_OK ? append_leaves(sealing, options, options->size) : err;
	if (err == ERR_CORRUPT) {
		return refuse(sealing, diag, "records that no checkpoint covers yet are damaged");
	}
	return err == ERR_OK
	           ? ERR_OK
	           : diag_set(diag, err, "the tree cannot be brought up to date: %s", err_text(err));
}

/* Writes the completed entries of a level where they belong; what a crash left there was the same.
 */
static enum err write_level(struct sealing *sealing, unsigned level) {
	const struct os *os = sealing->os;
	struct buf *entries = &sealing->tree.completed[level];
	uint64_t total = level_entries(sealing->tree.size, level) * SHA256_SIZE;
	char name[LEVEL_NAME_SIZE];
	struct store_path path;
	int fd;
	ASSERT(entries->len <= total);
	level_name(level, name);
	TRY(os->open(os->ctx, path_in(&path, sealing->folder, name), OS_WRITE | OS_CREATE, &fd));
	enum err err = os->pwrite(os->ctx, fd, entries->ptr, entries->len, total - entries->len);
	if (err == ERR_OK) {
		err = os->sync_data(os->ctx, fd); /* the folder is synced with the intent */
	}
	enum err closed = os->close(os->ctx, fd);
	TRY(err);
	TRY(closed);
	buf_clear(entries);
	return ERR_OK;
}

/* Levels that do not fit the records are written again as a whole. */
static enum err write_levels_anew(struct sealing *sealing) {
	const struct os *os = sealing->os;
	for (unsigned level = 1; level < TREE_LEVELS; level++) {
		char name[LEVEL_NAME_SIZE];
		struct store_path path;
		struct os_stat stat;
		uint64_t wanted = sealing->tree.completed[level].len;
		level_name(level, name);
		bool there =
		    os->stat(os->ctx, path_in(&path, sealing->folder, name), true, &stat) == ERR_OK;
		if (there && stat.size > wanted) {
			int fd;
			TRY(os->open(os->ctx, path.text, OS_WRITE, &fd));
			enum err err = os->truncate(os->ctx, fd, wanted);
			enum err closed = os->close(os->ctx, fd);
			TRY(err);
			TRY(closed);
		}
		if (wanted > 0) {
			TRY(write_level(sealing, level));
		}
	}
	return os->sync_folder(os->ctx, sealing->folder);
}

static enum err catch_up(struct sealing *sealing, struct seal_files *files,
                         const struct sealing_options *options, struct diag *diag) {
	TRY(restore_signed(sealing, files, options, diag));
	TRY(grow(sealing, options, diag));
	enum err err = mend_files(sealing, files, options);
	if (err == ERR_OK && files->checkpoint_size > files->last_size) {
		/* The journal's tail was damaged, not torn: its note is still in `checkpoint`. */
		err = append_journal(sealing, buf_str(&files->checkpoint_note));
	}
	if (err == ERR_OK && sealing->levels_anew) {
		err = write_levels_anew(sealing);
		say(options, STR("the levels of the tree were damaged, and made again from the records"));
	}
	if (err != ERR_OK) {
		return diag_set(diag, err, "the tree cannot be brought up to date: %s", err_text(err));
	}
	uint64_t before = sealing->sealed_size;
	TRY(sealing_commit(sealing, diag));
	if (sealing->sealed_size > before) {
		struct buf text CLEANUP(buf_deinit) = {0};
		buf_printf(&text, "records %" PRIu64 " to %" PRIu64 " were sealed, which a stop had left",
		           before, sealing->sealed_size);
		say(options, buf_str(&text));
	}
	return ERR_OK;
}

/* Never goes on without keys, except where nothing was ever sealed: there it makes them. */
static enum err open_notary(struct sealing *sealing, const struct sealing_options *options,
                            bool fresh, struct diag *diag) {
	const struct notary_options notary = {.os = options->os,
	                                      .keys = options->keys,
	                                      .key_folder = options->key_folder,
	                                      .key_name = options->key_name,
	                                      .origin = options->origin,
	                                      .fresh = fresh,
	                                      .plan = options->epochs};
	struct diag inner = {0};
	enum err err = notary_open(&notary, &sealing->notary, &inner);
	if (err == ERR_OK) {
		return ERR_OK;
	}
	diag_set(diag, err, "nothing can be sealed: %s", inner.message);
	diag_hint(diag,
	          "reading still works; a key that is lost is not made anew: docs/formats/keys.md");
	return err;
}

enum err sealing_open(struct sealing *sealing, const struct sealing_options *options,
                      struct diag *diag) {
	struct seal_files files CLEANUP(seal_files_deinit) = {0};
	struct buf vkey CLEANUP(buf_deinit) = {0};
	struct verifier verifier;
	*sealing = (struct sealing){.os = options->os,
	                            .folder = options->folder,
	                            .leaves = options->leaves,
	                            .leaves_ctx = options->leaves_ctx};
	tree_init(&sealing->tree);
	TRY(verifier_open(options->os, options->keys, &vkey, &verifier, diag));
	verifier = verifier_named(&verifier, options->origin);
	enum err err = seal_files_read(&files, options->os, options->folder, &verifier);
	if (err != ERR_OK) {
		return diag_set(diag, err, "the checkpoints in '%s' cannot be read: %s", options->folder,
		                err_text(err));
	}
	TRY(open_notary(sealing, options, files.notes == 0 && !files.has_checkpoint, diag));
	TRY(check_files(sealing, &files, options, diag));
	TRY(check_notary(sealing, &files, options, diag));
	return catch_up(sealing, &files, options, diag);
}

void sealing_deinit(struct sealing *sealing) {
	notary_free(sealing->notary);
	tree_deinit(&sealing->tree);
	buf_deinit(&sealing->unpublished);
	*sealing = (struct sealing){0};
}

/* ---- signing ---- */

/* The proof that the tree goes on from what the notary has signed last. */
static enum err prove_growth(struct sealing *sealing, const struct intent *intent,
                             struct buf *out_proof) {
	const struct notary_state *last = notary_last(sealing->notary);
	struct levels levels;
	if (!last->known || last->size == 0 || last->size >= intent->size) {
		return ERR_OK; /* none is asked for */
	}
	levels_init(&levels, sealing->os, sealing->folder, intent->size, near_leaves, sealing);
	enum err err = tree_consistency(last->size, intent->size, levels_node, &levels, out_proof);
	levels_deinit(&levels);
	return err;
}

static enum err sign(struct sealing *sealing, const struct intent *intent, struct buf *note,
                     struct diag *diag) {
	struct buf proof CLEANUP(buf_deinit) = {0};
	TRY(prove_growth(sealing, intent, &proof));
	return notary_seal(sealing->notary, sealing->notes, intent->size, intent->root, buf_str(&proof),
	                   note, diag);
}

/* Up to the note in the journal, once: its next note would be of a tree that has not grown. */
static enum err sign_and_append(struct sealing *sealing, const struct intent *intent,
                                struct diag *diag) {
	const struct os *os = sealing->os;
	struct buf text CLEANUP(buf_deinit) = {0};
	struct buf note CLEANUP(buf_deinit) = {0};
	if (sealing->unpublished.len > 0) {
		return ERR_OK;
	}
	for (unsigned level = 1; level < TREE_LEVELS; level++) {
		if (sealing->tree.completed[level].len > 0) {
			TRY(write_level(sealing, level));
		}
	}
	intent_format(intent, &text);
	TRY(os_replace_file(os, sealing->folder, "intent", buf_str(&text)));
	TRY(sign(sealing, intent, &note, diag));
	TRY(append_journal(sealing, buf_str(&note)));
	buf_append_str(&sealing->unpublished, buf_str(&note));
	return ERR_OK;
}

static enum err publish(struct sealing *sealing, const struct intent *intent, struct diag *diag) {
	const struct os *os = sealing->os;
	struct store_path path;
	TRY(sign_and_append(sealing, intent, diag));
	TRY(os_replace_file(os, sealing->folder, "checkpoint", buf_str(&sealing->unpublished)));
	/* Not synced: an intent that comes back is one that was fulfilled. */
	TRY(os->unlink(os->ctx, path_in(&path, sealing->folder, "intent")));
	buf_clear(&sealing->unpublished);
	return ERR_OK;
}

/* An intent that was fulfilled before a stop. */
static enum err remove_intent(struct sealing *sealing) {
	struct store_path path;
	enum err err = sealing->os->unlink(sealing->os->ctx, path_in(&path, sealing->folder, "intent"));
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err sealing_commit(struct sealing *sealing, struct diag *diag) {
	struct intent intent = {.size = sealing->tree.size};
	enum err err;
	if (intent.size == sealing->sealed_size) {
		err = remove_intent(sealing);
	} else {
		tree_root(&sealing->tree, intent.root);
		err = publish(sealing, &intent, diag);
	}
	if (err != ERR_OK) {
		return diag != NULL && diag->message[0] != '\0'
		           ? err
		           : diag_set(diag, err, "the tree in '%s' cannot be sealed: %s", sealing->folder,
		                      err_text(err));
	}
	if (intent.size > sealing->sealed_size) {
		sealing->signed_end = sealing->end;
	}
	sealing->sealed_size = intent.size;
	if (intent.size > 0) {
		tree_root(&sealing->tree, sealing->sealed_root);
	}
	return ERR_OK;
}
