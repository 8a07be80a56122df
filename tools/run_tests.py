#!/usr/bin/env python3
"""run_tests.py BUILD [PART...]: runs all tests and counts what really ran.

Tests are what `meson introspect --tests BUILD` lists (unit, corpora, end to end), tools/check_* and
tests/tools/*_test.py. Each is a program that prints TAP. A program that crashes, exits with a
status that its TAP does not explain, prints no plan or an empty one, or ends before its plan is done counts as
failed. The last line is "N passed, N failed" (", N skipped" when there are any); the exit status
is 1 when something failed. PART: only tests whose name has one of these parts.
"""
import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
POINT = re.compile(r"^(not )?ok\b\s*(\d+)?\s*(?:-\s*)?(.*)$")
PLAN = re.compile(r"^1\.\.(\d+)\s*(#.*)?$")
SKIP = re.compile(r"#\s*SKIP\b\s*(.*)$", re.IGNORECASE)
SANITIZERS = {
    "ASAN_OPTIONS": "abort_on_error=1:halt_on_error=1:detect_leaks=1:strict_string_checks=1:"
    "detect_stack_use_after_return=1:check_initialization_order=1",
    "UBSAN_OPTIONS": "halt_on_error=1:abort_on_error=1:print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1:abort_on_error=1",
}
OUTPUT_SHOWN = 4000  # bytes of a failed program's output


class Result:
    """What one program's TAP says."""

    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.skipped = []  # (name, reason)
        self.failures = []


def read_tap(text, status, timed_out=False):
    """Counts the points of a TAP stream and judges its end. status: the exit status, negative for
    a signal."""
    result = Result()
    plan = None
    points = 0
    explained = False
    for line in text.splitlines():
        found = PLAN.match(line)
        if found and plan is None:
            plan = int(found.group(1))
            whole = SKIP.search(found.group(2) or "")
            if whole:
                result.skipped.append(("all of it", whole.group(1)))
            continue
        if line.startswith("Bail out!"):
            result.failures.append(line)
            continue
        found = POINT.match(line)
        if not found:
            continue
        points += 1
        failed, name = found.group(1), found.group(3)
        skip = SKIP.search(name)
        if failed:
            explained = True
            result.failures.append(name or "point %d" % points)
        elif skip:
            result.skipped.append((name[: skip.start()].strip(), skip.group(1)))
        else:
            result.passed += 1
    if timed_out:
        result.failures.append("ran into its time limit")
    elif status < 0:
        result.failures.append("ended by signal %s" % signal_name(-status))
    elif status != 0 and not explained:
        result.failures.append("exit status %d" % status)
    if plan is None:
        result.failures.append("printed no plan")
    elif plan == 0 and not result.skipped:
        result.failures.append("has no tests")
    elif points != plan:
        result.failures.append("ran %d of %d tests" % (points, plan))
    result.failed = len(result.failures)
    return result


def signal_name(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


def meson_tests(build):
    text = subprocess.run(["meson", "introspect", "--tests", build], check=True, stdout=subprocess.PIPE).stdout
    for test in json.loads(text):
        suite = test["suite"][0].split(":")[-1] if test["suite"] else "unit"
        yield {
            "name": suite + " " + test["name"],
            "cmd": test["cmd"],
            "env": test["env"],
            "cwd": test["workdir"] or build,
            "timeout": test["timeout"],
        }


def tree_tests(build):
    programs = [("check", os.path.join(ROOT, "tools", name)) for name in sorted(os.listdir(ROOT + "/tools")) if re.fullmatch(r"check_\w+", name)]
    folder = os.path.join(ROOT, "tests", "tools")
    programs += [("tools", os.path.join(folder, name)) for name in sorted(os.listdir(folder)) if name.endswith("_test.py")]
    for kind, path in programs:
        name = kind + " " + os.path.basename(path)
        yield {"name": name, "cmd": [sys.executable, path, build], "env": {}, "cwd": ROOT, "timeout": 300}


def run(test):
    env = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", LC_ALL="C.UTF-8", TZ="UTC")
    for name, value in SANITIZERS.items():
        env.setdefault(name, value)
    env.update(test["env"])
    started = time.monotonic()
    process = subprocess.Popen(
        test["cmd"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, cwd=test["cwd"], start_new_session=True
    )
    timed_out = False
    try:
        output = process.communicate(timeout=test["timeout"])[0]
    except subprocess.TimeoutExpired:
        timed_out = True
        os.killpg(process.pid, signal.SIGKILL)
        output = process.communicate()[0]
    text = output.decode("utf-8", "replace")
    return read_tap(text, process.returncode, timed_out), text, time.monotonic() - started


def report(test, result, text, seconds):
    mark = "FAIL" if result.failed else "ok  "
    skipped = ", %d skipped" % len(result.skipped) if result.skipped else ""
    failed = ", %d failed" % result.failed if result.failed else ""
    print("%s %-40s %4d passed%s%s  (%.1f s)" % (mark, test["name"], result.passed, failed, skipped, seconds))
    for name, reason in result.skipped:
        print("     skipped: %s (%s)" % (name, reason or "no reason given"))
    if result.failed:
        for failure in result.failures:
            print("     FAILED: %s" % failure)
        tail = [line for line in text.splitlines() if not re.match(r"ok\b|TAP version", line)]
        print("     | " + "\n     | ".join("\n".join(tail)[-OUTPUT_SHOWN:].splitlines()))
    elif test["name"].startswith("check "):
        for line in text.splitlines():
            if line.startswith("# "):
                print("     " + line[2:])
    sys.stdout.flush()


def run_all(tests):
    passed = failed = skipped = 0
    with ThreadPoolExecutor(max_workers=int(os.environ.get("AKASHI_JOBS", os.cpu_count() or 1))) as pool:
        waiting = {pool.submit(run, test): test for test in tests}
        for done in as_completed(waiting):
            result, text, seconds = done.result()
            report(waiting[done], result, text, seconds)
            passed += result.passed
            failed += result.failed
            skipped += len(result.skipped)
    return passed, failed, skipped


def main():
    build = os.path.abspath(sys.argv[1])
    tests = list(meson_tests(build)) + list(tree_tests(build))
    if len(sys.argv) > 2:
        tests = [test for test in tests if any(part in test["name"] for part in sys.argv[2:])]
    started = time.monotonic()
    passed, failed, skipped = run_all(tests)
    if not tests:
        print("No test has such a name.")
        failed = 1
    print("%d programs in %.0f s" % (len(tests), time.monotonic() - started))
    print("%d passed, %d failed%s" % (passed, failed, ", %d skipped" % skipped if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
