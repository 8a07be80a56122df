#!/usr/bin/env python3
"""Tests of tools/run_tests.py: nothing that did not run may count as passed."""
import os
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools"))
import checklib
import run_tests

# TAP text, exit status -> passed, failed, skipped
CASES = {
    "a_good_run": ("TAP version 13\n1..2\nok 1 - a\nok 2 - b\n", 0, (2, 0, 0)),
    "a_plan_at_the_end": ("ok 1\nok 2\n1..2\n", 0, (2, 0, 0)),
    "a_failed_point": ("1..2\nok 1 - a\nnot ok 2 - b\n", 1, (1, 1, 0)),
    "a_skipped_point": ("1..2\nok 1 - a\nok 2 - b # SKIP no journal\n", 0, (1, 0, 1)),
    "no_output_at_all": ("", 0, (0, 1, 0)),
    "no_plan": ("ok 1 - a\n", 0, (1, 1, 0)),
    "an_end_before_the_plan_is_done": ("1..3\nok 1 - a\n", 0, (1, 1, 0)),
    "more_points_than_planned": ("1..1\nok 1\nok 2\n", 0, (2, 1, 0)),
    "a_crash_after_the_last_point": ("1..1\nok 1 - a\n", -6, (1, 1, 0)),
    "a_crash_in_the_middle": ("1..2\nok 1 - a\n", -11, (1, 2, 0)),
    "a_leak_found_at_exit": ("1..1\nok 1 - a\n==1==ERROR: LeakSanitizer\n", 23, (1, 1, 0)),
    "a_bail_out": ("1..1\nok 1 - a\nBail out! no disk\n", 0, (1, 1, 0)),
    "an_empty_plan": ("1..0\n", 0, (0, 1, 0)),
    "a_program_skipped_as_a_whole": ("1..0 # SKIP no journal\n", 0, (0, 0, 1)),
    "words_that_only_begin_like_ok": ("1..1\nokay then\nok 1 - a\n", 0, (1, 0, 0)),
    "a_failure_marked_as_skipped_is_a_failure": ("1..1\nnot ok 1 - a # SKIP x\n", 1, (0, 1, 0)),
}


def judge(name):
    text, status, expected = CASES[name]
    result = run_tests.read_tap(text, status)
    got = (result.passed, result.failed, len(result.skipped))
    if got != expected:
        yield "passed, failed, skipped: %s, should be %s" % (got, expected)


def run_program(script, timeout=60):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "x.sh")
        with open(path, "w", encoding="utf-8") as f:
            f.write(script)
        test = {"name": "x", "cmd": ["sh", path], "env": {}, "cwd": folder, "timeout": timeout}
        return run_tests.run(test)[0]


def programs():
    result = run_program("echo 1..1; echo ok 1 - a; kill -ABRT $$")
    if (result.passed, result.failed) != (1, 1) or "SIGABRT" not in result.failures[0]:
        yield "an abort: %s" % result.failures
    result = run_program("echo 1..1; sleep 30", timeout=1)
    if result.failed != 2:
        yield "a program that hangs: %s" % result.failures
    result = run_program("printf '1..1\\nok 1 - a \\377\\n'")
    if (result.passed, result.failed) != (1, 0):
        yield "bytes that are not UTF-8: %s" % result.failures


def main():
    tap = checklib.Tap()
    for name in CASES:
        tap.point(name + "_is_counted_right", judge(name))
    tap.point("programs_that_crash_or_hang_count_as_failed", programs())
    tap.end()


if __name__ == "__main__":
    main()
