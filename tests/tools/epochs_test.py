#!/usr/bin/env python3
"""Tests of tests/golden/epochs: keys and signatures of epochs as docs/formats/keys.md has them, made
and checked with hashlib and openssl only, so by nothing of ours."""
import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools"))
import checklib

# DER before an Ed25519 seed (PKCS #8) and before a public key (SubjectPublicKeyInfo), RFC 8410.
SEED_HEAD = bytes.fromhex("302e020100300506032b657004220420")
PUBLIC_HEAD = bytes.fromhex("302a300506032b6570032100")
IDENTITY = ("log.example/x", bytes([1]) * 32)
ROOT = ("csirt.example/root", bytes([2]) * 32)


def golden(name):
    with open(os.path.join(checklib.ROOT, "tests/golden/epochs", name), "rb") as f:
        return f.read()


def public_key(seed):
    done = subprocess.run(["openssl", "pkey", "-inform", "DER", "-pubout", "-outform", "DER"], input=SEED_HEAD + seed, stdout=subprocess.PIPE, check=True)
    return done.stdout[len(PUBLIC_HEAD) :]


def signature_holds(public, text, signature):
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for name, content in (("key", PUBLIC_HEAD + public), ("text", text), ("signature", signature)):
            paths[name] = os.path.join(folder, name)
            with open(paths[name], "wb") as f:
                f.write(content)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", paths["key"], "-rawin"]
        done = subprocess.run(command + ["-in", paths["text"], "-sigfile", paths["signature"]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return done.returncode == 0


def derive(secret, number):
    return hashlib.blake2b(b"", digest_size=32, key=secret, salt=number.to_bytes(8, "little"), person=b"akepoch1").digest()


def epoch_key(epoch):
    """The public key of an epoch, from K of epoch 0."""
    secret = bytes(range(32))
    for _ in range(epoch):
        secret = derive(secret, 2)
    return public_key(derive(secret, 1))


def key_id(name, public):
    return hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]


def split(note):
    """The signed text, and (name, key id, signature) of each signature."""
    text, _, lines = note.partition(b"\n\n")
    signatures = []
    for line in lines.decode().splitlines():
        dash, name, blob = line.split(" ")
        blob = base64.b64decode(blob, validate=True)
        assert dash == "\u2014" and len(blob) == 68
        signatures.append((name, blob[:4], blob[4:]))
    return text + b"\n", signatures


def wrong_signature(note, number, name, public):
    text, signatures = split(note)
    if signatures[number][0] != name or signatures[number][1] != key_id(name, public):
        yield "signature %d is not by %s" % (number, name)
    elif not signature_holds(public, text, signatures[number][2]):
        yield "the signature by %s is wrong" % name
    elif signature_holds(public, text + b"\n", signatures[number][2]):
        yield "openssl takes a signature by %s over another text" % name


def wrong_manifest():
    name, seed = IDENTITY
    public = public_key(seed)
    vkey = "%s+%s+%s" % (name, key_id(name, public).hex(), base64.b64encode(b"\x01" + public).decode())
    lines = ["akashi-epochs/v1", "origin " + name, "identity " + vkey, "seals 86400", "first 1", "count 3"]
    lines += [base64.b64encode(b"\x01" + epoch_key(epoch)).decode() for epoch in (1, 2, 3)]
    for path in ("manifest", "manifest_of_identity"):
        if split(golden(path))[0].decode() != "\n".join(lines) + "\n":
            yield "%s does not say what the documented derivation gives" % path


def wrong_checkpoint():
    name, seed = IDENTITY
    note = golden("checkpoint")
    if len(split(note)[1]) != 2:
        yield "checkpoint has not two signatures"
        return
    yield from wrong_signature(note, 0, name, public_key(seed))
    yield from wrong_signature(note, 1, name + "/epoch/2", epoch_key(2))


def main():
    tap = checklib.Tap()
    points = [
        ("the_manifest_lists_the_keys_that_are_derived", wrong_manifest),
        ("the_root_has_signed_the_manifest", lambda: wrong_signature(golden("manifest"), 0, ROOT[0], public_key(ROOT[1]))),
        ("or_the_identity_has", lambda: wrong_signature(golden("manifest_of_identity"), 0, IDENTITY[0], public_key(IDENTITY[1]))),
        ("identity_and_epoch_have_signed_the_checkpoint", wrong_checkpoint),
    ]
    for name, problems in points:
        if shutil.which("openssl") is None:
            tap.skip(name, "openssl is not installed")
        else:
            tap.point(name, problems())
    tap.end()


if __name__ == "__main__":
    main()
