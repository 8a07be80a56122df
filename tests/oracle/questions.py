"""Random queries from the grammar of docs/query.md: each as its text and as the tree that judge.py
and pipes.py read, made side by side, so that nothing here reads a query."""
import re
import time
import unicodedata

import texts
from lines import word
from texts import ANY, ONE
from values import DAY_NS, read_address, read_scalar, read_time

TEXT_FIELDS = {"message", "event.original", "error.message", "process.command_line"}
LONG_FIELDS = {"process.pid", "http.response.status_code", "http.response.body.bytes", "log.offset", "log.syslog.priority", "log.syslog.facility.code",
               "log.syslog.severity.code", "source.port", "event.sequence"}
IP_FIELDS = {"source.ip", "destination.ip", "host.ip"}
DATE_FIELDS = {"event.created", "@timestamp"}
ECS_OTHER = {"user.name", "url.path", "url.original", "url.query", "url.domain", "host.name", "host.hostname", "process.name", "file.path", "http.request.method",
             "http.version", "user_agent.original", "http.request.referrer", "source.address", "log.level", "log.syslog.facility.name",
             "log.syslog.severity.name", "log.syslog.version", "log.syslog.msgid", "log.syslog.appname", "log.syslog.procid", "event.kind",
             "event.category", "event.type", "event.outcome", "ecs.version", "event.dataset", "event.module", "event.action", "user.domain"}
FIRST_TRAPS = tuple("-!~/<>=[{(\"")


def quote(r, text):
    out = []
    for at, c in enumerate(text):
        after = text[at + 1:at + 2]
        if c == '"' or (c == "\\" and (after in ("", '"', "\\") or r.random() < 0.5)):
            out.append("\\")
        out.append(c)
    return '"%s"' % "".join(out)


def bare_piece(r, text):
    """Characters of a bare word that stand for themselves; None: they cannot stand there."""
    if any(c in "\t\v\f\r\n　\0" for c in text):
        return None
    out = []
    for at, c in enumerate(text):
        after = text[at + 1:at + 2]
        if c in ' "()|,:*?' or (c == "\\" and (after == "" or after in ' "()|,:*?\\' or r.random() < 0.5)):
            out.append("\\")
        out.append(c)
    return "".join(out)


def bare(r, text):
    out = bare_piece(r, text)
    if not text or out is None or text.startswith(FIRST_TRAPS) or out in ("AND", "OR", "NOT", "TO") or (len(text) > 1 and text[0] == "/"):
        return None
    return out


def bare_pattern(r, elements):
    out, literal = [], ""
    for element in list(elements) + [None]:
        if element in (ANY, ONE, None):
            piece = bare_piece(r, literal)
            if piece is None:
                return None
            out.append(piece)
            out.append({ANY: "*", ONE: "?", None: ""}[element])
            literal = ""
        else:
            literal += element
    text = "".join(out)
    first = elements[0] if elements else ""
    return None if not text or text == "*" or (first not in (ANY, ONE) and first in FIRST_TRAPS) else text


def field_name(name):
    if re.match(r"[A-Za-z_@\u0080-\U0010ffff][A-Za-z0-9_.@\u0080-\U0010ffff-]*\Z", name) and "　" not in name:
        return name
    return '"%s"' % name.replace("\\", "\\\\").replace('"', '\\"')


