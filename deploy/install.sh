#!/bin/bash
# Installs FabricWatch on this node as a systemd service, from a release build, or takes it away.
# Everything lies where the Debian package puts it, so that the package can take over later.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly repository
readonly ETC=/etc/fabricwatch SHARE=/usr/share/fabricwatch STATE=/var/lib/fabricwatch
readonly UNIT=/usr/lib/systemd/system/fabricwatchd.service
readonly SYSUSERS=/usr/lib/sysusers.d/fabricwatch.conf
readonly UDEV_RULE=/usr/lib/udev/rules.d/60-fabricwatch.rules
readonly CONFIG=$ETC/fabricwatch.yaml
# As it was shipped: what tells an edited configuration from an untouched one.
readonly SHIPPED=$SHARE/fabricwatch.yaml
root=${DESTDIR:-}

usage() {
    cat <<'TEXT'
usage: deploy/install.sh [--no-start]    install, enable and start the service
       deploy/install.sh --uninstall     remove it; configuration, history and user stay
       deploy/install.sh --purge         remove these as well
The binaries come from the release build (make build), or from $FABRICWATCH_BIN_DIR.
With $DESTDIR set, the files go below that directory and nothing else is done: no root needed,
no user made, no service started.
TEXT
}

fail() {
    echo "install.sh: $*" >&2
    exit 1
}

is_live() { [[ -z $root ]]; }
has_systemd() { is_live && [[ -d /run/systemd/system ]]; }

put() { # mode, source, target
    mkdir -p "$(dirname "$root$3")"
    # A new file in the place of the old, because a running program cannot be written to.
    install -m "$1" "$2" "$root$3.installing"
    mv -f "$root$3.installing" "$root$3"
}

make_user() {
    if command -v systemd-sysusers >/dev/null; then
        systemd-sysusers "$SYSUSERS"
    elif ! getent passwd fabricwatch >/dev/null; then
        useradd --system --user-group --home-dir "$STATE" --no-create-home \
            --shell /usr/sbin/nologin fabricwatch
    fi
}

# The configuration may hold secrets later on: the daemon reads it, others do not.
put_config() {
    local new=$repository/config/fabricwatch.yaml old=$root$SHIPPED present=$root$CONFIG
    install -d -m 0750 "$root$ETC"
    if [[ ! -e $present ]] || cmp -s "$old" "$present"; then
        put 0640 "$new" "$CONFIG"
    elif ! cmp -s "$old" "$new" && ! cmp -s "$new" "$present"; then
        put 0640 "$new" "$CONFIG.new"
        echo "$CONFIG was edited and stays; the new version is beside it: $CONFIG.new"
    fi
    put 0644 "$new" "$SHIPPED"
    if is_live; then chgrp -R fabricwatch "$ETC"; fi
}

reload_udev() {
    command -v udevadm >/dev/null && [[ -d /run/udev ]] || return 0
    udevadm control --reload
    udevadm trigger --action=change --subsystem-match=infiniband_mad \
        --subsystem-match=infiniband
    udevadm settle --timeout=10 || true
}

check_for_package() {
    is_live || return 0
    ((EUID == 0)) || fail "needs root: sudo deploy/install.sh (or set DESTDIR)"
    if [[ $(dpkg-query --show --showformat='${db:Status-Status}' fabricwatch 2>/dev/null) == \
        installed ]]; then
        fail "the Debian package fabricwatch is installed: remove it first, or keep to apt"
    fi
}

# Found out before anything is changed, and said once instead of by a unit that does not start.
check_libraries() { # directory of binaries
    is_live && command -v ldd >/dev/null || return 0
    local missing
    missing=$(ldd "$1/fabricwatchd" "$1/fabricwatch" | sed -n 's/^\t\(.*\) => not found$/\1/p' |
        sort -u | paste -sd' ')
    [[ -z $missing ]] || fail "missing here: $missing. On Debian: sudo apt-get install" \
        "libibmad5 libibumad3 libibverbs1 libsqlite3-0 libyaml-0-2 libcurl4 zlib1g libstdc++6"
}

add() { # true to start
    local binaries=${FABRICWATCH_BIN_DIR:-$repository/.build/release} name
    for name in fabricwatchd fabricwatch; do
        [[ -x $binaries/$name ]] || fail "$binaries/$name is not built: make build"
    done
    check_libraries "$binaries"
    for name in fabricwatchd fabricwatch; do
        put 0755 "$binaries/$name" "/usr/bin/$name"
    done
    put 0644 "$repository/systemd/fabricwatchd.service" "$UNIT"
    put 0644 "$repository/systemd/sysusers.d/fabricwatch.conf" "$SYSUSERS"
    put 0644 "$repository/systemd/60-fabricwatch.rules" "$UDEV_RULE"
    if is_live; then make_user; fi
    put_config
    is_live || return 0
    reload_udev
    has_systemd || {
        echo "Installed. systemd does not run here; start it with:"
        echo "  fabricwatchd --config $CONFIG"
        return 0
    }
    systemctl daemon-reload
    if "$1"; then
        systemctl enable --quiet fabricwatchd.service
        systemctl restart fabricwatchd.service ||
            fail "the service did not start: journalctl --unit fabricwatchd"
        echo "Installed and running. Try: fabricwatch health"
    else
        echo "Installed. Start it with: systemctl enable --now fabricwatchd"
    fi
}

remove() { # true to purge
    if has_systemd && [[ -e $UNIT ]]; then
        systemctl disable --now --quiet fabricwatchd.service
    fi
    rm -f "$root/usr/bin/fabricwatchd" "$root/usr/bin/fabricwatch" "$root$UNIT" \
        "$root$UDEV_RULE"
    if has_systemd; then
        systemctl daemon-reload
        systemctl reset-failed fabricwatchd.service 2>/dev/null || true
    fi
    if is_live; then
        reload_udev
        # Without the rule a device keeps its group until it appears anew; the group may go now.
        find /dev/infiniband -name 'umad*' -group fabricwatch -exec chgrp root {} + \
            -exec chmod 0600 {} + 2>/dev/null || true
        find -L /sys/class/infiniband -mindepth 3 -maxdepth 3 -path '*/device/vpd' \
            -group fabricwatch -exec chgrp root {} + -exec chmod 0600 {} + 2>/dev/null || true
    fi
    if ! "$1"; then
        echo "Removed. Kept: $ETC, $STATE and the user fabricwatch (--purge removes them)."
        return
    fi
    rm -rf "$root$ETC" "$root$STATE" "$root$SHARE" "$root$SYSUSERS"
    # What it says of a group with members is settled by the next line.
    if is_live && getent passwd fabricwatch >/dev/null; then userdel fabricwatch 2>/dev/null; fi
    if is_live && getent group fabricwatch >/dev/null; then groupdel fabricwatch; fi
    echo "Removed, with configuration, history and user."
}

case ${1:-}:$# in
    :0) check_for_package && add true ;;
    --no-start:1) check_for_package && add false ;;
    --uninstall:1) check_for_package && remove false ;;
    --purge:1) check_for_package && remove true ;;
    --help:1 | -h:1) usage ;;
    *)
        usage >&2
        exit 64
        ;;
esac
