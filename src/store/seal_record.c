/* Planning, making and reading seal records. */
#include "store/seal_record.h"

#include <inttypes.h>

#include "store/store_private.h"
#include "store/take.h"

/* ---- the body ---- */

static void put_hash(struct buf *out, const uint8_t hash[SHA256_SIZE]) {
	buf_append_char(out, '"');
	buf_append_hex(out, hash, SHA256_SIZE);
	buf_append_char(out, '"');
}

void seal_record_format(const struct seal_record *record, struct buf *out) {
	buf_printf(out, "{\"checkpoint\":%" PRIu64 ",\"previous\":", record->checkpoint);
	if (record->has_previous) {
		put_hash(out, record->previous);
	} else {
		buf_append_str(out, STR("null"));
	}
	buf_append_str(out, STR(",\"settings\":"));
	if (record->has_settings) {
		put_hash(out, record->settings);
	} else {
		buf_append_str(out, STR("null"));
	}
	buf_append_str(out, STR(",\"build\":"));
	buf_append_json(out, record->build);
	buf_printf(out, ",\"records\":%" PRIu64 ",\"trees\":[", record->records);
	for (size_t i = 0; i < record->heads_count; i++) {
		const struct seal_head *head = &record->heads[i];
		buf_printf(out, "%s{\"tree\":\"%.*s\",\"size\":%" PRIu64 ",\"root\":", i > 0 ? "," : "",
		           STR_ARG(head->tree), head->size);
		put_hash(out, head->root);
		buf_append_char(out, '}');
	}
	buf_append_str(out, STR("]}"));
}

/* What stands between two quotation marks, without escapes. */
static bool take_text(struct str *rest, struct str *out) {
	if (!take(rest, STR("\""))) {
		return false;
	}
	size_t end = str_find(*rest, STR("\""), 0);
	if (end == SIZE_MAX) {
		return false;
	}
	*out = str_slice(*rest, 0, end);
	*rest = str_slice(*rest, end + 1, rest->len);
	return true;
}

static bool take_hash(struct str *rest, uint8_t out_hash[SHA256_SIZE]) {
	static const char digits[] = "0123456789abcdef";
	struct str text;
	if (!take_text(rest, &text) || text.len != 2 * (size_t)SHA256_SIZE) {
		return false;
	}
	for (size_t i = 0; i < text.len; i++) {
		const char *digit = memchr(digits, text.ptr[i], sizeof(digits) - 1);
		if (digit == NULL) {
			return false;
		}
		uint8_t value = (uint8_t)(digit - digits);
		out_hash[i / 2] = (uint8_t)(i % 2 == 0 ? value << 4 : out_hash[i / 2] | value);
	}
	return true;
}

static bool take_hash_or_null(struct str *rest, bool *out_there, uint8_t out_hash[SHA256_SIZE]) {
	*out_there = !take(rest, STR("null"));
	return !*out_there || take_hash(rest, out_hash);
}

static bool take_heads(struct str *rest, struct seal_record *record) {
	while (!str_starts(*rest, STR("]"))) {
		if (record->heads_count == CLASSES_MAX ||
		    (record->heads_count > 0 && !take(rest, STR(",")))) {
			return false;
		}
		struct seal_head *head = &record->heads[record->heads_count++];
		if (!take(rest, STR("{\"tree\":")) || !take_text(rest, &head->tree) ||
		    !tree_name_valid(head->tree) || !take(rest, STR(",\"size\":")) ||
		    !take_number(rest, &head->size) || !take(rest, STR(",\"root\":")) ||
		    !take_hash(rest, head->root) || !take(rest, STR("}"))) {
			return false;
		}
	}
	return true;
}

enum err seal_record_parse(struct str body, struct seal_record *out_record) {
	struct seal_record record = {0};
	struct buf again CLEANUP(buf_deinit) = {0};
	struct str rest = body;
	bool right = take(&rest, STR("{\"checkpoint\":")) && take_number(&rest, &record.checkpoint) &&
	             take(&rest, STR(",\"previous\":"));
	right = right && take_hash_or_null(&rest, &record.has_previous, record.previous) &&
	        take(&rest, STR(",\"settings\":")) &&
	        take_hash_or_null(&rest, &record.has_settings, record.settings) &&
	        take(&rest, STR(",\"build\":")) && take_text(&rest, &record.build) &&
	        take(&rest, STR(",\"records\":")) && take_number(&rest, &record.records) &&
	        take(&rest, STR(",\"trees\":[")) && take_heads(&rest, &record);
	if (!right) {
		return ERR_CORRUPT;
	}
	seal_record_format(&record, &again); /* one record has one text */
	if (!str_eq(buf_str(&again), body)) {
		return ERR_CORRUPT;
	}
	*out_record = record;
	return ERR_OK;
}

