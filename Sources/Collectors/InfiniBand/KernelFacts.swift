import Glibc

/// What the kernel says about itself and about devices, below roots that tests replace.
package struct KernelFacts: Sendable {
    /// The boot, `/proc/sys/kernel/random/boot_id`; empty when it cannot be read.
    package let bootID: String

    private let sysRoot: String

    /// Reads the boot's name; `sysRoot` and `procRoot` stand for `/sys` and `/proc`.
    package init(sysRoot: String = "/sys", procRoot: String = "/proc") {
        self.sysRoot = sysRoot
        bootID = Self.word(of: procRoot + "/sys/kernel/random/boot_id")
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
        let inode = Self.inode(of: devicePath)
        guard inode != 0 || !bootID.isEmpty else { return 0 }
        var hash = EpochHash()
        hash.combine(bootID)
        hash.combine(inode)
        return hash.value
    }

    /// The inode number of a file or directory; zero when there is none.
    static func inode(of path: String) -> UInt64 {
        var facts = stat()
        return unsafe stat(path, &facts) == 0 ? UInt64(facts.st_ino) : 0
    }

    /// The first word of a file, of at most 128 octets; empty when it cannot be read.
    static func word(of path: String) -> String {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 128) { buffer, count in
            unsafe count = max(0, read(file, buffer.baseAddress, buffer.count))
        }
        return String(decoding: bytes.prefix { $0 > 0x20 }, as: UTF8.self)
    }
}
