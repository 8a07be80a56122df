/* akashi rules import: rules of others into a folder of packs, with what changes. */
#include "base/instant.h"
#include "base/map.h"
#include "cmd/console.h"
#include "cmd/packs.h"
#include "cmd/rules.h"
#include "render/record.h"

/* A rule, correlation or filter of a pack. */
struct document {
	const struct sigma_meta *meta;
	struct str key;      /* its id, or its path and title */
	const uint8_t *hash; /* of its file */
};

struct documents {
	struct document *items;
	size_t count;
	struct map *by_key; /* to the place in items */
};

struct import {
	struct rules *rules;
	struct pack pack, old;
	struct sigma_set *old_set; /* NULL: none */
	char old_version[17];
	struct buf folder; /* of the pack, with NUL behind */
	struct str name;
	int lock_fd; /* -1: none */
	uint64_t added, changed, gone;
};

/* ---- what there is ---- */

static const struct pack_file *file_of(const struct pack *pack, struct str path) {
	size_t low = 0;
	size_t high = pack->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_cmp(pack->files[middle].path, path);
		if (order == 0) {
			return &pack->files[middle];
		}
		low = order < 0 ? middle + 1 : low;
		high = order < 0 ? high : middle;
	}
	return NULL;
}

static void add_document(struct documents *documents, const struct pack *pack,
                         const struct sigma_meta *meta) {
	const struct pack_file *file = file_of(pack, meta->path);
	bool added;
	if (file == NULL) {
		return;
	}
	struct str key = meta->id.len > 0 ? meta->id
	                                  : arena_printf(pack->arena, "%.*s:%.*s", STR_ARG(meta->path),
	                                                 STR_ARG(meta->title));
	(void)map_put(documents->by_key, key, documents->count, &added);
	if (added) { /* an aggregation is a rule and a correlation */
		documents->items[documents->count++] = (struct document){meta, key, file->hash};
	}
}

static void list_documents(struct documents *documents, const struct pack *pack,
                           const struct sigma_set *set) {
	size_t most = 1;
	if (set != NULL) {
		most += (size_t)set->rules_count + set->correlations_count + set->filters_count;
	}
	documents->by_key = map_new();
	documents->items = calloc(most, sizeof(*documents->items));
	ASSERT(documents->items != NULL);
	for (uint32_t i = 0; set != NULL && i < set->rules_count; i++) {
		add_document(documents, pack, &set->rules[i].meta);
	}
	for (uint32_t i = 0; set != NULL && i < set->correlations_count; i++) {
		add_document(documents, pack, &set->correlations[i].meta);
	}
	for (uint32_t i = 0; set != NULL && i < set->filters_count; i++) {
		add_document(documents, pack, &set->filters[i].meta);
	}
}

static void drop_documents(struct documents *documents) {
	map_free(documents->by_key);
	free(documents->items);
}

/* ---- what changes ---- */

static void append_change(struct buf *out, const char *change, const struct sigma_meta *meta,
                          bool json) {
	if (!json) {
		buf_printf(out, "%-7s  %-13s  ", change, sigma_level_name(meta->level));
		render_safe(out, meta->title);
		buf_append_str(out, STR("  ("));
		render_safe(out, meta->path);
		buf_append_str(out, STR(")\n"));
		return;
	}
	buf_printf(out, "{\"change\":\"%s\",\"rule.id\":", change);
	buf_append_json(out, meta->id);
	buf_append_str(out, STR(",\"rule.name\":"));
	buf_append_json(out, meta->title);
	buf_printf(out, ",\"rule.level\":\"%s\",\"file.path\":", sigma_level_name(meta->level));
	buf_append_json(out, meta->path);
	buf_append_str(out, STR("}\n"));
}

static void append_changes(struct import *import, const struct documents *before,
                           const struct documents *after, struct buf *out) {
	bool json = import->rules->json;
	for (size_t i = 0; i < after->count; i++) {
		const struct document *document = &after->items[i];
		const uint64_t *at = map_find(before->by_key, document->key);
		if (at == NULL) {
			import->added++;
			append_change(out, "new", document->meta, json);
		} else if (memcmp(before->items[*at].hash, document->hash, 32) != 0) {
			import->changed++;
			append_change(out, "changed", document->meta, json);
		}
	}
	for (size_t i = 0; i < before->count; i++) {
		if (map_find(after->by_key, before->items[i].key) == NULL) {
			import->gone++;
			append_change(out, "gone", before->items[i].meta, json);
		}
	}
}

