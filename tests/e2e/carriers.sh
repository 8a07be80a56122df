#!/bin/sh
# carriers.sh AKASHI LOGONS_EVTX: logs whose header names their columns, records of logins, and events of Windows
# as XML, from files and from a store, as TAP. Answers are held against a reader in Python.
set -u
make_evtx=$(realpath "$2") || exit 1
. "$(dirname "$0")/lib.sh"

# More lines than one batch has, and then one more.
{
    printf '#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n'
    printf '#fields\tts\tuid\tid.orig_h\tproto\n#types\ttime\tstring\taddr\tenum\n'
    seq 1 10000 | awk '{printf "%d.5\tC%d\t192.0.2.%d\ttcp\n", 1795341600 + $1, $1, $1 % 250}'
} >conn.log
run 0 ingest conn.log && run 0 search 'source.ip:192.0.2.7 | stats count()' && has out '"count":40'
ok $? "each batch of a file knows the header at its beginning"
printf '1795361600.5\tCX\t203.0.113.9\tudp\n' >>conn.log
run 0 ingest conn.log && run 0 search source.ip:203.0.113.9 && has out '"network.transport":"udp"'
ok $? "what a file has grown by knows it too"
{
    head -n 7 conn.log
    printf '1795361601.5\tCY\t203.0.113.10\tudp\n'
} | "$akashi" ingest - 2>err
run 0 search source.ip:203.0.113.10 && has out '"uid":"CY"'
ok $? "and what comes from a stream"
run 0 verify
ok $? "the store is sound"

# Entries of wtmp and btmp.
python3 - <<'END'
import socket, struct

def entry(kind, user, host, second):
    address = socket.inet_aton(host) + bytes(12) if host else bytes(16)
    return struct.pack("<hxxi32s4s32s256shhiii16s20x", kind, 4711, b"pts/0", b"ts/0", user, host.encode(), 0, 0, 1,
                       1795341600 + second, 250000, address)

with open("wtmp", "wb") as out:
    for i in range(50):
        out.write(entry(7, b"ann", "192.0.2.%d" % (i % 5), i) + entry(8, b"", "", i + 1))
with open("btmp", "wb") as out:
    for i in range(30):
        out.write(entry(6, b"ann" if i % 3 else b"root", "192.0.2.%d" % (i % 3), i))
with open("lastlog", "wb") as out: # root never logged in
    out.truncate(292 * 1000)
    out.seek(292 * 1000)
    out.write(struct.pack("<i32s256s", 1795341600, b"pts/1", b"192.0.2.4"))
END
run 0 parse wtmp btmp lastlog && cp out entries.jsonl && run 0 logons --format jsonl wtmp btmp && python3 - <<'END'
import collections, json
entries = [json.loads(line) for line in open("entries.jsonl")]
assert len(entries) == 131
assert collections.Counter(e.get("event.action") for e in entries) == {"login": 80, "logout": 50, "last login": 1}
assert entries[0]["@timestamp"] == "2026-11-22T10:00:00.250Z" and entries[0]["process.pid"] == 4711
assert entries[-1]["user.id"] == "1000" and entries[-1]["log.offset"] == 292000
rows = {(r["user.name"], r["source.address"]): (r["logon.failed"], r["logon.succeeded"]) for r in map(json.loads, open("out"))}
want = {("ann", "192.0.2.%d" % n): ((0, 10)[n in (1, 2)], 10) for n in range(5)}
want["root", "192.0.2.0"] = (10, 0)
assert rows == want, (rows, want)
END
ok $? "entries of wtmp, btmp and lastlog are records, and logons"

# Events of an event log, written as XML in a document, in UTF-16, and in lines.
"$make_evtx" Security.evtx && run 0 parse Security.evtx && cp out evtx.jsonl && python3 - <<'END'
import json
events = [json.loads(line)["event.original"] for line in open("evtx.jsonl")]
document = '<?xml version="1.0" encoding="utf-8" standalone="yes"?>\r\n<Events>' + "".join(events) + "</Events>"
open("document.xml", "w", encoding="utf-8").write(document)
open("wide.xml", "w", encoding="utf-16").write(document)
open("lines.xml", "w", encoding="utf-8").write("\n".join(events) + "\n")
END
same=0
for form in document wide lines; do
    run 0 parse $form.xml && cp out $form.jsonl && python3 - $form.jsonl <<'END' || same=1
import json, sys
# These events have no TimeCreated: the event log has a time beside each.
own = {"akashi.format", "file.path", "akashi.record", "log.offset", "akashi.flags", "event.original", "@timestamp",
       "akashi.time_flags"}
def fields(path):
    return [{k: v for k, v in json.loads(line).items() if k not in own} for line in open(path)]
a, b = fields("evtx.jsonl"), fields(sys.argv[1])
assert len(a) > 300 and a == b
END
done
ok $same "events as XML have the fields that they have in an event log"

# A table whose values hold line feeds.
printf '#TYPE System.X\r\n"Message","Id","LogName","ProviderName","MachineName"\r\n"a\r\nb ""c""","4624","Security","P","pc1"\r\n"d","4625","Security","P","pc1"\r\n' >events.csv
run 0 parse events.csv && [ "$(grep -c '"event.code":"462[45]"' out)" = 2 ] && has out '"message":"a\\r\\nb \\"c\\""'
ok $? "rows of CSV are whole, and events of Windows"
echo "1..$number"
