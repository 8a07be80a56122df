/* akashi search: a query over the store, results as they suit the reader. */
#include "base/instant.h"
#include "cmd/audit.h"
#include "cmd/command.h"
#include "cmd/console.h"
#include "cmd/ledger.h"
#include "cmd/output.h"
#include "os/heap.h"
#include "os/priority.h"
#include "query/query.h"
#include "query/when.h"
#include "render/histogram.h"
#include "render/table.h"
#include "render/units.h"

enum {
	FOLLOW_PAUSE_NS = 250000000,
	HEAP_LARGE_BYTES = 48 << 20, /* as much as most queries need */
};

enum search_format { FORMAT_TEXT, FORMAT_RAW, FORMAT_JSONL, FORMAT_CSV, FORMAT_TABLE };

struct search {
	struct output *output;
	enum search_format format;
	struct render_style style;
	struct table *table;
	struct histogram histogram;
	struct ledger_between ledger; /* text for people: what the ledger says, in its place */
	struct progress progress;
	struct buf line;
	struct str *columns; /* of a table result; in arena */
	size_t columns_count;
	struct arena *arena;
	uint64_t records;
	bool begun; /* the header was given out */
	const struct store_set *set;
	uint64_t next_index[STORE_CLASSES_MAX]; /* --follow: what is before was given out */
	uint64_t limit;
};

static const struct {
	struct str name;
	enum search_format format;
} format_names[] = {
    {STR_INIT("text"), FORMAT_TEXT},   {STR_INIT("raw"), FORMAT_RAW},
    {STR_INIT("jsonl"), FORMAT_JSONL}, {STR_INIT("csv"), FORMAT_CSV},
    {STR_INIT("table"), FORMAT_TABLE},
};

static enum err choose_format(const struct args *args, enum search_format *out_format,
                              struct diag *diag) {
	if (args->format == NULL) {
		bool terminal = args->out == NULL && console_stdout_is_terminal();
		*out_format = terminal ? FORMAT_TEXT : FORMAT_JSONL;
		return ERR_OK;
	}
	for (size_t i = 0; i < ARRAY_LEN(format_names); i++) {
		if (str_eq(format_names[i].name, str_from(args->format))) {
			*out_format = format_names[i].format;
			return ERR_OK;
		}
	}
	return diag_set(diag, ERR_INVALID, "--format wants text, raw, jsonl, csv or table, not '%.40s'",
	                args->format);
}

static enum err flush_line(struct search *search) {
	enum err err = output_write(search->output, search->line.ptr, search->line.len);
	buf_clear(&search->line);
	return err;
}

static enum err begin(void *ctx, const struct str *columns, size_t count) {
	struct search *search = ctx;
	progress_end(&search->progress);
	if (search->begun) {
		return ERR_OK; /* --follow: the header is there already */
	}
	search->begun = true;
	search->columns_count = count;
	if (count == 0) {
		if (search->format == FORMAT_CSV) {
			render_csv_header(&search->line);
		}
		return flush_line(search);
	}
	search->columns = ARENA_ARRAY(search->arena, count, struct str);
	for (size_t i = 0; i < count; i++) {
		search->columns[i] = arena_str(search->arena, columns[i]);
	}
	if (search->format == FORMAT_CSV) {
		table_render_csv_header(columns, count, &search->style, &search->line);
	} else if (search->format == FORMAT_TEXT || search->format == FORMAT_TABLE) {
		search->table = table_new(columns, count);
	}
	return flush_line(search);
}

/* The first one ends the progress, which may be shown while results are put in order. */
static void count_result(struct search *search) {
	if (search->records++ == 0) {
		progress_end(&search->progress);
	}
}

static enum err record(void *ctx, const struct row *row) {
	struct search *search = ctx;
	size_t number = store_set_find(search->set, row->tree);
	if (search->records == search->limit ||
	    (number < search->set->count && row->index < search->next_index[number])) {
		return ERR_OK;
	}
	count_result(search);
	switch (search->format) {
	case FORMAT_RAW:
		render_raw(row, &search->line);
		break;
	case FORMAT_JSONL:
		render_json(row, &search->style, &search->line);
		break;
	case FORMAT_CSV:
		render_csv(row, &search->style, &search->line);
		break;
	case FORMAT_TEXT:
	case FORMAT_TABLE:
	default:
		ledger_before(&search->ledger, row, number, &search->style, &search->line);
		histogram_add(&search->histogram, row->time_ns);
		render_text(row, &search->style, &search->line);
		break;
	}
	return flush_line(search);
}

