"""The steps of the bench. Each takes the settings and a seed and gives what it found, with "wrong": a list of
answers that were not right. Stores and loaded peers are kept for the steps behind it."""
import concurrent.futures
import glob
import gzip
import json
import os
import shutil
import statistics
import tempfile

import measure
import peers
import readers
import scan
import truth


class Data:
    """The files of a seed, made when they are not there, and what is true of them."""

    def __init__(self, settings, seed, want_truth=True):
        self.settings, self.seed = settings, seed
        self.syslog = self.make("syslog", settings.syslog_bytes, "log")
        self.zeek = self.make("zeek", settings.zeek_bytes, "ndjson")
        self.paths = [self.syslog, self.zeek]
        self.key = os.path.basename(self.syslog)[:-4] + "-" + os.path.basename(self.zeek)[:-7]
        self.truth = self.find_truth() if want_truth else None

    def make(self, kind, size, ending):
        return make_file(self.settings, kind, size, self.seed, ending)

    def find_truth(self):
        parts = []
        for path, find in ((self.syslog, truth.syslog_truth), (self.zeek, truth.zeek_truth)):
            kept = measure.read_json(path + ".truth.json")
            if kept is None:
                kept = find(path)
                measure.write_json(path + ".truth.json", kept)
            parts.append(kept)
        return truth.together(*parts)


def make_file(settings, kind, size, seed, ending):
    source = "" if settings.samples else "-own"
    path = "%s/data/%s-%d-%s%s.%s" % (settings.folder, kind, size, seed, source, ending)
    if not os.path.exists(path):
        part = path + ".part"
        settings.runner.run([settings.generator, kind, part, str(size), seed, settings.samples or "-"], 3600)
        for beside in ("drawn.json", "templates"):
            os.replace(part + "." + beside, path + "." + beside)
        os.replace(part, path)
    return path


def warm(paths):
    """Into the page cache, for everybody alike."""
    for path in paths:
        with open(path, "rb") as f:
            while f.read(1 << 24):
                pass


def compressed(settings, path, command):
    """Size and cost of a compressor on a file; kept beside the data, as neither changes."""
    mark = "%s.%s.json" % (path, command.replace(" ", ""))
    kept = measure.read_json(mark)
    if kept is None:
        folder = tempfile.mkdtemp(prefix="compress-", dir=settings.work)
        out = folder + "/compressed"
        r = measure.Runner(settings.runner.program, folder).run("%s -c < '%s'" % (command, path), 7200, keep=out)
        kept = {"bytes": os.path.getsize(out), "cpu": r["cpu"], "wall": r["wall"], "peak": r["peak"]}
        shutil.rmtree(folder)
        measure.write_json(mark, kept)
    return kept


def sizes_of(data):
    return {"syslog": os.path.getsize(data.syslog), "zeek": os.path.getsize(data.zeek)}


def step_data(settings, seed):
    data = Data(settings, seed)
    warm(data.paths)
    result = {"bytes": sizes_of(data), "lines": data.truth["lines"], "wrong": []}
    for kind, path in (("syslog", data.syslog), ("zeek", data.zeek)):
        result[kind] = measure.read_json(path + ".drawn.json")
        result[kind]["templates_bytes"] = compressed(settings, path + ".templates", "xz -6 -T1")["bytes"]
    return result


def akashi_of(settings, data):
    return peers.Akashi(settings.akashi, "%s/stores/%s-%s" % (settings.folder, data.key, settings.binary), settings.runner, data)


def figures(runs, size):
    cpu, wall = measure.median([r["cpu"] for r in runs]), measure.median([r["wall"] for r in runs])
    return {"cpu": cpu, "wall": wall, "peak": max(r["peak"] for r in runs), "cpu_s_per_gb": cpu / (size / 1e9), "mb_per_s": size / 1e6 / wall,
            "cpu_least": min(r["cpu"] for r in runs), "wall_least": min(r["wall"] for r in runs)}


def remove_other_stores(settings, data):
    """Stores of binaries measured before, of the same data."""
    for store in glob.glob("%s/stores/%s-*" % (settings.folder, data.key)):
        if not store.endswith(settings.binary):
            shutil.rmtree(store, ignore_errors=True)


