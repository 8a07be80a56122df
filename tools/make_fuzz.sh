#!/bin/sh
# make_fuzz.sh: builds every fuzz target with clang-19, ASan and UBSan, and runs each for SECONDS_EACH
# (default 600), JOBS (default 1) at a time. A target is not run again while it is the same program: what
# was done is in build-fuzz/done. Findings are left in build-fuzz/findings.
#   ONLY="x y"  targets with x or y in their name      ADD=1  adds the smallest new inputs to tests/corpora
# Exit status 1: a finding, or no target.
set -u
cd "$(dirname "$0")/.." || exit 1
: "${SECONDS_EACH:=600}" "${ONLY:=}" "${ADD:=}" "${JOBS:=1}"
if [ "${1:-}" != one ]; then # one PROGRAM: as this script calls itself
    tools/install build check || exit 1
    if [ ! -f build-fuzz/build.ninja ]; then
        CC=clang-19 meson setup build-fuzz -Dfuzzing=true -Db_sanitize=address,undefined -Db_lundef=false \
            -Dc_args=-fno-sanitize-recover=all || exit 1
    fi
    ninja -C build-fuzz || exit 1
fi
mkdir -p build-fuzz/findings build-fuzz/done

# corpus_of PROGRAM: base_zone_fuzz -> tests/corpora/zone, ingest_evtx/x_fuzz -> tests/corpora/evtx/x
corpus_of() {
    echo "tests/corpora/$(basename "$1" | sed 's/^[a-z]*_//; s/_fuzz$//')"
}

# add FOLDER WORK: the smallest inputs that reach something new, at most 40 of at most 4 KiB.
add() {
    new=$(mktemp -d)
    "$program" -merge=1 "$new" "$1" "$2" >/dev/null 2>&1
    ls -Sr "$new" | while read -r name; do
        size=$(wc -c <"$new/$name")
        [ "$size" -le 4096 ] && [ ! -e "$1/$name" ] && echo "$name"
    done | head -n 40 | while read -r name; do
        cp "$new/$name" "$1/fuzz-$(echo "$name" | cut -c 1-12)"
    done
    rm -rf "$new"
}

# fuzz_one PROGRAM: one target; a line about it. Status 1: a finding.
fuzz_one() {
    program=$1 name=$(basename "$1")
    key="$(sha256sum <"$program" | cut -c 1-16) $SECONDS_EACH"
    if [ "$(cat "build-fuzz/done/$name" 2>/dev/null)" = "$key" ]; then
        echo "$name: done before, ${SECONDS_EACH} s without a finding"
        return 0
    fi
    corpus=$(corpus_of "$program")
    work=build-fuzz/corpus/$name
    mkdir -p "$work" "$corpus"
    log=build-fuzz/$name.log began=$(date +%s)
    # liblzma takes the room of a dictionary at once, up to 4 GiB, and uses what it decodes.
    case $name in *archive*) malloc_limit=4200 ;; *) malloc_limit=1024 ;; esac
    if ASAN_OPTIONS=abort_on_error=1:detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
        "$program" -max_total_time="$SECONDS_EACH" -timeout=30 -rss_limit_mb=1024 -malloc_limit_mb=$malloc_limit -use_value_profile=1 \
        -print_final_stats=1 -artifact_prefix="build-fuzz/findings/$name-" "$work" "$corpus" >"$log" 2>&1; then
        if [ $(($(date +%s) - began)) -lt "$SECONDS_EACH" ]; then # a fuzzer that is told to end says 0
            echo "$name: stopped before its time, so this counts for nothing"
            return 1
        fi
        echo "$key" >"build-fuzz/done/$name"
        times >build-fuzz/$name.times # of what this shell waited for: how long a core was ours
        echo "$name: $(sed -n 's/.*number_of_executed_units: //p' "$log") inputs in ${SECONDS_EACH} s" \
            "($(tail -n 1 build-fuzz/$name.times | cut -d ' ' -f 1) of CPU) without a finding"
        [ -z "$ADD" ] || add "$corpus" "$work"
        return 0
    fi
    echo "$name: FINDING, see $log"
    grep -E 'ERROR|SUMMARY|Test unit written' "$log" | head -n 5
    return 1
}

if [ "${1:-}" = one ]; then
    fuzz_one "$2"
    exit $?
fi
programs=$(for word in ${ONLY:-_fuzz}; do find build-fuzz/src build-fuzz/src/cmd -maxdepth 1 -name "*$word*" -name "*_fuzz" -perm -100; done | sort -u)
if [ -z "$programs" ]; then
    echo "fuzz: no target has '$ONLY' in its name"
    exit 1
fi
export SECONDS_EACH ONLY ADD
if echo "$programs" | xargs -P "$JOBS" -n 1 "$0" one; then
    echo "fuzz: $(echo "$programs" | wc -l) targets, no finding"
else
    echo "fuzz: there are findings, in build-fuzz/findings"
    exit 1
fi
