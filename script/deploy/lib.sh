# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Shared by the checks of container and package: a Debian made here, and tests of a Hone that runs in it. Sourced.
# shellcheck source=script/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
work=${HONE_DEPLOY_WORK:-$deps/deploy}
mkdir -p "$work"
work=$(cd "$work" && pwd)

[ "$(id -u)" = 0 ] || die "this makes a Debian in a folder and runs programs in it: run it as root"

# the folders that enter mounts; each script sets its own
photos='' library='' library_at=''

# check WHAT COMMAND... - runs it and says how it went; the first failure ends the script
check() {
    local what=$1
    shift
    "$@" || die "FAILED: $what"
    printf 'ok      %s\n' "$what"
}

# make_base - $work/base: a minimal Debian 12, without manuals and translations, as images of it are
make_base() {
    local hash source
    source=$(debian_source) || die "no source of Debian is configured"
    exec 7> "$work/.lock"
    flock 7
    hash=$({ declare -f make_base; echo "$source"; } | hash_of)
    if [ -f "$work/base.stamp" ] && [ "$(cat "$work/base.stamp")" = "$hash" ] && [ -x "$work/base/bin/sh" ]; then
        exec 7>&-
        return
    fi
    say "making a Debian in $work/base"
    rm -rf "$work/base" "$work/base.stamp"
    logged "$work/base.log" debootstrap --variant=minbase bookworm "$work/base" "$source" ||
        die "debootstrap failed (lines above, all in $work/base.log)"
    printf 'path-exclude /usr/share/%s/*\n' man locale info > "$work/base/etc/dpkg/dpkg.cfg.d/small"
    printf 'path-exclude /usr/share/doc/*\npath-include /usr/share/doc/*/copyright\n' >> "$work/base/etc/dpkg/dpkg.cfg.d/small"
    find "$work/base/usr/share/doc" -type f ! -name copyright -delete
    rm -rf "$work/base"/usr/share/{man,locale,info}/* "$work/base"/var/cache/apt/*.bin "$work/base"/var/cache/apt/archives/*.deb "$work/base"/var/lib/apt/lists/*
    # As in images: no services are started by packages.
    printf '#!/bin/sh\nexit 101\n' > "$work/base/usr/sbin/policy-rc.d"
    chmod 755 "$work/base/usr/sbin/policy-rc.d"
    # Authorities that this machine trusts beyond Debian's.
    if compgen -G '/usr/local/share/ca-certificates/*.crt' > /dev/null; then
        mkdir -p "$work/base/usr/local/share/ca-certificates"
        cp /usr/local/share/ca-certificates/*.crt "$work/base/usr/local/share/ca-certificates/"
    fi
    printf '%s\n' "$hash" > "$work/base.stamp"
    exec 7>&-
}

# enter ROOT COMMAND... - runs it as process 1 of new process and mount namespaces, in ROOT mounted read-only, with
# $photos at /photos read-only and $library writable at $library_at. Sees this machine's loopback.
enter() {
    local tree=$1
    shift
    # shellcheck disable=SC2016
    unshare --mount --pid --fork --kill-child=SIGKILL bash -c '
        set -e
        tree=$1 photos=$2 library=$3 library_at=$4
        shift 4
        mount --make-rprivate /
        mount --bind "$tree" "$tree"
        mount -o remount,bind,ro "$tree"
        mount -t proc proc "$tree/proc"
        mount -t tmpfs -o mode=755,size=64k none "$tree/dev"
        for node in null zero urandom; do touch "$tree/dev/$node"; mount --bind "/dev/$node" "$tree/dev/$node"; done
        mount --bind "$photos" "$tree/photos"
        mount -o remount,bind,ro "$tree/photos"
        mount --bind "$library" "$tree$library_at"
        mount -o remount,bind,rw "$tree$library_at"
        # Not chroot: from there no namespaces could be made, as decoders do.
        cd "$tree"
        pivot_root . .
        umount --lazy .
        cd /
        exec "$@"
    ' enter "$tree" "$photos" "$library" "$library_at" "$@"
}

# first_process PID - process 1 of the namespace that enter made, seen from here; PID is the job that runs enter
first_process() {
    local process=$1
    while [ -n "$process" ]; do
        if [ "$(awk '/^NSpid/ { print NF, $NF }' "/proc/$process/status" 2> /dev/null)" = '3 1' ]; then
            echo "$process"
            return
        fi
        process=$(pgrep --parent "$process" | head -n 1)
    done
}

# ask PATH [JSON] - GET, or POST of JSON, to $url
ask() {
    local path=$1
    shift
    "$deps/venv/bin/python" - "$url$path" "$@" <<'PY'
import sys, urllib.request
body = sys.argv[2].encode() if len(sys.argv) > 2 else None
request = urllib.request.Request(sys.argv[1], body, {'Content-Type': 'application/json'})
sys.stdout.write(urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60).read().decode())
PY
}

# value_of KEY - of the JSON object on standard input; KEY may be a Python expression on d
value_of() { "$deps/venv/bin/python" -c "import json,sys; d=json.load(sys.stdin); print($1)"; }

# wait_for_search LOG - until Hone said its address in LOG (sets url) and has read all photos
wait_for_search() {
    local log=$1 tries
    for ((tries = 0; tries < 600; tries++)); do
        url=$(grep -o -m1 'http://[0-9.:]*' "$log" || true)
        if [ -n "$url" ] && [ "$(ask /api/v1/status | value_of 'd["scans"]')" -ge 1 ]; then return 0; fi
        sleep 0.5
    done
    tail -n 20 "$log" >&2
    return 1
}

# first_result WORDS - the name of the first photo found
first_result() {
    ask /api/v1/search "{\"text\": \"$1\", \"limit\": 1}" | value_of 'd["results"][0]["path"].rsplit("/", 1)[-1]'
}

# check_search LOG - searches in the sample photos as a person would: words whose first answer is known
check_search() {
    check "it reads the photos" wait_for_search "$1"
    local photos_there searchable
    photos_there=$(find "$photos" -type f ! -name '*.txt' | wc -l)
    searchable=$(ask /api/v1/status | value_of 'd["searchable"]')
    check "all $photos_there sample photos can be found" [ "$searchable" = "$photos_there" ]
    local words expected found
    while IFS='|' read -r words expected; do
        found=$(first_result "$words")
        check "'$words' finds $expected first" [ "$found" = "$expected" ]
    done <<'TABLE'
a cat face|chelsea.png
a cup of coffee|coffee.png
espresso|coffee.png
TABLE
    check "/metrics counts the searches" grep -q '^hone_search_duration_seconds_count 3$' <(ask /metrics)
    check "/readyz" [ "$(ask /readyz)" = ready ]
}
