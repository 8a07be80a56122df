#!/usr/bin/env python3
"""serve_kill.py AKASHI [--cycles N] [--tap]: the server is killed (kill -9) in a loop while clients send records by
HTTP; each client keeps a ledger of what was acknowledged. At the end every acknowledged record is there, nothing is
there that nobody sent, and the store is intact."""
import argparse
import http.client
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

CLIENTS = 4


class Ledger:
    def __init__(self):
        self.lock = threading.Lock()
        self.sent, self.acknowledged = set(), set()


def send(port_of, client, ledger, stop):
    number = 0
    while not stop.is_set():
        names = ["c%dn%d" % (client, number + i) for i in range(random.choice((1, 1, 5, 200)))]
        number += len(names)
        path, body = random.choice((
            ("/api/v1/ingest", "".join('{"id":"%s"}\n' % n for n in names)),
            ("/_bulk", "".join('{"create":{}}\n{"id":"%s"}\n' % n for n in names)),
            ("/services/collector", "".join('{"event":"x","id":"%s"}' % n for n in names))))
        with ledger.lock:
            ledger.sent.update(names)
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port_of[0], timeout=20)
            connection.request("POST", path, body)
            if connection.getresponse().status == 200:
                with ledger.lock:
                    ledger.acknowledged.update(names)
            connection.close()
        except (OSError, http.client.HTTPException):
            time.sleep(0.01)


def start(akashi, folder):
    log = os.path.join(folder, "log")
    with open(log, "wb") as err:
        server = subprocess.Popen([akashi, "serve", "-c", "serve.yml"], cwd=folder, stdout=err, stderr=err)
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        text = open(log).read()
        if "akashi: ready" in text:
            return server, int(re.search(r"HTTP at 127\.0\.0\.1:(\d+)", text).group(1))
        time.sleep(0.005)
    raise SystemExit("the server does not start: " + open(log).read())


def torture(akashi, folder, cycles):
    open(os.path.join(folder, "serve.yml"), "w").write("listen: 127.0.0.1:0\nsyslog: {udp: [], tcp: []}\n")
    ledger, stop, port_of = Ledger(), threading.Event(), [1]
    clients = [threading.Thread(target=send, args=(port_of, i, ledger, stop)) for i in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        for _ in range(cycles):
            server, port_of[0] = start(akashi, folder)
            time.sleep(random.uniform(0.0, 0.8))
            server.send_signal(signal.SIGKILL)
            server.wait()
    finally:
        stop.set()
        for client in clients:
            client.join()
    server, _ = start(akashi, folder)
    server.send_signal(signal.SIGTERM)
    status = server.wait(60)
    return ledger, status


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("akashi")
    parser.add_argument("--cycles", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    random.seed(options.seed)
    akashi = os.path.abspath(options.akashi)
    folder = tempfile.mkdtemp(prefix="akashi-kill-")
    points = []
    try:
        ledger, status = torture(akashi, folder, options.cycles)
        found = subprocess.run([akashi, "search", "--format", "raw", "*"], cwd=folder, capture_output=True, check=False)
        kept = re.findall(r'"id":"(c\d+n\d+)"', found.stdout.decode())
        lost = ledger.acknowledged - set(kept)
        verified = subprocess.run([akashi, "verify"], cwd=folder, capture_output=True, check=False)
        points = [(status == 0, "the last start ends cleanly"),
                  (len(ledger.acknowledged) > 0, "%d records were acknowledged" % len(ledger.acknowledged)),
                  (not lost, "none of them is lost (%d)" % len(lost)),
                  (len(kept) == len(set(kept)), "none is there twice"),
                  (set(kept) <= ledger.sent, "none is there that nobody sent"),
                  (verified.returncode == 0, "the store is intact after %d kills" % options.cycles)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for i, (good, name) in enumerate(points):
        print("%sok %d - %s" % ("" if good else "not ", i + 1, name))
    print("1..%d" % len(points))
    return 0 if points and all(good for good, _ in points) else 1


if __name__ == "__main__":
    sys.exit(main())
