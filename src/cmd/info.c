/* akashi info: what is in the store. */
#include "base/instant.h"
#include "cmd/command.h"
#include "cmd/console.h"
#include "cmd/ledger.h"
#include "render/table.h"
#include "render/units.h"
#include "store/store.h"

/* Of the store's own, as far as they are shown. */
struct records {
	struct ledger ledger, audit;
	struct store_scrub_state scrubs;
};

static void append_time(struct buf *out, int64_t ns, const struct render_style *style) {
	if (ns == INSTANT_MIN || ns == INSTANT_MAX) {
		buf_append_char(out, '-');
	} else {
		instant_format(out, ns / INSTANT_SECOND * INSTANT_SECOND, render_offset(style, ns));
	}
}

static void append_size_line(struct buf *out, const char *label, uint64_t bytes) {
	buf_printf(out, "%-12s ", label);
	render_bytes(out, bytes);
}

static void append_frozen(struct buf *out, const struct store *store) {
	if (store_is_frozen(store)) {
		buf_append_str(out, STR("; lost and frozen, its class goes on in a later tree"));
	}
}

/* The tree that default is written to now; the others have lines of their own. */
static void append_seal(struct buf *out, const struct store *store) {
	struct store_info info;
	store_get_info(store, &info);
	if (info.sealed) {
		buf_printf(out, "%-12s all %llu leaves, root ", "sealed",
		           (unsigned long long)info.tree_size);
	} else {
		buf_printf(out, "%-12s %llu of %llu leaves, root ", "sealed",
		           (unsigned long long)info.checkpoint_size, (unsigned long long)info.tree_size);
	}
	buf_append_base64(out, info.checkpoint_root, sizeof(info.checkpoint_root));
	buf_append_char(out, '\n');
}

static void append_facts(struct buf *out, const struct store_info *info, const struct store *newest,
                         const struct render_style *style) {
	buf_printf(out, "%-12s ", "store");
	render_safe(out, info->path);
	buf_printf(out, "\n%-12s %.*s\n%-12s ", "origin", STR_ARG(info->origin), "records");
	render_count(out, info->records);
	if (info->records > 0) {
		buf_append_str(out, STR(", "));
		append_time(out, info->time_min_ns, style);
		buf_append_str(out, STR(" … "));
		append_time(out, info->time_max_ns, style);
	}
	buf_append_char(out, '\n');
	append_size_line(out, "raw", info->bytes_raw);
	buf_append_char(out, '\n');
	append_size_line(out, "stored", info->bytes_stored);
	if (info->bytes_stored > 0) {
		buf_printf(out, " (%.1f : 1) in %llu segment%s, %llu object%s",
		           (double)info->bytes_raw / (double)info->bytes_stored,
		           (unsigned long long)info->segments, info->segments == 1 ? "" : "s",
		           (unsigned long long)info->objects, info->objects == 1 ? "" : "s");
	}
	buf_append_char(out, '\n');
	if (info->log_bytes > 0) {
		append_size_line(out, "log", info->log_bytes);
		buf_append_str(out, STR(" not yet in segments; the next ingest takes it over\n"));
	}
	append_seal(out, newest);
	if (info->missing > 0) {
		buf_printf(out,
		           "%-12s %llu leaves: segments are missing or damaged; akashi verify names them\n",
		           "MISSING", (unsigned long long)info->missing);
	}
}

/* Names come last and are never cut: they are what other commands are given. */
static void append_table(struct buf *out, struct table *table, const struct render_style *style) {
	struct render_style uncut = *style;
	uncut.columns = 0;
	if (table_rows(table) > 0) {
		buf_append_char(out, '\n');
		table_render_text(table, &uncut, out);
	}
	table_free(table);
}

