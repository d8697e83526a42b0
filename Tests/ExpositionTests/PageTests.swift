import Exposition
import Model
import Testing

/// What the page shows of a node, and what it leaves out.
struct PageTests {
    private static func values(_ name: String, _ scrape: Scrape) throws -> [Page.Value] {
        try Node.page(scrape, .prometheus).samples.filter { $0.name == name }.map(\.value)
    }

    private static func values(_ name: String, _ end: EndSample) throws -> [Page.Value] {
        var cable = Node.cable()
        cable.local = end
        cable.peer = nil
        return try values(name, Node.scrape(cables: [cable]))
    }

    @Test(arguments: TextFormat.allCases)
    func labelsAreEscaped(_ format: TextFormat) throws {
        let text = "a\"b\\c\nd{e=\"f\"},g\r\t# EOF é"
        var cable = Node.cable()
        cable.device = text
        cable.report = Node.report(
            description: text, peer: .observed(Node.identity(text), Node.endReport))
        let bytes = Node.scrape(collectors: [Node.collector(text)], cables: [cable]).render(format)
        let page = try Page(bytes, format)
        for name in ["device", "description", "peer_description", "collector"] {
            let found = page.samples.flatMap(\.labels).filter { $0.name == name }.map(\.value)
            #expect(Set(found) == [text], "\(name)")
        }
        let raw = String(decoding: bytes, as: UTF8.self)
        #expect(raw.contains(#"device="a\"b\\c\nd{e=\"f\"},g"#))
    }

