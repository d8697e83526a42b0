#!/usr/bin/env bash
# Fuzzes the parser of the kernel log and the decoders of the history: run.sh [RUNS [SEED]], with
# so many runs for each. It starts from the lines that the tests know, and from rows, slots and
# chunks made by chance; it fails on a crash, and leaves the crash's input in the folder it names.
set -euo pipefail
cd "$(dirname "$0")/../.."

runs=${1:-200000}
seed=${2:-$((RANDOM + 1))}
build=.build/fuzz
swiftc=${SWIFTC:-swiftc}
mkdir -p "$build"

# Only what is pure, in the modules that it lives in, so that the build takes seconds.
options=(-O -swift-version 6 -package-name fabricwatch -parse-as-library -I "$build"
    -enable-upcoming-feature MemberImportVisibility
    -enable-upcoming-feature InternalImportsByDefault
    -sanitize=fuzzer -wmo -enable-testing -Xcc -fno-omit-frame-pointer)

module() {
    local name=$1
    shift
    "$swiftc" "${options[@]}" -emit-module -emit-module-path "$build/$name.swiftmodule" \
        -module-name "$name" -c -o "$build/$name.o" "$@"
}

program() {
    local name=$1
    shift
    "$swiftc" "${options[@]}" -module-name Fuzz -o "$build/$name" "$@"
}

fuzz() {
    local name=$1 corpus=$build/corpus-$1
    # A backtrace of a crash can hang under libFuzzer, whose own report is enough.
    if ! SWIFT_BACKTRACE=enable=no "$build/$name" -runs="$runs" -seed="$seed" -max_len=16384 \
        -timeout=10 -rss_limit_mb=1024 -artifact_prefix="$build/" "$corpus" \
        >"$build/$name.log" 2>&1; then
        tail --lines=40 "$build/$name.log" >&2
        printf '%s failed with seed %d; its input lies in %s\n' "$name" "$seed" "$build" >&2
        exit 1
    fi
    printf '%s: %d runs with seed %d, no crash\n' "$name" "$runs" "$seed"
}

rm -rf "$build"/corpus* "$build"/crash-* "$build"/timeout-* "$build"/oom-* "$build"/leak-*

module Model Sources/Model/*.swift
module Collectors Sources/Collectors/KernelLog/KernelRecord.swift \
    Sources/Collectors/KernelLog/*Line.swift Sources/Collectors/KernelLog/KernelLineReader.swift
module History Sources/History/Codec/*.swift
module HistoryScript Tests/HistoryScript/SeededGenerator.swift
program kernel-log Tests/Fuzz/KernelLogFuzz.swift \
    "$build/Model.o" "$build/Collectors.o"
program history Tests/Fuzz/History*.swift Tests/HistoryTests/RandomChunk.swift \
    "$build/Model.o" "$build/History.o" "$build/HistoryScript.o"

corpus=$build/corpus-kernel-log
mkdir -p "$corpus"
number=0
while IFS= read -r line; do
    printf '6,%d,%d,-;%s\n' "$number" $((number * 1000)) "${line##*$'\t'}" \
        >"$corpus/$number"
    number=$((number + 1))
done < <(grep --invert-match --no-filename '^#' Tests/Fixtures/kernel-log/*)
((number > 0)) || { echo 'the fixtures of the kernel log are not there' >&2; exit 1; }
# Several records in one input, and lines beyond the limit, which chance alone does not come to.
long=$(printf '%600s' '' | tr ' ' y)
for ((first = 0; first < number; first += 8)); do
    for ((next = first; next < first + 8 && next < number; next++)); do
        cat "$corpus/$next"
        printf '\0'
    done >"$corpus/together-$first"
    printf '%s%s\n' "$(<"$corpus/$first")" "$long" >"$corpus/long-$first"
done
fuzz kernel-log

mkdir -p "$build/corpus-history"
CORPUS=$build/corpus-history SEED=$seed fuzz history
