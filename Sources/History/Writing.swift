import Model

// The rows of one pass; all of it runs within the transaction of `append`.
extension Store {
    func refuseInvalid(_ pass: PassRecord) throws(HistoryError) {
        for series in pass.series {
            let count = series.layout.columns.count
            guard series.cells.count == count, series.origins.count == count else {
                throw invalid("\(series.key) has \(series.cells.count) cells for \(count) columns")
            }
        }
        let cells = pass.series.reduce(0) { $0 + $1.cells.count }
        guard cells <= RowCodec.maximumCells else {
            throw invalid("\(cells) cells are more than a pass can have")
        }
        guard pass.events.count < 1 << Schema.eventBits else {
            throw invalid("\(pass.events.count) events are more than a pass can have")
        }
    }

    func write(_ pass: PassRecord, _ memory: inout Memory) throws(HistoryError) {
        let hasStepped = memory.hasStepped(at: pass.moment)
        let now = Seen(
            pass: memory.last.pass + 1,
            timeMilliseconds: hasStepped || memory.last.pass == 0
                ? pass.moment.wallMilliseconds
                : max(memory.last.timeMilliseconds &+ 1, pass.moment.wallMilliseconds))
        let epoch = try epoch(of: pass, now: now, hasStepped: hasStepped, &memory)
        let isFull = isFull(memory.run, now: now)
        if isFull || memory.group?.accepts(pass, epoch: epoch) != true {
            if isFull || memory.group?.isComplete != true {
                memory.runStart = now.pass
                memory.run = HeadExtent()
            }
            try dropOldest(now: retentionTime(pass.moment.wallMilliseconds, memory))
            memory.group = try startGroup(pass, now: now, epoch: epoch, &memory)
        }
        guard var group = memory.group.take() else { return }
        let header = RowHeader(
            pass: now.pass, timeMilliseconds: now.timeMilliseconds, key: group.key, epoch: epoch)
        let bytes = RowCodec.encode(pass, over: &group.frame, header: header)
        try insert(bytes, header)
        memory.head.add(now, bytes: bytes.count)
        memory.run.add(now, bytes: bytes.count)
        try writeOrigins(of: pass, group.frame.shape, &memory)
        try writeEvents(of: pass, group.frame.shape, now: now)
        group.count += 1
        memory.group = group
        memory.last = now
        memory.lastMoment = pass.moment
    }

    // Whether the slot to come has all the rows that it should have.
    private func isFull(_ run: HeadExtent, now: Seen) -> Bool {
        run.count >= min(limits.slotPasses, ChunkCodec.maximumRows)
            || run.count > 0 && now.timeMilliseconds &- run.firstTime >= limits.slotMilliseconds
            || run.bytes >= Sealer.maximumHeadBytes
    }

    private func insert(_ bytes: [UInt8], _ header: RowHeader) throws(HistoryError) {
        try insertRow.bind(1, header.pass)
        try insertRow.bind(2, header.timeMilliseconds)
        try insertRow.bind(3, header.key)
        try insertRow.bind(4, header.epoch)
        try insertRow.bind(5, bytes)
        try insertRow.run()
    }

    private func invalid(_ message: String) -> HistoryError {
        HistoryError(
            attempted: "append a pass", path: connection.path, cause: .invalidPass,
            message: message)
    }

    // MARK: Epochs and groups

    private func epoch(
        of pass: PassRecord, now: Seen, hasStepped: Bool, _ memory: inout Memory
    ) throws(HistoryError) -> Int64 {
        let bootID = pass.moment.bootID
        if let epoch = memory.epoch, epoch.bootID == bootID, !hasStepped { return epoch.id }
        let id = try nextNumber("epoch", in: .epoch)
        let insert = try connection.prepare(Schema.Table.epoch.insertion, to: "write an epoch")
        try insert.bind(1, id)
        try insert.bind(2, now.timeMilliseconds)
        try insert.bind(3, bootID)
        try insert.bind(
            4, memory.epoch == nil ? "start" : memory.epoch?.bootID == bootID ? "clock" : "boot")
        try insert.run()
        memory.epoch = Epoch(id: id, bootID: bootID)
        return id
    }

