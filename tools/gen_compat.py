#!/usr/bin/env python3
"""gen_compat.py OUT: what base/compat.c knows of Unicode, from Python's own data.

compat: {code point, place, count} of each that NFKD writes as others (Hangul syllables, which are
computed, left out), places in compat_codes; marks: ranges with a canonical combining class."""
import sys
import unicodedata

SURROGATES = range(0xD800, 0xE000)
HANGUL = range(0xAC00, 0xD7A4)


def expansions():
    for code in range(0x80, 0x110000):
        if code not in SURROGATES and code not in HANGUL:
            expanded = unicodedata.normalize("NFKD", chr(code))
            if expanded != chr(code):
                yield code, [ord(c) for c in expanded]


def marks():
    out = []
    for code in range(0x80, 0x110000):
        if code not in SURROGATES and unicodedata.combining(chr(code)):
            if out and out[-1][1] == code - 1:
                out[-1][1] = code
            else:
                out.append([code, code])
    return out


with open(sys.argv[1], "w", encoding="ascii") as f:
    codes, entries = [], []
    for code, expanded in expansions():
        entries.append((code, len(codes), len(expanded)))
        codes += expanded
    f.write("static const struct entry compat_table[] = {\n")
    for entry in entries:
        f.write("\t{0x%x, %d, %d},\n" % entry)
    f.write("};\nstatic const uint32_t compat_codes[] = {\n")
    for code in codes:
        f.write("\t0x%x,\n" % code)
    f.write("};\nstatic const struct mark marks_table[] = {\n")
    for first, last in marks():
        f.write("\t{0x%x, 0x%x},\n" % (first, last))
    f.write("};\n")
