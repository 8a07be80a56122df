#!/bin/sh
# packs.sh AKASHI: rules of others, imported from folders and archives that nobody trusts, as TAP.
set -u
. "$(dirname "$0")/lib.sh"

rule() { # rule FILE NUMBER TITLE VALUE
    mkdir -p "$(dirname "$1")"
    printf 'title: %s\nid: 6f0c2c3e-2d2e-4d0e-8a44-6d1a5d5f1c%s\nlevel: high\nlogsource: {product: linux}\ndetection: {s: {A: %s}, condition: s}\n' "$3" "$2" "$4" >"$1"
}
pack() { # pack FILE.zip NAME=TEXT...: an archive with just these names, as they are written
    python3 - "$@" <<'END'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as out:
    for item in sys.argv[2:]:
        name, text = item.split("=", 1)
        out.writestr(name, text)
END
}
none_new() { # nothing was written outside, and the version is the one before
    [ "$(cat akashi-data.rules/sigma/akashi-pack)" = "$version" ] && [ "$(find akashi-data.rules -newer stamp -name '*.yml' | wc -l)" = 0 ]
}

rule in/windows/one.yml 01 One 1
rule in/linux/deep/two.yaml 02 Two 2
rule in/three.yml 03 Three 3
printf 'title: Four\r\nlogsource: {product: linux}\r\ndetection: {s: {A: 4}, condition: s}' >in/four.yml
echo 'hello' >in/README.md
(cd in && python3 -m zipfile -c ../sigma.zip windows linux three.yml four.yml README.md)

run 0 rules import --dry-run sigma.zip && [ "$(grep -c '^new ' out)" = 4 ] && has err '4 new, 0 changed, 0 gone; not installed' && [ ! -e akashi-data.rules ]
ok $? "a dry run says what is new, and writes nothing"
run 0 rules import --json sigma.zip && has err '"rules":4,' && version=$(cat akashi-data.rules/sigma/akashi-pack) &&
    cmp -s in/four.yml "akashi-data.rules/sigma/$version/four.yml" && cmp -s in/linux/deep/two.yaml "akashi-data.rules/sigma/$version/linux/deep/two.yaml" &&
    [ ! -e "akashi-data.rules/sigma/$version/README.md" ] && [ "$(find akashi-data.rules -name 'new-*')" = '' ]
ok $? "a zip is installed beside the store, to the byte, and only its rules"
has "akashi-data.rules/sigma/$version/manifest.json" '"pack":"sigma","version":"'"$version"'","sha256":"[0-9a-f]\{64\}","imported":"20[^"]*Z","source":\["sigma.zip"\],"files":4,"rules":4,.*"refused":0,"previous":""}'
ok $? "with a manifest"
run 0 rules list && [ "$(wc -l <out)" = 4 ] && run 0 rules check && run 0 rules list --store akashi-data akashi-data.rules/sigma && [ "$(wc -l <out)" = 4 ]
ok $? "what is installed is listed and checked"
run 0 rules import in --name sigma && has err 'as it was' && [ ! -s out ] && [ "$(cat akashi-data.rules/sigma/akashi-pack)" = "$version" ]
ok $? "the same rules from a folder are the same version"

rule in/three.yml 03 Three 33
rule in/moved/one.yml 01 One 1
rule in/five.yml 05 Five 5
rm in/windows/one.yml in/linux/deep/two.yaml
printf 'title: Six\nlogsource: {product: x}\ndetection: {s: {A|odd: 1}, condition: s}\n' >in/six.yml
run 0 rules import --name sigma --format jsonl in && [ "$(grep -c '"change"' out)" = 3 ] && has out '{"change":"new",.*"rule.name":"Five","rule.level":"high","file.path":"five.yml"}' &&
    has out '{"change":"changed",.*"Three"' && has out '{"change":"gone",.*"Two"' && has out '"severity":"error","file.path":"six.yml","file.line":3,.*no modifier' &&
    has err '1 new, 1 changed, 1 gone; installed'
ok $? "new, changed and gone rules are told, and what is not understood; one that only moved is neither"
second=$(cat akashi-data.rules/sigma/akashi-pack)
[ "$second" != "$version" ] && [ -f "akashi-data.rules/sigma/$version/three.yml" ] && has "akashi-data.rules/sigma/$second/manifest.json" '"previous":"'"$version"'"}' &&
    run 1 rules list && [ "$(wc -l <out)" = 4 ] && ! has out Two && has out Five
ok $? "the version before stays, and is not read"
run 0 rules import sigma.zip && [ "$(cat akashi-data.rules/sigma/akashi-pack)" = "$version" ] && has out '^gone .*Five'
ok $? "and one can go back to it"
echo '# touched' >>"akashi-data.rules/sigma/$second/five.yml"
run 3 rules import --name sigma in && has err 'was changed since it was written' && [ "$(cat akashi-data.rules/sigma/akashi-pack)" = "$version" ]
ok $? "but not to one that was changed meanwhile"
run 0 rules import --rules-dir packs --name own in && [ -d packs/own ] && run 1 rules list --rules-dir packs && [ "$(wc -l <out)" = 4 ]
ok $? "packs can be elsewhere"

