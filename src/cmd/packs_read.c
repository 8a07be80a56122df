/* Reading packs. Folders and archives are read as logs are, by src/ingest, with its limits for
 * bombs, links and depth; what comes out is put together again, file by file.
 */
#include "base/limits.h"
#include "base/sha256.h"
#include "base/utf8.h"
#include "cmd/console.h"
#include "cmd/inputs.h"
#include "cmd/packs.h"
#include "render/record.h"

enum { NAME_MAX_BYTES = 200 };

struct reader {
	struct pack *pack;
	const char *path; /* that is read */
	struct diag *diag;
	struct str open; /* file.path of the file at hand, in the pack's arena; empty: none */
	struct str name; /* its path within the pack */
	struct buf text;
	bool refused; /* the file at hand is not text */
};

bool pack_is_version(struct str name) {
	for (size_t i = 0; i < name.len; i++) {
		if (!char_is_digit(name.ptr[i]) && (name.ptr[i] < 'a' || name.ptr[i] > 'f')) {
			return false;
		}
	}
	return name.len == 16;
}

bool pack_safe_name(struct str name) {
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.ptr[i];
		if (c < 0x20 || c == 0x7F || c == '/' || c == '\\' || c == ':') {
			return false;
		}
	}
	return name.len > 0 && name.len <= NAME_MAX_BYTES && !str_eq(name, STR(".")) &&
	       !str_eq(name, STR("..")) && utf8_valid(name);
}

static bool is_safe_path(struct str path) {
	size_t depth = 0;
	while (path.len > 0) {
		if (!pack_safe_name(str_cut(&path, '/')) || ++depth > LIMIT_FOLDER_DEPTH) {
			return false;
		}
	}
	return depth > 0;
}

static bool is_rule_file(struct str name) {
	return str_ends(name, STR(".yml")) || str_ends(name, STR(".yaml"));
}

static struct str trimmed(const char *path) {
	struct str text = str_from(path);
	while (text.len > 1 && text.ptr[text.len - 1] == '/') {
		text.len--;
	}
	return text;
}

/* "a.zip!/x/y.yml" and "folder/x/y.yml" are x/y.yml within the pack; a file alone is its name. */
static struct str name_of(const struct reader *reader, struct str shown) {
	struct str base = trimmed(reader->path);
	struct str rest = str_starts(shown, base) ? str_slice(shown, base.len, shown.len) : STR("");
	if (str_starts(rest, STR("!/"))) {
		return str_slice(rest, 2, rest.len);
	}
	if (str_starts(rest, STR("/"))) {
		return str_slice(rest, 1, rest.len);
	}
	while (str_find_char(shown, '/', 0) < shown.len) {
		(void)str_cut(&shown, '/');
	}
	return shown;
}

static enum err refuse(struct reader *reader, enum err err, struct str shown, const char *why) {
	CLEANUP(buf_deinit) struct buf name = {0};
	render_safe(&name, shown);
	return diag_set(reader->diag, err, "%.*s: %s", (int)MIN_OF(name.len, (size_t)200), name.ptr,
	                why);
}

/* ---- one file ---- */

static enum err end_file(struct reader *reader) {
	struct pack *pack = reader->pack;
	if (reader->open.len == 0) {
		return ERR_OK;
	}
	if (reader->refused) {
		CLEANUP(buf_deinit) struct buf name = {0};
		render_safe(&name, reader->name);
		console_note("%.*s: not text", STR_ARG(buf_str(&name)));
		pack->problems++;
	} else {
		if (pack->count == pack->cap) {
			pack->cap = pack->cap * 2 + 64;
			pack->files = reallocarray(pack->files, pack->cap, sizeof(*pack->files));
			ASSERT(pack->files != NULL);
		}
		struct pack_file *file = &pack->files[pack->count++];
		*file = (struct pack_file){.path = reader->name,
		                           .text = arena_str(pack->arena, buf_str(&reader->text))};
		sha256(file->text.ptr, file->text.len, file->hash);
	}
	buf_clear(&reader->text);
	reader->open = STR("");
	reader->refused = false;
	return ERR_OK;
}

static enum err begin_file(struct reader *reader, struct str shown) {
	struct pack *pack = reader->pack;
	struct str name = name_of(reader, shown);
	TRY(end_file(reader));
	if (!is_safe_path(name)) {
		return refuse(reader, ERR_INVALID, shown, "such a name is not made here");
	}
	if (pack->count >= LIMIT_PACK_FILES) {
		return refuse(reader, ERR_LIMIT, shown, "more files than a pack may have");
	}
	reader->open = arena_str(pack->arena, shown);
	reader->name = arena_str(pack->arena, name);
	return ERR_OK;
}

