#!/bin/sh
# scan.sh AKASHI SAMPLES: rules over files, as TAP.
set -u
samples=$(realpath "$2")
. "$(dirname "$0")/lib.sh"

mkdir -p rules logs/deep
cat >rules/one.yml <<'EOF'
title: Encoded command
id: 11111111-0000-4000-8000-000000000001
level: high
tags: [attack.execution, attack.t1059.001]
akashi: {kind: indicator}
logsource: {product: windows, category: process_creation}
detection:
  s:
    Image|endswith: \powershell.exe
    CommandLine|contains: ' -enc '
  filter:
    User: backup
  condition: s and not filter
---
title: Anything said by su
id: 11111111-0000-4000-8000-000000000002
level: low
logsource: {product: linux}
detection: {s: {process.name: su}, condition: s}
EOF
cat >rules/many.yml <<'EOF'
title: Failed
id: 11111111-0000-4000-8000-000000000003
name: failed
logsource: {product: windows, service: security}
detection: {s: {EventID: 4625}, condition: s}
---
title: Many failed
id: 11111111-0000-4000-8000-000000000004
level: critical
correlation: {type: event_count, rules: [failed], group-by: [TargetUserName], timespan: 1m, condition: {gte: 3}}
EOF
event() { # event TIME CHANNEL ID RECORD DATA
    printf '{"@timestamp":"2026-11-22T10:0%sZ","winlog.channel":"%s","winlog.event_id":%s,"winlog.record_id":%s,' "$1" "$2" "$3" "$4"
    printf '"winlog.provider_name":"p","winlog.computer_name":"pc1","winlog.event_data":{%s}}\n' "$5"
}
sysmon=Microsoft-Windows-Sysmon/Operational
{
    event 5:00 $sysmon 1 71 '"Image":"C:\\Windows\\PowerShell.exe","CommandLine":"powershell -enc AAAA,\u001b]0;x","Company":"日本"'
    event 4:00 $sysmon 1 72 '"Image":"C:\\Windows\\PowerShell.exe","CommandLine":"powershell -enc B","User":"backup"'
    event 6:00 $sysmon 3 73 '"Image":"C:\\Windows\\PowerShell.exe","CommandLine":"powershell -enc C"'
} >logs/sysmon.json
for i in 3 1 2; do event 1:0$i Security 4625 9$i '"TargetUserName":"eve"'; done >logs/deep/b.json
event 1:30 Security 4625 99 '"TargetUserName":"bob"' >logs/deep/a.json
echo 'Nov 22 10:03:00 web1 su[1]: (to root) eve on pts/0' >logs/auth.log

run 0 scan --rules rules --format jsonl --json --year 2026 logs && [ "$(wc -l <out)" = 3 ] &&
    has out '"rule.name":"Encoded command","rule.level":"high","rule.tags":\["attack.execution","attack.t1059.001"\],"akashi.kind":"indicator","file.path":"logs/sysmon.json","akashi.record":1,' &&
    has out '"winlog.record_id":71,' && has out '"fields":{"Image":"C:' && has out '"host.name":"web1","fields":{"process.name":"su"}}'
ok $? "what rules hold for is told, with place, fields and what matched"
has out '"rule.name":"Many failed".*"akashi.record":1,"correlation.first":"2026-11-22T10:01:01Z","correlation.group":{"TargetUserName":"eve"},"correlation.events":\[{"@timestamp":"2026-11-22T10:01:03Z","file.path":"logs/deep/b.json","akashi.record":1,"winlog.record_id":"93"},.*"correlation.events_count":3}$' &&
    [ "$(grep -c '"rule.name":"Failed"' out)" = 0 ]
ok $? "correlations see records in order of time, and tell where these are"
has err '"records":8,"records_with_findings":2,.*"files":4,"files_failed":0,"findings":3,"rules":3,"correlations":1,"refused":0,"critical":1,"high":1,"medium":0,"low":1,'
ok $? "the summary is one JSON object"

run 0 scan --rules rules/one.yml --rules rules/many.yml --format csv -o line.csv --year 2026 logs && has err '^Summary$' &&
    [ "$(head -n 1 line.csv)" = 'Timestamp,RuleTitle,Level,Computer,Channel,EventID,RecordID,Details,ExtraFieldInfo,RuleID' ] &&
    [ "$(sed 1d line.csv | cut -d, -f2 | tr '\n' ,)" = 'Many failed,Anything said by su,Encoded command,' ]
