/* The table of shapes: finding a line's, making new ones, what is known of each. The grouping is in
 * miner_merge.c.
 */
#include "query/miner.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/sha256.h"
#include "query/miner_shape.h"

#include <stdlib.h>

enum { EXAMPLE_MAX = 512, MERGE_FIRST = 8192 };

/* ---- the index ---- */

uint32_t shape_index_get(const struct shape_index *index, uint64_t hash) {
	if (index->mask == 0) {
		return SHAPE_NONE;
	}
	for (size_t i = hash & index->mask;; i = (i + 1) & index->mask) {
		if (index->slots[i].number == SHAPE_NONE || index->slots[i].hash == hash) {
			return index->slots[i].number;
		}
	}
}

static void index_grow(struct shape_index *index) {
	struct shape_index old = *index;
	size_t slots = old.mask == 0 ? 1024 : (old.mask + 1) * 2;
	index->slots = malloc(slots * sizeof(*index->slots));
	ASSERT(index->slots != NULL);
	memset(index->slots, 0xff, slots * sizeof(*index->slots));
	index->mask = slots - 1;
	index->count = 0;
	for (size_t i = 0; old.mask > 0 && i <= old.mask; i++) {
		if (old.slots[i].number != SHAPE_NONE) {
			shape_index_put(index, old.slots[i].hash, old.slots[i].number);
		}
	}
	free(old.slots);
}

void shape_index_put(struct shape_index *index, uint64_t hash, uint32_t number) {
	if (index->mask == 0 || index->count * 2 > index->mask) {
		index_grow(index);
	}
	size_t i = hash & index->mask;
	while (index->slots[i].number != SHAPE_NONE && index->slots[i].hash != hash) {
		i = (i + 1) & index->mask;
	}
	index->count += index->slots[i].number == SHAPE_NONE;
	index->slots[i].hash = hash;
	index->slots[i].number = number;
}

void shape_index_deinit(struct shape_index *index) {
	free(index->slots);
	*index = (struct shape_index){0};
}

/* ---- life ---- */

struct miner *miner_new(uint64_t seed) {
	struct miner *miner = calloc(1, sizeof(*miner));
	ASSERT(miner != NULL);
	miner->seed = seed;
	miner->merge_at = MERGE_FIRST;
	miner->tokens = arena_new(SIZE_MAX);
	miner->kept = arena_new(SIZE_MAX);
	miner->hosts = map_new();
	miner->templates = map_new();
	return miner;
}

static void facts_free(struct shape_facts *facts) {
	if (facts != NULL) {
		free(facts->hosts);
		free(facts);
	}
}

void miner_free(struct miner *miner) {
	if (miner == NULL) {
		return;
	}
	for (size_t i = 0; i < miner->shapes_count; i++) {
		facts_free(miner->shapes[i].facts);
	}
	free(miner->shapes);
	free(miner->heads);
	shape_index_deinit(&miner->by_hash);
	shape_index_deinit(&miner->heads_by_hash);
	arena_free(miner->tokens);
	arena_free(miner->kept);
	map_free(miner->hosts);
	map_free(miner->templates);
	free(miner->pattern_of);
	free(miner);
}

size_t miner_bytes(const struct miner *miner) {
	return miner->shapes_cap * sizeof(*miner->shapes) +
	       miner->live * (sizeof(struct shape_facts) + 64) +
	       (miner->by_hash.mask + miner->heads_by_hash.mask + 2) * sizeof(*miner->by_hash.slots) +
	       miner->heads_cap * sizeof(*miner->heads) + arena_used(miner->tokens) +
	       arena_used(miner->kept) + map_bytes(miner->hosts) + map_bytes(miner->templates);
}

/* ---- keys ---- */

