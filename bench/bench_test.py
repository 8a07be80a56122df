#!/usr/bin/env python3
"""bench_test.py GENERATE MEASURE: tests of the bench's parts, on small data: that the generator gives what is said of
it, that the truth is what other means find, and that wrong answers, torn prefixes and missed bars are seen."""
import copy
import datetime
import json
import lzma
import math
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../tools")]
import checklib
import judge
import loads
import measure
import readers
import tables
import truth

GENERATE, MEASURE = (os.path.abspath(path) for path in sys.argv[1:3])


def generate(kind, out, size, seed):
    subprocess.run([GENERATE, kind, out, str(size), seed, "-", os.path.join(HERE, "templates")], check=True, stdout=subprocess.DEVNULL)
    return open(out, "rb").read()


def same_and_other(work):
    for kind in ("syslog", "zeek", "words"):
        first, again, other = (generate(kind, "%s/%s.%s" % (work, kind, name), 300000, seed) for name, seed in (("a", "1"), ("b", "1"), ("c", "2")))
        if first != again:
            yield "%s differs between two runs of one seed" % kind
        if first == other:
            yield "%s is the same for two seeds" % kind
        if not 0.7 < len(first) / 300000 < 1.5:
            yield "%s has %d bytes instead of 300000" % (kind, len(first))


def forms(syslog, zeek):
    fields = list(loads.syslog_fields(syslog))
    hosts = {host for _, _, _, host, *_ in fields}
    if len(hosts) != 50:
        yield "%d hosts" % len(hosts)
    times = [(day, time) for _, day, time, *_ in fields]
    if times != sorted(times) or times[0][0] < b"14" or times[-1][0] > b"20":
        yield "the times of the syslog lines are not in order or in the week"
    with open(zeek) as f:
        records = [json.loads(line) for line in f]
    stamps = [record["ts"] for record in records]
    if stamps != sorted(stamps) or stamps[-1] > "2026-11-21":
        yield "the times of the Zeek records are not in order or in the week"
    for record in records:
        datetime.datetime.strptime(record["ts"], "%Y-%m-%dT%H:%M:%S.%fZ")
    if len({record["_path"] for record in records}) < 15:
        yield "few kinds of Zeek records"


def truths(syslog, zeek, found):
    grep = lambda *words: int(subprocess.run(["grep", "-c"] + list(words), capture_output=True, text=True, env=dict(os.environ, LC_ALL="C")).stdout)
    for name, number in (("Q1", 20), ("Q2", 500)):
        if len(found[name]) != number:
            yield "%s: %d lines" % (name, len(found[name]))
    for name, words in (("Q3", ("-E", r"Failed password for (invalid user )?[A-Za-z0-9_]+ from 10\.[0-9]+")), ("Q10", ("-F", "ssword fo")), ("Q9", ("-F", truth.ABSENT))):
        lines = grep(*words, syslog) + grep(*words, zeek)
        if lines != found[name]:
            yield "%s: grep finds %d, the truth is %d" % (name, lines, found[name])
    if grep("-i", "-F", "error", syslog) + grep("-i", "-F", "error", zeek) != sum(found["Q6"].values()):
        yield "Q6: grep finds another number"
    if sum(found["Q4"].values()) != grep("", syslog):
        yield "Q4 does not add up to the lines"


def seen_as_wrong(found):
    """An answer that is the truth is right; one of which a bit is changed is not."""
    for name in truth.NAMES:
        answer = copy.deepcopy(found[name])
        if name in ("Q5", "Q8"):
            answer = dict(sorted(answer.items(), key=lambda pair: -pair[1])[:10])
        if truth.differs(name, answer, found):
            yield "%s: the truth is wrong: %s" % (name, truth.differs(name, answer, found))
        if isinstance(answer, int):
            answer += 1
        elif isinstance(answer, list):
            answer = answer[:-1] if answer else ["x"]
        else:
            low, high = min(answer, key=answer.get), max(answer, key=answer.get)
            swapped = {**answer, low: answer[high], high: answer[low]}
            if not truth.differs(name, swapped, found):
                yield "%s: the right numbers at the wrong places pass" % name
            answer[low] += 1
        if not truth.differs(name, answer, found):
            yield "%s: a wrong answer passes" % name
    if truth.differs("Q1", [truth.message(line) for line in found["Q1"]], found, messages=True):
        yield "messages alone are not taken"


def bits_below_size(path):
    """What was drawn is a bound: a strong compressor stays above it, but not by much more than the fixed text."""
    drawn = json.load(open(path + ".drawn.json"))["drawn_bytes"]
    packed = len(lzma.compress(open(path, "rb").read()))
    fixed = len(lzma.compress(open(path + ".templates", "rb").read()))
    if not drawn < packed:
        yield "%d bytes drawn, xz makes %d" % (drawn, packed)
    if drawn + fixed < packed / 4:
        yield "%d bytes drawn and %d fixed are far from the %d of xz" % (drawn, fixed, packed)


