"""The data as a sender would cut it for a peer; this work is the sender's and counts for nobody."""
import json
import re

LINE = re.compile(rb"<(\d+)>Nov (\d\d) (\d\d:\d\d:\d\d) (\S+) (.*?)\[(\d+)\]: (.*)\n", re.DOTALL)


def syslog_fields(path):
    with open(path, "rb") as f:
        for line in f:
            yield LINE.fullmatch(line).groups()


def tsv(value):
    return value.replace(b"\\", b"\\\\").replace(b"\t", b"\\t")


def syslog_tsv(path, out):
    with open(out, "wb") as f:
        for pri, day, time, host, program, pid, message in syslog_fields(path):
            f.write(b"2026-11-%s %s\t%s\t%s\t%s\t%s\t%s\n" % (day, time, pri, host, program, pid, tsv(message)))


def syslog_json(path, out):
    with open(out, "w", encoding="utf-8", errors="replace") as f:
        for pri, day, time, host, program, pid, message in syslog_fields(path):
            f.write('{"_time":"2026-11-%sT%sZ","pri":"%s","host":"%s","program":%s,"pid":"%s","_msg":%s}\n'
                    % (day.decode(), time.decode(), pri.decode(), host.decode(), json.dumps(program.decode()), pid.decode(),
                       json.dumps(message.decode("utf-8", "surrogateescape"), ensure_ascii=False)))


def zeek_tsv(path, out):
    with open(path, "rb") as lines, open(out, "wb") as f:
        for line in lines:
            record = json.loads(line)
            ts = record["ts"].encode()
            f.write(b"%s %s\t%s\t%s\t%d\t%s\n" % (ts[:10], ts[11:19], record["_path"].encode(), record.get("id.resp_h", "").encode(),
                                                record.get("resp_bytes") or 0, tsv(line.rstrip(b"\n"))))


def zeek_json(path, out):
    """As it is: this peer takes JSON lines."""
    with open(path, "rb") as lines, open(out, "wb") as f:
        for line in lines:
            f.write(line)


def blocks(path, size):
    """The file in pieces of about size bytes that end with a line."""
    with open(path, "rb") as f:
        while True:
            block = f.read(size)
            if not block:
                return
            yield block + f.readline()
