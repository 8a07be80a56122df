#!/bin/sh
# rough_ground.sh AKASHI: odd shells, limits and terminals around the program, and what scripts rely on
# when it fails, end to end, as TAP. Each check runs the real binary on a real folder.
set -u
. "$(dirname "$0")/lib.sh"

last_is_json() { tail -n 1 err | grep -q '^{"akashi.schema":1,.*}$'; }
keeps() { # keeps STORE FILE: what FILE holds comes back, and the store is whole
    "$akashi" verify --store "$1" >out 2>err && "$akashi" export --store "$1" --original "$2" -o back 2>err && cmp -s back "$2"
}

mkdir logs && printf 'one\ntwo\n' >logs/x.log
"$akashi" ingest --store shut logs 2>&- && keeps shut logs/x.log && [ ! -s shut/lock ]
ok $? "a closed standard error does not end up in a file of the store"
"$akashi" ingest --store shut2 logs <&- >&- 2>&- && keeps shut2 logs/x.log && [ ! -s shut2/lock ]
ok $? "nor do all three"
"$akashi" info --store shut 2>err >&-
[ $? -eq 3 ] && has err 'standard output' && "$akashi" search --store shut one 2>err >&-
[ $? -eq 3 ]; ok $? "results that go nowhere are a failure"
(
    ulimit -f 1
    "$akashi" ingest --store small logs >out 2>err
)
[ $? -eq 3 ] && has err 'no space left' && run 0 ingest --store small logs && keeps small logs/x.log
ok $? "a limit on the size of files is told like a full disk"

fails_in_json() { # fails_in_json STATUS ARGS...
    run "$@" --json && last_is_json && has err '"error":"'
}
fails_in_json 3 search --store nowhere x && fails_in_json 2 search --store shut 'a OR' &&
    fails_in_json 3 search --store shut --timeout 0 x && fails_in_json 3 info --store nowhere &&
    fails_in_json 3 verify --store nowhere && fails_in_json 3 export --store shut --original nowhere &&
    fails_in_json 2 export --proof x -o p && fails_in_json 2 parse --format nosuch logs && fails_in_json 2 parse &&
    fails_in_json 2 ingest --nosuch
ok $? "every failure has its JSON object on the last line"
fails_in_json 3 ingest --store /proc/nowhere logs && ! has err makes && has err '"records":0,' &&
    fails_in_json 2 ingest --class no.such logs && has err '"bytes_stored":0,'
ok $? "ingest's has all its keys, also when the store cannot be opened"
run 0 export --json --store shut --original logs/x.log -o back && last_is_json && has err '"bytes":8,' &&
    run 0 export --json --store shut --proof default:1 -o proof && last_is_json && has err '"index":1'
ok $? "export has a summary"

if [ -w /dev/full ]; then
    "$akashi" export --store shut --original logs/x.log -o /dev/full 2>err
    [ $? -eq 3 ] && has err 'cannot write /dev/full: no space'; ok $? "export names the file that it cannot write"
fi
# Lines that no format makes small.
python3 -c 'import hashlib
for i in range(8000): print("line", i, hashlib.sha512(b"%d" % i).hexdigest())' >logs/long.log
(
    ulimit -f 40
    "$akashi" ingest --json --store part logs/long.log >out 2>err
)
[ $? -eq 3 ] && last_is_json && has err '"records":0,' && has err '"error":"'
ok $? "records that could not be kept are not counted as kept"
run 0 ingest --store part logs && (
    ulimit -f 100
    "$akashi" export --store part --original logs/long.log -o cut 2>err
)
[ $? -eq 3 ] && has err 'cut is not whole'; ok $? "a file that was not written to its end is said to be not whole"

odd=$(printf 'logs/red\033[31m\nx') && echo odd >"$odd" && cp logs/x.log logs/copy && ln -s x.log logs/a-link
run 0 ingest --store names logs && run 0 parse --explain --output none logs && ! has err "$(printf '\033')"
ok $? "names never reach a terminal as they are"
run 0 info --store names --files && ! has out "$(printf '\033')" && sed -n '/number.*file$/,$s/^ *[0-9]* .*B  //p' out >list &&
    [ "$(wc -l <list)" -eq 4 ]
ok $? "info lists the files"
failed=0
while read -r name; do
    "$akashi" export --store names --original "$name" -o back 2>err || failed=1
done <list
[ $failed -eq 0 ] && grep -F "red\\x1b" list >/dev/null && run 0 export --store names --original @0 -o back
ok $? "each name that info lists can be given to export"
run 3 export --store names --original logs/x.log && has err 'taken as .*/logs/a-link'
ok $? "what was taken under another name is found by its bytes"

chmod 644 shut/keys/identity.key && run 0 ingest --store shut logs/x.log && has err 'chmod 600 shut/keys'
ok $? "a key that others may read is told"
chmod 622 shut/keys/default/epoch.key && run 0 ingest --store shut logs/x.log && has err 'write to .*chmod 600 shut/keys/default/epoch.key'
ok $? "and one that others may write"; chmod 600 shut/keys/default/epoch.key
run 3 ingest --store logs/x.log logs && has err 'is not a folder' && run 3 search --store logs/x.log x &&
    has err 'is not a folder'
