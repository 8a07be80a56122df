/* akashi export: a source file back whole, the proof of one record, or that of two checkpoints. */
#include "base/sha256.h"
#include "cmd/audit.h"
#include "cmd/command.h"
#include "cmd/console.h"
#include "cmd/output.h"
#include "seal/proof.h"
#include "store/store.h"

static enum err write_out(void *ctx, const void *bytes, size_t len) {
	return console_interrupted() ? ERR_CANCELED : output_write(ctx, bytes, len);
}

/* A file of one of the classes. */
struct found_file {
	struct store *store;
	struct store_file file;
};

/* "PATH", "PATH@NUMBER" or "@NUMBER"; PATH as it is, or as terminals are shown it. */
static bool file_matches(const struct store_file *file, struct str wanted) {
	struct buf shown = {0};
	struct buf number = {0};
	render_safe(&shown, file->path);
	buf_printf(&number, "@%u", file->number);
	struct str path = wanted;
	if (str_ends(wanted, buf_str(&number))) {
		path.len -= number.len;
	}
	bool numbered = path.len < wanted.len;
	bool same =
	    str_eq(file->path, wanted) || str_eq(buf_str(&shown), wanted) ||
	    (numbered && (path.len == 0 || str_eq(file->path, path) || str_eq(buf_str(&shown), path)));
	buf_deinit(&shown);
	buf_deinit(&number);
	return same;
}

static bool hash_file(const char *path, uint8_t out_hash[SHA256_SIZE]) {
	enum { CHUNK = 64 << 10 };
	const struct os *os = os_real();
	struct os_stat stat;
	int fd;
	if (os->stat(os->ctx, path, true, &stat) != ERR_OK || stat.kind != OS_FILE_REGULAR ||
	    os->open(os->ctx, path, OS_READ, &fd) != ERR_OK) {
		return false;
	}
	struct sha256 sha;
	char *bytes = malloc(CHUNK);
	ASSERT(bytes != NULL);
	size_t len = 0;
	enum err err;
	sha256_init(&sha);
	while ((err = os->read(os->ctx, fd, bytes, CHUNK, &len)) == ERR_OK && len > 0) {
		sha256_update(&sha, bytes, len);
	}
	free(bytes);
	(void)os->close(os->ctx, fd); /* only read */
	sha256_digest(&sha, out_hash);
	return err == ERR_OK;
}

/* A file that was known already is not taken under its other names: links, copies, what was moved.
 * If it is still there, its bytes tell which one it is. */
static const struct store_file *find_same_bytes(const struct store_file *files, size_t count,
                                                const char *path) {
	uint8_t hash[SHA256_SIZE];
	if (!hash_file(path, hash)) {
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		if (files[i].done && memcmp(files[i].hash, hash, SHA256_SIZE) == 0) {
			return &files[i];
		}
	}
	return NULL;
}

/* Says what may have been meant; true when it found something. */
static bool hint_file(struct store *store, const char *wanted, struct diag *diag) {
	const struct store_file *files;
	size_t count = store_files(store, &files);
	const struct store_file *same = find_same_bytes(files, count, wanted);
	if (same != NULL) {
		diag_hint(diag, "but its bytes are there, taken as %.*s",
		          STR_ARG(str_slice(same->path, 0, 300)));
		return true;
	}
	for (size_t i = 0; i < count; i++) {
		if (str_ends(files[i].path, str_from(wanted))) {
			diag_hint(diag, "did you mean %.*s? akashi info --files lists them",
			          STR_ARG(str_slice(files[i].path, 0, 300)));
			return true;
		}
	}
	return false;
}

static enum err not_found(const struct store_set *set, const char *wanted, struct diag *diag) {
	enum err err =
	    diag_set(diag, ERR_NOT_FOUND, "no file '%.300s' was taken into this store", wanted);
	for (size_t i = 0; i < set->count; i++) {
		if (hint_file(set->stores[i], wanted, diag)) {
			return err;
		}
	}
	diag_hint(diag, "akashi info --files lists them; name one as it stands there");
	return err;
}

