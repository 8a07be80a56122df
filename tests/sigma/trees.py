"""Documents of YAML and JSON as trees: Text (any scalar), list, Map (pairs in order; keys are str)."""


class Text:
    """kind: str, int, float, bool, null. text: as it is written (of null: anything)."""

    def __init__(self, kind, text):
        self.kind, self.text = kind, text

    def __repr__(self):
        return "%s:%r" % (self.kind, self.text)


class Map:
    def __init__(self, pairs):
        self.pairs = list(pairs)

    def get(self, key):
        return next((value for name, value in self.pairs if name == key), None)

    def __repr__(self):
        return "{%s}" % ", ".join("%r: %r" % pair for pair in self.pairs)


def string(text):
    return Text("str", text)
