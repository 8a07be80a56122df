#!/usr/bin/env python3
"""restart.py AKASHI [MEGABYTES] [SEED]: how soon a store serves again (docs/durability.md, D12).
Lines go into standard input through a pipe until the write-ahead log has been as large as it gets, then the
process is killed (kill -9) when the log is about that large again. Printed: the largest log, the log that
was left, and the time from the start of the next process until it acknowledges new lines. Exit status 1: it took
more than 10 seconds, something acknowledged is lost or altered (lab.py judges), or the log had no bound.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Life  # noqa: E402

SECONDS_MAX = 10
LOG_MAX = 200 << 20  # two segments' worth of frames, with what a full pipeline holds
akashi = sys.argv[1]
megabytes = int(sys.argv[2]) if len(sys.argv) > 2 else 200
seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1


def log_bytes(life):
    total = 0
    folder = life.store + "/log/default"
    for name in os.listdir(folder) if os.path.isdir(folder) else []:
        try:
            total += os.stat(folder + "/" + name).st_size
        except FileNotFoundError:  # its frames are in segments now
            pass
    return total


def feed(process, data):
    """A thread that writes data into the process until there is no more, or nobody reads."""
    def write():
        try:
            for at in range(0, len(data), 1 << 16):
                process.stdin.write(data[at:at + (1 << 16)])
            process.stdin.close()
        except OSError:
            pass  # it was killed
    thread = threading.Thread(target=write)
    thread.start()
    return thread


def kill_at_largest(life, data):
    """Kills when the log, once a segment has emptied it, is about as large again: (largest, left)."""
    process = life.start("--source", "long", "-", stdin=subprocess.PIPE)
    thread = feed(process, data)
    largest = left = 0
    emptied = killed = False
    while process.poll() is None and not killed:
        left = log_bytes(life)
        largest = max(largest, left)
        emptied = emptied or left < largest // 2
        if emptied and left > largest * 0.95:
            process.kill()
            killed = True
        time.sleep(0.002)
    process.wait()
    thread.join()
    process.stderr.close()
    return largest, log_bytes(life), killed


def first_acknowledgement(life, data):
    """Seconds from the start of a process until new lines are acknowledged; it goes on to its end."""
    started = time.monotonic()
    process = life.start("--source", "after", "-", stdin=subprocess.PIPE)
    thread = feed(process, data)
    while os.path.getsize(life.ledger) == 0 and process.poll() is None:
        time.sleep(0.002)
    seconds = time.monotonic() - started
    said = process.stderr.read()
    process.wait()
    thread.join()
    process.stderr.close()
    return seconds, None if process.returncode == 0 else said.decode(errors="replace")


def main():
    work = tempfile.mkdtemp(prefix="akashi-restart-")
    outside = tempfile.mkdtemp(prefix="akashi-restart-")
    life = Life(akashi, outside, work + "/store", seed)
    pieces = []
    while sum(map(len, pieces)) < megabytes << 20:
        pieces.append(life.lines(10000))
    life.truth["long"] = b"".join(pieces)
    life.truth["after"] = life.lines(20000)
    largest, left, killed = kill_at_largest(life, life.truth["long"])
    acked = life.acked()
    seconds, failed = first_acknowledgement(life, life.truth["after"])
    acked.update(life.acked())
    print("log: largest %.1f MiB, left by kill -9 %.1f MiB; first acknowledgement after %.2f s" % (
        largest / 2**20, left / 2**20, seconds), flush=True)
    found = life.judge(acked)
    if failed:
        found.append("the second run failed: " + failed)
    if not killed or left == 0 or len(acked) != 2:
        found.append("nothing was killed with a log, or nothing acknowledged: this shows nothing")
    if seconds > SECONDS_MAX:
        found.append("it took more than %d s" % SECONDS_MAX)
    if largest > LOG_MAX:
        found.append("the log grew beyond %d MiB" % (LOG_MAX >> 20))
    for finding in found:
        print(finding)
    shutil.rmtree(work)
    shutil.rmtree(outside)
    return 1 if found else 0


sys.exit(main())
