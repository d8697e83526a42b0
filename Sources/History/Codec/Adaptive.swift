/// Writes integers by Rice's code, with a parameter that follows their size (Rice and Plaunt 1971,
/// "Adaptive variable-length coding"): both sides tell it from the integers before.
///
///     1 byte   the first parameter; 128 more when each integer is less the mean of those before
///     bits     for each integer, folded to be unsigned: its bits above the parameter as so many
///              zeros and a one, then the `parameter` low ones; where that would be 20 zeros and
///              more: 20 zeros, 6 bits of how many bits it has, less one, and those
struct AdaptiveCode {
    /// So many zeros stand for an integer that is written plainly.
    static let escape = 20
    /// Larger parameters are of no use.
    static let maximumParameter = 56

    // 16 times the mean of what was written, and 8 times that of the integers.
    private var mean: UInt64
    private var center: Int64 = 0
    private let isCentered: Bool

    /// The state before the first integer.
    init(parameter: Int, isCentered: Bool) {
        mean = 16 << UInt64(parameter)
        self.isCentered = isCentered
    }

    /// What the next integer is thought to be.
    var expected: Int64 { isCentered ? (center &+ 4) >> 3 : 0 }

    /// The bits that are not written one by one.
    var parameter: Int {
        // Short of the mean, since most are smaller than it.
        let typical = mean / 16 * 11 / 16
        return min(Self.maximumParameter, 64 - typical.leadingZeroBitCount)
    }

    /// Takes note of an integer, and of what was written of it.
    mutating func take(_ value: Int64, _ written: UInt64) {
        // What is cut off could not change the parameter.
        mean = mean - mean >> 4 + min(written, 1 << 59)
        if isCentered { center = center &+ (value &- expected) }
    }
}

/// Runs of integers in the adaptive code.
enum Adaptive {
    private static let centered: UInt8 = 0x80

    /// The parameter that suits the first integers.
    private static func parameter(_ residuals: Span<Int64>) -> Int {
        let count = min(8, residuals.count)
        var sum: UInt64 = 0
        for index in 0..<count { sum &+= ZigZag.encode(residuals[index]) >> 3 }
        return min(AdaptiveCode.maximumParameter, 64 - sum.leadingZeroBitCount)
    }

    /// The bytes that a run would take.
    static func size(_ residuals: Span<Int64>, isCentered: Bool) -> Int {
        var code = AdaptiveCode(parameter: parameter(residuals), isCentered: isCentered)
        var bits = 0
        for index in 0..<residuals.count {
            let value = residuals[index]
            let folded = ZigZag.encode(value &- code.expected)
            let parameter = code.parameter
            let zeros = folded >> UInt64(parameter)
            bits +=
                zeros < UInt64(AdaptiveCode.escape)
                ? Int(zeros) + 1 + parameter
                : AdaptiveCode.escape + 6 + 64 - folded.leadingZeroBitCount
            code.take(value, folded)
        }
        return 1 + Bits.bytes(bits)
    }

    static func append(_ residuals: Span<Int64>, isCentered: Bool, to bytes: inout [UInt8]) {
        let first = parameter(residuals)
        bytes.append(UInt8(first) | (isCentered ? centered : 0))
        var code = AdaptiveCode(parameter: first, isCentered: isCentered)
        var writer = BitWriter()
        for index in 0..<residuals.count {
            let value = residuals[index]
            let folded = ZigZag.encode(value &- code.expected)
            let parameter = code.parameter
            let zeros = folded >> UInt64(parameter)
            if zeros < UInt64(AdaptiveCode.escape) {
                writer.append(1 << zeros, width: Int(zeros) + 1)
                writer.append(folded & (1 << UInt64(parameter) - 1), width: parameter)
            } else {
                let width = 64 - folded.leadingZeroBitCount
                writer.append(0, width: AdaptiveCode.escape)
                writer.append(UInt64(width - 1), width: 6)
                writer.append(folded, width: width)
            }
            code.take(value, folded)
        }
        bytes += writer.finish()
    }

    /// Reads the first `wanted` integers of a run.
    static func read(
        _ bytes: Span<UInt8>, _ cursor: inout ByteCursor, first wanted: Int,
        into residuals: inout MutableSpan<Int64>
    ) throws(Damage) {
        let head = try cursor.byte(bytes)
        let first = Int(head & ~centered)
        guard first <= AdaptiveCode.maximumParameter else { throw .malformed }
        var code = AdaptiveCode(parameter: first, isCentered: head & centered != 0)
        let raw = unsafe bytes.bytes
        let end = bytes.count * 8
        var bit = cursor.offset * 8
        for index in 0..<wanted {
            // Behind the end there are zeros, which are no integer.
            let word = Bits.peek(raw, at: bit)
            let zeros = word.trailingZeroBitCount
            let parameter = code.parameter
            let folded: UInt64
            if zeros < AdaptiveCode.escape {
                bit += zeros + 1
                let low =
                    zeros + parameter < Bits.peekedBits
                    ? word >> UInt64(zeros + 1) & (1 << UInt64(parameter) - 1)
                    : Bits.read(raw, at: bit, width: parameter)
                folded = UInt64(zeros) << UInt64(parameter) | low
                bit += parameter
            } else {
                bit += AdaptiveCode.escape
                let width = Int(Bits.read(raw, at: bit, width: 6)) + 1
                folded = Bits.read(raw, at: bit + 6, width: width)
                bit += 6 + width
            }
            guard bit <= end else { throw .malformed }
            let value = code.expected &+ ZigZag.decode(folded)
            residuals[index] = value
            code.take(value, folded)
        }
    }
}