static enum err show_changes(struct import *import) {
	struct rules *rules = import->rules;
	CLEANUP(buf_deinit) struct buf out = {0};
	struct documents before = {0};
	struct documents after = {0};
	list_documents(&before, &import->old, import->old_set);
	list_documents(&after, &import->pack, rules->set);
	append_changes(import, &before, &after, &out);
	drop_documents(&before);
	drop_documents(&after);
	TRY(output_write(rules->output, out.ptr, out.len));
	return rules_write_problems(rules);
}

/* ---- where it goes ---- */

/* "sigma" of "/tmp/sigma.tar.gz" and "../sigma/". */
static struct str default_name(struct str path) {
	static const struct str endings[] = {
	    STR_INIT(".zip"),     STR_INIT(".tar"),    STR_INIT(".tgz"),
	    STR_INIT(".tar.gz"),  STR_INIT(".tar.xz"), STR_INIT(".tar.zst"),
	    STR_INIT(".tar.bz2"), STR_INIT(".yml"),    STR_INIT(".yaml")};
	while (path.len > 1 && path.ptr[path.len - 1] == '/') {
		path.len--;
	}
	while (str_find_char(path, '/', 0) < path.len) {
		(void)str_cut(&path, '/');
	}
	for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
		if (str_ends(path, endings[i])) {
			path.len -= endings[i].len;
			break;
		}
	}
	return path;
}

static bool is_pack_name(struct str name) {
	return pack_safe_name(name) && name.len <= 64 && name.ptr[0] != '.' && name.ptr[0] != '-';
}

static enum err choose_folder(struct import *import, struct diag *diag) {
	const struct args *args = import->rules->args;
	import->name =
	    args->name != NULL ? str_from(args->name) : default_name(str_from(args->paths[1]));
	if (!is_pack_name(import->name)) {
		enum err err = diag_set(diag, ERR_INVALID, "'%.*s' cannot be the name of a pack",
		                        (int)MIN_OF(import->name.len, (size_t)80), import->name.ptr);
		diag_hint(diag, "--name gives it one: letters, digits, - and _");
		return err;
	}
	rules_packs_folder(args, &import->folder);
	buf_append_char(&import->folder, '/');
	buf_append_str(&import->folder, import->name);
	*buf_reserve(&import->folder, 1) = '\0';
	return ERR_OK;
}

static enum err read_old(struct import *import, struct diag *diag) {
	CLEANUP(buf_deinit) struct buf path = {0};
	enum err err = pack_current(import->folder.ptr, import->old_version);
	if (err != ERR_OK) {
		return diag_set(diag, err, "%.200s/%s: %s", import->folder.ptr, PACK_CURRENT,
		                err_text(err));
	}
	if (import->old_version[0] == '\0' || strcmp(import->old_version, PACK_NONE) == 0) {
		import->old_version[0] = '\0';
		return ERR_OK;
	}
	buf_printf(&path, "%s/%s", import->folder.ptr, import->old_version);
	*buf_reserve(&path, 1) = '\0';
	TRY(pack_read(&import->old, path.ptr, diag));
	TRY(pack_close(&import->old, diag));
	if (strncmp(import->old.version, import->old_version, 16) != 0) {
		console_note("the version that is installed was changed since it was written");
	}
	import->old_set = pack_rules(&import->old);
	return ERR_OK;
}

/* ---- installing ---- */

static void append_manifest(const struct import *import, struct buf *out) {
	const struct os *os = os_real();
	const struct args *args = import->rules->args;
	const struct sigma_set *set = import->rules->set;
	buf_printf(out, "{\"akashi.schema\":%d,\"pack\":", JSON_SCHEMA);
	buf_append_json(out, import->name);
	buf_printf(out, ",\"version\":\"%s\",\"sha256\":\"%s\",\"imported\":\"", import->pack.version,
	           import->pack.hash);
	instant_format(out, os->wall_ns(os->ctx), 0);
	buf_append_str(out, STR("\",\"source\":["));
	for (size_t i = 1; i < args->paths_count; i++) {
		buf_append_str(out, i > 1 ? STR(",") : STR(""));
		buf_append_json(out, str_from(args->paths[i]));
	}
	buf_printf(out,
	           "],\"files\":%zu,\"rules\":%u,\"correlations\":%u,\"filters\":%u,\"refused\":%u,"
	           "\"previous\":",
	           import->pack.count, set->rules_count, set->correlations_count, set->filters_count,
	           set->refused);
	buf_append_json(out, str_from(import->old_version));
	buf_append_str(out, STR("}\n"));
}

