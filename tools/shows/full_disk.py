#!/usr/bin/env python3
"""full_disk.py AKASHI [every]: a disk that fills up (issue Spine, Shows 7), for real: the store on a tmpfs of
sizes from 64 KiB to 4 MiB; with `every`, in steps of 4 KiB up to 8 MiB. A run that fails must say so, lose
nothing that it acknowledged; what was committed is sealed and can be searched, verified and proved on the
full disk (docs/durability.md, D7); and the store must work on when space is back. Needs root or user
namespaces (it re-runs itself in one).
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
every = sys.argv[2:] == ["every"]
work = tempfile.mkdtemp(prefix="akashi-full-")
mount = work + "/disk"
os.mkdir(mount)
env = dict(os.environ, AKASHI_STORE=mount + "/store")
rng = random.Random(3)
faults = refused = held = used = 0


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


def fill():
    """Not one byte more."""
    with open(mount + "/filler", "wb", buffering=0) as f:
        try:
            while True:
                f.write(bytes(4096))
        except OSError:
            pass


def use(size, name):
    """What can be done on the full disk with what is in segments. True when there was something."""
    segments = mount + "/store/segments/default"
    if not os.path.isdir(segments) or not any(f.endswith(".seg") for f in os.listdir(segments)):
        return False
    fill()
    p = run("verify", "--json")
    if p.returncode != 0:
        fault(size, "is not sealed, or does not verify, while full: " + (p.stdout + p.stderr).decode()[:400])
    back = run("search", "--format", "raw", "--order", "index", 'file.path:"%s"' % name)
    if back.returncode not in (0, 1) or back.stdout != data[:len(back.stdout)]:
        fault(size, "cannot be searched while full: " + back.stderr.decode()[:300])
    shutil.rmtree(work + "/proof", ignore_errors=True)
    p = run("export", "--proof", "default:0", "-o", work + "/proof")
    if p.returncode != 0:
        fault(size, "cannot be proved while full: " + p.stderr.decode()[:300])
    os.unlink(mount + "/filler")
    return len(back.stdout) > 0


data = b"".join(b"Nov 22 10:00:%02d h p[%d]: %s\n" % (i % 60, i, rng.randbytes(40).hex().encode()) for i in range(12000))
source = work + "/a.log"
with open(source, "wb") as f:
    f.write(data)
sizes = list(range(64, 1024, 32)) + list(range(1024, 4096, 128))
if every:
    sizes = list(range(64, 1024, 4)) + list(range(1024, 8192 + 4, 4))
for turn, size in enumerate(sizes):
    ledger = work + "/ledger"
    if os.path.exists(ledger):
        os.unlink(ledger)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%dk" % size, "none", mount], check=True)
    by_log = turn % 2 == 1
    args = ["--source", "pipe", "-"] if by_log else [source]
    p = run("ingest", "--ack", ledger, *args, stdin=data if by_log else None)
    if p.returncode not in (0, 3):
        fault(size, "exit status %d: %s" % (p.returncode, p.stderr.decode()[-300:]))
    if p.returncode == 3:
        refused += 1
        if b"space" not in p.stderr:
            fault(size, "no word of space: " + p.stderr.decode()[-300:])
    promised = acked(ledger)
    name = "pipe" if by_log else source
    used += use(size, name)
    subprocess.run(["mount", "-o", "remount,size=64m", mount], check=True)
    p = run("ingest", *(["--source", "none", "-"] if by_log else [source]), stdin=b"" if by_log else None)
    if p.returncode != 0:
        fault(size, "does not work on: %d %s" % (p.returncode, p.stderr.decode()[-300:]))
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
if not refused or not held or not used:
    fault(sizes[-1], "no run was refused, nothing acknowledged, or no full disk used: this shows nothing")
print("%d sizes, %d runs refused for space, %d with something acknowledged, %d searched and proved while full: %d faults" % (
    len(sizes), refused, held, used, faults))
sys.exit(faults != 0)
