"""Turns a text file into a C array: gen_text.py INPUT NAME OUTPUT."""
import sys

source, name, target = sys.argv[1:]
with open(source, "rb") as f:
    data = f.read()
rows = [", ".join(f"0x{b:02x}" for b in data[i:i + 16]) for i in range(0, len(data), 16)]
with open(target, "w") as f:
    f.write(f"/* Made of {source.split('/')[-1]} by tools/gen_text.py. */\n")
    f.write(f"static const unsigned char {name}[{len(data)}] = {{\n\t" + ",\n\t".join(rows) + "};\n")