enum err recovery_head_parse(struct str body, struct seal_head *out_head) {
	struct seal_head head = {0};
	struct str rest = body;
	bool signed_any = false;
	bool right = take(&rest, STR("{\"frozen\":")) && take_text(&rest, &head.tree) &&
	             tree_name_valid(head.tree) && take(&rest, STR(",\"signed_size\":")) &&
	             take_number(&rest, &head.size) && take(&rest, STR(",\"signed_root\":")) &&
	             take_hash_or_null(&rest, &signed_any, head.root) && take(&rest, STR(","));
	if (!right || signed_any != (head.size > 0)) {
		return ERR_CORRUPT;
	}
	*out_head = head;
	return ERR_OK;
}

/* ---- its place ---- */

enum err seal_plan_make(struct store *store, struct seal_plan *out_plan) {
	struct store_writer *writer = store->writer;
	struct stream_entry *own = stream_table_find_name(&store->streams, STR(OWN_SOURCE));
	struct seal_plan plan = {.is_there = true, .index = writer->next_index};
	if (own == NULL) {
		own = stream_table_add(&store->streams, store->streams.next_number, STR(OWN_SOURCE));
	}
	if (writer->has_seed && plan.index % SALT_BUNDLE != 0) {
		memcpy(plan.seed, writer->seed, SALT_SEED_SIZE);
	} else {
		TRY(store->os->random(store->os->ctx, plan.seed, sizeof(plan.seed)));
	}
	plan.stream = own->number;
	plan.seq = own->next_seq++;
	memcpy(plan.stream_id, own->id, STREAM_ID_SIZE);
	memcpy(writer->seed, plan.seed, SALT_SEED_SIZE);
	writer->has_seed = true;
	writer->next_index++;
	*out_plan = plan;
	return ERR_OK;
}

/* ---- the page ---- */

/* What other classes have signed last; one that has signed nothing is left out. */
static void read_heads(const struct store *store, struct seal_record *record) {
	struct verifier own = notary_verifier(store->writer->sealing.notary);
	const struct facts *facts =
	    store->options.beside == NULL ? &store->facts : &store->options.beside->facts;
	for (size_t i = 0; i < facts->classes_count; i++) {
		struct str name = str_from(facts->classes[i]);
		struct seal_head *head = &record->heads[record->heads_count];
		struct buf note CLEANUP(buf_deinit) = {0};
		struct checkpoint checkpoint;
		struct store_path path;
		char origin[ORIGIN_MAX];
		char file[TREE_NAME_MAX + 32];
		facts_origin(facts, name, origin);
		struct verifier verifier = verifier_named(&own, str_from(origin));
		(void)snprintf(file, sizeof(file), "tree/%s/checkpoint", facts->classes[i]);
		if (str_eq(name, store->class_name) ||
		    os_read_file(store->os, path_in(&path, store->folder, file), NOTE_MAX, &note) !=
		        ERR_OK ||
		    checkpoint_open(buf_str(&note), &verifier, &checkpoint, NULL) != ERR_OK) {
			continue; /* what is wrong with it is for its own writer and for verify to say */
		}
		*head = (struct seal_head){.tree = name, .size = checkpoint.size};
		memcpy(head->root, checkpoint.root, SHA256_SIZE);
		record->heads_count++;
	}
}

static uint64_t records_so_far(const struct store *store) {
	const struct store_writer *writer = store->writer;
	uint64_t records = writer->open.records;
	size_t whole = store->catalogue.count - (writer->open.takes_over ? 1 : 0);
	for (size_t i = 0; i < whole; i++) {
		records += segment_footer(store->catalogue.entries[i].segment)->records;
	}
	return records;
}

static void describe_seal(struct store *store, struct buf *body) {
	const struct sealing *sealing = &store->writer->sealing;
	struct seal_record record = {
	    .checkpoint = sealing->notes,
	    .has_previous = sealing->notes > 0,
	    .build = store->options.build == NULL ? STR("akashi") : str_from(store->options.build),
	    .records = records_so_far(store)};
	memcpy(record.previous, sealing->last_note, SHA256_SIZE);
	record.has_settings = store->writer->has_settings;
	memcpy(record.settings, store->writer->settings, SHA256_SIZE);
	read_heads(store, &record);
	seal_record_format(&record, body);
}

enum err seal_page_encode(struct store *store, const struct seal_plan *plan,
                          struct store_page **out_page, struct diag *diag) {
	struct batch *batch CLEANUP(batch_freep) = batch_new();
	struct buf body CLEANUP(buf_deinit) = {0};
	struct page_stream stream = {.stream = plan->stream, .first_seq = plan->seq};
	uint8_t seeds[1][SALT_SEED_SIZE];
	struct page_plan places = {.first_index = plan->index,
	                           .incarnation = store->writer->incarnation,
	                           .streams = &stream,
	                           .seeds = seeds,
	                           .seeds_count = 1};
	memcpy(stream.id, plan->stream_id, STREAM_ID_SIZE);
	memcpy(seeds[0], plan->seed, SALT_SEED_SIZE);
	describe_seal(store, &body);
	fields_begin(batch);
	batch->parsed = true;
	add_own_row(store, batch, RECORD_SEAL, buf_str(&body));
	batch->first_index = plan->index;
	TRY(page_encode(batch, &places, out_page, diag));
	page_take_raw(*out_page, batch);
	return ERR_OK;
}
