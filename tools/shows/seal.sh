#!/bin/sh
# seal.sh: the long "Shows" of the issue Seal, each a step that is kept when it is done (lib.sh).
# `make shows ISSUE=seal` or `make torture`; ONLY=word for some steps. It takes many hours. What is
# not here yet: crash states by the million, clocks, schedules of the signer.
set -u
. "$(dirname "$0")/lib.sh"
tools/install build test shows || exit 1

CODE="src meson.build meson_options.txt tools/torture"
AKASHI=build-shows/build/src/cmd/akashi

build() {
    [ -f build-shows/build/build.ninja ] || CC=gcc meson setup build-shows/build --buildtype=release || return 1
    ninja -C build-shows/build
}

(flock 9 && build) 9>build-shows/build.lock >build-shows/build.log 2>&1 || {
    tail -n 20 build-shows/build.log
    exit 1
}

# T1. kill -9, 20,000 cycles; seeds apart, so that a stop costs one of them.
for seed in 1 2 3 4; do
    step "kill9-$seed" "$CODE" python3 tools/torture/kill9.py "$AKASHI" 5000 "$seed"
done
# T2. Power cuts on ext4, 20,000, in both of its modes.
for seed in 1 2; do
    for mode in ordered writeback; do
        step "power-$mode-$seed" "$CODE" python3 tools/torture/power_cut.py "$AKASHI" 5000 "$seed" "$mode"
    done
done
# T3. Every system call, every fault.
step syscalls "$CODE" python3 tools/torture/syscalls.py "$AKASHI"
# T4 (a part), T5. Every cut and every barrier of lives and of recoveries, in memory.
lab() {
    ninja -C build-shows/build src/store_lab_test && AKASHI_LAB=all build-shows/build/src/store_lab_test
}
step lab "$CODE" lab
# T6, T7. Bits, and files removed, cut, swapped, older.
step flips "$CODE tools/shows/flips.py" python3 tools/shows/flips.py "$AKASHI"
# T9. A disk that fills up.
step full-disk "$CODE tools/shows/full_disk.py" python3 tools/shows/full_disk.py "$AKASHI" every
# A long log, and how soon the store serves again (docs/durability.md, D12).
step restart "$CODE" python3 tools/torture/restart.py "$AKASHI"
# T17. Proofs before strangers.
step strangers "$CODE share" python3 tools/torture/strangers.py "$AKASHI" 10000
show_end
