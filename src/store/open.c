/* Opening and closing, for readers and for the writer's first steps: the folder, the facts, the
 * segments and the tables that their footers make up.
 */
#include <stdarg.h>

#include "base/map.h"
#include "base/sha256.h"
#include "store/leaves.h"
#include "store/store_private.h"

void store_notice(const struct store *store, const char *format, ...) {
	if (store->options.notice == NULL) {
		return;
	}
	char text[DIAG_TEXT_MAX];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	store->options.notice(store->options.ctx, str_from(text));
}

enum err store_quarantine(struct store *store, struct str what, struct str bytes) {
	uint8_t digest[SHA256_SIZE];
	struct buf name CLEANUP(buf_deinit) = {0};
	sha256(bytes.ptr, bytes.len, digest);
	buf_append_str(&name, what);
	buf_append_char(&name, '-');
	buf_append_hex(&name, digest, sizeof(digest));
	buf_append(&name, ".bin", 5);
	enum err err = store->os->make_folder(store->os->ctx, store->quarantine);
	if (err != ERR_OK && err != ERR_EXISTS) {
		return err;
	}
	TRY(store->os->sync_folder(store->os->ctx, store->folder)); /* also of one made before a stop */
	return os_replace_file(store->os, store->quarantine, name.ptr, bytes);
}

static struct str name_of_file(void *ctx, uint32_t file) {
	const struct store *store = ctx;
	const struct file_entry *entry = file_table_find(&store->files, file);
	return entry == NULL ? STR("") : entry->path;
}

static struct str name_of_stream(void *ctx, uint32_t stream) {
	const struct store *store = ctx;
	const struct stream_entry *entry = stream_table_find(&store->streams, stream);
	return entry == NULL ? STR("") : entry->name;
}

struct view_names store_names(struct store *store) {
	return (struct view_names){
	    .ctx = store, .file_path = name_of_file, .stream_name = name_of_stream};
}

static enum err view_leaves(struct leaf_reader *reader, struct store_view *view, uint64_t first,
                            uint32_t count, uint32_t *out_done, uint8_t *out_hashes) {
	uint32_t from = (uint32_t)(first - store_view_first_index(view));
	uint32_t to = (uint32_t)MIN_OF((uint64_t)store_view_rows(view), (uint64_t)from + count);
	*out_done = to - from;
	return leaf_reader_hash(reader, view, from, to, out_hashes, NULL);
}

static enum err page_leaves(struct store *store, struct leaf_reader *reader, uint64_t first,
                            uint32_t count, uint32_t *out_done, uint8_t *out_hashes) {
	struct segment *segment = catalogue_find(&store->catalogue, first);
	if (segment == NULL) {
		return ERR_CORRUPT;
	}
	struct view_names names = store_names(store);
	struct store_view *view = NULL;
	TRY(segment_view(segment, segment_page_of(segment, first), &names, &view, NULL));
	enum err err = view_leaves(reader, view, first, count, out_done, out_hashes);
	store_view_free(view);
	return err;
}

static bool holds(const struct store_view *view, uint64_t index) {
	return view != NULL && index >= store_view_first_index(view) &&
	       index < store_view_first_index(view) + store_view_rows(view);
}

enum err store_leaves_near(void *ctx, uint64_t first, uint32_t count, uint8_t *out_hashes) {
	const struct leaves_near *near = ctx;
	struct leaf_reader reader CLEANUP(leaf_reader_deinit);
	leaf_reader_init(&reader, near->store->os, near->store->objects);
	for (uint32_t at = 0; at < count;) {
		uint32_t done = 0;
		uint8_t *out = out_hashes + (size_t)at * SHA256_SIZE;
		TRY(holds(near->view, first + at)
		        ? view_leaves(&reader, near->view, first + at, count - at, &done, out)
		        : page_leaves(near->store, &reader, first + at, count - at, &done, out));
		at += done;
	}
	return ERR_OK;
}

enum err store_leaves(void *ctx, uint64_t first, uint32_t count, uint8_t *out_hashes) {
	struct leaves_near near = {.store = ctx};
	return store_leaves_near(&near, first, count, out_hashes);
}

/* ---- opening ---- */

static char *subfolder(struct store *store, const char *name) {
	struct str text = arena_printf(store->arena, "%.*s/%s", STR_ARG(store->path), name);
	return arena_cstr(store->arena, text);
}

