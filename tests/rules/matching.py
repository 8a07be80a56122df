"""Sigma detections over one event, written from the specification 2.1 (Detection, Modifiers): the part
of it that rules/ use. What is not known here is an error, so that a rule never passes half read.

An event is a dict of field names to a scalar or a list of scalars, and a raw text for keywords."""
import fnmatch
import functools
import ipaddress
import re


class Unknown(Exception):
    """Something of the standard that is not read here, or a rule that is wrong."""


compiled = functools.lru_cache(maxsize=None)(re.compile)  # the cache of re itself is too small for all rules


def pattern(text):
    """A Sigma string as an expression: * and ? are wildcards, \\ takes that from them."""
    out, at = [], 0
    while at < len(text):
        one = text[at]
        if one == "\\" and text[at + 1 : at + 2] in ("*", "?", "\\"):
            out.append(re.escape(text[at + 1]))
            at += 2
            continue
        out.append(".*" if one == "*" else "." if one == "?" else re.escape(one))
        at += 1
    return "".join(out)


DASHES = "-/\u2013\u2014\u2015"
AROUND = {"contains": (".*", ".*"), "startswith": ("", ".*"), "endswith": (".*", "")}
COMPARE = {"lt": lambda a, b: a < b, "lte": lambda a, b: a <= b, "gt": lambda a, b: a > b, "gte": lambda a, b: a >= b}


def texts_of(value):
    if value is True or value is False:
        return "true" if value else "false"
    return str(value)


def windash(text):
    """The text with each dash that begins an option written in all ways."""
    found = [text]
    for dash in DASHES:
        found.append(re.sub(r"(?<!\S)[%s](?=\w)" % DASHES, dash, text))
    return sorted(set(found))


def string_test(value, modifiers):
    """A function of one text: does it match value?"""
    flags = re.DOTALL | (0 if "cased" in modifiers else re.IGNORECASE)
    before, after = "", ""
    for name in modifiers:
        if name in AROUND:
            before, after = AROUND[name]
    ways = windash(value) if "windash" in modifiers else [value]
    tests = [compiled(before + pattern(way) + after, flags) for way in ways]
    return lambda text: any(test.fullmatch(text) for test in tests)


def number(text):
    try:
        return float(text)
    except ValueError:
        return None


def compare_test(value, name):
    def test(text):
        have = number(text)
        return have is not None and COMPARE[name](have, float(value))

    return test


def cidr_test(value):
    network = ipaddress.ip_network(value)

    def test(text):
        try:
            return ipaddress.ip_address(text) in network
        except ValueError:
            return False

    return test


def regex_test(value, modifiers):
    flags = 0
    for name, flag in (("i", re.IGNORECASE), ("m", re.MULTILINE), ("s", re.DOTALL)):
        flags |= flag if name in modifiers else 0
    expression = compiled(value, flags)
    return lambda text: expression.search(text) is not None


KNOWN = {"contains", "startswith", "endswith", "all", "re", "i", "m", "s", "cased", "cidr", "windash", "exists"} | set(COMPARE)


def value_test(value, modifiers):
    for name in modifiers:
        if name in COMPARE:
            return compare_test(value, name)
    if "cidr" in modifiers:
        return cidr_test(value)
    if "re" in modifiers:
        return regex_test(value, modifiers)
    return string_test(texts_of(value), modifiers)


def as_list(value):
    return value if isinstance(value, list) else [value]


def keywords(values, modifiers, event):
    """Specification: unbound values are looked for in the whole record, here as parts of it."""
    parts = [event.raw] if event.raw is not None else [texts_of(v) for field in event.fields.values() for v in as_list(field)]
    how = modifiers if "re" in modifiers else [*modifiers, "contains"]
    each = (any(test(part) for part in parts) for test in [value_test(value, how) for value in values])
    return all(each) if "all" in modifiers else any(each)


def field_holds(name, modifiers, values, event):
    have = [texts_of(v) for v in as_list(event.fields.get(name, [])) if v is not None]
    if "exists" in modifiers:
        return (name in event.fields) == (values[0] is True)
    found = []
    for value in values:
        if value is None:
            found.append(not have)
        else:
            test = value_test(value, modifiers)
            found.append(any(test(text) for text in have))
    return all(found) if "all" in modifiers else any(found)


def map_holds(wanted, event):
    for key, values in wanted.items():
        name, *modifiers = str(key).split("|")
        unknown = set(modifiers) - KNOWN
        if unknown:
            raise Unknown("modifier " + ", ".join(sorted(unknown)))
        if name == "":
            if not keywords(as_list(values), modifiers, event):
                return False
        elif not field_holds(name, modifiers, as_list(values), event):
            return False
    return True


def search_holds(search, event):
    if isinstance(search, dict):
        return map_holds(search, event)
    return any(map_holds(item, event) if isinstance(item, dict) else keywords([item], [], event) for item in as_list(search))


TOKEN = re.compile(r"\s*(\(|\)|[^\s()]+)")


class Condition:
    """The condition grammar: or, and, not, parentheses, 1 of x*, all of them."""

    def __init__(self, text, names, holds):
        self.tokens = TOKEN.findall(text)
        self.names, self.holds = names, holds
        self.at = 0

    def next(self):
        self.at += 1
        return self.tokens[self.at - 1] if self.at <= len(self.tokens) else ""

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def whole(self):
        result = self.either()
        if self.at != len(self.tokens):
            raise Unknown("condition has %r behind its end" % self.peek())
        return result

    def either(self):
        result = self.both()
        while self.peek() == "or":
            self.next()
            other = self.both()
            result = result or other
        return result

    def both(self):
        result = self.single()
        while self.peek() == "and":
            self.next()
            other = self.single()
            result = result and other
        return result

    def single(self):
        token = self.next()
        if token == "not":
            return not self.single()
        if token == "(":
            result = self.either()
            if self.next() != ")":
                raise Unknown("condition lacks a )")
            return result
        if token in ("1", "any", "all") and self.peek() == "of":
            self.next()
            chosen = self.chosen(self.next())
            results = [self.holds(name) for name in chosen]
            return all(results) if token == "all" else any(results)
        if token not in self.names:
            raise Unknown("condition names %r" % token)
        return self.holds(token)

    def chosen(self, wanted):
        found = [n for n in self.names if not n.startswith("_") and (wanted == "them" or fnmatch.fnmatchcase(n, wanted))]
        if not found:
            raise Unknown("condition: nothing is named %r" % wanted)
        return found


def rule_holds(rule, event):
    detection = rule["detection"]
    names = [name for name in detection if name != "condition"]
    return Condition(detection["condition"], names, lambda name: search_holds(detection[name], event)).whole()
