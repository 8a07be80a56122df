/* See proof.h. */
#include "seal/proof.h"

#include "base/buf.h"
#include "verify_proof_py.gen.inc"
#include "verify_proof_sh.gen.inc"

/* The hashes one a line, an empty line, the checkpoint: the end of both formats. */
static void format_path(struct str path, struct str note, struct buf *out) {
	ASSERT(path.len % SHA256_SIZE == 0);
	for (size_t at = 0; at < path.len; at += SHA256_SIZE) {
		buf_append_base64(out, path.ptr + at, SHA256_SIZE);
		buf_append_char(out, '\n');
	}
	buf_append_char(out, '\n');
	buf_append_str(out, note);
}

void proof_format(const struct proof_parts *parts, struct buf *out) {
	buf_append_str(out, STR("c2sp.org/tlog-proof@v1\nextra "));
	buf_append_base64(out, parts->salt, SALT_SIZE);
	buf_append_str(out, STR("\nindex "));
	buf_append_u64(out, parts->index);
	buf_append_char(out, '\n');
	format_path(parts->path, parts->note, out);
}

void proof_consistency_format(const struct proof_consistency *parts, struct buf *out) {
	buf_append_str(out, STR("old "));
	buf_append_u64(out, parts->old_size);
	buf_append_char(out, '\n');
	format_path(parts->path, parts->note, out);
}

struct proof_file {
	const char *name;
	struct str bytes;
};

static bool is_there(const struct os *os, const char *folder, const char *name) {
	struct os_stat stat;
	struct buf path CLEANUP(buf_deinit) = {0};
	buf_printf(&path, "%s/%s%c", folder, name, '\0');
	return os->stat(os->ctx, path.ptr, false, &stat) == ERR_OK;
}

/* A folder is one proof: beside a file of the other kind (named other) the scripts would not know
 * which one is meant. And a checkpoint that lies there alone was kept for a reason. */
static enum err check_folder(const struct os *os, const char *folder, const char *other,
                             struct diag *diag) {
	bool has_other = is_there(os, folder, other);
	if (!has_other && (!is_there(os, folder, "checkpoint") || is_there(os, folder, "log.vkey"))) {
		return ERR_OK;
	}
	enum err err =
	    has_other ? diag_set(diag, ERR_EXISTS, "%s has another proof in it (%s)", folder, other)
	              : diag_set(diag, ERR_EXISTS, "%s has a checkpoint in it that would be replaced",
	                         folder);
	diag_hint(diag, "write each proof to a folder of its own");
	return err;
}

static enum err write_files(const struct os *os, const char *folder, const char *other,
                            const struct proof_file *files, size_t count, struct diag *diag) {
	enum err err = os_make_folders(os, folder);
	if (err != ERR_OK) {
		return diag_set(diag, err, "%s cannot be made: %s", folder, err_text(err));
	}
	TRY(check_folder(os, folder, other, diag));
	for (size_t i = 0; i < count; i++) {
		err = os_replace_file(os, folder, files[i].name, files[i].bytes);
		if (err != ERR_OK) {
			return diag_set(diag, err, "%s/%s cannot be written: %s", folder, files[i].name,
			                err_text(err));
		}
	}
	return ERR_OK;
}

#define SCRIPTS                                                                              \
	{"verify-proof.sh", str_make((const char *)verify_proof_sh, sizeof(verify_proof_sh))}, { \
		"verify-proof.py", str_make((const char *)verify_proof_py, sizeof(verify_proof_py))  \
	}

static void format_vkey(struct str vkey, struct buf *out) {
	buf_append_str(out, vkey);
	buf_append_char(out, '\n');
}

enum err proof_write_files(const struct os *os, const char *folder, const struct proof_parts *parts,
                           struct diag *diag) {
	struct buf proof CLEANUP(buf_deinit) = {0};
	struct buf vkey CLEANUP(buf_deinit) = {0};
	proof_format(parts, &proof);
	format_vkey(parts->vkey, &vkey);
	const struct proof_file files[] = {
	    {"record.body", parts->body},
	    {"record.header", str_make((const char *)parts->entry, LEAF_SIZE)},
	    {"record.salt", str_make((const char *)parts->salt, SALT_SIZE)},
	    {"proof", buf_str(&proof)},
	    {"checkpoint", parts->note},
	    {"log.vkey", buf_str(&vkey)},
	    SCRIPTS};
	return write_files(os, folder, "consistency", files, ARRAY_LEN(files), diag);
}

enum err proof_consistency_write_files(const struct os *os, const char *folder,
                                       const struct proof_consistency *parts, struct diag *diag) {
	struct buf proof CLEANUP(buf_deinit) = {0};
	struct buf vkey CLEANUP(buf_deinit) = {0};
	proof_consistency_format(parts, &proof);
	format_vkey(parts->vkey, &vkey);
	const struct proof_file files[] = {{"consistency", buf_str(&proof)},
	                                   {"checkpoint.old", parts->old_note},
	                                   {"checkpoint", parts->note},
	                                   {"log.vkey", buf_str(&vkey)},
	                                   SCRIPTS};
	return write_files(os, folder, "proof", files, ARRAY_LEN(files), diag);
}
