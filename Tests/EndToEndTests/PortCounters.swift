import Foundation

/// A counter by its three names: ours, the simulator's and perfquery's.
struct SimulatedCounter {
    /// The name in our API.
    var name: String
    /// The simulator's attribute and field; nil for what it does not let one set.
    var field: String?
    /// The line of perfquery.
    var line: String
    /// Where it sticks.
    var maximum: UInt64
}

/// What the simulator counts and perfquery reads.
enum SimulatedCounters {
    /// The counters of PortCounters, which both ends have.
    static let errors: [SimulatedCounter] = [
        portCounter("symbol_error", "SymbolErrorCounter", bits: 16),
        portCounter("link_error_recovery", "LinkErrorRecoveryCounter", bits: 8),
        portCounter("link_downed", "LinkDownedCounter", bits: 8),
        portCounter("port_rcv_errors", "PortRcvErrors", bits: 16),
        portCounter("port_rcv_remote_physical_errors", "PortRcvRemotePhysicalErrors", bits: 16),
        portCounter("port_rcv_switch_relay_errors", "PortRcvSwitchRelayErrors", bits: 16),
        portCounter("port_xmit_discards", "PortXmitDiscards", bits: 16),
        portCounter("port_xmit_constraint_errors", "PortXmitConstraintErrors", bits: 8),
        portCounter("port_rcv_constraint_errors", "PortRcvConstraintErrors", bits: 8),
        portCounter("local_link_integrity_errors", "LocalLinkIntegrityErrors", bits: 4),
        portCounter("excessive_buffer_overrun_errors", "ExcessiveBufferOverrunErrors", bits: 4),
        portCounter("vl15_dropped", "VL15Dropped", bits: 16),
        portCounter("port_xmit_wait", "PortXmitWait", bits: 32),
    ]

    /// The counters of PortRcvErrorDetails and PortXmitDiscardDetails, which switches alone are
    /// asked for.
    static let details: [SimulatedCounter] = [
        detail("port_local_physical_errors", "PortRcvErrorDetails.PortLocalPhysicalErrors"),
        detail(
            "port_malformed_packet_errors", "PortRcvErrorDetails.PortMalformedPacketErrors",
            line: "PortMalformedPktErrors"),
        detail("port_buffer_overrun_errors", "PortRcvErrorDetails.PortBufferOverrunErrors"),
        detail("port_dlid_mapping_errors", "PortRcvErrorDetails.PortDLIDMappingErrors"),
        detail("port_vl_mapping_errors", "PortRcvErrorDetails.PortVLMappingErrors"),
        detail("port_looping_errors", "PortRcvErrorDetails.PortLoopingErrors"),
        detail("port_inactive_discards", "PortXmitDiscardDetails.PortInactiveDiscards"),
        detail("port_neighbor_mtu_discards", "PortXmitDiscardDetails.PortNeighborMTUDiscards"),
        detail(
            "port_switch_lifetime_limit_discards",
            "PortXmitDiscardDetails.PortSwLifetimeLimitDiscards"),
        detail(
            "port_switch_hoq_lifetime_limit_discards",
            "PortXmitDiscardDetails.PortSwHOQLifetimeLimitDiscards"),
    ]

    /// The 64-bit traffic counters; `multicast_rcv_packets` is left out, which the simulator always
    /// reports as zero.
    static let traffic: [SimulatedCounter] = [
        extended("port_xmit_data", "PortXmitData"), extended("port_rcv_data", "PortRcvData"),
        extended("port_xmit_packets", "PortXmitPkts"), extended("port_rcv_packets", "PortRcvPkts"),
        extended("unicast_xmit_packets", "PortUnicastXmitPkts"),
        extended("unicast_rcv_packets", "PortUnicastRcvPkts"),
        extended("multicast_xmit_packets", "PortMulticastXmitPkts"),
    ]

    /// What can be injected at an end.
    static func injectable(_ end: Cable.End) -> [SimulatedCounter] {
        end == .local ? errors : errors + details
    }

