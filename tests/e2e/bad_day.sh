#!/bin/sh
# bad_day.sh AKASHI: what goes wrong around a user, end to end, as TAP (lib.sh).
set -u
. "$(dirname "$0")/lib.sh"

mkdir here && printf 'one\ntwo\n' >here/x.log && cd here || exit 1
run 0 ingest --json . && has err '"records":2[,}]'; ok $? "the store is not read when it lies in the folder"
run 0 ingest --json . && has err '"records":0[,}]'; ok $? "nor by the next run"
run 3 ingest akashi-data x.log && has err 'is the store itself'; ok $? "a store that is named itself is refused"
run 0 parse . && has out two && ! has out akashi-data; ok $? "parse does not print the key of the store here"
cd .. || exit 1

run 3 parse --json here/x.log nowhere.log && tail -n 1 err | grep -q '^{"akashi.schema"'
ok $? "the summary is the last line, behind the problems"
: >empty && run 0 parse --json empty && tail -n 1 err | grep -q '^{"akashi.schema"'
ok $? "and behind the note that there were no records"
if [ -w /dev/full ]; then
    "$akashi" parse here/x.log >/dev/full 2>err
    [ $? -eq 3 ] && has err 'no space'; ok $? "parse says that its output could not be written"
    run 0 ingest --store full here/x.log && run 0 search --store full --count two || exit 1
    "$akashi" search --store full '*' >/dev/full 2>err
    [ $? -eq 3 ] && has err 'cannot write the output: no space'; ok $? "and so does search"
else
    skip "no /dev/full here" "parse and search say that their output could not be written"
fi

mkdir -p sealed && printf 'one\ntwo\n' >sealed/x.log
run 0 ingest --store s sealed && run 0 verify --store s && rm s/tree/default/checkpoint* &&
    run 1 verify --json --store s && has out 'NOT INTACT' && has out 'knows 1 checkpoints, the journal has 0' &&
    has err '"intact":false'
ok $? "a store whose checkpoints were all removed is not called intact"
rm -r s/tree && run 1 verify --store s && has out 'NOT INTACT'; ok $? "nor one without its tree"

run 0 ingest --store gone sealed && rm gone/segments/default/*.seg && run 3 search --json --store gone one &&
    has err 'are missing' && tail -n 1 err | grep -q '^{.*"leaves_missing":5'
ok $? "searching a store whose segment was removed says that records are missing"
run 0 info --store gone && has out MISSING; ok $? "so does info"
run 2 search --store nowhere --order sideways x && has err '\-\-order' &&
    run 2 search --store nowhere 'a OR' && has err '\^'
ok $? "a wrong question is wrong without a store too"

mkdir take && printf 'one\ntwo\n' >take/x.log && run 0 ingest --store kept take && run 0 info --store kept --gaps &&
    has out 'no gaps' && run 0 info --store gone --gaps && has out 'missing from default: 5 leaves'
ok $? "info tells what is missing, and when nothing is"
run 0 info --store kept --json && tail -n 1 err | python3 -c 'import json, sys
info = json.load(sys.stdin)
sys.exit((info["records"], info["files"][0]["records"], info["files"][0]["done"]) != (2, 2, True))'
ok $? "and programs can read it"
run 3 export --store kept --original no.log && has err 'info --files lists them' &&
    run 3 export --store kept --original x.log && has err 'did you mean .*/take/x.log' &&
    run 3 export --store kept --original take/x.log -o nowhere/x && has err nowhere/x
ok $? "a file that is not there, or cannot be written, is answered with a way out"
run 2 export --store kept && run 2 export --store kept --proof 7 -o p && has err TREE:INDEX &&
    run 2 export --store kept --proof default:0 && has err '-o' &&
    run 3 export --store kept --proof default:9999 -o p && has err checkpoint && [ ! -e p ]
ok $? "a proof that cannot be given leaves nothing behind"
printf 'other\n' >take/x.log && run 0 ingest --store kept take && run 0 export --store kept --original take/x.log -o back &&
    has err 'files had this path' && cmp -s back take/x.log &&
    run 0 export --store kept --original "$work/take/x.log@0" -o back && printf 'one\ntwo\n' | cmp -s back
ok $? "of two files with one path the newest comes back, and the other by its number"
run 0 search --store kept --format csv --order index 'one OR other' && [ "$(wc -l <out)" = 3 ] &&
    [ "$(head -n 1 out | tr -d '\r')" = '@timestamp,host.name,process.name,message,file.path,akashi.record' ] &&
    has out ',,,one,.*/take/x.log,1' && has out ',,,other,.*/take/x.log,1'
ok $? "records come as CSV"
for segment in kept/segments/default/*.seg; do
    printf '\125\252\125\252' | dd of="$segment" bs=1 seek=200 conv=notrunc 2>/dev/null
done
run 3 search --store kept --json --format raw '*' && has err damaged; ok $? "a search over damage says so"

mkdir odd && odd=$(printf 'odd/a\tb\nc\\.log') && echo line >"$odd"
run 0 ingest --store odd-store --ack ledger odd && [ "$(wc -l <ledger)" -eq 1 ] && grep -qF 'a\tb\nc\\.log' ledger &&
    [ "$(awk -F '\t' '{ print NF }' ledger)" = 4 ]
ok $? "a file name cannot forge a line of the ledger"

mkfifo feed
"$akashi" ingest --store cut --ack cut.ack --source feed - <feed 2>err &
reader=$!
exec 9>feed
echo 'received before the end' >&9
for wait in 1 2 3 4 5 6 7 8 9 10; do
    [ -s cut.ack ] && break
    sleep 0.5
done
kill -9 $reader
wait $reader 2>/dev/null
exec 9>&-
run 0 search --store cut --count received && has err 'are not searched'
ok $? "a search says that a log waits, which it does not see"
run 0 ingest --store cut --source none - </dev/null && run 0 search --store cut --count received &&
    [ "$(cat out)" = 1 ] && ! has err 'are not searched'
ok $? "until the next ingest has taken it over"

echo 0 >grow.log
run 0 ingest --store busy grow.log
for line in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    echo $line >>grow.log
    "$akashi" ingest --store busy grow.log 2>/dev/null
done &
writer=$!
alarms=0
looks=0
while kill -0 $writer 2>/dev/null; do
    run 0 verify --store busy || alarms=$((alarms + 1))
    looks=$((looks + 1))
done
wait $writer
[ $alarms -eq 0 ] && [ $looks -gt 1 ] && run 0 search --store busy --count '*' && [ "$(cat out)" = 21 ]
ok $? "verifying while others write raises no false alarm"

if [ -e /usr/share/zoneinfo/America/New_York ]; then
    mkdir ny && printf 'Nov  1 00:30:00 h p: after midnight\n' >ny/x.log
    run 0 ingest --store dst --tz America/New_York --year 2026 ny &&
        run 0 search --store dst --count --display-tz America/New_York --from 2026-11-01 --to 2026-11-02 midnight &&
        [ "$(cat out)" = 1 ] &&
        run 0 search --store dst --count --display-tz America/New_York --from 2026-11-01T00:30:00 midnight &&
        [ "$(cat out)" = 1 ]
    ok $? "a time on the day the clocks change is read with the offset of that time"
else
    skip "no time zones here" "a time on the day the clocks change is read with the offset of that time"
fi

echo "1..$number"
