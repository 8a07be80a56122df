/* Names become zones; names that try to leave the folder do not. */
#include "ingest/zones.h"

#include "tap.h"

TEST(utc_and_offsets_need_no_system) {
	struct zones *zones = zones_new(NULL);
	CHECK_EQ(zone_offset_at(zones_get(zones, STR(""), NULL), 0), 0);
	CHECK_EQ(zone_offset_at(zones_get(zones, STR("+09:00"), NULL), 0), 32400);
	CHECK(zones_get(zones, STR("+09:00"), NULL) == zones_get(zones, STR("+09:00"), NULL));
	zones_free(zones);
}

TEST(a_zone_of_the_system_is_loaded_by_name) {
	struct zones *zones = zones_new(os_real());
	struct os_stat stat;
	if (os_real()->stat(os_real()->ctx, "/usr/share/zoneinfo/Europe/Berlin", true, &stat) !=
	    ERR_OK) {
		tap_skip("no zone files here");
		zones_free(zones);
		return;
	}
	const struct zone *zone = zones_get(zones, STR("Europe/Berlin"), NULL);
	REQUIRE(zone != NULL);
	CHECK_EQ(zone_offset_at(zone, 1768478400), 3600); /* January 2026 */
	CHECK_EQ(zone_offset_at(zone, 1784116800), 7200); /* July 2026 */
	CHECK_EQ(zone_offset_at(zone, 4086590400), 7200); /* July 2099, by the rule */
	zones_free(zones);
}

TEST(unknown_and_unsafe_names_are_explained) {
	static const char *const names[] = {
	    "Nowhere/City",
	    "../../etc/passwd",
	    "/etc/passwd",
	    "a/../b",
	    "x y",
	    ("Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")};
	struct zones *zones = zones_new(os_real());
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct diag diag = {0};
		CHECK(zones_get(zones, str_from(names[i]), &diag) == NULL);
		CHECK(strstr(diag.message, "there is no time zone") != NULL);
		CHECK(diag.hint[0] != '\0');
	}
	zones_free(zones);
}
