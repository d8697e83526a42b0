# Sourced by run.sh: the programs that are measured, and what the kernel says of a process.

# --- Reading /proc -------------------------------------------------------------------------------

# Nanoseconds on a processor, over all threads; stat(5) knows no less than 10 ms.
cpu() { # pid...
    local pid file ns total=0
    for pid; do
        for file in /proc/"$pid"/task/*/schedstat; do
            read -r ns _ <"$file"
            total=$((total + ns))
        done
    done
    echo "$total"
}

# The same of the first thread alone: the simulator puts a second one into its clients.
own_cpu() { # pid...
    local pid ns total=0
    for pid; do
        read -r ns _ <"/proc/$pid/task/$pid/schedstat"
        total=$((total + ns))
    done
    echo "$total"
}

switches() { # status file...
    awk '/^voluntary/ { sum += $2 } END { print sum + 0 }' "$@"
}

memory_kb() { # pid, Rss|Pss|Pss_Anon
    awk -v field="$2:" '$1 == field { print $2 }' "/proc/$1/smaps_rollup"
}

# By opening it: the kernel may refuse its log to a process that the file's mode would let in.
can_read() { { : <"$1"; } 2>/dev/null; } # file

threads() { # pid
    local files=(/proc/"$1"/task/*)
    echo "${#files[@]}"
}

# --- The programs --------------------------------------------------------------------------------

until_true() { # seconds, command...
    local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
    shift
    until "$@"; do
        ((${EPOCHREALTIME/./} < end)) || return 1
        sleep 0.05
    done
}

build() {
    local program
    : "${binaries:=$(swift build --configuration release --static-swift-stdlib --show-bin-path)}"
    for program in fabricwatchd fabricwatch; do
        strip -o "$work/$program" "$binaries/$program"
    done
    for program in sync scrape pages nvml; do
        cc -O2 -Wall -D_GNU_SOURCE -ISources/CNVML/include -o "$work/$program" \
            "$HERE/reference/$program.c" -libmad -libumad -lsqlite3
    done
}

page() { "$work/scrape" "$port" /metrics 1 keep identity -; }

metric() { # name: the sum over its samples
    page | awk -v name="$1" '$1 == name || index($1, name "{") == 1 { sum += $2 }
        END { printf "%.3f", sum }'
}

is_listening() { # file, pid
    kill -0 "$2" 2>/dev/null || fail "$(tail -n 3 "$1")"
    grep -qE 'istening on.*127\.0\.0\.1:[1-9]' "$1"
}

port_in() { grep -oE '127\.0\.0\.1:[0-9]+' "$1" | head -n 1 | cut -d : -f 2; }

is_ready() { "$work/scrape" "$port" /readyz 1 close identity >/dev/null 2>&1; }

# The settings of where answers are given and history is kept.
places() { # history true|false
    printf 'node: {name: bench}\nlog: {level: notice}\n'
    printf 'serve: {socket: "", tcp: "127.0.0.1:0"}\n'
    printf 'history: {enabled: %s, directory: "%s/history"}\n' "$1" "$work"
}

# Starts the daemon with the settings that lie in place.
launch_daemon() { # interval in s, number of probes
    rm -rf "$work/history"
    mkdir "$work/history"
    # What the one before said must not pass for this one's.
    : >"$work/daemon.log"
    (cd "$work" && exec ./fabricwatchd --config settings.yaml 2>daemon.log) &
    daemon=$!
    until_true 10 is_listening "$work/daemon.log" "$daemon" || fail "the daemon does not listen"
    port=$(port_in "$work/daemon.log")
    until_true 20 is_ready || fail "the daemon is not ready: $(tail -n 3 "$work/daemon.log")"
    mapfile -t probes < <(tr ' ' '\n' <"/proc/$daemon/task/$daemon/children" | grep .)
    ((${#probes[@]} == $2)) || fail "${#probes[@]} probes, not $2"
    # The grid of the turns moves once after the first; then caches are as warm as they get.
    sleep $(($1 * 2 + 1))
}

stop_daemon() {
    kill -TERM "$daemon"
    wait "$daemon" || fail "the daemon ended with status $?: $(tail -n 3 "$work/daemon.log")"
    daemon=''
    probes=()
}

start_exporter() {
    prometheus-node-exporter --web.listen-address=127.0.0.1:0 2>"$work/exporter.log" &
    exporter=$!
    until_true 10 is_listening "$work/exporter.log" "$exporter" ||
        fail "node_exporter does not listen"
    exporter_port=$(port_in <(grep 'Listening on' "$work/exporter.log"))
}

# The moment between two turns, in ms past the second.
gap_ms() { calc "int(($(metric fabricwatch_collector_last_success_timestamp_seconds) \
    / ${#probes[@]} + 0.5) * 1000) % 1000"; }
