import HistoryScript
import Model
import Testing

@testable import History

@Suite struct CodecTests {
    @Test func checksumIsTheOneOfTheStandard() {
        var checksum = CRC32C()
        checksum.take(Array("123456789".utf8).span)
        #expect(checksum.value == 0xE306_9283)
    }

    @Test(arguments: [0, -1, 1, 63, -64, .max, .min] as [Int64])
    func zigZagComesBack(_ value: Int64) {
        #expect(ZigZag.decode(ZigZag.encode(value)) == value)
    }

    @Test(arguments: [0, 1, 127, 128, 16383, 1 << 35, .max - 1, .max] as [UInt64])
    func varintComesBack(_ value: UInt64) throws {
        var bytes: [UInt8] = []
        bytes.appendVarint(value)
        var cursor = ByteCursor(offset: 0)
        let read = try cursor.varint(bytes.span)
        #expect(read == value)
        #expect(cursor.offset == bytes.count)
    }

    @Test(
        arguments: [
            [], [0x80], Array(repeating: 0xFF, count: 10), Array(repeating: 0x80, count: 12),
        ] as [[UInt8]])
    func badVarintIsRefused(_ bytes: [UInt8]) {
        #expect(throws: Damage.malformed) {
            var cursor = ByteCursor(offset: 0)
            _ = try cursor.varint(bytes.span)
        }
    }

    // A file that was written once must be readable for ever: these bytes never change.
    @Test func keyFrameHasItsGoldenBytes() throws {
        let (frame, header) = Self.sample()
        let bytes = Self.encode(frame, after: nil, header: header)
        let golden: [UInt8] = [
            0x01, 0xBB, 0x47, 0xDA, 0x53,  // version, checksum
            0x05,  // wall clock: time - 3 ms
            0xD0, 0x0F,  // boot clock 1000 ns
            0x02, 0x07, 0x01, 0x09, 0x01,  // device 7 layout 1, device 9 layout 1
            0x01,  // the first is present
            0x02, 0x27,  // the second was seen 2 passes and -20 ms ago
            0x01, 0xAC, 0x02,  // cell 0: 300
            0x03, 0x01, 0xFF, 0x01,  // cell 1: saturated at 255
            0x01, 0x03,  // cell 2, a gauge: -2 as signed
            0x02, 0x02,  // cell 3: unsupported
            0x02, 0x04,  // cell 4: never known
            0x03, 0x03, 0x0A,  // cell 5, a gauge: missing, last 5
        ]
        #expect(bytes == golden, "\(bytes.map { String($0, radix: 16) })")
        let decoded = try RowCodec.decodeKey(golden.span, header: header, columns: Self.columns)
        #expect(decoded == frame)
    }

    @Test func nextRowHasItsGoldenBytes() throws {
        let (frame, _) = Self.sample()
        let header = RowHeader(pass: 101, timeMilliseconds: 5010, key: 100, epoch: 3)
        var next = frame
        next.wallMilliseconds = 5010
        next.boottimeNanoseconds = 1064
        next.seen[0] = Seen(pass: 101, timeMilliseconds: 5010)
        next.values[0] = 301
        next.values[2] = UInt64(bitPattern: -4)
        (next.statuses[5], next.values[5]) = (.value, 5)
        let bytes = Self.encode(next, after: frame, header: header)
        let golden: [UInt8] = [
            0x01, 0xEF, 0x46, 0x37, 0x70,  // version, checksum
            0x00,  // wall clock: time
            0x80, 0x01,  // boot clock + 64 ns
            0x01,  // the first is present
            0x01, 0x01,  // cell 0: + 1
            0x05, 0x03,  // one skipped, cell 2: - 2
            0x0A, 0x00,  // two skipped, cell 5: a value, the same
        ]
        #expect(bytes == golden, "\(bytes.map { String($0, radix: 16) })")
        var decoded = frame
        try RowCodec.apply(golden.span, header: header, to: &decoded)
        #expect(decoded == next)
    }

    @Test func everyBitOfRowAndHeaderIsCovered() throws {
        let (frame, header) = Self.sample()
        let bytes = Self.encode(frame, after: nil, header: header)
        for bit in 0..<bytes.count * 8 {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: Damage.self, "bit \(bit)") {
                try RowCodec.decodeKey(damaged.span, header: header, columns: Self.columns)
            }
        }
        var other = header
        other.timeMilliseconds += 1
        #expect(throws: Damage.checksum) {
            try RowCodec.decodeKey(bytes.span, header: other, columns: Self.columns)
        }
    }

    // With the checksum made right, so that the parser behind it is what is tried.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func damagedBytesNeverTrap(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let (frame, header) = Self.sample()
        let good = Self.encode(frame, after: nil, header: header)
        let next = RowHeader(pass: 101, timeMilliseconds: 5010, key: 100, epoch: 3)
        var outcomes = (decoded: 0, refused: 0)
        for _ in 0..<2000 {
            let body = Self.mutated(Array(good.dropFirst(5)), &random)
            for (header, isKey) in [(header, true), (next, false)] {
                let bytes = Self.sealed(body, header: header)
                var next = frame
                do throws(Damage) {
                    if isKey {
                        next = try RowCodec.decodeKey(
                            bytes.span, header: header, columns: Self.columns)
                    } else {
                        try RowCodec.apply(bytes.span, header: header, to: &next)
                    }
                    outcomes.decoded += 1
                } catch {
                    outcomes.refused += 1
                }
            }
        }
        #expect(outcomes.decoded > 0 && outcomes.refused > 0, "seed \(seed): \(outcomes)")
    }

    @Test func unknownVersionIsSaid() {
        let header = Self.sample().1
        #expect(throws: Damage.version(9)) {
            try RowCodec.decodeKey(([9, 0] as [UInt8]).span, header: header, columns: [:])
        }
    }

    private static let columns: [Int64: [Bool]] = [1: [false, false, true]]

    private static func sample() -> (Frame, RowHeader) {
        var shape = FrameShape()
        shape.append(device: 7, layout: 1, columns: [false, false, true])
        shape.append(device: 9, layout: 1, columns: [false, false, true])
        let header = RowHeader(pass: 100, timeMilliseconds: 5000, key: 100, epoch: 3)
        var frame = Frame(
            shape: shape,
            seen: [
                Seen(pass: 100, timeMilliseconds: 5000), Seen(pass: 98, timeMilliseconds: 5020),
            ])
        frame.wallMilliseconds = 4997
        frame.boottimeNanoseconds = 1000
        frame.present = [true, false]
        frame.statuses = [.value, .saturated, .value, .unsupported, .missingNeverKnown, .missing]
        frame.values = [300, 255, UInt64(bitPattern: -2), 0, 0, 5]
        return (frame, header)
    }

    // The bytes of a frame, and whether that leaves the frame itself behind.
    private static func encode(
        _ frame: Frame, after previous: Frame?, header: RowHeader
    ) -> [UInt8] {
        var reached = previous ?? Frame(shape: frame.shape, seen: frame.seen)
        let bytes = RowCodec.encode(PassRecord(of: frame), over: &reached, header: header)
        #expect(reached == frame)
        return bytes
    }

    private static func mutated(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        if random.chance(10) {
            return (0..<Int.random(in: 0...60, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
        }
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let index = Int.random(in: bytes.indices, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: index)
            default: bytes.insert(random.chance(50) ? 0xFF : 0x80, at: index)
            }
        }
        return bytes
    }

    private static func sealed(_ body: [UInt8], header: RowHeader) -> [UInt8] {
        var checksum = CRC32C()
        for integer in [header.pass, header.timeMilliseconds, header.key, header.epoch] {
            checksum.take(integer)
        }
        checksum.take(body.span)
        let value = checksum.value
        return [1] + (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) } + body
    }
}
