import Model
import Testing

struct LedgerRestoreTests {
    private func narrow(_ value: UInt64) -> Reading { .value(value, field: 1) }

    @Test func restartGoesOnWithoutAJump() {
        var watched = Watched()
        watched.pass(["symbol_error": narrow(40), "port_rcv_data": .value(1 << 60, field: 0)])
        watched.pass(["symbol_error": narrow(2), "port_rcv_data": .value(5, field: 0)])
        let before = watched.record
        watched.restart()
        #expect(!watched.record.isPresent)
        let counters = 0..<InfiniBandCounters.count
        #expect(
            watched.record.cells[counters].map(\.latest) == before.cells[counters].map(\.latest))
        #expect(watched.record.origins == before.origins)
        #expect(
            watched.pass(["symbol_error": narrow(3), "port_rcv_data": .value(9, field: 0)]).isEmpty)
        #expect(watched.entry("symbol_error").total == 43)
        #expect(watched.entry("port_rcv_data").total == 1 << 60 + 9)
        #expect(watched.entry("port_rcv_data").quality == .exact)
    }

    @Test func restartKnowsARebootBetween() {
        var watched = Watched()
        watched.pass(["symbol_error": narrow(40)], epoch: 7)
        watched.restart()
        #expect(watched.pass(["symbol_error": narrow(50)], epoch: 8).map(\.kind) == [.restarted])
    }

    @Test func columnsAreMatchedByName() {
        var watched = Watched()
        watched.pass(["symbol_error": narrow(40), "link_downed": narrow(2)], epoch: 7)
        let record = watched.record
        var columns = zip(record.layout.columns.map(\.name), zip(record.cells, record.origins)).map
        {
            (name: $0, cell: $1.0, origin: $1.1)
        }
        columns.reverse()
        columns.insert(("column_of_tomorrow", .value(9, saturated: true), .none), at: 3)
        columns.removeAll { $0.name == "link_downed" || $0.name == "outbound_pci_stalled_rd" }
        watched.ledger = Ledger()
        watched.ledger.restore(
            key: Watched.key, columns: columns.map(\.name), cells: columns.map(\.cell),
            origins: columns.map(\.origin))
        #expect(watched.entry("link_downed").status == .never)
        #expect(
            watched.pass(["symbol_error": narrow(41), "link_downed": narrow(3)], epoch: 7).isEmpty)
        #expect(watched.entry("symbol_error").total == 41)
        #expect(watched.entry("link_downed").total == 3)
    }

    private static let stalls = ["outbound_pci_stalled_rd", "outbound_pci_stalled_wr"]

    /// What was written before a port had these gauges comes back as it was.
    @Test func gaugesThatAreNewTakeNothingFromWhatWasKept() {
        var watched = Watched()
        watched.pass(["symbol_error": narrow(40), "link_downed": narrow(2)], epoch: 7)
        let record = watched.record
        let kept = record.layout.columns.indices.filter {
            !Self.stalls.contains(record.layout.columns[$0].name)
        }
        #expect(kept.count == record.cells.count - 2)
        watched.ledger = Ledger()
        watched.ledger.restore(
            key: Watched.key, columns: kept.map { record.layout.columns[$0].name },
            cells: kept.map { record.cells[$0] }, origins: kept.map { record.origins[$0] })
        #expect(watched.record.origins == record.origins)
        for column in kept {
            #expect(watched.record.cells[column].latest == record.cells[column].latest)
        }
        for name in Self.stalls { #expect(watched.cell(name) == .missing(last: nil)) }
        #expect(
            watched.pass(["symbol_error": narrow(41), "link_downed": narrow(2)], epoch: 7).isEmpty)
        #expect(watched.entry("symbol_error").total == 41)
    }

    @Test func gaugesOfAPortAreKeptBesideItsLink() {
        var watched = Watched()
        var report = EndReport.reading(["symbol_error": narrow(1)])
        watched.pass(report)
        for name in Self.stalls { #expect(watched.cell(name) == .unsupported) }
        report.gauges = [.value(0, field: 0), .value(35, field: 0)]
        watched.pass(report)
        #expect(watched.cell("lane_rate") == .value(106_250, saturated: false))
        #expect(Self.stalls.map(watched.cell) == [0, 35].map { .value($0, saturated: false) })
        watched.pass(.unread(.timeout, link: .up))
        #expect(Self.stalls.map(watched.cell) == [0, 35].map { .missing(last: $0) })
        watched.restart()
        #expect(Self.stalls.map(watched.cell) == [0, 35].map { .missing(last: $0) })
    }

    @Test func historyWithoutAnEpochProvesNothing() {
        var watched = Watched()
        watched.ledger.restore(
            key: Watched.key, columns: ["symbol_error"], cells: [.value(40, saturated: false)],
            origins: [Origin(offset: 10, field: 1)])
        #expect(watched.pass(["symbol_error": narrow(35)], epoch: 0).map(\.kind) == [.restarted])
        #expect(watched.entry("symbol_error").total == 45)
    }

    @Test func sourceThatTheTableLacksKeepsTheTotal() {
        var watched = Watched()
        watched.ledger.restore(
            key: Watched.key, columns: ["symbol_error"], cells: [.value(40, saturated: false)],
            origins: [Origin(offset: 10, field: 9)])
        #expect(watched.pass(["symbol_error": narrow(70)]).map(\.kind) == [.sourceChanged])
        #expect(watched.entry("symbol_error").total == 40)
    }

    @Test func partsThatWereNotSeenForLongestAreForgotten() {
        var ledger = Ledger()
        let keys = (0...UInt64(Ledger.capacity + 9)).map { PortKey(node: GUID($0 + 1), port: 1) }
        let report = EndReport(link: .up, readings: [])
        for (turn, part) in [keys[..<10], keys[10...]].enumerated() {
            ledger.beginPass()
            for key in part { _ = ledger.observe(key, report, at: .at(UInt64(turn))) }
        }
        ledger.beginPass()
        #expect(ledger.records().count == Ledger.capacity)
        #expect(keys[..<10].allSatisfy { ledger[$0] == nil })
        #expect(keys[10...].allSatisfy { ledger[$0] != nil })
    }

    @Test func recordsAreOrderedByKey() {
        var ledger = Ledger()
        ledger.beginPass()
        for node in [0x30, 0x10, 0x20] as [UInt64] {
            let key = PortKey(node: GUID(node), port: 2)
            _ = ledger.observe(key, .reading(["symbol_error": narrow(1)]), at: .at(1))
        }
        #expect(ledger.records().map(\.key) == ledger.records().map(\.key).sorted())
        #expect(ledger.records().count == 3)
    }

    @Test func endsOfACableAreKeptTogether() {
        var ledger = Ledger()
        ledger.beginPass()
        let (near, far) = (PortKey(node: GUID(0x30), port: 1), PortKey(node: GUID(0x10), port: 7))
        for key in [near, far] {
            _ = ledger.observe(key, .reading(["symbol_error": narrow(1)]), at: .at(1))
        }
        #expect(ledger.records().map(\.bundle) == ledger.records().map(\.key))
        ledger.keep(.port(far), with: .port(near))
        #expect(ledger.records().map(\.bundle) == [near.description, near.description])
        // Somebody moved the cable.
        let other = PortKey(node: GUID(0x40), port: 1)
        ledger.keep(.port(far), with: .port(other))
        #expect(ledger.records()[0].bundle == near.description)
        _ = ledger.observe(other, .reading(["symbol_error": narrow(1)]), at: .at(1))
        ledger.keep(.port(far), with: .port(other))
        #expect(ledger.records()[0].bundle == other.description)
    }
}
