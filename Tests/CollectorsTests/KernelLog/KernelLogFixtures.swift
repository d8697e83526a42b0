import Collectors
import Foundation
import Model
import Testing

/// What the lines of `Tests/Fixtures/kernel-log` are and mean.
struct KernelLogFixture: Sendable, CustomTestStringConvertible {
    let kind: NodeEvent.Kind
    let device: String?
    let number: UInt32?
    let link: UInt16?
    let severity: String?
    let process: String?
    let message: String

    private init?(_ row: Substring) {
        let fields = row.split(separator: "\t", omittingEmptySubsequences: false)
            .map { $0 == "-" ? nil : String($0) }
        guard fields.count == 7, let kind = fields[0].flatMap(NodeEvent.Kind.init),
            let message = fields[6]
        else { return nil }
        self.kind = kind
        device = fields[1]
        number = fields[2].flatMap { UInt32($0) }
        link = fields[3].flatMap { UInt16($0) }
        severity = fields[4]
        process = fields[5]
        self.message = message
    }

    var testDescription: String { message }

    static let events = lines("events.tsv").filter { !$0.hasPrefix("#") }.map {
        KernelLogFixture($0)
    }
    static let innocent = lines("innocent.txt").map(String.init)

    private static func lines(_ name: String) -> [Substring] {
        let path = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/kernel-log/\(name)")
        return ((try? String(contentsOf: path, encoding: .utf8)) ?? "").split(separator: "\n")
    }
}

/// The bytes of a record as `/dev/kmsg` gives them.
func kmsg(
    _ message: String, _ sequence: UInt64 = 1, microseconds: UInt64 = 0, priority: Int = 6,
    flags: String = "-"
) -> [UInt8] {
    let escaped = message.utf8.reduce(into: "") { text, byte in
        let isPlain = (0x20..<0x7f).contains(byte) && byte != UInt8(ascii: "\\")
        text += isPlain ? String(UnicodeScalar(byte)) : #"\x"# + Hexadecimal.padded(byte, digits: 2)
    }
    return Array("\(priority),\(sequence),\(microseconds),\(flags);\(escaped)\n".utf8)
}

extension KernelLineReader {
    /// What a message says that comes as one record.
    mutating func read(
        message: String, _ sequence: UInt64 = 1, flags: String = "-"
    ) throws -> [KernelFinding] {
        let record = try #require(KernelRecord(kmsg(message, sequence, flags: flags)[...]))
        return read(record, wallMilliseconds: 1_700_000_000_000)
    }
}

extension KernelFinding {
    var event: NodeEvent? {
        guard case .event(let event) = self else { return nil }
        return event
    }
}
