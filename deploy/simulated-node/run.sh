#!/bin/bash
# What `make run` does: builds, then watches what this node has of InfiniBand ports and NVIDIA GPUs,
# or where it has neither a simulated node with eight of each. State lives in a temporary directory;
# Ctrl-C leaves nothing.
set -euo pipefail

readonly READY_LIMIT_S=30 STOP_LIMIT_S=5 FIRST_PORT=9797
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
repository=$(cd "$here/../.." && pwd -P)
readonly here repository
readonly BUILD=(swift build --package-path "$repository" --configuration release
    --static-swift-stdlib --explicit-target-dependency-import-check error)

usage() {
    cat <<'TEXT'
usage: deploy/simulated-node/run.sh [--simulated] [--no-build] [--for SECONDS]
  --simulated     the simulated node even where there is InfiniBand or a GPU
  --no-build      take the release binaries as they are (or from $FABRICWATCH_BIN_DIR)
  --for SECONDS   stop by itself
TEXT
}

fail() {
    echo "run.sh: $*" >&2
    exit 1
}

home='' daemon='' timer='' simulated=false has_infiniband=false scripts=()

# --- What is there -------------------------------------------------------------------------------

infiniband_ports() {
    grep -lsx InfiniBand /sys/class/infiniband/*/ports/*/link_layer || true
}

# Functions of vendor 0x10de that are VGA (0x0300) or 3D controllers (0x0302), with a driver or not.
nvidia_gpus() {
    local device vendor class
    for device in /sys/bus/pci/devices/*; do
        { read -r vendor <"$device/vendor" && read -r class <"$device/class"; } 2>/dev/null ||
            continue
        if [[ $vendor == 0x10de && $class == 0x030[02]?? ]]; then echo "${device##*/}"; fi
    done
}

# By opening it: the kernel may refuse its log to a process that the file's mode would let in.
can_read() { { : <"$1"; } 2>/dev/null; }

check_permission() {
    local device
    for device in /dev/infiniband/umad*; do
        [[ -e $device ]] || fail "this node has InfiniBand ports but no /dev/infiniband/umad*:" \
            "load the kernel module: sudo modprobe ib_umad"
        [[ -r $device && -w $device ]] && continue
        echo "run.sh: no permission to open $device, which management packets need. Either" >&2
        echo "  sudo make run                                           run it as root" >&2
        echo "  $here/run.sh --simulated    look at a simulated node" >&2
        echo "  sudo deploy/install.sh                                  install the service" >&2
        exit 1
    done
}

