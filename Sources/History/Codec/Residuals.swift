/// How a run of signed integers is written: what is left of a column once it was predicted.
enum ResidualCoder: UInt8 {
    /// All are the same: one signed integer.
    case steady = 2
    /// Most are the same: that one, and where the others are.
    case sparse = 3
    /// Blocks of integers of so many bits each above the least of the block.
    case packed = 4
    /// Each by itself, see `AdaptiveCode`.
    case adaptive = 5
}

/// The best way to write a run of residuals, and how many bytes that takes.
struct ResidualPlan {
    var coder: ResidualCoder
    var size: Int
    /// The value that most have, for `sparse`.
    var usual: Int64 = 0
    /// The integers of a block, as a power of two, for `packed`.
    var blockBits = 0
    /// Whether each is less the mean of those before, for `adaptive`.
    var isCentered = false
}

/// Reads and writes runs of residuals.
///
///     steady   signed
///     sparse   signed usual, varint count; for each other: varint skipped, signed less usual
///     packed   1 byte: the integers of a block as a power of two; for each block: 1 byte width,
///              signed base less the one before, in units of 2^max(0, width - 4); then, bit by
///              bit and without gaps, every integer less its base
///     adaptive see `AdaptiveCode`
enum Residuals {
    /// Block sizes that are tried.
    private static let blockBits = 4...6
    /// Bits of a block's base that are left out, so that bases cost less than what they save.
    private static func coarseness(_ width: Int) -> UInt64 { UInt64(max(0, width - 4)) }

    /// The best way to write a run.
    static func plan(_ residuals: Span<Int64>) -> ResidualPlan {
        guard residuals.count > 0 else { return ResidualPlan(coder: .steady, size: 1) }
        let usual = usual(residuals)
        var others = 0
        var (skipped, sparseSize) = (0, signedSize(usual) + 2)
        for index in 0..<residuals.count {
            guard residuals[index] != usual else {
                skipped += 1
                continue
            }
            others += 1
            sparseSize += varintSize(UInt64(skipped)) + signedSize(residuals[index] &- usual)
            skipped = 0
        }
        guard others > 0 else { return ResidualPlan(coder: .steady, size: signedSize(usual)) }
        var plan = ResidualPlan(coder: .sparse, size: sparseSize, usual: usual)
        // When few differ, nothing can be better.
        guard others * 16 > residuals.count else { return plan }
        for bits in blockBits {
            let size = packedSize(residuals, blockBits: bits)
            if size < plan.size {
                plan = ResidualPlan(coder: .packed, size: size, blockBits: bits)
            }
        }
        for isCentered in [false, true] {
            let size = Adaptive.size(residuals, isCentered: isCentered)
            if size < plan.size {
                plan = ResidualPlan(coder: .adaptive, size: size, isCentered: isCentered)
            }
        }
        return plan
    }

    /// About the bytes that a run takes, which tells what is better than something else.
    static func estimate(_ residuals: Span<Int64>) -> Int {
        var bits = 0
        for index in 0..<residuals.count {
            bits += 64 - ZigZag.encode(residuals[index]).leadingZeroBitCount
        }
        return Bits.bytes(bits)
    }

    /// Writes a run as planned.
    static func append(
        _ residuals: Span<Int64>, _ plan: ResidualPlan, to bytes: inout [UInt8]
    ) {
        switch plan.coder {
        case .steady: bytes.appendSigned(residuals.count > 0 ? residuals[0] : 0)
        case .sparse: appendSparse(residuals, usual: plan.usual, to: &bytes)
        case .packed: appendPacked(residuals, blockBits: plan.blockBits, to: &bytes)
        case .adaptive: Adaptive.append(residuals, isCentered: plan.isCentered, to: &bytes)
        }
    }

    // The value that the majority has, if any has it (Boyer and Moore).
    private static func usual(_ residuals: Span<Int64>) -> Int64 {
        var (candidate, votes) = (residuals[0], 0)
        for index in 0..<residuals.count {
            if votes == 0 { candidate = residuals[index] }
            votes += residuals[index] == candidate ? 1 : -1
        }
        return candidate
    }

    private static func appendSparse(
        _ residuals: Span<Int64>, usual: Int64, to bytes: inout [UInt8]
    ) {
        bytes.appendSigned(usual)
        var others = 0
        for index in 0..<residuals.count where residuals[index] != usual { others += 1 }
        bytes.appendVarint(UInt64(others))
        var skipped: UInt64 = 0
        for index in 0..<residuals.count {
            guard residuals[index] != usual else {
                skipped += 1
                continue
            }
            bytes.appendVarint(skipped)
            bytes.appendSigned(residuals[index] &- usual)
            skipped = 0
        }
    }
}

// MARK: Packed

extension Residuals {
    private struct Block {
        var width: Int
        var base: Int64

        init(_ residuals: Span<Int64>, _ range: Range<Int>) {
            var (least, most) = (residuals[range.lowerBound], residuals[range.lowerBound])
            for index in range {
                least = min(least, residuals[index])
                most = max(most, residuals[index])
            }
            width = 64 - (UInt64(bitPattern: most &- least)).leadingZeroBitCount
            repeat {
                let coarseness = Residuals.coarseness(width)
                base = least & -(1 << Int64(coarseness))
                let needed = 64 - (UInt64(bitPattern: most &- base)).leadingZeroBitCount
                guard needed > width else { return }
                width = needed
            } while true
        }
    }