/* With a column of classes only where there are several. */
static void add_sources(struct table *table, struct store *store, bool classes,
                        const struct render_style *style) {
	const struct store_source *sources;
	size_t count = store_sources(store, &sources);
	for (size_t i = 0; i < count; i++) {
		struct buf cells[4] = {{0}, {0}, {0}, {0}};
		render_count(&cells[0], sources[i].records);
		render_bytes(&cells[1], sources[i].bytes_raw);
		append_time(&cells[2], sources[i].time_min_ns, style);
		append_time(&cells[3], sources[i].time_max_ns, style);
		const struct value row[] = {
		    value_string(store_class(store)),   {VALUE_NUMBER, buf_str(&cells[0])},
		    {VALUE_NUMBER, buf_str(&cells[1])}, value_string(buf_str(&cells[2])),
		    value_string(buf_str(&cells[3])),   value_string(sources[i].name)};
		table_add(table, classes ? row : row + 1);
		for (size_t j = 0; j < ARRAY_LEN(cells); j++) {
			buf_deinit(&cells[j]);
		}
	}
}

static void append_sources(struct buf *out, const struct store_set *set,
                           const struct render_style *style) {
	static const struct str columns[] = {STR_INIT("class"), STR_INIT("records"),
	                                     STR_INIT("raw"),   STR_INIT("first"),
	                                     STR_INIT("last"),  STR_INIT("source")};
	bool classes = set->count > 1;
	struct table *table = classes ? table_new(columns, ARRAY_LEN(columns))
	                              : table_new(columns + 1, ARRAY_LEN(columns) - 1);
	for (size_t i = 0; i < set->count; i++) {
		add_sources(table, set->stores[i], classes, style);
	}
	append_table(out, table, style);
}

static void add_files(struct table *table, struct store *store, bool classes) {
	const struct store_file *files;
	size_t count = store_files(store, &files);
	for (size_t i = 0; i < count; i++) {
		struct buf cells[3] = {{0}, {0}, {0}};
		buf_append_u64(&cells[0], files[i].number);
		render_count(&cells[1], files[i].records);
		render_bytes(&cells[2], files[i].size);
		const struct value row[] = {value_string(store_class(store)),
		                            {VALUE_NUMBER, buf_str(&cells[0])},
		                            {VALUE_NUMBER, buf_str(&cells[1])},
		                            {VALUE_NUMBER, buf_str(&cells[2])},
		                            value_string(files[i].path)};
		table_add(table, classes ? row : row + 1);
		for (size_t j = 0; j < ARRAY_LEN(cells); j++) {
			buf_deinit(&cells[j]);
		}
	}
}

/* --files: what `akashi export --original` can be given. */
static void append_files(struct buf *out, const struct store_set *set,
                         const struct render_style *style) {
	static const struct str columns[] = {STR_INIT("class"), STR_INIT("number"), STR_INIT("records"),
	                                     STR_INIT("size"), STR_INIT("file")};
	bool classes = set->count > 1;
	struct table *table = classes ? table_new(columns, ARRAY_LEN(columns))
	                              : table_new(columns + 1, ARRAY_LEN(columns) - 1);
	for (size_t i = 0; i < set->count; i++) {
		add_files(table, set->stores[i], classes);
	}
	append_table(out, table, style);
}

/* Files that were not taken twice: their bytes are there under another name. */
static void append_same(struct buf *out, const struct store_set *set, bool all) {
	enum { SHOWN_MAX = 10 };
	size_t same = 0;
	for (size_t at = 0; at < set->count; at++) {
		const struct store_file *files;
		size_t count = store_files(set->stores[at], &files);
		for (size_t i = 0; i < count; i++) {
			const struct store_file *first = store_file_of(files, count, files[i].same_as);
			bool empty = files[i].size == 0; /* that says nothing */
			if (first == NULL || empty || (same++ >= SHOWN_MAX && !all)) {
				continue;
			}
			buf_append_str(out, same == 1 ? STR("\nsame bytes, not taken twice:\n") : STR(""));
			buf_append_str(out, STR("  "));
			render_safe(out, files[i].path);
			buf_append_str(out, STR(" = "));
			render_safe(out, first->path);
			buf_append_char(out, '\n');
		}
	}
	if (same > SHOWN_MAX && !all) {
		buf_printf(out, "  and %zu more; --gaps shows all\n", same - SHOWN_MAX);
	}
}