    private func startGroup(
        _ pass: PassRecord, now: Seen, epoch: Int64, _ memory: inout Memory
    ) throws(HistoryError) -> Group {
        let shape =
            if let before = memory.group, before.hasDevices(of: pass),
                try renew(before, as: now.pass)
            { before.frame.shape } else { try writeDevices(pass, now: now, &memory) }
        let numbers = Set(shape.parts.map(\.device))
        guard numbers.count == shape.parts.count else { throw invalid("a series is there twice") }
        memory.keepOnly(numbers)
        return Group(
            key: now.pass, epoch: epoch,
            series: pass.series.map {
                Group.Series(key: $0.key, layout: $0.layout, bundle: $0.bundle)
            },
            frame: Frame(shape: shape, seen: shape.parts.map { memory.seen[$0.device] }))
    }

    // Of most groups nothing is new but that it is newer; false when a row was lost meanwhile.
    private func renew(_ before: Group, as pass: Int64) throws(HistoryError) -> Bool {
        let update = try connection.prepare(
            "UPDATE device SET last = ? WHERE last = ? AND \(Schema.Table.device.isSound)",
            to: "write a device")
        try update.bind(1, pass)
        try update.bind(2, before.key)
        try update.run()
        return connection.changes == before.series.count
    }

    private func writeDevices(
        _ pass: PassRecord, now: Seen, _ memory: inout Memory
    ) throws(HistoryError) -> FrameShape {
        var devices = try DeviceWriter(connection)
        var shape = FrameShape()
        for series in pass.series {
            let layout = try layoutID(series.layout, &memory)
            shape.append(
                device: try devices.write(series, layout: layout, now: now), layout: layout,
                columns: series.layout.columns.map { $0.kind == .gauge })
        }
        return shape
    }

    private func layoutID(
        _ layout: Layout, _ memory: inout Memory
    ) throws(HistoryError) -> Int64 {
        if let known = memory.layouts.first(where: { $0.value == layout }) { return known.key }
        let id = try nextNumber("layout", in: .layout)
        let insert = try connection.prepare(Schema.Table.layout.insertion, to: "write a layout")
        try insert.bind(1, id)
        try insert.bind(2, layout.deviceClass)
        try insert.run()
        let insertField = try connection.prepare(
            Schema.Table.field.insertion, to: "write a layout")
        for (index, column) in layout.columns.enumerated() {
            try insertField.bind(1, id)
            try insertField.bind(2, Int64(index))
            try insertField.bind(3, column.name)
            try insertField.bind(4, column.kind.rawValue)
            try insertField.bind(5, column.unit)
            try insertField.run()
        }
        memory.layouts[id] = layout
        return id
    }

    // The number is a part of what the row's checksum covers, so it is known before.
    private func nextNumber(
        _ column: String, in table: Schema.Table
    ) throws(HistoryError) -> Int64 {
        let greatest = try connection.integer(
            "SELECT max(\(column)) FROM \(table.rawValue)", to: "write an \(column)")
        return (greatest ?? 0) + 1
    }

    // MARK: Origins and events

    private func writeOrigins(
        of pass: PassRecord, _ shape: FrameShape, _ memory: inout Memory
    ) throws(HistoryError) {
        for (series, part) in zip(pass.series, shape.parts) {
            let kept = memory.origins[part.device]
            let hasSameColumns = kept?.layout == part.layout
            if hasSameColumns, kept?.values == series.origins { continue }
            if !hasSameColumns { try deleteOrigins(device: part.device) }
            try write(
                series.origins, over: hasSameColumns ? kept?.values ?? [] : [],
                device: part.device)
            memory.origins[part.device] = KeptOrigins(
                layout: part.layout, values: series.origins)
        }
    }

