"""lab.py: what the torture scripts share. A Life is a store with its sources: lines are handed in,
what was acknowledged is kept by another process outside the store's disk, and judge() compares what
the store gives back with what was handed in (docs/durability.md, D1 to D5):
  lost     an acknowledged byte that the store does not give back
  altered  a byte that differs from the source; a store that does not verify; a checkpoint that was
           seen and does not hold any more
  twice    a byte that comes more than once
"""
import os
import random
import shutil
import subprocess

WORDS = ["sshd", "Failed", "password", "for", "root", "from", "10.0.0.1", "accepted", "証拠", "GET", "/index"]


class Life:
    def __init__(self, akashi, outside, store, seed, wrap=()):
        self.akashi = os.path.abspath(akashi)
        self.outside = outside  # folder for sources and ledger; survives
        self.store = store
        self.rng = random.Random(seed)
        self.env = dict(os.environ, AKASHI_STORE=store)
        self.wrap = list(wrap)
        self.files = [outside + "/a.log", outside + "/b.log"]
        self.ledger = outside + "/ledger"
        self.fifo = outside + "/fifo"
        os.mkfifo(self.fifo)
        self.keeper = None
        self.anew()

    def anew(self):
        """An empty store and empty sources."""
        shutil.rmtree(self.store, ignore_errors=True)
        folder = os.open(os.path.dirname(self.store), os.O_RDONLY)
        os.fsync(folder)  # or a power cut brings the old store back, under new sources
        os.close(folder)
        self.line_number = 0
        self.truth = {}  # of standard input, by source name
        self.notes = []  # checkpoints that were seen
        for path in self.files:
            open(path, "wb").close()

    def lines(self, count):
        out = []
        for _ in range(count):
            self.line_number += 1
            text = "2026-11-22T10:%02d:%02dZ host app[%d]: %d %s" % (
                self.line_number // 60 % 60, self.line_number % 60, self.line_number, self.line_number,
                " ".join(self.rng.choices(WORDS, k=self.rng.randrange(2, 40))))
            out.append(text.encode() + (b"\r\n" if self.rng.random() < 0.1 else b"\n"))
        return b"".join(out)

    def grow(self, most):
        """More lines at the end of each file; some end within a line."""
        for path in self.files:
            with open(path, "ab") as f:
                more = self.lines(self.rng.randrange(most // 20 + 1, most))
                f.write(more if self.rng.random() < 0.8 else more[:-7])

    def run(self, *args, **kw):
        return subprocess.run([self.akashi, *args], env=self.env, capture_output=True, **kw)

    def start(self, *args, stdin=subprocess.DEVNULL):
        """ingest, with a new ledger that a process of its own keeps: it reads what is acknowledged from a
        FIFO, as a sender would."""
        with open(self.ledger, "wb") as f:
            self.keeper = subprocess.Popen(["cat", self.fifo], stdout=f)
        return subprocess.Popen([*self.wrap, self.akashi, "ingest", "--ack", self.fifo, *args], env=self.env,
                                stdin=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def settle(self):
        """After the end of ingest: the ledger is whole."""
        if self.keeper is None:
            return
        while True:
            try:  # an ingest that never opened the FIFO leaves the ledger waiting
                os.close(os.open(self.fifo, os.O_WRONLY | os.O_NONBLOCK))
            except OSError:
                pass
            try:
                self.keeper.wait(0.05)
                break
            except subprocess.TimeoutExpired:
                pass
        self.keeper = None

    def acked(self):
        """Bytes of each source that were acknowledged since start()."""
        out = {}
        self.settle()
        with open(self.ledger, "rb") as f:
            for text in f.read().split(b"\n")[:-1]:
                path, position, _, _ = text.decode().split("\t")
                out[path] = max(out.get(path, 0), int(position))
        return out

    def recover(self):
        """The next writer takes the log over; an empty ingest is enough. The reason, or None."""
        p = self.run("ingest", "--source", "none", "-", input=b"")
        return None if p.returncode == 0 else "recovery failed: " + p.stderr.decode(errors="replace")

    def see_checkpoint(self):
        """Remembers the newest checkpoint, as somebody outside who keeps it."""
        try:
            with open(self.store + "/tree/default/checkpoint", "rb") as f:
                note = f.read()
        except OSError:
            return
        if note and note not in self.notes:
            self.notes.append(note)

    def source(self, path):
        if path in self.truth:
            return self.truth[path]
        with open(path, "rb") as f:
            return f.read()

    def stored(self, path):
        p = self.run("search", "--format", "raw", "--order", "index", 'file.path:"%s"' % path)
        if p.returncode != 0:
            raise RuntimeError("search failed: " + p.stderr.decode(errors="replace"))
        return p.stdout

    def judge_source(self, path, position):
        source = self.source(path)
        back = self.stored(path)
        found = []
        if len(back) < position:
            found.append("lost: %s: %d bytes acknowledged, %d stored" % (path, position, len(back)))
        if back != source[:len(back)]:
            again = len(back) > len(source) or back.count(source[:200]) > 1
            at = len(os.path.commonprefix([back, source]))
            found.append("%s: %s differs at %d" % ("twice" if again else "altered", path, at))
        return found

    def judge_proof(self):
        """verify, and against a checkpoint that was seen before."""
        found = []
        notes = [None]
        if self.notes:
            notes = [self.rng.choice(self.notes)]
        for note in notes:
            args = ["verify"]
            if note is not None:
                against = self.outside + "/against"
                with open(against, "wb") as f:
                    f.write(note)
                args += ["--against", against]
            p = self.run(*args)
            if p.returncode != 0:
                found.append("altered: %s says %d: %s" % (" ".join(args), p.returncode, (p.stdout + p.stderr).decode(errors="replace")[:600]))
        return found

    def judge(self, acked, proof=True):
        """All violations, one sentence each."""
        found = []
        if acked or os.path.exists(self.store + "/store"):
            failed = self.recover()
            if failed:
                return [failed]
        for path, position in acked.items():
            found += self.judge_source(path, position)
        if proof and os.path.exists(self.store + "/store"):
            found += self.judge_proof()
            self.see_checkpoint()
        return found
