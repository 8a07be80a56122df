#!/bin/sh
# after_loss.sh AKASHI: what other commands and classes make of a tree that was lost, end to end, as TAP (lib.sh).
set -u
. "$(dirname "$0")/lib.sh"

lines() { for i in $(seq 1 "$2"); do echo "2026-01-01T00:00:$(printf %02d $((i%60)))Z $1 line $i"; done; }
big() { awk -v n=$1 'BEGIN{x=sprintf("%80s","");gsub(/ /,"x",x);for(i=0;i<300000;i++)printf "2026-01-01T00:%02d:%02dZ host app: %s %d %s\n",i/60%60,i%60,n,i,x}'; }
hurt() { for f in $1; do printf '\377\377\377\377' | dd of=$f bs=1 seek=$(($(stat -c %s $f)-20)) conv=notrunc status=none; done; }
point() { eval "$2"; ok $? "$1"; }
lines a 50 > a.log; lines c 20 > c.log; lines d 30 > d.log; lines f 5 > f.log; lines g 7 > g.log; big b > b.log; big e > e.log
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
json() { "$akashi" "$1" --store "$2" --json 2>&1 >/dev/null | tail -n 1; }
judge() { python3 -c "import json,sys; i,v=map(json.loads,sys.argv[1:]); t={x['name']:x for x in i['trees']}; sys.exit(not ($2))" "$(json info $1)" "$(json verify $1)"; }
( "$akashi" ingest --store TC a.log; hurt "TC/segments/default/*.seg"; "$akashi" ingest --store TC c.log; for i in d g; do "$akashi" ingest --store TC --class 1y $i.log; done; rm TC/tree/1y/*; "$akashi" ingest --store TC --class 1y f.log ) 2>class
point "info --json has root, size and origin of the tree that is written to" 'judge TC "all(i[k] == t[\"default.2\"][k] != t[\"default\"][k] for k in (\"root\", \"checkpoint_size\", \"origin\"))"'
point "verify --json its root" 'judge TC "v[\"root\"] == t[\"default.2\"][\"root\"]"'
point "info names each tree once" '[ $("$akashi" info --store TC | grep -c "leaves, root") = 4 ] && "$akashi" info --store TC | grep -q "^ *default: .*frozen"'
point "info and search say of missing leaves what is known" '"$akashi" info --store TC | grep -q "^MISSING.*missing or damaged" && "$akashi" search --store TC line 2>&1 >/dev/null | grep -q "missing or damaged"'
point "ingest counts the records of all trees of the class" 'grep -q "^class 1y holds 42 records" class'
"$akashi" ingest --store T2 c.log 2>store; point "and of the store" 'judge T2 "i[\"records\"] > 300000 and \"the store holds {:,} records\".format(i[\"records\"]) in open(\"store\").read()"'
mkfifo pipe; "$akashi" ingest --store TB --class 1y --ack acks - <pipe 2>/dev/null & writer=$!
exec 3>pipe; echo "one more line" >&3; for i in $(seq 1 100); do [ -s acks ] && break; sleep 0.1; done; kill -9 $writer; wait $writer 2>/dev/null; exec 3>&-
point "also what was in the log of another class" '"$akashi" ingest --store TB c.log 2>&1 | grep -q "^the store holds 71 records"'
json info TC >before; printf x >TC/tree/default/checkpoint
point "a frozen tree whose checkpoint rots is read by its journal" 'judge TC "t[\"default\"] == json.load(open(\"before\"))[\"trees\"][0] and v[\"damages\"] > 1"'
point "and verify says so" '"$akashi" verify --store TC 2>/dev/null | grep -q "^DAMAGED tree/default/checkpoint: .*journal.s last note is read in its place"'
rm TC/tree/default/checkpoint; point "also when it is gone" 'judge TC "t[\"default\"] == json.load(open(\"before\"))[\"trees\"][0]" && "$akashi" verify --store TC 2>/dev/null | grep -q "^DAMAGED tree/default/checkpoint: .*in its place"'
touch TC/tree/default/intent.tmp TC/keys/default/epoch.key.next.tmp TC/keys/default.2/epoch.key.next.tmp; "$akashi" verify --store TC >verified 2>/dev/null; "$akashi" ingest --store TC c.log 2>/dev/null
point "verify says of leftovers what will become of them" 'grep -q "/default/epoch.key.next.tmp: .*left as it is, for the tree is frozen" verified && [ -e TC/keys/default/epoch.key.next.tmp ] && grep -q "default.2/epoch.key.next.tmp: .*the next one erases it" verified && [ ! -e TC/keys/default.2/epoch.key.next.tmp ] && grep -q "default/intent.tmp: .*the next one removes it" verified && [ ! -e TC/tree/default/intent.tmp ]'
echo "1..$number"
