/// The bytes of a chunk: one device in the passes of one slot.
///
///     1 byte     version, 1
///     4 bytes    CRC-32C of the chunk's key and of everything that follows, low byte first
///     varint     rows
///     varint     series; for each:
///       runs     observed or not; no runs for observed throughout
///       if not observed in the first row:
///         varint passes since it was observed before the slot's first; 0 for never, then no more
///         signed milliseconds since then
///     varint     patterns of statuses; for each: runs
///     for each column, the directory:
///       1 byte   tag, see `ColumnTag`
///       zero and unsupported: varint, how many columns more are the same
///       varint   the number of its pattern, where the tag says that it has one
///       constant: varint, the value
///       residuals:
///         varint the first value
///         varint how many columns before is its leader, where that is a column
///         varint numerator, 1 byte shift, where the prediction is not step for step
///         varint bytes of its payload
///     payloads   in the order of the columns, see `Residuals`
///
/// Runs are a varint count, and for each a varint of rows << 3 | value; the last row's value goes
/// on to the end. A column without a pattern has a value in every row.
enum ChunkCodec {
    static let version: UInt8 = 1
    static let bodyOffset = 5
    /// The most rows of a chunk.
    static let maximumRows = 4096

    /// The bytes of a chunk; rows of thinned columns are those of the clock's grid.
    static func encode(_ content: ChunkContent, clock: SlotClock, key: ChunkKey) -> [UInt8] {
        var bytes: [UInt8] = [version, 0, 0, 0, 0]
        bytes.appendVarint(UInt64(content.rows))
        appendSeries(of: content, clock: clock, to: &bytes)
        let patterns = appendPatterns(of: content, to: &bytes)
        appendColumns(of: content, patterns, clock: clock, to: &bytes)
        let checksum = checksum(bytes.span, key: key)
        for index in 0..<4 {
            bytes[1 + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * index))
        }
        return bytes
    }

    static func checksum(_ bytes: Span<UInt8>, key: ChunkKey) -> UInt32 {
        var checksum = CRC32C()
        checksum.take(key.slot)
        checksum.take(key.ordinal)
        checksum.take(bytes, from: bodyOffset)
        return checksum.value
    }

    private static func appendSeries(
        of content: ChunkContent, clock: SlotClock, to bytes: inout [UInt8]
    ) {
        bytes.appendVarint(UInt64(content.series.count))
        for series in content.series {
            let isAlways = series.presence.runs.count == 1 && series.presence[0] == true
            guard !isAlways, content.rows > 0 else {
                bytes.appendVarint(0)
                continue
            }
            append(series.presence) {
                $0 ? 1 : 0
            } to: {
                bytes.appendVarint($0)
            }
            guard series.presence[0] == false else { continue }
            guard let seen = series.seenBefore else {
                bytes.appendVarint(0)
                continue
            }
            bytes.appendVarint(UInt64(bitPattern: clock.passes[0] &- seen.pass))
            bytes.appendSigned(clock.times[0] &- seen.timeMilliseconds)
        }
    }

    private static func append<Value>(
        _ runs: Runs<Value>, _ number: (Value) -> UInt64, to append: (UInt64) -> Void
    ) {
        append(UInt64(runs.runs.count))
        for (value, count) in runs.runs { append(UInt64(count) << 3 | number(value)) }
    }

    // The number of each pattern that is not the usual one.
    private static func appendPatterns(
        of content: ChunkContent, to bytes: inout [UInt8]
    ) -> [Runs<CellStatus>: Int] {
        var numbers: [Runs<CellStatus>: Int] = [:]
        var patterns: [Runs<CellStatus>] = []
        for column in content.columns where !column.isPlain && !column.isUnsupported {
            guard numbers[column.statuses] == nil else { continue }
            numbers[column.statuses] = patterns.count
            patterns.append(column.statuses)
        }
        bytes.appendVarint(UInt64(patterns.count))
        for pattern in patterns {
            append(pattern) {
                UInt64($0.rawValue)
            } to: {
                bytes.appendVarint($0)
            }
        }
        return numbers
    }

    private static func appendColumns(
        of content: ChunkContent, _ patterns: [Runs<CellStatus>: Int], clock: SlotClock,
        to bytes: inout [UInt8]
    ) {
        var encoder = ColumnEncoder(content, clock: clock)
        var payloads: [UInt8] = []
        var index = 0
        while index < content.columns.count {
            let column = content.columns[index]
            if column.isUnsupported || column.isZero {
                let end = content.endOfSame(index)
                bytes.append(column.isUnsupported ? ColumnTag.unsupported : ColumnTag.zero)
                bytes.appendVarint(UInt64(end - index - 1))
                index = end
                continue
            }
            var tag = ColumnTag(form: ColumnTag.constant)
            tag.isThinned = column.isThinned
            var description: [UInt8] = []
            if !column.isPlain, let number = patterns[column.statuses] {
                tag.hasPattern = true
                description.appendVarint(UInt64(number))
            }
            if column.isConstant {
                description.appendVarint(column.values.first ?? 0)
            } else {
                encoder.append(
                    index, tag: &tag, directory: &description, payloads: &payloads)
            }
            bytes.append(tag.byte)
            bytes += description
            index += 1
        }
        bytes += payloads
    }
}

extension ChunkContent {
    // The first column from one on that is not as zero or as unsupported as that one.
    fileprivate func endOfSame(_ start: Int) -> Int {
        let first = columns[start]
        return columns[start...].firstIndex {
            first.isUnsupported ? !$0.isUnsupported : !$0.isZero
        } ?? columns.count
    }
}

extension ChunkContent.Column {
    fileprivate var isPlain: Bool {
        statuses.runs.allSatisfy { $0.value == .value }
    }

    fileprivate var isConstant: Bool { values.count <= 1 }

    // Thinning makes no difference to these.
    fileprivate var isZero: Bool { isPlain && isConstant && (values.first ?? 0) == 0 }

    fileprivate var isUnsupported: Bool {
        statuses.runs.count == 1 && statuses[0] == .unsupported && isConstant
            && (values.first ?? 0) == 0
    }
}
