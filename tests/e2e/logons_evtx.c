/* logons_evtx FILE: writes a Security log of Windows for logons.sh: 4624 and 4625 of three hosts'
 * users. For i from 0 to 299, one second apart from 2026-11-22T00:00:01Z on: 4625 of "user" (i % 3)
 * from 192.0.2.(i % 5), type 3, no such user where i % 7 is 0 and else wrong password; then one
 * 4624 of user1 from 192.0.2.2, type 10, and 20 of PC$, type 5.
 */
#include <stdio.h>
#include <string.h>

#include "evtx_maker.h"

static const uint64_t first_time = 134397792000000000u; /* as FILETIME */

static void element(struct evtx_maker *maker, const char *name, const char *text) {
	maker_open(maker, name, -1, false);
	maker_close_start(maker);
	maker_text(maker, text);
	maker_end(maker);
}

static void data(struct evtx_maker *maker, const char *name, const char *text) {
	maker_open(maker, "Data", -1, true);
	maker_attribute(maker, "Name");
	maker_text(maker, name);
	maker_close_start(maker);
	maker_text(maker, text);
	maker_end(maker);
}

static void open_plain(struct evtx_maker *maker, const char *name) {
	maker_open(maker, name, -1, false);
	maker_close_start(maker);
}

struct event {
	const char *id, *user, *type, *address, *substatus;
};

static void add(struct evtx_maker *maker, uint64_t number, const struct event *event) {
	char text[32];
	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	/* Names are known within their chunk. */
	if (number % 40 == 1) {
		if (number > 1) {
			maker_end_chunk(maker, true);
		}
		maker_begin_chunk(maker);
	}
	(void)maker_begin_record(maker, number, first_time + number * 10000000);
	maker_fragment(maker);
	open_plain(maker, "Event");
	open_plain(maker, "System");
	element(maker, "EventID", event->id);
	element(maker, "EventRecordID", text);
	element(maker, "Channel", "Security");
	element(maker, "Computer", "PC");
	maker_end(maker);
	open_plain(maker, "EventData");
	data(maker, "TargetUserName", event->user);
	data(maker, "TargetDomainName", "EXAMPLE");
	data(maker, "LogonType", event->type);
	data(maker, "IpAddress", event->address);
	data(maker, "Status", "0xc000006d");
	data(maker, "SubStatus", event->substatus);
	maker_end(maker);
	maker_end(maker);
	maker_eof(maker);
	maker_end_record(maker);
}

static void add_all(struct evtx_maker *maker) {
	uint64_t number = 0;
	for (int i = 0; i < 300; i++) {
		char user[16];
		char address[16];
		(void)snprintf(user, sizeof(user), "user%d", i % 3);
		(void)snprintf(address, sizeof(address), "192.0.2.%d", i % 5);
		add(maker, ++number,
		    &(struct event){"4625", user, "3", address, i % 7 == 0 ? "0xc0000064" : "0xC000006A"});
	}
	add(maker, ++number, &(struct event){"4624", "USER1", "10", "192.0.2.2", "0x0"});
	for (int i = 0; i < 20; i++) {
		add(maker, ++number, &(struct event){"4624", "PC$", "5", "-", "0x0"});
	}
	maker_end_chunk(maker, true);
}

int main(int argc, char **argv) {
	struct evtx_maker maker;
	FILE *file = argc == 2 ? fopen(argv[1], "wb") : NULL;
	if (file == NULL) {
		return 2;
	}
	maker_init(&maker);
	maker_file(&maker);
	add_all(&maker);
	maker_finish(&maker, false);
	bool written = fwrite(maker.bytes, 1, maker.len, file) == maker.len;
	written = fclose(file) == 0 && written;
	maker_deinit(&maker);
	return written ? 0 : 1;
}
