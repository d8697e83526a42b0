import Model

/// What the next append builds on; all of it can be read from the file again.
struct Memory {
    /// The newest pass; zero before the first.
    var last = Seen(pass: 0, timeMilliseconds: .min)
    /// The epoch of this run; nil until its first pass.
    var epoch: Epoch?
    /// The rows since the last key frame; nil when the next row must be one.
    var group: Group?
    /// When each device was observed last.
    var seen: [Int64: Seen] = [:]
    /// The origins in the file, by device.
    var origins: [Int64: KeptOrigins] = [:]
    /// The layouts in the file.
    var layouts: [Int64: Layout]

    /// Reads the file; `epoch` is the one of this run, when it has one.
    init(_ connection: borrowing Connection, epoch: Epoch?) throws(HistoryError) {
        self.epoch = epoch
        layouts = try StateReader.layouts(connection)
        origins = try Self.origins(connection)
        let newest = try connection.prepare(
            "SELECT cyc, t FROM head ORDER BY cyc DESC LIMIT 1", to: "find the newest pass")
        guard try newest.step() else { return }
        last = Seen(pass: newest.integer(0), timeMilliseconds: newest.integer(1))
        let row = try StateReader.newestRow(connection, upTo: .max, layouts: layouts)
        if let row { noteSeen(row.frame) }
    }

    /// Forgets devices that are not in the next group; a number that is not listed may be given to
    /// another device later.
    mutating func keepOnly(_ devices: Set<Int64>) {
        if let frame = group?.frame { noteSeen(frame) }
        seen = seen.filter { devices.contains($0.key) }
        origins = origins.filter { devices.contains($0.key) }
    }

    private mutating func noteSeen(_ frame: Frame) {
        for (slot, seen) in zip(frame.shape.slots, frame.seen) { self.seen[slot.device] = seen }
    }

    /// The origins of all devices.
    static func origins(
        _ connection: borrowing Connection
    ) throws(HistoryError) -> [Int64: KeptOrigins] {
        let purpose = "read the history's offsets"
        var origins: [Int64: KeptOrigins] = [:]
        let devices = try connection.prepare(
            """
            SELECT dev, layout, (SELECT count(*) FROM field WHERE field.layout = device.layout)
            FROM device
            """, to: purpose)
        while try devices.step() {
            origins[devices.integer(0)] = KeptOrigins(
                layout: devices.integer(1),
                values: Array(repeating: .none, count: Int(devices.integer(2))))
        }
        let offsets = try connection.prepare("SELECT dev, ctr, off, field FROM offs", to: purpose)
        while try offsets.step() {
            let (device, column) = (offsets.integer(0), Int(offsets.integer(1)))
            guard let count = origins[device]?.values.count, (0..<count).contains(column) else {
                continue
            }
            origins[device]?.values[column] = Origin(
                offset: offsets.unsigned(2), field: UInt8(truncatingIfNeeded: offsets.integer(3)))
        }
        return origins
    }
}

/// Passes of one daemon run within one boot.
struct Epoch: Hashable {
    var id: Int64
    var bootID: String
}

/// The origins of a device, in the columns of a layout.
struct KeptOrigins: Hashable {
    var layout: Int64
    var values: [Origin]
}

/// Rows that build on each other: a key frame and those behind it.
struct Group {
    /// The pass of the key frame.
    let key: Int64
    /// The epoch of all rows.
    let epoch: Int64
    /// The series, in the order of the frame.
    let series: [(key: String, layout: Layout)]
    /// The last row; a frame of zeros before the key frame is written.
    var frame: Frame
    /// The number of rows.
    var count = 0

    /// The most rows of a group, so that reading one pass stays cheap and damage stays small.
    static let maximumCount = 64

    /// Whether a pass can be the next row.
    func accepts(_ pass: PassRecord, epoch: Int64) -> Bool {
        count < Self.maximumCount && epoch == self.epoch
            && pass.series.elementsEqual(series) { $0.key == $1.key && $0.layout == $1.layout }
    }

    /// The frame of a pass with these series; `now` is the pass with its time.
    func next(_ pass: PassRecord, now: Seen) -> Frame {
        var next = frame
        next.wallMilliseconds = pass.moment.wallMilliseconds
        next.boottimeNanoseconds = pass.moment.boottimeNanoseconds
        var cell = 0
        for (index, series) in pass.series.enumerated() {
            next.present[index] = series.isPresent
            if series.isPresent { next.seen[index] = now }
            for value in series.cells {
                (next.statuses[cell], next.values[cell]) = CellStatus.split(value)
                cell += 1
            }
        }
        return next
    }
}
