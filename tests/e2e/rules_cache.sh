#!/bin/sh
# rules_cache.sh AKASHI: compiled rules are kept, and only when they are still the same, as TAP.
set -u
. "$(dirname "$0")/lib.sh"

mkdir -p rules
cat >rules/one.yml <<'EOT'
title: One
id: 11111111-0000-4000-8000-000000000001
level: high
logsource: {product: linux}
detection: {s: {process.name|startswith: su}, condition: s}
---
title: Three
correlation: {type: event_count, rules: [11111111-0000-4000-8000-000000000001], group-by: [host.name], timespan: 1m, condition: {gte: 3}, generate: true}
EOT
cat >rules/two.yml <<'EOT'
title: Two
id: 11111111-0000-4000-8000-000000000002
logsource: {product: linux}
detection: {s: {process.name|re: 'c.*n'}, condition: s}
---
title: Unknown
logsource: {product: linux}
detection: {s: {A|odd: 1}, condition: s}
EOT
for i in 1 2 3; do echo "Nov 22 10:03:0$i web1 su[1]: (to root) eve on pts/0"; done >auth.log
echo 'Nov 22 10:04:00 web1 cron[2]: (root) CMD (x)' >>auth.log

scan() { run 0 scan --rules rules --format jsonl --year 2026 "$@" auth.log; }
kept() { find cache/akashi -name 'rules-*' | wc -l; }
which() { ls -i cache/akashi; } # a file that is written anew has another number
same() { # same NAME: the kept rules are used, and say what the compiled ones say
    before=$(which)
    scan && cmp -s out wanted && grep -v '^In ' err | cmp -s - told && [ "$(which)" = "$before" ]
    ok $? "$1"
}

scan --no-cache && cp out wanted && grep -v '^In ' err >told && [ ! -e cache/akashi ] && [ "$(wc -l <wanted)" = 5 ]
ok $? "without a cache nothing is kept"
has told '1 rules or files of rules were not understood'
ok $? "and what is not understood is told"
scan && cmp -s out wanted && [ "$(kept)" = 1 ] && [ "$(stat -c %a cache/akashi)" = 700 ] && [ "$(stat -c %a cache/akashi/rules-*)" = 600 ]
ok $? "compiled rules are kept where only their owner can look"
same "the second scan uses them: correlations, and what is not understood, are the same"
run 0 ingest --store st --year 2026 auth.log && before=$(which) && run 0 hunt --store st --rules rules --format jsonl && [ "$(wc -l <out)" = 5 ] && [ "$(which)" = "$before" ]
ok $? "so does hunt"

tell() { run 1 rules test --event event.json --records "$@" rules; } # one is not understood
echo '{"akashi.format":"syslog","process.name":"su"}' >event.json
tell --no-cache && cp out tested && cp err problems && has problems 'two.yml:8:17: .*odd.* \[Unknown\]' && tell && [ "$(kept)" = 1 ] &&
    cmp -s out tested && cmp -s err problems && has tested One
ok $? "rules test uses them, and tells all problems as before"
run 1 rules test --event event.json rules && has out One && [ "$(kept)" = 2 ] && cmp -s err problems && before=$(which) &&
    run 1 rules test --event event.json rules && [ "$(which)" = "$before" ] && cmp -s err problems
ok $? "rules about events are others than those about records"
run 1 rules check --records rules && run 1 rules list rules && run 1 rules explain rules && run 1 rules test --plain --event event.json rules && [ "$(which)" = "$before" ]
ok $? "what compiles no rules keeps none"
rm -r cache/akashi && scan

sed 's/level: high/level: low/' rules/one.yml >x && mv x rules/one.yml
scan && [ "$(grep -c '"rule.level":"low"' out)" = 3 ] && [ "$(kept)" = 2 ]
ok $? "a rule that was changed is seen, though its file is as long as before"
sed 's/level: low/level: high/' rules/one.yml >x && mv x rules/one.yml
same "and changed back, the first ones are found again"
mv rules/two.yml two.yml
scan && [ "$(wc -l <out)" = 4 ] && ! has out Two && [ "$(kept)" = 3 ]
ok $? "a rule that was removed is gone"
cp two.yml rules/three.yml
scan && [ "$(wc -l <out)" = 5 ] && [ "$(kept)" = 4 ]
ok $? "a new file is seen"
rm rules/three.yml && mv two.yml rules/two.yml
same "all back as it was, nothing is made anew"

