# Sourced by run.sh: a node of eight GPUs with 18 links each, which a fake libnvidia-ml plays
# (Tests/FakeNVML/README.md); no call of it waits.

readonly GPU_BUSES=(18 2a 3a 5d 9a ab ba db)
# What else is on the buses of such a node: only a look for new GPUs, once in a minute, meets it.
readonly OTHER_FUNCTIONS=200
readonly HANGING_GPU=3 HANG_S=60

# --- The node ------------------------------------------------------------------------------------

pci_function() { # address, vendor, class
    mkdir -p "$work/sys/bus/pci/devices/$1"
    echo "$2" >"$work/sys/bus/pci/devices/$1/vendor"
    echo "$3" >"$work/sys/bus/pci/devices/$1/class"
}

make_gpu_node() {
    local bus i
    for bus in "${GPU_BUSES[@]}"; do pci_function "0000:$bus:00.0" 0x10de 0x030200; done
    for ((i = 0; i < OTHER_FUNCTIONS; i++)); do
        pci_function "$(printf '0001:%02x:%02x.0' $((i / 32)) $((i % 32)))" 0x8086 0x060400
    done
    mkdir -p "$work/sys/module/nvidia"
    echo 610.10 >"$work/sys/module/nvidia/version"
    play
    # A file that stands for the kernel log cannot be waited for, so it is looked at four times a
    # second.
    can_read "$kernel_log" || { kernel_log=$work/kmsg; : >"$kernel_log"; }
    cp "$binaries/libFakeNVML.so" "$work/libnvidia-ml.so.1"
}

gpu_settings() { # interval in s, history true|false, file of the call log or nothing
    printf 'interval: %ds\n' "$1"
    places "$2"
    printf '%s: {enabled: false}\n' infiniband pcie
    printf 'paths: {sys: "%s"}\n' "$work/sys"
    printf 'kernel_log: {path: "%s"}\n' "$kernel_log"
    printf 'gpu:\n  library: "%s"\n  environment:\n' "$work/libnvidia-ml.so.1"
    printf '    FAKE_NVML_SCENARIO: "%s"\n' "$work/scenario"
    [[ -z $3 ]] || printf '    FAKE_NVML_CALLS: "%s"\n' "$3"
}

start_gpu_daemon() { # as gpu_settings
    gpu_settings "$1" "$2" "${3:-}" >"$work/settings.yaml"
    launch_daemon "$1" 2
    gpu_probe=$(probe_of_kind gpu) log_probe=$(probe_of_kind kernel-log)
}

probe_of_kind() { # kind
    local pid
    for pid in "${probes[@]}"; do
        [[ $(tr '\0' ' ' <"/proc/$pid/cmdline") != *"probe $1 "* ]] || echo "$pid"
    done
}

start_nvml() {
    (cd "$work" && FAKE_NVML_SCENARIO=$work/scenario exec \
        ./nvml "$work/libnvidia-ml.so.1" pass.calls 1000 "$(gap_ms)" >nvml.log) &
    references=($!)
    sleep 3
}

stop_nvml() {
    local failures
    kill -TERM "${references[0]}"
    wait "${references[0]}" || fail "nvml ended with status $?"
    references=()
    # A call that fails costs less than one that answers.
    failures=$(awk '$1 == "done" { print $4 }' "$work/nvml.log")
    [[ $failures == 0 ]] || fail "${failures:-all} calls of the C program failed"
}

# --- Measuring -----------------------------------------------------------------------------------

gpu_passes() { # the number of the latest pass
    local name=fabricwatch_collector_last_success_timestamp_seconds
    printf '%.0f' "$(metric "$name"'{collector="gpu"}')"
}

# How long calls take inside the library, by its own log.
library_window() { # seconds
    local passes lines
    passes=$(gpu_passes)
    lines=$(wc -l <"$work/calls")
    sleep "$1"
    passes=$(($(gpu_passes) - passes))
    tail -n "+$((lines + 1))" "$work/calls" >"$work/window.calls"
    library_ns=$(awk -v passes="$passes" '{ sum += $7 } END { printf "%d", sum / passes }' \
        "$work/window.calls")
    cost 'GPU probe: inside the library, by the call log' "$library_ns" 1 ms
}

# The calls of the pass with the fewest, which is most of them, for the C program.
choose_pass() {
    awk '$3 == "nvmlDeviceGetCount_v2" {
            if (size && (!least || size < least)) { least = size; chosen = calls }
            calls = ""
            size = 0
        }
        { calls = calls $3 " " $4 " " $5 "\n"; size++ }
        END { printf "%s", chosen }' "$work/window.calls" >"$work/pass.calls"
    sample 'calls per pass of the C program' '' "$(wc -l <"$work/pass.calls")"
}

