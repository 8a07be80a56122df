#!/usr/bin/env python3
"""hostile_rules.py AKASHI [--limits] [--only WORD]: rules that want to take all time and memory. Each is
read and tried on an event; it is refused with file, line and reason, or is answered, within bounds.

With --limits (a release build): at most 5 CPU-seconds and 512 MiB each, and the heavy ones too; without,
60 CPU-seconds, for a build with sanitizers. TAP."""
import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile


def rule(detection, title="t"):
    return "title: %s\nid: %s\nlogsource: {product: p}\ndetection:\n%s" % (title, title, detection)


def one(item, condition="s"):
    return rule("  s: {%s}\n  condition: %s\n" % (item, condition))


def values(modifier, count, value):
    return rule("  s:\n    A%s:\n%s  condition: s\n" % (modifier, "".join("      - %s\n" % value.replace("#", str(i)) for i in range(count))))


def selections(count, condition):
    return rule("".join("  s%d: {A: x%d}\n" % (i, i) for i in range(count)) + "  condition: %s\n" % condition)


def laughs():
    lists = "".join("%s: &%s [%s]\n" % (chr(98 + i), chr(98 + i), ",".join(["*" + chr(97 + i)] * 10)) for i in range(9))
    return "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + lists + one("A: *j")


def filters(rules, count):
    return "".join(one("A: v%d" % i).replace("title: t\nid: t", "title: t%d\nid: t%d" % (i, i)) + "---\n" for i in range(rules)) + "".join(
        "title: f%d\nlogsource: {product: p}\nfilter: {rules: any, s: {A: f%d}, condition: s}\n---\n" % (i, i) for i in range(count))


def correlation(more, rules="t"):
    return one("A: x") + "---\ntitle: c\ncorrelation:\n  type: event_count\n  timespan: 5m\n  condition: {gte: 2}\n  rules: [%s]\n%s" % (rules, more)