printf 'logsource: {product: linux}\nnever: of a test\n' >never.yml
run 0 scan --rules rules --sources never.yml --format jsonl --year 2026 auth.log && [ "$(wc -l <out)" = 0 ] && [ "$(kept)" = 5 ]
ok $? "other log sources are other rules"
printf 'x: y\n' >values.yml
run 0 scan --rules rules --placeholders values.yml --format jsonl --year 2026 auth.log && cmp -s out wanted && [ "$(kept)" = 6 ]
ok $? "so are placeholders"
same "and without them those of before are found"

rm -r cache/akashi
scan && file=$(echo cache/akashi/rules-*) && size=$(stat -c %s "$file")
bad=0
for at in 0 9 100 $((size / 2)) $((size - 1)); do
    cp "$file" good
    printf damaged | dd of="$file" bs=1 seek=$at conv=notrunc 2>dd.err
    before=$(which)
    scan && cmp -s out wanted && cmp -s "$file" good && [ "$(which)" != "$before" ] || bad=$((bad + 1))
done
[ $bad = 0 ]
ok $? "a damaged file is made anew"
for len in 0 10 $((size / 2)) $((size - 1)); do
    head -c $len good >"$file"
    scan && cmp -s out wanted && cmp -s "$file" good || bad=$((bad + 1))
done
[ $bad = 0 ]
ok $? "so is one that is cut"
cp good "$file" && chmod 622 "$file" && before=$(which) && scan && cmp -s out wanted && [ "$(which)" != "$before" ] && [ "$(stat -c %a "$file")" = 600 ]
ok $? "a file that others can write to is not read"
mv "$file" elsewhere && ln -s ../../elsewhere "$file" && scan && cmp -s out wanted && [ ! -L "$file" ] && [ -f "$file" ]
ok $? "nor is one that a link leads to"
if [ "$(id -u)" = 0 ]; then
    chown 1 "$file" && scan && cmp -s out wanted && [ "$(stat -c %u "$file")" = 0 ]
    ok $? "nor that of another user"
    rm -r cache/akashi && mkdir cache/akashi && chown 1 cache/akashi && scan && cmp -s out wanted && [ "$(kept)" = 0 ]
    ok $? "and in the folder of another user nothing is kept"
    rmdir cache/akashi
else
    skip "not root" "nor that of another user"
    skip "not root" "and in the folder of another user nothing is kept"
    rm -r cache/akashi
fi
mkdir -m 777 cache/akashi && scan && cmp -s out wanted && [ "$(kept)" = 0 ] && rmdir cache/akashi
ok $? "nor in one that others can write to"
XDG_CACHE_HOME=/dev/null scan && cmp -s out wanted && grep -v '^In ' err | cmp -s - told
ok $? "where no folder can be made all goes on without"
mkdir home && XDG_CACHE_HOME=relative HOME=$work/home scan && [ -d home/.cache/akashi ] && [ ! -e relative ]
ok $? "the cache is below the home folder when XDG_CACHE_HOME does not name it whole"

mkdir cache/akashi && chmod 700 cache/akashi && touch cache/akashi/rules-left.tmp cache/akashi/rules-new.tmp cache/akashi/other
touch -d '2 hours ago' cache/akashi/rules-left.tmp
scan && file=$(echo cache/akashi/rules-*[0-9a-f]) && first=$(ls -i "$file") && touch -d '1 hour ago' "$file"
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18; do
    printf 'x: y%s\n' $i >values.yml
    run 0 scan --rules rules --placeholders values.yml --format jsonl --year 2026 auth.log || bad=$((bad + 1))
    scan
done
[ $bad = 0 ] && [ "$(find cache/akashi -name 'rules-*' ! -name '*.tmp' | wc -l)" = 16 ] && [ -e cache/akashi/rules-new.tmp ] &&
    [ ! -e cache/akashi/rules-left.tmp ] && [ -e cache/akashi/other ]
ok $? "only some are kept"
scan && cmp -s out wanted && [ "$(ls -i "$file")" = "$first" ]
ok $? "and of these, those that are used"
run 2 scan --rules never.yml auth.log && has err 'no rule that could be read' && run 2 scan --rules never.yml auth.log && has err 'no rule that could be read'
ok $? "where there is no rule, that is told each time"
echo "1..$number"
