/* akashi keys: the root key, requests for it, its signatures, and what is in force. */
#include "base/limits.h"
#include "cmd/command.h"
#include "cmd/console.h"
#include "seal/epoch_manifest.h"
#include "store/store.h"

enum { REQUEST_MAX = 1 << 20 };

/* ---- the folder that goes to the root and back ---- */

struct parcel { /* DIR/CLASS.request, DIR/CLASS.note */
	const char *folder;
	struct buf classes; /* names, each with NUL */
};

static enum err note_request(void *ctx, struct str name, enum os_file_kind kind) {
	struct parcel *parcel = ctx;
	if (kind == OS_FILE_REGULAR && str_ends(name, STR(".request"))) {
		buf_append_str(&parcel->classes, str_slice(name, 0, name.len - 8));
		buf_append_char(&parcel->classes, '\0');
	}
	return ERR_OK;
}

static enum err parcel_open(struct parcel *parcel, const char *folder, struct diag *diag) {
	const struct os *os = os_real();
	*parcel = (struct parcel){.folder = folder};
	enum err err = os->list(os->ctx, folder, note_request, parcel);
	if (err == ERR_OK && parcel->classes.len == 0) {
		err = ERR_NOT_FOUND;
	}
	if (err != ERR_OK) {
		diag_set(diag, err, "there is no request in '%s': %s", folder, err_text(err));
		diag_hint(diag, "akashi keys request -o DIR makes one");
	}
	return err;
}

static enum err parcel_read(const struct parcel *parcel, const char *class_name, const char *kind,
                            struct buf *out, struct diag *diag) {
	struct buf path CLEANUP(buf_deinit) = {0};
	buf_printf(&path, "%s/%s.%s%c", parcel->folder, class_name, kind, '\0');
	buf_clear(out);
	enum err err = os_read_file(os_real(), path.ptr, REQUEST_MAX, out);
	return err == ERR_OK ? ERR_OK
	                     : diag_set(diag, err, "%s cannot be read: %s", path.ptr, err_text(err));
}

static enum err parcel_write(const char *folder, const char *class_name, const char *kind,
                             const struct buf *text, struct diag *diag) {
	struct buf name CLEANUP(buf_deinit) = {0};
	buf_printf(&name, "%s.%s%c", class_name, kind, '\0');
	enum err err = os_replace_file(os_real(), folder, name.ptr, buf_str(text));
	return err == ERR_OK ? ERR_OK
	                     : diag_set(diag, err, "%s/%s cannot be written: %s", folder, name.ptr,
	                                err_text(err));
}

/* ---- akashi keys ---- */

static void append_class(struct buf *out, const struct store_keys *keys) {
	render_safe(out, keys->origin);
	if (keys->manifests == 0) {
		buf_append_str(out, STR("\n  has sealed nothing yet\n"));
		return;
	}
	buf_printf(out, "\n  %llu seals so far; the next is of epoch %llu (%llu seals each)\n",
	           (unsigned long long)keys->seals, (unsigned long long)keys->epoch,
	           (unsigned long long)keys->epoch_seals);
	uint64_t left = keys->listed_end * keys->epoch_seals - keys->seals;
	buf_printf(out, "  listed to epoch %llu by ", (unsigned long long)keys->listed_end - 1);
	if (keys->by_root) {
		buf_append_str(out, STR("the root "));
		render_safe(out, keys->root);
	} else {
		buf_append_str(out, STR("the identity key: it has no root"));
	}
	buf_printf(out, "; sealing stops in %llu seals\n", (unsigned long long)left);
}

static void append_class_json(struct buf *out, const struct store_keys *keys, bool first) {
	buf_append_str(out, first ? STR("{\"origin\":") : STR(",{\"origin\":"));
	buf_append_json(out, keys->origin);
	buf_printf(out,
	           ",\"seals\":%llu,\"epoch\":%llu,\"epoch_seals\":%llu,\"manifests\":%llu,"
	           "\"listed_end\":%llu,\"root\":",
	           (unsigned long long)keys->seals, (unsigned long long)keys->epoch,
	           (unsigned long long)keys->epoch_seals, (unsigned long long)keys->manifests,
	           (unsigned long long)keys->listed_end);
	if (keys->by_root) {
		buf_append_json(out, keys->root);
	} else {
		buf_append_str(out, STR("null"));
	}
	buf_append_char(out, '}');
}

