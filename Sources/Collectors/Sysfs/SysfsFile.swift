import Glibc
import Model

/// Files of a PCI function in sysfs, read whole: the kernel makes them of at most one page.
struct SysfsFile {
    /// Why a file has no value.
    enum Absence: Error {
        /// The device does not offer it: not there, or refused as such.
        case refused
        /// The daemon may not read it.
        case noPermission
        /// Anything else, values that make no sense included.
        case failed
    }

    /// The reading of a file that is absent.
    static func reading(_ absence: Absence) -> Reading {
        switch absence {
        case .refused: .unsupported
        case .noPermission: .noPermission
        case .failed: .failed
        }
    }

    /// The first octets of a file, `limit` at most.
    static func bytes(_ path: String, limit: Int = 4096) throws(Absence) -> [UInt8] {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw absence(errno) }
        defer { close(file) }
        var code: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            let length = unsafe read(file, buffer.baseAddress, limit)
            if length < 0 { code = errno }
            count = max(0, length)
        }
        guard code == 0 else { throw absence(code) }
        return bytes
    }

    /// The text of a file, without what ends its last line.
    static func text(_ path: String) throws(Absence) -> String {
        let bytes = try bytes(path)
        return String(decoding: bytes.last == 0x0A ? bytes.dropLast() : bytes[...], as: UTF8.self)
    }

    private static func absence(_ code: Int32) -> Absence {
        switch code {
        case ENOENT, EINVAL, ENODATA, EOPNOTSUPP: .refused
        case EACCES, EPERM: .noPermission
        default: .failed
        }
    }

    /// Where links lead; nil where that is nowhere.
    static func target(_ path: String) -> String? {
        guard let resolved = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }
}

/// The numbers in files of PCI functions (Linux, drivers/pci/pci-sysfs.c and pcie/aer.c).
enum PCIText {
    // PCIe 6.0, 7.5.3.6; a link that is down or a device that is gone shows 0, 63 or 255.
    private static let widths: Set<UInt64> = [1, 2, 4, 8, 12, 16, 32]

    /// Lanes; nil for a number that no link has.
    static func width(_ text: String) -> UInt64? {
        UInt64(text).flatMap { widths.contains($0) ? $0 : nil }
    }

    /// Millions of transfers per second: `32.0 GT/s PCIe`, before Linux 5.9 `8 GT/s`; nil for
    /// `Unknown` and anything else.
    static func speed(_ text: String) -> UInt64? {
        guard text.hasSuffix(" GT/s") || text.hasSuffix(" GT/s PCIe"),
            let number = text.split(separator: " ").first
        else { return nil }
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        let digits = parts.allSatisfy { part in
            (1...3).contains(part.utf8.count) && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
        }
        guard digits, parts.count <= 2, let whole = UInt64(parts[0]), whole > 0 else { return nil }
        let fraction = parts.count == 2 ? parts[1] : ""
        let padded = fraction + String(repeating: "0", count: 3 - fraction.utf8.count)
        return UInt64(padded).map { whole * 1000 + $0 }
    }

    /// The counts of an AER file by the word before them; nil when a line is something else, or
    /// when the total is not there, as when a read was cut short.
    static func errors(_ text: String, total: String) -> [Substring: UInt64]? {
        var counts: [Substring: UInt64] = [:]
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let parts = line.split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, let count = UInt64(parts[1]),
                counts.updateValue(count, forKey: parts[0]) == nil
            else { return nil }
        }
        return counts[total[...]] == nil ? nil : counts
    }
}
