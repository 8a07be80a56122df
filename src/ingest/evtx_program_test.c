#include "ingest/evtx_program.h"

#include "base/limits.h"
#include "ingest/evtx_bench.h"
#include "ingest/evtx_value.h"
#include "tap.h"

static struct evtx_program *bench_compile(struct bench *bench) {
	bench_load(bench);
	return evtx_compile(&bench->chunk, bench->at, bench->chunk.size, false);
}

/* All that the program would write if every substitution were empty. */
static struct str literals_of(const struct evtx_program *program, struct buf *out) {
	buf_clear(out);
	for (uint32_t i = 0; i < program->ops_count; i++) {
		const struct evtx_op *op = &program->ops[i];
		buf_append(out, program->literals + op->literal, op->literal_len);
	}
	return buf_str(out);
}

static unsigned count_ops(const struct evtx_program *program, enum evtx_op_kind kind) {
	unsigned count = 0;
	for (uint32_t i = 0; i < program->ops_count; i++) {
		count += program->ops[i].kind == kind;
	}
	return count;
}

/* Every element is ended, at the place that its entry gives. */
static bool is_closed(const struct evtx_program *program) {
	for (uint32_t i = 0; i < program->ops_count; i++) {
		const struct evtx_op *op = &program->ops[i];
		if (op->kind == EVTX_OP_START) {
			uint32_t end = program->elements[op->index].end;
			bool ends = end < program->ops_count && (program->ops[end].kind == EVTX_OP_END ||
			                                         program->ops[end].kind == EVTX_OP_EMPTY);
			if (!ends || program->ops[end].index != op->index) {
				return false;
			}
		}
		if (op->kind == EVTX_OP_ATTRIBUTE &&
		    program->ops[op->index].kind != EVTX_OP_ATTRIBUTE_END) {
			return false;
		}
	}
	return count_ops(program, EVTX_OP_START) ==
	       count_ops(program, EVTX_OP_END) + count_ops(program, EVTX_OP_EMPTY);
}

static void make_some_of_everything(struct evtx_maker *maker) {
	maker_fragment(maker);
	maker_open(maker, "Event", -1, true);
	maker_attribute(maker, "xmlns");
	maker_text(maker, "urn:x&y");
	maker_attribute(maker, "empty");
	maker_close_start(maker);
	maker_open(maker, "Data", -1, true);
	maker_attribute(maker, "Name");
	maker_text(maker, "first");
	maker_close_start(maker);
	maker_text(maker, "a<b");
	maker_char_ref(maker, 0x20ac);
	maker_entity_ref(maker, "amp");
	maker_cdata(maker, "]]>");
	maker_end(maker);
	maker_open(maker, "Data", -1, true);
	maker_attribute(maker, "Name");
	maker_substitution(maker, 3, EVTX_STRING, true);
	maker_close_start(maker);
	maker_substitution(maker, 4, EVTX_STRING, false);
	maker_end(maker);
	maker_pi(maker, "target", "some data");
	maker_open(maker, "Empty", -1, false);
	maker_close_empty(maker);
	maker_end(maker);
	maker_eof(maker);
}

TEST(every_token_becomes_xml) {
	struct bench bench;
	struct buf text = {0};
	bench_begin(&bench);
	make_some_of_everything(&bench.maker);
	struct evtx_program *program = bench_compile(&bench);
	CHECK(program->fault == NULL);
	CHECK(is_closed(program));
	CHECK_STR(literals_of(program, &text),
	          "<Event xmlns='urn:x&amp;y' empty=''><Data Name='first'>a&lt;b\xe2\x82\xac&amp;]]&gt;"
	          "</Data><Data Name=''></Data><?target some data?><Empty/></Event>");
	buf_deinit(&text);
	bench_end(&bench);
}

TEST(an_element_knows_its_literal_name_and_its_only_value) {
	struct bench bench;
	bench_begin(&bench);
	make_some_of_everything(&bench.maker);
	struct evtx_program *program = bench_compile(&bench);
	const struct evtx_element *first = &program->elements[1];
	const struct evtx_element *second = &program->elements[2];
	CHECK_STR(str_make(program->literals + first->data_name, first->data_name_len), "first");
	CHECK_EQ(first->repeat_value, EVTX_NO_VALUE);
	CHECK_EQ(second->data_name_len, 0);
	CHECK_EQ(program->elements[0].data_name_len, 0); /* its attribute has another name */
	CHECK_EQ(second->repeat_value, 4);
	CHECK_EQ(program->elements[0].repeat_value, EVTX_NO_VALUE);
	bench_end(&bench);
}

TEST(only_an_attribute_that_is_one_optional_value_can_be_left_out) {
	struct bench bench;
	bench_begin(&bench);
	maker_open(&bench.maker, "E", -1, true);
	maker_attribute(&bench.maker, "a");
	maker_substitution(&bench.maker, 1, EVTX_STRING, true);
	maker_attribute(&bench.maker, "b");
	maker_substitution(&bench.maker, 2, EVTX_STRING, false);
	maker_attribute(&bench.maker, "c");
	maker_text(&bench.maker, "x");
	maker_substitution(&bench.maker, 3, EVTX_STRING, true);
	maker_close_empty(&bench.maker);
	struct evtx_program *program = bench_compile(&bench);
	uint16_t values[3] = {0};
	for (uint32_t i = 0, n = 0; i < program->ops_count; i++) {
		if (program->ops[i].kind == EVTX_OP_ATTRIBUTE) {
			values[n++] = program->ops[i].value;
		}
	}
	CHECK_EQ(values[0], 1);
	CHECK_EQ(values[1], EVTX_NO_VALUE);
	CHECK_EQ(values[2], EVTX_NO_VALUE);
	bench_end(&bench);
}