A = '{"A":"%sb"}' % ("a" * 60)
LONG = '{"A":"%sb"}' % ("a" * 1000000)
# name: (text of the rules, event, what is said; None: the rule is read, heavy)
CASES = {
    "a regex that takes all ways": (lambda: one("A|re: '(a+)+$'"), A, "gave up", False),
    "a regex of repeats within repeats": (lambda: one("A|re: '((((a{1,1000}){1,1000}){1,1000}){1,1000})'"), A, r":5:13: .*too large", False),
    "a regex of 30,000 parentheses": (lambda: one("A|re: '%s'" % ("(" * 30000 + "a" + ")" * 30000)), A, r":5:13: .*nested", False),
    "a regex longer than 64 KiB": (lambda: one("A|re: '%s'" % ("a" * 70000)), A, r":5:13: .*longer than 65536", False),
    "3,000 regexes that begin anywhere": (lambda: values("|re", 3000, "'.*a#.*b#.*c'"), A, None, False),
    "1,000 regexes that count": (lambda: values("|re", 1000, "'x#[^a]{1,400}y.{3,300}z'"), A, None, True),
    "a list of a million values": (lambda: values("", 1000000, "v#"), A, r":1:1: the rule is too large", True),
    "a list of 200,000 values": (lambda: values("", 200000, "v#"), A, r":1:1: the rule is too large", False),
    "100,000 values that may be anywhere": (lambda: values("|contains", 100000, "v#"), A, None, True),
    "5,000 patterns": (lambda: values("", 5000, "'*v#?x*y#'"), A, None, False),
    "lists half a million deep": (lambda: one("A: " + "[" * 500000 + "]" * 500000), A, r":5:\d+: this is nested too deeply", False),
    "maps 2,000 deep": (lambda: rule("  s:\n" + "".join(" " * (i + 3) + "a:\n" for i in range(2000)) + "  condition: s\n"), A, r":68:\d+: this is nested too deeply", False),
    "a billion laughs": (laughs, A, r":5:\d+: there are too many values", False),
    "an alias within itself": (lambda: rule("  s: &s {A: *s}\n  condition: s\n"), A, r":5:13: this alias stands inside", False),
    "100,000 anchors": (lambda: "".join("a%d: &a%d x\n" % (i, i) for i in range(100000)) + one("A: *a5"), A, None, False),
    "a value of 15 MB": (lambda: one('A: "%s"' % ("x" * 15000000)), A, r":5:10: this value is longer than 65536", False),
    "a title of 15 MB": (lambda: rule("  s: {A|nosuch: x}\n  condition: s\n", '"%s"' % ("x" * 7000000)), A, r":5:7: there is no modifier", False),
    "a file of 17 MB": (lambda: one('A: "%s"' % ("x" * 17000000)), A, "larger than", False),
    "7 million parentheses": (lambda: one("A: x", "(" * 7000000), A, r":6:78: .*nested too deeply", False),
    "a million times not": (lambda: one("A: x", "not " * 1000000 + "s"), A, r":6:\d+: .*nested too deeply", False),
    "2.5 million times or": (lambda: one("A: x", " or ".join(["s"] * 2500000)), A, r":6:\d+: .*too large", False),
    "1 of 5,000": (lambda: selections(5000, "1 of them"), A, None, False),
    "half a million times 1 of 100,000": (lambda: selections(100000, " or ".join(["1 of them"] * 500000)), A, r":100005:\d+: .*too large", False),
    "700,000 names among 200,000": (lambda: selections(200000, " or ".join(["s199999"] * 700000)), A, r":200005:\d+: .*too large", False),
    "half a million conditions": (lambda: selections(100000, "[%s]" % ",".join(["1 of them"] * 500000)), A, r":100005:\d+: .*too large", False),
    "a pattern of 50,000 stars among 50,000 names": (
        lambda: rule("".join("  %s%d: {A: x}\n" % ("a" * 100, i) for i in range(50000)) + "  condition: 1 of %s\n" % ("*a" * 50000 + "b")), A, r":50005:\d+: .*no selection|too large", False),
    "half a million times 1,000 values": (lambda: one("A: [%s]" % ",".join("x%d" % i for i in range(1000)), " or ".join(["s"] * 500000)), A, r":6:\d+: .*too large|:1:1", False),
    "a pattern of 30,000 wildcards": (lambda: one("A: '*%sb?*'" % ("a?" * 30000)), LONG, r":5:10: this pattern is longer than 2048", False),
    "a pattern of 1,000 wildcards": (lambda: one("A: '*%sb?*'" % ("a?" * 1000)), LONG, None, True),
    "a pattern of 1,000 stars": (lambda: one("A: '*%sc*'" % ("*a" * 1000)), LONG, None, False),
    "a windash of 20,000 dashes": (lambda: one("A|windash|contains: '%s'" % (" -a" * 20000)), A, r":5:\d+: windash makes too many", False),
    "encodings of encodings": (lambda: one("\"A%s\": %s" % ("|base64offset" * 8, "x" * 3000)), A, r":5:\d+: |", False),
    "base64 of base64 of base64": (lambda: one("\"A%s\": %s" % ("|base64" * 8, "x" * 60000)), A, r":5:\d+: .*longer than", False),
    "300,000 fields": (lambda: one(",".join("A%d: x" % i for i in range(300000))), A, r":1:1: the rule is too large", False),
    "10,000 filters of 1,000 rules": (lambda: filters(1000, 10000), A, r"there are more than 4096 filters|more than \d+ operations in all rules", True),
    "4,000 filters of 10,000 rules": (lambda: filters(10000, 4000), A, r"the rules are too large together|more than \d+ operations in all rules", True),
    "a correlation of 400,000 rules": (lambda: correlation("", ",".join("n%d" % i for i in range(400000))), A, r":\d+:\d+: more than 4096 rules", False),
    "200,000 aliases": (lambda: correlation("  aliases:\n" + "".join("    a%d: {t: x}\n" % i for i in range(200000))), A, r":\d+:\d+: there are more than 1024 aliases", False),
    "900,000 fields to group by": (lambda: correlation("  group-by: [%s]\n" % ",".join(["A"] * 900000)), A, r":\d+:\d+: more than 1024 fields", False),
    "10,000 correlations in a row": (
        lambda: one("A: x") + "".join("---\ntitle: c\nid: c%d\ncorrelation: {type: event_count, timespan: 5m, condition: {gte: 1}, rules: [%s]}\n" % (i, "c%d" % (i + 1) if i < 9999 else "t") for i in range(10000)),
        A, r":\d+:\d+: this correlation leads .* through too many", False),
    "three million documents": (lambda: "---\n" * 3000000, A, r":\d+:1: there are too many values", False),
    "fields of an event with 60,000 and 5,000 values": (
        lambda: one("A|fieldref: B"), '{"A":[%s],"B":[%s]}' % (",".join('"a%d"' % i for i in range(60000)), ",".join('"b%d"' % i for i in range(5000))), "gave up", False),
    "60,000 fields of an event and 10,000 of a rule": (
        lambda: values("|fieldref", 10000, "B#"), '{%s,"A":"y"}' % ",".join('"B%d":"x"' % i for i in range(60000)), None, False),
}


