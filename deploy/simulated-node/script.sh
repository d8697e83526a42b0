#!/bin/bash
# What happens on the simulated node: traffic on eight cables and a few faults to find.
#   script.sh table        print the story
#   script.sh preset DIR   set the counters as if the node had been up for weeks
#   script.sh play DIR     keep traffic and faults going until the fabric in DIR is gone
# ibsim's counters can only be set, never added to, so the story keeps its own totals. The packets
# of management traffic that ibsim counts in between are lost in them, but no counter goes back.
set -euo pipefail

readonly TICK_S=${STORY_TICK_S:-5}
# Of a 180 s cycle the cable of rail 2 is out from second 60 to second 70.
readonly CYCLE_S=180 PULL_S=60 PLUG_S=70
readonly LINE_WORDS_PER_S=6250000000 # 200 Gb/s in words of four bytes
readonly LOAD_PERCENT=(72 68 74 70 35 12 55 71)
fabric=$(dirname "${BASH_SOURCE[0]}")/fabric.sh
readonly fabric

table() {
    cat <<'TEXT'
  cable  what happens                                     what to look for
  -----  -----------------------------------------------  --------------------------------------
  rail0  healthy                                          traffic at both ends
  rail1  symbol and receive errors grow at the switch     ib_rcv_errors, CRITICAL on evidence from
         port                                             both ends: our transmitter or the cable
  rail2  the cable is out for 10 s every 3 min, first     ib_link_down as INFO, ib_link_flap from
         after 1 min                                      the second time on
  rail3  LinkDowned of the HCA stands at 255, its         counter_blind: it can grow no more, its
         8-bit maximum, since before the start            deltas are "at least", never "exact"
  rail4  12 old symbol errors at the HCA, none new        a total that is not 0, deltas of 0
  rail5  the switch port discards packets and waits for   XmitDiscards and XmitWait at the peer
         credits                                          end: the HCA is slow to receive
  rail6  healthy                                          traffic at both ends
  rail7  healthy                                          traffic at both ends
TEXT
}

hca=() leaf=() port=() plane=()
while IFS=$'\t' read -r rail _ hca_node switch_node switch_port rail_plane; do
    [[ $rail == rail ]] && continue
    hca[rail]=$hca_node leaf[rail]=$switch_node port[rail]=$switch_port plane[rail]=$rail_plane
done < <("$fabric" cables /)

# Totals since the story began, by rail. Out is HCA to switch, in is switch to HCA.
words_out=() words_in=()
symbol_errors=41 link_downed=2 discards=900 wait_ticks=70000000
pulled=false

batch='' # lines for ibsim's consoles, all planes
at_hca() { batch+="${plane[$1]} PerformanceSet \"${hca[$1]}\"[1] $2=$3"$'\n'; }
at_switch() { batch+="${plane[$1]} PerformanceSet \"${leaf[$1]}\"[${port[$1]}] $2=$3"$'\n'; }
at_both() { at_hca "$@" && at_switch "$@"; }
cable() { batch+="${plane[$2]} $1 \"${leaf[$2]}\"[${port[$2]}]"$'\n'; } # Unlink or ReLink, rail

send() {
    local name
    for name in a b; do
        sed -n "s/^$name //p" <<<"$batch" | "$fabric" cmd "$dir" "$name" - >/dev/null || return
    done
    batch=''
}

capped() { echo $(($1 < $2 ? $1 : $2)); }

# A packet carries about 1050 words: a 4 KiB payload and its headers.
set_traffic() { # rail
    local set=PortCountersExtended
    at_hca "$1" $set.PortXmitData "${words_out[$1]}"
    at_hca "$1" $set.PortRcvData "${words_in[$1]}"
    at_switch "$1" $set.PortXmitData "${words_in[$1]}"
    at_switch "$1" $set.PortRcvData "${words_out[$1]}"
    local out=$((words_out[$1] / 1050)) in=$((words_in[$1] / 1050)) cast
    for cast in '' Unicast; do
        at_hca "$1" "$set.Port${cast}XmitPkts" $out
        at_hca "$1" "$set.Port${cast}RcvPkts" $in
        at_switch "$1" "$set.Port${cast}XmitPkts" $in
        at_switch "$1" "$set.Port${cast}RcvPkts" $out
    done
}

set_faults() {
    at_switch 1 PortCounters.SymbolErrorCounter "$(capped $symbol_errors 65535)"
    at_switch 1 PortCounters.PortRcvErrors "$(capped $((symbol_errors / 4)) 65535)"
    at_switch 1 PortRcvErrorDetails.PortLocalPhysicalErrors "$(capped $((symbol_errors / 4)) 65535)"
    at_both 2 PortCounters.LinkDownedCounter "$(capped $link_downed 255)"
    at_switch 5 PortCounters.PortXmitDiscards "$(capped $discards 65535)"
    at_switch 5 PortXmitDiscardDetails.PortSwHOQLifetimeLimitDiscards "$(capped $discards 65535)"
    at_switch 5 PortCounters.PortXmitWait "$(capped $wait_ticks 4294967295)"
}

begin() {
    local rail name
    for rail in "${!hca[@]}"; do
        words_out[rail]=$((31000000000000 + rail * 170000000000))
        words_in[rail]=$((30700000000000 + rail * 130000000000))
    done
    # At this speed the 32-bit traffic counters stand at their maximum a second after a clear.
    for rail in "${!hca[@]}"; do
        for name in XmitData RcvData XmitPkts RcvPkts; do
            at_both "$rail" "PortCounters.Port$name" 4294967295
        done
        set_traffic "$rail"
    done
    at_hca 3 PortCounters.LinkDownedCounter 255
    at_hca 4 PortCounters.SymbolErrorCounter 12
    set_faults
}

advance() { # seconds since the start
    local rail percent words phase=$(($1 % CYCLE_S))
    for rail in "${!hca[@]}"; do
        if ((rail == 2)) && $pulled; then continue; fi
        percent=$((LOAD_PERCENT[$1 / TICK_S % ${#LOAD_PERCENT[@]}] + RANDOM % 4))
        words=$((LINE_WORDS_PER_S * TICK_S * percent / 100))
        words_out[rail]=$((words_out[rail] + words))
        words_in[rail]=$((words_in[rail] + words * (990 + RANDOM % 10) / 1000))
        set_traffic "$rail"
    done
    symbol_errors=$((symbol_errors + 3 + RANDOM % 7))
    discards=$((discards + RANDOM % 3))
    wait_ticks=$((wait_ticks + 900000 + RANDOM))
    if ! $pulled && ((phase >= PULL_S && phase < PLUG_S)); then
        pulled=true link_downed=$((link_downed + 1))
        cable Unlink 2
    elif $pulled && ((phase >= PLUG_S)); then
        pulled=false
        cable ReLink 2
    fi
    set_faults
}

play() {
    local seconds
    begin
    batch=''
    # Waiting for input that never comes, rather than for a sleep that would outlive a signal.
    exec 3<> <(:)
    for ((seconds = TICK_S; ; seconds += TICK_S)); do
        read -rt "$TICK_S" -u 3 || true
        [[ -d $dir/plane-a ]] || exit 0
        advance "$seconds"
        send || batch='' # a plane that is being restarted: the next turn sets it right
    done
}

case ${1:-}:$# in
    table:1) table ;;
    preset:2) dir=$2 && begin && send ;;
    play:2) dir=$2 && play ;;
    *)
        sed -n '2,5s/^# \?//p' "${BASH_SOURCE[0]}" >&2
        exit 2
        ;;
esac
