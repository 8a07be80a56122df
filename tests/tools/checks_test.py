#!/usr/bin/env python3
"""Tests of tools/check_*: each finds what it is for in a small tree made here, and says nothing
about a good one."""
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools")
sys.path.insert(0, TOOLS)
import checklib

GOOD = {
    "src/LAYERS": "# order\nbase:\nos: base\nstore: base os\n",
    "src/base/str.h": "/* Text. */\n#pragma once\n",
    "src/base/str.c": '/* Text. */\n#include "base/str.h"\n\nint one(void) {\n\treturn 1;\n}\n',
    "src/base/str_test.c": '#include "base/str.h"\n\n#include "tap.h"\n',
    "src/base/meson.build": "base_tests = [\n  'str',\n]\nbase_fuzzers = []\n",
    "src/store/page.h": "/* Pages, private to src/store. */\n#pragma once\n",
    "src/store/store.h": '/* Stores. */\n#pragma once\n#include "base/str.h"\n#include "store/page.h"\n',
    "tests/support/tap.h": "",
    "tests/tools/x_test.py": "",
}
LONG = "int %s(void) {\n" + "\tone();\n" * 69 + "}\n"

# check -> name of the case -> (files over GOOD, what its output must hold)
BAD = {
    "check_layers": {
        "an_include_upwards": ({"src/base/x.h": '#include "store/store.h"\n'}, "does not let base include store"),
        "a_private_header": ({"src/LAYERS": "base:\nos: base\nstore: base os\ncmd: base store\n", "src/cmd/a.c": '#include "store/page.h"\n'}, "private to src/store"),
        "a_layer_out_of_order": ({"src/LAYERS": "base: os\nos: base\nstore: base os\n"}, "does not stand above"),
        "a_folder_without_layer": ({"src/new/a.c": "int a;\n"}, "src/new is not in src/LAYERS"),
        "an_include_without_folder": ({"src/base/b.c": '#include "str.h"\n'}, "by its path"),
        "a_header_that_is_not_there": ({"src/base/b.c": '#include "base/none.h"\n'}, "does not exist"),
        "a_circle": ({"src/base/a.h": '#include "base/b.h"\n', "src/base/b.h": '#include "base/a.h"\n'}, "base/a.h -> base/b.h -> base/a.h"),
        "another_header_first": ({"src/base/str.c": '#include <stdio.h>\n#include "base/str.h"\n'}, "base/str.h first"),
    },
    "check_sizes": {
        "a_long_function": ({"src/base/b.c": LONG % "two"}, "two() has 71 lines"),
        "a_long_file": ({"src/base/b.c": "/* x */\n" * 801}, "has 801 lines"),
        "an_exception_not_needed": ({"tools/allow_sizes": "src/base/b.c it was long once\n"}, "not needed any more"),
        "an_exception_without_reason": ({"src/base/b.c": LONG % "two", "tools/allow_sizes": "src/base/b.c:two\n"}, "no reason"),
    },
    "check_tests": {
        "a_source_without_test": ({"src/base/b.c": ""}, "src/base/b.c has no b_test.c"),
        "a_test_that_is_not_built": ({"src/base/b.c": "", "src/base/b_test.c": ""}, "not in base_tests"),
        "an_end_to_end_script_that_is_not_run": ({"tests/e2e/day.sh": "", "tests/meson.build": ""}, "tests/e2e/day.sh is not in"),
        "a_fuzz_target_without_corpus": ({"src/base/str_fuzz.c": "", "src/base/meson.build": "base_tests = ['str']\nbase_fuzzers = ['str']\n"}, "tests/corpora/str has no files"),
    },
    "check_todo": {
        "work_without_issue": ({"src/base/b.c": "/* TO" + "DO: later */\n"}, "without an issue"),
    },
    "check_format": {
        "a_file_not_formatted": ({"src/base/b.c": "int  a( void ) ;\n"}, "src/base/b.c is not formatted"),
    },
}


def run(check, more):
    with tempfile.TemporaryDirectory() as root:
        for path, text in {**GOOD, **more}.items():
            path = os.path.join(root, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
        with open(os.path.join(TOOLS, "../.clang-format"), encoding="utf-8") as f:
            style = f.read()
        with open(os.path.join(root, ".clang-format"), "w", encoding="utf-8") as f:
            f.write(style)
        env = dict(os.environ, AKASHI_ROOT=root)
        done = subprocess.run([sys.executable, os.path.join(TOOLS, check)], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode, done.stdout


def good(check):
    status, text = run(check, {})
    if status != 0 or "not ok" in text:
        yield from text.splitlines()


def bad(check, name):
    more, expected = BAD[check][name]
    status, text = run(check, more)
    if status != 1 or expected not in text:
        yield "should say: " + expected
        yield from text.splitlines()


def nothing_to_look_at():
    """A check that finds no file at all must not pass."""
    with tempfile.TemporaryDirectory() as root:
        for check in ("check_format", "check_sizes", "check_tests", "check_todo"):
            done = subprocess.run([sys.executable, os.path.join(TOOLS, check)], env=dict(os.environ, AKASHI_ROOT=root), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            if done.returncode == 0:
                yield check + " passes on an empty tree"


def globals_of(source):
    """What check_globals says of a library made of source."""
    with tempfile.TemporaryDirectory() as root:
        os.makedirs(os.path.join(root, "build/src"))
        os.makedirs(os.path.join(root, "tools"))
        code, thing = os.path.join(root, "x.c"), os.path.join(root, "x.o")
        with open(code, "w", encoding="utf-8") as f:
            f.write(source)
        subprocess.run(["gcc", "-c", "-fPIE", "-fsanitize=address,undefined", "-o", thing, code], check=True)
        subprocess.run(["ar", "cr", os.path.join(root, "build/src/libakashi_x.a"), thing], check=True)
        command = [sys.executable, os.path.join(TOOLS, "check_globals"), os.path.join(root, "build")]
        return subprocess.run(command, env=dict(os.environ, AKASHI_ROOT=root), stdout=subprocess.PIPE, text=True).stdout


def globals_found():
    for line in ("int a;", "static int a = 1;", "static _Thread_local int a;", "const char *a = 0;"):
        text = globals_of(line + "int f(int i);int f(int i) { return 0" + (" + a++" if "*" not in line else "") + " / i; }\n")
        if "src/x: a is a mutable variable" not in text:
            yield line + " is not found: " + text
    text = globals_of('const int a = 1; static const char *const t[] = {"a", "b"}; const char *f(int i); const char *f(int i) { return t[i]; }\n')
    if "not ok" in text:
        yield "constants are found: " + text


def main():
    tap = checklib.Tap()
    for check, cases in BAD.items():
        tap.point("%s_is_content_with_a_good_tree" % check, good(check))
        for name in cases:
            tap.point("%s_finds_%s" % (check, name), bad(check, name))
    tap.point("checks_of_nothing_do_not_pass", nothing_to_look_at())
    tap.point("check_globals_tells_variables_from_constants", globals_found())
    tap.end()


if __name__ == "__main__":
    main()
