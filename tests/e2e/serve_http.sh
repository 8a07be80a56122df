#!/bin/sh
# serve_http.sh AKASHI: records by HTTP, sent by curl, end to end, as TAP (lib.sh).
set -u
. "$(dirname "$0")/lib.sh"

server=
trap '[ -n "$server" ] && kill -9 $server 2>/dev/null; rm -rf "$work"' EXIT
printf 'syslog: {udp: [], tcp: []}\nlisten: 127.0.0.1:0\n' >serve.yml
start() {
    rm -f log
    "$akashi" serve -c serve.yml >out 2>log &
    server=$!
    for _ in $(seq 300); do
        grep -qs '^akashi: ready' log && break
        sleep 0.1
    done
    url=http://127.0.0.1:$(sed -n 's/^akashi: HTTP at .*:\([0-9]*\)$/\1/p' log)
}
start
ask() { # ask WANTED_STATUS ARGS...: the answer in answer
    wanted=$1
    shift
    got=$(curl -s -o answer -w '%{http_code}' "$@")
    [ "$got" = "$wanted" ] || echo "# status $got, wanted $wanted: $*"
    [ "$got" = "$wanted" ]
}
found() { # found COUNT QUERY: within a second; more on a machine that is busy or with sanitizers
    for _ in $(seq 100); do
        run 0 search --count "$2" && [ "$(cat out)" = "$1" ] && return 0
        sleep 0.1
    done
    echo "# found $(cat out) of $2, wanted $1"
    return 1
}

printf '{"message":"json one","level":"warn"}\n{"message":"json two"}\nno json at all\n' >lines
ask 200 --data-binary @lines "$url/api/v1/ingest" && has answer '"records":3' && found 3 'akashi.source:lines+http*'
ok $? "lines of a body are records"
run 0 search --format jsonl '"json one"' && has out '"log.source.address":"127.0.0.1"' && has out '"message":"json one"'
ok $? "with their fields, and from where they came"
seq 1 20000 | sed 's/^/{"n":/;s/$/}/' | gzip >lines.gz
ask 200 -H 'Content-Encoding: gzip' --data-binary @lines.gz "$url/api/v1/ingest" && has answer '"records":20000' && found 20000 'n:>0'
ok $? "compressed ones, too"
seq 1 30 | sed 's/.*/chunked &/' | ask 200 -H 'Transfer-Encoding: chunked' -T - -X POST "$url/api/v1/ingest" && found 30 chunked
ok $? "and in chunks"

ask 200 "$url/elastic/" && has answer '"number":"8' && ask 200 -I "$url/" && ask 200 "$url/_license" &&
    ask 200 -X PUT -d '{}' "$url/_index_template/logs" && has answer acknowledged && ask 200 "$url/_nodes/http" && ask 404 "$url/_search"
ok $? "clients of Elasticsearch find what they ask for first"
printf '{"create":{"_index":"app"}}\n{"@timestamp":"2026-11-22T10:00:00Z","message":"bulk one"}\n{"index":{}}\n{"message":"bulk two"}\n' >bulk
ask 200 -H 'Content-Type: application/x-ndjson' --data-binary @bulk "$url/elastic/_bulk" && has answer '"errors":false' &&
    found 2 'bulk akashi.source:elastic+http*'
ok $? "and their bulks are taken"
run 0 search --format jsonl '"bulk one"' && has out '"@timestamp":"2026-11-22T10:00:00Z"'; ok $? "with their times"
printf '{"create":{}}\n{"message":"half"}\nwrong\n' >bulk
ask 400 --data-binary @bulk "$url/_bulk" && has answer 'line \[3\]'; ok $? "a wrong one is refused whole"

ask 200 "$url/services/collector/health" && has answer '"code":17' &&
    ask 200 -H 'Authorization: Splunk any' -d '{"event":"hec one","host":"web01"}{"event":{"a":"hec two"}}' "$url/services/collector/event" &&
    has answer '{"text":"Success","code":0}' && found 2 'hec akashi.source:splunk+http*'
ok $? "events of the collector are taken"
ask 400 -d '{"evnt":1}' "$url/services/collector" && has answer '"code":12'; ok $? "wrong ones are refused with Splunk's numbers"
ask 403 -H 'Origin: http://evil.example.org' -d x "$url/api/v1/ingest"; ok $? "a web page cannot send records"
found 0 half && run 0 search --count '*' && [ "$(cat out)" = 20037 ]; ok $? "nothing of what was refused is kept"

python3 - "${url##*:}" <<'PYTHON'
import socket, sys, time
port = int(sys.argv[1])
def ask(data):
    s = socket.create_connection(("127.0.0.1", port)); s.settimeout(5); s.sendall(data)
    answer = b""
    try:
        while True:
            more = s.recv(65536)
            if not more: break
            answer += more
            if b"\r\n\r\n" in answer: break
    except OSError: pass
    s.close()
    return answer
# Two lengths, a length beside chunks, a broken chunk, headers without an end: an answer of 4xx or none.
for data in (b"POST /api/v1/ingest HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 60\r\n\r\nx\n",
             b"POST /api/v1/ingest HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\nx\n",
             b"POST /api/v1/ingest HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhidden\r\n",
             b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 100000 + b"\r\n\r\n",
             b"POST /api/v1/ingest HTTP/1.1\r\nContent-Length: 7\r\n\r\nhidden\n"):
    answer = ask(data)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4") or answer.startswith(b"HTTP/1.0 4"), (data[:80], answer[:80])
PYTHON
status=$?
[ $status -eq 0 ] && found 0 hidden; ok $? "requests that mean two things are not taken"
kill -TERM $server && wait $server
status=$?
server=
[ $status -eq 0 ] && run 0 verify && has out '^intact'; ok $? "and all of it is intact"

printf 'a-secret-of-24-characters\n' >web.token
printf 'http:\n  tokens:\n    - {source: web, file: web.token}\n' >>serve.yml
chmod 644 web.token
"$akashi" serve -c serve.yml >out 2>err
[ $? -eq 2 ] && has err 'others may read the token in web.token' && ! has err a-secret; ok $? "a token that others may read is refused, and not shown"
chmod 600 web.token
start
ask 401 -d 'without' "$url/api/v1/ingest" && ask 401 -H 'Authorization: Bearer a-secret-of-24-character' -d 'without' "$url/api/v1/ingest" &&
    ask 401 -d '{"event":"without"}' "$url/services/collector" && has answer '"code":2' && ask 200 "$url/healthz"
ok $? "without a token nothing is taken"
ask 200 -H 'Authorization: Bearer a-secret-of-24-characters' -d 'token one' "$url/api/v1/ingest" &&
    ask 200 -H 'Authorization: Splunk a-secret-of-24-characters' -d '{"event":"token two"}' "$url/services/collector" &&
    ask 201 -u any:a-secret-of-24-characters -d '{"token":"three"}' "$url/app/_doc" &&
    found 3 'akashi.source:*/web log.source.address:127.0.0.1' && found 0 without && ! has log a-secret
ok $? "with one it is, and the source is the token's"
kill -TERM $server && wait $server
server=
echo "1..$number"
