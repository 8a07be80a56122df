/* seed_maker CORPORA GOLDEN: writes again those inputs of fuzz targets that are what the writers
 * make (tests/corpora: block, segment, lines, texts), and some that are damaged. To be run when
 * what is written changes: older inputs are refused before they reach what they are for. GOLDEN:
 * the golden segment of the present version.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/instant.h"
#include "codec/texts.h"
#include "codec/word_filter.h"
#include "store/block_rows.h"
#include "store/page_sample.h"

struct maker {
	const char *corpora;
	bool failed;
};

static void write_seed(struct maker *maker, const char *name, struct str head, struct str bytes) {
	char path[4096];
	(void)snprintf(path, sizeof(path), "%s/%s", maker->corpora, name);
	FILE *file = fopen(path, "wb");
	if (file == NULL || fwrite(head.ptr, 1, head.len, file) != head.len ||
	    fwrite(bytes.ptr, 1, bytes.len, file) != bytes.len || fclose(file) != 0) {
		(void)fprintf(stderr, "seed_maker: %s cannot be written\n", path);
		maker->failed = true;
	}
}

/* The bytes with one bit that is another, a third of the way. */
static void write_flipped(struct maker *maker, const char *name, struct str head,
                          struct str bytes) {
	struct buf copy = {0};
	buf_append_str(&copy, bytes);
	copy.ptr[copy.len / 3] ^= 1;
	write_seed(maker, name, head, buf_str(&copy));
	buf_deinit(&copy);
}

/* ---- blocks, as store/block_fuzz.c takes them ---- */

static void make_block(uint32_t rows, struct buf *out) {
	struct batch *batch = sample_batch(rows, 1, true);
	struct block_draft *draft = block_draft_new();
	struct store_page *page;
	for (uint32_t row = 0; row < rows; row += 3) { /* a text that is not its body */
		struct field_row *parsed = &batch->fields.rows[row];
		if (batch->records[row].source != 2) {
			parsed->has_text = true;
			parsed->text_offset = (uint32_t)batch->fields.bytes.len;
			parsed->text_len = 200;
			buf_append_str(&batch->fields.bytes, batch_body(batch, row));
			while (batch->fields.bytes.len < (size_t)parsed->text_offset + parsed->text_len) {
				buf_append_char(&batch->fields.bytes, '.');
			}
		}
	}
	ASSERT(page_encode(batch, sample_plan(batch, 7), &page, NULL) == ERR_OK);
	page_take_raw(page, batch);
	block_draft_add(draft, &page->block_rows->cut);
	block_draft_put(draft, 1, out);
	block_draft_free(draft);
	page_free(page);
	batch_free(batch);
}

/* The part that says how often fields have which values (docs/formats/segment.md). */
static void put_values(uint32_t records, struct buf *out) {
	struct buf bytes = {0};
	wire_put_varint(&bytes, records);
	wire_put_varint(&bytes, 2);
	wire_put_str(&bytes, STR("host.name"));
	wire_put_varint(&bytes, 1);
	buf_append_char(&bytes, VALUE_STRING);
	wire_put_str(&bytes, STR("web-1"));
	wire_put_varint(&bytes, records / 2);
	wire_put_str(&bytes, STR("message"));
	wire_put_varint(&bytes, 0);
	wire_put_varint(out, bytes.len);
	buf_append_char(out, 0);
	buf_append_str(out, buf_str(&bytes));
	buf_deinit(&bytes);
}

/* The block with those parts that only large blocks have. */
static void put_large(struct str block, uint32_t rows, struct buf *out) {
	static const struct str words[BLOCK_WORDS_PARTS] = {
	    STR_INIT("web 0 sshd Failed password for port Event 失敗"), STR_INIT("root admin alice")};
	struct checked_writer writer = {0};
	struct checked *checked;
	ASSERT(checked_open(block, &checked) == ERR_OK);
	for (size_t i = 0; i < checked_count(checked); i++) {
		struct buf part = {0};
		if (i < BLOCK_WORDS_PARTS) {
			struct word_filter_writer *filter = word_filter_writer_new();
			word_filter_add(filter, words[i], false);
			word_filter_put(filter, 512, &part);
			word_filter_writer_free(filter);
		} else if (i == BLOCK_VALUES) {
			put_values(rows, &part);
		} else {
			buf_append_str(&part, checked_peek(checked, i));
		}
		checked_part(&writer, buf_str(&part));
		buf_deinit(&part);
	}
	checked_put(&writer, out);
	checked_writer_deinit(&writer);
	checked_free(checked);
}

