#!/usr/bin/env python3
"""compare.py AKASHI SYSLOG ZEEK [OUT.json]: akashi against ripgrep, zstd -3 and ClickHouse on the same
data in one run. Wall and CPU seconds and peak memory of whole processes (wait4); each query runs
REPEAT times, the median counts. Peers that are not installed are left out, and said so.

Exit status 1: a query of akashi failed, so that there is no figure for it, or its answer differs from
ripgrep's.

Data comes from a generator outside this project; see docs/performance.md.
"""
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

REPEAT = int(os.environ.get("REPEAT", "5"))
akashi, syslog, zeek = (os.path.abspath(p) for p in sys.argv[1:4])
work = tempfile.mkdtemp(prefix="akashi-bench-", dir=os.environ.get("TMPDIR"))
env = dict(os.environ, AKASHI_STORE=work + "/store")
result = {"data": {"syslog": os.path.getsize(syslog), "zeek": os.path.getsize(zeek)}, "queries": {}}


def measure(command, shell=False, keep=False):
    """Runs once; wall and CPU seconds, peak resident bytes, output."""
    out = open(work + "/out", "wb")
    start = time.monotonic()
    p = subprocess.Popen(command, shell=shell, env=env, stdout=out, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    err = p.stderr.read()
    _, status, usage = os.wait4(p.pid, 0)
    p.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - start
    out.close()
    text = open(work + "/out", "rb").read()
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss * 1024,
            "status": p.returncode, "out": text if keep else text[:2000], "err": err.decode(errors="replace")}


def median(command, shell=False):
    runs = [measure(command, shell) for _ in range(REPEAT)]
    best = dict(runs[0])
    for key in ("wall", "cpu", "peak"):
        best[key] = statistics.median(r[key] for r in runs)
    return best


QUERIES = {
    "Q1 needle": (["search", "--format", "raw", "NEEDLE7f3a9c"], "rg -a NEEDLE7f3a9c",
                  "SELECT line FROM logs.syslog WHERE position(line, 'NEEDLE7f3a9c') > 0 FORMAT TSVRaw"),
    "Q2 address": (["search", "--format", "raw", '"203.0.113.77"'], r"rg -a -w -F 203.0.113.77",
                   "SELECT line FROM logs.syslog WHERE position(line, '203.0.113.77') > 0 FORMAT TSVRaw"),
    "Q3 regex": (["search", "--count", r"/(?-i)Failed password for (invalid user )?\w+ from 10\.\d+/"],
                 r"rg -a -c --no-filename 'Failed password for (invalid user )?\w+ from 10\.\d+'",
                 r"SELECT count() FROM logs.syslog WHERE match(line, 'Failed password for (invalid user )?\\w+ from 10\\.\\d+')"),
    "Q4 by host": (["search", "--format", "jsonl", "file.path:*syslog.log | stats count() as n by host.name"], None,
                   "SELECT host, count() FROM logs.syslog GROUP BY host"),
    "Q5 top addresses": (["search", "--format", "jsonl", r'"Failed password" | extract /from (?<ip>\d+\.\d+\.\d+\.\d+)/ | top 10 ip'],
                         r"rg -a 'Failed password' SYSLOG | rg -o 'from \d+\.\d+\.\d+\.\d+' | sort | uniq -c | sort -rn | head",
                         r"SELECT extract(line, 'from (\\d+\\.\\d+\\.\\d+\\.\\d+)') AS ip, count() AS n FROM logs.syslog WHERE position(line, 'Failed password') > 0 GROUP BY ip ORDER BY n DESC LIMIT 10"),
    "Q6 error by hour": (["search", "--format", "jsonl", '~"error" | timechart span=1h count() as n'],
                         "rg -a -i -c --no-filename error",
                         "SELECT toStartOfHour(ts) AS h, count() FROM logs.syslog WHERE positionCaseInsensitive(line, 'error') > 0 GROUP BY h"),
    "Q7 host and time": (["search", "--format", "raw", "--from", "2026-11-18T10:00:00Z", "--to", "2026-11-18T10:05:00Z", "--order", "-time", "--limit", "100", "host.name:web01"], None,
                         "SELECT line FROM logs.syslog WHERE host = 'web01' AND ts >= toDateTime('2026-11-18 10:00:00') AND ts < toDateTime('2026-11-18 10:05:00') ORDER BY ts DESC LIMIT 100 FORMAT TSVRaw"),
    "Q8 sum by key": (["search", "--format", "jsonl", "_path:conn | stats sum(resp_bytes) as s by id.resp_h | sort -s | head 10"], None,
                      "SELECT JSONExtractString(line, 'id.resp_h') AS h, sum(JSONExtractInt(line, 'resp_bytes')) AS s FROM logs.zeek WHERE JSONExtractString(line, '_path') = 'conn' GROUP BY h ORDER BY s DESC LIMIT 10"),
    "Q9 absent": (["search", "--count", "nosuchtoken123456"], "rg -a -c --no-filename nosuchtoken123456",
                  "SELECT count() FROM logs.syslog WHERE position(line, 'nosuchtoken123456') > 0"),
    "Q10 substring": (["search", "--count", '~"ssword fo"'], "rg -a -c --no-filename 'ssword fo'",
                      "SELECT count() FROM logs.syslog WHERE position(line, 'ssword fo') > 0"),
}