TEST(binxml_cut_anywhere_compiles_to_closed_elements) {
	struct bench bench;
	bench_begin(&bench);
	make_some_of_everything(&bench.maker);
	bench_load(&bench);
	uint32_t end = bench.chunk.size;
	for (uint32_t cut = bench.at; cut < end; cut++) {
		bench_load(&bench);
		struct evtx_program *program = evtx_compile(&bench.chunk, bench.at, cut, false);
		CHECK(is_closed(program));
		CHECK((program->fault == NULL) ==
		      (cut <= bench.at || cut == bench.at + 4 || cut == end - 1));
	}
	bench_end(&bench);
}

TEST(any_damaged_byte_compiles_to_closed_elements) {
	struct bench bench;
	bench_begin(&bench);
	make_some_of_everything(&bench.maker);
	for (int round = 0; round < 3000; round++) {
		size_t at = bench.at + tap_random() % (bench.maker.len - bench.at);
		uint8_t before = bench.maker.bytes[at];
		bench.maker.bytes[at] = (uint8_t)tap_random();
		CHECK(is_closed(bench_compile(&bench)));
		bench.maker.bytes[at] = before;
	}
	bench_end(&bench);
}

TEST(an_unknown_token_ends_the_program_where_it_stands) {
	struct bench bench;
	struct buf text = {0};
	bench_begin(&bench);
	maker_open(&bench.maker, "E", -1, false);
	maker_close_start(&bench.maker);
	maker_text(&bench.maker, "kept");
	uint32_t at = (uint32_t)bench.maker.len;
	maker_u8(&bench.maker, 0x3f);
	struct evtx_program *program = bench_compile(&bench);
	CHECK(program->fault != NULL);
	CHECK_EQ(program->fault_at, at);
	CHECK_STR(literals_of(program, &text), "<E>kept</E>");
	buf_deinit(&text);
	bench_end(&bench);
}

TEST(a_damaged_name_costs_only_itself) {
	struct bench bench;
	struct buf text = {0};
	bench_begin(&bench);
	maker_open(&bench.maker, "First", -1, false); /* in place */
	maker_close_start(&bench.maker);
	maker_open(&bench.maker, "First", -1, false); /* elsewhere */
	maker_close_empty(&bench.maker);
	maker_end(&bench.maker);
	uint32_t second = bench.at + 9 + 20 + 1;
	bench.maker.bytes[bench.at + 7] ^= 0x40; /* the offset: the name is still right here */
	struct evtx_program *program = bench_compile(&bench);
	CHECK(program->fault != NULL);
	CHECK_STR(literals_of(program, &text), "<First><First/></First>");
	bench.maker.bytes[bench.at + 7] ^= 0x40;
	bench.maker.bytes[second + 8] = 0xff; /* that leads nowhere */
	program = bench_compile(&bench);
	CHECK(program->fault != NULL);
	CHECK_EQ(program->fault_at, second + 5);
	CHECK_STR(literals_of(program, &text), "<First><_/></First>");
	bench.maker.bytes[second + 8] = 0;
	bench.maker.bytes[bench.at + 9 + 8] = 'f'; /* the name itself */
	program = bench_compile(&bench);
	CHECK(program->fault != NULL);
	CHECK_STR(literals_of(program, &text), "<first><first/></first>");
	buf_deinit(&text);
	bench_end(&bench);
}

TEST(tokens_out_of_order_are_a_fault) {
	static const uint8_t tokens[] = {0x02, 0x03, 0x04, 0x06};
	for (size_t i = 0; i < sizeof(tokens); i++) {
		struct bench bench;
		bench_begin(&bench);
		maker_u8(&bench.maker, tokens[i]);
		maker_u32(&bench.maker, 0);
		struct evtx_program *program = bench_compile(&bench);
		CHECK(program->fault != NULL);
		CHECK_EQ(program->ops_count, 0);
		bench_end(&bench);
	}
}

TEST(elements_may_be_nested_to_the_limit_and_no_further) {
	for (uint32_t extra = 0; extra < 2; extra++) {
		struct bench bench;
		bench_begin(&bench);
		for (uint32_t i = 0; i < LIMIT_XML_DEPTH + extra; i++) {
			maker_open(&bench.maker, "E", -1, false);
			maker_close_start(&bench.maker);
		}
		for (uint32_t i = 0; i < LIMIT_XML_DEPTH + extra; i++) {
			maker_end(&bench.maker);
		}
		struct evtx_program *program = bench_compile(&bench);
		CHECK((program->fault == NULL) == (extra == 0));
		CHECK(is_closed(program));
		CHECK_EQ(count_ops(program, EVTX_OP_START), LIMIT_XML_DEPTH);
		bench_end(&bench);
	}
}

TEST(a_long_name_used_often_meets_the_budget) {
	struct bench bench;
	bench_begin(&bench);
	uint32_t name = (uint32_t)bench.maker.len;
	maker_u32(&bench.maker, 0);
	maker_u16(&bench.maker, 0);
	maker_u16(&bench.maker, 20000);
	for (int i = 0; i < 20000; i++) {
		maker_u16(&bench.maker, 'x');
	}
	maker_u16(&bench.maker, 0);
	bench.at = (uint32_t)bench.maker.len;
	while (bench.maker.len < 65000) {
		maker_u8(&bench.maker, 0x01);
		maker_u32(&bench.maker, 6);
		maker_u32(&bench.maker, name);
		maker_u8(&bench.maker, 0x03);
	}
	struct evtx_program *program = bench_compile(&bench);
	CHECK(program->fault != NULL);
	CHECK(is_closed(program));
	CHECK_EQ(bench.chunk.budget, 0);
	bench_end(&bench);
}
