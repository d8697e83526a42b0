#!/usr/bin/env bash
# Measures what FabricWatch costs, against other programs in the same run on the same machine.
#
# Nothing of it needs hardware: the HCAs are simulated, and a fake library plays the GPUs. Results
# and their meaning: docs/measurements.md.
set -euo pipefail
shopt -s extglob
cd "$(dirname "$0")/.."

usage() {
    cat <<'TEXT'
usage: Benchmarks/run.sh [infiniband|gpu|hang] [PASSES [REPETITIONS]]
       Benchmarks/run.sh history [10s|1s [HOURS]]
  infiniband    eight cables only
  gpu           eight GPUs with 18 links each only
  hang          eight GPUs of which one hangs for a minute only
  PASSES        passes of a second each in a full window, half in others (60)
  REPETITIONS   windows of each kind, of which least, median and most are shown (3)
  BENCH_BIN_DIR in the environment: where the release binaries lie
TEXT
}

[[ ${1:-} != -* ]] || { usage; exit; }
[[ ${1:-} != history ]] || exec Benchmarks/history.sh "${@:2}"
nodes=(infiniband gpu hang)
if [[ ${1:-} == [a-z]* ]]; then
    [[ " ${nodes[*]} " == *" $1 "* ]] || { usage >&2; exit 64; }
    nodes=("$1")
    shift
fi
readonly PASSES=${1:-60} REPETITIONS=${2:-3}
readonly HALF=$((PASSES / 2))
readonly SCRAPES=1000 EXPORTER_SCRAPES=200 FRESH_SCRAPES=20
readonly HERE=$PWD/Benchmarks

binaries=${BENCH_BIN_DIR:-}
work=$(mktemp -d)
samples=$work/samples
daemon='' exporter='' port='' exporter_port=''
# The processes of the daemon, and the programs that do the same as they.
probes=() references=()

fail() {
    echo "bench: $*" >&2
    exit 1
}

