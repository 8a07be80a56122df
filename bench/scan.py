#!/usr/bin/env python3
"""scan.py AKASHI CORPUS FOLDER [EVENTS]: what Sigma rules cost `akashi scan`, on Windows events that are made of those
of CORPUS (shared with nobody: read now, never copied into the project) with fresh values.

Two files of EVENTS events (200,000 when not given) are made in FOLDER: all kinds of events as often as the corpus has
them, and process creations only. Numbers, GUIDs, hashes and addresses are drawn anew, and every command line ends with
a value of its own, so that all differ. Each is scanned by 10, 100, 1,000 and all public rules on one thread; the CPU
time (user and system, the least of three runs) of a scan with one rule that is about other records, on the same file,
is taken off, and so is what a start takes with the rules compiled before (src/cmd/rules_cache.h), which a scan of an empty
file tells; one with --no-cache tells what reading and compiling them takes. Bars of the issue: 3.3 us an event and 120,000
process creations a second on one core with all rules; 3 s to load, 150 ms from the cache; 400 MiB.

The step "rules" of bench.py is the same, with peers on the events of CORPUS as they are: AKASHI_BENCH_HAYABUSA and
AKASHI_BENCH_CHAINSAW are whole command lines, in which {events}, {rules} and {out} are put."""
import glob
import json
import os
import random
import re
import shlex
import subprocess
import sys
import time

FRESH = re.compile(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}|\b[0-9A-Fa-f]{32,64}\b|\b0x[0-9a-fA-F]{4,16}\b|\b\d{1,3}(?:\.\d{1,3}){3}\b|\b\d{3,9}\b")
KEPT = {"winlog.event_id", "winlog.version", "winlog.level", "winlog.task", "winlog.opcode", "winlog.channel", "winlog.provider_name", "winlog.provider_guid", "winlog.keywords"}
DEAD = "title: Nothing\nlogsource: {product: windows, service: dns-server}\ndetection: {s: {A: x}, condition: s}\n"


