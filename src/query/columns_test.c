/* What is made of whole blocks is what is made of their rows: each query is also run with a pipe
 * before it that passes every row on, which looks at rows one by one.
 */
#include "query/columns.h"

#include <stdio.h>

#include "base/instant.h"
#include "os/os_memory.h"
#include "query/fake.h"
#include "tap.h"

enum { BATCHES = 4, ROWS = 200, ROWS_MANY = 2200 };
#define FIRST_NS (1795341600 * INSTANT_SECOND)

struct data {
	struct os_memory *memory;
	struct store *store;
	uint32_t rows; /* of a batch */
	uint32_t own;  /* records that are not of type data */
	bool mixed;    /* numbers and strings of the same text */
};

/* ---- records ---- */

static const char *const hosts[] = {"web01", "web02", "db01", "db02", "mail"};
static const char *const users[] = {"root", "alice", "bob", "carol", "dave", ""};

/* Numbers of all sorts, but for those that are no whole numbers. */
static const char *const sizes[] = {"0",  "7",        "007", "-5", "41", "9223372036854775807",
                                    "-0", "10.0.0.1", "1500"};

static struct str some_line(char *line, size_t cap, uint64_t r) {
	const char *host = hosts[r % ARRAY_LEN(hosts)];
	const char *user = users[r / 8 % ARRAY_LEN(users)];
	unsigned pid = (unsigned)(r / 64 % 300);
	int len;
	unsigned size = (unsigned)(r / 128 % (r / 4096 % 8 == 0 ? ARRAY_LEN(sizes) : 2));
	switch (r / 32768 % 6) {
	case 4:
		len = snprintf(line, cap, "%s flow from 10.0.%u.%u port %u size %s ok", host, pid % 2,
		               (unsigned)(r / 7 % 256), 1024 + pid, sizes[size]);
		break;
	case 5:
		len = snprintf(line, cap, "%s flow from 10.0.%u.%u port %u size %u end", host, pid % 2,
		               (unsigned)(r / 7 % 256), 1024 + pid, (unsigned)(r / 64 % 5000));
		break;
	case 0:
		len = snprintf(line, cap, "%s sshd[%u]: login of \"%s\" took %u.%03u s", host, pid, user,
		               pid % 7, (unsigned)(r / 7 % 1000));
		break;
	case 1:
		len =
		    snprintf(line, cap, "{\"host\":\"%s\",\"pid\":%u,\"user\":\"%s\",\"tags\":[\"%s\",%u]}",
		             host, pid, user, user, pid % 3);
		break;
	case 2:
		len = snprintf(line, cap, "%s kernel: %x of 10.0.%u.%u", host, pid, pid % 4, pid % 9);
		break;
	default: /* unlike any other */
		len = snprintf(line, cap, "%s\xff%llx%s", host, (unsigned long long)r, user);
		break;
	}
	return str_make(line, (size_t)len);
}

static void put_between(struct batch *batch, const char *name, enum value_kind kind,
                        struct str text, const char *open, const char *close) {
	size_t at = str_find(text, str_from(open), 0);
	size_t from = at + strlen(open);
	size_t to = at == SIZE_MAX ? SIZE_MAX : str_find(text, str_from(close), from);
	if (to != SIZE_MAX) {
		fields_put_slice(batch, fields_name(batch, str_from(name)), kind,
		                 str_slice(text, from, to));
	}
}

