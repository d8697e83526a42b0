import Foundation
import Testing

@testable import Daemon

@Suite struct ProcFileTests {
    // Fields 3 to 24 of proc(5): utime 150, stime 50, 2 threads, start 12345, 4096 bytes, 7 pages.
    private static let rest = " S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 2 0 12345 4096 7 99"

    @Test(arguments: [
        "1 (fabricwatchd)", "1 (a b)", "1 (a) S 9 (b)", "1 ()", "1 ()))()", "1 (line\nend)",
        "1 (\u{1F40C} ü)",
    ])
    func nameMayHoldAnything(start: String) throws {
        let use = try #require(ProcessUse(start + Self.rest))
        #expect(use.cpuSeconds == 200.0 / Double(sysconf(Int32(_SC_CLK_TCK))))
        #expect(use.threads == 2)
        #expect(use.startTicks == 12345)
        #expect(use.virtualBytes == 4096)
        #expect(use.residentBytes == 7 * UInt64(sysconf(Int32(_SC_PAGESIZE))))
    }

    @Test(arguments: [
        "", ")", "1 (x", "1 (x) S 1 2 3", "1 (x) S 1 2 3 4 5 6 7 8 9 10 a b c d e f g h i j k l",
        "1 (x) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 -2 0 12345 4096 7 99",
    ])
    func anythingElseIsRefused(text: String) {
        #expect(ProcessUse(text) == nil)
    }

    @Test func hugeNumbersDoNotTrap() {
        let text = "1 (x) S 1 2 3 4 5 6 7 8 9 10 1 1 0 0 20 0 2 0 1 1 \(UInt64.max) 9"
        #expect(ProcessUse(text) != nil)
    }

    @Test func ownProcessIsRead() throws {
        let use = try #require(ProcessUse.read("self"))
        #expect(use.threads >= 1 && use.residentBytes > 1_000_000 && use.cpuSeconds >= 0)
        #expect(ProcessUse.read("0") == nil)
    }

    @Test func filesUpToTheirLimit() throws {
        let directory = FileManager.default.temporaryDirectory.appending(
            path: "fabricwatch-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        for length in [0, 1, 4095, 4096, 4097, 20_000] {
            let file = directory.appending(path: "\(length)")
            try Data(repeating: 0x61, count: length).write(to: file)
            #expect(ProcFile.text(file.path)?.utf8.count == length)
        }
        let large = directory.appending(path: "large")
        try Data(repeating: 0x61, count: 300_000).write(to: large)
        #expect((ProcFile.text(large.path)?.utf8.count ?? 0) <= 65_536)
        #expect(ProcFile.text(directory.path + "/missing") == nil)
        #expect(ProcFile.text(directory.path) == nil)
        #expect(ProcFile.count(directory.path) == 7)
        #expect(ProcFile.count(large.path) == nil)
    }

    @Test func trimming() {
        #expect("  a b\n\t".trimmed == "a b")
        #expect("".trimmed == "" && " \n".trimmed == "")
    }
}
