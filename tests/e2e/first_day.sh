#!/bin/sh
# first_day.sh AKASHI: what a new user does on the first day, end to end, as TAP (lib.sh).
set -u
. "$(dirname "$0")/lib.sh"

mkdir logs
cat >logs/auth.log <<'LOG'
Nov 21 03:12:07 web01 sshd[812]: Failed password for root from 203.0.113.9 port 4711 ssh2
Nov 21 03:12:09 web01 sshd[812]: Failed password for invalid user admin from 203.0.113.9 port 4712 ssh2
Nov 21 03:12:30 web01 sshd[815]: Accepted password for deploy from 203.0.113.9 port 4720 ssh2
LOG
cat >logs/access.log <<'LOG'
203.0.113.9 - - [21/Nov/2026:03:10:00 +0000] "GET /admin.php HTTP/1.1" 404 153 "-" "curl/8.0"
198.51.100.7 - - [21/Nov/2026:03:10:05 +0000] "GET / HTTP/1.1" 200 5120 "-" "Mozilla/5.0"
LOG
printf '{"time":"2026-11-21T03:13:00Z","level":"warn","user":{"name":"deploy"},"msg":"sudo used"}\n' >logs/app.json
printf 'no final newline \377\0 here' >logs/odd.bin
: >logs/empty.log
sed s/web01/web02/ logs/auth.log | gzip -c >logs/old.log.gz

run 0 --version && has out '^akashi [0-9]'; ok $? "the version is told"
run 0 help && has out ingest; ok $? "help lists the commands"
run 0 search --help && has out -- '--limit'; ok $? "a command's help lists its options"
run 0 help query && has out stats; ok $? "the query language has a page"
run 2 serch x && has err 'did you mean'; ok $? "a wrong command is answered with the nearest"
run 2 search --lmit 3 x && has err '--limit'; ok $? "a wrong option is answered with the nearest"
run 3 search x && has err akashi-data; ok $? "searching without a store says what to do"

run 0 parse --year 2026 logs/auth.log && [ "$(wc -l <out)" -eq 3 ] && has out '"host.name":"web01"' &&
    has out '"@timestamp":"2026-11-21T03:12:07Z"'
ok $? "parse prints one object per record"

run 0 ingest --json --ack ack.txt --year 2026 logs && has err '"records":10' && has ack.txt auth.log
ok $? "a folder is taken in, with the ledger of durable pieces"
run 0 ingest --json --year 2026 logs && has err '"records":0'
ok $? "the same folder again adds nothing"
run 0 search --count 'file.path:*auth.log "Failed password"' && [ "$(cat out)" = 2 ]
ok $? "a phrase is counted"
run 0 search --format raw 'deploy' && [ "$(wc -l <out)" -eq 3 ]
ok $? "a word is found across formats"
run 0 search --format csv 'Failed | stats count() as n by host.name' && has out "web01,2" && has out "web02,2"
ok $? "statistics come as CSV"
run 0 search --format jsonl 'http.response.status_code:>=400' && [ "$(wc -l <out)" -eq 1 ] &&
    has out '"source.ip":"203.0.113.9"'
ok $? "a field is compared as a number"
run 2 search 'host.name:(a OR' && has err '\^'
ok $? "a wrong query points at the place"

for file in auth.log access.log app.json odd.bin empty.log old.log.gz; do
    run 0 export --original "$work/logs/$file" -o back || run 0 export --original "logs/$file" -o back
    cmp -s back "logs/$file"
    ok $? "$file comes back to the byte"
done
run 0 search --format raw --order index 'file.path:*auth.log' && cmp -s out logs/auth.log
ok $? "raw output in index order is the file again"

echo 'Nov 21 03:15:00 web01 sudo: deploy : TTY=pts/0 ; COMMAND=/bin/sh' >>logs/auth.log
run 0 ingest --json --year 2026 logs/auth.log && has err '"records":1[,}]'
ok $? "a file that has grown goes on where it was left"
echo 'hello from a pipe' | run 0 ingest --json --source pipe - && has err '"records":1[,}]'
ok $? "standard input is taken through the log"
run 0 search --count 'hello' && [ "$(cat out)" = 1 ]; ok $? "and found"
[ -d akashi-data ] && [ -d akashi-data/log ] && [ -z "$(find akashi-data -name '*.wal' -size +0)" ]; ok $? "the log is empty afterwards"

printf '[{"pipe":1},{"pipe":2}]' | run 0 ingest --json --source array - && has err '"records":2[,}]'
ok $? "a JSON array on standard input is kept as an object with records"
sed s/web01/web09/ logs/auth.log | gzip -c | run 0 ingest --json --source zipped - && has err '"records":4[,}]'
ok $? "so is what is compressed"
gzip -c logs/access.log >again.log.gz && run 0 ingest --json again.log.gz && has err '"records":0' && has err '"files_known":1'
ok $? "a compressed copy of what is there is not taken twice"
run 0 info && has out records; ok $? "info tells what is there"
run 0 verify --json && has err '"intact":true'; ok $? "the store verifies"
cp akashi-data/tree/default/checkpoint outside 2>/dev/null
run 0 verify --against outside; ok $? "it agrees with a checkpoint kept outside"
echo 'no checkpoint' >wrong && run 2 verify --against wrong && has err 'is none' && : >wrong && run 2 verify --against wrong &&
    has err 'is empty'