/* A file of a lost tree goes on in a later one of its class, under its number. */
static bool goes_on(const struct store_set *set, const struct store *store,
                    const struct store_file *file) {
	struct str class_name = store_class_of(store_class(store));
	for (size_t i = store_set_find(set, store_class(store)) + 1; i < set->count; i++) {
		const struct store_file *files;
		if (str_eq(store_class_of(store_class(set->stores[i])), class_name)) {
			size_t count = store_files(set->stores[i], &files);
			const struct store_file *later = store_file_of(files, count, file->number);
			if (later != NULL && str_eq(later->path, file->path)) {
				return true;
			}
		}
	}
	return false;
}

/* Files that were not taken to their end, leaves that are missing or not yet sealed. */
static uint64_t append_gaps_of(struct buf *out, const struct store_set *set, struct store *store) {
	const struct store_file *files;
	struct store_info info;
	size_t count = store_files(store, &files);
	uint64_t gaps = 0;
	store_get_info(store, &info);
	for (size_t i = 0; i < count; i++) {
		if (!files[i].done && !goes_on(set, store, &files[i])) {
			gaps++;
			buf_append_str(out, STR("not taken to its end: "));
			render_safe(out, files[i].path);
			buf_printf(out, " (%llu records so far)\n", (unsigned long long)files[i].records);
		}
	}
	if (info.missing > 0) {
		gaps++;
		buf_printf(out, "missing from %.*s: %llu leaves\n", STR_ARG(store_class(store)),
		           (unsigned long long)info.missing);
	}
	if (info.checkpoint_size < info.tree_size) {
		gaps++;
		buf_printf(out, "not yet sealed in %.*s: leaves %llu to %llu\n",
		           STR_ARG(store_class(store)), (unsigned long long)info.checkpoint_size,
		           (unsigned long long)info.tree_size - 1);
	}
	return gaps;
}

/* What is known to be missing, and what the ledger says. */
static void append_gaps(struct buf *out, const struct store_set *set, const struct ledger *ledger,
                        const struct render_style *style) {
	uint64_t gaps = 0;
	buf_append_char(out, '\n');
	for (size_t i = 0; i < set->count; i++) {
		gaps += append_gaps_of(out, set, set->stores[i]);
	}
	if (gaps == 0) {
		buf_append_str(out,
		               STR("no gaps: every file was taken to its end, every leaf is sealed\n"));
	}
	buf_append_str(out, ledger->count > 0 ? STR("\nthe ledger of clocks, settings, losses:\n")
	                                      : STR(""));
	for (size_t i = 0; i < ledger->count; i++) {
		ledger_append_line(&ledger->entries[i], style, out);
	}
}

static void append_json_facts(struct buf *out, const struct store_info *info) {
	buf_printf(out,
	           "{\"akashi.schema\":%d,\"records\":%llu,\"tree_size\":%llu,\"bytes_raw\":%llu,"
	           "\"bytes_stored\":%llu,\"segments\":%llu,\"objects\":%llu,\"log_bytes\":%llu,"
	           "\"sealed\":%s,\"checkpoint_size\":%llu,\"leaves_missing\":%llu,\"origin\":",
	           JSON_SCHEMA, (unsigned long long)info->records, (unsigned long long)info->tree_size,
	           (unsigned long long)info->bytes_raw, (unsigned long long)info->bytes_stored,
	           (unsigned long long)info->segments, (unsigned long long)info->objects,
	           (unsigned long long)info->log_bytes, info->sealed ? "true" : "false",
	           (unsigned long long)info->checkpoint_size, (unsigned long long)info->missing);
	buf_append_json(out, info->origin);
	buf_append_str(out, STR(",\"root\":\""));
	buf_append_base64(out, info->checkpoint_root, sizeof(info->checkpoint_root));
	buf_append_char(out, '"');
	if (info->records > 0) {
		buf_append_str(out, STR(",\"time_first\":\""));
		instant_format(out, info->time_min_ns, 0);
		buf_append_str(out, STR("\",\"time_last\":\""));
		instant_format(out, info->time_max_ns, 0);
		buf_append_char(out, '"');
	}
}

