import Glibc
import HistoryScript

@testable import History

/// What libFuzzer calls before it reads its corpus: writes that into the directory that CORPUS
/// names, with SEED for chance.
@_cdecl("LLVMFuzzerInitialize")
public func writeHistoryCorpus(
    _ count: UnsafeMutablePointer<CInt>?,
    _ words: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>?
) -> CInt {
    guard let directory = getenv("CORPUS"), let seed = getenv("SEED") else { exit(2) }
    var random = SeededGenerator(seed: UInt64(strtoul(seed, nil, 10)))
    for number in 0..<300 {
        let bytes = HistoryCorpus.makers[number % HistoryCorpus.makers.count](&random)
        guard let file = fopen("\(String(cString: directory))/\(number)", "w") else { exit(2) }
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }
    return 0
}

/// Rows, slots and chunks made by chance.
private enum HistoryCorpus {
    static let makers = [chunk, slot, rows]

    private static func chunk(_ random: inout SeededGenerator) -> [UInt8] {
        let (content, clock) = RandomChunk.content(&random)
        var bytes = [StoredKind.chunk.rawValue]
        bytes += little(UInt64(clock.rows), 2) + [UInt8(clock.stride)]
        bytes.append(UInt8(content.series.count))
        bytes += (0..<4).map {
            $0 < content.series.count ? UInt8(content.series[$0].columns.count) : 0
        }
        return bytes + ChunkCodec.encode(content, clock: clock, key: StoredKind.chunkKey)
    }

    private static func slot(_ random: inout SeededGenerator) -> [UInt8] {
        let rows = Int.random(in: 1...200, using: &random)
        var slot = Slot(epoch: 3, clock: RandomChunk.clock(rows: rows, &random), series: [])
        slot.clock.stride = Int.random(in: 1...7, using: &random)
        for number in 0..<Int.random(in: 0...9, using: &random) {
            slot.series.append(
                Slot.Series(device: Int64(number), layout: 1, chunk: number / 2))
        }
        return [StoredKind.slot.rawValue]
            + slot.header.integers.flatMap { little(UInt64(bitPattern: $0), 8) }
            + SlotCodec.encode(slot)
    }

    private static func rows(_ random: inout SeededGenerator) -> [UInt8] {
        var shape = FrameShape()
        for device in 0..<Int64.random(in: 0...6, using: &random) {
            let layout = Int64.random(in: 1...3, using: &random)
            shape.append(
                device: device, layout: layout, columns: StoredKind.layouts[layout] ?? [])
        }
        let zeros = Frame(shape: shape, seen: shape.parts.map { _ in nil })
        let first = changed(zeros, &random)
        let key = RowCodec.encode(first, after: zeros, header: StoredKind.keyHeader)
        let next = RowCodec.encode(
            changed(first, &random), after: first, header: StoredKind.nextHeader)
        return [StoredKind.row.rawValue] + little(UInt64(key.count), 2) + key + next
    }

    private static func changed(_ frame: Frame, _ random: inout SeededGenerator) -> Frame {
        var frame = frame
        frame.wallMilliseconds += Int64.random(in: -9...9999, using: &random)
        frame.boottimeNanoseconds &+= random.next() >> 30
        for index in frame.present.indices { frame.present[index] = random.chance(70) }
        for index in frame.values.indices where random.chance(50) {
            let status = CellStatus(rawValue: UInt8.random(in: 0...4, using: &random))
            frame.statuses[index] = status ?? .value
            frame.values[index] &+= random.next() >> UInt64.random(in: 0...63, using: &random)
            if !frame.statuses[index].hasValue { frame.values[index] = 0 }
        }
        return frame
    }

    private static func little(_ integer: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: integer >> UInt64(8 * $0)) }
    }
}
