#!/usr/bin/env python3
"""gen_unicode.py OUT: ranges of code points for base/utf8.c from Python's own Unicode data.

words: letters, marks, decimal digits and underscore; unspaced: scripts written without blanks;
wide and zero: columns on a terminal; folds: simple case folding as {first, last, step, delta};
unfolds: {folded, other}, each code point that folds to another, in order of what it folds to.
ASCII is left out: utf8.c treats it apart."""
import sys
import unicodedata


def ranges(test):
    out, first = [], None
    for code in range(0x80, 0x110000):
        ok = not 0xD800 <= code <= 0xDFFF and test(code)
        if ok and first is None:
            first = code
        elif not ok and first is not None:
            out.append((first, code - 1))
            first = None
    return out


UNSPACED = ("CJK UNIFIED", "CJK COMPAT", "HIRAGANA", "KATAKANA", "HALFWIDTH KATAKANA", "THAI ", "LAO ", "KHMER ", "MYANMAR ")


def unspaced(code):
    name = unicodedata.name(chr(code), "")
    return name.startswith(UNSPACED) or 0x3400 <= code <= 0x9FFF or 0x20000 <= code <= 0x3FFFF or code in (0x3005, 0x3007)


def word(code):
    kind = unicodedata.category(chr(code))
    return kind[0] in "LM" or kind in ("Nd", "Nl", "Pc") or unspaced(code)


def wide(code):
    return unicodedata.east_asian_width(chr(code)) in "WF"


def zero(code):
    return unicodedata.category(chr(code)) in ("Mn", "Me", "Cf") and code != 0xAD


def fold_pairs():
    for code in range(0x80, 0x110000):
        if 0xD800 <= code <= 0xDFFF:
            continue
        folded = chr(code).casefold()
        if len(folded) != 1:
            folded = chr(code).lower()
        if len(folded) == 1 and folded != chr(code):
            yield code, ord(folded)


def folds():
    out = []
    for code, folded in fold_pairs():
        delta = folded - code
        if out and out[-1][3] == delta and code - out[-1][1] in (1, 2):
            step = code - out[-1][1]
            if out[-1][2] in (0, step):
                out[-1] = [out[-1][0], code, step, delta]
                continue
        out.append([code, code, 0, delta])
    return [(a, b, s or 1, d) for a, b, s, d in out]


with open(sys.argv[1], "w", encoding="ascii") as f:
    for name, test in (("words", word), ("unspaced", unspaced), ("wide", wide), ("zero", zero)):
        f.write("static const struct range %s_table[] = {\n" % name)
        for a, b in ranges(test):
            f.write("\t{0x%x, 0x%x},\n" % (a, b))
        f.write("};\n")
    f.write("static const struct fold folds_table[] = {\n")
    for a, b, s, d in folds():
        f.write("\t{0x%x, 0x%x, %d, %d},\n" % (a, b, s, d))
    f.write("};\n")
    f.write("static const struct unfold unfolds_table[] = {\n")
    for folded, code in sorted((folded, code) for code, folded in fold_pairs()):
        f.write("\t{0x%x, 0x%x},\n" % (folded, code))
    f.write("};\n")
