#include "ingest/evtx_template.h"

#include "ingest/evtx_bench.h"
#include "ingest/evtx_value.h"
#include "tap.h"

/* <E>{0}</E> in place, its values, and a second instance; returns where that stands. */
static uint32_t make_two_instances(struct bench *bench) {
	struct maker_value value = MAKER_VALUE(EVTX_UINT8, "\x07");
	uint32_t definition = maker_define(&bench->maker, 0x1234);
	maker_fragment(&bench->maker);
	maker_open(&bench->maker, "E", 0xffff, false);
	maker_close_start(&bench->maker);
	maker_substitution(&bench->maker, 0, EVTX_UINT8, false);
	maker_end(&bench->maker);
	maker_eof(&bench->maker);
	maker_end_definition(&bench->maker);
	maker_values(&bench->maker, &value, 1);
	uint32_t second = (uint32_t)bench->maker.len;
	maker_instance(&bench->maker, 0x1234, definition);
	maker_values(&bench->maker, &value, 1);
	bench_load(bench);
	return second;
}

TEST(a_template_is_compiled_once_for_its_chunk) {
	struct bench bench;
	struct evtx_instance first, second;
	bench_begin(&bench);
	uint32_t second_at = make_two_instances(&bench);
	evtx_instance_read(&bench.chunk, bench.at, bench.chunk.size, &first);
	evtx_instance_read(&bench.chunk, second_at, bench.chunk.size, &second);
	CHECK(first.fault == NULL);
	CHECK(first.program != NULL);
	CHECK(first.program == second.program);
	CHECK_EQ(first.end, second_at);
	CHECK_EQ(second.end, bench.chunk.size);
	CHECK_EQ(first.count, 1);
	CHECK_EQ(second.first, 1);
	bench_end(&bench);
}

TEST(a_definition_that_was_overwritten_is_not_used) {
	struct bench bench;
	struct evtx_instance instance;
	bench_begin(&bench);
	uint32_t second_at = make_two_instances(&bench);
	bench.maker.bytes[second_at + 2] ^= 1; /* another template's id */
	evtx_instance_read(&bench.chunk, second_at, bench.chunk.size, &instance);
	CHECK(instance.program == NULL);
	CHECK(instance.fault != NULL);
	bench.maker.bytes[second_at + 2] ^= 1;
	bench.maker.bytes[second_at + 8] = 0xff; /* a place outside the chunk */
	bench_load(&bench);
	evtx_instance_read(&bench.chunk, second_at, bench.chunk.size, &instance);
	CHECK(instance.program == NULL);
	CHECK(instance.fault != NULL);
	bench_end(&bench);
}

TEST(values_that_end_behind_the_record_are_cut) {
	struct bench bench;
	struct evtx_instance instance;
	bench_begin(&bench);
	uint32_t second_at = make_two_instances(&bench);
	evtx_instance_read(&bench.chunk, second_at, bench.chunk.size - 1, &instance);
	CHECK(instance.fault != NULL);
	CHECK(instance.program != NULL);
	CHECK_EQ(instance.count, 1);
	CHECK_EQ(((struct evtx_value *)(void *)bench.chunk.values.ptr)->size, 0);
	for (uint32_t end = second_at + 1; end < bench.chunk.size - 1; end++) {
		bench.chunk.values.len = 0;
		evtx_instance_read(&bench.chunk, second_at, end, &instance);
		CHECK(instance.fault != NULL);
		CHECK(instance.end <= end);
	}
	bench_end(&bench);
}

TEST(a_definition_that_is_whole_elsewhere_stands_in) {
	struct bench bench;
	struct evtx_instance own, lent;
	bench_begin(&bench);
	uint32_t second_at = make_two_instances(&bench);
	evtx_instance_read(&bench.chunk, bench.at, bench.chunk.size, &own);
	bench.maker.bytes[second_at + 8] = 0xff;
	evtx_instance_read(&bench.chunk, second_at, bench.chunk.size, &lent);
	REQUIRE(lent.program != NULL);
	CHECK(lent.fault != NULL);
	CHECK(lent.program != own.program);
	CHECK_EQ(lent.program->ops_count, own.program->ops_count);
	CHECK_EQ(lent.count, 1);
	struct evtx_instance again;
	evtx_instance_read(&bench.chunk, second_at, bench.chunk.size, &again);
	CHECK(again.program == lent.program);
	bench_end(&bench);
}
