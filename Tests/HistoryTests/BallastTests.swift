import Foundation
import Model
import Testing

@testable import History

@Suite struct BallastTests {
    private func size(_ directory: TemporaryDirectory) throws -> Int? {
        let path = directory.path + "/history.ballast"
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        return try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
    }

    private func limits(_ bytes: Int64) -> Store.Limits {
        var limits = Store.Limits.ample
        limits.ballastBytes = bytes
        return limits
    }

    @Test func ballastIsTakenGivenUpAndTakenAgain() throws {
        let directory = try TemporaryDirectory()
        let store = try Store.open(directory, limits: limits(1 << 20))
        #expect(try size(directory) == 1 << 20)
        #expect(try store.append(.plain(at: 1, ["a": [1]])) == PassID(1))
        #expect(try store.makeRoom())
        #expect(try size(directory) == nil)
        #expect(try store.append(.plain(at: 2, ["a": [1]])) == PassID(2))
        #expect(try size(directory) == 1 << 20)
    }

    @Test func ballastThatIsNotAmplyThereIsNotTaken() throws {
        let directory = try TemporaryDirectory()
        let system = try FileManager.default.attributesOfFileSystem(forPath: directory.path)
        let free = try #require(system[.systemFreeSize] as? Int64)
        let store = try Store.open(directory, limits: limits(free / 3))
        #expect(try size(directory) == nil)
        #expect(try store.append(.plain(at: 1, ["a": [1]])) == PassID(1))
        #expect(try !store.makeRoom(), "the newest group stays")
    }

    @Test func anotherSizeTakesThePlaceOfTheOld() throws {
        let directory = try TemporaryDirectory()
        for bytes in [1 << 20, 3 << 20, 0] as [Int64] {
            _ = try Store.open(directory, limits: limits(bytes))
            #expect(try size(directory) == (bytes == 0 ? nil : Int(bytes)))
        }
    }

    @Test func withoutBallastTheOldestPassesGo() throws {
        let directory = try TemporaryDirectory()
        let store = try Store.open(directory)
        for pass in 1...300 as ClosedRange<Int64> {
            _ = try store.append(.plain(at: pass * 10, ["a": [UInt64(pass)]]))
        }
        try store.sealAll()
        _ = try store.append(.plain(at: 3010, ["a": [301]]))
        let reader = Reader(directory: directory.path)
        #expect(try store.makeRoom())
        #expect(try #require(try reader.bounds()).oldest.id > PassID(1))
        while try store.makeRoom() {}
        #expect(try reader.bounds()?.oldest.id == PassID(301))
        #expect(try store.append(.plain(at: 3020, ["a": [302]])) == PassID(302))
    }
}
