#!/usr/bin/env python3
"""syscalls.py AKASHI [STEP] [SEED]: each system call of a run fails in each way, one at a time
(strace injects), and the store is judged (lab.py). The runs: a new store from files; more lines into
it; standard input. STEP > 1 tries every STEP-th call of each kind only; from 100 on one of each kind, with
one fault, of one run, which the seed chooses.
  EIO, ENOSPC, EDQUOT, EACCES  the call is not made and says so
  KILL                         the process is killed at the call
A run that ends with 0 must have stored everything; one that ends with a signal is a violation; after
each, a run without faults must bring everything in. Needs strace and the right to trace.
"""
import collections
import os
import random
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

CALLS = ["openat", "close", "read", "pread64", "pwrite64", "write", "ftruncate", "fsync", "fdatasync",
         "rename", "unlink", "mkdir", "flock", "mmap", "newfstatat", "fstat", "getdents64", "getrandom",
         "clone3", "poll"]
FAULTS = ["EIO", "ENOSPC", "EDQUOT", "EACCES", "KILL"]
# A fault that the kernel never gives for this call tells nothing.
ONLY = {"getrandom": ["KILL"], "clone3": ["KILL"], "close": ["EIO", "ENOSPC", "EDQUOT", "KILL"],
        "poll": ["KILL"], "mmap": ["KILL"], "flock": ["EIO", "KILL"]}
akashi = os.path.abspath(sys.argv[1])
step = int(sys.argv[2]) if len(sys.argv) > 2 else 1
seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
work = tempfile.mkdtemp(prefix="akashi-syscalls-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)


def count_calls(text):
    """The most calls of each kind that one thread made: strace counts `when` for each thread."""
    counts = collections.Counter()
    for line in text.splitlines():
        found = re.match(r"(?:\[pid\s+)?(\d+)\]?\s+(\w+)\(", line)
        if found:
            counts[(found.group(1), found.group(2))] += 1
    most = collections.Counter()
    for (_, call), n in counts.items():
        most[call] = max(most[call], n)
    return most


class Scene:
    """A store before the run, and the run: put in place anew for every fault."""

    def __init__(self, name, kind):
        self.name = name
        self.kind = kind
        self.life = Life(akashi, self.folder("outside"), work + "/" + name + "/store", seed)
        self.input = b""
        self.args = self.life.files
        if kind == "grow":
            self.life.grow(60)
            self.must_take()
        if kind == "stdin":
            self.input = self.life.lines(120)
            self.life.truth["in"] = self.input
            self.args = ["--source", "in", "-"]
        else:
            self.life.grow(60)
        self.life.see_checkpoint()
        self.before = work + "/" + name + "/before"
        shutil.copytree(self.life.store, self.before) if os.path.exists(self.life.store) else None
        self.notes = list(self.life.notes)

    def folder(self, part):
        path = work + "/" + self.name + "/" + part
        os.makedirs(path)
        return path

    def must_take(self):
        p = self.life.run("ingest", *self.args, input=self.input)
        if p.returncode != 0:
            raise RuntimeError("a run without faults failed: " + p.stderr.decode())

    def reset(self):
        shutil.rmtree(self.life.store, ignore_errors=True)
        if os.path.exists(self.before):
            shutil.copytree(self.before, self.life.store)
        self.life.notes = list(self.notes)

    def traced(self, *options):
        self.reset()
        out = work + "/trace"
        self.life.wrap = ["strace", "-f", "-qq", "-o", out, *options, "--"]
        process = self.life.start(*self.args, stdin=subprocess.PIPE)
        try:
            _, err = process.communicate(self.input, timeout=60)
            self.life.settle()
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return None, b"hangs", ""
        with open(out, errors="replace") as f:
            return process.returncode, err, f.read()

    def whole(self):
        """Every byte of every source."""
        paths = ["in"] if self.kind == "stdin" else self.life.files
        return {path: len(self.life.source(path)) for path in paths}

    def judge(self, fault, status, err):
        found = []
        if status is None:
            return ["hangs"]
        killed = fault == "KILL" and status in (-signal.SIGKILL, 128 + signal.SIGKILL)
        not_started = status == 127 and b"loading shared libraries" in err
        # The failed call was the sanitizer's own, which reads its options: it looks for leaks then, and cannot
        # under strace. What the program did before that is judged as always.
        no_options = status == 1 and b"LeakSanitizer does not work" in err
        if status not in (0, 3) and not killed and not not_started and not no_options:
            found.append("ended with %d: %s" % (status, err.decode(errors="replace")[:300]))
        if status == 3 and not err.strip():
            found.append("failed without a word")
        acked = self.whole() if status == 0 else self.life.acked()
        found += self.life.judge(acked)
        if self.kind != "stdin" and not found:
            self.must_take()
            found += self.life.judge(self.whole(), proof=False)
        return found


def main():
    if shutil.which("strace") is None:
        print("syscalls: strace is not installed")
        return 2
    started = time.time()
    runs = bad = 0
    rng = random.Random(seed)
    kinds = ["new", "grow", "stdin"]
    for kind in kinds if step < 100 else kinds[seed % 3:seed % 3 + 1]:
        scene = Scene(kind, kind)
        status, err, text = scene.traced("-e", "trace=" + ",".join(CALLS))
        if status != 0:
            print("syscalls: the run without faults failed under strace: %s" % err.decode())
            return 2
        most = count_calls(text)
        for call in CALLS:
            numbers, faults = range(1, most[call] + 1, step), ONLY.get(call, FAULTS)
            if step >= 100 and most[call] > 0:
                numbers, faults = [rng.randrange(most[call]) + 1], [rng.choice(faults)]
            for number in numbers:
                for fault in faults:
                    how = "signal=KILL" if fault == "KILL" else "error=" + fault
                    status, err, text = scene.traced("-e", "trace=" + call, "-e", "inject=%s:%s:when=%d" % (call, how, number))
                    runs += 1
                    for finding in scene.judge(fault, status, err):
                        bad += 1
                        print("%s: %s number %d, %s: %s" % (kind, call, number, fault, finding), flush=True)
            print("%s: %s: %d calls (%d runs so far, %d violations, %.0f s)" % (
                kind, call, most[call], runs, bad, time.time() - started), flush=True)
    print("%d runs, each with one failing call: %d violations" % (runs, bad))
    shutil.rmtree(work)
    return bad != 0


sys.exit(main())