static enum err show(const struct args *args, struct buf *text, struct buf *json,
                     struct diag *diag) {
	struct store_set set = {0};
	enum err err = console_open_stores(args, &set, diag);
	buf_append_str(json, STR(",\"trees\":["));
	for (size_t i = 0; err == ERR_OK && i < set.count; i++) {
		struct store_keys keys;
		err = store_read_keys(set.stores[i], &keys, diag);
		if (err == ERR_OK) {
			append_class(text, &keys);
			append_class_json(json, &keys, i == 0);
		}
	}
	buf_append_char(json, ']');
	store_set_close(&set);
	return err;
}

/* ---- akashi keys root, sign ---- */

static enum err make_root(const struct args *args, struct buf *text, struct diag *diag) {
	const struct os *os = os_real();
	struct signer *signer = NULL;
	if (args->out == NULL) {
		return diag_set(diag, ERR_INVALID, "keys root wants -o DIR, a folder that is made");
	}
	enum err err = os->make_folder(os->ctx, args->out);
	if (err != ERR_OK && err != ERR_EXISTS) {
		return diag_set(diag, err, "the folder '%s' cannot be made: %s", args->out, err_text(err));
	}
	TRY(signer_create(os, args->out, str_from(args->paths[1]), diag));
	TRY(signer_open(os, args->out, &signer, diag));
	struct verifier verifier = signer_verifier(signer);
	verifier_format(&verifier, text);
	buf_printf(text, "\nkeep %s/identity.key offline; identity.vkey is for everybody\n", args->out);
	signer_free(signer);
	return ERR_OK;
}

/* What the owner of the root reads before they sign. */
static void append_request(struct buf *out, const struct epoch_manifest *manifest) {
	struct buf vkey CLEANUP(buf_deinit) = {0};
	verifier_format(&manifest->identity, &vkey);
	buf_append_str(out, STR("signed for "));
	render_safe(out, manifest->origin);
	buf_printf(out, ": epochs %llu to %llu of %llu seals each\n  identity ",
	           (unsigned long long)manifest->first,
	           (unsigned long long)(manifest->first + manifest->count - 1),
	           (unsigned long long)manifest->seals);
	render_safe(out, buf_str(&vkey));
	buf_append_char(out, '\n');
}

static enum err sign_one(const struct signer *signer, const struct parcel *parcel,
                         const char *class_name, struct buf *text, struct diag *diag) {
	struct buf request CLEANUP(buf_deinit) = {0};
	struct buf note CLEANUP(buf_deinit) = {0};
	struct epoch_manifest manifest;
	TRY(parcel_read(parcel, class_name, "request", &request, diag));
	TRY(epoch_manifest_parse(buf_str(&request), &manifest, diag));
	TRY(epoch_manifest_sign(signer, buf_str(&request), &note, diag));
	TRY(parcel_write(parcel->folder, class_name, "note", &note, diag));
	append_request(text, &manifest);
	return ERR_OK;
}

static enum err sign(const struct args *args, struct buf *text, struct diag *diag) {
	struct parcel parcel;
	struct signer *signer = NULL;
	if (args->root == NULL) {
		return diag_set(diag, ERR_INVALID,
		                "keys sign wants --root DIR, the folder of the root key");
	}
	TRY(signer_open(os_real(), args->root, &signer, diag));
	enum err err = parcel_open(&parcel, args->paths[1], diag);
	for (size_t at = 0; err == ERR_OK && at < parcel.classes.len;
	     at += strlen(parcel.classes.ptr + at) + 1) {
		err = sign_one(signer, &parcel, parcel.classes.ptr + at, text, diag);
	}
	buf_deinit(&parcel.classes);
	signer_free(signer);
	return err;
}

/* ---- akashi keys request, install ---- */

static void notice(void *ctx, struct str message) {
	(void)ctx;
	console_note("%.*s", STR_ARG(message));
}

/* Calls with each class, open for writing under one lock. */
static enum err each_class(const struct args *args,
                           enum err (*call)(void *ctx, struct store *store, struct diag *diag),
                           void *ctx, struct diag *diag) {
	struct store_options options = {
	    .os = os_real(), .path = console_store_path(args), .writable = true, .notice = notice};
	struct store *first CLEANUP(store_closep) = NULL;
	const struct str *classes;
	TRY(console_check_store(args, diag));
	TRY(store_open(&options, &first, diag));
	size_t count = store_classes(first, &classes);
	TRY(call(ctx, first, diag));
	for (size_t i = 1; i < count; i++) {
		struct store *store CLEANUP(store_closep) = NULL;
		if (store_class_of(classes[i]).len < classes[i].len) {
			continue; /* a later tree: its class is opened by its own name */
		}
		options.tree = classes[i].ptr; /* ends in NUL */
		options.beside = first;
		TRY(store_open(&options, &store, diag));
		TRY(call(ctx, store, diag));
	}
	return ERR_OK;
}

