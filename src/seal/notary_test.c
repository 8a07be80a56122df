/* The notary: whatever its writers say, and wherever it is stopped, no two of its notes contradict
 * each other. AKASHI_SCHEDULES=1000000 plays so many schedules; others with
 * another AKASHI_SEED. */
#include "seal/notary.h"

#include "base/macros.h"
#include "os/os_memory.h"
#include "os/os_record.h"
#include "seal/memo_signatures.h" /* IWYU pragma: keep */
#include "seal/tree.h"
#include "tap.h"

enum { HISTORY_MAX = 160, SIGNED_MAX = 256 };

#define ORIGIN "log.example/notary"

/* Leaves as a writer sees them. */
struct history {
	uint64_t size;
	uint8_t leaves[HISTORY_MAX][SHA256_SIZE];
};

static void add_leaf(struct history *history, uint64_t what) {
	uint8_t bytes[16];
	memcpy(bytes, &history->size, 8);
	memcpy(bytes + 8, &what, 8);
	sha256(bytes, sizeof(bytes), history->leaves[history->size++]);
}

/* A tree_node_f over a history. */
static enum err node_of(void *ctx, uint64_t start, unsigned height, uint8_t out_hash[SHA256_SIZE]) {
	const struct history *history = ctx;
	struct tree tree;
	tree_init(&tree);
	for (uint64_t i = start; i < start + ((uint64_t)1 << height); i++) {
		tree_append(&tree, history->leaves[i]);
	}
	tree_root(&tree, out_hash);
	tree_deinit(&tree);
	return ERR_OK;
}

static void root_of(const struct history *history, uint64_t size, uint8_t out_root[SHA256_SIZE]) {
	struct tree tree;
	tree_init(&tree);
	for (uint64_t i = 0; i < size; i++) {
		tree_append(&tree, history->leaves[i]);
	}
	tree_root(&tree, out_root);
	tree_deinit(&tree);
}

struct world {
	struct os_memory *memory;
	struct notary_options options;
	struct notary *notary;
	struct notary *other; /* a second one of the same log, which must not be, but could */
	struct diag diag;
	/* All that ever left the notary. */
	struct {
		uint64_t size;
		uint8_t root[SHA256_SIZE];
	} notes[SIGNED_MAX];
	size_t count;
	struct history truth; /* of the last of them */
};

static void world_init(struct world *world) {
	memset(world, 0, sizeof(*world));
	world->memory = os_memory_new(7);
	const struct os *os = os_memory_os(world->memory);
	REQUIRE(os->make_folder(os->ctx, "/keys") == ERR_OK);
	REQUIRE(os->sync_folder(os->ctx, "/") == ERR_OK);
	REQUIRE(signer_create(os, "/keys", STR(ORIGIN), &world->diag) == ERR_OK);
	world->options = (struct notary_options){.os = os,
	                                         .keys = "/keys",
	                                         .key_folder = "/keys/log",
	                                         .key_name = STR(ORIGIN),
	                                         .origin = STR(ORIGIN),
	                                         .fresh = true,
	                                         .plan = {.seals = 3, .count = 12}};
}

static void world_deinit(struct world *world) {
	notary_free(world->notary);
	notary_free(world->other);
	os_memory_free(world->memory);
}

static enum err open_one(struct world *world, struct notary **out_notary) {
	world->options.os = os_memory_os(world->memory);
	notary_free(TAKE(*out_notary));
	return notary_open(&world->options, out_notary, &world->diag);
}

static enum err open_notary(struct world *world) {
	return open_one(world, &world->notary);
}

/* Asks for the history's root as seal number `seal`; what is signed is kept. */
static enum err ask(struct world *world, struct notary *notary, const struct history *history,
                    uint64_t seal) {
	struct buf proof CLEANUP(buf_deinit) = {0};
	struct buf note CLEANUP(buf_deinit) = {0};
	uint8_t root[SHA256_SIZE];
	const struct notary_state *last = notary_last(notary);
	if (last->known && last->size > 0 && last->size < history->size) {
		struct history copy = *history;
		ASSERT(tree_consistency(last->size, history->size, node_of, &copy, &proof) == ERR_OK);
	}
	root_of(history, history->size, root);
	world->diag = (struct diag){0};
	enum err err =
	    notary_seal(notary, seal, history->size, root, buf_str(&proof), &note, &world->diag);
	if (err == ERR_OK) {
		struct verifier verifier = notary_verifier(notary);
		struct checkpoint checkpoint;
		ASSERT(checkpoint_open(buf_str(&note), &verifier, &checkpoint, NULL) == ERR_OK);
		ASSERT(checkpoint.size == history->size && world->count < SIGNED_MAX);
		world->notes[world->count].size = checkpoint.size;
		memcpy(world->notes[world->count++].root, checkpoint.root, SHA256_SIZE);
		world->truth = *history;
	}
	CHECK(err == ERR_OK || note.len == 0);
	return err;
}

