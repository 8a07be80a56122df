#!/usr/bin/env python3
"""run.py AKASHI [--pairs N] [--correlations N] [--seed N] [--tap] [--keep DIR]: random Sigma rules against random events,
by `akashi rules test` and by a slow evaluator that shares no code with it (judge.py).

Each batch has some rules, filters and events, as YAML files and lines of JSON, and is reproduced by
its seed alone: run.py AKASHI --batch SEED. What differs is shrunk until nothing can be left out of
it, printed, and the exit status is 1."""
import argparse
import copy
import datetime
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import judge
import correlate
import make
import make_correlations
import written
from trees import Map, Text

PROBLEM = re.compile(r"^\S+?:\d+:\d+: (warning: )?.*?(?: \[([^\]]*)\])?$")


class Batch:
    """Of an odd seed: about correlations. Of others every second has records of a log, which scan and hunt read too."""

    def __init__(self, seed):
        self.seed = seed
        self.correlations, self.records = [], False
        self.placeholders = make.PLACEHOLDERS
        if seed % 2 == 1:
            maker = make_correlations.CorrelationMaker(random.Random(seed))
            self.events = [maker.event() for _ in range(maker.one([5, 20, 60, 150]))]
            self.rules, self.filters = [maker.rule(number) for number in range(maker.one([1, 3, 6]))], []
            self.correlations = maker.correlations(self.rules)
            maker.random.shuffle(self.events)  # they are in order of time, not of the file
            return
        self.records = seed % 4 == 2
        maker = make.Maker(random.Random(seed), self.records)
        rules, events = maker.one([1, 2, 5, 20, 60, 200]), maker.one([1, 3, 20, 60, 200])
        if self.records and maker.chance(0.1):  # whole blocks of a store
            rules, events = min(rules, 10), 5000
        self.events = [maker.event() for _ in range(events)]
        self.rules = [maker.rule(number) for number in range(rules)]
        self.filters = [maker.filter(number, rules) for number in range(maker.one([0, 0, 0, 1, 2]))]


class Answer:
    """Which documents were refused, and which rules hold for which event: (number, id, whether it
    alerts, groups of a correlation)."""

    def __init__(self, refused, hits, loaded=None, trouble="", told=""):
        self.refused, self.hits, self.loaded, self.trouble, self.told = refused, hits, loaded, trouble, told


def evaluated(batch):
    rules, refused, filters = [], set(), []
    for tree in batch.rules:
        try:
            rules.append(judge.Rule(tree, batch.placeholders))
        except judge.Refused:
            refused.add(tree.get("id").text)
    for tree in batch.filters:
        try:
            filters.append(judge.Filter(tree, batch.placeholders))
        except judge.Refused:
            refused.add(tree.get("title").text)
    for one in filters:
        for rule in rules:
            one.put_on(rule)
    events = [judge.event_of(tree) for tree in batch.events]
    fired, more, alerts = correlated(batch, rules, events, refused)
    hits = {(number, rule.id, rule.id in alerts, ()) for number, event in enumerate(events, 1) for rule in rules if rule.holds(event)}
    hits |= {(number, name, name in alerts, groups) for number, name, groups in fired}
    return Answer(refused | more, hits, len(rules))


def correlated(batch, rules, events, refused):
    correlations = []
    for tree in batch.correlations:
        try:
            correlations.append(correlate.Correlation(tree))
        except judge.Refused:
            refused.add(tree.get("title").text)
    if not batch.correlations:
        return set(), set(), {rule.id for rule in rules}
    times = [datetime.datetime.fromisoformat(event.values("@timestamp")[0].replace("Z", "+00:00")) for event in events]
    timed = [(number, time.timestamp(), event) for number, (time, event) in enumerate(zip(times, events), 1)]
    return correlate.run(rules, correlations, sorted(timed, key=lambda each: each[1]))


def write(batch, folder):
    writer = random.Random(batch.seed)
    os.makedirs(os.path.join(folder, "rules"), exist_ok=True)
    documents = batch.rules + batch.filters + batch.correlations
    writer.shuffle(documents)
    files = min(writer.choice([1, 1, 2, 5]), len(documents))
    for number in range(files):
        with open(os.path.join(folder, "rules", "%d.yml" % number), "w", encoding="utf-8", newline="") as file:
            file.write(written.yaml_file(writer, documents[number::files]))
    with open(os.path.join(folder, "events.jsonl"), "w", encoding="utf-8", newline="") as file:
        file.writelines(written.json_text(tree, writer) + "\n" for tree in batch.events)
    with open(os.path.join(folder, "placeholders.yml"), "w", encoding="utf-8") as file:
        file.writelines("%s: %s\n" % (name, json.dumps(values)) for name, values in batch.placeholders.items() if values)


