"""What was measured, as Markdown."""
import judge
import truth

ENGINES = ("akashi", "ripgrep", "ClickHouse", "VictoriaLogs")


def table(head, rows):
    cells = [head, ["---"] * len(head)] + rows
    return "".join("| %s |\n" % " | ".join("" if c is None else str(c) for c in row) for row in cells) + "\n"


def ms(figures):
    return None if figures is None else "%.1f" % (figures["wall"] * 1e3)


def taking_in(seed, r, queries, compressors):
    rows = []
    for kind in ("syslog", "zeek"):
        size = r["bytes"][kind]
        line = lambda who, f, stored: rows.append([kind, who, "%.0f" % f["mb_per_s"], "%.1f" % f["cpu_s_per_gb"], "%d" % stored if stored else None,
                                                   "%.2f" % (size / stored) if stored else None, "%.0f" % (f["peak"] / judge.MIB) if f.get("peak") else None])
        line("akashi", r["akashi"][kind], r["akashi"][kind]["stored"])
        for name, f in r["zstd"][kind].items():
            line(name, f, None)
        for name, loaded in queries.get("loaded", {}).items():
            f = loaded[kind]
            line(name, {"mb_per_s": size / 1e6 / f["wall"], "cpu_s_per_gb": f["cpu_merged"] / (size / 1e9), "peak": loaded["peak"]}, f.get("bytes"))
            if "bytes" in loaded and kind == "zeek":
                rows.append(["both", name, None, None, loaded["bytes"], "%.2f" % (sum(r["bytes"].values()) / loaded["bytes"]), None])
        for name, f in compressors.get(kind, {}).items():
            line(name, {"mb_per_s": size / 1e6 / f["wall"], "cpu_s_per_gb": f["cpu"] / (size / 1e9), "peak": f["peak"]}, f["bytes"])
    head = ["data", "seed %s" % seed, "MB/s", "CPU-s/GB", "bytes stored", "ratio", "peak MiB"]
    return table(head, rows)


def entropy(seed, data, ingest):
    rows = []
    for kind in ("syslog", "zeek"):
        drawn, templates, size = data[kind]["drawn_bytes"], data[kind]["templates_bytes"], data["bytes"][kind]
        stored = ingest["akashi"][kind]["stored"]
        rows.append([kind, size, "%d" % drawn, templates, "%.2f" % (size / (drawn + templates)), stored, "%.2f" % (stored / (drawn + templates))])
    return table(["data, seed %s" % seed, "bytes", "bytes drawn", "fixed text, xz -6", "ratio at best", "stored", "stored to the least"], rows)


def cpu_ms(figures):
    return None if figures is None or figures["cpu"] is None else "%.0f" % (max(0, figures["cpu"]) * 1e3)


def queries(seed, r):
    """Wall time by median, CPU time in the mean: on a busy machine only the latter can be compared."""
    rows = []
    for name, engines in r["queries"].items():
        rows.append(["%s %s" % (name, truth.NAMES[name])] + [ms(engines.get(engine)) for engine in ENGINES]
                    + [cpu_ms(engines.get(engine)) for engine in ENGINES] + ["%.0f" % (engines["akashi"]["peak"] / judge.MIB)])
    rows.append(["a search that finds nothing by time", "%.1f" % (r["idle"]["wall"] * 1e3)] + [None] * 7 + ["%.0f" % (r["idle"]["peak"] / judge.MIB)])
    return table(["seed %s" % seed] + [engine + " ms" for engine in ENGINES] + [engine + " CPU ms" for engine in ENGINES] + ["akashi peak MiB"], rows)


def rules(r):
    if not r["rows"]:
        return "Rules: the corpus (CONFORMANCE) is not present.\n\n"
    rows = [[f["events"], f["rules"], "%.2f" % f["us"], "%.0f" % f["per_second"], "%.2f" % f["load_s"], "%.3f" % f["cached_s"], f["peak_mib"], f["findings"]] for f in r["rows"]]
    out = table(["events", "rules", "us an event", "events a second with reading", "compiled in s", "from the cache", "peak MiB", "findings"], rows)
    rows = [[name] + (["not present", None, None] if f is None else ["%.2f" % f["wall"], "%.2f" % f["cpu"], f["peak_mib"]]) for name, f in r["peers"].items()]
    return out + table(["all rules on the events of the corpus", "s", "CPU-s", "peak MiB"], rows)


def one(everything, name, seed):
    return everything["results"].get("%s-%s" % (name, seed), {})


def markdown(everything):
    out = "## %s, commit %s, %s\n\n" % (everything["date"][:10], everything["commit"], everything["size"])
    loads = [r["load_before"] for r in everything["results"].values()]
    out += "%d CPUs; load average before the steps %.1f to %.1f. Data from %s.\n\n" % (
        everything["cpus"], min(loads, default=0), max(loads, default=0), "real sample lines" if everything["samples"] else "bench/templates")
    if max(loads, default=0) > 1:
        out += "Other work ran beside: wall times, and the rows that are judged by them, say little here; CPU times and sizes do.\n\n"
    seeds = sorted({key.split("-", 1)[1] for key in everything["results"]})
    for seed in seeds:
        ingest, data, asked = one(everything, "ingest", seed), one(everything, "data", seed), one(everything, "queries", seed)
        out += taking_in(seed, ingest, asked, one(everything, "compressors", seed)) if ingest else ""
        out += entropy(seed, data, ingest) if data and ingest else ""
        out += queries(seed, asked) if asked else ""
        ruled = one(everything, "rules", seed)
        out += rules(ruled) if ruled else ""
    held = {True: "held", False: "**not held**", None: ""}
    out += table(["show", "what", "bar", "measured", ""], [[r["show"], r["what"], r["bar"], r["measured"], held[r["held"]]] for r in everything["judged"]])
    return out