ok $? "csv is a timeline, also of rules from several places"
cp line.csv out
has line.csv '^2026-11-22 10:05:00.000 +00:00,Encoded command,high,pc1,Sysmon,1,71,"Image: .* ¦ CommandLine: powershell -enc AAAA, \]0;x",Company: 日本,1111'
ok $? "its columns are those of the field, and no control character is in them"
run 0 scan --rules rules --format table --year 2026 logs && has out '^critical  *Many failed  *1$' && has out '^high  *Encoded command' &&
    has out '^  2026-11-22 10:05:00 pc1 ' && has out '^Records with findings 2 of 8; data reduction 6 (75.00%)$' &&
    has out '^Records  *2026-11-22 10:01:01 to 2026-11-22 10:06:00$' && has out '^  high  *1  *33.3  *1$' && ! grep -q "$(printf '\033')" out &&
    [ "$(wc -L <out)" -le 80 ]
ok $? "the table has findings by rule and a summary, in 80 columns, and steers no terminal"
run 0 scan --rules rules --format table --year 2026 --color always logs && has out "$(printf '\033')\[31mhigh"
ok $? "colours are there when they are asked for"
run 0 scan --rules rules --level high --format jsonl --year 2026 logs && [ "$(wc -l <out)" = 2 ] && ! has out 'said by su'
ok $? "what is less serious is not shown"
run 0 scan --rules rules --from 2026-11-22T10:03:00 --to 2026-11-22T10:04:30 --format jsonl --year 2026 logs && [ "$(wc -l <out)" = 1 ] && has out 'said by su'
ok $? "times are between --from and --to"
for threads in 1 3; do
    run 0 scan --rules rules --threads $threads --format jsonl --year 2026 logs
    cp out out.$threads
done
cmp out.1 out.3
ok $? "the number of threads changes nothing"

run 0 scan --format jsonl --json "$samples" && has out '"rule.name":"Script in a folder for uploads answers a request"' && has err '"refused":0,'
ok $? "the rules that come with akashi are built in, and find the samples' intrusion"
printf 'title: bad\nlogsource: {product: x}\ndetection: {s: {A|odd: 1}, condition: s}\n' >rules/bad.yml
run 0 scan --rules rules --format jsonl --year 2026 logs && [ "$(wc -l <out)" = 3 ] && has err '1 rules or files of rules were not understood'
ok $? "a rule that is not understood is told, and the others count"
seq 20000 | gzip | head -c 2000 >logs/broken.log.gz
run 3 scan --rules rules --format jsonl --year 2026 logs && [ "$(grep -c rule.name out)" = 3 ] && has err 'broken.log.gz'
ok $? "what cannot be read is listed at the end, and the rest is read"
run 2 scan --rules rules --format odd logs && has err 'table, jsonl, csv or html' && run 2 scan --level odd logs && has err 'critical' &&
    run 2 scan --rules rules/bad.yml logs && has err 'no rule that could be read' && run 2 scan --form jsonl logs
ok $? "wrong options are told"
"$akashi" parse --year 2026 logs/sysmon.json logs/deep logs/auth.log >records.json 2>err
rm rules/bad.yml
run 0 rules test --records --event records.json --format jsonl rules && cp out engine &&
    run 0 rules test --plain --records --event records.json --format jsonl rules && cmp out engine && [ "$(wc -l <out)" = 7 ]
ok $? "rules test says the same with and without the engine"

# A page of hostile values.
cat >page.py <<'EOF'
import html.parser, sys
class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.seen, self.text = [], [], set(), ""
    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        self.wrong += [name for name, value in attrs if name.startswith("on") or name in ("href", "src")]
        if tag not in ("meta", "br"):
            self.open.append(tag)
    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)
    def handle_data(self, data):
        self.text += data
page = Page()
text = open(sys.argv[1], encoding="utf-8").read()
page.feed(text)
controls = [c for c in text if ord(c) < 32 and c not in "\n\t"]
print(page.open, page.wrong, sorted(page.seen & {"script", "img", "iframe", "object", "link"}), controls)
print(page.text)
EOF
mkdir hostile
{
    event 5:00 $sysmon 1 71 '"Image":"C:\\PowerShell.exe","CommandLine":"a -enc \"></td><script src=//evil>alert(1)</script><img onerror=x>&amp;\u0000\u001b]0;x","Company":"日本","User":"<i>eve</i>\u202e"'
    printf '{"@timestamp":"2026-11-23T10:05:00Z","winlog.channel":"%s","winlog.event_id":1,"winlog.provider_name":"p","winlog.computer_name":"<b>pc2</b>","winlog.event_data":{"Image":"\\\\powershell.exe","CommandLine":" -enc %s"}}\n' \
        $sysmon "$(head -c 500000 /dev/zero | tr '\0' x)"
} >hostile/a.json
run 0 scan --rules rules --format html -o page.html hostile && python3 page.py page.html >out && [ "$(head -n 1 out)" = '[] [] [] []' ] &&
    has out '></td><script src=//evil>alert(1)</script><img onerror=x>&amp;' && has out '<b>pc2</b>:\{0,1\}' && has out 't1059.001\|T1059.001' &&
    has out 'xxx… (500006 bytes)' && [ "$(wc -c <page.html)" -lt 30000 ] && has page.html "default-src 'none'" && has err '^Summary$' &&
    has out 'Users.*<i>eve</i>' && has out 'Of 1 techniques that rules are about, 1 were seen'
