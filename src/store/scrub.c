/* store_scrub: the verifier's pieces, one class after the other and then the objects, beside a
 * writer. What is read is what one look has found: files that were opened then stay readable when a
 * writer replaces them, and below the checkpoint of that look nothing changes any more.
 */
#include "store/path.h"
#include "store/scrub_record.h"
#include "store/verify.h"

enum { FOLDERS = 256, BUNDLE = 256 };
enum { LOOKS_MAX = 50, LOOKS_DAMAGED = 3 };
#define LOOK_NS ((int64_t)100000000)
#define SLEEP_NS ((int64_t)50000000)
#define SLACK_NS \
	((int64_t)10000000) /* shorter waits are put off: each costs more than it is long */
#define SECOND_NS ((int64_t)1000000000)
#define PIECE_NS (600 * SECOND_NS)

struct scrub {
	struct verifying v; /* first: hooks of the verifier are given this */
	const struct store_scrub_options *options;
	struct store_verify_options verify;
	struct store_scrub_state state;
	struct store_scrub_part part; /* the one at hand */
	struct buf damages;           /* of it; while looking: of the look (struct store_damage) */
	bool looking;
	uint64_t damages_count;
	int64_t started_ns;                /* of the part */
	int64_t paced_ns;                  /* until then nothing is to be read */
	struct store_verify_result before; /* at its begin */
	uint64_t segments_before;
	int64_t piece_ns;
};

static int64_t now(const struct scrub *scrub) {
	return scrub->options->os->monotonic_ns(scrub->options->os->ctx);
}

/* ---- what is found ---- */

static void report(struct scrub *scrub, const struct store_damage *damage) {
	if (scrub->part.damages++ < SCRUB_DAMAGES_MAX) {
		scrub_damage_format(damage, scrub->damages.len == 0, &scrub->damages);
	}
	scrub->damages_count++;
	if (scrub->options->damage != NULL) {
		scrub->options->damage(scrub->options->ctx, damage);
	}
}

/* What a look finds counts only when the next one finds it, too. */
static void on_damage(void *ctx, const struct store_damage *damage) {
	struct scrub *scrub = ctx;
	if (!scrub->looking) {
		report(scrub, damage);
		return;
	}
	struct store_damage copy = *damage;
	copy.where = arena_str(scrub->v.arena, damage->where);
	copy.what = arena_str(scrub->v.arena, damage->what);
	buf_append(&scrub->damages, &copy, sizeof(copy));
}

/* ---- pace ---- */

static bool go_on(struct scrub *scrub) {
	const struct store_scrub_options *options = scrub->options;
	return options->go_on == NULL ||
	       options->go_on(options->ctx, scrub->part.tree, scrub->part.to, scrub->part.size);
}

static enum err wait_until(struct scrub *scrub, int64_t ns) {
	const struct os *os = scrub->options->os;
	for (int64_t left = ns - now(scrub); left > 0; left = ns - now(scrub)) {
		if (!go_on(scrub)) {
			return ERR_CANCELED;
		}
		os->sleep(os->ctx, MIN_OF(left, SLEEP_NS));
	}
	return go_on(scrub) ? ERR_OK : ERR_CANCELED;
}

/* Time that was not used for reading is not made up for later. */
static enum err pace(struct verifying *v, uint64_t bytes) {
	struct scrub *scrub = (struct scrub *)(void *)v;
	scrub->part.bytes += bytes;
	if (scrub->options->rate == 0) {
		return go_on(scrub) ? ERR_OK : ERR_CANCELED;
	}
	int64_t at = MAX_OF(scrub->paced_ns, now(scrub));
	scrub->paced_ns =
	    at + (int64_t)((double)bytes * (double)SECOND_NS / (double)scrub->options->rate);
	return wait_until(scrub, at - SLACK_NS);
}

/* ---- one look at what is signed ---- */

struct marking {
	const struct os *os;
	const char *folder;
	uint8_t mark[SHA256_SIZE];
};

