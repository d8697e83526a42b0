#!/bin/busybox sh
# The first process of the guest: makes RDMA devices, starts the daemon, and plays with the links.
# Lines that begin with ## are the result; the last one says how many checks failed.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp

failed=0
ip=$(ls -d /usr/bin/ip /bin/ip /sbin/ip /usr/sbin/ip 2>/dev/null | head -n 1)
PATH=$PATH:/usr/bin:/usr/sbin:/sbin
rdma=$(ls -d /usr/bin/rdma /sbin/rdma /usr/sbin/rdma 2>/dev/null | head -n 1)
export FABRICWATCH_SOCKET=/run/fabricwatch/fw.sock

fail() {
    failed=$((failed + 1))
    echo "## FAILED: $*"
}

# check WHAT COMMAND...
check() {
    what=$1
    shift
    if "$@"; then echo "## ok: $what"; else fail "$what"; fi
}

# Milliseconds since the boot.
now() { awk '{ printf "%d", $1 * 1000 }' /proc/uptime; }

# eventually SECONDS COMMAND...: until it succeeds; a deadline for every wait.
eventually() {
    limit=$(($(now) + $1 * 1000))
    shift
    while ! "$@"; do
        [ "$(now)" -lt "$limit" ] || return 1
        usleep 50000
    done
}

make_link() { # number
    "$ip" link add "dummy$1" type dummy
    "$ip" addr add "10.0.$1.1/24" dev "dummy$1"
    "$ip" link set "dummy$1" up
    "$rdma" link add "rxe$1" type rxe netdev "dummy$1"
}

