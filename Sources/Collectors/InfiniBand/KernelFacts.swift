import Glibc

/// What the kernel says about itself and about devices, below roots that tests replace.
package struct KernelFacts: Sendable {
    /// The boot, `/proc/sys/kernel/random/boot_id`; empty when it cannot be read.
    package let bootID: String

    private let sysRoot: String

    /// Reads the boot's name; `sysRoot` and `procRoot` stand for `/sys` and `/proc`.
    package init(sysRoot: String = "/sys", procRoot: String = "/proc") {
        self.sysRoot = sysRoot
        bootID = Self.line(of: procRoot + "/sys/kernel/random/boot_id")
    }

    /// The path of a device's directory.
    package func path(device: String) -> String {
        "\(sysRoot)/class/infiniband/\(device)"
    }

    /// A number that changes with every reboot and with every time that the device's driver is
    /// loaded; zero when neither can be told.
    ///
    /// A sysfs directory gets a new inode number when the device is registered anew. Its times are
    /// of no use: the kernel sets them when the inode enters the cache (fs/kernfs/inode.c).
    package func epoch(devicePath: String) -> UInt64 {
        var facts = stat()
        let inode = unsafe stat(devicePath, &facts) == 0 ? UInt64(facts.st_ino) : 0
        guard inode != 0 || !bootID.isEmpty else { return 0 }
        // FNV-1a, because the number has to be the same in the next process.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for octet in bootID.utf8 { hash = (hash ^ UInt64(octet)) &* 0x100_0000_01b3 }
        for shift in stride(from: 0, to: 64, by: 8) {
            hash = (hash ^ (inode >> UInt64(shift) & 0xff)) &* 0x100_0000_01b3
        }
        return hash
    }

    private static func line(of path: String) -> String {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 128) { buffer, count in
            unsafe count = max(0, read(file, buffer.baseAddress, buffer.count))
        }
        return String(decoding: bytes.prefix { $0 > 0x20 }, as: UTF8.self)
    }
}