static enum err mark_class(void *ctx, struct str name, enum os_file_kind kind) {
	struct marking *marking = ctx;
	struct buf note CLEANUP(buf_deinit) = {0};
	struct store_path path;
	char file[64];
	uint8_t hash[SHA256_SIZE];
	(void)kind;
	(void)snprintf(file, sizeof(file), "%.*s/checkpoint", (int)MIN_OF(name.len, (size_t)40),
	               name.ptr);
	enum err err =
	    os_read_file(marking->os, path_in(&path, marking->folder, file), LIMIT_NOTE_SIZE, &note);
	if (err == ERR_OK) { /* what cannot be read is named by the look itself */
		sha256(note.ptr, note.len, hash);
		for (size_t i = 0; i < SHA256_SIZE; i++) {
			marking->mark[i] ^= hash[i]; /* the folder is in no order */
		}
	}
	return ERR_OK;
}

/* Another one as soon as any class was sealed. */
static void mark(const struct scrub *scrub, uint8_t out_mark[SHA256_SIZE]) {
	struct store_path path;
	struct marking marking = {.os = scrub->options->os,
	                          .folder = path_in(&path, scrub->options->path, "tree")};
	enum err err = marking.os->list(marking.os->ctx, marking.folder, mark_class, &marking);
	(void)err; /* likewise */
	memcpy(out_mark, marking.mark, SHA256_SIZE);
}

static void report_look(struct scrub *scrub) {
	struct buf found = scrub->damages; /* now the list of the part */
	scrub->damages = (struct buf){0};
	const struct store_damage *damages = (const struct store_damage *)(void *)found.ptr;
	for (size_t i = 0; i < found.len / sizeof(*damages); i++) {
		report(scrub, &damages[i]);
	}
	buf_deinit(&found);
}

/* Between two steps of a look a writer may have sealed: then it looks again. */
static enum err look(struct scrub *scrub, struct diag *diag) {
	unsigned damaged = 0;
	for (unsigned looks = 0; looks < LOOKS_MAX; looks++) {
		uint8_t before[SHA256_SIZE];
		uint8_t after[SHA256_SIZE];
		mark(scrub, before);
		scrub->looking = true;
		buf_clear(&scrub->damages);
		enum err err = verify_open(&scrub->v, scrub->options->os, scrub->options->path,
		                           &scrub->verify, true, diag);
		scrub->looking = false;
		if (err != ERR_OK) {
			return err;
		}
		mark(scrub, after);
		bool same = memcmp(before, after, SHA256_SIZE) == 0;
		damaged = same && scrub->damages.len > 0 ? damaged + 1 : 0;
		if (same && (scrub->damages.len == 0 || damaged == LOOKS_DAMAGED)) {
			report_look(scrub);
			scrub->v.pace = pace;
			return ERR_OK;
		}
		verify_close(&scrub->v);
		scrub->v = (struct verifying){0};
		TRY(wait_until(scrub, now(scrub) + LOOK_NS));
	}
	return diag_set(diag, ERR_LOCKED, "a writer seals the store too often for a look at it");
}

/* ---- parts ---- */

static void begin_part(struct scrub *scrub, struct str tree, uint64_t from, uint64_t size) {
	uint64_t damages = scrub->part.damages; /* of the look: they go with the first part */
	scrub->part = (struct store_scrub_part){
	    .tree = tree, .from = from, .to = from, .size = size, .damages = damages};
	scrub->started_ns = now(scrub);
	scrub->before = scrub->v.result;
	scrub->segments_before = scrub->v.segments_read;
}

static void end_part(struct scrub *scrub, uint64_t to) {
	struct buf body CLEANUP(buf_deinit) = {0};
	struct store_scrub_part *part = &scrub->part;
	part->to = to;
	part->ns = now(scrub) - scrub->started_ns;
	part->records = scrub->v.result.records - scrub->before.records;
	part->objects = scrub->v.result.objects - scrub->before.objects;
	part->segments = scrub->v.segments_read - scrub->segments_before;
	scrub_record_format(part, buf_str(&scrub->damages), &body);
	part->body = buf_str(&body);
	if (scrub->options->part != NULL) {
		scrub->options->part(scrub->options->ctx, part);
	}
	*part = (struct store_scrub_part){0};
	buf_clear(&scrub->damages);
}

