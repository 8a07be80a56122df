#!/usr/bin/env python3
"""run.py AKASHI ASK [--cases N] [--seed N] [--tap] [--keep DIR] [--per-store N]: random queries over
random small stores, answered by Akashi and by a naive evaluator that reads docs/query.md only.

AKASHI is the program, ASK the small one beside it that answers many queries at once. Only commands,
query.h and store.h are used: how a store is laid out does not matter. What differs is printed with
the seed, the store's folder (--keep) and both answers; the exit status is 1 then."""
import argparse
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import judge
import pipes
from lines import Lines
from stages import Stages
from values import Record, Value, _value

NOW_NS = 1795600000 * 10**9  # 2026-11-25T09:46:40Z


class Failure(Exception):
    pass


class Store:
    """A random store, and the records that its raw files have."""

    def __init__(self, akashi, folder, seed):
        self.akashi, self.folder = akashi, folder
        self.random = random.Random(seed)
        self.path = os.path.join(folder, "store")
        os.makedirs(folder)
        lines = Lines(self.random)
        most = self.random.choice([3, 10, 40, 40, 150])
        self.questions = 1.0  # of so many as there could be
        self.fresh = False
        if self.random.random() < 0.03:  # more than a page holds
            most, self.questions = 12000, 0.08
            lines.longest = 3
        elif self.random.random() < 0.25:  # a block with columns of numbers, what fields have, words
            self.fresh, most, self.questions = True, self.random.choice([4500, 9000]), 0.2
            lines.longest = 3
        classes = ["default", "default", "other"] if self.random.random() < 0.2 else ["default"]
        self.records = []
        for number in range(self.random.choice([1, 1, 2] if self.fresh else [1, 1, 2, 3, 5])):
            self.take(number, lines, most, classes)
        self.find_places()

    def command(self, *args):
        done = subprocess.run([self.akashi, *args], capture_output=True, check=False)
        if done.returncode != 0:
            raise Failure("%s: %s" % (" ".join(args), done.stderr.decode("utf-8", "replace")))
        return [line for line in done.stdout.decode("utf-8").split("\n") if line]

    def take(self, number, lines, most, classes):
        path = os.path.join(self.folder, "%d.log" % number)
        with open(path, "wb") as file:
            file.write(lines.fresh_file(most) if self.fresh else lines.file(most))
        os.utime(path, (NOW_NS // 10**9, NOW_NS // 10**9))
        more = ["--format", "text"] if self.random.random() < 0.05 else []
        self.records += [Record(line) for line in self.command("parse", *more, path)]
        self.command("ingest", "--store", self.path, "--class", self.random.choice(classes), "--source", "source %d" % (number % 2), *more, path)

    def find_places(self):
        """The store's own numbers of the records; all else that it says must be as parsed."""
        parsed = {(record.path, record.number): record for record in self.records}
        kept = [Record(line) for line in self.command("search", "--store", self.path, "--order", "index", "--format", "jsonl", "*")]
        for order, record in enumerate(kept):
            other = parsed.pop((record.path, record.number), None)
            received = "received" in [e.text for e in record.fields.get("akashi.time_flags", Value("list", "", [])).elements()]
            ignored = {"akashi.tree", "akashi.index"} | ({"@timestamp"} if received else set())
            said = {name: raw for name, raw in record.raw.items() if name not in ignored}
            if other is None or said != {name: raw for name, raw in other.raw.items() if name not in ignored}:
                raise Failure("the store has other records than the file: %s:%d\n  %s\n  %s" % (record.path, record.number, said, other and other.raw))
            record.place = (record.fields["akashi.tree"].text, int(record.fields["akashi.index"].text))
            record.order = order
            record.fields["akashi.source"] = Value("string", "source %d" % (int(os.path.basename(record.path)[:-4]) % 2))
        if parsed:
            raise Failure("the store lacks records: %s" % sorted(parsed))
        self.records = kept


# ---- comparing ----

def same_number(expected, text):
    try:
        return math.isclose(expected, float(text), rel_tol=1e-9, abs_tol=1e-6)
    except (ValueError, OverflowError):
        return False


def same_value(expected, raw):
    absent = raw == '{"absent":1}'
    if expected is None or absent:
        return expected is None and absent
    if isinstance(expected, pipes.Near):
        return same_number(expected.number, raw)
    got = _value(raw)
    if expected.kind == "list":
        return got.kind == "list" and [e.text for e in expected.items] == [e.text for e in got.items]
    return got.kind != "list" and got.text == expected.text


def shown(value):
    if isinstance(value, pipes.Near):
        return str(value.number)
    if value is None:
        return "-"
    return "[%s]" % ", ".join(e.text for e in value.items) if isinstance(value, Value) and value.kind == "list" else value.text


def difference(columns, rows, answer, raw):
    """What is wrong with the answer, or None."""
    if "error" in answer:
        return "error: %s (at %s)" % (answer["error"], answer.get("at"))
    if columns is None:
        expected = [list(row.record.place) for row in rows]
        return None if answer.get("records") == expected else "records %s, expected %s" % (answer.get("records"), expected)
    if answer.get("columns") != columns:
        return "columns %s, expected %s" % (answer.get("columns"), columns)
    got = raw_rows(raw)
    if len(got) != len(rows):
        return "%d rows, expected %d: %s" % (len(got), len(rows), got[:5])
    for number, (row, values) in enumerate(zip(rows, got)):
        for name, value in zip(columns, values):
            if not same_value(row.values.get(name), value):
                return "row %d: %s is %s, expected %s" % (number, name, value, shown(row.values.get(name)))
    return None


def raw_rows(line):
    """The cells of an answer as they are written: numbers keep their digits."""
    from values import DECODER, _items
    _, start = DECODER.raw_decode(line, line.index('"columns":') + 10)
    at = line.index("[", line.index('"rows":', start))
    _, end = DECODER.raw_decode(line, at)
    return [list(_items(row)) for row in _items(line[at:end])]


# ---- a round: one store, many queries ----

class Case:
    def __init__(self, store, number, seed):
        self.random = random.Random("%s/%s" % (seed, number))
        maker = Stages(self.random, store.records, NOW_NS)
        self.tree, self.stages, self.text = maker.query()
        self.order = self.random.choice(["time", "time", "-time", "index"])
        self.limit = self.random.choice([2**64 - 1, 2**64 - 1, 2**64 - 1, 1, 5])
        self.bounds = [None, None]
        if self.random.random() < 0.08:
            self.bounds = sorted(self.random.choice(store.records).time_ns + self.random.choice([-1, 0, 1]) for _ in range(2))
            self.bounds[self.random.randrange(2)] = self.random.choice([None, self.bounds[1]])

    def line(self):
        bounds = ["-" if bound is None else str(bound) for bound in self.bounds]
        return "%s\t%d\t%d\t%s\t%s\n" % (self.order, self.limit, NOW_NS, "\t".join(bounds), self.text)

    def check(self, store, raw):
        tree = ("and", [("time", *self.bounds), self.tree])
        found = [record for record in store.records if judge.judge(tree, record)]
        columns, rows = pipes.run(found, self.stages, self.order, self.limit)
        return len(found), difference(columns, rows, json.loads(raw), raw)


def ask_all(ask, store, cases):
    lines = "".join(case.line() for case in cases).encode("utf-8", "surrogatepass")
    done = subprocess.run([ask, store.path], input=lines, capture_output=True, check=False)
    answers = done.stdout.decode("utf-8").split("\n")[:-1]
    if done.returncode != 0 or len(answers) != len(cases):
        raise Failure("ask ended with %d after %d of %d answers, at: %s\n%s" % (
            done.returncode, len(answers), len(cases), cases[len(answers)].text if len(answers) < len(cases) else "the end", done.stderr.decode("utf-8", "replace")[-2000:]))
    return answers


class Tally:
    def __init__(self):
        self.cases = self.stores = self.hits = self.failed = self.records = self.piped = 0


def run_round(args, folder, seed, count, tally):
    where = os.path.join(folder, str(seed))
    store = Store(args.akashi, where, seed)
    cases = [Case(store, number, seed) for number in range(max(1, int(count * store.questions)))]
    failed = 0
    for number, (case, raw) in enumerate(zip(cases, ask_all(args.ask, store, cases))):
        found, wrong = case.check(store, raw)
        tally.cases += 1
        tally.hits += 0 < found < len(store.records)
        tally.piped += bool(case.stages)
        if wrong:
            failed += 1
            print("# seed %s, case %d (%s, limit %d, %s): %s\n#   %s" % (seed, number, case.order, case.limit, case.bounds, case.text, wrong[:1500]), flush=True)
    tally.stores += 1
    tally.records += len(store.records)
    tally.failed += failed
    if not failed and not args.keep:
        shutil.rmtree(where)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("akashi")
    parser.add_argument("ask")
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--per-store", type=int, default=250)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("AKASHI_SEED", "1")))
    parser.add_argument("--tap", action="store_true")
    parser.add_argument("--keep", help="stores stay in this folder")
    parser.add_argument("--failures", type=int, default=20, help="ends after so many")
    args = parser.parse_args()
    args.akashi, args.ask = os.path.abspath(args.akashi), os.path.abspath(args.ask)
    folder = args.keep or tempfile.mkdtemp(prefix="akashi-oracle-")
    tally, start, broken = Tally(), time.process_time(), None
    number = 0
    try:
        while tally.cases < args.cases and tally.failed < args.failures:
            run_round(args, folder, args.seed * 1000000 + number, min(args.per_store, args.cases - tally.cases), tally)
            number += 1
    except Failure as failure:
        broken = failure
        print("# seed %d: %s" % (args.seed * 1000000 + number, str(failure).replace("\n", "\n# ")))
    if not args.keep and not tally.failed and not broken:
        shutil.rmtree(folder)
    good = not tally.failed and not broken and tally.hits > tally.cases // 10
    if args.tap:
        print("1..1\n%s 1 - random queries are answered as docs/query.md has it" % ("ok" if good else "not ok"))
    print("# %d queries (%d with pipes, %d found some but not all) over %d stores of %d records: %d differ" % (
        tally.cases, tally.piped, tally.hits, tally.stores, tally.records, tally.failed))
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
