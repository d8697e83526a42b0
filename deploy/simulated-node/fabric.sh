#!/bin/bash
# The simulated InfiniBand side of one GPU node: eight HCAs on two planes.
#
# Each plane is one ibsim with one opensm: four leaf switches, a spine, four HCAs of gpu-node-01
# (one to a leaf, as rails are wired), two neighbour nodes, a manager (runs opensm) and a monitor
# (runs whatever `run` is given). Nothing here opens a real device: every client is preloaded
# with umad2sim, and opensm is bound to a port GUID that only the simulator has.
set -euo pipefail

readonly RAILS=8 RAILS_PER_PLANE=4 START_LIMIT_S=30
readonly SELF=${BASH_SOURCE[0]}

usage() {
    cat <<'TEXT'
usage: fabric.sh COMMAND DIR [ARGUMENT...]     (RAIL is 0..7, PLANE is a or b)
  up DIR [--owner PID]     start both planes, return when both subnets are up;
                           with --owner, `down` follows by itself when PID is gone
  down DIR                 end everything that `up` started and remove its files
  env DIR RAIL             the environment that makes a process be the host of that HCA
  run DIR RAIL COMMAND...  run a command as the monitor host of that HCA's plane
  cmd DIR PLANE LINE|-     one line to ibsim's console, or with - many lines from stdin
  cables DIR               table: rail, HCA GUID, HCA node id, switch node id, switch port, plane
  lid DIR NODEID           the present LID of an HCA or switch
  unlink|relink DIR RAIL   pull that cable, plug it in again
  relid DIR RAIL LID       give that HCA's leaf switch another LID, for good
  relid-manager DIR PLANE LID   give the subnet manager another LID, for good
  detach-stale DIR         free ibsim's client slots whose process is gone
  restart-ibsim DIR PLANE  end and start a plane anew (its counters start at 0)
  pid DIR PLANE ibsim|opensm
TEXT
}

fail() {
    echo "fabric.sh: $*" >&2
    exit 1
}

# --- The network ---------------------------------------------------------------------------------

plane_of() {
    [[ $1 =~ ^[0-7]$ ]] || fail "no such rail: '$1' (expected 0..$((RAILS - 1)))"
    if (($1 < RAILS_PER_PLANE)); then echo a; else echo b; fi
}

leaf_of() { echo $(($1 % RAILS_PER_PLANE + 1)); }

# GUID of an HCA: node number (1 is ours) and rail. Its port GUID is one more.
hca_guid() { printf '0002c9000%d0000%d0' "$1" $(($2 + 1)); }

# GUID of a switch: plane and leaf number; leaf 0 is the spine.
switch_guid() { printf '0002c900%s%d000000' "$1" "$2"; }

manager_guid() { printf '0002c900%sf000010' "$1"; }
monitor_guid() { printf '0002c900%se000010' "$1"; }

# The leaf port of node 1's HCA differs from rail to rail, so that mixing two up shows.
leaf_port() { echo $((10 * $1 + $2 + 1)); }

our_switch() { switch_guid "$(plane_of "$1")" "$(leaf_of "$1")"; }

# ibsim takes the speed from the comment, and only behind a LID.
link_line() { printf '[%d] "%s"[%d] # "" lid 0 4xHDR\n' "$@"; } # port, peer node id, peer port

switch_lines() { # guid, description
    printf 'vendid=0x2c9\ndevid=0xd2f0\nsysimgguid=0x%s\nswitchguid=0x%s\n' "$1" "$1"
    printf 'Switch 40 "S-%s" # "%s" enhanced port 0 lid 0 lmc 0\n' "$1" "$2"
}

host_lines() { # guid, description, switch guid, switch port
    printf 'vendid=0x2c9\ndevid=0x101b\nsysimgguid=0x%s\ncaguid=0x%s\n' "$1" "$1"
    printf 'Ca 1 "H-%s" # "%s"\n' "$1" "$2"
    link_line 1 "S-$3" "$4"
    echo
}

