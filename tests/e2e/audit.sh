#!/bin/sh
# audit.sh AKASHI: reads that are recorded before they are shown, and scrubs, end to end, as TAP (lib.sh).
set -u
. "$(dirname "$0")/lib.sh"

mkdir logs
printf 'one root\ntwo\nthree root\n' >logs/a.log
printf 'not a gzip file, but kept as it is\n' | gzip -c >logs/old.gz
run 0 ingest logs || exit 1
locked() { # locked ARGS...: while another program holds the lock of the store
    python3 - "$@" 3<>akashi-data/lock <<'PYTHON'
import fcntl, os, subprocess, sys
fcntl.flock(3, fcntl.LOCK_EX)
done = subprocess.run(sys.argv[1:], stdout=open("out", "w"), stderr=open("err", "w"), close_fds=True)
sys.exit(done.returncode)
PYTHON
}

run 0 search --count root && [ "$(cat out)" = 2 ] && [ ! -e akashi-data/tree/audit ]
ok $? "a read without a case is not recorded"
run 0 info --audit && has out 'no reads and no scrubs'; ok $? "and info says that nothing was"
run 0 search --count --case 4711 --purpose 'who was root?' --from 2020-01-01 root && [ "$(cat out)" = 2 ]
ok $? "a read with a case gives the same answer"
run 0 info --audit && has out "search  $(id -un) uid $(id -u)  case: 4711  purpose: who was root?  from 2020-01-01T00:00:00Z  query: root"
ok $? "and is listed: who, which case, why, what"
run 0 info --audit --json && tail -n 1 err | python3 -c '
import json, sys
entry = json.load(sys.stdin)["audit"][0]
body = entry["body"]
assert entry["type"] == "audit" and entry["akashi.tree"] == "audit" and entry["received"], entry
assert body["command"] == "search" and body["query"] == "root" and body["case"] == "4711", body
assert body["classes"] == ["default"] and body["to"] is None and body["output"] is None, body
assert body["build"].startswith("akashi ") and isinstance(body["uid"], int), body
'
ok $? "as JSON too"
run 0 info --gaps && ! has out 4711 && run 0 search --count '*' && [ "$(cat out)" = 4 ]
ok $? "neither the gaps nor a search for everything list it"

mkfifo answer
"$akashi" search --format raw --case 1 --purpose order -o answer root 2>err &
reader=$!
written=1
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    run 0 info --audit && has out 'purpose: order' && written=0 && break
    sleep 1
done
ok $written "the record is there before anybody can read a byte"
exec 4<answer
cat <&4 >got && exec 4<&- && wait $reader && printf 'one root\nthree root\n' | cmp -s - got
ok $? "and the answer comes after it"

printf before >kept
locked "$akashi" search --case 1 -o kept root
[ $? -eq 3 ] && has err 'cannot be recorded: another program is writing' && has err 'try again' && [ "$(cat kept)" = before ]
ok $? "while another writer holds the lock there is no answer, and no file is touched"
locked "$akashi" search --count root && [ "$(cat out)" = 2 ]; ok $? "a read that is not recorded goes on meanwhile"
locked "$akashi" export --original logs/a.log --case 1 -o kept
[ $? -eq 3 ] && [ "$(cat kept)" = before ]; ok $? "nor is a file given out"
locked "$akashi" export --proof default:1 --case 1 -o proof
[ $? -eq 3 ] && [ ! -e proof ]; ok $? "nor a proof"

run 2 search --case 1 'a OR' && run 3 search --store nowhere --case 1 root && run 0 info --audit &&
    [ "$(grep -c ' search ' out)" = 2 ]
ok $? "what is wrong is not recorded"
run 0 export --original logs/a.log --case 8 -o back && cmp -s back logs/a.log && run 0 info --audit --json && tail -n 1 err |
    SUM=$(sha256sum logs/a.log | cut -d' ' -f1) python3 -c '
import json, os, sys
entry = json.load(sys.stdin)["audit"][-1]
body = entry["body"]
assert entry["type"] == "export" and body["case"] == "8" and body["purpose"] is None, entry
assert body["sha256"] == os.environ["SUM"] and body["bytes"] == 24, body
assert body["original"].endswith("logs/a.log") and body["output"] == "back", body
'
ok $? "an export is recorded with the hash of what it gives out"
run 0 export --proof default:1 --purpose court -o proof && sh proof/verify-proof.sh proof >out 2>err && run 0 info --audit &&
    has out 'purpose: court  proof: default:1  output: proof'
ok $? "so is a proof"
run 0 search --count --purpose "$(printf 'evil \033[2J\n\377')" x && run 0 info --audit && ! grep -q "$(printf '\033')" out &&
    run 0 info --audit --json && tail -n 1 err | grep -q '"purpose_base64":"ZXZpbCAbWzJKCv8="'
ok $? "nothing of a purpose steers a terminal, and its bytes are kept"
run 0 verify && has out '^intact'; ok $? "the store is intact with its records"

run 0 scrub --json && has out '^intact: 4 records' && tail -n 1 err | python3 -c '
import json, sys
summary = json.load(sys.stdin)
assert summary["intact"] and summary["finished"] and summary["recorded"], summary
parts = [part["scrub"] for part in summary["parts"]]
assert [part["tree"] for part in parts] == ["default", "audit", None], parts
assert all(part["to"] == part["size"] and part["damages"] == [] for part in parts), parts
assert parts[2]["objects"] == 1, parts
'
ok $? "a scrub goes through classes and objects"
run 0 info && has out '^scrubbed *default whole at 20' && has out '^scrubbed *objects whole at' && run 0 info --audit &&
    has out 'scrub   default from 0 to \([0-9]*\) of \1  damages: 0'
ok $? "info says when"
"$akashi" scrub --rate 200 >out 2>err &
scrub=$!
sleep 2 && kill -INT $scrub
wait $scrub
[ $? -eq 130 ] && has out 'the next one goes on here'; ok $? "an interrupted one says so"
run 0 scrub && run 0 verify && has out '^intact'; ok $? "and the next one comes to the end"
run 2 scrub --rate much; ok $? "a rate that is none is wrong usage"
locked "$akashi" scrub --json
[ $? -eq 3 ] && has out '^intact' && has err 'cannot be recorded' && tail -n 1 err | grep -q '"recorded":false'
ok $? "a finding that cannot be recorded is told"

python3 - <<'PYTHON'
import glob
path = sorted(glob.glob("akashi-data/segments/default/*.seg"))[0]
with open(path, "r+b") as file:
    file.seek(100)
    byte = file.read(1)
    file.seek(100)
    file.write(bytes([byte[0] ^ 1]))
PYTHON
run 1 verify && grep '^DAMAGED' out | sort >wanted && run 1 scrub && grep '^DAMAGED' out | sort | cmp -s - wanted && has out '^NOT INTACT'
ok $? "damage is named as verify names it"
run 0 info --audit && tail -n 3 out | grep -q 'scrub   default .*damages: [1-9]'; ok $? "and recorded"

echo "1..$number"
