/* A proof that C writes is checked by the script, which shares no code with it; and no byte of the
 * folder can change without the script saying so.
 */
#include "seal/proof.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "seal/checkpoint.h"
#include "seal/tree.h"
#include "tap.h"

enum { LEAVES = 7 };

struct house {
	char folder[64];
	struct signer *signer;
	uint8_t hashes[LEAVES][SHA256_SIZE];
	struct proof_parts parts;
	uint64_t size;
	struct buf path, note, vkey;
	struct buf way, old_note; /* of house_consistency */
};

static enum err house_node(void *ctx, uint64_t start, unsigned height,
                           uint8_t out_hash[SHA256_SIZE]) {
	const struct house *house = ctx;
	struct tree tree CLEANUP(tree_deinit);
	tree_init(&tree);
	for (uint64_t i = start; i < start + ((uint64_t)1 << height); i++) {
		tree_append(&tree, house->hashes[i]);
	}
	tree_root(&tree, out_hash);
	return ERR_OK;
}

/* A log of size records, of which record index is proved. */
static void house_init(struct house *house, uint64_t index, uint64_t size, struct str body) {
	struct verifier verifier;
	struct leaf leaf = {.type = 1,
	                    .received_ns = (int64_t)1795305600 * 1000000000,
	                    .connection = LEAF_NO_CONNECTION,
	                    .body_len = body.len};
	uint8_t root[SHA256_SIZE];
	*house = (struct house){.folder = "/tmp/akashi-proof-XXXXXX"};
	ASSERT(mkdtemp(house->folder) != NULL);
	ASSERT(signer_create(os_real(), house->folder, STR("akashi/test"), NULL) == ERR_OK);
	ASSERT(signer_open(os_real(), house->folder, &house->signer, NULL) == ERR_OK);
	for (uint64_t i = 0; i < size; i++) {
		sha256(&i, sizeof(i), house->hashes[i]);
	}
	memset(house->parts.salt, 0xa5, SALT_SIZE);
	leaf_commit(house->parts.salt, body.ptr, body.len, leaf.commit);
	leaf_encode(&leaf, house->parts.entry);
	leaf_hash(house->parts.entry, house->hashes[index]);
	struct tree tree CLEANUP(tree_deinit);
	tree_init(&tree);
	ASSERT(tree_restore(&tree, size, house_node, house) == ERR_OK);
	tree_root(&tree, root);
	ASSERT(tree_inclusion(index, size, house_node, house, &house->path) == ERR_OK);
	checkpoint_sign(house->signer, size, root, &house->note);
	verifier = signer_verifier(house->signer);
	verifier_format(&verifier, &house->vkey);
	house->size = size;
	house->parts.index = index;
	house->parts.body = body;
	house->parts.path = buf_str(&house->path);
	house->parts.note = buf_str(&house->note);
	house->parts.vkey = buf_str(&house->vkey);
}

/* What proves that the log goes on from its first old_size records. */
static struct proof_consistency house_consistency(struct house *house, uint64_t old_size) {
	uint8_t root[SHA256_SIZE];
	struct tree tree CLEANUP(tree_deinit);
	tree_init(&tree);
	ASSERT(tree_restore(&tree, old_size, house_node, house) == ERR_OK);
	tree_root(&tree, root);
	checkpoint_sign(house->signer, old_size, root, &house->old_note);
	ASSERT(tree_consistency(old_size, house->size, house_node, house, &house->way) == ERR_OK);
	return (struct proof_consistency){.old_size = old_size,
	                                  .path = buf_str(&house->way),
	                                  .old_note = buf_str(&house->old_note),
	                                  .note = buf_str(&house->note),
	                                  .vkey = buf_str(&house->vkey)};
}

static void house_deinit(struct house *house) {
	static const char *const names[] = {"consistency",   "checkpoint.old", "record.body",
	                                    "record.header", "record.salt",    "proof",
	                                    "checkpoint",    "log.vkey",       "verify-proof.sh",
	                                    "identity.key",  "identity.vkey",  "verify-proof.py"};
	char path[128];
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", house->folder, names[i]);
		unlink(path);
	}
	rmdir(house->folder);
	signer_free(house->signer);
	buf_deinit(&house->path);
	buf_deinit(&house->note);
	buf_deinit(&house->vkey);
	buf_deinit(&house->way);
	buf_deinit(&house->old_note);
}

