#!/bin/sh
# alerts.sh AKASHI: what hunts keep: each finding once, in the store, sealed; what is hunted again and
# what is not; stops, damage, a store that cannot be written. End to end, as TAP (lib.sh).
set -u
. "$(dirname "$0")/lib.sh"

line() { echo "Nov 22 10:$1 web sshd[1]: $2"; }
{
    line 01:01 'Failed password for root from 10.0.0.1 port 22 ssh2'
    line 01:02 'Failed password for root from 10.0.0.1 port 22 ssh2'
    line 01:03 'Accepted password for alice from 10.0.0.2 port 22 ssh2'
    line 01:04 'Connection closed by 10.0.0.3 [preauth]'
    line 01:05 'nothing to see'
} >auth.log
mkdir rules
cat >rules/a.yml <<'END'
title: Failed root
id: 7f0e4a5c-0000-4000-8000-000000000001
name: failed_root
level: medium
tags: [attack.t1110, attack.credential-access]
logsource: {product: linux, service: sshd}
detection: {keywords: ['Failed password for root'], condition: keywords}
---
title: Many failed
id: 7f0e4a5c-0000-4000-8000-000000000002
level: critical
correlation: {type: event_count, rules: [failed_root], group-by: [host.name], timespan: 5m, condition: {gte: 2}, generate: true}
END
hunt() { run 0 hunt --store st --rules rules --format jsonl --json "$@"; }
alerts() { run 0 alerts --store st --format jsonl --json "$@"; }
ids() { sed -n 's/.*"alert.id":"\([0-9a-f]*\)".*/\1/p' "$1" | sort; }
size_of() { run 0 info --store st --json && python3 -c 'import json, sys
print(json.loads(open("err").read().splitlines()[-1])["tree_size"])'; }

run 0 ingest --store st --year 2026 auth.log || exit 1
run 0 alerts --store st --format jsonl && [ ! -s out ]; ok $? "without a hunt there are no alerts"
hunt --dry-run && [ "$(wc -l <out)" = 3 ] && ! has out alert.id && [ ! -e st/tree/alerts ] && [ ! -e st/tree/audit ]
ok $? "a hunt that is to keep nothing keeps nothing"
hunt && cp out first && has err '"findings":3,.*"alerts_new":3,"alerts_known":0,' && [ "$(ids out | uniq | wc -l)" = 3 ]
ok $? "what is found first is new"
alerts && has err '"alerts":3,"alerts_read":3' && ids out >kept && ids first | cmp -s - kept
ok $? "and kept, under the numbers that the hunt told"
python3 - <<'END'
import json
rows = [json.loads(line) for line in open("out")]
by_place = {(row["rule.name"], row["akashi.index"]): row for row in rows}
one = by_place[("Failed root", 0)]
assert one["rule.id"].endswith("1") and one["rule.level"] == "medium" and len(one["rule.hash"]) == 64, one
assert one["rule.tags"] == ["attack.t1110", "attack.credential-access"] and one["akashi.kind"] == "indicator", one
assert one["@timestamp"] == "2026-11-22T10:01:01Z" and one["alert.state"] == "new" and one["host.name"] == "web", one
assert one["akashi.tree"] == "default" and one["alert.tree"] == "alerts" and one["akashi.record"] == 1, one
assert one["fields"]["keywords"] == "Failed password for root" and one["file.path"].endswith("/auth.log"), one
many = by_place[("Many failed", 1)]
assert many["correlation.group"] == {"host.name": "web"} and many["correlation.first"] == "2026-11-22T10:01:01Z", many
assert [event["akashi.index"] for event in many["correlation.events"]] == [1, 0], many
END
ok $? "an alert says rule, record, event, when it was found first, and what it hangs on"

before=$(size_of)
hunt && cmp -s out first && has err '"records":5,.*"alerts_new":0,"alerts_known":3,' && [ "$(size_of)" = "$before" ] &&
    alerts && [ "$(wc -l <out)" = 3 ]
ok $? "the second hunt tells the same, and nothing is kept twice, nor anything else written"
hunt --new && [ ! -s out ]; ok $? "and none of it is new"
hunt --all && cmp -s out first && alerts && [ "$(wc -l <out)" = 3 ]; ok $? "nor when all is read again"
hunt --from 2026-11-22T10:01:02 --to 2026-11-22T10:01:03 --all && [ "$(wc -l <out)" = 1 ] && alerts && [ "$(wc -l <out)" = 3 ]
ok $? "nor by a hunt of a part"

line 01:06 'Failed password for root from 10.0.0.9 port 22 ssh2' >>auth.log
run 0 ingest --store st --year 2026 auth.log && hunt && has err '"records":6,.*"findings":4,.*"alerts_new":1,"alerts_known":3,' && hunt --all &&
    has err '"records":6,.*"findings":4,' && alerts && [ "$(wc -l <out)" = 4 ]
ok $? "new records are hunted, and those before them are not forgotten"

cat >rules/b.yml <<'END'
title: Scanner
id: 7f0e4a5c-0000-4000-8000-000000000003
level: low
tags: [attack.t1595, attack.reconnaissance]
logsource: {product: linux, service: sshd}
detection: {keywords: ['preauth'], condition: keywords}
END
hunt --new && [ "$(wc -l <out)" = 1 ] && has out '"rule.name":"Scanner".*"akashi.index":3,' && alerts --rule scanner &&
    has out '"akashi.kind":"precursor"' && alerts && [ "$(wc -l <out)" = 5 ]
ok $? "a new rule is hunted over all of history"
sed -i 's/preauth/Accepted/' rules/b.yml
hunt && has err '"findings":5,.*"alerts_new":1,"alerts_known":4,' && has out '"rule.name":"Scanner".*"akashi.index":2,' &&
    alerts && [ "$(wc -l <out)" = 6 ]
ok $? "a changed one too; what it found before is kept"
sed -i 's/level: low/level: high/' rules/b.yml
hunt && has err '"high":1,.*"alerts_new":0,"alerts_known":5,' && alerts && [ "$(wc -l <out)" = 6 ]
ok $? "the same finding of a rule that has changed is one alert"
mv rules/b.yml b.yml && before=$(size_of) && hunt --new && [ ! -s out ] && hunt && has err '"findings":4,' && mv b.yml rules/b.yml && hunt --new && [ ! -s out ]
ok $? "a rule that is gone finds nothing, and when it is back nothing that was known"
run 0 info --store st --audit && has out 'rules .* 2 in force: 2 new, 0 changed, 0 gone; hash [0-9a-f]*: + Failed root; + Many failed$' &&
    has out '3 in force: 1 new, 0 changed, 0 gone; .*: + Scanner$' && has out '3 in force: 0 new, 1 changed, 0 gone; .*: ~ Scanner$' &&
    has out '2 in force: 0 new, 0 changed, 1 gone' && [ "$(grep -c 'in force' out)" = 6 ]
ok $? "who hunted with which rules is written down whenever they change"

run 0 alerts --store st --format table && has out '^First seen ....-..-.. ..:..:..: 3 alerts$' && has out '^critical  *Many failed  *default:1$' &&
    [ "$(wc -L <out)" -le 80 ] && has err '^6 of 6 alerts$' && tail -n 1 out | grep -q '2026-11-22 10:01:01 web'
ok $? "the table has them hunt by hunt, the newest first"
alerts --rule 'FAILED ROOT' && [ "$(wc -l <out)" = 3 ] && alerts --limit 2 && [ "$(wc -l <out)" = 2 ] && alerts --since 2099-01-01 && [ ! -s out ] &&
    alerts --level critical && [ "$(wc -l <out)" = 1 ] && alerts --rule 7f0e4a5c-0000-4000-8000-000000000003 && [ "$(wc -l <out)" = 2 ] &&
    alerts --from 2026-11-22T10:01:06 && [ "$(wc -l <out)" = 1 ] && run 2 alerts --store st --level odd && run 2 alerts --store st --format odd
ok $? "they are chosen by rule, level and time"
run 0 alerts --store st --case 9 --purpose 'handover' --format jsonl && run 0 info --store st --audit && has out 'alerts .*case: 9'
ok $? "who reads them for a case is written down"

alerts && place=$(sed -n 's/.*"akashi.tree":"\([a-z]*\)","akashi.index":\([0-9]*\),.*"alert.tree":"\([a-z]*\)","alert.index":\([0-9]*\).*/\1:\2 \3:\4/p' out | head -n 1)
set -- $place
run 0 export --store st --proof "$1" -o proof1 && sh proof1/verify-proof.sh proof1 >out 2>&1 && run 0 export --store st --proof "$2" -o proof2 &&
    python3 proof2/verify-proof.py proof2 >out 2>&1 && grep -rq 'alert.id' proof2
ok $? "the record of an alert is proved, and the alert itself"
run 0 verify --store st; ok $? "and the store with all of it is intact"
run 0 search --store st --format raw '*' && [ "$(wc -l <out)" = 6 ] && run 0 search --store st --count alert && [ "$(cat out)" = 0 ]
ok $? "a search for everything does not list them"
run 2 ingest --store st --class alerts auth.log && has err "store's own"; ok $? "logs are not taken into their class"

# Another program writes meanwhile.
locked() {
    python3 - "$@" 3<>st/lock <<'PYTHON'
import fcntl, subprocess, sys
fcntl.flock(3, fcntl.LOCK_EX)
sys.exit(subprocess.run(sys.argv[1:], stdout=open("out", "w"), stderr=open("err", "w"), close_fds=True).returncode)
PYTHON
}
cp rules/b.yml rules/c.yml && sed -i 's/Scanner/Other/; s/000003/000004/; s/Accepted/nothing to/' rules/c.yml
locked "$akashi" hunt --store st --rules rules --format jsonl
[ $? -eq 3 ] && [ "$(wc -l <out)" = 6 ] && has err 'alerts are not kept' && alerts && [ "$(wc -l <out)" = 6 ]
ok $? "while another program writes, findings are told, and that they are not kept"
hunt --new && [ "$(wc -l <out)" = 1 ] && alerts && [ "$(wc -l <out)" = 7 ]; ok $? "the next hunt keeps them"

# Stops at any moment: every alert is kept once.
python3 - >many.log <<'END'
for i in range(18000):
    print(f"Nov 23 10:{i // 600 % 60:02}:{i // 10 % 60:02} web{i % 7} sshd[{i}]: {'Failed password for root' if i % 3 == 0 else 'Connection closed'} from 10.0.{i % 250}.{i // 250} port 22 ssh2")
END
run 0 ingest --store st --year 2026 many.log || exit 1
stops=0
begun=$(date +%s%N)
run 0 hunt --store st --rules rules --format jsonl --dry-run
taken=$((($(date +%s%N) - begun) / 1000000)) # ms; stops are spread over it, however fast the machine is
for part in 1 3 5 7 9; do
    for signal in KILL INT; do
        after=$(awk -v ms="$taken" -v part="$part" 'BEGIN { printf "%.3f", (ms * part / 10 + 1) / 1000 }')
        timeout -s $signal $after "$akashi" hunt --store st --rules rules --format jsonl --all >/dev/null 2>&1
        case $? in 124 | 130 | 137) stops=$((stops + 1)) ;; esac
    done
