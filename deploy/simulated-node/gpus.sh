#!/bin/bash
# The GPUs of the simulated node: a tree that looks like sysfs, a scenario for the fake libnvidia-ml
# (Tests/FakeNVML/README.md), and a file that stands for the kernel's messages.
#   gpus.sh table               print the story
#   gpus.sh make DIR            make all of it in DIR, as if the node had been up for weeks
#   gpus.sh settings DIR LIB    print the daemon's settings for it; LIB is the fake library
#   gpus.sh play DIR            keep the story going until DIR is gone
set -euo pipefail

readonly TICK_S=${STORY_TICK_S:-5}
readonly BUSES=(18 2a 3a 5d 9a ab ba db)
readonly HANG_EVERY_S=240 HANG_FIRST_S=120 XID31_S=45 XID74_S=90 RESET_S=210

table() {
    cat <<'TEXT'
  GPU    what happens                                     what to look for
  -----  -----------------------------------------------  --------------------------------------
  1      link 4 repeats transmissions                     replay errors of one link of 18
  3      a call hangs for 25 s every 4 min, first after   UNKNOWN, the call named; the others go
         2 min                                            on; tried alone and back after a minute
  4      link 9 sleeps                                    no fault
  5      corrects memory errors, a row waits to be        volatile ECC counts, remap pending
         remapped
  6      an application's Xid 31 after 45 s               an event and no condition
  7      Xid 74 after 90 s, reset after 3.5 min           CRITICAL until the reset is seen
TEXT
}

address() { echo "0000:${BUSES[$1]}:00.0"; }

make_tree() {
    local gpu device
    for gpu in "${!BUSES[@]}"; do
        device=$dir/sys/bus/pci/devices/$(address "$gpu")
        mkdir -p "$device"
        echo 0x10de >"$device/vendor"
        echo 0x030200 >"$device/class"
    done
    mkdir -p "$dir/sys/module/nvidia"
    echo 610.43.02 >"$dir/sys/module/nvidia/version"
    : >"$dir/kmsg"
}

# Lines that stay as they are go on counting where they are.
write_scenario() { # seconds since the start
    local gpu load phase=$((($1 + HANG_EVERY_S - HANG_FIRST_S) % HANG_EVERY_S))
    {
        cat <<'TEXT'
gpus 8
counter field=138 value=91000000000 rate=9000000
counter field=139 value=90000000000 rate=8900000
counter field=140 value=99000000000 rate=9700000
counter field=141 value=98000000000 rate=9600000
counter field=83 value=812000000000 rate=430000
counter gpu=1 link=4 field=161 value=17 rate=0.2
counter gpu=5 field=3 value=812 rate=0.1
counter gpu=5 field=5 value=90812 rate=0.1
set gpu=5 remap_pending=1 remap_cor=1
link gpu=4 link=9 state=2
TEXT
        for gpu in "${!BUSES[@]}"; do
            load=$((70 + RANDOM % 30))
            echo "set gpu=$gpu utilization=$load temperature=$((30 + load / 3))" \
                "power_mw=$((load * 6800))"
        done
        if (($1 >= RESET_S)); then echo 'set gpu=7 generation=2'; fi
        if (($1 >= HANG_FIRST_S && phase < 2 * TICK_S)); then
            echo 'hang gpu=3 symbol=nvmlDeviceGetFieldValues seconds=25'
        fi
    } >"$dir/scenario.new"
    mv "$dir/scenario.new" "$dir/scenario"
}

record=0
log() { # text
    local uptime
    read -r uptime _ </proc/uptime
    record=$((record + 1))
    echo "3,$record,${uptime/./}0000,-;$1" >>"$dir/kmsg"
}

tell() { # seconds since the start
    local place
    if (($1 == XID31_S)); then
        place=$(address 6)
        log "NVRM: Xid (PCI:${place%.0}): 31, pid=4711, name=python3, Ch 0000001b, intr 00000000. \
MMU Fault: ENGINE GRAPHICS GPC3 GPCCLIENT_T1_4 faulted @ 0x7f2c_84000000"
    fi
    if (($1 == XID74_S)); then
        place=$(address 7)
        log "NVRM: Xid (PCI:${place%.0}): 74, pid='<unknown>', name=<unknown>, NVLink: fatal error \
detected on link 14(0x0, 0x0, 0x10000, 0x0, 0x0, 0x0, 0x0)"
    fi
}

settings() { # library
    cat <<TEXT
gpu:
  library: "$1"
  environment: {FAKE_NVML_SCENARIO: "$dir/scenario"}
kernel_log: {path: "$dir/kmsg"}
paths: {sys: "$dir/sys"}
TEXT
}

play() {
    local seconds
    # Waiting for input that never comes, rather than for a sleep that would outlive a signal.
    exec 3<> <(:)
    for ((seconds = TICK_S; ; seconds += TICK_S)); do
        read -rt "$TICK_S" -u 3 || true
        [[ -d $dir ]] || exit 0
        write_scenario "$seconds"
        tell "$seconds"
    done
}

case ${1:-}:$# in
    table:1) table ;;
    make:2) dir=$2 && make_tree && write_scenario 0 ;;
    settings:3) dir=$2 && settings "$3" ;;
    play:2) dir=$2 && play ;;
    *)
        sed -n '2,7s/^# \?//p' "${BASH_SOURCE[0]}" >&2
        exit 2
        ;;
esac
