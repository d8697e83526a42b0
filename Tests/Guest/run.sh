#!/usr/bin/env bash
# Runs the daemon beside the kernel's RDMA stack in a virtual machine: run.sh [BIN_DIR]. Ends with
# 75 and a word why where the machine cannot be made. README.md says what is tested.
set -euo pipefail
cd "$(dirname "$0")/../.."

bin=${1:-${FABRICWATCH_BIN_DIR:-$(
    swift build --configuration release --static-swift-stdlib --show-bin-path
)}}
work=.build/guest
seconds_max=${FABRICWATCH_GUEST_SECONDS:-180}

skip() {
    echo "guest: NOT RUN: $*" >&2
    exit 75
}

# Unpacks Debian's kernel once; prints the folder.
unpack_kernel() {
    local package folder
    package=$(apt-cache depends linux-image-amd64 2>/dev/null |
        sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p' | head -n 1)
    [[ -n $package ]] || return 1
    folder=$work/$package
    if [[ ! -e $folder/complete ]]; then
        rm -rf "$folder" && mkdir -p "$folder"
        (cd "$folder" && apt-get download --quiet=2 "$package") >&2 || return 1
        dpkg-deb --extract "$folder"/*.deb "$folder"
        rm -f "$folder"/*.deb
        depmod -b "$folder" "${package#linux-image-}"
        touch "$folder/complete"
    fi
    echo "$folder"
}

# Copies a file and the libraries that it needs, each to where it is here.
put() {
    local file library
    for file in "$@"; do
        [[ -e $root$file ]] || install -D "$file" "$root$file"
        while IFS= read -r library; do
            [[ -e $root$library ]] || install -D "$library" "$root$library"
        done < <(ldd "$file" 2>/dev/null | grep --only-matching '/[^ ]*')
    done
}

put_modules() {
    local version=$1 module path options
    for module in crc32_generic dummy rdma_rxe; do
        while read -r _ path options; do
            [[ -e $root/modules/$(basename "$path") ]] && continue
            cp "$path" "$root/modules/"
            echo "$(basename "$path") $options" >>"$root/modules/order"
        done < <(modprobe -d "$kernel" -S "$version" --show-depends "$module" | grep ^insmod)
    done
}

make_root() {
    local providers
    rm -rf "$root"
    mkdir -p "$root"/{bin,dev,etc/libibverbs.d,modules,proc,run,sys,tmp}
    cp "$(command -v busybox)" "$root/bin/busybox"
    put_modules "$(basename "$kernel" | sed 's/^linux-image-//')"
    put "$(command -v ip)" "$(command -v rdma)" "$(command -v setpriv)" \
        "$(command -v ib_write_bw)"
    # Those of all vendors, as on a node: the library loads them all.
    cp /etc/libibverbs.d/*.driver "$root/etc/libibverbs.d/"
    providers=$(dirname "$(dpkg --listfiles ibverbs-providers | grep '/librxe-.*\.so$')")
    put "$providers"/*.so
    install -D "$bin/fabricwatchd" "$root/opt/fabricwatchd"
    install -D "$bin/fabricwatch" "$root/opt/fabricwatch"
    put "$(realpath "$bin/fabricwatchd")" "$(realpath "$bin/fabricwatch")"
    rm -rf "${root:?}$(realpath "$bin")"
    install Tests/Guest/guest.sh "$root/init"
}

# In software, because a nested hypervisor is rare; a boot takes a few seconds.
boot() {
    timeout --kill-after=5 "$seconds_max" qemu-system-x86_64 -nodefaults -display none \
        -accel tcg -cpu max -m 1024 -no-reboot -serial "file:$work/console" \
        -kernel "$kernel"/boot/vmlinuz-* -initrd "$work/guest.cpio" \
        -append "console=ttyS0 quiet panic=-1 nokaslr mitigations=off tsc=reliable \
no_timer_check random.trust_cpu=on" </dev/null
}

[[ $(uname -m) == x86_64 ]] || skip 'it is made for x86_64'
[[ -x $bin/fabricwatchd && -x $bin/fabricwatch ]] || skip "no binaries in $bin: make build"
deploy/packages.sh guest || skip 'its packages cannot be installed'
mkdir -p "$work"
work=$(realpath "$work")
root=$work/root
kernel=$(unpack_kernel) || skip 'the package linux-image-amd64 cannot be downloaded'
make_root
(cd "$root" && find . | cpio --quiet --create --format=newc) >"$work/guest.cpio"
rm -f "$work/console"
start=$SECONDS
boot || echo "guest: qemu ended with $?" >&2
tr -d '\r' <"$work/console" | grep '^##' || true
if ! grep --quiet '^## done: 0 failed' "$work/console"; then
    echo 'guest: FAILED; the whole console:' >&2
    cat "$work/console" >&2
    exit 1
fi
echo "guest: all is well, $((SECONDS - start)) s in the machine"