    private func deleteOrigins(device: Int64) throws(HistoryError) {
        let delete = try connection.prepare("DELETE FROM offs WHERE dev = ?", to: "drop offsets")
        try delete.bind(1, device)
        try delete.run()
    }

    private func write(
        _ origins: [Origin], over kept: [Origin], device: Int64
    ) throws(HistoryError) {
        let replace = try connection.prepare(
            Schema.Table.offs.insertion, to: "write an offset")
        let delete = try connection.prepare(
            "DELETE FROM offs WHERE dev = ? AND ctr = ?", to: "drop an offset")
        for (column, origin) in origins.enumerated() {
            guard origin != (column < kept.count ? kept[column] : .none) else { continue }
            guard origin != .none else {
                try delete.bind(1, device)
                try delete.bind(2, Int64(column))
                try delete.run()
                continue
            }
            try replace.bind(1, device)
            try replace.bind(2, Int64(column))
            try replace.bind(3, origin.offset)
            try replace.bind(4, Int64(origin.field))
            try replace.run()
        }
    }

    private func writeEvents(
        of pass: PassRecord, _ shape: FrameShape, now: Seen
    ) throws(HistoryError) {
        guard !pass.events.isEmpty else { return }
        let insert = try connection.prepare(Schema.Table.event.insertion, to: "write an event")
        for (number, event) in pass.events.enumerated() {
            guard let index = pass.series.firstIndex(where: { $0.key == event.key }),
                pass.series[index].layout.columns.indices.contains(event.column)
            else { throw invalid("an event is of \(event.key), column \(event.column)") }
            let part = shape.parts[index]
            try insert.bind(1, now.pass << Schema.eventBits | Int64(number))
            try insert.bind(2, now.timeMilliseconds)
            try insert.bind(3, part.device)
            try insert.bind(4, part.layout)
            try insert.bind(5, Int64(event.column))
            try insert.bind(6, event.kind.rawValue)
            try insert.bind(7, event.before)
            try insert.bind(8, event.after)
            try insert.run()
        }
    }
}

/// Writes the rows of devices at the start of a group.
private struct DeviceWriter: ~Copyable {
    private let update: Statement
    private let insert: Statement
    private var next: Int64

    init(_ connection: borrowing Connection) throws(HistoryError) {
        let purpose = "write a device"
        let greatest = try connection.integer("SELECT max(dev) FROM device", to: purpose)
        let update = try connection.prepare(
            """
            UPDATE device SET layout = ?2, last = ?3, bundle = ?4,
                crc = \(RowChecksum.name)(dev, key, ?2, first, first_t)
            WHERE key = ?1 AND \(Schema.Table.device.isSound) RETURNING dev
            """, to: purpose)
        insert = try connection.prepare(Schema.Table.device.insertion, to: purpose)
        self.update = update
        next = (greatest ?? 0) + 1
    }

    /// The number of a series' device.
    mutating func write(
        _ series: SeriesRecord, layout: Int64, now: Seen
    ) throws(HistoryError) -> Int64 {
        if let known = try known(series, layout: layout, now: now) { return known }
        try insert.bind(1, next)
        try insert.bind(2, series.key)
        try insert.bind(3, layout)
        try insert.bind(4, now.pass)
        try insert.bind(5, now.timeMilliseconds)
        try insert.bind(6, now.pass)
        try insert.bind(7, series.bundle)
        try insert.run()
        next += 1
        return next - 1
    }

    private func known(
        _ series: SeriesRecord, layout: Int64, now: Seen
    ) throws(HistoryError) -> Int64? {
        try update.bind(1, series.key)
        try update.bind(2, layout)
        try update.bind(3, now.pass)
        try update.bind(4, series.bundle)
        defer { update.reset() }
        guard try update.step() else { return nil }
        let number = update.integer(0)
        while try update.step() {}
        return number
    }
}