static void put_fields(const struct data *data, struct batch *batch, struct str text) {
	uint64_t r = tap_random();
	char number[24];
	int len = snprintf(number, sizeof(number), "%u", (unsigned)(r % 12));
	bool json = text.ptr[0] == '{';
	put_between(batch, "host", VALUE_STRING, text, json ? "host\":\"" : "", json ? "\"" : " ");
	put_between(batch, "pid", VALUE_NUMBER, text, json ? "pid\":" : "[", json ? "," : "]");
	put_between(batch, "user", VALUE_STRING, text, json ? "user\":\"" : "\"", "\"");
	put_between(batch, "took", VALUE_NUMBER, text, "took ", " s");
	put_between(batch, "src", VALUE_STRING, text, "from ", " ");
	put_between(batch, "port", VALUE_NUMBER, text, "port ", " ");
	put_between(batch, "size", VALUE_NUMBER, text, "size ", " ");
	if (json) {
		struct buf list CLEANUP(buf_deinit) = {0};
		size_t at = str_find(text, STR("tags\":[\""), 0) + 8;
		size_t end = str_find(text, STR("\""), at);
		value_list_append(&list, value_string(str_slice(text, at, end)));
		value_list_append(&list,
		                  (struct value){VALUE_NUMBER, str_slice(text, end + 2, text.len - 2)});
		fields_put(batch, fields_name(batch, STR("tags")),
		           (struct value){VALUE_LIST, buf_str(&list)});
	}
	enum value_kind kind = data->mixed && r / 16 % 2 == 0 ? VALUE_STRING : VALUE_NUMBER;
	fields_put(batch, fields_name(batch, STR("code")),
	           (struct value){kind, str_make(number, (size_t)len)});
	if (r / 64 % 3 == 0) {
		char far[32];
		len = snprintf(far, sizeof(far), "Zürich %llu", (unsigned long long)(r / 256 % 500));
		fields_put(batch, fields_name(batch, STR("far")), value_string(str_make(far, (size_t)len)));
	}
	if (text.len > 12 && r / 1024 % 4 == 0) {
		size_t from = r / 4096 % 8;
		fields_put_slice(batch, fields_name(batch, STR("free")), VALUE_STRING,
		                 str_slice(text, from, from + r / 65536 % 5));
	}
}

static struct batch *some_batch(struct data *data, uint32_t number) {
	struct batch *batch = batch_new();
	struct batch_source source = {
	    .name = STR_INIT("s"), .path = STR_INIT("/p.log"), .file = UINT32_MAX};
	(void)batch_add_source(batch, &source);
	for (uint32_t row = 0; row < data->rows; row++) {
		char line[160];
		struct str text = some_line(line, sizeof(line), tap_random() >> 8);
		struct batch_record *record = batch_add_record(batch);
		record->body_offset = batch->raw.len;
		record->body_len = (uint32_t)text.len;
		record->received_ns = FIRST_NS;
		record->number = row + 1;
		if (number >= 2 && tap_random() % 64 == 0) {
			record->type = RECORD_CLOCK_STEP; /* of the same text as others */
			data->own++;
		}
		buf_append_str(&batch->raw, text);
	}
	fields_begin(batch);
	for (uint32_t row = 0; row < data->rows; row++) {
		(void)fields_begin_row(batch);
		fields_set_format(batch, STR("text"));
		fields_set_time(batch,
		                FIRST_NS +
		                    (int64_t)((number * data->rows + row) * 37 + tap_random() % 600) *
		                        INSTANT_SECOND,
		                0);
		if (batch->records[row].type == RECORD_DATA || !data->mixed) {
			put_fields(data, batch, batch_text(batch, row));
		}
		fields_end_row(batch);
	}
	batch->parsed = true;
	return batch;
}

/* ---- the store ---- */

static bool fill(struct data *data, struct store_options *options) {
	struct store *store CLEANUP(store_closep) = NULL;
	struct diag diag = {0};
	bool good = CHECK_EQ(store_open(options, &store, &diag), ERR_OK);
	for (uint32_t i = 0; i < BATCHES && good; i++) {
		struct batch *batch = some_batch(data, i);
		struct store_page *page = NULL;
		good = CHECK_EQ(store_reserve(store, batch), ERR_OK) &&
		       CHECK_EQ(store_encode(store, batch, &page, &diag), ERR_OK) &&
		       CHECK_EQ(store_append(store, page, &diag), ERR_OK);
		if (good && i % 2 == 1) {
			good = CHECK_EQ(store_commit(store, &diag), ERR_OK);
		}
	}
	return good;
}

