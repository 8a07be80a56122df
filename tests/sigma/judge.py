"""A slow evaluator of Sigma rules, written from the Sigma specification 2.1 and, where that leaves
something open, from the tables of docs/sigma.md ("How it is read"). It shares no code with Akashi.

Documents are trees of Text, list and Map (trees.py), as whoever wrote the YAML meant them. Events
are lists of (name, value); a value is a text, or None for a null of JSON."""
import base64
import datetime
import functools
import ipaddress
import re

from trees import Map, Text

ANY, ONE = "any run", "one character"  # elements of patterns; all others are single characters


class Refused(Exception):
    """The rule is not one, and must not be loaded."""


# ---- texts ("String Wildcard", "Escaping") ----

def elements(text):
    out, at = [], 0
    while at < len(text):
        char = text[at]
        if char == "\\" and text[at + 1:at + 2] in ("\\", "*", "?") and at + 1 < len(text):
            out.append(text[at + 1])
            at += 2
            continue
        out.append({"*": ANY, "?": ONE}.get(char, char))
        at += 1
    return out


def fold(char):
    """Unicode's simple folding, but ASCII letters equal only ASCII letters."""
    folded = char.casefold()
    if len(folded) != 1:
        folded = char.lower() if len(char.lower()) == 1 else char
    return char if folded < "\x80" <= char else folded


@functools.lru_cache(maxsize=20000)
def compiled(pattern, cased):
    parts = []
    for element in pattern:
        if element in (ANY, ONE):
            parts.append(".*" if element == ANY else ".")
        else:
            parts.append(re.escape(element if cased else fold(element)))
    return re.compile("(?:%s)" % "".join(parts), re.DOTALL)


def fits(pattern, cased, text):
    return compiled(tuple(pattern), cased).fullmatch(text if cased else "".join(map(fold, text))) is not None


def anchored(pattern, anchor):
    first = [ANY] if anchor in ("contains", "endswith") else []
    last = [ANY] if anchor in ("contains", "startswith") else []
    return first + list(pattern) + last


# ---- modifiers that change texts ----

DASHES = "-/\u2013\u2014\u2015"


def is_word(element):
    return len(element) == 1 and (element.isalnum() or element == "_")


def windash(pattern):
    forms = [[]]
    for at, element in enumerate(pattern):
        alone = at == 0 or not is_word(pattern[at - 1])
        flag = element in DASHES and alone and at + 1 < len(pattern) and is_word(pattern[at + 1])
        forms = [form + [other] for form in forms for other in (DASHES if flag else [element])]
    return forms


def plain_bytes(pattern):
    if ANY in pattern or ONE in pattern:
        raise Refused("wildcards in base64")
    return "".join(pattern).encode("utf-8", "surrogateescape")


def base64_offset(data, shift):
    """The digits of which every bit is of data, when shift other bytes stand before it."""
    digits = base64.b64encode(b"\0" * shift + data + b"\0\0\0").decode()
    first, end = 8 * shift, 8 * (shift + len(data))
    return [digit for at, digit in enumerate(digits) if 6 * at >= first and 6 * at + 6 <= end]


def utf16(pattern, order, mark):
    out = [mark] if mark else []
    for element in pattern:
        if element in (ANY, ONE):
            out.append(element)
        else:
            out.append(element.encode(order))
    done = []
    for element in out:
        done += [element] if isinstance(element, str) else [bytes([byte]) for byte in element]
    # Bytes that are no characters stay themselves.
    joined, run = [], b""
    for element in done + [None]:
        if isinstance(element, bytes):
            run += element
            continue
        joined += list(run.decode("utf-8", "surrogateescape"))
        run = b""
        joined += [element] if element is not None else []
    return joined


def encode(pattern, modifier):
    if modifier == "windash":
        return windash(pattern)
    if modifier == "base64":
        return [list(base64.b64encode(plain_bytes(pattern)).decode())]
    if modifier == "base64offset":
        found = [base64_offset(plain_bytes(pattern), shift) for shift in range(3)]
        if not all(found):
            raise Refused("too short for base64offset")
        return found
    if modifier == "utf16be":
        return [utf16(pattern, "utf-16-be", None)]
    return [utf16(pattern, "utf-16-le", b"\xff\xfe" if modifier == "utf16" else None)]


