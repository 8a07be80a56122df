/* store_verify: facts, keys and checkpoints first, then all records, then all other files. */
#include "store/verify.h"

#include <inttypes.h>
#include <stdarg.h>

#include "store/path.h"
#include "store/sealing.h"

static void __attribute__((format(printf, 3, 0)))
report(struct verifying *v, struct store_damage *damage, const char *format, va_list args) {
	char text[DIAG_TEXT_MAX];
	(void)vsnprintf(text, sizeof(text), format, args);
	damage->what = str_from(text);
	v->result.damages++;
	if (v->options->damage != NULL) {
		v->options->damage(v->options->ctx, damage);
	}
}

void verify_damage(struct verifying *v, struct str where, const char *format, ...) {
	struct store_damage damage = {.where = where};
	va_list args;
	va_start(args, format);
	report(v, &damage, format, args);
	va_end(args);
}

void verify_damage_range(struct verifying *v, struct str where, uint64_t from, uint64_t to,
                         const char *format, ...) {
	struct store_damage damage = {
	    .where = where, .has_range = true, .index_from = from, .index_to = to};
	va_list args;
	va_start(args, format);
	report(v, &damage, format, args);
	va_end(args);
}

void verify_leftover(struct verifying *v, struct str where, const char *format, ...) {
	char text[DIAG_TEXT_MAX];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	struct store_damage leftover = {.where = where, .what = str_from(text)};
	v->result.leftovers++;
	if (v->options->leftover != NULL) {
		v->options->leftover(v->options->ctx, &leftover);
	}
}

static bool is_frozen(const struct verifying *v) {
	return !str_eq(v->tree->name, facts_newest(&v->facts, tree_class(v->tree->name)));
}

const char *verify_fate(const struct verifying *v, const char *by_writer) {
	return is_frozen(v) ? "left as it is, for the tree is frozen" : by_writer;
}

struct str verify_where(struct verifying *v, const char *part, const char *name) {
	struct str text = arena_printf(v->arena, "%s/%.*s%s%s%c", part, STR_ARG(v->tree->name),
	                               name == NULL ? "" : "/", name == NULL ? "" : name, '\0');
	return str_slice(text, 0, text.len - 1);
}

/* ---- facts and keys ---- */

static enum err read_text(const struct verifying *v, const char *name, size_t max,
                          struct buf *out) {
	struct store_path path;
	return os_read_file(v->os, path_in(&path, v->path, name), max, out);
}

/* The vkey names the origin, and that the UUID: of use when the facts are damaged. */
static void check_keys(struct verifying *v) {
	struct buf text CLEANUP(buf_deinit) = {0};
	struct buf again CLEANUP(buf_deinit) = {0};
	struct store_path path;
	struct signer *signer = NULL;
	struct diag diag = {0};
	enum err err = read_text(v, "keys/identity.vkey", FACTS_MAX, &text);
	if (err != ERR_OK) {
		verify_damage(v, STR("keys/identity.vkey"), "cannot be read: %s", err_text(err));
		return;
	}
	struct str line = str_trim(arena_str(v->arena, buf_str(&text)));
	if (verifier_parse(line, &v->verifier, &diag) != ERR_OK) {
		verify_damage(v, STR("keys/identity.vkey"), "is no key: %s", diag.message);
		return;
	}
	v->has_verifier = true;
	verifier_format(&v->verifier, &again);
	buf_append_char(&again, '\n');
	if (!str_eq(buf_str(&again), buf_str(&text))) {
		verify_damage(v, STR("keys/identity.vkey"), "is not as it was written");
	}
	if (v->live) {
		return;
	}
	err = signer_open(v->os, path_in(&path, v->path, "keys"), &signer, &diag);
	if (err != ERR_OK && err != ERR_DENIED) { /* readers may well not see the secret */
		verify_damage(v, STR("keys/identity.key"), "%s", diag.message);
	}
	signer_free(signer);
}

