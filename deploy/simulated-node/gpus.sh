#!/bin/bash
# The GPUs of the simulated node: a tree that looks like sysfs, a scenario for the fake libnvidia-ml
# (Tests/FakeNVML/README.md), and a file that stands for the kernel's messages.
#   gpus.sh table               print the story
#   gpus.sh make DIR            make all of it in DIR, as if the node had been up for weeks
#   gpus.sh settings DIR LIB    print the daemon's settings for it; LIB is the fake library
#   gpus.sh play DIR            keep the story going until DIR is gone
# The story keeps its own totals, because counters that the fake library drives by itself begin anew
# with every probe, and a GPU whose energy falls counts as one that was reset.
set -euo pipefail

readonly TICK_S=${STORY_TICK_S:-5}
readonly BUSES=(18 2a 3a 5d 9a ab ba db) DRIVER=610.43.02
# As busy as the cables, whose turns are as long (script.sh).
readonly LOAD_PERCENT=(96 90 98 93 46 16 73 94)

# Seconds: the first time, and how often.
readonly XID_31_S=45 XID_31_CYCLE_S=300
readonly HANG_S=120 HANG_CYCLE_S=240
readonly XID_74_S=90 RESET_S=270 XID_74_CYCLE_S=480

# At full load: what each of 18 NVLinks sends in a second, in KiB, and what PCIe sends in bytes.
readonly LINK_KIB_PER_S=11000000 PCIE_BYTES_PER_S=2000000000

readonly MMU_FAULT='MMU Fault: ENGINE GRAPHICS GPCCLIENT_T1_0 faulted @ 0x7f2a_9c000000.'\
' Fault is of type FAULT_PDE ACCESS_TYPE_VIRT_READ'

table() {
    cat <<'TEXT'
  GPU    what happens                                     what to look for
  -----  -----------------------------------------------  --------------------------------------
  0      healthy                                          power and NVLink traffic with the load
  1      link 4 repeats what arrived damaged              replay and CRC errors of one link of 18
  2      healthy                                          as 0
  3      a call hangs for 25 s every 4 min, first after   UNKNOWN, the call named; the others go
         2 min                                            on; tried alone and back after a minute
  4      link 9 sleeps                                    no fault: 18 of 18 links
  5      corrects memory errors, a row waits to be        gpu_memory_degraded, which explains the
         remapped                                         Xid 63: reset it when no job runs
  6      an application's fault every 5 min, first after  Xid 31 and 43: events and no condition
         45 s
  7      link 12 breaks after 90 s, the GPU is reset 3    gpu_xid 74, which explains nvlink_down:
         min later; the same every 8 min                  CRITICAL until the reset is seen
TEXT
}

load=() power_mw=() sent=() received=() energy_mj=() celsius=() pcie=()
declare -A still=() # what a link that does nothing has counted, by "GPU link"
replays=317 corrected=1204 generation=0

begin() {
    local gpu
    for gpu in "${!BUSES[@]}"; do
        load[gpu]=0 power_mw[gpu]=120000 celsius[gpu]=$((52 + gpu % 4))
        sent[gpu]=$((91000000000000 + gpu * 270000000000))
        received[gpu]=$((90800000000000 + gpu * 310000000000))
        energy_mj[gpu]=$((812000000000 + gpu * 1700000000))
        pcie[gpu]=$((5200000000000 + gpu * 90000000000))
    done
    still['4 9']='70311000 70290000'
}

# What the kernel tells of a GPU's PCIe link: generation 5, all lanes, no error since the start.
make_bus() {
    local kind name
    printf '\xde\x10\x30\x23\x06\x04\x10\x00' >"$1/config"
    for kind in current max; do
        echo 16 >"$1/${kind}_link_width"
        echo '32.0 GT/s PCIe' >"$1/${kind}_link_speed"
    done
    echo $((0x${1: -7:2} >= 0x80)) >"$1/numa_node"
    for name in RxErr BadTLP BadDLLP Rollover Timeout NonFatalErr CorrIntErr HeaderOF \
        TOTAL_ERR_COR; do
        echo "$name 0"
    done >"$1/aer_dev_correctable"
    for kind in nonfatal fatal; do
        for name in Undefined DLP SDES TLP FCP CmpltTO CmpltAbrt UnxCmplt RxOF MalfTLP ECRC \
            UnsupReq ACSViol UncorrIntErr BlockedTLP AtomicOpBlocked TLPBlockedErr \
            PoisonTLPBlocked "TOTAL_ERR_${kind^^}"; do
            echo "$name 0"
        done >"$1/aer_dev_$kind"
    done
}

