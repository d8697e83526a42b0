import Foundation
import Testing

@testable import Daemon

/// What is refused before a key is looked at.
struct SettingsYAMLTests {
    @Test(
        arguments: [
            (
                "a: [1, 2\n",
                "f:2:1: not valid YAML: did not find expected ',' or ']' (while parsing a "
                    + "flow sequence that begins in line 1)"
            ),
            (
                "probe:\n\tsoft_deadline: 2s",
                "f:2:1: not valid YAML: found character that cannot start "
                    + "any token (while scanning for the next token that begins in line 2)"
            ),
            (
                "infiniband:\n  include: [*]",
                "f:2:14: not valid YAML: did not find expected "
                    + "alphabetic or numeric character (while scanning an alias that begins in "
                    + "line 2); "
                    + "put a value that begins with * in quotes"
            ),
            ("log: {}\n---\nlog: {}", "f:2:1: got a second document, expected one"),
            (
                "log: {}\nprobe: {}\nlog: {}",
                "f:3:1: key 'log': got a second time, expected once "
                    + "(first in line 1)"
            ),
            (
                "log: &x {}",
                "f:1:6: got an anchor (&), expected a plain value; put text that begins "
                    + "with one of * & ! in quotes"
            ),
            (
                "log: !!map {}",
                "f:1:6: got a tag (!), expected a plain value; put text that begins "
                    + "with one of * & ! in quotes"
            ),
            (
                "log: *x",
                "f:1:6: got an alias (*), expected a plain value; put text that begins with "
                    + "one of * & ! in quotes"
            ),
            (
                "&x log: {}",
                "f:1:1: got an anchor (&), expected a plain value; put text that begins "
                    + "with one of * & ! in quotes"
            ),
            ("? [a]\n: b", "f:1:3: got a list, a mapping or an alias as a key, expected text"),
        ])
    func refused(text: String, line: String) {
        #expect(refusals(text) == [line])
    }

    @Test func bytesThatAreNotUTF8AreRefusedAtTheirPlace() throws {
        let bytes = Array("node: {}\nlog: ä ".utf8) + [0xFF, 0x0A]
        let error = #expect(throws: SettingsError.self) {
            try Settings.parse(bytes: bytes, file: "f")
        }
        let text = "f:2:8: not UTF-8 text: invalid leading UTF-8 octet"
        #expect(error?.description == text)
        #expect(throws: SettingsError.self) {
            try Settings.parse(bytes: [0xFF, 0xFE, 0x61, 0x00], file: "f")
        }
    }

    @Test func byteOrderMarkIsAccepted() throws {
        let bytes = [0xEF, 0xBB, 0xBF] + Array("interval: 5s\n".utf8)
        #expect(try Settings.parse(bytes: bytes, file: "f").interval == .seconds(5))
    }

    @Test func sizeIsBounded() throws {
        let line = Array("# a comment of some length, to fill the file up to its limit\n".utf8)
        var bytes = Array(repeating: line, count: (1 << 20) / line.count).flatMap(\.self)
        bytes += Array(repeating: UInt8(ascii: "#"), count: (1 << 20) - bytes.count)
        #expect(bytes.count == 1 << 20)
        #expect(try Settings.parse(bytes: bytes, file: "f") == .defaults)
        let error = #expect(throws: SettingsError.self) {
            try Settings.parse(bytes: bytes + [0x0A], file: "f")
        }
        let text = "f: got a file of more than 1048576 bytes, expected at most 1MiB"
        #expect(error?.description == text)
    }

    @Test(arguments: [("[", "]"), ("{a: ", "}")])
    func depthIsBounded(open: String, close: String) {
        let nested = { (depth: Int) in
            String(repeating: open, count: depth) + String(repeating: close, count: depth)
        }
        #expect(!refusals(nested(16)).contains { $0.contains("levels") })
        let column = 16 * open.count + 1
        #expect(refusals(nested(17)) == ["f:1:\(column): got more than 16 levels, expected fewer"])
        #expect(refusals(nested(100_000)).count == 1)
    }

    @Test func blockNestingIsBounded() {
        let text = (0..<500).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
        #expect(refusals(text) == ["f:17:17: got more than 16 levels, expected fewer"])
    }
}

struct SettingsFileTests {
    private func withFile(_ bytes: Data?, _ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "fabricwatch-settings-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "fabricwatch.yaml")
        try bytes?.write(to: file)
        try body(file.path())
    }

    @Test func loadsAFile() throws {
        try withFile(Data("interval: 5s\n".utf8)) { (path) throws in
            #expect(try Settings.load(path: path).interval == .seconds(5))
        }
        try withFile(Data()) { (path) throws in #expect(try Settings.load(path: path) == .defaults)
        }
    }

    @Test func absentFileIsAnError() throws {
        try withFile(nil) { path in
            let error = #expect(throws: SettingsError.self) { try Settings.load(path: path) }
            #expect(error?.systemCode == ENOENT)
            let text = "\(path): cannot open: No such file or directory (errno 2)"
            #expect(error?.description == text)
        }
    }

    @Test func directoryIsAnError() {
        let error = #expect(throws: SettingsError.self) { try Settings.load(path: "/") }
        #expect(error?.systemCode == EISDIR)
    }

    @Test func endlessFileIsAnError() {
        let error = #expect(throws: SettingsError.self) { try Settings.load(path: "/dev/zero") }
        #expect(error?.description.contains("at most 1MiB") == true)
    }
}
