#!/usr/bin/env bash
# Measures what FabricWatch costs, against other programs in the same run on the same machine.
#
# Everything runs on the simulated node: eight HCAs, one probe process each, since the simulator
# gives a process one HCA. Results and their meaning: docs/measurements.md.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
    cat <<'TEXT'
usage: Benchmarks/run.sh [PASSES [REPETITIONS]]
  PASSES        passes in one window of a second each (60)
  REPETITIONS   windows of each kind, of which least, median and most are shown (3)
  BENCH_BIN_DIR in the environment: where the release binaries lie
TEXT
}

[[ ${1:-} != -* ]] || { usage; exit; }
readonly PASSES=${1:-60} REPETITIONS=${2:-3}
readonly RAILS=8 SCRAPES=1000 EXPORTER_SCRAPES=200 FRESH_SCRAPES=20 PERFQUERY_PASSES=5
# At the defaults a peer is identified anew every sixth pass (1 min / 10 s).
readonly IDENTITY_EVERY=6
readonly HERE=$PWD/Benchmarks FABRIC=$PWD/deploy/simulated-node/fabric.sh

binaries=${BENCH_BIN_DIR:-}
work=$(mktemp -d)
samples=$work/samples
daemon='' exporter='' port='' exporter_port=''
probes=() syncs=()
ticks=0

fail() {
    echo "bench: $*" >&2
    exit 1
}

