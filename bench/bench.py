"""bench.py: `make bench` (bench/run builds the programs and calls it). Data, peers and stores are kept in build-bench
and used again; what a step found is kept for the binary that was measured, so that a run that was stopped goes on.
Options are environment variables; docs/performance.md says which. Exit status 1: an answer is wrong, a step
failed, or (JUDGE=1) a bar is not held."""
import fcntl
import hashlib
import http.client
import os
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import judge
import measure
import steps
import tables

SIZES = {  # bytes of syslog, bytes of Zeek, seeds, steps when none are named
    "small": (24000000, 16000000, "1", "data ingest queries samples words patterns readers"),
    "medium": (150000000, 100000000, "1 2", "data ingest queries samples words patterns readers"),
    "full": (600000000, 400000000, "1 2", "data ingest compressors queries samples words patterns readers rules"),
}
ALL = ("data", "ingest", "compressors", "queries", "samples", "words", "patterns", "readers", "rules", "ten")


class Settings:
    def __init__(self, akashi, generator, spawner, samples):
        get = os.environ.get
        self.size = get("SIZE") or "full"
        if self.size not in SIZES:
            sys.exit("SIZE is one of: " + " ".join(SIZES))
        self.syslog_bytes, self.zeek_bytes, seeds, named = SIZES[self.size]
        self.seeds = (get("SEEDS") or seeds).split()
        self.steps = (get("STEPS") or named).split()
        self.steps = list(ALL) if self.steps == ["all"] else self.steps
        unknown = set(self.steps) - set(ALL)
        if unknown:
            sys.exit("STEPS has %s; there are: %s" % (" ".join(unknown), " ".join(ALL)))
        self.rounds = int(get("ROUNDS") or 10)
        self.ingest_rounds = int(get("INGEST_ROUNDS") or (3 if self.size != "small" else 5))
        self.again, self.judged = bool(get("AGAIN")), bool(get("JUDGE"))
        self.folder = os.path.abspath(get("BENCH_FOLDER") or "build-bench")
        self.akashi, self.generator = os.path.abspath(akashi), os.path.abspath(generator)
        self.samples = os.path.abspath(samples) if os.path.isdir(os.path.join(samples, "loghub")) else None
        corpus = os.path.abspath(get("CONFORMANCE") or "../shared/conformance")
        self.corpus = corpus if os.path.isdir(os.path.join(corpus, "sigma/rules")) else None
        self.victorialogs = get("AKASHI_BENCH_VICTORIALOGS")
        self.clickhouse = shutil.which("clickhouse-server") if not get("NO_CLICKHOUSE") else None
        with open(self.akashi, "rb") as f:
            self.binary = hashlib.sha256(f.read()).hexdigest()[:12]
        git = lambda *words: subprocess.run(("git",) + words, capture_output=True, text=True).stdout.strip()
        self.commit = git("rev-parse", "--short", "HEAD") + ("+" if git("status", "--porcelain", "src") else "")
        self.work = os.path.join(self.folder, "work")
        self.results = os.path.join(self.folder, "results", "%s-%s" % (self.binary, self.size))
        for folder in (self.work, self.results, self.folder + "/data", self.folder + "/peers", self.folder + "/stores"):
            os.makedirs(folder, exist_ok=True)
        self.runner = measure.Runner(os.path.abspath(spawner), self.work)


def run_step(settings, name, seed):
    """The result of a step, kept or measured now; None when it failed."""
    path = os.path.join(settings.results, "%s-%s.json" % (name, seed))
    kept = None if settings.again else measure.read_json(path)
    if kept is not None:
        print("%s, seed %s: kept from %s" % (name, seed, kept["date"]), flush=True)
        return kept
    print("%s, seed %s ..." % (name, seed), flush=True)
    load, start = os.getloadavg()[0], time.monotonic()
    try:
        result = steps.STEPS[name](settings, seed)
    except (measure.Failed, OSError, http.client.HTTPException, subprocess.SubprocessError, ValueError, KeyError) as failed:
        print("%s, seed %s: FAILED: %s" % (name, seed, failed), flush=True)
        return None
    result.update({"date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "load_before": round(load, 2), "commit": settings.commit,
                   "seconds": round(time.monotonic() - start, 1)})
    if not result["wrong"]:  # what was wrong is asked again by the next run
        measure.write_json(path, result)
    return result


def main():
    settings = Settings(*sys.argv[1:5])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as an exception, so that servers are stopped
    lock = open(settings.folder + "/lock", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit("another bench runs in " + settings.folder)
    if settings.samples is None:
        print("The folder of real sample lines is not there (make bench BENCH=FOLDER): data is made from bench/templates, whose "
              "figures do not compare with those of docs/performance.md.")
    for missing in (["ClickHouse"] if not settings.clickhouse else []) + (["VictoriaLogs (AKASHI_BENCH_VICTORIALOGS=PROGRAM)"] if not settings.victorialogs else []):
        print("%s is not there: left out" % missing)
    results, failed = {}, []
    for name in settings.steps:
        for seed in settings.seeds if name in steps.BY_SEED else settings.seeds[:1]:
            result = run_step(settings, name, seed)
            if result is None or result.get("wrong"):
                failed.append("%s, seed %s%s" % (name, seed, ": " + "; ".join(result["wrong"]) if result else ""))
            if result is not None:
                results["%s-%s" % (name, seed)] = result
    everything = {"commit": settings.commit, "binary": settings.binary, "size": settings.size, "samples": settings.samples is not None,
                  "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "cpus": os.cpu_count(), "results": results, "failed": failed}
    everything["judged"] = judge.judge(everything)
    name = "%s/%s-%s-%s" % (settings.folder, settings.size, settings.commit.replace("+", "-changed"), time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()))
    measure.write_json(name + ".json", everything)
    table = tables.markdown(everything)
    with open(name + ".md", "w") as f:
        f.write(table)
    print("\n" + table)
    print("kept: %s.md and .json" % name)
    for line in failed:
        print("FAILED: " + line)
    if failed or (settings.judged and any(row["held"] is False for row in everything["judged"])):
        sys.exit(1)


if __name__ == "__main__":
    main()
