#!/bin/sh
# rules_reach.sh AKASHI: which rules can fire on what a store has, and why others cannot, as TAP.
set -u
samples=$(realpath "$2")
. "$(dirname "$0")/lib.sh"

event() { # event TIME CHANNEL PROVIDER EVENT_ID DATA
    printf '{"@timestamp":"%s","winlog.channel":"%s","winlog.event_id":%s,"winlog.provider_name":"%s","winlog.computer_name":"pc1","winlog.event_data":{%s}}\n' \
        "$1" "$2" "$4" "$3" "$5"
}
rule() { # rule TITLE LEVEL TAG LOGSOURCE SELECTION
    printf 'title: %s\nid: 6f0c2c3e-2d2e-4d0e-8a44-00000000000%s\nlevel: %s\ntags: [%s]\nlogsource: {%s}\ndetection: {s: {%s}, condition: s}\n---\n' \
        "$1" "$number_of_rule" "$2" "$3" "$4" "$5" >>rules/all.yml
    number_of_rule=$((number_of_rule + 1))
}
mkdir rules logs
number_of_rule=0
rule 'Logon by network' high 'attack.t1078, attack.initial-access' 'product: windows, service: security' 'EventID: 4624, LogonType: 3'
rule 'Log is cleared' critical 'attack.t1070.001, attack.defense-evasion' 'product: windows, service: security' 'EventID: 1102'
rule 'Odd field' low 'attack.t1078, attack.persistence' 'product: windows, service: security' 'EventID: 4624, OddField: x'
rule 'Never a number' low 'attack.t1021.001, attack.lateral-movement' 'product: windows, service: security' 'EventID: 4624, TargetUserName|gt: 5'
rule 'Old service' medium 'attack.t1543.003, attack.persistence' 'product: windows, service: system' 'EventID: 7045, ServiceName|contains: x'
rule 'Web shell' high 'attack.t1505.003, attack.persistence' 'category: webserver' 'cs-uri-query|contains: cmd'
rule 'No such source' low 'attack.t1498' 'product: nobody, service: knows' 'A: b'
cat >>rules/all.yml <<'END'
title: Logon, then cleared
correlation: {type: temporal, rules: [6f0c2c3e-2d2e-4d0e-8a44-000000000000, 6f0c2c3e-2d2e-4d0e-8a44-000000000001], timespan: 5m, generate: true}
END
{
    event 2026-11-01T10:00:00Z System 'Service Control Manager' 7045 '"ServiceName":"abc"'
    event 2026-11-22T10:00:00Z Security Microsoft-Windows-Security-Auditing 4624 '"LogonType":"2","TargetUserName":"eve"'
    event 2026-11-22T10:01:00Z Security Microsoft-Windows-Security-Auditing 4624 '"LogonType":"3","TargetUserName":"bob"'
} >logs/a.json
run 0 ingest --store st logs
ok $? "records are taken in"

answer() { # answer TITLE WANTED: a piece of the rule's line
    grep -F "\"rule.name\":\"$1\"" out | grep -qF -e "$2"
}
run 0 rules check --store st rules && [ "$(wc -l <out)" = 8 ] &&
    answer 'Logon by network' '"can_fire":true,"reason":null,"detail":"","records":2,"first":"2026-11-22T10:00:00Z","last":"2026-11-22T10:01:00Z"}'
ok $? "a rule that can fire is told, with how many records it could fire on, and when; in a pipe as JSON"
answer 'Log is cleared' '"can_fire":false,"reason":"value_absent","detail":"EventID 1102","records":2,' &&
    answer 'Odd field' '"reason":"field_absent","detail":"OddField"' &&
    answer 'Never a number' '"reason":"value_shape","detail":"TargetUserName as a number"' &&
    answer 'Old service' '"reason":"source_silent","detail":"","records":1,"first":"2026-11-01T10:00:00Z"' &&
    answer 'Web shell' '"reason":"source_absent"' && answer 'No such source' '"reason":"source_unknown"'
ok $? "each reason is told, with what is missing"
answer 'Logon, then cleared' '"type":"correlation"' &&
    answer 'Logon, then cleared' '"reason":"rules_cannot","detail":"6f0c2c3e-2d2e-4d0e-8a44-000000000001"'
ok $? "a correlation needs rules that can fire"
has err '^of 3 records: 1 can fire, 1 source is silent, 1 source not mapped, 1 source never seen, 1 value never seen, 1 field never seen, 1 never such a value, 1 its rules cannot$'
ok $? "the summary has numbers by reason"
run 0 rules check --store st --json rules && has err '"records":3,"reasons":{"can_fire":1,"source_silent":1,'
ok $? "the same as JSON"
run 0 rules check --store st --format text rules && [ "$(wc -L <out)" -le 80 ] && has out '^Value never seen: 1$' &&
    has out '^  critical *Log is cleared  *EventID 1102$' && has out 'since 2026-11-01 10:00$' && has out 'last 2026-11-22 10:01$'