static char *class_folder(struct store *store, const char *name) {
	struct str text = arena_printf(store->arena, "%.*s/%s/%.*s", STR_ARG(store->path), name,
	                               STR_ARG(store->class_name));
	return arena_cstr(store->arena, text);
}

/* A reader names a tree; a writer names a class, whose newest tree it is given. */
static enum err set_class(struct store *store, const char *name, struct diag *diag) {
	store->class_name =
	    str_from(arena_cstr(store->arena, str_from(name == NULL ? CLASS_DEFAULT : name)));
	if (store->options.writable ? class_name_valid(store->class_name)
	                            : tree_name_valid(store->class_name)) {
		return ERR_OK;
	}
	diag_set(diag, ERR_INVALID, "'%.80s' cannot name a class", name);
	diag_hint(diag, "small letters, digits and dashes, at most %d: such as 1y", CLASS_NAME_MAX);
	return ERR_INVALID;
}

static enum err set_paths(struct store *store, const char *path, struct diag *diag) {
	struct str text = str_from(path);
	if (text.len == 0 || text.len > LIMIT_PATH - 256) {
		return diag_set(diag, ERR_LIMIT, "the path of the store is empty or too long");
	}
	store->path = arena_str(store->arena, text);
	store->folder = arena_cstr(store->arena, text);
	store->segments = class_folder(store, "segments");
	store->tree = class_folder(store, "tree");
	store->keys = subfolder(store, "keys");
	store->key_folder = class_folder(store, "keys");
	store->log = class_folder(store, "log");
	store->objects = subfolder(store, "objects");
	store->quarantine = subfolder(store, "quarantine");
	return ERR_OK;
}

static enum err read_facts(struct store *store, struct diag *diag) {
	struct buf text CLEANUP(buf_deinit) = {0};
	struct store_path path;
	enum err err =
	    os_read_file(store->os, path_in(&path, store->folder, "store"), FACTS_MAX, &text);
	if (err == ERR_NOT_FOUND) {
		diag_set(diag, err, "there is no store at '%s'", store->folder);
		diag_hint(diag, "`akashi ingest --store %s PATH` makes one", store->folder);
		return err;
	}
	if (err != ERR_OK) {
		return diag_set(diag, err, "the store at '%s' cannot be read: %s", store->folder,
		                err_text(err));
	}
	return facts_parse(buf_str(&text), &store->facts, diag);
}

static enum err check_class(struct store *store, struct diag *diag) {
	facts_origin(&store->facts, store->class_name, store->origin);
	return facts_has_class(&store->facts, store->class_name)
	           ? ERR_OK
	           : diag_set(diag, ERR_NOT_FOUND, "the store '%s' has no class '%.*s'", store->folder,
	                      STR_ARG(store->class_name));
}

/* What footers of a frozen tree say of files holds only as far as the records are there: the state
 * that was true before the first gap that may have cost some of a file. */
struct gaps {
	struct map *known;    /* number of a file -> where the segment ends that spoke of it last */
	uint64_t end, gap_to; /* of the segments so far; of the last gap among them */
};

static bool holds_still(struct gaps *gaps, const struct segment_file *row, uint64_t end) {
	bool added;
	uint64_t *seen =
	    map_put(gaps->known, str_make((const char *)&row->file, sizeof(row->file)), end, &added);
	uint64_t from = added ? row->first_index : *seen;
	*seen = from < gaps->gap_to ? 0 : end; /* 0: for ever */
	return from >= gaps->gap_to;
}

/* A number that was given is never given again, also when its file is not known any more. */
static void load_file(struct store *store, const struct segment_file *row, bool held) {
	store->files.next_number = MAX_OF(store->files.next_number, row->file + 1);
	if (held || !store->is_before) {
		file_table_load(&store->files, row);
		file_table_find(&store->files, row->file)->holed |= !held;
	}
}

/* Later segments win, so in order. */
static void load_footers(struct store *store) {
	struct gaps gaps = {.known = map_new()};
	for (size_t i = 0; i < store->catalogue.count; i++) {
		const struct segment_entry *entry = &store->catalogue.entries[i];
		if (entry->segment == NULL) {
			continue;
		}
		const struct segment_footer *footer = segment_footer(entry->segment);
		gaps.gap_to = entry->first > gaps.end ? entry->first : gaps.gap_to;
		gaps.end = MAX_OF(gaps.end, entry->end);
		for (uint32_t row = 0; row < footer->streams_count; row++) {
			stream_table_load(&store->streams, &footer->streams[row]);
		}
		for (uint32_t row = 0; row < footer->files_count; row++) {
			load_file(store, &footer->files[row],
			          holds_still(&gaps, &footer->files[row], entry->end));
		}
	}
	map_free(gaps.known);
}