/* A block whose fields are of all sources: rows have values that are not in the text, and slices at
 * places of their own. */
static void make_fields(uint32_t rows, uint32_t kept, struct buf *out) {
	static const struct str tail = STR_INIT(" lettersandletters [\"a\",1,true] ");
	struct block_cut cut = {.texts = lines_cut_new(),
	                        .bodies = lines_cut_new(),
	                        .times = calloc(rows, sizeof(int64_t)),
	                        .body_times = calloc(kept, sizeof(int64_t)),
	                        .fields = layouts_cut_new()};
	struct block_draft *draft = block_draft_new();
	struct buf *texts = calloc(rows, sizeof(*texts));
	uint32_t piece = layouts_cut_name(cut.fields, STR("host.name"));
	uint32_t list = layouts_cut_name(cut.fields, STR("sample.extra"));
	uint32_t letters = layouts_cut_name(cut.fields, STR("message"));
	for (uint32_t row = 0; row < rows; row++) {
		buf_printf(&texts[row], "%u", 1000 + row * 37);
		buf_append_str(&texts[row], tail);
		instant_format(&texts[row], SAMPLE_TIME + (int64_t)row * INSTANT_SECOND, 0);
		cut.times[row] = SAMPLE_TIME + (int64_t)row * INSTANT_SECOND;
		lines_cut_add(cut.texts, buf_str(&texts[row]));
		if (row < kept) {
			cut.body_times[row] = cut.times[row];
			lines_cut_add(cut.bodies, buf_str(&texts[row]));
		}
	}
	for (uint32_t row = 0; row < rows; row++) {
		char value[32];
		int len = snprintf(value, sizeof(value), "value %u", row);
		struct field_found fields[] = {
		    {piece, VALUE_STRING, .in_text = true, .offset = row % 17, .len = row % 5},
		    {list, VALUE_LIST, .in_text = true, .offset = 23, .len = 12},
		    {letters, VALUE_STRING, .bytes = value, .len = (uint32_t)len, .constant = UINT32_MAX}};
		(void)layouts_cut_add(cut.fields, cut.texts, fields, ARRAY_LEN(fields));
	}
	block_draft_add(draft, &cut);
	block_draft_put(draft, 1, out);
	block_draft_free(draft);
	for (uint32_t row = 0; row < rows; row++) {
		buf_deinit(&texts[row]);
	}
	free(texts);
}

static void make_blocks(struct maker *maker) {
	enum { ROWS = 20, KEPT = 6, SEARCHES = 4, ROWS_MAX = 64 };
	struct buf fields = {0};
	struct buf block = {0};
	struct buf large = {0};
	char head[] = {ROWS - 1};
	char other[] = {ROWS - 2};
	struct str bytes;
	make_block(ROWS, &block);
	bytes = buf_str(&block);
	write_seed(maker, "block/whole", str_make(head, 1), bytes);
	write_seed(maker, "block/other-rows", str_make(other, 1), bytes);
	write_seed(maker, "block/cut", str_make(head, 1), str_slice(bytes, 0, bytes.len - 100));
	write_flipped(maker, "block/flipped", str_make(head, 1), bytes);
	make_fields(ROWS, KEPT, &fields);
	write_seed(maker, "block/fields", str_make(head, 1), buf_str(&fields));
	put_large(bytes, ROWS, &large);
	for (size_t i = 0; i < SEARCHES; i++) {
		char name[64];
		(void)snprintf(name, sizeof(name), "block/large-%zu", i);
		head[0] = (char)(ROWS - 1 + i * ROWS_MAX);
		write_seed(maker, name, str_make(head, 1), buf_str(&large));
	}
	buf_deinit(&block);
	buf_deinit(&large);
	buf_deinit(&fields);
}

/* ---- segments, as store/segment_fuzz.c takes them ---- */

