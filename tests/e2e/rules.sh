#!/bin/sh
# rules.sh AKASHI: rules checked, listed, shown and tried, as TAP.
set -u
. "$(dirname "$0")/lib.sh"

mkdir -p rules/deep
cat >rules/cron.yml <<'EOF'
title: Odd cron job
id: 6f0c2c3e-2d2e-4d0e-8a44-6d1a5d5f1c01
status: test
level: high
tags: [attack.persistence, attack.t1053.003]
logsource: {product: linux, service: cron}
akashi: {kind: indicator}
detection:
  selection:
    CommandLine|contains: [curl, wget]
  filter:
    User: backup
  condition: selection and not filter
EOF
cat >rules/deep/many.yaml <<'EOF'
title: Many odd jobs
correlation: {type: event_count, rules: [6f0c2c3e-2d2e-4d0e-8a44-6d1a5d5f1c01], group-by: [User],
  timespan: 1h, condition: {gte: 3}, generate: true}
EOF
echo 'not a rule' >rules/notes.txt

run 0 rules check rules && [ ! -s out ] && has err '1 rules, 1 correlations, 0 filters of 2 files; 0 refused'
ok $? "right rules are silent, and other files are passed over"
run 0 rules check --json rules && has err '"files":2,.*"rules":1,"correlations":1,.*"refused":0,"atoms":3,'
ok $? "the summary is one JSON object"
printf 'title: bad\nlogsource: {product: x}\ndetection: {s: {A|odd: 1}, condition: s}\n' >rules/bad.yml
run 1 rules check rules && has out "^rules/bad.yml:3:17: there is no modifier 'odd' \[bad\]$" && has err '1 refused'
ok $? "a rule that is not understood is named with file, line, column and reason"
run 1 rules check --format jsonl rules && has out '"severity":"error","file.path":"rules/bad.yml","file.line":3,"file.column":17,'
ok $? "the same as JSON"
run 1 rules list rules && has out '^high  *6f0c2c3e' && has out 'linux/cron' && has err 'no modifier'
ok $? "what is right in a folder is listed all the same"
rm rules/bad.yml
run 0 rules list --format jsonl rules && [ "$(wc -l <out)" = 2 ] && has out '"rule.tags":\["attack.persistence","attack.t1053.003"\]' &&
    has out '"akashi.kind":"indicator"' && has out '"correlation.type":"event_count"'
ok $? "lists are also JSON"
run 0 rules explain rules && has out '^  level  *high$' && has out 'CommandLine contains "curl"' &&
    has out '^  correlation  *event_count$' && has out '^  within  *3600 s$'
ok $? "the compiled form is shown"

echo '{"CommandLine": "/bin/sh -c CURL x", "User": "eve"}' >yes.json
run 0 rules test --event yes.json rules && [ "$(cat out)" != '' ] && has out '^1: high'
ok $? "a rule fires on an event"
printf '{"CommandLine": "wget x", "User": "backup"}\n\n{"CommandLine": ["ls", "a\\u0020wget"], "n": {"m": null}}\n' |
    run 0 rules test --format jsonl --event - rules && [ "$(wc -l <out)" = 1 ] &&
    has out '{"akashi.record":2,"rule.id":"6f0c2c3e'
ok $? "events come on lines of standard input"
echo '{"CommandLine": curl}' >bad.json
run 3 rules test --event bad.json rules && has err 'event 1: byte 16: '
ok $? "an event that is not JSON is told"
run 2 rules odd rules && has err 'check, coverage, list, explain, test or import'
ok $? "what it cannot do is told"
run 2 rules test rules && has err 'no event is given'
ok $? "test wants an event"
run 3 rules check nosuch && has err 'nosuch: is not there'
ok $? "a path that is not there is told"

