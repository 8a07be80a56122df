#!/bin/sh
# store.sh: the "Shows" of the issue Store, each a step that is kept when it is done (lib.sh).
# `make shows ISSUE=store`; ONLY=word for some steps.
set -u
# shellcheck disable=SC2034
show_jobs=2
. "$(dirname "$0")/lib.sh"
tools/install build test shows || exit 1

CODE="src meson.build meson_options.txt"
AKASHI=build-shows/build/src/cmd/akashi

build() {
    [ -f build-shows/build/build.ninja ] || CC=gcc meson setup build-shows/build --buildtype=release || return 1
    ninja -C build-shows/build
}

(flock 9 && build) 9>build-shows/build.lock >build-shows/build.log 2>&1 || {
    tail -n 20 build-shows/build.log
    exit 1
}

# 6. Random queries over random small stores, 100,000, as a naive evaluator answers them. In parts, so
# that a stop costs one of them. A short form is in ./test.
for part in 1 2 3 4; do
    step "oracle-$part" "$CODE tests/oracle" python3 tests/oracle/run.py "$AKASHI" build-shows/build/tests/ask \
        --cases 25000 --seed "10$part"
done
show_end
