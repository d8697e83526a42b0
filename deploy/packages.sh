#!/usr/bin/env bash
# Installs the Debian packages that a purpose needs and that this machine lacks.
# With all of them there it does nothing and needs neither network nor root.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: deploy/packages.sh build|run|test|guest|bench

  build   what the compiler needs
  run     build, and what the simulated node needs
  test    run, and what the tests compare with
  guest   what the virtual machine needs in which the kernel's RDMA stack is tested
  bench   test, and what the benchmarks compare with
TEXT
}

# package, a bar, and what it is for
packages_for() {
    case $1 in
    build)
        cat <<'TEXT'
pkg-config|where the libraries below lie
libibverbs-dev|InfiniBand events
libibmad-dev|InfiniBand management packets: fields and attributes
libibumad-dev|InfiniBand management packets: sending and receiving
libcurl4-openssl-dev|HTTP out
libsqlite3-dev|the history
libyaml-dev|the settings file
zlib1g-dev|compressed answers
TEXT
        ;;
    run)
        packages_for build
        cat <<'TEXT'
ibsim-utils|a simulated InfiniBand fabric, for a node without one
opensm|the simulated fabric's subnet manager
infiniband-diags|perfquery, to read the same counters with another program
TEXT
        ;;
    test)
        packages_for run
        cat <<'TEXT'
prometheus|a real Prometheus to scrape the daemon, and promtool to check its metrics
sqlite3|a history that is damaged on purpose
TEXT
        ;;
    guest)
        cat <<'TEXT'
qemu-system-x86|a virtual machine
busybox-static|its programs
iproute2|its links and RDMA devices
ibverbs-providers|the drivers of libibverbs, that of the software device among them
perftest|ib_write_bw, which makes traffic
cpio|its file system
kmod|which kernel modules it takes
TEXT
        ;;
    bench)
        packages_for test
        cat <<'TEXT'
prometheus-node-exporter|the footprint to compare with
victoria-metrics|the size on disk to compare with
TEXT
        ;;
    *)
        usage >&2
        exit 64
        ;;
    esac
}

is_installed() {
    [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "packages: not root and no sudo; run as root: $*" >&2
        return 1
    fi
}

policy=/usr/sbin/policy-rc.d
policy_is_ours=false

# Debian starts a service as it installs it. Nothing here is wanted as a service: the tests start
# their own. An existing policy is the machine's own and stays.
forbid_starts() {
    [[ -e $policy ]] && return
    echo "packages: for the time of the installation $policy keeps new services from starting"
    policy_is_ours=true
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
}

allow_starts() {
    if $policy_is_ours; then as_root rm -f "$policy"; fi
}

# The policy keeps a service from starting now; disabling, from starting at the next boot.
disable_services() {
    command -v systemctl >/dev/null || return 0
    local package unit now=()
    [[ -d /run/systemd/system ]] && now=(--now)
    for package in "$@"; do
        for unit in $(dpkg-query --listfiles "$package" | sed -n 's|.*/systemd/system/||p'); do
            [[ $unit == *.service || $unit == *.timer ]] || continue
            echo "packages: $unit is installed but left disabled"
            as_root systemctl --quiet disable "${now[@]}" "$unit" || true
        done
    done
}

main() {
    local purpose=${1:-} table missing=() package reason
    [[ $purpose == -h || $purpose == --help ]] && { usage; return; }
    table=$(packages_for "$purpose")

    if ! command -v dpkg-query >/dev/null; then
        echo "packages: this is not Debian; please see to the equivalents of:"
        sed 's/^/  /; s/|/: /' <<<"$table"
        return
    fi
    while IFS='|' read -r package reason; do
        is_installed "$package" && continue
        ((${#missing[@]})) || echo "packages: missing for '$purpose', will be installed:"
        printf '  %-26s %s\n' "$package" "$reason"
        missing+=("$package")
    done <<<"$table"
    ((${#missing[@]})) || return 0

    trap allow_starts EXIT
    forbid_starts
    as_root apt-get update --quiet=2
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install --quiet=2 --option Dpkg::Use-Pty=0 --yes --no-install-recommends \
        "${missing[@]}"
    disable_services "${missing[@]}"
}

main "$@"
