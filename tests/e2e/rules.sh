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
run 2 rules odd rules && has err 'check, list, explain or test'
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
echo "1..$number"
