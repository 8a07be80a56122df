/* Every text goes in with its length, every list with its count: no two rules have one text. */
#include "sigma/digest.h"

#include "base/endian.h"

/* Raised when what compiled rules hold for changes, though they are compiled alike. */
enum { ENGINE = 1 };

static void add_number(struct sha256 *sha, uint64_t number) {
	uint8_t bytes[8];
	le64_store(bytes, number);
	sha256_update(sha, bytes, sizeof(bytes));
}

static void add_text(struct sha256 *sha, struct str text) {
	add_number(sha, text.len);
	sha256_update(sha, text.ptr, text.len);
}

static void add_texts(struct sha256 *sha, const struct texts *texts) {
	add_number(sha, texts->count);
	for (uint32_t i = 0; i < texts->count; i++) {
		add_text(sha, texts->items[i]);
	}
}

static void add_double(struct sha256 *sha, double value) {
	uint64_t bits;
	_Static_assert(sizeof(bits) == sizeof(value), "a double has 8 bytes");
	memcpy(&bits, &value, sizeof(bits));
	add_number(sha, bits);
}

static void add_meta(struct sha256 *sha, const struct sigma_meta *meta) {
	add_number(sha, ENGINE);
	add_text(sha, meta->title);
	add_text(sha, meta->id);
	add_text(sha, meta->name);
	add_number(sha, meta->level);
	add_number(sha, meta->sign);
	add_texts(sha, &meta->tags);
}

/* atoms: of the set; NULL: the program is about numbers. */
static void add_program(struct sha256 *sha, const struct program *program,
                        const struct atom *atoms) {
	struct buf key = {0};
	add_number(sha, program->count);
	for (uint32_t i = 0; i < program->count; i++) {
		const struct program_op *op = &program->ops[i];
		add_number(sha, op->kind);
		add_number(sha, op->end);
		if (op->kind != PROGRAM_ATOM) {
			continue;
		}
		buf_clear(&key);
		if (atoms != NULL) {
			atom_append_key(&key, &atoms[op->atom]);
		} else {
			buf_append_u64(&key, op->atom);
		}
		add_text(sha, buf_str(&key));
	}
	buf_deinit(&key);
}

static void digest_rule(const struct sigma_set *set, const struct sigma_rule *r,
                        struct sigma_digest *out_digest) {
	struct sha256 sha;
	sha256_init(&sha);
	add_text(&sha, STR("rule"));
	add_meta(&sha, &r->meta);
	add_text(&sha, r->source.category);
	add_text(&sha, r->source.product);
	add_text(&sha, r->source.service);
	add_number(&sha, r->mapped);
	add_number(&sha, r->alerts);
	add_program(&sha, &r->program, set->atoms);
	add_number(&sha, r->renames_count);
	for (uint32_t i = 0; i < r->renames_count; i++) {
		add_text(&sha, r->renames[i].from);
		add_texts(&sha, &r->renames[i].to);
	}
	sha256_digest(&sha, out_digest->bytes);
}

static void add_condition(struct sha256 *sha, const struct sigma_correlation *c) {
	add_number(sha, c->type);
	add_texts(sha, &c->group_by);
	add_number(sha, (uint64_t)c->timespan_ns);
	add_number(sha, c->bounds_count);
	for (uint32_t i = 0; i < c->bounds_count; i++) {
		add_number(sha, c->bounds[i].compare);
		add_double(sha, c->bounds[i].value);
	}
	add_program(sha, &c->program, NULL);
	add_texts(sha, &c->fields);
	add_double(sha, c->percentile);
	add_number(sha, c->aliases_count);
	for (uint32_t i = 0; i < c->aliases_count; i++) {
		add_text(sha, c->aliases[i].alias);
		add_text(sha, c->aliases[i].field);
		add_number(sha, c->aliases[i].ref);
	}
}

/* By itself: of correlations that it is about, only that they are. */
static bool add_correlation(struct sha256 *sha, const struct sigma_set *set,
                            const struct sigma_correlation *c, const struct sigma_digest *rules) {
	bool over_others = false;
	add_text(sha, STR("correlation"));
	add_meta(sha, &c->meta);
	add_number(sha, c->alerts);
	add_number(sha, c->sound);
	add_condition(sha, c);
	add_number(sha, c->refs_count);
	for (uint32_t i = 0; c->sound && i < c->refs_count; i++) {
		uint32_t index = c->refs[i].index;
		over_others = over_others || c->refs[i].to_correlation;
		add_text(sha, c->refs[i].name);
		if (!c->refs[i].to_correlation) {
			ASSERT(index < set->rules_count);
			sha256_update(sha, rules[index].bytes, sizeof(rules[index].bytes));
		}
	}
	return over_others;
}

/* Correlations over correlations change with all others: chains need not be walked, which may be
 * long, and whose ends many may share. */
static void digest_correlations(const struct sigma_set *set, struct sigma_digest *digests) {
	struct sigma_digest *own = digests + set->rules_count;
	struct sha256 all;
	sha256_init(&all);
	for (uint32_t i = 0; i < set->correlations_count; i++) {
		struct sha256 sha;
		sha256_init(&sha);
		(void)add_correlation(&sha, set, &set->correlations[i], digests);
		sha256_digest(&sha, own[i].bytes);
		sha256_update(&all, own[i].bytes, sizeof(own[i].bytes));
	}
	struct sigma_digest sum;
	sha256_digest(&all, sum.bytes);
	for (uint32_t i = 0; i < set->correlations_count; i++) {
		struct sha256 sha;
		sha256_init(&sha);
		if (add_correlation(&sha, set, &set->correlations[i], digests)) {
			sha256_update(&sha, sum.bytes, sizeof(sum.bytes));
			sha256_digest(&sha, own[i].bytes);
		}
	}
}

struct sigma_digest *sigma_digests(const struct sigma_set *set, struct arena *arena) {
	struct sigma_digest *digests = ARENA_ARRAY(
	    arena, (size_t)set->rules_count + set->correlations_count + 1, struct sigma_digest);
	for (uint32_t i = 0; i < set->rules_count; i++) {
		digest_rule(set, &set->rules[i], &digests[i]);
	}
	digest_correlations(set, digests);
	return digests;
}