struct miner_text miner_choose(struct str message, struct str provider, struct str code,
                               struct str whole, struct buf *scratch) {
	if (message.len > 0) {
		return (struct miner_text){.text = message};
	}
	if (provider.len == 0 || code.len == 0) {
		return (struct miner_text){.text = whole};
	}
	buf_clear(scratch);
	buf_append_str(scratch, provider);
	buf_append_char(scratch, ' ');
	buf_append_str(scratch, code);
	return (struct miner_text){.title = buf_str(scratch)};
}

void miner_read(uint64_t seed, const struct miner_text *text, struct miner_key *out_key) {
	struct miner_token tokens[MINER_TOKENS_MAX];
	size_t count = miner_scan(seed, text->title, text->text, tokens);
	out_key->hash = miner_sum(seed, tokens, count);
	out_key->mixed_count = 0;
	for (size_t i = 0; i < count && out_key->mixed_count < MINER_MIXED_MAX; i++) {
		if (tokens[i].kind == MINER_MIXED) {
			out_key->mixed[out_key->mixed_count].position = (uint32_t)i;
			out_key->mixed[out_key->mixed_count].letters = miner_letters(&tokens[i]);
			out_key->mixed[out_key->mixed_count++].change =
			    miner_part_as_word(&tokens[i], i) - miner_part(seed, &tokens[i], i);
		}
	}
}

static struct head_place *find_place(struct head *head, uint32_t position, bool add) {
	for (uint32_t i = 0; i < head->places_count; i++) {
		if (head->places[i].position == position) {
			return &head->places[i];
		}
	}
	if (!add || head->places_count == MINER_MIXED_MAX) {
		return NULL;
	}
	struct head_place *place = &head->places[head->places_count++];
	*place = (struct head_place){.position = position};
	return place;
}

/* A text that is new in this place. False: from now on the place varies. */
static bool add_text(struct head_place *place, uint64_t change, uint32_t letters) {
	bool numbered = false;
	for (uint32_t i = 0; i < place->texts; i++) {
		numbered = numbered || place->letters[i] == letters;
	}
	if (numbered || place->texts == HEAD_TEXTS) {
		place->texts = HEAD_TEXTS + 1;
		return false;
	}
	place->letters[place->texts] = letters;
	place->changes[place->texts++] = change;
	return true;
}

/* Whether the i-th mixed token of key is told apart by its text; add: a new text is taken in. */
static bool counts_as_word(struct head *head, const struct miner_key *key, uint32_t i, bool add) {
	struct head_place *place = find_place(head, key->mixed[i].position, add);
	if (place == NULL || place->texts > HEAD_TEXTS) {
		return false;
	}
	for (uint32_t j = 0; j < place->texts; j++) {
		if (place->changes[j] == key->mixed[i].change) {
			return true;
		}
	}
	return add && add_text(place, key->mixed[i].change, key->mixed[i].letters);
}

/* The number of the head of key; SHAPE_NONE without one. */
static uint32_t find_head(struct miner *miner, const struct miner_key *key, bool add) {
	if (key->mixed_count == 0) {
		return SHAPE_NONE;
	}
	uint32_t number = shape_index_get(&miner->heads_by_hash, key->hash);
	if (number != SHAPE_NONE || !add || miner->heads_count == LIMIT_MINER_KNOWN) {
		return number;
	}
	if (miner->heads_count == miner->heads_cap) {
		miner->heads_cap = miner->heads_cap * 2 + 64;
		miner->heads = reallocarray(miner->heads, miner->heads_cap, sizeof(*miner->heads));
		ASSERT(miner->heads != NULL);
	}
	number = (uint32_t)miner->heads_count++;
	miner->heads[number] = (struct head){0};
	shape_index_put(&miner->heads_by_hash, key->hash, number);
	return number;
}

/* The hash of the shape, with those mixed tokens as words that are told apart. */
static uint64_t shape_hash(struct miner *miner, const struct miner_key *key, uint32_t head,
                           bool add, uint32_t *out_words) {
	uint64_t hash = key->hash;
	*out_words = 0;
	for (uint32_t i = 0; i < key->mixed_count && head != SHAPE_NONE; i++) {
		if (counts_as_word(&miner->heads[head], key, i, add)) {
			hash += key->mixed[i].change;
			*out_words |= 1u << i;
		}
	}
	return hash;
}