# A plane in the format of ibnetdiscover, which is what ibsim reads.
network() {
    local plane=$1 first leaf node rail spine
    [[ $plane == a ]] && first=0 || first=$RAILS_PER_PLANE
    spine=$(switch_guid "$plane" 0)
    for leaf in 1 2 3 4; do
        rail=$((first + leaf - 1))
        switch_lines "$(switch_guid "$plane" "$leaf")" "leaf-$plane$leaf"
        for node in 1 2 3; do
            link_line "$(leaf_port "$node" "$rail")" "H-$(hca_guid "$node" "$rail")" 1
        done
        link_line 39 "S-$spine" $((2 * leaf - 1))
        link_line 40 "S-$spine" $((2 * leaf))
        echo
    done
    switch_lines "$spine" "spine-$plane"
    for leaf in 1 2 3 4; do
        link_line $((2 * leaf - 1)) "S-$(switch_guid "$plane" "$leaf")" 39
        link_line $((2 * leaf)) "S-$(switch_guid "$plane" "$leaf")" 40
    done
    link_line 39 "H-$(manager_guid "$plane")" 1
    link_line 40 "H-$(monitor_guid "$plane")" 1
    echo
    for ((rail = first; rail < first + RAILS_PER_PLANE; rail++)); do
        for node in 1 2 3; do
            host_lines "$(hca_guid "$node" "$rail")" "gpu-node-0$node mlx5_$rail" \
                "$(our_switch "$rail")" "$(leaf_port "$node" "$rail")"
        done
    done
    host_lines "$(manager_guid "$plane")" "manager-$plane mlx5_0" "$spine" 39
    host_lines "$(monitor_guid "$plane")" "monitor-$plane mlx5_0" "$spine" 40
}

# --- Processes -----------------------------------------------------------------------------------

preload() {
    local file
    for file in "/usr/lib/$(uname -m)-linux-gnu/umad2sim/libumad2sim.so" \
        /usr/lib/*/umad2sim/libumad2sim.so /usr/lib/umad2sim/libumad2sim.so; do
        [[ -r $file ]] && echo "$file" && return
    done
    fail "libumad2sim.so not found: install the package ibsim-utils"
}

# Processes are known by a mark in their environment: no pid file goes stale, no foreign process
# is ever hit, and they are still found when somebody removed DIR under them.
mark() { echo "SIMULATED_FABRIC=$dir#$1"; }

pids() { # role
    local file
    grep -lzxF "$(mark "$1")" /proc/[0-9]*/environ 2>/dev/null | while IFS=/ read -r _ _ file _; do
        echo "$file"
    done || true
}

# Runs a test every 10 ms until it holds; status 1 when that takes longer than the limit.
until_true() { # seconds, command...
    local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
    shift
    until "$@"; do
        ((${EPOCHREALTIME/./} < end)) || return 1
        sleep 0.01
    done
}

no_process() { [[ -z $(pids "$1") ]]; }

