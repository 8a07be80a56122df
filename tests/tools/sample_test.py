#!/usr/bin/env python3
"""Tests of samples/intrusion: the committed files are what tools/make_sample.py writes, and the
numbers in its README are those of the files."""
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools"))
import checklib

FOLDER = os.path.join(checklib.ROOT, "samples/intrusion")
ENCODINGS = {"app02/gyomu.log": "cp932"}
ADDRESS = re.compile(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b")
DOCUMENTATION = ("192.0.2.", "198.51.100.", "203.0.113.")


def logs(folder):
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            if name != "README.md":
                path = os.path.join(place, name)
                with open(path, "rb") as f:
                    found[os.path.relpath(path, folder)] = f.read()
    return found


def differences():
    with tempfile.TemporaryDirectory() as out:
        subprocess.run([sys.executable, os.path.join(checklib.ROOT, "tools/make_sample.py"), out], check=True)
        made, kept = logs(out), logs(FOLDER)
    for path in sorted(made.keys() | kept.keys()):
        if made.get(path) != kept.get(path):
            yield path + " is not what tools/make_sample.py writes"


def foreign_names(texts):
    for path, text in texts.items():
        for address in ADDRESS.findall(text):
            if not address.startswith(DOCUMENTATION) and not re.search(r"(Chrome|Safari|Version)/" + re.escape(address), text):
                yield "%s: %s is not an address for documentation" % (path, address)


def count(text, *patterns):
    return sum(all(re.search(pattern, line) for pattern in patterns) for line in text.splitlines())


def wrong_numbers(texts):
    readme = checklib.read("samples/intrusion/README.md")
    access, auth = texts["web01/access.log"], texts["web01/auth.log"]
    lines = sum(text.count("\n") for text in texts.values())
    said = [
        "{:,} lines".format(lines),
        "tries %d paths" % count(access, r"^203\.0\.113\.66 "),
        "%d do not exist (404)" % count(access, r"^203\.0\.113\.66 ", '" 404 '),
        "%d are forbidden (403)" % count(access, r"^203\.0\.113\.66 ", '" 403 '),
        "%d times wrong" % count(auth, "Failed password", r"203\.0\.113\.66"),
        "%d failures, then `deploy` at 01:52:37" % count(auth, "Failed password"),
        "uses the web shell, %d requests" % count(access, r"^198\.51\.100\.23 ", r"/upload/help\.php", '" 200 '),
    ]
    for sentence in said:
        if sentence not in readme:
            yield "README does not say: " + sentence
    for path, text in texts.items():
        if not re.search(r"\| `%s` \| [^|]+ \| %d \|" % (path, text.count("\n")), readme):
            yield "README has another number of lines for %s than %d" % (path, text.count("\n"))


def main():
    tap = checklib.Tap()
    texts = {path: data.decode(ENCODINGS.get(path, "utf-8")) for path, data in logs(FOLDER).items()}
    tap.point("the_sample_is_what_its_generator_writes", differences())
    tap.point("addresses_are_those_for_documentation", foreign_names(texts))
    tap.point("the_numbers_of_the_story_are_those_of_the_files", wrong_numbers(texts))
    tap.end()


if __name__ == "__main__":
    main()
