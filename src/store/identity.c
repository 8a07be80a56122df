/* What to do with a file that is about to be read, and keeping the bytes of objects. */
#include "store/objects.h"
#include "store/store_private.h"

static void answer_resume(const struct file_entry *entry, struct sink_resume *out_resume) {
	out_resume->position = entry->live.position;
	out_resume->records = entry->live.records;
	out_resume->ended_inside_line = entry->live.no_final_lf;
	memcpy(out_resume->hash, entry->live.hash, sizeof(out_resume->hash));
}

static struct file_entry *add_file(struct store *store, const struct sink_file *file,
                                   uint32_t same_as) {
	struct segment_file row = {.file = store->files.next_number,
	                           .same_as = same_as,
	                           .path = file->path,
	                           .source = file->source,
	                           .is_object = file->is_object,
	                           .size = file->size,
	                           .modified_ns = file->modified_ns,
	                           .first_index = UINT64_MAX};
	if (file->hash_known) {
		memcpy(row.hash, file->hash, sizeof(row.hash));
	}
	struct file_entry *entry = file_table_add(&store->files, &row);
	entry->kept = (struct file_state){.first_index = UINT64_MAX};
	return entry;
}

/* A known file under another name is noted once. */
static void note_other_name(struct store *store, const struct sink_file *file,
                            const struct file_entry *known, uint32_t *out_file) {
	for (size_t i = 0; i < store->files.count; i++) {
		const struct file_entry *entry = &store->files.entries[i];
		if (entry->same_as == known->number && str_eq(entry->path, file->path)) {
			*out_file = entry->number;
			return;
		}
	}
	struct batch_file_end end = {.size = known->live.size};
	memcpy(end.hash, file->hash, sizeof(end.hash));
	uint32_t same_as = known->number; /* known moves when the table grows */
	end.file = add_file(store, file, same_as)->number;
	buf_append(&store->writer->same, &end, sizeof(end));
	*out_file = end.file;
}

static enum err keep_object(struct store *store, const struct sink_file *file, struct diag *diag) {
	if (!file->is_object || file->bytes == NULL || !file->hash_known) {
		return ERR_OK;
	}
	return object_write(store->os, store->objects, file->hash, str_make(file->bytes, file->size),
	                    diag);
}

static enum err take_file(struct store *store, const struct sink_file *file,
                          struct file_entry *known, uint32_t *out_file, struct diag *diag) {
	TRY(keep_object(store, file, diag));
	if (known == NULL) {
		known = add_file(store, file, FILE_NONE);
	} else {
		known->modified_ns = file->modified_ns;
	}
	known->holed = false;
	known->keeps_bytes = file->is_object && file->bytes != NULL && file->hash_known;
	*out_file = known->number;
	return ERR_OK;
}

/* Whether the class has it in a tree that was lost since; what was begun there goes on in this one.
 */
static enum sink_verdict judge_before(struct store *store, const struct sink_file *file, bool fresh,
                                      struct file_entry **out_known) {
	enum sink_verdict verdict = SINK_TAKE;
	struct file_entry *known = NULL;
	for (const struct store *at = store->before; at != NULL && verdict == SINK_TAKE;
	     at = at->before) {
		verdict = file_table_judge(&at->files, file, fresh, &known);
	}
	*out_known = NULL;
	if (verdict == SINK_RESUME) {
		if (file_table_find(&store->files, known->number) != NULL) {
			return SINK_TAKE; /* it went on here, and was another kind of file since */
		}
		*out_known = loss_adopt_file(store, known);
	}
	return verdict;
}

