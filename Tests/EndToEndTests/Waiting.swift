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

    /// Seconds for which a process's first thread and this one were ready to run and had no
    /// processor, added up (Documentation/scheduler/sched-stats.rst, the second number).
    static func waited(_ pid: pid_t) -> Double {
        ["/proc/\(pid)/task/\(pid)/schedstat", "/proc/thread-self/schedstat"].reduce(0) {
            let text = (try? String(contentsOfFile: $1, encoding: .utf8)) ?? ""
            let words = text.split(separator: " ")
            return $0 + (words.count > 1 ? (Double(words[1]) ?? 0) / 1e9 : 0)
        }
    }
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
