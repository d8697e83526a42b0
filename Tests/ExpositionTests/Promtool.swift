import Foundation

/// Prometheus' own checker, where it is installed.
enum Promtool {
    static let path = (ProcessInfo.processInfo.environment["PATH"] ?? "")
        .split(separator: ":").map { "\($0)/promtool" }
        .first(where: FileManager.default.isExecutableFile)

    static var isInstalled: Bool { path != nil }

    /// Runs it over a file with that content, as standard input or as its last argument.
    static func check(
        _ what: String, _ content: [UInt8], asInput: Bool
    ) throws -> (status: Int32, output: String) {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "fabricwatch-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "content")
        try Data(content).write(to: file)

        let process = Process()
        process.executableURL = URL(filePath: path ?? "promtool")
        process.arguments = ["check", what] + (asInput ? [] : [file.path()])
        process.standardInput = asInput ? try FileHandle(forReadingFrom: file) : nil
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: said, as: UTF8.self))
    }
}