static void append_json_trees(struct buf *out, const struct store_set *set) {
	buf_append_str(out, STR(",\"trees\":["));
	for (size_t i = 0; i < set->count; i++) {
		struct store_info info;
		store_get_info(set->stores[i], &info);
		buf_append_str(out, i > 0 ? STR(",{\"name\":") : STR("{\"name\":"));
		buf_append_json(out, store_class(set->stores[i]));
		buf_append_str(out, STR(",\"origin\":"));
		buf_append_json(out, info.origin);
		buf_printf(out, ",\"records\":%llu,\"tree_size\":%llu,\"checkpoint_size\":%llu,\"root\":\"",
		           (unsigned long long)info.records, (unsigned long long)info.tree_size,
		           (unsigned long long)info.checkpoint_size);
		buf_append_base64(out, info.checkpoint_root, sizeof(info.checkpoint_root));
		buf_append_str(out, STR("\",\"class\":"));
		buf_append_json(out, store_class_of(store_class(set->stores[i])));
		buf_append_str(out, store_is_frozen(set->stores[i]) ? STR(",\"frozen\":true}")
		                                                    : STR(",\"frozen\":false}"));
	}
	buf_append_char(out, ']');
}

static void append_json_sources(struct buf *out, const struct store_set *set) {
	bool first = true;
	buf_append_str(out, STR(",\"sources\":["));
	for (size_t at = 0; at < set->count; at++) {
		const struct store_source *sources;
		size_t count = store_sources(set->stores[at], &sources);
		for (size_t i = 0; i < count; i++, first = false) {
			buf_append_str(out, first ? STR("{\"name\":") : STR(",{\"name\":"));
			buf_append_json(out, sources[i].name);
			buf_append_str(out, STR(",\"class\":"));
			buf_append_json(out, store_class(set->stores[at]));
			buf_printf(out, ",\"records\":%llu,\"bytes_raw\":%llu}",
			           (unsigned long long)sources[i].records,
			           (unsigned long long)sources[i].bytes_raw);
		}
	}
	buf_append_char(out, ']');
}

static void append_json_files(struct buf *out, const struct store_set *set) {
	bool begun = false;
	buf_append_str(out, STR(",\"files\":["));
	for (size_t at = 0; at < set->count; at++) {
		const struct store_file *files;
		size_t count = store_files(set->stores[at], &files);
		for (size_t i = 0; i < count; i++, begun = true) {
			buf_append_str(out, begun ? STR(",{\"path\":") : STR("{\"path\":"));
			buf_append_json(out, files[i].path);
			buf_append_str(out, STR(",\"class\":"));
			buf_append_json(out, store_class(set->stores[at]));
			buf_printf(out,
			           ",\"number\":%u,\"size\":%llu,\"records\":%llu,\"done\":%s,\"sha256\":\"",
			           files[i].number, (unsigned long long)files[i].size,
			           (unsigned long long)files[i].records, files[i].done ? "true" : "false");
			buf_append_hex(out, files[i].hash, sizeof(files[i].hash));
			buf_printf(out, "\",\"object\":%s", files[i].is_object ? "true" : "false");
			if (files[i].same_as != UINT32_MAX) {
				buf_printf(out, ",\"same_as\":%u", files[i].same_as);
			}
			buf_append_char(out, '}');
		}
	}
	buf_append_str(out, STR("]}\n"));
}

static void append_json_scrubs(struct buf *out, const struct store_scrub_state *scrubs) {
	bool begun = false;
	buf_append_str(out, STR(",\"scrubs\":["));
	for (size_t i = 0; i < scrubs->count; i++) {
		if (!scrubs->parts[i].whole) {
			continue;
		}
		buf_append_str(out, begun ? STR(",{\"tree\":") : STR("{\"tree\":"));
		if (scrubs->parts[i].tree[0] == '\0') {
			buf_append_str(out, STR("null"));
		} else {
			buf_append_json(out, str_from(scrubs->parts[i].tree));
		}
		buf_append_str(out, STR(",\"whole\":\""));
		instant_format(out, scrubs->parts[i].whole_ns, 0);
		buf_append_str(out, STR("\"}"));
		begun = true;
	}
	buf_append_char(out, ']');
}