    private static func portCounter(
        _ name: String, _ line: String, bits: UInt64
    ) -> SimulatedCounter {
        SimulatedCounter(
            name: name, field: "PortCounters.\(line)", line: line, maximum: 1 << bits - 1)
    }

    private static func detail(
        _ name: String, _ field: String, line: String? = nil
    ) -> SimulatedCounter {
        SimulatedCounter(
            name: name, field: field, line: line ?? field.components(separatedBy: ".")[1],
            maximum: 0xFFFF)
    }

    private static func extended(_ name: String, _ line: String) -> SimulatedCounter {
        SimulatedCounter(name: name, field: nil, line: line, maximum: .max)
    }
}

extension Fabric {
    /// Values of counters by end and name.
    typealias Values = [CableEnd: [String: UInt64]]

    /// Sets counters of the simulated hardware.
    func set(_ values: Values) throws {
        let fields = Dictionary(
            (SimulatedCounters.errors + SimulatedCounters.details).map { ($0.name, $0.field) },
            uniquingKeysWith: { $1 })
        var lines: [String: [String]] = [:]
        for (end, counters) in values {
            let place = "\"\(end.cable.nodeID(end.end))\"[\(end.cable.port(end.end))]"
            for (name, value) in counters {
                guard let field = fields[name] ?? nil else { throw Failure("cannot set \(name)") }
                lines[end.cable.plane, default: []]
                    .append("PerformanceSet \(place) \(field)=\(value)")
            }
        }
        for (plane, batch) in lines {
            try call("cmd", [plane, "-"], input: batch.joined(separator: "\n") + "\n")
        }
    }

    /// Sets every counter that can be set at these cables to zero, as an operator would who clears
    /// counters before a burn-in.
    func clear(_ cables: [Cable]) throws {
        try set(
            values(cables) { end in
                let counters = SimulatedCounters.injectable(end.end)
                return Dictionary(uniqueKeysWithValues: counters.map { ($0.name, 0) })
            })
    }

    /// The same for both ends of each cable.
    func values(_ cables: [Cable], _ make: (CableEnd) -> [String: UInt64]) -> Values {
        var values: Values = [:]
        for cable in cables {
            for end in Cable.End.allCases {
                let end = CableEnd(cable: cable, end: end)
                values[end] = make(end)
            }
        }
        return values
    }

    /// What perfquery reads at both ends of each cable.
    func oracle(_ cables: [Cable]) throws -> Values {
        var values: Values = [:]
        for cable in cables {
            for end in Cable.End.allCases {
                values[CableEnd(cable: cable, end: end)] = try oracle(cable, end)
            }
        }
        return values
    }

    private func oracle(_ cable: Cable, _ end: Cable.End) throws -> [String: UInt64] {
        let place = "\(try lid(cable.nodeID(end))) \(cable.port(end))"
        var questions: [(flag: String, counters: [SimulatedCounter])] = [
            ("", SimulatedCounters.errors), ("-x", SimulatedCounters.traffic),
        ]
        if end == .peer {
            questions += [("-E", SimulatedCounters.details), ("-D", SimulatedCounters.details)]
        }
        // One process of the monitor host asks everything, one after the other.
        let script = questions.map { "perfquery \($0.flag) \(place)" }.joined(
            separator: " && echo @ && ")
        let answers = try call("run", ["\(cable.rail)", "sh", "-c", script])
            .components(separatedBy: "@\n")
        var values: [String: UInt64] = [:]
        for (question, answer) in zip(questions, answers) {
            let read = Self.parse(answer)
            for counter in question.counters where read[counter.line] != nil {
                values[counter.name] = read[counter.line]
            }
        }
        return values
    }

    // `SymbolErrorCounter:..............7`
    private static func parse(_ answer: String) -> [String: UInt64] {
        var values: [String: UInt64] = [:]
        for line in answer.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[colon...].drop { $0 == ":" || $0 == "." }
            values[String(line[..<colon])] = UInt64(value)
        }
        return values
    }
}