/* ---- shapes ---- */

uint32_t shape_root(struct miner *miner, uint32_t number) {
	uint32_t root = number;
	while (miner->shapes[root].into != root) {
		root = miner->shapes[root].into;
	}
	while (miner->shapes[number].into != root) {
		uint32_t next = miner->shapes[number].into;
		miner->shapes[number].into = root;
		number = next;
	}
	return root;
}

static void add_host_bit(struct shape_facts *facts, uint64_t number) {
	uint32_t word = (uint32_t)(number / 64);
	if (word >= facts->host_words) {
		facts->hosts = reallocarray(facts->hosts, word + 1, sizeof(*facts->hosts));
		ASSERT(facts->hosts != NULL);
		memset(facts->hosts + facts->host_words, 0,
		       (word + 1 - facts->host_words) * sizeof(*facts->hosts));
		facts->host_words = word + 1;
	}
	facts->hosts[word] |= (uint64_t)1 << (number % 64);
}

static void add_raw(struct shape_facts *facts, uint64_t raw) {
	for (uint32_t i = 0; i < facts->raws_count; i++) {
		if (facts->raws[i] == raw) {
			return;
		}
	}
	if (facts->raws_count < SHAPE_RAWS) {
		facts->raws[facts->raws_count++] = raw;
	}
}

static void facts_join(struct shape_facts *a, const struct shape_facts *b) {
	a->count += b->count;
	a->first_ns = MIN_OF(a->first_ns, b->first_ns);
	a->last_ns = MAX_OF(a->last_ns, b->last_ns);
	for (uint32_t i = 0; i < b->host_words * 64; i++) {
		if ((b->hosts[i / 64] >> (i % 64) & 1) != 0) {
			add_host_bit(a, i);
		}
	}
	for (uint32_t i = 0; i < b->raws_count; i++) {
		add_raw(a, b->raws[i]);
	}
	if (b->order < a->order) {
		a->order = b->order;
		a->example = b->example;
	}
}

void shape_join(struct miner *miner, uint32_t number, uint32_t into) {
	struct shape *a = &miner->shapes[into];
	struct shape *b = &miner->shapes[number];
	ASSERT(number != into && a->facts != NULL && b->facts != NULL);
	facts_join(a->facts, b->facts);
	facts_free(TAKE(b->facts));
	b->tokens = NULL;
	b->count = 0;
	b->into = into;
	miner->live--;
}

/* A shape that merging made and that line has but for one word; SHAPE_NONE without one. */
static uint32_t absorbing(struct miner *miner, const struct miner_token *tokens, size_t count,
                          uint64_t hash) {
	uint64_t seed = miner->seed;
	for (size_t i = 0; i < count && miner->merged; i++) {
		if (tokens[i].kind == MINER_WORD) {
			struct miner_token value = miner_value(seed, tokens[i].space);
			uint64_t other = hash - miner_part(seed, &tokens[i], i) + miner_part(seed, &value, i);
			uint32_t number = shape_index_get(&miner->by_hash, other);
			if (number != SHAPE_NONE && miner->shapes[shape_root(miner, number)].varies) {
				return number;
			}
		}
	}
	return SHAPE_NONE;
}

/* Tokens as the shape has them: mixed ones that are not told apart become values. Their places do
 * not change. */
static size_t scan_shape(const struct miner *miner, const struct miner_key *key, uint32_t words,
                         const struct miner_text *text, struct miner_token *tokens) {
	size_t count = miner_scan(miner->seed, text->title, text->text, tokens);
	size_t seen = 0;
	for (size_t i = 0; i < count; i++) {
		if (tokens[i].kind == MINER_MIXED) {
			bool kept = seen < key->mixed_count && (words >> seen & 1) != 0;
			seen++;
			if (!kept) {
				miner_vary(miner->seed, &tokens[i]);
			}
		}
	}
	return count;
}

