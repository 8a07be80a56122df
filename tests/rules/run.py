#!/usr/bin/env python3
"""run.py RULES [--akashi AKASHI] [--tap] [--table]: reads the Sigma rules of that folder, checks what they say about
themselves, and runs the tests that stand in them (rules/README.md) by a slow evaluator of its own.
It shares nothing with Akashi, so that it can be the oracle for it: --akashi asks that program about all
events of all cases, and every rule must judge them alike. --table prints the table of
rules/README.md, which must be the one that stands there. Needs PyYAML (Debian: python3-yaml)."""
import argparse
import datetime
import json
import os
import re
import subprocess
import sys
import tempfile
import uuid

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
try:
    import yaml
except ImportError:  # the package of the system belongs to the system's Python
    if sys.executable == "/usr/bin/python3" or not os.path.exists("/usr/bin/python3"):
        raise
    os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
import correlating
import events
import matching

LEVELS = ["informational", "low", "medium", "high", "critical"]
STATUSES = ["stable", "test", "experimental", "deprecated", "unsupported"]
# ATT&CK 19, enterprise.
TACTICS = {
    "reconnaissance", "resource-development", "initial-access", "execution", "persistence", "privilege-escalation", "stealth",
    "defense-impairment", "credential-access", "discovery", "lateral-movement", "collection", "command-and-control", "exfiltration", "impact",
}
KEYS = {
    "title", "id", "name", "status", "description", "references", "author", "date", "modified", "tags", "logsource", "detection",
    "correlation", "falsepositives", "level", "akashi",
}
TITLE_MAX = 110
BEGIN, END = "<!-- begin of the table -->\n", "<!-- end of the table -->\n"


class Files:
    def __init__(self, folder):
        self.folder = folder
        self.documents = {}  # path below the folder -> documents
        for place, inner, names in os.walk(folder):
            inner.sort()
            for name in sorted(names):
                if name.endswith(".yml"):
                    path = os.path.join(place, name)
                    with open(path, encoding="utf-8") as f:
                        self.documents[os.path.relpath(path, folder)] = list(yaml.safe_load_all(f))
        self.documents = dict(sorted(self.documents.items()))

    def all(self):
        return [document for documents in self.documents.values() for document in documents]


def base_names(documents):
    """The rules that only serve a correlation of the same file; that correlation has the tests."""
    return {name for document in documents if "correlation" in document for name in document["correlation"]["rules"]}


def is_base(document, documents):
    return document.get("name") in base_names(documents)


# --- what a rule says about itself ---------------------------------------------------------------


def words(document):
    title = document.get("title", "")
    if not title or len(title) > TITLE_MAX or title[-1:] == ".":
        yield "title is missing, too long or a sentence"
    if len(str(document.get("description", ""))) < 40:
        yield "description says too little"
    if document.get("author") != "Akashi":
        yield "author is not Akashi"
    if not isinstance(document.get("date"), datetime.date):
        yield "date is no date"
    if not document.get("falsepositives"):
        yield "falsepositives are missing"
    for reference in document.get("references", ["none"]):
        if not re.fullmatch(r"https://attack\.mitre\.org/techniques/T\d{4}/(\d{3}/)?", reference):
            yield "reference %s is not a page of ATT&CK" % reference


def values(document):
    try:
        if uuid.UUID(document["id"]).version != 4:
            yield "id is not random"
    except (KeyError, ValueError):
        yield "id is no UUID"
    if document.get("level") not in LEVELS:
        yield "level is none of the specification"
    if document.get("status") not in STATUSES:
        yield "status is none of the specification"
    if document.get("akashi", {}).get("kind") not in ("indicator", "precursor"):
        yield "akashi.kind is neither indicator nor precursor"
    for key in set(document) - KEYS:
        yield "key %s is unknown" % key
    if ("detection" in document) == ("correlation" in document):
        yield "there must be one of detection and correlation"


def tags(document):
    tactics = set()
    techniques = set()
    for tag in document.get("tags", []):
        space, _, name = tag.partition(".")
        if space != "attack":
            yield "tag %s is not of ATT&CK" % tag
        elif re.fullmatch(r"t\d{4}(\.\d{3})?", name):
            techniques.add(name)
        elif name in TACTICS:
            tactics.add(name)
        else:
            yield "tag %s names neither tactic nor technique" % tag
    if not tactics or not techniques:
        yield "tags lack a tactic or a technique"
    pages = {"https://attack.mitre.org/techniques/%s/" % t.upper().replace(".", "/") for t in techniques}
    if pages != set(document.get("references", [])):
        yield "references are not those of the techniques"