static bool setup(struct data *data, uint32_t rows, bool mixed) {
	struct diag diag = {0};
	*data = (struct data){.memory = os_memory_new(tap_random()), .rows = rows, .mixed = mixed};
	struct store_options options = {.os = os_memory_os(data->memory),
	                                .path = "/data",
	                                .writable = true,
	                                .create = true,
	                                .rewrite_bytes = 1, /* each commit is a segment */
	                                .segment_bytes = 1 << 20};
	if (!fill(data, &options)) {
		return false;
	}
	options.writable = options.create = false;
	return CHECK_EQ(store_open(&options, &data->store, &diag), ERR_OK);
}

static void teardown(struct data *data) {
	store_close(data->store);
	os_memory_free(data->memory);
}

/* ---- comparing ---- */

static enum err begin(void *ctx, const struct str *columns, size_t count) {
	(void)ctx;
	(void)columns;
	(void)count;
	return ERR_OK;
}

/* Values with their kinds. */
static enum err put_values(void *ctx, const struct value *values, size_t count) {
	struct buf *out = ctx;
	for (size_t i = 0; i < count; i++) {
		buf_printf(out, "%d:%.*s\t", (int)values[i].kind, STR_ARG(values[i].text));
	}
	buf_append_char(out, '\n');
	return ERR_OK;
}

static uint64_t run_text(const struct data *data, const char *text, struct buf *out) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	CLEANUP(query_freep) struct query *query = NULL;
	struct query_options options = fake_options();
	struct store_set set = {.stores = {data->store}, .count = 1};
	struct query_output output = {.ctx = out, .begin = begin, .values = put_values};
	struct query_stats stats = {0};
	struct diag diag = {0};
	enum err err = query_parse(arena, str_from(text), &options, &query, &diag);
	err = err == ERR_OK ? query_run(query, &set, &options, &output, &stats, &diag) : err;
	if (!CHECK_EQ(err, ERR_OK)) {
		printf("# %s: %s\n", text, diag.message);
	}
	return stats.found;
}

static size_t compare(const struct data *data, const char *filter, const char *pipe) {
	struct buf columns CLEANUP(buf_deinit) = {0};
	struct buf rows CLEANUP(buf_deinit) = {0};
	char text[512];
	(void)snprintf(text, sizeof(text), "%s | %s", filter, pipe);
	uint64_t found = run_text(data, text, &columns);
	(void)snprintf(text, sizeof(text), "%s | where 1 = 1 | %s", filter, pipe);
	CHECK_EQ(run_text(data, text, &rows), found);
	if (!CHECK(str_eq(buf_str(&columns), buf_str(&rows)))) {
		printf("# %s\n# by columns:\n%.*s\n# by rows:\n%.*s\n", text, (int)columns.len, columns.ptr,
		       (int)rows.len, rows.ptr);
	}
	return columns.len;
}

static const char *const filters[] = {
    "*",
    "host:web01",
    "login",
    "NOT user:root",
    "pid:>100",
    "nosuch",
    "tags:root OR host:mail",
    "@timestamp:[2026-11-22T12:00:00Z TO 2026-11-23T01:30:00Z]",
    "flow",
    "port:*",
    "host:web02 port:>1100",
    "host:db* @timestamp:>2026-11-22T20:00:00Z",
};

