import Exposition
import Foundation
import Testing

/// Prometheus' own linter has nothing to say of a page.
struct PromtoolTests {
    private static let promtool = (ProcessInfo.processInfo.environment["PATH"] ?? "")
        .split(separator: ":").map { "\($0)/promtool" }
        .first(where: FileManager.default.isExecutableFile)

    @Test(
        .enabled(if: promtool != nil, "promtool is not installed"),
        arguments: [Node.scrape(), Node.everything(), Self.escaped])
    func promtoolIsSilent(_ scrape: Scrape) throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "fabricwatch-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let page = folder.appending(path: "metrics")
        try Data(scrape.render(.prometheus)).write(to: page)

        let process = Process()
        process.executableURL = URL(filePath: try #require(Self.promtool))
        process.arguments = ["check", "metrics"]
        process.standardInput = try FileHandle(forReadingFrom: page)
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(String(decoding: said, as: UTF8.self) == "")
        #expect(process.terminationStatus == 0)
    }

    private static var escaped: Scrape {
        var cable = Node.cable()
        cable.device = "a\"b\\c\nd{e}é"
        return Node.scrape(cables: [cable])
    }
}