is_listened_on() { # TCP port
    grep -qE "^ *[0-9]+: [0-9A-F]+:$(printf '%04X' "$1") [0-9A-F]+:0000 0A " \
        /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

free_port() {
    local port=$FIRST_PORT
    while is_listened_on "$port"; do
        port=$((port + 1))
    done
    echo "$port"
}

# --- Settings ------------------------------------------------------------------------------------

simulated_devices() {
    local rail guid variables
    echo 'node: {name: gpu-node-01}'
    echo 'infiniband:'
    echo '  devices:'
    while read -r rail guid _; do
        [[ $rail == rail ]] && continue
        echo "    - {guid: \"$guid\", name: rail$rail, rail: $rail}"
    done < <("$here/fabric.sh" cables "$home/fabric")
    echo '  probes:'
    for rail in 0 1 2 3 4 5 6 7; do
        variables=$("$here/fabric.sh" env "$home/fabric" "$rail" | sed 's/=\(.*\)/: "\1"/' |
            paste -sd, -)
        echo "    - {name: rail$rail, include: [\"*\"], environment: {${variables//,/, }}}"
    done
}

write_settings() { # TCP port, directory of binaries
    {
        # Short, so that there is soon something to see.
        echo 'interval: 5s'
        if $simulated; then
            simulated_devices
            "$here/gpus.sh" settings "$home/gpus" "$2/libFakeNVML.so"
        else
            # Of what is not there, or may not be read, there would be nothing but its absence to
            # see.
            $has_infiniband || echo 'infiniband: {enabled: false}'
            can_read /dev/kmsg || echo 'kernel_log: {enabled: false}'
        fi
        echo "history: {directory: \"$home/state\"}"
        echo "serve: {socket: \"$home/fabricwatch.sock\", tcp: \"127.0.0.1:$1\"}"
    } >"$home/fabricwatch.yaml"
}

# --- Running -------------------------------------------------------------------------------------

start_simulation() {
    "$repository/deploy/packages.sh" run
    mkdir "$home/fabric"
    # With an owner, the fabric goes even if this script is killed.
    "$here/fabric.sh" up "$home/fabric" --owner $$
    "$here/script.sh" preset "$home/fabric"
    setsid setpriv --pdeathsig TERM "$here/script.sh" play "$home/fabric" </dev/null &
    scripts+=($!)
    mkdir "$home/gpus"
    "$here/gpus.sh" make "$home/gpus"
    setsid setpriv --pdeathsig TERM "$here/gpus.sh" play "$home/gpus" </dev/null &
    scripts+=($!)
}

# In the temporary directory, because umad2sim writes into the working directory; in a session of
# its own, because Ctrl-C is for this script, which then ends things in order.
start_daemon() { # directory of binaries
    cd "$home"
    setsid setpriv --pdeathsig TERM "$1/fabricwatchd" --config "$home/fabricwatch.yaml" \
        </dev/null &
    daemon=$!
    cd "$repository"
}

is_ready() { # TCP port
    local status=''
    {
        printf 'GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
        read -rt 2 _ status _ <&3
    } 3<>"/dev/tcp/127.0.0.1/$1" || return 1
    [[ $status == 200 ]]
} 2>/dev/null

wait_until_ready() { # TCP port
    local end=$((SECONDS + READY_LIMIT_S))
    until is_ready "$1"; do
        kill -0 "$daemon" 2>/dev/null || fail "the daemon ended before it was ready"
        ((SECONDS < end)) || fail "the daemon is not ready after $READY_LIMIT_S s"
        sleep 0.1
    done
}

explain() { # TCP port, directory of binaries
    local command=${2#"$repository"/}/fabricwatch
    if $simulated; then
        printf '\nWhat happens on this node:\n\n'
        "$here/script.sh" table
        echo
        "$here/gpus.sh" table
    fi
    cat <<TEXT

FabricWatch is watching.
  http://127.0.0.1:$1/metrics
  http://127.0.0.1:$1/api/v1/health
  http://127.0.0.1:$1/api/v1/links
  http://127.0.0.1:$1/api/v1/gpus
  http://127.0.0.1:$1/api/v1/inventory
  http://127.0.0.1:$1/api/v1/events
Try, in another terminal:
  export FABRICWATCH_SOCKET=$home/fabricwatch.sock
  $command health
  $command explain ib_rcv_errors
  $command links
  $command gpus
  $command inventory
  $command events
  $command deltas --since 1m
Ctrl-C stops it and leaves nothing behind.

TEXT
}

# --- The end -------------------------------------------------------------------------------------

# Processes of the daemon are those with its name that work in our directory.
daemon_processes() {
    local process name
    for process in /proc/[0-9]*; do
        [[ $process/cwd -ef $home ]] || continue
        read -r name <"$process/comm" && [[ $name == fabricwatchd ]] && echo "${process#/proc/}"
    done 2>/dev/null
    return 0
}

end_daemon() {
    local limit=$((SECONDS + STOP_LIMIT_S)) left
    kill -TERM "$daemon" 2>/dev/null || true
    while left=$(daemon_processes) && [[ -n $left ]]; do
        if ((SECONDS >= limit)); then
            # shellcheck disable=SC2086 # one pid a word
            kill -KILL $left 2>/dev/null || true
        fi
        sleep 0.05
    done
}

clean_up() {
    local script
    trap '' INT TERM HUP
    if [[ -n $timer ]]; then kill "$timer" 2>/dev/null || true; fi
    if [[ -n $daemon ]]; then end_daemon; fi
    # One that is still writing would keep the directory from being removed.
    for script in "${scripts[@]}"; do
        kill "$script" 2>/dev/null || true
        wait "$script" 2>/dev/null || true
    done
    [[ -n $home ]] || return 0
    if [[ -d $home/fabric ]]; then "$here/fabric.sh" down "$home/fabric" || true; fi
    cd /
    rm -rf "$home"
}

stay() { # seconds, or nothing
    local status=0
    if [[ -n $1 ]]; then
        sleep "$1" &
        timer=$!
    fi
    wait -n "$daemon" $timer || status=$?
    kill -0 "$daemon" 2>/dev/null && return
    fail "the daemon has ended (status $status)"
}

main() {
    local build=true seconds='' port binaries=${FABRICWATCH_BIN_DIR:-$repository/.build/release}
    while (($#)); do
        case $1 in
            --simulated) simulated=true ;;
            --no-build) build=false ;;
            --for)
                [[ ${2:-} =~ ^[0-9]+$ ]] || fail "--for needs a number of seconds"
                seconds=$2
                shift
                ;;
            -h | --help)
                usage
                return
                ;;
            *)
                usage >&2
                exit 64
                ;;
        esac
        shift
    done

    trap clean_up EXIT
    trap 'echo; exit 0' INT TERM HUP
    cd "$repository"
    if [[ -n $(infiniband_ports) ]]; then has_infiniband=true; fi
    if ! $simulated && ! $has_infiniband && [[ -z $(nvidia_gpus) ]]; then
        simulated=true
        echo 'No InfiniBand port and no NVIDIA GPU here: this will be a simulated node with eight' \
            'of each.'
    fi
    if $build; then
        deploy/packages.sh build
        "${BUILD[@]}" --product fabricwatchd
        "${BUILD[@]}" --product fabricwatch
        if $simulated; then "${BUILD[@]}" --product FakeNVML; fi
    fi
    [[ -x $binaries/fabricwatchd ]] || fail "$binaries/fabricwatchd is not built"
    if $simulated && [[ ! -r $binaries/libFakeNVML.so ]]; then
        fail "$binaries/libFakeNVML.so is not built"
    fi

    home=$(mktemp -d "${TMPDIR:-/tmp}/fabricwatch-run.XXXXXX")
    if $simulated; then start_simulation; elif $has_infiniband; then check_permission; fi
    port=$(free_port)
    write_settings "$port" "$binaries"
    start_daemon "$binaries"
    wait_until_ready "$port"
    explain "$port" "$binaries"
    stay "$seconds"
}

main "$@"
