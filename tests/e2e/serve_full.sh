#!/bin/sh
# serve_full.sh AKASHI: a server whose files may not grow any more (as on a full disk), and then may again, as TAP
# (lib.sh). The limit is set from outside while it runs.
set -u
. "$(dirname "$0")/lib.sh"

server=
trap '[ -n "$server" ] && kill -9 $server 2>/dev/null; rm -rf "$work"' EXIT
printf 'listen: 127.0.0.1:0\nsyslog: {udp: [], tcp: ["127.0.0.1:0"]}\n' >serve.yml
"$akashi" serve -c serve.yml >out 2>log &
server=$!
for _ in $(seq 300); do
    grep -qs '^akashi: ready' log && break
    sleep 0.1
done
url=http://127.0.0.1:$(sed -n 's/^akashi: HTTP at .*:\([0-9]*\)$/\1/p' log)/api/v1/ingest
tcp=$(sed -n 's/^akashi: syslog over TCP at .*:\([0-9]*\)$/\1/p' log)
post() { # post WANTED_STATUS FILE
    got=$(curl -s -o answer -w '%{http_code}' --data-binary "@$2" "$url")
    [ "$got" = "$1" ] || echo "# status $got, wanted $1"
    [ "$got" = "$1" ]
}
said() { # said TEXT: in the log, within some seconds
    for _ in $(seq 100); do
        grep -q "$1" log && return 0
        sleep 0.1
    done
    return 1
}
found() { # found COUNT QUERY
    for _ in $(seq 100); do
        run 0 search --count "$2" && [ "$(cat out)" = "$1" ] && return 0
        sleep 0.1
    done
    echo "# found $(cat out) of $2, wanted $1"
    return 1
}

seq 1 100 | sed 's/$/ before/' >before
seq 1 10000 | sed 's/$/ while nothing can be written/' >while
post 200 before && found 100 before; ok $? "at first there is room"
prlimit --pid $server --fsize=100000: && post 503 while && has answer 'no space left'; ok $? "without room nothing is acknowledged"
said 'cannot be written' && said 'nothing is acknowledged until'; ok $? "and it is said"
post 503 before; ok $? "nor what comes next"
logger --server 127.0.0.1 --port "$tcp" --tcp -t waits 'a message that waits'
run 0 search --count before && [ "$(cat out)" = 100 ]; ok $? "what is there can be searched meanwhile"
prlimit --pid $server --fsize=unlimited: && said 'can be written again'; ok $? "once there is room it goes on by itself"
seq 1 100 | sed 's/$/ after/' >after
post 200 after && found 100 after && found 1 'process.name:waits'; ok $? "and takes, and acknowledges"
found 10000 '"while nothing can be written"'; ok $? "what was received before is kept, too"
kill -TERM $server && wait $server
status=$?
server=
[ $status -eq 0 ] && run 0 verify && has out '^intact'; ok $? "and all of it is intact"
echo "1..$number"