static enum err values(void *ctx, const struct value *row, size_t count) {
	struct search *search = ctx;
	count_result(search);
	switch (search->format) {
	case FORMAT_TEXT:
	case FORMAT_TABLE:
		table_add(search->table, row);
		return ERR_OK;
	case FORMAT_CSV:
		table_render_csv(row, count, &search->style, &search->line);
		break;
	case FORMAT_RAW:
	case FORMAT_JSONL:
	default:
		table_render_json(search->columns, count, row, &search->line);
		break;
	}
	return flush_line(search);
}

static bool on_progress(void *ctx, uint64_t done, uint64_t all, uint64_t found) {
	struct search *search = ctx;
	if (search->records == 0 && progress_due(&search->progress)) {
		done = MIN_OF(done, all); /* the store's own records are passed over, too */
		progress_show(&search->progress, "searched %llu of %llu records, found %llu",
		              (unsigned long long)done, (unsigned long long)all, (unsigned long long)found);
	}
	return !console_interrupted();
}

static enum err read_time(const char *text, int64_t now, const struct render_style *style,
                          int64_t *out_ns, struct diag *diag) {
	struct when when;
	if (text == NULL) {
		return ERR_OK;
	}
	TRY(when_parse(str_from(text), now, console_zone(style), &when, diag));
	*out_ns = when.ns;
	return ERR_OK;
}

static enum err read_order(const char *text, enum query_order *out_order, struct diag *diag) {
	struct str order = text != NULL ? str_from(text) : STR("time");
	if (str_eq(order, STR("time"))) {
		*out_order = QUERY_BY_TIME;
	} else if (str_eq(order, STR("-time"))) {
		*out_order = QUERY_BY_TIME_NEWEST;
	} else if (str_eq(order, STR("index"))) {
		*out_order = QUERY_BY_INDEX;
	} else {
		return diag_set(diag, ERR_INVALID, "--order wants time, -time or index, not '%.40s'", text);
	}
	return ERR_OK;
}

static enum err read_options(const struct args *args, struct search *search,
                             struct query_options *out_options, struct diag *diag) {
	const struct os *os = os_real();
	struct query_options options = {
	    .now_ns = os->wall_ns(os->ctx),
	    .from_ns = INSTANT_MIN,
	    .to_ns = INSTANT_MAX,
	    .limit = args->limit,
	    .count_only = args->count,
	    .os = os,
	    .progress = on_progress,
	    .progress_ctx = search,
	};
	TRY(console_style(args, &search->style, diag));
	TRY(choose_format(args, &search->format, diag));
	TRY(read_time(args->from, options.now_ns, &search->style, &options.from_ns, diag));
	TRY(read_time(args->to, options.now_ns, &search->style, &options.to_ns, diag));
	if (options.from_ns > options.to_ns) {
		enum err err = diag_set(diag, ERR_INVALID, "--from is later than --to");
		diag_hint(diag, "nothing lies between them; --to is the end, which does not belong to it");
		return err;
	}
	TRY(read_order(args->order, &options.order, diag));
	options.zone = console_zone(&search->style);
	if (args->timeout != NULL) {
		int64_t timeout;
		TRY(when_parse_duration(str_from(args->timeout), &timeout, diag));
		options.deadline_ns = os->monotonic_ns(os->ctx) + timeout;
	}
	if (args->memory != NULL) {
		TRY(console_size(args->memory, &options.memory_max, diag));
	}
	*out_options = options;
	return ERR_OK;
}

/* --count: the number alone, or as an object or column where a format was asked for. */
static void append_count(struct search *search, const struct args *args, uint64_t count) {
	struct str format = args->format != NULL ? str_from(args->format) : STR("text");
	if (str_eq(format, STR("jsonl"))) {
		buf_printf(&search->line, "{\"count\":%llu}\n", (unsigned long long)count);
	} else {
		bool csv = str_eq(format, STR("csv"));
		buf_append_str(&search->line, csv ? STR("count\r\n") : STR(""));
		buf_append_u64(&search->line, count);
		buf_append_str(&search->line, csv ? STR("\r\n") : STR("\n"));
	}
}

static enum err finish(struct search *search, const struct args *args,
                       const struct query_stats *stats) {
	progress_end(&search->progress);
	if (search->records < search->limit) { /* else there may be results between them */
		ledger_behind(&search->ledger, &search->style, &search->line);
	}
	if (args->count) {
		append_count(search, args, stats->results);
	} else if (search->table != NULL) {
		table_render_text(search->table, &search->style, &search->line);
	} else if ((search->format == FORMAT_TEXT || search->format == FORMAT_TABLE) &&
	           console_stdout_is_terminal()) {
		histogram_render(&search->histogram, &search->style, &search->line);
	}
	TRY(flush_line(search));
	return output_flush(search->output);
}

/* Files that the query asks for by a name under which nothing was taken, because the same bytes
 * were there already: where their records are. */
