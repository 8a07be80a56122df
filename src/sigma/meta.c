/* The keys that all documents have. Wrong ones that nothing hangs on are warnings. */
#include "base/limits.h"
#include "sigma/reading.h"

static const char *const level_names[SIGMA_LEVEL_COUNT] = {"",       "informational", "low",
                                                           "medium", "high",          "critical"};
static const char *const sign_names[SIGMA_SIGN_COUNT] = {"", "precursor", "indicator"};

const char *sigma_level_name(enum sigma_level level) {
	return level_names[level];
}

const char *sigma_sign_name(enum sigma_sign sign) {
	return sign_names[sign];
}

enum err reading_text(struct reading *r, const struct tree_node *map, struct str key,
                      struct str *out_text) {
	const struct tree_node *node = tree_find(map, key, NULL);
	if (node == NULL || node->kind == TREE_NULL) {
		*out_text = STR("");
		return ERR_OK;
	}
	if (!tree_is_scalar(node)) {
		return reading_fail(r, node->place, "'%.*s' is a text, not %s", STR_ARG(key),
		                    tree_kind_name(node->kind));
	}
	*out_text = node->text;
	return ERR_OK;
}

enum err reading_texts(struct reading *r, const struct tree_node *map, struct str key,
                       struct texts *out_texts) {
	const struct tree_node *node = tree_find(map, key, NULL);
	struct texts texts = {0};
	for (uint32_t i = 0; node != NULL && node->kind == TREE_LIST && i < node->count; i++) {
		if (!tree_is_scalar(node->items[i])) {
			return reading_fail(r, node->items[i]->place, "'%.*s' is a list of texts, not of %s",
			                    STR_ARG(key), node->items[i]->kind == TREE_MAP ? "maps" : "lists");
		}
		texts_append(&texts, r->arena, node->items[i]->text);
	}
	if (node != NULL && node->kind == TREE_MAP) {
		return reading_fail(r, node->place, "'%.*s' is a list of texts, not a map", STR_ARG(key));
	}
	if (node != NULL && tree_is_scalar(node) && node->kind != TREE_NULL) {
		texts_append(&texts, r->arena, node->text);
	}
	*out_texts = texts;
	return ERR_OK;
}

static enum err read_related(struct reading *r, const struct tree_node *document,
                             struct sigma_meta *meta) {
	const struct tree_node *list = tree_find(document, STR("related"), NULL);
	if (list == NULL || list->kind == TREE_NULL) {
		return ERR_OK;
	}
	if (list->kind != TREE_LIST) {
		return reading_fail(r, list->place, "'related' is a list of maps with id and type");
	}
	struct sigma_related *related = ARENA_ARRAY(r->arena, list->count, struct sigma_related);
	for (uint32_t i = 0; i < list->count; i++) {
		if (list->items[i]->kind != TREE_MAP) {
			return reading_fail(r, list->items[i]->place, "'related' has maps with id and type");
		}
		TRY(reading_text(r, list->items[i], STR("id"), &related[i].id));
		TRY(reading_text(r, list->items[i], STR("type"), &related[i].type));
	}
	meta->related = related;
	meta->related_count = list->count;
	return ERR_OK;
}

/* The index of text in names[1...], or 0. */
static unsigned index_of(struct str text, const char *const *names, unsigned count) {
	unsigned i = count - 1;
	while (i > 0 && !str_eq_nocase(text, str_from(names[i]))) {
		i--;
	}
	return i;
}

static enum err read_level(struct reading *r, const struct tree_node *document,
                           struct sigma_meta *meta) {
	struct str text;
	const struct tree_node *node = tree_find(document, STR("level"), NULL);
	TRY(reading_text(r, document, STR("level"), &text));
	meta->level = (enum sigma_level)index_of(text, level_names, SIGMA_LEVEL_COUNT);
	if (text.len > 0 && meta->level == SIGMA_LEVEL_NONE) {
		(void)reading_fail(r, node->place, "there is no level '%.*s'",
		                   STR_ARG(str_slice(text, 0, 40)));
		reading_hint(r, "levels are informational, low, medium, high, critical");
		return ERR_INVALID;
	}
	return ERR_OK;
}

