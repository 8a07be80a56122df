#!/bin/sh
# after_loss.sh AKASHI: what other commands and classes make of a tree that was lost, end to end, as TAP (lib.sh).
set -u
. "$(dirname "$0")/lib.sh"

lines() { for i in $(seq 1 "$2"); do echo "2026-01-01T00:00:$(printf %02d $((i%60)))Z $1 line $i"; done; }
big() { awk -v n=$1 'BEGIN{x=sprintf("%80s","");gsub(/ /,"x",x);for(i=0;i<300000;i++)printf "2026-01-01T00:%02d:%02dZ host app: %s %d %s\n",i/60%60,i%60,n,i,x}'; }
hurt() { for f in $1; do printf '\377\377\377\377' | dd of=$f bs=1 seek=$(($(stat -c %s $f)-20)) conv=notrunc status=none; done; }
point() { eval "$2"; ok $? "$1"; }
lines a 50 > a.log; lines c 20 > c.log; lines d 30 > d.log; big b > b.log; big e > e.log
(
"$akashi" ingest --store T1 b.log; echo "2026-01-01T01:00:00Z host app: last" >> b.log; "$akashi" ingest --store T1 b.log c.log; hurt $(ls T1/segments/default/*.seg | head -1)
"$akashi" ingest --store T1 --class 1y b.log
) 2>/dev/null
point "a lost file is no known one for another class" '[ $("$akashi" search --store T1 --count app 2>/dev/null) -gt 300000 ]'
point "info --gaps does not say 'no gaps' when signed records are lost" '! "$akashi" info --store T1 --gaps 2>/dev/null | grep -q "^no gaps"'
( "$akashi" ingest --store T2 e.log; "$akashi" ingest --store T2 b.log; echo "2026-01-01T01:00:00Z more" >> b.log; "$akashi" ingest --store T2 b.log; hurt $(ls T2/segments/default/*.seg | sed -n 2p); "$akashi" ingest --store T2 c.log ) 2>/dev/null
point "numbers of files go on after loss" '[ $("$akashi" info --store T2 --files --json 2>&1 >/dev/null | grep -o "\"number\":1," | wc -l) = 1 ]'
( "$akashi" ingest --store T3 a.log; "$akashi" search --store T3 --case x1 line; hurt "T3/segments/audit/*.seg"; "$akashi" search --store T3 --case x2 line; "$akashi" scrub --store T3 --rate 0 ) >/dev/null 2>&1
point "info --audit shows the reads in audit.2" '"$akashi" info --store T3 --audit | grep -q "case: x2"'
point "scrubs in audit.2 count" '"$akashi" info --store T3 | grep -q "^scrubbed *default whole"'
( "$akashi" ingest --store T4 a.log; hurt "T4/segments/default/*.seg"; cp -r T4 T5; "$akashi" scrub --store T4 --rate 0 ) >/dev/null 2>&1
point "a scrub does not freeze default" '! grep -q default.2 T4/store'
"$akashi" search --store T5 --case x line >/dev/null 2>&1; point "a read with --case does not freeze default" '! grep -q default.2 T5/store'
( "$akashi" ingest --store T6 a.log; hurt "T6/segments/default/*.seg"; "$akashi" ingest --store T6 c.log;  "$akashi" scrub --store T6 --rate 0 ) >/dev/null 2>&1
point "a scrub of default.2 is remembered" '"$akashi" info --store T6 | grep -q "^scrubbed *default.2 whole"'
( "$akashi" ingest --store T7 a.log; head -c 70000 /dev/urandom > T7/tree/default/checkpoint ) >/dev/null 2>&1
point "verify names a checkpoint that has grown" '"$akashi" verify --store T7 2>/dev/null | grep -q "DAMAGED tree/default/checkpoint"'
point "ingest publishes it again" '"$akashi" ingest --store T7 c.log 2>/dev/null && "$akashi" verify --store T7 >/dev/null'
( "$akashi" ingest --store T8 a.log; rmdir T8/log/default ) 2>/dev/null
point "a log folder that is gone does not stop writing" '"$akashi" ingest --store T8 c.log 2>/dev/null'
( "$akashi" ingest --store T9 a.log; rm -r T9/tree/default ) 2>/dev/null
point "a tree folder that is gone neither" '"$akashi" ingest --store T9 c.log 2>/dev/null'
( "$akashi" ingest --store TA a.log; hurt "TA/segments/default/*.seg"; "$akashi" ingest --store TA c.log;  rm -r TA/segments/default.2 TA/tree/default.2 TA/log/default.2 TA/keys/default.2; "$akashi" ingest --store TA d.log; mkdir -p TA/segments/default.2 TA/tree/default.2 TA/log/default.2; "$akashi" ingest --store TA d.log ) >/dev/null 2>&1
point "a listed tree whose folders are gone is never signed anew" '[ ! -e TA/tree/default.2/checkpoint ] && grep -q default.3 TA/store'
"$akashi" ingest --store TB a.log 2>/dev/null;
point "with --limit no ledger behind the last result" '! "$akashi" search --store TB --format text --from 2026-01-01 --to 2036-01-01 --limit 1 line | grep -q "^--"'
echo "1..$number"