clean_up() {
    local pid
    trap - EXIT
    for pid in $daemon $exporter "${references[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
    for pid in $daemon $exporter "${references[@]}"; do wait "$pid" 2>/dev/null || true; done
    "$FABRIC" down "$work/fabric" >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# shellcheck source=parts.sh
. "$HERE/parts.sh"
# shellcheck source=infiniband.sh
. "$HERE/infiniband.sh"
# shellcheck source=gpu.sh
. "$HERE/gpu.sh"

# --- Samples -------------------------------------------------------------------------------------

section() {
    echo "== $1" >>"$samples"
    echo "bench: $1" >&2
}

sample() { # label, unit, value
    printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$samples"
}

# The value of an expression, in floating point.
calc() { awk "BEGIN { printf \"%.9g\", $1 }"; }

# Adds a sample of a cost per thing and keeps it in `cost` for ratios.
cost() { # label, nanoseconds, things, unit ms|us
    local scale=1e6
    [[ $4 == ms ]] || scale=1e3
    cost=$(calc "$2 / $3 / $scale")
    sample "$1" "$4" "$cost"
}

ratio() { sample "$1" x "$(calc "$2 / $3")"; } # label, numerator, denominator

# --- Measuring -----------------------------------------------------------------------------------

# Scrapes of a page that is rendered already; again when a pass came in between.
cached_scrapes() { # keep|close, identity|gzip
    local what="$1, ${2/identity/plain}" before ns answers bytes changes try
    for try in 1 2 3 4 5; do
        "$work/scrape" "$port" /metrics 1 "$1" "$2" >/dev/null
        before=$(cpu "$daemon")
        read -r answers bytes changes _ < <("$work/scrape" "$port" /metrics "$SCRAPES" "$1" "$2")
        ns=$(($(cpu "$daemon") - before))
        ((changes)) || break
    done
    ((changes == 0)) || fail "the page changed within $SCRAPES scrapes, five times"
    cost "fabricwatchd, same page ($what)" "$ns" "$answers" us
    sample "fabricwatchd, body ($what)" bytes "$bytes"
    local ours=$ns/$answers
    before=$(cpu "$exporter")
    read -r answers bytes _ < <(
        "$work/scrape" "$exporter_port" /metrics "$EXPORTER_SCRAPES" "$1" "$2")
    ns=$(($(cpu "$exporter") - before))
    cost "node_exporter ($what)" "$ns" "$answers" us
    sample "node_exporter, body ($what)" bytes "$bytes"
    ratio "node_exporter / fabricwatchd ($what)" "$ns/$answers" "($ours)"
}

sleep_until_gap() { # ms past the second
    sleep "$(calc "((1000 + $1 - ${EPOCHREALTIME/./} / 1000 % 1000) % 1000 + 1) / 1000")"
}

# One scrape, and the nanoseconds that it cost; the connection stays open, as Prometheus keeps it.
led_scrape() { # pid, descriptor to, descriptor from
    local before
    before=$(cpu "$1")
    echo >&"$2"
    read -r -t 10 -u "$3"
    led=$(($(cpu "$1") - before))
}

# Scrapes of which each finds a new page, one in a second between two turns.
fresh_scrapes() { # identity|gzip
    local what="one a second, ${1/identity/plain}" gap i led ours=0 theirs=0
    local to_daemon from_daemon to_exporter from_exporter
    gap=$(gap_ms)
    exec {from_daemon}<> <(:) {from_exporter}<> <(:)
    exec {to_daemon}> >("$work/scrape" "$port" /metrics 0 keep "$1" >&"$from_daemon")
    exec {to_exporter}> >("$work/scrape" "$exporter_port" /metrics 0 keep "$1" >&"$from_exporter")
    # The first scrape opens the connection and is not counted.
    led_scrape "$daemon" "$to_daemon" "$from_daemon"
    led_scrape "$exporter" "$to_exporter" "$from_exporter"
    for ((i = 0; i < FRESH_SCRAPES; i++)); do
        sleep_until_gap "$gap"
        led_scrape "$daemon" "$to_daemon" "$from_daemon"
        ours=$((ours + led))
        led_scrape "$exporter" "$to_exporter" "$from_exporter"
        theirs=$((theirs + led))
    done
    exec {to_daemon}>&- {to_exporter}>&- {from_daemon}>&- {from_exporter}>&-
    cost "fabricwatchd, new page ($what)" "$ours" "$FRESH_SCRAPES" us
    cost "node_exporter ($what)" "$theirs" "$FRESH_SCRAPES" us
    ratio "node_exporter / fabricwatchd ($what)" "$theirs" "($ours)"
}

# Memory of processes together.
size() { # label, Rss|Pss|Pss_Anon, pid...
    local label=$1 field=$2 pid kb=0
    shift 2
    for pid; do kb=$((kb + $(memory_kb "$pid" "$field"))); done
    sample "$label, ${field^^}" MB "$(calc "$kb * 1.024e-3")"
}

# Wake-ups a second of threads, whose directories in /proc a pattern names.
# shellcheck disable=SC2206 # a pattern becomes the files that it matches
wake_ups() { # label, seconds, (name, pattern)...
    local label=$1 seconds=$2 i before=() files
    shift 2
    for ((i = 2; i <= $#; i += 2)); do
        files=(${!i})
        before+=("$(switches "${files[@]/%//status}")")
    done
    sleep "$seconds"
    for ((i = 0; $# > 0; i++)); do
        files=($2)
        sample "$label: wake-ups of $1" /s \
            "$(calc "($(switches "${files[@]/%//status}") - ${before[i]}) / $seconds")"
        shift 2
    done
}

# What the history grows by while passes go by.
history_window() { # command that takes PASSES seconds...
    local before passes rows pages
    read -r -a before < <("$work/pages" "$work/history/history.db")
    "$@"
    read -r passes rows pages < <("$work/pages" "$work/history/history.db")
    passes=$((passes - before[0]))
    sample rows bytes/pass "$(calc "($rows - ${before[1]}) / $passes")"
    sample file bytes/pass "$(calc "($pages - ${before[2]}) / $passes")"
    sample 'file, a pass every 10 s' MB/day \
        "$(calc "($pages - ${before[2]}) / $passes * 8640 / 1e6")"
}

# --- The run -------------------------------------------------------------------------------------

repeat() { # command...
    local repetition
    for ((repetition = 0; repetition < REPETITIONS; repetition++)); do "$@"; done
}

build
start_exporter
section 'programs, stripped'
for program in fabricwatchd fabricwatch; do
    sample "$program" MB "$(calc "$(stat -c %s "$work/$program") / 1e6")"
done
for node in "${nodes[@]}"; do "$node"; done
printf '%s, %d cores, %d passes in a window, %d repetitions\n' \
    "$(uname -srm)" "$(nproc)" "$PASSES" "$REPETITIONS"
awk -F '\t' -f "$HERE/table.awk" "$samples"
