#!/bin/sh
# seal.sh: the long "Shows" of the issue Seal, each a step that is kept when it is done (lib.sh).
# `make shows ISSUE=seal` or `make torture`; ONLY=word for some steps. About two hours on two cores,
# two steps side by side; each needs one core. A short form of each is in ./test, but of the memory
# that runs out: AddressSanitizer cannot be limited.
set -u
# shellcheck disable=SC2034
show_jobs=2
. "$(dirname "$0")/lib.sh"
tools/install build test shows || exit 1

: "${BENCH:=../shared/bench}"
CODE="src meson.build meson_options.txt"
TORTURE="$CODE tools/torture"
# What the tests of the store, and of the notary, are made of (src/LAYERS).
STORE="src/base src/os src/event src/codec src/expr src/seal src/store src/meson.build meson.build meson_options.txt tests/support"
NOTARY="src/base src/os src/seal src/meson.build meson.build meson_options.txt tests/support"

show_build src/flip_matrix

# unit NAME WHAT...: a test program with these settings in its environment.
unit() {
    unit_program=build-shows/build/src/$1
    shift
    env "$@" "$unit_program"
}

# Says at its end what each of its tests counted.
lab() {
    unit store_lab_test AKASHI_LAB=all
    lab_status=$?
    grep -E '^# .*(barriers, |calls, )' "$show_folder/lab.txt" | sed 's/^# //' | paste -sd ';'
    return "$lab_status"
}

# T3. Every system call, every fault.
step syscalls "$TORTURE" python3 tools/torture/syscalls.py "$AKASHI"
# T5 (and every cut of T4 over the lives of lab.h). Every barrier of lives and of recoveries.
step lab "$STORE" lab
# The long ones are cut into parts, so that a stop costs one of them; other seeds, other parts.
for part in 0 1 2 3; do
    # T4. Crash states, 1,000,000.
    step "states-$part" "$STORE" unit store_states_test AKASHI_STATES=250000 "AKASHI_STATES_PART=$part/4"
    # T14. Schedules of the notary, 1,000,000.
    step "schedules-$part" "$NOTARY" unit seal_notary_test AKASHI_SCHEDULES=250000 "AKASHI_SEED=$((part + 1))"
    # T1. kill -9, 20,000 cycles.
    step "kill9-$part" "$TORTURE" python3 tools/torture/kill9.py "$AKASHI" 5000 "$((part + 1))"
done
# T2. Power cuts on ext4, 20,000, in both of its modes.
for seed in 1 2; do
    for mode in ordered writeback; do
        step "power-$mode-$seed" "$TORTURE" python3 tools/torture/power_cut.py "$AKASHI" 5000 "$seed" "$mode"
    done
done
# T6, T7. Bits, and files removed, cut, swapped, older.
step flips "$CODE tools/shows/flips.py" env JOBS=1 python3 tools/shows/flips.py "$AKASHI"
# T9. A disk that fills up.
step full-disk "$CODE tools/shows/full_disk.py" python3 tools/shows/full_disk.py "$AKASHI" every
# A long log, and how soon the store serves again (docs/durability.md, D12).
step restart "$CODE" python3 tools/torture/restart.py "$AKASHI"
# T10. Clocks.
step clocks "$STORE" unit store_clocks_test AKASHI_CLOCKS=5000
# T12. Memory that runs out.
step memory "$TORTURE" python3 tools/torture/memory.py "$AKASHI" 3000
# T17. Proofs before strangers.
step strangers "$TORTURE share" env JOBS=1 python3 tools/torture/strangers.py "$AKASHI" 10000
# Show 3. What the seal costs, on the reference data of the benches.
costs() {
    mkdir -p build-bench
    [ -f build-bench/syslog.log ] || python3 "$BENCH/gen.py" syslog build-bench/syslog.log 600000000 || return 1
    ninja -C build-shows/build bench/akashi_unsealed bench/prove_bench &&
        python3 bench/seal.py "$AKASHI" build-shows/build/bench/akashi_unsealed build-shows/build/bench/prove_bench build-bench/syslog.log 16 100
}
alone costs "$CODE bench" needs "$BENCH/gen.py" costs
show_end