def step_ingest(settings, seed):
    """Each kind into a store of its own, in turn with zstd; then both into the store that is searched."""
    data = Data(settings, seed)
    akashi, sizes = akashi_of(settings, data), sizes_of(data)
    remove_other_stores(settings, data)
    warm(data.paths)
    runs = {"syslog": [], "zeek": []}
    zstd = {"syslog": [], "zeek": []}
    store = settings.work + "/store"
    for _ in range(settings.ingest_rounds):
        for kind, path in zip(runs, data.paths):
            r = akashi.load([path], store)
            runs[kind].append(r)
            for level in (1, 3):
                z = settings.runner.run("zstd -q -%d -T1 -c '%s'" % (level, path), keep="/dev/null")
                zstd[kind].append((level, z))
    shutil.rmtree(store, ignore_errors=True)
    result = {"bytes": sizes, "rounds": settings.ingest_rounds, "wrong": [], "akashi": {}, "zstd": {}}
    for kind in runs:
        result["akashi"][kind] = figures(runs[kind], sizes[kind])
        result["akashi"][kind]["stored"] = runs[kind][-1]["summary"]["bytes_stored"]
        result["zstd"][kind] = {"zstd -%d" % level: figures([z for n, z in zstd[kind] if n == level], sizes[kind]) for level in (1, 3)}
    both = akashi.load()
    result["akashi"]["both"] = figures([both], sum(sizes.values()))
    result["akashi"]["both"]["stored"] = both["summary"]["bytes_stored"]
    if both["summary"]["records"] != data.truth["lines"]:
        result["wrong"].append("%d records of %d lines" % (both["summary"]["records"], data.truth["lines"]))
    return result


def step_compressors(settings, seed):
    """The bars for sizes, kept with the data: xz -6 and zstd -19 take a second for each MB, two at a time."""
    data = Data(settings, seed, want_truth=False)
    work = [(kind, path, command) for command in ("xz -6 -T1", "zstd -19 -T1", "zstd -3 -T1", "zstd -1 -T1")
            for kind, path in (("syslog", data.syslog), ("zeek", data.zeek))]
    with concurrent.futures.ThreadPoolExecutor(2) as two:
        found = list(two.map(lambda w: compressed(settings, w[1], w[2]), work))
    result = {"wrong": [], "syslog": {}, "zeek": {}}
    for (kind, _, command), figure in zip(work, found):
        result[kind][command] = figure
    return result


def servers_of(settings, data):
    found = []
    if settings.clickhouse:
        found.append(peers.ClickHouse("%s/peers/clickhouse-%s" % (settings.folder, data.key), data))
    if settings.victorialogs:
        found.append(peers.VictoriaLogs(settings.victorialogs, "%s/peers/victorialogs-%s" % (settings.folder, data.key), data))
    return found


def load_server(server):
    """Starts it, with the data taken in now or in an earlier run; what taking in cost."""
    mark = server.folder + "/loaded.json"
    kept = measure.read_json(mark)
    if kept is None:
        shutil.rmtree(server.folder, ignore_errors=True)
    os.makedirs(server.folder, exist_ok=True)
    server.ready()
    if kept is None:
        kept = server.load()
        server.stop()
        server.ready()
        kept["idle"] = measure.resident_of(server.process.pid)
        measure.write_json(mark, kept)
    return kept


def truth_name(engine, name):
    return "Q6 syslog" if name == "Q6" and engine.name == "VictoriaLogs" else name


def query_rounds(engines, data, rounds, wrong, names=peers.QUERIES):
    """Every engine in turn, in another order each round; the first round only warms and is compared."""
    runs = {name: {engine.name: [] for engine in engines} for name in names}
    for number in range(rounds + 1):
        for name in names:
            shift = number % len(engines)
            for engine in engines[shift:] + engines[:shift]:
                r = engine.ask(name)
                if r is None:
                    continue
                problem = truth.differs(truth_name(engine, name), r["answer"], data.truth, engine.messages)
                if problem and len(wrong) < 50:
                    wrong.append("%s, %s: %s" % (engine.name, name, problem))
                if number > 0:
                    runs[name][engine.name].append({key: r[key] for key in ("wall", "cpu", "peak")})
    return runs


def summary(runs):
    result = {}
    for name, engines in runs.items():
        result[name] = {}
        for engine, measured in engines.items():
            if measured:
                walls = sorted(r["wall"] for r in measured)
                result[name][engine] = {"wall": statistics.median(walls), "least": walls[0], "most": walls[-1], "peak": max(r["peak"] for r in measured),
                                        "cpu": statistics.mean(r["cpu"] for r in measured) if measured[0]["cpu"] is not None else None}
    return result


def step_queries(settings, seed):
    data = Data(settings, seed)
    akashi = akashi_of(settings, data)
    if not os.path.isdir(akashi.store):
        akashi.load()
    warm(data.paths)
    servers, wrong = servers_of(settings, data), []
    engines = [akashi] + ([peers.Ripgrep(settings.runner, data)] if shutil.which("rg") else []) + servers
    try:
        loaded = {server.name: load_server(server) for server in servers}
        result = {"queries": summary(query_rounds(engines, data, settings.rounds, wrong)), "loaded": loaded, "rounds": settings.rounds}
    finally:
        for server in servers:
            server.stop()
    idle = [settings.runner.run([settings.akashi, "search", "--store", akashi.store, "--from", "1999-01-01", "--to", "1999-01-02", "--count", "*"]) for _ in range(5)]
    result["idle"] = {"wall": measure.median([r["wall"] for r in idle]), "peak": max(r["peak"] for r in idle)}
    result["wrong"] = sorted(set(wrong))
    return result


