/* akashi export: a source file back whole, or the proof of one record. */
#include "cmd/command.h"
#include "cmd/console.h"
#include "seal/proof.h"
#include "store/store.h"

static enum err write_out(void *ctx, const void *bytes, size_t len) {
	return console_interrupted() ? ERR_CANCELED : output_write(ctx, bytes, len);
}

/* "PATH" or "PATH@NUMBER", where several files had the same path. */
static bool file_matches(const struct store_file *file, struct str wanted) {
	struct buf numbered = {0};
	buf_printf(&numbered, "%.*s@%u", STR_ARG(file->path), file->number);
	bool same = str_eq(file->path, wanted) || str_eq(buf_str(&numbered), wanted);
	buf_deinit(&numbered);
	return same;
}

static enum err not_found(const struct store_file *files, size_t count, struct str wanted,
                          struct diag *diag) {
	enum err err = diag_set(diag, ERR_NOT_FOUND, "no file '%.*s' was taken into this store",
	                        STR_ARG(str_slice(wanted, 0, 300)));
	for (size_t i = 0; i < count; i++) {
		if (str_ends(files[i].path, wanted)) {
			diag_hint(diag, "did you mean %.*s? akashi info lists the files",
			          STR_ARG(str_slice(files[i].path, 0, 300)));
			return err;
		}
	}
	diag_hint(diag, "akashi info lists the files; name one as it stands there");
	return err;
}

/* The newest file of that name; tells when there are several. */
static enum err find_file(struct store *store, struct str wanted, struct str absolute,
                          uint32_t *out_number, struct diag *diag) {
	const struct store_file *files;
	size_t count = store_files(store, &files);
	size_t matches = 0;
	for (size_t i = 0; i < count; i++) {
		if (file_matches(&files[i], wanted) || file_matches(&files[i], absolute)) {
			matches++;
			*out_number = files[i].number;
		}
	}
	if (matches == 0) {
		return not_found(files, count, wanted, diag);
	}
	if (matches > 1) {
		console_note("%zu files had this path; giving the newest, number %u (others: PATH@NUMBER)",
		             matches, *out_number);
	}
	return ERR_OK;
}

static enum err export_original(struct store *store, const struct args *args, struct arena *arena,
                                struct diag *diag) {
	struct output *output = NULL;
	uint32_t number = 0;
	struct str wanted = str_from(args->original);
	struct str absolute = str_from(console_absolute_path(arena, args->original));
	TRY(find_file(store, wanted, absolute, &number, diag));
	TRY(output_open(args->out, &output, diag));
	enum err err = store_read_file(store, number, write_out, output, diag);
	if (err != ERR_OK) {
		output_abandon(output);
		return err;
	}
	return output_close(output, diag);
}

/* "TREE:INDEX". */
static enum err parse_place(struct str text, uint64_t *out_index, struct diag *diag) {
	struct str rest = text;
	struct str tree = str_cut(&rest, ':');
	if (!str_eq(tree, STR("default")) || !str_to_u64(rest, UINT64_MAX - 1, out_index)) {
		enum err err = diag_set(diag, ERR_INVALID, "--proof wants TREE:INDEX, not '%.*s'",
		                        STR_ARG(str_slice(text, 0, 80)));
		diag_hint(diag, "akashi.tree and akashi.index of a search result, such as default:4711");
		return err;
	}
	return ERR_OK;
}

static enum err export_proof(struct store *store, const struct args *args, struct arena *arena,
                             struct diag *diag) {
	uint64_t index;
	struct store_proof proof;
	TRY(parse_place(str_from(args->proof), &index, diag));
	if (args->out == NULL) {
		enum err err = diag_set(diag, ERR_INVALID, "--proof wants -o DIR to write to");
		diag_hint(diag, "akashi export --proof %s -o proof", args->proof);
		return err;
	}
	TRY(store_prove(store, index, arena, &proof, diag));
	struct proof_parts parts = {.index = proof.index,
	                            .path = proof.path,
	                            .note = proof.note,
	                            .vkey = str_trim(proof.vkey),
	                            .body = proof.body};
	memcpy(parts.entry, proof.entry, sizeof(parts.entry));
	memcpy(parts.salt, proof.salt, sizeof(parts.salt));
	TRY(proof_write_files(os_real(), args->out, &parts, diag));
	console_note("wrote the proof of record %llu to %s; check it with: sh %s/verify-proof.sh %s",
	             (unsigned long long)index, args->out, args->out, args->out);
	return ERR_OK;
}

static enum err run(const struct args *args, struct arena *arena, struct diag *diag) {
	struct store *store = NULL;
	if ((args->original != NULL) == (args->proof != NULL)) {
		enum err err =
		    diag_set(diag, ERR_INVALID, "export wants --original FILE or --proof TREE:INDEX");
		diag_hint(diag, "akashi export --help shows how");
		return err;
	}
	TRY(store_open(&(struct store_options){.os = os_real(), .path = console_store_path(args)},
	               &store, diag));
	enum err err = args->original != NULL ? export_original(store, args, arena, diag)
	                                      : export_proof(store, args, arena, diag);
	store_close(store);
	return err;
}

int cmd_export(const struct args *args) {
	struct diag diag = {0};
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	enum err err = run(args, arena, &diag);
	if (err != ERR_OK && err != ERR_CLOSED) {
		if (diag.message[0] == '\0') {
			(void)diag_set(&diag, err, "%s", err_text(err));
		}
		console_error(&diag, STR(""));
	}
	return console_status(err);
}
