/* Opening for writing: making a store, the lock, and everything that a stop may have left: an
 * unfinished segment, a log with acknowledged batches, a tree that is behind. See docs/formats/
 * store.md, "After a stop".
 */
#include <inttypes.h>

#include "store/ballast.h"
#include "store/leftovers.h"
#include "store/store_private.h"

/* ---- making a store ---- */

struct folder_look {
	bool has_store, has_foreign;
};

static bool is_own_name(struct str name) {
	static const struct str own[] = {
	    STR_INIT("lock"),    STR_INIT("keys"),       STR_INIT("segments"),  STR_INIT("tree"),
	    STR_INIT("log"),     STR_INIT("objects"),    STR_INIT("store.tmp"), STR_INIT("quarantine"),
	    STR_INIT("ballast"), STR_INIT("ballast.tmp")};
	for (size_t i = 0; i < ARRAY_LEN(own); i++) {
		if (str_eq(name, own[i])) {
			return true;
		}
	}
	return false;
}

static enum err look_at_name(void *ctx, struct str name, enum os_file_kind kind) {
	struct folder_look *look = ctx;
	(void)kind;
	if (str_eq(name, STR("store"))) {
		look->has_store = true;
	} else if (!is_own_name(name)) {
		look->has_foreign = true;
	}
	return ERR_OK;
}

/* Nothing was ever kept here: no segment, no checkpoint. */
static enum err count_name(void *ctx, struct str name, enum os_file_kind kind) {
	size_t *count = ctx;
	(void)name;
	(void)kind;
	(*count)++;
	return ERR_OK;
}

static bool holds_anything(const struct os *os, const char *folder) {
	size_t count = 0;
	return os->list(os->ctx, folder, count_name, &count) == ERR_OK && count > 0;
}

/* A key that a stop left behind before the store was whole has signed nothing. */
static void drop_unused_keys(struct store *store) {
	static const char *const names[] = {"identity.key", "identity.vkey", "identity.key.tmp",
	                                    "identity.vkey.tmp"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct store_path path;
		path_remove(store->os, path_in(&path, store->keys, names[i]));
	}
}

/* Its name is synced once the store is made; see make_folders. */
static enum err make_folder(const struct os *os, const char *path) {
	enum err err = os->make_folder(os->ctx, path);
	return err == ERR_EXISTS ? ERR_OK : err;
}

/* The folder that holds the store's: "." for a bare name. */
static void parent_of(const char *folder, char out_parent[LIMIT_PATH]) {
	size_t len = strlen(folder);
	while (len > 1 && folder[len - 1] == '/') {
		len--;
	}
	while (len > 0 && folder[len - 1] != '/') {
		len--;
	}
	(void)snprintf(out_parent, LIMIT_PATH, "%.*s", len == 0 ? 1 : (int)len,
	               len == 0 ? "." : folder);
}

static enum err make_tree_folders(struct store *store, struct str name) {
	static const char *const above[] = {"segments", "tree", "log"};
	char text[TREE_NAME_MAX + 1];
	(void)snprintf(text, sizeof(text), "%.*s", STR_ARG(name));
	for (size_t i = 0; i < ARRAY_LEN(above); i++) {
		struct store_path path;
		struct store_path folder;
		TRY(make_folder(store->os, path_in(&path, store->folder, above[i])));
		TRY(make_folder(store->os, path_in(&folder, path.text, text)));
		TRY(store->os->sync_folder(store->os->ctx, path.text));
	}
	return ERR_OK;
}

/* All folders, then one sync for each that holds some: also of those that a stop left made but not
 * synced, and of the store's own. */
static enum err make_folders(struct store *store) {
	const struct os *os = store->os;
	char parent[LIMIT_PATH];
	parent_of(store->folder, parent);
	TRY(make_folder(os, store->keys));
	TRY(make_folder(os, store->objects));
	TRY(make_tree_folders(store, store->class_name));
	enum err err = os->sync_folder(os->ctx, parent);
	if (err != ERR_OK && err != ERR_DENIED) { /* denied: then somebody else made our folder */
		return err;
	}
	return os->sync_folder(os->ctx, store->folder);
}