def parsed(akashi, corpus):
    done = subprocess.run([akashi, "parse", os.path.join(corpus, "evtx/files")], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return [json.loads(line) for line in done.stdout.splitlines()]


def is_creation(event):
    channel = event.get("winlog.channel", "")
    return (channel.endswith("Sysmon/Operational") and event["winlog.event_id"] == 1) or (channel == "Security" and event["winlog.event_id"] == 4688)


def fresh(match):
    text = match.group()
    if text[1:2] == "x":
        return "0x%x" % random.getrandbits(4 * (len(text) - 2))
    if "." in text:
        return "10.%d.%d.%d" % (random.randrange(256), random.randrange(256), random.randrange(1, 255))
    if text.isdigit() and len(text) < 10:
        return str(random.randrange(10 ** (len(text) - 1), 10 ** len(text)))
    return "".join("%X" % random.randrange(16) if c != "-" else c for c in text)


def make(events, count, path, seed):
    """Lines as `akashi parse` would print them: flat names."""
    random.seed(seed)
    bare = []
    for event in events:
        names = [name for name in event if name.startswith("winlog.")]
        bare.append({name: event[name] for name in names})
    with open(path, "w", encoding="utf-8") as out:
        for number in range(count):
            event = random.choice(bare)
            made = {"@timestamp": "2026-11-%02dT%02d:%02d:%02d.%03dZ" % (1 + number * 26 // count, random.randrange(24), random.randrange(60), random.randrange(60), random.randrange(1000))}
            for name, value in event.items():
                if name not in KEPT and isinstance(value, str):
                    value = FRESH.sub(fresh, value)
                    if name.endswith("CommandLine"):
                        value += " %x" % random.getrandbits(40)
                made[name] = value
            made["winlog.record_id"] = number + 1
            out.write(json.dumps(made, ensure_ascii=False) + "\n")


def scan(akashi, rules, path, *more, rounds=3):
    """CPU seconds, the least; peak memory in MiB; the summary."""
    best = None
    for _ in range(rounds):
        with subprocess.Popen([akashi, "scan", "--threads", "1", "--format", "jsonl", "--json", "-o", "/dev/null", *more, "--rules", rules, path], stderr=subprocess.PIPE, text=True) as child:
            err = child.stderr.read()
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        cpu = usage.ru_utime + usage.ru_stime
        if best is None or cpu < best[0]:
            best = (cpu, usage.ru_maxrss >> 10, json.loads(err.strip().rsplit("\n", 1)[-1]))
    return best


def choose(folder, rules, count):
    """A folder with links to so many of the rules, evenly spread."""
    target = os.path.join(folder, "rules-%d" % count)
    os.makedirs(target, exist_ok=True)
    for number in range(count):
        path = rules[number * len(rules) // count]
        link = os.path.join(target, "%d-%s" % (number, os.path.basename(path)))
        if not os.path.lexists(link):
            os.symlink(os.path.abspath(path), link)
    return target


def peer(command, corpus, folder):
    """The cost of a peer on the events of the corpus, or None when it is not there."""
    if not command:
        return None
    words = [word.format(events=os.path.join(corpus, "evtx/files"), rules=os.path.join(corpus, "sigma/rules"), out=os.path.join(folder, "peer.out")) for word in shlex.split(command)]
    start = time.monotonic()
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    return {"wall": time.monotonic() - start, "cpu": usage.ru_utime + usage.ru_stime, "peak_mib": usage.ru_maxrss >> 10, "status": child.returncode}


def measure_peers(akashi, corpus, folder):
    own = "%s scan --no-cache --format jsonl -o {out} --rules {rules} {events}" % shlex.quote(akashi)
    commands = (("akashi", own), ("Hayabusa", os.environ.get("AKASHI_BENCH_HAYABUSA")), ("Chainsaw", os.environ.get("AKASHI_BENCH_CHAINSAW")))
    return {name: peer(command, corpus, folder) for name, command in commands}


def make_apart(akashi, corpus, count, paths):
    """In a process of its own: the memory of this one would count as that of the programs that it starts."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            events = parsed(akashi, corpus)
            for path, templates in zip(paths, (events, [event for event in events if is_creation(event)])):
                make(templates, count, path + ".part", 1)
                os.replace(path + ".part", path)
            status = 0
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1] == 0


def measure_rules(akashi, corpus, folder, count):
    """Yields a line of figures for each kind of file and number of rules."""
    os.makedirs(os.path.join(folder, "cache"), exist_ok=True)
    os.environ["XDG_CACHE_HOME"] = os.path.join(os.path.abspath(folder), "cache")
    rules = sorted(glob.glob(os.path.join(corpus, "sigma/rules/**/*.yml"), recursive=True))
    files = [(title, os.path.join(folder, "%s-%d.json" % (name, count))) for title, name in (("all kinds", "kinds"), ("process creations", "creations"))]
    if not rules or not all(os.path.exists(path) for _, path in files) and not make_apart(akashi, corpus, count, [path for _, path in files]):
        raise OSError("no events or no rules under " + corpus)
    dead, empty = os.path.join(folder, "dead.yml"), os.path.join(folder, "empty.json")
    with open(dead, "w", encoding="utf-8") as out:
        out.write(DEAD)
    open(empty, "w", encoding="utf-8").close()
    for title, path in files:
        none = scan(akashi, dead, path)[0] - scan(akashi, dead, empty)[0]
        for number in (10, 100, 1000, len(rules)):
            chosen = choose(folder, rules, number)
            cpu, peak, summary = scan(akashi, chosen, path)
            load = scan(akashi, chosen, empty)[0]
            cold = scan(akashi, chosen, empty, "--no-cache")[0]
            yield {"events": title, "count": count, "event_bytes": os.path.getsize(path) // count, "none_us": none * 1e6 / count, "rules": summary["rules"],
                   "us": (cpu - load - none) * 1e6 / count, "per_second": count / (cpu - load), "load_s": cold, "cached_s": load, "peak_mib": peak, "findings": summary["findings"]}


def main():
    akashi, corpus, folder = sys.argv[1:4]
    count = int(sys.argv[4]) if len(sys.argv) > 4 else 200000
    told = None
    for row in measure_rules(akashi, corpus, folder, count):
        if row["events"] != told:
            told = row["events"]
            print("%s: %d events, %d bytes each; without rules %.2f us an event" % (told, count, row["event_bytes"], row["none_us"]))
        print("  %5d rules: %5.2f us an event, %7.0f events a second with reading; compiled in %.2f s, from the cache in %.0f ms; %d MiB; %d findings" % (
            row["rules"], row["us"], row["per_second"], row["load_s"], row["cached_s"] * 1e3, row["peak_mib"], row["findings"]), flush=True)
    for name, cost in measure_peers(akashi, corpus, folder).items():
        print("%s on the events of the corpus: %s" % (name, "not present" if cost is None else "%.2f s, %.2f CPU-s, %d MiB, status %d" % (
            cost["wall"], cost["cpu"], cost["peak_mib"], cost["status"])))


if __name__ == "__main__":
    main()