static void append_json(struct buf *out, const struct store_set *set, const struct store_info *info,
                        const struct records *records, const struct args *args) {
	append_json_facts(out, info);
	if (args->gaps) {
		ledger_append_json(&records->ledger, "ledger", out);
	}
	if (args->audit) {
		ledger_append_json(&records->audit, "audit", out);
	}
	append_json_scrubs(out, &records->scrubs);
	append_json_trees(out, set);
	append_json_sources(out, set);
	append_json_files(out, set);
}

static void append_trees(struct buf *out, const struct store_set *set) {
	for (size_t i = 0; i < set->count; i++) {
		struct store_info info;
		if (i == store_set_newest(set)) {
			continue; /* has been said */
		}
		store_get_info(set->stores[i], &info);
		buf_printf(out, "%-12s %.*s: %llu of %llu leaves, root ", "",
		           STR_ARG(store_class(set->stores[i])), (unsigned long long)info.checkpoint_size,
		           (unsigned long long)info.tree_size);
		buf_append_base64(out, info.checkpoint_root, sizeof(info.checkpoint_root));
		append_frozen(out, set->stores[i]);
		buf_append_char(out, '\n');
	}
}

/* When each part was last scrubbed whole; nothing where no scrub ever was. */
static void append_scrubs(struct buf *out, const struct store_scrub_state *scrubs,
                          const struct render_style *style) {
	for (size_t i = 0; i < scrubs->count; i++) {
		const struct store_scrub_seen *seen = &scrubs->parts[i];
		if (seen->whole) {
			buf_printf(out, "%-12s %s whole at ", "scrubbed",
			           seen->tree[0] == '\0' ? "objects" : seen->tree);
			append_time(out, seen->whole_ns, style);
			buf_append_char(out, '\n');
		}
	}
}

static void append_audit(struct buf *out, const struct ledger *audit,
                         const struct render_style *style) {
	buf_append_str(out, audit->count > 0 ? STR("\nwho did what:\n")
	                                     : STR("\nno reads and no scrubs were recorded\n"));
	for (size_t i = 0; i < audit->count; i++) {
		ledger_append_audit_line(&audit->entries[i], style, out);
	}
}

static int show(const struct store_set *set, const struct args *args, const struct records *records,
                const struct render_style *style) {
	struct buf text = {0};
	struct store_info info;
	store_set_info(set, &info);
	append_facts(&text, &info, set->stores[store_set_newest(set)], style);
	append_trees(&text, set);
	append_scrubs(&text, &records->scrubs, style);
	append_sources(&text, set, style);
	append_same(&text, set, args->gaps);
	if (args->files) {
		append_files(&text, set, style);
	}
	if (args->gaps) {
		append_gaps(&text, set, &records->ledger, style);
	}
	if (args->audit) {
		append_audit(&text, &records->audit, style);
	}
	int status = console_print(&text);
	if (args->json) {
		buf_clear(&text);
		append_json(&text, set, &info, records, args);
		(void)console_print_error(&text);
	}
	buf_deinit(&text);
	return status;
}

static enum err read_records(const struct args *args, const struct store_set *set,
                             struct arena *arena, struct records *out_records, struct diag *diag) {
	struct records records = {0};
	if (args->gaps) {
		TRY(ledger_read(set, arena, &records.ledger));
	}
	if (args->audit) {
		TRY(ledger_read_audit(set, arena, &records.audit));
	}
	TRY(store_scrub_read(os_real(), console_store_path(args), &records.scrubs, diag));
	*out_records = records;
	return ERR_OK;
}

int cmd_info(const struct args *args) {
	struct diag diag = {0};
	struct store_set set = {0};
	struct records records = {0};
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct render_style style = {0};
	enum err err = console_style(args, &style, &diag);
	if (err == ERR_OK) {
		err = console_open_stores(args, &set, &diag);
	}
	if (err == ERR_OK) {
		err = read_records(args, &set, arena, &records, &diag);
	}
	int status = err == ERR_OK ? show(&set, args, &records, &style)
	                           : console_fail(args, err, &diag, STR(""));
	store_set_close(&set);
	console_style_deinit(&style);
	return status;
}
