import HistoryScript
import Model
import Testing

@testable import History

@Suite struct ChunkCodecTests {
    @Test(arguments: 1...60 as ClosedRange<UInt64>)
    func everythingComesBack(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let (content, clock) = RandomChunk.content(&random)
        let key = ChunkKey(slot: clock.passes[0], ordinal: Int64(seed))
        let bytes = ChunkCodec.encode(content, clock: clock, key: key)
        let index = try ChunkIndex(
            bytes.span, key: key, clock: clock, columnCounts: content.series.map(\.columns.count))
        let reader = ChunkReader(index, clock: clock)
        let decoded = try reader.content(bytes.span)
        #expect(decoded == content, "seed \(seed)")
        for row in stride(from: 0, to: clock.rows, by: clock.stride) {
            let values = try reader.row(row, bytes.span)
            let expected = content.columns.map {
                $0.values.count == 1
                    ? $0.values[0] : $0.values[$0.isThinned ? row / clock.stride : row]
            }
            try #require(values == expected, "seed \(seed), row \(row)")
            for series in content.series.indices {
                #expect(
                    index.isPresent(series, row: row) == content.series[series].presence[row])
                #expect(
                    index.seen(series, row: row, clock: clock)
                        == content.seen(series, row: row, clock))
            }
        }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func everyClassOfColumnTakesItsForm(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var clock = SlotClock()
        for row in 0..<360 as Range<Int64> {
            clock.passes.append(row + 1)
            clock.times.append(row * 10_000 + Int64.random(in: 0...5, using: &random))
            clock.walls.append(clock.times[Int(row)])
            clock.boottimes.append(UInt64(clock.times[Int(row)]) * 1_000_000 + 7)
        }
        let steps = (0..<360).map { _ in UInt64.random(in: 4_000_000...5_000_000, using: &random) }
        let traffic = RandomChunk.sums(steps)
        let far = traffic.map { $0 &+ UInt64.random(in: 0...900, using: &random) }
        let packets = traffic.map { $0 / 1031 &+ UInt64.random(in: 0...90, using: &random) }
        let blocks = clock.boottimes.map { $0 / 17 &+ UInt64.random(in: 0...9, using: &random) }
        let rare = (0..<360).map { UInt64($0 / 97) }
        let columns: [([UInt64], limit: Int)] = [
            (Array(repeating: 0, count: 360), 3),
            (Array(repeating: .max, count: 360), 12),
            ((0..<360).map { UInt64($0) &* 12345 }, 10),
            (rare, 18), (traffic, 1010), (far, 580), (packets, 480), (blocks, 320),
        ]
        for (index, (values, limit)) in columns.enumerated() {
            // What is before it can be followed.
            let size =
                Self.size(columns.prefix(index + 1).map(\.0), clock)
                - Self.size(columns.prefix(index).map(\.0), clock)
            #expect(size <= limit, "seed \(seed), column \(index) takes \(size) bytes")
            #expect(values.count == 360)
        }
    }

    private static func size(_ columns: [[UInt64]], _ clock: SlotClock) -> Int {
        let content = RandomChunk.plain(columns)
        let key = ChunkKey(slot: 1, ordinal: 0)
        return ChunkCodec.encode(content, clock: clock, key: key).count
    }

    // Any bytes whatever: refused or read, and never a trap. The fuzzer goes on from here.
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func damagedBytesAreRefused(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let (content, clock) = RandomChunk.content(&random)
        let key = ChunkKey(slot: clock.passes[0], ordinal: 0)
        let counts = content.series.map(\.columns.count)
        let good = ChunkCodec.encode(content, clock: clock, key: key)
        for _ in 0..<200 {
            var bytes = good
            let place = Int.random(in: 0..<bytes.count, using: &random)
            bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
            #expect(throws: Damage.self) {
                try ChunkIndex(bytes.span, key: key, clock: clock, columnCounts: counts)
            }
            // The same with a checksum that fits.
            if random.chance(20) { bytes.removeLast(Int.random(in: 0...3, using: &random)) }
            let sum = ChunkCodec.checksum(bytes.span, key: key)
            for index in 0..<4 {
                bytes[1 + index] = UInt8(truncatingIfNeeded: sum >> UInt32(8 * index))
            }
            guard
                let index = try? ChunkIndex(
                    bytes.span, key: key, clock: clock, columnCounts: counts)
            else { continue }
            let reader = ChunkReader(index, clock: clock)
            _ = try? reader.content(bytes.span)
            _ = try? reader.row(clock.gridRows / 2 * clock.stride, bytes.span)
        }
        let other = ChunkKey(slot: key.slot, ordinal: 1)
        #expect(throws: Damage.checksum) {
            try ChunkIndex(good.span, key: other, clock: clock, columnCounts: counts)
        }
    }

    // A file that was written once must be readable for ever: these bytes never change.
    @Test func chunkHasItsGoldenBytes() throws {
        var clock = SlotClock()
        for row in 0..<6 as Range<Int64> {
            clock.passes.append(100 + row)
            clock.times.append(5000 + row * 10)
            clock.walls.append(5000 + row * 10)
            clock.boottimes.append(UInt64(row) * 10_000_000)
        }
        var content = RandomChunk.plain([
            [0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], [300, 300, 300, 300, 300, 300],
            [5, 7, 9, 11, 13, 15], [1, 1, 1, 4, 4, 4],
        ])
        content.columns[0].statuses = .init()
        content.columns[0].statuses.append(.unsupported, count: 6)
        content.columns[2].statuses = .init()
        content.columns[2].statuses.append(.value, count: 4)
        content.columns[2].statuses.append(.missing, count: 2)
        content.series[0].presence = .init()
        content.series[0].presence.append(false, count: 1)
        content.series[0].presence.append(true, count: 5)
        content.series[0].seenBefore = Seen(pass: 98, timeMilliseconds: 4980)
        let key = ChunkKey(slot: 100, ordinal: 2)
        let bytes = ChunkCodec.encode(content, clock: clock, key: key)
        #expect(bytes == Golden.chunk, "\(bytes.map { "0x" + String($0, radix: 16) })")
        let slot = Slot(
            epoch: 3, clock: clock,
            series: [Slot.Series(device: 7, layout: 1, chunk: 0)])
        let slotBytes = SlotCodec.encode(slot)
        #expect(slotBytes == Golden.slot, "\(slotBytes.map { "0x" + String($0, radix: 16) })")
        let read = try SlotCodec.decode(Golden.slot.span, header: slot.header)
        #expect(read == slot)
        let index = try ChunkIndex(Golden.chunk.span, key: key, clock: clock, columnCounts: [5])
        let again = try ChunkReader(index, clock: clock).content(Golden.chunk.span)
        #expect(again == content)
    }

    @Test func adaptiveRunHasItsGoldenBytes() throws {
        let residuals: [Int64] = [9, -7, 12, 0, 3, -12, 8, 5, 1 << 40, -3]
        for (isCentered, golden) in [(false, Golden.adaptive), (true, Golden.centered)] {
            var bytes: [UInt8] = []
            Adaptive.append(residuals.span, isCentered: isCentered, to: &bytes)
            #expect(bytes == golden, "\(bytes.map { "0x" + String($0, radix: 16) })")
            #expect(Adaptive.size(residuals.span, isCentered: isCentered) == bytes.count)
            var read = [Int64](repeating: 0, count: residuals.count)
            var span = read.mutableSpan
            try Residuals.read(
                golden.span, golden.indices, .adaptive, count: residuals.count,
                first: residuals.count, into: &span)
            #expect(read == residuals)
        }
    }

    // Every size of integer in one run, with leaps from one to the other.
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func adaptiveRunComesBack(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let residuals = (0..<Int.random(in: 1...300, using: &random)).map { _ in
            random.signed() >> Int64.random(in: 0...63, using: &random)
        }
        for isCentered in [false, true] {
            var bytes: [UInt8] = []
            Adaptive.append(residuals.span, isCentered: isCentered, to: &bytes)
            let wanted = Int.random(in: 0...residuals.count, using: &random)
            var read = [Int64](repeating: 0, count: wanted)
            var span = read.mutableSpan
            try Residuals.read(
                bytes.span, bytes.indices, .adaptive, count: residuals.count, first: wanted,
                into: &span)
            #expect(read == Array(residuals.prefix(wanted)), "seed \(seed)")
            let cut = bytes.dropLast(Int.random(in: 1...bytes.count, using: &random))
            var all = [Int64](repeating: 0, count: residuals.count)
            #expect(throws: Damage.malformed, "seed \(seed)") {
                var span = all.mutableSpan
                try Residuals.read(
                    Array(cut).span, 0..<cut.count, .adaptive, count: residuals.count,
                    first: residuals.count, into: &span)
            }
        }
    }

    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func slotComesBack(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var clock = RandomChunk.clock(rows: Int.random(in: 1...500, using: &random), &random)
        clock.stride = Int.random(in: 1...9, using: &random)
        let series = (0..<Int.random(in: 0...40, using: &random)).map {
            Slot.Series(device: Int64($0) &* 7, layout: 3, chunk: $0 / 3)
        }
        let slot = Slot(epoch: Int64(seed), clock: clock, series: series)
        let bytes = SlotCodec.encode(slot)
        let decoded = try SlotCodec.decode(bytes.span, header: slot.header)
        #expect(decoded == slot, "seed \(seed)")
        for place in bytes.indices {
            var damaged = bytes
            damaged[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
            #expect(throws: Damage.self) {
                try SlotCodec.decode(damaged.span, header: slot.header)
            }
        }
        var header = slot.header
        header.lastTime += 1
        #expect(throws: Damage.checksum) { try SlotCodec.decode(bytes.span, header: header) }
    }

    @Test(arguments: [0, 1, 7, 8, 31, 32, 57, 63, 64])
    func bitsComeBack(_ width: Int) {
        var random = SeededGenerator(seed: UInt64(width))
        let mask = width == 0 ? 0 : UInt64.max >> UInt64(64 - width)
        let values = (0..<200).map { _ in random.next() & mask }
        var writer = BitWriter()
        writer.append(5, width: 3)
        for value in values { writer.append(value, width: width) }
        let bytes = writer.finish()
        #expect(bytes.count == Bits.bytes(3 + 200 * width))
        let span = bytes.span.bytes
        for (index, value) in values.enumerated() {
            let read = Bits.read(span, at: 3 + index * width, width: width)
            #expect(read == value, "\(index)")
        }
    }
}

