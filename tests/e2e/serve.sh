#!/bin/sh
# serve.sh AKASHI: the server with real senders, end to end, as TAP (lib.sh).
set -u
. "$(dirname "$0")/lib.sh"

server=
trap '[ -n "$server" ] && kill -9 $server 2>/dev/null; rm -rf "$work"' EXIT
port_of() { # port_of WHAT: from what the server says on its start
    sed -n "s/^akashi: $1 at .*:\([0-9]*\)\$/\1/p" log | tail -n 1
}
start() { # start ARGS...
    rm -f log # that of the server before says ready, too
    "$akashi" serve -c serve.yml "$@" >out 2>log &
    server=$!
    for _ in $(seq 300); do
        grep -qs '^akashi: ready' log && break
        kill -0 $server 2>/dev/null || break
        sleep 0.1
    done
    udp=$(port_of 'syslog over UDP')
    tcp=$(port_of 'syslog over TCP')
    http=$(port_of HTTP)
    grep -q '^akashi: ready' log
}
stop() { # stop SIGNAL WANTED_STATUS
    kill "-$1" $server
    wait $server
    status=$?
    server=
    [ "$status" -eq "$2" ] || echo "# the server ended with $status"
    [ "$status" -eq "$2" ]
}
found() { # found COUNT QUERY: within a second; more on a machine that is busy or with sanitizers
    for _ in $(seq 100); do
        run 0 search --count "$2" && [ "$(cat out)" = "$1" ] && return 0
        sleep 0.1
    done
    echo "# found $(cat out) of $2, wanted $1"
    return 1
}

cat >serve.yml <<'YAML'
listen: 127.0.0.1:0
syslog:
  udp: ["127.0.0.1:0"]
  tcp: ["127.0.0.1:0"]
YAML
run 0 serve -c serve.yml --check && has err 'is right' && [ ! -e akashi-data ]; ok $? "a configuration is checked"
printf 'memory: 8M\nsyslog:\n  tpc: []\n' >wrong.yml
run 1 serve -c wrong.yml --check && has err 'wrong.yml:3:3: there is no key .syslog.tpc' && has err 'connections.*tcp'
ok $? "what is wrong is named by file, line and column"
run 2 serve -c wrong.yml && run 3 serve -c nowhere.yml && run 2 serve --listen here && run 2 serve --listen 192.0.2.1:80
ok $? "and nothing is served with it"

