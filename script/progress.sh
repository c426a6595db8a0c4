# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Shows the steps of a set-up: on a terminal one line for each, redrawn; elsewhere a line when a step begins and ends, and
# every 30 s what is left. Steps that take less than a second are not mentioned. Sourced after lib.sh, never run.
#
#   begin_steps NAME=TITLE...       in the order they are shown
#   step NAME COMMAND...            runs a step, in a job of the caller's; its output is kept
#   watch_steps PID...              shows the steps until the jobs end; false when one failed, with its last lines
# A function left_of_NAME, where there is one, gets the file with the step's output and prints what is left of it.

: "${deps:?}"  # set by lib.sh
step_names=()
declare -A step_titles=() step_told=()
drawn=0

begin_steps() {
    local pair
    mkdir -p "$deps"
    step_folder=$(mktemp -d "$deps/.steps.XXXXXX")
    trap 'rm -rf "$step_folder"' EXIT
    for pair in "$@"; do
        step_names+=("${pair%%=*}")
        step_titles[${pair%%=*}]=${pair#*=}
    done
    on_terminal=
    if [ -t 2 ] && [ "${TERM:-dumb}" != dumb ]; then on_terminal=1; fi
}

step() {
    local at=$step_folder/$1
    shift
    : > "$at.output"
    date +%s > "$at.begin"
    # A job, because it may end with die, and because "set -e" holds for no command in a condition.
    # shellcheck disable=SC2034  # say reads it
    (quiet=1; "$@") > "$at.output" 2>&1 < /dev/null &
    if wait $!; then date +%s > "$at.end"; else : > "$at.failed"; return 1; fi
}

# duration SECONDS
duration() { if [ "$1" -lt 120 ]; then printf '%d s' "$1"; else printf '%d min' $((($1 + 30) / 60)); fi; }

# state_of NAME - one of waiting, running, done, failed, brief (done in less than a second); then seconds
state_of() {
    local at=$step_folder/$1 begin end
    if [ ! -s "$at.begin" ]; then echo waiting 0; return; fi
    read -r begin < "$at.begin"
    end=$(date +%s)
    [ ! -s "$at.end" ] || read -r end < "$at.end"
    local seconds=$((end - begin)) state=running
    if [ -s "$at.end" ]; then state='done'; [ $seconds -ge 1 ] || state=brief; fi
    [ ! -e "$at.failed" ] || state=failed
    echo $state $seconds
}

# line_of NAME STATE SECONDS
line_of() {
    local text
    printf -v text '%-9s%-34s' "$2" "${step_titles[$1]}"
    case $2 in
        waiting) ;;
        running)
            text+=$(duration "$3")
            if declare -F "left_of_$1" > /dev/null; then
                local left
                left=$("left_of_$1" "$step_folder/$1.output" "$3")
                [ -z "$left" ] || text+=", $left"
            fi
            ;;
        *) text+=$(duration "$3") ;;
    esac
    printf '%s' "$text"
}

# share_left DONE ALL SECONDS UNIT - "30 of 120 files, about 3 min left"
share_left() {
    [ "$2" -gt 0 ] || return 0
    printf '%d of %d %s' "$1" "$2" "$4"
    if [ "$1" -gt 0 ] && [ $(($1 * 10)) -gt "$2" ]; then printf ', about %s left' "$(duration $(($3 * ($2 - $1) / $1)))"; fi
}

draw_steps() {
    local name state seconds width lines=() shown=
    width=$(stty size 2> /dev/null < /dev/tty | cut -d ' ' -f 2)
    [ "${width:-0}" -gt 20 ] || width=80  # some terminals do not know theirs
    for name in "${step_names[@]}"; do
        read -r state seconds < <(state_of "$name")
        [ "$state" = brief ] || [ "$state" = waiting ] || [ "$seconds" -lt 1 ] || shown=1
        lines+=("$(line_of "$name" "${state/brief/done}" "$seconds")")
    done
    [ -n "$shown" ] || [ "$drawn" -gt 0 ] || return 0
    [ "$drawn" = 0 ] || printf '\033[%dA' "$drawn" >&2
    for name in "${lines[@]}"; do printf '\r\033[K%s\n' "${name:0:width}" >&2; done
    drawn=${#lines[@]}
}

# tell_steps - the lines for a log
tell_steps() {
    local name state seconds
    for name in "${step_names[@]}"; do
        read -r state seconds < <(state_of "$name")
        if [ "$state" = waiting ] || [ "$state" = brief ] || [ "$seconds" -lt 1 ]; then continue; fi
        # every 30 s is another state of a running step
        local now=$state
        [ "$state" != running ] || now=running$((seconds / 30))
        [ "${step_told[$name]:-}" != "$now" ] || continue
        step_told[$name]=$now
        printf '%s\n' "$(line_of "$name" "$state" "$seconds")" >&2
    done
}

show_steps() { if [ -n "$on_terminal" ]; then draw_steps; else tell_steps; fi; }

watch_steps() {
    local job name failed=0 busy=1
    while [ $busy = 1 ]; do
        busy=0
        for job in "$@"; do ! kill -0 "$job" 2> /dev/null || busy=1; done
        show_steps
        [ $busy = 0 ] || sleep 0.3
    done
    for job in "$@"; do wait "$job" || failed=1; done
    [ $failed = 1 ] || return 0
    for name in "${step_names[@]}"; do [ ! -e "$step_folder/$name.failed" ] || tail -n 20 "$step_folder/$name.output" >&2; done
    return 1
}
