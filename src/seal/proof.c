/* See proof.h. */
#include "seal/proof.h"

#include "base/buf.h"
#include "verify_proof_py.gen.inc"
#include "verify_proof_sh.gen.inc"

void proof_format(const struct proof_parts *parts, struct buf *out) {
	buf_append_str(out, STR("c2sp.org/tlog-proof@v1\nextra "));
	buf_append_base64(out, parts->salt, SALT_SIZE);
	buf_append_str(out, STR("\nindex "));
	buf_append_u64(out, parts->index);
	buf_append_char(out, '\n');
	for (size_t at = 0; at < parts->path.len; at += SHA256_SIZE) {
		buf_append_base64(out, parts->path.ptr + at, SHA256_SIZE);
		buf_append_char(out, '\n');
	}
	buf_append_char(out, '\n');
	buf_append_str(out, parts->note);
}

enum err proof_write_files(const struct os *os, const char *folder, const struct proof_parts *parts,
                           struct diag *diag) {
	struct buf proof CLEANUP(buf_deinit) = {0};
	struct buf vkey CLEANUP(buf_deinit) = {0};
	ASSERT(parts->path.len % SHA256_SIZE == 0);
	proof_format(parts, &proof);
	buf_append_str(&vkey, parts->vkey);
	buf_append_char(&vkey, '\n');
	const struct {
		const char *name;
		struct str bytes;
	} files[] = {
	    {"record.body", parts->body},
	    {"record.header", str_make((const char *)parts->entry, LEAF_SIZE)},
	    {"record.salt", str_make((const char *)parts->salt, SALT_SIZE)},
	    {"proof", buf_str(&proof)},
	    {"checkpoint", parts->note},
	    {"log.vkey", buf_str(&vkey)},
	    {"verify-proof.sh", str_make((const char *)verify_proof_sh, sizeof(verify_proof_sh))},
	    {"verify-proof.py", str_make((const char *)verify_proof_py, sizeof(verify_proof_py))},
	};
	enum err err = os_make_folders(os, folder);
	if (err != ERR_OK) {
		return diag_set(diag, err, "%s cannot be made: %s", folder, err_text(err));
	}
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		err = os_replace_file(os, folder, files[i].name, files[i].bytes);
		if (err != ERR_OK) {
			return diag_set(diag, err, "%s/%s cannot be written: %s", folder, files[i].name,
			                err_text(err));
		}
	}
	return ERR_OK;
}
