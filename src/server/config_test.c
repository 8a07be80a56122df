#include "server/config.h"

#include "os/os.h"
#include "tap.h"

struct read {
	struct arena *arena;
	struct config config;
	struct place place;
	struct diag diag;
};

static enum err read_text(struct read *read, const char *text) {
	read->arena = arena_new(SIZE_MAX);
	config_default(&read->config);
	return config_read(&read->config, read->arena, str_from(text), &read->place, &read->diag);
}

static void end(struct read *read) {
	arena_free(read->arena);
	*read = (struct read){0};
}

TEST(a_file_changes_only_what_it_names) {
	struct read read = {0};
	REQUIRE(read_text(&read,
	                  "store: /srv/logs\nmemory: 8M\nsyslog:\n  udp: []\n  tcp: "
	                  "['0.0.0.0:514', \"[::]:514\"]\n  idle: 90s\n  tz: '+09:00'\n") == ERR_OK);
	CHECK_STR(read.config.store, "/srv/logs");
	CHECK_EQ(read.config.memory, 8 << 20);
	CHECK_EQ(read.config.syslog_udp.count, 0);
	REQUIRE(CHECK_EQ(read.config.syslog_tcp.count, 2));
	CHECK(read.config.syslog_tcp.list[1].is_v6 && read.config.syslog_tcp.list[1].port == 514);
	CHECK_EQ(read.config.syslog_idle_ns, 90 * (int64_t)1000000000);
	CHECK_STR(read.config.syslog_zone, "+09:00");
	CHECK_EQ(read.config.listen.port, 8514);
	CHECK(config_check(&read.config, &read.diag) == ERR_OK);
	end(&read);
	CHECK(read_text(&read, "") == ERR_OK);
	CHECK_EQ(read.config.syslog_udp.count, 1);
	end(&read);
	CHECK(read_text(&read, "syslog:\n") == ERR_OK);
	end(&read);
}

static void check_wrong(const char *text, uint32_t line, uint32_t column, const char *says) {
	struct read read = {0};
	CHECK(read_text(&read, text) == ERR_INVALID);
	CHECK_EQ(read.place.line, line);
	CHECK_EQ(read.place.column, column);
	if (!CHECK(strstr(read.diag.message, says) != NULL)) {
		printf("# %s\n", read.diag.message);
	}
	CHECK_EQ(read.config.memory, 64 << 20); /* untouched */
	end(&read);
}

TEST(what_is_wrong_is_named_with_its_place) {
	check_wrong("memory: 8M\nsyslog:\n  udq: []\n", 3, 3, "no key 'syslog.udq'");
	check_wrong("memory: 8M\nsislog: 1\n", 2, 1, "no key 'sislog'");
	check_wrong("memory: much\n", 1, 9, "memory wants a size");
	check_wrong("memory: 1K\n", 1, 9, "memory is from");
	check_wrong("memory: [1]\n", 1, 9, "memory wants one value");
	check_wrong("listen: localhost:8514\n", 1, 9, "listen wants an address");
	check_wrong("syslog: {udp: 127.0.0.1:514}\n", 1, 15, "syslog.udp wants a list");
	check_wrong("syslog:\n  tcp:\n    - 127.0.0.1:514\n    - 127.0.0.1\n", 4, 7, "an address");
	check_wrong("syslog: {idle: 5 parsecs}\n", 1, 16, "a duration");
	check_wrong("syslog: {tz: Mars/Olympus}\n", 1, 14, "Mars/Olympus");
	check_wrong("store: [a]\n", 1, 8, "a text");
	check_wrong("syslog: 7\n", 1, 9, "keys and values");
	check_wrong("- a\n", 1, 1, "keys and values");
	check_wrong("memory: 8M\n---\nmemory: 9M\n", 3, 1, "one document");
	check_wrong("memory: 8M\nmemory: 9M\n", 2, 1, "memory");
	check_wrong("memory: [\n", 2, 1, "");
}

