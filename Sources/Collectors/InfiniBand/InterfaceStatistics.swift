import CLinux
import Glibc

/// Where the statistics of network interfaces are read: the kernel in the product, a played one in
/// tests.
package protocol InterfaceStatistics {
    /// The names of the interface's statistics, in the order of the values.
    mutating func names(of interface: String) throws(CollectorError) -> [String]

    /// The values; not `count`, the number of names, when the driver has changed them since.
    mutating func values(
        of interface: String, count: Int
    ) throws(CollectorError) -> [UInt64]
}

/// The statistics that `ethtool -S` shows (SIOCETHTOOL, linux/ethtool.h); no privilege is needed.
package final class EthtoolStatistics: InterfaceStatistics {
    // More than any driver has: mlx5 has some thousands with many channels.
    private static let most = 1 << 16
    private let socket: Int32

    /// Opens the socket that commands go through.
    package init() {
        socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    }

    deinit { if socket >= 0 { close(socket) } }

    /// The names; `EOPNOTSUPP` where the driver has none.
    package func names(of interface: String) throws(CollectorError) -> [String] {
        let count = try count(of: interface)
        let header = 3 * 4
        let width = Int(ETH_GSTRING_LEN)
        // A driver that has grown since writes what it has, whatever was asked for.
        var buffer = [UInt8](repeating: 0, count: header + 2 * width * count + 4096)
        set(&buffer, 0, UInt32(ETHTOOL_GSTRINGS))
        set(&buffer, 1, UInt32(ETH_SS_STATS.rawValue))
        set(&buffer, 2, UInt32(count))
        try ask(interface, &buffer)
        let told = min(Int(word(buffer, 2)), (buffer.count - header) / width)
        return (0..<told).map { index in
            let start = header + index * width
            return String(
                decoding: buffer[start..<start + width].prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// The values; none when the driver has another number of them by now.
    package func values(
        of interface: String, count: Int
    ) throws(CollectorError) -> [UInt64] {
        // Kernels before 6.17 write as many as the driver has now, whatever was asked for.
        let now = try self.count(of: interface)
        guard now == count else { return [] }
        let header = 2 * 4
        var buffer = [UInt8](repeating: 0, count: header + 2 * 8 * count + 4096)
        set(&buffer, 0, UInt32(ETHTOOL_GSTATS))
        set(&buffer, 1, UInt32(count))
        try ask(interface, &buffer)
        let told = min(Int(word(buffer, 1)), (buffer.count - header) / 8)
        return unsafe buffer.withUnsafeBytes { raw in
            (0..<told).map { place in
                unsafe raw.loadUnaligned(fromByteOffset: header + place * 8, as: UInt64.self)
            }
        }
    }

    private func count(of interface: String) throws(CollectorError) -> Int {
        var buffer = [UInt8](repeating: 0, count: 4 * 4 + 4)
        set(&buffer, 0, UInt32(ETHTOOL_GSSET_INFO))
        // The mask of 64 bits lies behind two words.
        set(&buffer, 2, 1 << UInt32(ETH_SS_STATS.rawValue))
        try ask(interface, &buffer)
        let isOffered = word(buffer, 2) != 0
        let count = isOffered ? Int(word(buffer, 4)) : 0
        guard count > 0, count <= Self.most else {
            throw CollectorError(.readStatistics, interface, code: EOPNOTSUPP)
        }
        return count
    }

    private func ask(_ interface: String, _ buffer: inout [UInt8]) throws(CollectorError) {
        let code = unsafe buffer.withUnsafeMutableBytes {
            unsafe fw_ethtool(socket, interface, $0.baseAddress)
        }
        guard code == 0 else { throw CollectorError(.readStatistics, interface, code: code) }
    }

    private func set(_ buffer: inout [UInt8], _ place: Int, _ value: UInt32) {
        unsafe buffer.withUnsafeMutableBytes {
            unsafe $0.storeBytes(of: value, toByteOffset: place * 4, as: UInt32.self)
        }
    }

    private func word(_ buffer: [UInt8], _ place: Int) -> UInt32 {
        unsafe buffer.withUnsafeBytes {
            unsafe $0.loadUnaligned(fromByteOffset: place * 4, as: UInt32.self)
        }
    }
}