ok $? "the table fits the terminal"
run 0 rules check --store st --silent 1000d rules && answer 'Old service' '"can_fire":true' &&
    run 0 rules check --store st --to 2026-11-02 rules && answer 'Logon by network' '"reason":"source_absent"' && answer 'Old service' '"can_fire":true'
ok $? "what is silent, and which times count, may be said"
run 0 rules check --store st && has err '^akashi: 170 rules\|^akashi: [0-9]* rules, [0-9]* correlations' && [ "$(wc -l <out)" -gt 100 ]
ok $? "without rules those that akashi is shipped with are asked"
run 3 rules check --store nowhere rules && has err nowhere && run 2 rules check --store st --silent soon rules && run 2 rules check --store st --from x rules
ok $? "a store that is not there and wrong options are told"

technique() { # technique ID WANTED
    grep -F "\"threat.technique.id\":\"$1\"" out | grep -qF -e "$2"
}
run 0 rules coverage --store st rules && [ "$(wc -l <out)" = 6 ] &&
    technique T1078 '"threat.tactic.name":["initial-access","persistence"],"rules":2,"rules_can_fire":1,"cannot":["Odd field: field never seen (OddField)"],"first":"2026-11-22T10:00:00Z","last":"2026-11-22T10:01:00Z"}' &&
    technique T1070.001 '"rules":1,"rules_can_fire":0,"cannot":["Log is cleared: value never seen (EventID 1102)"]}' &&
    has err '^of 6 techniques 1 have a rule that can fire$'
ok $? "coverage is told by technique, with what is missing"
run 0 rules coverage --store st --format text rules && [ "$(wc -L <out)" -le 80 ] && has out '^T1078 *2 *1  2026-11-22 10:01  -  *initial-access' &&
    has out '^T1543.003 *1 *0  -  *-  *persistence$' && run 0 rules coverage --format text rules && has out '^T1078  *2  initial-access, persistence$'
ok $? "as a table, with a store and without"
cat >layer.py <<'END'
import json, sys
layer = json.load(open(sys.argv[1]))
assert isinstance(layer["name"], str) and layer["domain"] == "enterprise-attack"
assert layer["versions"] == {"navigator": "4.9.0", "layer": "4.5"}
assert layer["gradient"]["maxValue"] > layer["gradient"]["minValue"] and len(layer["gradient"]["colors"]) >= 2
assert all(set(item) == {"label", "color"} for item in layer["legendItems"])
known = {"techniqueID", "tactic", "comment", "enabled", "score", "color", "metadata", "links", "showSubtechniques"}
for technique in layer["techniques"]:
    assert set(technique) <= known and isinstance(technique["score"], int) and isinstance(technique["comment"], str)
    print(technique["techniqueID"], technique["score"])
assert set(layer) <= {"versions", "name", "description", "domain", "customDataURL", "filters", "sorting", "layout", "hideDisabled", "techniques", "gradient",
                      "legendItems", "showTacticRowBackground", "tacticRowBackground", "selectTechniquesAcrossTactics", "selectSubtechniquesWithParent",
                      "selectVisibleTechniques", "metadata", "links"}
END
run 0 rules coverage --store st --format navigator -o layer.json rules && python3 layer.py layer.json >out && has out '^T1078 1$' && has out '^T1070.001 0$' && [ "$(wc -l <out)" = 6 ] &&
    run 0 rules coverage --format navigator -o layer.json rules && python3 layer.py layer.json >out && has out '^T1078 2$'
ok $? "and as a layer for ATT&CK Navigator, with what its format 4.5 wants"
run 0 rules coverage --store st --to 2026-11-02 rules && technique T1543.003 '"rules_can_fire":1' && technique T1078 '"rules_can_fire":0' && run 2 rules check --format navigator rules
ok $? "coverage is that of the time that is asked for"

! grep -q last_fired out && run 0 hunt --store st --rules rules && run 0 rules coverage --store st rules && technique T1078 '"last_fired":"2026-11-22T10:01:00Z"' &&
    ! technique T1543.003 last_fired && run 0 rules check --store st rules && answer 'Logon by network' '"last_fired":"2026-11-22T10:01:00Z"' && ! answer 'Odd field' last_fired &&
    run 0 rules coverage --store st --format text rules && [ "$(wc -L <out)" -le 80 ] && has out '^T1078 *2 *1  2026-11-22 10:01  2026-11-22 10:01  initial' &&
    run 0 rules coverage --store st --to 2026-11-22 rules && ! has out last_fired
ok $? "when a rule fired last is known from the alerts of hunts"

# Whatever fires can fire: a rule of the shipped ones that finds something in the sample is never said to be unable.
run 0 ingest --store sample --year 2026 "$samples" && run 0 hunt --store sample --format jsonl && grep -o '"rule.id":"[^"]*"' out | sort -u >fired &&
    [ -s fired ] && run 0 rules check --store sample --silent 100000d --format jsonl && grep '"can_fire":true' out | grep -o '"rule.id":"[^"]*"' | sort -u >can &&
    [ -z "$(comm -23 fired can)" ] && grep -q '"can_fire":false' out
ok $? "no rule that finds something is said to be unable to"
echo "1..$number"