start; ok $? "the server is ready"
[ "$(curl -s -o answer -w '%{http_code}' "http://127.0.0.1:$http/healthz")" = 200 ] && [ "$(cat answer)" = ok ]
ok $? "and says so"
logger --server 127.0.0.1 --port "$udp" --udp -t e2e 'over datagrams'
logger --server 127.0.0.1 --port "$tcp" --tcp -t e2e 'over lines'
logger --server 127.0.0.1 --port "$tcp" --tcp --octet-count -t e2e 'over counts'
logger --server 127.0.0.1 --port "$tcp" --tcp --rfc3164 -t e2e 'over old lines'
found 4 'process.name:e2e log.source.address:127.0.0.1'; ok $? "what logger sends is found soon"
run 0 search --format jsonl '"over counts"' && has out '"message":"over counts"' && has out '"akashi.format":"syslog-rfc5424"' &&
    ! has out 'file.path'
ok $? "with its fields"

cat >burst.py <<'PYTHON'
import socket, sys
udp, tcp = int(sys.argv[1]), int(sys.argv[2])
lines = socket.create_connection(("127.0.0.1", tcp))
counted = socket.create_connection(("127.0.0.1", tcp))
for i in range(200):
    lines.sendall(b"".join(b"<13>Nov 22 10:00:00 web01 lines: number %d\n" % n for n in range(i * 50, i * 50 + 50)))
    block = [b"<13>Nov 22 10:00:00 web01 counted: number %d\nand more" % n for n in range(i * 50, i * 50 + 50)]
    counted.sendall(b"".join(b"%d %s" % (len(m), m) for m in block))
lines.sendall(b"<13>Nov 22 10:00:00 web01 lines: the end that has no line feed")
counted.sendall(b"50 <13>Nov 22 10:00:00 web01 counted: cut off")
lines.close(), counted.close()
PYTHON
python3 burst.py "$udp" "$tcp" && found 10001 'process.name:lines' && found 10001 'process.name:counted'
ok $? "two streams of 10,000 messages each are whole"
python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(500): s.sendto(b"<13>Nov 22 10:00:00 web01 datagram: number %d" % i, ("127.0.0.1", int(sys.argv[1])))
' "$udp" && found 500 'process.name:datagram'
ok $? "so are datagrams"
curl -s "http://127.0.0.1:$http/metrics" >metrics && has metrics '^akashi_received_records_total{input="syslog_tcp"} 20005$' &&
    has metrics '^akashi_received_records_total{input="syslog_udp"} 501$'
ok $? "and all are counted"
"$akashi" ingest serve.yml >out 2>err
[ $? -eq 3 ] && has err 'another program is writing'; ok $? "another writer is refused meanwhile"
"$akashi" serve -c serve.yml >out 2>err
[ $? -eq 3 ] && has err 'another program is writing'; ok $? "so is a second server"

kill -STOP $server
python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(60000): s.sendto(b"<13>Nov 22 10:00:00 web01 flood: number %d %s" % (i, b"x" * 1000), ("127.0.0.1", int(sys.argv[1])))
' "$udp"
kill -CONT $server
for _ in $(seq 50); do
    sleep 0.2
    curl -s "http://127.0.0.1:$http/metrics" >metrics
    dropped=$(sed -n 's/^akashi_datagrams_dropped_total //p' metrics)
    kept=$(sed -n 's/^akashi_received_records_total{input="syslog_udp"} //p' metrics)
    [ $((dropped + kept)) -eq 60501 ] && break
done
[ "$dropped" -gt 0 ] && [ $((dropped + kept)) -eq 60501 ] && found $((kept - 501)) 'process.name:flood'
ok $? "of a flood that nobody could read, what was lost is counted"
sleep 1.5
run 0 info --gaps --json && tail -n 1 err >json && python3 - "$dropped" <<'PYTHON'
import json, sys
def walk(value):
    if isinstance(value, dict):
        if "datagrams" in value: yield value
        for inner in value.values(): yield from walk(inner)
    elif isinstance(value, list):
        for inner in value: yield from walk(inner)
losses = list(walk(json.load(open("json"))))
assert sum(loss["datagrams"] for loss in losses) == int(sys.argv[1]), losses
assert all(loss["input"].startswith("syslog+udp://127.0.0.1:") and loss["from"] <= loss["to"] for loss in losses), losses
PYTHON
ok $? "and is a record that info --gaps lists"

python3 -c '
import socket, sys, time
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"<13>Nov 22 10:00:00 web01 last: whole\n<13>Nov 22 10:00:00 web01 last: part")
time.sleep(30)
' "$tcp" &
sender=$!
for _ in $(seq 100); do
    curl -s "http://127.0.0.1:$http/metrics" | grep -q '^akashi_connections{input="syslog_tcp"} 1$' && break
    sleep 0.1
done
sleep 0.2
stop TERM 0; ok $? "SIGTERM ends it"
kill $sender
found 2 'process.name:last' && [ -z "$(ls akashi-data/log/default)" ] && run 0 verify && has out '^intact'
ok $? "with everything sealed, and the log empty"

start && for n in 1 2 3; do logger --server 127.0.0.1 --port "$tcp" --tcp -t killed "number $n"; done
found 3 'process.name:killed'
kill -9 $server
wait $server 2>/dev/null
server=
start && found 3 'process.name:killed' && stop INT 130 && run 0 verify && has out '^intact'
ok $? "after kill -9 it goes on, and SIGINT ends it"
echo "1..$number"
