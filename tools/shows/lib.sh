# lib.sh: sourced by the shows of an issue. A show is a list of steps; each step's result is a line
# in build-shows/ISSUE.log:
#   time, step, ok|failed, key, commit, seconds
# A step that was ok is not run again while the files it covers are unchanged: its key is made of
# git's tree hashes of these files. With changes that are not committed a step runs always.
# ONLY=word runs only steps with this word in their name.
cd "$(dirname "$0")/../.." || exit 1
show_issue=$(basename "$0" .sh)
show_folder=build-shows/$show_issue
show_log=build-shows/$show_issue.log
show_failed=0
show_steps=0
: "${ONLY:=}"
mkdir -p "$show_folder"
touch "$show_log"

# key_of PATH...: what these files are, or "changed" when the work tree differs from the commit.
key_of() {
    if [ -n "$(git status --porcelain -- "$@" 2>/dev/null)" ]; then
        echo changed
    else
        for path in "$@"; do
            git rev-parse "HEAD:$path" 2>/dev/null || echo absent
        done | sha256sum | cut -c 1-16
    fi
}

# step NAME "PATH..." COMMAND...: runs the command unless it was ok with the same files.
step() {
    step_name=$1 step_paths=$2
    shift 2
    case $step_name in *"$ONLY"*) ;; *) return 0 ;; esac
    show_steps=$((show_steps + 1))
    # shellcheck disable=SC2086
    step_key=$(key_of $step_paths)
    step_done=$(awk -v name="$step_name" '$2 == name { line = $0 } END { print line }' "$show_log")
    case $step_done in
    *" ok $step_key "*)
        if [ "$step_key" != changed ]; then
            echo "$step_name: ok before, at $(echo "$step_done" | cut -d ' ' -f 5)"
            return 0
        fi
        ;;
    esac
    echo "$step_name: runs, output in $show_folder/$step_name.txt"
    step_start=$(date +%s)
    if "$@" >"$show_folder/$step_name.txt" 2>&1; then
        step_result=ok
    else
        step_result=failed
        show_failed=$((show_failed + 1))
        tail -n 15 "$show_folder/$step_name.txt" | sed 's/^/    /'
    fi
    step_seconds=$(($(date +%s) - step_start))
    echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) $step_name $step_result $step_key $(git rev-parse --short HEAD) $step_seconds" >>"$show_log"
    echo "$step_name: $step_result in $step_seconds s"
}

# needs FILE COMMAND...: runs the command when the file is there; a show that is not written fails.
needs() {
    if [ ! -e "$1" ]; then
        echo "$1 is not there"
        return 1
    fi
    shift
    "$@"
}

# show_end: says which steps are ok, and exits 1 when one is not or when there was none.
show_end() {
    [ "$show_steps" -gt 0 ] || {
        echo "No step has $ONLY in its name."
        exit 1
    }
    echo
    echo "Steps of $show_issue (the last result of each, from $show_log):"
    awk '{ last[$2] = $0; if (!($2 in seen)) { seen[$2] = 1; order[++n] = $2 } }
        END { for (i = 1; i <= n; i++) { split(last[order[i]], w, " ");
            printf "  %-20s %-7s at %s, %s, %s s\n", w[2], w[3], w[5], w[1], w[6] } }' "$show_log"
    [ "$show_failed" = 0 ]
    exit $?
}