/* Everything signed is a prefix of the last. */
static bool all_agree(const struct world *world) {
	for (size_t i = 0; i < world->count; i++) {
		uint8_t root[SHA256_SIZE];
		if (world->notes[i].size > world->truth.size) {
			return false;
		}
		root_of(&world->truth, world->notes[i].size, root);
		if (memcmp(root, world->notes[i].root, SHA256_SIZE) != 0) {
			return false;
		}
	}
	return true;
}

TEST(it_signs_what_goes_on_and_refuses_what_does_not) {
	struct world world CLEANUP(world_deinit);
	struct history history = {0};
	struct history fork;
	world_init(&world);
	REQUIRE(open_notary(&world) == ERR_OK);
	for (uint64_t i = 0; i < 5; i++) {
		add_leaf(&history, i);
	}
	CHECK(ask(&world, world.notary, &history, 1) == ERR_CORRUPT); /* not the first number */
	CHECK(ask(&world, world.notary, &history, 0) == ERR_OK);
	CHECK(ask(&world, world.notary, &history, 0) == ERR_OK); /* the same again */
	fork = history;
	fork.size--;
	CHECK(ask(&world, world.notary, &fork, 1) == ERR_CORRUPT); /* fewer */
	add_leaf(&fork, 99);
	CHECK(ask(&world, world.notary, &fork, 1) == ERR_CORRUPT); /* others, as many */
	add_leaf(&fork, 100);
	CHECK(ask(&world, world.notary, &fork, 1) == ERR_CORRUPT); /* others, more */
	CHECK(ask(&world, world.notary, &fork, 0) == ERR_CORRUPT);
	for (uint64_t i = 0; i < 30; i++) {
		add_leaf(&history, i);
		CHECK(ask(&world, world.notary, &history, 1 + i) == ERR_OK);
	}
	CHECK(ask(&world, world.notary, &history, 29) == ERR_CORRUPT); /* a number of before */
	CHECK(ask(&world, world.notary, &history, 33) == ERR_CORRUPT); /* one left out */
	CHECK(all_agree(&world));
	CHECK_EQ(world.count, 32);
}

TEST(what_it_has_signed_outlives_it_and_is_never_guessed) {
	struct world world CLEANUP(world_deinit);
	struct history history = {0};
	world_init(&world);
	REQUIRE(open_notary(&world) == ERR_OK);
	add_leaf(&history, 1);
	CHECK(ask(&world, world.notary, &history, 0) == ERR_OK);
	world.options.fresh = false;
	REQUIRE(open_notary(&world) == ERR_OK);
	CHECK_EQ(notary_last(world.notary)->size, 1);
	struct history other = {0};
	add_leaf(&other, 2);
	CHECK(ask(&world, world.notary, &other, 1) == ERR_CORRUPT);
	const struct os *os = os_memory_os(world.memory);
	REQUIRE(os->unlink(os->ctx, "/keys/log/signed") == ERR_OK);
	CHECK(ask(&world, world.notary, &history, 1) == ERR_CORRUPT);
	CHECK(open_notary(&world) == ERR_CORRUPT);
}

TEST(the_file_of_what_was_signed_has_one_form) {
	struct notary_state state = {.known = true, .seal = 7, .size = 4711};
	struct notary_state again;
	struct buf text CLEANUP(buf_deinit) = {0};
	memset(state.root, 0x5a, sizeof(state.root));
	notary_state_format(&state, STR(ORIGIN), &text);
	REQUIRE(notary_state_parse(buf_str(&text), STR(ORIGIN), &again) == ERR_OK);
	CHECK(again.known && again.seal == state.seal && again.size == state.size &&
	      memcmp(state.root, again.root, sizeof(state.root)) == 0);
	CHECK(notary_state_parse(buf_str(&text), STR("another"), &again) == ERR_CORRUPT);
	for (size_t bit = 0; bit < text.len * 8; bit++) {
		text.ptr[bit / 8] = (char)(text.ptr[bit / 8] ^ (1 << bit % 8));
		CHECK(notary_state_parse(buf_str(&text), STR(ORIGIN), &again) == ERR_CORRUPT);
		text.ptr[bit / 8] = (char)(text.ptr[bit / 8] ^ (1 << bit % 8));
	}
	for (size_t len = 0; len < text.len; len++) {
		CHECK(notary_state_parse(str_make(text.ptr, len), STR(ORIGIN), &again) == ERR_CORRUPT);
	}
}

