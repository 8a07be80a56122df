#!/usr/bin/env python3
"""strangers.py AKASHI [MUTATIONS] [SEED]: proofs before strangers. A store of many sizes and two classes
gives out proofs of records and of its growth (consistency); the shell script, the Python script (both as
exported) and Go's golang.org/x/mod note and tlog packages must accept each. Then bytes are flipped, cut, doubled and swapped in the files, in a way
that a forger might try too, and every one of them must refuse each. A forgery that changes nothing but
signature lines of others than the log proves the same as before: these strangers do not know such keys and must
ignore their lines (C2SP signed-note), and what Go accepts of these the scripts must accept. Who does know them is
`akashi verify`: it must refuse each changed checkpoint and each changed manifest of a store. Without a Go
toolchain Go is left out, and that is said; the status is then 0 all the same.
"""
import functools
import importlib.util
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
akashi = os.path.abspath(sys.argv[1])
mutations = int(sys.argv[2]) if len(sys.argv) > 2 else 500
rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
work = tempfile.mkdtemp(prefix="akashi-strangers-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
RECORD = ["record.body", "record.header", "record.salt", "proof", "checkpoint", "log.vkey"]
GROWTH = ["consistency", "checkpoint.old", "checkpoint", "log.vkey"]


def build_go():
    """The stranger's program, or None."""
    program = shutil.which("go") or shutil.which("/usr/local/go/bin/go")
    if program is None:
        print("no Go toolchain here: Go is left out")
        return None
    folder = work + "/go"
    shutil.copytree(HERE + "/strangers", folder)
    p = subprocess.run([program, "build", "-o", work + "/stranger", "."], cwd=folder, capture_output=True, text=True,
                       env=dict(os.environ, GOFLAGS="-mod=mod"))
    if p.returncode != 0:
        print("the Go program cannot be built, Go is left out: " + p.stderr.strip()[:300])
        return None
    return subprocess.Popen([work + "/stranger"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)


def go_says(go, folder):
    go.stdin.write(folder + "\n")
    go.stdin.flush()
    return go.stdout.readline().startswith("yes")


def sh_says(folder):
    p = subprocess.run(["sh", folder + "/verify-proof.sh", folder], capture_output=True)
    if (p.returncode == 0) != p.stdout.startswith(b"PROVED: "):
        raise RuntimeError("verify-proof.sh: status %d, %r" % (p.returncode, p.stdout))
    return p.returncode == 0


def load(folder):
    spec = importlib.util.spec_from_file_location("verify_proof", folder + "/verify-proof.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def py_says(module, folder):
    with open(os.devnull, "w") as nothing:
        out, sys.stdout = sys.stdout, nothing
        try:
            return module.main([folder]) == 0
        finally:
            sys.stdout = out


def files_of(folder):
    return GROWTH if os.path.exists(folder + "/consistency") else RECORD


def make_proofs():
    """Folders with proofs of records in trees of several sizes, of two classes; and from each of their
    checkpoints to each later one."""
    folders = []
    notes = {"default": [], "1y": []}
    env = dict(os.environ, AKASHI_STORE=work + "/store")
    for number, size in enumerate((1, 1, 1, 5, 57, 40, 300, 1200)):
        name = ("default", "1y")[number % 2]
        with open(work + "/" + name, "ab") as f:
            for i in range(size):
                f.write(b"Nov 22 10:00:00 web01 sshd[7]: Failed password for root from 203.0.113.9 port %d ssh2\n" % rng.randrange(65536))
        subprocess.run([akashi, "ingest", "--class", name, work + "/" + name], env=env, check=True, capture_output=True)
        p = subprocess.run([akashi, "info", "--json"], env=env, check=True, capture_output=True, text=True)
        trees = json.loads(p.stderr.strip().splitlines()[-1])["trees"]
        tree = next(tree["tree_size"] for tree in trees if tree["name"] == name)
        for index in sorted({0, tree - 1, rng.randrange(tree), rng.randrange(tree)}):
            folder = "%s/proof-%s-%d-%d" % (work, name, tree, index)
            subprocess.run([akashi, "export", "--proof", "%s:%d" % (name, index), "-o", folder], env=env, check=True, capture_output=True)
            folders.append(folder)
        notes[name].append("%s/checkpoint-%s-%d" % (work, name, tree))
        shutil.copy("%s/store/tree/%s/checkpoint" % (work, name), notes[name][-1])
        for note in notes[name]:
            folder = "%s/growth-%s-%d" % (work, os.path.basename(note), tree)
            subprocess.run([akashi, "export", "--consistency", note, "-o", folder], env=env, check=True, capture_output=True)
            folders.append(folder)
    return folders


def mutate(data, other):
    """Another content of a file."""
    kind = rng.randrange(7)
    at = rng.randrange(len(data)) if data else 0
    if kind == 0 and data:
        return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1:]
    if kind == 1 and data:
        return data[:at]
    if kind == 2:
        return data[:at] + bytes([rng.randrange(256)]) + data[at:]
    if kind == 3 and data:
        return data[:at] + data[at + 1:]
    if kind == 4 and data.count(b"\n") > 1:
        lines = data.split(b"\n")
        a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
        lines[a], lines[b] = lines[b], lines[a]
        return b"\n".join(lines)
    if kind == 5 and data.count(b"\n") > 1:
        lines = data.split(b"\n")
        lines.insert(at % len(lines), lines[rng.randrange(len(lines))])
        return b"\n".join(lines)
    return other


def forge(folder, target, folders):
    """A changed copy; False when nothing changed."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target)
    changed = False
    files = files_of(folder)
    others = [other for other in folders if files_of(other) is files]
    for name in rng.sample(files, rng.choice([1, 1, 1, 2])):
        with open(folder + "/" + name, "rb") as f:
            before = f.read()
        with open(rng.choice(others) + "/" + name, "rb") as f:
            after = mutate(before, f.read())
        with open(target + "/" + name, "wb") as f:
            f.write(after)
        changed |= after != before
        if name == "checkpoint" and rng.random() < 0.5:  # a forger keeps the copy in the proof in step
            copied = "/proof" if files is RECORD else "/consistency"
            with open(folder + copied, "rb") as f:
                proof = f.read()
            with open(target + copied, "wb") as f:
                f.write(proof.replace(before, after))
    return changed


def contents(folder):
    out = {}
    for name in files_of(folder):
        with open(folder + "/" + name, "rb") as f:
            out[name] = f.read()
    return out


def same_but_for_others(old, new, vkey):
    """Nothing differs but lines of others than the log, and where its own line stands."""
    own = [line for line in old.split(b"\n")[4:] if line.startswith("\u2014 ".encode() + vkey.split(b"+")[0] + b" ")]
    lines = new.split(b"\n")
    return old.split(b"\n")[:4] == lines[:4] and lines[-1] == b"" and all(line in lines[4:] for line in own)


def proves_the_same(folder, target):
    """Nothing differs but lines of others than the log, in checkpoints and the copy in the proof."""
    before, after = contents(folder), contents(target)
    old, new = before.pop("checkpoint"), after.pop("checkpoint")
    copied = "proof" if "proof" in before else "consistency"
    if not same_but_for_others(old, new, before["log.vkey"]) or after.pop(copied) != before.pop(copied).replace(old, new):
        return False
    older = before.pop("checkpoint.old", None), after.pop("checkpoint.old", None)
    return after == before and (older == (None, None) or same_but_for_others(*older, before["log.vkey"]))


def forge_store(wanted):
    """Checkpoints and manifests of the store, changed one at a time: verify must refuse each."""
    store = work + "/store"
    env = dict(os.environ, AKASHI_STORE=store)
    paths = [store + "/tree/%s/checkpoint", store + "/keys/%s/epochs-000001.note"]
    tried = bad = 0
    while tried < wanted:
        path = rng.choice(paths)
        mine, other = rng.sample(["default", "1y"], 2)
        with open(path % mine, "rb") as f:
            before = f.read()
        with open(path % other, "rb") as f:
            after = mutate(before, f.read())
        if after == before:
            continue
        with open(path % mine, "wb") as f:
            f.write(after)
        p = subprocess.run([akashi, "verify"], env=env, capture_output=True)
        tried += 1
        if p.returncode not in (1, 3):
            bad += 1
            print("verify says %d of a changed %s: %r" % (p.returncode, path % mine, after), flush=True)
        with open(path % mine, "wb") as f:
            f.write(before)
    if subprocess.run([akashi, "verify"], env=env, capture_output=True).returncode != 0:
        bad += 1
        print("verify refuses the store as it was", flush=True)
    return tried, bad


def main():
    started = time.time()
    go = build_go()
    folders = make_proofs()
    module = load(folders[0])
    module.signed = functools.lru_cache(None)(module.signed)  # slow, and mostly the same signature
    bad = 0
    for folder in folders:
        says = [sh_says(folder), py_says(module, folder)] + ([go_says(go, folder)] if go else [])
        if not all(says):
            bad += 1
            print("not accepted: %s: sh, py, go say %s" % (folder, says), flush=True)
    tried = ignored = 0
    with ThreadPoolExecutor(int(os.environ.get("JOBS", "2"))) as pool:
        while tried < mutations:
            batch = []
            for _ in range(min(64, mutations - tried)):
                target = "%s/forged-%d" % (work, len(batch))
                folder = rng.choice(folders)
                if forge(folder, target, folders):
                    batch.append((target, proves_the_same(folder, target)))
            for (target, same), by_sh in zip(batch, list(pool.map(sh_says, [target for target, _ in batch]))):
                says = [by_sh, py_says(module, target)] + ([go_says(go, target)] if go else [])
                tried += 1
                ignored += same
                if any(says) if not same else says[-1] and not all(says):
                    bad += 1
                    kept = "%s/accepted-%d" % (work, bad)
                    shutil.copytree(target, kept)
                    print("wrong: %s: sh, py, go say %s%s" % (kept, says, ", the same is proved" if same else ""), flush=True)
            if tried // 1000 != (tried - len(batch)) // 1000:
                print("%d forged, %d wrong judgements (%.0f s)" % (tried, bad, time.time() - started), flush=True)
    stores, store_bad = forge_store(max(20, mutations // 20))
    bad += store_bad
    print("%d proofs of two classes, %d forged ones (of these %d in lines to be ignored) before sh, py%s, "
          "%d forged notes before verify: %d wrong judgements" % (
              len(folders), tried, ignored, ", go" if go else "", stores, bad))
    if not bad:
        shutil.rmtree(work)
    return bad != 0


sys.exit(main())