static enum err check_facts(struct verifying *v, struct diag *diag) {
	struct buf text CLEANUP(buf_deinit) = {0};
	struct diag inner = {0};
	enum err err = read_text(v, "store", FACTS_MAX, &text);
	if (err == ERR_OK) {
		err = facts_parse(buf_str(&text), &v->facts, &inner);
	}
	if (err == ERR_UNSUPPORTED) {
		return diag_set(diag, err, "%s", inner.message);
	}
	check_keys(v);
	if (err != ERR_OK) {
		verify_damage(v, STR("store"), "%s",
		              inner.message[0] != '\0' ? inner.message : err_text(err));
		uint8_t uuid[UUID_SIZE] = {0};
		if (v->has_verifier && str_starts(v->verifier.name, STR("akashi/"))) {
			(void)uuid_parse(str_slice(v->verifier.name, 7, v->verifier.name.len), uuid);
		}
		v->facts = facts_make(uuid);
	} else if (v->has_verifier && !str_eq(v->verifier.name, str_from(v->facts.origin))) {
		verify_damage(v, STR("keys/identity.vkey"), "is the key of another store");
	}
	return ERR_OK;
}

/* ---- checkpoints ---- */

static void add_root(struct verifying *v, const struct checkpoint *checkpoint, struct str where) {
	struct verify_root root = {.size = checkpoint->size, .where = where};
	memcpy(root.root, checkpoint->root, SHA256_SIZE);
	buf_append(&v->tree->roots, &root, sizeof(root));
}

static void add_note(struct verifying *v, const struct checkpoint *checkpoint, struct str note) {
	struct verify_note row = {.size = checkpoint->size};
	memcpy(row.root, checkpoint->root, SHA256_SIZE);
	sha256(note.ptr, note.len, row.hash);
	buf_append(&v->tree->notes, &row, sizeof(row));
}

static void check_journal(struct verifying *v, const struct seal_files *files) {
	struct str bytes = buf_str(&files->journal);
	struct str note;
	for (size_t at = 0; at < bytes.len;) {
		struct checkpoint checkpoint;
		size_t from = at;
		if (!journal_next(bytes, &at, &note)) {
			size_t next = journal_resync(bytes, at);
			if (next < bytes.len || !files->has_intent) {
				verify_damage(v, verify_where(v, "tree", "checkpoints"),
				              "%zu bytes at %zu are damaged", next - from, from);
			} else {
				verify_leftover(v, verify_where(v, "tree", "checkpoints"),
				                "the %zu bytes at %zu are the end of an unfinished write; %s",
				                next - from, from,
				                verify_fate(v, "the next writer sets them aside"));
			}
			at = next;
		} else if (checkpoint_open(note, &v->tree->verifier, &checkpoint, NULL) != ERR_OK) {
			verify_damage(v, verify_where(v, "tree", "checkpoints"),
			              "the note at %zu was not signed by this store", from);
		} else {
			uint64_t seal = v->tree->notes.len / sizeof(struct verify_note);
			add_root(v, &checkpoint, verify_where(v, "tree", "checkpoints"));
			verify_epoch_note(v, note, seal, from);
			add_note(v, &checkpoint, note);
			v->result.checkpoints++;
		}
	}
}

/* The file `checkpoint` is the journal's last note, or one before it while sealing. */
static void check_checkpoint(struct verifying *v, const struct seal_files *files) {
	struct str note = buf_str(&files->checkpoint_note);
	bool stands_in = is_frozen(v) && !files->has_checkpoint && files->notes > 0;
	const char *instead =
	    stands_in ? "; the journal's last note is read in its place, for the tree is frozen" : "";
	if (note.len > 0 && !files->has_checkpoint) {
		verify_damage(v, verify_where(v, "tree", "checkpoint"),
		              "is no checkpoint that this store signed%s", instead);
	} else if (!str_eq(note, buf_str(&files->last_note)) &&
	           !(files->has_intent && files->intent.size == files->last_size &&
	             str_eq(note, buf_str(&files->note_before)))) {
		verify_damage(v, verify_where(v, "tree", "checkpoint"),
		              "is not the last one of the journal (%" PRIu64 " records here, %" PRIu64
		              " there)%s",
		              files->checkpoint_size, files->last_size, instead);
	}
	if (files->has_checkpoint) {
		struct checkpoint checkpoint = {.size = files->checkpoint_size};
		memcpy(checkpoint.root, files->checkpoint_root, SHA256_SIZE);
		add_root(v, &checkpoint, verify_where(v, "tree", "checkpoint"));
	}
}