static struct miner_token *keep_tokens(struct arena *arena, const struct miner_token *tokens,
                                       size_t count) {
	struct miner_token *kept = ARENA_ARRAY(arena, count + 1, struct miner_token);
	size_t bytes = 0;
	for (size_t i = 0; i < count; i++) {
		bytes += tokens[i].len;
	}
	char *text = arena_alloc(arena, bytes + 1);
	for (size_t i = 0; i < count; i++) {
		kept[i] = tokens[i];
		kept[i].text = text;
		memcpy(text, tokens[i].text, tokens[i].len);
		text += tokens[i].len;
	}
	return kept;
}

static uint32_t new_shape(struct miner *miner, uint64_t hash) {
	if (miner->shapes_count == miner->shapes_cap) {
		miner->shapes_cap = miner->shapes_cap * 2 + 256;
		miner->shapes = reallocarray(miner->shapes, miner->shapes_cap, sizeof(*miner->shapes));
		ASSERT(miner->shapes != NULL);
	}
	uint32_t number = (uint32_t)miner->shapes_count++;
	struct shape *shape = &miner->shapes[number];
	*shape = (struct shape){.hash = hash, .into = number, .head = SHAPE_NONE};
	shape->facts = calloc(1, sizeof(*shape->facts));
	ASSERT(shape->facts != NULL);
	shape->facts->first_ns = INSTANT_MAX;
	shape->facts->last_ns = INSTANT_MIN;
	shape_index_put(&miner->by_hash, hash, number);
	miner->live++;
	return number;
}

/* Merging early makes room; behind it only what is live has tokens. */
static void make_room(struct miner *miner) {
	if (miner->live < miner->merge_at) {
		return;
	}
	struct arena *tokens = arena_new(SIZE_MAX);
	miner_merge(miner);
	for (size_t i = 0; i < miner->shapes_count; i++) {
		struct shape *shape = &miner->shapes[i];
		if (shape->facts != NULL) {
			shape->tokens = keep_tokens(tokens, shape->tokens, shape->count);
		}
	}
	arena_free(miner->tokens);
	miner->tokens = tokens;
	miner->merge_at = MAX_OF((size_t)MERGE_FIRST, miner->live * 2);
	if (miner->merge_at > LIMIT_MINER_SHAPES) {
		/* Once more at the limit; not again and again when that has brought little. */
		bool full = miner->live > LIMIT_MINER_SHAPES / 4 * 3;
		miner->merge_at = full ? SIZE_MAX : LIMIT_MINER_SHAPES;
	}
}

/* A shape for a line that has none; SHAPE_NONE when there is no room. */
static uint32_t make_shape(struct miner *miner, const struct miner_key *key, uint32_t head,
                           uint64_t hash, uint32_t words, const struct miner_line *line) {
	struct miner_token tokens[MINER_TOKENS_MAX];
	make_room(miner);
	size_t count = scan_shape(miner, key, words, &line->text, tokens);
	uint32_t number = absorbing(miner, tokens, count, hash);
	if (number != SHAPE_NONE) {
		return number;
	}
	if (miner->live >= LIMIT_MINER_SHAPES || miner->shapes_count >= LIMIT_MINER_KNOWN ||
	    arena_used(miner->tokens) + arena_used(miner->kept) >= LIMIT_MINER_BYTES) {
		return SHAPE_NONE;
	}
	number = new_shape(miner, hash);
	struct shape *shape = &miner->shapes[number];
	shape->head = words != 0 ? head : SHAPE_NONE;
	shape->tokens = keep_tokens(miner->tokens, tokens, count);
	shape->count = (uint16_t)count;
	shape->facts->order = miner->lines;
	shape->facts->example = arena_str(miner->kept, str_slice(line->example, 0, EXAMPLE_MAX));
	return number;
}

