/* Packs: rules of others, as files that were read and checked but never trusted, and the folder
 * that keeps them in versions (docs/sigma.md). private to src/cmd
 */
#pragma once

#include "cmd/command.h"
#include "sigma/set.h"

/* In a pack's folder: the name of the version that holds. Whoever reads rules from such a folder
 * reads that version alone. */
#define PACK_CURRENT "akashi-pack"
#define PACK_MANIFEST "manifest.json"
#define PACK_NONE "none" /* as its version: a pack that is being installed for the first time */

struct pack_file {
	struct str path; /* within the pack: parts that are safe as names, joined by '/' */
	struct str text;
	uint8_t hash[32]; /* SHA-256 of text */
};

/* Files by path. */
struct pack {
	struct arena *arena;
	struct pack_file *files;
	size_t count, cap;
	uint64_t bytes;
	char hash[65];     /* SHA-256 over all paths and texts, in hex */
	char version[17];  /* how it begins: the name of the version */
	uint64_t passed;   /* files that are no rules */
	uint64_t problems; /* could not be read; they were told */
};

/* Reads all .yml and .yaml files of a folder, a zip or a tar (not of archives within), or one file,
 * into a pack that is empty or has others. ERR_LIMIT above the limits of packs, ERR_INVALID for
 * names that are not safe, or that come twice. */
MUST_USE enum err pack_read(struct pack *pack, const char *path, struct diag *diag);
/* When all are read: sorts, and finds version and hash. ERR_INVALID: a file comes twice. */
MUST_USE enum err pack_close(struct pack *pack, struct diag *diag);
void pack_deinit(struct pack *pack);
/* A set of the pack's rules, closed; the caller's. */
struct sigma_set *pack_rules(const struct pack *pack);

/* One part of a path that may be made as a file or folder: no "." or "..", no separators, control
 * characters or colons, at most 200 bytes of UTF-8. */
bool pack_safe_name(struct str name);
/* What may be a version's folder: hexadecimal digits. */
bool pack_is_version(struct str name);

/* Which version of the pack in folder holds: empty when it is no folder of a pack, PACK_NONE when
 * it has none yet. */
MUST_USE enum err pack_current(const char *folder, char out_version[17]);
/* Writes the pack as a version of its own into folder, durably, and makes it the one that holds:
 * all or nothing. manifest: JSON. The versions before stay. */
MUST_USE enum err pack_install(const struct pack *pack, const char *folder, struct str manifest,
                               struct diag *diag);
