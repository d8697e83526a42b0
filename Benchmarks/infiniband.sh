# Sourced by run.sh: the simulated fabric of eight HCAs, one probe process each, since the simulator
# gives a process one HCA.

readonly RAILS=8 PERFQUERY_PASSES=5
# At the defaults a peer is identified anew every sixth pass (1 min / 10 s).
readonly IDENTITY_EVERY=6
readonly FABRIC=$PWD/deploy/simulated-node/fabric.sh

ticks=0

# --- The node ------------------------------------------------------------------------------------

settings() { # interval in s, rails, history true|false
    local rail guid
    printf 'interval: %ds\n' "$1"
    places "$3"
    printf '%s: {enabled: false}\n' gpu pcie kernel_log
    printf 'infiniband:\n  identity_interval: %ds\n  devices:\n' $(($1 * IDENTITY_EVERY))
    "$FABRIC" cables "$work/fabric" | while read -r rail guid _; do
        [[ $rail == rail ]] || printf '    - {guid: "%s", name: rail%d, rail: %d}\n' \
            "$guid" "$rail" "$rail"
    done
    printf '  probes:\n'
    for ((rail = 0; rail < $2; rail++)); do
        printf '    - name: rail%d\n      environment:\n' "$rail"
        "$FABRIC" env "$work/fabric" "$rail" | sed 's/^\([A-Z_]*\)=\(.*\)/        \1: "\2"/'
    done
}

start_daemon() { # interval in s, rails, history true|false
    settings "$@" >"$work/settings.yaml"
    launch_daemon "$1" "$2"
}

start_syncs() { # rails, times
    local rail variables gap
    gap=$(gap_ms)
    for ((rail = 0; rail < $1; rail++)); do
        mapfile -t variables < <("$FABRIC" env "$work/fabric" "$rail")
        (cd "$work" && exec env "${variables[@]}" \
            ./sync 1000 "$gap" "$IDENTITY_EVERY" "$2" >"sync.$rail") &
        references+=($!)
    done
    sleep 2
}

stop_syncs() {
    local pid
    for pid in "${references[@]}"; do kill -TERM "$pid"; done
    for pid in "${references[@]}"; do wait "$pid" || fail "sync ended with status $?"; done
    references=()
}

# MADs per pass of all syncs together.
sync_mads() { awk '$1 == "done" { sum += $3 / $2 } END { print sum }' "$work"/sync.*; }

# --- Measuring -----------------------------------------------------------------------------------