static enum err check_seal(struct verifying *v, struct diag *diag) {
	struct seal_files files CLEANUP(seal_files_deinit) = {0};
	struct store_path path;
	if (!v->has_verifier) {
		return ERR_OK; /* reported: nothing signed can be checked */
	}
	enum err err =
	    seal_files_read(&files, v->os, path_in(&path, v->path, verify_where(v, "tree", NULL).ptr),
	                    &v->tree->verifier);
	if (err != ERR_OK) {
		return diag_set(diag, err, "the checkpoints cannot be read: %s", err_text(err));
	}
	if (files.intent_damaged) {
		verify_damage(v, verify_where(v, "tree", "intent"), "is damaged");
	}
	v->tree->unfinished = files.has_intent;
	verify_epochs(v);
	check_journal(v, &files);
	check_checkpoint(v, &files);
	v->tree->signed_size = MAX_OF(files.last_size, files.checkpoint_size);
	uint64_t end = catalogue_end(&v->tree->catalogue);
	uint64_t promised = MAX_OF(v->tree->signed_size, files.has_intent ? files.intent.size : 0);
	uint64_t last = catalogue_last(&v->tree->catalogue);
	v->result.signed_size += v->tree->signed_size;
	if (v->tree->signed_size < last) {
		/* Each segment is signed before the next is begun: no stop explains this. */
		verify_damage_range(v, verify_where(v, "tree", "checkpoints"), v->tree->signed_size, last,
		                    "the checkpoints of these records are missing");
	}
	if (promised > end) {
		verify_damage_range(v, verify_where(v, "segments", NULL), end, promised,
		                    "%" PRIu64 " records were signed, %" PRIu64 " are there", promised,
		                    end);
	}
	return ERR_OK;
}

/* The tree whose origin the note names in its first line. */
static struct verify_tree *tree_of_note(struct verifying *v, struct str note) {
	struct str origin = str_cut(&note, '\n');
	for (size_t i = 0; i < v->trees_count; i++) {
		if (str_eq(v->trees[i].verifier.name, origin)) {
			return &v->trees[i];
		}
	}
	return &v->trees[0]; /* whose key will say what is wrong */
}

static enum err check_against(struct verifying *v, struct diag *diag) {
	struct checkpoint checkpoint;
	struct diag inner = {0};
	struct str text = v->options->against;
	if (text.len == 0 || !v->has_verifier) {
		return ERR_OK;
	}
	v->tree = tree_of_note(v, text);
	enum err err = checkpoint_open(text, &v->tree->verifier, &checkpoint, &inner);
	if (err == ERR_INVALID || err == ERR_LIMIT) { /* a wrong file says nothing of the store */
		return diag_set(diag, ERR_INVALID, "what was given as a checkpoint is none: %s",
		                inner.message);
	}
	if (err != ERR_OK) {
		verify_damage(v, STR(""), "the outside checkpoint is not one of this store: %s",
		              inner.message);
		return ERR_OK;
	}
	uint64_t end = catalogue_end(&v->tree->catalogue);
	if (checkpoint.size > end) {
		verify_damage_range(v, STR(""), end, checkpoint.size,
		                    "the store was rolled back: the outside checkpoint covers %" PRIu64
		                    " records, the store has %" PRIu64,
		                    checkpoint.size, end);
		return ERR_OK;
	}
	v->result.against_held = true; /* until its root says otherwise */
	add_root(v, &checkpoint, STR(""));
	return ERR_OK;
}

/* ---- segments as files ---- */

static enum err check_catalogue(struct verifying *v, struct diag *diag) {
	struct catalogue_owner owner = {.store_uuid = v->facts.uuid, .tree = v->tree->name};
	struct store_path path;
	struct os_stat stat;
	uint64_t end = 0;
	enum err err = v->os->stat(
	    v->os->ctx, path_in(&path, v->path, verify_where(v, "segments", NULL).ptr), true, &stat);
	if (err == ERR_NOT_FOUND || (err == ERR_OK && stat.kind != OS_FILE_FOLDER)) {
		verify_damage(v, verify_where(v, "segments", NULL), "the folder is missing");
		return ERR_OK; /* the checkpoints tell how much was in it */
	}
	TRY(catalogue_load(&v->tree->catalogue, v->os,
	                   path_in(&path, v->path, verify_where(v, "segments", NULL).ptr), &owner,
	                   diag));
	for (size_t i = 0; i < v->tree->catalogue.count; i++) {
		const struct segment_entry *entry = &v->tree->catalogue.entries[i];
		struct str where = verify_where(v, "segments", entry->name);
		if (entry->first > end) {
			verify_damage_range(v, where, end, entry->first,
			                    "the records before this segment are missing");
		} else if (entry->first < end) {
			verify_damage_range(v, where, entry->first, MIN_OF(end, entry->end),
			                    "these records are in another segment too");
		}
		if (entry->segment == NULL) {
			verify_damage_range(v, where, entry->first, entry->end, "%s", entry->damage);
		}
		end = MAX_OF(end, entry->end);
	}
	v->result.segments += v->tree->catalogue.count;
	v->result.tree_size += end;
	v->tree->size = end;
	return ERR_OK;
}

