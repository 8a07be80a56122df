#!/usr/bin/env python3
"""bytes.py AKASHI [MEGABYTES] [FOLDER...]: to the byte (issue Spine, Shows 2). Every file under the
folders, and MEGABYTES of generated nasty input, goes into a store; `export --original` must give each
back equal, and for files of lines `search --format raw --order index` joined must be equal too.
"""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

akashi = os.path.abspath(sys.argv[1])
megabytes = float(sys.argv[2]) if len(sys.argv) > 2 else 200
folders = [os.path.abspath(f) for f in sys.argv[3:]]
for folder in folders:
    if not os.path.isdir(folder):
        sys.exit("There is no folder %s, so nothing was compared." % folder)
work = tempfile.mkdtemp(prefix="akashi-bytes-")
env = dict(os.environ, AKASHI_STORE=work + "/store")
rng = random.Random(1)
faults = 0
KINDS = ["random", "lines", "nul", "long", "utf16", "sjis", "iso2022", "json", "syslog", "gzip", "blank"]
GROUP_BYTES = 64 << 20  # of the files that one search gives back
GROUP_QUERY = 48 << 10  # of their names: a query has at most 64 KiB


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


def make_nasty(folder):
    os.mkdir(folder)
    size = number = 0
    while size < megabytes * 1e6:
        kind = KINDS[number % len(KINDS)]
        data = nasty(kind)
        with open("%s/%05d.%s" % (folder, number, kind), "wb") as f:
            f.write(data)
        size += len(data)
        number += 1
    print("%d nasty files, %d bytes" % (number, size), flush=True)


def fault(*words):
    global faults
    faults += 1
    print("FAULT", *words, flush=True)


def run(*args):
    return subprocess.run([akashi, *args], env=env, capture_output=True)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def told(p):
    return p.stderr.decode(errors="replace").strip()


def ingest(made):
    """Takes everything; what `info` then knows of each file, by path."""
    p = run("ingest", "--json", made, *folders)
    print(told(p).rsplit("\n", 1)[-1], flush=True)
    if p.returncode not in (0, 3):
        sys.exit("ingest ended with %d: %s" % (p.returncode, told(p)[-2000:]))
    return {f["path"]: f for f in json.loads(told(run("info", "--json")).rsplit("\n", 1)[-1])["files"]}


def check_export(path):
    p = run("export", "--original", path, "-o", "-")
    if p.returncode != 0 or p.stdout != read(path):
        fault("export", path, p.returncode, told(p)[:200])


def check_exports(made):
    """Every file comes back; the paths of them all."""
    paths = []
    for folder in [made, *folders]:
        for place, _, names in os.walk(folder):
            paths += [os.path.join(place, name) for name in sorted(names)]
    paths = [path for path in paths if os.path.isfile(path) and not os.path.islink(path)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(check_export, paths))
    return paths


def of_lines(path, known):
    f = known.get(path)
    return f is not None and f.get("records", 0) > 0 and not f.get("object") and f.get("same_as") is None


def quoted(path):
    return '"%s"' % path.replace("\\", "\\\\").replace('"', '\\"')


def groups(paths, known):
    """Files of lines, in the order in which they were taken, as many as one query may name."""
    group, size = [], 0
    for path in sorted(paths, key=lambda path: known[path]["number"]):
        if group and (size + known[path]["size"] > GROUP_BYTES or sum(len(quoted(p)) + 4 for p in [*group, path]) > GROUP_QUERY):
            yield group
            group, size = [], 0
        group.append(path)
        size += known[path]["size"]
    if group:
        yield group


def check_lines(paths, known):
    """A search for the records of some files, in order of index, is these files one after the other. (One
    search a file would read the whole store thousands of times.)"""
    for group in groups(paths, known):
        p = run("search", "--format", "raw", "--order", "index", "file.path:(%s)" % " OR ".join(map(quoted, group)))
        if p.returncode != 0:
            fault("raw", group[0], "and others:", p.returncode, told(p)[:200])
        at = 0
        for path in group:
            want = read(path)
            if p.stdout[at:at + len(want)] != want:
                fault("raw", path, "or the file before it in", known[path]["number"])
                break  # where the next begins is not known any more
            at += len(want)
        else:
            if at != len(p.stdout):
                fault("raw", len(p.stdout) - at, "bytes too many behind", group[-1])


def main():
    made = work + "/nasty"
    make_nasty(made)
    known = ingest(made)
    paths = check_exports(made)
    lines = [path for path in paths if of_lines(path, known)]
    check_lines(lines, known)
    v = run("verify")
    if v.returncode != 0:
        fault("verify", v.stdout.decode()[:500])
    if not lines or len(lines) == len(paths):
        fault("of %d files %d are of lines: both kinds must be there" % (len(paths), len(lines)))
    shutil.rmtree(work)
    print("%d files exported equal but for faults, %d of lines joined; %d faults" % (len(paths), len(lines), faults))
    sys.exit(faults != 0)


main()
