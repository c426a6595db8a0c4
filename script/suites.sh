# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# How script/test and script/test-long run a suite and remember its result. Sourced after lib.sh, never run.

: "${root:?}" "${deps:?}"  # set by lib.sh
results=$deps/test-results
python=$deps/venv/bin/python

begin_results() { rm -rf "$results"; mkdir -p "$results"; : > "$results/parts.tsv"; date +%s > "$results/begin"; }

# run NAME COMMAND... - runs it, shows its output when it ends, adds a line to parts.tsv
run() {
    local name=$1 begin=$SECONDS outcome=passed
    shift
    # in a subshell, because a step may end with die
    ("$@") > "$results/$name.log" 2>&1 < /dev/null || outcome=FAILED
    {
        flock 7
        printf '\n== %s: %s (%d s)\n' "$name" "$outcome" $((SECONDS - begin))
        if [ $outcome = passed ]; then tail -n 5 "$results/$name.log"; else tail -n 400 "$results/$name.log"; fi
        printf '%s\t%s\t%d\n' "$outcome" "$name" $((SECONDS - begin)) >> "$results/parts.tsv"
    } 7> "$results/.lock"
    [ $outcome = passed ]
}

# finish - prints the report and ends the script with its exit code
finish() {
    [ -x "$python" ] || { cat "$results/parts.tsv"; exit 1; }
    "$python" "$root/tests/support/report.py" "$results"
    exit
}

make_inputs() { "$root/script/samples" && "$root/script/golden"; }

# unit_suite - all unit tests in as many processes as there are cores: one process per test, as ctest starts them, takes
# five times the processor time
unit_suite() {
    local shard shards failed=0 pids=()
    shards=$(nproc)
    for ((shard = 0; shard < shards; shard++)); do
        GTEST_TOTAL_SHARDS=$shards GTEST_SHARD_INDEX=$shard build/release/tests/hone_unit_tests --gtest_brief=1 \
            --gtest_output="xml:$results/unit-$shard.xml" &
        pids+=($!)
    done
    for shard in "${pids[@]}"; do wait "$shard" || failed=1; done
    return $failed
}

# ctest_suite NAME LABEL [PRESET] - also prints what the fault campaign did, because ctest hides the output of passed tests
ctest_suite() {
    local failed=0
    ctest --preset "${3:-release}" -L "^$2\$" -j "$(nproc)" --output-junit "$results/$1.xml" || failed=1
    count_faults "$results/$1.xml"
    return $failed
}

# count_faults FILE - prints the lines of the fault campaign (tests/contract/faults_test.cpp) and their sum
count_faults() {
    grep -ho '[0-9]* faults injected into [^<]*' "$1" 2> /dev/null |
        awk '{ print; sum += $1 } END { if (NR) print sum " faults injected in all" }'
}

# faults_suite - the two halves take about as long as each other
faults_suite() {
    local half failed=0 pids=()
    for half in 'Faults.OfAScan*' 'Faults*.*:Salvage.*-Faults.OfAScan*'; do
        HONE_TEST_LONG=1 build/release/tests/hone_contract_tests --gtest_brief=1 --gtest_filter="$half" \
            --gtest_output="xml:$results/faults-${#pids[@]}.xml" > "$results/faults-${#pids[@]}.log" 2>&1 &
        pids+=($!)
    done
    for half in "${pids[@]}"; do wait "$half" || failed=1; done
    [ $failed = 0 ] || cat "$results"/faults-?.log
    cat "$results"/faults-?.log > "$results/faults-all.log"
    count_faults "$results/faults-all.log"
    return $failed
}

# pytest_suite NAME OPTION...
pytest_suite() { local name=$1; shift; "$python" -m pytest -q -rs --junitxml "$results/$name.xml" -o junit_duration_report=total "$@"; }

browser_suite() {
    # COCO's photos have more kinds; where they are missing the sample photos stand in.
    local photos=$root/../shared/photos/coco-captions/images words='a dog' captions=
    [ -d "$photos" ] || { photos=$deps/samples words='a flower' captions=$root/tests/data/sample-captions.json; }
    # Node 18 and 20 write one JUnit file; the other reporter is what a person reads.
    HONE_BIN=$root/build/release/hone HONE_PHOTOS=$photos HONE_WORDS=$words HONE_CAPTIONS=${captions:-$(dirname "$photos")/captions.json} \
        node --test --test-concurrency=2 --test-reporter=spec --test-reporter-destination=stdout \
        --test-reporter=junit --test-reporter-destination="$results/browser.xml" tests/e2e/browser/*.test.mjs
}

in_web() { (cd "$root/web" && "$@"); }
