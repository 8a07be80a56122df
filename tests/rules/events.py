"""Test cases of rules/ as events: raw lines are read into the fields that rules name, and it is told
whether an event is of a rule's log source. Written from the descriptions of the formats, apart from
Akashi's own parsers."""
import datetime
import json
import re


class Event:
    def __init__(self, fields, raw=None, format="event"):
        self.fields, self.raw, self.format = fields, raw, format
        self.time = None  # seconds since 1970; only correlations ask


SYSLOG = re.compile(r"(?:<\d+>)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) (\S+) ([^\s:\[]+)(?:\[(\d+)\])?: (.*)", re.DOTALL)
# What sshd says about a login names user and address at the end of the line, whatever the user is called.
SSH = re.compile(r"(?:Failed|Accepted) \S+ for (?:invalid user )?(.*) from (\S+) port \d+(?: ssh2)?(?:: .*)?")
SSH_INVALID = re.compile(r"Invalid user (.*) from (\S+)(?: port \d+)?")
FIREWALL = re.compile(r"(?:\[ *[\d.]+\] )?\[?([^\]]*?)\]? ?(IN=\S* .*)")
ACCESS = re.compile(r'(\S+) \S+ (\S+) \[[^\]]+\] "(\S+) (.*) HTTP/[\d.]+" (\d{3}) (\d+|-)(?: "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)")?.*')
AUDIT = re.compile(r"(?:node=\S+ )?type=(\S+) msg=audit\(([\d.]+):(\d+)\): ?(.*)")
PAIR = re.compile(r"""([\w-]+)=("[^"]*"|'[^']*'|\S*)""")


def syslog(line):
    found = SYSLOG.fullmatch(line)
    if not found:
        return None
    fields = {"host.name": found[1], "process.name": found[2], "message": found[4]}
    if found[2].startswith("sshd"):
        said = SSH.fullmatch(found[4]) or SSH_INVALID.fullmatch(found[4])
        if said:
            fields.update({"user.name": said[1], "source.ip": said[2]})
    if found[2] == "kernel":
        fields.update(packet(found[4]))
    return fields


def packet(message):
    """The LOG target of iptables and nftables, with the prefixes of ufw."""
    found = FIREWALL.fullmatch(message)
    if not found:
        return {}
    pairs = dict(PAIR.findall(found[2]))
    words = found[1].upper()
    action = "blocked" if any(w in words for w in ("BLOCK", "DROP", "REJECT", "DENY")) else "allowed" if "ALLOW" in words or "ACCEPT" in words else ""
    names = {"src_ip": "SRC", "dst_ip": "DST", "src_port": "SPT", "dst_port": "DPT", "protocol": "PROTO"}
    fields = {name: pairs[key] for name, key in names.items() if pairs.get(key)}
    return {**fields, "action": action} if action else fields


def access(line):
    found = ACCESS.fullmatch(line)
    if not found:
        return None
    stem, _, query = found[4].partition("?")
    fields = {"c-ip": found[1], "cs-method": found[3], "cs-uri-stem": stem, "cs-uri-query": query, "sc-status": int(found[5])}
    for name, value in (("cs-username", found[2]), ("sc-bytes", found[6]), ("cs-referer", found[7]), ("cs-user-agent", found[8])):
        if value not in (None, "", "-"):
            fields[name] = value
    return fields


def audit(line):
    found = AUDIT.fullmatch(line)
    if not found:
        return None
    fields = {"type": found[1]}
    rest = found[4]
    for key, value in PAIR.findall(rest):
        if value[:1] == "'":  # msg='...' of user space holds further pairs
            fields.update({k: v.strip('"') for k, v in PAIR.findall(value[1:-1])})
        fields[key] = unhex(value) if re.fullmatch(r"a\d+|name|exe|comm|proctitle", key) else value.strip("\"'")
    return fields


def unhex(value):
    """auditd writes a value with blanks or quotes in hexadecimal digits, without quotation marks."""
    if value.startswith('"'):
        return value[1:-1]
    if re.fullmatch(r"(?:[0-9A-F]{2})+", value):
        return bytes.fromhex(value).decode("utf-8", "replace").replace("\0", " ")
    return value


