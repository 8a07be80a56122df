"""Random pipes, as text and as what pipes.py runs."""
import re

from questions import DATE_FIELDS, Questions, quote
from texts import ANY, ONE
from values import Value, read_scalar

KEYWORDS = {"and", "or", "not", "in", "true", "false", "by", "as", "asc", "desc"}


def column(name):
    if re.match(r"[A-Za-z_@][A-Za-z0-9_.@]*\Z", name) and name.lower() not in KEYWORDS:
        return name
    return "`%s`" % name


class Stages(Questions):
    def string(self, text):
        if "'" not in text and self.r.random() < 0.3:
            return "'%s'" % text
        return quote(self.r, text)

    def operand(self, names):
        """A field, or something computed of one: (node, text)."""
        r = self.r
        name = r.choice(names)
        node, text = ("field", name), column(name)
        pick = r.random()
        if pick < 0.1:
            function = r.choice(["len", "lower", "abs"])
            return ("call", function, node), "%s(%s)" % (function, text)
        if pick < 0.2:
            sign, number = r.choice("+-*/%"), r.choice(["1", "2", "10", "0", "3.5"])
            return ("compute", sign, node, ("number", number)), "%s %s %s" % (text, sign, number)
        return node, text

    def literal(self, name):
        r = self.r
        value = self.value_of(name) if r.random() < 0.8 else r.choice(["7", "100", "root", "失敗"])
        value = value[:200]
        if re.match(r"[0-9]+(\.[0-9]+)?\Z", value) and r.random() < 0.6 and value != "007":
            return ("number", value), value
        value = self.varied(value) if value else value
        return ("text", value), self.string(value)

    def comparison(self, names):
        r = self.r
        name = r.choice(names)
        pick = r.random()
        if name == "@timestamp" and pick < 0.8:
            text, first, behind = self.when()
            if text.startswith("now"):
                text = text[3:]
            sign = r.choice(["=", "!=", "<", "<=", ">", ">="])
            node = {"=": ("time", first, behind), "!=": ("or", ("time", None, first), ("time", behind, None)), "<": ("time", None, first),
                    "<=": ("time", None, behind), ">": ("time", behind, None), ">=": ("time", first, None)}[sign]
            return node, '@timestamp %s "%s"' % (sign, text)
        names = [other for other in names if other not in DATE_FIELDS] or names
        name = r.choice(names)
        if pick < 0.5:
            node, text = self.operand(names)
            other, other_text = self.literal(name) if r.random() < 0.8 else self.operand(names)
            sign = r.choice(["=", "==", "!=", "<>", "<", "<=", ">", ">="])
            return ("compare", {"==": "=", "<>": "!="}.get(sign, sign), node, other), "%s %s %s" % (text, sign, other_text)
        if pick < 0.62:
            pairs = [self.literal(name) for _ in range(1 + r.randrange(3))]
            negated = r.random() < 0.3
            return ("in", ("field", name), [node for node, _ in pairs], negated), \
                "%s %s (%s)" % (column(name), "not in" if negated else "in", ", ".join(text for _, text in pairs))
        if pick < 0.72:
            regex, text = self.regex()
            negated = r.random() < 0.3
            if text:
                return ("match", ("field", name), regex, negated), "%s %s /%s/" % (column(name), "!~" if negated else "=~", text)
        if pick < 0.78:
            return ("call", "exists", ("field", name)), "exists(%s)" % column(name)
        return self.function(name)

    def function(self, name):
        r = self.r
        node, field = ("field", name), column(name)
        if r.random() < 0.15:
            node, field = ("call", "lower", node), "lower(%s)" % field
        value = self.value_of(name)
        kind = r.choice(["contains", "alike", "word", "startswith", "endswith", "like", "cidr"])
        if kind in ("contains", "alike", "word"):
            text = self.piece(value, kind == "word")
            return ("test", {"contains": "part", "alike": "alike", "word": "word"}[kind], node, text), "%s(%s, %s)" % (kind, field, self.string(text))
        if kind in ("startswith", "endswith"):
            cut = r.randrange(len(value) + 1)
            text = self.varied(value[:cut] if kind == "startswith" else value[cut:])
            elements = list(text) + [ANY] if kind == "startswith" else [ANY] + list(text)
            return ("test", "like", node, elements), "%s(%s, %s)" % (kind, field, self.string(text))
        if kind == "like":
            elements = self.pattern_of(self.varied(value))
            text = "".join({ANY: "*", ONE: "?"}.get(e, "\\" + e if e in "*?\\" else e) for e in elements)
            return ("test", "like", node, elements), "like(%s, %s)" % (field, self.string(text))
        _, text = self.cidr(name)
        return ("test", "cidr", node, text), "cidr(%s, %s)" % (field, self.string(text))

    def expression(self, names, depth):
        r = self.r
        pick = r.random()
        if depth == 0 or pick < 0.5:
            return self.comparison(names)
        if pick < 0.65:
            node, text = self.expression(names, depth - 1)
            return ("not", node), "%s(%s)" % (r.choice(["not ", "!"]), text)
        kind = "and" if pick < 0.85 else "or"
        a, b = self.expression(names, depth - 1), self.expression(names, depth - 1)
        return (kind, a[0], b[0]), "(%s) %s (%s)" % (a[1], r.choice([kind, {"and": "&&", "or": "||"}[kind]]), b[1])

    def computed(self, names, depth):
        """What eval computes: (node, text)."""
        r = self.r
        pick = r.random()
        if depth == 0 or pick < 0.25:
            name = r.choice(names)
            return ("field", name), column(name)
        if pick < 0.35:
            number = r.choice(["0", "1", "2", "7", "10", "1.50", "3.5", "1E3", "007", "1000000007", "4294967296"])
            return ("number", number), number
        if pick < 0.42:
            text = self.piece(self.some_text(), False)[:20]
            return ("text", text), self.string(text)
        inner = lambda: self.computed(names, depth - 1)
        if pick < 0.6:
            (a, a_text), (b, b_text), sign = inner(), inner(), r.choice("+-*/%")
            return ("compute", sign, a, b), "(%s) %s (%s)" % (a_text, sign, b_text)
        if pick < 0.66:
            node, text = self.expression(names, 1)
            return node, "(%s)" % text
        if pick < 0.74:
            (condition, text), (a, a_text), (b, b_text) = self.expression(names, 1), inner(), inner()
            return ("if", condition, a, b), "%s(%s, %s, %s)" % (r.choice(["if", "case"]), text, a_text, b_text)
        if pick < 0.86:
            name = r.choice(["len", "lower", "abs", "floor", "ceil", "isnull", "exists", "tonumber", "typeof"])
            node, text = inner()
            return ("call", name, node), "%s(%s)" % (name, text)
        if pick < 0.94:
            name = r.choice(["coalesce", "concat", "min", "max"])
            parts = [inner() for _ in range(1 + r.randrange(3))]
            return ("call", name, *[node for node, _ in parts]), "%s(%s)" % (name, ", ".join(text for _, text in parts))
        node, text = inner()
        number = str(r.choice([0, 1, 2, 3, 7]))
        index, index_text = ("number", number), number
        if r.random() < 0.4:
            index, index_text = ("compute", "-", ("number", "0"), index), "-" + number
        by = r.choice([" ", ",", ".", "=", "に", "--"])
        if r.random() < 0.4:
            return ("call", "substr", node, index, ("number", "3")), "substr(%s, %s, 3)" % (text, index_text)
        node, text = ("call", "split", node, ("text", by)), "split(%s, %s)" % (text, self.string(by))
        if r.random() < 0.3:
            return node, text
        if r.random() < 0.5:
            return ("call", "mvindex", node, index), "mvindex(%s, %s)" % (text, index_text)
        return ("call", "mvjoin", node, ("text", "|")), 'mvjoin(%s, "|")' % text

    # ---- stages: each gives (stage, text, columns after it) ----

    def some(self, names, most):
        return self.r.sample(names, min(len(names), 1 + self.r.randrange(most)))

    def timechart(self, names, last):
        r = self.r
        span, seconds = r.choice([("5m", 300), ("30m", 1800), ("1h", 3600), ("7h", 25200), ("1d", 86400), ("2d", 172800), ("1w", 604800)])
        (_, functions, by), text, columns = self.stats([name for name in names if name != "@timestamp"] or ["n"], last)
        return ("timechart", seconds * 10**9, functions, by), "timechart span=%s %s" % (span, text[len("stats "):]), ["@timestamp"] + columns

    def extract(self, names, is_table):
        """Groups become fields: x, y, and at times the name of a field that is there."""
        r = self.r
        name = r.choice(["x", "y", "n"])
        pattern = r.choice([r"(?-i)user=(?<%s>[a-z_]+)(?<w>\d*)", r"user(?<%s>\d{2})", r"svc_(?<%s>\d+)", r"(?-i)password (?<%s>.)(?<w>\S*)", r"root (?<%s>\w+)", r"10\.0\.0\.(?<%s>\d+)", r"from (?<%s>(?:\w+ )?\w)",
            r"(?<%s>\d+)", r"from (?<%s>\S+)", r"n=(?<%s>[^ ,]*)", r"(?<%s>10(?:\.\d+){3})", r"(?<%s>[^ ]+)$", r"^(?<%s>.)(?<z>.)?", r"(?<%s>[ァ-ヶ]+)"]) % name
        field = r.choice(names)
        where = "" if not is_table and r.random() < 0.5 else " from " + column(field)
        cased = re.ASCII if pattern.startswith("(?-i)") else re.IGNORECASE | re.ASCII
        regex = re.compile(pattern.replace("(?-i)", "").replace("(?<", "(?P<").replace("$", r"\Z"), cased)
        added = list(regex.groupindex)
        return ("extract", regex, field if where else "event.original"), "extract /%s/%s" % (pattern, where), added

    def eval(self, names):
        r = self.r
        assignments, out = [], []
        for _ in range(1 + r.randrange(2)):
            name = r.choice(["e1", "e2", "x", "n"])
            node, text = self.computed(names, 3)
            assignments.append((name, node))
            out.append("%s = %s" % (name, text))
            names = names + [name]
        return ("eval", assignments), "eval " + ", ".join(out)

    def rename(self, names):
        r = self.r
        pairs = [(name, "new%d" % number) for number, name in enumerate(self.some(names, 2))]
        if any(to in names for _, to in pairs):
            return None
        return ("rename", pairs), "rename " + ", ".join("%s as %s" % (column(name), to) for name, to in pairs)

    def stats(self, names, last):
        r = self.r
        functions, out = [], []
        self.results += 1
        by = self.some(names, 2) if r.random() < 0.7 else []
        for number in range(1 + r.randrange(3)):
            name = r.choice([name for name in names if name != "@timestamp"] or names)
            choice = ["count", "count", "countf", "dc", "min", "max", "first", "last", "values"] + (["sum", "avg", "p50", "p90", "percentile"] if last else [])
            kind = r.choice(choice)
            percent = {"p50": 50, "p90": 90}.get(kind, r.choice([0, 1, 33, 50, 100]))
            result = "r%d_%d" % (self.results, number)
            if kind == "count":
                call, function, field = r.choice(["count()", "count"]), "count", None
            elif kind == "percentile":
                call, function, field = "percentile(%s, %d)" % (column(name), percent), kind, name
            else:
                word = "count" if kind == "countf" else kind
                call, function, field = "%s(%s)" % (word, column(name)), "percentile" if kind in ("p50", "p90") else word, name
            functions.append((function, field, percent, result))
            out.append("%s as %s" % (call, result))
        text = "stats " + ", ".join(out) + (" by " + ", ".join(map(column, by)) if by else "")
        return ("stats", functions, by), text, by + [function[3] for function in functions]

    def top(self, names):
        r = self.r
        names = [name for name in names if name not in ("count", "percent")]
        if not names:
            return None
        fields = r.sample(names, min(len(names), 1 + (r.random() < 0.3)))
        n = r.choice([1, 2, 3, 10, None])
        kind = r.choice(["top", "rare"])
        text = "%s %s%s%s" % (kind, "%d " % n if n else "", column(fields[0]), " by " + column(fields[1]) if len(fields) > 1 else "")
        return (kind, n or 10, fields[0], fields[1:]), text, fields[1:] + [fields[0], "count", "percent"]

    def stage(self, names, is_table, last, kinds=None):
        r = self.r
        kind = r.choice(kinds or ["where", "where", "stats", "stats", "top", "sort", "head", "tail", "dedup", "fields", "drop", "timechart", "extract", "eval", "eval", "fillnull", "expand", "rename"])
        if kind == "where":
            node, text = self.expression(names, 2)
            return ("where", node), "where " + text, names, is_table
        if kind == "stats":
            return self.stats(names, last) + (True,)
        if kind == "timechart":
            return self.timechart(names, last) + (True,) if not is_table else None
        if kind == "extract":
            stage, text, added = self.extract(names, is_table)
            return stage, text, names + [name for name in added if name not in names], is_table
        if kind == "eval":
            stage, text = self.eval(names)
            return stage, text, names + [name for name in dict(stage[1]) if name not in names], is_table
        if kind == "fillnull":
            fields = [name for name in self.some(names, 2) if is_table or name in ("n", "x", "y", "e1", "user.name")]
            value, text = r.choice([(Value("number", "0"), ""), (Value("string", "-"), "value=- "), (Value("string", "none"), "value=none "), (Value("number", "1.50"), "value=1.50 ")])
            return (("fillnull", value, fields), "fillnull %s%s" % (text, ", ".join(map(column, fields))), names, is_table) if fields else None
        if kind == "expand":
            field = r.choice(names)
            return (("expand", field), "expand " + column(field), names, True) if is_table else None
        if kind == "rename":
            made = self.rename(names) if is_table else None
            return made and made + ([dict(made[0][1]).get(name, name) for name in names], True)
        if kind == "top":
            made = self.top(names)
            return made and made + (True,)
        if kind == "sort":
            keys = [(name, r.random() < 0.5) for name in self.some(names, 2)]
            text = ", ".join(r.choice(["-%s", "%s desc"]) % column(name) if down else r.choice(["%s", "+%s", "%s asc"]) % column(name) for name, down in keys)
            return ("sort", keys), "sort " + text, names, is_table
        if kind in ("head", "tail"):
            n = r.choice([0, 1, 2, 5, 10, 100])
            return (kind, n), "%s %d" % (kind, n) if n != 10 else kind, names, is_table
        if kind == "dedup":
            fields = self.some(names, 2)
            return ("dedup", fields), "dedup " + ", ".join(map(column, fields)), names, is_table
        fields = self.some(names, 3)
        if kind == "fields":
            return ("fields", fields), "fields " + ", ".join(map(column, fields)), fields, True
        if is_table and len(fields) < len(names):
            return ("drop", fields), "fields " + ", ".join("-" + column(name) for name in fields), [name for name in names if name not in fields], True
        return None

    def query(self):
        """(filter's tree, stages, text)."""
        r = self.r
        tree, text = self.filter()
        stages, added, self.results = [], [], 0
        names, is_table = [name for name in self.often if "`" not in name] + ["no.such"], False
        kinds = [["extract"], ["stats", "top", "timechart"]] if r.random() < 0.1 else []
        for left in reversed(range(len(kinds) or r.choice([0, 0, 0, 0, 1, 1, 2, 3]))):
            if not is_table:
                names_here = [self.some_field() for _ in range(6)] + added
                names_here = sorted(set(name for name in names_here if "`" not in name)) or ["n"]
            else:
                names_here = names
            made = self.stage(names_here, is_table, left == 0, kinds.pop(0) if kinds else None)
            if made:
                stage, stage_text, columns, is_table = made
                names = columns if is_table else names
                added += list(stage[1].groupindex if stage[0] == "extract" else dict(stage[1]) if stage[0] == "eval" else []) * 3
                stages.append(stage)
                text += r.choice([" | ", "|", " |　"]) + stage_text
                if stage[0] == "eval" and not is_table and r.random() < 0.7:  # to be seen
                    names, is_table = list(dict(stage[1])), True
                    stages.append(("fields", names))
                    text += " | fields " + ", ".join(names)
        if self.r.random() < 0.02 and stages and tree == ("all",):
            text = text[text.index("|"):]
        return tree, stages, text
