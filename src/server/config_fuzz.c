/* Configurations: whatever the bytes are, they are read or refused with a place inside the text;
 * what was refused has changed nothing.
 */
#include "server/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct config config;
	struct config before;
	struct place place = {0};
	struct diag diag = {0};
	config_default(&config);
	config_default(&before);
	enum err err = config_read(&config, arena, str_make((const char *)data, size), &place, &diag);
	if (err != ERR_OK) {
		ASSERT(err == ERR_INVALID && place.line >= 1 && place.column >= 1);
		ASSERT(diag.message[0] != '\0');
		ASSERT(config.memory == before.memory && config.store.len == 0 &&
		       config.syslog_udp.count == before.syslog_udp.count &&
		       config.syslog_idle_ns == before.syslog_idle_ns);
	} else {
		ASSERT(config.syslog_udp.count <= CONFIG_ADDRESSES_MAX && config.memory >= 4 << 20);
		err = config_check(&config, &diag);
		ASSERT(err == ERR_OK || diag.message[0] != '\0');
	}
	return 0;
}