/* Whether another class has it; refuses what was begun there and has grown. */
static enum err judge_others(const struct store *store, const struct sink_file *file, bool fresh,
                             bool *out_known, struct diag *diag) {
	const struct store_set *others = store->options.others;
	struct str begun_in = STR("");
	for (size_t i = 0; others != NULL && i < others->count; i++) {
		const struct store *other = others->stores[i];
		struct file_entry *entry;
		struct str class_name = tree_class(other->class_name);
		if (str_eq(class_name, tree_class(store->class_name))) {
			continue;
		}
		enum sink_verdict verdict = file_table_judge(&other->files, file, fresh, &entry);
		/* What a lost tree has only in part is taken here whole. */
		*out_known = *out_known || (verdict == SINK_SKIP && !entry->holed);
		begun_in = verdict == SINK_RESUME ? class_name : begun_in;
	}
	return begun_in.len == 0 || *out_known
	           ? ERR_OK
	           : diag_set(diag, ERR_EXISTS, "the file was begun in class %.*s", STR_ARG(begun_in));
}

/* What is known of the file outside this tree. */
static enum err judge_elsewhere(struct store *store, const struct sink_file *file, bool fresh,
                                enum sink_verdict *verdict, struct file_entry **known,
                                struct diag *diag) {
	bool elsewhere = false;
	struct file_entry *before = NULL;
	if (*known == NULL) {
		*verdict = judge_before(store, file, fresh, &before);
		*known = before;
	}
	if (*verdict == SINK_TAKE) {
		TRY(judge_others(store, file, fresh, &elsewhere, diag));
		*verdict = elsewhere ? SINK_SKIP : SINK_TAKE;
	}
	return ERR_OK;
}

static enum err begin_file(struct store *store, const struct sink_file *file, bool fresh,
                           uint32_t *out_file, enum sink_verdict *out_verdict,
                           struct sink_resume *out_resume, struct diag *diag) {
	struct file_entry *known = NULL;
	enum sink_verdict verdict = SINK_TAKE;
	if (store->writer->broken != ERR_OK) {
		return diag_set(diag, store->writer->broken, "the store cannot be written any more: %s",
		                err_text(store->writer->broken));
	}
	if (!store->options.take_again) {
		verdict = file_table_judge(&store->files, file, fresh, &known);
	}
	if (verdict == SINK_SKIP) {
		*out_file = known->number;
		if (!str_eq(known->path, file->path)) {
			note_other_name(store, file, known, out_file);
		}
		*out_verdict = verdict;
		return ERR_OK;
	}
	if (verdict == SINK_TAKE && !store->options.take_again) {
		TRY(judge_elsewhere(store, file, fresh, &verdict, &known, diag));
		if (verdict == SINK_SKIP) {
			*out_file = FILE_NONE;
			*out_verdict = verdict;
			return ERR_OK;
		}
	}
	TRY(take_file(store, file, known, out_file, diag));
	if (verdict == SINK_RESUME) {
		answer_resume(known, out_resume);
	}
	*out_verdict = verdict;
	return ERR_OK;
}

enum err store_file_begin(struct store *store, const struct sink_file *file, bool fresh,
                          uint32_t *out_file, enum sink_verdict *out_verdict,
                          struct sink_resume *out_resume, struct diag *diag) {
	ASSERT(store->writer != NULL);
	writer_take(store->writer);
	enum err err = begin_file(store, file, fresh, out_file, out_verdict, out_resume, diag);
	writer_give(store->writer);
	return err;
}

/* In this tree, those before it and those of other classes: where store_file_begin looks. */
static bool size_known(const struct store *store, uint64_t size) {
	const struct store_set *others = store->options.others;
	bool known = false;
	for (const struct store *at = store; at != NULL && !known; at = at->before) {
		known = file_table_has_size(&at->files, size);
	}
	for (size_t i = 0; others != NULL && i < others->count && !known; i++) {
		known = file_table_has_size(&others->stores[i]->files, size);
	}
	return known;
}

bool store_size_known(struct store *store, uint64_t size) {
	ASSERT(store->writer != NULL);
	writer_take(store->writer);
	bool known = !store->options.take_again && size_known(store, size);
	writer_give(store->writer);
	return known;
}