static enum err write_facts(struct store *store, const struct facts *facts, struct diag *diag) {
	struct buf text CLEANUP(buf_deinit) = {0};
	facts_format(facts, &text);
	enum err err = os_replace_file(store->os, store->folder, "store", buf_str(&text));
	return err == ERR_OK ? ERR_OK
	                     : diag_set(diag, err, "'%s/store' cannot be written: %s", store->folder,
	                                err_text(err));
}

static enum err make_store(struct store *store, struct diag *diag) {
	uint8_t uuid[UUID_SIZE];
	enum err err = make_folders(store);
	if (err == ERR_OK) {
		err = uuid_new(store->os, uuid);
	}
	if (err != ERR_OK) {
		return diag_set(diag, err, "the store '%s' cannot be made: %s", store->folder,
		                err_text(err));
	}
	if (holds_anything(store->os, store->segments) || holds_anything(store->os, store->tree)) {
		return diag_set(diag, ERR_CORRUPT,
		                "'%s' has lost its file 'store', but there are records in it",
		                store->folder);
	}
	struct facts facts = facts_make(uuid);
	drop_unused_keys(store);
	TRY(signer_create(store->os, store->keys, str_from(facts.origin), diag));
	return write_facts(store, &facts, diag);
}

/* A tree is listed before anything is kept in it, and its folders are there before it is listed. */
enum err writer_add_tree(struct store *store, struct facts *facts, struct str name,
                         struct diag *diag) {
	if (facts_has_class(facts, name)) {
		return ERR_OK;
	}
	struct facts more = *facts;
	if (facts_add_class(&more, name) != ERR_OK) {
		diag_set(diag, ERR_LIMIT, "a store has at most %d classes and trees", CLASSES_MAX);
		diag_hint(diag, "use a class that is there, or begin a new store with --store");
		return ERR_LIMIT;
	}
	enum err err = make_tree_folders(store, name);
	if (err != ERR_OK) {
		return diag_set(diag, err, "the folders of class '%.*s' cannot be made: %s", STR_ARG(name),
		                err_text(err));
	}
	TRY(write_facts(store, &more, diag));
	*facts = more;
	return ERR_OK;
}

static enum err take_lock(struct store *store, struct diag *diag) {
	const struct os *os = store->os;
	struct store_path path;
	enum err err = os->open(os->ctx, path_in(&path, store->folder, "lock"), OS_WRITE | OS_CREATE,
	                        &store->writer->lock_fd);
	if (err != ERR_OK) {
		store->writer->lock_fd = -1;
		return diag_set(diag, err, "'%s' cannot be opened: %s", path.text, err_text(err));
	}
	err = os->lock(os->ctx, store->writer->lock_fd);
	if (err == ERR_LOCKED) {
		return diag_set(diag, err, "another program is writing to the store '%s'", store->folder);
	}
	return err == ERR_OK
	           ? ERR_OK
	           : diag_set(diag, err, "'%s' cannot be locked: %s", path.text, err_text(err));
}

