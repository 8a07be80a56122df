#!/usr/bin/env python3
"""flips.py AKASHI [STEP]: a small store (log empty) and every single bit flip in every file but the
lock; every removed, truncated, swapped or older segment; a rolled-back whole by --against; and a
proof checked by the script (issue Spine, Shows 6). STEP > 1 tries each STEP-th bit only.
"""
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

akashi = os.path.abspath(sys.argv[1])
step = int(sys.argv[2]) if len(sys.argv) > 2 else 1
work = tempfile.mkdtemp(prefix="akashi-flips-")
store = work + "/store"
env = dict(os.environ, AKASHI_STORE=store)
rng = random.Random(7)
faults = 0


def fault(text):
    global faults
    faults += 1
    print("FAULT", text, flush=True)


def run(*args):
    return subprocess.run([akashi, *args], env=env, capture_output=True)


def verify(*args):
    p = run("verify", *args)
    if p.returncode < 0 or p.returncode not in (0, 1, 3):
        fault("verify ended with %d: %s" % (p.returncode, p.stderr.decode()[:300]))
    return p.returncode


def write(path, lines):
    with open(path, "w") as f:
        for i in range(lines):
            f.write("Nov 22 10:%02d:%02d web01 sshd[%d]: Failed password for root from 203.0.113.%d port %d ssh2 %x\n" % (
                i // 60 % 60, i % 60, rng.randrange(65536), rng.randrange(256), rng.randrange(65536), rng.getrandbits(256)))


def segments():
    return sorted(os.path.join(d, f) for d, _, fs in os.walk(store) for f in fs if f.endswith(".seg"))


def files():
    return sorted(os.path.join(d, f) for d, _, fs in os.walk(store) for f in fs if f != "lock")


def put(path, data):
    with open(path, "wb") as f:
        f.write(data)


write(work + "/a.log", 500)
assert run("ingest", work + "/a.log").returncode == 0
shutil.copytree(store, work + "/older")
write(work + "/b.log", 330)
with open(work + "/c.json", "w") as f:
    f.write('[{"n":1,"text":"' + "x" * 40 + '"},{"n":2}]\n')
assert run("ingest", work + "/b.log", work + "/c.json").returncode == 0
outside = work + "/outside"
shutil.copy(store + "/tree/default/checkpoint", outside)
assert verify() == 0 and verify("--against", outside) == 0
sizes = {f: os.path.getsize(f) for f in files()}
assert sum(sizes.values()) >= 65536
print("the store: %d files, %d bytes, of these segments %d" % (
    len(sizes), sum(sizes.values()), sum(os.path.getsize(s) for s in segments())))

# Rolled back as a whole.
shutil.move(store, work + "/newer")
shutil.copytree(work + "/older", store)
if verify() != 0:
    fault("the older store should look intact from inside")
if verify("--against", outside) == 0:
    fault("a rolled-back store passed --against")
old_segments = {os.path.basename(s): open(s, "rb").read() for s in segments()}
shutil.rmtree(store)
shutil.move(work + "/newer", store)

# Removed, truncated, swapped, older segments.
assert segments() and any(old != open(s, "rb").read() for s in segments() for old in old_segments.values())
for s in segments():
    data = open(s, "rb").read()
    os.unlink(s)
    if verify() == 0:
        fault("removed " + s)
    for cut in list(range(0, len(data), max(1, len(data) // (400 if step == 1 else 20)))) + [len(data) - 1]:
        put(s, data[:cut])
        if verify() == 0:
            fault("truncated %s at %d" % (s, cut))
    put(s, data + b"\0")
    if verify() == 0:
        fault("a byte behind the end of " + s)
    for name, old in old_segments.items():
        if old != data:
            put(s, old)
            if verify() == 0:
                fault("older segment %s in place of %s" % (name, s))
            put(s, data)
            extra = os.path.join(os.path.dirname(s), name)
            if not os.path.exists(extra):
                # What a stop between commit and clean-up leaves: no damage, and nothing comes twice.
                before = run("search", "--count", "*").stdout
                put(extra, old)
                if run("search", "--count", "*").stdout != before or verify() not in (0, 1):
                    fault("an older segment beside the others changes answers")
                os.unlink(extra)
    put(s, data)
    for other in segments():
        if other != s:
            theirs = open(other, "rb").read()
            put(s, theirs)
            put(other, data)
            if verify() == 0:
                fault("swapped %s and %s" % (s, other))
            put(s, data)
            put(other, theirs)
assert verify() == 0

# Two stores mixed: each file of another store, of the same lines, in place of ours.
env["AKASHI_STORE"] = work + "/another"
assert run("ingest", work + "/a.log").returncode == 0 and run("ingest", work + "/b.log", work + "/c.json").returncode == 0
env["AKASHI_STORE"] = store
mixed = 0
for path in files():
    theirs = work + "/another" + path[len(store):]
    if os.path.exists(theirs) and open(theirs, "rb").read() != open(path, "rb").read():
        data = open(path, "rb").read()
        put(path, open(theirs, "rb").read())
        if verify() == 0:
            fault("the file of another store in place of " + path)
        put(path, data)
        mixed += 1
if mixed < 6 or verify() != 0:
    fault("only %d files of another store were tried" % mixed)

# Every bit of every file: in one process over a copy in memory (src/store/flip_matrix.c, which ninja
# builds), or one `akashi verify` a flip where that program is not there.
matrix = os.path.join(os.path.dirname(akashi), "..", "flip_matrix")
build = os.path.dirname(os.path.dirname(os.path.dirname(akashi)))
if os.path.exists(os.path.join(build, "build.ninja")):
    subprocess.run(["ninja", "-C", build, "src/flip_matrix"], check=True, stdout=subprocess.DEVNULL)
started = time.time()
if os.path.exists(matrix) and step == 1:
    jobs = int(os.environ.get("JOBS", "2"))
    parts = [subprocess.Popen([matrix, store, str(part), str(jobs)], stdout=subprocess.PIPE, text=True) for part in range(jobs)]
    done = 0
    for part in parts:
        out = part.communicate()[0]
        if part.returncode != 0:
            fault(out[-2000:])
        done += int(out.rsplit("\n", 2)[-2].split()[0])
else:
    done = 0
    for path in files():
        data = bytearray(open(path, "rb").read())
        for bit in range(0, len(data) * 8, step):
            data[bit // 8] ^= 1 << bit % 8
            put(path, data)
            if verify() == 0:
                fault("bit %d of byte %d of %s" % (bit % 8, bit // 8, path))
            data[bit // 8] ^= 1 << bit % 8
            done += 1
        put(path, data)
assert verify() == 0
if done < sum(sizes.values()) * 8 // step:
    fault("of %d bits only %d were flipped" % (sum(sizes.values()) * 8, done))
print("%d flips tried in %.0f s" % (done, time.time() - started))

# A proof, checked without us.
for index in (0, 5, 255, 256, 400):
    proof = work + "/proof%d" % index
    p = run("export", "--proof", "default:%d" % index, "-o", proof)
    if p.returncode != 0:
        fault("export --proof %d: %s" % (index, p.stderr.decode()))
        continue
    if subprocess.run(["sh", proof + "/verify-proof.sh", proof], capture_output=True).returncode != 0:
        fault("the script refuses the proof of record %d" % index)
    body = open(proof + "/record.body", "rb").read()
    put(proof + "/record.body", body[:-1] + bytes([body[-1] ^ 1]) if body else b"x")
    if subprocess.run(["sh", proof + "/verify-proof.sh", proof], capture_output=True).returncode == 0:
        fault("the script takes a changed record %d" % index)
shutil.rmtree(work)
print("%d flips, every segment removed, cut, swapped and made older: %d faults" % (done, faults))
sys.exit(faults != 0)