static bool take_note(struct store *store, struct str note, const struct verifier *verifier) {
	struct checkpoint checkpoint;
	if (checkpoint_open(note, verifier, &checkpoint, NULL) != ERR_OK) {
		return false;
	}
	buf_clear(&store->note);
	buf_append_str(&store->note, note);
	store->checkpoint_size = checkpoint.size;
	memcpy(store->checkpoint_root, checkpoint.root, SHA256_SIZE);
	return true;
}

/* For facts about the store; whether it is right is for store_verify. */
void store_load_checkpoint(struct store *store) {
	struct buf vkey CLEANUP(buf_deinit) = {0};
	struct buf note CLEANUP(buf_deinit) = {0};
	struct store_path path;
	struct verifier verifier;
	if (os_read_file(store->os, path_in(&path, store->keys, "identity.vkey"), FACTS_MAX, &vkey) !=
	        ERR_OK ||
	    verifier_parse(str_trim(buf_str(&vkey)), &verifier, NULL) != ERR_OK) {
		return;
	}
	verifier = verifier_named(&verifier, str_from(store->origin));
	enum err err =
	    os_read_file(store->os, path_in(&path, store->tree, "checkpoint"), NOTE_MAX, &note);
	if ((err == ERR_OK && take_note(store, buf_str(&note), &verifier)) || !store_is_frozen(store)) {
		return;
	}
	/* No writer publishes it again; with the journal nobody is at work. */
	struct seal_files files CLEANUP(seal_files_deinit) = {0};
	if (seal_files_read(&files, store->os, store->tree, &verifier) == ERR_OK && files.notes > 0) {
		(void)take_note(store, buf_str(&files.last_note), &verifier); /* was opened with this key */
	}
}

/* A folder of segments that is gone is as if each of them were. */
static enum err load_tree(struct store *store, struct diag *diag) {
	struct catalogue_owner owner = {.store_uuid = store->facts.uuid,
	                                .tree = store->class_name,
	                                .late = !store->options.writable};
	struct diag inner = {0};
	enum err err = catalogue_load(&store->catalogue, store->os, store->segments, &owner, &inner);
	if (err != ERR_OK && err != ERR_NOT_FOUND) {
		return diag_set(diag, err, "%s", inner.message);
	}
	store->no_segments = err == ERR_NOT_FOUND;
	load_footers(store);
	return ERR_OK;
}

static enum err find_segment(void *ctx, struct str name, enum os_file_kind kind) {
	bool *found = ctx;
	uint64_t first;
	uint64_t end;
	(void)kind;
	*found = *found || segment_name_parse(name, &first, &end);
	return ERR_OK;
}

/* The newest of the class. When a stop came before its first record, the loss that it is to tell of
 * is looked at once more, in the tree before. */
static enum err choose_tree(struct store *store, struct diag *diag) {
	struct str newest = facts_newest(&store->facts, store->class_name);
	uint64_t number = tree_number(newest);
	char name[TREE_NAME_MAX + 1];
	bool begun = number <= 1 || store->handover->has_loss;
	if (!begun) {
		char folder[TREE_NAME_MAX + 16];
		struct store_path path;
		(void)snprintf(folder, sizeof(folder), "segments/%.*s", STR_ARG(newest));
		enum err err = store->os->list(store->os->ctx, path_in(&path, store->folder, folder),
		                               find_segment, &begun);
		begun = begun || err == ERR_NOT_FOUND; /* it was made before it was listed: it is lost */
		if (err != ERR_OK && err != ERR_NOT_FOUND) {
			return diag_set(diag, err, "the segments in '%s' cannot be listed: %s", path.text,
			                err_text(err));
		}
	}
	tree_name(store->class_name, begun ? number : number - 1, name);
	store->class_name = str_from(arena_cstr(store->arena, str_from(name)));
	return set_paths(store, store->options.path, diag);
}