# Whether a process holds the verbs node of a device.
is_held() {
    node=$(grep -lx "$1" /sys/class/infiniband_verbs/*/ibdev 2>/dev/null | cut -d / -f 5)
    [ -n "$node" ] && ls -l /proc/[0-9]*/fd 2>/dev/null | grep -q "/dev/infiniband/$node\$"
}
is_free() { ! is_held "$1"; }

events() { /opt/fabricwatch events --json --after 0 --limit 1000 >/tmp/events 2>/tmp/complaint; }
one_event_a_line() { tr -d '\n' </tmp/events | sed 's/},[ ]*{/},\n{/g'; }

# How many events of a kind a device has.
count_of() { # kind device
    events
    one_event_a_line | grep "\"kind\" *: *\"$1\"" | grep -c "\"device\" *: *\"$2\""
}
has() { [ "$(count_of "$2" "$3")" -eq "$1" ]; }

# The text behind a key of the flap.
value_of() {
    one_event_a_line | grep link_flap | sed "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/"
}
are_two_times() { [ -n "$(value_of time)" ] && [ "$(value_of time)" != "$(value_of last_time)" ]; }
counts_once() { one_event_a_line | grep link_flap | grep -q '"count" *: *1[,}]'; }

# A counter of a device's own end, as Prometheus gets it.
total_of() { # counter device
    wget -q -O - http://127.0.0.1:9797/metrics |
        awk -v "name=fabricwatch_infiniband_$1_total{device=\"$2\"," \
            'index($1, name) == 1 && /end="local"/ { print $2 }'
}
reaches() { # total, counter, device
    found=$(total_of "$2" "$3")
    [ -n "$found" ] && [ "$found" -ge "$1" ]
}

# Sends 500 messages of 4 KiB from a device to itself.
write_to_itself() { # device
    ib_write_bw -d "$1" -F -n 500 -s 4096 >/tmp/server 2>&1 &
    server=$!
    # The other side may not listen yet.
    eventually 20 ib_write_bw -d "$1" -F -n 500 -s 4096 127.0.0.1 >/tmp/client 2>&1 &&
        wait "$server"
}

is_said() { grep -q 'rxe2.*Permission denied' /run/log; }

flap() { # device
    "$ip" link set "$1" down
    usleep 200000
    "$ip" link set "$1" up
}

while read -r module options; do
    # Without quotes, because there are several options or none.
    insmod "/modules/$module" $options || fail "insmod $module"
done </modules/order
"$ip" link set lo up
for number in 0 1 2; do make_link "$number" || fail "rdma link add rxe$number"; done
# The kernel gives these nodes to everybody.
list=$(grep -lx rxe2 /sys/class/infiniband_verbs/*/ibdev)
closed=/dev/infiniband/$(basename "$(dirname "$list")")
chmod 600 "$closed"

mkdir -p /run/fabricwatch /run/state
chown 1000:1000 /run/fabricwatch /run/state
echo 'watch:x:1000:1000::/:/bin/sh' >/etc/passwd
echo 'watch:x:1000:' >/etc/group
cat >/run/config.yaml <<'TEXT'
interval: 10s
node: {name: guest}
infiniband: {exclude: [rxe1]}
gpu: {enabled: false}
kernel_log: {enabled: false}
history: {directory: /run/state}
serve: {socket: /run/fabricwatch/fw.sock, tcp: "127.0.0.1:9797"}
TEXT
/usr/bin/setpriv --reuid 1000 --regid 1000 --clear-groups \
    /opt/fabricwatchd --config /run/config.yaml >/run/log 2>&1 &
daemon=$!

check 'the daemon answers' eventually 30 events
check 'it listens to rxe0' eventually 30 is_held rxe0
check 'it does not touch rxe1, which is excluded' is_free rxe1

start=$(now)
flap dummy0
check 'a flap of 200 ms is an event' eventually 5 has 1 link_flap rxe0
echo "## seen $(($(now) - start)) ms after the link went down; passes are 10 s apart"
one_event_a_line | grep link_flap | tr -s ' ' | sed 's/^/## /'
check 'it is one event' has 0 link_down rxe0
check 'it counts once' counts_once
check 'its times differ' are_two_times
/opt/fabricwatch events | sed 's/^/## /'

check 'the flap is counted once' eventually 30 reaches 1 link_downed rxe0
check 'and no more' [ "$(total_of link_downed rxe0)" -eq 1 ]
before=$(total_of port_xmit_packets rxe0)
check 'ib_write_bw runs' write_to_itself rxe0
check 'what it sent is counted' eventually 30 reaches "$((before + 500))" port_xmit_packets rxe0
check 'and what it received' reaches 500 port_rcv_packets rxe0
echo "## sent $(total_of port_xmit_packets rxe0), received $(total_of port_rcv_packets rxe0)"

# Reports tell of it, and this machine may be slow.
check 'a device without permission is said' eventually 60 is_said
chmod 666 "$closed"
check 'and listened to once there is permission' eventually 62 is_held rxe2

start=$(now)
timeout 20 "$rdma" link del rxe0
took=$(($(now) - start))
check "rdma link del succeeds at once: $took ms" [ "$took" -lt 2000 ]
check 'the device is gone' [ ! -e /sys/class/infiniband/rxe0 ]
check 'the daemon lives' kill -0 "$daemon"

"$rdma" link add rxe0 type rxe netdev dummy0
check 'a device that is back is listened to' eventually 5 is_held rxe0
flap dummy0
check 'and heard' eventually 5 has 2 link_flap rxe0

start=$(now)
timeout 20 "$rdma" link del rxe2
took=$(($(now) - start))
check "another one is let go at once: $took ms" [ "$took" -lt 2000 ]

for pid in $(pidof fabricwatchd); do
    words=$(tr '\0' ' ' <"/proc/$pid/cmdline")
    echo "## $(grep VmRSS "/proc/$pid/status" | tr -s '\t ' ' ') $words"
done
kill -TERM "$daemon"
wait "$daemon"
check 'the daemon ends well' [ "$?" -eq 0 ]
check 'what was said of permission was said once' \
    [ "$(grep -c 'rxe2.*Permission denied' /run/log)" -eq 1 ]
sed 's/^/log: /' /run/log
echo "## done: $failed failed"
sync
poweroff -f
