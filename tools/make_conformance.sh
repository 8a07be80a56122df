#!/bin/sh
# make_conformance.sh AKASHI CORPUS [PART]: runs the corpus' own scorers over `akashi parse` and
# `akashi patterns`, and ours over `akashi rules`. Parts: evtx damaged syslog access parse templates sigma; all when none is named. Exit status 1: a bar is not met, or
# the corpus is not there.
set -u
part=${3:-all}
if [ ! -d "$2/tools" ]; then
    echo "There is no conformance corpus at $2, so nothing was scored."
    exit 1
fi
akashi=$(realpath "$1")
corpus=$(realpath "$2")
status=0
case $part in
all | evtx | damaged | syslog | access | parse | templates | sigma) ;;
*)
    echo "There is no part $part."
    exit 2
    ;;
esac

# score PART COMMAND...: runs one scorer when it is wanted, and keeps the worst status.
score() {
    [ "$part" = all ] || [ "$part" = "$1" ] || return 0
    echo "== $1"
    name=$1
    shift
    "$@" || {
        status=1
        echo "== $name: NOT MET"
    }
}

# lines KIND: at least 97 % of the fields that the list names in its head are right.
lines() {
    list=$corpus/parse/spine_$1.txt
    fields=$(sed -n 's/^# --fields //p' "$list" | head -n 1)
    report=$(mktemp)
    python3 "$corpus/tools/akashi_lines.py" "$akashi" "$corpus/parse" "$corpus/tools/score_parse.py" \
        --ids "$list" --fields "$fields" >"$report" 2>&1
    cat "$report"
    percent=$(sed -n 's/.*fields [0-9]*, right [0-9]* (\([0-9.]*\) %).*/\1/p' "$report" | head -n 1)
    rm -f "$report"
    [ -n "$percent" ] && awk "BEGIN { exit !($percent >= 97.0) }"
}

score evtx python3 "$corpus/tools/akashi_evtx.py" "$akashi" "$corpus/evtx"
score damaged python3 "$corpus/tools/akashi_damaged.py" "$akashi" "$corpus/evtx"
score syslog lines syslog
score access lines access
score parse python3 "$(dirname "$0")/akashi_parse.py" "$akashi" "$corpus/parse" "$corpus/tools"
score templates python3 "$(dirname "$0")/akashi_templates.py" "$akashi" "$corpus/templates" \
    "$corpus/tools/score_templates.py"
score sigma python3 "$(dirname "$0")/akashi_sigma.py" "$akashi" "$corpus"
exit $status