def bits_by_hand(work):
    """The bits of random words computed anew from the text and the law that they are drawn by."""
    generate("words", work + "/words", 400000, "3")
    drawn = json.load(open(work + "/words.drawn.json"))["drawn_bytes"] * 8
    lines = open(work + "/words").read().splitlines()
    words = [word for line in lines for word in line.split()]
    law = [math.log2((i + 2) / (i + 1)) / math.log2(30000) for i in range(30000)]
    mean = -sum(p * math.log2(p) for p in law)
    wanted = len(words) * mean + len(lines) * math.log2(19) + sum(math.log2(11) + len(word) * math.log2(26) for word in set(words))
    if abs(drawn / wanted - 1) > 0.006:
        yield "words: %d bits drawn, wanted %d" % (drawn, wanted)


def prefixes(path):
    prefix = readers.Prefix(path, b"ssword fo")
    n = len(prefix.lines)
    good = [prefix.problem(prefix.lines, 0, None), prefix.problem(prefix.lines, n, prefix.lines[-1]), prefix.problem(prefix.found, 3, prefix.found[2])]
    bad = [prefix.problem(prefix.lines, n - 1, prefix.lines[-1]), prefix.problem(prefix.lines, n, prefix.lines[-1] + 1), prefix.problem(prefix.found, 3, prefix.found[3])]
    if any(good):
        yield "a prefix is not taken for one: %s" % good
    if not all(bad):
        yield "a torn state passes: %s" % bad


def measuring(work):
    runner = measure.Runner(MEASURE, work)
    r = runner.run("head -c 1000 /dev/zero; exit 3", may_fail=True)
    if r["status"] != 3 or len(r["out"]) != 1000 or not 0 < r["peak"] < 50 << 20 or r["wall"] <= 0:
        yield "measured %s" % {key: r[key] for key in ("status", "peak", "wall")}
    busy = runner.run(["sh", "-c", "i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done"])
    if not 0.001 < busy["cpu"] < busy["wall"] * 1.5:
        yield "%f s of CPU time in %f s" % (busy["cpu"], busy["wall"])
    late = runner.run(["sleep", "60"], seconds=1, may_fail=True)
    if late["status"] != 137 or late["wall"] > 30:
        yield "what takes too long is not ended: %d" % late["status"]
    try:
        runner.run("exit 1")
        yield "a failure passes"
    except measure.Failed:
        pass


def bars():
    figures = lambda wall: {"wall": wall, "cpu": wall, "peak": 1 << 20}
    results = {"queries-1": {"wrong": [], "idle": {"wall": 0.001, "peak": 1 << 20}, "queries": {
        "Q1": {"akashi": figures(0.011), "ripgrep": figures(0.001)}, "Q2": {"akashi": figures(0.051), "ripgrep": figures(0.100), "other": figures(0.2)},
        "Q3": {"akashi": figures(0.049), "ripgrep": figures(0.100)}, "Q4": {"akashi": figures(0.013)}}}}
    ruled = lambda us: {"rules": 9, "events": "process creations", "us": us, "per_second": 1e6 / us, "load_s": 1, "cached_s": 0.1, "peak_mib": 500}
    results["rules-1"] = {"wrong": [], "rows": [ruled(3.0), dict(ruled(99), rules=8)], "peers": {"Hayabusa": None}}
    judged = judge.judge({"results": results})
    if [row["held"] for row in judged if row["show"] == "Sigma 3"] != [True, True, True, False]:
        yield "the bars of rules are judged wrongly"
    if "| Hayabusa | not present |" not in tables.rules(results["rules-1"] | {"rows": [dict(ruled(1), findings=0)]}):
        yield "a peer that is not there is not told"
    rows = {row["what"].split(",")[0]: row["held"] for row in judged}
    for name, held in (("Q1", True), ("Q2", False), ("Q3", True), ("Q4", False), ("answers", True)):
        if rows[name] is not held:
            yield "%s is judged %s" % (name, rows[name])


def main():
    tap = checklib.Tap()
    with tempfile.TemporaryDirectory() as work:
        tap.point("a_seed_gives_the_same_data_and_another_gives_other", list(same_and_other(work)))
        syslog, zeek = work + "/s.log", work + "/z.ndjson"
        generate("syslog", syslog, 1500000, "5")
        generate("zeek", zeek, 1500000, "5")
        tap.point("lines_have_their_form_and_come_in_order", list(forms(syslog, zeek)))
        found = truth.together(truth.syslog_truth(syslog), truth.zeek_truth(zeek))
        tap.point("the_truth_is_what_grep_finds", list(truths(syslog, zeek, found)))
        tap.point("a_wrong_answer_is_seen", list(seen_as_wrong(found)))
        tap.point("the_bits_drawn_are_a_bound_of_the_size", list(bits_below_size(syslog)) + list(bits_below_size(zeek)) + list(bits_by_hand(work)))
        tap.point("a_state_that_is_no_prefix_is_seen", list(prefixes(syslog)))
        tap.point("processes_are_measured_and_ended", list(measuring(work)))
        tap.point("bars_are_judged", list(bars()))
    tap.end()


if __name__ == "__main__":
    main()