/* After a loss a file goes on under its number in the next tree of its class. */
static bool goes_on(const struct found_file *before, const struct store *store, uint32_t number) {
	return before->store != NULL && before->file.number == number &&
	       str_eq(store_class_of(store_class(before->store)), store_class_of(store_class(store)));
}

/* The newest by its number among those of the store. */
static size_t match_files(struct store *store, const char *wanted, struct str absolute,
                          struct found_file *found) {
	const struct store_file *files;
	size_t count = store_files(store, &files);
	size_t matches = 0;
	for (size_t i = 0; i < count; i++) {
		if (file_matches(&files[i], str_from(wanted)) || file_matches(&files[i], absolute)) {
			matches += !goes_on(found, store, files[i].number);
			*found = (struct found_file){store, files[i]};
		}
	}
	return matches;
}

/* The newest file of that name; tells when there are several. */
static enum err find_file(const struct store_set *set, const char *wanted, struct arena *arena,
                          struct found_file *out_found, struct diag *diag) {
	struct str absolute = str_from(console_absolute_path(arena, wanted));
	size_t matches = 0;
	for (size_t i = 0; i < set->count; i++) {
		matches += match_files(set->stores[i], wanted, absolute, out_found);
	}
	if (matches == 0) {
		return not_found(set, wanted, diag);
	}
	if (matches > 1) {
		console_note("%zu files had this path; giving number %u of class %.*s, the newest (akashi "
		             "info --files lists the others: PATH@NUMBER)",
		             matches, out_found->file.number, STR_ARG(store_class(out_found->store)));
	}
	return ERR_OK;
}

/* Durable before a byte of the file is given out. */
static enum err write_down_original(const struct args *args, const struct store_set *set,
                                    const struct found_file *found, struct diag *diag) {
	struct buf body CLEANUP(buf_deinit) = {0};
	struct buf hash CLEANUP(buf_deinit) = {0};
	if (!audit_wanted(args)) {
		return ERR_OK;
	}
	buf_append_hex(&hash, found->file.hash, sizeof(found->file.hash));
	audit_begin(args, "export", set, &body);
	audit_add_text(&body, "original", found->file.path);
	audit_add_text(&body, "class", store_class(found->store));
	audit_add_number(&body, "number", found->file.number);
	audit_add_number(&body, "bytes", found->file.size);
	audit_add_text(&body, "sha256", buf_str(&hash));
	audit_add_option(&body, "output", args->out);
	return audit_write(args, RECORD_EXPORT, &body, diag);
}

static enum err export_original(const struct store_set *set, const struct args *args,
                                struct arena *arena, struct buf *json, struct diag *diag) {
	struct output *output = NULL;
	struct found_file found = {0};
	const struct store_file *file = &found.file;
	TRY(find_file(set, args->original, arena, &found, diag));
	TRY(write_down_original(args, set, &found, diag));
	TRY(output_open(args->out, &output, diag));
	enum err err = store_read_file(found.store, file->number, write_out, output, diag);
	if (err != ERR_OK) {
		return output_fail(output, err, diag);
	}
	buf_append_str(json, STR(",\"path\":"));
	buf_append_json(json, file->path);
	buf_printf(json, ",\"number\":%u,\"bytes\":%llu,\"sha256\":\"", file->number,
	           (unsigned long long)file->size);
	buf_append_hex(json, file->hash, sizeof(file->hash));
	buf_append_char(json, '"');
	return output_close(output, diag);
}

struct place {
	struct str tree;
	uint64_t index;
};

/* "TREE:INDEX". */
static enum err parse_place(struct str text, struct place *out_place, struct diag *diag) {
	struct str rest = text;
	out_place->tree = str_cut(&rest, ':');
	if (out_place->tree.len == 0 || !str_to_u64(rest, UINT64_MAX - 1, &out_place->index)) {
		enum err err = diag_set(diag, ERR_INVALID, "--proof wants TREE:INDEX, not '%.*s'",
		                        STR_ARG(str_slice(text, 0, 80)));
		diag_hint(diag, "akashi.tree and akashi.index of a search result, such as default:4711");
		return err;
	}
	return ERR_OK;
}

