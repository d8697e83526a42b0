import Foundation
import Testing

/// Texts in the repository that follow from a table.
enum Reference {
    static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func read(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// Compares, and writes first when the environment asks for it.
    static func check(_ path: String, is text: String) throws {
        if ProcessInfo.processInfo.environment["FABRICWATCH_WRITE_REFERENCE"] == "1" {
            let file = root.appending(path: path)
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        let isSame = try read(path) == text
        #expect(isSame, "\(path) is out of date; how to write it anew stands above its suite")
    }
}