clean_up() {
    local pid
    trap - EXIT
    for pid in $daemon $exporter "${syncs[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
    for pid in $daemon $exporter "${syncs[@]}"; do wait "$pid" 2>/dev/null || true; done
    "$FABRIC" down "$work/fabric" >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# shellcheck source=parts.sh
. "$HERE/parts.sh"

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

# Passes of the daemon, its probes and the syncs over the same seconds.
pass_window() { # label
    local label=$1 mads d p o s so stamp passes
    mads=$(metric fabricwatch_mad_sent_total)
    stamp=$(metric fabricwatch_collector_last_success_timestamp_seconds)
    d=$(cpu "$daemon") p=$(cpu "${probes[@]}") o=$(own_cpu "${probes[@]}")
    s=$(cpu "${syncs[@]}") so=$(own_cpu "${syncs[@]}")
    sleep "$PASSES"
    d=$(($(cpu "$daemon") - d)) p=$(($(cpu "${probes[@]}") - p))
    o=$(($(own_cpu "${probes[@]}") - o))
    s=$(($(cpu "${syncs[@]}") - s)) so=$(($(own_cpu "${syncs[@]}") - so))
    stamp=$(calc "$(metric fabricwatch_collector_last_success_timestamp_seconds) - $stamp")
    passes=$(calc "int($stamp / ${#probes[@]} + 0.5)")
    ((passes > 0)) || fail "no pass within $PASSES s"
    sample "$label: MADs per pass" '' \
        "$(calc "($(metric fabricwatch_mad_sent_total) - $mads) / $passes")"
    cost "$label: daemon" "$d" "$passes" ms
    cost "$label: probes" "$o" "$passes" ms
    cost "$label: probes, with the simulator's thread in them" "$p" "$passes" ms
    cost "$label: daemon and probes" "$((d + o))" "$passes" ms
    ((${#syncs[@]})) || return 0
    cost "$label: sync libibmad" "$so" "$passes" ms
    cost "$label: sync libibmad, with the simulator's thread in it" "$s" "$passes" ms
    ratio "$label: sync libibmad / probes" "$so" "$o"
    ratio "$label: sync libibmad / daemon and probes" "$so" "$((d + o))"
    probes_ms=$(calc "$o / $passes / 1e6")
}

# Milliseconds of processor time that ended children have used.
children_ms() {
    times >"$work/times"
    awk 'NR == 2 {
        for (i = 1; i <= 2; i++) { split($i, t, /[ms]/); ms += t[1] * 60000 + t[2] * 1000 }
        print ms
    }' "$work/times"
}

# The attributes of a pass, each with a process of its own.
perfquery_pass() {
    local rail lid number
    for ((rail = 0; rail < RAILS; rail++)); do
        read -r lid number <"$work/peer.$rail"
        local -x "${environments[@]:rail * 3:3}"
        perfquery
        perfquery -x
        perfquery "$lid" "$number"
        perfquery -x "$lid" "$number"
        perfquery -E "$lid" "$number"
        perfquery -D "$lid" "$number"
    done >"$work/perfquery.log" 2>&1 || fail "perfquery: $(tail -n 2 "$work/perfquery.log")"
}

perfquery_passes() {
    local rail before ns environments=()
    for ((rail = 0; rail < RAILS; rail++)); do
        mapfile -t -O "${#environments[@]}" environments < <("$FABRIC" env "$work/fabric" "$rail")
        awk '$1 == "peer" { print $2, $3 }' "$work/sync.$rail" >"$work/peer.$rail"
    done
    cd "$work"
    before=$(children_ms)
    for ((pass = 0; pass < PERFQUERY_PASSES; pass++)); do perfquery_pass; done
    ns=$(calc "($(children_ms) - $before) * 1e6")
    cd - >/dev/null
    cost "8 cables: perfquery, a process per attribute" "$ns" "$PERFQUERY_PASSES" ms
    ratio "8 cables: perfquery / probes" "$cost" "$probes_ms"
}

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

# Scrapes of which each finds a new page, one in a second between two turns.
fresh_scrapes() { # identity|gzip
    local what="one a second, ${1/identity/plain}" gap before i ours=0 theirs=0
    gap=$(gap_ms)
    for ((i = 0; i < FRESH_SCRAPES; i++)); do
        sleep_until_gap "$gap"
        before=$(cpu "$daemon")
        "$work/scrape" "$port" /metrics 1 close "$1" >/dev/null
        ours=$((ours + $(cpu "$daemon") - before))
        before=$(cpu "$exporter")
        "$work/scrape" "$exporter_port" /metrics 1 close "$1" >/dev/null
        theirs=$((theirs + $(cpu "$exporter") - before))
    done
    cost "fabricwatchd, new page ($what)" "$ours" "$FRESH_SCRAPES" us
    cost "node_exporter ($what)" "$theirs" "$FRESH_SCRAPES" us
    ratio "node_exporter / fabricwatchd ($what)" "$theirs" "($ours)"
}

sizes() { # label
    local field pid
    for field in Rss Pss Pss_Anon; do
        local d p=0 all=0 e
        d=$(memory_kb "$daemon" "$field") e=$(memory_kb "$exporter" "$field")
        p=$(memory_kb "${probes[0]}" "$field")
        for pid in "${probes[@]}"; do all=$((all + $(memory_kb "$pid" "$field"))); done
        sample "$1: daemon, ${field^^}" MB "$(calc "$d * 1.024e-3")"
        sample "$1: one probe, ${field^^}" MB "$(calc "$p * 1.024e-3")"
        sample "$1: daemon and one probe, ${field^^}" MB "$(calc "($d + $p) * 1.024e-3")"
        ((${#probes[@]} == 1)) ||
            sample "$1: daemon and all probes, ${field^^}" MB "$(calc "($d + $all) * 1.024e-3")"
        sample "$1: node_exporter, ${field^^}" MB "$(calc "$e * 1.024e-3")"
    done
    sample "$1: threads of daemon" '' "$(threads "$daemon")"
    sample "$1: threads of a probe, one of them the simulator's" '' "$(threads "${probes[0]}")"
    sample "$1: threads of node_exporter" '' "$(threads "$exporter")"
}

# Wake-ups and processor time while nobody asks anything.
idle_window() { # label
    local probe=${probes[0]} d p s e dc pc ec
    local own=/proc/$probe/task/$probe/status
    d=$(switches /proc/"$daemon"/task/*/status) p=$(switches "$own")
    s=$(switches /proc/"$probe"/task/*/status) e=$(switches /proc/"$exporter"/task/*/status)
    dc=$(cpu "$daemon") pc=$(own_cpu "$probe") ec=$(cpu "$exporter")
    sleep "$PASSES"
    d=$(($(switches /proc/"$daemon"/task/*/status) - d)) p=$(($(switches "$own") - p))
    s=$(($(switches /proc/"$probe"/task/*/status) - s - p))
    e=$(($(switches /proc/"$exporter"/task/*/status) - e))
    dc=$(($(cpu "$daemon") - dc)) pc=$(($(own_cpu "$probe") - pc)) ec=$(($(cpu "$exporter") - ec))
    sample "$1: wake-ups of daemon" /s "$(calc "$d / $PASSES")"
    sample "$1: wake-ups of a probe" /s "$(calc "$p / $PASSES")"
    sample "$1: wake-ups of the simulator's thread in it" /s "$(calc "$s / $PASSES")"
    sample "$1: wake-ups of node_exporter" /s "$(calc "$e / $PASSES")"
    sample "$1: daemon and probe, of one core" ppm "$(calc "($dc + $pc) / $PASSES / 1e3")"
    sample "$1: node_exporter, of one core" ppm "$(calc "$ec / $PASSES / 1e3")"
}

# Ten seconds' worth of traffic at about 200 Gb/s on every cable: what a pass finds at the default
# interval.
add_traffic() { # how often so far, from 1
    local _ rail hca leaf number plane end words name lines_a='' lines_b=''
    while read -r rail _ hca leaf number plane; do
        [[ $rail == rail ]] && continue
        for end in "\"$hca\"[1]" "\"$leaf\"[$number]"; do
            for name in Xmit Rcv; do
                words=$((30000000000000 + $1 * 50000000000 + RANDOM * 100000))
                local -n lines=lines_$plane
                lines+="PerformanceSet $end PortCountersExtended.Port${name}Data=$words"$'\n'
                for name in "Port${name}Pkts" "PortUnicast${name}Pkts"; do
                    lines+="PerformanceSet $end PortCountersExtended.$name=$((words / 1050))"$'\n'
                done
            done
        done
    done < <("$FABRIC" cables "$work/fabric")
    "$FABRIC" cmd "$work/fabric" a - <<<"$lines_a" >/dev/null
    "$FABRIC" cmd "$work/fabric" b - <<<"$lines_b" >/dev/null
}

history_growth() {
    local before passes rows pages i gap
    local name=fabricwatch_history_append_duration_seconds seconds=0
    gap=$(gap_ms)
    read -r -a before < <("$work/pages" "$work/history/history.db")
    for ((i = 0; i < PASSES; i++)); do
        sleep_until_gap "$gap"
        add_traffic $((++ticks))
        seconds=$(calc "$seconds + $(metric $name)")
    done
    read -r passes rows pages < <("$work/pages" "$work/history/history.db")
    passes=$((passes - before[0]))
    sample "rows" bytes/pass "$(calc "($rows - ${before[1]}) / $passes")"
    sample "file" bytes/pass "$(calc "($pages - ${before[2]}) / $passes")"
    sample "file, a pass every 10 s" MB/day \
        "$(calc "($pages - ${before[2]}) / $passes * 8640 / 1e6")"
    sample "time of an append, the disk's included" ms "$(calc "$seconds / $PASSES * 1e3")"
}

# --- The run -------------------------------------------------------------------------------------

repeat() { # command...
    local repetition
    for ((repetition = 0; repetition < REPETITIONS; repetition++)); do "$@"; done
}

one_cable() {
    section 'one cable, a pass every 10 s: memory and wake-ups'
    start_daemon 10 1 true
    sizes 'before any scrape'
    repeat idle_window 'idle'
    "$work/scrape" "$port" /metrics "$SCRAPES" keep gzip >/dev/null
    "$work/scrape" "$exporter_port" /metrics "$EXPORTER_SCRAPES" keep gzip >/dev/null
    sizes 'after scrapes'
    stop_daemon
}

scrapes() {
    section 'eight cables, a pass every 10 s: processor time of a scrape'
    start_daemon 10 "$RAILS" true
    for way in keep close; do
        for coding in identity gzip; do repeat cached_scrapes "$way" "$coding"; done
    done
    section 'eight cables, a pass every 10 s: memory'
    sizes 'after scrapes'
    repeat idle_window 'idle'
    stop_daemon
}

passes() {
    section 'eight cables, a pass every second: processor time of a pass'
    start_daemon 1 "$RAILS" true
    start_syncs "$RAILS" 1
    repeat pass_window '8 cables'
    stop_syncs
    sample '8 cables: MADs per pass of sync libibmad' '' "$(sync_mads)"
    repeat perfquery_passes
    section 'eight cables, a pass every second: scrapes that find a new page'
    repeat fresh_scrapes identity
    repeat fresh_scrapes gzip
    section 'eight cables, ten seconds of traffic between passes: history'
    repeat history_growth
    stop_daemon
    section 'eight cables, a pass every second, without history'
    start_daemon 1 "$RAILS" false
    repeat pass_window 'no history'
    stop_daemon
    section 'one cable, a pass every second'
    start_daemon 1 1 true
    start_syncs 1 1
    repeat pass_window '1 cable'
    stop_syncs
    start_syncs 1 8
    repeat pass_window '1 cable, sync reads it eight times'
    stop_syncs
    stop_daemon
}

build
mkdir "$work/fabric"
"$FABRIC" up "$work/fabric" --owner $$
start_exporter
section 'programs, stripped'
for program in fabricwatchd fabricwatch; do
    sample "$program" MB "$(calc "$(stat -c %s "$work/$program") / 1e6")"
done
one_cable
scrapes
passes
printf '%s, %d cores, %d passes in a window, %d repetitions\n' \
    "$(uname -srm)" "$(nproc)" "$PASSES" "$REPETITIONS"
awk -F '\t' -f "$HERE/table.awk" "$samples"
