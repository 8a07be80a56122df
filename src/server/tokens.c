/* See tokens.h. */
#include "server/tokens.h"

#include "base/buf.h"

struct token {
	char text[TOKEN_MAX]; /* padded with NUL */
	char source[128];
};

struct tokens {
	struct token list[TOKENS_MAX];
	size_t count;
};

/* All bytes are looked at, also when the first differs. */
static bool equal(const char *a, const char *b) {
	volatile unsigned char difference = 0;
	for (size_t i = 0; i < TOKEN_MAX; i++) {
		difference = (unsigned char)(difference | (a[i] ^ b[i]));
	}
	return difference == 0;
}

static enum err take_text(struct tokens *tokens, struct str text, const char *path,
                          struct diag *diag) {
	struct token *token = &tokens->list[tokens->count];
	text = str_trim(text);
	if (text.len < TOKEN_MIN || text.len > TOKEN_MAX || memchr(text.ptr, '\0', text.len) != NULL) {
		return diag_set(diag, ERR_INVALID, "the token in %s has not from %d to %d characters", path,
		                (int)TOKEN_MIN, (int)TOKEN_MAX);
	}
	memcpy(token->text, text.ptr, text.len);
	for (size_t i = 0; i < tokens->count; i++) {
		if (equal(tokens->list[i].text, token->text)) {
			return diag_set(diag, ERR_INVALID, "the token in %s is another source's, too", path);
		}
	}
	return ERR_OK;
}

static enum err read_one(struct tokens *tokens, const struct os *os, const struct token_file *file,
                         struct diag *diag) {
	struct buf path CLEANUP(buf_deinit) = {0};
	struct buf text = {0};
	struct os_stat stat;
	buf_append_str(&path, file->file);
	buf_append_char(&path, '\0');
	enum err err = os->stat(os->ctx, path.ptr, true, &stat);
	if (err == ERR_OK && (stat.mode & 077) != 0) {
		diag_set(diag, ERR_INVALID, "others may read the token in %s", path.ptr);
		diag_hint(diag, "chmod 600 %s", path.ptr);
		return ERR_INVALID;
	}
	err = err == ERR_OK ? os_read_file(os, path.ptr, TOKEN_MAX + 16, &text) : err;
	err = err == ERR_OK
	          ? take_text(tokens, buf_str(&text), path.ptr, diag)
	          : diag_set(diag, err, "the token in %s cannot be read: %s", path.ptr, err_text(err));
	if (text.len > 0) {
		explicit_bzero(text.ptr, text.len);
	}
	buf_deinit(&text);
	TRY(err);
	struct token *token = &tokens->list[tokens->count++];
	(void)snprintf(token->source, sizeof(token->source), "%.*s", STR_ARG(file->source));
	return ERR_OK;
}

enum err tokens_read(const struct os *os, const struct token_file *files, size_t count,
                     struct tokens **out_tokens, struct diag *diag) {
	struct tokens *tokens = calloc(1, sizeof(*tokens));
	ASSERT(tokens != NULL && count <= TOKENS_MAX);
	for (size_t i = 0; i < count; i++) {
		enum err err = read_one(tokens, os, &files[i], diag);
		if (err != ERR_OK) {
			tokens_free(tokens);
			return err;
		}
	}
	*out_tokens = tokens;
	return ERR_OK;
}

void tokens_free(struct tokens *tokens) {
	if (tokens != NULL) {
		explicit_bzero(tokens, sizeof(*tokens));
		free(tokens);
	}
}

/* Behind the colon of base64(user:password). */
static bool password_of(struct str encoded, char out[TOKEN_MAX]) {
	struct buf plain = {0};
	bool good =
	    encoded.len <= TOKEN_MAX * 3 && buf_append_base64_decoded(&plain, encoded) == ERR_OK;
	struct str text = buf_str(&plain);
	size_t colon = str_find_char(text, ':', 0);
	struct str password = str_slice(text, colon + 1, text.len);
	good = good && colon < text.len && password.len <= TOKEN_MAX;
	if (good && password.len > 0) {
		memcpy(out, password.ptr, password.len);
	}
	if (plain.len > 0) {
		explicit_bzero(plain.ptr, plain.len);
	}
	buf_deinit(&plain);
	return good;
}

bool tokens_find(const struct tokens *tokens, struct str authorization, struct str *out_source) {
	static const struct str schemes[] = {STR_INIT("Bearer"), STR_INIT("Splunk"),
	                                     STR_INIT("ApiKey")};
	char given[TOKEN_MAX] = {0};
	struct str rest = authorization;
	struct str scheme = str_cut(&rest, ' ');
	bool good = str_eq_nocase(scheme, STR("Basic")) && password_of(str_trim(rest), given);
	rest = str_trim(rest);
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		if (str_eq_nocase(scheme, schemes[i]) && rest.len > 0 && rest.len <= TOKEN_MAX) {
			memcpy(given, rest.ptr, rest.len);
			good = true;
		}
	}
	const struct token *found = NULL;
	for (size_t i = 0; i < tokens->count; i++) {
		found = equal(tokens->list[i].text, given) ? &tokens->list[i] : found;
	}
	explicit_bzero(given, sizeof(given));
	if (!good || found == NULL) {
		return false;
	}
	*out_source = str_from(found->source);
	return true;
}
