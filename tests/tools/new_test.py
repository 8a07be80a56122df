#!/usr/bin/env python3
"""Tests of tools/new: what it makes stands where the checks of the tree want it."""
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools")
sys.path.insert(0, TOOLS)
import checklib

TREE = {
    "src/LAYERS": "base:\nevent: base\ningest: base event\ncmd: base ingest\n",
    "src/base/str.h": "/* Text. */\n#pragma once\n",
    "src/base/meson.build": "base_sources = files(\n  'str.c',\n)\nbase_tests = ['str']\nbase_fuzzers = []\n",
    "src/base/str.c": '/* Text. */\n#include "base/str.h"\n',
    "src/base/str_test.c": "",
    "src/ingest/meson.build": "ingest_sources = []\ningest_links = []\ningest_tests = []\ningest_fuzzers = []\n",
    "src/ingest/formats/access.yml": "name: access\n",
    "tests/support/tap.h": "",
    "docs/decisions/0007-seven.md": "",
}
# arguments -> files that must then be there
CASES = {
    "parser zeek": ["src/ingest/zeek.c", "src/ingest/zeek.h", "src/ingest/zeek_test.c", "src/ingest/zeek_fuzz.c", "tests/corpora/zeek/example", "docs/formats/zeek.md"],
    "source base/ring": ["src/base/ring.c", "src/base/ring.h", "src/base/ring_test.c"],
    "fuzz base/str": ["src/base/str_fuzz.c", "tests/corpora/str/example"],
    "decision one-more": ["docs/decisions/0008-one-more.md"],
    "format squid": ["src/ingest/formats/squid.yml"],
}
REFUSED = ["", "parser", "nothing x", "parser Zeek", "parser a/b", "source ring", "source none/ring", "source base/../x", "source base/str"]


def run(root, tool, *arguments):
    command = [sys.executable, os.path.join(TOOLS, tool), *arguments]
    return subprocess.run(command, env=dict(os.environ, AKASHI_ROOT=root), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def with_tree(test, *arguments):
    with tempfile.TemporaryDirectory() as root:
        for path, text in TREE.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as f:
                f.write(text)
        yield from test(root, *arguments)


def makes(root, words, expected):
    done = run(root, "new", *words.split())
    if done.returncode != 0:
        yield from done.stdout.splitlines()
    for path in expected:
        if not os.path.exists(os.path.join(root, path)):
            yield path + " was not made"
    for check in ("check_tests", "check_layers"):
        done = run(root, check)
        if done.returncode != 0:
            yield from done.stdout.splitlines()


def refuses(root, words):
    done = run(root, "new", *words.split())
    if done.returncode == 0 or not done.stdout:
        yield "it took: new " + words


def main():
    tap = checklib.Tap()
    for words, expected in CASES.items():
        tap.point("new_%s_passes_the_checks" % words.replace(" ", "_"), with_tree(makes, words, expected))
    tap.point("what_cannot_be_made_is_refused", [problem for words in REFUSED for problem in with_tree(refuses, words)])
    tap.end()


if __name__ == "__main__":
    main()
