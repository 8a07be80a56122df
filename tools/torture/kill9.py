#!/usr/bin/env python3
"""kill9.py AKASHI [CYCLES] [SEED]: kill -9 at a random moment of a run, again and again (lab.py judges).
Both ways in are tried: files (the segment is the commit) and standard input (the write-ahead log). Cuts
are spread over the time that a whole run takes just now. One cycle in four kills the recovery as well.
A run in which nothing was killed, or nothing acknowledged, has shown nothing and fails.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Life  # noqa: E402

akashi = sys.argv[1]
cycles = int(sys.argv[2]) if len(sys.argv) > 2 else 500
seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
work = tempfile.mkdtemp(prefix="akashi-kill9-")
outside = tempfile.mkdtemp(prefix="akashi-kill9-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)


def end(process, delay):
    """Waits, then kills; True when it was still at work."""
    try:
        process.wait(max(0, delay))
        killed = False
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        killed = True
    process.stderr.close()
    return killed


def one(life, number, whole):
    way = number % 2
    delay = 10 if number % 20 < 2 else life.rng.uniform(0, 1.2 * whole[way])
    begin = time.monotonic()
    if way:
        name = "stdin-%d" % number
        life.truth[name] = life.lines(life.rng.randrange(20, 2000))
        feed = life.outside + "/feed"
        with open(feed, "wb") as f:
            f.write(life.truth[name])
        with open(feed, "rb") as f:
            process = life.start("--source", name, "-", stdin=f)
    else:
        life.grow(1000)
        process = life.start(*life.files)
    killed = end(process, begin + delay - time.monotonic())
    if not killed:
        whole[way] += 0.2 * (time.monotonic() - begin - whole[way])
    acked = life.acked()
    life.see_checkpoint()
    if life.rng.random() < 0.25:  # the recovery is killed too
        with open(os.devnull, "rb") as nothing:
            process = life.start("--source", "none", "-", stdin=nothing)
        end(process, life.rng.uniform(0, whole[1]))
        life.settle()
        life.see_checkpoint()
    return acked, killed


def main():
    life = Life(akashi, outside, work + "/store", seed)
    started = time.time()
    kills = acks = bad = 0
    whole = [0.1, 0.1]
    for number in range(cycles):
        if number % 25 == 24:  # judging reads the whole store: small ones give more kills
            life.anew()
        acked, killed = one(life, number, whole)
        kills += killed
        acks += len(acked)
        for finding in life.judge(acked):
            bad += 1
            print("cycle %d (seed %d): %s" % (number, seed, finding), flush=True)
        if number % 500 == 499 or number == cycles - 1:
            print("%d cycles, %d killed while writing, %d acknowledgements, %d violations (%.0f s)" % (
                number + 1, kills, acks, bad, time.time() - started), flush=True)
        if bad:
            print("kept for a look:", work, outside)
            return 1
    shutil.rmtree(work)
    shutil.rmtree(outside)
    return 0 if kills > 0 and acks > 0 else 1


sys.exit(main())