/* Our own key (rules/README.md): akashi: {kind: precursor} */
static enum err read_own(struct reading *r, const struct tree_node *document,
                         struct sigma_meta *meta) {
	struct str text;
	const struct tree_node *own = tree_find(document, STR("akashi"), NULL);
	if (own == NULL || own->kind != TREE_MAP) {
		return ERR_OK;
	}
	TRY(reading_text(r, own, STR("kind"), &text));
	meta->sign = (enum sigma_sign)index_of(text, sign_names, SIGMA_SIGN_COUNT);
	return text.len == 0 || meta->sign != SIGMA_SIGN_NONE
	           ? ERR_OK
	           : reading_fail(r, own->place, "akashi's kind is precursor or indicator, not '%.*s'",
	                          STR_ARG(str_slice(text, 0, 40)));
}

static void check(struct reading *r, const struct sigma_meta *meta) {
	static const char *const statuses[] = {"",           "stable",     "test", "experimental",
	                                       "deprecated", "unsupported"};
	enum { TITLE_MAX = 256 };
	const struct tree_node *status = tree_find(meta->document, STR("status"), NULL);
	if (meta->title.len > TITLE_MAX) {
		reading_warn(r, meta->place, "the title is longer than %d bytes", TITLE_MAX);
	}
	if (meta->status.len > 0 && index_of(meta->status, statuses, ARRAY_LEN(statuses)) == 0) {
		reading_warn(r, status->place, "there is no status '%.*s'",
		             STR_ARG(str_slice(meta->status, 0, 40)));
	}
}

enum err meta_read(struct reading *r, const struct tree_node *document,
                   struct sigma_meta *out_meta) {
	struct sigma_meta meta = {.path = r->path, .place = document->place, .document = document};
	const struct {
		struct str key;
		struct str *out;
	} texts[] = {
	    {STR("title"), &meta.title},     {STR("id"), &meta.id},
	    {STR("name"), &meta.name},       {STR("status"), &meta.status},
	    {STR("author"), &meta.author},   {STR("description"), &meta.description},
	    {STR("date"), &meta.date},       {STR("modified"), &meta.modified},
	    {STR("license"), &meta.license}, {STR("taxonomy"), &meta.taxonomy},
	};
	const struct {
		struct str key;
		struct texts *out;
	} lists[] = {
	    {STR("references"), &meta.references},
	    {STR("tags"), &meta.tags},
	    {STR("falsepositives"), &meta.falsepositives},
	    {STR("fields"), &meta.fields},
	    {STR("scope"), &meta.scope},
	};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		TRY(reading_text(r, document, texts[i].key, texts[i].out));
	}
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		TRY(reading_texts(r, document, lists[i].key, lists[i].out));
	}
	if (meta.title.len + meta.id.len + meta.name.len == 0) {
		return reading_fail(r, document->place, "there is no title");
	}
	TRY(read_level(r, document, &meta));
	TRY(read_related(r, document, &meta));
	TRY(read_own(r, document, &meta));
	check(r, &meta);
	*out_meta = meta;
	return ERR_OK;
}

enum err source_read(struct reading *r, const struct tree_node *document,
                     struct sigma_source *out_source) {
	struct sigma_source source = {0};
	const struct tree_node *node = tree_find(document, STR("logsource"), NULL);
	if (node == NULL || node->kind != TREE_MAP) {
		return reading_fail(r, node == NULL ? document->place : node->place,
		                    "there is no logsource: a map of category, product, service");
	}
	TRY(reading_text(r, node, STR("category"), &source.category));
	TRY(reading_text(r, node, STR("product"), &source.product));
	TRY(reading_text(r, node, STR("service"), &source.service));
	TRY(reading_text(r, node, STR("definition"), &source.definition));
	if (source.category.len + source.product.len + source.service.len == 0) {
		return reading_fail(r, node->place,
		                    "the logsource has neither category nor product nor service");
	}
	*out_source = source;
	return ERR_OK;
}