/* What a part may claim that is not through: whole bundles under a checkpoint, because only of them
 * level 1 can stand for the records the next time. */
static uint64_t claim(const struct scrub *scrub, uint64_t reached) {
	uint64_t whole = MIN_OF(reached, scrub->v.tree->signed_size) / BUNDLE * BUNDLE;
	return MAX_OF(whole, scrub->part.from);
}

/* A large class is told in pieces, so that a stop of the machine costs no more than one. */
static bool on_progress(void *ctx, uint64_t done, uint64_t all) {
	struct scrub *scrub = ctx;
	uint64_t to = claim(scrub, done); /* v.done stays 0: leaves of this tree */
	(void)all;
	if (now(scrub) - scrub->started_ns >= scrub->piece_ns && to > scrub->part.from) {
		struct str tree = scrub->part.tree;
		uint64_t size = scrub->part.size;
		end_part(scrub, to);
		begin_part(scrub, tree, to, size);
	}
	scrub->part.to = MIN_OF(done, scrub->part.size);
	return go_on(scrub);
}

static enum err scrub_tree(struct scrub *scrub, struct verify_tree *tree) {
	const struct store_scrub_seen *seen = store_scrub_find(&scrub->state, tree->name);
	uint64_t next = seen == NULL ? 0 : seen->next / BUNDLE * BUNDLE;
	if (seen != NULL && seen->through) {
		return ERR_OK;
	}
	scrub->v.tree = tree;
	tree->from = next <= tree->signed_size ? next : 0;
	begin_part(scrub, tree->name, tree->from, tree->size);
	enum err err = verify_tree(&scrub->v);
	if (err == ERR_OK || err == ERR_CANCELED) {
		end_part(scrub, err == ERR_OK ? tree->size : claim(scrub, tree->reached));
	}
	return err;
}

static enum err scrub_objects(struct scrub *scrub) {
	const struct store_scrub_seen *seen = store_scrub_find(&scrub->state, STR(""));
	uint64_t first = seen == NULL ? 0 : MIN_OF(seen->next, (uint64_t)FOLDERS - 1);
	enum err err = ERR_OK;
	begin_part(scrub, STR(""), first, FOLDERS);
	verify_heads(&scrub->v);
	uint64_t folder = first;
	while (err == ERR_OK && folder < FOLDERS) {
		scrub->part.to = folder;
		err = verify_object_folder(&scrub->v, (unsigned)folder);
		folder += err == ERR_OK;
	}
	if (err == ERR_OK || err == ERR_CANCELED) {
		end_part(scrub, folder);
	}
	return err;
}

static enum err scrub_all(struct scrub *scrub) {
	for (size_t i = 0; i < scrub->v.trees_count; i++) {
		TRY(scrub_tree(scrub, &scrub->v.trees[i]));
	}
	return scrub_objects(scrub);
}

enum err store_scrub(const struct store_scrub_options *options, uint64_t *out_damages,
                     struct diag *diag) {
	struct scrub *scrub = calloc(1, sizeof(*scrub));
	ASSERT(scrub != NULL);
	scrub->options = options;
	scrub->piece_ns = options->piece_ns > 0 ? options->piece_ns : PIECE_NS;
	scrub->verify =
	    (struct store_verify_options){.damage = on_damage, .progress = on_progress, .ctx = scrub};
	enum err err = store_scrub_read(options->os, options->path, &scrub->state, diag);
	if (err == ERR_OK) {
		err = look(scrub, diag);
	}
	if (err == ERR_OK) {
		err = scrub_all(scrub);
	}
	*out_damages = scrub->damages_count;
	if (scrub->v.arena != NULL) {
		verify_close(&scrub->v);
	}
	buf_deinit(&scrub->damages);
	free(scrub);
	return err == ERR_CANCELED ? diag_set(diag, err, "the scrub was not finished") : err;
}