static void count_host(struct miner *miner, struct shape_facts *facts, struct str host) {
	uint64_t *number = map_find(miner->hosts, host);
	if (number == NULL) {
		size_t count = map_count(miner->hosts);
		if (count == LIMIT_MINER_HOSTS) {
			miner->hosts_full = true;
			return;
		}
		number = map_put(miner->hosts, host, count, NULL);
	}
	add_host_bit(facts, *number);
}

void miner_add(struct miner *miner, const struct miner_key *key, const struct miner_line *line) {
	uint32_t words;
	ASSERT(!miner->ended);
	miner->lines++;
	uint32_t head = find_head(miner, key, true);
	uint64_t hash = shape_hash(miner, key, head, true, &words);
	uint32_t number = shape_index_get(&miner->by_hash, hash);
	if (number == SHAPE_NONE) {
		number = make_shape(miner, key, head, hash, words, line);
	}
	if (number == SHAPE_NONE) {
		miner->left_out++;
		return;
	}
	struct shape_facts *facts = miner->shapes[shape_root(miner, number)].facts;
	facts->count++;
	if (line->time_ns != INSTANT_MIN) {
		facts->first_ns = MIN_OF(facts->first_ns, line->time_ns);
		facts->last_ns = MAX_OF(facts->last_ns, line->time_ns);
	}
	if (line->host.len > 0) {
		count_host(miner, facts, line->host);
	}
	if (facts->raws_count < SHAPE_RAWS) {
		add_raw(facts, hash64_seeded(line->text.text.ptr, line->text.text.len, miner->seed));
	}
}

/* ---- patterns ---- */

void shape_append_template(const struct miner_token *tokens, size_t count, struct buf *out) {
	for (size_t i = 0; i < count; i++) {
		if (tokens[i].space && i > 0) {
			buf_append_char(out, ' ');
		}
		if (tokens[i].kind == MINER_VALUE || tokens[i].kind == MINER_MIXED) {
			buf_append_str(out, STR("<*>"));
		} else {
			buf_append(out, tokens[i].text, tokens[i].len);
		}
	}
}

static void template_id(struct str text, char *out_id) {
	static const char digits[] = "0123456789abcdef";
	uint8_t digest[SHA256_SIZE];
	sha256(text.ptr, text.len, digest);
	for (size_t i = 0; i < 8; i++) {
		out_id[2 * i] = digits[digest[i] >> 4];
		out_id[2 * i + 1] = digits[digest[i] & 15];
	}
	out_id[16] = '\0';
}

void miner_alone(const struct miner_text *text, struct buf *out, char *out_id) {
	struct miner_token tokens[MINER_TOKENS_MAX];
	size_t first = out->len;
	size_t count = miner_scan(0, text->title, text->text, tokens);
	(void)buf_reserve(out, 1); /* an empty line has an empty template, and a place for it */
	shape_append_template(tokens, count, out);
	template_id(str_make(out->ptr + first, out->len - first), out_id);
}

static int by_order(const void *a, const void *b, void *ctx) {
	const struct miner *miner = ctx;
	uint64_t x = miner->shapes[*(const uint32_t *)a].facts->order;
	uint64_t y = miner->shapes[*(const uint32_t *)b].facts->order;
	return (x > y) - (x < y);
}

static void fill_pattern(const struct miner *miner, const struct shape *shape,
                         struct miner_pattern *pattern) {
	const struct shape_facts *facts = shape->facts;
	pattern->example = facts->example;
	pattern->count = facts->count;
	pattern->first_ns = facts->first_ns;
	pattern->last_ns = facts->last_ns;
	for (uint32_t i = 0; i < facts->host_words * 64; i++) {
		if ((facts->hosts[i / 64] >> (i % 64) & 1) != 0) {
			if (pattern->hosts++ < MINER_HOSTS_SHOWN) {
				pattern->host_examples[pattern->host_examples_count++] = map_key(miner->hosts, i);
			}
		}
	}
}

