import Foundation
import Model
import Testing

@testable import History

@Suite struct CrashTests {
    // What a kill leaves behind is the file and its log as they are at some moment.
    @Test(arguments: 31...34 as ClosedRange<UInt64>)
    func noCommittedPassIsLost(_ seed: UInt64) throws {
        let directory = try TemporaryDirectory()
        var truth = Truth(seed: seed)
        let store = try Store.open(directory)
        for _ in 0..<200 {
            let record = truth.next()
            truth.keep(record, as: try store.append(record))
            guard truth.chance(8) else { continue }
            let copy = try TemporaryDirectory()
            try directory.copyFiles(to: copy)
            let reopened = try Store.open(copy)
            #expect(reopened.outcome == .opened)
            let expected = truth.state(of: truth.passes.count - 1)
            let restored = try #require(try reopened.restore())
            #expect(restored.series.map(\.series) == expected.series, "seed \(seed)")
            #expect(restored.series.map(\.origins) == record.series.map(\.origins))
            let middle = Int(truth.pick(0...999)) % truth.passes.count
            let reader = Reader(directory: copy.path)
            #expect(
                try reader.state(atOrBefore: truth.passes[middle].pass.id)
                    == truth.state(of: middle), "seed \(seed)")
            let next = try reopened.append(record)
            #expect(next.rawValue == expected.pass.id.rawValue + 1)
        }
    }

    // The process says how far it is before it is killed in the middle of its work.
    @Test func killedProcessLosesNothingItWasToldIsKept() async throws {
        let path = Self.sharedPath(getpid())
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: path) }
        await #expect(processExitsWith: .signal(SIGKILL)) {
            let path = CrashTests.sharedPath(getppid())
            let store = try Store(directory: path, limits: .ample, nowMilliseconds: 0)
            Thread.detachNewThread {
                while FileManager.default.contents(atPath: path + "/acknowledged")?.count != 8 {}
                kill(getpid(), SIGKILL)
            }
            for pass in 1...UInt64.max {
                let values = (0..<500).map { $0 * pass }
                let id = try store.append(.plain(at: Int64(pass) * 10, ["a": values]))
                guard pass > 100 else { continue }
                let number = withUnsafeBytes(of: id.rawValue) { Data($0) }
                // Atomic: the kill comes at any moment, also in the middle of this.
                try number.write(
                    to: URL(filePath: path + "/acknowledged"), options: .atomic)
            }
        }
        let number = try #require(FileManager.default.contents(atPath: path + "/acknowledged"))
        let acknowledged = number.reversed().reduce(0) { $0 << 8 | UInt64($1) }
        #expect(acknowledged > 100)
        let store = try Store(directory: path, limits: .ample, nowMilliseconds: 0)
        let restored = try #require(try store.restore())
        let pass = restored.pass.id.rawValue
        #expect(pass >= acknowledged)
        #expect(
            restored.series.first?.series.cells
                == (0..<500).map { .value($0 * pass, saturated: false) })
    }

    private static func sharedPath(_ parent: pid_t) -> String {
        "/tmp/fabricwatch-history-kill-\(parent)"
    }
}
