/* What the documents of the Sigma specification 2.1 say, as data: rules, correlations and filters.
 * Everything lives in the arena of the set that they were read into (set.h).
 */
#pragma once

#include "expr/program.h"
#include "sigma/texts.h"
#include "sigma/tree.h"

/* Specification "Level"; what has none is LEVEL_NONE. Ordered. */
enum sigma_level {
	SIGMA_LEVEL_NONE,
	SIGMA_INFORMATIONAL,
	SIGMA_LOW,
	SIGMA_MEDIUM,
	SIGMA_HIGH,
	SIGMA_CRITICAL,
	SIGMA_LEVEL_COUNT,
};
/* "medium"; "" for NONE. */
const char *sigma_level_name(enum sigma_level level);

/* Our own key `akashi: {kind: ...}` (row F5): a sign that something may happen, or that it did. */
enum sigma_sign { SIGMA_SIGN_NONE, SIGMA_PRECURSOR, SIGMA_INDICATOR, SIGMA_SIGN_COUNT };
const char *sigma_sign_name(enum sigma_sign sign);

struct sigma_related {
	struct str id, type; /* derived, obsolete, merged, renamed, similar */
};

/* Specification "Components": what all kinds of documents share. Absent texts are empty. */
struct sigma_meta {
	struct str path;    /* the file, as it was named */
	struct place place; /* of the document in it */
	struct str title, id, name, status, description, author, date, modified, license, taxonomy;
	enum sigma_level level;
	enum sigma_sign sign;
	struct texts references, tags, falsepositives, fields, scope;
	const struct sigma_related *related;
	uint32_t related_count;
	/* All of it, with the keys that nobody knows; NULL in a set from its kept form (kept.h). */
	const struct tree_node *document;
};

/* Specification "LogSource". */
struct sigma_source {
	struct str category, product, service, definition;
};

/* What records call a field that rules name. */
struct sigma_rename {
	struct str from;
	struct texts to; /* any of them */
};

struct sigma_rule {
	struct sigma_meta meta;
	struct sigma_source source;
	struct program program; /* over the atoms of the set */
	bool mapped;            /* sigma_set_map knows its log source */
	/* The names of its log sources, for the fields of correlations. */
	const struct sigma_rename *renames;
	uint32_t renames_count;
	/* False when the rule only serves correlations that do not say `generate: true`, and when its
	 * condition was an aggregation (then a correlation of the same meta stands for it). */
	bool alerts;
};

/* Specification "Sigma Correlation Rules". */
enum sigma_correlation_type {
	SIGMA_EVENT_COUNT,
	SIGMA_VALUE_COUNT,
	SIGMA_TEMPORAL,
	SIGMA_TEMPORAL_ORDERED,
	SIGMA_VALUE_SUM,
	SIGMA_VALUE_AVG,
	SIGMA_VALUE_PERCENTILE,
	SIGMA_CORRELATION_TYPE_COUNT,
};
const char *sigma_correlation_type_name(enum sigma_correlation_type type);

/* A rule or correlation that a correlation is about. */
struct sigma_ref {
	struct str name; /* as it is written: a name or an id */
	struct place place;
	bool to_correlation;
	uint32_t index; /* of the set's rules or correlations */
};

enum sigma_compare { SIGMA_EQ, SIGMA_NEQ, SIGMA_LT, SIGMA_LTE, SIGMA_GT, SIGMA_GTE };
struct sigma_bound {
	enum sigma_compare compare;
	double value;
};

/* In events of ref, the group field alias is called field. */
struct sigma_alias {
	struct str alias, field;
	uint32_t ref; /* of the correlation's refs */
};

struct sigma_correlation {
	struct sigma_meta meta;
	enum sigma_correlation_type type;
	struct sigma_ref *refs;
	uint32_t refs_count;
	struct texts group_by; /* empty: all events are one group */
	int64_t timespan_ns;
	/* All must hold. TEMPORAL: bounds on how many of the refs were seen, unless program says
	 * which. */
	struct sigma_bound bounds[4];
	uint32_t bounds_count;
	struct program program; /* count 0: none; atoms are numbers of refs */
	struct texts fields;    /* VALUE_*: whose values */
	double percentile;      /* VALUE_PERCENTILE: 0..100 */
	const struct sigma_alias *aliases;
	uint32_t aliases_count;
	bool generate;         /* the rules alert also by themselves */
	bool alerts;           /* as for rules */
	bool from_aggregation; /* of Sigma 1: refs are found already */
	bool sound; /* all refs are there, and no chain leads back: else a problem says why */
};

/* Specification "Sigma Filters": rules that they name hold only when the filter does not. */
struct sigma_filter {
	struct sigma_meta meta;
	struct sigma_source source;
	struct sigma_ref *refs;
	uint32_t refs_count;
	bool any; /* `rules: any`: all rules of that log source */
	uint32_t applied;
};
