#!/usr/bin/env python3
"""cores.py AKASHI: no core of a process that seals holds a secret of its keys, as TAP.

`ingest --follow` is stopped after it has sealed, and every mapping that a core would take (all but
those with the flag `dd`, proc_pid_smaps(5)) is read through /proc/PID/mem and searched for the seed
of the identity key, the secret of the epoch, and what is made of them, as bytes, hex and base64; in
halves, so that a torn copy is found too. That the same search finds them in the mappings with `dd`
shows that it can find them.
"""
import base64
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

STEP = 1 << 20


def field(path, label):
    """The base64 value behind a label of a key file."""
    with open(path, encoding="ascii") as file:
        return base64.b64decode(re.search(rf"^{label} (\S+)$", file.read(), re.M).group(1))


def signing_seed(secret):
    """sign seed = KDF(K, 1): crypto_kdf_derive_from_key of libsodium."""
    return hashlib.blake2b(b"", digest_size=32, key=secret, salt=(1).to_bytes(16, "little"),
                           person=b"akepoch1".ljust(16, b"\0")).digest()


def forms(secret):
    """What would give the secret away, in halves."""
    expanded = hashlib.sha512(secret).digest()  # RFC 8032 section 5.1.5: the scalar and the prefix
    clamped = bytes([expanded[0] & 248]) + expanded[1:31] + bytes([expanded[31] & 63 | 64])
    whole = [secret, clamped, expanded[32:], secret.hex().encode(), secret.hex().upper().encode(),
             base64.b64encode(secret)]
    return [half for text in whole for half in (text[:len(text) // 2], text[len(text) // 2:])]


def mappings(pid):
    """(first address, end, would a core leave it out) of what is resident."""
    found = []
    with open(f"/proc/{pid}/smaps", encoding="utf-8", errors="replace") as file:
        for line in file:
            head = re.match(r"([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ \S+ *(.*)$", line)
            if head:
                at, end, name = int(head.group(1), 16), int(head.group(2), 16), head.group(3)
            elif line.startswith("Rss:"):
                resident = int(line.split()[1]) > 0
            elif line.startswith("VmFlags:") and resident and not name.startswith("[v"):
                found.append((at, end, "dd" in line.split()))
    return found


def count_hits(pid, needles):
    """Hits of any needle: [in what a core takes, in what it leaves out]."""
    hits = [0, 0]
    overlap = max(map(len, needles))
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for at, end, left_out in mappings(pid):
            if left_out and end - at > 64 * STEP:
                continue  # a sanitizer's own, of many terabytes
            before = b""
            for start in range(at, end, STEP):
                try:
                    memory.seek(start)
                    part = before + memory.read(min(STEP, end - start))
                except OSError:  # a page that nobody may read
                    before = b""
                    continue
                hits[left_out] += sum(needle in part for needle in needles)
                before = part[-overlap:]
    return hits


def wait_for(condition):
    for _ in range(600):
        if condition():
            return True
        time.sleep(0.05)
    return False


def seals(store):
    """How often the store was sealed."""
    try:
        with open(f"{store}/tree/default/checkpoints", "rb") as file:
            return file.read().count(b"AKCP")
    except FileNotFoundError:
        return 0


def core_limit(pid):
    with open(f"/proc/{pid}/limits", encoding="ascii") as file:
        return re.search(r"Max core file size +(\S+) +(\S+)", file.read()).groups()


def writer(akashi, work):
    """(core limit, hits) of a process that has sealed twice and still runs."""
    store, log = f"{work}/store", f"{work}/app.log"
    with open(log, "w", encoding="ascii") as file:
        file.write("one\n")
    process = subprocess.Popen([akashi, "ingest", "--store", store, "--follow", log],
                               stderr=subprocess.DEVNULL)
    try:
        assert wait_for(lambda: seals(store) == 1), "the first seal did not come"
        with open(log, "a", encoding="ascii") as file:
            file.write("two\n")
        assert wait_for(lambda: seals(store) == 2), "the second seal did not come"
        process.send_signal(signal.SIGSTOP)
        identity = field(f"{store}/keys/identity.key", "seed")
        epoch = field(f"{store}/keys/default/epoch.key", "secret")
        needles = [form for secret in (identity, epoch, signing_seed(epoch))
                   for form in forms(secret)]
        return core_limit(process.pid), count_hits(process.pid, needles)
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait()


def reader_limit(akashi, work):
    """The core limit of a process that only reads."""
    # AddressSanitizer sets the limit itself, unless told not to.
    env = dict(os.environ, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":disable_coredump=0")
    process = subprocess.Popen([akashi, "search", "--store", f"{work}/store", "--follow", "*"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env)
    try:
        process.stdout.readline()
        return core_limit(process.pid)
    finally:
        process.terminate()
        process.stdout.read()
        process.wait()


def main():
    akashi = os.path.realpath(sys.argv[1])
    if os.geteuid() != 0:
        print("1..0 # SKIP only root sees the memory of a process that hides")
        return 0
    work = tempfile.mkdtemp(prefix="akashi-cores-")
    try:
        limit, hits = writer(akashi, work)
        points = [
            (limit == ("0", "0"), f"a process that holds keys may leave no core: {limit}"),
            (hits[True] > 0, f"the search finds secrets where they lie: {hits[True]} times"),
            (hits[False] == 0, f"nothing that a core takes holds one: {hits[False]} times"),
            (reader_limit(akashi, work) == core_limit(os.getpid()), "a reader hides nothing"),
        ]
    finally:
        shutil.rmtree(work)
    for number, (good, name) in enumerate(points, 1):
        print(f"{'ok' if good else 'not ok'} {number} - {name}")
    print(f"1..{len(points)}")
    return 0 if all(good for good, _ in points) else 1


if __name__ == "__main__":
    sys.exit(main())