def expand(text, placeholders):
    """Placeholders are replaced by their values, which may have wildcards; "\\%" is a percent sign."""
    forms, at = [[]], 0
    while at < len(text):
        found = re.compile(r"%([A-Za-z0-9_][A-Za-z0-9_.-]*)%").match(text, at)
        if text.startswith("\\%", at):
            more, at = [["%"]], at + 2
        elif found:
            if not placeholders.get(found[1]):
                raise Refused("no placeholder " + found[1])
            more, at = [elements(value) for value in placeholders[found[1]]], found.end()
        else:
            size = 2 if re.compile(r"\\[\\*?]").match(text, at) else 1
            more, at = [elements(text[at:at + size])], at + size
        forms = [form + other for form in forms for other in more]
    return forms


# ---- tests of one value ----

def number_of(text):
    """An integer where the text is one, so that comparing is exact; None: not a number."""
    if re.fullmatch(r"-?[0-9]+", text) and -2**63 <= int(text) < 2**63:
        return int(text)
    if re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", text):
        number = float(text)
        return None if number in (float("inf"), float("-inf")) else number
    return None


COMPARE = {
    "lt": lambda a, b: a < b, "lte": lambda a, b: a <= b, "gt": lambda a, b: a > b, "gte": lambda a, b: a >= b,
    "eq": lambda a, b: a == b,
}
TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})?)?")


def part_of(text, part):
    """A part of a time as it is written; a date alone is its midnight."""
    found = TIME.fullmatch(text)
    if not found:
        return None
    try:
        day = datetime.date(int(found[1]), int(found[2]), int(found[3]))
        time = datetime.time(int(found[4] or 0), int(found[5] or 0), int(found[6] or 0))
    except ValueError:
        return None
    return {"minute": time.minute, "hour": time.hour, "day": day.day, "week": day.isocalendar()[1], "month": day.month, "year": day.year}[part]


