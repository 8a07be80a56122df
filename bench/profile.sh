#!/bin/sh
# profile.sh AKASHI SYSLOG ZEEK [OUT]: the functions in which taking in and each query Q1..Q10 spend their time, one text
# file each in OUT (build-bench/profile). With perf where the kernel lets us, else with valgrind's callgrind (AKASHI_PROFILE=
# callgrind: instructions, the same on a busy machine; give it small files). AKASHI is a release build; its symbols suffice.
set -eu
akashi=$(realpath "$1") syslog=$(realpath "$2") zeek=$(realpath "$3") out=${4:-build-bench/profile}
bench=$(dirname "$(realpath "$0")")
mkdir -p "$out"
out=$(realpath "$out")
raw=$(mktemp -d "$out/raw-XXXXXX")
trap 'rm -rf "$raw"' EXIT
tool=${AKASHI_PROFILE:-perf}
if [ "$tool" = perf ] && ! perf record -q -o "$raw/try" true >/dev/null 2>&1; then
    tool=callgrind
fi
top=${AKASHI_PROFILE_LINES:-40}

# "12.3%  object  function"; what a library without symbols does is one line.
by_function() {
    awk '!/^#/ && $1 ~ /%$/ { name = $4 ~ /^0x/ ? $2 "  (no symbols)" : $2 "  " $4; part[name] += $1 }
        END { for (name in part) if (part[name] >= 0.3) printf "%6.2f%%  %s\n", part[name], name }' | sort -rn
}

profile() { # NAME COMMAND...: writes OUT/NAME.txt
    name=$1
    shift
    if [ "$tool" = perf ]; then
        perf record -q -F 1999 -o "$raw/data" "$@" >/dev/null 2>"$raw/err" || { cat "$raw/err" >&2; return 1; }
        perf report -i "$raw/data" --no-children --percent-limit 0 --sort dso,symbol 2>/dev/null | by_function | head -n "$top" >"$out/$name.txt"
    else
        valgrind --tool=callgrind --callgrind-out-file="$raw/data" "$@" >/dev/null 2>"$raw/err" || { tail -n 5 "$raw/err" >&2; return 1; }
        callgrind_annotate "$raw/data" 2>/dev/null | grep '%)' | head -n "$top" >"$out/$name.txt"
    fi
    echo "$name: $(head -n 1 "$out/$name.txt" | sed 's/  */ /g')"
}

echo "by $tool, into $out"
profile ingest-syslog "$akashi" ingest --year 2026 --store "$raw/syslog" "$syslog"
profile ingest-zeek "$akashi" ingest --year 2026 --store "$raw/zeek" "$zeek"
"$akashi" ingest --year 2026 --store "$raw/store" "$syslog" "$zeek" >/dev/null 2>&1
for query in Q1 Q2 Q3 Q4 Q5 Q6 Q7 Q8 Q9 Q10; do
    # The words of the query's form, one a line: none of them has a line feed.
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$bench" python3 -c 'import peers, sys; print("\n".join(peers.Akashi.forms[sys.argv[1]]))' "$query" >"$raw/words"
    set --
    while IFS= read -r word; do
        set -- "$@" "$word"
    done <"$raw/words"
    profile "$query" "$akashi" search --store "$raw/store" "$@"
done
