@testable import History

/// What the history stores as bytes; an input for the fuzzer says which in its first byte.
enum StoredKind: UInt8 {
    case row, slot, chunk

    /// Any byte says one.
    init(_ byte: UInt8) {
        self = StoredKind(rawValue: byte % 3) ?? .row
    }

    /// The bytes in front that stand for what is beside the stored bytes in the file.
    var contextBytes: Int {
        switch self {
        // How long the key frame is.
        case .row: 2
        // The five integers of the header.
        case .slot: 40
        // Rows, stride, number of series, columns of up to four series.
        case .chunk: 8
        }
    }

    /// The layouts that rows may name.
    static let layouts: [Int64: [Bool]] = [
        1: [false, false, true], 2: [], 3: Array(repeating: false, count: 40),
    ]
    static let keyHeader = RowHeader(pass: 5, timeMilliseconds: 50, key: 5, epoch: 1)
    static let nextHeader = RowHeader(pass: 6, timeMilliseconds: 60, key: 5, epoch: 1)
    static let chunkKey = ChunkKey(slot: 1, ordinal: 2)

    /// Passes in a steady rhythm.
    static func clock(rows: Int, stride: Int) -> SlotClock {
        var clock = SlotClock(stride: stride)
        for row in 0..<Int64(rows) {
            clock.passes.append(row + 1)
            clock.times.append(row * 10_000)
            clock.walls.append(row * 10_000)
            clock.boottimes.append(UInt64(row) * 10_000_000_007)
        }
        return clock
    }
}

extension RowHeader {
    var integers: [Int64] { [pass, timeMilliseconds, key, epoch] }
}

extension SlotHeader {
    var integers: [Int64] { [first, last, firstTime, lastTime, epoch] }

    init(_ integers: [Int64]) {
        self.init(
            first: integers[0], last: integers[1], firstTime: integers[2], lastTime: integers[3],
            epoch: integers[4])
    }
}
