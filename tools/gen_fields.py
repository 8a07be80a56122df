#!/usr/bin/env python3
"""gen_fields.py fields.tbl OUT: the enum of known ECS fields, and with -c the table in C."""
import re
import sys

rows = []
for line in open(sys.argv[1], encoding="utf-8"):
    line = line.split("#", 1)[0].split()
    if line:
        rows.append(line)
with open(sys.argv[2], "w", encoding="utf-8") as out:
    if sys.argv[2].endswith(".h"):
        out.write("#pragma once\n\nenum field_known {\n")
        for name, _ in rows:
            out.write("\tFIELD_%s,\n" % re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_"))
        out.write("\tFIELD_KNOWN_COUNT,\n};\n")
    else:
        for name, kind in rows:
            out.write('\t{STR_INIT("%s"), FIELD_TYPE_%s},\n' % (name, kind.upper()))
