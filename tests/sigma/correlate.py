"""A slow evaluator of correlations, from the Sigma correlation rules specification and the table of
docs/sigma.md. At each event it looks again at all that came before it; it keeps no state but that.

What fires is (number of the event, id, values of group-by)."""
import re
from fractions import Fraction

import judge

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
VALUES = ("value_count", "value_sum", "value_avg", "value_percentile")
TYPES = ("event_count", "temporal", "temporal_ordered") + VALUES
BOUNDS = dict(judge.COMPARE, neq=lambda a, b: a != b)


def texts(tree):
    return [] if tree is None or getattr(tree, "kind", "") == "null" else [each.text for each in (tree if isinstance(tree, list) else [tree])]


class Correlation:
    def __init__(self, tree):
        body = tree.get("correlation")
        self.id = tree.get("id").text
        self.name = tree.get("name").text if tree.get("name") else None
        self.type = body.get("type").text
        self.rules = texts(body.get("rules"))
        self.group_by = texts(body.get("group-by"))
        self.generate = body.get("generate") is not None and body.get("generate").text == "true"
        span = re.fullmatch(r"([1-9][0-9]*)([smhd])", body.get("timespan").text)
        if self.type not in TYPES or not span or len(set(self.rules)) < len(self.rules):
            raise judge.Refused("type, timespan or rules")
        self.span = int(span[1]) * UNITS[span[2]]
        self.aliases = {}
        for alias, fields in body.get("aliases").pairs if body.get("aliases") else []:
            for rule, field in fields.pairs:
                self.aliases[alias, rule] = field.text
        self.read_condition(body.get("condition"))

    def read_condition(self, condition):
        self.words, self.bounds, self.fields, self.percentile = None, [("gte", len(self.rules))], [], 50
        if condition is None:
            if "temporal" not in self.type:
                raise judge.Refused("no condition")
        elif isinstance(condition, judge.Text):
            leaves = {rule: judge.leaf(lambda seen, rule=rule: rule in seen) for rule in self.rules}
            self.words = judge.Words(condition.text, leaves).whole()
        else:
            self.fields = texts(condition.get("field"))
            if condition.get("percentile"):
                self.percentile = int(condition.get("percentile").text)
            self.bounds = [(key, judge.number_of(judge.text_of(value))) for key, value in condition.pairs if key in BOUNDS]
            if not self.bounds or (self.type in VALUES) != bool(self.fields):
                raise judge.Refused("no bound, or a field too many or too few")

    def value(self, event, rule, name):
        """The first that is not null; None: there is none."""
        found = event.values(self.aliases.get((name, rule), name))
        return found[0] if found else None

    def within(self, value):
        return all(BOUNDS[key](value, bound) for key, bound in self.bounds)


class Hit:
    """number: of the event, in order of time. step: tells events apart, also what correlations found."""

    def __init__(self, number, time, step, event, rule):
        self.number, self.time, self.step, self.event, self.rule = number, time, step, event, rule


def once(hits):
    """An event that several rules hold for is one event."""
    return list({hit.step: hit for hit in hits}.values())


def longest_row(correlation, hits):
    """How many of the rules, from the first on, were hit one after the other, each by another event."""
    ends = {0: -1}  # rules that were hit in order -> the earliest number of the last event
    for hit in hits:
        at = correlation.rules.index(hit.rule)
        for length in sorted(ends, reverse=True):
            if length == at and ends[length] < hit.number:
                ends[at + 1] = min(ends.get(at + 1, hit.number), hit.number)
    return max(ends)


def numbers(correlation, hits):
    found = []
    for hit in once(hits):
        value = correlation.value(hit.event, hit.rule, correlation.fields[0])
        if value is not None and judge.number_of(value) is not None:
            found.append(float(value))
    return found


def sum_of(values):
    total = 0.0
    for value in values:
        total += value
    return total


def holds(correlation, hits):
    """hits: of one group, in one window."""
    if correlation.type == "event_count":
        return correlation.within(len(once(hits)))
    if correlation.type == "value_count":
        rows = {tuple(correlation.value(hit.event, hit.rule, field) for field in correlation.fields) for hit in hits}
        rows = {row for row in rows if None not in row}
        return bool(rows) and correlation.within(len(rows))
    if correlation.type in VALUES:
        values = numbers(correlation, hits)
        if not values:
            return False
        if correlation.type == "value_sum":
            return correlation.within(sum_of(values))
        if correlation.type == "value_avg":
            return correlation.within(sum_of(values) / len(values))
        rank = -(-Fraction(correlation.percentile) * len(values) // 100)  # the nearest rank, from 1
        return correlation.within(sorted(values)[max(1, rank) - 1])
    if correlation.type == "temporal_ordered":
        return correlation.within(longest_row(correlation, hits))
    seen = {hit.rule for hit in hits}
    return judge.holds(correlation.words, seen) if correlation.words else correlation.within(len(seen))


class Groups:
    """All that was seen of one correlation."""

    def __init__(self, correlation):
        self.correlation = correlation
        self.groups = {}  # key -> [hits, whether it held at the last event, time of that]

    def take(self, number, time, hits):
        """The keys that hold at this event, each with whether that begins."""
        keys = {}
        for hit in hits:
            key = tuple(self.correlation.value(hit.event, hit.rule, name) for name in self.correlation.group_by)
            if None not in key:
                keys.setdefault(key, []).append(hit)
        out = []
        for key, more in keys.items():
            all_hits, held, last = self.groups.get(key, ([], False, None))
            all_hits = [hit for hit in all_hits + more if time - hit.time <= self.correlation.span]
            held = held and time - last <= self.correlation.span
            now = holds(self.correlation, all_hits)
            self.groups[key] = (all_hits, now, time)
            if now:
                out.append((key, not held))
        return out


def in_order(correlations, names):
    """Those that others are about come first; what leads back to itself or to nothing is refused."""
    done, order = set(names), []
    while True:
        more = [c for c in correlations if c not in order and all(rule in done for rule in c.rules)]
        if not more:
            return order
        order += more
        done |= {name for c in more for name in (c.id, c.name) if name}


def run(rules, correlations, events):
    """events: [(number, time, event)] in order of time. Returns what fires; the ids that are refused;
    the ids that alert by themselves."""
    names = {}
    for each in rules + correlations:
        names.update({name: each.id for name in (each.id, each.name) if name})
    order = in_order(correlations, [name for rule in rules for name in (rule.id, rule.name) if name])
    groups, fired, steps = [Groups(c) for c in order], set(), 0
    for place, (number, time, event) in enumerate(events):
        found = {rule.id: [(0, event)] for rule in rules if rule.holds(event)}
        for group in groups:
            c = group.correlation
            hits = [Hit(place, time, (place, step), what, rule) for rule in c.rules for step, what in found.get(names[rule], [])]
            for key, begins in group.take(place, time, hits):
                if begins:
                    fired.add((number, c.id, tuple(zip(c.group_by, key))))
                steps += 1
                found.setdefault(c.id, []).append((steps, judge.Event(list(zip(c.group_by, key)), c.group_by)))
    used = {names[rule]: False for c in order for rule in c.rules}
    used.update({names[rule]: True for c in order if c.generate for rule in c.rules})
    alerts = {each.id for each in rules + order if used.get(each.id, True)}
    return fired, {c.id for c in correlations if c not in order}, alerts