    private static func blocks(
        of count: Int, blockBits: Int
    ) -> some Sequence<Range<Int>> {
        stride(from: 0, to: count, by: 1 << blockBits).lazy.map {
            $0..<min($0 + 1 << blockBits, count)
        }
    }

    private static func packedSize(_ residuals: Span<Int64>, blockBits: Int) -> Int {
        var (size, bits) = (1, 0)
        var before: Int64 = 0
        var start = 0
        while start < residuals.count {
            let end = min(start + 1 << blockBits, residuals.count)
            let block = Block(residuals, start..<end)
            let base = block.base >> Int64(coarseness(block.width))
            size += 1 + signedSize(base &- before >> Int64(coarseness(block.width)))
            before = block.base
            bits += block.width * (end - start)
            start = end
        }
        return size + Bits.bytes(bits)
    }

    private static func appendPacked(
        _ residuals: Span<Int64>, blockBits: Int, to bytes: inout [UInt8]
    ) {
        bytes.append(UInt8(blockBits))
        var writer = BitWriter()
        var before: Int64 = 0
        var start = 0
        while start < residuals.count {
            let end = min(start + 1 << blockBits, residuals.count)
            let block = Block(residuals, start..<end)
            let coarseness = Int64(coarseness(block.width))
            bytes.append(UInt8(block.width))
            bytes.appendSigned(block.base >> coarseness &- before >> coarseness)
            before = block.base
            for index in start..<end {
                writer.append(
                    UInt64(bitPattern: residuals[index] &- block.base), width: block.width)
            }
            start = end
        }
        bytes += writer.finish()
    }

    fileprivate static func varintSize(_ value: UInt64) -> Int {
        max(1, (70 - value.leadingZeroBitCount) / 7)
    }

    fileprivate static func signedSize(_ value: Int64) -> Int { varintSize(ZigZag.encode(value)) }
}

// MARK: Reading

extension Residuals {
    /// Reads the first `wanted` residuals of a run, which is of `count` and fills `payload`.
    static func read(
        _ bytes: Span<UInt8>, _ payload: Range<Int>, _ coder: ResidualCoder, count: Int,
        first wanted: Int,
        into residuals: inout MutableSpan<Int64>
    ) throws(Damage) {
        guard wanted <= count, wanted <= residuals.count, payload.upperBound <= bytes.count else {
            throw .malformed
        }
        let bytes = bytes.extracting(..<payload.upperBound)
        var cursor = ByteCursor(offset: payload.lowerBound)
        switch coder {
        case .steady:
            let value = try cursor.signed(bytes)
            for index in 0..<wanted { residuals[index] = value }
        case .sparse: try readSparse(bytes, &cursor, count: count, first: wanted, into: &residuals)
        case .packed: try readPacked(bytes, &cursor, count: count, first: wanted, into: &residuals)
        case .adaptive: try Adaptive.read(bytes, &cursor, first: wanted, into: &residuals)
        }
    }

    private static func readSparse(
        _ bytes: Span<UInt8>, _ cursor: inout ByteCursor, count: Int, first wanted: Int,
        into residuals: inout MutableSpan<Int64>
    ) throws(Damage) {
        let usual = try cursor.signed(bytes)
        for index in 0..<wanted { residuals[index] = usual }
        var next = 0
        for _ in 0..<(try cursor.count(bytes, limit: count)) {
            let index = next + (try cursor.count(bytes, limit: count - next - 1))
            let difference = try cursor.signed(bytes)
            next = index + 1
            guard index < wanted else { return }
            residuals[index] = usual &+ difference
        }
    }

    private static func readPacked(
        _ bytes: Span<UInt8>, _ cursor: inout ByteCursor, count: Int, first wanted: Int,
        into residuals: inout MutableSpan<Int64>
    ) throws(Damage) {
        let blockBits = Int(try cursor.byte(bytes))
        guard Self.blockBits.contains(blockBits) else { throw .malformed }
        let blockCount = (count + 1 << blockBits - 1) >> blockBits
        var headers = cursor
        for _ in 0..<blockCount { _ = try block(bytes, &headers, before: 0) }
        var bit = headers.offset * 8
        var base: Int64 = 0
        var start = 0
        while start < wanted {
            let (width, next) = try block(bytes, &cursor, before: base)
            base = next
            let end = min(start + 1 << blockBits, wanted)
            guard bit + width * (end - start) <= bytes.count * 8 else { throw .malformed }
            let raw = unsafe bytes.bytes
            for index in start..<end {
                let value = Bits.read(raw, at: bit, width: width)
                residuals[index] = base &+ Int64(bitPattern: value)
                bit += width
            }
            start = end
        }
    }

    private static func block(
        _ bytes: Span<UInt8>, _ cursor: inout ByteCursor, before: Int64
    ) throws(Damage) -> (width: Int, base: Int64) {
        let width = Int(try cursor.byte(bytes))
        guard width <= 64 else { throw .malformed }
        let coarseness = Int64(coarseness(width))
        let base = (before >> coarseness &+ (try cursor.signed(bytes))) << coarseness
        return (width, base)
    }
}
