#!/usr/bin/env python3
"""full_disk.py AKASHI: a disk that fills up (issue Spine, Shows 7), for real: the store on a tmpfs of
every size from 64 KiB to 4 MiB. A run that fails must say so, lose nothing that it acknowledged, and
the store must work on when space is back. Needs root or user namespaces (it re-runs itself in one).
The exhaustive variant, ENOSPC at every single write, is the store's own test over a file system in
memory.
"""
import os
import random
import shutil
import subprocess
import sys
import tempfile

if os.environ.get("AKASHI_NAMESPACE") != "1":
    os.environ["AKASHI_NAMESPACE"] = "1"
    flags = ["-m"] if os.geteuid() == 0 else ["-Urm"]
    os.execvp("unshare", ["unshare", *flags, sys.executable, *sys.argv])

akashi = os.path.abspath(sys.argv[1])
work = tempfile.mkdtemp(prefix="akashi-full-")
mount = work + "/disk"
os.mkdir(mount)
env = dict(os.environ, AKASHI_STORE=mount + "/store")
rng = random.Random(3)
faults = refused = held = 0


def fault(size, text):
    global faults
    faults += 1
    print("FAULT at %d KiB: %s" % (size, text), flush=True)


def run(*args, stdin=None):
    return subprocess.run([akashi, *args], env=env, capture_output=True, input=stdin)


def acked(path):
    out = {}
    if os.path.exists(path):
        for line in open(path, encoding="utf-8"):
            name, position, _, _ = line.rstrip("\n").split("\t")
            out[name] = max(out.get(name, 0), int(position))
    return out


data = b"".join(b"Nov 22 10:00:%02d h p[%d]: %s\n" % (i % 60, i, rng.randbytes(40).hex().encode()) for i in range(12000))
source = work + "/a.log"
with open(source, "wb") as f:
    f.write(data)
sizes = list(range(64, 1024, 32)) + list(range(1024, 4096, 128))
for number, size in enumerate(sizes):
    ledger = work + "/ledger"
    if os.path.exists(ledger):
        os.unlink(ledger)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%dk" % size, "none", mount], check=True)
    by_log = number % 2 == 1
    args = ["--source", "pipe", "-"] if by_log else [source]
    p = run("ingest", "--ack", ledger, *args, stdin=data if by_log else None)
    if p.returncode not in (0, 3):
        fault(size, "exit status %d: %s" % (p.returncode, p.stderr.decode()[-300:]))
    if p.returncode == 3:
        refused += 1
        if b"space" not in p.stderr:
            fault(size, "no word of space: " + p.stderr.decode()[-300:])
    promised = acked(ledger)
    subprocess.run(["mount", "-o", "remount,size=64m", mount], check=True)
    p = run("ingest", *(["--source", "none", "-"] if by_log else [source]), stdin=b"" if by_log else None)
    if p.returncode != 0:
        fault(size, "does not work on: %d %s" % (p.returncode, p.stderr.decode()[-300:]))
    name = "pipe" if by_log else source
    back = run("search", "--format", "raw", "--order", "index", 'file.path:"%s"' % name).stdout
    if len(back) < promised.get(name, 0) or back != data[:len(back)]:
        fault(size, "promised %d, has %d" % (promised.get(name, 0), len(back)))
    if not by_log and back != data:
        fault(size, "the file is not whole after space came back: %d of %d" % (len(back), len(data)))
    held += promised.get(name, 0) > 0
    if run("verify").returncode != 0:
        fault(size, "does not verify: " + run("verify").stdout.decode()[:300])
    subprocess.run(["umount", mount], check=True)
shutil.rmtree(work)
if not refused or not held:
    fault(sizes[-1], "no run was refused, or nothing acknowledged: this shows nothing")
print("%d sizes, %d runs refused for space, %d with something acknowledged: %d faults" % (len(sizes), refused, held, faults))
sys.exit(faults != 0)