def asked(akashi, batch, folder, more=()):
    shutil.rmtree(os.path.join(folder, "rules"), ignore_errors=True)
    write(batch, folder)
    done = subprocess.run(
        [akashi, "rules", "test", "--no-cache", "--format", "jsonl", *more, "--event", folder + "/events.jsonl", "--placeholders", folder + "/placeholders.yml", folder + "/rules"],
        capture_output=True, check=False, timeout=300)
    told = done.stderr.decode("utf-8", "replace")
    loaded = re.search(r"^akashi: (\d+) rules", told, re.M)
    if done.returncode not in (0, 1) or not loaded:
        return Answer(set(), set(), None, "exit status %d: %s" % (done.returncode, told[-3000:]))
    refused = set()
    for line in told.splitlines():
        found = PROBLEM.match(line)
        if found and not found[1]:
            refused.add(found[2])
    lines = [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]
    hits = [(line["akashi.record"], line["rule.id"], line["alerts"], tuple(line.get("correlation.group", {}).items())) for line in lines]
    if len(set(hits)) < len(hits):
        return Answer(refused, set(), None, "the same is found twice", told)
    return Answer(refused, set(hits), int(loaded[1]), "", told)


SOURCES = "---\n".join(
    "logsource: {product: %s%s%s}\nwhen: {akashi.format: json}\n" % (product, category, service)
    for product in ("p1", "p2") for category in ("", ", category: c1", ", category: c2") for service in ("", ", service: s1"))


def scanned(akashi, batch, folder, expected):
    """What scan finds in the same events as a log, and hunt in a store of it; None, or a text about
    the difference."""
    if expected.loaded == 0:
        return None
    write(batch, folder)
    with open(folder + "/sources.yml", "w", encoding="utf-8") as file:
        file.write(SOURCES)
    store, log = folder + "/store", folder + "/events.jsonl"
    shutil.rmtree(store, ignore_errors=True)
    kept = subprocess.run([akashi, "ingest", "--store", store, log], capture_output=True, check=False, timeout=300)
    if kept.returncode != 0:
        return "ingest: " + kept.stderr.decode("utf-8", "replace")[-2000:]
    return found_by(akashi, "scan", [log], folder, expected) or found_by(akashi, "hunt", ["--store", store], folder, expected)


def found_by(akashi, command, where, folder, expected):
    done = subprocess.run(
        [akashi, command, "--no-cache", "--format", "jsonl", "--rules", folder + "/rules", "--sources", folder + "/sources.yml",
         "--placeholders", folder + "/placeholders.yml", *where], capture_output=True, check=False, timeout=300)
    lines = [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]
    hits = {(line["akashi.record"], line["rule.id"], True, ()) for line in lines}
    if done.returncode not in (0, 1) or len(hits) < len(lines):
        return "%s: exit status %d: %s" % (command, done.returncode, done.stderr.decode("utf-8", "replace")[-2000:])
    if hits != expected.hits:
        return "%s, too much: %s; missing: %s" % (command, sorted(hits - expected.hits)[:5], sorted(expected.hits - hits)[:5])
    return None


def difference(expected, got):
    """None, or a text."""
    if got.trouble:
        return got.trouble
    if got.refused != expected.refused:
        return "refused wrongly: %s; should be refused: %s; told:\n%s" % (
            sorted(map(str, got.refused - expected.refused)), sorted(map(str, expected.refused - got.refused)), got.told[-1500:])
    if got.loaded != expected.loaded:
        return "%s rules are loaded, %d expected" % (got.loaded, expected.loaded)
    if got.hits != expected.hits:
        return "too much: %s; missing: %s" % (sorted(got.hits - expected.hits)[:5], sorted(expected.hits - got.hits)[:5])
    return None


# ---- shrinking ----

KEPT = ("id", "title", "logsource", "rules", "condition", "detection", "filter", "correlation", "type", "timespan", "@timestamp")


def smaller(tree):
    """Trees with something less."""
    if isinstance(tree, Text):
        if tree.kind != "str":
            return
        size = len(tree.text)
        while size > 1:
            size //= 2
            for at in range(0, len(tree.text), size):
                yield Text("str", tree.text[:at] + tree.text[at + size:])
        if len(tree.text) == 1:
            yield Text("str", "")
        return
    items = tree if isinstance(tree, list) else tree.pairs
    for at in range(len(items)):
        if isinstance(tree, Map) and items[at][0] in KEPT:
            continue
        rest = items[:at] + items[at + 1:]
        yield rest if isinstance(tree, list) else Map(rest)
    if isinstance(tree, list) and len(tree) == 1:
        yield tree[0]
    for at, item in enumerate(items):
        if isinstance(tree, list):
            for other in smaller(item):
                yield items[:at] + [other] + items[at + 1:]
        elif item[0] not in KEPT[:3] + KEPT[-3:]:
            for other in smaller(item[1]):
                yield Map(items[:at] + [(item[0], other)] + items[at + 1:])


