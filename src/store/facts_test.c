/* The file `store`: one form, every change of a byte noticed. */
#include "store/facts.h"

#include "os/os.h"
#include "tap.h"

static const uint8_t uuid[UUID_SIZE] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0x4d, 0xef,
                                        0x80, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77};

TEST(a_uuid_reads_as_it_was_written) {
	char text[UUID_TEXT_SIZE + 1];
	uint8_t again[UUID_SIZE];
	uuid_format(uuid, text);
	CHECK_STR(str_from(text), "01234567-89ab-4def-8011-223344556677");
	REQUIRE(uuid_parse(str_from(text), again));
	CHECK(memcmp(uuid, again, UUID_SIZE) == 0);
	CHECK(!uuid_parse(STR("01234567-89AB-4def-8011-223344556677"), again));
	CHECK(!uuid_parse(STR("01234567089ab-4def-8011-223344556677"), again));
	CHECK(!uuid_parse(STR(""), again));
}

TEST(a_new_uuid_is_of_version_4) {
	uint8_t fresh[UUID_SIZE];
	REQUIRE(uuid_new(os_real(), fresh) == ERR_OK);
	CHECK_EQ(fresh[6] >> 4, 4);
	CHECK_EQ(fresh[8] >> 6, 2);
}

static bool same_facts(const struct facts *a, const struct facts *b) {
	return memcmp(a->uuid, b->uuid, sizeof(a->uuid)) == 0 &&
	       str_eq(str_from(a->uuid_text), str_from(b->uuid_text)) &&
	       str_eq(str_from(a->origin), str_from(b->origin)) &&
	       a->classes_count == b->classes_count &&
	       memcmp(a->classes, b->classes, sizeof(a->classes)) == 0;
}

TEST(facts_are_read_as_they_were_written) {
	struct facts facts = facts_make(uuid);
	struct facts again;
	struct buf text CLEANUP(buf_deinit) = {0};
	facts_format(&facts, &text);
	REQUIRE(facts_parse(buf_str(&text), &again, NULL) == ERR_OK);
	CHECK(same_facts(&facts, &again));
	CHECK_STR(str_from(again.origin), "akashi/01234567-89ab-4def-8011-223344556677");
}

TEST(facts_list_their_classes) {
	struct facts facts = facts_make(uuid);
	struct facts again;
	struct buf text CLEANUP(buf_deinit) = {0};
	char origin[ORIGIN_MAX];
	REQUIRE(facts_add_class(&facts, STR("1y")) == ERR_OK);
	REQUIRE(facts_add_class(&facts, STR("audit")) == ERR_OK);
	facts_format(&facts, &text);
	REQUIRE(facts_parse(buf_str(&text), &again, NULL) == ERR_OK);
	CHECK(same_facts(&facts, &again));
	CHECK(facts_has_class(&again, STR("audit")) && !facts_has_class(&again, STR("1")));
	facts_origin(&again, STR("1y"), origin);
	CHECK_STR(str_from(origin), "akashi/01234567-89ab-4def-8011-223344556677/1y");
	facts_origin(&again, STR("default"), origin);
	CHECK_STR(str_from(origin), "akashi/01234567-89ab-4def-8011-223344556677");
}

static bool takes_classes(struct str lines) {
	struct facts again;
	struct buf text CLEANUP(buf_deinit) = {0};
	buf_append_str(&text, STR("akashi store 1\nuuid 01234567-89ab-4def-8011-223344556677\n"
	                          "origin akashi/01234567-89ab-4def-8011-223344556677\n"));
	buf_append_str(&text, lines);
	text_seal(&text, 0);
	return facts_parse(buf_str(&text), &again, NULL) == ERR_OK;
}

