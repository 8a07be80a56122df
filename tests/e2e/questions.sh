#!/bin/sh
# questions.sh AKASHI: questions whose answers are known, asked of the real binary, as TAP: what a
# careful reader of docs/query.md would try.
set -u
. "$(dirname "$0")/lib.sh"

counts() { # counts NUMBER QUERY [OPTION...]
    count=$1
    query=$2
    shift 2
    run 0 search --count "$@" "$query" || return 1
    [ "$(cat out)" = "$count" ] || echo "# $query: $(cat out), wanted $count"
    [ "$(cat out)" = "$count" ]
}

# A line every half hour around the beginning of summer time in Berlin (2026-03-29T01:00Z).
mkdir logs
for day in 28 29 30; do
    for hour in 00 01 02 03 20 21 22 23; do
        echo "{\"time\":\"2026-03-${day}T$hour:30:00Z\",\"n\":${hour#0}}"
    done
done >logs/hours.json
run 0 ingest logs/hours.json; ok $? "hours are taken"

counts 8 '@timestamp:2026-03-29' && counts 8 '@timestamp:2026-03-28 OR @timestamp:2026-03-27'
ok $? "days are days of UTC"
# Berlin's 28th is 27T23Z to 28T23Z, its 29th 28T23Z to 29T22Z, its 30th 29T22Z to 30T22Z.
counts 7 '@timestamp:2026-03-28' --display-tz Europe/Berlin &&
    counts 7 '@timestamp:2026-03-29' --display-tz Europe/Berlin &&
    counts 8 '@timestamp:2026-03-30' --display-tz Europe/Berlin &&
    counts 17 '@timestamp:>=2026-03-29' --display-tz Europe/Berlin &&
    counts 10 '@timestamp:>2026-03-29' --display-tz Europe/Berlin &&
    counts 14 '@timestamp:[2026-03-28 TO 2026-03-29]' --display-tz Europe/Berlin
ok $? "days have the offset of their date"
counts 17 '*' --from 2026-03-29 --display-tz Europe/Berlin; ok $? "as --from has"
run 0 search --format csv --display-tz Europe/Berlin '* | timechart span=1d' &&
    printf '%s\r\n' @timestamp,count 2026-03-28T00:00:00+01:00,7 2026-03-29T00:00:00+01:00,7 \
        2026-03-30T00:00:00+02:00,8 2026-03-31T00:00:00+02:00,2 | cmp -s - out
ok $? "and so have the days of timechart"

run 2 search --from 2026-03-30 --to 2026-03-29 '*' && has err 'later than --to'; ok $? "--from behind --to is a slip"
run 0 search --format csv --display-tz Europe/Berlin '* | stats min(@timestamp) as a, max(@timestamp) as b' &&
    has out '^2026-03-28T01:30:00+01:00,2026-03-31T01:30:00+02:00'
ok $? "times in tables are in the zone that was asked for"

counts 12 'n:>=20' && counts 12 'n:[20 TO 23]'; ok $? "numbers are compared"
run 2 search 'n:>=abc' && has err 'abc.*not a number' && has err '    \^\^\^$' && has err 'quotes'
ok $? "a bound that is nothing comparable is shown"
run 2 search 'n:[23 TO 20]' && has err 'ends before it begins'; ok $? "a range that ends before it begins, too"
counts 0 'n:>="abc"'; ok $? "in quotes it is compared with texts"

run 2 search '-n:*' && has err "behind --" && run 0 search --count -- '-n:*' && [ "$(cat out)" = 0 ]
ok $? "a query that begins with a dash stands behind --"
long=$(printf 'many%.0s ' $(seq 2000))
run 2 search "$long n:>=abc $long" && [ "$(wc -c <err)" -lt 700 ] && has err '^  ….*n:>=abc many.*…$' &&
    [ "$(sed -n '2s/abc.*//p' err | LC_ALL=C.UTF-8 wc -m)" -eq "$(sed -n '3s/\^.*//p' err | LC_ALL=C.UTF-8 wc -m)" ]
ok $? "of a long query an error shows what is around its place"
run 2 search "$(printf '(%.0s' $(seq 200))" && has err 'nested deeper' && run 2 search "$(printf 'many %.0s' $(seq 20000))" && has err longer
ok $? "one that is too deep or too long is wrong"
counts 24 '* | where n !~ /x/' && counts 0 '* | where nothing !~ /x/' && counts 24 '* | where not nothing =~ /x/'
ok $? "what is absent makes every comparison false"

python3 - >logs/wide.json <<'PYTHON'
import json
print(json.dumps({"k%04d" % i: i for i in range(1024)}))
print(json.dumps({"k%04d" % i: i for i in range(1200)}))
PYTHON
run 0 parse --json logs/wide.json && has err '"records_fields_left_out":1[,}]' &&
    [ "$(grep -c '"akashi.flags":\["fields_left_out"\]' out)" = 1 ]
ok $? "a record with more fields than are kept says so"
run 0 ingest logs/wide.json && has err '1 record has more fields than are kept'; ok $? "ingest counts it"
counts 1 'akashi.flags:fields_left_out' && counts 1 'akashi.flags:fields_left_out k1199' &&
    counts 0 'k1199:1199' && counts 1 'k1023:1023 -akashi.flags:*'
ok $? "a search finds the flag, and the text has what the fields have not"
run 0 search --format text 'akashi.flags:fields_left_out' && has out '(fields left out)'; ok $? "people see it"

cp logs/hours.json logs/second.json
run 0 ingest --json logs/second.json && has err '"files_known":1'; ok $? "a copy is known"
run 0 info && has out 'second.json = .*hours.json$'; ok $? "info says under which name"
counts 0 'file.path:*second.json' && has err 'second.json has the same bytes as .*hours.json'
ok $? "and a search for the copy's name does"
counts 24 'file.path:*.json n:*' && [ ! -s err ]; ok $? "a search that finds them under the other name does not"
mkdir void && : >void/a.log && run 0 ingest void && : >void/b.log && run 0 ingest void && run 0 info && ! has out 'void/.* = ' &&
    counts 0 'file.path:*void*' && [ ! -s err ]
ok $? "of empty files nobody says that they are the same"

printf '{"a":"\\u001b[2Jx","n":"1"}\n' >logs/escape.json
run 0 ingest logs/escape.json
run 0 search --format csv 'file.path:*escape.json | fields a, n' &&
    printf 'a,n\r\n"\033[2Jx",1\r\n' | cmp -s - out
ok $? "CSV keeps control characters in quotation marks"
run 0 search --count --format csv 'file.path:*escape.json' && printf 'count\r\n1\r\n' | cmp -s - out
ok $? "a count as CSV ends its lines alike"

echo "1..$number"
