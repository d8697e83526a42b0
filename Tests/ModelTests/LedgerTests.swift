import Model
import Testing

struct LedgerTests {
    private func wide(_ value: UInt64) -> Reading { .value(value, field: 0) }
    private func narrow(_ value: UInt64) -> Reading { .value(value, field: 1) }

    // MARK: Steps

    @Test func firstReadingIsHistory() {
        var watched = Watched()
        #expect(watched.pass(["symbol_error": narrow(40)]).isEmpty)
        let entry = watched.entry("symbol_error")
        #expect(entry.total == 40 && entry.raw == 40 && entry.field == 1)
        #expect(entry.status == .fresh && entry.quality == .exact && !entry.isSaturated)
        #expect(watched.entry("link_downed").status == .unsupported)
        #expect(watched.cell("symbol_error") == .value(40, saturated: false))
        #expect(watched.cell("link_downed") == .unsupported)
        #expect(watched.ledger[Watched.key]?.seen == .at(10))
    }

    @Test func lostReadingIsMadeUpForExactly() {
        var watched = Watched()
        watched.pass(["symbol_error": narrow(40)])
        #expect(watched.pass(["symbol_error": .failed]).isEmpty)
        #expect(watched.entry("symbol_error").status == .missing)
        #expect(watched.cell("symbol_error") == .missing(last: 40))
        #expect(watched.pass(["symbol_error": narrow(47)]).isEmpty)
        #expect(watched.entry("symbol_error").total == 47)
        #expect(watched.entry("symbol_error").quality == .exact)
    }

    @Test func neverReadIsNotZero() {
        var watched = Watched()
        watched.pass(["symbol_error": .failed])
        #expect(watched.cell("symbol_error") == .missing(last: nil))
        #expect(watched.record.origins[row("symbol_error")] == .none)
    }