def description_problems(path, documents):
    if len(documents) > 1 and not base_names(documents):
        yield "several documents, but no correlation"
    for document in documents:
        for check in (words, values, tags):
            for problem in check(document):
                yield "%s: %s: %s" % (path, document.get("title"), problem)


def shared(files):
    """Ids, titles and names that two documents have."""
    for key in ("id", "title", "name"):
        seen = {}
        for path, documents in files.documents.items():
            for document in documents:
                value = document.get(key)
                if value is not None and value in seen:
                    yield "%s: %s %r is also in %s" % (path, key, value, seen[value])
                seen[value] = path


# --- tests ---------------------------------------------------------------------------------------


def fires_in(document, documents, case, whole_url):
    if "correlation" in document:
        return bool(correlating.signs(document, documents, events.sequence(case["events"], whole_url)))
    event = events.one(case, whole_url)
    return events.of_source(event, document["logsource"]) and matching.rule_holds(document, event)


def fires(document, documents, case):
    """Web rules must judge alike whether cs-uri-query is the query alone or the whole path and query."""
    narrow, wide = (fires_in(document, documents, case, whole_url) for whole_url in (False, True))
    if narrow != wide:
        raise ValueError("it hangs on whether cs-uri-query holds the path")
    return narrow


def case_problems(path, documents):
    for document in documents:
        tests = document.get("akashi", {}).get("tests", {})
        for expected, name in ((True, "fires"), (False, "silent")):
            if not tests.get(name) and not is_base(document, documents):
                yield "%s: %s: no test %s" % (path, document["title"], name)
            for number, case in enumerate(tests.get(name, []), 1):
                try:
                    if fires(document, documents, case) != expected:
                        yield "%s: %s: case %d of %s does not" % (path, document["title"], number, name)
                except (ValueError, KeyError, re.error, matching.Unknown) as e:
                    yield "%s: %s: case %d of %s: %s: %s" % (path, document["title"], number, name, type(e).__name__, e)
        if set(tests) - {"fires", "silent"}:
            yield "%s: %s: tests has other keys than fires and silent" % (path, document["title"])


def unnoticed(path, documents):
    """Parts of detections that no case needs: one that never holds changes nothing."""
    for document in documents:
        for name in [key for key in document.get("detection", {}) if key != "condition"]:
            kept = document["detection"][name]
            document["detection"][name] = {"akashi.never": "never"}
            if not list(case_problems(path, documents)):
                yield "%s: %s: no case notices when %s never holds" % (path, document["title"], name)
            document["detection"][name] = kept


# --- Akashi --------------------------------------------------------------------------------------


def all_events(files):
    """Each once, as repeated ones and those of web servers read both ways are often equal."""
    found = {}
    for document in files.all():
        tests = document.get("akashi", {}).get("tests", {})
        for case in [*tests.get("fires", []), *tests.get("silent", [])]:
            for part in case.get("events", [case]):
                for whole_url in (False, True):
                    event = events.one(events.counted(part, 1), whole_url)
                    found.setdefault(json.dumps(event.fields, default=str), event)
    return list(found.values())


