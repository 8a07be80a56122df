/* Any bytes as a zone file, and as a POSIX rule. */
#include "base/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(struct zone *zone) {
	static const int64_t moments[] = {INT64_MIN / 4, -1, 0, 951782400, 1790000000, INT64_MAX / 4};
	for (size_t i = 0; i < ARRAY_LEN(moments); i++) {
		(void)zone_offset_at(zone, moments[i]);
		(void)zone_offset_local(zone, moments[i]);
	}
	zone_free(zone);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct str bytes = str_make((const char *)data, size);
	struct zone *zone = NULL;
	int32_t offset;
	if (zone_from_tzif(bytes, &zone) == ERR_OK) {
		ask(zone);
	}
	if (zone_from_posix(bytes, &zone) == ERR_OK) {
		ask(zone);
	}
	(void)zone_parse_fixed(bytes, &offset);
	return 0;
}
