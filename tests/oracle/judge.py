"""Judges filters as docs/query.md has them. A filter is a tree of tuples:
  ("all",) ("and", [..]) ("or", [..]) ("not", x) ("time", from_ns, to_ns)
  (TEST, field or None, argument): word, part, alike, pattern, equals, like, regex, exists, range,
  cidr; field None: the text of the record."""
import texts
from values import network, read_address, read_scalar


def in_range(bounds, text):
    """bounds: (least, open, most, open); texts, None where it is open."""
    least, least_open, most, most_open = bounds
    rank, value = read_scalar(text)
    if least is not None:
        other_rank, other = read_scalar(least)
        if rank != other_rank or value < other or (least_open and value == other):
            return False
    if most is not None:
        other_rank, other = read_scalar(most)
        if rank != other_rank or value > other or (most_open and value == other):
            return False
    return True


TESTS = {
    "word": texts.has_phrase,
    "part": texts.has_part,
    "alike": texts.is_alike,
    "pattern": texts.has_pattern,
    "equals": texts.equals,
    "like": texts.is_like,
    "regex": texts.has_regex,
    "range": in_range,
    "cidr": lambda net, text: network(net)(read_address(text)),
    "exists": lambda _, text: True,
}


def test_value(kind, argument, value):
    if value is None:
        return False
    if kind == "exists":
        return True
    test = TESTS[kind]
    return any(test(argument, element.text) for element in value.elements())


def judge(tree, record):
    kind = tree[0]
    if kind == "all":
        return True
    if kind == "and":
        return all(judge(child, record) for child in tree[1])
    if kind == "or":
        return any(judge(child, record) for child in tree[1])
    if kind == "not":
        return not judge(tree[1], record)
    if kind == "time":
        return (tree[1] is None or record.time_ns >= tree[1]) and (tree[2] is None or record.time_ns < tree[2])
    field = tree[1] or "event.original"
    return test_value(kind, tree[2], record.fields.get(field))