make_tree() {
    local bus device
    for bus in "${BUSES[@]}"; do
        device=$dir/sys/bus/pci/devices/0000:$bus:00.0
        mkdir -p "$device"
        echo 0x10de >"$device/vendor"
        echo 0x030200 >"$device/class"
        make_bus "$device"
    done
    mkdir -p "$dir/sys/module/nvidia"
    echo "$DRIVER" >"$dir/sys/module/nvidia/version"
    : >"$dir/kmsg"
    log "NVRM: loading NVIDIA UNIX Open Kernel Module for $(uname -m)  $DRIVER"
    xid 5 63 'Row Remapper: New row marked for remapping, reset gpu to activate.'
}

# --- The kernel log ------------------------------------------------------------------------------

# A record as the kernel writes it; a number that is left out would be a lost record.
log() { # text
    local file=$dir/kmsg microseconds
    microseconds=$(perl -MTime::HiRes=clock_gettime,CLOCK_MONOTONIC \
        -e 'printf "%d", 1e6 * clock_gettime(CLOCK_MONOTONIC)')
    printf '3,%d,%s,-;%s\n' "$(wc -l <"$file")" "$microseconds" "$1" >>"$file"
}

xid() { log "NVRM: Xid (PCI:0000:${BUSES[$1]}:00): $2, $3"; } # GPU, number, message

# Whether a turn of the story is the one in which this comes.
is_time() { # seconds since the start, seconds of the first time, seconds of a cycle
    (($1 >= $2 && ($1 - $2) % $3 < TICK_S))
}

work() { # GPU, load in percent
    local gpu=$1 kib=$((LINK_KIB_PER_S * TICK_S * $2 / 100))
    load[gpu]=$2
    power_mw[gpu]=$((120000 + $2 * 5200 + RANDOM % 9000))
    celsius[gpu]=$(((celsius[gpu] * 3 + 36 + $2 * 30 / 100 + gpu % 4) / 4))
    sent[gpu]=$((sent[gpu] + kib))
    received[gpu]=$((received[gpu] + kib * (990 + RANDOM % 10) / 1000))
    energy_mj[gpu]=$((energy_mj[gpu] + power_mw[gpu] * TICK_S))
    pcie[gpu]=$((pcie[gpu] + PCIE_BYTES_PER_S * TICK_S * $2 / 100))
}

tell_xids() { # seconds since the start
    local channel
    if is_time "$1" $XID_31_S $XID_31_CYCLE_S; then
        channel="pid=$((40000 + $1)), name=python3, Ch 0000000b"
        xid 6 31 "$channel, intr 00000000. $MMU_FAULT"
        xid 6 43 "$channel"
    fi
    if is_time "$1" $XID_74_S $XID_74_CYCLE_S; then
        still['7 12']="${sent[7]} ${received[7]}"
        xid 7 74 'NVLink: fatal error detected on link 12(0x10, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0)'
    elif is_time "$1" $RESET_S $XID_74_CYCLE_S; then
        unset 'still[7 12]'
        generation=$((generation + 1))
        sent[7]=0 received[7]=0 energy_mj[7]=0 pcie[7]=0
    fi
}

# --- The scenario --------------------------------------------------------------------------------

count() { scenario+="counter $1 value=$2"$'\n'; } # whose, how much

# Raw data is an eighth more than what it carries.
count_traffic() { # whose, KiB sent, KiB received
    count "$1 field=138" "$2"
    count "$1 field=139" "$3"
    count "$1 field=140" $(($2 * 9 / 8))
    count "$1 field=141" $(($3 * 9 / 8))
}

