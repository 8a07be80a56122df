# lib.sh: sourced by the shows of an issue. A show is a list of steps; the last result of each is a
# line of docs/shows/ISSUE.log, which is kept with the commits:
#   time, step, ok|failed, key, commit, seconds, the closing line of its output (what was counted)
# The outputs themselves stay in build-shows/ISSUE/. A step that was ok is not run again while the
# files it covers are unchanged: its key is made of git's tree hashes of these files. With changes
# that are not committed a step runs always. ONLY=word runs only steps with this word in their name.
# show_jobs=2 before sourcing: so many steps run side by side.
cd "$(dirname "$0")/../.." || exit 1
show_issue=$(basename "$0" .sh)
show_folder=build-shows/$show_issue
show_log=docs/shows/$show_issue.log
show_steps=0
: "${ONLY:=}" "${show_jobs:=1}"
mkdir -p "$show_folder" docs/shows
touch "$show_log"

# A pipe that holds a line for each step that may run; whoever begins one takes a line, and whoever
# ends one puts it back.
show_turns=$show_folder/turns.$$
mkfifo "$show_turns" || exit 1
exec 8<>"$show_turns"
rm -f "$show_turns" "$show_folder/failed.$$"
for _ in $(seq "$show_jobs"); do echo turn >&8; done
# Steps in the background do not hear Ctrl-C, but they hear this.
trap 'trap "" TERM; kill 0; exit 130' INT TERM

# key_of PATH...: what these files are, or "changed" when the work tree differs from the commit. Of
# the shows' own scripts only what is not a comment counts, committed or not. show_apart: files whose
# path has this (an extended regular expression) do not count.
: "${show_apart:=}"
key_of() {
    if git status --porcelain -- "$@" ':(exclude)tools/shows/*.sh' 2>/dev/null | grep -qvE "${show_apart:-^$}"; then
        echo changed
        return
    fi
    for path in "$@"; do
        case $path in
        tools | tools/shows)
            git ls-tree -r HEAD -- "$path" | grep -v 'tools/shows/[^/]*\.sh$'
            grep -hv '^[[:space:]]*#' tools/shows/*.sh
            ;;
        *)
            if [ -n "$show_apart" ]; then
                git ls-tree -r HEAD -- "$path" | grep -vE "$show_apart"
            else
                git rev-parse "HEAD:$path" 2>/dev/null || echo absent
            fi
            ;;
        esac
    done | sha256sum | cut -c 1-16
}

# The last line that says something; of TAP, the last remark.
closing_line() {
    grep -avE '^((not )?ok |1\.\.|[[:space:]]*$)' "$1" | tail -n 1 | sed 's/^# //' | tr -dc '[:print:]' | cut -c 1-240
}

# run_step NAME KEY COMMAND...: runs it and keeps its line in place of the step's last one.
run_step() {
    step_name=$1 step_key=$2 step_start=$(date +%s)
    shift 2
    if "$@" >"$show_folder/$step_name.txt" 2>&1 8>&-; then
        step_result=ok
    else
        step_result=failed
        echo "$step_name" >>"$show_folder/failed.$$"
        tail -n 15 "$show_folder/$step_name.txt" | sed "s/^/    $step_name: /"
    fi
    step_seconds=$(($(date +%s) - step_start))
    step_counted=$(closing_line "$show_folder/$step_name.txt")
    (
        flock 7
        awk -v name="$step_name" '$2 != name' "$show_log" >"$show_log.new"
        echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) $step_name $step_result $step_key $(git rev-parse --short HEAD)" \
            "$step_seconds $step_counted" >>"$show_log.new"
        mv "$show_log.new" "$show_log"
    ) 7>"$show_folder/log.lock"
    echo "$step_name: $step_result in $step_seconds s: $step_counted"
}

# step NAME "PATH..." COMMAND...: runs the command unless it was ok with the same files.
step() {
    step_name=$1 step_paths=$2
    shift 2
    case $step_name in *"$ONLY"*) ;; *) return 0 ;; esac
    show_steps=$((show_steps + 1))
    # shellcheck disable=SC2086
    step_key=$(key_of $step_paths)
    step_done=$(awk -v name="$step_name" '$2 == name' "$show_log")
    case $step_done in
    *" ok $step_key "*)
        if [ "$step_key" != changed ]; then
            echo "$step_name: ok before, at $(echo "$step_done" | cut -d ' ' -f 5)"
            return 0
        fi
        ;;
    esac
    read -r _ <&8
    echo "$step_name: runs, output in $show_folder/$step_name.txt"
    if [ "$show_jobs" -gt 1 ]; then
        {
            run_step "$step_name" "$step_key" "$@"
            echo turn >&8
        } &
    else
        run_step "$step_name" "$step_key" "$@"
        echo turn >&8
    fi
}

# alone NAME "PATH..." COMMAND...: a step that runs when no other does: it measures.
alone() {
    show_side=$show_jobs
    for _ in $(seq 2 "$show_side"); do read -r _ <&8; done
    show_jobs=1
    step "$@"
    show_jobs=$show_side
    for _ in $(seq 2 "$show_side"); do echo turn >&8; done
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
    wait
    [ "$show_steps" -gt 0 ] || {
        echo "No step has $ONLY in its name."
        exit 1
    }
    echo
    echo "Steps of $show_issue (the last result of each, from $show_log):"
    awk '{ counted = $0; for (i = 0; i < 6; i++) sub(/^[^ ]* /, "", counted);
        printf "  %-18s %-6s at %s, %s, %s s: %s\n", $2, $3, $5, $1, $6, counted }' "$show_log"
    [ ! -e "$show_folder/failed.$$" ]
    exit $?
}

# show_build [TARGET...]: the release build that the steps run, $AKASHI in it, with further targets.
# Several shows may run side by side, for different steps; one builds.
AKASHI=build-shows/build/src/cmd/akashi
show_build() {
    (
        flock 9
        [ -f build-shows/build/build.ninja ] || CC=gcc meson setup build-shows/build --buildtype=release || exit 1
        ninja -C build-shows/build || exit 1
        [ "$#" -eq 0 ] || ninja -C build-shows/build "$@"
    ) 9>build-shows/build.lock >build-shows/build.log 2>&1 || {
        tail -n 20 build-shows/build.log
        exit 1
    }
}