static void tell_other_names(const struct query *query, const struct store *store) {
	enum { TOLD_MAX = 3 };
	const struct store_file *files;
	size_t count = store_files(store, &files);
	size_t told = 0;
	for (size_t i = 0; i < count; i++) {
		const struct store_file *first = store_file_of(files, count, files[i].same_as);
		if (first == NULL || files[i].size == 0 || !query_names_path(query, files[i].path) ||
		    query_names_path(query, first->path)) {
			continue;
		}
		if (told++ < TOLD_MAX) {
			struct buf text = {0};
			render_safe(&text, files[i].path);
			buf_append_str(&text, STR(" has the same bytes as "));
			render_safe(&text, first->path);
			buf_append_str(&text, STR(" and was not taken twice: its records are under that name"));
			console_note("%.*s", STR_ARG(buf_str(&text)));
			buf_deinit(&text);
		}
	}
	if (told > TOLD_MAX) {
		console_note("%zu more files likewise; akashi info --gaps lists them", told - TOLD_MAX);
	}
}

/* Which results are no exact ones (docs/query.md, stats). */
static void tell_estimates(const struct query_stats *stats) {
	if (stats->estimated_counts > 0) {
		console_note("%llu result%s of dc: more than 100,000 different values, or 8 MiB of them; "
		             "estimated, within about 2 %% (standard error 0.81 %%)",
		             (unsigned long long)stats->estimated_counts,
		             stats->estimated_counts == 1 ? "" : "s");
	}
	if (stats->estimated_percentiles > 0) {
		console_note("%llu percentile%s of more than 65,536 numbers: within 0.5 %% of the exact "
		             "value",
		             (unsigned long long)stats->estimated_percentiles,
		             stats->estimated_percentiles == 1 ? "" : "s");
	}
}

static void print_summary(const struct args *args, const struct query_stats *stats,
                          const struct search *search, uint64_t missing) {
	double seconds = progress_seconds(&search->progress);
	if (args->json) {
		(void)fprintf(
		    stderr,
		    "{\"akashi.schema\":%d,\"found\":%llu,\"found_more\":%s,\"results\":%llu,"
		    "\"pages\":%llu,\"pages_skipped\":%llu,\"pages_damaged\":%llu,"
		    "\"leaves_missing\":%llu,\"estimated_counts\":%llu,"
		    "\"estimated_percentiles\":%llu,\"seconds\":%.3f}\n",
		    JSON_SCHEMA, (unsigned long long)stats->found, stats->found_more ? "true" : "false",
		    (unsigned long long)stats->results, (unsigned long long)stats->scan.pages,
		    (unsigned long long)stats->scan.pages_skipped, (unsigned long long)stats->pages_damaged,
		    (unsigned long long)missing, (unsigned long long)stats->estimated_counts,
		    (unsigned long long)stats->estimated_percentiles, seconds);
	} else if (console_stderr_is_terminal() || args->explain) {
		struct buf text = {0};
		buf_append_str(&text, stats->found_more ? STR("at least ") : STR(""));
		render_count(&text, stats->found);
		buf_printf(&text, " record%s found in %.3f s", stats->found == 1 ? "" : "s", seconds);
		if (args->explain) {
			buf_printf(&text, "; %llu pages read, %llu skipped",
			           (unsigned long long)stats->scan.pages,
			           (unsigned long long)stats->scan.pages_skipped);
		}
		(void)fprintf(stderr, "%.*s\n", STR_ARG(buf_str(&text)));
		buf_deinit(&text);
	}
}

static enum err check_follow(const struct args *args, const struct query *query,
                             struct diag *diag) {
	if (!args->follow || (!args->count && !query_has_pipes(query))) {
		return ERR_OK;
	}
	enum err err = diag_set(diag, ERR_INVALID, "--follow takes a filter, without pipes or --count");
	diag_hint(diag, "what comes after the filter may need all records, and more are to come");
	return err;
}

/* --follow: whenever a writer has sealed more, what is new and matches, in order of index. Ends
 * with the limit, the time allowed, or the user. */
