import Foundation
import Model
import Testing
import Wire

extension EndToEndTests {
    @Test("Random errors at both ends of every cable are shown as perfquery reads them")
    func injectedErrors() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        try withDaemon { daemon, fabric in
            let cursor = try daemon.cursor()
            let before = try fabric.oracle(daemon.cables)
            let totals = try daemon.metrics()
            var generator = SeededGenerator(seed: seed)
            let injected = Fabric.random(daemon.cables, above: before, &generator)
            try fabric.set(injected)
            try daemon.awaitNewPass()

            let shown = try daemon.counters()
            let oracle = try fabric.oracle(daemon.cables)
            let page = try daemon.metrics()
            let deltas = try daemon.deltas(since: cursor)
            for (end, values) in injected {
                let truth = oracle[end] ?? [:]
                for (name, value) in values {
                    #expect(truth[name] == value, "perfquery, \(end) \(name), seed \(seed)")
                }
                try checkShown(shown, end, truth, seed)
                try checkDeltas(deltas, end, from: before[end] ?? [:], to: truth, seed)
                checkTotals(page, totals, end, from: before[end] ?? [:], to: truth, seed)
            }
        }
    }

    private func checkShown(
        _ shown: V1.Counters, _ end: CableEnd, _ truth: [String: UInt64], _ seed: UInt64
    ) throws {
        let entries = try shown.entries(end)
        for counter in SimulatedCounters.injectable(end.end) {
            let entry = entries[counter.name]
            #expect(entry?.state == "value", "\(end) \(counter.name)")
            #expect(
                entry?.value?.raw == truth[counter.name],
                "\(end) \(counter.name) against perfquery, seed \(seed)")
            #expect(entry?.value?.stale == false)
        }
        // Every question moves the traffic counters, so that the later reader sees more.
        for counter in SimulatedCounters.traffic {
            let entry = entries[counter.name]
            #expect(entry?.state == "value", "\(end) \(counter.name)")
            #expect(
                entry?.value?.raw ?? .max <= truth[counter.name] ?? 0,
                "\(end) \(counter.name) against perfquery, seed \(seed)")
        }
        // An HCA is never asked for details; what was not asked is not zero.
        for counter in SimulatedCounters.details where end.end == .local {
            #expect(entries[counter.name]?.state == "unsupported", "\(end) \(counter.name)")
            #expect(entries[counter.name]?.value == nil, "\(end) \(counter.name)")
        }
    }

    private func checkDeltas(
        _ deltas: V1.Deltas, _ end: CableEnd, from: [String: UInt64], to: [String: UInt64],
        _ seed: UInt64
    ) throws {
        #expect(deltas.complete)
        let entries = try deltas.entries(end)
        for counter in SimulatedCounters.injectable(end.end) {
            let delta = entries[counter.name]
            let increase = (to[counter.name] ?? 0) - (from[counter.name] ?? 0)
            #expect(delta?.delta == increase, "\(end) \(counter.name), seed \(seed)")
            #expect(delta?.quality == "exact", "\(end) \(counter.name) \(delta?.reasons ?? [])")
        }
    }

    private func checkTotals(
        _ page: MetricsText, _ earlier: MetricsText, _ end: CableEnd, from: [String: UInt64],
        to: [String: UInt64], _ seed: UInt64
    ) {
        for counter in SimulatedCounters.injectable(end.end) {
            let increase = Double((to[counter.name] ?? 0) - (from[counter.name] ?? 0))
            let (now, then) = (page.total(counter.name, end), earlier.total(counter.name, end))
            #expect(now != nil, "\(end) \(counter.name)")
            #expect(
                (now ?? 0) - (then ?? 0) == increase, "\(end) \(counter.name), seed \(seed)")
        }
    }

    @Test("Consecutive cursors tell every increase once")
    func consecutiveCursors() throws {
        try withDaemon { daemon, fabric in
            let end = CableEnd(cable: daemon.cables[3], end: .peer)
            var cursor = try daemon.cursor()
            var last: V1.PassTime?
            var sum: UInt64 = 0
            var passes = 0
            for round in 1...4 {
                // In the middle of whatever pass is under way.
                try fabric.set([end: ["symbol_error": UInt64(round * round * 10)]])
                let window = try eventually("a window after \(cursor)") { () -> V1.Deltas? in
                    let window = try daemon.deltas(since: cursor)
                    return window.passes > 0 ? window : nil
                }
                if let last { #expect(window.from == last) }
                #expect(window.complete)
                last = window.to
                cursor = window.next
                passes += window.passes
                sum += try window.entries(end)["symbol_error"]?.delta ?? 0
            }
            try daemon.awaitNewPass()
            let rest = try daemon.deltas(since: cursor)
            #expect(rest.from == last)
            sum += try rest.entries(end)["symbol_error"]?.delta ?? 0
            #expect(sum == 160)
            #expect(passes >= 4)
        }
    }

    @Test("A full counter is a lower bound and says so, and a clear does not take totals back")
    func saturation() throws {
        try withDaemon { daemon, fabric in
            let end = CableEnd(cable: daemon.cables[5], end: .peer)
            try fabric.set([end: ["link_downed": 250]])
            try daemon.awaitNewPass()
            let cursor = try daemon.cursor()
            try fabric.set([end: ["link_downed": 255]])
            try daemon.awaitNewPass()

            let full = try daemon.deltas(since: cursor)
            let delta = try full.entries(end)["link_downed"]
            #expect(delta?.delta == 5)
            #expect(delta?.quality == "at_least")
            #expect(delta?.reasons == ["saturated"])
            let health = try daemon.health()
            let blind = health.conditions.filter { $0.id == "counter_blind" }
            #expect(blind.map(\.severity) == ["WARNING"])
            #expect(blind.map(\.subject.device) == ["rail5"])
            #expect(blind.map(\.subject.end) == ["peer"])
            #expect(health.verdict == "WARNING")
            #expect(try daemon.counters().entries(end)["link_downed"]?.value?.saturated == true)
            #expect(try daemon.metrics().total("link_downed", end) == 255)

            try fabric.clearByMAD(end)
            try daemon.awaitNewPass()
            let cleared = try daemon.deltas(since: full.next)
            #expect(try cleared.entries(end)["link_downed"]?.quality == "at_least")
            #expect(try daemon.metrics().total("link_downed", end) == 255)
            try fabric.set([end: ["link_downed": 3]])
            try daemon.awaitNewPass()
            #expect(try daemon.metrics().total("link_downed", end) == 258)
            #expect(try daemon.counters().entries(end)["link_downed"]?.value?.raw == 3)
            #expect(try daemon.health().verdict == "PASS")
        }
    }
}

extension Fabric {
    /// Counts for every counter that can be set, each above what it is now and below where it
    /// sticks.
    fileprivate static func random(
        _ cables: [Cable], above: Values, _ generator: inout SeededGenerator
    ) -> Values {
        var values: Values = [:]
        for cable in cables {
            for end in Cable.End.allCases {
                let end = CableEnd(cable: cable, end: end)
                for counter in SimulatedCounters.injectable(end.end) {
                    let now = above[end]?[counter.name] ?? 0
                    values[end, default: [:]][counter.name] = UInt64.random(
                        in: now...counter.maximum - 1, using: &generator)
                }
            }
        }
        return values
    }

    /// Clears PortCounters as an operator does, with a management datagram.
    fileprivate func clearByMAD(_ end: CableEnd) throws {
        try call(
            "run",
            [
                "\(end.cable.rail)", "perfquery", "-R", "\(try lid(end.cable.nodeID(end.end)))",
                "\(end.cable.port(end.end))",
            ])
    }
}

/// SplitMix64, so that a failure can be repeated from its seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
