#include "ingest/derive.h"

#include "tap.h"

static struct batch *row_of(const char *line) {
	struct batch *batch = batch_new();
	struct batch_record *record = batch_add_record(batch);
	record->body_len = (uint32_t)strlen(line);
	buf_append_str(&batch->raw, str_from(line));
	fields_begin(batch);
	(void)fields_begin_row(batch);
	return batch;
}

static void derive(struct batch *batch, bool object) {
	struct derive *state = derive_new();
	derive_begin(state);
	derive_fields(state, batch, object);
	derive_free(state);
}

static struct value get(struct batch *batch, const char *name) {
	return fields_get(batch, 0, fields_name(batch, str_from(name)));
}

static void put_count(struct batch *batch, const char *name, const char *digits) {
	fields_put(batch, fields_name(batch, str_from(name)),
	           (struct value){VALUE_NUMBER, str_from(digits)});
}

TEST(an_ip_address_is_an_address) {
	struct batch *batch = row_of("from 192.0.2.1");
	fields_put_span(batch, FIELD_SOURCE_IP, VALUE_STRING, 5, 9);
	fields_put_str(batch, FIELD_DESTINATION_IP, STR("2001:db8::1"));
	fields_put_str(batch, FIELD_DESTINATION_ADDRESS, STR("www.example.org"));
	fields_put_str(batch, fields_name(batch, STR("client.ip")), STR("192.0.2.7"));
	derive(batch, false);
	fields_end_row(batch);
	CHECK_STR(get(batch, "source.address").text, "192.0.2.1");
	CHECK_STR(get(batch, "destination.address").text, "www.example.org");
	CHECK_STR(get(batch, "destination.domain").text, "www.example.org");
	CHECK_EQ(get(batch, "source.domain").kind, VALUE_NONE);
	CHECK_STR(get(batch, "client.address").text, "192.0.2.7");
	CHECK_EQ(get(batch, "server.address").kind, VALUE_NONE);
	batch_free(batch);
}

TEST(a_name_is_an_address_when_nothing_else_is_known) {
	struct batch *batch = row_of("x");
	fields_put_str(batch, fields_name(batch, STR("source.domain")), STR("pc7.example.org"));
	fields_put_str(batch, FIELD_DESTINATION_DOMAIN, STR("www.example.org"));
	fields_put_str(batch, FIELD_DESTINATION_IP, STR("192.0.2.1"));
	derive(batch, false);
	fields_end_row(batch);
	CHECK_STR(get(batch, "source.address").text, "pc7.example.org");
	CHECK_STR(get(batch, "destination.address").text, "192.0.2.1");
	batch_free(batch);
}

TEST(names_of_hosts_are_taken_apart) {
	struct batch *batch = row_of("www.example.org");
	fields_put_span(batch, FIELD_URL_DOMAIN, VALUE_STRING, 0, 15);
	fields_put_str(batch, fields_name(batch, STR("source.address")), STR("pc7.Example.com"));
	fields_put_str(batch, FIELD_DESTINATION_DOMAIN, STR("localhost"));
	fields_put_str(batch, fields_name(batch, STR("dns.question.name")), STR("example.co.jp"));
	derive(batch, false);
	fields_end_row(batch);
	CHECK_STR(get(batch, "url.registered_domain").text, "example.org");
	CHECK_STR(get(batch, "url.top_level_domain").text, "org");
	CHECK_STR(get(batch, "url.subdomain").text, "www");
	CHECK_STR(get(batch, "source.registered_domain").text, "Example.com");
	CHECK_STR(get(batch, "source.subdomain").text, "pc7");
	CHECK_EQ(get(batch, "destination.registered_domain").kind, VALUE_NONE);
	CHECK_STR(get(batch, "dns.question.registered_domain").text, "example.co.jp");
	CHECK_EQ(get(batch, "dns.question.subdomain").kind, VALUE_NONE);
	batch_free(batch);
}

static void check_outcome(const char *code, const char *outcome, const char *expected) {
	struct batch *batch = row_of("x");
	put_count(batch, "http.response.status_code", code);
	if (outcome != NULL) {
		fields_put_str(batch, FIELD_EVENT_OUTCOME, str_from(outcome));
	}
	derive(batch, false);
	fields_end_row(batch);
	CHECK_STR(get(batch, "event.outcome").text, expected);
	batch_free(batch);
}

TEST(the_status_of_an_answer_is_its_outcome) {
	check_outcome("200", NULL, "success");
	check_outcome("304", NULL, "success");
	check_outcome("404", NULL, "failure");
	check_outcome("503", NULL, "failure");
	check_outcome("200", "failure", "failure");
	check_outcome("0", NULL, "");
	check_outcome("600", NULL, "");
}

TEST(both_directions_are_summed) {
	struct batch *batch = row_of("x");
	put_count(batch, "source.bytes", "2769");
	put_count(batch, "destination.bytes", "5851");
	put_count(batch, "source.packets", "1");
	derive(batch, false);
	fields_end_row(batch);
	CHECK_STR(get(batch, "network.bytes").text, "8620");
	CHECK_EQ(get(batch, "network.bytes").kind, VALUE_NUMBER);
	CHECK_EQ(get(batch, "network.packets").kind, VALUE_NONE);
	batch_free(batch);
}

TEST(a_sum_that_the_log_has_stays_and_text_is_not_summed) {
	struct batch *batch = row_of("x");
	put_count(batch, "source.bytes", "1");
	put_count(batch, "destination.bytes", "2");
	put_count(batch, "network.bytes", "300");
	fields_put_str(batch, fields_name(batch, STR("source.packets")), STR("many"));
	put_count(batch, "destination.packets", "2");
	derive(batch, false);
	fields_end_row(batch);
	CHECK_STR(get(batch, "network.bytes").text, "300");
	CHECK_EQ(get(batch, "network.packets").kind, VALUE_NONE);
	batch_free(batch);
}

TEST(an_object_gets_no_sums) {
	struct batch *batch = row_of("x");
	put_count(batch, "source.bytes", "1");
	put_count(batch, "destination.bytes", "2");
	derive(batch, true);
	fields_end_row(batch);
	CHECK_EQ(get(batch, "network.bytes").kind, VALUE_NONE);
	batch_free(batch);
}

TEST(names_are_known_again_in_the_next_batch) {
	struct derive *state = derive_new();
	static const char *const first[] = {"a", "b", "client.ip"};
	for (size_t i = 0; i < 3; i++) { /* client.ip has another number each time */
		struct batch *batch = row_of("x");
		derive_begin(state);
		for (size_t j = i; j < 3; j++) {
			fields_put_str(batch, fields_name(batch, str_from(first[j])), STR("192.0.2.7"));
		}
		derive_fields(state, batch, false);
		fields_end_row(batch);
		CHECK_STR(get(batch, "client.address").text, "192.0.2.7");
		batch_free(batch);
	}
	derive_free(state);
}

TEST(only_what_can_be_a_host_name_is_a_domain) {
	struct batch *batch = row_of("x");
	fields_put_str(batch, fields_name(batch, STR("source.address")), STR("unix:"));
	fields_put_str(batch, FIELD_DESTINATION_ADDRESS, STR("192.0.2.1"));
	derive(batch, false);
	fields_end_row(batch);
	CHECK_EQ(get(batch, "source.domain").kind, VALUE_NONE);
	CHECK_EQ(get(batch, "destination.domain").kind, VALUE_NONE);
	batch_free(batch);
}
