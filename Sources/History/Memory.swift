import Model

/// What the next append builds on; all of it can be read from the file again.
struct Memory {
    /// The newest pass; zero before the first.
    var last = Seen(pass: 0, timeMilliseconds: .min)
    /// The clocks of the newest pass of this run; nil before the first.
    var lastMoment: Moment?
    /// The epoch of this run; nil until its first pass.
    var epoch: Epoch?
    /// The rows that are not sealed.
    var head = HeadExtent()
    /// The first pass of the slot to come; nil before the first pass of this run.
    var runStart: Int64?
    /// The rows and the bytes since then.
    var run = HeadExtent()
    /// When the latest slot that was sealed began; nil before the first.
    var sealedTime: Int64?
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
        head = try HeadExtent(connection)
        sealedTime = try connection.integer(
            "SELECT t0 FROM slot ORDER BY first DESC LIMIT 1", to: "find the newest pass")
        let newest = try connection.prepare(
            """
            SELECT cyc, t FROM (SELECT cyc, t FROM head ORDER BY cyc DESC LIMIT 1)
            UNION ALL SELECT last, t1 FROM (SELECT last, t1 FROM slot ORDER BY first DESC LIMIT 1)
            ORDER BY cyc DESC LIMIT 1
            """, to: "find the newest pass")
        last = try Self.handedOut(connection)
        guard try newest.step() else { return }
        last = Seen(
            pass: max(last.pass, newest.integer(0)), timeMilliseconds: newest.integer(1))
        let row = try StateReader.newestRow(connection, upTo: .max, layouts: layouts)
        if let row { noteSeen(row.frame) }
    }

    /// Rows of `meta`: a pass that none after may be numbered before, and the time of the newest
    /// one that was known then.
    static let passKey = "last_pass"
    static let timeKey = "last_time"

    // Numbers of passes that were lost with a damaged file are not given again.
    private static func handedOut(
        _ connection: borrowing Connection
    ) throws(HistoryError) -> Seen {
        let statement = try connection.prepare(
            """
            SELECT a.v, b.v FROM meta AS a, meta AS b
            WHERE a.k = '\(passKey)' AND b.k = '\(timeKey)'
            """, to: "find the newest pass")
        guard try statement.step() else { return Seen(pass: 0, timeMilliseconds: .min) }
        return Seen(pass: statement.integer(0), timeMilliseconds: statement.integer(1))
    }

    /// Forgets devices that are not in the next group; a number that is not listed may be given to
    /// another device later.
    mutating func keepOnly(_ devices: Set<Int64>) {
        if let frame = group?.frame { noteSeen(frame) }
        seen = seen.filter { devices.contains($0.key) }
        origins = origins.filter { devices.contains($0.key) }
    }

    /// Lets the next row be a key frame when the rows before it are gone from the head.
    mutating func endGroup(ifSealedThrough pass: Int64) {
        guard let group, group.key <= pass else { return }
        noteSeen(group.frame)
        self.group = nil
    }

    private mutating func noteSeen(_ frame: Frame) {
        for (part, seen) in zip(frame.shape.parts, frame.seen) { self.seen[part.device] = seen }
    }

    /// Whether the wall clock was set back, by more than it drifts, or far ahead of the boot clock.
    ///
    /// Times within an epoch ascend, so that begins a new one.
    func hasStepped(at moment: Moment) -> Bool {
        guard last.pass > 0 else { return false }
        if moment.wallMilliseconds < last.timeMilliseconds - Self.driftMilliseconds { return true }
        guard let lastMoment, lastMoment.bootID == moment.bootID else { return false }
        let wall = Double(moment.wallMilliseconds) - Double(lastMoment.wallMilliseconds)
        let boot =
            (Double(moment.boottimeNanoseconds) - Double(lastMoment.boottimeNanoseconds)) / 1e6
        return wall - boot > Self.leapMilliseconds
    }

    private static let driftMilliseconds: Int64 = 1000
    private static let leapMilliseconds = 3_600_000.0

    /// The origins of all devices.
    static func origins(
        _ connection: borrowing Connection
    ) throws(HistoryError) -> [Int64: KeptOrigins] {
        let purpose = "read the history's offsets"
        // What has no row was not added to, unless rows are lost.
        let usual = try connection.isWhole(.offs) ? Origin.none : Origin.lost
        var origins: [Int64: KeptOrigins] = [:]
        let devices = try connection.prepare(
            """
            SELECT dev, layout, (SELECT count(*) FROM field WHERE field.layout = device.layout)
            FROM device WHERE \(Schema.Table.device.isSound)
            """, to: purpose)
        while try devices.step() {
            origins[devices.integer(0)] = KeptOrigins(
                layout: devices.integer(1),
                values: Array(repeating: usual, count: Int(devices.integer(2))))
        }
        let offsets = try connection.prepare(
            "SELECT dev, ctr, off, field, \(Schema.Table.offs.isSound) FROM offs", to: purpose)
        while try offsets.step() {
            let (device, column) = (offsets.integer(0), Int(offsets.integer(1)))
            guard let count = origins[device]?.values.count, (0..<count).contains(column) else {
                continue
            }
            origins[device]?.values[column] =
                offsets.integer(4) == 0
                ? Origin.lost
                : Origin(
                    offset: offsets.unsigned(2),
                    field: UInt8(truncatingIfNeeded: offsets.integer(3)))
        }
        return origins
    }
}

extension Origin {
    // What is damaged has no source that a raw value could be compared with.
    fileprivate static let lost = Origin(offset: 0, field: .max)
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
    /// What the devices' rows say of a series.
    struct Series {
        let key: String
        let layout: Layout
        let bundle: String
    }

    /// The pass of the key frame.
    let key: Int64
    /// The epoch of all rows.
    let epoch: Int64
    /// The series, in the order of the frame.
    let series: [Series]
    /// The last row; a frame of zeros before the key frame is written.
    var frame: Frame
    /// The number of rows.
    var count = 0

    /// The most rows of a group, so that reading one pass stays cheap and damage stays small.
    static let maximumCount = 64

    /// Whether a pass can be the next row.
    func accepts(_ pass: PassRecord, epoch: Int64) -> Bool {
        count < Self.maximumCount && epoch == self.epoch && hasSeries(of: pass)
    }

    private func hasSeries(of pass: PassRecord) -> Bool {
        guard pass.series.count == series.count else { return false }
        let (now, before) = (pass.series.span, series.span)
        for index in now.indices {
            guard now[index].key == before[index].key, now[index].layout == before[index].layout
            else { return false }
        }
        return true
    }

    /// Whether the rows of the table `device` say what they should of a pass.
    func hasDevices(of pass: PassRecord) -> Bool {
        hasSeries(of: pass) && zip(pass.series, series).allSatisfy { $0.bundle == $1.bundle }
    }

    /// Whether the next row needs a key frame though nothing has changed.
    var isComplete: Bool { count >= Self.maximumCount }
}
