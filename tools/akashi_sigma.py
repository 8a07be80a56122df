#!/usr/bin/env python3
"""akashi_sigma.py AKASHI CORPUS: scores `akashi rules` against the corpus' Sigma vectors.

Unit vectors: each rule is tried on its event with `rules test`; disputed ones are listed with what akashi reads,
and count neither way. Correlation vectors: run over their events in the same way. Rules: all of the
public part load, but for those that ask for placeholders without values. Records: what `akashi parse` gives of the
corpus' EVTX files and lines is tried with `rules test --records`. All this with the engine and with --plain, without it;
and the EVTX files once more with `akashi scan`. Exit status 1: something is wrong."""
import json
import os
import subprocess
import sys
import tempfile


def rows(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def run(akashi, *arguments):
    """The output and the closing summary."""
    done = subprocess.run([akashi, "rules", *arguments, "--json"], capture_output=True, text=True, check=False)
    try:
        return done.stdout, json.loads(done.stderr.strip().rsplit("\n", 1)[-1])
    except (ValueError, IndexError):
        return done.stdout, {"refused": -1, "matches": -1, "message": done.stderr}


def write(path, text):
    with open(path, "w", encoding="utf-8", newline="") as out:
        out.write(text)


def unit(akashi, vectors, folder, *options):
    right = wrong = disputed = 0
    rule, event, values = (os.path.join(folder, name) for name in ("rule.yml", "event.json", "values.yml"))
    for vector in vectors:
        write(rule, vector["rule"])
        write(event, json.dumps(vector["event"], ensure_ascii=False))
        arguments = ["test", "--no-cache", rule, "--event", event, *options]
        if vector.get("placeholders"):
            write(values, json.dumps(vector["placeholders"], ensure_ascii=False))
            arguments += ["--placeholders", values]
        summary = run(akashi, *arguments)[1]
        got = "error" if summary["refused"] else summary["matches"] > 0
        if got == vector["expected"]:
            right += 1
        elif vector.get("disputed"):
            disputed += 1
            print("disputed %s: akashi says %s (%s)" % (vector["id"], got, vector.get("note")))
        else:
            wrong += 1
            print("WRONG %s: %s, expected %s (%s)" % (vector["id"], got, vector["expected"], vector.get("note")))
    print("unit vectors: %d right, %d disputed, %d wrong" % (right, disputed, wrong))
    return wrong == 0


def correlations(akashi, vectors, folder, *options):
    """For which groups the correlation that is looked at fires, or that it is refused; who alerts."""
    right = wrong = disputed = 0
    path, events_path = os.path.join(folder, "rules.yml"), os.path.join(folder, "events.jsonl")
    for vector in vectors:
        write(path, vector["rules"])
        write(events_path, "".join(json.dumps(event) + "\n" for event in vector["events"]))
        output, summary = run(akashi, "test", "--no-cache", path, "--event", events_path, "--format", "jsonl", *options)
        alerts = [json.loads(line) for line in output.splitlines()]
        groups = [row.get("correlation.group") for row in alerts if row["rule.name"] == vector["rule"]]
        got = {json.dumps(group, sort_keys=True) for group in groups}
        expected = vector.get("expected_groups")
        if expected == "error":
            good = summary["refused"] > 0
        else:
            good = not summary["refused"] and got == {json.dumps(group, sort_keys=True) for group in expected}
        if "expected_alerting_rules" in vector:
            good = good and {row["rule.name"] for row in alerts if row["alerts"]} == set(vector["expected_alerting_rules"])
        right += good
        disputed += not good and bool(vector.get("disputed"))
        wrong += not good and not vector.get("disputed")
        if not good:
            kind = "disputed" if vector.get("disputed") else "WRONG"
            print("%s %s: %s, expected %s (%s)" % (kind, vector["id"], sorted(got), expected, vector.get("note")))
    print("correlation vectors: %d right, %d disputed, %d wrong" % (right, disputed, wrong))
    return wrong == 0


def rules(akashi, folder):
    output, summary = run(akashi, "check", "--format", "jsonl", folder)
    problems = [json.loads(line) for line in output.splitlines()]
    bad = [row for row in problems if row["severity"] == "error" and "placeholder" not in row["message"]]
    for row in bad:
        print("WRONG %s:%s: %s" % (row["file.path"], row["file.line"], row["message"]))
    print("%s: %s rules loaded, %s refused (%d for placeholders)" % (
        os.path.basename(os.path.dirname(folder)), summary.get("rules"), summary["refused"], len(problems) - len(bad)))
    return not bad and summary["refused"] >= 0


def found(akashi, rules_folder, folder, *options):
    """The matches in the files under folder, as pairs of rule and record."""
    with open(os.path.join(os.path.dirname(folder), "records.jsonl"), "w+", encoding="utf-8") as records:
        subprocess.run([akashi, "parse", "--year", "2024", folder], stdout=records, stderr=subprocess.DEVNULL, check=False)
        output = run(akashi, "test", "--no-cache", "--records", "--event", records.name, "--format", "jsonl", rules_folder, *options)[0]
        records.seek(0)
        known = [json.loads(line) for line in records]
    matches = [json.loads(line) for line in output.splitlines()]
    return [(row["rule.id"], known[row["akashi.record"] - 1]) for row in matches]


def scanned(akashi, rules_folder, folder):
    """The same as found, by `akashi scan`."""
    output = subprocess.run([akashi, "scan", "--no-cache", "--format", "jsonl", "--rules", rules_folder, folder],
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout
    return [(row["rule.id"], row) for row in map(json.loads, output.splitlines())]


def events(akashi, corpus, folder, find=found, *options):
    """Scored by the corpus' own scorer."""
    results = os.path.join(folder, "results.jsonl")
    if not os.path.exists(os.path.join(folder, "evtx")):
        os.symlink(os.path.realpath(os.path.join(corpus, "evtx/files")), os.path.join(folder, "evtx"))
    rows_of = ({"rule": rule, "file": record["file.path"], "EventRecordID": record["winlog.record_id"]}
               for rule, record in find(akashi, os.path.join(corpus, "sigma/rules"), os.path.join(folder, "evtx"), *options))
    write(results, "".join(json.dumps(row) + "\n" for row in rows_of))
    scorer = os.path.join(corpus, "tools/score_sigma.py")
    return subprocess.run([sys.executable, scorer, os.path.join(corpus, "sigma"), results], check=False).returncode == 0


def lines(akashi, corpus, folder, *options):
    """Lines of other programs, one file each; web rules by the reading that cs-uri-query is all behind the host."""
    part = os.path.join(corpus, "sigma_other")
    expected = {(row["rule"], row["id"]) for row in rows(os.path.join(part, "matches.jsonl"))}
    made = rows(os.path.join(part, "web_generated.jsonl"))
    expected |= {(rule, row["id"]) for row in made for rule in row["matches_if_whole_url"]}
    files = os.path.join(folder, "lines")
    os.makedirs(files, exist_ok=True)
    for row in rows(os.path.join(part, "lines.jsonl")) + made:
        raw = row["raw"]
        if raw.lstrip().startswith("{"):
            raw = json.dumps(json.loads(raw), ensure_ascii=False)
        write(os.path.join(files, row["id"]), raw + "\n")
    got = {(rule, os.path.basename(record["file.path"])) for rule, record in found(akashi, os.path.join(part, "rules"), files, *options)}
    for what, pairs in (("missing", expected - got), ("extra", got - expected)):
        for pair in sorted(pairs):
            print("WRONG %s %s %s" % (what, *pair))
    print("lines: expected %d, missing %d, extra %d" % (len(expected), len(expected - got), len(got - expected)))
    return expected == got


def main():
    akashi, corpus = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as folder:
        good = [rules(akashi, os.path.join(corpus, part, "rules")) for part in ("sigma", "sigma_other")]
        for options in ([], ["--plain"]):
            print("-- %s" % (" ".join(options) or "with the engine"), flush=True)
            good += [
                unit(akashi, rows(os.path.join(corpus, "sigma/unit_vectors.jsonl")), folder, *options),
                correlations(akashi, rows(os.path.join(corpus, "sigma/correlation_vectors.jsonl")), folder, *options),
                events(akashi, corpus, folder, found, *options),
                lines(akashi, corpus, folder, *options),
            ]
        print("-- scan", flush=True)
        good.append(events(akashi, corpus, folder, scanned))
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