/* A path as a shell takes it. */
static void append_word(struct buf *out, struct str path) {
	static const char plain[] = "/._-+:,@%=";
	bool quote = false;
	for (size_t i = 0; i < path.len; i++) {
		char c = path.ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		quote = quote || (!letter && strchr(plain, c) == NULL);
	}
	buf_append_str(out, str_starts(path, STR("-")) ? STR("./") : STR(""));
	buf_append_str(out, quote ? STR("'") : STR(""));
	for (size_t i = 0; i < path.len; i++) {
		buf_append_str(out, path.ptr[i] == '\'' ? STR("'\\''") : str_slice(path, i, i + 1));
	}
	buf_append_str(out, quote ? STR("'") : STR(""));
}

static void note_written(const struct args *args, struct str what) {
	struct buf word CLEANUP(buf_deinit) = {0};
	append_word(&word, str_from(args->out));
	console_note("wrote the proof of %.*s to %s; check it with: sh %.*s/verify-proof.sh %.*s",
	             STR_ARG(what), args->out, STR_ARG(buf_str(&word)), STR_ARG(buf_str(&word)));
}

static enum err write_down_proof(const struct args *args, const struct store_set *set,
                                 const struct place *place, struct diag *diag) {
	struct buf body CLEANUP(buf_deinit) = {0};
	if (!audit_wanted(args)) {
		return ERR_OK;
	}
	audit_begin(args, "export", set, &body);
	audit_add_text(&body, "tree", place->tree);
	audit_add_number(&body, "index", place->index);
	audit_add_option(&body, "output", args->out);
	return audit_write(args, RECORD_EXPORT, &body, diag);
}

static enum err export_proof(const struct store_set *set, const struct args *args,
                             const struct place *place, struct arena *arena, struct buf *json,
                             struct diag *diag) {
	struct store_proof proof;
	uint64_t index = place->index;
	size_t number = store_set_find(set, place->tree);
	if (number == set->count) {
		return diag_set(diag, ERR_NOT_FOUND, "this store has no tree '%.*s'",
		                STR_ARG(str_slice(place->tree, 0, 80)));
	}
	TRY(store_prove(set->stores[number], index, arena, &proof, diag));
	TRY(write_down_proof(args, set, place, diag));
	struct proof_parts parts = {.index = proof.index,
	                            .path = proof.path,
	                            .note = proof.note,
	                            .vkey = str_trim(proof.vkey),
	                            .body = proof.body};
	memcpy(parts.entry, proof.entry, sizeof(parts.entry));
	memcpy(parts.salt, proof.salt, sizeof(parts.salt));
	TRY(proof_write_files(os_real(), args->out, &parts, diag));
	buf_append_str(json, STR(",\"tree\":"));
	buf_append_json(json, place->tree);
	buf_printf(json, ",\"index\":%llu", (unsigned long long)index);
	struct buf what CLEANUP(buf_deinit) = {0};
	buf_printf(&what, "record %llu", (unsigned long long)index);
	note_written(args, buf_str(&what));
	return ERR_OK;
}

/* The tree whose origin the note names in its first line; the first one's key will say what is
 * wrong with a note of none. */
static struct store *store_of_note(const struct store_set *set, struct str note) {
	struct str origin = str_cut(&note, '\n');
	for (size_t i = 0; i < set->count; i++) {
		struct store_info info;
		store_get_info(set->stores[i], &info);
		if (str_eq(info.origin, origin)) {
			return set->stores[i];
		}
	}
	return set->stores[0];
}

static enum err write_down_consistency(const struct args *args, const struct store_set *set,
                                       const struct store_consistency *proof, struct str tree,
                                       struct diag *diag) {
	struct buf body CLEANUP(buf_deinit) = {0};
	if (!audit_wanted(args)) {
		return ERR_OK;
	}
	audit_begin(args, "export", set, &body);
	audit_add_text(&body, "tree", tree);
	audit_add_number(&body, "consistency_from", proof->old_size);
	audit_add_number(&body, "consistency_to", proof->size);
	audit_add_option(&body, "output", args->out);
	return audit_write(args, RECORD_EXPORT, &body, diag);
}