enum err writer_lock(struct store *store, struct diag *diag) {
	const struct os *os = store->os;
	struct folder_look look = {0};
	store->writer = calloc(1, sizeof(*store->writer));
	ASSERT(store->writer != NULL);
	ASSERT(pthread_mutex_init(&store->writer->lock, NULL) == 0);
	store->writer->lock_fd = store->handover->lock_fd;
	store->handover->lock_fd = -1;
	store->writer->made = store->handover->made;
	log_writer_init(&store->writer->log, os, store->log, store->facts.uuid, 1);
	if (store->options.beside != NULL) {
		return writer_add_tree(store, &store->options.beside->facts, store->class_name, diag);
	}
	if (store->writer->lock_fd >= 0) {
		return ERR_OK; /* handed over */
	}
	enum err err = os->list(os->ctx, store->folder, look_at_name, &look);
	if (err == ERR_NOT_FOUND && store->options.create) {
		char parent[LIMIT_PATH];
		parent_of(store->folder, parent);
		err = os_make_folders(os, parent);
		err = err == ERR_OK ? make_folder(os, store->folder) : err;
	}
	if (err == ERR_NOT_FOUND && !store->options.create) {
		diag_set(diag, err, "there is no store at '%s'", store->folder);
		diag_hint(diag, "`akashi ingest --store %s PATH` makes one", store->folder);
		return err;
	}
	if (err != ERR_OK) {
		return diag_set(diag, err, "the folder '%s' cannot be used: %s", store->folder,
		                err_text(err));
	}
	if (!look.has_store && look.has_foreign) {
		diag_set(diag, ERR_INVALID, "'%s' is not a store, and not empty", store->folder);
		diag_hint(diag, "name a new or an empty folder");
		return ERR_INVALID;
	}
	if (!look.has_store && !store->options.create) {
		return diag_set(diag, ERR_NOT_FOUND, "there is no store at '%s'", store->folder);
	}
	TRY(take_lock(store, diag));
	store->writer->made = !look.has_store;
	return look.has_store ? ERR_OK : make_store(store, diag);
}

/* ---- after a stop ---- */

static void remove_leftovers(struct store *store) {
	const struct buf *names = &store->catalogue.leftovers;
	for (size_t at = 0; at < names->len; at += strlen(names->ptr + at) + 1) {
		struct store_path path;
		path_remove(store->os, path_in(&path, store->segments, names->ptr + at));
	}
	if (store->options.beside == NULL) {
		(void)leftovers_remove(store->os, store->folder);
	} else { /* the other classes are being written */
		(void)leftovers_remove_class(store->os, store->folder, store->class_name);
	}
}

static enum err cut_tail(void *ctx, struct str what, struct str bytes, uint64_t offset, bool torn) {
	TRY(store_quarantine(ctx, what, bytes));
	ledger_note_aside(ctx, what, bytes, offset, torn);
	return ERR_OK;
}

static void pass_notice(void *ctx, struct str message) {
	store_notice(ctx, "%.*s", STR_ARG(message));
}

static enum err open_sealing(struct store *store, struct str damage, struct diag *diag) {
	struct sealing_options options = {
	    .os = store->os,
	    .folder = store->tree,
	    .keys = store->keys,
	    .key_folder = store->key_folder,
	    .epochs = {.seals = store->options.epoch_seals, .count = store->options.epoch_count},
	    .key_name = str_from(store->facts.origin),
	    .origin = str_from(store->origin),
	    .size = catalogue_end(&store->catalogue),
	    .last = catalogue_last(&store->catalogue),
	    .damage = damage,
	    .leaves = store_leaves,
	    .leaves_ctx = store,
	    .cut = cut_tail,
	    .notice = pass_notice,
	    .ctx = store};
	struct sealing *sealing = &store->writer->sealing;
	struct diag inner = {0};
	enum err err = sealing_open(sealing, &options, &inner);
	if (err == ERR_NO_SPACE && ballast_release(store->os, store->folder)) {
		sealing_deinit(sealing);
		inner = (struct diag){0};
		err = sealing_open(sealing, &options, &inner);
	}
	if (err != ERR_OK) {
		if (diag != NULL) {
			*diag = inner;
		}
		return err;
	}
	store_load_checkpoint(store);
	return ERR_OK;
}

