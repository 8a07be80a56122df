/* See os_fault.h. */
#include "os/os_fault.h"

#include <pthread.h>
#include <stdlib.h>

struct armed_rule {
	struct os_fault_rule rule;
	uint64_t matches;
	uint64_t strikes;
	bool released;
};

struct os_fault {
	struct os_wrap *wrap;
	pthread_mutex_t
	    lock; /* guards what follows: a test may add rules while a thread runs into them */
	struct armed_rule rules[OS_FAULT_RULES];
	size_t count;
	bool crashed;
};

static bool path_has(const char *path, const char *part) {
	return path != NULL && strstr(path, part) != NULL;
}

static bool rule_matches(const struct os_fault_rule *rule, const struct os_call *call) {
	return (rule->kinds & OS_CALL_BIT(call->kind)) != 0 &&
	       (rule->path_part == NULL || path_has(call->path, rule->path_part) ||
	        path_has(call->to, rule->path_part));
}

/* Counts the call; true when the rule strikes. */
static bool rule_strikes(struct armed_rule *armed, const struct os_call *call) {
	const struct os_fault_rule *rule = &armed->rule;
	if (!rule_matches(rule, call)) {
		return false;
	}
	armed->matches++;
	bool now = armed->matches == rule->nth ||
	           (rule->lasting && rule->nth > 0 && armed->matches > rule->nth);
	if (!now || armed->released) {
		return false;
	}
	armed->strikes++;
	return true;
}

static struct os_verdict verdict_of(struct os_fault *fault, const struct os_fault_rule *rule) {
	enum err err = rule->err == ERR_OK ? ERR_IO : rule->err;
	switch (rule->action) {
	case OS_FAULT_FAIL:
		return (struct os_verdict){.action = OS_FAIL, .err = err};
	case OS_FAULT_SHORT:
		return (struct os_verdict){.action = OS_SHORT, .err = err};
	case OS_FAULT_SKIP:
		return (struct os_verdict){.action = OS_SKIP};
	case OS_FAULT_CRASH:
		break;
	}
	fault->crashed = true;
	return (struct os_verdict){.action = OS_FAIL, .err = ERR_IO};
}

static struct os_verdict judge(struct os_fault *fault, const struct os_call *call) {
	struct os_verdict verdict = {.action = OS_PASS};
	bool decided = false;
	if (fault->crashed) {
		return (struct os_verdict){.action = OS_FAIL, .err = ERR_IO};
	}
	for (size_t i = 0; i < fault->count; i++) {
		if (rule_strikes(&fault->rules[i], call) && !decided) {
			verdict = verdict_of(fault, &fault->rules[i].rule);
			decided = true;
		}
	}
	return verdict;
}

static void take(struct os_fault *fault) {
	ASSERT(pthread_mutex_lock(&fault->lock) == 0);
}

static void give(struct os_fault *fault) {
	ASSERT(pthread_mutex_unlock(&fault->lock) == 0);
}

static struct os_verdict before_call(void *ctx, const struct os_call *call) {
	struct os_fault *fault = ctx;
	take(fault);
	struct os_verdict verdict = judge(fault, call);
	give(fault);
	return verdict;
}

struct os_fault *os_fault_new(const struct os *inner) {
	struct os_fault *fault = calloc(1, sizeof(*fault));
	ASSERT(fault != NULL);
	ASSERT(pthread_mutex_init(&fault->lock, NULL) == 0);
	fault->wrap = os_wrap_new(inner, (struct os_wrap_hooks){.ctx = fault, .before = before_call});
	return fault;
}

void os_fault_free(struct os_fault *fault) {
	if (fault != NULL) {
		os_wrap_free(fault->wrap);
		(void)pthread_mutex_destroy(&fault->lock); /* nobody holds it */
		free(fault);
	}
}

void os_fault_freep(struct os_fault **fault) {
	os_fault_free(*fault);
	*fault = NULL;
}

const struct os *os_fault_os(struct os_fault *fault) {
	return os_wrap_os(fault->wrap);
}

size_t os_fault_add(struct os_fault *fault, struct os_fault_rule rule) {
	ASSERT(fault->count < OS_FAULT_RULES);
	take(fault);
	fault->rules[fault->count] = (struct armed_rule){.rule = rule};
	size_t number = fault->count++;
	give(fault);
	return number;
}

void os_fault_release(struct os_fault *fault) {
	take(fault);
	for (size_t i = 0; i < fault->count; i++) {
		fault->rules[i].released |= fault->rules[i].rule.lasting;
	}
	give(fault);
}

uint64_t os_fault_matches(const struct os_fault *fault, size_t rule) {
	ASSERT(rule < fault->count);
	return fault->rules[rule].matches;
}

uint64_t os_fault_strikes(const struct os_fault *fault, size_t rule) {
	ASSERT(rule < fault->count);
	return fault->rules[rule].strikes;
}
