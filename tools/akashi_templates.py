#!/usr/bin/env python3
"""akashi_templates.py AKASHI TEMPLATES SCORER [--raw]: gives each system's lines to `akashi patterns --assign`, as one file a
system, and scores what comes out. --raw: the whole lines instead of their contents. Exit status 1 when the mean grouping
accuracy is below 0.92."""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

BAR = 0.92


def assign(akashi, lines, folder, system):
    path = os.path.join(folder, system + ".log")
    with open(path, "w", encoding="utf-8") as out:
        out.writelines(line.replace("\n", " ") + "\n" for line in lines)
    command = [akashi, "patterns", "--assign", "--format", "jsonl", path]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.decode("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def main():
    akashi, templates, scorer = sys.argv[1:4]
    column = "raw" if "--raw" in sys.argv[4:] else "content"
    with tempfile.TemporaryDirectory() as folder:
        results = os.path.join(folder, "results.jsonl")
        with open(results, "w", encoding="utf-8") as out:
            for path in sorted(glob.glob(os.path.join(templates, "*.jsonl"))):
                system = os.path.basename(path)[: -len(".jsonl")]
                with open(path, encoding="utf-8") as file:
                    truth = [json.loads(line) for line in file]
                for row in assign(akashi, [line[column] for line in truth], folder, system):
                    line = truth[row["akashi.record"] - 1]["line"]
                    found = {"system": system, "line": line, "group": row["pattern.id"], "template": row["pattern.template"]}
                    out.write(json.dumps(found) + "\n")
        report = subprocess.run([sys.executable, scorer, templates, results], check=True, stdout=subprocess.PIPE, text=True).stdout
    print(report, end="")
    mean = re.search(r"^mean\s+([0-9.]+)", report, re.MULTILINE)
    sys.exit(0 if mean and float(mean.group(1)) >= BAR else 1)


if __name__ == "__main__":
    main()
