/* A record as an event of Sigma: its fields under the names that rules know. Records of Windows
 * have those that Windows gives (specification "Field Usage" 3): EventID, Channel, Provider_Name,
 * and the names of EventData and UserData; of a name that comes in both, the one of the header
 * counts. Other records have the names of docs/formats, and akashi.format.
 */
#pragma once

#include "event/row.h"
#include "sigma/event.h"

/* Lives in arena; texts are borrowed from the row. Keywords are looked for in the values that
 * Windows gave, else in the record's text. */
void sigma_record_event(struct arena *arena, const struct row *row, struct sigma_event *out_event);
/* The number of the header's field that rules call so, below SIGMA_HEADERS; -1: there is none. */
enum { SIGMA_HEADERS = 16 };
int sigma_header_number(struct str name);
/* The name that rules use for a field of records; the same text when it has no other. *out_header
 * (may be NULL): it is of the header of an event of Windows; *out_data: of its data. */
struct str sigma_field_name(struct str field, bool *out_header, bool *out_data);
