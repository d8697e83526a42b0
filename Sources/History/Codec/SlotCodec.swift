/// A slot: passes that are kept together, one chunk for each device.
struct Slot: Equatable {
    /// One series, in the order of the record.
    struct Series: Equatable {
        /// Its row in the table `device`.
        var device: Int64
        /// Its row in the table `layout`.
        var layout: Int64
        /// The number of the chunk that it is in.
        var chunk: Int
    }

    /// The epoch of all passes.
    var epoch: Int64
    var clock: SlotClock
    var series: [Series]

    /// The number of chunks.
    var chunkCount: Int { (series.map(\.chunk).max() ?? -1) + 1 }

    /// What the columns of the table `slot` say, which the checksum covers.
    var header: SlotHeader {
        SlotHeader(
            first: clock.passes.first ?? 0, last: clock.passes.last ?? 0,
            firstTime: clock.times.first ?? 0, lastTime: clock.times.last ?? 0, epoch: epoch)
    }
}

/// The integers beside a slot's bytes.
struct SlotHeader: Hashable {
    /// The first pass, which is the slot's number.
    var first: Int64
    /// The last pass.
    var last: Int64
    /// See `RowHeader.timeMilliseconds`.
    var firstTime: Int64
    var lastTime: Int64
    var epoch: Int64
}

/// The bytes of a slot.
///
///     1 byte   version, 1
///     4 bytes  CRC-32C of the header's integers and of everything that follows, low byte first
///     varint   rows
///     varint   stride of thinned columns
///     passes   run: steps
///     times    run: steps
///     walls    signed: the first wall clock less its time; run: how that changes
///     boots    varint: the first boot clock; run: steps less those of the times
///     varint   series; for each: varint device, varint layout, varint chunk
///
/// A run is 1 byte of `ResidualCoder`, a varint of bytes, and the residuals.
enum SlotCodec {
    private static let version: UInt8 = 1
    private static let bodyOffset = 5
    private static let nanosecondsPerMillisecond: Int64 = 1_000_000