/* Live shapes with one template are one pattern: how many blanks stand where makes no other. */
static void join_templates(struct miner *miner, const uint32_t *live, size_t count) {
	CLEANUP(buf_deinit) struct buf text = {0};
	for (size_t i = 0; i < count; i++) {
		const struct shape *shape = &miner->shapes[live[i]];
		bool added;
		buf_clear(&text);
		shape_append_template(shape->tokens, shape->count, &text);
		uint64_t first = *map_put(miner->templates, buf_str(&text), live[i], &added);
		if (!added) {
			shape_join(miner, live[i], (uint32_t)first);
		}
	}
}

void miner_end(struct miner *miner) {
	ASSERT(!miner->ended);
	miner_merge(miner);
	uint32_t *live = calloc(miner->live + 1, sizeof(*live));
	miner->pattern_of = calloc(miner->shapes_count + 1, sizeof(*miner->pattern_of));
	ASSERT(live != NULL && miner->pattern_of != NULL);
	size_t count = 0;
	for (uint32_t i = 0; i < miner->shapes_count; i++) {
		if (miner->shapes[i].facts != NULL) {
			live[count++] = i;
		}
	}
	qsort_r(live, count, sizeof(*live), by_order, miner);
	join_templates(miner, live, count);
	miner->patterns_count = map_count(miner->templates);
	miner->patterns = ARENA_ARRAY(miner->kept, miner->patterns_count + 1, struct miner_pattern);
	for (size_t i = 0; i < miner->patterns_count; i++) {
		uint32_t number = (uint32_t)*map_value(miner->templates, i);
		struct miner_pattern *pattern = &miner->patterns[i];
		miner->pattern_of[number] = (uint32_t)i;
		pattern->text = map_key(miner->templates, i);
		template_id(pattern->text, pattern->id);
		fill_pattern(miner, &miner->shapes[number], pattern);
	}
	free(live);
	miner->ended = true;
}

size_t miner_count(const struct miner *miner) {
	return miner->patterns_count;
}

const struct miner_pattern *miner_get(const struct miner *miner, size_t i) {
	ASSERT(miner->ended && i < miner->patterns_count);
	return &miner->patterns[i];
}

/* The shape of a line with these of its mixed tokens as words. */
static uint32_t find_shape(struct miner *miner, const struct miner_key *key, uint32_t words,
                           const struct miner_text *text) {
	uint64_t hash = key->hash;
	for (uint32_t i = 0; i < key->mixed_count; i++) {
		hash += (words >> i & 1) != 0 ? key->mixed[i].change : 0;
	}
	uint32_t number = shape_index_get(&miner->by_hash, hash);
	if (number != SHAPE_NONE || !miner->merged) {
		return number;
	}
	struct miner_token tokens[MINER_TOKENS_MAX];
	size_t count = scan_shape(miner, key, words, text, tokens);
	return absorbing(miner, tokens, count, hash);
}

/* What of the mixed tokens counted as words when the line was added may have changed since (a place
 * has turned out to vary): then each way is tried, with most words first. */
const struct miner_pattern *miner_find(struct miner *miner, const struct miner_key *key,
                                       const struct miner_text *text) {
	uint32_t words;
	ASSERT(miner->ended);
	uint32_t head = find_head(miner, key, false);
	(void)shape_hash(miner, key, head, false, &words);
	uint32_t number = find_shape(miner, key, words, text);
	for (uint32_t way = 1u << key->mixed_count; way-- > 0 && number == SHAPE_NONE;) {
		number = find_shape(miner, key, way, text);
	}
	return number == SHAPE_NONE ? NULL
	                            : &miner->patterns[miner->pattern_of[shape_root(miner, number)]];
}

uint64_t miner_left_out(const struct miner *miner) {
	return miner->left_out;
}

bool miner_hosts_exact(const struct miner *miner) {
	return !miner->hosts_full;
}
