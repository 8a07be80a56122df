"""What the checks of the tree (tools/check_*) share: the files, allow-lists, TAP."""
import os
import re
import sys

ROOT = os.environ.get("AKASHI_ROOT") or os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def files(folders, endings):
    """Paths below ROOT, sorted: the files of these folders with these endings. None at all is an error: a
    check would pass because it looked at nothing."""
    found = []
    for folder in folders:
        for place, inner, names in os.walk(os.path.join(ROOT, folder)):
            inner[:] = sorted(name for name in inner if name not in ("__pycache__", "node_modules"))
            found += [os.path.relpath(os.path.join(place, name), ROOT) for name in names if name.endswith(endings)]
    if not found:
        sys.exit("no %s files in %s of %s" % (" ".join(endings), " ".join(folders), ROOT))
    return sorted(found)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as f:
        return f.read()


def exists(path):
    return os.path.exists(os.path.join(ROOT, path))


def first_comment(text):
    found = re.match(r"\s*/\*(.*?)\*/", text, re.DOTALL)
    return re.sub(r"\s*\n\s*\*\s*", " ", found.group(1)) if found else ""


class Allowed:
    """An allow-list: lines "what reason..."; every line must have a reason and be needed."""

    def __init__(self, path):
        self.path = path
        self.rows = {}
        self.used = set()
        if exists(path):
            for line in read(path).splitlines():
                if line.strip() and not line.startswith("#"):
                    what, _, reason = line.strip().partition(" ")
                    self.rows[what] = reason.strip()

    def __contains__(self, what):
        if what in self.rows:
            self.used.add(what)
            return True
        return False

    def problems(self):
        for what, reason in self.rows.items():
            if not reason:
                yield "%s: %s has no reason" % (self.path, what)
            if what not in self.used:
                yield "%s: %s is not needed any more" % (self.path, what)


class Tap:
    """Prints points; problems are listed before their point."""

    def __init__(self):
        self.points = 0
        self.failed = False

    def note(self, text):
        print("# " + text if text else "#")

    def point(self, name, problems):
        self.points += 1
        problems = list(problems)
        for problem in problems:
            self.note(problem)
        self.failed |= bool(problems)
        print("%sok %d - %s" % ("not " if problems else "", self.points, name))

    def skip(self, name, reason):
        self.points += 1
        print("ok %d - %s # SKIP %s" % (self.points, name, reason))

    def end(self):
        print("1..%d" % self.points)
        sys.exit(1 if self.failed else 0)
