/* Row order against the plain list of shapes that it was made of, and under damage. */
#include "codec/order.h"

#include "base/bits.h"
#include "codec/compress.h"
#include "tap.h"

struct plain {
	uint32_t *shape_of_row;
	uint32_t *rank_of_row;
	uint32_t *rows_of;
	size_t rows, shapes;
};

static void plain_deinit(struct plain *plain) {
	free(plain->shape_of_row);
	free(plain->rank_of_row);
	free(plain->rows_of);
}

/* Rows of random shapes, low numbers more often: skew 0 not at all. Numbers are mixed, so that the
 * frequent ones stand anywhere. */
static struct plain make_plain(size_t rows, size_t shapes, unsigned skew) {
	struct plain plain = {.rows = rows, .shapes = shapes};
	plain.shape_of_row = calloc(rows + 1, sizeof(uint32_t));
	plain.rank_of_row = calloc(rows + 1, sizeof(uint32_t));
	plain.rows_of = calloc(shapes + 1, sizeof(uint32_t));
	for (size_t row = 0; row < rows; row++) {
		uint64_t shape = tap_random() % shapes;
		for (unsigned i = 0; i < skew; i++) {
			shape = shape * (tap_random() % 1000) / 1000;
		}
		shape = (shape + shapes / 3) % shapes;
		plain.shape_of_row[row] = (uint32_t)shape;
		plain.rank_of_row[row] = plain.rows_of[shape]++;
	}
	return plain;
}

static void check_stretch(const struct plain *plain, struct order *order, size_t first,
                          size_t count) {
	uint32_t *shapes = malloc((count + 1) * sizeof(*shapes));
	uint32_t *ranks = malloc((count + 1) * sizeof(*ranks));
	CHECK_EQ(order_get(order, first, count, shapes, ranks), ERR_OK);
	CHECK(memcmp(shapes, plain->shape_of_row + first, count * sizeof(*shapes)) == 0);
	CHECK(memcmp(ranks, plain->rank_of_row + first, count * sizeof(*ranks)) == 0);
	memset(shapes, 0xff, count * sizeof(*shapes));
	CHECK_EQ(order_get(order, first, count, shapes, NULL), ERR_OK);
	CHECK(memcmp(shapes, plain->shape_of_row + first, count * sizeof(*shapes)) == 0);
	free(shapes);
	free(ranks);
}

static void check_some(const struct plain *plain, struct order *order, uint64_t step) {
	uint32_t *rows = malloc((plain->rows + 1) * sizeof(*rows));
	uint32_t *shapes = malloc((plain->rows + 1) * sizeof(*shapes));
	uint32_t *ranks = malloc((plain->rows + 1) * sizeof(*ranks));
	size_t count = 0;
	for (size_t row = tap_random() % (step * 2); row < plain->rows;
	     row += 1 + tap_random() % step) {
		rows[count++] = (uint32_t)row;
	}
	CHECK_EQ(order_get_some(order, rows, count, shapes, ranks), ERR_OK);
	for (size_t i = 0; i < count; i++) {
		CHECK_EQ(shapes[i], plain->shape_of_row[rows[i]]);
		CHECK_EQ(ranks[i], plain->rank_of_row[rows[i]]);
	}
	free(rows);
	free(shapes);
	free(ranks);
}

/* Some ranks of a shape, one in every step. */
static void check_shape(const struct plain *plain, struct order *order, uint32_t shape,
                        uint64_t step) {
	struct buf ranks = {0};
	struct buf rows = {0};
	struct buf expected = {0};
	CHECK_EQ(order_rows_of(order, shape), plain->rows_of[shape]);
	for (size_t row = 0; row < plain->rows; row++) {
		if (plain->shape_of_row[row] == shape && tap_random() % step == 0) {
			uint32_t number = (uint32_t)row;
			buf_append(&ranks, &plain->rank_of_row[row], 4);
			buf_append(&expected, &number, 4);
		}
	}
	const uint32_t *list = (const void *)ranks.ptr;
	CHECK_EQ(order_rows(order, shape, list, ranks.len / 4, &rows), ERR_OK);
	CHECK(str_eq(buf_str(&rows), buf_str(&expected)));
	buf_deinit(&ranks);
	buf_deinit(&rows);
	buf_deinit(&expected);
}

static void check_bits(const struct plain *plain, struct order *order, uint64_t step) {
	bool *wanted = calloc(plain->shapes + 1, sizeof(*wanted));
	uint64_t *bits = calloc(bits_words(plain->rows) + 1, sizeof(*bits));
	for (size_t shape = 0; shape < plain->shapes; shape++) {
		wanted[shape] = tap_random() % step == 0;
	}
	CHECK_EQ(order_bits(order, wanted, bits), ERR_OK);
	size_t wrong = 0;
	for (size_t row = 0; row < plain->rows; row++) {
		wrong += bits_get(bits, row) != wanted[plain->shape_of_row[row]];
	}
	CHECK_EQ(wrong, 0);
	CHECK_EQ(bits[bits_words(plain->rows)], 0);
	free(wanted);
	free(bits);
}

