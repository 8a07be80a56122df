/* akashi info: what is in the store. */
#include "base/instant.h"
#include "cmd/command.h"
#include "cmd/console.h"
#include "render/table.h"
#include "render/units.h"
#include "store/store.h"

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

static void append_facts(struct buf *out, const struct store_info *info,
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
	if (info->sealed) {
		buf_printf(out, "%-12s all %llu leaves, root ", "sealed",
		           (unsigned long long)info->tree_size);
	} else {
		buf_printf(out, "%-12s %llu of %llu leaves, root ", "sealed",
		           (unsigned long long)info->checkpoint_size, (unsigned long long)info->tree_size);
	}
	buf_append_base64(out, info->checkpoint_root, sizeof(info->checkpoint_root));
	buf_append_char(out, '\n');
	if (info->missing > 0) {
		buf_printf(out, "%-12s %llu leaves: segments were removed; akashi verify names them\n",
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

static void append_sources(struct buf *out, struct store *store, const struct render_style *style) {
	static const struct str columns[] = {STR_INIT("records"), STR_INIT("raw"), STR_INIT("first"),
	                                     STR_INIT("last"), STR_INIT("source")};
	const struct store_source *sources;
	size_t count = store_sources(store, &sources);
	struct table *table = table_new(columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < count; i++) {
		struct buf cells[4] = {{0}, {0}, {0}, {0}};
		if (sources[i].records == 0) {
			continue;
		}
		render_count(&cells[0], sources[i].records);
		render_bytes(&cells[1], sources[i].bytes_raw);
		append_time(&cells[2], sources[i].time_min_ns, style);
		append_time(&cells[3], sources[i].time_max_ns, style);
		table_add(table, (const struct value[]){{VALUE_NUMBER, buf_str(&cells[0])},
		                                        {VALUE_NUMBER, buf_str(&cells[1])},
		                                        value_string(buf_str(&cells[2])),
		                                        value_string(buf_str(&cells[3])),
		                                        value_string(sources[i].name)});
		for (size_t j = 0; j < ARRAY_LEN(cells); j++) {
			buf_deinit(&cells[j]);
		}
	}
	append_table(out, table, style);
}

/* --files: what `akashi export --original` can be given. */
static void append_files(struct buf *out, struct store *store, const struct render_style *style) {
	static const struct str columns[] = {STR_INIT("number"), STR_INIT("records"), STR_INIT("size"),
	                                     STR_INIT("file")};
	const struct store_file *files;
	size_t count = store_files(store, &files);
	struct table *table = table_new(columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < count; i++) {
		struct buf cells[3] = {{0}, {0}, {0}};
		buf_append_u64(&cells[0], files[i].number);
		render_count(&cells[1], files[i].records);
		render_bytes(&cells[2], files[i].size);
		table_add(table, (const struct value[]){{VALUE_NUMBER, buf_str(&cells[0])},
		                                        {VALUE_NUMBER, buf_str(&cells[1])},
		                                        {VALUE_NUMBER, buf_str(&cells[2])},
		                                        value_string(files[i].path)});
		for (size_t j = 0; j < ARRAY_LEN(cells); j++) {
			buf_deinit(&cells[j]);
		}
	}
	append_table(out, table, style);
}

/* Files that were not taken twice: their bytes are there under another name. */
static void append_same(struct buf *out, struct store *store, bool all) {
	enum { SHOWN_MAX = 10 };
	const struct store_file *files;
	size_t count = store_files(store, &files);
	size_t same = 0;
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
	if (same > SHOWN_MAX && !all) {
		buf_printf(out, "  and %zu more; --gaps shows all\n", same - SHOWN_MAX);
	}
}

/* What is known to be missing: files that were not taken to their end, records not yet sealed. */
static void append_gaps(struct buf *out, struct store *store, const struct store_info *info) {
	const struct store_file *files;
	size_t count = store_files(store, &files);
	uint64_t gaps = 0;
	buf_append_char(out, '\n');
	for (size_t i = 0; i < count; i++) {
		if (!files[i].done) {
			gaps++;
			buf_append_str(out, STR("not taken to its end: "));
			render_safe(out, files[i].path);
			buf_printf(out, " (%llu records so far)\n", (unsigned long long)files[i].records);
		}
	}
	if (info->missing > 0) {
		gaps++;
		buf_printf(out, "missing from the store: %llu leaves\n", (unsigned long long)info->missing);
	}
	if (info->checkpoint_size < info->tree_size) {
		gaps++;
		buf_printf(out, "not yet sealed: leaves %llu to %llu\n",
		           (unsigned long long)info->checkpoint_size,
		           (unsigned long long)info->tree_size - 1);
	}
	if (gaps == 0) {
		buf_append_str(out,
		               STR("no gaps: every file was taken to its end, every leaf is sealed\n"));
	}
}

static void append_json(struct buf *out, struct store *store, const struct store_info *info) {
	const struct store_source *sources;
	const struct store_file *files;
	size_t sources_count = store_sources(store, &sources);
	size_t files_count = store_files(store, &files);
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
	buf_append_str(out, STR(",\"sources\":["));
	for (size_t i = 0; i < sources_count; i++) {
		buf_append_str(out, i > 0 ? STR(",{\"name\":") : STR("{\"name\":"));
		buf_append_json(out, sources[i].name);
		buf_printf(out, ",\"records\":%llu,\"bytes_raw\":%llu}",
		           (unsigned long long)sources[i].records,
		           (unsigned long long)sources[i].bytes_raw);
	}
	buf_append_str(out, STR("],\"files\":["));
	for (size_t i = 0; i < files_count; i++) {
		buf_append_str(out, i > 0 ? STR(",{\"path\":") : STR("{\"path\":"));
		buf_append_json(out, files[i].path);
		buf_printf(out, ",\"number\":%u,\"size\":%llu,\"records\":%llu,\"done\":%s,\"sha256\":\"",
		           files[i].number, (unsigned long long)files[i].size,
		           (unsigned long long)files[i].records, files[i].done ? "true" : "false");
		buf_append_hex(out, files[i].hash, sizeof(files[i].hash));
		buf_printf(out, "\",\"object\":%s", files[i].is_object ? "true" : "false");
		if (files[i].same_as != UINT32_MAX) {
			buf_printf(out, ",\"same_as\":%u", files[i].same_as);
		}
		buf_append_char(out, '}');
	}
	buf_append_str(out, STR("]}\n"));
}

static int show(struct store *store, const struct args *args, const struct render_style *style) {
	struct buf text = {0};
	struct store_info info;
	store_get_info(store, &info);
	append_facts(&text, &info, style);
	append_sources(&text, store, style);
	append_same(&text, store, args->gaps);
	if (args->files) {
		append_files(&text, store, style);
	}
	if (args->gaps) {
		append_gaps(&text, store, &info);
	}
	int status = console_print(&text);
	if (args->json) {
		buf_clear(&text);
		append_json(&text, store, &info);
		(void)console_print_error(&text);
	}
	buf_deinit(&text);
	return status;
}

int cmd_info(const struct args *args) {
	struct diag diag = {0};
	struct store *store = NULL;
	struct render_style style = {0};
	enum err err = console_style(args, &style, &diag);
	if (err == ERR_OK) {
		err = console_open_store(args, &store, &diag);
	}
	int status =
	    err == ERR_OK ? show(store, args, &style) : console_fail(args, err, &diag, STR(""));
	store_close(store);
	console_style_deinit(&style);
	return status;
}