TEST(classes_are_listed_in_one_way_only) {
	CHECK(takes_classes(STR("class default\nclass 1y\n")));
	CHECK(!takes_classes(STR("class 1y\nclass default\n")));
	CHECK(!takes_classes(STR("class 1y\n")));
	CHECK(!takes_classes(STR("class default\nclass 1y\nclass 1y\n")));
	CHECK(!takes_classes(STR("class default\nclass 1Y\n")));
	CHECK(!takes_classes(STR("class default\nklass 1y\n")));
	CHECK(!takes_classes(STR("class default\n\n")));
	CHECK(!takes_classes(STR("class default\nclass 1y")));
	struct buf many CLEANUP(buf_deinit) = {0};
	buf_append_str(&many, STR("class default\n"));
	for (int i = 1; i < CLASSES_MAX; i++) {
		buf_printf(&many, "class c%d\n", i);
	}
	CHECK(takes_classes(buf_str(&many)));
	buf_append_str(&many, STR("class one-too-many\n"));
	CHECK(!takes_classes(buf_str(&many)));
}

TEST(a_class_goes_on_in_trees_that_are_numbered) {
	struct facts facts = facts_make(uuid);
	char name[TREE_NAME_MAX + 1];
	char origin[ORIGIN_MAX];
	CHECK(takes_classes(STR("class default\nclass default.2\nclass 1y\nclass default.3\n")));
	CHECK(!takes_classes(STR("class default\nclass default.3\n")));
	CHECK(!takes_classes(STR("class default\nclass 1y.2\n")));
	CHECK(!takes_classes(STR("class default\nclass default.1\n")));
	CHECK(!takes_classes(STR("class default\nclass default.02\n")));
	CHECK(!takes_classes(STR("class default\nclass default.\n")));
	CHECK(!takes_classes(STR("class default\nclass default.2.2\n")));
	CHECK(tree_name_valid(STR("1y.2")) && !class_name_valid(STR("1y.2")));
	CHECK_STR(tree_class(STR("1y.12")), "1y");
	CHECK_EQ(tree_number(STR("1y.12")), 12);
	CHECK_EQ(tree_number(STR("1y")), 1);
	tree_name(STR("1y"), 1, name);
	CHECK_STR(str_from(name), "1y");
	tree_name(STR("1y"), 12, name);
	CHECK_STR(str_from(name), "1y.12");
	REQUIRE(facts_add_class(&facts, STR("default.2")) == ERR_OK);
	CHECK_STR(facts_newest(&facts, STR("default")), "default.2");
	CHECK_EQ(facts_newest(&facts, STR("1y")).len, 0);
	facts_origin(&facts, STR("default.2"), origin);
	CHECK_STR(str_from(origin), "akashi/01234567-89ab-4def-8011-223344556677/default.2");
}

TEST(every_flipped_bit_and_every_cut_of_the_facts_is_noticed) {
	struct facts facts = facts_make(uuid);
	struct facts again;
	struct buf text CLEANUP(buf_deinit) = {0};
	facts_format(&facts, &text);
	for (size_t bit = 0; bit < text.len * 8; bit++) {
		text.ptr[bit / 8] = (char)(text.ptr[bit / 8] ^ (1 << (bit % 8)));
		CHECK(facts_parse(buf_str(&text), &again, NULL) == ERR_CORRUPT);
		text.ptr[bit / 8] = (char)(text.ptr[bit / 8] ^ (1 << (bit % 8)));
	}
	for (size_t len = 0; len < text.len; len++) {
		CHECK(facts_parse(str_make(text.ptr, len), &again, NULL) == ERR_CORRUPT);
	}
	buf_append_char(&text, '\n');
	CHECK(facts_parse(buf_str(&text), &again, NULL) == ERR_CORRUPT);
}

TEST(a_later_version_is_said_to_be_one) {
	struct facts again;
	struct diag diag = {0};
	struct buf text CLEANUP(buf_deinit) = {0};
	buf_append_str(&text, STR("akashi store 2\nanything\n"));
	text_seal(&text, 0);
	CHECK(facts_parse(buf_str(&text), &again, &diag) == ERR_UNSUPPORTED);
}