class Questions:
    def __init__(self, random, records, now_ns):
        self.r, self.records, self.now_ns = random, records, now_ns
        self.names = {}
        for record in records:
            for name, value in record.fields.items():
                if name not in ("akashi.original_base64", "akashi.tree", "akashi.field.file.path") and len(name) <= 200:
                    self.names.setdefault(name, []).append(value)
        self.often = sorted(self.names)

    # ---- pieces of what is there ----

    def some_text(self):
        return self.r.choice(self.records).text

    def piece(self, text, whole_words):
        r = self.r
        if not text or r.random() < 0.12:
            return self.varied(word(r))
        if whole_words and r.random() < 0.8:
            ends = [at for at in range(len(text) + 1) if texts.border_at(text, at)]
            first = r.randrange(len(ends))
            last = min(first + 1 + int(r.expovariate(0.5)), len(ends) - 1)
            piece = text[ends[first]:ends[last]]
        else:
            first = r.randrange(len(text))
            piece = text[first:first + 1 + int(r.expovariate(0.25))]
        if whole_words and r.random() < 0.7:
            piece = piece.strip(" \t　") or piece
        return self.varied(piece)

    def varied(self, text):
        """The same in another case, form, or slightly different."""
        r = self.r
        pick = r.random()
        if pick < 0.25:
            text = "".join(r.choice(sorted(texts._forms(c))) if r.random() < 0.7 else c for c in text)
        elif pick < 0.32 and text:
            at = r.randrange(len(text))
            text = text[:at] + r.choice(["x", "é", "失", " ", "", "0", "\\", "*"]) + text[at + r.randrange(2):]
        return "".join(c for c in text if c not in "\n\r\0") or "root"

    def value_of(self, name):
        values = self.names.get(name) or [None]
        value = self.r.choice(values)
        if value is None:
            return self.r.choice(["root", "7", "10.0.0.7"])
        elements = value.elements()
        text = self.r.choice(elements).text if elements else ""
        return "".join(c for c in text if c not in "\n\r\0")[:2000]

    def some_field(self):
        r = self.r
        pick = r.random()
        if pick < 0.05:
            return r.choice(["no.such", "user.name", "n", "x y", "message"])
        if pick < 0.5:
            common = [name for name in ("user.name", "n", "m", "source.ip", "message", "msg", "http.response.status_code", "tags", "host.name", "process.name",
                                        "url.path", "タグ", "strange name", "at") if name in self.names]
            if common:
                return r.choice(common)
        return r.choice(self.often)

    def pattern_of(self, text):
        """Elements of a pattern that text matches, before it is varied."""
        r = self.r
        elements = list(text[:40])
        for _ in range(1 + int(r.expovariate(0.8))):
            at = r.randrange(len(elements) + 1)
            end = min(at + int(r.expovariate(0.4)), len(elements))
            if r.random() < 0.6:
                elements[at:end] = [ANY]
            elif at < len(elements):
                elements[at] = ONE
        if r.random() < 0.2:
            elements.append(ANY)
        if r.random() < 0.2:
            elements.insert(0, ANY)
        return elements

    # ---- regular expressions ----

    def regex_literal(self, text):
        r = self.r
        nodes, out = [], []
        for c in text:
            pick = r.random()
            if pick < 0.08:
                nodes.append(("dot",))
                out.append(".")
            elif pick < 0.14 and c in texts.DIGIT:
                nodes.append(("digit",))
                out.append("\\d")
            elif pick < 0.2 and c in texts.WORD:
                nodes.append(("word",))
                out.append("\\w")
            elif pick < 0.25 and c.isalnum():
                other = r.choice("aAzZ09ァ")
                ranges, negated = [(c, c), (other, other)], r.random() < 0.1
                nodes.append(("class", ranges, negated))
                out.append("[%s%s%s]" % ("^" if negated else "", c, other))
            elif pick < 0.28:
                ranges, negated = r.choice([[("a", "f"), ("0", "9")], [("ァ", "ヶ")], [("A", "Z")], [("а", "я")]]), r.random() < 0.3
                nodes.append(("class", ranges, negated))
                out.append("[%s%s]" % ("^" if negated else "", "".join("%s-%s" % pair for pair in ranges)))
            elif c == " " and pick < 0.6:
                nodes.append(("space",))
                out.append("\\s")
            else:
                nodes.append(("char", c))
                out.append("\\" + c if c in "\\^$.|?*+()[]{}/" or (ord(c) < 0x80 and not c.isalnum() and c not in " _\t" and r.random() < 0.2) else c)
        return nodes, out

    def regex(self):
        """(regex, text between the slashes)."""
        r = self.r
        nodes, out = self.regex_literal(self.piece(self.some_text(), False)[:20])
        for at in range(len(nodes)):
            pick = r.random()
            if pick < 0.12:
                sign, least, most = r.choice([("*", 0, None), ("+", 1, None), ("?", 0, 1), ("{2}", 2, 2), ("{0,3}", 0, 3), ("*?", 0, None)])
                nodes[at] = ("repeat", nodes[at], least, most)
                out[at] += sign
        node, text = ("seq", nodes), "".join(out)
        if r.random() < 0.25:
            others, other_out = self.regex_literal(self.piece(self.some_text(), True)[:10])
            if r.random() < 0.5:
                node, text = ("or", [node, ("seq", others)]), "%s|%s" % (text, "".join(other_out))
            else:
                node, text = ("seq", [("or", [node, ("seq", others)])]), "(%s|%s)" % (text, "".join(other_out))
        if r.random() < 0.12:
            node, text = ("seq", [("start",), node]), "^(?:%s)" % text
        if r.random() < 0.12:
            node, text = ("seq", [node, ("end",)]), "(?:%s)$" % text
        if r.random() < 0.1:
            node, text = ("seq", [("border",), node, ("border",)]), "\\b(?:%s)\\b" % text
        cased = r.random() < 0.1
        return (node, cased), ("(?-i)" if cased else "") + text

    # ---- tests ----

    def word_test(self):
        r = self.r
        for _ in range(20):
            if r.random() < 0.3:
                elements = self.pattern_of(self.piece(self.some_text(), True))
                text = bare_pattern(r, elements)
                if text and any(element in (ANY, ONE) for element in elements):
                    return ("pattern", None, elements), text
                continue
            word = self.piece(self.some_text(), True)
            text = bare(r, word) if r.random() < 0.5 else None
            return ("word", None, word), text or quote(r, word)
        return ("all",), "*"

    def part(self, field):
        r = self.r
        kind, sign = ("alike", "~~") if r.random() < 0.3 else ("part", "~")
        part = self.piece(self.value_of(field) if field else self.some_text(), False)
        if kind == "alike" and r.random() < 0.5:  # in another form; without its marks it is another text
            part = unicodedata.normalize(r.choice(["NFC", "NFD", "NFKC", "NFKD"]), part)
            if r.random() < 0.3:
                part = "".join(c for c in part if not unicodedata.combining(c)) or part
            elif r.random() < 0.3:
                part = r.choice(["カ", "ｶ", "か", "キ", "cafe", "ﾅ", "n", "е", "ガ", "が"])
        part = part.translate({10: None, 13: None, 0: None}) or "x"
        text = bare_piece(r, part) if r.random() < 0.3 and not part.startswith(("~", '"')) else None
        return (kind, field, part), sign + (text or quote(r, part))

    def whole_value(self, field, value):
        """A value written bare or in quotation marks."""
        r = self.r
        address = read_address(value)
        text = None
        if r.random() < 0.5 and not re.match(r"[0-9a-fA-F:]*\Z", field + ":" + value):
            text = bare(r, value)
            if text and text.endswith("/") and text.startswith("/"):
                text = None
        if text and "/" in value and read_address(value.partition("/")[0]):
            text = None  # a network, or an error
        if field in DATE_FIELDS:
            return None
        if field in TEXT_FIELDS and value:
            return ("word", field, value), text or quote(r, value)
        tree = ("cidr", field, value) if ":" in value and address else ("equals", field, value)
        return tree, text or (("=" if r.random() < 0.2 else "") + quote(r, value))

    def range(self, field):
        r = self.r
        bounds = [self.value_of(field) if r.random() < 0.7 else r.choice(["7", "100", "10.0.0.7", "m", "失", "-1", "1000"]) for _ in range(2)]
        bounds = ["".join(c for c in bound if c not in "　")[:60] for bound in bounds]
        ranks = [read_scalar(bound)[0] for bound in bounds]

        def written(bound, in_brackets):
            if re.match(r"[A-Za-z0-9.:+-]+\Z", bound) and not bound.startswith("-") and bound not in ("TO", "AND", "OR", "NOT"):
                known = field in LONG_FIELDS | IP_FIELDS | ECS_OTHER | TEXT_FIELDS
                if known or read_scalar(bound)[0] != 3:
                    return bound if r.random() < 0.6 else quote(r, bound)
            return quote(r, bound)

        wanted = 0 if field in LONG_FIELDS else 1 if field in IP_FIELDS else None
        if wanted is not None and any(rank != wanted for rank in ranks):
            return None
        if r.random() < 0.6:
            sign = r.choice([">", ">=", "<", "<="])
            bound = written(bounds[0], False)
            bounds = (bounds[0], sign == ">", None, False) if sign[0] == ">" else (None, False, bounds[0], sign == "<")
            return ("range", field, bounds), sign + bound
        if ranks[0] != ranks[1]:
            return None
        bounds.sort(key=read_scalar)
        opened, closed = r.choice("[{"), r.choice("]}")
        ends = [written(bound, True) for bound in bounds]
        if r.random() < 0.2:
            bounds[r.randrange(2)] = None
            ends = [end if bound is not None else "*" for end, bound in zip(ends, bounds)]
        return ("range", field, (bounds[0], opened == "{", bounds[1], closed == "}")), "%s%s TO %s%s" % (opened, ends[0], ends[1], closed)

    def cidr(self, field):
        r = self.r
        address = r.choice(["10.0.0.7", "10.1.2.3", "192.168.1.1", "2001:db8::1", "::1", "10.0.0.70", "::"])
        bits = r.choice([0, 8, 12, 24, 31, 32] if ":" not in address else [0, 16, 32, 64, 127, 128, 96])
        text = "%s/%d" % (address, bits)
        return ("cidr", field, text), text

    def when(self):
        """(text, first instant, instant behind)."""
        r = self.r
        record = r.choice(self.records)
        ns = record.time_ns + r.choice([0, 0, 0, 1, -1, 10**9, -10**9, 3600 * 10**9])
        seconds, rest = divmod(ns, 10**9)
        civil = time.gmtime(seconds)
        kind = r.randrange(6)
        text = time.strftime("%Y-%m-%d" if kind == 0 else "%Y-%m-%dT%H:%M" if kind == 1 else "%Y-%m-%dT%H:%M:%S", civil)
        if kind == 3:
            text += ".%09d" % rest
        if kind == 4:
            text += "Z"
        if kind == 5:
            number, unit, scale = r.choice([(15, "m", 60), (2, "h", 3600), (3, "d", 86400), (1, "w", 604800), (90, "s", 1)])
            ns = self.now_ns - number * scale * 10**9
            return "%s-%d%s" % (r.choice(["", "now"]), number, unit), ns, ns + 1
        first, width, _ = read_time(text)
        return text, first, first + width

    def time(self):
        r = self.r
        text, first, behind = self.when()
        if r.random() < 0.3:
            other, other_first, other_behind = self.when()
            if other_first < first:
                (text, first, behind), (other, other_first, other_behind) = (other, other_first, other_behind), (text, first, behind)
            opened, closed = r.choice("[{"), r.choice("]}")
            least, most = behind if opened == "{" else first, other_first if closed == "}" else other_behind
            if least >= most:
                return ("time", first, behind) if re.match("[0-9]", text) else ("time", first, None), \
                    "@timestamp:" + (text if re.match("[0-9]", text) else ">=" + text)
            return ("time", least, most), "@timestamp:%s%s TO %s%s" % (opened, text, other, closed)
        sign = r.choice([">", ">=", "<", "<=", ""])
        if sign == "" and not re.match("[0-9]", text):
            sign = ">="
        tree = {">": ("time", behind, None), ">=": ("time", first, None), "<": ("time", None, first), "<=": ("time", None, behind), "": ("time", first, behind)}[sign]
        return tree, "@timestamp:" + sign + text

    def value(self, field, depth):
        """What stands behind the colon: (tree, text), or None when it did not work out."""
        r = self.r
        pick = r.random()
        if pick < 0.1 and depth == 0:
            return self.value_list(field)
        if pick < 0.16:
            inner = self.value(field, depth + 1)
            return inner and (("not", inner[0]), "!" + inner[1])
        if pick < 0.22:
            return ("exists", field, None), "*"
        if pick < 0.3:
            return self.part(field)
        if pick < 0.38:
            regex, text = self.regex()
            return (("regex", field, regex), "/%s/" % text) if text else None
        if pick < 0.55:
            return self.range(field)
        if pick < 0.6 and field not in TEXT_FIELDS:
            return self.cidr(field)
        if pick < 0.72:
            elements = self.pattern_of(self.varied(self.value_of(field))) if field not in TEXT_FIELDS else \
                self.pattern_of(self.piece(self.value_of(field), True))
            text = bare_pattern(r, elements)
            if text and any(element in (ANY, ONE) for element in elements):
                return ("pattern" if field in TEXT_FIELDS else "like", field, elements), text
            return None
        value = self.piece(self.value_of(field), True) if field in TEXT_FIELDS else \
            self.value_of(field) if r.random() < 0.1 else self.varied(self.value_of(field) or "root")
        return self.whole_value(field, value)

    def value_list(self, field):
        r = self.r
        trees, out = [[]], []
        for number in range(1 + r.randrange(4)):
            inner = self.value(field, 1)
            while inner is None:
                inner = self.value(field, 1)
            tree, text = inner
            if r.random() < 0.15:
                tree, text = ("not", tree), "NOT " + text
            if number > 0:
                sign = r.choice([" OR ", ", ", " AND "])
                out.append(sign)
                if sign != " AND ":
                    trees.append([])
            out.append(text)
            trees[-1].append(tree)
        return ("or", [("and", some) for some in trees]), "(%s)" % "".join(out)

    def field_test(self):
        for _ in range(50):
            field = self.some_field()
            if field in DATE_FIELDS:
                continue
            inner = self.value(field, 0)
            if inner and not (len(field) == 1 and inner[1].startswith("\\")):  # a drive's letter
                return inner[0], field_name(field) + ":" + inner[1]
        return ("all",), "*"

    def test(self):
        r = self.r
        pick = r.random()
        if pick < 0.32:
            return self.word_test()
        if pick < 0.42:
            return self.part(None)
        if pick < 0.5:
            regex, text = self.regex()
            return (("regex", None, regex), "/%s/" % text) if text else (("all",), "*")
        if pick < 0.58:
            return self.time()
        if pick < 0.6:
            return ("all",), "*"
        return self.field_test()

    def tree(self, depth):
        """(tree, text, is it an OR, which needs parentheses inside others)."""
        r = self.r
        if depth == 0 or r.random() < 0.4:
            return self.test() + (False,)
        pick = r.random()
        blank = lambda: r.choice([" ", " ", " ", "  ", "　"])
        if pick < 0.25:
            tree, text, is_or = self.tree(depth - 1)
            sign = r.choice(["NOT" + blank(), "-", "!"])
            if is_or or tree[0] == "and" or r.random() < 0.2:
                text = "(%s)" % text
            return ("not", tree), sign + text, False
        parts = [self.tree(depth - 1) for _ in range(2 + r.randrange(2))]
        if pick < 0.65:
            texts_ = ["(%s)" % text if is_or or r.random() < 0.1 else text for _, text, is_or in parts]
            out = texts_[0]
            for text in texts_[1:]:
                out += blank() + r.choice(["", "", "AND" + blank()]) + text
            return ("and", [tree for tree, _, _ in parts]), out, False
        return ("or", [tree for tree, _, _ in parts]), (blank() + "OR" + blank()).join(text for _, text, _ in parts), True

    def filter(self):
        tree, text, _ = self.tree(self.r.choice([0, 0, 1, 1, 2, 3]))
        return tree, text
