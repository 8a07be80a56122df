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
	buf_append(&v->roots, &root, sizeof(root));
}

static const struct str journal_name = STR_INIT("tree/default/checkpoints");
static const struct str checkpoint_name = STR_INIT("tree/default/checkpoint");
static const struct str intent_name = STR_INIT("tree/default/intent");

static void check_journal(struct verifying *v, const struct seal_files *files) {
	struct str bytes = buf_str(&files->journal);
	struct str note;
	for (size_t at = 0; at < bytes.len;) {
		struct checkpoint checkpoint;
		size_t from = at;
		if (!journal_next(bytes, &at, &note)) {
			size_t next = journal_resync(bytes, at);
			if (next < bytes.len || !files->has_intent) {
				verify_damage(v, journal_name, "%zu bytes at %zu are damaged", next - from, from);
			} else {
				verify_leftover(v, journal_name,
				                "the %zu bytes at %zu are the end of an unfinished write; the next "
				                "writer sets them aside",
				                next - from, from);
			}
			at = next;
		} else if (checkpoint_open(note, &v->verifier, &checkpoint, NULL) != ERR_OK) {
			verify_damage(v, journal_name, "the note at %zu was not signed by this store", from);
		} else {
			add_root(v, &checkpoint, journal_name);
			v->result.checkpoints++;
		}
	}
}

/* The file `checkpoint` is the journal's last note, or the one before it while sealing. */
static void check_checkpoint(struct verifying *v, const struct seal_files *files) {
	struct str note = buf_str(&files->checkpoint_note);
	if (note.len > 0 && !files->has_checkpoint) {
		verify_damage(v, checkpoint_name, "is no checkpoint that this store signed");
	} else if (!str_eq(note, buf_str(&files->last_note)) &&
	           !(files->has_intent && files->intent.size == files->last_size)) {
		verify_damage(v, checkpoint_name,
		              "is not the last one of the journal (%" PRIu64 " records here, %" PRIu64
		              " there)",
		              files->checkpoint_size, files->last_size);
	}
	if (files->has_checkpoint) {
		struct checkpoint checkpoint = {.size = files->checkpoint_size};
		memcpy(checkpoint.root, files->checkpoint_root, SHA256_SIZE);
		add_root(v, &checkpoint, checkpoint_name);
	}
}

static enum err check_seal(struct verifying *v, struct diag *diag) {
	struct seal_files files CLEANUP(seal_files_deinit) = {0};
	struct store_path path;
	if (!v->has_verifier) {
		return ERR_OK; /* reported: nothing signed can be checked */
	}
	enum err err =
	    seal_files_read(&files, v->os, path_in(&path, v->path, "tree/" STORE_CLASS), &v->verifier);
	if (err != ERR_OK) {
		return diag_set(diag, err, "the checkpoints cannot be read: %s", err_text(err));
	}
	v->unfinished = files.has_intent;
	if (files.intent_damaged) {
		verify_damage(v, intent_name, "is damaged");
	}
	check_journal(v, &files);
	check_checkpoint(v, &files);
	v->signed_size = MAX_OF(files.last_size, files.checkpoint_size);
	uint64_t end = catalogue_end(&v->catalogue);
	uint64_t promised = MAX_OF(v->signed_size, files.has_intent ? files.intent.size : 0);
	uint64_t last = catalogue_last(&v->catalogue);
	v->result.signed_size = v->signed_size;
	if (v->signed_size < last) {
		/* Each segment is signed before the next is begun: no stop explains this. */
		verify_damage_range(v, journal_name, v->signed_size, last,
		                    "the checkpoints of these records are missing");
	}
	if (promised > end) {
		verify_damage_range(v, STR("segments/" STORE_CLASS), end, promised,
		                    "%" PRIu64 " records were signed, %" PRIu64 " are there", promised,
		                    end);
	}
	return ERR_OK;
}

static void check_against(struct verifying *v) {
	struct checkpoint checkpoint;
	struct diag diag = {0};
	struct str text = v->options->against;
	if (text.len == 0 || !v->has_verifier) {
		return;
	}
	if (checkpoint_open(text, &v->verifier, &checkpoint, &diag) != ERR_OK) {
		verify_damage(v, STR(""), "the outside checkpoint is not one of this store: %s",
		              diag.message);
		return;
	}
	if (checkpoint.size > catalogue_end(&v->catalogue)) {
		verify_damage_range(v, STR(""), catalogue_end(&v->catalogue), checkpoint.size,
		                    "the store was rolled back: the outside checkpoint covers %" PRIu64
		                    " records, the store has %" PRIu64,
		                    checkpoint.size, catalogue_end(&v->catalogue));
		return;
	}
	v->result.against_held = true; /* until its root says otherwise */
	add_root(v, &checkpoint, STR(""));
}

/* ---- segments as files ---- */

static enum err check_catalogue(struct verifying *v, struct diag *diag) {
	struct store_path path;
	struct os_stat stat;
	uint64_t end = 0;
	enum err err =
	    v->os->stat(v->os->ctx, path_in(&path, v->path, "segments/" STORE_CLASS), true, &stat);
	if (err == ERR_NOT_FOUND || (err == ERR_OK && stat.kind != OS_FILE_FOLDER)) {
		verify_damage(v, STR("segments/" STORE_CLASS), "the folder is missing");
		return ERR_OK; /* the checkpoints tell how much was in it */
	}
	TRY(catalogue_load(&v->catalogue, v->os, path_in(&path, v->path, "segments/" STORE_CLASS),
	                   v->facts.uuid, diag));
	for (size_t i = 0; i < v->catalogue.count; i++) {
		const struct segment_entry *entry = &v->catalogue.entries[i];
		struct str where = arena_printf(v->arena, "segments/" STORE_CLASS "/%s", entry->name);
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
	v->result.segments = v->catalogue.count;
	v->result.tree_size = end;
	return ERR_OK;
}

static enum err verify_all(struct verifying *v, struct diag *diag) {
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
	TRY(check_catalogue(v, diag));
	TRY(check_seal(v, diag));
	check_against(v);
	err = verify_tree(v);
	if (err != ERR_OK) {
		return diag_set(diag, err, "the check was not finished: %s", err_text(err));
	}
	verify_files(v);
	return ERR_OK;
}

enum err store_verify(const struct os *os, const char *path,
                      const struct store_verify_options *options,
                      struct store_verify_result *out_result, struct diag *diag) {
	struct verifying v = {.os = os,
	                      .path = path,
	                      .options = options,
	                      .arena = arena_new(SIZE_MAX),
	                      .objects_wanted = map_new()};
	enum err err = strlen(path) > LIMIT_PATH - 256
	                   ? diag_set(diag, ERR_LIMIT, "the path of the store is too long")
	                   : verify_all(&v, diag);
	v.result.intact = v.result.damages == 0;
	if (err == ERR_OK) {
		*out_result = v.result;
	}
	catalogue_deinit(&v.catalogue);
	buf_deinit(&v.roots);
	map_free(v.objects_wanted);
	arena_free(v.arena);
	return err;
}
