#!/bin/sh
# torture.sh AKASHI: the short form of each torture (tools/torture, tools/shows). A torture that cannot
# run here (no root, no loop device, no strace) ends with 2 and is skipped.
set -u
akashi=$1
tools=$(dirname "$0")/../../tools
# What a sanitizer finds is found elsewhere: leaks cannot be looked for under strace.
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"
number=0
failed=0
# try NAME COMMAND...
try() {
    number=$((number + 1))
    name=$1
    shift
    out=$("$@" 2>&1)
    status=$?
    echo "$out" | tail -n 12 | sed 's/^/# /'
    case $status in
    0) echo "ok $number - $name" ;;
    2) echo "ok $number - $name # SKIP $(echo "$out" | tail -n 1)" ;;
    *)
        echo "not ok $number - $name"
        failed=1
        ;;
    esac
}

echo "TAP version 13"
echo "1..5"
try "kill -9 at any moment" python3 "$tools/torture/kill9.py" "$akashi" 10 "${AKASHI_SEED:-1}"
try "the power goes off on ext4" python3 "$tools/torture/power_cut.py" "$akashi" 5 "${AKASHI_SEED:-1}"
try "system calls fail" python3 "$tools/torture/syscalls.py" "$akashi" 100 "${AKASHI_SEED:-1}"
try "proofs before strangers" python3 "$tools/torture/strangers.py" "$akashi" 12
try "bits are flipped, files cut and swapped" python3 "$tools/shows/flips.py" "$akashi" 9973
exit "$failed"
