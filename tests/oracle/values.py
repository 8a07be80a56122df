"""What docs/query.md says of values: their sorts, how they compare, times; records as `akashi parse`
prints them. Times are ns since 1970, exact."""
import functools
import ipaddress
import json
import re
from fractions import Fraction

from texts import fold

INTEGER = re.compile(r"-?[0-9]+\Z")
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\Z")
TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[Tt _]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?"
                  r"(Z|z|[+-][0-9]{2}:?[0-9]{2})?)?\Z")
ZONE = re.compile(r"%[!-$&-.0-~]{1,32}\Z")
DAY_NS = 86400 * 10**9


class Value:
    """One value: kind is string, number, bool, json or list; text as written; items of a list."""

    __slots__ = ("kind", "text", "items")

    def __init__(self, kind, text, items=None):
        self.kind, self.text, self.items = kind, text, items

    def elements(self):
        return self.items if self.kind == "list" else [self]

    def key(self):
        """What groups and dedup tell values apart by: the exact text."""
        return ("list", tuple((item.kind if item.kind == "list" else "", item.text, item.kind) for item in self.items)) \
            if self.kind == "list" else ("one", self.text)


def days_from_civil(year, month, day):
    year -= month <= 2
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


def read_time(text):
    """(ns, width of what is not said, has a zone) or None."""
    found = TIME.match(text)
    if not found:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    leap = int(year) % 4 == 0 and (int(year) % 100 != 0 or int(year) % 400 == 0)
    days = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= days[int(month) - 1] and int(hour or 0) <= 23 and int(minute or 0) <= 59
            and int(second or 0) <= 59):
        return None
    seconds = days_from_civil(int(year), int(month), int(day)) * 86400 + int(hour or 0) * 3600 + int(minute or 0) * 60 + int(second or 0)
    if zone and zone not in "Zz":
        offset = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
        seconds -= offset if zone[0] == "+" else -offset
    ns = seconds * 10**9 + int(((fraction or "") + "000000000")[:9])
    width = 1 if fraction else 10**9 if second else 60 * 10**9 if hour else DAY_NS
    return ns, width, bool(zone)


def read_address(text):
    """16 bytes, IPv4 as ::ffff:a.b.c.d, or None."""
    try:
        if ":" in text:
            return ipaddress.IPv6Address(ZONE.sub("", text)).packed if "%" not in ZONE.sub("", text) else None
        return b"\0" * 10 + b"\xff\xff" + ipaddress.IPv4Address(text).packed
    except ValueError:
        return None


@functools.lru_cache(maxsize=65536)
def read_scalar(text):
    """(rank, what is compared): 0 numbers, 1 addresses, 2 times, 3 other text."""
    if INTEGER.match(text) and -2**63 <= int(text) < 2**63:
        return 0, Fraction(int(text))
    if NUMBER.match(text):
        number = float(text)
        if number not in (float("inf"), float("-inf")):
            return 0, Fraction(number)
    time = read_time(text)
    if time:
        return 2, time[0]
    address = read_address(text)
    if address:
        return 1, address
    return 3, tuple(map(ord, fold(text)))


def sort_key(text):
    """The total order of sort, min and max: of texts that differ only in case the bytes decide."""
    rank, value = read_scalar(text)
    return (rank, value, text.encode("utf-8", "surrogatepass") if rank == 3 else b"")


def network(text):
    """A test of packed addresses for 10.0.0.0/8, 2001:db8::/32 or one address; None: not one."""
    before, _, after = text.partition("/")
    packed = read_address(before)
    if packed is None:
        return None
    bits = (int(after) + (0 if ":" in before else 96)) if "/" in text else 128
    shift = 128 - bits
    prefix = int.from_bytes(packed, "big") >> shift

    def has(address):
        if address is None or (bits < 96 and address[:12] == b"\0" * 10 + b"\xff\xff"):
            return False
        return int.from_bytes(address, "big") >> shift == prefix
    return has


# ---- records ----

DECODER = json.JSONDecoder()


def _value(raw):
    first = raw[0]
    if first == '"':
        return Value("string", json.loads(raw))
    if first in "tf":
        return Value("bool", raw)
    if first in "n{":
        return Value("json", raw)
    if first != "[":
        return Value("number", raw)
    items = [_value(item) for item in _items(raw)]
    if any(item.text[:1] in "{[" and item.kind == "json" or item.kind == "list" for item in items):
        return Value("json", raw)
    return Value("list", raw, items)


def _skip(text, at):
    while at < len(text) and text[at] in " \t,:":
        at += 1
    return at


def _items(raw):
    at = _skip(raw, 1)
    while raw[at] != "]":
        _, end = DECODER.raw_decode(raw, at)
        yield raw[at:end]
        at = _skip(raw, end)


def _members(line):
    at = _skip(line, 1)
    while line[at] != "}":
        name, end = DECODER.raw_decode(line, at)
        at = _skip(line, end)
        _, end = DECODER.raw_decode(line, at)
        yield name, line[at:end]
        at = _skip(line, end)


class Record:
    """One line of `akashi parse` or `akashi search --format jsonl`."""

    def __init__(self, line):
        self.fields = {name: _value(raw) for name, raw in _members(line)}
        self.raw = dict(_members(line))
        self.text = self.fields["event.original"].text
        self.path = self.fields["file.path"].text
        self.number = int(self.fields["akashi.record"].text)
        self.time_ns = read_time(self.fields["@timestamp"].text)[0]
        self.place = None  # (class, index) once it is known
        self.order = None  # of class, then index