static const char *const pipes[] = {
    "stats count()",
    "stats count() by host",
    "stats count() by host, user",
    "stats count(), sum(pid), avg(pid), min(pid), max(pid), dc(pid) by user, host",
    "stats sum(took), avg(took), max(took), median(took), p90(took) by host",
    "stats values(tags), count(tags), min(tags), max(tags), sum(tags), dc(tags) by host",
    "stats count() by tags",
    "stats count(), values(code), min(code), max(code) by code",
    "stats values(far), count(far) by host",
    "stats count(free), dc(free) by free",
    "stats count(free), values(free) by user",
    "stats count() by nosuch",
    "stats count() by host, nosuch, code",
    "stats first(pid), count() by host",
    "stats count() by akashi.format",
    "top user",
    "top 3 host by user",
    "rare 4 far",
    "top 5 pid by nosuch",
    "timechart span=1h count()",
    "timechart span=3h count(), max(pid) by host",
    "timechart span=1d dc(user)",
    "stats count() as n by user | sort -n | head 2",
    "stats count() by src",
    "stats sum(size) as s by src",
    "stats sum(size) as s, count(), count(size) as n by src | sort -s | head 5",
    "stats sum(size) as s by src | sort s | head 3",
    "stats count(src), sum(src), avg(port), sum(port), count(port) as p by size",
    "stats sum(port), avg(size), count(nosuch), sum(nosuch) by host",
    "stats sum(size) as s by port | sort -s | tail 4",
    "stats sum(took), count() by src",
    "stats count() by size | sort -count | head 100",
    "top src",
    "top 3 size",
    "rare 5 port",
    "rare 200 src",
    "stats sum(code) by size",
    "stats sum(size) by code",
};

static void compare_all(bool mixed) {
	struct data data;
	if (setup(&data, ROWS, mixed)) {
		size_t bytes = 0;
		for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
			for (size_t k = 0; k < ARRAY_LEN(pipes); k++) {
				bytes += compare(&data, filters[i], pipes[k]);
			}
		}
		CHECK(bytes > 20000);
	}
	teardown(&data);
}

TEST(blocks_come_to_what_their_rows_come_to) {
	compare_all(false);
}

static const char *const extracts[] = {
    "extract /login of \"(?<who>\\w+)\" took (?<took>\\d)/ | stats count() by who, took",
    "extract /kernel: (?<hex>[0-9a-f]+) of 10\\.0\\.(?<net>\\d+)/ | top 4 hex",
    "extract /kernel: (?<hex>[0-9a-f]+) of 10\\.0\\.(?<net>\\d+)/ | stats count(), dc(hex) by net, "
    "host",
    "extract /sshd\\[(?<pid>\\d)/ | stats count(), sum(pid), max(pid) by host",
    "extract /(?-i)user\":\"(?<user>.)/ | stats count(), values(user) by tags",
    "extract /sshd.{3}(?<a>\\d)?/ | extract /(?-i)took (?<b>\\d+)/ | timechart span=1d count() by "
    "b",
    "extract /(?-i)took (?<b>\\d+)/ | extract /(?-i) took \\d+\\.(?<b>\\d+)/ | rare b",
    "extract /nosuch(?<x>.)/ | stats count() by x, user",
    "extract /web01 (?<x>.+)/ | stats count() by x",
    "extract /10\\.0\\.(?<x>[^.]+)/ | top x by host",
    "extract /login (?<x>o)/ from event.original | stats count() by x",
    "extract /bob(?<x>)/ | stats count() by x",
    "fields -user | extract /(?-i)user\":\"(?<user>.)/ | stats count() by user",
};

TEST(fields_of_the_text_are_those_of_the_rows) {
	struct data data;
	if (setup(&data, ROWS, false)) {
		size_t bytes = 0;
		for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
			for (size_t k = 0; k < ARRAY_LEN(extracts); k++) {
				bytes += compare(&data, filters[i], extracts[k]);
			}
		}
		CHECK(bytes > 5000);
	}
	teardown(&data);
	if (setup(&data, ROWS_MANY, true)) {
		for (size_t k = 0; k < ARRAY_LEN(extracts); k++) {
			(void)compare(&data, "*", extracts[k]);
		}
	}
	teardown(&data);
}