static void set_trees(struct verifying *v) {
	v->trees_count = v->facts.classes_count;
	for (size_t i = 0; i < v->trees_count; i++) {
		char origin[ORIGIN_MAX];
		struct verify_tree *tree = &v->trees[i];
		tree->name = str_from(v->facts.classes[i]);
		facts_origin(&v->facts, tree->name, origin);
		tree->verifier = verifier_named(&v->verifier, arena_str(v->arena, str_from(origin)));
	}
}

static enum err each_tree(struct verifying *v,
                          enum err (*check)(struct verifying *v, struct diag *diag),
                          struct diag *diag) {
	for (size_t i = 0; i < v->trees_count; i++) {
		v->tree = &v->trees[i];
		TRY(check(v, diag));
	}
	return ERR_OK;
}

static enum err check_tree(struct verifying *v, struct diag *diag) {
	(void)diag;
	TRY(verify_tree(v));
	v->done += v->tree->size;
	return ERR_OK;
}

static enum err look(struct verifying *v, struct diag *diag) {
	struct os_stat stat;
	struct store_path path;
	enum err err = v->os->stat(v->os->ctx, path_in(&path, v->path, "store"), true, &stat);
	if (err == ERR_DENIED) {
		return diag_set(diag, err, "the store at '%s' cannot be read: %s", v->path, err_text(err));
	}
	if (err != ERR_OK &&
	    v->os->stat(v->os->ctx, path_in(&path, v->path, "segments"), true, &stat) != ERR_OK) {
		return diag_set(diag, ERR_NOT_FOUND, "there is no store at '%s'", v->path);
	}
	TRY(check_facts(v, diag));
	set_trees(v);
	TRY(each_tree(v, check_catalogue, diag));
	return each_tree(v, check_seal, diag);
}

enum err verify_open(struct verifying *v, const struct os *os, const char *path,
                     const struct store_verify_options *options, bool live, struct diag *diag) {
	*v = (struct verifying){.os = os,
	                        .path = path,
	                        .options = options,
	                        .arena = arena_new(SIZE_MAX),
	                        .objects_wanted = map_new(),
	                        .live = live};
	return strlen(path) > LIMIT_PATH - 256
	           ? diag_set(diag, ERR_LIMIT, "the path of the store is too long")
	           : look(v, diag);
}

void verify_close(struct verifying *v) {
	for (size_t i = 0; i < v->trees_count; i++) {
		catalogue_deinit(&v->trees[i].catalogue);
		buf_deinit(&v->trees[i].roots);
		buf_deinit(&v->trees[i].notes);
		epochs_deinit(&v->trees[i].epochs);
	}
	buf_deinit(&v->heads);
	map_free(v->objects_wanted);
	arena_free(v->arena);
}

enum err verify_pace(struct verifying *v, uint64_t bytes) {
	return v->pace == NULL ? ERR_OK : v->pace(v, bytes);
}

static enum err verify_all(struct verifying *v, struct diag *diag) {
	TRY(check_against(v, diag));
	enum err err = each_tree(v, check_tree, diag);
	if (err != ERR_OK) {
		return diag_set(diag, err, "the check was not finished: %s", err_text(err));
	}
	verify_heads(v);
	struct str newest = facts_newest(&v->facts, STR(CLASS_DEFAULT));
	for (size_t i = 0; i < v->trees_count; i++) {
		if (str_eq(v->trees[i].name, newest)) {
			memcpy(v->result.root, v->trees[i].root, sizeof(v->result.root));
		}
	}
	verify_files(v);
	return ERR_OK;
}

enum err store_verify(const struct os *os, const char *path,
                      const struct store_verify_options *options,
                      struct store_verify_result *out_result, struct diag *diag) {
	struct verifying v;
	enum err err = verify_open(&v, os, path, options, false, diag);
	if (err == ERR_OK) {
		err = verify_all(&v, diag);
	}
	v.result.intact = v.result.damages == 0;
	if (err == ERR_OK) {
		*out_result = v.result;
	}
	verify_close(&v);
	return err;
}
