"""Eight readers in a loop beside one ingest. A file is taken in from its beginning, so that what a reader sees must be
exactly the lines of a prefix: the number of matching records must be the number of matching lines up to the last one
seen, and never go back."""
import bisect
import os
import shutil
import subprocess
import threading
import time

import measure
import peers

READERS = 8


class Prefix:
    """Offsets of all lines and of those with a text."""

    def __init__(self, path, needle):
        self.lines, self.found = [], []
        at = 0
        with open(path, "rb") as f:
            for line in f:
                self.lines.append(at)
                if needle in line:
                    self.found.append(at)
                at += len(line)

    def problem(self, offsets, count, last):
        if count == 0:
            return None
        i = bisect.bisect_left(offsets, last)
        if i >= len(offsets) or offsets[i] != last:
            return "no such line at %s" % last
        return None if i + 1 == count else "%d records where the prefix has %d" % (count, i + 1)


class Reader(threading.Thread):
    def __init__(self, settings, store, prefix, number, stop):
        super().__init__()
        self.settings, self.store, self.prefix, self.number, self.stop_now = settings, store, prefix, number, stop
        self.asked, self.seen, self.problems, self.most = 0, {}, [], 0.0

    def forms(self):
        return [("found", '~"ssword fo" | stats count() as n, max(log.offset) as last'), ("lines", "* | stats count() as n, max(log.offset) as last"),
                ("hosts", "* | stats count() as n by host.name"), ("needle", "%s | stats count() as n" % peers.NEEDLE)]

    def ask(self, name, form):
        start = time.monotonic()
        p = subprocess.run([self.settings.akashi, "search", "--store", self.store, "--format", "jsonl", form], stdin=subprocess.DEVNULL,
                           capture_output=True, timeout=300, close_fds=False)
        if p.returncode != 0:
            if self.seen:
                self.problems.append("%s ended with %d: %s" % (name, p.returncode, p.stderr.decode(errors="replace")[-200:]))
            return  # before the first answer there is no store yet
        self.asked += 1
        self.most = max(self.most, time.monotonic() - start)
        rows = peers.rows_of(p.stdout)
        now = {row.get("host.name"): row["n"] for row in rows}
        for key, before in self.seen.get(name, {}).items():
            if now.get(key, 0) < before:
                self.problems.append("%s of %s went back from %d to %d" % (name, key, before, now.get(key, 0)))
        self.seen[name] = now
        if name in ("found", "lines") and rows:
            offsets = self.prefix.found if name == "found" else self.prefix.lines
            problem = self.prefix.problem(offsets, rows[0]["n"], rows[0]["last"])
            self.problems += [name + ": " + problem] if problem else []

    def run(self):
        forms = self.forms()
        turn = self.number
        while not self.stop_now.is_set() and len(self.problems) < 20:
            try:
                self.ask(*forms[turn % len(forms)])
            except (subprocess.TimeoutExpired, ValueError, KeyError) as e:
                self.problems.append(repr(e)[:200])
            turn += 1


def measure_readers(settings, data):
    """Wall and CPU of one ingest alone and with readers, in turn, twice."""
    prefix = Prefix(data.syslog, b"ssword fo")
    store = settings.work + "/readers"
    akashi = peers.Akashi(settings.akashi, store, settings.runner, data)
    alone, beside, problems, asked, most, complete = [], [], [], 0, 0.0, True
    for _ in range(2):
        alone.append(akashi.load([data.syslog]))
        shutil.rmtree(store)
        stop = threading.Event()
        readers = [Reader(settings, store, prefix, i, stop) for i in range(READERS)]
        for reader in readers:
            reader.start()
        try:
            beside.append(akashi.load([data.syslog]))
        finally:
            stop.set()
            for reader in readers:
                reader.join()
        for reader in readers:
            problems += reader.problems
            asked += reader.asked
            most = max(most, reader.most)
        last = Reader(settings, store, prefix, 0, stop)
        for name, form in last.forms():
            last.ask(name, form)
        complete = complete and last.seen["lines"].get(None) == len(prefix.lines) and last.seen["found"].get(None) == len(prefix.found)
        problems += last.problems
        shutil.rmtree(store, ignore_errors=True)
    if not complete:
        problems.append("the whole is not there at the end")
    fast, slow = measure.median([r["wall"] for r in alone]), measure.median([r["wall"] for r in beside])
    return {"alone": fast, "beside": slow, "speed_left": fast / slow, "cpu_alone": measure.median([r["cpu"] for r in alone]),
            "cpu_beside": measure.median([r["cpu"] for r in beside]), "answers": asked, "longest": most, "bytes": os.path.getsize(data.syslog),
            "wrong": sorted(set(problems))[:20]}
