"""What docs/query.md says of texts: folding, words, phrases, wildcards, forms, regular expressions.

Written from that page, slowly and plainly, and with nothing of src/ in it: what Akashi answers is
compared with this. A text is a str; a pattern is a list of elements: a character, ANY or ONE."""
import unicodedata
from functools import lru_cache

ANY, ONE = "*any*", "*one*"
UNSPACED = ("CJK UNIFIED", "CJK COMPATIBILITY IDEOGRAPH", "HIRAGANA", "KATAKANA", "HALFWIDTH KATAKANA", "THAI ", "LAO ", "KHMER ",
            "MYANMAR ", "IDEOGRAPHIC ITERATION", "IDEOGRAPHIC NUMBER ZERO")


@lru_cache(maxsize=None)
def simple_fold(c):
    """Simple case folding of one character: CaseFolding.txt, status C and S."""
    folded = c.casefold()
    if len(folded) != 1:
        folded = c.lower()
    return folded if len(folded) == 1 else c


@lru_cache(maxsize=None)
def fold_char(c):
    """As searches fold: ASCII letters equal ASCII letters only."""
    folded = simple_fold(c)
    return c if ord(folded) < 0x80 <= ord(c) else folded


@lru_cache(maxsize=65536)
def fold(text):
    return "".join(map(fold_char, text))


@lru_cache(maxsize=None)
def is_unspaced(c):
    return ord(c) >= 0x80 and unicodedata.name(c, "").startswith(UNSPACED)


@lru_cache(maxsize=None)
def is_word(c):
    kind = unicodedata.category(c)
    return kind[0] in "LM" or kind in ("Nd", "Nl", "Pc") or is_unspaced(c)


def is_blank(c):
    return c in " \t\n\v\f\r\u3000"


def border(before, after):
    """Between two characters, None where the text ends."""
    if before is None or after is None or not is_word(before) or not is_word(after):
        return True
    return is_unspaced(before) or is_unspaced(after)


def border_at(text, at):
    return border(text[at - 1] if at > 0 else None, text[at] if at < len(text) else None)


def has_part(part, text):
    return fold(part) in fold(text)


def has_phrase(phrase, text):
    """The phrase stands somewhere in text with word borders at its ends."""
    phrase, folded = fold(phrase), fold(text)
    at = folded.find(phrase)
    while at >= 0:
        if border_at(text, at) and border_at(text, at + len(phrase)):
            return True
        at = folded.find(phrase, at + 1)
    return False


def equals(value, text):
    return fold(value) == fold(text)


def _step(element, c, any_is_blank):
    return (any_is_blank or not is_blank(c)) if element is ONE else fold_char(element) == fold_char(c)


def match_ends(elements, text, starts, through_blanks):
    """All places where matches that begin at one of starts can end."""
    places = set(starts)
    for element in elements:
        if element is ANY:
            for at in range(len(text)):
                if at in places and (through_blanks or not is_blank(text[at])):
                    places.add(at + 1)
        else:
            places = {at + 1 for at in places if at < len(text) and _step(element, text[at], through_blanks)}
        if not places:
            break
    return places


def has_pattern(elements, text):
    """A word with wildcards: at word borders, but where a star stands at its end."""
    everywhere = range(len(text) + 1)
    starts = everywhere if elements[0] is ANY else [at for at in everywhere if border_at(text, at)]
    ends = match_ends(elements, text, starts, False)
    return bool(ends) if elements[-1] is ANY else any(border_at(text, at) for at in ends)


def is_like(elements, text):
    """A whole value with wildcards."""
    return len(text) in match_ends(elements, text, [0], True)


@lru_cache(maxsize=65536)
def same_form(text):
    """NFKD of each character by itself, in any case."""
    return "".join(map(simple_fold, "".join(unicodedata.normalize("NFKD", c) for c in text)))


def is_alike(part, text):
    part, text = same_form(part), same_form(text)
    at = text.find(part)
    while at >= 0:
        end = at + len(part)
        if end == len(text) or not unicodedata.combining(text[end]):
            return True
        at = text.find(part, at + 1)
    return False


# Regular expressions: trees that the generator makes and writes as PCRE2 would read them.
#   ("char", c) ("dot",) ("class", ranges, negated) ("digit",) ("word",) ("space",) ("start",)
#   ("end",) ("border",) ("seq", [..]) ("or", [..]) ("repeat", node, least, most or None)

@lru_cache(maxsize=None)
def _forms(c):
    """All characters that are c but for case."""
    global _by_fold
    if not _by_fold:
        for code in range(0x110000):
            if not 0xD800 <= code <= 0xDFFF:
                folded = simple_fold(chr(code))
                if folded != chr(code):
                    _by_fold.setdefault(folded, {folded}).add(chr(code))
    return _by_fold.get(simple_fold(c), {c})


_by_fold = {}
DIGIT = frozenset("0123456789")
WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


def _takes(node, c, cased):
    kind = node[0]
    if kind == "char":
        return node[1] == c if cased else simple_fold(node[1]) == simple_fold(c)
    if kind == "dot":
        return c != "\n"
    if kind == "digit":
        return c in DIGIT
    if kind == "word":
        return c in WORD
    if kind == "space":
        return c in " \t\n\v\f\r"
    forms = {c} if cased else _forms(c)
    return any(a <= form <= b for form in forms for a, b in node[1]) != node[2]


def _regex_ends(node, text, places, cased):
    kind = node[0]
    if kind == "seq":
        for part in node[1]:
            places = _regex_ends(part, text, places, cased)
        return places
    if kind == "or":
        return set().union(*(_regex_ends(part, text, places, cased) for part in node[1]))
    if kind == "repeat":
        return _repeat_ends(node, text, places, cased)
    if kind == "start":
        return places & {0}
    if kind == "end":
        return places & {len(text)}
    if kind == "border":
        return {at for at in places if (at > 0 and text[at - 1] in WORD) != (at < len(text) and text[at] in WORD)}
    return {at + 1 for at in places if at < len(text) and _takes(node, text[at], cased)}


def _repeat_ends(node, text, places, cased):
    _, part, least, most = node
    for _ in range(least):
        places = _regex_ends(part, text, places, cased)
    all_places, count = set(places), least
    while places and (most is None or count < most):
        places = _regex_ends(part, text, places, cased) - all_places
        all_places |= places
        count += 1
    return all_places


def has_regex(regex, text):
    node, cased = regex
    return bool(_regex_ends(node, text, set(range(len(text) + 1)), cased))