/* Runs a script that lies in the folder. */
static bool one_says_yes(const struct house *house, const char *script, const char *trust) {
	char command[512];
	snprintf(command, sizeof(command), "%s %s/verify-proof.%s %s %s > %s.out 2>&1",
	         strcmp(script, "sh") == 0 ? "sh" : "python3", house->folder, script, house->folder,
	         trust, house->folder);
	int status = system(command);
	snprintf(command, sizeof(command), "%s.out", house->folder);
	struct buf out CLEANUP(buf_deinit) = {0};
	enum err err = os_read_file(os_real(), command, 1 << 16, &out);
	unlink(command);
	bool proved = err == ERR_OK && str_starts(buf_str(&out), STR("PROVED: "));
	CHECK(proved == (status == 0));
	CHECK(proved || str_starts(buf_str(&out), STR("NOT PROVED: ")) || status != 0);
	return proved;
}

/* Both scripts, which share no line: they must be of one mind. */
static bool script_says_yes(const struct house *house, const char *trust) {
	bool proved = one_says_yes(house, "sh", trust);
	CHECK_EQ(one_says_yes(house, "py", trust), proved);
	return proved;
}

TEST(the_script_proves_what_c_wrote_for_every_index_and_size) {
	for (uint64_t size = 1; size <= LEAVES; size++) {
		for (uint64_t index = 0; index < size; index += 1 + size / 4) {
			struct house house CLEANUP(house_deinit);
			house_init(&house, index, size, STR("Nov 22 03:14:15 web sshd[42]: Failed\r"));
			CHECK_EQ(proof_write_files(os_real(), house.folder, &house.parts, NULL), ERR_OK);
			CHECK(script_says_yes(&house, ""));
		}
	}
}

TEST(bodies_of_no_bytes_and_of_all_bytes_are_proved) {
	char all[256];
	for (size_t i = 0; i < sizeof(all); i++) {
		all[i] = (char)i;
	}
	struct str bodies[] = {STR(""), str_make(all, sizeof(all))};
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		struct house house CLEANUP(house_deinit);
		house_init(&house, 1, 3, bodies[i]);
		CHECK_EQ(proof_write_files(os_real(), house.folder, &house.parts, NULL), ERR_OK);
		CHECK(script_says_yes(&house, ""));
	}
}

TEST(the_script_takes_a_key_from_outside) {
	struct house house CLEANUP(house_deinit);
	struct house other CLEANUP(house_deinit);
	char path[128];
	house_init(&house, 2, 5, STR("body"));
	house_init(&other, 2, 5, STR("body"));
	CHECK_EQ(proof_write_files(os_real(), house.folder, &house.parts, NULL), ERR_OK);
	snprintf(path, sizeof(path), "%s/identity.vkey", house.folder);
	CHECK(script_says_yes(&house, path));
	snprintf(path, sizeof(path), "%s/identity.vkey", other.folder);
	CHECK(!script_says_yes(&house, path));
}

static void write_file(const char *path, struct str bytes) {
	FILE *f = fopen(path, "wb");
	ASSERT(f != NULL);
	ASSERT(fwrite(bytes.ptr, 1, bytes.len, f) == bytes.len);
	ASSERT(fclose(f) == 0);
}

/* Every byte with AKASHI_LONG set, else every step-th, beginning anywhere. */
static void check_bytes(const struct house *house, const char *name, size_t step) {
	char path[128];
	struct buf bytes CLEANUP(buf_deinit) = {0};
	snprintf(path, sizeof(path), "%s/%s", house->folder, name);
	REQUIRE(os_read_file(os_real(), path, 1 << 16, &bytes) == ERR_OK);
	step = getenv("AKASHI_LONG") != NULL ? 1 : step;
	for (size_t i = tap_random() % step; i < bytes.len; i += step) {
		char flip = (char)(1 << (tap_random() % 8));
		bytes.ptr[i] = (char)(bytes.ptr[i] ^ flip);
		write_file(path, buf_str(&bytes));
		if (!CHECK(!script_says_yes(house, ""))) {
			printf("# %s byte %zu flip %d\n", name, i, flip);
		}
		bytes.ptr[i] = (char)(bytes.ptr[i] ^ flip);
	}
	write_file(path, str_slice(buf_str(&bytes), 0, bytes.len - 1));
	CHECK(!script_says_yes(house, ""));
	buf_append_char(&bytes, '\n');
	write_file(path, buf_str(&bytes));
	CHECK(!script_says_yes(house, "") || strncmp(name, "checkpoint", 10) == 0);
	bytes.len--;
	write_file(path, buf_str(&bytes));
}

