#!/bin/sh
# sigma.sh: the "Shows" of the issue Sigma, each a step that is kept when it is done (lib.sh).
# `make shows ISSUE=sigma`; ONLY=word for some steps.
set -u
# shellcheck disable=SC2034
show_jobs=2
. "$(dirname "$0")/lib.sh"
: "${CONFORMANCE:=../shared/conformance}"
tools/install build test check shows bench || exit 1

CODE="src meson.build meson_options.txt"
# What reads rules and judges an event by them; scan, hunt and packs may change.
RULES="src/base src/event src/expr src/sigma src/detect src/ingest/json_scan.c src/cmd/rules_event.c src/cmd/rules_read.c src/cmd/rules_try.c"

show_build

# 1. and 2. All public rules load, all vectors and matches are right.
step conformance "$CODE tools/make_conformance.sh tools/akashi_sigma.py" tools/make_conformance.sh "$AKASHI" "$CONFORMANCE" sigma
# 5. Random rules over random events, a million pairs, and 20,000 correlations, as a slow evaluator has
# them. In parts, so that a stop costs one of them. A short form is in ./test.
for part in 1 2 3 4; do
    step "random-$part" "$RULES tests/sigma" python3 tests/sigma/run.py "$AKASHI" --pairs 250000 --correlations 5000 --seed "20$part"
done
# 6. One hour of the fuzz targets of rules, in all: rule YAML and conditions (set), trees, sources of
# logs, regexes and wildcards (atom, many), packs. And rules that want to take all time and memory.
FUZZED="sigma_set sigma_tree sigma_source expr_atom expr_many cmd_packs"
fuzz() {
    env ONLY="$FUZZED" SECONDS_EACH=600 JOBS="${JOBS:-2}" tools/make_fuzz.sh
}
step fuzz "$RULES src/ingest src/cmd/packs_read.c tests/corpora tools/make_fuzz.sh" fuzz
step hostile "$RULES tests/e2e/hostile_rules.py" python3 tests/e2e/hostile_rules.py "$AKASHI" --limits
# 3.: figures of scan over fresh Windows events, beside nothing else of ours.
alone bench "$CODE bench" python3 bench/scan.py "$AKASHI" "$CONFORMANCE" "$show_folder/events"
show_end
