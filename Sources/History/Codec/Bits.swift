/// Collects integers of any width in bits, the lowest bit first.
struct BitWriter {
    private(set) var bytes: [UInt8] = []
    private var pending: UInt64 = 0
    private var pendingCount = 0

    /// Appends the lowest `width` bits of a value, which has no others; `width` is at most 64.
    mutating func append(_ value: UInt64, width: Int) {
        guard width > 0 else { return }
        pending |= value << UInt64(pendingCount)
        let taken = 64 - pendingCount
        guard width >= taken else {
            pendingCount += width
            return
        }
        flush(8)
        pendingCount = width - taken
        pending = taken == 64 ? 0 : value >> UInt64(taken)
    }

    /// Fills the last byte with zeros and returns all bytes.
    mutating func finish() -> [UInt8] {
        flush((pendingCount + 7) / 8)
        pending = 0
        pendingCount = 0
        return bytes
    }

    private mutating func flush(_ count: Int) {
        for index in 0..<count {
            bytes.append(UInt8(truncatingIfNeeded: pending >> UInt64(8 * index)))
        }
    }
}

/// Reads what a `BitWriter` wrote.
enum Bits {
    /// The bytes that so many bits take.
    static func bytes(_ bits: Int) -> Int { (bits + 7) / 8 }

    /// How many bits `peek` shows at least.
    static let peekedBits = 57

    /// The bits from one on, with zeros behind those that are there.
    @inline(__always)
    static func peek(_ bytes: RawSpan, at bit: Int) -> UInt64 {
        let (start, shift) = (bit >> 3, UInt64(bit & 7))
        guard start + 8 <= bytes.byteCount else { return tail(bytes, start) >> shift }
        // Bounds are checked by the span; any eight bytes make an integer.
        let word = unsafe UInt64(
            littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self))
        return word >> shift
    }

    /// The integer of `width` bits, at most 64, that starts at a bit; all of them must be there.
    static func read(_ bytes: RawSpan, at bit: Int, width: Int) -> UInt64 {
        guard width > 0 else { return 0 }
        let (start, shift) = (bit >> 3, UInt64(bit & 7))
        let mask = UInt64.max >> UInt64(64 - width)
        guard start + 8 <= bytes.byteCount else {
            return (tail(bytes, start) >> shift) & mask
        }
        // Bounds are checked by the span; any eight bytes make an integer.
        let word = unsafe UInt64(
            littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self))
        guard width + Int(shift) > 64 else { return (word >> shift) & mask }
        let next = start + 8 < bytes.byteCount ? byte(bytes, start + 8) : 0
        return (word >> shift | next << (64 - shift)) & mask
    }

    // The last bytes, fewer than eight, with zeros behind them.
    private static func tail(_ bytes: RawSpan, _ start: Int) -> UInt64 {
        var word: UInt64 = 0
        for index in stride(from: start, to: bytes.byteCount, by: 1) {
            word |= byte(bytes, index) << UInt64(8 * (index - start))
        }
        return word
    }

    private static func byte(_ bytes: RawSpan, _ index: Int) -> UInt64 {
        unsafe UInt64(bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt8.self))
    }
}
