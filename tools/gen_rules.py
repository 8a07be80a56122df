"""Packs the shipped rules into a C table: gen_rules.py FOLDER OUTPUT DEPFILE."""
import os
import sys

folder, target, depfile = sys.argv[1:]
paths, seen = [], [folder]
for place, folders, names in os.walk(folder):
    folders.sort()
    seen += [os.path.join(place, name) for name in folders]
    paths += [os.path.join(place, name) for name in sorted(names) if name.endswith(".yml")]
with open(target, "w") as out:
    out.write("/* Made of the rules of the source tree by tools/gen_rules.py. */\n")
    for number, path in enumerate(paths):
        with open(path, "rb") as f:
            data = f.read()
        rows = [", ".join(f"0x{b:02x}" for b in data[i:i + 16]) for i in range(0, len(data), 16)]
        out.write(f"static const unsigned char rule_{number}[{len(data)}] = {{\n\t" + ",\n\t".join(rows) + "};\n")
    out.write("static const struct {\n\tconst char *name;\n\tconst unsigned char *bytes;\n\tsize_t len;\n} builtin_rules[] = {\n")
    for number, path in enumerate(paths):
        out.write('\t{"%s", rule_%d, sizeof(rule_%d)},\n' % (os.path.relpath(path, folder), number, number))
    out.write("};\n")
with open(depfile, "w") as out:
    out.write(target + ": " + " ".join(path.replace(" ", "\\ ") for path in seen + paths) + "\n")
