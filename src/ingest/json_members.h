/* The members of a JSON object as names with values: "a.b" for b in the object a. For text formats;
 * the carrier of JSON lines puts fields itself (json_line.h).
 */
#pragma once

#include "base/arena.h"
#include "event/value.h"

/* Strings are without escapes, in text or in arena. Lists of scalars are packed (VALUE_LIST); other
 * arrays, null and empty objects are JSON. name is good for the time of the call. */
typedef void json_member(void *ctx, struct str name, struct value value);
/* False when text is no JSON object, or when something stands behind it; what came before the fault
 * was given. */
bool json_members(struct str text, struct arena *arena, json_member *take, void *ctx);
/* Whether text is one JSON object and nothing else. */
bool json_is_object(struct str text);

/* What a path finds in a JSON value: members by name ("a.b"), elements by number ("0.name"), of all
 * ("*.name"), or the first whose member has a value ("Name=UserAgent.Value"); one value for each
 * element met. Nothing for what is not there. Work is bounded by the value's length and the path's
 * parts. */
typedef void json_found(void *ctx, struct value value);
void json_path(struct str json, struct str path, struct arena *arena, json_found *take, void *ctx);