done
run 0 hunt --store st --rules rules --format jsonl --json && ids out | uniq -d >doubled && [ ! -s doubled ] && ids out >wanted && [ "$(wc -l <wanted)" -ge 6000 ] &&
    alerts && ids out >kept && [ "$(comm -23 wanted kept | wc -l)" = 0 ] && [ "$(uniq -d kept | wc -l)" = 0 ] && [ "$stops" -gt 2 ] && run 0 verify --store st
ok $? "no alert is lost or doubled by stops ($stops)"
alerts && has err '"alerts":\([0-9]*\),"alerts_read":\1}' && hunt --new && [ ! -s out ]; ok $? "and after them nothing is new"
mkfifo closed && { head -n 3 closed >/dev/null & } && "$akashi" hunt --store st --rules rules --format jsonl >closed 2>err
hunt --new && [ ! -s out ] && alerts && ids out | cmp -s - kept; ok $? "nor after one whose reader went away"

# Two hunts at once.
cp -r st twin && cp rules/c.yml c.yml
sed -i 's/nothing to/port 22/' rules/c.yml
"$akashi" hunt --store twin --rules rules --format jsonl >one 2>err1 &
other=$!
"$akashi" hunt --store twin --rules rules --format jsonl >two 2>err2
wait $other
run 0 hunt --store twin --rules rules --format jsonl --new && [ ! -s out ] && run 0 alerts --store twin --format jsonl && ids out >kept2 &&
    [ "$(uniq -d kept2 | wc -l)" = 0 ] && ids one | comm -23 - kept2 | cmp -s - /dev/null && run 0 verify --store twin
ok $? "two hunts at once lose and double nothing"

mv c.yml rules/c.yml

# Damage: what of the alerts cannot be read is found again.
segment=$(ls -S st/segments/alerts/* | head -n 1)
printf '\377\377\377\377\377\377\377\377' | dd of="$segment" bs=1 seek=$(($(wc -c <"$segment") / 2)) conv=notrunc 2>/dev/null
run 3 alerts --store st --format jsonl && [ "$(wc -l <out)" -lt 6000 ] && hunt && ids out | comm -23 wanted - | cmp -s - /dev/null &&
    run 3 alerts --store st --format jsonl && ids out | comm -23 wanted - | cmp -s - /dev/null && ids out | uniq -d | cmp -s - /dev/null &&
    hunt --new && [ ! -s out ]
ok $? "alerts that are damaged are told, and kept anew"
echo "1..$number"