static void make_segments(struct maker *maker, const char *golden) {
	enum { PAGE_AT = 16, PAGE_LEN_AT = PAGE_AT + 8 };
	struct buf bytes = {0};
	struct str even = str_make("", 1);
	if (os_read_file(os_real(), golden, (size_t)1 << 20, &bytes) != ERR_OK ||
	    bytes.len < PAGE_LEN_AT + 4) {
		(void)fprintf(stderr, "seed_maker: %s is not a segment\n", golden);
		maker->failed = true;
	} else {
		struct str all = buf_str(&bytes);
		size_t page = le32_load(bytes.ptr + PAGE_LEN_AT);
		write_seed(maker, "segment/whole-2", even, all);
		write_seed(maker, "segment/cut-2", even, str_slice(all, 0, all.len - 40));
		write_flipped(maker, "segment/flipped-2", even, all);
		write_seed(maker, "segment/page-2", STR("\x01"),
		           str_slice(all, PAGE_AT, MIN_OF(PAGE_AT + page, all.len)));
	}
	buf_deinit(&bytes);
}

/* ---- lines, as codec/lines_fuzz.c takes them ---- */

static void add_line(struct buf *out, uint32_t row, uint64_t *random) {
	static const char *const users[] = {"root", "admin", "alice", "bob", "太郎", "x-1"};
	uint64_t r = sample_random(random);
	uint64_t s = sample_random(random);
	const char *user = users[s % ARRAY_LEN(users)];
	switch (r % 5) {
	case 0:
		instant_format(out, (1763078400 + (int64_t)row) * INSTANT_SECOND, 0);
		buf_printf(out, " sshd[%u]: from 10.0.%u.%u port %u for %s", (unsigned)(s % 40000),
		           (unsigned)(s / 7 % 3), (unsigned)(s / 9 % 256), (unsigned)(r / 5 % 65536), user);
		break;
	case 1:
		buf_printf(out, "session %08x%04x of %s%u closed", (unsigned)s, (unsigned)(r / 5 % 65536),
		           user, row);
		break;
	case 2:
		buf_printf(out, "{\"bytes\":%u,\"d\":%u.%06u,\"user\":\"%s\",\"seq\":%u}",
		           (unsigned)(r / 5 % 4) * 512, (unsigned)(s % 100), (unsigned)(r / 20 % 1000000),
		           user, 1000 + row * 3);
		break;
	case 3:
		buf_printf(out, "%llx", (unsigned long long)s);
		break;
	default:
		buf_append_str(out, STR("the quick brown fox"));
		break;
	}
}

/* Lines of as many shapes as there may be for their number: pieces of the text are of other kinds.
 */
static void add_kind(struct buf *out, uint32_t row, uint64_t *random) {
	static const char *const pieces[] = {"7", "ab", "1.2.3.4", "[x]"};
	(void)random;
	for (uint32_t rest = row / 2 + 1; rest > 0; rest /= 4) {
		buf_printf(out, "%s=", pieces[rest % 4]);
	}
}

/* Numbers that go on from row to row, and some that are mostly small. */
static void add_series(struct buf *out, uint32_t row, uint64_t *random) {
	uint64_t r = sample_random(random);
	buf_printf(out, "packet %u of %u, at %llu", 1000000 + row * 17 + (unsigned)(r % 4),
	           (unsigned)(row / 128 % 3 == 1 ? r % 100000 : r % 3),
	           1763078400000000ULL + row * 1000ULL + r / 7 % 16);
}

struct kind_of_lines {
	const char *name;
	uint32_t rows;
	void (*add)(struct buf *out, uint32_t row, uint64_t *random);
	const char *needle;
	uint32_t bits; /* of codec/lines_fuzz.c */
};