printf 'title: p\nlogsource: {product: x}\ndetection: {s: {U|expand: "%%admins%%"}, condition: s}\n' >p.yml
run 1 rules check p.yml && has out 'no values for the placeholder %admins%'
ok $? "placeholders need values"
echo 'admins: [root, adm*]' >values.yml
echo '{"U": "ADMIN"}' | run 0 rules test --placeholders values.yml --event - p.yml && has out ' p$'
ok $? "which come from a file"
echo '[' >values.yml
run 2 rules check --placeholders values.yml p.yml && has err 'values.yml:2: not YAML'
ok $? "a bad file of placeholders is told"
printf 'title: "\033[31mred"\nlogsource: {product: x}\ndetection: {s: {A: 1}}\n' >esc.yml
run 1 rules check esc.yml && run 1 rules list esc.yml && ! has err "$(printf '\033')"
ok $? "what rules say cannot reach the terminal"
run 0 rules list - <rules/cron.yml && has out 'Odd cron job'
ok $? "rules come from standard input too"
mkdir odd && mkfifo odd/pipe.yml named.yml && ln -s pipe.yml odd/link.yml && ln -s /dev/zero odd/zero.yml && ln -s nowhere odd/lost.yml && cp rules/cron.yml odd
run 3 rules list odd && has out 'Odd cron job' && has err 'odd/lost.yml: leads nowhere' && ! has err 'pipe\|zero\|link'
ok $? "FIFOs and devices below a folder are not read"
cat rules/cron.yml >named.yml &
run 0 rules list named.yml
wait
ok $? "a FIFO can be read, and none hangs"
timeout -k 5 1 "$akashi" rules check named.yml >out 2>err
[ $? = 124 ] && has err 'named.yml: interrupted'
ok $? "who waits for somebody to write into a FIFO can be stopped"

# Records, as parse prints them, under the names of rules.
cat >auth.log <<'EOF'
Jan 24 15:32:31 web01 sshd[26519]: Invalid user oracle from 192.0.2.7 port 40222
Jan 24 15:32:32 web01 CRON[26520]: Invalid user oracle
EOF
echo '192.0.2.1 - - [14/Oct/2026:09:55:53 +0200] "GET /cgi-bin/sh?x=1 HTTP/1.1" 404 134 "-" "curl/8"' >access.log
printf 'title: ssh\nlogsource: {product: linux, service: sshd}\ndetection: {k: [invalid user], condition: k}\n' >ssh.yml
printf 'title: web\nlogsource: {category: webserver}\ndetection: {s: {cs-uri-query|contains: /cgi-bin/, sc-status: 404}, condition: s}\n' >web.yml
printf 'title: odd\nlogsource: {product: odd}\ndetection: {s: {A: 1}, condition: s}\n' >odd.yml
"$akashi" parse --year 2026 auth.log access.log >records.jsonl 2>/dev/null
run 0 rules test --records --event records.jsonl ssh.yml web.yml && [ "$(cut -d: -f1 out | tr '\n' ' ')" = '1 3 ' ] &&
    has out ' ssh$' && has out ' web$'
ok $? "with --records a rule is about records of its log source, in their names"
run 0 rules check --records odd.yml && has out 'odd.yml:1:1: warning: no record is known to be of this log source \[odd\]'
ok $? "a log source that is not known is told"
printf 'logsource: {product: odd}\nwhen: {process.name: cron}\nfields: {A: process.pid}\n' >sources.yml
sed -i 's/A: 1/A: 26520/' odd.yml
run 0 rules test --sources sources.yml --records --event records.jsonl odd.yml && has out '^2: '
ok $? "users add log sources"
echo 'logsource: {product: odd}' >sources.yml
run 2 rules check --sources sources.yml odd.yml && has err "sources.yml:1:1: there is no 'when'"
ok $? "a table that is wrong is told"

# Three odd jobs of one user, out of order.
printf '{"@timestamp":"2026-11-22T10:0%s:00Z","CommandLine":"curl","User":"%s"}\n' 5 eve 1 eve 2 amy 3 eve >jobs.jsonl
run 0 rules test --format jsonl --event jobs.jsonl rules && [ "$(wc -l <out)" = 5 ] &&
    has out '"rule.name":"Many odd jobs",.*"@timestamp":"2026-11-22T10:05:00Z","correlation.first":"2026-11-22T10:01:00Z","correlation.group":{"User":"eve"}}'
ok $? "a correlation fires for its group, in order of time"
sed -i 's/, generate: true//' rules/deep/many.yaml
run 0 rules test --event jobs.jsonl rules && [ "$(grep -c 'for correlations only' out)" = 4 ] && has out '^    User = eve$'
ok $? "rules that only serve it are marked"
echo "1..$number"