TEST(no_byte_of_the_folder_can_change_unseen) {
	struct house house CLEANUP(house_deinit);
	house_init(&house, 2, 5, STR("Failed password for root\r"));
	REQUIRE(proof_write_files(os_real(), house.folder, &house.parts, NULL) == ERR_OK);
	REQUIRE(script_says_yes(&house, ""));
	check_bytes(&house, "record.body", 7);
	check_bytes(&house, "record.header", 17);
	check_bytes(&house, "record.salt", 7);
	check_bytes(&house, "proof", 41);
	check_bytes(&house, "checkpoint", 23);
	check_bytes(&house, "log.vkey", 11);
	CHECK(script_says_yes(&house, ""));
}

TEST(the_scripts_prove_that_a_log_goes_on_from_every_older_size) {
	for (uint64_t size = 1; size <= LEAVES; size++) {
		for (uint64_t old_size = 1; old_size <= size; old_size++) {
			struct house house CLEANUP(house_deinit);
			house_init(&house, 0, size, STR("x"));
			struct proof_consistency parts = house_consistency(&house, old_size);
			CHECK_EQ(proof_consistency_write_files(os_real(), house.folder, &parts, NULL), ERR_OK);
			CHECK(script_says_yes(&house, ""));
		}
	}
}

/* Signed both, but the second does not hold the first's records: what a forger with the key, or a
 * store that lost its end, has to show. */
TEST(two_signed_checkpoints_of_different_histories_are_refused) {
	for (uint64_t old_size = 1; old_size <= 6; old_size++) {
		struct house house CLEANUP(house_deinit);
		house_init(&house, 0, 6, STR("x"));
		house.hashes[old_size - 1][0] ^= 1; /* the old one saw another record */
		struct proof_consistency parts = house_consistency(&house, old_size);
		CHECK_EQ(proof_consistency_write_files(os_real(), house.folder, &parts, NULL), ERR_OK);
		CHECK(!script_says_yes(&house, ""));
	}
}

TEST(no_byte_of_a_proof_of_consistency_can_change_unseen) {
	struct house house CLEANUP(house_deinit);
	house_init(&house, 0, 7, STR("x"));
	struct proof_consistency parts = house_consistency(&house, 3);
	REQUIRE(proof_consistency_write_files(os_real(), house.folder, &parts, NULL) == ERR_OK);
	REQUIRE(script_says_yes(&house, ""));
	check_bytes(&house, "consistency", 31);
	check_bytes(&house, "checkpoint.old", 23);
	check_bytes(&house, "checkpoint", 23);
	check_bytes(&house, "log.vkey", 11);
	CHECK(script_says_yes(&house, ""));
}

/* Notes that one reader takes and another does not would be two truths. */
TEST(signature_lines_that_are_none_are_refused_and_those_of_others_are_not) {
	static const struct {
		const char *line; /* behind the log's own, and before it */
		bool good;
	} cases[] = {
	    {"\xe2\x80\x94 witness AAAAAAAAAAAA", true},
	    {"\xe2\x80\x94 witness AAAAAA==", false},
	    {"\xe2\x80\x94 witness AAAAAAAAAAAA=", false},
	    {"\xe2\x80\x94 witness AAAAAAAAAAB=", false},
	    {"\xe2\x80\x94 foo A", false},
	    {"\xe2\x80\x94 fo\xe3\x80\x80o AAAAAAAAAAAA", false},
	    {"\xe2\x80\x94 fo\xff AAAAAAAAAAAA", false},
	    {"no line of a signature", false},
	};
	struct house house CLEANUP(house_deinit);
	char path[128];
	house_init(&house, 0, 7, STR("x"));
	struct proof_consistency parts = house_consistency(&house, 3);
	REQUIRE(proof_consistency_write_files(os_real(), house.folder, &parts, NULL) == ERR_OK);
	snprintf(path, sizeof(path), "%s/checkpoint.old", house.folder);
	size_t own = str_find(parts.old_note, STR("\n\n"), 0) + 2;
	struct str text = str_slice(parts.old_note, 0, own);
	struct str line = str_slice(parts.old_note, own, parts.old_note.len);
	for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
		struct buf note CLEANUP(buf_deinit) = {0};
		buf_append_str(&note, text);
		buf_append_str(&note, i % 2 == 0 ? line : STR(""));
		buf_printf(&note, "%s\n", cases[i / 2].line);
		buf_append_str(&note, i % 2 == 0 ? STR("") : line);
		write_file(path, buf_str(&note));
		if (!CHECK_EQ(script_says_yes(&house, ""), cases[i / 2].good)) {
			printf("# case %zu\n", i);
		}
	}
	/* Its own twice; then the second one wrong. */
	struct buf note CLEANUP(buf_deinit) = {0};
	buf_append_str(&note, parts.old_note);
	buf_append_str(&note, line);
	write_file(path, buf_str(&note));
	CHECK(script_says_yes(&house, ""));
	char *last = note.ptr + note.len - 8;
	*last = *last == 'A' ? 'B' : 'A';
	write_file(path, buf_str(&note));
	CHECK(!script_says_yes(&house, ""));
}

