#!/bin/sh
# spine.sh: the "Shows" of the issue Spine, each a step that is kept when it is done (lib.sh).
# `make shows ISSUE=spine`; ONLY=word for some steps. It takes hours.
set -u
. "$(dirname "$0")/lib.sh"
: "${CONFORMANCE:=../shared/conformance}" "${BENCH:=../shared/bench}"
tools/install build test check shows bench || exit 1

CODE="src meson.build meson_options.txt"
KEPT="src/base src/os src/event src/codec src/expr src/seal src/store src/server src/cmd" # keeping and judging

show_build

# 1. Two fresh roots of Debian 12: as root, and as a user with sudo.
step debootstrap-root "$CODE tests tools samples run test" tools/shows/debootstrap.sh root
step debootstrap-user "$CODE tests tools samples run test" tools/shows/debootstrap.sh user
# 2. To the byte, over the corpus and over 200 MB of generated nasty input.
step bytes "$CODE tools/shows/bytes.py" python3 tools/shows/bytes.py "$AKASHI" 200 "$CONFORMANCE"
# 3. and 4. The scorers of the corpus.
for part in evtx damaged syslog access; do
    step "conformance-$part" "$CODE tools/make_conformance.sh" tools/make_conformance.sh "$AKASHI" "$CONFORMANCE" "$part"
done
# 5. kill -9, 1,000 cycles with the ledger of what was acknowledged. (Power cuts are in ./test.)
step kill "$CODE tools/torture" python3 tools/torture/kill9.py "$AKASHI" 1000
# Every cut, every barrier, every failing write and sync of two lives in memory.
lab() {
    ninja -C build-shows/build src/store_lab_test && AKASHI_LAB=all build-shows/build/src/store_lab_test
}
step lab "$KEPT" lab
# 6. Every bit of a store; files removed, cut, swapped, older; proofs checked from outside.
step flips "$KEPT tools/shows/flips.py" python3 tools/shows/flips.py "$AKASHI"
# 7. No space, for real. (ENOSPC at every write is in ./test.)
step full-disk "$CODE tools/shows/full_disk.py" python3 tools/shows/full_disk.py "$AKASHI"
# 8. Ten minutes of each fuzz target.
step fuzz "$CODE tests tools/make_fuzz.sh" env ONLY= SECONDS_EACH=600 JOBS="${JOBS:-2}" tools/make_fuzz.sh
# 9. Figures against others.
step bench "$CODE bench" needs bench/run env STEPS="data ingest queries" SEEDS=1 bench/run "$AKASHI" "$BENCH"
# 10. Sizes and the folder graph.
step sizes "src tests tools" sh -c 'python3 tools/check_sizes && python3 tools/check_layers'
# What `make check` holds.
step check "$CODE tests tools .clang-tidy" tools/make_check.sh
show_end
