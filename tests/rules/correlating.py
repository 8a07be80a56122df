"""Sigma correlations over a list of events, from the specification (Sigma Correlation Rules): for every
event at which a correlation holds there is one finding. Slow on purpose: each window is looked at anew."""
import events
import matching

BOUNDS = {"eq": lambda a, b: a == b, "neq": lambda a, b: a != b, "gt": lambda a, b: a > b, "gte": lambda a, b: a >= b, "lt": lambda a, b: a < b, "lte": lambda a, b: a <= b}


class Sign:
    """An event at which a rule or a correlation held."""

    def __init__(self, rule, time, fields):
        self.rule, self.time, self.fields = rule, time, fields


def named(documents, name):
    for document in documents:
        if name in (document.get("name"), document.get("id")):
            return document
    raise matching.Unknown("no rule is named " + name)


def signs(document, documents, sequence):
    if "correlation" in document:
        return correlate(document, documents, sequence)
    name = document.get("name", document["id"])
    return [
        Sign(name, event.time, event.fields)
        for event in sequence
        if events.of_source(event, document["logsource"]) and matching.rule_holds(document, event)
    ]


def group_of(sign, correlation):
    """The values of group-by, or None when the event lacks one."""
    found = []
    for name in correlation.get("group-by", []):
        field = correlation.get("aliases", {}).get(name, {}).get(sign.rule, name)
        value = sign.fields.get(field)
        if value is None:
            return None
        found.append(str(value))
    return tuple(found)


def ordered(window, names):
    """Whether signs of these rules come in this order."""
    at = 0
    for sign in window:
        if at < len(names) and sign.rule == names[at]:
            at += 1
    return at == len(names)


def holds(correlation, window):
    kind = correlation["type"]
    if kind in ("temporal", "temporal_ordered"):
        names = correlation["rules"]
        return {sign.rule for sign in window} == set(names) if kind == "temporal" else ordered(window, names)
    bounds = dict(correlation["condition"])
    field = bounds.pop("field", None)
    if kind == "event_count":
        count = len(window)
    elif kind == "value_count":
        count = len({str(sign.fields[field]) for sign in window if sign.fields.get(field) is not None})
    else:
        raise matching.Unknown("correlation type " + kind)
    return all(BOUNDS[name](count, value) for name, value in bounds.items())


def correlate(document, documents, sequence):
    correlation = document["correlation"]
    timespan = events.span(correlation["timespan"])
    found = []
    for name in correlation["rules"]:
        found += signs(named(documents, name), documents, sequence)
    found.sort(key=lambda sign: sign.time)
    groups = {}
    for sign in found:
        group = group_of(sign, correlation)
        if group is not None:
            groups.setdefault(group, []).append(sign)
    out = []
    for group, members in groups.items():
        for last, sign in enumerate(members):
            window = [other for other in members[: last + 1] if sign.time - other.time <= timespan]
            if holds(correlation, window):
                fields = dict(zip(correlation.get("group-by", []), group))
                out.append(Sign(document.get("name", document["id"]), sign.time, fields))
    return sorted(out, key=lambda sign: sign.time)