gpu_pass_window() { # label, seconds
    local label=$1 passes calls d g k r w
    calls=$(metric fabricwatch_nvml_calls_total)
    passes=$(gpu_passes)
    d=$(cpu "$daemon") g=$(cpu "$gpu_probe") k=$(cpu "$log_probe") r=$(cpu "${references[@]}")
    w=$(switches /proc/"$gpu_probe"/task/*/status)
    sleep "$2"
    d=$(($(cpu "$daemon") - d)) g=$(($(cpu "$gpu_probe") - g)) k=$(($(cpu "$log_probe") - k))
    r=$(($(cpu "${references[@]}") - r)) w=$(($(switches /proc/"$gpu_probe"/task/*/status) - w))
    passes=$(($(gpu_passes) - passes))
    ((passes > 0)) || fail "no pass within $2 s"
    cost "$label: daemon" "$d" "$passes" ms
    [[ $label != 'no history' ]] || return 0
    sample "$label: NVML calls per pass" '' \
        "$(calc "($(metric fabricwatch_nvml_calls_total) - $calls) / $passes")"
    cost "$label: GPU probe" "$g" "$passes" ms
    cost "$label: GPU probe, less what the library takes" \
        "$((g - library_ns * passes))" "$passes" ms
    cost "$label: kernel-log probe" "$k" "$passes" ms
    cost "$label: daemon and both probes" "$((d + g + k))" "$passes" ms
    cost "$label: C program, the same calls" "$r" "$passes" ms
    ratio "$label: GPU probe / C program" "$g" "$r"
    ratio "$label: daemon and both probes / C program" "$((d + g + k))" "$r"
    sample "$label: waits of the GPU probe, all threads" /pass "$(calc "$w / $passes")"
}

gpu_sizes() { # label
    local field name
    for field in Rss Pss Pss_Anon; do
        for name in daemon gpu_probe log_probe exporter; do
            size "$1: ${name/_/ }" "$field" "${!name}"
        done
    done
    for name in daemon gpu_probe log_probe; do
        sample "$1: threads of ${name/_/ }" '' "$(threads "${!name}")"
    done
}

# Wake-ups and processor time while nobody asks anything.
gpu_idle_window() {
    # Whole intervals, since what there is happens at the turns.
    local before seconds=$(((HALF + 9) / 10 * 10))
    before=$(cpu "$daemon" "${probes[@]}")
    wake_ups idle "$seconds" daemon "/proc/$daemon/task/*" 'gpu probe' "/proc/$gpu_probe/task/*" \
        'log probe' "/proc/$log_probe/task/*"
    sample 'idle: daemon and both probes, of one core' ppm \
        "$(calc "($(cpu "$daemon" "${probes[@]}") - $before) / $seconds / 1e3")"
}

# When each GPU was last read, as the page has it: GPU and seconds.
last_samples() {
    page | sed -n 's/^fabricwatch_gpu_last_sample_timestamp_seconds{gpu="\([0-9]*\)".*} / \1 /p'
}

# How long scrapes take, and how often each GPU is read meanwhile.
watch_window() { # label
    local to from us name count end
    exec {from}<> <(:)
    exec {to}> >("$work/scrape" "$port" /metrics 0 keep identity >&"$from")
    : >"$work/samples.gpu"
    # The first scrape opens the connection and is not counted.
    echo >&"$to"
    read -r -t 10 -u "$from" us || fail "no answer to a scrape within 10 s"
    end=$((${EPOCHREALTIME/./} + HANG_S * 1000000))
    while ((${EPOCHREALTIME/./} < end)); do
        echo >&"$to"
        read -r -t 10 -u "$from" us || fail "no answer to a scrape within 10 s"
        sample "$1: a scrape" ms "$(calc "$us / 1e3")"
        last_samples >>"$work/samples.gpu"
        sleep 0.1
    done
    exec {to}>&- {from}>&-
    # The first of each was taken before the window.
    while read -r count name; do sample "$1: samples of $name" '' "$count"; done < <(
        sort -u "$work/samples.gpu" | awk -v sick="$HANGING_GPU" '{ count[$1]++ } END {
            for (gpu in count) print count[gpu] - 1, gpu == sick ? "GPU " gpu : "each other GPU" }')
}

play() { # line...
    printf '%s\n' "gpus ${#GPU_BUSES[@]}" "$@" >"$work/scenario.new"
    mv "$work/scenario.new" "$work/scenario"
}

# --- The sections --------------------------------------------------------------------------------

gpu() {
    local gpu_probe log_probe kernel_log=/dev/kmsg library_ns way coding
    make_gpu_node
    section 'eight GPUs, a pass every 10 s: memory and wake-ups'
    start_gpu_daemon 10 true
    gpu_sizes 'before any scrape'
    repeat gpu_idle_window
    section 'eight GPUs, a pass every 10 s: processor time of a scrape'
    for way in keep close; do
        for coding in identity gzip; do repeat cached_scrapes "$way" "$coding"; done
    done
    section 'eight GPUs, a pass every 10 s: memory'
    gpu_sizes 'after scrapes'
    stop_daemon
    section 'eight GPUs, a pass every second: the library'
    start_gpu_daemon 1 true "$work/calls"
    repeat library_window "$HALF"
    choose_pass
    stop_daemon
    section 'eight GPUs, a pass every second: processor time of a pass'
    start_gpu_daemon 1 true
    start_nvml
    repeat gpu_pass_window '8 GPUs' "$PASSES"
    stop_nvml
    section 'eight GPUs, a pass every second: scrapes that find a new page'
    repeat fresh_scrapes identity
    repeat fresh_scrapes gzip
    section 'eight GPUs, a pass every second: history'
    history_window sleep "$PASSES"
    stop_daemon
    section 'eight GPUs, a pass every second, without history'
    start_gpu_daemon 1 false
    repeat gpu_pass_window 'no history' "$HALF"
    stop_daemon
}

# A GPU whose call does not return for longer than the window.
hang() {
    local gpu_probe log_probe kernel_log=/dev/kmsg
    make_gpu_node
    section "eight GPUs, a pass every second: GPU $HANGING_GPU hangs"
    start_gpu_daemon 1 true
    watch_window "$HANG_S s before"
    play "hang gpu=$HANGING_GPU symbol=nvmlDeviceGetFieldValues seconds=600"
    watch_window "$HANG_S s of the hang"
    play
    stop_daemon
}
