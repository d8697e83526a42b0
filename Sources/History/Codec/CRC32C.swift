/// CRC-32C (Castagnoli, RFC 3720 appendix B.4), eight bytes at a time.
struct CRC32C {
    private var register: UInt32 = .max

    /// The checksum of everything taken so far.
    var value: UInt32 { ~register }

    /// Takes the bytes of a range.
    mutating func take(_ bytes: Span<UInt8>, from start: Int = 0) {
        let tables = Self.tables.span
        let raw = unsafe bytes.bytes
        var index = start
        while index + 8 <= bytes.count {
            // Bounds are checked by the span; any eight bytes make an integer.
            let word = unsafe UInt64(
                littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
            register = Self.step(register, word, tables)
            index += 8
        }
        while index < bytes.count {
            register = register >> 8 ^ tables[Int((register ^ UInt32(bytes[index])) & 0xFF)]
            index += 1
        }
    }

    /// Takes an integer, its lowest byte first.
    mutating func take(_ integer: Int64) {
        register = Self.step(register, UInt64(bitPattern: integer), Self.tables.span)
    }

    // The register behind eight bytes, the lowest first.
    @inline(__always)
    private static func step(
        _ register: UInt32, _ word: UInt64, _ tables: Span<UInt32>
    ) -> UInt32 {
        let low = register ^ UInt32(truncatingIfNeeded: word)
        let high = UInt32(truncatingIfNeeded: word >> 32)
        let first = tables[1792 + Int(low & 0xFF)] ^ tables[1536 + Int(low >> 8 & 0xFF)]
        let second = tables[1280 + Int(low >> 16 & 0xFF)] ^ tables[1024 + Int(low >> 24)]
        let third = tables[768 + Int(high & 0xFF)] ^ tables[512 + Int(high >> 8 & 0xFF)]
        let fourth = tables[256 + Int(high >> 16 & 0xFF)] ^ tables[Int(high >> 24)]
        return first ^ second ^ third ^ fourth
    }

    // Table k, at 256 k, is a byte followed by k bytes of zeros.
    private static let tables: [UInt32] = {
        var tables: [UInt32] = (0..<256).map { index in
            (0..<8).reduce(UInt32(index)) { value, _ in
                value & 1 == 0 ? value >> 1 : value >> 1 ^ 0x82F6_3B78
            }
        }
        for index in 256..<2048 {
            let shorter: UInt32 = tables[index - 256]
            tables.append(shorter >> 8 ^ tables[Int(shorter & 0xFF)])
        }
        return tables
    }()
}
