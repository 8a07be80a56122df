"""Random rules, filters and events. Values of rules are made of those of the events, so that many
rules hold for some of them; some rules are none, and must be refused."""
import base64

from trees import Map, Text, string

WORDS = [
    "cmd.exe", "C:\\Windows\\System32\\", "whoami", "powershell", " -enc ", " /c ", " \u2013x ", "\u2014", "\u2015F", "--all", "a-b", "/",
    "Ünïcödé", "straße", "\u212a", "\u017f", "ΣΑΣ", "σας", "İi", "ı", "ſK", "e\u0301", "日本語", "😀", "Привет", "привет", "\ua64b\u1c88", "\u1e9e",
    "*", "?", "\\", "\\\\", "\\*", "%", "%user%", "|", "'", '"', "$", "^", "(", ")", "[", "]", "{", "}", ".", "+", ":", ": ", " #", "# ", "- ", ",",
    "\n", "\t", "\r\n", "\0", " ", "  ", "a", "A", "b", "aa", "aab", "ab", "k", "s", "S", "0", "1", "5", "10", "00000429", "0x10", "1.5", "-7",
    "true", "null", "yes", "on", "",
]
TEXTS = [
    "10.1.2.3", "10.1.2.4", "192.168.0.255", "192.168.1.0", "::1", "fe80::1", "fe80::1%eth0", "2001:db8::5", "2001:DB8:0:0:0:0:0:5", "::ffff:10.1.2.3",
    "10.1.2.3.4", "10.1.2", "0.0.0.0", "2026-11-27T22:10:05Z", "2026-11-27 22:59:00.123", "2024-12-30T00:00:00+09:00", "2021-01-03T23:00:00Z",
    "2026-01-01", "2026-02-30T10:00:00Z", "22:10", "4624", "4624.0", "4.624e3", "-0", "0", "+5", "5", "9223372036854775807", "9223372036854775808",
    "0.1", "1e400", "", " ", "*", "\\", "null", "true", "TRUE", "-", "NaN", "0x10", "16", "a\n", "\na", "a\nb", "a\r", "aaaaaaaaaaaaaaaaaaaa",
]
NETWORKS = [
    "10.0.0.0/8", "10.1.2.0/30", "10.1.2.3", "10.1.2.3/32", "0.0.0.0/0", "192.168.0.0/23", "192.168.0.200/24", "::/0", "::1/128", "2001:db8::/32",
    "fe80::/10", "::ffff:10.0.0.0/104", "2001:db8::5",
]
FIELDS = ["A", "B", "C", "Image", "CommandLine", "New Value", "N.X", "N.Y.Z", "@timestamp", "ünï", "a.b", "akashi"]
SELECTIONS = ["selection", "selection_a", "selection_b", "sel", "filter_main", "filter_opt", "_hidden", "_hidden_b", "keywords", "x1", "SEL", "1"]
NUMBERS = ["0", "1", "5", "10", "16", "-7", "4624", "1.5", "0.1", "4624.0", "00000429", "+5", "+1.5", "5.", ".5", "100", "0x10", "1e2", "9223372036854775807", "9007199254740993"]
# What a batch is about more than about others: texts of events, and the questions that suit them.
THEMES = {
    "dashes": (["cmd /c dir", "cmd -c dir", "x \u2013enc a-b", "x \u2014enc a\u2014b", "x \u2015enc a/b", "--all", "/-a", "-\u00e9", "run -a /b \u2013c", "run /a -b \u2014c"], "windash_item"),
    "lines": (["a\nb", "a\nb\n", "b\na", "\na", "a\r\nb", "a\n\nb", "ab", "one\ntwo three\nfour", "a\rb", "Two Three"], "lines_item"),
    "times": (["2026-11-27T22:10:05Z", "2021-01-03T23:59:00+09:00", "2024-12-30 00:05:00", "2026-01-01", "2020-02-29T12:00:00.5Z", "2027-01-03T10:00:00Z"], "time_item"),
    "numbers": (["5", "4624", "4624.0", "-7", "1e2", "100", "+5", "5.", ".5", "0.1", "-0", "9007199254740993", "1 0"], "compare_item"),
    "addresses": (["10.1.2.3", "10.2.0.1", "::1", "fe80::1%eth0", "2001:db8::5", "::ffff:10.1.2.3", "192.168.0.200", "010.1.2.3"], "network_item"),
    "cases": (["Stra\u00dfe", "stra\u1e9ee", "\u212aelvin", "kelvin", "\u03a3\u03b1\u03c2", "\u03c3\u03b1\u03c3", "\u017fs", "\u01c5", "\u01c6", "\u1e9b\u1e61", "\u00b5\u03bc", "\u0130i"], "anchored_item"),
    "encoded": ([], "encoded_item"),
}
PARTS = {"minute": [5, 10, 0, 59], "hour": [22, 23, 0, 12], "day": [27, 3, 30, 1, 29], "week": [1, 9, 48, 52, 53], "month": [11, 1, 12, 2], "year": [2026, 2021, 2024, 2020, 2027]}
PLACEHOLDERS = {"user": ["root", "adm*", "a"], "one": ["5"], "odd.name-1": ["a\\*", "*b?", ""], "none": []}


