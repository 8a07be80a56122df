#!/bin/sh
# serve_rsyslog.sh AKASHI: rsyslog as the sender, over UDP and TCP in both framings, with the server stopped and started
# meanwhile, as TAP (lib.sh). Skipped where there is no rsyslogd; make check installs it.
set -u
. "$(dirname "$0")/lib.sh"

PATH=$PATH:/usr/sbin
if ! command -v rsyslogd >/dev/null; then
    echo "1..0 # SKIP no rsyslogd here"
    exit 0
fi
server=
sender=
trap '[ -n "$server" ] && kill -9 $server 2>/dev/null; [ -n "$sender" ] && kill -9 $sender 2>/dev/null; rm -rf "$work"' EXIT
start() {
    rm -f log
    "$akashi" serve -c serve.yml >out 2>log &
    server=$!
    for _ in $(seq 300); do
        grep -qs '^akashi: ready' log && return 0
        sleep 0.1
    done
    return 1
}
found() { # found COUNT QUERY: within half a minute
    for _ in $(seq 100); do
        run 0 search --count "$2" && [ "$(cat out)" = "$1" ] && return 0
        sleep 0.3
    done
    echo "# found $(cat out) of $2, wanted $1"
    return 1
}
# Ports that nobody has: the server is started again on the same ones.
set -- $(python3 -c '
import socket
held = [socket.socket(socket.AF_INET, kind) for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM)]
for s in held: s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in held))')
udp=$1
tcp=$2
printf 'listen: 127.0.0.1:0\nsyslog:\n  udp: ["127.0.0.1:%s"]\n  tcp: ["127.0.0.1:%s"]\n' "$udp" "$tcp" >serve.yml
mkdir spool
cat >rsyslog.conf <<CONF
global(workDirectory="$work/spool")
module(load="imfile" mode="polling" pollingInterval="1")
input(type="imfile" file="$work/source.log" tag="imfile:" ruleset="out")
ruleset(name="out") {
    if \$msg contains "udp" then { action(type="omfwd" target="127.0.0.1" port="$udp" protocol="udp") stop }
    if \$msg contains "counted" then {
        action(type="omfwd" target="127.0.0.1" port="$tcp" protocol="tcp" TCP_Framing="octet-counted" Template="RSYSLOG_SyslogProtocol23Format"
               action.resumeRetryCount="-1" action.resumeInterval="1" queue.type="LinkedList" queue.size="200000")
        stop
    }
    action(type="omfwd" target="127.0.0.1" port="$tcp" protocol="tcp" action.resumeRetryCount="-1" action.resumeInterval="1"
           queue.type="LinkedList" queue.size="200000")
}
CONF
: >source.log
start; ok $? "the server is ready"
rsyslogd -n -f "$work/rsyslog.conf" -i "$work/rsyslogd.pid" >rsyslog.out 2>&1 &
sender=$!
seq 1 100000 | sed 's/$/ over lines/' >>source.log
seq 1 20000 | sed 's/$/ is counted/' >>source.log
seq 1 500 | sed 's/$/ by udp/' >>source.log
found 100000 '"over lines" process.name:imfile' && found 20000 '"is counted" process.name:imfile' && found 500 '"by udp" process.name:imfile'
ok $? "120,500 messages of rsyslog are there"
run 0 search --limit 1 --format jsonl '"is counted"' && has out '"akashi.format":"syslog-rfc5424"' && has out '"log.source.address":"127.0.0.1"'
ok $? "counted ones as RFC 5424 has them"
kill -TERM $server && wait $server
status=$?
server=
[ $status -eq 0 ] && seq 1 20000 | sed 's/$/ while it is down/' >>source.log && sleep 2 && start
ok $? "the server is stopped, and started again"
# TCP does not tell rsyslog of what it wrote into a connection just before that ended: a few may be missing, never more.
for _ in $(seq 100); do
    run 0 search --count '"while it is down"'
    kept=$(cat out)
    [ "$kept" -ge 20000 ] && break
    sleep 0.3
done
echo "# $kept of 20,000 that were sent over plain TCP around a restart"
[ "$kept" -ge 19000 ] && [ "$kept" -le 20000 ]; ok $? "rsyslog waits, and sends on"
kill -TERM $sender && wait $sender
sender=
kill -TERM $server && wait $server
status=$?
server=
[ $status -eq 0 ] && run 0 verify && has out '^intact'; ok $? "and all of it is intact"
echo "1..$number"