ok $? "the page has what was found, and nothing of it is markup"

# Values that recur around findings.
run 0 scan --rules rules --pivot --format jsonl hostile && has out '^{"pivot.kind":"user","pivot.value":"<i>eve</i>.*","records":1,"first":"2026-11-22T10:05:00Z","last":"2026-11-22T10:05:00Z","rule.level":"high"}$' &&
    has out '"pivot.kind":"process","pivot.value":".*powershell.exe"' && has out '"pivot.kind":"host","pivot.value":"<b>pc2</b>"' && ! has out rule.name && has err '^Summary$'
ok $? "users, hosts and processes of the records with findings are told"
run 0 scan --rules rules --pivot --format table hostile && has out '^Users$' && has out '^       1 2026-11-22 10:05 2026-11-22 10:05 high  *<i>eve</i>' && ! has out "$(printf '\033')" &&
    run 0 scan --rules rules --level critical --pivot --format table hostile && has out '^Nothing was found' && run 2 scan --pivot --format csv hostile && has err 'table and jsonl'
ok $? "as a table, too"

# The same records, taken into a store.
set -- "$work/logs/sysmon.json" "$work/logs/deep" "$work/logs/auth.log"
places='s/,"akashi.tree":"[a-z]*","akashi.index":[0-9]*//g;s/"alert.id":"[0-9a-f]*","alert.first_seen":"[^"]*",//'
run 0 scan --rules rules --format jsonl --year 2026 "$@" && sort out >wanted && [ "$(wc -l <wanted)" = 3 ]
run 0 ingest --store st --year 2026 "$@" && run 0 hunt --store st --rules rules --format jsonl --json &&
    has out '"file.path":"[^"]*logs/auth.log","akashi.record":1,"akashi.tree":"default","akashi.index":[0-9]*,' &&
    sed "$places" out | sort >found && cmp wanted found && has err '"records":8,"records_with_findings":2,.*"findings":3,'
ok $? "hunt finds in the store what scan finds in files, and where it lies"
run 0 hunt --store st --rules rules --format table && has out '^critical  *Many failed  *1$' && has out '^Read  ' && [ "$(wc -L <out)" -le 80 ]
ok $? "its table is that of scan"
run 0 hunt --store st --rules rules --pivot --format jsonl && cp out pivots && run 0 scan --rules rules --pivot --format jsonl --year 2026 "$@" && [ -s out ] && cmp out pivots
ok $? "and so are the values around its findings"
run 0 hunt --store st --rules rules --from 2026-11-22T10:03:00 --to 2026-11-22T10:04:30 --level low --format jsonl &&
    [ "$(wc -l <out)" = 1 ] && has out 'said by su' && run 0 hunt --store st --rules rules --level critical --format csv && [ "$(wc -l <out)" = 2 ]
ok $? "times and levels are those that are asked for"
run 0 hunt --store st --rules rules --case 7 --purpose 'after the call' --format jsonl && run 0 info --store st --audit && has out hunt
ok $? "who hunts for a case is written down"
run 3 hunt --store nowhere --rules rules && has err nowhere && run 2 hunt --store st --rules rules logs && run 2 hunt --store st --format odd
ok $? "a store that is not there and wrong options are told"
# What a format of messages took is still a record of Linux, and audit has auditd's names.
mkdir linux
cat >linux/rules.yml <<'EOF'
title: New root
logsource: {product: linux}
detection: {k: [new user], g: ['UID=0,'], condition: k and g}
---
title: Odd packet
logsource: {product: linux, service: sshd}
detection: {k: [Bad packet length], condition: k}
---
title: Reads shadow
logsource: {product: linux, service: auditd}
detection: {s: {type: EXECVE, a0: cat, a1|endswith: shadow}, condition: s}
EOF
cat >linux/in.log <<'EOF'
Nov 22 10:00:00 h useradd[1]: new user: name=x, UID=0, GID=0, home=/r, shell=/bin/sh
Nov 22 10:00:01 h sshd[1]: Bad packet length 1349676916.
type=EXECVE msg=audit(1795341600.123:457): argc=2 a0="cat" a1=2F6574632F7820736861646F77
type=EXECVE msg=audit(1795341600.123:458): argc=2 a0="cat" a1="/etc/shadow"
EOF
run 0 scan --rules linux/rules.yml --format jsonl linux/in.log && has out 'New root' && has out 'Odd packet' && has out "Reads shadow" && [ "$(wc -l <out)" = 4 ]
ok $? "records of Linux are found whichever format took the message"
echo "1..$number"
