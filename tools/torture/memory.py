#!/usr/bin/env python3
"""memory.py AKASHI [STEPS] [SEED]: memory runs out, at STEPS limits of address space between what is too
little to begin and what is enough. The program may refuse (3), or abort at the allocation that fails
(docs/durability.md); the kernel may kill it where the stack cannot grow. It must not crash in any other way, such
as at address 0, and what it acknowledged is judged (lab.py). Needs prlimit and strace; a program built with AddressSanitizer cannot be limited (ends with 2).
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Life  # noqa: E402

MIB = 1 << 20
ENOUGH = 1 << 30
akashi = os.path.abspath(sys.argv[1])
steps = int(sys.argv[2]) if len(sys.argv) > 2 else 200
seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
work = tempfile.mkdtemp(prefix="akashi-memory-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)


def run(life, limit, way, number):
    """One run under a limit: status, words, acknowledgements, what a run that ends well has stored."""
    life.wrap = ["strace", "-f", "-qq", "-e", "trace=none", "-o", work + "/signals", "prlimit", "--as=%d" % limit, "--core=0", "--"]
    if way:
        name = "stdin-%d" % number
        life.truth[name] = life.lines(900)
        process = life.start("--source", name, "-", stdin=subprocess.PIPE)
        whole = {name: len(life.truth[name])}
    else:
        life.grow(900)
        process = life.start(*life.files)
        whole = {path: len(life.source(path)) for path in life.files}
    _, err = process.communicate(life.truth[name] if way else None)
    acked = life.acked()
    with open(work + "/signals", errors="replace") as f:
        stack = "SIGSEGV" in (signals := f.read()) and re.search(r"SIGSEGV.*si_addr=0x7ff[0-9a-f]{9}\b", signals)
    return "stack" if stack else process.returncode, err.decode(errors="replace"), acked, whole


def starts(life, limit):
    return subprocess.run(["prlimit", "--as=%d" % limit, "--", akashi, "--version"], capture_output=True).returncode == 0


def main():
    life = Life(akashi, work, work + "/store", seed)
    if shutil.which("prlimit") is None or shutil.which("strace") is None or not starts(life, ENOUGH):
        print("memory: no prlimit, no strace, or a program that cannot be limited")
        return 2
    low = next(mib for mib in range(1, 1024) if starts(life, mib * MIB)) * MIB
    high = low
    while run(life, high, 0, 0)[0] != 0 or run(life, high, 1, 0)[0] != 0:
        high += 4 * MIB
    life.anew()
    started = time.time()
    bad = aborted = refused = ended_well = acks = 0
    for number in range(steps):
        if number % 25 == 24:
            life.anew()
        way = number % 2
        limit = low + (high + 2 * MIB - low) * number // steps
        status, err, acked, whole = run(life, limit, way, number)
        aborted += status in ("stack", -signal.SIGABRT)
        refused += status in (2, 3, 127)
        ended_well += status == 0
        acks += len(acked)
        found = life.judge(whole if status == 0 else acked)
        if status not in ("stack", 0, 2, 3, 127, -signal.SIGABRT):
            found.append("ends with %d: %s" % (status, err[:300]))
        for finding in found:
            bad += 1
            print("%d KiB (seed %d, step %d): %s" % (limit // 1024, seed, number, finding), flush=True)
    print("%d limits from %d to %d KiB: %d aborted, %d refused, %d ended well, %d acknowledgements, %d violations (%.0f s)" % (
        steps, low // 1024, high // 1024, aborted, refused, ended_well, acks, bad, time.time() - started))
    shutil.rmtree(work)
    if aborted + refused == 0 or ended_well == 0:
        print("memory: the limits were too wide or too narrow: this shows nothing")
        return 1
    return bad != 0


sys.exit(main())
