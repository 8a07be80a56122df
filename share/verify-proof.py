#!/usr/bin/env python3
"""Proves one record of an Akashi store, or that a checkpoint goes on from an older one, with Python's
standard library alone. Usage: verify-proof.py [FOLDER [LOG.VKEY]], as verify-proof.sh, and to the same
end. FOLDER is what `akashi export --proof` or `akashi export --consistency` wrote. Give the log's key
from elsewhere as LOG.VKEY, or all that is shown is that the folder agrees with itself. It reads; it
writes nothing."""
import base64
import datetime
import hashlib
import os
import re
import sys

P = 2**255 - 19  # Ed25519 (RFC 8032 section 5.1): the field, the order, d and a square root of -1
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


class NotProved(Exception):
    pass


def must(good, what):
    if not good:
        raise NotProved(what)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def unbase64(text, what):
    """Standard base64 in its one spelling."""
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raw = None
    must(raw is not None and base64.b64encode(raw) == text, what)
    return raw


def number(text, what):
    must(re.fullmatch(rb"0|[1-9][0-9]{0,18}", text), what)
    return int(text)


# ---- Ed25519: points as (x, y) ----


def plus(a, b):
    (x1, y1), (x2, y2) = a, b
    k = D * x1 * x2 * y1 * y2 % P
    return ((x1 * y2 + x2 * y1) * pow(1 + k, P - 2, P) % P, (y1 * y2 + x1 * x2) * pow(1 - k, P - 2, P) % P)


def times(n, point):
    total = (0, 1)
    while n > 0:
        if n & 1:
            total = plus(total, point)
        point = plus(point, point)
        n >>= 1
    return total


def decode_point(raw):
    """RFC 8032 section 5.1.3; None where there is no such point."""
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT % P
    if y >= P or x * x % P != square or (x == 0 and sign):
        return None
    return (P - x if x & 1 != sign else x, y)