    @Test func clearedCounterGoesOnAsALowerBound() {
        var watched = Watched()
        watched.pass(["symbol_error": narrow(40)])
        let events = watched.pass(["symbol_error": narrow(3)])
        #expect(
            events == [
                CounterEvent(
                    key: Watched.key.description, column: row("symbol_error"), kind: .cleared,
                    before: 40, after: 3)
            ])
        #expect(watched.entry("symbol_error").total == 43)
        #expect(watched.entry("symbol_error").quality == .atLeast)
        #expect(watched.pass(["symbol_error": narrow(4)]).isEmpty)
        #expect(watched.entry("symbol_error").total == 44)
        #expect(watched.entry("symbol_error").quality == .exact)
    }

    @Test func clearOfOneDoubtsItsAttribute() {
        var watched = Watched()
        watched.pass([
            "symbol_error": narrow(40), "link_downed": narrow(1), "port_rcv_errors": wide(9),
            "port_looping_errors": wide(2),
        ])
        let events = watched.pass([
            "symbol_error": narrow(3), "link_downed": narrow(5), "port_rcv_errors": wide(10),
            "port_looping_errors": wide(2), "vl15_dropped": narrow(6),
        ])
        #expect(events.map(\.kind) == [.cleared, .perhapsCleared])
        #expect(events.map(\.column) == [row("symbol_error"), row("link_downed")])
        #expect(events.last?.before == 1 && events.last?.after == 5)
        #expect(watched.entry("link_downed").quality == .atLeast)
        #expect(watched.entry("link_downed").total == 5)
        // Other attributes, and what was first read now, are not in doubt.
        #expect(watched.entry("port_rcv_errors").quality == .exact)
        #expect(watched.entry("port_looping_errors").quality == .exact)
        #expect(watched.entry("vl15_dropped").quality == .exact)
    }

    @Test(arguments: [false, true])
    func doubtWaitsForTheNextReading(restarts: Bool) {
        var watched = Watched()
        watched.pass(["symbol_error": narrow(40), "link_downed": narrow(1)])
        #expect(
            watched.pass(["symbol_error": narrow(3), "link_downed": .failed]).map(\.kind)
                == [.cleared])
        if restarts { watched.restart() }
        let events = watched.pass(["symbol_error": narrow(3), "link_downed": narrow(5)])
        #expect(events.map(\.column) == [row("link_downed")])
        // A restart forgets what the doubt was about, so it promises less.
        #expect(events.map(\.kind) == [restarts ? .sourceChanged : .perhapsCleared])
        #expect(watched.entry("link_downed").quality == (restarts ? .unknown : .atLeast))
        #expect(watched.entry("link_downed").total == (restarts ? 1 : 5))
        #expect(watched.pass(["link_downed": narrow(6)]).isEmpty)
        #expect(watched.entry("link_downed").total == (restarts ? 2 : 6))
    }

    private func held(_ value: UInt64) -> Reading { .held(value, field: 1) }

    @Test func whatWasNotDueStaysAsItWasRead() {
        var watched = Watched()
        watched.pass(["symbol_error": narrow(40), "link_downed": .failed])
        #expect(watched.pass(["symbol_error": held(40), "link_downed": .failed]).isEmpty)
        #expect(watched.entry("symbol_error").status == .fresh)
        #expect(watched.cell("symbol_error") == .value(40, saturated: false))
        // What was read in a pass that nobody heard of is not lost.
        #expect(watched.pass(["symbol_error": held(42), "link_downed": held(3)]).isEmpty)
        #expect(watched.entry("symbol_error").total == 42)
        #expect(watched.entry("link_downed").total == 3)
        #expect(watched.entry("link_downed").status == .fresh)
    }

    @Test(arguments: [false, true])
    func whatWasNotDueStaysInDoubt(restarts: Bool) {
        var watched = Watched()
        watched.pass(["symbol_error": narrow(40), "link_downed": narrow(1)])
        let epoch: UInt64 = restarts ? 2 : 1
        let events = watched.pass(
            ["symbol_error": narrow(restarts ? 41 : 3), "link_downed": held(1)], epoch: epoch)
        #expect(events.map(\.column) == [row("symbol_error")])
        #expect(watched.entry("link_downed").quality == .exact)
        let same = watched.pass(
            ["symbol_error": narrow(41), "link_downed": held(1)], epoch: epoch)
        #expect(same.isEmpty)
        // It may have passed its old value again meanwhile.
        let later = watched.pass(
            ["symbol_error": narrow(41), "link_downed": narrow(5)], epoch: epoch)
        #expect(later.map(\.kind) == [restarts ? .restarted : .perhapsCleared])
        #expect(watched.entry("link_downed").quality == .atLeast)
        #expect(watched.entry("link_downed").total == 5)
    }

    @Test func changeOfSourceIsNoIncrease() {
        var watched = Watched()
        watched.pass(["symbol_error": narrow(40)])
        #expect(watched.pass(["symbol_error": wide(1_000_000)]).map(\.kind) == [.sourceChanged])
        #expect(watched.entry("symbol_error").total == 40)
        #expect(watched.entry("symbol_error").quality == .unknown)
        #expect(watched.pass(["symbol_error": wide(1_000_005)]).isEmpty)
        #expect(watched.entry("symbol_error").total == 45)
        #expect(watched.pass(["symbol_error": narrow(0xFFFF)]).map(\.kind) == [.sourceChanged])
        #expect(watched.entry("symbol_error").isSaturated)
    }

    @Test func fieldThatTheTableLacksIsNotRead() {
        var watched = Watched()
        watched.pass(["symbol_error": narrow(40)])
        #expect(watched.pass(["symbol_error": .value(50, field: 3)]).isEmpty)
        #expect(watched.cell("symbol_error") == .missing(last: 40))
    }

    // MARK: Epochs

    @Test(arguments: [(45, 45), (3, 43)] as [(UInt64, UInt64)])
    func restartedDeviceIsALowerBound(raw: UInt64, total: UInt64) {
        var watched = Watched()
        watched.pass(["symbol_error": narrow(40)], epoch: 7)
        #expect(watched.pass(["symbol_error": narrow(raw)], epoch: 8).map(\.kind) == [.restarted])
        #expect(watched.entry("symbol_error").total == total)
        #expect(watched.entry("symbol_error").quality == .atLeast)
        #expect(watched.pass(["symbol_error": narrow(raw + 1)], epoch: 8).isEmpty)
        #expect(watched.entry("symbol_error").quality == .exact)
    }

    @Test func epochIsRememberedForWhatWasNotRead() {
        var watched = Watched()
        let both = ["symbol_error": narrow(40), "port_looping_errors": wide(2)]
        watched.pass(both, epoch: 7)
        watched.pass(["symbol_error": narrow(41), "port_looping_errors": .failed], epoch: 8)
        let events = watched.pass(
            ["symbol_error": narrow(41), "port_looping_errors": wide(9)], epoch: 8)
        #expect(events.map(\.kind) == [.restarted])
        #expect(events.map(\.column) == [row("port_looping_errors")])
        #expect(watched.entry("port_looping_errors").quality == .atLeast)
    }

    @Test func unreadReportChangesNoEpoch() {
        var watched = Watched()
        watched.pass(["symbol_error": narrow(40)], epoch: 7)
        #expect(watched.pass(.unread(.timeout)).isEmpty)
        #expect(watched.pass(.unread(.timeout, link: .up)).isEmpty)
        #expect(watched.pass(["symbol_error": narrow(41)], epoch: 7).isEmpty)
        #expect(watched.entry("symbol_error").quality == .exact)
    }

    // MARK: Full counters

    @Test func fullCounterIsSaidOnceAndMarked() {
        var watched = Watched()
        watched.pass(["link_downed": narrow(250)])
        #expect(watched.pass(["link_downed": narrow(255)]).map(\.kind) == [.saturated])
        #expect(watched.cell("link_downed") == .value(255, saturated: true))
        #expect(watched.pass(["link_downed": narrow(255)]).isEmpty)
        #expect(watched.entry("link_downed").quality == .atLeast)
        watched.restart()
        #expect(watched.entry("link_downed").isSaturated)
        #expect(watched.pass(["link_downed": narrow(255)]).isEmpty)
        #expect(watched.pass(["link_downed": narrow(2)]).map(\.kind) == [.cleared])
        #expect(watched.cell("link_downed") == .value(257, saturated: false))
        #expect(watched.pass(["link_downed": narrow(3)]).isEmpty)
        #expect(watched.entry("link_downed").quality == .exact)
    }

    @Test func counterThatIsFullAtFirstSightIsSaid() {
        var watched = Watched()
        #expect(
            watched.pass(["local_link_integrity_errors": narrow(15)]).map(\.kind) == [.saturated])
        #expect(watched.entry("local_link_integrity_errors").quality == .atLeast)
        #expect(watched.entry("local_link_integrity_errors").isSaturated)
    }

    // MARK: Presence

    @Test func absentPartKeepsItsTotals() {
        var watched = Watched()
        watched.pass(["symbol_error": narrow(40)])
        watched.pass(nil)
        #expect(!watched.record.isPresent)
        #expect(watched.cell("symbol_error") == .missing(last: 40))
        #expect(watched.cell("link_downed") == .unsupported)
        #expect(watched.cell("state") == .missing(last: 4))
        watched.pass(["symbol_error": narrow(41)])
        #expect(watched.record.isPresent)
        #expect(watched.cell("symbol_error") == .value(41, saturated: false))
    }

    @Test func unreadReportDoesNotMakeAPartPresent() {
        var watched = Watched()
        watched.pass(["symbol_error": narrow(40)])
        var report = EndReport.unread(.timeout, link: .up)
        report.linkAgeNanoseconds = 1
        watched.pass(report)
        #expect(!watched.record.isPresent)
        #expect(watched.ledger[Watched.key]?.seen == .at(10))
        #expect(watched.entry("symbol_error").status == .missing)
        watched.pass(.unread(.timeout, link: .up))
        #expect(watched.record.isPresent && watched.cell("state") == .value(4, saturated: false))
        #expect(watched.cell("symbol_error") == .missing(last: 40))
    }

    @Test func firstAnswerOfAPassCounts() {
        var watched = Watched()
        watched.pass(["symbol_error": narrow(40)])
        let key = Watched.key
        let again = EndReport.reading(["symbol_error": narrow(3)])
        #expect(watched.ledger.observe(key, again, at: .at(11)).isEmpty)
        #expect(watched.entry("symbol_error").total == 40)
        #expect(watched.ledger[key]?.seen == .at(10))
        // An answer without anything in it is none.
        watched.pass(.unread(.timeout))
        _ = watched.ledger.observe(
            key, .reading(["symbol_error": narrow(42)]), at: .at(22))
        #expect(watched.entry("symbol_error").total == 42)
    }

    @Test func counterThatIsNoLongerOfferedKeepsItsTotal() {
        var watched = Watched()
        watched.pass(["symbol_error": narrow(40)])
        watched.pass(["symbol_error": narrow(10)])
        watched.pass([:])
        #expect(watched.entry("symbol_error").status == .unsupported)
        #expect(watched.cell("symbol_error") == .missing(last: 50))
        watched.restart()
        #expect(watched.pass(["symbol_error": narrow(12)]).isEmpty)
        #expect(watched.entry("symbol_error").total == 52)
    }

    // MARK: Gauges

    @Test func gaugesTellTheLink() {
        var watched = Watched()
        watched.pass(.reading([:], epoch: 9))
        let names = ["state", "physical_state", "width", "lane_rate", "epoch"]
        #expect(watched.record.cells.count == watched.record.layout.columns.count)
        #expect(watched.record.origins.count == watched.record.layout.columns.count)
        #expect(
            names.map { watched.cell($0)?.latest } == [4, 5, 4, 106_250, nil],
            "an epoch counts together with a value only")
        watched.pass(.reading(["symbol_error": narrow(1)], epoch: 9, link: .down))
        #expect(watched.cell("state") == .value(1, saturated: false))
        #expect(watched.cell("width") == .missing(last: 4))
        #expect(watched.cell("lane_rate") == .missing(last: 106_250))
        #expect(watched.cell("epoch") == .value(9, saturated: false))
    }

    @Test func unreadLinkIsNotFresh() throws {
        var watched = Watched()
        watched.pass(["symbol_error": narrow(1)])
        watched.pass(.reading(["symbol_error": narrow(1)], link: nil))
        #expect(watched.record.isPresent)
        #expect(watched.cell("state") == .missing(last: 4))
        let gauges = try #require(watched.ledger[Watched.key]?.gauges)
        #expect(gauges.prefix(4).map(\.value) == [4, 5, 4, 106_250])
    }
}
