/* Facts about what is in a store, for people and for summaries. */
#include "store/store_private.h"

struct folder_sum {
	const struct os *os;
	const char *folder;
	uint64_t bytes, files;
	bool deep; /* also one level of folders below */
};

static enum err sum_name(void *ctx, struct str name, enum os_file_kind kind);

static void sum_folder(struct folder_sum *sum) {
	enum err err = sum->os->list(sum->os->ctx, sum->folder, sum_name, sum);
	(void)err; /* what cannot be listed is not counted */
}

static enum err sum_name(void *ctx, struct str name, enum os_file_kind kind) {
	struct folder_sum *sum = ctx;
	char text[256];
	struct store_path path;
	struct os_stat stat;
	if (name.len >= sizeof(text)) {
		return ERR_OK;
	}
	(void)snprintf(text, sizeof(text), "%.*s", STR_ARG(name));
	(void)path_in(&path, sum->folder, text);
	if (kind == OS_FILE_FOLDER && sum->deep) {
		struct folder_sum below = {.os = sum->os, .folder = path.text};
		sum_folder(&below);
		sum->bytes += below.bytes;
		sum->files += below.files;
	} else if (sum->os->stat(sum->os->ctx, path.text, false, &stat) == ERR_OK &&
	           stat.kind == OS_FILE_REGULAR) {
		sum->bytes += stat.size;
		sum->files++;
	}
	return ERR_OK;
}

static struct folder_sum sum_of(const struct store *store, const char *folder, bool deep) {
	struct folder_sum sum = {.os = store->os, .folder = folder, .deep = deep};
	sum_folder(&sum);
	return sum;
}

static void add_segments(const struct store *store, struct store_info *info) {
	for (size_t i = 0; i < store->catalogue.count; i++) {
		const struct segment *segment = store->catalogue.entries[i].segment;
		if (segment == NULL) {
			continue;
		}
		const struct segment_footer *footer = segment_footer(segment);
		if (footer->records > 0) {
			bool first = info->records == 0;
			info->time_min_ns =
			    first ? footer->time_min_ns : MIN_OF(info->time_min_ns, footer->time_min_ns);
			info->time_max_ns =
			    first ? footer->time_max_ns : MAX_OF(info->time_max_ns, footer->time_max_ns);
		}
		info->records += footer->records;
		info->bytes_raw += footer->bytes_raw;
		info->bytes_stored += segment_bytes(segment);
	}
}

/* A reader has read its checkpoint before the segments, so no writer at work explains this. */
static uint64_t count_missing(const struct store *store) {
	const struct catalogue *catalogue = &store->catalogue;
	uint64_t end = 0;
	uint64_t missing = 0;
	for (size_t i = 0; i < catalogue->count; i++) {
		const struct segment_entry *entry = &catalogue->entries[i];
		if (entry->segment == NULL) {
			continue; /* damaged: its records cannot be had either */
		}
		missing += entry->first > end ? entry->first - end : 0;
		end = MAX_OF(end, entry->end);
	}
	uint64_t all = MAX_OF(store->checkpoint_size, catalogue_end(catalogue));
	return missing + (all > end ? all - end : 0);
}

static void class_info(const struct store *store, struct store_info *out_info) {
	struct store_info info = {.uuid = str_from(store->facts.uuid_text),
	                          .origin = str_from(store->origin),
	                          .path = store->path,
	                          .format_version = STORE_FORMAT_VERSION,
	                          .tree_size =
	                              MAX_OF(catalogue_end(&store->catalogue), store->checkpoint_size),
	                          .segments = store->catalogue.count,
	                          .checkpoint_size = store->checkpoint_size};
	add_segments(store, &info);
	info.bytes_stored += sum_of(store, store->tree, false).bytes;
	info.log_bytes = sum_of(store, store->log, false).bytes;
	info.missing = count_missing(store);
	info.sealed = info.checkpoint_size == info.tree_size && info.missing == 0;
	memcpy(info.checkpoint_root, store->checkpoint_root, sizeof(info.checkpoint_root));
	*out_info = info;
}

/* Objects are shared by all classes. */
static void add_objects(const struct store *store, struct store_info *info) {
	struct folder_sum objects = sum_of(store, store->objects, true);
	info->bytes_stored += objects.bytes;
	info->objects = objects.files;
}

void store_get_info(const struct store *store, struct store_info *out_info) {
	if (store->writer != NULL) {
		writer_take(store->writer);
	}
	class_info(store, out_info);
	add_objects(store, out_info);
	if (store->writer != NULL) {
		writer_give(store->writer);
	}
}

static void add_info(struct store_info *sum, const struct store_info *info) {
	if (info->records > 0) {
		bool first = sum->records == 0;
		sum->time_min_ns = first ? info->time_min_ns : MIN_OF(sum->time_min_ns, info->time_min_ns);
		sum->time_max_ns = first ? info->time_max_ns : MAX_OF(sum->time_max_ns, info->time_max_ns);
	}
	sum->records += info->records;
	sum->tree_size += info->tree_size;
	sum->bytes_raw += info->bytes_raw;
	sum->bytes_stored += info->bytes_stored;
	sum->segments += info->segments;
	sum->log_bytes += info->log_bytes;
	sum->missing += info->missing;
	sum->sealed = sum->sealed && info->sealed;
}

