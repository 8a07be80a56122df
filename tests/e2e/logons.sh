#!/bin/sh
# logons.sh AKASHI LOGONS_EVTX: who logged on, from files and from a store, as TAP. Figures are held against
# counts made by grep, and by a program of its own in Python.
set -u
make_evtx=$(realpath "$2") || exit 1
. "$(dirname "$0")/lib.sh"

# Guesses from two addresses, one of which gets in; PAM says it all once more; sessions of cron.
mkdir logs
for n in $(seq 10 49); do
    [ $((n % 2)) = 0 ] && user=root || user=deploy
    [ $((n % 4)) = 0 ] && from=203.0.113.66 || from=198.51.100.7
    echo "Nov 20 10:00:$n web01 sshd[1$n]: Failed password for $user from $from port 40$n ssh2"
    echo "Nov 20 10:00:$n web01 sshd[1$n]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=$from  user=$user"
    echo "Nov 20 10:00:$n web01 CRON[2$n]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)"
done >logs/auth.log
cat >>logs/auth.log <<'END'
Nov 20 10:01:00 web01 sshd[300]: Invalid user admin from 203.0.113.66 port 4000
Nov 20 10:01:01 web01 sshd[300]: Failed password for invalid user admin from 203.0.113.66 port 4000 ssh2
Nov 20 10:01:05 web01 sshd[300]: message repeated 3 times: [ Failed password for invalid user admin from 203.0.113.66 port 4000 ssh2]
Nov 20 10:02:00 web01 sshd[301]: Accepted password for deploy from 198.51.100.7 port 4001 ssh2
Nov 20 10:02:00 web01 sshd[301]: pam_unix(sshd:session): session opened for user deploy(uid=1001) by (uid=0)
Nov 20 10:03:00 web01 sudo: pam_unix(sudo:auth): authentication failure; logname=deploy uid=1001 euid=0 tty=/dev/pts/1 ruser=deploy rhost=  user=deploy
Nov 20 10:03:05 web01 sudo:   deploy : TTY=pts/1 ; PWD=/home/deploy ; USER=root ; COMMAND=/usr/bin/id
Nov 20 10:03:05 web01 sudo: pam_unix(sudo:session): session opened for user root(uid=0) by deploy(uid=1001)
Nov 20 10:04:00 web01 sshd[302]: Accepted publickey for 山田 from 192.0.2.5 port 4002 ssh2: ED25519 SHA256:x
Nov 20 10:05:00 web01 kernel: link eth0 up
END

run 0 logons --year 2026 --format csv logs/auth.log
lines() { grep -c "$1" logs/auth.log; }
group() { # group USER SOURCE TYPE: failed,ok of it
    tr -d '\r' <out | awk -F, -v u="$1" -v s="$2" -v t="$3" '$1 == u && $4 == s && $6 == t {print $7 "," $8}'
}
[ "$(group deploy 198.51.100.7 'ssh password')" = "$(lines 'sshd.*: Failed password for deploy from 198'),$(lines 'Accepted password for deploy from 198')" ] &&
    [ "$(group root 203.0.113.66 'ssh password')" = "$(lines 'sshd.*: Failed password for root from 203'),0" ] &&
    [ "$(group root 198.51.100.7 'ssh password')" = "$(lines 'sshd.*: Failed password for root from 198'),0" ] &&
    [ "$(group root 198.51.100.7 'ssh password')" = 10,0 ]
ok $? "failures and successes of each user and address are those that grep counts"
[ "$(group admin 203.0.113.66 'ssh password')" = 4,0 ] && ! has out ',ssh,'
ok $? "a repeated message counts as often, and what sshd and PAM both say once"
[ "$(group deploy '' sudo)" = 1,1 ]
ok $? "so with sudo"
[ "$(sed -n 2p out | cut -d, -f1,4,17)" = 'deploy,198.51.100.7,true' ] && [ "$(sed -n 3p out | cut -d, -f1,6,17)" = 'deploy,sudo,true' ] &&
    [ "$(sed -n 4p out | cut -d, -f17)" = false ]
ok $? "who failed and then came in stands first"
[ "$(tail -1 out | cut -d, -f7-9,18 | tr -d '\r')" = "0,$(lines 'cron:session'),0,true" ]
ok $? "sessions of services are one line"
run 0 logons --all --year 2026 --format csv logs/auth.log && [ "$(group root '' cron)" = "0,$(lines 'cron:session')" ] && ! has out ',true.$'
ok $? "with --all they are there like others"

