#!/usr/bin/env python3
"""alike.py A B [MB]: whether two files of one kind have the same statistics: lengths of lines, ratios of compressors (xz -6 and
zstd -19 of the first MB, 10), how many shapes, how often the queries' texts stand there. To compare bench/generate.c with
another generator; prints both figures and how they differ."""
import collections
import os
import re
import subprocess
import sys

TEXTS = (b"Failed password", b"ssword fo", b"NEEDLE7f3a9c", b"203.0.113.77", b"rror")
VALUE, DIGITS = re.compile(rb'"[^"]*"(?!:)|-?\d[\d.e+-]*'), re.compile(rb"\S*\d\S*")


def figures(path, most):
    found, lengths, shapes = {}, [], collections.Counter()
    times = collections.Counter()
    with open(path, "rb") as f:
        for line in f:
            lengths.append(len(line))
            shapes[VALUE.sub(b"#", line) if line[:1] == b"{" else DIGITS.sub(b"#", line.split(b"]: ", 1)[-1])] += 1
            for text in TEXTS:
                times[text] += text in line
    lengths.sort()
    found["lines a MB"] = len(lengths) / (os.path.getsize(path) / 1e6)
    for part in (0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99):
        found["length, part %g" % part] = lengths[int(len(lengths) * part)]
    found["shapes"], found["shapes seen once"] = len(shapes), sum(n == 1 for n in shapes.values())
    for i, (_, n) in enumerate(shapes.most_common(5)):
        found["part of shape %d" % (i + 1)] = n / len(lengths)
    for text in TEXTS:
        found["lines with " + text.decode()] = times[text] / len(lengths)
    for command, size in (("zstd -1", None), ("zstd -3", None), ("zstd -19", most), ("xz -6", most)):
        size = min(size or 1 << 60, os.path.getsize(path))
        out = subprocess.run("head -c %d '%s' | %s -T1 -c | wc -c" % (size, path, command), shell=True, capture_output=True, check=True).stdout
        found["ratio of " + command] = size / int(out)
    return found


def main():
    most = int(sys.argv[3] if len(sys.argv) > 3 else 10) * 1000000
    a, b = figures(sys.argv[1], most), figures(sys.argv[2], most)
    for name in a:
        print("%-32s %12.5g %12.5g %+7.2f %%" % (name, a[name], b[name], (b[name] / a[name] - 1) * 100 if a[name] else 0))


if __name__ == "__main__":
    main()