void store_set_info(const struct store_set *set, struct store_info *out_info) {
	store_get_info(set->stores[0], out_info);
	for (size_t i = 1; i < set->count; i++) {
		struct store_info info;
		class_info(set->stores[i], &info);
		add_info(out_info, &info);
	}
	const struct store *newest = set->stores[store_set_newest(set)];
	out_info->origin = str_from(newest->origin);
	out_info->checkpoint_size = newest->checkpoint_size;
	memcpy(out_info->checkpoint_root, newest->checkpoint_root, sizeof(newest->checkpoint_root));
}

size_t store_set_newest(const struct store_set *set) {
	struct str newest =
	    facts_newest(&set->stores[0]->facts, tree_class(set->stores[0]->class_name));
	size_t at = store_set_find(set, newest);
	return at < set->count ? at : 0;
}

enum err store_set_open(const struct store_options *options, struct store_set *out_set,
                        struct diag *diag) {
	struct store_set set = {.count = 1};
	struct store_options each = *options;
	const struct str *classes;
	each.tree = NULL;
	TRY(store_open(&each, &set.stores[0], diag));
	size_t count = store_classes(set.stores[0], &classes);
	for (; set.count < count; set.count++) {
		each.tree = classes[set.count].ptr; /* ends in NUL */
		enum err err = store_open(&each, &set.stores[set.count], diag);
		if (err != ERR_OK) {
			store_set_close(&set);
			return err;
		}
	}
	*out_set = set;
	return ERR_OK;
}

void store_set_close(struct store_set *set) {
	while (set->count > 0) {
		store_close(set->stores[--set->count]);
	}
}

size_t store_set_find(const struct store_set *set, struct str class_name) {
	size_t i = 0;
	while (i < set->count && !str_eq(store_class(set->stores[i]), class_name)) {
		i++;
	}
	return i;
}

struct str store_class(const struct store *store) {
	return store->class_name;
}

struct str store_class_of(struct str tree) {
	return tree_class(tree);
}

bool store_is_frozen(const struct store *store) {
	return !str_eq(store->class_name, facts_newest(&store->facts, tree_class(store->class_name)));
}

bool store_class_valid(struct str name) {
	return class_name_valid(name);
}

/* The lists are views for the caller; made anew at each call. */
size_t store_classes(const struct store *store, const struct str **out_classes) {
	struct buf *shown = &store->shown->classes;
	buf_clear(shown);
	for (size_t i = 0; i < store->facts.classes_count; i++) {
		struct str name = str_from(store->facts.classes[i]);
		buf_append(shown, &name, sizeof(name));
	}
	*out_classes = (const struct str *)(void *)shown->ptr;
	return store->facts.classes_count;
}

size_t store_sources(const struct store *store, const struct store_source **out_sources) {
	struct buf *shown = &store->shown->sources;
	buf_clear(shown);
	for (size_t i = 0; i < store->streams.count; i++) {
		const struct stream_entry *entry = &store->streams.entries[i];
		if (str_eq(entry->name, STR(OWN_SOURCE)) || entry->total.records == 0) {
			continue;
		}
		struct store_source source = {.name = entry->name,
		                              .records = entry->total.records,
		                              .bytes_raw = entry->total.bytes_raw,
		                              .time_min_ns = entry->total.time_min_ns,
		                              .time_max_ns = entry->total.time_max_ns};
		buf_append(shown, &source, sizeof(source));
	}
	*out_sources = (const struct store_source *)(void *)shown->ptr;
	return shown->len / sizeof(struct store_source);
}

size_t store_files(const struct store *store, const struct store_file **out_files) {
	struct buf *shown = &store->shown->files;
	buf_clear(shown);
	for (size_t i = 0; i < store->files.count; i++) {
		const struct file_entry *entry = &store->files.entries[i];
		struct store_file file = {.number = entry->number,
		                          .path = entry->path,
		                          .source = entry->source,
		                          .is_object = entry->is_object,
		                          .done = entry->kept.done,
		                          .size = entry->kept.size,
		                          .records = entry->kept.records,
		                          .modified_ns = entry->modified_ns,
		                          .first_index = entry->kept.first_index,
		                          .same_as = entry->same_as};
		memcpy(file.hash, entry->kept.hash, sizeof(file.hash));
		buf_append(shown, &file, sizeof(file));
	}
	*out_files = (const struct store_file *)(void *)shown->ptr;
	return shown->len / sizeof(struct store_file);
}

const struct store_file *store_file_of(const struct store_file *files, size_t count,
                                       uint32_t number) {
	if (number < count && files[number].number == number) { /* numbers without a gap */
		return &files[number];
	}
	for (size_t i = 0; i < count && number != UINT32_MAX; i++) {
		if (files[i].number == number) {
			return &files[i];
		}
	}
	return NULL;
}

struct str store_checkpoint(const struct store *store) {
	return store->note.len == 0 ? STR("") : buf_str(&store->note);
}