count_work() { # GPU
    scenario+="set gpu=$1 utilization=${load[$1]} memory_utilization=$((load[$1] * 2 / 5))"
    scenario+=" power_mw=${power_mw[$1]} temperature=${celsius[$1]}"
    scenario+=" memory_temperature=$((celsius[$1] + 9))"$'\n'
    count "gpu=$1 field=83" "${energy_mj[$1]}"
    count "gpu=$1 field=197" "${pcie[$1]}"
    count "gpu=$1 field=198" $((pcie[$1] * 3))
    count_traffic "gpu=$1" "${sent[$1]}" "${received[$1]}"
}

count_faults() { # seconds since the start
    local link
    local -a totals
    count 'gpu=1 link=4 field=161' $replays
    count 'gpu=1 link=4 field=163' $((replays * 3))
    # Long enough that one call meets it, and gone when that one returns.
    if (($1 >= HANG_S && ($1 - HANG_S) % HANG_CYCLE_S < 2 * TICK_S)); then
        scenario+=$'hang gpu=3 symbol=nvmlDeviceGetFieldValues seconds=25\n'
    fi
    scenario+=$'link gpu=4 link=9 state=2\n'
    scenario+=$'set gpu=5 remap_pending=1 remap_cor=1 banks_max=2559 banks_high=1\n'
    count 'gpu=5 field=3' $corrected
    count 'gpu=5 field=5' $((corrected + 20000))
    for link in "${!still[@]}"; do
        read -ra totals <<<"${still[$link]}"
        count_traffic "gpu=${link% *} link=${link#* }" "${totals[@]}"
    done
    if [[ -n ${still['7 12']:-} ]]; then scenario+=$'link gpu=7 link=12 state=0\n'; fi
    # NVML tells the Xid as well as the kernel log; told twice, it is one event.
    if is_time "$1" $XID_74_S $XID_74_CYCLE_S; then
        scenario+="event seq=$1 gpu=7 type=8 data=74"$'\n'
    fi
}

write_scenario() { # seconds since the start
    local gpu scenario="driver $DRIVER"$'\n'
    if ((generation > 0)); then scenario+="set gpu=7 generation=$generation"$'\n'; fi
    for gpu in "${!BUSES[@]}"; do count_work "$gpu"; done
    count_faults "$1"
    # What is half written would end the probe.
    printf '%s' "$scenario" >"$dir/scenario.new"
    mv "$dir/scenario.new" "$dir/scenario"
}

# --- Commands ------------------------------------------------------------------------------------

settings() { # library
    cat <<TEXT
gpu:
  library: "$1"
  environment: {FAKE_NVML_SCENARIO: "$dir/scenario"}
kernel_log: {path: "$dir/kmsg"}
paths: {sys: "$dir/sys"}
TEXT
}

advance() { # seconds since the start
    local gpu percent=${LOAD_PERCENT[$1 / TICK_S % ${#LOAD_PERCENT[@]}]}
    replays=$((replays + RANDOM % 5))
    corrected=$((corrected + RANDOM % 3))
    for gpu in "${!BUSES[@]}"; do work "$gpu" $((percent + RANDOM % 3)); done
    tell_xids "$1"
    write_scenario "$1"
}

play() {
    local seconds
    begin
    # Waiting for input that never comes, rather than for a sleep that would outlive a signal.
    exec 3<> <(:)
    for ((seconds = TICK_S; ; seconds += TICK_S)); do
        read -rt "$TICK_S" -u 3 || true
        [[ -d $dir ]] || exit 0
        advance "$seconds"
    done
}

case ${1:-}:$# in
    table:1) table ;;
    make:2)
        dir=$2
        begin
        make_tree
        write_scenario 0
        ;;
    settings:3)
        dir=$2
        settings "$3"
        ;;
    play:2)
        dir=$2
        play
        ;;
    *)
        sed -n '2,7s/^# \?//p' "${BASH_SOURCE[0]}" >&2
        exit 2
        ;;
esac
