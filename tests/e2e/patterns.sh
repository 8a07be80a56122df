#!/bin/sh
# patterns.sh AKASHI: the table of contents of logs: of files and of a store, as TAP.
set -u
. "$(dirname "$0")/lib.sh"

# Two hosts, four kinds of lines, one of them late.
mkdir logs
for n in 1 2 3 4 5 6 7 8; do
    [ $((n % 2)) = 0 ] && user=root || user=admin
    echo "Nov 20 10:00:0$n web01 sshd[10$n]: Failed password for $user from 192.0.2.$n port 40$n ssh2"
    echo "Nov 20 10:00:1$n web02 sshd[20$n]: Failed password for invalid user $user$user from 192.0.2.$n port 40$n ssh2"
done >logs/auth.log
echo 'Nov 20 11:00:00 web01 kernel: link eth0 up' >>logs/auth.log
echo 'Nov 21 09:00:00 web02 sshd[300]: Accepted password for root from 192.0.2.9 port 409 ssh2' >>logs/auth.log
printf 'plain line of no format\n' >logs/plain.txt

run 0 patterns --year 2026 --format csv logs/auth.log &&
    printf '%s\r\n' 'count,first,last,hosts,host.name' \
        '1,2026-11-21T09:00:00Z,2026-11-21T09:00:00Z,1,web02' \
        '1,2026-11-20T11:00:00Z,2026-11-20T11:00:00Z,1,web01' \
        '8,2026-11-20T10:00:11Z,2026-11-20T10:00:18Z,1,web02' \
        '8,2026-11-20T10:00:01Z,2026-11-20T10:00:08Z,1,web01' >wanted &&
    cut -d, -f1-5 out | sed 's/$/\r/' | cmp -s - wanted
ok $? "each kind of line has its count, times and hosts, the rarest first"
has out ',Failed password for <\*> from <\*> port <\*> ssh2,' &&
    has out ',Failed password for invalid user <\*> from <\*> port <\*> ssh2,' && has out ',link <\*> up,'
ok $? "the template is that of the message, without the header"

run 0 patterns --year 2026 --sort count --limit 1 --json logs/auth.log && [ "$(wc -l <out)" = 1 ] &&
    has out '"count":8,"first":"2026-11-20T10:00:01Z"' && has err '"records":18,.*"patterns":4,"results":1,'
ok $? "they can be sorted and limited, and are summed up"
run 0 patterns --year 2026 --new-since 2026-11-21 logs/auth.log && [ "$(wc -l <out)" = 1 ] && has out Accepted
ok $? "new since a time is what was not there before"
run 0 patterns --year 2026 --from 2026-11-20T11:00:00Z --to 2026-11-21T00:00:00Z logs/auth.log && [ "$(wc -l <out)" = 1 ] &&
    has out eth0
ok $? "a span of time can be asked for"
run 0 patterns --year 2026 --format text --limit 1 logs/auth.log && [ "$(sed -n 1p out)" = '1 line, 2026-11-21T09:00:00Z, web02' ] &&
    [ "$(wc -l <out)" = 3 ]
ok $? "text says the same for people"
run 0 patterns --year 2026 --format table --sort count logs/auth.log && has out '^count  first' && has out '^    8  2026-11-20'
ok $? "so does a table"

run 0 patterns --year 2026 --assign logs && [ "$(wc -l <out)" = 19 ] &&
    [ "$(sed -n 's/.*"akashi.record":3,.*auth.log","pattern.id":"\([0-9a-f]\{16\}\)".*/\1/p' out)" = \
      "$(sed -n 's/.*"akashi.record":1,.*auth.log","pattern.id":"\([0-9a-f]\{16\}\)".*/\1/p' out)" ] &&
    has out '{"akashi.record":1,"file.path":"logs/plain.txt","pattern.id":"[0-9a-f]*","pattern.template":"plain line of no format"}'
ok $? "each record is told its pattern"
cp out first
run 0 patterns --year 2026 --assign --format csv logs && [ "$(wc -l <out)" = 20 ] && has out '^file.path,akashi.record,pattern.id,'
ok $? "as CSV, too"
run 0 patterns --year 2026 logs/auth.log &&
    for id in $(sed -n 's/.*"pattern.id":"\([0-9a-f]*\)".*/\1/p' out); do grep -q "$id" first || exit 1; done
ok $? "ids are the same in another run"
run 2 patterns --assign - </dev/null && has err 'cannot read standard input'
ok $? "what is read twice must be there twice"
printf 'door 5 opened\ndoor 6 opened\n' | "$akashi" patterns - >out 2>err; has out '"count":2,.*door <\*> opened'
ok $? "standard input is read"

run 0 ingest --year 2026 logs && run 0 patterns --format csv && [ "$(wc -l <out)" = 6 ] && has out '^8,2026-11-20T10:00:01Z'
ok $? "a store has the same patterns"
run 0 patterns --assign && [ "$(wc -l <out)" = 19 ] && has out '"akashi.tree":"default","akashi.index":0,"pattern.id"'
ok $? "and its records are told theirs"
run 0 search 'Failed | patterns count' --format csv && [ "$(wc -l <out)" = 3 ] && has out '^8,.*,1,web01,'
ok $? "as a pipe they are those of the records that match"
run 0 patterns --purpose 'look around' --format csv && run 0 info --audit && has out 'patterns'
ok $? "with a purpose it is written down"

run 2 patterns --store akashi-data logs && has err 'both --store and files'; ok $? "a store and files are too much"
run 2 patterns --format raw logs && has err 'text, table, jsonl or csv'; ok $? "a wrong format is told"
run 2 patterns --assign --format table logs && has err 'jsonl or csv'; ok $? "also with --assign"
run 2 patterns --sort best logs && has err 'rare, count, first or last'; ok $? "a wrong order is told"
run 2 patterns --from 2026-11-22 --to 2026-11-21 logs && has err 'later than --to'; ok $? "and a wrong span"
run 3 patterns logs missing.log && has err 'missing.log' && [ -s out ]; ok $? "a file that is not there is a problem, the rest is done"
: >logs/empty.log
run 0 patterns logs/empty.log && [ ! -s out ]; ok $? "nothing has no patterns"
echo "1..$number"
