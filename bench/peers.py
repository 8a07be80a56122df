"""Who is measured: Akashi and its peers, each with a way to take the data in and its form of Q1..Q10. An engine has
ready(), load() (what taking in cost), ask(name) (wall, cpu, peak, answer) and stop(). A query that a peer has no
form of is None. Servers listen on 127.0.0.1 only, in a folder of build-bench, and are ended by their own pid."""
import ctypes
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.parse

import loads
import measure
import truth
from truth import ABSENT, ADDRESS, NEEDLE, Q7_FROM, Q7_HOST, Q7_LIMIT, Q7_TO, REGEX

QUERIES = list(truth.NAMES)


def text(raw):
    return raw.decode("utf-8", "surrogateescape")


def lines_of(raw):
    return text(raw).split("\n")[:-1]


def rows_of(raw):
    return [json.loads(line) for line in raw.splitlines() if line.strip()]


class Akashi:
    name, messages, server = "akashi", False, False
    forms = {
        "Q1": ["--format", "raw", NEEDLE],
        "Q2": ["--format", "raw", '"%s"' % ADDRESS],
        "Q3": ["--count", "/(?-i)%s/" % REGEX],
        "Q4": ["--format", "jsonl", "* | stats count() as n by host.name"],
        "Q5": ["--format", "jsonl", r'"Failed password" | extract /from (?<ip>\d+\.\d+\.\d+\.\d+)/ | top 10 ip'],
        "Q6": ["--format", "jsonl", '~"error" | timechart span=1h count() as n'],
        "Q7": ["--format", "raw", "--from", Q7_FROM, "--to", Q7_TO, "--order", "-time", "--limit", str(Q7_LIMIT), "host.name:" + Q7_HOST],
        "Q8": ["--format", "jsonl", "_path:conn | stats sum(resp_bytes) as s by id.resp_h | sort -s | head 10"],
        "Q9": ["--count", ABSENT],
        "Q10": ["--count", '~"ssword fo"'],
    }

    def __init__(self, program, store, runner, data):
        self.program, self.store, self.runner, self.data = program, store, runner, data

    def load(self, paths=None, store=None):
        """Takes files into a new store: the figures of the process, and its own summary."""
        store = store or self.store
        shutil.rmtree(store, ignore_errors=True)
        r = self.runner.run([self.program, "ingest", "--json", "--year", "2026", "--store", store] + (paths or self.data.paths), 7200)
        r["summary"] = json.loads(r["err"].strip().splitlines()[-1])
        return r

    def command(self, name):
        return [self.program, "search", "--store", self.store] + self.forms[name]

    def ask(self, name):
        r = self.runner.run(self.command(name), 300)
        r["answer"] = self.answer(name, r["out"])
        return r

    def answer(self, name, out):
        if name in ("Q1", "Q2", "Q7"):
            return lines_of(out)
        if name in ("Q3", "Q9", "Q10"):
            return int(out)
        rows = rows_of(out)
        if name == "Q4":
            return {row["host.name"]: row["n"] for row in rows if row["host.name"] in self.data.truth["Q4"]}  # the others are Zeek's
        if name == "Q5":
            return {row["ip"]: row["count"] for row in rows}
        if name == "Q6":
            return {row["@timestamp"][:13]: row["n"] for row in rows if row["n"] > 0}
        return {row["id.resp_h"]: row["s"] for row in rows}

    def stop(self):
        pass


class Ripgrep:
    """Over both files as they are; Q5 and Q6 as pipelines of it and coreutils."""
    name, messages, server = "ripgrep", False, False

    def __init__(self, runner, data):
        self.runner, self.data = runner, data
        both = " ".join(data.paths)
        self.forms = {
            "Q1": "rg -a -I -N -F %s %s" % (NEEDLE, both),
            "Q2": "rg -a -I -N -F -w %s %s" % (ADDRESS, both),
            "Q3": "rg -a -I -c '%s' %s" % (REGEX, both),
            "Q5": r"rg -a -I -N -F 'Failed password' %s | rg -o 'from (\d+\.\d+\.\d+\.\d+)' -r '$1' | LC_ALL=C sort | uniq -c | sort -rn | head" % both,
            "Q6": (r"{ rg -a -I -N -i -F error %s | cut -d' ' -f2,3 | cut -d: -f1; rg -a -I -N -i -F error %s | "
                   r"""rg -o '"ts":"2026-11-(\d\dT\d\d)' -r '$1'; } | LC_ALL=C sort | uniq -c""") % tuple(data.paths),
            "Q9": "rg -a -I -c -F %s %s" % (ABSENT, both),
            "Q10": "rg -a -I -c -F 'ssword fo' %s" % both,
        }

    def ask(self, name):
        form = self.forms.get(name)
        if form is None:
            return None
        r = self.runner.run(form, 300, may_fail=True)
        if r["status"] > 1 or r["err"]:
            raise measure.Failed("ripgrep: " + text(r["err"]))
        if name in ("Q1", "Q2"):
            r["answer"] = lines_of(r["out"])
        elif name in ("Q5", "Q6"):
            pairs = [line.split() for line in lines_of(r["out"])]
            r["answer"] = {}
            for pair in pairs:
                key = pair[1] if name == "Q5" else "2026-11-" + (pair[1] if len(pair) == 2 else "%sT%s" % (pair[1], pair[2]))
                r["answer"][key] = r["answer"].get(key, 0) + int(pair[0])
        else:
            r["answer"] = sum(int(n) for n in r["out"].split())
        return r

    def stop(self):
        pass