def bench_akashi():
    r = measure([akashi, "ingest", "--json", "--year", "2026", syslog, zeek])
    if r["status"] != 0:
        sys.exit("ingest failed: " + r["err"])
    summary = json.loads(r["err"].strip().splitlines()[-1])
    size = os.path.getsize(syslog) + os.path.getsize(zeek)
    result["ingest"] = {"wall": r["wall"], "cpu": r["cpu"], "peak": r["peak"], "mb_per_s": size / 1e6 / r["wall"],
                        "cpu_s_per_gb": r["cpu"] / (size / 1e9), "bytes_stored": summary["bytes_stored"],
                        "ratio": size / summary["bytes_stored"], "records": summary["records"]}
    print("akashi ingest: %(mb_per_s).0f MB/s, %(cpu_s_per_gb).1f CPU-s/GB, peak %(peak)d bytes, %(ratio).2f : 1" % result["ingest"], flush=True)
    start = median([akashi, "info"])
    result["open"] = {"wall": start["wall"], "peak": start["peak"]}
    empty = median([akashi, "search", "--from", "1999-01-01", "--to", "1999-01-02", "--count", "*"])
    result["search_start"] = {"wall": empty["wall"], "peak": empty["peak"]}
    print("search on nothing: %.1f ms" % (empty["wall"] * 1e3), flush=True)


def bench_zstd():
    if shutil.which("zstd") is None:
        print("zstd is not installed: left out")
        return
    total = 0
    wall = cpu = 0.0
    for path in (syslog, zeek):
        r = measure("zstd -q -3 -T1 -c %s > %s" % (path, work + "/z"), shell=True)
        total += os.path.getsize(work + "/z")
        wall += r["wall"]
        cpu += r["cpu"]
    os.unlink(work + "/z")
    result["zstd -3"] = {"bytes": total, "wall": wall, "cpu": cpu}
    print("zstd -3: %d bytes, %.1f s" % (total, wall), flush=True)