    @Test func `a device that is not heard is shown as such`() throws {
        var heard = Node.collector("infiniband")
        heard.hearings = [
            EventHearing(device: "mlx5_0", isHeard: true, trouble: nil),
            EventHearing(device: "mlx5_1", isHeard: false, trouble: "no permission"),
        ]
        var late = heard
        late.name = "late"
        late.isUp = false
        let values = try Self.values(
            "fabricwatch_infiniband_device_events_up", Node.scrape(collectors: [heard, late]))
        #expect(values == [.integer(1), .integer(0), .integer(0), .integer(0)])
        #expect(
            try Self.values("fabricwatch_infiniband_device_events_up", Node.scrape()).isEmpty)
    }

    @Test func `what differs from the manifest is counted by kind, and not without one`() throws {
        let name = "fabricwatch_inventory_differences"
        #expect(try Self.values(name, Node.scrape()).isEmpty)
        #expect(try Self.values("fabricwatch_inventory_unverified_facts", Node.scrape()).isEmpty)
        var scrape = Node.scrape()
        scrape.manifest = ManifestSample(
            differences: [.miswired, .firmware, .miswired], unverified: 5)
        let page = try Node.page(scrape, .prometheus)
        let found = page.samples.filter { $0.name == name }
        #expect(found.count == DifferenceKind.allCases.count, "0 is known, too")
        let counts = found.filter { $0.value != .integer(0) }.map(\.labels)
        let kinds = [DifferenceKind.miswired, .firmware].map {
            [Page.Label(name: "kind", value: $0.rawValue)]
        }
        #expect(counts == kinds)
        #expect(try Self.values("fabricwatch_inventory_unverified_facts", scrape) == [.integer(5)])
    }

    /// The largest total is shown to the last digit, and bytes stay at the maximum.
    @Test func largestNumbers() throws {
        let page = try Node.page(Node.scrape(), .prometheus)
        for name in ["symbol_error_total", "port_xmit_data_bytes_total"] {
            let peer = page.samples.first {
                $0.name == "fabricwatch_infiniband_\(name)"
                    && $0.labels.contains(Page.Label(name: "end", value: "peer"))
            }
            #expect(peer?.value == .integer(.max))
        }
        let local = page.samples.first {
            $0.name == "fabricwatch_infiniband_port_xmit_data_bytes_total"
        }
        #expect(local?.value == .integer(4000))
    }

    /// Most switches have no lane counters: no empty families for them.
    @Test func countersThatNobodyOffersAreLeftOut() throws {
        let titles = Set(try Node.page(Node.scrape(), .prometheus).families.map(\.title))
        let shown = MetricFamilies.counters.filter { titles.contains($0.family.name) }
        #expect(
            Set(shown.map(\.family.name)) == [
                "fabricwatch_infiniband_symbol_error_total",
                "fabricwatch_infiniband_link_downed_total",
                "fabricwatch_infiniband_port_xmit_data_bytes_total",
                "fabricwatch_infiniband_fec_corrected_symbols_total",
            ])
    }

    @Test func lanes() throws {
        let sample = try #require(
            try Node.page(Node.scrape(), .openMetrics).samples.first {
                $0.name == "fabricwatch_infiniband_fec_corrected_symbols_total"
            })
        #expect(sample.labels.map(\.name) == ["device", "port", "end", "lane"])
        #expect(sample.labels.map(\.value) == ["rail0", "1", "local", "1"])
    }

    @Test func gaugesOfAPort() throws {
        var end = Node.end(["symbol_error": 3])
        end.gauges = [37, nil]
        let name = "fabricwatch_infiniband_outbound_pci_stalled"
        #expect(try Self.values("\(name)_rd_ratio", end) == [.real(0.37)])
        #expect(try Self.values("\(name)_wr_ratio", end) == [], "unknown is not zero")
    }

    /// Nothing stale passes for fresh, and nothing unknown for zero.
    @Test func staleEnd() throws {
        var end = Node.end(["symbol_error": 3])
        end.entries[0].isSaturated = true
        end.totals = end.totals.map { _ in nil }
        end.link = nil
        end.isUp = false
        let name = "fabricwatch_infiniband_"
        for gone in ["symbol_error_total", "port_state", "link_width_lanes", "saturated_counters"] {
            #expect(try Self.values(name + gone, end) == [], "\(gone)")
        }
        #expect(try Self.values(name + "end_up", end) == [.integer(0)])
        #expect(
            try Self.values(name + "end_last_sample_timestamp_seconds", end)
                == [.real(1_770_000_000.5)])
        let unsupported = UInt64(InfiniBandCounters.count - 1)
        #expect(
            try Self.values(name + "counters", end)
                == [0, 0, 0, 1, 0, unsupported].map { .integer($0) })
    }

    @Test func qualities() throws {
        var end = Node.end([
            "symbol_error": 1, "link_downed": 2, "port_rcv_errors": 3, "vl15_dropped": 4,
        ])
        let rows = ["link_downed", "port_rcv_errors", "vl15_dropped"].compactMap(
            InfiniBandCounters.index)
        end.entries[rows[0]].quality = .atLeast
        end.entries[rows[0]].isSaturated = true
        end.entries[rows[1]].quality = .unknown
        end.entries[rows[2]].status = .missing
        end.totals[rows[2]] = nil
        let unsupported = UInt64(InfiniBandCounters.count - 4)
        #expect(
            try Self.values("fabricwatch_infiniband_counters", end)
                == [1, 1, 1, 1, 0, unsupported].map { .integer($0) })
        #expect(
            try Self.values("fabricwatch_infiniband_saturated_counters", end) == [.integer(1)])
    }

    @Test(arguments: [(1, true, 0), (2, true, 1), (4, true, 1), (4, false, 0)])
    func widthAndRate(state: UInt8, isKnown: Bool, count: Int) throws {
        var link = Node.link
        link.state = state
        if !isKnown {
            link.widthLanes = 0
            link.laneMegabitsPerSecond = 0
        }
        let end = Node.end([:], link: link)
        let name = "fabricwatch_infiniband_"
        #expect(
            try Self.values(name + "link_width_lanes", end)
                == Array(repeating: .integer(4), count: count))
        #expect(
            try Self.values(name + "link_rate_bytes_per_second", end)
                == Array(repeating: .integer(53_125_000_000), count: count))
        #expect(try Self.values(name + "port_state", end) == [.integer(UInt64(state))])
    }

    @Test(
        arguments: [([], 0), ([true], 1), ([true, false], 0), ([true, true], 1)]
            as [([Bool], UInt64)])
    func upNeedsEveryProbe(up: [Bool], value: UInt64) throws {
        let collectors = up.enumerated().map { number, isUp in
            var collector = Node.collector("probe\(number)")
            collector.isUp = isUp
            return collector
        }
        #expect(
            try Self.values("fabricwatch_up", Node.scrape(collectors: collectors))
                == [.integer(value)])
    }

    @Test func oneVerdictHolds() throws {
        let page = try Node.page(Node.scrape(), .prometheus)
        let samples = page.samples.filter { $0.name == "fabricwatch_health_verdict" }
        #expect(samples.flatMap(\.labels).map(\.value) == Node.verdicts)
        #expect(samples.map(\.value) == [0, 0, 1, 0, 0].map { .integer($0) })
    }

    /// What a daemon without history, probes and proc file system shows.
    @Test(arguments: TextFormat.allCases)
    func daemonThatKnowsNothing(_ format: TextFormat) throws {
        let scrape = Scrape(
            version: "0.1.0", verdict: (Node.verdicts, "UNKNOWN"), conditions: [], collectors: [],
            cables: [], history: nil,
            server: ServerSample(requests: [], connections: 0, refused: 0),
            process: ProcessSample())
        let page = try Node.page(scrape, format)
        #expect(page.samples.count == 1 + 1 + 5 + 2 + 2)
        #expect(!page.families.contains { $0.title.contains("history") })
    }

    @Test func unknownPeerHasNoSamples() throws {
        var cable = Node.cable()
        cable.report = Node.report(peer: .unobservable(.timeout))
        cable.peer = nil
        let page = try Node.page(Node.scrape(cables: [cable]), .prometheus)
        #expect(!page.samples.contains { $0.name.contains("peer_info") })
        #expect(!page.samples.flatMap(\.labels).contains(Page.Label(name: "end", value: "peer")))
    }

    @Test(arguments: TextFormat.allCases)
    func pageEnds(_ format: TextFormat) {
        let text = String(decoding: Node.scrape().render(format), as: UTF8.self)
        #expect(text.hasSuffix("\n# EOF\n") == (format == .openMetrics))
        #expect(!text.contains("\n\n") && !text.hasPrefix("\n"))
    }
}
