/* Compiled rules in the user's cache folder, $XDG_CACHE_HOME/akashi or ~/.cache/akashi, by a hash
 * of all that they were made of: so nothing that is found there can be out of date. It only saves
 * time: whatever goes wrong with it is silent, and the rules are compiled anew. private to src/cmd
 */
#pragma once

#include "base/arena.h"
#include "detect/detector.h"

/* What a text is for. Part of the key. */
enum rules_part { RULES_PART_FILE, RULES_PART_PLACEHOLDERS, RULES_PART_SOURCES, RULES_PART_COUNT };
struct rules_text {
	enum rules_part part;
	struct str path; /* as it is named in what is told */
	struct str text;
};

/* The key of texts in that order, and of this build of the program and its libraries. mapped: the
 * rules are about records (sigma/source.h). False: the build cannot be told from others, so
 * nothing is kept. */
bool rules_cache_key(const struct rules_text *texts, size_t texts_count, bool mapped,
                     uint8_t out_key[DETECTOR_KEY_SIZE]);
/* False: there are none of that key, or they are not to be trusted. Both are the caller's. */
bool rules_cache_load(const uint8_t key[DETECTOR_KEY_SIZE], struct sigma_set **out_set,
                      struct detector **out_detector);
/* Keeps them, and removes those that were used least lately when there are many. */
void rules_cache_save(const uint8_t key[DETECTOR_KEY_SIZE], const struct detector *detector);
