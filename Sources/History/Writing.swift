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
        let now = Seen(
            pass: memory.last.pass + 1,
            timeMilliseconds: memory.last.pass == 0
                ? pass.moment.wallMilliseconds
                : max(memory.last.timeMilliseconds &+ 1, pass.moment.wallMilliseconds))
        let epoch = try epoch(of: pass, now: now, &memory)
        if memory.group?.accepts(pass, epoch: epoch) != true {
            try dropOldest(wallMilliseconds: pass.moment.wallMilliseconds)
            memory.group = try startGroup(pass, now: now, epoch: epoch, &memory)
        }
        guard var group = memory.group.take() else { return }
        let frame = group.next(pass, now: now)
        let header = RowHeader(
            pass: now.pass, timeMilliseconds: now.timeMilliseconds, key: group.key, epoch: epoch)
        try insert(RowCodec.encode(frame, after: group.frame, header: header), header)
        try writeOrigins(of: pass, frame.shape, &memory)
        try writeEvents(of: pass, frame.shape, now: now)
        group.frame = frame
        group.count += 1
        memory.group = group
        memory.last = now
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
        of pass: PassRecord, now: Seen, _ memory: inout Memory
    ) throws(HistoryError) -> Int64 {
        let bootID = pass.moment.bootID
        if let epoch = memory.epoch, epoch.bootID == bootID { return epoch.id }
        let insert = try connection.prepare(
            "INSERT INTO epoch(t0, boot_id, why) VALUES(?, ?, ?) RETURNING epoch",
            to: "write an epoch")
        try insert.bind(1, now.timeMilliseconds)
        try insert.bind(2, bootID)
        try insert.bind(3, memory.epoch == nil ? "start" : "boot")
        let id = try returned(insert)
        memory.epoch = Epoch(id: id, bootID: bootID)
        return id
    }

    private func startGroup(
        _ pass: PassRecord, now: Seen, epoch: Int64, _ memory: inout Memory
    ) throws(HistoryError) -> Group {
        let upsert = try connection.prepare(
            """
            INSERT INTO device(key, layout, first, first_t, last) VALUES(?1, ?2, ?3, ?4, ?3)
            ON CONFLICT(key) DO UPDATE SET layout = excluded.layout, last = excluded.last
            RETURNING dev
            """, to: "write a device")
        var shape = FrameShape()
        for series in pass.series {
            let layout = try layoutID(series.layout, &memory)
            try upsert.bind(1, series.key)
            try upsert.bind(2, layout)
            try upsert.bind(3, now.pass)
            try upsert.bind(4, now.timeMilliseconds)
            shape.append(
                device: try returned(upsert), layout: layout,
                columns: series.layout.columns.map { $0.kind == .gauge })
        }
        let devices = Set(shape.slots.map(\.device))
        guard devices.count == shape.slots.count else { throw invalid("a series is there twice") }
        memory.keepOnly(devices)
        return Group(
            key: now.pass, epoch: epoch, series: pass.series.map { ($0.key, $0.layout) },
            frame: Frame(shape: shape, seen: shape.slots.map { memory.seen[$0.device] }))
    }

    private func layoutID(
        _ layout: Layout, _ memory: inout Memory
    ) throws(HistoryError) -> Int64 {
        if let known = memory.layouts.first(where: { $0.value == layout }) { return known.key }
        let insert = try connection.prepare(
            "INSERT INTO layout(class) VALUES(?) RETURNING layout", to: "write a layout")
        try insert.bind(1, layout.deviceClass)
        let id = try returned(insert)
        let insertField = try connection.prepare(
            "INSERT INTO field(layout, ctr, name, kind, unit) VALUES(?, ?, ?, ?, ?)",
            to: "write a layout")
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

    // The one integer that an INSERT … RETURNING answers.
    private func returned(_ statement: borrowing Statement) throws(HistoryError) -> Int64 {
        defer { statement.reset() }
        guard try statement.step() else { return 0 }
        let value = statement.integer(0)
        while try statement.step() {}
        return value
    }

    // MARK: Origins and events

    private func writeOrigins(
        of pass: PassRecord, _ shape: FrameShape, _ memory: inout Memory
    ) throws(HistoryError) {
        for (series, slot) in zip(pass.series, shape.slots) {
            let kept = memory.origins[slot.device]
            let hasSameColumns = kept?.layout == slot.layout
            if hasSameColumns, kept?.values == series.origins { continue }
            if !hasSameColumns { try deleteOrigins(device: slot.device) }
            try write(
                series.origins, over: hasSameColumns ? kept?.values ?? [] : [],
                device: slot.device)
            memory.origins[slot.device] = KeptOrigins(
                layout: slot.layout, values: series.origins)
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
            "INSERT OR REPLACE INTO offs(dev, ctr, off, field) VALUES(?, ?, ?, ?)",
            to: "write an offset")
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
        let insert = try connection.prepare(
            """
            INSERT INTO event(id, dev, layout, ctr, kind, before, after) VALUES(?, ?, ?, ?, ?, ?, ?)
            """, to: "write an event")
        for (number, event) in pass.events.enumerated() {
            guard let index = pass.series.firstIndex(where: { $0.key == event.key }),
                pass.series[index].layout.columns.indices.contains(event.column)
            else { throw invalid("an event is of \(event.key), column \(event.column)") }
            let slot = shape.slots[index]
            try insert.bind(1, now.pass << Schema.eventBits | Int64(number))
            try insert.bind(2, slot.device)
            try insert.bind(3, slot.layout)
            try insert.bind(4, Int64(event.column))
            try insert.bind(5, event.kind.rawValue)
            try insert.bind(6, event.before)
            try insert.bind(7, event.after)
            try insert.run()
        }
    }
}