def smaller_batches(batch):
    for name in ("correlations", "filters", "rules", "events"):
        items = getattr(batch, name)
        size = len(items)
        while size > 0:
            for at in range(0, len(items), size):
                other = copy.copy(batch)
                setattr(other, name, items[:at] + items[at + size:])
                yield other
            size //= 2
    for name in ("correlations", "filters", "rules", "events"):
        items = getattr(batch, name)
        for at, item in enumerate(items) if len(items) < 4 else ():
            for tree in smaller(item):
                other = copy.copy(batch)
                setattr(other, name, items[:at] + [tree] + items[at + 1:])
                yield other


def differs(akashi, batch, folder):
    try:
        expected = evaluated(batch)
    except (AttributeError, TypeError, ValueError):  # a document without what all have
        return None
    if not batch.rules or not batch.events:
        return None
    return difference(expected, asked(akashi, batch, folder)) or (scanned(akashi, batch, folder, expected) if batch.records else None)


def shrink(akashi, batch, folder, until):
    """The same sort of difference stays."""
    again, sort = True, (differs(akashi, batch, folder) or "")[:6]
    while again and time.monotonic() < until:
        again = False
        for other in smaller_batches(batch):
            if time.monotonic() > until:
                break
            if (differs(akashi, other, folder) or "none")[:6] == sort:
                batch, again = other, True
                break
    return batch


def tell(args, batch, folder, wrong):
    print("# seed %d: %s" % (batch.seed, wrong[:3000].replace("\n", "\n#   ")), flush=True)
    small = shrink(args.akashi, batch, folder, time.monotonic() + args.shrink)
    wrong = differs(args.akashi, small, folder)
    plain = difference(evaluated(small), asked(args.akashi, small, folder, ["--plain"]))
    print("# shrunk (%s): %s" % ("also with --plain" if plain else "right with --plain", (wrong or "?")[:1000].replace("\n", "\n#   ")))
    for place, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            if name not in ("placeholders.yml", "sources.yml"):
                with open(os.path.join(place, name), encoding="utf-8") as file:
                    print("#   %s\n#     %s" % (name, file.read()[:2000].replace("\n", "\n#     ")))
    sys.stdout.flush()


# ---- all ----

class Tally:
    def __init__(self):
        self.batches = self.pairs = self.hits = self.rules = self.refused = self.useful = self.failed = self.correlations = self.fired = 0


def run_batch(args, folder, seed, tally):
    batch = Batch(seed)
    expected = evaluated(batch)
    wrong = difference(expected, asked(args.akashi, batch, folder)) or (scanned(args.akashi, batch, folder, expected) if batch.records else None)
    tally.batches += 1
    tally.pairs += expected.loaded * len(batch.events)
    tally.hits += len(expected.hits)
    tally.rules += expected.loaded
    tally.refused += len(expected.refused)
    often = {}
    for _, rule, _, _ in expected.hits:
        often[rule] = often.get(rule, 0) + 1
    if batch.correlations:
        tally.correlations += len(batch.correlations)
        tally.fired += sum(rule.startswith("c") for _, rule, _, _ in expected.hits)
    tally.useful += sum(count < len(batch.events) for count in often.values())
    if wrong:
        tally.failed += 1
        tell(args, batch, folder, wrong)


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("akashi")
    parser.add_argument("--pairs", type=int, default=100000, help="of a rule and an event, at least")
    parser.add_argument("--correlations", type=int, default=1000, help="at least")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("AKASHI_SEED", "1")))
    parser.add_argument("--batch", type=int, help="only the batch of this seed")
    parser.add_argument("--tap", action="store_true")
    parser.add_argument("--keep", help="the files of the last batch stay in this folder")
    parser.add_argument("--failures", type=int, default=5, help="ends after so many")
    parser.add_argument("--shrink", type=float, default=60, help="seconds for making a failure small")
    return parser.parse_args()


def main():
    args = arguments()
    args.akashi = os.path.abspath(args.akashi)
    folder = args.keep or tempfile.mkdtemp(prefix="akashi-sigma-")
    tally = Tally()
    try:
        if args.batch is not None:
            run_batch(args, folder, args.batch, tally)
        while args.batch is None and tally.failed < args.failures and (tally.pairs < args.pairs or tally.correlations < args.correlations):
            odd = tally.pairs >= args.pairs or (tally.batches % 2 == 1 and tally.correlations < args.correlations)
            run_batch(args, folder, args.seed * 1000000 + 2 * tally.batches + odd, tally)
    finally:
        if not args.keep:
            shutil.rmtree(folder)
    # A test of rules of which hardly one holds for some events only would show nothing.
    good = not tally.failed and (args.batch is not None or tally.useful * 4 > tally.rules)
    if args.tap:
        print("1..1\n%s 1 - random rules hold for random events as the specification has it" % ("ok" if good else "not ok"))
    print("# %d pairs of %d rules (%d hold for some events but not all; %d more are refused) and an event, %d of them hits, in %d batches; %d correlations fired %d times: %d differ" % (
        tally.pairs, tally.rules, tally.useful, tally.refused, tally.hits, tally.batches, tally.correlations, tally.fired, tally.failed))
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