class ClickHouse:
    """The Debian package's server in a folder of its own, on loopback, ended by its own pid."""

    def __init__(self):
        self.folder = work + "/ch"
        os.makedirs(self.folder + "/tmp")
        self.port, self.http = 19731, 19732
        with open(self.folder + "/users.xml", "w") as f:
            f.write("<yandex><profiles><default><max_memory_usage>8000000000</max_memory_usage></default></profiles>"
                    "<users><default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users>"
                    "<quotas><default/></quotas></yandex>")
        with open(self.folder + "/config.xml", "w") as f:
            f.write("<yandex><logger><level>error</level><log>%s/log</log><errorlog>%s/err</errorlog></logger>"
                    "<http_port>%d</http_port><tcp_port>%d</tcp_port><listen_host>127.0.0.1</listen_host>"
                    "<path>%s/</path><tmp_path>%s/tmp/</tmp_path><users_config>users.xml</users_config>"
                    "<default_profile>default</default_profile><default_database>default</default_database>"
                    "<mark_cache_size>1000000000</mark_cache_size></yandex>" % (self.folder, self.folder, self.http, self.port, self.folder, self.folder))
        self.process = subprocess.Popen(["clickhouse-server", "--config-file", self.folder + "/config.xml"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            if self.client("SELECT 1")["status"] == 0:
                return
            time.sleep(0.1)
        raise RuntimeError("ClickHouse does not start")

    def command(self, query):
        return ["clickhouse-client", "--port", str(self.port), "--query", query]

    def client(self, query, shell_in=None):
        if shell_in:
            return measure("%s | clickhouse-client --port %d --query \"%s\"" % (shell_in, self.port, query), shell=True)
        return measure(self.command(query))

    def cpu(self):
        fields = open("/proc/%d/stat" % self.process.pid).read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak(self):
        for line in open("/proc/%d/status" % self.process.pid):
            if line.startswith("VmHWM"):
                return int(line.split()[1]) * 1024
        return 0

    def load(self):
        cut = work + "/syslog.tsv"
        with open(syslog, "rb") as f, open(cut, "wb") as out:  # the sender's work: not counted
            months = {m: i + 1 for i, m in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split())}
            for line in f:
                line = line.rstrip(b"\n")
                head = line[line.index(b">") + 1:] if line[:1] == b"<" else line
                part = head.split(None, 4)
                if len(part) < 4 or part[0] not in months:
                    continue
                out.write(b"2026-%02d-%02d %s\t%s\t%s\n" % (months[part[0]], int(part[1]), part[2], part[3], line.replace(b"\\", b"\\\\").replace(b"\t", b"\\t")))
        zcut = work + "/zeek.tsv"
        with open(zeek, "rb") as f, open(zcut, "wb") as out:
            for line in f:
                out.write(line.rstrip(b"\n").replace(b"\\", b"\\\\").replace(b"\t", b"\\t") + b"\n")
        for q in ("CREATE DATABASE logs",
                  "CREATE TABLE logs.syslog (ts DateTime, host String, line String) ENGINE = MergeTree() PARTITION BY tuple() ORDER BY ts",
                  "CREATE TABLE logs.zeek (line String) ENGINE = MergeTree() PARTITION BY tuple() ORDER BY tuple()"):
            r = self.client(q)
            if r["status"] != 0:
                raise RuntimeError(r["err"])
        before = self.cpu()
        start = time.monotonic()
        own = 0.0
        for path, table in ((cut, "logs.syslog"), (zcut, "logs.zeek")):
            r = self.client("INSERT INTO %s FORMAT TabSeparated" % table, "cat " + path)
            own += r["cpu"]
            if r["status"] != 0:
                raise RuntimeError(r["err"])
        wall = time.monotonic() - start
        size = os.path.getsize(syslog) + os.path.getsize(zeek)
        r = measure(self.command("SELECT sum(bytes_on_disk) FROM system.parts WHERE active"), keep=True)
        stored = int(r["out"].split()[0]) if r["status"] == 0 and r["out"].strip() else 0
        result["clickhouse"] = {"mb_per_s": size / 1e6 / wall, "cpu_s_per_gb": (self.cpu() - before + own) / (size / 1e9),
                                "bytes": stored, "peak": self.peak()}
        print("clickhouse: %(mb_per_s).0f MB/s, %(cpu_s_per_gb).1f CPU-s/GB, %(bytes)d bytes" % result["clickhouse"], flush=True)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()


def answer_of_akashi(name, command):
    """What ripgrep can tell too: how many lines, or for Q5 how many times each of the top ten."""
    out = measure([akashi] + command, keep=True)["out"]
    if name.startswith("Q5"):
        return sorted(json.loads(line)["count"] for line in out.splitlines())
    if name.startswith("Q6"):
        return sum(json.loads(line)["n"] for line in out.splitlines())
    return int(out) if "--count" in command else out.count(b"\n")


def answer_of_ripgrep(name, command):
    out = measure(command, shell=True, keep=True)["out"]
    if name.startswith("Q5"):
        return sorted(int(line.split()[0]) for line in out.splitlines())
    return sum(int(n) for n in out.split()) if " -c " in command else out.count(b"\n")


def bench_queries(clickhouse):
    for name, (own, rg, sql) in QUERIES.items():
        row = {}
        r = median([akashi] + own)
        row["akashi"] = {"wall": r["wall"], "cpu": r["cpu"], "peak": r["peak"], "lines": r["out"].count(b"\n")}
        if r["status"] != 0:
            row["akashi"]["error"] = r["err"][:300]
        if rg and shutil.which("rg"):
            command = rg.replace("SYSLOG", syslog) if "SYSLOG" in rg else "%s %s %s" % (rg, syslog, zeek)
            r = median(command, shell=True)
            row["ripgrep"] = {"wall": r["wall"], "cpu": r["cpu"], "peak": r["peak"]}
            row["akashi"]["answer"], row["ripgrep"]["answer"] = answer_of_akashi(name, own), answer_of_ripgrep(name, command)
        if clickhouse:
            r = median(clickhouse.command(sql))
            row["clickhouse"] = {"wall": r["wall"]}
            if r["status"] != 0:
                row["clickhouse"] = {"error": r["err"][:200]}
        result["queries"][name] = row
        print("%-18s %s%s" % (name, "  ".join("%s %s" % (k, "%.0f ms" % (v["wall"] * 1e3) if "error" not in v else "ERROR " + v["error"][:90]) for k, v in row.items()),
                              "  answer %s" % row["akashi"]["answer"] if "answer" in row["akashi"] else ""), flush=True)


def main():
    clickhouse = None
    try:
        for path in (syslog, zeek):  # the same warm page cache for everybody
            subprocess.run("cat %s > /dev/null" % path, shell=True, check=True)
        bench_akashi()
        bench_zstd()
        if shutil.which("clickhouse-server") and not os.environ.get("NO_CLICKHOUSE"):
            clickhouse = ClickHouse()
            clickhouse.load()
        else:
            print("ClickHouse is not installed: left out")
        bench_queries(clickhouse)
    finally:
        if clickhouse:
            clickhouse.stop()
        shutil.rmtree(work, ignore_errors=True)
    if len(sys.argv) > 4:
        with open(sys.argv[4], "w") as f:
            json.dump(result, f, indent=1, sort_keys=True)
    failed = [name for name, row in result["queries"].items() if "error" in row["akashi"]]
    if failed:
        sys.exit("akashi failed: " + ", ".join(failed))
    wrong = [name for name, row in result["queries"].items() if "ripgrep" in row and row["akashi"]["answer"] != row["ripgrep"]["answer"]]
    if wrong:
        sys.exit("akashi and ripgrep give different answers: " + ", ".join(wrong))


main()
