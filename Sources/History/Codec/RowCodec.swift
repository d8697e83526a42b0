import Model

/// The integers beside a row's bytes; its checksum covers them too.
struct RowHeader: Hashable {
    /// The number of the pass.
    var pass: Int64
    /// The time of the pass in milliseconds since 1970; always more than that of the pass before.
    var timeMilliseconds: Int64
    /// The pass of the key frame that this row builds on; the row's own number in a key frame.
    var key: Int64
    /// The epoch of the pass.
    var epoch: Int64

    /// Whether the row stands alone.
    var isKey: Bool { pass == key }
    /// The pass and its time.
    var seen: Seen { Seen(pass: pass, timeMilliseconds: timeMilliseconds) }
}

/// The bytes of one pass.
///
///     1 byte     version, 1
///     4 bytes    CRC-32C of the header's integers and of everything that follows, low byte first
///     signed     wall clock less time
///     signed     boot clock less the one of the row before, nanoseconds
///     key frames only:
///       varint   number of series; for each: varint device, varint layout
///     bitmap     one bit per series, low bit first: observed in this pass
///     key frames only, for each series not observed:
///       varint   passes since it was observed; 0 for never, and then nothing follows
///       signed   milliseconds since then
///     to the end, for each cell that differs from the row before:
///       varint   cells skipped << 2 | status differs << 1 | value differs
///       1 byte   the new status, where it differs
///       varint   the value less the one before, modulo 2^64, where it differs; signed for gauges
///
/// The row before a key frame is a frame of zeros. A status without a value has the value zero.
enum RowCodec {
    private static let version: UInt8 = 1
    private static let bodyOffset = 5
    /// More cells than any node has by far; keeps damaged counts from claiming memory.
    static let maximumCells = 1 << 20
    /// More bytes than most rows have.
    private static let usualSize = 8192

    /// Brings a frame to a pass of the same series, and gives the bytes of that step; before a key
    /// frame it is one of zeros.
    ///
    /// In place, since a node has ten thousand cells of which a few hundred change.
    static func encode(
        _ pass: PassRecord, over frame: inout Frame, header: RowHeader
    ) -> [UInt8] {
        precondition(pass.series.count == frame.shape.parts.count)
        var bytes: [UInt8] = [version, 0, 0, 0, 0]
        bytes.reserveCapacity(usualSize)
        bytes.appendSigned(pass.moment.wallMilliseconds &- header.timeMilliseconds)
        bytes.appendSigned(
            Int64(bitPattern: pass.moment.boottimeNanoseconds &- frame.boottimeNanoseconds))
        frame.wallMilliseconds = pass.moment.wallMilliseconds
        frame.boottimeNanoseconds = pass.moment.boottimeNanoseconds
        for (index, series) in pass.series.enumerated() {
            frame.present[index] = series.isPresent
            if series.isPresent { frame.seen[index] = header.seen }
        }
        if header.isKey { appendSeries(of: frame, to: &bytes) }
        appendPresence(of: frame, to: &bytes)
        if header.isKey { appendSeen(of: frame, header: header, to: &bytes) }
        appendCells(of: pass, over: &frame, to: &bytes)
        let checksum = checksum(bytes.span, header: header)
        for index in 0..<4 {
            bytes[1 + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * index))
        }
        return bytes
    }

    /// Whether bytes and header are the ones once written.
    static func isSound(_ bytes: Span<UInt8>, header: RowHeader) -> Bool {
        (try? open(bytes, header: header)) != nil
    }

    /// The frame of a key frame's bytes; `columns` says for each layout which columns are gauges.
    static func decodeKey(
        _ bytes: Span<UInt8>, header: RowHeader, columns: [Int64: [Bool]]
    ) throws(Damage) -> Frame {
        guard header.isKey else { throw .malformed }
        var cursor = try open(bytes, header: header)
        let clocks = (try cursor.signed(bytes), try cursor.signed(bytes))
        let shape = try shape(bytes, &cursor, columns: columns)
        var frame = Frame(
            shape: shape, seen: Array(repeating: nil, count: shape.parts.count))
        frame.wallMilliseconds = header.timeMilliseconds &+ clocks.0
        frame.boottimeNanoseconds = UInt64(bitPattern: clocks.1)
        try applyPresence(bytes, &cursor, header: header, to: &frame)
        for index in frame.present.indices where !frame.present[index] {
            frame.seen[index] = try seen(bytes, &cursor, header: header)
        }
        try applyCells(bytes, &cursor, to: &frame)
        return frame
    }

    /// Brings the frame of the row before to that of a row's bytes; after an error it is neither.
    static func apply(
        _ bytes: Span<UInt8>, header: RowHeader, to frame: inout Frame
    ) throws(Damage) {
        guard !header.isKey else { throw .malformed }
        var cursor = try open(bytes, header: header)
        frame.wallMilliseconds = header.timeMilliseconds &+ (try cursor.signed(bytes))
        frame.boottimeNanoseconds &+= UInt64(bitPattern: try cursor.signed(bytes))
        try applyPresence(bytes, &cursor, header: header, to: &frame)
        try applyCells(bytes, &cursor, to: &frame)
    }
}

