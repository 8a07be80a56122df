#!/bin/sh
# keys.sh AKASHI: the offline root, from its making to a store whose epochs it has signed, as TAP
# (lib.sh).
. "$(dirname "$0")/lib.sh"

printf 'one\n' >a.log && printf 'two\n' >b.log
run 0 ingest a.log && run 0 ingest --class 1y b.log && run 0 keys --json && has out 'it has no root' &&
    tail -n 1 err | python3 -c 'import json, sys
trees = json.load(sys.stdin)["trees"]
sys.exit([(t["seals"], t["epoch"], t["root"]) for t in trees] != [(1, 0, None), (1, 0, None)])'
ok $? "a new store lists its own epoch keys, each class for itself"

run 2 keys root && has err 'keys root NAME' && run 2 keys sign request && has err -- '--root' &&
    run 2 keys sing request && has err 'root, request, sign or install' && run 2 keys root csirt.example/root
ok $? "wrong words are answered with the right ones"

run 0 keys root csirt.example/root -o root && has out '^csirt.example/root+' &&
    [ "$(stat -c %a root/identity.key)" = 600 ] && run 3 keys root csirt.example/root -o root
ok $? "a root key is made once, for its owner alone"

run 2 keys request --epochs 0 -o usb0 && has err 'epochs wants 1 or more' && [ ! -e usb0 ]; ok $? "a request for no epochs is refused"
run 0 keys request --epochs 7 -o usb && [ "$(ls usb | tr '\n' ' ')" = '1y.request default.request ' ] &&
    run 0 keys sign usb --root root && has out 'epochs 0 to 6' && run 3 keys install nowhere
ok $? "the root signs what all classes ask for"

run 2 keys install usb && run 0 keys install usb --root root/identity.vkey && has out 'the root csirt.example/root' &&
    run 0 info --gaps && has out 'key-epoch *1y:' && has out 'key-epoch *default:' && run 0 verify
ok $? "what it signed is installed, is in the ledger, and the store is intact"

run 0 keys root else.example/root -o other && run 0 keys request -o usb2 && run 0 keys sign usb2 --root other &&
    run 2 keys install usb2 && run 3 keys install usb2 --root other/identity.vkey && has err 'another root'
ok $? "no other root takes its place"

sed 's/^one/One/; 1s/.*/akashi\/x/' usb/1y.note >usb/bad && mv usb/bad usb/1y.note && run 2 keys install usb --root root/identity.vkey &&
    printf 'three\n' >>a.log && run 0 ingest a.log && run 0 verify
ok $? "a damaged manifest is refused, and sealing goes on"

mv akashi-data/keys/default/epoch.key kept && printf 'four\n' >>a.log && run 3 ingest a.log && has err 'nothing can be sealed' &&
    run 0 search --count one && run 1 verify && has out 'epoch.key' && mv kept akashi-data/keys/default/epoch.key &&
    run 0 ingest a.log && run 0 verify && run 0 search --count four && has out '^1$'
ok $? "without its epoch key a class seals nothing, loudly, and loses nothing"
echo "1..$number"