ok $? "a file that is no checkpoint is a wrong question, and no damage"
index=$("$akashi" search --format jsonl 'Accepted' 2>/dev/null | head -1 | sed 's/.*"akashi.index":\([0-9]*\).*/\1/')
run 0 export --proof "default:$index" -o proof && sh proof/verify-proof.sh proof >out 2>err
ok $? "one record is proved by a script with openssl and sha256sum"
python3 proof/verify-proof.py proof >out 2>err; ok $? "and by one with nothing but python"
printf 'x' >>proof/record.body
[ -f proof/verify-proof.sh ] && ! sh proof/verify-proof.sh proof >out 2>err; ok $? "a changed record is refused by that script"
! python3 proof/verify-proof.py proof >out 2>err && has out 'NOT PROVED'; ok $? "and by the other"

echo 'Nov 22 12:00:00 web01 sshd[7]: later' >later.log
run 0 ingest later.log && run 0 export --consistency outside -o growth && sh growth/verify-proof.sh growth >out 2>err &&
    has out 'PROVED: the tree of'
ok $? "today's checkpoint is proved to go on from the one kept outside"
python3 growth/verify-proof.py growth >out 2>err; ok $? "by both scripts"
foreign() { # both judge a line of somebody else, whose name has this byte
    rm -rf foreign && cp -r growth foreign
    for file in checkpoint consistency; do printf "— wit$1ness AAAAAAA=\n" >>"foreign/$file"; done
    sh foreign/verify-proof.sh foreign >out 2>err && python3 foreign/verify-proof.py foreign >out 2>err && return 0
    ! sh foreign/verify-proof.sh foreign >out 2>err && ! python3 foreign/verify-proof.py foreign >out 2>err && return 1
    return 2
}
foreign '\055' && foreign '\177' # as in C2SP and Go: of control characters only those below 0x20 are refused
ok $? "a line of a witness may stand beside the log's own"
for byte in 037 040 053 200; do
    foreign "\\$byte"
    [ $? = 1 ]
    ok $? "but not one whose name has the byte $byte (octal)"
done
sed -i '2s/./=/' growth/consistency
! sh growth/verify-proof.sh growth >out 2>err && ! python3 growth/verify-proof.py growth >out 2>err && has out 'NOT PROVED'
ok $? "a changed way is refused by both"
run 2 export --consistency wrong -o growth2 && has err 'is empty' && run 3 export --consistency nowhere -o growth2 &&
    has err nowhere && run 2 export --consistency outside && has err 'wants -o DIR' && [ ! -e growth2 ]
ok $? "what is no checkpoint, is not there, or has no folder to go to is told"
run 2 export --consistency . -o growth2 && has err 'is a folder' && run 2 export --consistency '' -o growth2 &&
    run 2 export --consistency outside -o '' && has err 'wants -o DIR'
ok $? "so are a folder and names that are empty"
! sh growth/verify-proof.sh growth '' >out 2>err && ! python3 growth/verify-proof.py growth '' >out 2>err
ok $? "a key that is named but empty is not taken for none"

segment=$(find akashi-data/segments -name '*.seg' | head -1)
cp "$segment" keep.seg
printf '\125' | dd of="$segment" bs=1 seek=300 conv=notrunc 2>/dev/null
cmp -s "$segment" keep.seg && printf '\252' | dd of="$segment" bs=1 seek=300 conv=notrunc 2>/dev/null
run 1 verify && has out DAMAGED; ok $? "one changed byte is found and named"
cp keep.seg "$segment"
rm -f "$segment" && run 1 verify; ok $? "a removed segment is found"
cp keep.seg "$segment" && run 0 verify; ok $? "put back, all is well"

echo '2026-11-22T10:00:00Z h p: first line' >grows.log
"$akashi" ingest --follow grows.log >out 2>err &
follower=$!
sleep 1
echo '2026-11-22T10:00:01Z h p: second line' >>grows.log
for wait in 1 2 3 4 5 6 7 8 9 10; do
    [ "$("$akashi" search --count '"second line"' 2>/dev/null)" = 1 ] && break
    sleep 1
done
kill -INT $follower
wait $follower
status=$?
[ "$status" -eq 130 ] && [ "$("$akashi" search --count 'file.path:*grows.log')" = 2 ]
ok $? "a followed file is taken as it grows, until Ctrl-C"

run 0 completion bash && bash -n out && bash -c '. ./out; COMP_WORDS=(akashi sea); COMP_CWORD=1; _akashi; [ "${COMPREPLY[0]}" = search ]'
ok $? "bash completes commands"
run 2 parse --format nosuch logs && has err rfc3164; ok $? "a wrong format is answered with the list"
run 3 parse logs nowhere.log && has err nowhere.log && [ "$(wc -l <out)" -gt 5 ]
ok $? "a missing file is reported and the rest is read"
run 3 ingest --store /proc/nowhere logs/auth.log && [ -s err ]; ok $? "a store that cannot be made says why"
run 2 search --from tomorrow x && has err 'not a time'; ok $? "a wrong time is explained"
seq 200000 >many.log && run 0 ingest --store many many.log && { # more than a pipe holds
    "$akashi" search --store many --format raw --order index '*' 2>err
    echo $? >status
} | head -1 >out
[ "$(cat out)" = 1 ] && [ ! -s err ] && [ "$(cat status)" = 0 ]
ok $? "a reader that goes away is a silent end"

echo "1..$number"