class Maker:
    """records: events that are the same as records of a log, and rules about fields alone."""

    def __init__(self, random, records=False):
        self.random, self.records = random, records
        self.fields = random.sample([name for name in FIELDS if not records or name not in ("@timestamp", "akashi")], random.randint(2, 6))
        self.themes = random.sample(sorted(THEMES), random.choice([0, 1, 1, 2]))
        self.secrets = [self.one(["", "", "a", "Ünï", "😀", "-x "]) + "secret" for _ in range(2)]
        self.texts = [self.text() for _ in range(random.randint(2, 12))]

    def chance(self, share):
        return self.random.random() < share

    def one(self, items):
        return self.random.choice(items)

    # ---- events ----

    def text(self):
        if self.themes and self.chance(0.6):
            texts = THEMES[self.one(self.themes)][0]
            return self.one(texts) if texts else self.encoded()
        if self.chance(0.35):
            return self.one(TEXTS)
        return "".join(self.one(WORDS) for _ in range(self.random.randint(1, self.one([1, 3, 5]))))

    def encoded(self):
        secret = self.one(self.secrets).encode(self.one(["utf-8", "utf-8", "utf-16-le", "utf-16-be", "utf-16"]))
        before = self.one([b"", b"x", b"xy", b"xyz"])
        text = base64.b64encode(before + secret + self.one([b"", b"", b"q", b"qr"])).decode()
        return self.one(["", "", "powershell -e "]) + text

    def value(self, depth=0):
        kind = self.random.random()
        if kind < 0.6:
            return string(self.one(self.texts) if self.chance(0.8) else self.text())
        if kind < 0.66:
            return string(self.encoded())
        if kind < 0.68:
            text = self.one(self.texts)
            return string(text.encode("utf-16-le").decode("latin-1") if text.isascii() else "a\0")
        if kind < 0.8:
            return Text("float", self.one(["0", "1", "5", "10", "16", "-7", "4624", "1.5", "4624.0", "0.1", "1e2", "1E2", "-0", "9223372036854775808"]))
        if kind < 0.86:
            return Text("bool", self.one(["true", "false"]))
        if kind < 0.91 or depth > 1:
            return Text("null", "null")
        if kind < 0.97 and not (self.records and depth > 0):
            return [self.value(depth + 1) for _ in range(self.random.randint(0, 3))]
        if self.records and depth > 0:
            return string("")  # an array that holds objects is the text of its JSON
        return Map([(self.one(["X", "Y", "x y"]), self.value(depth + 1))])

    def event(self):
        pairs = [(field, self.value()) for field in self.fields if self.chance(0.75)]
        if pairs and self.chance(0.05) and not self.records:  # a name that comes twice
            pairs.append((self.one(pairs)[0], self.value()))
        for at, (name, value) in enumerate(pairs):
            if "." in name and self.chance(0.7):  # as an object
                *outer, last = name.split(".")
                value = Map([(last, value)])
                for part in reversed(outer[1:]):
                    value = Map([(part, value)])
                pairs[at] = (outer[0], value)
        self.random.shuffle(pairs)
        return Map(pairs)

    # ---- texts of rules ----

    def part(self, text):
        if len(text) < 2 or self.chance(0.3):
            return text
        start = self.one([0, 0, self.random.randrange(len(text))])
        return text[start:self.one([len(text), self.random.randrange(start, len(text)) + 1])]

    def changed(self, text, special=True):
        """As Sigma writes it: in other case, with wildcards."""
        chars = []
        for char in text:
            other = char.swapcase()
            chars.append(other if len(other) == 1 and self.chance(0.3) else char)
        if chars and self.chance(0.08):
            chars[self.random.randrange(len(chars))] = self.one("xAß-/ü")
        out, wild = [("char", char) for char in chars], self.chance(0.35) and special
        while wild and out and self.chance(0.7):
            at = self.random.randrange(len(out))
            out[at:at + self.one([0, 1, 1, 2, 5])] = [("wild", self.one("*?*"))]
        written = ""
        for at, (kind, char) in enumerate(out):
            if kind == "char" and char in "*?":
                written += "\\"
            elif char == "\\" and (at + 1 < len(out) and out[at + 1][1] in "*?\\" or self.chance(0.4)):
                written += "\\"
            written += char
        return written

    def pattern(self, special=True):
        if self.chance(0.04) and special:
            return "".join(self.one(["\\", "*", "?", "a", "b", "%", "-c"]) for _ in range(self.random.randint(0, 6)))
        text = self.one(self.texts) if self.chance(0.9) else self.text()
        return self.changed(self.part(text), special)

    def scalar(self):
        kind = self.random.random()
        if kind < 0.86:
            return string(self.pattern())
        if kind < 0.95:
            number = self.one(NUMBERS)
            return Text("float" if "." in number or "e" in number else "int", number)
        return Text("bool", self.one(["true", "True", "TRUE", "false", "False"]))

    def several(self, make, least=1):
        if self.chance(0.5) and least == 1:
            return make()
        return [make() for _ in range(max(least, self.one([1, 2, 3, 3, 8, 30])))]

    # ---- regexes: what the specification names; no repeats or alternatives within repeats, for these
    # may take a million steps, and then the match is given up ----

    def regex(self, repeats=True, depth=0):
        return "|".join(self.regex_row(repeats, depth) for _ in range(self.one([1, 1, 1, 2, 3]) if repeats else 1))

    def regex_row(self, repeats, depth):
        row = ""
        for _ in range(self.random.randint(0 if depth else 1, 4)):
            repeat = self.one(["*", "+", "?", "{1,2}", "{0,3}", "{2}"]) if repeats and self.chance(0.3) else ""
            kind = self.random.random()
            if kind < 0.5:
                text = self.part(self.one(self.texts))[:4]
                if self.chance(0.8):
                    text = "".join("\\" + char if char in "\\.^$*+?{}[]()|" else char for char in text.replace("\0", "0"))
                else:
                    text = "a"
                row += text + (repeat if text and not text.endswith("\n") else "")
            elif kind < 0.62:
                row += "." + repeat
            elif kind < 0.78:
                row += self.one(["[a-z]", "[^a-z]", "[0-9]", "[A-Za-z0-9_]", "[äöü]", "[^\\n]", "[-.]", "[a-fK-Z]"]) + repeat
            elif kind < 0.86:
                row += self.one(["^", "$"])
            elif depth < 2:
                row += "(" + self.regex(repeats and not repeat, depth + 1) + ")" + repeat
        return row

    # ---- fields of maps: (modifiers, value) ----

    def plain_item(self):
        value = self.several(lambda: self.scalar() if self.chance(0.93) else Text("null", "null"))
        return [], value

    def anchored_item(self):
        modifiers = [self.one(["contains", "contains", "startswith", "endswith"])]
        if self.chance(0.25):
            modifiers.insert(self.random.randint(0, 1), "all")
            return modifiers, self.several(self.scalar, 2)
        return modifiers, self.several(self.scalar)

    def all_item(self):
        return ["all"], self.several(lambda: self.scalar() if self.chance(0.7) else string("*" + self.pattern() + "*"), 2)

    def regex_item(self):
        flags = [flag for flag in "ims" if self.chance(0.25)]
        value = self.several(lambda: string(self.regex()))
        return ["re", *flags] + (["all"] if isinstance(value, list) and self.chance(0.2) else []), value

    def lines_item(self):
        """A part of a text of several lines, whose ends and breaks the regex names."""
        def value():
            text = self.part(self.one(THEMES["lines"][0]))
            text = "".join(self.one([char, ".", "[^a]"]) if char in "\n\r" or self.chance(0.2) else char for char in text)
            return string(self.one(["", "^"]) + text + self.one(["", "$"]))
        return ["re"] + [flag for flag in "ims" if self.chance(0.4)], self.several(value)

    def network_item(self):
        return ["cidr"], self.several(lambda: string(self.one(NETWORKS)))

    def compare_item(self):
        number = self.one(NUMBERS)
        return [self.one(["lt", "lte", "gt", "gte"])], Text("float" if "." in number or "e" in number else "int", number)

    def exists_item(self):
        return ["exists"], Text("bool", self.one(["true", "false", "True", "FALSE"]))

    def null_item(self):
        return [], self.one([Text("null", "null"), string(""), [Text("null", "null"), string("")]])

    def reference_item(self):
        return ["fieldref"] + [m for m in [self.one(["contains", "startswith", "endswith", None, None])] if m], self.several(
            lambda: string(self.one(self.fields).replace(" ", "")))

    def encoded_item(self):
        before = self.one([[], [], ["wide"], ["utf16le"], ["utf16be"], ["utf16"], ["windash"], ["windash", "wide"]])
        after = self.one([["base64"], ["base64offset", "contains"], ["base64offset", "contains"], ["base64", "contains"]])
        secret = self.one(self.secrets)
        return before + after, self.several(lambda: string(secret if self.chance(0.8) else self.changed(secret, self.chance(0.2))))

    def wide_item(self):
        value = self.several(lambda: string(self.pattern() if self.chance(0.5) else "a*"))
        ascii_only = all(each.text.isascii() for each in (value if isinstance(value, list) else [value]))
        return [self.one(["wide", "utf16le"])] + self.one([[], ["contains"]]) if ascii_only else ["contains"], value

    def windash_item(self):
        def dashed():
            if "dashes" in self.themes and self.chance(0.7):
                text = self.part(self.one(THEMES["dashes"][0]))
                return string("".join(self.one("-/\u2013\u2014\u2015") if char in "-/\u2013\u2014\u2015" else char for char in text))
            return string(self.one([self.pattern(), " -enc", "-x", "*-enc *", "/c*", " —F", "a -b -c /d", "--all", "-?-", "- -a"]))
        modifiers = ["windash"] + self.one([[], ["contains"], ["contains", "all"], ["endswith"]])
        self.random.shuffle(modifiers)
        return modifiers, self.several(dashed, 2 if "all" in modifiers else 1)

    def time_item(self):
        part = [self.one(sorted(PARTS))]
        number = Text("int", str(self.one(PARTS[part[0]])))
        part += [m for m in [self.one([None, "lt", "lte", "gt", "gte"])] if m]
        self.random.shuffle(part)
        return part, number

    def expanded_item(self):
        def value():
            name = self.one(["%user%", "%one%", "%odd.name-1%", "%user%%one%", "\\%user%", "%", "%no name%", "a\\*", "%%", "a*%user%"])
            return string(name + self.one(["", "", self.pattern()]))
        return ["expand"] + self.one([[], ["contains"], ["startswith"]]), self.several(value)

    def item(self):
        if self.themes and self.chance(0.4):
            modifiers, value = getattr(self, THEMES[self.one(self.themes)][1])()
            return self.varied(modifiers, value)
        make = self.random.choices(
            [self.plain_item, self.anchored_item, self.all_item, self.regex_item, self.network_item, self.compare_item, self.exists_item,
             self.null_item, self.reference_item, self.encoded_item, self.wide_item, self.windash_item, self.time_item, self.expanded_item],
            [20, 26, 4, 10, 5, 6, 4, 4, 5, 6, 2, 6, 4, 4])[0]
        return self.varied(*make())

    def varied(self, modifiers, value):
        texts = not set(modifiers) & {"re", "cidr", "exists", "lt", "lte", "gt", "gte", "minute", "hour", "day", "week", "month", "year"}
        if texts and self.chance(0.1):
            modifiers.append("cased")
        if self.chance(0.06) and "exists" not in modifiers:
            modifiers.insert(0, "neq")
        return modifiers, value

    def name(self):
        name = self.one(self.fields) if self.chance(0.95) else self.one(FIELDS)
        return name.replace(" ", "") if self.chance(0.7) else name

    def map(self):
        pairs = {}
        for _ in range(self.one([1, 1, 2, 3])):
            modifiers, value = self.item()
            pairs["|".join([self.name()] + modifiers)] = value
        return Map(pairs.items())

    def selection(self):
        kind = self.random.random() * (0.8 if self.records else 1)
        if kind < 0.68:
            return self.map()
        if kind < 0.8:
            return [self.map() for _ in range(self.random.randint(1, 3))]
        if kind < 0.88:
            return [self.scalar() for _ in range(self.random.randint(1, 4))]
        if kind < 0.91:
            return self.scalar()
        if kind < 0.95:
            return [self.map() if self.chance(0.5) else self.scalar() for _ in range(self.random.randint(1, 4))]
        modifiers = self.one([["all"], ["all", "contains"], ["re"], ["cased"], ["all", "cased"], ["startswith"], ["cidr"]])
        make = {"re": lambda: string(self.regex()), "cidr": lambda: string(self.one(NETWORKS))}.get(modifiers[0], self.scalar)
        return Map([("|" + "|".join(modifiers), [make() for _ in range(self.random.randint(1, 3))])])

    # ---- conditions ----

    def word(self, word):
        return word if self.chance(0.9) else self.one([word.upper(), word.title()])

    def condition(self, names, depth=0):
        kind = self.random.random()
        if depth > 3 or kind < 0.35:
            return self.one(names)
        if kind < 0.5:
            name = self.one(names)
            like = self.one(["them", "THEM", name, name[:1] + "*", name[:4] + "*", "*" + name[-2:], name[:2] + "*" + name[-1:], "*"])
            like = self.one(["sel*", "_*", like, like]) if self.chance(0.1) else like
            return "%s %s %s" % (self.word(self.one(["1", "1", "any", "all"])), self.word("of"), like)
        if kind < 0.65:
            return "%s %s" % (self.word("not"), self.condition(names, depth + 1))
        if kind < 0.75:
            return "(%s)" % self.condition(names, depth + 1)
        row = (" %s " % self.word(self.one(["and", "or"]))).join(self.condition(names, depth + 1) for _ in range(self.one([2, 2, 3])))
        return row.replace(" ", self.one(["  ", "\n", "\t"]), 1) if self.chance(0.05) else row

    def broken(self, condition):
        return self.one([condition + " and", "not", condition + ")", "(" + condition, "2 of them", "1 of nothing*", condition + " nosuch", condition + " or or x", "1 of"])

    # ---- documents ----

    def source(self):
        pairs = [("product", self.one(["p1", "p2"])), ("category", self.one(["c1", "c2"])), ("service", "s1")]
        return Map([(key, string(value)) for key, value in pairs if key == "product" or self.chance(0.3)])

    def detection(self, more):
        names = self.random.sample(SELECTIONS[:-1] if self.chance(0.95) else SELECTIONS, self.random.randint(1, 4))
        pairs = [(name, self.selection()) for name in names]
        if len(pairs) > 1 and self.chance(0.05):  # one value under two names: an alias
            pairs[1] = (pairs[1][0], pairs[0][1])
        conditions = [string(self.condition(names)) for _ in range(2 if self.chance(0.06) else 1)]
        if self.chance(0.02):
            conditions[0] = string(self.broken(conditions[0].text))
        pairs.insert(self.random.randint(0, len(pairs)), ("condition", conditions if len(conditions) > 1 else conditions[0]))
        return Map(more + pairs)

    def breaks(self, detection):
        """Something that no rule may have."""
        bad = self.one([
            ("A|nosuch", string("x")), ("A|exists", string("yes")), ("A|gt", string("5")), ("A|cidr", string("10.0.0.0/33")), ("A|re", string("(a")),
            ("A", Map([("b", string("c"))])), ("A|expand", string("%nosuch%")), ("A|base64", string("a*b")), ("A|expand", string("%none%")), ("A", []),
        ])
        selection = next((value for name, value in detection.pairs if isinstance(value, Map)), None)
        if selection is not None:
            selection.pairs = [pair for pair in selection.pairs if pair[0] != bad[0]] + [bad]

    def rule(self, number):
        pairs = [("title", string("r%d" % number)), ("id", string("r%d" % number)), ("logsource", self.source()), ("detection", self.detection([]))]
        if self.chance(0.02):
            self.breaks(pairs[-1][1])
        if self.chance(0.1):
            pairs.append(("something", [Map([("else", Text("null", "null"))])]))
        if self.chance(0.2):
            self.random.shuffle(pairs)
        return Map(pairs)

    def filter(self, number, rules):
        """Of simple questions, which no event without fields answers with yes."""
        named = [string("r%d" % self.random.randrange(rules)) for _ in range(3)]
        named = list({rule.text: rule for rule in named}.values())
        selections = [(name, Map([(self.name() + self.one(["", "|contains", "|startswith"]), string("x" + self.pattern() if self.chance(0.3) else self.pattern()))]))
                      for name in ("selection", "selection_b")]
        condition = self.one(["selection", "not selection", "1 of selection*", "all of selection*", "not 1 of selection*", "selection or selection_b", "not (selection and selection_b)"])
        rule = self.one([string("any"), named, named[0]])
        return Map([("title", string("f%d" % number)), ("logsource", self.source()),
                    ("filter", Map([("rules", rule)] + selections + [("condition", string(condition))]))])