run 0 logons --year 2026 --limit 1 --json logs/auth.log && [ "$(wc -l <out)" = 2 ] &&
    has out '^{"user.name":"deploy",.*"source.address":"198.51.100.7","host.name":"web01","logon.type":"ssh password","logon.failed":20,"logon.succeeded":1,"logon.tried":0,"logon.first":"2026-11-20T10:00:11Z","logon.last":"2026-11-20T10:02:00Z",' &&
    has out '"logon.reasons":\["wrong password"\],"logon.failed_then_succeeded":true,' && has err '"groups":6,"results":1,"logons_left_out":0,'
ok $? "JSON has first and last time, reasons, and a summary"
run 0 logons --year 2026 --from 2026-11-20T10:02:00Z --to 2026-11-20T10:03:00Z logs/auth.log && [ "$(wc -l <out)" = 1 ] && has out '"logon.failed":0,"logon.succeeded":1,'
ok $? "a span of time can be asked for"

run 0 logons --year 2026 --format table logs/auth.log && has out '^Failed, and later came in' && has out '^     20       1   deploy  *198.51.100.7  *web01  *ssh password$' &&
    has out '^All others:' && has out '山田' && has out '^Machine accounts and services: 0 failed, 40 ok, 0 tried' &&
    python3 - out <<'END'
import sys, unicodedata
for line in open(sys.argv[1], encoding="utf-8"):
    width = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line.rstrip("\n"))
    assert width <= 80, (width, line)
END
ok $? "the table has 80 columns, also with Japanese names"
printf 'Nov 20 10:00:00 web01 sshd[1]: Failed password for invalid user \033[31m\302\233%s from 192.0.2.1 port 1 ssh2\n' "$(printf 'x%.0s' $(seq 300))" >odd.log
run 0 logons --year 2026 --format table odd.log && ! has out "$(printf '\033')" && ! LC_ALL=C grep -q "$(printf '\302\233')" out &&
    [ "$(wc -L <out)" -le 80 ]
ok $? "names cannot steer the terminal, nor break the table"

"$make_evtx" Security.evtx
run 0 logons --format jsonl Security.evtx && cp out windows.jsonl && python3 - windows.jsonl <<'END'
import collections, json, sys
want = collections.Counter()
reasons = collections.defaultdict(set)
for i in range(300):
    key = (f"user{i % 3}", f"192.0.2.{i % 5}")
    want[key] += 1
    reasons[key].add("no such user" if i % 7 == 0 else "wrong password")
rows = [json.loads(line) for line in open(sys.argv[1])]
got = {(r["user.name"].lower(), r["source.address"]): r for r in rows if r.get("logon.type") == "network"}
assert {k: r["logon.failed"] for k, r in got.items()} == dict(want), (got, want)
assert all(set(r["logon.reasons"]) == reasons[k] for k, r in got.items())
assert all(r["user.domain"] == "EXAMPLE" and r["host.name"] == "PC" for r in got.values())
assert sum(r["logon.failed"] for r in rows) == 300
first = rows[:2]
assert {r["logon.type"] for r in first} == {"network", "remote interactive"}, first
assert all(r["user.name"].lower() == "user1" and r["source.address"] == "192.0.2.2" for r in first)
assert [r["logon.failed_then_succeeded"] for r in rows].count(True) == 2
service = rows[-1]
assert service["logon.services"] and service["logon.succeeded"] == 20 and len(rows) == 17, rows[-1]
END
ok $? "logons of Windows are exactly those that were made, with types and reasons"

run 0 ingest --year 2026 logs Security.evtx && run 0 logons && cp out store.jsonl && run 0 logons --year 2026 logs Security.evtx && cmp -s out store.jsonl
ok $? "a store has the same logons as the files"
run 0 logons --purpose 'who was it' && run 0 info --audit && has out 'logons'
ok $? "with a purpose it is written down"
run 0 logons - --year 2026 <logs/auth.log && has out '"logon.failed":20,'; ok $? "standard input is read"
run 2 logons --store akashi-data logs && has err 'both --store and files'; ok $? "a store and files are too much"
run 2 logons --format text logs && has err 'table, jsonl or csv'; ok $? "a wrong format is told"
run 2 logons --from 2026-11-22 --to 2026-11-21 logs && has err 'later than --to'; ok $? "and a wrong span"
run 3 logons logs/auth.log missing.log && has err 'missing.log' && [ -s out ]; ok $? "a file that is not there is a problem, the rest is done"
echo 'nothing of the kind' >plain.log
run 0 logons plain.log && [ ! -s out ] && has err 'no logons in 1 record'; ok $? "nothing has no logons"
echo "1..$number"
