# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Shared by the scripts: messages, stamps, pinned downloads. Sourced, never run.
#
# A stamp is deps/.stamps/STEP holding the hash of everything the step depends on. A step is done when its stamp says
# the present hash and its product is there; stamps are written last, so a step that was cut short runs again.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
deps=$root/deps
quiet=${quiet:-}
# Node.js of script/steps.sh, on machines without another one.
PATH=$PATH:$deps/node/bin

say() { [ -n "$quiet" ] || printf '%s\n' "$*" >&2; }

# die WHAT - one line on stderr, exit 1
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# shellcheck disable=SC2120
# hash_of [FILE...] - one hash of the files' names and contents and of standard input
hash_of() { { [ $# = 0 ] || (cd "$root" && sha256sum -- "$@"); cat; } | sha256sum | cut -c1-64; }

# fresh STEP HASH PRODUCT... - true when the step is done with these inputs and its products are still there
fresh() {
    local stamp=$deps/.stamps/$1 hash=$2 found=
    shift 2
    [ -f "$stamp" ] && read -r found < "$stamp" && [ "$found" = "$hash" ] || return 1
    local product
    for product in "$@"; do [ -e "$product" ] || return 1; done
}

# done_with STEP HASH
done_with() { mkdir -p "$deps/.stamps"; printf '%s\n' "$2" > "$deps/.stamps/$1.part"; mv "$deps/.stamps/$1.part" "$deps/.stamps/$1"; }

# replace NEW OLD - puts the finished folder NEW in the place of OLD
replace() { rm -rf "$2.old"; [ ! -e "$2" ] || mv "$2" "$2.old"; mv "$1" "$2"; rm -rf "$2.old"; }

# logged LOG COMMAND... - runs it with its output in LOG; on failure shows the last lines
logged() {
    local log=$1
    shift
    "$@" > "$log" 2>&1 || { tail -n 15 "$log" >&2; return 1; }
}

# pinned NAME - sets kind, version and sha256 from script/pins.txt
pinned() {
    local name
    while read -r kind name version sha256; do
        case $kind in '' | '#'*) continue ;; esac
        [ "$name" != "$1" ] || return 0
    done < "$root/script/pins.txt"
    die "$1 is not in script/pins.txt"
}

# fetch NAME FOLDER - downloads the pinned file of NAME into FOLDER, checks its SHA-256, prints its path
fetch() {
    local name=$1 into=$2 kind version sha256 file work
    pinned "$name"
    mkdir -p "$into"
    work=$(mktemp -d "$into/.fetch.XXXXXX")
    case $kind in
        npm) logged "$work/log" npm pack --silent --pack-destination "$work" "$name@$version" ;;
        pypi | sdist)
            local form=(--only-binary :all:)
            [ "$kind" = pypi ] || form=(--no-binary :all: --no-build-isolation)
            printf '%s==%s --hash=sha256:%s\n' "$name" "$version" "$sha256" > "$work/wanted.txt"
            logged "$work/log" "$deps/venv/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps \
                "${form[@]}" --require-hashes --requirement "$work/wanted.txt" --dest "$work" ;;
        trixie) logged "$work/log" fetch_deb trixie "$name=$version" "$work" ;;
        *) die "script/pins.txt: unknown kind $kind" ;;
    esac || { rm -rf "$work"; die "cannot download $name $version ($kind): see the lines above; check the network and try again"; }
    file=$(find "$work" -maxdepth 1 \( -name '*.tgz' -o -name '*.tar.gz' -o -name '*.whl' -o -name '*.deb' \) | head -n 1)
    [ -n "$file" ] || { rm -rf "$work"; die "$name $version ($kind): the download brought no file"; }
    if ! printf '%s  %s\n' "$sha256" "$file" | sha256sum --check --status; then
        rm -rf "$work"
        die "$name $version ($kind): wrong SHA-256, discarded; script/pins.txt expects $sha256"
    fi
    mv "$file" "$into/"
    rm -rf "$work"
    printf '%s/%s\n' "$into" "$(basename "$file")"
}

# debian_source - the address this machine takes Debian from
debian_source() {
    local codename address
    # shellcheck source=/dev/null
    codename=$(. /etc/os-release && printf %s "${VERSION_CODENAME:-}")
    # shellcheck disable=SC2016
    address=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
        awk -v c="$codename" '$1 == c && $2 == "main" { print $3; exit }')
    [ -n "$address" ] || { echo "no source of Debian $codename main is configured for apt" >&2; return 1; }
    printf '%s\n' "$address"
}

# fetch_deb CODENAME PACKAGE[=VERSION] FOLDER - downloads a package of another Debian release with separate sources,
# lists and cache, so that the machine's own packages and lists stay as they are
fetch_deb() {
    local address
    address=$(debian_source) || return 1
    (
        set -e
        lists=$(mktemp -d)
        trap 'rm -rf "$lists"' EXIT
        mkdir -p "$lists"/{lists/partial,cache/archives/partial}
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $address $1 main" > "$lists/sources.list"
        apt=(apt-get -qq -o "Dir::Etc::sourcelist=$lists/sources.list" -o Dir::Etc::sourceparts=/dev/null
            -o "Dir::State::Lists=$lists/lists" -o "Dir::Cache=$lists/cache" -o "APT::Sandbox::User=$(id -un)")
        "${apt[@]}" update
        cd "$3"
        "${apt[@]}" download "$2"
    )
}

# build_hone [TARGET...] - configures and builds preset release: the targets, or everything with the tests. Quiet when all
# is up to date, shows the errors when not
build_hone() {
    local log=$deps/build.log tests=ON targets=()
    [ $# = 0 ] || { targets=(--target "$@"); tests=OFF; }
    cd "$root"
    build_web  # first: the program carries the client inside
    # A build without tests needs fewer packages. One that has tests stays as it is.
    if [ ! -f build/release/build.ninja ] || { [ $tests = ON ] && grep -qx 'HONE_TESTS:BOOL=OFF' build/release/CMakeCache.txt; }; then
        say "configuring build/release"
        logged "$log" cmake --preset release -DHONE_TESTS=$tests || die "cmake --preset release failed (lines above, all in deps/build.log)"
    fi
    if [ -t 2 ] && [ -z "$quiet" ]; then
        # on a terminal ninja's own progress line is the best there is
        cmake --build --preset release "${targets[@]}" >&2 || die "the build failed (lines above)"
    else
        # a word only when there is something to wait for
        (sleep 2 && say "building build/release") &
        local notice=$! built=0
        cmake --build --preset release "${targets[@]}" > "$log" 2>&1 || built=$?
        { kill "$notice" && wait "$notice"; } 2> /dev/null || true
        [ $built = 0 ] || { grep -E -A 12 'error|FAILED' "$log" | head -n 60 >&2; die "the build failed (lines above, all in deps/build.log)"; }
    fi
}

# build_web - makes web/dist when the client's sources changed
build_web() {
    [ -f "$root/web/package-lock.json" ] || return 0
    local hash
    # shellcheck disable=SC2119
    hash=$(cd "$root/web" && find . \( -name node_modules -o -name dist -o -name test-results \) -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | hash_of)
    ! fresh web-dist "$hash" "$root/web/dist" || return 0
    say "building web/dist"
    (cd "$root/web" && logged "$deps/web.log" npm run build) || die "npm run build failed in web (lines above)"
    done_with web-dist "$hash"
}