static void check_order(const struct plain *plain) {
	struct buf out = {0};
	struct order *order;
	order_put(&out, plain->shape_of_row, plain->rows, plain->shapes);
	struct wire in = wire_from(buf_str(&out));
	REQUIRE(order_open(&in, plain->rows, plain->shapes, &order) == ERR_OK);
	CHECK(wire_done(&in));
	check_stretch(plain, order, 0, plain->rows);
	for (size_t i = 0; i < 20; i++) {
		size_t first = tap_random() % (plain->rows + 1);
		size_t most = MIN_OF(plain->rows - first, i < 10 ? (size_t)9 : plain->rows);
		check_stretch(plain, order, first, tap_random() % (most + 1));
		if (plain->rows > 0) {
			check_shape(plain, order, plain->shape_of_row[tap_random() % plain->rows],
			            i / 4 * i + 1);
		}
	}
	for (uint64_t step = 1; step < 1000 && plain->shapes > 0; step *= 7) {
		check_shape(plain, order, (uint32_t)(tap_random() % plain->shapes), step);
		check_bits(plain, order, step);
		check_some(plain, order, step);
		check_some(plain, order, step + 700);
	}
	order_free(order);
	for (size_t cut = 0; cut < out.len; cut += 1 + out.len / 30) {
		struct wire half = wire_from(str_make(out.ptr, cut));
		CHECK_EQ(order_open(&half, plain->rows, plain->shapes, &order), ERR_CORRUPT);
	}
	buf_deinit(&out);
}

TEST(all_sizes_come_back) {
	static const size_t rows[] = {0, 1, 2, 63, 64, 127, 128, 129, 5000, 16383, 16384, 16385, 40000};
	static const size_t shapes[] = {1, 2, 254, 255, 256, 257, 2000, 65536, 65537};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (size_t k = 0; k < ARRAY_LEN(shapes); k++) {
			struct plain plain = make_plain(rows[i], shapes[k], (unsigned)(i + k) % 3);
			check_order(&plain);
			plain_deinit(&plain);
		}
	}
}

TEST(random_orders_come_back) {
	for (size_t round = 0; round < tap_rounds(20); round++) {
		size_t rows = tap_random() % (tap_random() % 4 == 0 ? 60000 : 3000);
		size_t shapes = 1 + tap_random() % (round % 2 == 0 ? 300 : 5000);
		struct plain plain = make_plain(rows, shapes, (unsigned)(tap_random() % 6));
		check_order(&plain);
		plain_deinit(&plain);
	}
}

TEST(no_shapes_and_no_rows_cost_nothing) {
	struct plain plain = make_plain(0, 0, 0);
	struct buf out = {0};
	order_put(&out, plain.shape_of_row, 0, 0);
	CHECK_EQ(out.len, 0);
	check_order(&plain);
	plain_deinit(&plain);
	plain = make_plain(100000, 1, 0);
	order_put(&out, plain.shape_of_row, plain.rows, 1);
	CHECK_EQ(out.len, 0);
	plain_deinit(&plain);
	buf_deinit(&out);
}

/* Asks everything; what is answered must be in range. */
static void use(struct order *order, size_t rows, size_t shapes) {
	uint32_t *got = malloc((2 * rows + 1) * sizeof(*got));
	bool *wanted = calloc(shapes + 1, sizeof(*wanted));
	uint64_t *bits = calloc(bits_words(rows) + 1, sizeof(*bits));
	memset(wanted, 1, shapes);
	size_t wrong = 0;
	if (order_get(order, 0, rows, got, got + rows) == ERR_OK) {
		for (size_t row = 0; row < rows; row++) {
			wrong += got[row] >= shapes || got[rows + row] >= order_rows_of(order, got[row]);
		}
		struct buf out = {0};
		wrong += order_rows(order, got[0], got + rows, 1, &out) != ERR_OK;
		wrong += order_bits(order, wanted, bits) != ERR_OK || bits_count(bits, rows) != rows;
		buf_deinit(&out);
	}
	CHECK_EQ(wrong, 0);
	free(got);
	free(wanted);
	free(bits);
}

