"""Random correlations: few values, few steps of time, so that windows end right at events."""
import datetime

from make import Maker
from trees import Map, Text, string

SPANS = ["10s", "30s", "1m", "2m", "1h", "1d"]
TYPES = ["event_count", "event_count", "value_count", "value_sum", "value_avg", "value_percentile", "temporal", "temporal", "temporal_ordered", "temporal_ordered"]
FIRST = datetime.datetime(2026, 11, 27, 22, 0, tzinfo=datetime.timezone.utc)
VALUES = ["0", "1", "2", "5", "10", "-3", "2.5"]


class CorrelationMaker(Maker):
    def __init__(self, random):
        super().__init__(random)
        self.at = FIRST

    def number(self, text):
        return Text("float" if "." in text else "int", text)

    def event(self):
        self.at += datetime.timedelta(seconds=self.one([0, 0, 1, 5, 10, 10, 10, 20, 30, 60, 90, 3600]))
        at = self.at.astimezone(datetime.timezone(datetime.timedelta(hours=self.one([0, 0, 9, -5]))))
        pairs = [("K", string(self.one(["one", "two", "three", "four"]))), ("U", string(self.one(["a", "a", "b", "A"]))),
                 ("V", string(self.one(["a", "b"]))), ("Host Name", string(self.one(["h", "i"])))]
        pairs.append(("N", self.number(self.one(VALUES)) if self.chance(0.6) else string(self.one(VALUES + ["x"]))))
        pairs = [pair for pair in pairs if pair[0] == "K" or self.chance(0.9)]
        if self.chance(0.1):
            pairs[-1] = (pairs[-1][0], self.one([Text("null", "null"), [], [Text("null", "null"), string("b"), string("a")]]))
        self.random.shuffle(pairs)
        return Map(pairs + [("@timestamp", string(at.isoformat() if self.chance(0.5) else at.isoformat().replace("+00:00", "Z")))])

    def rule(self, number):
        what = self.one(["one", "two", "three", "four", ["one", "two"], ["two", "three"], "*o*", "t*"])
        value = [string(each) for each in what] if isinstance(what, list) else string(what)
        pairs = [("title", string("r%d" % number)), ("id", string("r%d" % number)), ("logsource", self.source()),
                 ("detection", Map([("selection", Map([("K", value)])), ("condition", string("selection"))]))]
        if self.chance(0.6):
            pairs.insert(1, ("name", string("name_%d" % number)))
        return Map(pairs)

    def names(self, trees, most):
        """Of some of them, by id or name, each once."""
        some = self.random.sample(trees, min(len(trees), self.random.randint(1, most)))
        return [self.one([tree.get("id"), tree.get("name") or tree.get("id")]).text for tree in some]

    def bounds(self, type_, rules):
        most = rules if "temporal" in type_ else self.one([1, 2, 3, 5])
        pairs = [(self.one(["gte", "gte", "gt", "lt", "lte", "eq", "neq"]), self.number(str(self.random.randint(1, most))))]
        if self.chance(0.15):
            pairs.append((("lte" if pairs[0][0] != "lte" else "gt"), self.number(self.one(["4", "7.5"]))))
        return pairs

    def criterion(self, type_, names):
        if type_ == "temporal" and self.chance(0.25):
            return string(self.condition(names))
        if "temporal" in type_ and self.chance(0.5):
            return None
        pairs = self.bounds(type_, len(names))
        if type_.startswith("value"):
            field = "N" if type_ != "value_count" else self.one(["N", "U", "V", "HostName", "seat"])
            pairs.append(("field", string(field)))
            if type_ == "value_count" and self.chance(0.2):
                pairs[-1] = ("field", [string("N"), string("V")])
        if type_ == "value_percentile" and self.chance(0.8):
            pairs.append(("percentile", self.number(self.one(["0", "7", "25", "50", "58", "75", "90", "99", "100"]))))
        self.random.shuffle(pairs)
        return Map(pairs)

    def correlation(self, number, trees):
        """Over some of these, rules or correlations."""
        type_ = self.one(TYPES)
        names = self.names(trees, 3)
        body = [("type", string(type_)), ("rules", [string(name) for name in names]), ("timespan", string(self.one(SPANS)))]
        condition = self.criterion(type_, names)
        if condition is not None:
            body.append(("condition", condition))
        groups = self.one([[], ["U"], ["U"], ["HostName"], ["U", "HostName"], ["who"], ["who", "seat"]])
        if groups or self.chance(0.5):
            body.append(("group-by", [string(group) for group in groups] if groups else Text("null", "null")))
        if "who" in groups or self.chance(0.1):
            fields = [(alias, Map([(name, string(self.one(["U", "V"]))) for name in names if self.chance(0.9)])) for alias in ("who", "seat")]
            body.append(("aliases", Map([pair for pair in fields if pair[1].pairs])))
        if self.chance(0.2):
            body.append(("generate", Text("bool", self.one(["true", "true", "false"]))))
        self.random.shuffle(body)
        bad = self.one([("type", "count"), ("timespan", "5"), ("timespan", "0m"), ("timespan", "5 m")]) if self.chance(0.03) else None
        if bad:
            body = [(key, string(bad[1])) if key == bad[0] else (key, value) for key, value in body]
        pairs = [("title", string("c%d" % number)), ("id", string("c%d" % number)), ("correlation", Map(body))]
        if self.chance(0.5):
            pairs.insert(1, ("name", string("cname_%d" % number)))
        return Map(pairs)

    def correlations(self, rules):
        """Some over others; a few over what is not there."""
        trees = []
        for number in range(self.one([1, 3, 8, 20])):
            tree = self.correlation(number, trees[-2:] + rules[:1] if trees and self.chance(0.3) else rules)
            if self.chance(0.02):
                tree.get("correlation").get("rules").append(string("nosuch"))
            trees.append(tree)
        return trees
