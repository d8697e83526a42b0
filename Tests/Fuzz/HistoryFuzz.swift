@testable import History

/// What libFuzzer calls with every input: bytes as the history stores them, or anything else.
///
/// Their checksum is put right, so that it does not keep anything from the decoders. A breach
/// traps, which libFuzzer reports as a crash together with its input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHistory(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    guard let first = input.first else { return 0 }
    let kind = StoredKind(first)
    let context = Array(input.dropFirst().prefix(kind.contextBytes))
    guard context.count == kind.contextBytes else { return 0 }
    let bytes = Array(input.dropFirst(1 + kind.contextBytes))
    switch kind {
    case .row: decodeRows(bytes, context)
    case .slot: decodeSlot(bytes, context)
    case .chunk: decodeChunk(bytes, context)
    }
    return 0
}

private func short(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
}

// The bytes with the checksum of some integers and of themselves.
private func sound(_ bytes: some Sequence<UInt8>, _ integers: [Int64]) -> [UInt8] {
    var bytes = Array(bytes)
    guard bytes.count >= 5 else { return bytes }
    var checksum = CRC32C()
    for integer in integers { checksum.take(integer) }
    checksum.take(bytes.span, from: 5)
    for index in 0..<4 {
        bytes[1 + index] = UInt8(truncatingIfNeeded: checksum.value >> UInt32(8 * index))
    }
    return bytes
}

// MARK: Rows

private func decodeRows(_ bytes: [UInt8], _ context: [UInt8]) {
    let length = short(context[...])
    let header = StoredKind.keyHeader
    let key = sound(bytes.prefix(length), header.integers)
    guard let frame = decodeKey(key) else { return }
    check(frame)
    let zeros = Frame(shape: frame.shape, seen: frame.seen)
    let again = decodeKey(RowCodec.encode(frame, after: zeros, header: header))
    precondition(again == frame, "a frame that reads otherwise")
    let following = StoredKind.nextHeader
    let rest = sound(bytes.dropFirst(length), following.integers)
    guard let next = decode(rest, after: frame) else { return }
    check(next)
    let nextAgain = decode(RowCodec.encode(next, after: frame, header: following), after: frame)
    precondition(nextAgain == next, "a row that reads otherwise")
}

private func decodeKey(_ bytes: [UInt8]) -> Frame? {
    try? RowCodec.decodeKey(
        bytes.span, header: StoredKind.keyHeader, columns: StoredKind.layouts)
}

private func decode(_ bytes: [UInt8], after frame: Frame) -> Frame? {
    var frame = frame
    let applied: Void? = try? RowCodec.apply(
        bytes.span, header: StoredKind.nextHeader, to: &frame)
    return applied.map { frame }
}

private func check(_ frame: Frame) {
    let cells = frame.shape.gauges.count
    precondition(frame.values.count == cells && frame.statuses.count == cells, "stray cells")
    let parts = frame.shape.parts.indices
    precondition(frame.present.count == parts.count, "stray series")
    precondition(frame.seen.count == parts.count, "stray moments")
    for part in parts { _ = frame.cells(ofPart: part) }
}

// MARK: Slots

private func decodeSlot(_ bytes: [UInt8], _ context: [UInt8]) {
    let integers = (0..<5).map { index in
        context[8 * index..<8 * index + 8].reversed().reduce(Int64(0)) { $0 << 8 | Int64($1) }
    }
    let header = SlotHeader(integers)
    let bytes = sound(bytes, integers)
    guard let slot = try? SlotCodec.decode(bytes.span, header: header) else { return }
    precondition(slot.header == header, "another slot")
    precondition((1...ChunkCodec.maximumRows).contains(slot.clock.rows), "odd rows")
    precondition(slot.chunkCount <= slot.series.count, "more chunks than series")
    let passes = slot.clock.passes
    precondition(zip(passes, passes.dropFirst()).allSatisfy(<), "passes out of order")
    let again = try? SlotCodec.decode(SlotCodec.encode(slot).span, header: header)
    precondition(again == slot, "a slot that reads otherwise")
}

// MARK: Chunks

private func decodeChunk(_ bytes: [UInt8], _ context: [UInt8]) {
    let clock = StoredKind.clock(
        rows: max(1, short(context[..<2]) % (ChunkCodec.maximumRows + 1)),
        stride: max(1, Int(context[2])))
    let counts = context[4...].prefix(Int(context[3] % 5)).map { Int($0 % 32) }
    let key = StoredKind.chunkKey
    let bytes = sound(bytes, [key.slot, key.ordinal])
    guard
        let index = try? ChunkIndex(bytes.span, key: key, clock: clock, columnCounts: counts)
    else { return }
    let reader = ChunkReader(index, clock: clock)
    let content = try? reader.content(bytes.span)
    let grid = Array(stride(from: 0, to: clock.rows, by: clock.stride))
    for row in Set([grid[0], grid[grid.count / 2], grid[grid.count - 1]]) {
        check(index, row, clock)
        guard let values = try? reader.row(row, bytes.span) else { continue }
        for column in index.columns.indices {
            _ = reader.status(column, row: row)
            guard let all = content?.columns[column] else { continue }
            let count = all.values.count
            precondition(count == 1 || count == reader.keptRows(column), "stray rows")
            precondition(reader.statuses(column) == all.statuses, "statuses that read otherwise")
            let place = count == 1 ? 0 : all.isThinned ? row / clock.stride : row
            precondition(values[column] == all.values[place], "a row that reads otherwise")
        }
    }
}

private func check(_ index: ChunkIndex, _ row: Int, _ clock: SlotClock) {
    for series in index.series.indices {
        let seen = index.seen(series, row: row, clock: clock)
        precondition(!index.isPresent(series, row: row) || seen != nil, "present and not seen")
    }
}