def address_of(text):
    """(version, number); an IPv4 address written as ::ffff:10.1.2.3 is 10.1.2.3."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    return address.version, int(address)


def network_of(text):
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise Refused("no network: " + text) from None
    base, free = network.network_address, network.max_prefixlen - network.prefixlen
    mapped = getattr(base, "ipv4_mapped", None)
    if mapped and free <= 32:  # ::ffff:10.0.0.0/104
        base = mapped
    return base.version, int(base), free


def in_network(network, text):
    address = address_of(text)
    version, base, free = network
    return address is not None and address[0] == version and address[1] >> free == base >> free


# Python takes a dotless i for an i when case does not count, Unicode and PCRE do not.
DOTTED = str.maketrans({"\u0131": "\ue131", "\u0130": "\ue130"})


def regex_of(text, flags):
    """Python's "^" of many lines also holds behind a line feed at the very end, PCRE's does not."""
    text = text.translate(DOTTED)
    if "m" in flags:
        text = re.sub(r"(\\.|\[\^?[^]]*\])|\^", lambda found: found[1] or r"(?:\A|(?<=\n)(?!\Z))", text, flags=re.DOTALL)
    elif "$" in text:
        text = re.sub(r"(\\.|\[\^?[^]]*\])|\$", lambda found: found[1] or r"(?=\n?\Z)", text, flags=re.DOTALL)
    try:
        return re.compile(text, (re.I if "i" in flags else 0) | (re.M if "m" in flags else 0) | (re.S if "s" in flags else 0))
    except re.error:
        raise Refused("not a regex") from None


# ---- what an event has ----

def is_name(name, wanted):
    """ "Field Usage" 2: blanks in names are left out. """
    return name == wanted or (name != "" and name.replace(" ", "") == wanted)


def values_of(event, wanted):
    return [value for name, value in event if is_name(name, wanted)]


class Event:
    """pairs: (name, value or None); names also of fields that have no value (empty arrays)."""

    def __init__(self, pairs, names):
        self.pairs, self.names = pairs, names

    def values(self, field):
        """Those that have a text."""
        if field == "":
            return [value for _, value in self.pairs if value is not None]
        return [value for value in values_of(self.pairs, field) if value is not None]

    def exists(self, field):
        return any(is_name(name, field) for name in self.names)

    def null(self, field):
        return not self.exists(field) or None in values_of(self.pairs, field)


def flatten(value, name, pairs, names):
    """Objects within objects have names with points; each value of an array is one of the field."""
    if isinstance(value, Map):
        for key, inner in value.pairs:
            flatten(inner, name + "." + key if name else key, pairs, names)
    elif isinstance(value, list):
        if not value:
            names.append(name)
        for inner in value:
            flatten(inner, name, pairs, names)
    else:
        names.append(name)
        pairs.append((name, None if value.kind == "null" else value.text))


def event_of(tree):
    pairs, names = [], []
    flatten(tree, "", pairs, names)
    return Event(pairs, names)


# ---- selections: conditions are ("and" | "or", parts), ("not", part), ("leaf", question) ----

def leaf(question):
    return "leaf", question


def value_leaf(field, test):
    return leaf(lambda event: any(test(value) for value in event.values(field)))


TEXT_MODIFIERS = {"windash", "base64", "base64offset", "utf16", "utf16le", "utf16be", "wide"}
PARTS = {"minute", "hour", "day", "week", "month", "year"}
KINDS = {"re", "cidr", "exists", "fieldref", "lt", "lte", "gt", "gte"} | PARTS
ALL = TEXT_MODIFIERS | KINDS | {"contains", "startswith", "endswith", "all", "cased", "neq", "i", "m", "s", "expand"}


def text_of(value):
    """The text that a value of a rule is compared as."""
    if value.kind == "bool":
        return value.text.lower()
    if value.kind in ("int", "float"):
        return str(int(value.text, 16)) if value.text.startswith("0x") else value.text.lstrip("+")
    return value.text


class Field:
    """One key of a map: a name and modifiers."""

    def __init__(self, key, placeholders):
        self.name, *self.modifiers = key.split("|")
        self.placeholders = placeholders
        for modifier in self.modifiers:
            if modifier not in ALL:
                raise Refused("no modifier " + modifier)
        self.kinds = [modifier for modifier in self.modifiers if modifier in KINDS]
        self.anchor = next((m for m in self.modifiers if m in ("contains", "startswith", "endswith")), None)
        self.cased = "cased" in self.modifiers

    def condition(self, value):
        values = value if isinstance(value, list) else [value]
        if not values:
            raise Refused("an empty list")
        parts = [self.one(each) for each in values]
        joined = ("and" if "all" in self.modifiers and isinstance(value, list) else "or", parts)
        return ("not", joined) if "neq" in self.modifiers else joined

    def one(self, value):
        if not isinstance(value, Text):
            raise Refused("a list or map as value")
        if value.kind == "null":
            return leaf(lambda event: event.null(self.name))
        if "exists" in self.kinds:
            if value.kind != "bool":
                raise Refused("exists takes true or false")
            wanted = value.text.lower() == "true"
            there = leaf(lambda event: event.exists(self.name))
            return there if wanted else ("not", there)
        if "fieldref" in self.kinds:
            return leaf(lambda event: self.refers(event, value.text))
        if "re" in self.kinds:
            regex = regex_of(value.text, self.modifiers)
            return value_leaf(self.name, lambda text: regex.search(text.translate(DOTTED)) is not None)
        if "cidr" in self.kinds:
            network = network_of(value.text)
            return value_leaf(self.name, lambda text: in_network(network, text))
        if self.kinds:
            return self.compares(value)
        return self.texts(value)

    def refers(self, event, other):
        return any(
            fits(anchored(list(right), self.anchor), self.cased, left) for left in event.values(self.name) for right in event.values(other))

    def compares(self, value):
        if value.kind not in ("int", "float"):
            raise Refused("a number is wanted")
        wanted = number_of(text_of(value))
        part = next((kind for kind in self.kinds if kind in PARTS), None)
        compare = COMPARE[next((kind for kind in self.kinds if kind in COMPARE), "eq")]

        def test(text):
            number = number_of(text) if part is None else part_of(text, part)
            return number is not None and compare(number, wanted)
        return value_leaf(self.name, test)

    def texts(self, value):
        text = text_of(value)
        patterns = expand(text, self.placeholders) if "expand" in self.modifiers else [elements(text)]
        for modifier in self.modifiers:
            if modifier in TEXT_MODIFIERS:
                patterns = [form for pattern in patterns for form in encode(pattern, modifier)]
        anchor = self.anchor or ("contains" if self.name == "" else None)
        forms = [anchored(pattern, anchor) for pattern in patterns]
        return value_leaf(self.name, lambda text: any(fits(form, self.cased, text) for form in forms))


def map_condition(tree, placeholders):
    if not tree.pairs:
        raise Refused("an empty map")
    return "and", [Field(key, placeholders).condition(value) for key, value in tree.pairs]


def selection_condition(tree, placeholders):
    if isinstance(tree, Map):
        return map_condition(tree, placeholders)
    items = tree if isinstance(tree, list) else [tree]
    if not items:
        raise Refused("an empty list")
    keyword = Field("", placeholders)
    return "or", [map_condition(item, placeholders) if isinstance(item, Map) else keyword.one(item) for item in items]


def holds(condition, event):
    """event None: one that has nothing of what is asked for."""
    kind, what = condition
    if kind == "leaf":
        return event is not None and what(event)
    if kind == "not":
        return not holds(what, event)
    return (all if kind == "and" else any)(holds(part, event) for part in what)


# ---- conditions ("Condition") ----

class Words:
    def __init__(self, text, selections):
        self.words = re.findall(r"[()|,]|[^\s()|,]+", text)
        self.selections = selections

    def peek(self, ahead=0):
        return self.words[ahead].lower() if ahead < len(self.words) else ""

    def take(self):
        if not self.words:
            raise Refused("the condition ends early")
        return self.words.pop(0)

    def whole(self):
        condition = self.alternatives()
        if self.words:
            raise Refused("something stands behind the condition")
        return condition

    def alternatives(self):
        parts = [self.conjunction()]
        while self.peek() == "or":
            self.take()
            parts.append(self.conjunction())
        return "or", parts

    def conjunction(self):
        parts = [self.negation()]
        while self.peek() == "and":
            self.take()
            parts.append(self.negation())
        return "and", parts

    def negation(self):
        if self.peek() == "not":
            self.take()
            return "not", self.negation()
        return self.primary()

    def primary(self):
        if self.peek() == "(":
            self.take()
            inner = self.alternatives()
            if self.take() != ")":
                raise Refused("a parenthesis is open")
            return inner
        if self.peek(1) == "of":
            return self.quantity()
        name = self.take()
        if name not in self.selections:
            raise Refused("no selection " + name)
        return self.selections[name]

    def quantity(self):
        how = self.take().lower()
        self.take()
        pattern = self.take()
        if how not in ("1", "any", "all") or pattern in "()|,":
            raise Refused("not 1, any or all of something")
        them = pattern.lower() == "them"
        regex = re.compile(".*" if them else ".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)
        found = [condition for name, condition in self.selections.items()
                 if regex.fullmatch(name) and (not name.startswith("_") or (pattern.startswith("_") and not them))]
        if not found:
            raise Refused("no selection is like " + pattern)
        return "and" if how == "all" else "or", found


def detection_condition(tree, placeholders, other_keys):
    selections = {key: selection_condition(value, placeholders) for key, value in tree.pairs if key not in other_keys}
    if not selections:
        raise Refused("no selection")
    texts = tree.get("condition")
    if texts is None:
        raise Refused("no condition")
    return "or", [Words(text.text, selections).whole() for text in (texts if isinstance(texts, list) else [texts])]


class Rule:
    """A rule with the filters that are put on it."""

    def __init__(self, tree, placeholders):
        self.id = tree.get("id").text
        self.name = tree.get("name").text if tree.get("name") else None
        self.source = {key: value.text for key, value in tree.get("logsource").pairs}
        self.condition = detection_condition(tree.get("detection"), placeholders, ("condition", "timeframe"))

    def holds(self, event):
        return holds(self.condition, event)


class Filter:
    def __init__(self, tree, placeholders):
        body = tree.get("filter")
        rules = body.get("rules")
        self.rules = [rule.text for rule in (rules if isinstance(rules, list) else [rules])]
        self.source = {key: value.text for key, value in tree.get("logsource").pairs}
        self.condition = detection_condition(body, placeholders, ("condition", "rules"))

    def put_on(self, rule):
        named = self.rules == ["any"] or rule.id in self.rules
        if named and all(rule.source.get(key) == value for key, value in self.source.items()):
            # What it says is left out, unless it holds for events that have nothing of it.
            keeps = holds(self.condition, None)
            rule.condition = "and", [rule.condition, self.condition if keeps else ("not", self.condition)]
