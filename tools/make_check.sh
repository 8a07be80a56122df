#!/bin/sh
# make_check.sh: what ./test leaves out because it takes long or needs clang. Required before an
# issue is called resolved. Ends with "check: N passed, N failed"; exit status 1 on a failure.
#   clang      clang-19 with ASan and UBSan, all tests
#   tsan       clang-19 with ThreadSanitizer, unit tests
#   tidy       clang-tidy-19 with .clang-tidy over src
#   release    gcc -O3 without sanitizers, all tests
#   browser    the page of scan in headless Chromium; skipped ("not present") where there is none
#   long       unit tests with ten other seeds and twenty times the rounds
# Arguments: names of steps; all when none is given.
set -u
cd "$(dirname "$0")/.." || exit 1
tools/install build test check || exit 1
passed=0
failed=0
steps=${*:-clang tsan tidy release browser long}

# build FOLDER COMPILER OPTION...
build() {
    folder=$1 compiler=$2
    shift 2
    if [ ! -f "$folder/build.ninja" ]; then
        CC=$compiler meson setup "$folder" -Db_lundef=false "$@" >"$folder.log" 2>&1 || {
            cat "$folder.log"
            rm -rf "$folder" "$folder.log"
            return 1
        }
        mv "$folder.log" "$folder/setup.log"
    fi
    ninja -C "$folder" >"$folder/build.log" 2>&1 || {
        grep -E 'error|FAILED|undefined' "$folder/build.log" | head -n 40
        return 1
    }
}

step_clang() {
    build build-clang clang-19 -Db_sanitize=address,undefined -Dc_args=-fno-sanitize-recover=all &&
        python3 tools/run_tests.py build-clang unit corpus e2e
}

step_tsan() {
    build build-tsan clang-19 -Db_sanitize=thread && python3 tools/run_tests.py build-tsan unit
}

# misc-include-cleaner finds includes that are not used; that a header brings others along is meant.
step_tidy() {
    build build-clang clang-19 -Db_sanitize=address,undefined -Dc_args=-fno-sanitize-recover=all || return 1
    find src tests/support -name '*.c' | sort |
        xargs -P "${AKASHI_JOBS:-$(nproc)}" -n 4 clang-tidy-19 -p build-clang --quiet --checks=misc-include-cleaner \
            >build-clang/tidy.log 2>&1
    case $? in 0 | 123) ;; *) tail -n 3 build-clang/tidy.log && return 1 ;; esac # 123: something was found
    grep -E ' (warning|error): ' build-clang/tidy.log | grep -v 'no header providing' |
        grep -vE '/([a-z0-9_]+)_test\.c:.*included header \1\.h ' | sort -u >build-clang/tidy.found
    head -n 60 build-clang/tidy.found
    [ -s build-clang/tidy.log ] && [ ! -s build-clang/tidy.found ]
}

step_browser() {
    build build-release gcc --buildtype=release && python3 tools/run_tests.py build-release browser
}

step_release() {
    build build-release gcc --buildtype=release && python3 tools/run_tests.py build-release unit corpus e2e
}

step_long() {
    build build-release gcc --buildtype=release || return 1
    for seed in 1 2 3 4 5 6 7 8 9 10; do
        AKASHI_SEED=$seed AKASHI_ROUNDS=20 python3 tools/run_tests.py build-release unit >build-release/long.log 2>&1 || {
            echo "with AKASHI_SEED=$seed AKASHI_ROUNDS=20:"
            grep -A 12 FAIL build-release/long.log
            return 1
        }
    done
    tail -n 1 build-release/long.log
}

for name in $steps; do
    echo "== $name"
    if "step_$name"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "== $name: FAILED"
    fi
done
echo "check: $passed passed, $failed failed"
[ $failed = 0 ]