// MARK: Writing

extension RowCodec {
    private static func checksum(_ bytes: Span<UInt8>, header: RowHeader) -> UInt32 {
        var checksum = CRC32C()
        checksum.take(header.pass)
        checksum.take(header.timeMilliseconds)
        checksum.take(header.key)
        checksum.take(header.epoch)
        checksum.take(bytes, from: bodyOffset)
        return checksum.value
    }

    private static func appendSeries(of frame: Frame, to bytes: inout [UInt8]) {
        bytes.appendVarint(UInt64(frame.shape.parts.count))
        for slot in frame.shape.parts {
            bytes.appendVarint(UInt64(bitPattern: slot.device))
            bytes.appendVarint(UInt64(bitPattern: slot.layout))
        }
    }

    private static func appendPresence(of frame: Frame, to bytes: inout [UInt8]) {
        for start in stride(from: 0, to: frame.present.count, by: 8) {
            var bits: UInt8 = 0
            for index in start..<min(start + 8, frame.present.count) where frame.present[index] {
                bits |= 1 << UInt8(index - start)
            }
            bytes.append(bits)
        }
    }

    private static func appendSeen(
        of frame: Frame, header: RowHeader, to bytes: inout [UInt8]
    ) {
        for (isPresent, seen) in zip(frame.present, frame.seen) where !isPresent {
            guard let seen else {
                bytes.appendVarint(0)
                continue
            }
            bytes.appendVarint(UInt64(bitPattern: header.pass &- seen.pass))
            bytes.appendSigned(header.timeMilliseconds &- seen.timeMilliseconds)
        }
    }

    private static func appendCells(
        of pass: PassRecord, over frame: inout Frame, to bytes: inout [UInt8]
    ) {
        let gauges = frame.shape.gauges
        var step = CellStep()
        // Taken out, since spans of two properties cannot be changed at a time.
        swap(&step.values, &frame.values)
        swap(&step.statuses, &frame.statuses)
        var size = bytes.count
        let series = pass.series.span
        for part in series.indices {
            let cells = series[part].cells.span
            let needed = size + cells.count * CellStep.maximumSize
            if needed > bytes.count {
                bytes.append(contentsOf: repeatElement(0, count: needed - bytes.count))
            }
            let range = frame.shape.parts[part].cells
            step.append(
                cells, gauges: gauges.span.extracting(range), to: &bytes, size: &size)
        }
        bytes.removeLast(bytes.count - size)
        swap(&step.values, &frame.values)
        swap(&step.statuses, &frame.statuses)
    }
}

/// Goes through the cells of a row.
private struct CellStep {
    /// The most bytes of one cell: what is skipped, the status, the value.
    static let maximumSize = 4 + 1 + 10

    var values: [UInt64] = []
    var statuses: [CellStatus] = []
    private var index = 0
    // Behind the last cell that differs.
    private var next = 0

    // The hot loop of every pass: writes behind `size`, where there is room enough.
    mutating func append(
        _ cells: Span<Cell>, gauges: Span<Bool>, to bytes: inout [UInt8], size: inout Int
    ) {
        var bytes = bytes.mutableSpan
        for cell in cells.indices {
            let (status, value) = CellStatus.split(cells[cell])
            let place = index + cell
            let hasNewStatus = status != statuses[place]
            // Of what is not offered, which most cells are, no value has to be fetched.
            guard hasNewStatus || status != .unsupported && value != values[place] else { continue }
            let step = value &- values[place]
            let flags: UInt64 = (hasNewStatus ? 2 : 0) | (step != 0 ? 1 : 0)
            bytes.write(UInt64(place - next) << 2 | flags, at: &size)
            next = place + 1
            if hasNewStatus {
                bytes[size] = status.rawValue
                size += 1
                statuses[place] = status
            }
            guard step != 0 else { continue }
            bytes.write(
                gauges[cell] ? ZigZag.encode(Int64(bitPattern: step)) : step, at: &size)
            values[place] = value
        }
        index += cells.count
    }
}