TEST(the_first_row_says_of_what_kind_a_value_is) {
	compare_all(true);
}

/* Of large blocks the counts are kept, and what has no such value is passed over. */
TEST(what_blocks_keep_is_what_their_rows_have) {
	static const char *const some[] = {
	    "stats count() by host",
	    "stats count(user), dc(user), min(user), max(user), values(user) by user",
	    "stats count(), sum(code), avg(code), p90(code) by code",
	    "stats count(), sum(code), max(code)",
	    "stats values(tags), count(tags), min(tags), sum(tags)",
	    "stats count() by tags",
	    "top 3 user",
	    "rare 2 host",
	    "stats count() by host, code",
	};
	static const char *const by[] = {"*",
	                                 "host:nosuch",
	                                 "host:* OR user:*",
	                                 "code:<12",
	                                 "code:5 OR user:root",
	                                 "NOT code:>100",
	                                 "host:web01",
	                                 "user:r*",
	                                 "code:7"};
	struct data data;
	if (setup(&data, ROWS_MANY, false)) {
		for (size_t i = 0; i < ARRAY_LEN(by); i++) {
			for (size_t k = 0; k < ARRAY_LEN(some); k++) {
				(void)compare(&data, by[i], some[k]);
			}
		}
	}
	teardown(&data);
}

/* ---- that blocks are asked at all ---- */

struct asked {
	uint64_t blocks, rows, refused;
	uint64_t counted; /* by what blocks keep */
};

static enum err ask(void *ctx, struct store_block *block, void **out_result) {
	struct asked *asked = ctx;
	struct store_codes codes;
	uint64_t rows;
	TRY(store_block_rows(block, &rows));
	asked->blocks++;
	enum err err = store_block_codes(block, STR("host"), &codes);
	asked->refused += err != ERR_OK;
	const struct store_count *counts;
	size_t count;
	if (store_block_counts(block, STR("host"), &counts, &count) == ERR_OK) {
		for (size_t i = 0; i < count; i++) {
			asked->counted += counts[i].rows;
		}
	}
	for (uint64_t i = 0; err == ERR_OK && i < rows; i++) {
		asked->rows += codes.codes[i] < codes.values_count;
	}
	*out_result = asked;
	return err;
}

static void forget(void *ctx, void *result) {
	CHECK(ctx == result);
}

TEST(every_block_is_asked_and_none_of_its_rows_is_shown) {
	struct data data;
	struct asked asked = {0};
	struct store_reduction reduction = {ask, forget, &asked};
	struct store_scan *scan = NULL;
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	if (setup(&data, ROWS_MANY, false)) {
		struct store_scan_options options = {.from_ns = INSTANT_MIN,
		                                     .to_ns = INSTANT_MAX,
		                                     .index_to = UINT64_MAX,
		                                     .filter = expr_constant(arena, true),
		                                     .reduction = &reduction};
		struct store_view *view = NULL;
		struct diag diag = {0};
		uint64_t before = 0;
		uint64_t first;
		uint64_t blocks = 0;
		CHECK_EQ(store_scan_new(data.store, &options, &scan), ERR_OK);
		while (CHECK_EQ(store_scan_next(scan, &view, &diag), ERR_OK) && CHECK(view == NULL) &&
		       store_scan_take_reduced(scan, &first) != NULL) {
			CHECK(blocks++ == 0 || first > before);
			before = first;
		}
		CHECK(store_scan_take_reduced(scan, &first) == NULL);
		store_scan_free(scan);
		CHECK_EQ(blocks, BATCHES / 2);
		CHECK_EQ(asked.blocks, BATCHES / 2);
		CHECK_EQ(asked.rows, BATCHES * ROWS_MANY - data.own);
		CHECK_EQ(asked.refused, 0);
		CHECK_EQ(asked.counted, BATCHES / 2 * ROWS_MANY); /* others have own fields */
	}
	teardown(&data);
}
