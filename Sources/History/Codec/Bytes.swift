/// Why the bytes of a row cannot be used.
enum Damage: Error, Hashable {
    /// Written by a version that this one does not know.
    case version(UInt8)
    /// The checksum is not the one of these bytes.
    case checksum
    /// The checksum is right and the content contradicts itself; a fault of the writer.
    case malformed
    /// Rows between this one and its key frame are missing or damaged.
    case chainBroken
}

/// Reads integers from the front of bytes and never beyond their end.
struct ByteCursor {
    private(set) var offset: Int

    /// Starts at an offset.
    init(offset: Int) {
        self.offset = offset
    }

    /// Whether all bytes were read.
    func isAtEnd(of bytes: Span<UInt8>) -> Bool { offset >= bytes.count }

    /// How many bytes are left.
    func remaining(in bytes: Span<UInt8>) -> Int { max(0, bytes.count - offset) }

    /// Leaves out bytes that are known to be there.
    mutating func skip(_ count: Int) {
        offset += count
    }

    /// The next byte.
    mutating func byte(_ bytes: Span<UInt8>) throws(Damage) -> UInt8 {
        guard offset < bytes.count else { throw .malformed }
        defer { offset += 1 }
        return bytes[offset]
    }

    /// The next LEB128 integer of at most ten bytes.
    @inline(__always)
    mutating func varint(_ bytes: Span<UInt8>) throws(Damage) -> UInt64 {
        // Most have one byte.
        if offset < bytes.count, bytes[offset] < 0x80 {
            offset += 1
            return UInt64(bytes[offset - 1])
        }
        return try longVarint(bytes)
    }

    private mutating func longVarint(_ bytes: Span<UInt8>) throws(Damage) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 63, by: 7) {
            let next = try byte(bytes)
            guard shift < 63 || next <= 1 else { throw .malformed }
            value |= UInt64(next & 0x7F) << shift
            if next < 0x80 { return value }
        }
        throw .malformed
    }

    /// The next integer that may be negative.
    mutating func signed(_ bytes: Span<UInt8>) throws(Damage) -> Int64 {
        ZigZag.decode(try varint(bytes))
    }

    /// The next integer, which must not be more than `limit`.
    mutating func count(_ bytes: Span<UInt8>, limit: Int) throws(Damage) -> Int {
        let value = try varint(bytes)
        guard limit >= 0, value <= UInt64(limit) else { throw .malformed }
        return Int(value)
    }
}

/// Folds small negative numbers into small unsigned ones.
enum ZigZag {
    /// 0, -1, 1, -2 become 0, 1, 2, 3.
    static func encode(_ value: Int64) -> UInt64 {
        UInt64(bitPattern: value << 1 ^ value >> 63)
    }

    /// The inverse of `encode`.
    static func decode(_ value: UInt64) -> Int64 {
        Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }
}

extension [UInt8] {
    /// Appends an integer as LEB128.
    mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }

    /// Appends an integer that may be negative.
    mutating func appendSigned(_ value: Int64) {
        appendVarint(ZigZag.encode(value))
    }
}