static enum err open_writer(struct store *store, struct diag *diag) {
	TRY(writer_lock(store, diag));
	TRY(read_facts(store, diag));
	TRY(choose_tree(store, diag));
	if (store->options.add_class) {
		TRY(writer_add_tree(store, &store->facts, store->class_name, diag));
	}
	TRY(check_class(store, diag));
	TRY(load_tree(store, diag));
	TRY(writer_open(store, diag));
	struct str newest = facts_newest(&store->facts, tree_class(store->class_name));
	if (!str_eq(newest, store->class_name)) { /* whole again, but the next one is listed */
		store->writer->sealing.lost = true;
		(void)snprintf(store->writer->sealing.why, sizeof(store->writer->sealing.why),
		               "a writer had found damage that is there no more");
		return ERR_CORRUPT;
	}
	return ERR_OK;
}

static enum err open_inside(struct store *store, struct diag *diag) {
	TRY(set_class(store, store->options.tree, diag));
	TRY(set_paths(store, store->options.path, diag));
	if (store->options.writable) {
		return open_writer(store, diag);
	}
	TRY(read_facts(store, diag));
	TRY(check_class(store, diag));
	store_load_checkpoint(store); /* before the segments: a writer may be at work */
	return load_tree(store, diag);
}

static struct store *new_store(const struct store_options *options) {
	struct store *store = calloc(1, sizeof(*store));
	ASSERT(store != NULL);
	int failed = pthread_mutex_init(&store->viewed.lock, NULL);
	ASSERT(failed == 0);
	store->os = options->os;
	store->options = *options;
	store->arena = arena_new(SIZE_MAX);
	store->shown = calloc(1, sizeof(*store->shown));
	ASSERT(store->shown != NULL);
	file_table_init(&store->files, store->arena);
	stream_table_init(&store->streams, store->arena);
	return store;
}

/* *out_store stays NULL when the tree is lost, and the next one is to be opened. */
static enum err open_once(const struct store_options *options, struct handover *handover,
                          struct store **out_store, struct diag *diag) {
	struct store *store CLEANUP(store_closep) = new_store(options);
	struct diag inner = {0};
	store->handover = handover;
	enum err err = open_inside(store, &inner);
	if (err != ERR_OK && store->writer != NULL && store->writer->sealing.lost) {
		return loss_go_on(store, diag);
	}
	if (err != ERR_OK) {
		diag_set(diag, err, "%s", inner.message);
		diag_hint(diag, "%s", inner.hint);
		return err;
	}
	store->handover = NULL;
	*out_store = TAKE(store);
	return ERR_OK;
}

enum err store_open(const struct store_options *options, struct store **out_store,
                    struct diag *diag) {
	struct handover handover = {.lock_fd = -1};
	struct store *store = NULL;
	enum err err;
	do {
		err = open_once(options, &handover, &store, diag);
	} while (err == ERR_OK && store == NULL);
	if (handover.lock_fd >= 0) {
		(void)options->os->close(options->os->ctx, handover.lock_fd); /* gives the lock back */
	}
	if (err == ERR_OK) {
		*out_store = store;
	}
	return err;
}

enum err store_before(struct store *store, struct store **out_before, struct diag *diag) {
	uint64_t number = tree_number(store->class_name);
	char name[TREE_NAME_MAX + 1];
	if (number > 1 && store->before == NULL) {
		tree_name(tree_class(store->class_name), number - 1, name);
		struct store_options options = {.os = store->os, .path = store->folder, .tree = name};
		struct store *before CLEANUP(store_closep) = new_store(&options);
		before->is_before = true;
		TRY(open_inside(before, diag));
		before->options.tree = NULL; /* not ours to keep */
		store->before = TAKE(before);
	}
	*out_before = store->before;
	return ERR_OK;
}

void store_close(struct store *store) {
	if (store == NULL) {
		return;
	}
	writer_free(store);
	store_close(store->before);
	catalogue_deinit(&store->catalogue);
	file_table_deinit(&store->files);
	stream_table_deinit(&store->streams);
	buf_deinit(&store->note);
	buf_deinit(&store->shown->sources);
	buf_deinit(&store->shown->files);
	buf_deinit(&store->shown->classes);
	free(store->shown);
	arena_free(store->arena);
	(void)pthread_mutex_destroy(&store->viewed.lock); /* nobody holds it */
	free(store);
}

void store_closep(struct store **store) {
	store_close(*store);
	*store = NULL;
}
