#!/usr/bin/env python3
"""scan.py AKASHI CORPUS FOLDER [EVENTS]: what Sigma rules cost `akashi scan`, on Windows events that are made of those
of CORPUS (shared with nobody: read now, never copied into the project) with fresh values.

Two files of EVENTS events (200,000 when not given) are made in FOLDER: all kinds of events as often as the corpus has
them, and process creations only. Numbers, GUIDs, hashes and addresses are drawn anew, and every command line ends with
a value of its own, so that all differ. Each is scanned by 10, 100, 1,000 and all public rules on one thread; the CPU
time (user and system, the least of three runs) of a scan with one rule that is about other records, on the same file,
is taken off, and so is what a start takes with the rules compiled before (src/cmd/rules_cache.h), which a scan of an empty
file tells; one with --no-cache tells what reading and compiling them takes. Bars of the issue: 3.3 us an event and 120,000
process creations a second on one core with all rules; 3 s to load, 150 ms from the cache; 400 MiB."""
import glob
import json
import os
import random
import re
import subprocess
import sys

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


def main():
    akashi, corpus, folder = sys.argv[1:4]
    count = int(sys.argv[4]) if len(sys.argv) > 4 else 200000
    os.makedirs(os.path.join(folder, "cache"), exist_ok=True)
    os.environ["XDG_CACHE_HOME"] = os.path.join(os.path.abspath(folder), "cache")
    events = parsed(akashi, corpus)
    rules = sorted(glob.glob(os.path.join(corpus, "sigma/rules/**/*.yml"), recursive=True))
    if not events or not rules:
        sys.exit("scan.py: no events or no rules under " + corpus)
    dead, empty = os.path.join(folder, "dead.yml"), os.path.join(folder, "empty.json")
    with open(dead, "w", encoding="utf-8") as out:
        out.write(DEAD)
    open(empty, "w", encoding="utf-8").close()
    files = (("all kinds", events, "kinds"), ("process creations", [event for event in events if is_creation(event)], "creations"))
    for title, templates, name in files:
        path = os.path.join(folder, "%s-%d.json" % (name, count))
        if not os.path.exists(path):
            make(templates, count, path, 1)
        none = scan(akashi, dead, path)
        nothing = scan(akashi, dead, empty)[0]
        print("%s: %d events, %d bytes each; without rules %.2f us an event" % (title, count, os.path.getsize(path) // count, (none[0] - nothing) * 1e6 / count))
        for number in (10, 100, 1000, len(rules)):
            chosen = choose(folder, rules, number)
            cpu, peak, summary = scan(akashi, chosen, path)
            load = scan(akashi, chosen, empty)[0]
            cold = scan(akashi, chosen, empty, "--no-cache")[0]
            cost = (cpu - load) - (none[0] - nothing)
            print("  %5d rules: %5.2f us an event, %7.0f events a second with reading, %7.0f by rules alone; compiled in %.2f s, from the cache in %.0f ms; %d MiB; %d findings" % (
                summary["rules"], cost * 1e6 / count, count / (cpu - load), count / max(cost, 1e-9), cold, load * 1e3, peak, summary["findings"]), flush=True)


if __name__ == "__main__":
    main()