/* The torn end of an unfinished write is set aside; loss is said (replay_plan has its record). */
static enum err judge_log(struct store *store) {
	struct store_writer *writer = store->writer;
	const struct log_found *found = &writer->found;
	for (size_t i = 0; i < found->damages_count; i++) {
		const struct log_damage *damage = &found->damages[i];
		const struct log_file *file = &found->files[damage->file];
		if (damage->size > 0) {
			struct str bytes = str_make(file->bytes + damage->offset, damage->size);
			TRY(store_quarantine(store, STR("log"), bytes));
			ledger_note_aside(store, STR("log"), bytes, damage->offset, damage->torn);
		}
		store_notice(store, "log/%s: %" PRIu64 " bytes at %" PRIu64 " are %s; set aside",
		             file->name, damage->size, damage->offset,
		             damage->torn ? "the end of an unfinished write" : "damaged");
	}
	if (found->missing_frames > 0) {
		store_notice(store, "%" PRIu64 " acknowledged batches are lost from the damaged log",
		             found->missing_frames);
	}
	if (found->frames_count > 0) {
		store_notice(store, "%zu batches are taken over from the log, %" PRIu64 " to %" PRIu64,
		             found->frames_count, found->frames[0].number, found->last_frame);
	}
	return ERR_OK;
}

static enum err open_log(struct store *store, struct diag *diag) {
	struct store_writer *writer = store->writer;
	const char *paths[CLASSES_MAX];
	TRY(log_find(store->os, loss_log_folders(store, paths), store->facts.uuid, writer->log_frame,
	             &writer->found, diag));
	writer->log_dirty = writer->found.files_count > 0;
	enum err err = judge_log(store);
	if (err != ERR_OK) {
		return diag_set(diag, err, "damaged parts of the log cannot be set aside: %s",
		                err_text(err));
	}
	log_writer_init(&writer->log, store->os, store->log, store->facts.uuid,
	                writer->found.last_frame + 1);
	writer->log.bytes_max = store->options.log_bytes;
	log_adopt(&writer->log, &writer->found);
	TRY(replay_plan(store, diag));
	if (writer->log_dirty && writer->found.frames_count == 0 && !ledger_waits(store)) {
		writer->log_dirty = false;
		return loss_clear_logs(store, diag);
	}
	return ERR_OK;
}

bool writer_takes_over(const struct store *store) {
	const struct catalogue *catalogue = &store->catalogue;
	if (catalogue->count == 0) {
		return false;
	}
	const struct segment *segment = catalogue->entries[catalogue->count - 1].segment;
	const struct segment_footer *last = segment_footer(segment);
	uint64_t limit = MIN_OF(store->options.rewrite_bytes, store->options.segment_bytes);
	return segment_takes_over(segment) && last->bytes_raw < limit &&
	       last->count < SEGMENT_ROWS_MAX / 2;
}

/* Goes on behind the last segment; in its last salt bundle when it is to be written again. */
static void go_on(struct store *store) {
	struct store_writer *writer = store->writer;
	uint64_t end = catalogue_end(&store->catalogue);
	writer->next_index = writer->appended_index = end;
	writer->committed_index = writer->logged_index = end;
	writer->incarnation = 1;
	loss_inherit(store);
	if (store->catalogue.count == 0) {
		return;
	}
	struct segment *last = store->catalogue.entries[store->catalogue.count - 1].segment;
	const struct segment_footer *footer = segment_footer(last);
	writer->incarnation = MAX_OF(writer->incarnation, footer->incarnation + 1);
	writer->log_frame = footer->log_frame; /* at least that of the trees before */
	writer->rewrites_last = writer_takes_over(store);
	if (writer->rewrites_last) {
		writer->has_seed = segment_seed(last, end - 1, writer->seed) == ERR_OK;
		ASSERT(writer->has_seed); /* it is taken over only then */
		writer->planned_bytes = footer->bytes_raw;
		writer->planned_rows = footer->count;
	}
}

/* A process that was killed between a rename and the sync of its folder leaves a name that is seen
 * but not durable: the file `store` (then nothing was sealed yet), or a segment (then it is not
 * sealed). Before anything is built on them, they are made so. */
