"""The answers to Q1..Q10, computed from the files alone, line by line, by nothing that is measured; and how two
answers are compared. docs/performance.md says what is asked."""
import collections
import json
import re

NEEDLE, ADDRESS, ABSENT = "NEEDLE7f3a9c", "203.0.113.77", "nosuchtoken123456"
REGEX = r"Failed password for (invalid user )?\w+ from 10\.\d+"
NAMES = {"Q1": "a word in 20 lines", "Q2": "an address in 500 lines", "Q3": "count of a regular expression", "Q4": "lines by host",
         "Q5": "top ten addresses of failed logins", "Q6": "a substring in any case, by hour", "Q7": "five minutes of one host",
         "Q8": "top ten sums over JSON fields", "Q9": "a word that is nowhere", "Q10": "count of a substring inside words"}
Q7_HOST, Q7_FROM, Q7_TO, Q7_LIMIT = "web01", "2026-11-18T10:00:00Z", "2026-11-18T10:05:00Z", 100


def text(line):
    return line.decode("utf-8", "surrogateescape")


def message(line):
    """What stands behind "program[pid]: "."""
    return line.split("]: ", 1)[1]


def largest(counts):
    """The ten largest and those that tie with the tenth."""
    floor = min(sorted(counts.values())[-10:], default=0)
    return {text(key): n for key, n in counts.items() if n >= floor}


def syslog_truth(path):
    q = {"Q1": [], "Q2": [], "Q3": 0, "Q7": [], "Q9": 0, "Q10": 0}
    hosts, addresses, hours = collections.Counter(), collections.Counter(), collections.Counter()
    regex, source = re.compile(REGEX.encode()), re.compile(rb"from (\d+\.\d+\.\d+\.\d+)")
    word = re.compile(rb"(?<!\w)203\.0\.113\.77(?!\w)")
    lines = 0
    with open(path, "rb") as f:
        for line in f:
            lines += 1
            stamp = line.index(b">") + 1  # "Nov 14 00:00:00 host "
            host = line[stamp + 16:line.index(b" ", stamp + 16)]
            hosts[host] += 1
            if b"error" in line.lower():
                hours[line[stamp + 4:stamp + 9]] += 1
            if b"ssword fo" in line:
                q["Q10"] += 1
            if b"Failed password" in line:
                if regex.search(line):
                    q["Q3"] += 1
                for ip in source.findall(line):
                    addresses[ip] += 1
            if b"NEEDLE" in line and NEEDLE.encode() in line:
                q["Q1"].append(text(line[:-1]))
            if b"203.0.113.77" in line and word.search(line):
                q["Q2"].append(text(line[:-1]))
            if b"nosuch" in line and ABSENT.encode() in line:
                q["Q9"] += 1
            if host == b"web01" and b"Nov 18 10:00:00" <= line[stamp:stamp + 15] < b"Nov 18 10:05:00":
                q["Q7"].append(text(line[:-1]))
    q["Q4"] = {text(host): n for host, n in hosts.items()}
    q["Q5"] = largest(addresses)
    q["Q6"] = {"2026-11-%s" % text(hour).replace(" ", "T"): n for hour, n in hours.items()}
    q["lines"] = lines
    return q


def zeek_truth(path):
    q = {"Q1": [], "Q2": [], "Q3": 0, "Q9": 0, "Q10": 0}
    sums, hours, addresses = collections.Counter(), collections.Counter(), collections.Counter()
    lines = 0
    with open(path, "rb") as f:
        for line in f:
            lines += 1
            if b"error" in line.lower():
                hours[json.loads(line)["ts"][:13]] += 1
            if b'"_path":"conn"' in line:
                record = json.loads(line)
                sums[record["id.resp_h"].encode()] += record.get("resp_bytes") or 0
            for name, needle in (("Q1", NEEDLE), ("Q2", ADDRESS)):
                if needle.encode() in line:
                    q[name].append(text(line[:-1]))
            q["Q9"] += ABSENT.encode() in line
            q["Q10"] += b"ssword fo" in line
            q["Q3"] += b"Failed password" in line and re.search(REGEX.encode(), line) is not None
    q["Q6"] = dict(hours)
    q["Q8"] = largest(sums)
    q["lines"] = lines
    return q


def together(syslog, zeek):
    """The truth over both files. Q6 also as "Q6 syslog", for a peer that keeps no lines of Zeek."""
    both = {name: syslog[name] + zeek[name] for name in ("Q1", "Q2", "Q3", "Q9", "Q10", "lines")}
    hours = collections.Counter(syslog["Q6"])
    hours.update(zeek["Q6"])
    both.update({"Q4": syslog["Q4"], "Q5": syslog["Q5"], "Q6": dict(hours), "Q6 syslog": syslog["Q6"], "Q7": syslog["Q7"], "Q8": zeek["Q8"]})
    return both


def differs(name, answer, truth, messages=False):
    """None when the answer is right, else what is wrong. messages: the peer keeps the message of a line only."""
    wanted = truth[name]
    key = name.split()[0]
    if key in ("Q3", "Q9", "Q10"):
        return None if answer == wanted else "%s, wanted %s" % (answer, wanted)
    if key in ("Q1", "Q2", "Q7"):
        if messages:
            wanted = [message(line) for line in wanted]
        if key == "Q7" and len(wanted) > Q7_LIMIT:
            return "more than %d lines: no truth for the cut" % Q7_LIMIT
        return None if sorted(answer) == sorted(wanted) else "%d lines, wanted %d, or others" % (len(answer), len(wanted))
    if key in ("Q5", "Q8"):  # ties at the end may be cut either way
        right = len(answer) == min(10, len(wanted)) and all(wanted.get(k) == n for k, n in answer.items())
        right = right and sorted(answer.values()) == sorted(wanted.values())[-10:]
        return None if right else "%s, wanted %s" % (sorted(answer.items())[:3], sorted(wanted.items())[:3])
    return None if answer == wanted else "%d groups of %d, wanted %d of %d" % (len(answer), sum(answer.values()), len(wanted), sum(wanted.values()))