static enum err add_record(struct reader *reader, const struct batch *batch,
                           const struct batch_record *record) {
	const struct batch_source *source = &batch->sources[record->source];
	struct pack *pack = reader->pack;
	if (record->type != RECORD_DATA) {
		return ERR_OK;
	}
	if (record->number == 1 || !str_eq(source->path, reader->open)) {
		TRY(begin_file(reader, source->path));
	}
	bool ends = (record->flags & (RECORD_NO_FINAL_LF | RECORD_CONTINUES)) != 0;
	size_t more = (size_t)record->body_len + !ends;
	if (reader->text.len + more > LIMIT_RULES_FILE) {
		return refuse(reader, ERR_LIMIT, source->path, "too large for a file of rules");
	}
	if (pack->bytes + more > LIMIT_PACK_BYTES) {
		return refuse(reader, ERR_LIMIT, source->path, "the pack is too large");
	}
	pack->bytes += more;
	reader->refused |= source->container;
	buf_append(&reader->text, batch->raw.ptr + record->body_offset, record->body_len);
	buf_append_str(&reader->text, ends ? STR("") : STR("\n"));
	return ERR_OK;
}

static enum err put(void *ctx, struct batch *batch) {
	struct reader *reader = ctx;
	enum err err = ERR_OK;
	for (uint32_t i = 0; i < batch->count && err == ERR_OK; i++) {
		err = add_record(reader, batch, &batch->records[i]);
	}
	batch_free(batch);
	return err;
}

/* Only rules, and the archive itself: archives within are not opened. */
static enum err file_begin(void *ctx, const struct sink_file *file, bool fresh, uint32_t *out_file,
                           enum sink_verdict *out_verdict, struct sink_resume *out_resume) {
	struct reader *reader = ctx;
	bool top =
	    str_eq(file->path, trimmed(reader->path)) || str_eq(file->path, str_from(reader->path));
	bool wanted = file->is_object ? top : is_rule_file(file->path);
	(void)fresh;
	(void)out_resume;
	*out_file = UINT32_MAX;
	*out_verdict = wanted ? SINK_TAKE : SINK_SKIP;
	reader->pack->passed += !wanted;
	return ERR_OK;
}

enum err pack_read(struct pack *pack, const char *path, struct diag *diag) {
	struct reader reader = {.pack = pack, .path = path, .diag = diag};
	struct inputs inputs;
	const struct args args = {.paths = &path, .paths_count = 1};
	struct sink sink = {.ctx = &reader, .put = put, .file_begin = file_begin};
	if (pack->arena == NULL) {
		pack->arena = arena_new(SIZE_MAX); /* bounded by LIMIT_PACK_BYTES and LIMIT_PACK_FILES */
	}
	enum err err = inputs_init(&inputs, &args, diag);
	if (err == ERR_OK) {
		err = inputs_run(&inputs, &args, &sink);
		err = err == ERR_OK ? end_file(&reader) : err;
		if (err == ERR_OK || err == ERR_CANCELED) {
			(void)inputs_status(&inputs, err); /* tells the problems; they are counted */
		}
		progress_end(&inputs.progress);
		pack->problems += inputs.problems;
	}
	inputs_deinit(&inputs);
	buf_deinit(&reader.text);
	return err;
}

/* ---- the whole ---- */

static int by_path(const void *a, const void *b) {
	return str_cmp(((const struct pack_file *)a)->path, ((const struct pack_file *)b)->path);
}

static void hash_number(struct sha256 *sha, uint64_t number) {
	uint8_t bytes[8];
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = (uint8_t)(number >> 8 * i);
	}
	sha256_update(sha, bytes, sizeof(bytes));
}

enum err pack_close(struct pack *pack, struct diag *diag) {
	struct sha256 sha;
	uint8_t digest[SHA256_SIZE];
	CLEANUP(buf_deinit) struct buf hex = {0};
	if (pack->count > 0) {
		qsort(pack->files, pack->count, sizeof(*pack->files), by_path);
	}
	sha256_init(&sha);
	for (size_t i = 0; i < pack->count; i++) {
		const struct pack_file *file = &pack->files[i];
		if (i > 0 && str_eq(file->path, file[-1].path)) {
			return diag_set(diag, ERR_INVALID, "%.*s is there twice",
			                (int)MIN_OF(file->path.len, (size_t)200), file->path.ptr);
		}
		hash_number(&sha, file->path.len);
		sha256_update(&sha, file->path.ptr, file->path.len);
		hash_number(&sha, file->text.len);
		sha256_update(&sha, file->text.ptr, file->text.len);
	}
	sha256_digest(&sha, digest);
	buf_append_hex(&hex, digest, sizeof(digest));
	memcpy(pack->hash, hex.ptr, 64);
	memcpy(pack->version, hex.ptr, 16);
	return ERR_OK;
}

void pack_deinit(struct pack *pack) {
	arena_free(pack->arena);
	free(pack->files);
	*pack = (struct pack){0};
}

struct sigma_set *pack_rules(const struct pack *pack) {
	struct sigma_set *set = sigma_set_new();
	for (size_t i = 0; i < pack->count; i++) {
		sigma_set_add(set, pack->files[i].path, pack->files[i].text);
	}
	sigma_set_close(set);
	return set;
}
