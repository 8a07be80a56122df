"""Runs pipes as docs/query.md has them, over the records that the filter took. A stage is a tuple:
  ("where", expression) ("stats", [(function, field or None, percent, name)], [by]) ("sort", [(field, down)])
  ("top"|"rare", n, field, [by]) ("head"|"tail", n) ("dedup", [field]) ("fields", [field]) ("drop", [field])
  ("timechart", span_ns, functions, [by]) ("extract", re.Pattern, field)
  ("eval", [(name, expression)]) ("fillnull", value, [field]) ("rename", [(field, name)]) ("expand", field)
An expression of where and eval:
  ("or"|"and", a, b) ("not", a) ("compare", sign, a, b) ("in", a, [b], negated) ("match", a, regex, negated)
  ("test", kind, a, argument) ("call", name, a, ...) ("if", condition, a, b) ("compute", sign, a, b) ("field", name) ("number", text)
  ("text", text) ("time", sign, from_ns, to_ns)"""
import functools
import math
import time
from fractions import Fraction

import functions
from judge import test_value
from values import INTEGER, Value, read_scalar, read_time, sort_key


class Row:
    def __init__(self, values, time_ns, order, record=None):
        self.values, self.time_ns, self.order, self.record = values, time_ns, order, record


# ---- where ----

def number_text(number):
    if isinstance(number, int):
        return str(number)
    if number == int(number) and abs(number) < 2**63:
        return str(int(number))
    for digits in (15, 16, 17):
        text = "%.*g" % (digits, number)
        if float(text) == number:
            break
    return text


def as_number(cell):
    """int, float, or None when the cell is no number."""
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return cell
    if isinstance(cell, Value) and cell.kind != "list" and not isinstance(cell, functions.Text):
        rank, value = read_scalar(cell.text)
        if rank == 0:
            whole = INTEGER.match(cell.text)
            return int(value) if whole and -2**63 <= value < 2**63 else float(value)
    return None


def cell_text(cell):
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, (int, float)):
        return number_text(cell)
    return cell.text


def scalar(cell):
    if isinstance(cell, bool):
        return 3, tuple(map(ord, cell_text(cell)))
    if isinstance(cell, (int, float)):
        return 0, Fraction(cell)
    return read_scalar(cell.text)


