import Foundation

/// Looks again and again until `probe` finds something; fails at the deadline.
///
/// A thrown error counts as nothing found; the last one is told when time is up.
@discardableResult
func eventually<Found>(
    _ what: @autoclosure () -> String, within seconds: Double = 20,
    _ probe: () throws -> Found?
) throws -> Found {
    let deadline = Uptime.now + seconds
    var trouble = ""
    repeat {
        do {
            if let found = try probe() { return found }
            trouble = ""
        } catch {
            trouble = " (\(error))"
        }
        usleep(20_000)  // Until the deadline.
    } while Uptime.now < deadline
    throw Failure("not within \(seconds) s: \(what())\(trouble)")
}

/// The same for a condition.
func eventually(
    _ what: @autoclosure () -> String, within seconds: Double = 20, holds: () throws -> Bool
) throws {
    try eventually(what(), within: seconds) { try holds() ? true : nil }
}

/// Seconds on a clock that nobody sets.
enum Uptime {
    static var now: Double { ProcessInfo.processInfo.systemUptime }
}

/// A directory that lasts as long as its owner.
final class ScratchDirectory {
    let url: URL

    init() throws {
        var template = Array("\(NSTemporaryDirectory())/fabricwatch-e2e.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure("mkdtemp: errno \(errno)") }
        let path = String(
            decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        url = URL(fileURLWithPath: path, isDirectory: true).resolvingSymlinksInPath()
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    func file(_ name: String) -> URL { url.appendingPathComponent(name) }

    var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted()
    }
}