/* One import at a time: the lock ends with *out_fd, or the process. */
static enum err lock(struct import *import, int *out_fd, struct diag *diag) {
	const struct os *os = os_real();
	CLEANUP(buf_deinit) struct buf path = {0};
	enum err err = os_make_folders(os, import->folder.ptr);
	buf_printf(&path, "%s/lock", import->folder.ptr);
	*buf_reserve(&path, 1) = '\0';
	if (err == ERR_OK) {
		err = os->open(os->ctx, path.ptr, OS_WRITE | OS_CREATE | OS_NO_FOLLOW | OS_NON_BLOCKING,
		               out_fd);
	}
	if (err == ERR_OK) {
		err = os->lock(os->ctx, *out_fd);
		if (err != ERR_OK) {
			(void)os->close(os->ctx, *out_fd); /* nothing was written */
			*out_fd = -1;
		}
	}
	return err == ERR_OK
	           ? err
	           : diag_set(diag, err, "%.200s: %s", path.ptr,
	                      err == ERR_LOCKED ? "another import is at work" : err_text(err));
}

static enum err install(struct import *import, struct diag *diag) {
	CLEANUP(buf_deinit) struct buf manifest = {0};
	append_manifest(import, &manifest);
	enum err err = pack_install(&import->pack, import->folder.ptr, buf_str(&manifest), diag);
	if (err != ERR_OK && diag->message[0] == '\0') {
		return diag_set(diag, err, "%.200s: cannot be written: %s", import->folder.ptr,
		                err_text(err));
	}
	return err;
}

static void tell(const struct import *import, bool installed) {
	bool same = strcmp(import->pack.version, import->old_version) == 0;
	CLEANUP(buf_deinit) struct buf folder = {0};
	render_safe(&folder, buf_str(&import->folder));
	console_note("%llu new, %llu changed, %llu gone; %s %s in %.*s",
	             (unsigned long long)import->added, (unsigned long long)import->changed,
	             (unsigned long long)import->gone,
	             same        ? "as it was: version"
	             : installed ? "installed as version"
	                         : "not installed (--dry-run): version",
	             import->pack.version, STR_ARG(buf_str(&folder)));
}

static enum err read_new(struct import *import, struct diag *diag) {
	struct rules *rules = import->rules;
	for (size_t i = 1; i < rules->args->paths_count; i++) {
		if (strcmp(rules->args->paths[i], "-") == 0) {
			return diag_set(diag, ERR_INVALID, "rules import reads files and folders, not '-'");
		}
		TRY(pack_read(&import->pack, rules->args->paths[i], diag));
	}
	TRY(pack_close(&import->pack, diag));
	rules->files = import->pack.count;
	rules->failed = import->pack.problems;
	if (import->pack.problems > 0) {
		enum err err = diag_set(diag, ERR_IO, "not all of it could be read: nothing is installed");
		diag_hint(diag, "half a pack would lack rules that nobody misses");
		return err;
	}
	if (import->pack.count == 0) {
		enum err err = diag_set(diag, ERR_NOT_FOUND, "there are no rules: nothing is installed");
		diag_hint(diag, "rules are files whose names end in .yml or .yaml");
		return err;
	}
	sigma_set_free(rules->set);
	rules->set = pack_rules(&import->pack);
	return ERR_OK;
}

static enum err run(struct import *import, struct diag *diag) {
	const struct args *args = import->rules->args;
	bool same;
	TRY(choose_folder(import, diag));
	TRY(read_new(import, diag));
	TRY(args->dry_run ? ERR_OK : lock(import, &import->lock_fd, diag));
	TRY(read_old(import, diag));
	TRY(show_changes(import));
	same = strcmp(import->pack.version, import->old_version) == 0;
	if (!args->dry_run && !same) {
		TRY(install(import, diag));
	}
	tell(import, !args->dry_run);
	return ERR_OK;
}

enum err rules_import(struct rules *rules, struct diag *diag) {
	const struct os *os = os_real();
	struct import import = {.rules = rules, .lock_fd = -1};
	enum err err = run(&import, diag);
	if (import.lock_fd >= 0) {
		(void)os->close(os->ctx, import.lock_fd); /* what was written is synced */
	}
	sigma_set_free(import.old_set);
	pack_deinit(&import.pack);
	pack_deinit(&import.old);
	buf_deinit(&import.folder);
	return err;
}