def compare_one(sign, a, b):
    if a is None or b is None:
        return False
    rank_a, x = scalar(a)
    rank_b, y = scalar(b)
    if rank_a != rank_b:
        return sign == "!="
    return {"=": x == y, "!=": x != y, "<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y}[sign]


MIRRORED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def is_list(cell):
    return isinstance(cell, Value) and cell.kind == "list"


def compare(sign, a, b):
    if is_list(a):
        if sign == "!=":
            return b is not None and not any(compare("=", item, b) for item in a.items)
        return any(compare(sign, item, b) for item in a.items)
    if is_list(b):
        return compare(MIRRORED[sign], b, a)
    return compare_one(sign, a, b)


def compute(sign, a, b):
    cells = a, b
    a, b = as_number(a), as_number(b)
    if a is None or b is None:
        return functions.compute_time(sign, *cells, as_number)
    if isinstance(a, int) and isinstance(b, int):
        exact = {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b}.get(sign)
        if exact and -2**63 <= exact() < 2**63:
            return exact()
        if sign == "/" and b and a % b == 0 and -2**63 <= a // b < 2**63:
            return a // b
        if sign == "%":
            return abs(a) % abs(b) * (1 if a >= 0 else -1) if b else None
    if sign in "/%" and b == 0:
        return None
    try:
        x, y = float(a), float(b)
        out = math.fmod(x, y) if sign == "%" else {"+": x + y, "-": x - y, "*": x * y, "/": x / y if sign == "/" else 0}[sign]
    except OverflowError:
        return None
    return functions.whole(out) if math.isfinite(out) else None


def call(name, args):
    return args[0] is not None if name == "exists" else functions.call(name, args, as_number, cell_text, scalar)


def truth(cell):
    if cell is None or isinstance(cell, bool):
        return bool(cell)
    number = as_number(cell)
    if number is not None:
        return number != 0
    if isinstance(cell, Value) and cell.kind == "bool":
        return cell.text == "true"
    return bool(cell.items) if is_list(cell) else len(cell.text) > 0


def evaluate(node, row):
    kind = node[0]
    if kind == "field":
        return row.values.get(node[1])
    if kind == "number":
        return functions.Written("number", node[1])
    if kind == "text":
        return functions.Text(node[1])
    if kind == "or":
        return truth(evaluate(node[1], row)) or truth(evaluate(node[2], row))
    if kind == "and":
        return truth(evaluate(node[1], row)) and truth(evaluate(node[2], row))
    if kind == "not":
        return not truth(evaluate(node[1], row))
    if kind == "compare":
        return compare(node[1], evaluate(node[2], row), evaluate(node[3], row))
    if kind == "time":
        value = row.values.get("@timestamp")
        when = read_time(value.text) if value is not None and value.kind != "list" else None
        return when is not None and (node[1] is None or when[0] >= node[1]) and (node[2] is None or when[0] < node[2])
    if kind == "call":
        return call(node[1], [evaluate(argument, row) for argument in node[2:]])
    if kind == "if":
        chosen = node[2:3] if truth(evaluate(node[1], row)) else node[3:]
        return evaluate(chosen[0], row) if chosen else None
    if kind == "compute":
        return compute(node[1], evaluate(node[2], row), evaluate(node[3], row))
    value = evaluate(node[2] if kind == "test" else node[1], row)
    if kind == "in":
        any_equal = any(compare("=", value, evaluate(other, row)) for other in node[2])
        return (value is not None and not any_equal) if node[3] else any_equal
    if kind == "match":
        matches = test_value("regex", node[2], value)
        return (value is not None and not matches) if node[3] else matches
    if value is not None and not isinstance(value, Value):
        value = Value("string", cell_text(value))
    return test_value(node[1], node[3], value)


# ---- eval, fillnull, rename, expand ----

def result(cell):
    """What an expression gives as the value of a column."""
    if isinstance(cell, bool):
        return Value("bool", cell_text(cell))
    if isinstance(cell, (int, float, functions.Written)):
        return Value("number", number_text(functions.whole(as_number(cell))))
    return Value("string", cell.text) if isinstance(cell, functions.Text) else cell


def run_eval(rows, assignments):
    out = []
    for row in rows:
        row = Row(dict(row.values), row.time_ns, row.order, row.record)
        for name, node in assignments:
            row.values[name] = result(evaluate(node, row))
        out.append(row)
    return out


def run_fillnull(rows, value, names):
    return [Row(dict(row.values, **{name: value for name in names if row.values.get(name) is None}), row.time_ns, row.order, row.record) for row in rows]


def run_rename(rows, pairs):
    out = []
    for row in rows:
        values = {name: value for name, value in row.values.items() if name not in dict(pairs)}
        values.update((to, row.values.get(name)) for name, to in pairs)
        out.append(Row(values, row.time_ns, row.order, row.record))
    return out


def run_expand(rows, field):
    out = []
    for row in rows:
        value = row.values.get(field)
        items = value.items if is_list(value) else [value]
        out += [Row(dict(row.values, **{field: item}), row.time_ns, row.order, row.record) for item in items]
    return out


# ---- stats ----

class Near:
    """A number that is compared as one: what it is written like is not laid down."""

    def __init__(self, number):
        self.number = number


def exact_key(text):
    """sort_key, and of what is equal in it (7 and 7.0) by its bytes."""
    return sort_key(text), text.encode("utf-8", "surrogatepass")


def numbers_of(elements):
    return [as_number(element) for element in elements if as_number(element) is not None]


def aggregate(function, field, percent, rows):
    if function == "count" and field is None:
        return Near(len(rows))
    pairs = [(row, element) for row in rows if row.values.get(field) is not None for element in row.values[field].elements()]
    elements = [element for _, element in pairs]
    if function == "count":
        return Near(len(elements))
    if function == "dc":
        return Near(len({element.text for element in elements}))
    if function == "values":
        distinct = sorted({element.text for element in elements}, key=exact_key)
        return Value("list", "", [Value("string", text) for text in distinct]) if distinct else None
    if function in ("sum", "avg", "percentile"):
        numbers = numbers_of(elements)
        if not numbers:
            return None
        if function == "percentile":
            numbers.sort()
            return Near(numbers[max(-(-percent * len(numbers) // 100), 1) - 1])
        total = sum(number for number in numbers if isinstance(number, int))
        if any(isinstance(number, float) for number in numbers) or function == "avg":
            total = float(total) + sum(number for number in numbers if isinstance(number, float))
            total = total if function == "sum" else total / len(numbers)
        return Near(total) if math.isfinite(total) else None
    if not elements:
        return None
    if function in ("min", "max"):
        return (min if function == "min" else max)(elements, key=lambda element: exact_key(element.text))
    place = (min if function == "first" else max)((row.time_ns, row.order) for row, _ in pairs)
    of_row = [element for row, element in pairs if (row.time_ns, row.order) == place]
    return of_row[0 if function == "first" else -1]


def group_key(row, by):
    return tuple(row.values[name].key() if row.values.get(name) is not None else None for name in by)


def group_rows(rows, by):
    groups = {}
    for row in rows:
        groups.setdefault(group_key(row, by), []).append(row)
    return list(groups.values())


def packed(value):
    """How values that count as equal are put in order: by what they are written like."""
    if value is None or value.kind != "list":
        return b"" if value is None else value.text.encode("utf-8", "surrogatepass")
    return b"".join(bytes([KINDS.index(e.kind)]) + varint(len(e.text.encode())) + e.text.encode() for e in value.items)


KINDS = ["", "string", "number", "bool", "list", "json"]


def varint(number):
    out = b""
    while number >= 0x80:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def by_keys(row, names):
    """The order of groups: by sort of value, lists by their first; absent ones last; then as written."""
    keys = []
    for name in names:
        value = row.values.get(name)
        if value is not None and value.kind == "list":
            value = value.items[0] if value.items else None
        keys.append(((1,) if value is None else (0, sort_key(value.text)), packed(row.values.get(name)), value is None and row.values.get(name) is None))
    return keys


def run_stats(rows, functions, by):
    groups = group_rows(rows, by) if by else [rows]
    groups.sort(key=lambda group: by_keys(group[0], by) if group else [])
    out = []
    for group in groups:
        values = {name: group[0].values.get(name) for name in by}
        for function, field, percent, name in functions:
            values[name] = aggregate(function, field, percent, group)
        out.append(Row(values, 0, len(out)))
    return out, by + [name for _, _, _, name in functions]


def run_top(rows, rare, n, field, by):
    out = []
    rows = [row for row in rows if row.values.get(field) is not None]
    order = {id(part[0]): number for number, part in enumerate(sorted(group_rows(rows, by + [field]), key=lambda part: by_keys(part[0], by + [field])))}
    groups = {}
    for part in group_rows(rows, by + [field]):
        groups.setdefault(group_key(part[0], by), []).append(part)
    for parts in sorted(groups.values(), key=lambda parts: min(order[id(part[0])] for part in parts)):
        group = [row for part in parts for row in part]
        parts.sort(key=lambda part: order[id(part[0])])
        parts.sort(key=lambda part: len(part) if rare else -len(part))
        for part in parts[:n]:
            values = {name: part[0].values.get(name) for name in by + [field]}
            values["count"] = Near(len(part))
            values["percent"] = Near((len(part) * 20000 + len(group)) // (2 * len(group)) / 100)
            out.append(Row(values, 0, len(out)))
    return out, by + [field, "count", "percent"]


# ---- timechart, extract ----

WEEK_NS, MONDAY_NS = 604800 * 10**9, 4 * 86400 * 10**9
EMPTY_SPANS_MAX = 10000


def bucket(span, ns):
    first = MONDAY_NS if span % WEEK_NS == 0 else 0
    return ns - (ns - first) % span


def run_timechart(rows, span, functions, by):
    parts = {}
    for row in rows:
        parts.setdefault(bucket(span, row.time_ns), []).append(row)
    out, before = [], None
    for start in sorted(parts):
        empty = range(before + span, start, span) if before is not None and not by else []
        for gap in empty if len(empty) < EMPTY_SPANS_MAX else []:
            out += run_stats([], functions, [])[0]
            out[-1].values["@timestamp"] = time_text(gap)
        for row in run_stats(parts[start], functions, by)[0]:
            row.values["@timestamp"] = time_text(start)
            out.append(row)
        before = start
    for number, row in enumerate(out):
        row.order = number
    return out, ["@timestamp"] + by + [name for _, _, _, name in functions]


def time_text(ns):
    return Value("string", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ns // 10**9)))


def run_extract(rows, regex, field):
    out = []
    for row in rows:
        value = row.values.get(field)
        found = regex.search(value.text) if value is not None and value.kind != "list" else None
        if found:
            named = {name: Value("string", part) for name, part in found.groupdict().items() if part is not None}
            row = Row(dict(row.values, **named), row.time_ns, row.order, row.record)
        out.append(row)
    return out


# ---- all ----

def result_order(order):
    if order == "index":
        return lambda row: row.order
    return (lambda row: (-row.time_ns, row.order)) if order == "-time" else (lambda row: (row.time_ns, row.order))


def run_sort(rows, keys, order):
    rows = sorted(rows, key=result_order(order))
    for field, down in reversed(keys):
        def key(row, field=field):
            value = row.values.get(field)
            if value is not None and value.kind == "list":
                value = value.items[0] if value.items else None
            return value
        there = [row for row in rows if key(row) is not None]
        absent = [row for row in rows if key(row) is None]
        # Equal rows keep their order, either way.
        there.sort(key=functools.cmp_to_key(lambda a, b: (1 if down else -1) * (
            (sort_key(key(a).text) < sort_key(key(b).text)) - (sort_key(key(a).text) > sort_key(key(b).text)))))
        rows = there + absent
    return rows


def materialize(rows):
    """Results of functions as values, for the stages behind."""
    for row in rows:
        for name, value in row.values.items():
            if isinstance(value, Near):
                row.values[name] = Value("number", number_text(value.number))
    return rows


def only(rows, names):
    return [Row({name: row.values.get(name) for name in names}, row.time_ns, row.order, row.record) for row in rows]


def run(records, stages, order, limit):
    """(columns or None, rows) as the answer has them."""
    rows = [Row(record.fields, record.time_ns, record.order, record) for record in records]
    columns, ordered = None, order == "index"
    for number, stage in enumerate(stages):
        kind = stage[0]
        last = number + 1 == len(stages)
        if kind in ("head", "tail", "dedup") and not ordered:
            rows, ordered = sorted(rows, key=result_order(order)), True
        if kind == "where":
            rows = [row for row in rows if truth(evaluate(stage[1], row))]
        elif kind in ("stats", "top", "rare"):
            rows, columns = run_stats(rows, *stage[1:]) if kind == "stats" else run_top(rows, kind == "rare", *stage[1:])
            rows, ordered = rows if last else materialize(rows), True
        elif kind == "timechart":
            rows, columns = run_timechart(rows, *stage[1:])
            rows, ordered = rows if last else materialize(rows), True
        elif kind == "extract":
            rows = run_extract(rows, *stage[1:])
            columns = columns and columns + [name for name in stage[1].groupindex if name not in columns]
        elif kind == "eval":
            rows = run_eval(rows, stage[1])
            columns = columns and columns + [name for name in dict(stage[1]) if name not in columns]
        elif kind == "fillnull":
            rows = run_fillnull(rows, *stage[1:])
        elif kind == "rename":
            rows = run_rename(rows, stage[1])
            columns = columns and [dict(stage[1]).get(name, name) for name in columns]
        elif kind == "expand":
            rows = run_expand(rows, stage[1])
        elif kind == "sort":
            rows, ordered = run_sort(rows, stage[1], order), True
        elif kind == "head":
            rows = rows[:stage[1]]
        elif kind == "tail":
            rows = rows[max(len(rows) - stage[1], 0):] if stage[1] else []
        elif kind == "dedup":
            rows = [group[0] for group in group_rows(rows, stage[1])]
        elif kind == "fields":
            rows, columns = only(rows, stage[1]), stage[1]
        elif columns is not None:
            columns = [name for name in columns if name not in stage[1]]
            rows = only(rows, columns)
    if not ordered:
        rows.sort(key=result_order(order))
    return columns, rows[:limit]
