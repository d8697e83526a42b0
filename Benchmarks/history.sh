#!/usr/bin/env bash
# Measures what the history costs, against Prometheus and VictoriaMetrics on the same samples.
#
# The node is synthetic (Benchmarks/History): nothing of it needs hardware.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
    cat <<'TEXT'
usage: Benchmarks/history.sh [10s|1s] [HOURS]
  10s|1s   between passes (10s)
  HOURS    of the trace (24)
  DAYS     in the environment: the length of the run with retention, of which 30 days are kept;
           0 for none (33 at 10s, 0 at 1s)
TEXT
}

[[ ${1:-} != -* ]] || { usage; exit; }
readonly EVERY=${1:-10s} HOURS=${2:-24}
[[ "$EVERY $HOURS" =~ ^(10|1)s\ [1-9][0-9]*$ ]] || { usage >&2; exit 64; }
readonly INTERVAL=${EVERY%s}
if ((INTERVAL == 10)); then days=${DAYS:-33}; else days=${DAYS:-0}; fi

work=$(mktemp -d)
victoria=''

fail() {
    echo "bench: $*" >&2
    exit 1
}

clean_up() {
    trap - EXIT
    if [[ $victoria ]]; then
        kill -KILL "$victoria" 2>/dev/null || true
        wait "$victoria" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

for tool in promtool victoria-metrics curl; do
    command -v "$tool" >/dev/null || fail "$tool is missing; run deploy/packages.sh bench"
done

calc() { awk "BEGIN { printf \"%.9g\", $1 }"; }

# Bytes of the files in directories, not of the blocks that they take.
file_bytes() { find "$@" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum + 0 }'; }

# --- Our figures, by part and label --------------------------------------------------------------

declare -A figure
bench=''

measure() { # part, arguments of history-bench...
    local part=$1 label value
    shift
    echo "bench: $part" >&2
    "$bench" "$@" >"$work/$part.figures" || fail "history-bench $* failed"
    while IFS=$'\t' read -r label _ value; do
        figure["$part: $label"]=$value
    done <"$work/$part.figures"
}

# --- The references ------------------------------------------------------------------------------

# The port that a process listens on at 127.0.0.1, in decimal.
listening_port() { # pid
    local inodes local_address state inode
    inodes=$(find "/proc/$1/fd" -lname 'socket:*' -printf '%l\n' 2>/dev/null) || true
    while read -r _ local_address _ state _ _ _ _ _ inode _; do
        [[ $state == 0A && $local_address == 0100007F:* ]] || continue
        grep -qF "socket:[$inode]" <<<"$inodes" || continue
        echo $((16#${local_address#*:}))
        return
    done </proc/net/tcp
    return 1
}

start_victoria() {
    victoria-metrics -storageDataPath="$work/victoria" -httpListenAddr=127.0.0.1:0 \
        -retentionPeriod=100y >"$work/victoria.log" 2>&1 &
    victoria=$!
    local try
    for ((try = 0; try < 100; try++)); do
        kill -0 "$victoria" 2>/dev/null || fail "$(tail -n 3 "$work/victoria.log")"
        if port=$(listening_port "$victoria") && ask -o /dev/null health; then return; fi
        sleep 0.1
    done
    fail "victoria-metrics does not listen"
}

ask() { curl -fsS "${@:1:$#-1}" "http://127.0.0.1:$port/${*: -1}"; } # options..., path

is_quiet() {
    ask metrics | awk '
        /^vm_active_(force_)?merges|^vm_pending_rows/ { sum += $NF }
        END { exit sum > 0 }'
}

until_quiet() {
    local try quiet=0
    for ((try = 0; try < 600 && quiet < 5; try++)); do
        if is_quiet; then quiet=$((quiet + 1)); else quiet=0; fi
        sleep 0.2
    done
    ((quiet == 5)) || fail "victoria-metrics still merges after two minutes"
}

# The parts of the trace's month; a merge leaves out parts that are being merged already.
part_count() { find "$work"/victoria/data/{small,big}/2* -maxdepth 1 -name '*_*_*_*' | wc -l; }

finish_victoria() {
    local try
    ask internal/force_flush
    for ((try = 0; try < 10; try++)); do
        until_quiet
        (($(part_count) > 1)) || break
        ask internal/force_merge
    done
    (($(part_count) == 1)) || fail "victoria-metrics does not merge its parts into one"
    victoria_peak=$(awk '$1 == "VmHWM:" { print $2 * 1024 }' "/proc/$victoria/status")
    kill -INT "$victoria"
    wait "$victoria" || fail "victoria-metrics ended with status $?"
    victoria=''
}

# Feeds both with the samples, a few hours at a time.
references() {
    mkdir "$work/blocks" "$work/export"
    start_victoria
    # shellcheck disable=SC2016 # the inner shell expands
    PORT=$port BLOCKS=$work/blocks measure export export "$work/export" "${trace[@]}" --each '
            curl -fsS -T samples.jsonl "http://127.0.0.1:$PORT/api/v1/import"
            promtool tsdb create-blocks-from openmetrics samples.om "$BLOCKS" >promtool.log ||
                { cat promtool.log >&2; exit 1; }'
    rm -rf "$work/export"
    finish_victoria
    samples=${figure[export: samples]}
    blocks_bytes=$(file_bytes "$work/blocks")
    chunks_bytes=$(file_bytes "$work"/blocks/*/chunks)
    victoria_bytes=$(file_bytes "$work/victoria/data")
    victoria_index=$(file_bytes "$work/victoria/indexdb")
}

# --- The table -----------------------------------------------------------------------------------

# What has an aim is met when it is not above it.
row() { # label, value, unit, aim or nothing
    local verdict=''
    if [[ ${4:-} ]]; then
        verdict="aim <= $4: $(awk "BEGIN { print $2 <= $4 ? \"met\" : \"missed\" }")"
    fi
    printf '%-52s %12s %-5s %s\n' "$1" "$(format "$2")" "${3#-}" "$verdict"
}

format() {
    awk -v value="$1" 'BEGIN {
        if (value == int(value)) printf "%.0f", value
        else printf (value >= 100 ? "%.1f" : value >= 1 ? "%.2f" : "%.3f"), value
    }'
}

section() { printf '\n%s\n' "$1"; }

# All figures of a part, those with an aim judged.
figures() { # part
    local label kind value aim
    while IFS=$'\t' read -r label kind value; do
        aim=${aims["$1: $label"]:-}
        row "$label" "$value" "$kind" "$aim"
    done <"$work/$1.figures"
}

declare -A aims=(
    ['write: append: CPU per pass']=120
    ['read: all deltas, warm']=5
    ["read: $HOURS h of one counter, warm"]=2.5
)
if ((INTERVAL == 10)); then
    aims['write: bytes per sample, file']=0.56
    aims['days: file, at the end']=400
else
    aims['write: bytes per sample, file']=0.50
fi

size_rows() {
    local ours=${figure[write: file]}
    row 'FabricWatch' "$(calc "$ours / $samples")" B
    row 'VictoriaMetrics, data' "$(calc "$victoria_bytes / $samples")" B
    row 'VictoriaMetrics, data and index' \
        "$(calc "($victoria_bytes + $victoria_index) / $samples")" B
    row 'Prometheus, chunks' "$(calc "$chunks_bytes / $samples")" B
    row 'Prometheus, blocks' "$(calc "$blocks_bytes / $samples")" B
    row 'FabricWatch / VictoriaMetrics, data' "$(calc "$ours / $victoria_bytes")" - 0.45
    row 'FabricWatch / Prometheus, blocks' "$(calc "$ours / $blocks_bytes")" -
    row 'VictoriaMetrics, RSS peak' "$(calc "$victoria_peak / 1e6")" MB
}

# --- The run -------------------------------------------------------------------------------------

swift build --configuration release --package-path Benchmarks/History >&2
bench=$(swift build --configuration release --package-path Benchmarks/History --show-bin-path)
bench+=/history-bench

store=$work/history
trace=(--interval "$INTERVAL" --hours "$HOURS")
measure trace trace "${trace[@]}"
measure write write "$store" "${trace[@]}"
measure read read "$store" "${trace[@]}"
measure verify verify "$store" "${trace[@]}" --every "$((INTERVAL == 10 ? 1 : 10))"
rm -rf "$store"
references
((days == 0)) ||
    measure days days "$store" --interval "$INTERVAL" --hours "$((days * 24))" --keep 30

printf '%s, %d cores, a pass every %s, %d h\n' "$(uname -srm)" "$(nproc)" "$EVERY" "$HOURS"
section 'the trace'
figures trace
section 'bytes on disk per sample, the same milliseconds of jitter in all'
size_rows
section 'writing, one pass behind the other'
figures write
section 'reading'
figures read
section 'every answer against the trace'
figures verify
if ((days)); then
    section "$days days, of which 30 are kept"
    figures days
fi