static enum err sync_names(struct store *store) {
	const struct os *os = store->os;
	store_load_checkpoint(store);
	if (store->checkpoint_size == 0 && !store->writer->made) {
		TRY(os->sync_folder(os->ctx, store->folder));
	}
	return catalogue_end(&store->catalogue) > store->checkpoint_size
	           ? os->sync_folder(os->ctx, store->segments)
	           : ERR_OK;
}

/* Folders were made before the tree was listed. One that is gone is made again, so that writing
 * goes on; what was in it is missed by what was signed. Not that of the segments: without it the
 * tree is lost, and that must be seen again after a stop. */
static enum err mend_folders(struct store *store, struct diag *diag) {
	const char *const folders[] = {store->tree, store->log};
	for (size_t i = 0; i < ARRAY_LEN(folders) && !store->no_segments; i++) {
		struct os_stat stat;
		if (store->os->stat(store->os->ctx, folders[i], true, &stat) != ERR_NOT_FOUND) {
			continue;
		}
		store_notice(store, "the folder '%s' was gone, and is made again", folders[i]);
		enum err err = make_tree_folders(store, store->class_name);
		if (err != ERR_OK) {
			return diag_set(diag, err, "the folder '%s' is gone: %s", folders[i], err_text(err));
		}
	}
	return ERR_OK;
}

enum err writer_open(struct store *store, struct diag *diag) {
	struct store_options *options = &store->options;
	options->segment_bytes =
	    options->segment_bytes == 0 ? SEGMENT_BYTES_DEFAULT : options->segment_bytes;
	options->rewrite_bytes =
	    options->rewrite_bytes == 0 ? REWRITE_BYTES_DEFAULT : options->rewrite_bytes;
	options->log_bytes = options->log_bytes == 0 ? LOG_BYTES_DEFAULT : options->log_bytes;
	struct diag damage = {0};
	TRY(loss_open_before(store, diag));
	TRY(mend_folders(store, diag));
	if (store->no_segments) {
		(void)diag_set(&damage, ERR_CORRUPT, "the folder of its segments is gone");
	} else if (catalogue_check(&store->catalogue, &damage) == ERR_OK) {
		enum err err = sync_names(store);
		if (err != ERR_OK) {
			return diag_set(diag, err, "the store '%s' cannot be synced: %s", store->folder,
			                err_text(err));
		}
		remove_leftovers(store);
		go_on(store);
	}
	TRY(open_sealing(store, str_from(damage.message), diag));
	TRY(loss_record(store, diag));
	TRY(open_log(store, diag));
	TRY(ledger_open(store, diag));
	ballast_make(store->os, store->folder);
	return ERR_OK;
}

void writer_take(struct store_writer *writer) {
	ASSERT(pthread_mutex_lock(&writer->lock) == 0);
}

void writer_give(struct store_writer *writer) {
	ASSERT(pthread_mutex_unlock(&writer->lock) == 0);
}

void writer_free(struct store *store) {
	struct store_writer *writer = store->writer;
	if (writer == NULL) {
		return;
	}
	segment_writer_abort(writer->open.writer);
	log_writer_deinit(&writer->log);
	log_found_deinit(&writer->found);
	sealing_deinit(&writer->sealing);
	struct segment **retired = (struct segment **)(void *)writer->retired.ptr;
	for (size_t i = 0; i < writer->retired.len / sizeof(*retired); i++) {
		segment_free(retired[i]);
	}
	buf_deinit(&writer->kept);
	buf_deinit(&writer->changes);
	buf_deinit(&writer->acks);
	buf_deinit(&writer->same);
	buf_deinit(&writer->waiting);
	buf_deinit(&writer->retired);
	if (writer->lock_fd >= 0) {
		(void)store->os->close(store->os->ctx, writer->lock_fd); /* gives the lock back */
	}
	(void)pthread_mutex_destroy(&writer->lock); /* nobody holds it */
	free(writer);
	store->writer = NULL;
}