static enum err export_consistency(const struct store_set *set, const struct args *args,
                                   struct arena *arena, struct buf *json, struct diag *diag) {
	struct buf old CLEANUP(buf_deinit) = {0};
	struct store_consistency proof;
	TRY(console_read_checkpoint(args->consistency, &old, diag));
	struct store *store = store_of_note(set, buf_str(&old));
	TRY(store_prove_consistency(store, buf_str(&old), arena, &proof, diag));
	TRY(write_down_consistency(args, set, &proof, store_class(store), diag));
	struct proof_consistency parts = {.old_size = proof.old_size,
	                                  .path = proof.path,
	                                  .old_note = buf_str(&old),
	                                  .note = proof.note,
	                                  .vkey = str_trim(proof.vkey)};
	TRY(proof_consistency_write_files(os_real(), args->out, &parts, diag));
	buf_append_str(json, STR(",\"tree\":"));
	buf_append_json(json, store_class(store));
	buf_printf(json, ",\"old_size\":%llu,\"checkpoint_size\":%llu",
	           (unsigned long long)proof.old_size, (unsigned long long)proof.size);
	struct buf what CLEANUP(buf_deinit) = {0};
	buf_printf(&what, "consistency (%llu to %llu records)", (unsigned long long)proof.old_size,
	           (unsigned long long)proof.size);
	note_written(args, buf_str(&what));
	return ERR_OK;
}

/* What is asked for is checked before the store is opened: it is wrong without it. */
static enum err check_usage(const struct args *args, struct place *out_place, struct diag *diag) {
	const char *folder_option = args->proof != NULL ? "--proof" : "--consistency";
	const char *folder_value = args->proof != NULL ? args->proof : args->consistency;
	int asked = (args->original != NULL) + (args->proof != NULL) + (args->consistency != NULL);
	if (asked != 1) {
		enum err err = diag_set(diag, ERR_INVALID,
		                        "export wants %s--original FILE, --proof TREE:INDEX or "
		                        "--consistency CHECKPOINT",
		                        asked > 1 ? "one of " : "");
		diag_hint(diag, args->paths_count > 0
		                    ? "packages of what a query finds are not in this version yet"
		                    : "akashi export --help shows how");
		return err;
	}
	if (args->paths_count > 0) {
		enum err err = diag_set(diag, ERR_INVALID, "export does not know what to do with '%.80s'",
		                        args->paths[0]);
		diag_hint(diag, "akashi export --help shows how");
		return err;
	}
	if (args->proof != NULL) {
		TRY(parse_place(str_from(args->proof), out_place, diag));
	}
	if (args->consistency != NULL && args->consistency[0] == '\0') {
		return diag_set(diag, ERR_INVALID, "--consistency wants the file of a checkpoint");
	}
	if (args->original == NULL &&
	    (args->out == NULL || args->out[0] == '\0' || strcmp(args->out, "-") == 0)) {
		enum err err = diag_set(diag, ERR_INVALID, "%s wants -o DIR to write to", folder_option);
		diag_hint(diag, "akashi export %s %.200s -o proof", folder_option, folder_value);
		return err;
	}
	return ERR_OK;
}

static enum err run(const struct args *args, struct arena *arena, struct buf *json,
                    struct diag *diag) {
	struct store_set set = {0};
	struct place place = {0};
	TRY(check_usage(args, &place, diag));
	TRY(console_open_stores(args, &set, diag));
	enum err err = args->original != NULL ? export_original(&set, args, arena, json, diag)
	               : args->consistency != NULL
	                   ? export_consistency(&set, args, arena, json, diag)
	                   : export_proof(&set, args, &place, arena, json, diag);
	store_set_close(&set);
	return err;
}

int cmd_export(const struct args *args) {
	struct diag diag = {0};
	struct buf json CLEANUP(buf_deinit) = {0};
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	enum err err = run(args, arena, &json, &diag);
	if (err != ERR_OK) {
		return console_fail(args, err, &diag, STR(""));
	}
	if (args->json) {
		(void)fprintf(stderr, "{\"akashi.schema\":%d%.*s}\n", JSON_SCHEMA, STR_ARG(buf_str(&json)));
	}
	return EXIT_DONE;
}
