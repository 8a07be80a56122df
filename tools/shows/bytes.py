#!/usr/bin/env python3
"""bytes.py AKASHI [MEGABYTES] [FOLDER...]: to the byte (issue Spine, Shows 2). Every file under the
folders, and MEGABYTES of generated nasty input, goes into a store; `export --original` must give each
back equal, and for files of lines `search --format raw --order index` joined must be equal too.
"""
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

akashi = os.path.abspath(sys.argv[1])
megabytes = float(sys.argv[2]) if len(sys.argv) > 2 else 200
folders = [os.path.abspath(f) for f in sys.argv[3:]]
work = tempfile.mkdtemp(prefix="akashi-bytes-")
env = dict(os.environ, AKASHI_STORE=work + "/store")
rng = random.Random(1)


def nasty(kind):
    n = rng.randrange(0, 400000)
    if kind == "random":
        return rng.randbytes(n)
    if kind == "lines":
        return b"".join(rng.randbytes(rng.randrange(0, 200)).replace(b"\n", b"") + rng.choice([b"\n", b"\r\n", b"\n\n", b"\r"]) for _ in range(n // 100))
    if kind == "nul":
        return bytes(rng.choice(b"\0\0\0\n\r a") for _ in range(n // 4))
    if kind == "long":
        return b"x" * rng.choice([1048575, 1048576, 1048577, 2097152, 3000000]) + rng.choice([b"", b"\n", b"\ny"])
    if kind == "utf16":
        return rng.choice([b"\xff\xfe", b"\xfe\xff", b""]) + "".join(rng.choice("a証\r\n 拠z") for _ in range(n // 8)).encode("utf-16-le") + rng.choice([b"", b"\0"])
    if kind == "sjis":
        return "".join(rng.choice("証拠ログabc \n") for _ in range(n // 6)).encode("cp932") + rng.choice([b"", b"\x81"])
    if kind == "iso2022":
        return "".join(rng.choice("証拠ログabc \n") for _ in range(n // 6)).encode("iso2022_jp")
    if kind == "json":
        return ("[" + ",".join(json.dumps({"a": rng.random(), "t": "x" * rng.randrange(50)}) for _ in range(n // 100)) + rng.choice(["]", "", "]]", " ] x"])).encode()
    if kind == "syslog":
        return b"".join(b"Nov 22 10:00:%02d h p[%d]: m %d\n" % (i % 60, i, rng.randrange(10**9)) for i in range(n // 40))
    if kind == "gzip":
        import gzip
        data = gzip.compress(nasty("syslog"), 1, mtime=0)
        return rng.choice([data, data[:len(data) // 2], data + b"junk", data + data])
    if kind == "blank":
        return rng.choice([b"", b"\n", b"\r\n", b"\n" * rng.randrange(1, 9000), b"\0"])
    raise ValueError(kind)


kinds = ["random", "lines", "nul", "long", "utf16", "sjis", "iso2022", "json", "syslog", "gzip", "blank"]
made = work + "/nasty"
os.mkdir(made)
size = number = 0
while size < megabytes * 1e6:
    kind = kinds[number % len(kinds)]
    data = nasty(kind)
    with open("%s/%05d.%s" % (made, number, kind), "wb") as f:
        f.write(data)
    size += len(data)
    number += 1
print("%d nasty files, %d bytes" % (number, size), flush=True)

faults = files = raw_files = 0
p = subprocess.run([akashi, "ingest", "--json", made, *folders], env=env, capture_output=True)
print(p.stderr.decode(errors="replace").strip().splitlines()[-1], flush=True)
if p.returncode not in (0, 3):
    print("ingest ended with", p.returncode, p.stderr.decode(errors="replace")[-2000:])
    sys.exit(1)
info = json.loads(subprocess.run([akashi, "info", "--json"], env=env, capture_output=True).stderr.splitlines()[-1])
known = {}
for f in info["files"]:
    known[f["path"]] = f
for folder in [made, *folders]:
    for d, _, fs in os.walk(folder):
        for name in sorted(fs):
            path = os.path.join(d, name)
            if not os.path.isfile(path) or os.path.islink(path):
                continue
            files += 1
            want = open(path, "rb").read()
            p = subprocess.run([akashi, "export", "--original", path, "-o", "-"], env=env, capture_output=True)
            if p.returncode != 0 or p.stdout != want:
                faults += 1
                print("FAULT export", path, p.returncode, p.stderr.decode(errors="replace")[:200], flush=True)
            f = known.get(path)
            if f is not None and f.get("records", 0) > 0 and not f.get("object") and f.get("same_as") is None:
                raw_files += 1
                p = subprocess.run([akashi, "search", "--format", "raw", "--order", "index", "file.path:\"%s\"" % path.replace("\\", "\\\\").replace('"', '\\"')],
                                   env=env, capture_output=True)
                if p.stdout != want:
                    faults += 1
                    print("FAULT raw", path, len(p.stdout), len(want), p.stderr.decode(errors="replace")[:200], flush=True)
v = subprocess.run([akashi, "verify"], env=env, capture_output=True)
if v.returncode != 0:
    faults += 1
    print("FAULT verify", v.stdout.decode()[:500])
shutil.rmtree(work)
print("%d files exported equal but for faults, %d of lines joined; %d faults" % (files, raw_files, faults))
sys.exit(faults != 0)