def step_samples(settings, seed):
    """The sixteen small samples: Akashi's store of each against zstd -19."""
    result = {"wrong": [], "samples": {}}
    if settings.samples is None:
        return result
    store, plain = settings.work + "/store", settings.work + "/sample.log"
    for path in sorted(glob.glob(settings.samples + "/loghub/*.gz")):
        with gzip.open(path) as f, open(plain, "wb") as out:
            shutil.copyfileobj(f, out)
        r = peers.Akashi(settings.akashi, store, settings.runner, None).load([plain])
        settings.runner.run("zstd -q -19 -c < '%s' > '%s.zst'" % (plain, plain))
        result["samples"][os.path.basename(path).split("_")[0]] = {
            "bytes": os.path.getsize(plain), "stored": r["summary"]["bytes_stored"], "zstd -19": os.path.getsize(plain + ".zst")}
    shutil.rmtree(store, ignore_errors=True)
    return result


def step_words(settings, seed):
    """Text without any shape against zstd -3."""
    path = make_file(settings, "words", min(100000000, settings.syslog_bytes), seed, "txt")
    store = settings.work + "/store"
    r = peers.Akashi(settings.akashi, store, settings.runner, None).load([path])
    shutil.rmtree(store, ignore_errors=True)
    return {"wrong": [], "bytes": os.path.getsize(path), "stored": r["summary"]["bytes_stored"], "zstd -3": compressed(settings, path, "zstd -3 -T1")["bytes"],
            "cpu": r["cpu"], "wall": r["wall"]}


def step_patterns(settings, seed):
    """`akashi patterns` over the file of syslog. How good they are, the conformance corpus says."""
    path = Data(settings, seed, want_truth=False).syslog
    warm([path])
    runs, wrong = [], []
    for _ in range(settings.ingest_rounds):
        r = settings.runner.run([settings.akashi, "patterns", "--format", "jsonl", path])
        counted = sum(json.loads(line)["count"] for line in r["out"].splitlines())
        lines = measure.read_json(path + ".drawn.json")["lines"]
        wrong += [] if counted == lines else ["the patterns have %d lines of %d" % (counted, lines)]
        runs.append(r)
    return dict(figures(runs, os.path.getsize(path)), bytes=os.path.getsize(path), wrong=sorted(set(wrong)))


def step_readers(settings, seed):
    data = Data(settings, seed)
    return readers.measure_readers(settings, data)


def step_ten(settings, seed):
    """Ten times the syslog: cost of taking in, and Q1, Q7, Q9 in turn with the same on the tenth."""
    tenth = make_file(settings, "syslog", settings.syslog_bytes, seed, "log")
    whole = make_file(settings, "syslog", settings.syslog_bytes * 10, seed, "log")
    result, wrong, engines = {"wrong": []}, [], {}
    for name, path in (("tenth", tenth), ("whole", whole)):
        data = type("One", (), {"paths": [path]})()
        found = measure.read_json(path + ".truth.json") or truth.syslog_truth(path)
        measure.write_json(path + ".truth.json", found)
        data.truth = found
        akashi = peers.Akashi(settings.akashi, "%s/stores/ten-%s" % (settings.folder, name), settings.runner, data)
        r = akashi.load()
        result[name] = dict(figures([r], os.path.getsize(path)), bytes=os.path.getsize(path), stored=r["summary"]["bytes_stored"])
        engines[name] = (akashi, data)
    runs = {name: {"tenth": [], "whole": []} for name in ("Q1", "Q7", "Q9")}
    for number in range(settings.rounds + 1):
        for name in runs:
            for which, (akashi, data) in engines.items():
                r = akashi.ask(name)
                problem = truth.differs(name, r["answer"], data.truth)
                wrong += ["%s, %s: %s" % (which, name, problem)] if problem else []
                if number > 0:
                    runs[name][which].append({key: r[key] for key in ("wall", "cpu", "peak")})
    for akashi, _ in engines.values():
        shutil.rmtree(akashi.store, ignore_errors=True)
    result["queries"], result["wrong"] = summary(runs), sorted(set(wrong))
    return result


def step_rules(settings, seed):
    """What Sigma rules cost a scan (bench/scan.py); needs the corpus of CONFORMANCE."""
    if settings.corpus is None:
        return {"wrong": [], "rows": [], "peers": {}}
    folder = settings.folder + "/rules"
    rows = list(scan.measure_rules(settings.akashi, settings.corpus, folder, 50000 if settings.size == "small" else 200000))
    return {"wrong": [], "rows": rows, "peers": scan.measure_peers(settings.akashi, settings.corpus, folder)}


STEPS = {name[5:]: value for name, value in list(globals().items()) if name.startswith("step_")}
BY_SEED = ("data", "ingest", "compressors", "queries")