    static func encode(_ slot: Slot) -> [UInt8] {
        let clock = slot.clock
        var bytes: [UInt8] = [version, 0, 0, 0, 0]
        bytes.appendVarint(UInt64(clock.rows))
        bytes.appendVarint(UInt64(clock.stride))
        append(steps(clock.passes), to: &bytes)
        append(steps(clock.times), to: &bytes)
        let ahead = zip(clock.walls, clock.times).map { $0 &- $1 }
        bytes.appendSigned(ahead.first ?? 0)
        append(steps(ahead), to: &bytes)
        bytes.appendVarint(clock.boottimes.first ?? 0)
        let drift = zip(clock.boottimes, clock.times).map {
            Int64(bitPattern: $0) &- $1 &* nanosecondsPerMillisecond
        }
        append(steps(drift), to: &bytes)
        bytes.appendVarint(UInt64(slot.series.count))
        for series in slot.series {
            bytes.appendVarint(UInt64(bitPattern: series.device))
            bytes.appendVarint(UInt64(bitPattern: series.layout))
            bytes.appendVarint(UInt64(series.chunk))
        }
        let checksum = checksum(bytes.span, slot.header)
        for index in 0..<4 {
            bytes[1 + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * index))
        }
        return bytes
    }

    /// Whether bytes and header are the ones once written.
    static func isSound(_ bytes: Span<UInt8>, header: SlotHeader) -> Bool {
        (try? open(bytes, header: header)) != nil
    }

    static func decode(_ bytes: Span<UInt8>, header: SlotHeader) throws(Damage) -> Slot {
        var cursor = try open(bytes, header: header)
        let clock = try clock(bytes, &cursor, header)
        let slot = Slot(
            epoch: header.epoch, clock: clock, series: try series(bytes, &cursor))
        guard cursor.isAtEnd(of: bytes), slot.header == header else { throw .malformed }
        return slot
    }

    // A cursor at the body of bytes that are known to be the ones once written.
    private static func open(
        _ bytes: Span<UInt8>, header: SlotHeader
    ) throws(Damage) -> ByteCursor {
        var cursor = ByteCursor(offset: 0)
        let found = try cursor.byte(bytes)
        guard found == version else { throw .version(found) }
        var stored: UInt32 = 0
        for index in 0..<4 { stored |= UInt32(try cursor.byte(bytes)) << UInt32(8 * index) }
        guard stored == checksum(bytes, header) else { throw .checksum }
        return cursor
    }

    private static func checksum(_ bytes: Span<UInt8>, _ header: SlotHeader) -> UInt32 {
        var checksum = CRC32C()
        for integer in [
            header.first, header.last, header.firstTime, header.lastTime, header.epoch,
        ] { checksum.take(integer) }
        checksum.take(bytes, from: bodyOffset)
        return checksum.value
    }

    private static func steps(_ values: [Int64]) -> [Int64] {
        zip(values.dropFirst(), values).map { $0 &- $1 }
    }

    private static func append(_ steps: [Int64], to bytes: inout [UInt8]) {
        let plan = Residuals.plan(steps.span)
        var payload: [UInt8] = []
        Residuals.append(steps.span, plan, to: &payload)
        bytes.append(plan.coder.rawValue)
        bytes.appendVarint(UInt64(payload.count))
        bytes += payload
    }

    // MARK: Reading

    private static func clock(
        _ bytes: Span<UInt8>, _ cursor: inout ByteCursor, _ header: SlotHeader
    ) throws(Damage) -> SlotClock {
        let rows = try cursor.count(bytes, limit: ChunkCodec.maximumRows)
        guard rows > 0 else { throw .malformed }
        var clock = SlotClock(stride: try cursor.count(bytes, limit: ChunkCodec.maximumRows))
        guard clock.stride > 0 else { throw .malformed }
        clock.passes = try values(bytes, &cursor, from: header.first, count: rows)
        clock.times = try values(bytes, &cursor, from: header.firstTime, count: rows)
        let firstAhead = try cursor.signed(bytes)
        let ahead = try values(bytes, &cursor, from: firstAhead, count: rows)
        clock.walls = zip(clock.times, ahead).map { $0 &+ $1 }
        let boottime = Int64(bitPattern: try cursor.varint(bytes))
        let drift = try values(
            bytes, &cursor, from: boottime &- header.firstTime &* nanosecondsPerMillisecond,
            count: rows)
        clock.boottimes = zip(clock.times, drift).map {
            UInt64(bitPattern: $0 &* nanosecondsPerMillisecond &+ $1)
        }
        // Everything that looks for a pass relies on their order.
        guard zip(clock.passes, clock.passes.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw .malformed
        }
        return clock
    }

    private static func values(
        _ bytes: Span<UInt8>, _ cursor: inout ByteCursor, from first: Int64, count: Int
    ) throws(Damage) -> [Int64] {
        guard let coder = ResidualCoder(rawValue: try cursor.byte(bytes)) else {
            throw .malformed
        }
        let size = try cursor.count(bytes, limit: cursor.remaining(in: bytes))
        let payload = cursor.offset..<cursor.offset + size
        var values = [Int64](repeating: 0, count: count - 1)
        var span = values.mutableSpan
        try Residuals.read(
            bytes, payload, coder, count: count - 1, first: count - 1, into: &span)
        cursor.skip(size)
        var sum = first
        for index in values.indices {
            sum &+= values[index]
            values[index] = sum
        }
        return [first] + values
    }

    private static func series(
        _ bytes: Span<UInt8>, _ cursor: inout ByteCursor
    ) throws(Damage) -> [Slot.Series] {
        let count = try cursor.count(bytes, limit: cursor.remaining(in: bytes) / 3)
        var series: [Slot.Series] = []
        for _ in 0..<count {
            let device = Int64(bitPattern: try cursor.varint(bytes))
            let layout = Int64(bitPattern: try cursor.varint(bytes))
            let chunk = try cursor.count(bytes, limit: count - 1)
            series.append(Slot.Series(device: device, layout: layout, chunk: chunk))
        }
        return series
    }
}
