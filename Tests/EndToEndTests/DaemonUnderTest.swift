import Foundation
import Testing
import Wire

/// A released daemon with one probe per rail, in a directory of its own.
final class DaemonUnderTest: DaemonProcess {
    /// What a test may ask for; times are in the words of the configuration.
    struct Options {
        var identityInterval = "1s"
        var softDeadline = "2s"
        var hardDeadline = "10s"
        var restartDelayMin = "200ms"
        var restartDelayMax = "2s"
        /// Whether what is counted is judged as in the field; most tests count on purpose.
        var judgesCounts = false
    }

    let fabric: Fabric
    let cables: [Cable]

    init(_ fabric: Fabric, _ options: Options = Options()) throws {
        let home = try ScratchDirectory()
        self.fabric = fabric
        cables = try fabric.cables()
        try super.init(
            home, settings: Self.settings(home, fabric, cables, options))
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
        lines +=
            [
                "probe:", "  soft_deadline: \(options.softDeadline)",
                "  hard_deadline: \(options.hardDeadline)",
                "  restart_delay_min: \(options.restartDelayMin)",
                "  restart_delay_max: \(options.restartDelayMax)",
                "gpu: {enabled: false}", "pcie: {enabled: false}", "kernel_log: {enabled: false}",
            ] + conditions(options) + places(home)
        return lines.joined(separator: "\n")
    }

    // Tests wait for no cable to prove itself, and set counters for other reasons than faults.
    private static func conditions(_ options: Options) -> [String] {
        let reason = "reason: simulated}"
        let clearing = [
            "  ib_link_down: {clear_after: 0s, flap_max: 3s, \(reason)",
            "  ib_sm_lost: {clear_after: 0s, \(reason)",
        ]
        guard !options.judgesCounts else { return ["conditions:"] + clearing }
        let never = 1_000_000_000
        let counted: [(String, [String])] = [
            ("ib_link_flap", ["warning_count", "critical_count", "critical_day_count"]),
            ("ib_link_recovery", ["info_count", "warning_count", "critical_count"]),
            ("ib_symbol_ber_elevated", ["long_count"]),
            ("ib_fec_uncorrectable", ["warning_count", "critical_count"]),
            ("ib_rcv_errors", ["warning_count", "critical_count"]),
            ("ib_local_integrity", ["warning_count", "critical_count"]),
            ("ib_buffer_overrun", ["warning_count", "critical_count"]),
            ("ib_remote_phys_errors", ["info_count", "warning_count"]),
            ("ib_xmit_discards", ["warning_count", "critical_count"]),
            ("ib_routing_or_key", ["warning_count", "relay_count"]),
            ("ib_sm_or_lid_changed", ["info_count", "warning_count"]),
            ("ib_mgmt_drops", ["warning_count"]),
            ("counter_reset_seen", ["info_count", "warning_count"]),
        ]
        let quiet = counted.map { id, names in
            let numbers = names.map { "\($0): \(never)" }.joined(separator: ", ")
            return "  \(id): {\(numbers)"
                + (id == "ib_symbol_ber_elevated" ? ", ratio: 0.99, ratio_no_fec: 0.99" : "")
                + ", \(reason)"
        }
        return ["conditions:"] + clearing + quiet
            + ["  ib_symbol_ber_high: {ratio: 0.99, ratio_no_fec: 0.99, \(reason)"]
    }

    // MARK: Life and death

    /// Asks it to stop and checks that it leaves nothing behind; a probe that was killed could not
    /// tidy up after the simulator's library.
    func stop(losesProbes: Bool) throws {
        try stop()
        #expect(losesProbes || !home.names.contains { $0.hasPrefix("sys-") }, "\(home.names)")
    }

    override func kill9() throws {
        try super.kill9()
        try fabric.detachStale()
    }

    /// The probe processes by rail.
    func probes() throws -> [Int: pid_t] {
        let rails = Dictionary(
            uniqueKeysWithValues: cables.map { ("SIM_HOST=\($0.node)", $0.rail) })
        var found: [Int: pid_t] = [:]
        for pid in children() {
            guard
                let variables = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(pid)/environ"))
            else { continue }
            for variable in variables.split(separator: 0) {
                if let rail = rails[String(decoding: variable, as: UTF8.self)] { found[rail] = pid }
            }
        }
        return found
    }

    // MARK: Questions

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