BASE = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signed(public_key, message, signature):
    """RFC 8032 section 5.1.7."""
    a, r, s = decode_point(public_key), decode_point(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= ORDER:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % ORDER
    return times(s, BASE) == plus(r, times(h, a))


# ---- the files ----


def read_key(text):
    """A C2SP vkey and a line feed: name, key id, public key."""
    parts = text.split(b"+", 2)
    must(len(parts) == 3 and parts[2][-1:] == b"\n", "log.vkey is damaged")
    name, key_id, key = parts[0], parts[1], unbase64(parts[2][:-1], "log.vkey is damaged")
    must(len(key) == 33 and key[:1] == b"\x01", "log.vkey is no Ed25519 key")
    must(re.fullmatch(rb"[^\x00-\x20+]+", name), "the key's name")
    must(key_id == sha256(name, b"\n", key).hex()[:8].encode(), "key id")
    return name, bytes.fromhex(key_id.decode()), key[1:]


def own_signatures(lines, name, key_id):
    """Those of this key; those of others say nothing here, but each must have the form of one."""
    own = []
    for line in lines:
        must(re.fullmatch("— [!-*,-\x7f]+ [A-Za-z0-9+/]+={0,2}".encode(), line), "the checkpoint's form")
        _, signer, text = line.split(b" ")
        signature = unbase64(text, "signature line")
        must(len(signature) >= 5, "signature line")
        if signer == name and signature[:4] == key_id:
            own.append(signature[4:])
    must(own, "signed by another key")
    return own


def read_checkpoint(note, name, key_id, public_key):
    """A C2SP tlog-checkpoint signed by the log, and maybe by witnesses: size, root."""
    lines = note.split(b"\n")
    must(len(note) <= 65536 and 6 <= len(lines) <= 105, "the checkpoint's form")
    must(lines[-1] == b"" and lines[3] == b"", "the checkpoint's form")
    text = b"\n".join(lines[:3]) + b"\n"
    for signature in own_signatures(lines[4:-1], name, key_id):
        must(len(signature) == 64 and signed(public_key, text, signature), "the log's signature is wrong")
    must(lines[0] == name, "the checkpoint is of another log")
    return number(lines[1], "the checkpoint's size"), unbase64(lines[2], "the checkpoint's root")


def read_path(lines):
    path = [unbase64(line, "the path's form") for line in lines]
    must(all(len(step) == 32 for step in path), "the path's form")
    return path


def read_proof(proof, salt, checkpoint):
    """A C2SP tlog-proof: index, path."""
    head, _, rest = proof.partition(b"\n\n")
    lines = head.split(b"\n")
    must(rest == checkpoint, "the proof's form")
    must(len(lines) >= 3 and lines[0] == b"c2sp.org/tlog-proof@v1", "the proof's form")
    must(lines[1] == b"extra " + base64.b64encode(salt), "the proof's form")
    must(lines[2].startswith(b"index "), "the proof's form")
    return number(lines[2][6:], "the index"), read_path(lines[3:])


def read_consistency(text, old_size, checkpoint):
    """What a witness takes at add-checkpoint (C2SP tlog-witness): path."""
    head, _, rest = text.partition(b"\n\n")
    lines = head.split(b"\n")
    must(rest == checkpoint and lines[0] == b"old %d" % old_size, "the form of consistency")
    return read_path(lines[1:])


def root_above(leaf, index, size, path):
    """RFC 9162 section 2.1.3.2."""
    at, last, value = index, size - 1, leaf
    must(at <= last, "the index is beyond the tree")
    for step in path:
        must(last > 0, "the path is too long")
        if at & 1 or at == last:
            value = sha256(b"\x01", step, value)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            value = sha256(b"\x01", value, step)
        at, last = at >> 1, last >> 1
    must(last == 0, "the record is not under this checkpoint")
    return value


def roots_above(old_root, old_size, size, path):
    """RFC 9162 section 2.1.4.2: the older and the newer root that the path leads to."""
    must(0 < old_size <= size, "the older checkpoint is no older one")
    if old_size == size:
        must(not path, "the path is too long")
        return old_root, old_root
    at, last = old_size - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    if at == 0:  # the older tree is perfect: its root begins the path
        path = [old_root] + path
    must(path, "the checkpoint does not go on from the older one")
    old = new = path[0]
    for step in path[1:]:
        must(last > 0, "the path is too long")
        if at & 1 or at == last:
            old, new = sha256(b"\x01", step, old), sha256(b"\x01", step, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = sha256(b"\x01", new, step)
        at, last = at >> 1, last >> 1
    must(last == 0, "the checkpoint does not go on from the older one")
    return old, new


def read_files(folder, names):
    files = {}
    for name in names:
        with open(os.path.join(folder, name), "rb") as f:
            files[name] = f.read()
    return files


def prove_consistency(folder, trusted):
    must(not os.path.exists(os.path.join(folder, "proof")), "the folder has two proofs: give each its own")
    files = read_files(folder, ("log.vkey", "checkpoint", "checkpoint.old", "consistency"))
    must(trusted is None or trusted == files["log.vkey"], "the key is not the one that you trust")
    key = read_key(files["log.vkey"])
    old_size, old_root = read_checkpoint(files["checkpoint.old"], *key)
    size, root = read_checkpoint(files["checkpoint"], *key)
    path = read_consistency(files["consistency"], old_size, files["checkpoint"])
    must(roots_above(old_root, old_size, size, path) == (old_root, root),
         "the checkpoint does not go on from the older one")
    print("PROVED: the tree of %d records of %s with root %s goes on from its first %d records with root %s" % (
        size, key[0].decode(), root.hex(), old_size, old_root.hex()))


def prove_record(folder, trusted):
    files = read_files(folder, ("log.vkey", "checkpoint", "proof", "record.header", "record.salt", "record.body"))
    must(trusted is None or trusted == files["log.vkey"], "the key is not the one that you trust")
    name, key_id, public_key = read_key(files["log.vkey"])
    size, root = read_checkpoint(files["checkpoint"], name, key_id, public_key)
    header, salt, body = files["record.header"], files["record.salt"], files["record.body"]
    must(len(header) == 108, "the header has 108 bytes")
    must(int.from_bytes(header[64:72], "big") == len(body), "the body's length")
    must(len(salt) == 16 and sha256(salt, body) == header[76:], "the body")
    index, path = read_proof(files["proof"], salt, files["checkpoint"])
    must(root_above(sha256(b"\x00", header), index, size, path) == root, "the record is not under this checkpoint")
    received = int.from_bytes(header[32:40], "big", signed=True) // 10**9
    when = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=received)
    print("PROVED: record %d of %s, received %sZ, is in the tree of %d records with root %s" % (
        index, name.decode(), when.isoformat(), size, root.hex()))


def prove(folder, trusted):
    if os.path.exists(os.path.join(folder, "consistency")):
        prove_consistency(folder, trusted)
    else:
        prove_record(folder, trusted)
    if trusted is None:
        print("The key came with the folder: compare log.vkey with one from elsewhere.")


def main(args):
    if len(args) > 2 or args[:1] in (["-h"], ["--help"]):
        print(__doc__)
        return 2
    try:
        trusted = None
        if len(args) == 2:
            with open(args[1], "rb") as f:
                trusted = f.read()
        prove(args[0] if args else ".", trusted)
    except NotProved as what:
        print("NOT PROVED: %s" % what)
        return 1
    except (OSError, UnicodeDecodeError, OverflowError) as what:
        print("NOT PROVED: %s" % what)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