TEST(damage_is_refused_or_gives_other_rows_in_range) {
	static const size_t sizes[][2] = {{1000, 40}, {1000, 400}, {17000, 3}, {17000, 400}};
	for (size_t round = 0; round < tap_rounds(400); round++) {
		const size_t *size = sizes[round % ARRAY_LEN(sizes)];
		struct plain plain = make_plain(size[0], size[1], 4);
		struct buf out = {0};
		order_put(&out, plain.shape_of_row, plain.rows, plain.shapes);
		for (uint64_t i = 0; i < 1 + tap_random() % 3; i++) {
			out.ptr[tap_random() % out.len] ^= (char)(1 << tap_random() % 8);
		}
		struct wire in = wire_from(buf_str(&out));
		struct order *order;
		if (order_open(&in, plain.rows, plain.shapes, &order) == ERR_OK) {
			use(order, plain.rows, plain.shapes);
			order_free(order);
		}
		plain_deinit(&plain);
		buf_deinit(&out);
	}
}

TEST(a_shape_with_a_byte_of_its_own_is_refused_among_the_others) {
	struct buf out = {0};
	uint32_t shapes[256];
	for (uint32_t i = 0; i < ARRAY_LEN(shapes); i++) {
		shapes[i] = i;
	}
	order_put(&out, shapes, 256, 256);
	REQUIRE((uint8_t)out.ptr[out.len - 2] == 255); /* the only other one */
	for (unsigned number = 0; number < 300; number++) {
		le16_store(out.ptr + out.len - 2, (uint16_t)number);
		struct wire in = wire_from(buf_str(&out));
		struct order *order;
		REQUIRE(order_open(&in, 256, 256, &order) == ERR_OK);
		CHECK_EQ(order_get(order, 0, 256, shapes, NULL), number == 255 ? ERR_OK : ERR_CORRUPT);
		CHECK_EQ(order_rows_of(order, 255), number == 255);
		CHECK_EQ(order_rows_of(order, 7), 1);
		order_free(order);
	}
	buf_deinit(&out);
}

/* Two chunks of shape 0 that claim zeros and ones rows of shapes 0 and 1 in the first. */
static enum err open_claim(uint64_t zeros, uint64_t ones, bool *out_well) {
	static const char bytes[ORDER_CHUNK];
	struct buf out = {0};
	struct buf counts = {0};
	struct order *order;
	blob_put(&out, str_make(bytes, sizeof(bytes)), COMPRESS_FAST);
	blob_put(&out, str_make(bytes, 1), COMPRESS_FAST);
	wire_put_varint(&counts, zeros);
	wire_put_varint(&counts, 1);
	wire_put_varint(&counts, ones);
	wire_put_varint(&counts, 0);
	blob_put(&out, buf_str(&counts), COMPRESS_FAST);
	struct wire in = wire_from(buf_str(&out));
	enum err err = order_open(&in, ORDER_CHUNK + 1, 2, &order);
	if (err == ERR_OK) {
		uint32_t shape;
		*out_well = order_get(order, 5, 1, &shape, NULL) == ERR_OK;
		order_free(order);
	}
	buf_deinit(&counts);
	buf_deinit(&out);
	return err;
}

TEST(counts_that_do_not_fit_are_refused) {
	bool well = false;
	CHECK_EQ(open_claim(ORDER_CHUNK, 0, &well), ERR_OK);
	CHECK(well);
	CHECK_EQ(open_claim(ORDER_CHUNK - 1, 1, &well), ERR_OK);
	CHECK(!well);
	CHECK_EQ(open_claim(ORDER_CHUNK, 1, &well), ERR_CORRUPT);
	CHECK_EQ(open_claim(ORDER_CHUNK - 1, 0, &well), ERR_CORRUPT);
	CHECK_EQ(open_claim(ORDER_CHUNK + 1, 0, &well), ERR_CORRUPT);
}

TEST(what_is_too_much_is_refused_before_memory_is_asked_for) {
	struct order *order;
	struct wire in = wire_from(STR(""));
	CHECK_EQ(order_open(&in, (size_t)ORDER_ROWS_MAX + 1, 1, &order), ERR_CORRUPT);
	CHECK_EQ(order_open(&in, 1, (size_t)ORDER_SHAPES_MAX + 1, &order), ERR_CORRUPT);
	CHECK_EQ(order_open(&in, 1, 0, &order), ERR_CORRUPT);
	CHECK_EQ(order_open(&in, ORDER_ROWS_MAX, 2, &order), ERR_CORRUPT);
}

TEST(few_shapes_in_runs_cost_little) {
	struct buf out = {0};
	uint32_t *shapes = malloc(200000 * sizeof(*shapes));
	for (size_t row = 0; row < 200000; row++) {
		shapes[row] = (uint32_t)(row / 1000 % 3);
	}
	order_put(&out, shapes, 200000, 3);
	CHECK(out.len < 2000);
	free(shapes);
	buf_deinit(&out);
}
