import Foundation
import Testing
import Wire

/// A released daemon with one probe per rail, in a directory of its own.
final class DaemonUnderTest {
    /// What a test may ask for; times are in the words of the configuration.
    struct Options {
        var identityInterval = "1s"
        var softDeadline = "2s"
        var hardDeadline = "10s"
        var restartDelayMin = "200ms"
        var restartDelayMax = "2s"
    }

    let home: ScratchDirectory
    let fabric: Fabric
    let cables: [Cable]
    private(set) var child: Child
    /// Where it listens on loopback.
    private(set) var port: UInt16 = 0

    var configuration: URL { home.file("fabricwatch.yaml") }
    var history: URL { home.file("state") }
    var socket: URL { home.file("fw.sock") }

    init(_ fabric: Fabric, _ options: Options = Options()) throws {
        let home = try ScratchDirectory()
        self.home = home
        self.fabric = fabric
        cables = try fabric.cables()
        let text = try Self.settings(home, fabric, cables, options)
        try Data(text.utf8).write(to: home.file("fabricwatch.yaml"))
        child = try Self.launch(home)
        try awaitReadiness()
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

    private static func settings(
        _ home: ScratchDirectory, _ fabric: Fabric, _ cables: [Cable], _ options: Options
    ) throws -> String {
        var lines = [
            "node: {name: gpu-node-01}", "interval: 1s", "infiniband:",
            "  identity_interval: \(options.identityInterval)", "  devices:",
        ]
        for cable in cables {
            lines.append(
                "    - {guid: \"\(cable.guid)\", name: \(cable.device), rail: \(cable.rail)}")
        }
        lines.append("  probes:")
        for cable in cables {
            let variables = try fabric.environment(rail: cable.rail)
                .map { "\($0): \"\($1)\"" }.sorted().joined(separator: ", ")
            lines.append("    - {name: \(cable.device), environment: {\(variables)}}")
        }
        lines += [
            "probe:", "  soft_deadline: \(options.softDeadline)",
            "  hard_deadline: \(options.hardDeadline)",
            "  restart_delay_min: \(options.restartDelayMin)",
            "  restart_delay_max: \(options.restartDelayMax)",
            "history: {directory: \(home.file("state").path)}",
            "serve: {socket: \(home.file("fw.sock").path), tcp: \"127.0.0.1:0\"}", "",
        ]
        return lines.joined(separator: "\n")
    }

    // MARK: Life and death

    private func awaitReadiness() throws {
        port = try eventually("the daemon listens: \(child.errors)") {
            guard child.waitForEnd(within: 0) == false else {
                throw Failure("it ended with \(child.status)")
            }
            let address = "listening on 127.0.0.1:"
            guard let range = child.errors.range(of: address) else { return nil }
            return UInt16(child.errors[range.upperBound...].prefix { $0.isNumber })
        }
        try eventually("/readyz says 200: \(child.errors)") { try get("/readyz").status == 200 }
    }

    /// Starts it again after `kill` on the same directory.
    func startAgain() throws {
        child = try Self.launch(home)
        try awaitReadiness()
    }

    /// Asks it to stop and checks that it goes at once and leaves nothing behind; a probe that was
    /// killed could not tidy up after the simulator's library.
    func stop(losesProbes: Bool) throws {
        let probes = Array(try self.probes().values)
        let start = Uptime.now
        child.signal(SIGTERM)
        #expect(child.waitForEnd(within: 10), "SIGTERM does not end the daemon")
        let seconds = Uptime.now - start
        #expect(seconds < 2, "SIGTERM took \(seconds) s")
        #expect(child.status == 0, "\(child.errors)")
        try eventually("no probe is left", within: 5) { probes.allSatisfy { !isAlive($0) } }
        #expect(!FileManager.default.fileExists(atPath: socket.path), "the socket is left")
        #expect(losesProbes || !home.names.contains { $0.hasPrefix("sys-") }, "\(home.names)")
    }

    /// Kills it like a power cut, and waits for its probes to go as well.
    func kill9() throws {
        let probes = Array(try self.probes().values)
        child.end()
        try eventually("the probes die with the daemon") { probes.allSatisfy { !isAlive($0) } }
        try fabric.detachStale()
    }

    /// Ends it whatever happened.
    func abandon() {
        child.end()
    }

    /// The probe processes by rail.
    func probes() throws -> [Int: pid_t] {
        let rails = Dictionary(
            uniqueKeysWithValues: cables.map { ("SIM_HOST=\($0.node)", $0.rail) })
        var found: [Int: pid_t] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc") {
            guard let pid = pid_t(name), parent(of: pid) == child.pid,
                let variables = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(pid)/environ"))
            else { continue }
            for variable in variables.split(separator: 0) {
                if let rail = rails[String(decoding: variable, as: UTF8.self)] { found[rail] = pid }
            }
        }
        return found
    }

    // MARK: Questions

    func get(_ target: String, fields: [String: String] = [:]) throws -> HTTPAnswer {
        try HTTPClient(address: .socket(path: socket.path)).get(target, fields: fields)
    }

    private func document<Document: Decodable>(_ target: String) throws -> Document {
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

    /// The cable of a rail as the API shows it.
    func link(_ rail: Int) throws -> V1.Link {
        guard let link = try links().links.first(where: { $0.device == "rail\(rail)" }) else {
            throw Failure("no link of rail\(rail)")
        }
        return link
    }

    /// The probe of a rail as the API shows it.
    func collector(_ rail: Int) throws -> V1.Collector {
        guard let probe = try health().collectors.first(where: { $0.name == "rail\(rail)" }) else {
            throw Failure("no collector rail\(rail)")
        }
        return probe
    }
}

/// Runs a test with a daemon that is stopped after it, and killed when the test fails.
func withDaemon(
    _ options: DaemonUnderTest.Options = .init(), losesProbes: Bool = false,
    _ body: (DaemonUnderTest, Fabric) throws -> Void
) throws {
    guard let fabric = Fabric.current else { throw Failure("the suite has no fabric") }
    try fabric.clear(try fabric.cables())
    let daemon = try DaemonUnderTest(fabric, options)
    do {
        try body(daemon, fabric)
        try daemon.stop(losesProbes: losesProbes)
    } catch {
        daemon.abandon()
        try? fabric.detachStale()
        throw Failure("\(error)\nThe daemon said:\n\(daemon.child.errors)")
    }
    try fabric.detachStale()
}

/// Whether a process exists and has not ended.
func isAlive(_ pid: pid_t) -> Bool {
    guard let state = status(of: pid)?.first else { return false }
    return state != "Z" && state != "X"
}

private func parent(of pid: pid_t) -> pid_t? {
    status(of: pid).flatMap { $0.count > 1 ? pid_t($0[1]) : nil }
}

// The fields of /proc/PID/stat after the name: state, parent and so on (proc(5)).
private func status(of pid: pid_t) -> [Substring]? {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
        let name = text.lastIndex(of: ")")
    else { return nil }
    return text[text.index(after: name)...].split(separator: " ")
}