stop() { # role
    local -a found
    mapfile -t found < <(pids "$1")
    ((${#found[@]})) || return 0
    kill -TERM "${found[@]}" 2>/dev/null || true
    if until_true 3 no_process "$1"; then return 0; fi
    kill -KILL "${found[@]}" 2>/dev/null || true
    until_true 3 no_process "$1" || fail "cannot end $1 (pid ${found[*]})"
}

sockets_are_bound() { grep -qF "@$(<"$dir/plane-$1/socket-name"):out9" /proc/net/unix; }

start_ibsim() { # plane
    local home=$dir/plane-$1
    : >"$home/console.out"
    # The console is a FIFO opened for reading and writing: at end of file ibsim would spin.
    (
        cd "$home"
        exec env "$(mark "$1:ibsim")" IBSIM_SOCKNAME="$(<socket-name)" \
            setsid ibsim -s network <>console >>console.out 2>>ibsim.log 9>&-
    ) &
}

# opensm must never meet a real port: without the preload nothing is started, and the GUID it is
# bound to (-g) exists in the simulator alone.
start_opensm() { # plane
    local home=$dir/plane-$1 library
    library=$(preload)
    rm -f "$home/opensm.log"
    (
        cd "$home"
        exec env "$(mark "$1:opensm")" LD_PRELOAD="$library" IBSIM_SOCKNAME="$(<socket-name)" \
            SIM_HOST="H-$(manager_guid "$1")" OSM_TMP_DIR="$home" OSM_CACHE_DIR="$home" \
            setsid opensm -g "0x$(manager_guid "$1" | sed 's/0$/1/')" -F "$home/opensm.conf" \
            -s 0 -d 2 -L 4 -f "$home/opensm.log" </dev/null >/dev/null 2>&1 9>&-
    ) &
}

subnet_is_up() { grep -qs 'SUBNET UP' "$dir/plane-$1/opensm.log"; }

last_lines() { tail -n 3 "$1" 2>/dev/null | tr '\n' ' '; }

wait_for_ibsim() {
    until_true $START_LIMIT_S sockets_are_bound "$1" || fail "plane $1: ibsim did not open its" \
        "sockets within $START_LIMIT_S s: $(last_lines "$dir/plane-$1/ibsim.log")"
}

wait_for_subnet() {
    until_true $START_LIMIT_S subnet_is_up "$1" || fail "plane $1: no SUBNET UP from opensm" \
        "within $START_LIMIT_S s: $(last_lines "$dir/plane-$1/opensm.log")"
}

# --- Console -------------------------------------------------------------------------------------

response_is_complete() { grep -qF "#done $2;" "$dir/plane-$1/console.out"; }

# Sends a line to ibsim and prints what it answered. The comment after the command is echoed by
# ibsim and so marks the end of the answer.
console() { # plane, line
    local home=$dir/plane-$1 id=$BASHPID.$RANDOM answer
    ((${#2} < 127)) || fail "line too long for ibsim's console (126 characters): $2"
    [[ $2 != *$'\n'* ]] || fail "one line at a time"
    ! no_process "$1:ibsim" || fail "plane $1: ibsim is not running"
    exec 9>>"$home/lock"
    flock -w 10 9 || fail "plane $1: console is busy"
    # ibsim appends, so emptying the files keeps them small for as long as it runs.
    : >"$home/console.out"
    [[ $(stat -c %s "$home/ibsim.log") -lt 1000000 ]] || : >"$home/ibsim.log"
    printf '%s\n#done %s;\n' "$2" "$id" 1<>"$home/console"
    until_true 10 response_is_complete "$1" "$id" ||
        fail "plane $1: ibsim did not answer '$2' within 10 s"
    answer=$(sed -e ':a;s/^sim> //;ta' -e '/^#done /d' "$home/console.out")
    exec 9>&-
    [[ -z $answer ]] || echo "$answer"
    [[ ${2,,} == dump* ]] && return
    ! grep -qE '^#|unknown - skipped|not linked' <<<"$answer"
}

# --- Commands ------------------------------------------------------------------------------------

up() {
    local owner='' plane
    [[ ${1:-} == --owner ]] && owner=${2:?--owner needs a pid}
    command -v ibsim opensm >/dev/null || fail "ibsim or opensm not found:" \
        "install the packages ibsim-utils and opensm"
    preload >/dev/null
    [[ ! -e $dir/plane-a ]] || fail "$dir holds a fabric already (fabric.sh down $dir)"
    trap 'status=$?; trap "" INT TERM; down; exit $((status ? status : 1))' EXIT
    trap 'exit 130' INT TERM
    for plane in a b; do
        mkdir "$dir/plane-$plane" "$dir/plane-$plane/clients"
        mkfifo "$dir/plane-$plane/console"
        network "$plane" >"$dir/plane-$plane/network"
        : >"$dir/plane-$plane/opensm.conf"
        stat -c "fabric-%d-%i-$plane" "$dir/plane-$plane" >"$dir/plane-$plane/socket-name"
        start_ibsim "$plane"
    done
    for plane in a b; do
        wait_for_ibsim "$plane"
        start_opensm "$plane"
    done
    for plane in a b; do wait_for_subnet "$plane"; done
    if [[ -n $owner ]]; then
        env "$(mark guard)" setsid "$SELF" guard "$dir" "$owner" </dev/null >/dev/null 2>&1 &
    fi
    trap - EXIT INT TERM
}

# Lives as long as the owner and takes the fabric down after it, whatever ended the owner.
guard() {
    tail --pid="$1" -f /dev/null
    exec env -u SIMULATED_FABRIC "$SELF" down "$dir"
}

down() {
    local plane
    stop guard
    for plane in a b; do stop "$plane:opensm"; done
    for plane in a b; do
        stop "$plane:ibsim"
        rm -rf "$dir/plane-$plane"
    done
}

client_environment() { # plane, host node id
    printf 'SIM_HOST=%s\nIBSIM_SOCKNAME=%s\nLD_PRELOAD=%s\n' \
        "$2" "$(<"$dir/plane-$1/socket-name")" "$(preload)"
}

run() { # rail, command...
    local plane
    local -a variables
    plane=$(plane_of "$1")
    shift
    (($#)) || fail "run: no command"
    mapfile -t variables < <(client_environment "$plane" "H-$(monitor_guid "$plane")")
    # umad2sim writes ./sys-PID, hence the directory.
    cd "$dir/plane-$plane/clients"
    exec env "${variables[@]}" "$@"
}

cmd() { # plane, line or -
    local batch
    [[ $1 == [ab] ]] || fail "no such plane: '$1' (expected a or b)"
    if [[ $2 != - ]]; then console "$1" "$2" && return 0 || return 1; fi
    batch=$(mktemp "$dir/plane-$1/batch.XXXXXX")
    cat >"$batch"
    local status=0
    console "$1" "!${batch##*/}" || status=1
    rm -f "$batch"
    return "$status"
}

cables() {
    local rail
    printf 'rail\thca_guid\thca_node\tswitch_node\tswitch_port\tplane\n'
    for ((rail = 0; rail < RAILS; rail++)); do
        printf '%d\t0x%s\tH-%s\tS-%s\t%d\t%s\n' "$rail" "$(hca_guid 1 "$rail")" \
            "$(hca_guid 1 "$rail")" "$(our_switch "$rail")" "$(leaf_port 1 "$rail")" \
            "$(plane_of "$rail")"
    done
}

lid() { # node id
    local plane answer
    for plane in a b; do
        grep -qF "\"$1\" #" "$dir/plane-$plane/network" || continue
        answer=$(console "$plane" "Dump \"$1\"")
        grep -oPm 1 '\blid \K[0-9]+' <<<"$answer"
        return
    done
    fail "no such node: $1"
}

cable_command() { # Unlink or ReLink, rail
    console "$(plane_of "$2")" "$1 \"S-$(our_switch "$2")\"[$(leaf_port 1 "$2")]"
}

# opensm would undo a changed LID at its next sweep, unless it starts anew without its memory.
renumber() { # plane, node id, port, lid
    [[ $4 =~ ^[0-9]{1,5}$ ]] && ((10#$4 >= 1 && 10#$4 <= 30000)) ||
        fail "bad LID: '$4' (expected 1..30000)"
    stop "$1:opensm"
    rm -f "$dir/plane-$1/guid2lid"
    console "$1" "Baselid \"$2\"[$3] $4"
    detach_stale
    start_opensm "$1"
    wait_for_subnet "$1"
}

relid() { renumber "$(plane_of "$1")" "S-$(our_switch "$1")" 0 "$2"; } # rail, lid

relid_manager() { # plane, lid
    [[ $1 == [ab] ]] || fail "no such plane: '$1' (expected a or b)"
    renumber "$1" "H-$(manager_guid "$1")" 1 "$2"
}

# A zombie has closed its sockets already.
is_alive() { [[ -d /proc/$1 ]] && ! grep -q '^State:.*zombie' "/proc/$1/status"; }

detach_stale() {
    local plane slot pid
    for plane in a b; do
        console "$plane" Attached | sed -nE 's/^Client ([0-9]+): pid ([0-9]+) .*/\1 \2/p' |
            while read -r slot pid; do
                is_alive "$pid" && continue
                console "$plane" "X $slot"
                rm -rf "$dir/plane-$plane/clients/sys-$pid"
            done
    done
}

restart_ibsim() { # plane
    stop "$1:opensm"
    stop "$1:ibsim"
    start_ibsim "$1"
    wait_for_ibsim "$1"
    start_opensm "$1"
    wait_for_subnet "$1"
}

misuse() {
    usage >&2
    exit 2
}

need() { (($# > $1)) || misuse; } # count wanted, arguments...

(($# >= 2)) || misuse
command=$1
dir=$(realpath -m "$2")
shift 2
case $command in
    up | down | guard | cables) ;;
    *) [[ -e $dir/plane-b/socket-name ]] || fail "no fabric in $dir (fabric.sh up $dir)" ;;
esac
case $command in
    up) mkdir -p "$dir" && up "$@" ;;
    down) down ;;
    guard) guard "$@" ;;
    env)
        need 1 "$@"
        client_environment "$(plane_of "$1")" "H-$(hca_guid 1 "$1")"
        ;;
    run) need 2 "$@" && run "$@" ;;
    cmd) need 2 "$@" && cmd "$@" ;;
    cables) cables ;;
    lid) need 1 "$@" && lid "$1" ;;
    unlink) need 1 "$@" && cable_command Unlink "$1" ;;
    relink) need 1 "$@" && cable_command ReLink "$1" ;;
    relid) need 2 "$@" && relid "$@" ;;
    relid-manager) need 2 "$@" && relid_manager "$@" ;;
    detach-stale) detach_stale ;;
    restart-ibsim) need 1 "$@" && restart_ibsim "$1" ;;
    pid) need 2 "$@" && pids "$1:$2" ;;
    *) misuse ;;
esac
