"""The bars of the issue Store (Shows 1 to 5, 7 in part, and 8), and of the issue Sigma (Show 3), against what was measured: rows of show, what, bar, measured, held.
held is None where a bar says nothing of data of this size, or the step was not run."""

REFERENCE = {"syslog": (589156658, 52e6), "zeek": (390967082, 36e6)}  # bytes of the data, bytes it may be stored in
MIB = 1 << 20


def row(rows, show, what, bar, measured, held):
    rows.append({"show": show, "what": what, "bar": bar, "measured": measured, "held": held})


def of_step(everything, name):
    return [(key.split("-", 1)[1], r) for key, r in everything["results"].items() if key.split("-")[0] == name]


def judge_ingest(everything, rows):
    for seed, r in of_step(everything, "ingest"):
        for kind in ("syslog", "zeek"):
            f, at = r["akashi"][kind], "%s, seed %s" % (kind, seed)
            row(rows, 1, "taking in %s" % at, "12 CPU-s/GB", "%.1f" % f["cpu_s_per_gb"], f["cpu_s_per_gb"] <= 12)
            row(rows, 1, "taking in %s" % at, "130 MB/s", "%.0f" % f["mb_per_s"], f["mb_per_s"] >= 130)
            size, most = REFERENCE[kind]
            bar = most * r["bytes"][kind] / size
            held = f["stored"] <= bar if r["bytes"][kind] > 0.9 * size else None
            row(rows, 2, "stored, %s" % at, "%.1f MB" % (bar / 1e6), "%.1f MB" % (f["stored"] / 1e6), held)
            for other, compressors in of_step(everything, "compressors"):
                if other == seed:
                    xz = compressors[kind]["xz -6 -T1"]["bytes"]
                    row(rows, 2, "stored, %s" % at, "xz -6: %.1f MB" % (xz / 1e6), "%.1f MB" % (f["stored"] / 1e6), f["stored"] < xz)
            row(rows, 5, "peak of taking in %s" % at, "300 MiB", "%.0f MiB" % (f["peak"] / MIB), f["peak"] <= 300 * MIB)


def judge_sizes(everything, rows):
    for _, r in of_step(everything, "samples"):
        for name, s in r["samples"].items():
            bar = int(s["zstd -19"] * 1.1) + 8192
            row(rows, 2, "stored, sample %s" % name, "%d" % bar, "%d" % s["stored"], s["stored"] <= bar)
    for _, r in of_step(everything, "words"):
        bar = r["zstd -3"] * 1.05
        row(rows, 2, "stored, random words", "%.2f MB" % (bar / 1e6), "%.2f MB" % (r["stored"] / 1e6), r["stored"] <= bar)


def judge_queries(everything, rows):
    for seed, r in of_step(everything, "queries"):
        for name, engines in r["queries"].items():
            others = {engine: f["wall"] for engine, f in engines.items() if engine != "akashi"}
            fastest = min(others, key=others.get) if others else None
            bar = max(0.012, others[fastest] / 2 if fastest else 0)
            own = engines["akashi"]
            why = "half of %s" % fastest if bar > 0.012 else "12 ms"
            row(rows, 3, "%s, seed %s" % (name, seed), "%.1f ms (%s)" % (bar * 1e3, why), "%.1f ms" % (own["wall"] * 1e3), own["wall"] <= bar)
        row(rows, 3, "answers, seed %s" % seed, "all right", "%d wrong" % len(r["wrong"]), not r["wrong"])
        peak = max(engines["akashi"]["peak"] for engines in r["queries"].values())
        row(rows, 5, "peak of the queries, seed %s" % seed, "200 MiB", "%.0f MiB" % (peak / MIB), peak <= 200 * MIB)
        row(rows, 5, "idle reader, seed %s" % seed, "under 10 MiB", "%.1f MiB" % (r["idle"]["peak"] / MIB), r["idle"]["peak"] < 10 * MIB)


def judge_ten(everything, rows):
    for _, r in of_step(everything, "ten"):
        more = r["whole"]["cpu_s_per_gb"] / r["tenth"]["cpu_s_per_gb"]
        row(rows, 4, "ten times: CPU per GB", "within 10 %", "%+.0f %%" % (more * 100 - 100), more <= 1.1)
        for name, engines in r["queries"].items():
            slower = engines["whole"]["wall"] / engines["tenth"]["wall"]
            row(rows, 4, "ten times: %s" % name, "at most 2 times", "%.2f times" % slower, slower <= 2)
        peak = lambda which: max(engines[which]["peak"] for engines in r["queries"].values())
        row(rows, 4, "ten times: peak of Q1, Q7, Q9", "unchanged (10 %)", "%.2f times" % (peak("whole") / peak("tenth")), peak("whole") <= peak("tenth") * 1.1)
        memory = r["whole"]["peak"] / r["tenth"]["peak"]
        row(rows, 4, "ten times: peak of taking in", "unchanged (10 %)", "%.2f times" % memory, memory <= 1.1)


def judge_readers(everything, rows):
    for _, r in of_step(everything, "readers"):
        row(rows, 8, "readers' answers", "all right", "%d wrong of %d" % (len(r["wrong"]), r["answers"]), not r["wrong"] and r["answers"] > 0)
        row(rows, 8, "speed left beside 8 readers", "more than half", "%.2f" % r["speed_left"], r["speed_left"] > 0.5)


def judge_patterns(everything, rows):
    for _, r in of_step(everything, "patterns"):
        row(rows, 7, "patterns of syslog", "100 MB/s", "%.0f MB/s" % r["mb_per_s"], r["mb_per_s"] >= 100)


def judge_rules(everything, rows):
    """The bars of the issue Sigma, Show 3."""
    for _, r in of_step(everything, "rules"):
        most = max((f["rules"] for f in r["rows"]), default=None)
        for f in (f for f in r["rows"] if f["rules"] == most):
            row(rows, "Sigma 3", "%d rules, %s" % (most, f["events"]), "3.3 us", "%.2f us" % f["us"], f["us"] <= 3.3)
            if f["events"] == "process creations":
                row(rows, "Sigma 3", "%d rules, %s a second" % (most, f["events"]), "120000", "%.0f" % f["per_second"], f["per_second"] >= 120000)
            row(rows, "Sigma 3", "%d rules loaded, %s" % (most, f["events"]), "3 s", "%.2f s" % f["load_s"], f["load_s"] <= 3)
            row(rows, "Sigma 3", "peak with %d rules, %s" % (most, f["events"]), "400 MiB", "%d MiB" % f["peak_mib"], f["peak_mib"] <= 400)


def judge(everything):
    rows = []
    for part in (judge_ingest, judge_sizes, judge_queries, judge_ten, judge_patterns, judge_readers, judge_rules):
        part(everything, rows)
    return sorted(rows, key=lambda r: str(r["show"]))
