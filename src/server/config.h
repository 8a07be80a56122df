/* The configuration of the server: embedded defaults, changed by one YAML file. docs/serve.yml has
 * every key with its default, and a test holds that page against the table here.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "os/socket.h"
#include "server/tokens.h"
#include "sigma/tree.h"

enum { CONFIG_ADDRESSES_MAX = 16 };

struct config_addresses {
	struct net_address list[CONFIG_ADDRESSES_MAX];
	size_t count;
};

struct config_tokens {
	struct token_file list[TOKENS_MAX];
	size_t count;
};

struct config {
	struct str store; /* empty: as without a configuration */
	struct net_address listen;
	struct config_addresses syslog_udp, syslog_tcp;
	uint64_t syslog_udp_buffer;
	uint64_t syslog_connections, syslog_connections_per_address;
	int64_t syslog_idle_ns;
	struct str syslog_zone;
	uint64_t http_connections, http_connections_per_address;
	int64_t http_timeout_ns;
	struct config_tokens http_tokens; /* none: no token is asked for */
	uint64_t memory;                  /* of what waits to be durable */
	int64_t searchable_ns;
};

void config_default(struct config *out_config);
/* Over what is in config. Strings live in arena. ERR_INVALID: *out_place says where. */
MUST_USE enum err config_read(struct config *config, struct arena *arena, struct str text,
                              struct place *out_place, struct diag *diag);
/* What can be told only of the whole: the same rules for a file and for options. */
MUST_USE enum err config_check(const struct config *config, struct diag *diag);

/* For tests of the page: all keys, as "syslog.udp". */
size_t config_key_count(void);
struct str config_key_name(size_t i);