struct requesting {
	const struct args *args;
	struct buf *text;
};

static enum err request_class(void *ctx, struct store *store, struct diag *diag) {
	const struct requesting *requesting = ctx;
	struct buf request CLEANUP(buf_deinit) = {0};
	struct str name = store_class(store);
	TRY(store_keys_request(store, requesting->args->epochs, &request, diag));
	TRY(parcel_write(requesting->args->out, name.ptr, "request", &request, diag));
	buf_printf(requesting->text, "%s/%.*s.request\n", requesting->args->out, STR_ARG(name));
	return ERR_OK;
}

static enum err request(const struct args *args, struct buf *text, struct diag *diag) {
	const struct os *os = os_real();
	struct requesting requesting = {.args = args, .text = text};
	if (args->out == NULL) {
		return diag_set(diag, ERR_INVALID,
		                "keys request wants -o DIR, a folder for the root's owner");
	}
	if (args->epochs == 0) {
		return diag_set(diag, ERR_INVALID,
		                "--epochs wants 1 or more: without keys nothing is signed");
	}
	enum err err = os->make_folder(os->ctx, args->out);
	if (err != ERR_OK && err != ERR_EXISTS) {
		return diag_set(diag, err, "the folder '%s' cannot be made: %s", args->out, err_text(err));
	}
	return each_class(args, request_class, &requesting, diag);
}

struct installing {
	struct parcel parcel;
	struct buf vkey, *text;
};

static enum err install_class(void *ctx, struct store *store, struct diag *diag) {
	struct installing *installing = ctx;
	struct buf note CLEANUP(buf_deinit) = {0};
	struct str name = store_class(store);
	TRY(parcel_read(&installing->parcel, name.ptr, "note", &note, diag));
	TRY(store_keys_install(store, buf_str(&note), buf_str(&installing->vkey), diag));
	struct store_keys keys;
	TRY(store_read_keys(store, &keys, diag));
	append_class(installing->text, &keys);
	return ERR_OK;
}

static enum err install(const struct args *args, struct buf *text, struct diag *diag) {
	struct installing installing = {.parcel = {.folder = args->paths[1]}, .text = text};
	enum err err = ERR_OK;
	if (args->root != NULL) {
		err = os_read_file(os_real(), args->root, LIMIT_NOTE_SIZE, &installing.vkey);
		if (err != ERR_OK) {
			return diag_set(diag, err, "%s cannot be read: %s", args->root, err_text(err));
		}
	}
	err = each_class(args, install_class, &installing, diag);
	buf_deinit(&installing.vkey);
	return err;
}

/* ---- the command ---- */

static const struct {
	struct str name;
	size_t words; /* with the name */
	const char *form;
	enum err (*run)(const struct args *args, struct buf *text, struct diag *diag);
} actions[] = {
    {STR_INIT("root"), 2, "keys root NAME -o DIR, NAME such as csirt.example.org/root", make_root},
    {STR_INIT("request"), 1, "keys request -o DIR", request},
    {STR_INIT("sign"), 2, "keys sign DIR --root DIR, first the request, then the root key", sign},
    {STR_INIT("install"), 2, "keys install DIR [--root VKEY]", install},
};

static enum err run(const struct args *args, struct buf *text, struct buf *json,
                    struct diag *diag) {
	if (args->paths_count == 0) {
		return show(args, text, json, diag);
	}
	for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
		if (!str_eq(actions[i].name, str_from(args->paths[0]))) {
			continue;
		}
		if (args->paths_count == actions[i].words) {
			return actions[i].run(args, text, diag);
		}
		diag_set(diag, ERR_INVALID, "too %s words for keys %s",
		         args->paths_count < actions[i].words ? "few" : "many", actions[i].name.ptr);
		diag_hint(diag, "it is: akashi %s", actions[i].form);
		return ERR_INVALID;
	}
	diag_set(diag, ERR_INVALID, "keys does not know what to do with '%.80s'", args->paths[0]);
	diag_hint(diag, "root, request, sign or install: akashi keys --help");
	return ERR_INVALID;
}

int cmd_keys(const struct args *args) {
	struct diag diag = {0};
	struct buf text CLEANUP(buf_deinit) = {0};
	struct buf json CLEANUP(buf_deinit) = {0};
	enum err err = run(args, &text, &json, &diag);
	if (err != ERR_OK) {
		return console_fail(args, err, &diag, STR(""));
	}
	int status = console_print(&text);
	if (args->json) {
		(void)fprintf(stderr, "{\"akashi.schema\":%d%.*s}\n", JSON_SCHEMA, STR_ARG(buf_str(&json)));
	}
	return status;
}