TEST(the_lines_of_a_path_are_neither_split_nor_expanded) {
	struct house house CLEANUP(house_deinit);
	char path[128];
	house_init(&house, 0, 7, STR("x"));
	struct proof_consistency parts = house_consistency(&house, 3);
	REQUIRE(proof_consistency_write_files(os_real(), house.folder, &parts, NULL) == ERR_OK);
	snprintf(path, sizeof(path), "%s/consistency", house.folder);
	struct buf bytes CLEANUP(buf_deinit) = {0};
	REQUIRE(os_read_file(os_real(), path, 1 << 16, &bytes) == ERR_OK);
	size_t first = str_find(buf_str(&bytes), STR("=\n"), 0) + 1; /* the end of the first hash */
	bytes.ptr[first] = ' ';
	write_file(path, buf_str(&bytes));
	CHECK(!script_says_yes(&house, ""));
	bytes.ptr[first] = '\t';
	write_file(path, buf_str(&bytes));
	CHECK(!script_says_yes(&house, ""));
}

TEST(a_checkpoint_that_was_kept_is_not_replaced) {
	struct house house CLEANUP(house_deinit);
	struct diag diag = {0};
	char path[128];
	house_init(&house, 0, 2, STR("x"));
	snprintf(path, sizeof(path), "%s/checkpoint", house.folder);
	write_file(path, STR("kept"));
	CHECK_EQ(proof_write_files(os_real(), house.folder, &house.parts, &diag), ERR_EXISTS);
	struct buf kept CLEANUP(buf_deinit) = {0};
	REQUIRE(os_read_file(os_real(), path, 100, &kept) == ERR_OK);
	CHECK(str_eq(buf_str(&kept), STR("kept")));
}

TEST(a_folder_holds_one_proof) {
	struct house house CLEANUP(house_deinit);
	struct diag diag = {0};
	char path[128];
	house_init(&house, 0, 2, STR("x"));
	struct proof_consistency parts = house_consistency(&house, 1);
	CHECK_EQ(proof_write_files(os_real(), house.folder, &house.parts, NULL), ERR_OK);
	CHECK_EQ(proof_consistency_write_files(os_real(), house.folder, &parts, &diag), ERR_EXISTS);
	CHECK(str_find(str_from(diag.message), STR("another proof"), 0) < sizeof(diag.message));
	CHECK(script_says_yes(&house, "")); /* untouched */
	snprintf(path, sizeof(path), "%s/consistency", house.folder);
	write_file(path, STR("old 1\n"));
	CHECK(!script_says_yes(&house, ""));
	CHECK_EQ(proof_write_files(os_real(), house.folder, &house.parts, NULL), ERR_EXISTS);
}

TEST(a_folder_that_cannot_be_made_is_named) {
	struct house house CLEANUP(house_deinit);
	struct diag diag = {0};
	house_init(&house, 0, 1, STR("x"));
	CHECK(proof_write_files(os_real(), "/proc/no/where", &house.parts, &diag) != ERR_OK);
	CHECK(str_find(str_from(diag.message), STR("/proc/no/where"), 0) == 0);
}
