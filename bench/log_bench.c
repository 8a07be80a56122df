/* log_bench STORE MEGABYTES: leaves a write-ahead log of that size, as a writer would that was
 * stopped before it could append anything. How soon such a store serves again:
 * tools/torture/restart.py.
 */
#include <stdio.h>

#include "base/sha256.h"
#include "os/os.h"
#include "store/store.h"

enum { LINES = 4000 };

static struct batch *make_batch(uint32_t file, uint64_t *position, uint64_t *number) {
	struct batch *batch = batch_new();
	struct batch_source source = {.name = STR("long"), .path = STR("long"), .file = file};
	(void)batch_add_source(batch, &source);
	for (uint32_t i = 0; i < LINES; i++) {
		struct batch_record *record = batch_add_record(batch);
		record->body_offset = batch->raw.len;
		record->log_offset = *position;
		record->number = ++*number;
		buf_printf(&batch->raw,
		           "Nov 22 10:00:00 host sshd[%llu]: Failed password for root from 10.0.0.1 port "
		           "%llu ssh2, attempt %u",
		           (unsigned long long)*number, (unsigned long long)(*number % 50000), i);
		record->body_len = (uint32_t)(batch->raw.len - record->body_offset);
		*position += record->body_len + 1;
	}
	batch->progress_file = file;
	batch->progress_position = *position;
	return batch;
}

int main(int argc, char **argv) {
	struct diag diag = {0};
	struct store *store = NULL;
	struct sink_file info = {.path = STR("long"), .source = STR("long")};
	struct sink_resume resume;
	enum sink_verdict verdict;
	uint32_t file;
	uint64_t position = 0;
	uint64_t number = 0;
	if (argc != 3) {
		fprintf(stderr, "log_bench STORE MEGABYTES\n");
		return 2;
	}
	uint64_t bytes = strtoull(argv[2], NULL, 10) << 20;
	struct store_options options = {
	    .os = os_real(), .path = argv[1], .writable = true, .create = true, .log_bytes = bytes};
	enum err err = store_open(&options, &store, &diag);
	if (err == ERR_OK) {
		err = store_file_begin(store, &info, true, &file, &verdict, &resume, &diag);
	}
	while (err == ERR_OK) {
		struct batch *batch = make_batch(file, &position, &number);
		err = store_reserve(store, batch);
		err = err == ERR_OK ? store_log(store, batch, &diag) : err;
		batch_free(batch);
	}
	printf("%llu lines\n%s\n", (unsigned long long)number, diag.message);
	store_close(store);
	return err == ERR_LIMIT ? 0 : 1;
}