def free_port():
    """A port of loopback that nobody listens on now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """A peer that runs as a server: requests over one connection that is kept; warm."""
    server = True
    connection = process = None
    used = 0.0  # when the connection was last used
    forms = {}

    def start(self, command, ready):
        # A session of its own keeps Ctrl-C from it: stop() ends it, in order; the kernel does when we are killed.
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
                                        preexec_fn=lambda: ctypes.CDLL(None).prctl(1, signal.SIGTERM))  # PR_SET_PDEATHSIG
        for _ in range(300):
            if self.process.poll() is not None:
                raise measure.Failed("%s ended while it started" % self.name)
            try:
                if self.request("GET", ready)[0] == 200:
                    return
            except OSError:
                self.connection = None
            time.sleep(0.1)
        self.stop()
        raise measure.Failed("%s does not start" % self.name)

    def request(self, method, path, body=None):
        if self.connection is None or time.monotonic() - self.used > 20:  # a server ends what is idle
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
            self.connection.connect()
        self.connection.request(method, path, body)
        response = self.connection.getresponse()
        out = response.read()
        self.used = time.monotonic()
        return response.status, out

    def ask(self, name):
        form = self.forms.get(name)
        if form is None:
            return None
        cpu, start = measure.cpu_of(self.process.pid), time.monotonic()
        status, out = self.request(*self.query(form))
        r = {"wall": time.monotonic() - start, "cpu": measure.cpu_of(self.process.pid) - cpu, "peak": measure.peak_of(self.process.pid)}
        if status != 200:
            raise measure.Failed("%s, %s: %s" % (self.name, name, text(out)[:300]))
        r["answer"] = self.answer(name, out)
        return r

    def post_all(self, bodies, path, connections):
        """Sends (path suffix, body) over some connections at once; bodies come from loads.py, already cut."""
        lock, failures = threading.Lock(), []

        def work():
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
            while not failures:
                with lock:
                    body = next(bodies, None)
                if body is None:
                    return
                connection.request("POST", path, body)
                response = connection.getresponse()
                answer = response.read()
                if response.status not in (200, 204):
                    failures.append(text(answer)[:300])

        threads = [threading.Thread(target=work) for _ in range(connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise measure.Failed("%s: %s" % (self.name, failures[0]))

    def taking_in(self, kinds):
        """Figures of taking in, by kind: wall until everything was answered, CPU then and after merging."""
        result = {}
        for kind, send in kinds:
            cpu, start = measure.cpu_of(self.process.pid), time.monotonic()
            send()
            wall, after = time.monotonic() - start, measure.cpu_of(self.process.pid)
            idle = measure.wait_until_idle(self.process.pid)
            result[kind] = {"wall": wall, "cpu": after - cpu, "cpu_merged": measure.cpu_of(self.process.pid) - cpu, "merged": idle}
        result["peak"] = measure.peak_of(self.process.pid)
        return result

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = self.connection = None


CLICKHOUSE_CONFIG = """<yandex><logger><level>error</level><log>%(f)s/log</log><errorlog>%(f)s/err</errorlog></logger>
<http_port>%(port)d</http_port><tcp_port>%(tcp)d</tcp_port><listen_host>127.0.0.1</listen_host><path>%(f)s/</path>
<tmp_path>%(f)s/tmp/</tmp_path><keep_alive_timeout>3600</keep_alive_timeout><users_config>users.xml</users_config><default_profile>default</default_profile>
<default_database>default</default_database><mark_cache_size>1000000000</mark_cache_size></yandex>"""
CLICKHOUSE_USERS = """<yandex><profiles><default><max_memory_usage>8000000000</max_memory_usage></default></profiles><users><default>
<password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users>
<quotas><default/></quotas></yandex>"""
HEAD = "concat('<', toString(pri), '>', 'Nov ', toString(toDayOfMonth(ts)), substring(toString(ts), 11), ' ', host, ' ', program, '[', toString(pid), ']: ', message)"


class ClickHouse(Server):
    """MergeTree ordered by time (lz4). The sender cuts the fields; the lines are put together again for an answer."""
    name, messages = "ClickHouse", False

    def __init__(self, folder, data):
        self.folder, self.data = folder, data
        both = "SELECT sum(n) FROM (SELECT count() AS n FROM logs.syslog WHERE %s UNION ALL SELECT count() AS n FROM logs.zeek WHERE %s)"
        found = "SELECT %s FROM logs.syslog WHERE %%s UNION ALL SELECT line FROM logs.zeek WHERE %%s FORMAT TSVRaw" % HEAD
        like = lambda what: ("position(message, '%s') > 0" % what, "position(line, '%s') > 0" % what)
        regex = REGEX.replace("\\", "\\\\")
        self.forms = {
            "Q1": found % like(NEEDLE),
            "Q2": found % like(ADDRESS),
            "Q3": both % ("match(message, '%s')" % regex, "match(line, '%s')" % regex),
            "Q4": "SELECT host, count() FROM logs.syslog GROUP BY host",
            "Q5": r"SELECT extract(message, 'from (\\d+\\.\\d+\\.\\d+\\.\\d+)') AS ip, count() AS n FROM logs.syslog "
                  r"WHERE position(message, 'Failed password') > 0 GROUP BY ip ORDER BY n DESC LIMIT 10",
            "Q6": "SELECT substring(toString(h), 1, 13), sum(n) FROM (SELECT toStartOfHour(ts) AS h, count() AS n FROM logs.syslog "
                  "WHERE positionCaseInsensitive(message, 'error') > 0 GROUP BY h UNION ALL SELECT toStartOfHour(ts) AS h, count() AS n FROM logs.zeek "
                  "WHERE positionCaseInsensitive(line, 'error') > 0 GROUP BY h) GROUP BY h",
            "Q7": "SELECT %s FROM logs.syslog WHERE host = '%s' AND ts >= toDateTime('%s', 'UTC') AND ts < toDateTime('%s', 'UTC') ORDER BY ts DESC LIMIT %d FORMAT TSVRaw"
                  % (HEAD, Q7_HOST, Q7_FROM[:19].replace("T", " "), Q7_TO[:19].replace("T", " "), Q7_LIMIT),
            "Q8": "SELECT resp_h, sum(resp_bytes) AS s FROM logs.zeek WHERE path = 'conn' GROUP BY resp_h ORDER BY s DESC LIMIT 10",
            "Q9": both % like(ABSENT),
            "Q10": both % like("ssword fo"),
        }

    def ready(self):
        os.makedirs(self.folder + "/tmp", exist_ok=True)
        self.port, tcp = free_port(), free_port()
        with open(self.folder + "/config.xml", "w") as f:
            f.write(CLICKHOUSE_CONFIG % {"f": self.folder, "port": self.port, "tcp": tcp})
        with open(self.folder + "/users.xml", "w") as f:
            f.write(CLICKHOUSE_USERS)
        os.environ["TZ"] = "UTC"
        self.start(["clickhouse-server", "--config-file", self.folder + "/config.xml"], "/ping")

    def query(self, form):
        return "POST", "/", form.encode()

    def sql(self, form):
        status, out = self.request("POST", "/", form.encode())
        if status != 200:
            raise measure.Failed("ClickHouse: " + text(out)[:300])
        return out

    def load(self):
        for form in ("DROP DATABASE IF EXISTS logs", "CREATE DATABASE logs",
                     "CREATE TABLE logs.syslog (ts DateTime, pri UInt8, host String, program String, pid UInt32, message String) "
                     "ENGINE = MergeTree() PARTITION BY tuple() ORDER BY ts",
                     "CREATE TABLE logs.zeek (ts DateTime, path String, resp_h String, resp_bytes Int64, line String) "
                     "ENGINE = MergeTree() PARTITION BY tuple() ORDER BY ts"):
            self.sql(form)
        insert = lambda table: "/?query=" + urllib.parse.quote("INSERT INTO logs.%s FORMAT TabSeparated" % table)
        work = self.folder + "/cut"
        loads.syslog_tsv(self.data.syslog, work)
        zeek = self.folder + "/zeek.cut"
        loads.zeek_tsv(self.data.zeek, zeek)
        result = self.taking_in([("syslog", lambda: self.post_all(loads.blocks(work, 64 << 20), insert("syslog"), 2)),
                                 ("zeek", lambda: self.post_all(loads.blocks(zeek, 64 << 20), insert("zeek"), 2))])
        os.unlink(work), os.unlink(zeek)
        for row in self.sql("SELECT table, sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'logs' GROUP BY table").splitlines():
            table, size = row.split()
            result[text(table)]["bytes"] = int(size)
        return result

    def answer(self, name, out):
        if name in ("Q1", "Q2", "Q7"):
            return lines_of(out)
        if name in ("Q3", "Q9", "Q10"):
            return int(out)
        rows = [line.split("\t") for line in lines_of(out)]
        return {row[0].replace(" ", "T"): int(row[1]) for row in rows}


class VictoriaLogs(Server):
    """JSON lines over HTTP, streams by host and program; of Zeek's lines the fields, not the line, so that Q6 is
    asked over the syslog only."""
    name, messages = "VictoriaLogs", True

    def __init__(self, program, folder, data):
        self.program, self.folder, self.data = program, folder, data
        self.forms = {
            "Q1": "%s | fields _msg" % NEEDLE,
            "Q2": '"%s" | fields _msg' % ADDRESS,
            "Q3": '"Failed password" ~"%s" | stats count() n' % REGEX.replace("\\", "\\\\"),
            "Q4": "host:* | stats by (host) count() n",
            "Q5": '"Failed password" | extract "from <ip> port" | stats by (ip) count() n | sort by (n desc) limit 10',
            "Q6": '_msg:~"(?i)error" | stats by (_time:1h) count() n',
            "Q7": '_time:[%s, %s) {host="%s"} | sort by (_time desc) limit %d | fields _msg' % (Q7_FROM, Q7_TO, Q7_HOST, Q7_LIMIT),
            "Q8": '_path:=conn resp_bytes:* | stats by (id.resp_h) sum(resp_bytes) s | sort by (s desc) limit 10',
            "Q9": "%s | stats count() n" % ABSENT,
            "Q10": '~"ssword fo" | stats count() n',
        }

    def ready(self):
        self.port = free_port()
        self.start([self.program, "-storageDataPath=" + self.folder + "/data", "-httpListenAddr=127.0.0.1:%d" % self.port,
                    "-retentionPeriod=100y", "-http.connTimeout=24h", "-http.idleConnTimeout=24h", "-loggerLevel=ERROR", "-search.maxQueryDuration=5m"], "/health")

    def query(self, form):
        return "GET", "/select/logsql/query?query=" + urllib.parse.quote(form)

    def load(self):
        path = lambda fields, time: "/insert/jsonline?_stream_fields=%s&_time_field=%s&_msg_field=_msg" % (fields, time)
        work, zeek = self.folder + "/cut", self.folder + "/zeek.cut"
        os.makedirs(self.folder, exist_ok=True)
        loads.syslog_json(self.data.syslog, work)
        loads.zeek_json(self.data.zeek, zeek)
        result = self.taking_in([("syslog", lambda: self.post_all(loads.blocks(work, 8 << 20), path("host,program", "_time"), 4)),
                                 ("zeek", lambda: self.post_all(loads.blocks(zeek, 8 << 20), path("_path", "ts"), 4))])
        os.unlink(work), os.unlink(zeek)
        self.request("GET", "/internal/force_flush")
        result["bytes"] = sum(os.path.getsize(os.path.join(place, name)) for place, _, names in os.walk(self.folder + "/data") for name in names)
        return result

    def answer(self, name, out):
        rows = rows_of(out)
        if name in ("Q1", "Q2", "Q7"):
            return [row["_msg"] for row in rows]
        if name in ("Q3", "Q9", "Q10"):
            return int(rows[0]["n"]) if rows else 0
        key, value = {"Q4": ("host", "n"), "Q5": ("ip", "n"), "Q6": ("_time", "n"), "Q8": ("id.resp_h", "s")}[name]
        found = {row[key][:13] if name == "Q6" else row[key]: int(row[value]) for row in rows}
        return {host: n for host, n in found.items() if host in self.data.truth["Q4"]} if name == "Q4" else found  # the others are Zeek's
