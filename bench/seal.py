#!/usr/bin/env python3
"""seal.py AKASHI UNSEALED PROVE LOG [ROUNDS [MILLIONS]]: what the seal costs. UNSEALED is akashi without
salts, leaves, tree and signatures (bench/unsealed.c): both take LOG in turn, and the difference of their
CPU time is the price. Then verify over what was kept, bytes of the tree, of the fixed files, and the time
of a proof (PROVE is bench/prove_bench) in that store and in one of MILLIONS records (short lines; 0: not
that). Exit status 1 when a bar is not met:
  sealing  at most 0.4 microseconds a record
  verify   at least 200 MB of bodies a second of one core
  trees    at most 0.3 bytes a record, with the salts' seeds
  fixed    at most 128 KiB
  proof    under 5 ms, 99 of 100
"""
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

akashi, unsealed, prove, log = (os.path.abspath(path) for path in sys.argv[1:5])
rounds = int(sys.argv[5]) if len(sys.argv) > 5 else 5
millions = int(sys.argv[6]) if len(sys.argv) > 6 else 100
work = tempfile.mkdtemp(prefix="akashi-seal-", dir=os.environ.get("BENCH_DISK"))
store = work + "/store"
missed = 0


def run(*args):
    """CPU and wall seconds, and the summary."""
    begin = time.perf_counter()
    with open(work + "/err", "w+b") as err:
        process = subprocess.Popen(args, stdout=subprocess.DEVNULL, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - begin
        err.seek(0)
        text = err.read()
    if process.returncode != 0:
        sys.exit("%s: status %d: %s" % (" ".join(args), process.returncode, text.decode(errors="replace")))
    lines = text.splitlines()
    summary = json.loads(lines[-1]) if lines and lines[-1].startswith(b"{") else None
    return usage.ru_utime + usage.ru_stime, wall, summary


def judge(name, value, unit, bar, at_least=False):
    global missed
    held = value >= bar if at_least else value <= bar
    missed += not held
    print("%-8s %10.3f %s (%s %s: %s)" % (name, value, unit, "at least" if at_least else "at most", bar, "held" if held else "NOT HELD"), flush=True)


def ingest(program, where, path):
    shutil.rmtree(where, ignore_errors=True)
    return run(program, "ingest", "--json", "--store", where, path)


def sealing():
    cpu, summary = {akashi: [], unsealed: []}, None
    for number in range(rounds):
        for program in [akashi, unsealed] if number % 2 else [unsealed, akashi]:
            seconds, _, summary = ingest(program, store if program == akashi else work + "/other", log)
            cpu[program].append(seconds)
        print("  round %d: %.2f CPU s with, %.2f s without" % (number + 1, cpu[akashi][-1], cpu[unsealed][-1]), flush=True)
    # The least of each: other work on the machine only ever adds.
    gap = [(least(cpu[akashi]) - least(cpu[unsealed])) / summary["records"] * 1e6 for least in (min, statistics.median)]
    judge("sealing", gap[0], "us a record (by medians %.3f)" % gap[1], 0.4)


def verifying():
    rates = []
    for _ in range(3):
        cpu, _, summary = run(akashi, "verify", "--json", "--store", store)
        rates.append(os.path.getsize(log) / 1e6 / cpu)
    judge("verify", max(rates), "MB of bodies a CPU second", 200, at_least=True)
    return summary["tree_size"]


def sizes(leaves):
    levels = sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(store + "/tree") for name in names)
    judge("trees", levels / leaves + 32 / 256, "bytes a record (%.3f of them seeds)" % (32 / 256), 0.3)
    with open(work + "/one.log", "w") as f:
        f.write("one\n")
    ingest(akashi, work + "/one", work + "/one.log")
    grows = ("/segments/", "/objects/", "/log/")
    fixed = sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(work + "/one") for name in names if not any(part in at + "/" for part in grows))
    judge("fixed", fixed / 1024, "KiB of a store of one record, without its segment", 128)


def proofs(where):
    """From an open store; then the whole command, and whether the script accepts what it gives."""
    found = json.loads(subprocess.run([prove, where, "1000"], capture_output=True, text=True, check=True).stdout)
    judge("proof", found["p99_ms"], "ms in %d leaves, median %.3f, most %.3f; open in %.1f ms" % (
        found["leaves"], found["median_ms"], found["most_ms"], found["open_ms"]), 5)
    walls = []
    for number in range(20):
        index = number * 2654435761 % found["leaves"]
        shutil.rmtree(work + "/proof", ignore_errors=True)
        walls.append(run(akashi, "export", "--store", where, "--proof", "default:%d" % index, "-o", work + "/proof")[1] * 1000)
    said = subprocess.run(["sh", work + "/proof/verify-proof.sh", work + "/proof"], capture_output=True, text=True)
    if said.returncode != 0:
        sys.exit("the proof does not hold: " + said.stdout + said.stderr)
    print("  the whole command, which writes seven files durably: %.1f ms (median of 20)" % statistics.median(walls), flush=True)


def many():
    with open(work + "/short.log", "w") as f:
        for million in range(millions):
            f.write("\n".join("%x" % n for n in range(million * 1000000, million * 1000000 + 1000000)) + "\n")
    _, wall, summary = ingest(akashi, work + "/large", work + "/short.log")
    os.remove(work + "/short.log")
    print("  %d records taken in %.0f s" % (summary["records"], wall), flush=True)
    proofs(work + "/large")


leaves = 0
try:
    sealing()
    leaves = verifying()
    sizes(leaves)
    proofs(store)
    if millions > 0:
        many()
    else:
        print("not measured: a proof among many records (MILLIONS is 0)")
finally:
    shutil.rmtree(work, ignore_errors=True)
sys.exit(missed > 0)
