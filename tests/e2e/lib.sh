# lib.sh: what the end-to-end tests share, sourced with AKASHI as "$1": a folder of their own to be in,
# and points of TAP. Each check runs the real binary on a real folder; nothing is mocked.
akashi=$(realpath "$1") || exit 1
[ -x "$akashi" ] || exit 1
work=$(mktemp -d "${TMPDIR:-/tmp}/akashi-e2e-XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset AKASHI_STORE
XDG_CACHE_HOME=$work/cache # compiled rules
export XDG_CACHE_HOME
mkdir cache
number=0

ok() { # ok STATUS NAME
    number=$((number + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $number - $2"
    else
        echo "not ok $number - $2"
        sed 's/^/# out: /' out 2>/dev/null | head -20
        sed 's/^/# err: /' err 2>/dev/null | head -20
    fi
}
skip() { # skip REASON NAME
    number=$((number + 1))
    echo "ok $number - $2 # SKIP $1"
}
run() { # run WANTED_STATUS ARGS...: output in out and err
    wanted=$1
    shift
    "$akashi" "$@" >out 2>err
    status=$?
    [ "$status" -eq "$wanted" ] || echo "# exit status $status, wanted $wanted: $*"
    [ "$status" -eq "$wanted" ]
}
has() { grep -q -e "$2" "$1"; } # has FILE PATTERN
