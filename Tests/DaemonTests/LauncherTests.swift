import Foundation
import Testing

@testable import Daemon

@Suite struct LauncherTests {
    private func file(_ text: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.path + "/fabricwatch-\(UUID().uuidString)"
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }

    @Test(
        arguments: [
            ("", 0, "no errors"), ("interval: 5s\n", 0, "no errors"),
            ("intervall: 5s\n", 78, ":1:1: key 'intervall'"),
            ("interval: 5\n", 78, "a unit is needed"),
        ] as [(String, Int32, String)])
    func checkSaysWhatAndWhere(text: String, status: Int32, words: String) throws {
        let path = try file(text)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let result = Launcher.check(path)
        #expect(result.status == status)
        #expect(result.text.hasPrefix(path) && result.text.contains(words))
    }

    @Test func configurationThatIsNotThere() {
        let result = Launcher.check("/nonexistent/fabricwatch.yaml")
        #expect(result.status == 78)
        #expect(result.text.contains("/nonexistent/fabricwatch.yaml"))
        #expect(result.text.contains("errno 2"))
    }

    @Test(
        arguments: [
            (256, 1024, 256), (256, 352, 256), (256, 351, 255), (256, 97, 1), (256, 96, 24),
            (256, 64, 16), (256, 0, 1), (65_536, .max, 65_536), (1, 10, 1),
        ] as [(Int, UInt64, Int)])
    func connectionsLeaveRoomForTheDaemonItself(configured: Int, limit: UInt64, room: Int) {
        #expect(Descriptors.connections(configured, limit: limit) == room)
    }

    @Test func limitIsNeverLowered() {
        let present = Descriptors.allow(0)
        #expect(present > 0)
        #expect(Descriptors.allow(present) == present)
        #expect(Descriptors.allow(0) == present)
    }
}