def flat(value, name, out):
    """docs/formats/lines.md: names joined by dots; an array that holds objects stays JSON."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            flat(inner, name + "." + key if name else key, out)
    elif isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
        out[name] = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    elif value is None or value == {}:
        pass
    else:
        out[name] = value


def json_line(line):
    if not line.startswith("{"):
        return None
    out = {}
    flat(json.loads(line), "", out)
    return out


FORMATS = {"json": json_line, "auditd": audit, "access": access, "syslog": syslog}


def read_line(line, name=None):
    for candidate in [name] if name else FORMATS:
        fields = FORMATS[candidate](line)
        if fields is not None:
            return Event(fields, line, candidate)
    raise ValueError("no format takes the line %r" % line)


# --- log sources ---------------------------------------------------------------------------------

SSHD = {"sshd", "sshd-session", "sshd-auth"}
PROGRAMS = {
    "sshd": SSHD,
    "sudo": {"sudo"},
    "cron": {"cron", "CRON", "crond", "CROND", "crontab", "anacron"},
    "auth": SSHD | {"sudo", "su", "su-l", "login", "useradd", "usermod", "userdel", "groupadd", "gpasswd", "passwd", "chpasswd", "systemd-logind"},
}
CHANNELS = {
    "security": "Security",
    "system": "System",
    "powershell": "Microsoft-Windows-PowerShell/Operational",
    "windefend": "Microsoft-Windows-Windows Defender/Operational",
    "terminalservices-localsessionmanager": "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational",
}
SYSMON = "Microsoft-Windows-Sysmon/Operational"
CATEGORIES = {
    ("windows", "process_creation"): {(SYSMON, 1), ("Security", 4688)},
    ("windows", "process_access"): {(SYSMON, 10)},
    ("windows", "file_event"): {(SYSMON, 11)},
    ("windows", "registry_set"): {(SYSMON, 13)},
    ("windows", "wmi_event"): {(SYSMON, 19), (SYSMON, 20), (SYSMON, 21)},
    ("windows", "ps_script"): {(CHANNELS["powershell"], 4104)},
    ("linux", "process_creation"): {("Linux-Sysmon/Operational", 1)},
}
# (product, service, category): the format of its lines; JSON lines say nothing more about themselves.
LINES = {("linux", "auditd", None): "auditd", (None, None, "webserver"): "access", (None, None, "firewall"): "syslog"}
JSON_PRODUCTS = {"zeek", "aws", "azure", "m365", "okta", "gcp", "github"}


def of_source(event, source):
    """Whether the event is of that log source; ValueError: a log source that nobody knows here."""
    product, service, category = (source.get(key) for key in ("product", "service", "category"))
    if (product, category) in CATEGORIES:
        return (event.fields.get("Channel"), event.fields.get("EventID")) in CATEGORIES[product, category]
    if product == "windows" and service in CHANNELS:
        return event.fields.get("Channel") == CHANNELS[service]
    if (product, service, category) in LINES:
        return event.format == LINES[product, service, category]
    if product == "linux" and service in PROGRAMS:
        return event.format == "syslog" and event.fields["process.name"] in PROGRAMS[service]
    if product == "linux" and service == "syslog":
        return event.format == "syslog"
    if product in JSON_PRODUCTS and service:
        return event.format == "json"
    raise ValueError("log source %s is not known" % source)


# --- cases ---------------------------------------------------------------------------------------


def one(case, whole_url=False):
    """whole_url: cs-uri-query holds path and query, as many published web rules want it."""
    if "log" in case:
        event = read_line(case["log"], case.get("format"))
        if whole_url and event.format == "access":
            stem, query = event.fields["cs-uri-stem"], event.fields["cs-uri-query"]
            event.fields["cs-uri-query"] = stem + "?" + query if query else stem
        return event
    return Event(case["event"] if "event" in case else {k: v for k, v in case.items() if k not in EVENT_KEYS})


EVENT_KEYS = {"@timestamp", "repeat", "every"}
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def span(text):
    """Seconds of 10m, or of 50ms, which only `every` knows."""
    if text.endswith("ms"):
        return int(text[:-2]) / 1000
    return int(text[:-1]) * UNITS[text[-1]]


def counted(value, n):
    if isinstance(value, dict):
        return {key: counted(inner, n) for key, inner in value.items()}
    return value.replace("{n}", str(n)) if isinstance(value, str) else value


def sequence(cases, whole_url=False):
    """The events of a correlation's case, in the order of their times."""
    found = []
    for case in cases:
        start = case["@timestamp"]
        if not isinstance(start, datetime.datetime):
            start = datetime.datetime.fromisoformat(start.replace("Z", "+00:00"))
        for n in range(case.get("repeat", 1)):
            event = one(counted(case, n + 1), whole_url)
            event.time = start.replace(tzinfo=datetime.timezone.utc).timestamp() + n * span(case.get("every", "1s"))
            found.append(event)
    return sorted(found, key=lambda event: event.time)
