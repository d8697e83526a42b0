import CSQLite
import Foundation
import Model

@testable import History

/// A directory that goes with the test.
final class TemporaryDirectory {
    let path = NSTemporaryDirectory() + "fabricwatch-history-" + UUID().uuidString

    init() throws {
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    var database: String { path + "/history.db" }

    var names: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? []
    }

    /// Copies the database and its log as they are now, as a crash would leave them.
    func copyFiles(to other: TemporaryDirectory) throws {
        for name in ["history.db", "history.db-wal"] {
            let source = path + "/" + name
            guard FileManager.default.fileExists(atPath: source) else { continue }
            try FileManager.default.copyItem(atPath: source, toPath: other.path + "/" + name)
        }
    }

    /// Runs SQL on a connection of its own.
    func execute(_ sql: String) throws {
        let connection = try Connection(path: database, flags: SQLITE_OPEN_READWRITE)
        try connection.execute(sql, to: "prepare a test")
    }

    /// Asks for one integer on a connection of its own.
    func integer(_ sql: String) throws -> Int64? {
        let connection = try Connection(path: database, flags: SQLITE_OPEN_READONLY)
        return try connection.integer(sql, to: "look into a test's file")
    }
}

extension Store.Limits {
    static let ample = Store.Limits(maximumAgeMilliseconds: 1 << 40, maximumBytes: 1 << 30)
}

extension Store {
    /// A store with ample limits.
    static func open(
        _ directory: TemporaryDirectory, limits: Limits = .ample
    ) throws -> Store {
        try Store(directory: directory.path, limits: limits, nowMilliseconds: 1_700_000_000_000)
    }
}

extension Store {
    /// Seals all that can be, also what is not due yet.
    func sealAll() throws {
        while true {
            let work = try sealer.prepare(Sealer.Task(end: .max, thinBefore: nil))
            guard work.sealedThrough > 0 else { return }
            try commit(work)
        }
    }
}

extension Layout {
    /// Counters `c0` and up, then gauges `g0` and up.
    static func plain(_ name: String = "part", counters: Int, gauges: Int = 0) -> Layout {
        Layout(
            deviceClass: name,
            columns: (0..<counters).map { Column(name: "c\($0)", kind: .counter, unit: "events") }
                + (0..<gauges).map { Column(name: "g\($0)", kind: .gauge, unit: "lanes") })
    }
}

extension PassRecord {
    /// A pass of series with plain values.
    static func plain(
        at wallMilliseconds: Int64, boot: String = "boot", _ values: [String: [UInt64]]
    ) -> PassRecord {
        PassRecord(
            moment: Moment(
                bootID: boot, boottimeNanoseconds: UInt64(bitPattern: wallMilliseconds) &* 1000,
                wallMilliseconds: wallMilliseconds),
            series: values.sorted { $0.key < $1.key }.map { key, values in
                SeriesRecord(
                    key: key, layout: .plain(counters: values.count), isPresent: true,
                    cells: values.map { .value($0, saturated: false) },
                    origins: values.map { _ in .none })
            }, events: [])
    }
}