static void make_lines(struct maker *maker, const struct kind_of_lines *kind) {
	struct lines_draft *draft = lines_draft_new();
	struct lines_cut *cut = lines_cut_new();
	struct buf *texts = calloc(kind->rows, sizeof(*texts));
	int64_t *times = calloc(kind->rows, sizeof(*times));
	struct buf parts[LINES_PARTS] = {0};
	struct checked_writer writer = {0};
	struct buf head = {0};
	struct buf out = {0};
	uint64_t random = 1;
	for (uint32_t i = 0; i < kind->rows; i++) {
		times[i] = (1763078400 + (int64_t)i) * INSTANT_SECOND;
		kind->add(&texts[i], i, &random);
		lines_cut_add(cut, buf_str(&texts[i]));
	}
	lines_draft_add(draft, cut, times);
	lines_draft_mine(draft);
	lines_draft_put(draft, parts);
	for (size_t i = 0; i < LINES_PARTS; i++) {
		checked_part(&writer, buf_str(&parts[i]));
		buf_deinit(&parts[i]);
	}
	checked_put(&writer, &out);
	wire_put_varint(&head, kind->rows);
	wire_put_varint(&head, kind->bits);
	wire_put_str(&head, str_from(kind->needle));
	write_seed(maker, kind->name, buf_str(&head), buf_str(&out));
	lines_draft_free(draft);
	for (uint32_t i = 0; i < kind->rows; i++) {
		buf_deinit(&texts[i]);
	}
	free(texts);
	free(times);
	checked_writer_deinit(&writer);
	buf_deinit(&head);
	buf_deinit(&out);
}

static void make_all_lines(struct maker *maker) {
	static const struct kind_of_lines kinds[] = {
	    {"lines/few", 12, add_line, "port 1", 0},    {"lines/some", 120, add_line, "ALICE", 1},
	    {"lines/word", 60, add_line, "alice", 3},    {"lines/string", 60, add_line, "admin", 7},
	    {"lines/number", 60, add_line, "10.0.1", 0}, {"lines/shapes", 1200, add_kind, "=[x]=7", 0},
	    {"lines/series", 1000, add_series, "17", 0}, {"lines/one", 1, add_line, "s", 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		make_lines(maker, &kinds[i]);
	}
}

/* ---- pools of strings, as codec/texts_fuzz.c takes them ---- */

enum texts_kind { TEXTS_FEW, TEXTS_REPEATED, TEXTS_FRAMES, TEXTS_BOTH, TEXTS_EMPTY, TEXTS_LONG };

static void add_text(enum texts_kind kind, uint32_t i, struct buf *out) {
	switch (kind) {
	case TEXTS_FEW:
		buf_printf(out, "string number %u", i * i);
		break;
	case TEXTS_REPEATED:
		buf_printf(out, "user%u", i % 7 * (i % 3));
		break;
	case TEXTS_FRAMES: /* more than one frame, and little when compressed */
		buf_printf(out, "%05u %0300u", i, 0U);
		break;
	case TEXTS_BOTH:
		buf_printf(out, i % 3 == 0 ? "alone %u" : "twice %u", i / 6);
		break;
	case TEXTS_EMPTY:
		buf_append_str(out, i % 2 == 0 ? STR("") : STR("x"));
		break;
	case TEXTS_LONG:
		for (uint32_t k = 0; k < 5000 * (i + 1); k++) {
			buf_append_char(out, (char)('a' + k % 5));
		}
		break;
	}
}

static void make_texts(struct maker *maker) {
	static const struct {
		const char *name;
		uint32_t count;
	} kinds[] = {
	    [TEXTS_FEW] = {"texts/few", 20},          [TEXTS_REPEATED] = {"texts/dictionary", 600},
	    [TEXTS_FRAMES] = {"texts/frames", 1100},  [TEXTS_BOTH] = {"texts/both", 600},
	    [TEXTS_EMPTY] = {"texts/empty_entry", 9}, [TEXTS_LONG] = {"texts/long_strings", 3},
	};
	for (size_t kind = 0; kind < ARRAY_LEN(kinds); kind++) {
		struct texts_writer *writer = texts_writer_new();
		struct buf out = {0};
		for (uint32_t i = 0; i < kinds[kind].count; i++) {
			struct buf text = {0};
			add_text((enum texts_kind)kind, i, &text);
			texts_writer_add(writer, buf_str(&text));
			buf_deinit(&text);
		}
		texts_writer_put(writer, &out);
		write_seed(maker, kinds[kind].name, STR(""), buf_str(&out));
		texts_writer_free(writer);
		buf_deinit(&out);
	}
}

int main(int argc, char **argv) {
	if (argc != 3) {
		(void)fprintf(stderr, "seed_maker CORPORA GOLDEN\n");
		return 2;
	}
	struct maker maker = {.corpora = argv[1]};
	make_blocks(&maker);
	make_segments(&maker, argv[2]);
	make_all_lines(&maker);
	make_texts(&maker);
	return maker.failed;
}
