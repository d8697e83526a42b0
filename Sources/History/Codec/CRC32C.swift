/// CRC-32C (Castagnoli, RFC 3720 appendix B.4), one byte at a time; rows are a few kilobytes.
struct CRC32C {
    private var register: UInt32 = .max

    /// The checksum of everything taken so far.
    var value: UInt32 { ~register }

    /// Takes the bytes of a range.
    mutating func take(_ bytes: Span<UInt8>, from start: Int = 0) {
        let table = Self.table.span
        for index in start..<bytes.count {
            register = register >> 8 ^ table[Int((register ^ UInt32(bytes[index])) & 0xFF)]
        }
    }

    /// Takes an integer, its lowest byte first.
    mutating func take(_ integer: Int64) {
        let table = Self.table.span
        var rest = UInt64(bitPattern: integer)
        for _ in 0..<8 {
            register = register >> 8 ^ table[Int((register ^ UInt32(rest & 0xFF)) & 0xFF)]
            rest >>= 8
        }
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in
            value & 1 == 0 ? value >> 1 : value >> 1 ^ 0x82F6_3B78
        }
    }
}
