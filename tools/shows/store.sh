#!/bin/sh
# store.sh: the "Shows" of the issue Store, each a step that is kept when it is done (lib.sh).
# `make shows ISSUE=store`; ONLY=word for some steps.
set -u
# shellcheck disable=SC2034
show_jobs=2
. "$(dirname "$0")/lib.sh"
: "${CONFORMANCE:=../shared/conformance}" "${BENCH:=../shared/bench}"
tools/install build test check shows bench || exit 1

CODE="src meson.build meson_options.txt"
# What search is made of: rules and formats may change, and what was shown of it stays so. What
# matches rules and what reads the store for them is in these rooms too, and nothing of search asks it.
SEARCH="src/base src/os src/event src/codec src/expr src/seal src/store src/query"
show_apart='src/(expr/many|store/(table|block_shape)|[a-z]+/meson\.build)'

show_build

# 6. Random queries over random small stores, 100,000, as a naive evaluator answers them. In parts, so
# that a stop costs one of them. A short form is in ./test.
for part in 1 2 3 4; do
    step "oracle-$part" "$SEARCH tests/oracle" python3 tests/oracle/run.py "$AKASHI" build-shows/build/tests/ask \
        --cases 25000 --seed "10$part"
done
# One hour of the fuzz targets of the format, of search in it and of the language, in all.
FUZZED="codec_texts codec_lines codec_order codec_numbers codec_checked codec_shapes codec_skeleton codec_ints store_block store_segment expr_needle query_query"
fuzz() {
    env ONLY="$FUZZED" SECONDS_EACH=300 JOBS="${JOBS:-2}" tools/make_fuzz.sh
}
step fuzz "$SEARCH tests/corpora tools/make_fuzz.sh" fuzz
show_apart=
# 7. Patterns, how good. (How fast: bench.)
step patterns "$CODE tools/make_conformance.sh tools/akashi_templates.py" tools/make_conformance.sh "$AKASHI" "$CONFORMANCE" templates
# 1. to 5., 7. and 8.: figures, beside nothing else of ours. Peers where they are; JUDGE: a bar that is not held fails.
alone bench "$CODE bench" env JUDGE=1 SIZE=full SEEDS="${SEEDS:-1 2}" STEPS=all bench/run "$AKASHI" "$BENCH"
show_end