extension MutableSpan<UInt8> {
    // Writes an integer as LEB128 over the bytes from an offset on.
    fileprivate mutating func write(_ value: UInt64, at offset: inout Int) {
        var rest = value
        while rest >= 0x80 {
            self[offset] = UInt8(truncatingIfNeeded: rest) | 0x80
            offset += 1
            rest >>= 7
        }
        self[offset] = UInt8(rest)
        offset += 1
    }
}

// MARK: Reading

extension RowCodec {
    // A cursor at the body of bytes that are known to be the ones once written.
    private static func open(
        _ bytes: Span<UInt8>, header: RowHeader
    ) throws(Damage) -> ByteCursor {
        var cursor = ByteCursor(offset: 0)
        let found = try cursor.byte(bytes)
        guard found == version else { throw .version(found) }
        var stored: UInt32 = 0
        for index in 0..<4 { stored |= UInt32(try cursor.byte(bytes)) << UInt32(8 * index) }
        guard stored == checksum(bytes, header: header) else { throw .checksum }
        return cursor
    }

    private static func shape(
        _ bytes: Span<UInt8>, _ cursor: inout ByteCursor, columns: [Int64: [Bool]]
    ) throws(Damage) -> FrameShape {
        let count = try cursor.count(bytes, limit: cursor.remaining(in: bytes) / 2)
        var shape = FrameShape()
        for _ in 0..<count {
            let device = Int64(bitPattern: try cursor.varint(bytes))
            let layout = Int64(bitPattern: try cursor.varint(bytes))
            guard let columns = columns[layout],
                shape.gauges.count + columns.count <= maximumCells
            else { throw .malformed }
            shape.append(device: device, layout: layout, columns: columns)
        }
        return shape
    }

    private static func applyPresence(
        _ bytes: Span<UInt8>, _ cursor: inout ByteCursor, header: RowHeader, to frame: inout Frame
    ) throws(Damage) {
        let now = Seen(pass: header.pass, timeMilliseconds: header.timeMilliseconds)
        var bits: UInt8 = 0
        for index in frame.present.indices {
            if index % 8 == 0 { bits = try cursor.byte(bytes) }
            frame.present[index] = bits >> UInt8(index % 8) & 1 == 1
            if frame.present[index] { frame.seen[index] = now }
        }
    }

    private static func seen(
        _ bytes: Span<UInt8>, _ cursor: inout ByteCursor, header: RowHeader
    ) throws(Damage) -> Seen? {
        let passes = Int64(bitPattern: try cursor.varint(bytes))
        guard passes != 0 else { return nil }
        let milliseconds = try cursor.signed(bytes)
        return Seen(
            pass: header.pass &- passes,
            timeMilliseconds: header.timeMilliseconds &- milliseconds)
    }

    private static func applyCells(
        _ bytes: Span<UInt8>, _ cursor: inout ByteCursor, to frame: inout Frame
    ) throws(Damage) {
        var next = 0
        while !cursor.isAtEnd(of: bytes) {
            let tag = try cursor.varint(bytes)
            let left = frame.values.count - next
            guard tag >> 2 < UInt64(left) else { throw .malformed }
            let index = next + Int(tag >> 2)
            next = index + 1
            if tag & 2 != 0 {
                guard let status = CellStatus(rawValue: try cursor.byte(bytes)) else {
                    throw .malformed
                }
                frame.statuses[index] = status
            }
            if tag & 1 != 0 {
                let step = try cursor.varint(bytes)
                frame.values[index] &+=
                    frame.shape.gauges[index] ? UInt64(bitPattern: ZigZag.decode(step)) : step
            }
            guard frame.statuses[index].hasValue || frame.values[index] == 0 else {
                throw .malformed
            }
        }
    }
}
