"""Trees as texts of YAML, in all the ways in which people (and hostile ones) write it, and of JSON."""
import json
import re

from trees import Map, Text

NOT_TEXT = re.compile(
    r"|~|null|Null|NULL|true|True|TRUE|false|False|FALSE|0x[0-9a-fA-F]+|0o[0-7]+|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)|"
    r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|<<|=")
PRINTABLE = re.compile("[\x20-\x7e\xa0-\u1fff\u2010-\u2027\u2030-\ud7ff\ue000-\ufefe\uff00-\uffef\U00010000-\U0010fffd]*")
PLAIN = re.compile(r"([A-Za-z0-9_./\\(+;$^~\u00c0-\u1fff\u2010-\u2027]|[-?:](?=[^\s\[\]{},]))[^\n]*")


def is_plain(text, flow):
    if NOT_TEXT.fullmatch(text) or not PLAIN.fullmatch(text) or not PRINTABLE.fullmatch(text):
        return False
    if text != text.strip() or ": " in text or " #" in text or text.endswith(":") or text.startswith(("---", "...")):
        return False
    return not flow or not re.search(r"[\[\]{},:]", text) and text[0] not in "-?"


class Yaml:
    """One document. Values that stand twice in the tree are written once, with an anchor."""

    def __init__(self, random):
        self.random = random
        self.anchors, self.seen = {}, {}

    def chance(self, share):
        return self.random.random() < share

    def document(self, tree):
        self.count(tree)
        return "\n".join(self.map_lines(tree, 0)) + "\n"

    def count(self, tree):
        self.seen[id(tree)] = self.seen.get(id(tree), 0) + 1
        if self.seen[id(tree)] == 1 and not isinstance(tree, Text):
            for inner in tree if isinstance(tree, list) else [value for _, value in tree.pairs]:
                self.count(inner)

    def anchor(self, tree):
        """("*name", True) when it stands already; ("&name ", False), or ("", False)."""
        if id(tree) in self.anchors:
            return "*" + self.anchors[id(tree)], True
        if self.seen[id(tree)] > 1:
            self.anchors[id(tree)] = "a%d" % len(self.anchors)
            return "&%s " % self.anchors[id(tree)], False
        return "", False

    # ---- scalars ----

    def scalar(self, value, flow, indent):
        if value.kind == "null":
            return self.random.choice(["null", "~", "Null", "NULL"] + ([] if flow else [""]))
        if value.kind != "str":
            if self.chance(0.03) and value.kind in ("int", "float"):
                return "!!%s %s" % (value.kind, self.random.choice(['"%s"', "'%s'", "%s"]) % value.text)
            return value.text
        text = value.text
        ways = [self.double]
        if PRINTABLE.fullmatch(text):
            ways += [self.single] * 3
        if is_plain(text, flow):
            ways += [lambda text, flow, indent: text] * 3
        elif re.fullmatch(r"[0-9]+|true|null", text) and self.chance(0.3):
            ways = [lambda text, flow, indent: "!!str " + text]
        if not flow and self.is_block(text) and self.chance(0.5):
            ways = [self.block]
        return self.random.choice(ways)(text, flow, indent)

    @staticmethod
    def single(text, *_):
        return "'%s'" % text.replace("'", "''")

    def double(self, text, flow, indent):
        short = {"\n": "\\n", "\t": "\\t", "\0": "\\0", '"': '\\"', "\\": "\\\\", "\r": "\\r", "\x1b": "\\e", "\xa0": "\\_"}
        out = []
        for char in text:
            code = ord(char)
            if char in short and (char != "\t" or self.chance(0.8)):
                out.append(short[char])
            elif not PRINTABLE.fullmatch(char) and char != "\t" or self.chance(0.02):
                out.append("\\x%02x" % code if code < 256 else "\\u%04X" % code if code < 65536 else "\\U%08x" % code)
            else:
                out.append(char)
        if not flow and len(out) > 2 and self.chance(0.05):  # a line break that is none
            at = self.random.randrange(1, len(out))
            if out[at] in (" ", "\t"):
                out[at] = "\\" + out[at]
            out.insert(at, "\\\n" + " " * (indent + 1))
        return '"%s"' % "".join(out)

    @staticmethod
    def is_block(text):
        lines = text.split("\n")
        return all(PRINTABLE.fullmatch(line) and line.strip() == line for line in lines) and lines[0] != ""

    def block(self, text, flow, indent):
        pad = " " * (indent + self.random.choice([1, 2, 4]))
        body = text.rstrip("\n")
        tail = len(text) - len(body)
        mark = "-" if tail == 0 else "" if tail == 1 else "+"
        if "\n" not in text and self.chance(0.5):  # folded: a blank between words may be a line feed
            words = re.split(r"(?<=\S) (?=\S)", body)
            folded = words[0]
            for word in words[1:]:
                folded += (" " if self.chance(0.6) else "\n" + pad) + word
            return ">-\n" + pad + folded
        lines = body.split("\n") + [""] * max(0, tail - 1)
        return "|" + mark + "\n" + "\n".join(pad + line if line else "" for line in lines)

    # ---- collections ----

    def key(self, text):
        if is_plain(text, True) and self.chance(0.8):
            return text
        return self.single(text) if PRINTABLE.fullmatch(text) and self.chance(0.7) else self.double(text, True, 0)

    def flow(self, tree):
        mark, done = self.anchor(tree)
        if done:
            return mark + " "
        if isinstance(tree, Text):
            return mark + self.scalar(tree, True, 0)
        blank = self.random.choice(["", " "])
        if isinstance(tree, list):
            return mark + "[%s]" % (blank + ("," + self.random.choice([" ", "  "])).join(map(self.flow, tree)) + blank)
        return mark + "{%s}" % (blank + ", ".join(self.key(key) + ": " + self.flow(value) for key, value in tree.pairs) + blank)

    def value_lines(self, tree, indent):
        """What stands behind "key:" or "-" in the same line, and the lines after it."""
        mark, done = self.anchor(tree)
        if done:
            return [" " + mark]
        if isinstance(tree, Text):
            lines = (" " + mark + self.scalar(tree, False, indent)).split("\n")
            if len(lines) == 1 and self.chance(0.03):
                lines[0] += " # a comment: not 'text'"
            return lines
        empty = not (tree if isinstance(tree, list) else tree.pairs)
        if empty or self.chance(0.12):
            self.anchors.pop(id(tree), None)
            return [" " + self.flow(tree)]
        step = self.random.choice([1, 2, 2, 4])
        if isinstance(tree, list):
            return [" " + mark.strip()] + self.list_lines(tree, indent + step)
        return [" " + mark.strip()] + self.map_lines(tree, indent + step)

    def list_lines(self, tree, indent):
        lines = []
        for inner in tree:
            more = self.value_lines(inner, indent)
            lines += [" " * indent + "-" + more[0]] + more[1:]
        return lines

    def map_lines(self, tree, indent):
        lines = []
        for key, value in tree.pairs:
            if self.chance(0.02):
                lines.append(self.random.choice(["", " " * indent + "# a comment", "#"]))
            more = self.value_lines(value, indent)
            if self.chance(0.01):
                lines += [" " * indent + "? " + self.key(key)]
                lines += [" " * indent + ":" + more[0]] + more[1:]
            else:
                lines += [" " * indent + self.key(key) + ":" + more[0]] + more[1:]
        return lines


def yaml_file(random, trees):
    text = ""
    for number, tree in enumerate(trees):
        if number > 0 or random.random() < 0.3:
            text += "---\n"
        text += Yaml(random).document(tree)
        if random.random() < 0.05:
            text += "...\n---\n" if number + 1 < len(trees) else "...\n"
            text = text.replace("...\n---\n---\n", "...\n---\n")
    if random.random() < 0.05:
        text = text.replace("\n", "\r\n")
    return ("\ufeff" if random.random() < 0.03 else "") + text


def json_text(tree, random):
    """Names may come twice: dumps() of a dict could not say that."""
    if isinstance(tree, Map):
        inner = ((json.dumps(key, ensure_ascii=random.random() < 0.3), json_text(value, random)) for key, value in tree.pairs)
        return "{%s}" % ",".join(random.choice(["%s:%s", "%s: %s"]) % pair for pair in inner)
    if isinstance(tree, list):
        return "[%s]" % ", ".join(json_text(value, random) for value in tree)
    if tree.kind == "str":
        return json.dumps(tree.text, ensure_ascii=random.random() < 0.3)
    return "null" if tree.kind == "null" else tree.text
