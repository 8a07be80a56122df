/* Private to src/sigma: aggregations of Sigma 1, `| count(field) by group > 5` and `| near other`,
 * which the specification has replaced by correlations: those that can be are made such.
 */
#pragma once

#include "sigma/detection.h"

/* Adds the rule, which does not alert by itself, and a correlation over it with the same meta. Of
 * detection the key timeframe is read. */
MUST_USE enum err aggregation_read(struct reading *r, const struct tree_node *detection,
                                   const struct sigma_rule *rule,
                                   const struct selections *selections,
                                   const struct condition *condition);