static enum err follow(struct search *search, const struct args *args, const struct query *query,
                       const struct query_output *output, const struct query_options *first,
                       struct store_set *set, struct query_stats *stats, struct diag *diag) {
	struct query_options options = *first;
	struct seal_mark seen = {0};
	options.limit = UINT64_MAX;
	options.order = QUERY_BY_INDEX;
	options.deadline_ns = 0; /* the end of the time allowed is no failure here */
	options.index_from = search->next_index;
	while (search->records < search->limit) {
		for (size_t i = 0; i < set->count; i++) {
			struct store_info info;
			store_get_info(set->stores[i], &info);
			search->next_index[i] = info.tree_size;
		}
		TRY(output_flush(search->output));
		for (;;) {
			if (first->deadline_ns != 0 &&
			    first->os->monotonic_ns(first->os->ctx) >= first->deadline_ns) {
				return ERR_OK;
			}
			if (!seal_mark_equal(seen, console_mark_seal(args))) {
				break;
			}
			if (!console_wait(FOLLOW_PAUSE_NS)) {
				return ERR_CANCELED;
			}
		}
		seen = console_mark_seal(args); /* before the look: what is sealed meanwhile is seen next */
		store_set_close(set);
		TRY(console_open_stores(args, set, diag));
		struct query_stats more = {0};
		TRY(query_run(query, set, &options, output, &more, diag));
		stats->pages_damaged += more.pages_damaged;
		stats->found = search->records;
		stats->results = search->records;
	}
	return ERR_OK;
}

/* Durable before anything of the answer is seen. */
static enum err write_down(const struct args *args, const struct store_set *set,
                           const struct query_options *options, struct diag *diag) {
	struct buf body CLEANUP(buf_deinit) = {0};
	if (!audit_wanted(args)) {
		return ERR_OK;
	}
	audit_begin(args, "search", set, &body);
	audit_add_text(&body, "query", str_from(args->paths[0]));
	audit_add_time(&body, "from", options->from_ns);
	audit_add_time(&body, "to", options->to_ns);
	audit_add_option(&body, "output", args->out);
	return audit_write(args, RECORD_AUDIT, &body, diag);
}

/* The question is checked before the store is opened: a wrong one is wrong without it. */
static enum err run(struct search *search, const struct args *args, struct store_set *set,
                    struct query_stats *out_stats, struct diag *diag) {
	struct query_options options;
	struct query *query = NULL;
	struct str text = str_from(args->paths[0]);
	TRY(read_options(args, search, &options, diag));
	enum err err = query_parse(search->arena, text, &options, &query, diag);
	TRY(err == ERR_LIMIT ? ERR_INVALID : err); /* too long or too deep is a wrong query, too */
	err = check_follow(args, query, diag);
	if (err == ERR_OK && args->explain) {
		struct buf plan = {0};
		query_explain(query, &plan);
		(void)console_print_error(&plan);
		buf_deinit(&plan);
	}
	struct query_output output = {.ctx = search,
	                              .begin = begin,
	                              .record = record,
	                              .values = values,
	                              .texts_only = search->format == FORMAT_RAW};
	if (err == ERR_OK) {
		err = console_open_stores(args, set, diag);
	}
	if (err == ERR_OK) {
		err = write_down(args, set, &options, diag);
	}
	if (err == ERR_OK) {
		err = output_open(args->out, &search->output, diag);
	}
	if (err == ERR_OK && (search->format == FORMAT_TEXT || search->format == FORMAT_TABLE)) {
		output_trust(search->output);
	}
	if (err == ERR_OK && search->format == FORMAT_TEXT && !args->count && !query_has_pipes(query)) {
		err = ledger_between_read(set, &options, search->arena, &search->ledger);
	}
	if (err == ERR_OK) {
		err = query_run(query, set, &options, &output, out_stats, diag);
	}
	if (err == ERR_OK) {
		progress_end(&search->progress);
		for (size_t i = 0; i < set->count; i++) {
			tell_other_names(query, set->stores[i]);
		}
	}
	if (err == ERR_OK && args->follow) {
		err = follow(search, args, query, &output, &options, set, out_stats, diag);
	}
	query_free(query);
	TRY(err);
	return finish(search, args, out_stats);
}

int cmd_search(const struct args *args) {
	heap_use_large_pages(HEAP_LARGE_BYTES);
	priority_give_way();
	struct search search = {.arena = arena_new(SIZE_MAX), .limit = args->limit};
	struct diag diag = {0};
	struct query_stats stats = {0};
	struct store_set set = {0};
	search.set = &set;
	progress_begin(&search.progress);
	enum err err = run(&search, args, &set, &stats, &diag);
	progress_end(&search.progress);
	if (err == ERR_OK) {
		err = output_close(search.output, &diag);
	} else {
		err = output_fail(search.output, err, &diag);
	}
	int status = EXIT_DONE;
	if (err != ERR_OK) {
		status = console_fail(args, err, &diag, str_from(args->paths[0]));
	} else {
		struct store_info info;
		store_set_info(&set, &info);
		status = console_tell_losses(stats.pages_damaged, &info) ? EXIT_FAILED : status;
		tell_estimates(&stats);
		print_summary(args, &stats, &search, info.missing);
	}
	table_free(search.table);
	buf_deinit(&search.line);
	console_style_deinit(&search.style);
	store_set_close(&set);
	arena_free(search.arena);
	return status;
}