ok $? "a store that is a file is told as such"
run 2 search --store shut Failed password && has err "'Failed password'"; ok $? "a query in several words shows the quotes"
run 2 search -limit 5 x && has err 'mean --limit' && run 2 search -n 5 x && has err 'no option -n$' && ! has err 'mean'
ok $? "a short option that is none is named as it was written"
run 2 --store shut search x && has err 'akashi search'; ok $? "options before the command are answered"

"$akashi" ingest --ack - --store stream logs/x.log >out 2>err && has out '	default	' && [ ! -e ./- ] &&
    "$akashi" verify --store stream --against - <stream/tree/default/checkpoint >out 2>err
ok $? "a dash is standard output for --ack, and standard input for --against"

has_terminal() { script -qec true /dev/null </dev/null >/dev/null 2>&1; } # a root without /dev/pts has none
printf 'a\033[31mred\r\nb\n' >esc.log && run 0 ingest --store esc esc.log &&
    run 0 search --store esc --format raw --order index '*' && cmp -s out esc.log
ok $? "pipes and files get the control characters of a log"
if has_terminal; then
    on_terminal() { script -qec "'$akashi' $*" /dev/null </dev/null >out 2>err; }
    on_terminal search --store esc --format raw "'*'" && has out 'a.x1b.31mred' && ! has out "$(printf '\033.31mred')" &&
        on_terminal export --store esc --original esc.log && has out 'a.x1b.31mred' && ! has out x0d &&
        on_terminal search --store esc --format csv --color always "'* | fields event.original'" &&
        ! has out "$(printf '\033.31mred')"
    ok $? "a terminal never gets control characters of a log"
else
    skip "no pseudo-terminal can be made here" "a terminal never gets control characters of a log"
fi

run 0 export --store shut --proof default:1 -o "a 'proof'" && sh -c "$(sed -n 's/.*check it with: //p' err)" >out && has out PROVED
ok $? "the command that checks a proof can be copied, whatever the folder's name"

run 0 ingest --store half logs/x.log && rm -r half/segments && run 1 verify --json --store half &&
    has out 'DAMAGED segments/default' && has err '"intact":false' && has err '"damaged":.{"where":"segments/default' && run 3 search --store half one
ok $? "a store without its segments is not intact"

mkdir spaced && : >'spaced/two words' && "$akashi" completion bash >complete.bash && cat >complete.sh <<'END'
. ./complete.bash
COMP_WORDS=(akashi help q) COMP_CWORD=2
_akashi && [ "${COMPREPLY[*]}" = query ] || exit 1
COMP_WORDS=(akashi ingest spaced/t)
_akashi && [ "${#COMPREPLY[@]}" -eq 1 ]
END
bash complete.sh; ok $? "bash completes topics of help, and names with blanks"

wait_for() { # wait_for FILE PATTERN
    for wait in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        grep -q -e "$2" "$1" 2>/dev/null && return 0
        sleep 0.5
    done
    return 1
}
echo 'first event' >f1.log && echo 'second event' >f2.log && echo 'nothing here' >f3.log && echo 'third event' >f4.log
"$akashi" ingest --store live f1.log 2>err
"$akashi" search --store live --follow --format raw --limit 3 event >followed 2>err &
follower=$!
wait_for followed first && "$akashi" ingest --store live f2.log 2>err && wait_for followed second &&
    "$akashi" ingest --store live f3.log 2>err && "$akashi" ingest --store live f4.log 2>err && wait $follower &&
    [ "$(tr '\n' ' ' <followed)" = 'first event second event third event ' ]
ok $? "search --follow gives each new record once, until its limit"
"$akashi" search --store live --follow event >endless 2>err & # a file of its own: an old one would be grepped first
follower=$!
wait_for endless third
kill -INT $follower
wait $follower
[ $? -eq 130 ] && run 2 search --store live --follow 'event | head 1' && has err 'without pipes'
ok $? "or until Ctrl-C; pipes are refused"
run 0 search --json --store live --follow --timeout 1s event && last_is_json && [ "$(wc -l <out)" -eq 3 ]
ok $? "or until the time allowed is over"
mkdir none && "$akashi" ingest --store empty none 2>err
"$akashi" search --store empty --follow --format csv --limit 1 event >headed 2>err &
follower=$!
wait_for headed @timestamp && "$akashi" ingest --store empty f1.log 2>err && wait $follower && [ "$(grep -c @timestamp headed)" = 1 ]
ok $? "a CSV that began with an empty store has one header"

mkfifo pipe
"$akashi" ingest --json --follow --store piped --ack piped.ack --source feed - <pipe >out 2>err &
exec 9>pipe
echo 'a line of a stream' >&9 && wait_for piped.ack feed
kill -INT $!
wait $!
[ $? -eq 130 ] && last_is_json && has err '"records":1,' && run 0 verify --store piped
ok $? "a stream that is followed ends with status 130, and is kept"
exec 9>&-
if has_terminal; then
    seq 1 300000 | sed 's/^/a line of some length, just to be read for a while, number /' >much.log
    on_terminal parse --output none much.log && ! has out '[0-9] GiB'
    ok $? "progress counts each byte once"
else
    skip "no pseudo-terminal can be made here" "progress counts each byte once"
fi

echo "1..$number"
