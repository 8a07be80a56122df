"""What docs/query.md says of the functions of eval that random queries call. Arguments and results are
as in pipes.py: None, bool, int, float, Value."""
import math

import texts
from values import Value, read_scalar, sort_key


class Written(Value):
    """A number of the query itself: functions see it as it is written, as a result it is a number."""

    __slots__ = ()


class Text(Value):
    """Text of the query or of a function: nothing is computed with it, whatever it looks like."""

    __slots__ = ()

    def __init__(self, text):
        super().__init__("string", text)


def whole(number):
    """What is computed and is an integer that a double has exactly is one."""
    if isinstance(number, float) and number == int(number) and abs(number) < 2**53:
        return int(number)
    return number


def single(cell):
    return cell is not None and not (isinstance(cell, Value) and cell.kind == "list")


def is_list(cell):
    return isinstance(cell, Value) and cell.kind == "list"


def substr(text, first, length=None):
    if first > 0:
        first -= 1
    elif first < 0:
        first = max(first, -len(text)) + len(text)
    return text[first:] if length is None else text[first:first + max(length, 0)]


def best(cells, greatest, cell_text):
    """Of all that are there, lists by their elements; the first of equal ones."""
    there = [item for cell in cells if cell is not None for item in (cell.items if is_list(cell) else [cell])]
    return (max if greatest else min)(there, key=lambda cell: sort_key(cell_text(cell)), default=None)


def call(name, args, as_number, cell_text, scalar):
    """The last three are those of pipes.py."""
    if name == "isnull":
        return args[0] is None
    if name == "coalesce":
        return next((cell for cell in args if cell is not None), None)
    if name in ("min", "max"):
        return best(args, name == "max", cell_text)
    if name == "concat":
        return Text("".join(map(cell_text, args))) if all(map(single, args)) else None
    if name == "substr":
        numbers = [as_number(cell) for cell in args[1:]]
        if not single(args[0]) or not all(isinstance(number, int) for number in numbers):
            return None
        return Text(substr(cell_text(args[0]), *numbers))
    if name in ("floor", "ceil"):
        number = as_number(args[0])
        return number if number is None or isinstance(number, int) else whole(float(getattr(math, name)(number)))
    if name == "split":
        if not single(args[0]) or not single(args[1]):
            return None
        parts, by = cell_text(args[0]), cell_text(args[1])
        return Value("list", "", [Value("string", part) for part in (parts.split(by) if by else [parts])])
    if name == "mvindex":
        number = as_number(args[1])
        number = number if isinstance(number, int) else 2**60
        items = args[0].items if is_list(args[0]) else [args[0]]
        return items[number] if -len(items) <= number < len(items) else None
    if name == "mvjoin":
        if not is_list(args[0]) or not single(args[1]):
            return args[0]
        return Text(cell_text(args[1]).join(item.text for item in args[0].items))
    if name == "tonumber":
        if not single(args[0]):
            return None
        if args[0] is True or args[0] is False or (isinstance(args[0], Value) and args[0].kind == "bool"):
            return int(cell_text(args[0]) == "true")
        number = as_number(Value("string", cell_text(args[0]).strip(" \t\r\n")))
        return number if number is None else whole(number)
    if name == "typeof":
        if args[0] is None or is_list(args[0]):
            return Text("absent" if args[0] is None else "list")
        if isinstance(args[0], bool) or (isinstance(args[0], Value) and args[0].kind == "bool"):
            return Text("boolean")
        return Text(["number", "address", "time", "text"][scalar(args[0])[0]])
    if name == "len":
        return None if args[0] is None else len(args[0].items) if is_list(args[0]) else len(cell_text(args[0]))
    if name == "lower":
        return Text("".join(map(texts.simple_fold, cell_text(args[0])))) if single(args[0]) else args[0]
    number = as_number(args[0])
    if name != "abs" or number is None:
        return None
    return whole(abs(number)) if abs(number) < 2**63 else whole(float(abs(number)))


def is_time(cell):
    return isinstance(cell, Value) and cell.kind not in ("list", "bool") and read_scalar(cell.text)[0] == 2


def time_text(ns):
    """As results have times, in UTC; None beyond what is generated here."""
    import time
    seconds, rest = divmod(ns, 10**9)
    if not -62167219200 <= seconds < 253402300800:
        return None
    fraction = "" if rest == 0 else ".%03d" % (rest // 10**6) if rest % 10**6 == 0 else ".%06d" % (rest // 1000) if rest % 1000 == 0 else ".%09d" % rest
    civil = time.gmtime(seconds)
    return Text("%04d-%02d-%02dT%02d:%02d:%02d%sZ" % (*civil[:6], fraction))


def compute_time(sign, a, b, as_number):
    """time - time, time + seconds, seconds + time, time - seconds."""
    if sign == "-" and is_time(a) and is_time(b):
        ns = read_scalar(a.text)[1] - read_scalar(b.text)[1]
        return ns // 10**9 if ns % 10**9 == 0 else whole(ns / 1e9)
    if sign == "+" and as_number(a) is not None:
        a, b = b, a
    seconds = as_number(b)
    if sign not in "+-" or not is_time(a) or seconds is None:
        return None
    if isinstance(seconds, int):
        ns = seconds * 10**9
    elif abs(seconds) < 9e9:
        ns = math.floor(seconds) * 10**9 + math.floor((seconds - math.floor(seconds)) * 1e6 + 0.5) * 1000
    else:
        return None
    if not -2**63 <= ns < 2**63:
        return None
    ns = read_scalar(a.text)[1] + (ns if sign == "+" else -ns)
    return time_text(ns) if -2**63 <= ns < 2**63 else None