def akashi_problems(files, akashi):
    """`rules check` refuses nothing; `rules test` and the evaluator agree on every rule and event."""
    checked = subprocess.run([akashi, "rules", "check", files.folder], capture_output=True, text=True, check=False)
    if checked.returncode != 0 or checked.stdout:
        yield "rules check: " + (checked.stdout + checked.stderr).strip()
    rules = [document for document in files.all() if "detection" in document]
    asked = all_events(files)
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as f:
        f.writelines(json.dumps(event.fields) + "\n" for event in asked)
        f.flush()
        done = subprocess.run([akashi, "rules", "test", "--no-cache", "--format", "jsonl", "--event", f.name, files.folder], capture_output=True, text=True, check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    answers = [answer for answer in answers if "correlation.group" not in answer]
    have = {(answer["akashi.record"], answer["rule.id"]) for answer in answers}
    want = {(n, rule["id"]) for n, event in enumerate(asked, 1) for rule in rules if matching.rule_holds(rule, event)}
    if len(want) < len(rules):
        yield "the events try too little: %d findings" % len(want)
    titles = {rule["id"]: rule["title"] for rule in rules}
    for n, identity in sorted(have ^ want)[:10]:
        who = "Akashi" if (n, identity) in have else "the evaluator"
        yield "only %s finds %r in %s" % (who, titles.get(identity, identity), json.dumps(asked[n - 1].fields))


# Lines of these are not read into fields yet, or no record of ours is known to be of them.
UNREAD = {("linux", "auditd"), (None, "firewall"), ("gcp", "google_workspace.admin")}


def unread(rule):
    source = rule["logsource"]
    return (source.get("product"), source.get("service", source.get("category"))) in UNREAD


def all_lines(files):
    found = {}
    for document in files.all():
        tests = document.get("akashi", {}).get("tests", {})
        for case in [*tests.get("fires", []), *tests.get("silent", [])]:
            for part in case.get("events", [case]):
                if "log" in part:
                    found[events.counted(part, 1)["log"]] = part.get("format")
    return found


def line_problems(files, akashi):
    """Raw lines, read by `parse` and judged by their log sources, names and texts as records have them."""
    lines = all_lines(files)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "lines.log")
        with open(path, "w", encoding="utf-8") as f:
            f.writelines(line + "\n" for line in lines)
        parsed = subprocess.run([akashi, "parse", "--year", "2026", path], capture_output=True, check=False).stdout
        with open(path, "wb") as f:
            f.write(parsed)
        done = subprocess.run([akashi, "rules", "test", "--no-cache", "--records", "--format", "jsonl", "--event", path, files.folder], capture_output=True, text=True, check=False)
    rules = {rule["id"]: rule for rule in files.all() if "detection" in rule and not unread(rule)}
    have = {(answer["akashi.record"], answer["rule.id"]) for answer in map(json.loads, done.stdout.splitlines())}
    want = set()
    for n, (line, name) in enumerate(lines.items(), 1):
        event = events.read_line(line, name)
        want |= {(n, key) for key, rule in rules.items() if events.of_source(event, rule["logsource"]) and matching.rule_holds(rule, event)}
    if len(want) < 100:
        yield "the lines try too little: %d findings" % len(want)
    for n, identity in sorted(have ^ want):
        if identity in rules:
            who = "Akashi" if (n, identity) in have else "the evaluator"
            yield "only %s finds %r in %s" % (who, rules[identity]["title"], list(lines)[n - 1])


# --- the table -----------------------------------------------------------------------------------


def row(path, document):
    techniques = [tag[7:].upper() for tag in document["tags"] if re.match(r"attack\.t\d", tag)]
    kind = document["correlation"]["type"] if "correlation" in document else ""
    return "| [%s](%s) | %s | %s | %s | %s |\n" % (document["title"], path, document["level"], document["akashi"]["kind"], " ".join(techniques), kind)


def table(files):
    out = []
    area = None
    for path, documents in files.documents.items():
        if os.path.dirname(path) != area:
            area = os.path.dirname(path)
            out.append("\n### %s\n\n| rule | level | kind | ATT&CK | correlation |\n| --- | --- | --- | --- | --- |\n" % area)
        out += [row(path, document) for document in documents if not is_base(document, documents)]
    return "".join(out).lstrip("\n")


def table_problems(files):
    with open(os.path.join(files.folder, "README.md"), encoding="utf-8") as f:
        text = f.read()
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        yield "README.md has no place for the table"
    elif text.split(BEGIN)[1].split(END)[0] != table(files):
        yield "README.md: the table is not that of the rules (run.py --table prints it)"


def enough(files):
    alerting = [d for documents in files.documents.values() for d in documents if not is_base(d, documents)]
    correlations = [d for d in alerting if "correlation" in d]
    if len(alerting) < 80 or len(correlations) < 10:
        yield "only %d rules, %d of them correlations" % (len(alerting), len(correlations))


def points(files, akashi):
    if akashi:
        yield "akashi_reads_every_rule_and_judges_every_event_alike", list(akashi_problems(files, akashi))
        yield "akashi_reads_raw_lines_for_the_rules", list(line_problems(files, akashi))
    yield "there_are_eighty_rules_and_ten_correlations", list(enough(files))
    yield "no_id_title_or_name_is_used_twice", list(shared(files))
    yield "the_table_in_the_readme_is_up_to_date", list(table_problems(files))
    for path, documents in files.documents.items():
        yield path, [*description_problems(path, documents), *case_problems(path, documents), *unnoticed(path, documents)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("rules")
    parser.add_argument("--akashi")
    parser.add_argument("--tap", action="store_true")
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    files = Files(options.rules)
    if options.table:
        print(table(files), end="")
        return 0
    number = failed = 0
    for name, problems in points(files, options.akashi):
        number += 1
        failed += bool(problems)
        for problem in problems:
            print("# " + problem)
        if options.tap:
            print("%s %d - %s" % ("not ok" if problems else "ok", number, name))
    print("1..%d" % number if options.tap else "%d points, %d failed" % (number, failed))
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