def limits(seconds):
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


class Run:
    def __init__(self, akashi, folder, seconds):
        with open(folder + "/told", "wb") as told:
            child = subprocess.Popen(
                [akashi, "rules", "test", "--no-cache", "--event", folder + "/event.json", folder + "/rules.yml"], stdout=subprocess.DEVNULL, stderr=told,
                preexec_fn=lambda: limits(seconds))
            _, status, usage = os.wait4(child.pid, 0)
        child.returncode = self.status = os.waitstatus_to_exitcode(status)
        self.seconds, self.bytes = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024
        with open(folder + "/told", encoding="utf-8", errors="replace") as file:
            self.told = file.read()


def wrong(case, run, limited):
    said = case[2]
    if run.status not in (0, 1, 3):
        return "exit status %d" % run.status
    if said is not None and not re.search(said, run.told):
        return "not said: %s" % said
    if said is None and (run.status != 0 or "; 0 refused" not in run.told):
        return "the rule was not read and answered"
    if limited and (run.seconds > 5 or run.bytes > 512 << 20):
        return "too much"
    return None


def write(name, folder):
    with open(folder + "/rules.yml", "w", encoding="utf-8") as file:
        file.write(CASES[name][0]())
    with open(folder + "/event.json", "w", encoding="utf-8") as file:
        file.write(CASES[name][1] + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("akashi")
    parser.add_argument("--limits", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--write", nargs=2, help="only the files of that case, into that folder")
    args = parser.parse_args()
    if args.write:
        write(*args.write)
        return 0
    names = [name for name in CASES if args.only in name and (args.limits or not CASES[name][3])]
    failed, most = 0, (0, 0)
    print("1..%d" % len(names))
    with tempfile.TemporaryDirectory(prefix="akashi-hostile-") as folder:
        for number, name in enumerate(names, 1):
            # A process of its own writes: what this one has held would count as the child's memory.
            subprocess.run([sys.executable, os.path.abspath(__file__), args.akashi, "--write", name, folder], check=True)
            run = Run(os.path.abspath(args.akashi), folder, 5 if args.limits else 60)
            why = wrong(CASES[name], run, args.limits)
            failed += why is not None
            most = (max(most[0], run.seconds), max(most[1], run.bytes))
            print("%s %d - %s" % ("not ok" if why else "ok", number, name))
            print("#   %.2f s, %d MiB, exit status %d: %s" % (run.seconds, run.bytes >> 20, run.status, run.told.splitlines()[0][:150] if run.told else ""))
            if why:
                print("#   %s" % why, flush=True)
    print("# %d hostile rules: the worst took %.2f CPU-seconds and %d MiB; %d failed" % (len(names), most[0], most[1] >> 20, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