/// Bytes as version 1 of the formats writes them.
private enum Golden {
    static let chunk: [UInt8] = [
        0x01, 0xFE, 0x14, 0x6A, 0xC4,  // version, checksum
        0x06, 0x01,  // rows, series
        0x02, 0x08, 0x29,  // observed in all rows but the first
        0x02, 0x28,  // before that 2 passes and 20 ms ago
        0x01, 0x02, 0x20, 0x13,  // one pattern: 4 values, 2 missing
        0x07, 0x00,  // column 0: unsupported
        0x00, 0x00,  // column 1: zero
        0x41, 0x00, 0xAC, 0x02,  // column 2: pattern 0, constant 300
        0x02, 0x05, 0x01,  // column 3: steady, from 5, one byte
        0x05, 0x01, 0x03,  // column 4: adaptive, from 1, three bytes
        0x04,  // 2 each
        0x00, 0x03, 0x07,  // parameter 0; then 0, 0, 3, 0, 0
    ]
    static let adaptive: [UInt8] = [
        0x04, 0xCA, 0x16, 0x43, 0xF3, 0x84, 0x0A, 0x00, 0x00, 0x29, 0x00, 0x00,
        0x00, 0x00, 0x80, 0x0B, 0x00, 0x00, 0x00, 0x00,
    ]
    static let centered: [UInt8] = [
        0x84, 0xCA, 0x17, 0x4F, 0x72, 0x85, 0x08, 0x00, 0x00, 0xA8, 0xFF, 0xFF,
        0xFF, 0xFF, 0x7F, 0x1E, 0x00, 0x00, 0x00, 0x00,
    ]
    static let slot: [UInt8] = [
        0x01, 0x95, 0x0B, 0x0D, 0x9D,  // version, checksum
        0x06, 0x01,  // rows, stride
        0x02, 0x01, 0x02,  // passes: steps of 1
        0x02, 0x01, 0x14,  // times: steps of 10
        0x00, 0x02, 0x01, 0x00,  // walls: as the times
        0x00, 0x02, 0x01, 0x00,  // boot clock: from 0, as the times
        0x01, 0x07, 0x01, 0x00,  // one series: device 7, layout 1, chunk 0
    ]
}
