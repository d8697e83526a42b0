import Glibc
import Model

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

    /// The numbers of a device's ports, which asks nothing of the device; none when they cannot be
    /// listed.
    static func ports(devicePath: String) -> [UInt8] {
        names(in: devicePath + "/ports").compactMap { UInt8($0) }.sorted()
    }

    /// A device's node GUID as the kernel remembers it, such as `c000:0000:0001:0000`; nil when
    /// there is none.
    static func nodeGUID(devicePath: String) -> GUID? {
        GUID("0x" + word(of: devicePath + "/node_guid").filter { $0 != ":" })
    }

    /// The path of a kernel module's directory.
    func path(module: String) -> String { "\(sysRoot)/module/\(module)" }

    /// A number that changes with every reboot and with every time that the device's driver is
    /// loaded; zero when neither can be told.
    ///
    /// A sysfs directory gets a new inode number when the device is registered anew. Its times are
    /// of no use: the kernel sets them when the inode enters the cache (fs/kernfs/inode.c).
    package func epoch(devicePath: String) -> UInt64 {
        let inode = Self.inode(of: devicePath)
        guard inode != 0 || !bootID.isEmpty else { return 0 }
        var hash = FixedHash()
        hash.combine(bootID)
        hash.combine(inode)
        return hash.value
    }

    /// The network interface of a port, such as `ib0`; nil when it has none in this network
    /// namespace.
    ///
    /// A port and its interface are joined by the PCI function and by `dev_port`, which counts from
    /// 0 (Documentation/ABI/testing/sysfs-class-net). An interface above another, as one of IPoIB
    /// for a partition, has the index of that one in `iflink`.
    func interface(devicePath: String, port: UInt8) -> String? {
        let candidates = Self.names(in: devicePath + "/device/net")
            .sorted(by: NaturalOrder.isBefore)
            .filter {
                let path = "\(devicePath)/device/net/\($0)"
                let index = Self.word(of: path + "/ifindex")
                return !index.isEmpty && Self.word(of: path + "/iflink") == index
            }
        let place = String(Int(port) - 1)
        return candidates.first {
            Self.word(of: "\(devicePath)/device/net/\($0)/dev_port") == place
        }
    }

    /// The names in a directory, in no order and without those that begin with a dot.
    static func names(in path: String) -> [String] {
        guard let stream = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { octets in
                unsafe String(decoding: octets.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    /// The inode number of a file or directory; zero when there is none.
    static func inode(of path: String) -> UInt64 {
        var facts = stat()
        return unsafe stat(path, &facts) == 0 ? UInt64(facts.st_ino) : 0
    }

    /// The first word of a file, of at most 128 octets; empty when it cannot be read.
    static func word(of path: String) -> String {
        guard case .success(let octets) = octets(of: path) else { return "" }
        return String(decoding: octets.prefix { $0 > 0x20 }, as: UTF8.self)
    }

    /// The first line of a file, of at most 128 octets, or why it cannot be read.
    static func firstLine(of path: String) -> Result<String, FileError> {
        octets(of: path).map { String(decoding: $0.prefix { $0 >= 0x20 }, as: UTF8.self) }
    }

    private static func octets(of path: String) -> Result<[UInt8], FileError> {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return .failure(FileError(code: errno)) }
        defer { close(file) }
        var code: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 128) { buffer, count in
            let length = unsafe read(file, buffer.baseAddress, buffer.count)
            if length < 0 { code = errno }
            count = max(0, length)
        }
        return code == 0 ? .success(bytes) : .failure(FileError(code: code))
    }

    /// Why a file cannot be read.
    struct FileError: Error {
        /// The kernel's error number; see errno(3).
        let code: Int32
    }

    /// The last part of where a symbolic link leads; empty when there is none.
    static func end(ofLink path: String) -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = unsafe readlink(path, &buffer, buffer.count)
        let bytes = buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
        let end = bytes.lastIndex(of: UInt8(ascii: "/")).map { bytes[($0 + 1)...] } ?? bytes[...]
        return String(decoding: end, as: UTF8.self)
    }
}