/* ---- schedules ---- */

struct stopping {
	struct os_memory *memory, *after;
	uint64_t at, calls, seed;
};

static void stop_there(void *ctx, const struct os_call *call) {
	struct stopping *stopping = ctx;
	if ((OS_CALL_BIT(call->kind) & OS_CALLS_CHANGING) != 0 && ++stopping->calls == stopping->at) {
		stopping->after = os_memory_crash(
		    stopping->memory, stopping->seed % 3 == 0 ? OS_CRASH_FORGET : OS_CRASH_SEEDED,
		    stopping->seed);
	}
}

/* A request during which the machine may stop; then the answer was seen by nobody. */
static void ask_and_stop(struct world *world, const struct history *history, uint64_t seal) {
	struct stopping stopping = {
	    .memory = world->memory, .at = 1 + tap_random() % 14, .seed = tap_random()};
	struct os_record *record CLEANUP(os_record_freep) =
	    os_record_new(os_memory_os(world->memory), stop_there, &stopping);
	struct notary_options options = world->options;
	struct notary *notary CLEANUP(notary_freep) = NULL;
	options.os = os_record_os(record);
	size_t before = world->count;
	struct history truth = world->truth;
	if (notary_open(&options, &notary, &world->diag) == ERR_OK) {
		enum err err = ask(world, notary, history, seal);
		(void)err; /* refused or not: what counts is what was signed */
	}
	if (stopping.after != NULL) {
		world->count = before;
		world->truth = truth;
		notary_free(TAKE(world->notary));
		notary_free(TAKE(world->other));
		os_memory_free(world->memory);
		world->memory = stopping.after;
		world->options.os = os_memory_os(world->memory);
	}
}

/* Two writers, each with its own idea of the log, one of them put back to an older state now and
 * then. */
static bool play(struct world *world, uint64_t steps) {
	struct history writers[2] = {{0}, {0}};
	struct history saved = {0};
	for (uint64_t step = 0; step < steps; step++) {
		struct history *writer = &writers[tap_random() % 2];
		struct notary **notary = tap_random() % 2 == 0 ? &world->notary : &world->other;
		uint64_t what = tap_random() % 6;
		if (what == 0) {
			saved = *writer;
		} else if (what == 1) {
			*writer = saved; /* restored */
		} else if (what == 2) {
			*writer = world->truth; /* told what is there */
		}
		uint64_t more = tap_random() % 4;
		while (more-- > 0 && writer->size < HISTORY_MAX) {
			add_leaf(writer, tap_random() % 3);
		}
		const struct notary_state *last = *notary == NULL ? NULL : notary_last(*notary);
		uint64_t seal = last == NULL || !last->known ? 0 : last->seal + tap_random() % 2;
		if (writer->size == 0) {
			continue;
		}
		if (tap_random() % 3 == 0) {
			ask_and_stop(world, writer, seal);
		} else if (*notary != NULL || open_one(world, notary) == ERR_OK) {
			enum err err = ask(world, *notary, writer, seal);
			(void)err; /* as above */
		}
		if (!all_agree(world)) {
			return false;
		}
	}
	return true;
}

TEST(no_schedule_makes_it_sign_two_histories) {
	const char *wanted = getenv("AKASHI_SCHEDULES");
	uint64_t schedules = wanted == NULL ? 150 : strtoull(wanted, NULL, 10);
	uint64_t notes = 0;
	uint64_t wrong = 0;
	for (uint64_t i = 0; i < schedules; i++) {
		struct world world CLEANUP(world_deinit);
		world_init(&world);
		world.options.plan.count = 5; /* 12 seals need no more; each costs a key */
		wrong += !play(&world, 12);
		notes += world.count;
	}
	printf("# %llu schedules, %llu notes, %llu with contradictions\n",
	       (unsigned long long)schedules, (unsigned long long)notes, (unsigned long long)wrong);
	CHECK_EQ(wrong, 0);
	CHECK(notes > schedules);
}
