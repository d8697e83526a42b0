import Foundation
import Testing
import Wire

/// A released daemon in a directory of its own.
class DaemonProcess {
    let home: ScratchDirectory
    private(set) var child: Child
    /// Where it listens on loopback.
    private(set) var port: UInt16 = 0

    var history: URL { home.file("state") }
    var socket: URL { home.file("fw.sock") }
    var configuration: URL { home.file("fabricwatch.yaml") }

    /// Starts it with these settings and waits until it listens, or is ready.
    init(_ home: ScratchDirectory, settings: String, untilReady: Bool = true) throws {
        self.home = home
        try Data(settings.utf8).write(to: home.file("fabricwatch.yaml"))
        child = try Self.launch(home)
        do {
            try awaitReadiness(untilReady)
        } catch {
            // Nobody else knows of it who could.
            child.end()
            throw error
        }
    }

    private static func launch(_ home: ScratchDirectory) throws -> Child {
        try Child(
            program("fabricwatchd"), ["--config", home.file("fabricwatch.yaml").path],
            directory: home.url)
    }

    /// A released program.
    static func program(_ name: String) throws -> URL {
        guard let binaries = Requirements.binaries else {
            throw Failure(Requirements.noBinaries.rawValue)
        }
        return binaries.appendingPathComponent(name)
    }

    /// The settings of where answers are given and history is kept.
    static func places(_ home: ScratchDirectory) -> [String] {
        [
            "history: {directory: \(home.file("state").path)}",
            "serve: {socket: \(home.file("fw.sock").path), tcp: \"127.0.0.1:0\"}", "",
        ]
    }

    // MARK: Life and death

    private func awaitReadiness(_ untilReady: Bool = true) throws {
        port = try eventually("the daemon listens: \(child.errors)") {
            guard child.waitForEnd(within: 0) == false else {
                throw Failure("it ended with \(child.status)")
            }
            let address = "listening on 127.0.0.1:"
            guard let range = child.errors.range(of: address) else { return nil }
            return UInt16(child.errors[range.upperBound...].prefix { $0.isNumber })
        }
        guard untilReady else { return }
        try eventually("/readyz says 200: \(child.errors)") { try get("/readyz").status == 200 }
    }

    /// Starts it again after `kill9` on the same directory.
    func startAgain() throws {
        child = try Self.launch(home)
        try awaitReadiness()
    }

    /// Asks it to stop and checks that it goes at once and leaves nothing behind.
    func stop() throws {
        let probes = self.children()
        let start = Uptime.now
        child.signal(SIGTERM)
        #expect(child.waitForEnd(within: 10), "SIGTERM does not end the daemon")
        let seconds = Uptime.now - start
        #expect(seconds < 2, "SIGTERM took \(seconds) s")
        #expect(child.status == 0, "\(child.errors)")
        try eventually("no probe is left", within: 5) { probes.allSatisfy { !isAlive($0) } }
        #expect(!FileManager.default.fileExists(atPath: socket.path), "the socket is left")
    }

    /// Kills it like a power cut, and waits for its probes to go as well.
    func kill9() throws {
        let probes = self.children()
        child.end()
        try eventually("the probes die with the daemon") { probes.allSatisfy { !isAlive($0) } }
    }

    /// Ends it whatever happened.
    func abandon() {
        child.end()
    }

    /// The processes that it started.
    func children() -> [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { parent(of: $0) == child.pid }
    }

    // MARK: Questions

    func get(_ target: String, fields: [String: String] = [:]) throws -> HTTPAnswer {
        try HTTPClient(address: .socket(path: socket.path)).get(target, fields: fields)
    }

    func document<Document: Decodable>(_ target: String) throws -> Document {
        let answer = try get(target)
        guard answer.status == 200 else {
            throw Failure("GET \(target): \(answer.status) \(answer.text)")
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Document.self, from: answer.body)
    }

    func health() throws -> V1.Health { try document("/api/v1/health") }

    func links() throws -> V1.Links { try document("/api/v1/links") }

    func counters() throws -> V1.Counters { try document("/api/v1/counters") }

    func deltas(since: String) throws -> V1.Deltas { try document("/api/v1/deltas?since=\(since)") }

    func metrics() throws -> MetricsText { MetricsText(try get("/metrics").text) }

    /// The cursor of now: a window that starts here holds nothing of before.
    func cursor() throws -> String { try deltas(since: "0s").next }

    /// Waits until a pass has been shown that began after now.
    func awaitNewPass() throws {
        let before = try links().pass ?? 0
        try eventually("two passes after \(before)") { try (links().pass ?? 0) >= before + 2 }
    }
}

/// Whether a process exists and has not ended.
func isAlive(_ pid: pid_t) -> Bool {
    guard let state = status(of: pid)?.first else { return false }
    return state != "Z" && state != "X"
}

/// Who started a process; nil when it is gone.
func parent(of pid: pid_t) -> pid_t? {
    status(of: pid).flatMap { $0.count > 1 ? pid_t($0[1]) : nil }
}

// The fields of /proc/PID/stat after the name: state, parent and so on (proc(5)).
private func status(of pid: pid_t) -> [Substring]? {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
        let name = text.lastIndex(of: ")")
    else { return nil }
    return text[text.index(after: name)...].split(separator: " ")
}