# Passes of the daemon, its probes and the syncs over the same seconds.
pass_window() { # label, seconds
    local label=$1 mads d p o s so stamp passes
    mads=$(metric fabricwatch_mad_sent_total)
    stamp=$(metric fabricwatch_collector_last_success_timestamp_seconds)
    d=$(cpu "$daemon") p=$(cpu "${probes[@]}") o=$(own_cpu "${probes[@]}")
    s=$(cpu "${references[@]}") so=$(own_cpu "${references[@]}")
    sleep "$2"
    d=$(($(cpu "$daemon") - d)) p=$(($(cpu "${probes[@]}") - p))
    o=$(($(own_cpu "${probes[@]}") - o))
    s=$(($(cpu "${references[@]}") - s)) so=$(($(own_cpu "${references[@]}") - so))
    stamp=$(calc "$(metric fabricwatch_collector_last_success_timestamp_seconds) - $stamp")
    passes=$(calc "int($stamp / ${#probes[@]} + 0.5)")
    ((passes > 0)) || fail "no pass within $2 s"
    sample "$label: MADs per pass" '' \
        "$(calc "($(metric fabricwatch_mad_sent_total) - $mads) / $passes")"
    cost "$label: daemon" "$d" "$passes" ms
    cost "$label: probes" "$o" "$passes" ms
    cost "$label: probes, with the simulator's thread in them" "$p" "$passes" ms
    cost "$label: daemon and probes" "$((d + o))" "$passes" ms
    ((${#references[@]})) || return 0
    cost "$label: sync libibmad" "$so" "$passes" ms
    cost "$label: sync libibmad, with the simulator's thread in it" "$s" "$passes" ms
    ratio "$label: sync libibmad / probes" "$so" "$o"
    ratio "$label: sync libibmad / daemon and probes" "$so" "$((d + o))"
    probes_ms=$(calc "$o / $passes / 1e6")
}

# Milliseconds of processor time in a record of `times`; the shell itself has to write that, since
# it tells of its own ended children.
children_ms() { # file
    awk 'NR == 2 {
        for (i = 1; i <= 2; i++) { split($i, t, /[ms]/); ms += t[1] * 60000 + t[2] * 1000 }
        print ms
    }' "$1"
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
    local rail pass ns environments=()
    for ((rail = 0; rail < RAILS; rail++)); do
        mapfile -t -O "${#environments[@]}" environments < <("$FABRIC" env "$work/fabric" "$rail")
        awk '$1 == "peer" { print $2, $3 }' "$work/sync.$rail" >"$work/peer.$rail"
    done
    cd "$work"
    times >times.before
    for ((pass = 0; pass < PERFQUERY_PASSES; pass++)); do perfquery_pass; done
    times >times.after
    ns=$(calc "($(children_ms times.after) - $(children_ms times.before)) * 1e6")
    cd - >/dev/null
    cost "8 cables: perfquery, a process per attribute" "$ns" "$PERFQUERY_PASSES" ms
    ratio "8 cables: perfquery / probes" "$cost" "$probes_ms"
}

sizes() { # label
    local field
    for field in Rss Pss Pss_Anon; do
        size "$1: daemon" "$field" "$daemon"
        size "$1: one probe" "$field" "${probes[0]}"
        size "$1: daemon and one probe" "$field" "$daemon" "${probes[0]}"
        ((${#probes[@]} == 1)) ||
            size "$1: daemon and all probes" "$field" "$daemon" "${probes[@]}"
        size "$1: node_exporter" "$field" "$exporter"
    done
    sample "$1: threads of daemon" '' "$(threads "$daemon")"
    sample "$1: threads of a probe, one of them the simulator's" '' "$(threads "${probes[0]}")"
    sample "$1: threads of node_exporter" '' "$(threads "$exporter")"
}

# Wake-ups and processor time while nobody asks anything.
idle_window() { # label
    local probe=${probes[0]} ours theirs
    ours=$(($(cpu "$daemon") + $(own_cpu "$probe"))) theirs=$(cpu "$exporter")
    wake_ups "$1" "$HALF" daemon "/proc/$daemon/task/*" \
        'a probe' "/proc/$probe/task/$probe" \
        "the simulator's thread in it" "/proc/$probe/task/!($probe)" \
        node_exporter "/proc/$exporter/task/*"
    ours=$(($(cpu "$daemon") + $(own_cpu "$probe") - ours))
    theirs=$(($(cpu "$exporter") - theirs))
    sample "$1: daemon and probe, of one core" ppm "$(calc "$ours / $HALF / 1e3")"
    sample "$1: node_exporter, of one core" ppm "$(calc "$theirs / $HALF / 1e3")"
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

traffic_passes() {
    local i gap
    gap=$(gap_ms)
    for ((i = 0; i < PASSES; i++)); do
        sleep_until_gap "$gap"
        add_traffic $((++ticks))
        append_seconds=$(calc \
            "$append_seconds + $(metric fabricwatch_history_append_duration_seconds)")
    done
}

history_growth() {
    local append_seconds=0
    history_window traffic_passes
    sample "time of an append, the disk's included" ms "$(calc "$append_seconds / $PASSES * 1e3")"
}

# --- The sections --------------------------------------------------------------------------------

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
    stop_daemon
}

passes() {
    section 'eight cables, a pass every second: processor time of a pass'
    start_daemon 1 "$RAILS" true
    start_syncs "$RAILS" 1
    repeat pass_window '8 cables' "$PASSES"
    stop_syncs
    sample '8 cables: MADs per pass of sync libibmad' '' "$(sync_mads)"
    repeat perfquery_passes
    section 'eight cables, a pass every second: scrapes that find a new page'
    repeat fresh_scrapes identity
    repeat fresh_scrapes gzip
    section 'eight cables, ten seconds of traffic between passes: history'
    history_growth
    stop_daemon
    section 'eight cables, a pass every second, without history'
    start_daemon 1 "$RAILS" false
    repeat pass_window 'no history' "$HALF"
    stop_daemon
    section 'one cable, a pass every second'
    start_daemon 1 1 true
    start_syncs 1 1
    repeat pass_window '1 cable' "$HALF"
    stop_syncs
    start_syncs 1 8
    repeat pass_window '1 cable, sync reads it eight times' "$HALF"
    stop_syncs
    stop_daemon
}

infiniband() {
    mkdir "$work/fabric"
    "$FABRIC" up "$work/fabric" --owner $$
    one_cable
    scrapes
    passes
    "$FABRIC" down "$work/fabric" >/dev/null
}