TEST(tokens_are_named_by_source_and_file) {
	struct read read = {0};
	REQUIRE(read_text(&read, "http:\n  tokens:\n    - {source: web-1, file: /etc/w}\n") == ERR_OK);
	CHECK_EQ(read.config.http_tokens.count, 1);
	CHECK_STR(read.config.http_tokens.list[0].source, "web-1");
	CHECK_STR(read.config.http_tokens.list[0].file, "/etc/w");
	end(&read);
	check_wrong("http: {tokens: [{source: web}]}\n", 1, 17, "source");
	check_wrong("http: {tokens: [{source: a/b, file: x}]}\n", 1, 17, "source");
	check_wrong("http: {tokens: secret}\n", 1, 16, "a list");
}

TEST(http_stays_on_this_machine) {
	struct read read = {0};
	REQUIRE(read_text(&read, "listen: 192.0.2.1:8514\n") == ERR_OK);
	CHECK(config_check(&read.config, &read.diag) == ERR_UNSUPPORTED);
	end(&read);
}

static bool same_address(const struct net_address *a, const struct net_address *b) {
	return net_address_equal_host(a, b) && a->port == b->port;
}

static bool same_addresses(const struct config_addresses *a, const struct config_addresses *b) {
	bool same = a->count == b->count;
	for (size_t i = 0; i < a->count && same; i++) {
		same = same_address(&a->list[i], &b->list[i]);
	}
	return same;
}

/* docs/serve.yml is read as it stands, changes nothing, and has every key. */
TEST(the_page_has_every_key_with_its_default) {
	struct read read = {0};
	struct buf path = {0};
	struct buf text = {0};
	struct config defaults;
	buf_printf(&path, "%s/../docs/serve.yml%c", tap_folder(), '\0');
	REQUIRE(os_read_file(os_real(), path.ptr, 1 << 20, &text) == ERR_OK);
	buf_append_char(&text, '\0');
	REQUIRE(read_text(&read, text.ptr) == ERR_OK);
	config_default(&defaults);
	CHECK_STR(read.config.store, "./akashi-data");
	CHECK_STR(read.config.syslog_zone, "UTC");
	const struct config *shown = &read.config;
	CHECK(same_address(&shown->listen, &defaults.listen));
	CHECK(same_addresses(&shown->syslog_udp, &defaults.syslog_udp));
	CHECK(same_addresses(&shown->syslog_tcp, &defaults.syslog_tcp));
	CHECK_EQ(shown->syslog_udp_buffer, defaults.syslog_udp_buffer);
	CHECK_EQ(shown->syslog_connections, defaults.syslog_connections);
	CHECK_EQ(shown->syslog_connections_per_address, defaults.syslog_connections_per_address);
	CHECK_EQ(shown->syslog_idle_ns, defaults.syslog_idle_ns);
	CHECK_EQ(shown->http_connections, defaults.http_connections);
	CHECK_EQ(shown->http_connections_per_address, defaults.http_connections_per_address);
	CHECK_EQ(shown->http_timeout_ns, defaults.http_timeout_ns);
	CHECK_EQ(shown->http_tokens.count, defaults.http_tokens.count);
	CHECK_EQ(shown->memory, defaults.memory);
	CHECK_EQ(shown->searchable_ns, defaults.searchable_ns);
	struct tree tree;
	REQUIRE(tree_read(read.arena, str_from(text.ptr), &tree, &read.place, &read.diag) == ERR_OK);
	for (size_t i = 0; i < config_key_count(); i++) {
		struct str rest = config_key_name(i);
		const struct tree_node *node = tree.documents[0];
		while (rest.len > 0 && node != NULL) {
			node = tree_find(node, str_cut(&rest, '.'), NULL);
		}
		if (!CHECK(node != NULL)) {
			printf("# docs/serve.yml has no %.*s\n", STR_ARG(config_key_name(i)));
		}
	}
	buf_deinit(&path);
	buf_deinit(&text);
	end(&read);
}