# What does not behave.
touch stamp
sleep 0.1
good=$(cat in/five.yml)
for name in ../evil.yml a/../../evil.yml  "$(printf 'a\033[31m.yml')" "$(printf 'x%.0s' $(seq 250)).yml" \
    "$(printf 'd/%.0s' $(seq 100))e.yml"; do
    pack bad.zip "five.yml=$good" "$name=$good"
    "$akashi" rules import --name sigma bad.zip >out 2>err
    status=$?
    [ "$status" -ne 0 ] && [ "$status" -lt 4 ] && ! has err "$(printf '\033')" && none_new || { echo "# $name: $status"; break; }
    name=
done
[ ! -e ../evil.yml ] && pack bad.zip "$work/evil.yml=$good" 'a\..\..\b.yml='"$good" && "$akashi" rules import --name absolute --rules-dir packs bad.zip >out 2>err
[ "$name" = '' ] && [ ! -e evil.yml ] && [ ! -e ../b.yml ] && [ ! -e packs/b.yml ] && pack bad.zip "$work/evil.yml=$good" 'a\b.yml='"$good" &&
    run 0 rules import --name absolute --rules-dir packs bad.zip && [ ! -e evil.yml ] && [ "$(find packs/absolute -name evil.yml -o -path '*/a/b.yml' | wc -l)" = 2 ]
ok $? "names that lead elsewhere, steer the terminal, or are too long or deep are not made"
pack inner.zip "deep.yml=$good" && python3 -m zipfile -c outer.zip inner.zip in/five.yml && run 0 rules import --dry-run outer.zip && [ "$(grep -c '^new' out)" = 1 ]
ok $? "archives within archives are not opened"
python3 - "$good" <<'END'
import sys, tarfile, io, zipfile, warnings
good = sys.argv[1].encode()
with tarfile.open("links.tar", "w") as out:
    info = tarfile.TarInfo("link.yml")
    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
    out.addfile(info)
    info = tarfile.TarInfo("five.yml")
    info.size = len(good)
    out.addfile(info, io.BytesIO(good))
with zipfile.ZipFile("bomb.zip", "w", zipfile.ZIP_DEFLATED) as out:
    with out.open("bomb.yml", "w") as member:
        for _ in range(40):
            member.write(b"a: b\n" * 200000)
warnings.simplefilter("ignore")
with zipfile.ZipFile("twice.zip", "w") as out:
    out.writestr("five.yml", good)
    out.writestr("five.yml", good + b"#")
data = open("sigma.zip", "rb").read()
open("cut.zip", "wb").write(data[:len(data) // 2])
END
run 0 rules import --dry-run links.tar && [ "$(grep -c '^new' out)" = 1 ] && ! has out link && ! has out root
ok $? "links in archives are not followed"
"$akashi" rules import --name sigma bomb.zip >out 2>err
status=$?
[ "$status" = 3 ] && none_new
ok $? "a bomb ends soon"
"$akashi" rules import --name sigma twice.zip >out 2>err
status=$?
[ "$status" -ne 0 ] && none_new
ok $? "a file that is there twice is refused"
run 3 rules import --name sigma cut.zip && none_new
ok $? "of half an archive nothing is installed"
mkdir empty && run 3 rules import empty && has err 'no rules' && run 3 rules import missing.zip
ok $? "nothing is no pack"
run 2 rules import && run 2 rules import --name ../x in && has err 'cannot be the name' && run 2 rules import - </dev/null
ok $? "wrong usage is told"
mkdir -p fresh/akashi-data.rules/half/new-0123456789abcdef && cp in/five.yml fresh/akashi-data.rules/half/new-0123456789abcdef && echo none >fresh/akashi-data.rules/half/akashi-pack &&
    run 0 rules list --store fresh/akashi-data && [ ! -s out ]
ok $? "what a stopped import left is not read"
# Killed at any moment, one version or the other holds, whole.
mkdir small large
for n in $(seq 10 39); do rule large/$n/$n.yml "$n" "Rule $n" "$n"; done
cp large/10/10.yml small
"$akashi" rules import --rules-dir killed --name pack small >/dev/null 2>&1
: >counts
for n in $(seq 20); do
    [ $((n % 2)) = 0 ] && from=small || from=large
    [ -d killed/pack ] && for old in killed/pack/????????????????; do [ "$old" = "killed/pack/$(cat killed/pack/akashi-pack)" ] || rm -rf "$old"; done
    timeout -s KILL "0.0$((n * 37 % 90 + 10))" "$akashi" rules import --rules-dir killed --name pack $from >/dev/null 2>&1
    "$akashi" rules list --rules-dir killed 2>/dev/null | wc -l >>counts
done
[ "$(wc -l <counts)" = 20 ] && ! grep -qvx '1\|30' counts && run 0 rules import --rules-dir killed --name pack large && run 0 rules list --rules-dir killed && [ "$(wc -l <out)" = 30 ]
ok $? "an import that is killed leaves one version or the other, and can be done again"
echo ../.. >akashi-data.rules/sigma/akashi-pack
run 3 rules list && [ ! -s out ] && has err 'which version' && run 3 rules import sigma.zip
ok $? "a version that is no version is told, and leads nowhere"
run 2 rules list --store nowhere && has err 'none are installed'
ok $? "without rules there is nothing to list"
echo "1..$number"
