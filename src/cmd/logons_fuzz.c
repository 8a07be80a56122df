/* Any bytes as records that may be logons. Records are parted by empty lines; each line is a field:
 * name, '=', value. What is read of one is a part of it or a word of ours, whatever an attacker has
 * written into his name; all that was read is in the table, once.
 */
#include <string.h>

#include "base/instant.h"
#include "query/logons.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FIELDS_MAX = 64, OWN_WORD_MAX = 64 };

/* Of the record, or one of our words. */
static void check_text(struct str all, struct str text) {
	const char *end = all.ptr + all.len;
	bool inside = text.ptr >= all.ptr && text.ptr <= end && text.len <= (size_t)(end - text.ptr);
	ASSERT(text.len == 0 || inside || text.len <= OWN_WORD_MAX);
}

static void check(struct str all, const struct logon *logon) {
	const struct str texts[] = {logon->user, logon->domain, logon->effective, logon->source,
	                            logon->host, logon->type,   logon->reason};
	ASSERT(logon->outcome < LOGON_OUTCOMES && logon->voice < LOGON_VOICES);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		check_text(all, texts[i]);
	}
}

/* The next record of *rest; how many fields it has. */
static size_t next_record(struct str *rest, struct row_field *fields) {
	size_t count = 0;
	while (rest->len > 0) {
		struct str line = str_cut(rest, '\n');
		if (line.len == 0) {
			break;
		}
		struct str name = str_cut(&line, '=');
		if (count < FIELDS_MAX) {
			fields[count++] = (struct row_field){name, value_string(line)};
		}
	}
	return count;
}

static uint64_t sum_of(const struct logons_sum *sum) {
	uint64_t all = 0;
	for (size_t i = 0; i < LOGON_OUTCOMES; i++) {
		all += sum->counts[i];
	}
	return all;
}

/* What several voices tell of one logon counts once, so there may be fewer. */
static void check_table(struct logons *logons, uint64_t told) {
	logons_end(logons);
	uint64_t all = sum_of(logons_services(logons)) + sum_of(logons_left_out(logons));
	for (size_t i = 0; i < logons_count(logons); i++) {
		const struct logons_group *group = logons_get(logons, i);
		ASSERT(group->reasons_count <= LOGONS_REASONS);
		for (size_t k = 0; k < LOGON_OUTCOMES; k++) {
			all += group->counts[k];
			ASSERT(group->counts[k] == 0 || group->first_ns[k] <= group->last_ns[k] ||
			       group->first_ns[k] == INSTANT_MAX);
		}
	}
	ASSERT(all <= told);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct str all = str_make((const char *)data, size);
	struct str rest = all;
	struct row_field fields[FIELDS_MAX];
	struct logons *logons = logons_new(size % 2 == 0);
	uint64_t told = 0;
	int64_t time_ns = 0;
	while (rest.len > 0) {
		struct row row = {.fields = fields, .fields_count = next_record(&rest, fields)};
		struct logon logon;
		if (logon_read(&row, &logon)) {
			check(all, &logon);
			told += logon.times;
			logons_add(logons, &logon, time_ns % 3 == 0 ? INSTANT_MIN : time_ns);
		}
		time_ns += INSTANT_SECOND;
	}
	check_table(logons, told);
	logons_free(logons);
	return 0;
}
