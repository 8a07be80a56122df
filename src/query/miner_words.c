/* Small lists of English words, and nothing else that knows a language. */
#include "query/miner_words.h"

static bool is_word(const struct miner_token *token, struct str word) {
	return token->kind == MINER_WORD && str_eq_nocase(str_make(token->text, token->len), word);
}

static bool is_among(const struct miner_token *token, const struct str *words, size_t count) {
	for (size_t i = 0; i < count; i++) {
		if (is_word(token, words[i])) {
			return true;
		}
	}
	return false;
}

static bool ends_with(const struct miner_token *token, struct str ending) {
	return token->len > ending.len &&
	       str_eq_nocase(str_make(token->text + token->len - ending.len, ending.len), ending);
}

static bool is_upper(const struct miner_token *token) {
	bool letters = false;
	for (size_t i = 0; i < token->len; i++) {
		if (token->text[i] >= 'a' && token->text[i] <= 'z') {
			return false;
		}
		letters = letters || char_is_alpha(token->text[i]);
	}
	return letters;
}

bool miner_is_state(const struct miner_token *token) {
	static const struct str states[] = {
	    STR_INIT("true"),  STR_INIT("false"),   STR_INIT("yes"),   STR_INIT("no"),
	    STR_INIT("on"),    STR_INIT("off"),     STR_INIT("up"),    STR_INIT("down"),
	    STR_INIT("ok"),    STR_INIT("error"),   STR_INIT("start"), STR_INIT("stop"),
	    STR_INIT("begin"), STR_INIT("end"),     STR_INIT("open"),  STR_INIT("close"),
	    STR_INIT("read"),  STR_INIT("write"),   STR_INIT("in"),    STR_INIT("out"),
	    STR_INIT("fail"),  STR_INIT("success"), STR_INIT("not"),   STR_INIT("failure")};
	return !is_upper(token) && (ends_with(token, STR("ed")) || ends_with(token, STR("ing")) ||
	                            ends_with(token, STR("able")) || ends_with(token, STR("ful")) ||
	                            is_among(token, states, ARRAY_LEN(states)));
}

bool miner_is_dotted(const struct miner_token *token) {
	size_t dots = 0;
	for (size_t i = 0; i < token->len; i++) {
		dots += token->text[i] == '.';
	}
	return token->kind == MINER_WORD && dots >= 2;
}

bool miner_is_named(const struct miner_token *tokens, size_t count, size_t at) {
	static const struct str names[] = {STR_INIT("user"),  STR_INIT("username"),
	                                   STR_INIT("login"), STR_INIT("account"),
	                                   STR_INIT("host"),  STR_INIT("hostname")};
	if (at == 0) {
		return false;
	}
	return is_among(&tokens[at - 1], names, ARRAY_LEN(names)) ||
	       (is_word(&tokens[at - 1], STR("for")) && at + 1 < count &&
	        is_word(&tokens[at + 1], STR("from")));
}

bool miner_is_from_to(const struct miner_token *tokens, size_t a, size_t b) {
	return a > 0 && b == a + 2 && is_word(&tokens[a - 1], STR("from")) &&
	       is_word(&tokens[a + 1], STR("to"));
}
