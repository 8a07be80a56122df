#!/usr/bin/env python3
"""kill.py AKASHI [CYCLES] [SEED]: kill -9 at a random moment, again and again (issue Spine, Shows 5).

A ledger process of its own reads every acknowledged piece from a FIFO as it is written. After each
kill the store is opened and compared with what was handed in:
  lost     an acknowledged byte that the store does not give back
  altered  a byte that differs from the source, or a store that does not verify
  twice    a byte that comes more than once
Both ways in are tried: files (the segment is the commit) and standard input (the write-ahead log).
"""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

akashi = os.path.abspath(sys.argv[1])
cycles = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 20261122)
work = tempfile.mkdtemp(prefix="akashi-kill-")
env = dict(os.environ, AKASHI_STORE=work + "/store")
words = ["sshd", "Failed", "password", "for", "root", "from", "10.0.0.1", "accepted", "証拠", "GET", "/index"]
line_number = 0


def line():
    global line_number
    line_number += 1
    text = "2026-11-22T10:%02d:%02dZ host app[%d]: %d %s" % (
        line_number // 60 % 60, line_number % 60, line_number, line_number,
        " ".join(rng.choices(words, k=rng.randrange(2, 40))))
    return text.encode() + (b"\r\n" if rng.random() < 0.1 else b"\n")


def lines(count):
    return b"".join(line() for _ in range(count))


def start_ledger(fifo, ledger):
    """Another process: copies the FIFO to a file, byte by byte as it comes."""
    code = "import os,sys\nf=os.open(sys.argv[1],os.O_RDONLY)\no=open(sys.argv[2],'ab',0)\nwhile True:\n b=os.read(f,65536)\n if not b: break\n o.write(b)\n"
    return subprocess.Popen([sys.executable, "-c", code, fifo, ledger])


def run(args, **kw):
    return subprocess.run([akashi] + args, env=env, capture_output=True, **kw)


def stored(path):
    p = run(["search", "--format", "raw", "--order", "index", 'file.path:"%s"' % path])
    if p.returncode != 0:
        raise SystemExit("search failed: " + p.stderr.decode())
    return p.stdout


def read_ledger(ledger):
    acked = {}
    if os.path.exists(ledger):
        with open(ledger, "rb") as f:
            for text in f.read().split(b"\n")[:-1]:
                path, position, tree, index = text.decode().split("\t")
                acked[path] = max(acked.get(path, 0), int(position))
    return acked


def child(args, data, fifo, ledger, delay):
    keeper = start_ledger(fifo, ledger)
    p = subprocess.Popen([akashi, "ingest", "--ack", fifo] + args, env=env, stdin=subprocess.PIPE,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + delay
    try:
        for at in range(0, len(data), 20000):
            p.stdin.write(data[at:at + 20000])
            p.stdin.flush()
            if time.monotonic() > end:
                break
            time.sleep(0.002)
        else:
            p.stdin.close()
        p.wait(max(0, end - time.monotonic()))
    except (subprocess.TimeoutExpired, BrokenPipeError):
        pass
    killed = p.poll() is None
    if killed:
        p.kill()
    if p.wait() != 0 and not killed:
        raise SystemExit("akashi ended by itself with %d" % p.returncode)
    # A writer that never opened the FIFO leaves the ledger waiting: open and close it once.
    try:
        os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        pass
    try:
        keeper.wait(10)
    except subprocess.TimeoutExpired:
        keeper.kill()
    return killed


slow = float(os.environ.get("SLOW", "1"))  # more for a machine that has other work
lost = altered = twice = kills = acks = 0
truth = {}
started = time.time()
files = [work + "/a.log", work + "/b.log"]
for cycle in range(cycles):
    fifo = work + "/fifo"
    ledger = work + "/ledger-%d" % cycle
    if not os.path.exists(fifo):
        os.mkfifo(fifo)
    by_log = cycle % 2 == 1
    data = b""
    if by_log:
        name = "stdin-%d" % cycle
        data = lines(rng.randrange(500, 8000))
        truth[name] = data
        args = ["--source", name, "-"]
    else:
        for path in files:
            with open(path, "ab") as f:
                more = lines(rng.randrange(200, 6000))
                f.write(more if rng.random() < 0.8 else more[:-7])
        args = files
    killed = child(args, data, fifo, ledger, rng.uniform(0.001, 0.5 * slow))
    kills += killed
    acked = read_ledger(ledger)
    acks += len(acked)
    if by_log:
        # The next writer takes the log over; an empty ingest is enough.
        p = run(["ingest", "--source", "none", "-"], input=b"")
        if p.returncode != 0:
            raise SystemExit("recovery failed: " + p.stderr.decode())
    for path, position in acked.items():
        source = truth[path] if path in truth else open(path, "rb").read()
        back = stored(path)
        if len(back) < position:
            lost += 1
            print("cycle", cycle, path, "acknowledged", position, "stored", len(back))
        if back != source[:len(back)]:
            same = os.path.commonprefix([back, source])
            again = len(back) > len(source) or back.count(source[:200]) > 1
            twice += again
            altered += not again
            print("cycle", cycle, path, "differs at", len(same))
    if cycle % 10 == 9 or cycle == cycles - 1:
        p = run(["verify"])
        if p.returncode != 0:
            altered += 1
            print("cycle", cycle, "does not verify:", p.stdout.decode()[:500], p.stderr.decode()[:500])
        print("%d cycles, %d kills in flight, %d acknowledgements: lost %d, altered %d, twice %d (%.0f s)" % (
            cycle + 1, kills, acks, lost, altered, twice, time.time() - started), flush=True)
        if cycle % 200 == 199 and not (lost or altered or twice):
            # Begin anew, so that 1,000 cycles do not become one slow, huge store.
            shutil.rmtree(work + "/store")
            truth.clear()
            for path in files:
                open(path, "wb").close()
bad = lost + altered + twice
if not kills or not acks:
    bad += 1
    print("nothing was killed in flight, or nothing acknowledged: this shows nothing")
if bad:
    print("kept for a look:", work)
else:
    shutil.rmtree(work)
print("%d cycles: %d lost, %d altered, %d twice" % (cycles, lost, altered, twice))
sys.exit(bad != 0)
