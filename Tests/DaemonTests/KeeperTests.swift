import Foundation
import History
import Model
import Serve
import Testing

@testable import Daemon

@Suite struct KeeperTests {
    private let stage = KeeperStage()

    @Test func troubleIsShownUntilItEndsAndLoggedOnce() throws {
        defer { stage.remove() }
        let keeper = stage.keeper(try stage.store())
        var ledger = Ledger()
        keeper.keep(stage.record(&ledger, symbolErrors: 1, at: 0), [])
        #expect(keeper.view.trouble == nil && keeper.view.failures == 0)
        #expect(keeper.latest == PassID(1))
        for step in 1...3 {
            keeper.keep(
                stage.broken(stage.record(&ledger, symbolErrors: 1, at: 10 * UInt64(step))),
                [])
        }
        #expect(keeper.view.failures == 3)
        #expect(keeper.view.trouble?.contains(stage.path) == true)
        #expect(keeper.latest == PassID(1), "what was not kept has no number")
        keeper.keep(stage.record(&ledger, symbolErrors: 1, at: 40), [])
        #expect(keeper.view.trouble == nil && keeper.view.failures == 3)
        #expect(keeper.latest == PassID(2))
        #expect(stage.book.told.map { $0.prefix(5) } == ["error", "notic"])
        #expect(keeper.view.sizeBytes > 0 && keeper.view.appendSeconds != nil)
    }

    @Test func clearingWhileNothingIsKeptIsSaidAfterwards() throws {
        defer { stage.remove() }
        let keeper = stage.keeper(try stage.store())
        var ledger = Ledger()
        keeper.keep(stage.record(&ledger, symbolErrors: 100, at: 0), [])
        keeper.keep(stage.broken(stage.record(&ledger, symbolErrors: 3, at: 10)), [])
        // Twice the same, and nothing more in the pass that is kept.
        keeper.keep(stage.broken(stage.record(&ledger, symbolErrors: 2, at: 20)), [])
        keeper.keep(stage.record(&ledger, symbolErrors: 4, at: 30), [])
        let desk = Desk(
            node: "n", clock: SystemClock(), archive: Archive(reader: Reader(directory: stage.path))
        )
        let deltas = try desk.deltas(since: .wall(milliseconds: 1_700_000_000_000))
        let counter = deltas.series.first?.counters.first { $0.name == "symbol_error" }
        // 3 after the first clearing, 2 after the second, then 2 more.
        #expect(counter?.delta == 7)
        #expect(counter?.quality == "at_least")
        #expect(counter?.reasons == ["cleared"])
        keeper.keep(stage.record(&ledger, symbolErrors: 4, at: 40), [])
        let next = try desk.deltas(since: .cursor(deltas.next)).series.first?.counters.first {
            $0.name == "symbol_error"
        }
        #expect(next?.quality == "exact", "said once")
    }

    @Test func eventOfASeriesThatIsForgottenDoesNotBlockTheNextPass() throws {
        defer { stage.remove() }
        let keeper = stage.keeper(try stage.store())
        var ledger = Ledger()
        keeper.keep(stage.record(&ledger, symbolErrors: 9, at: 0), [])
        keeper.keep(stage.broken(stage.record(&ledger, symbolErrors: 1, at: 10)), [])
        let other = PassRecord(moment: .scripted(seconds: 20), series: [], events: [])
        keeper.keep(other, [])
        #expect(keeper.view.trouble == nil)
    }

    @Test func publishedBasesOfALostPassAreKeptWithTheNext() throws {
        defer { stage.remove() }
        do {
            let keeper = stage.keeper(try stage.store())
            var ledger = Ledger()
            var bases = [UInt64?](repeating: nil, count: InfiniBandCounters.count)
            bases[KeeperStage.symbol] = 1000
            let shelf = Publication.Shelf(key: ScriptedNode.hca, bases: bases)
            keeper.keep(
                stage.broken(stage.record(&ledger, symbolErrors: 5, at: 0)),
                [("mlx5_0/1/local", shelf)])
            keeper.keep(stage.record(&ledger, symbolErrors: 6, at: 10), [])
        }
        var past = try stage.keeper(try stage.store()).past()
        let entries = try #require(past.ledger[.port(ScriptedNode.hca)]).entries
        let slot = Publication.Slot(device: "mlx5_0", port: 1, end: .local)
        let totals = past.publication.publish(slot, key: ScriptedNode.hca, entries: entries).totals
        #expect(totals[KeeperStage.symbol] == 1006)
    }

    private func event(_ id: UInt64) -> JournalEntry {
        JournalEntry(
            id: id,
            event: NodeEvent(
                kind: .xid, device: nil, number: 48, wallMilliseconds: Int64(id),
                source: .kernelLog, record: id, line: "NVRM"), bootID: "boot", gpu: nil,
            sources: [.kernelLog], root: nil)
    }

    @Test func eventsOfALostPassAreKeptWithTheNextUnlessTheyAreDropped() throws {
        defer { stage.remove() }
        do {
            let keeper = stage.keeper(try stage.store())
            var ledger = Ledger()
            keeper.keep(stage.record(&ledger, symbolErrors: 5, at: 0), [], [event(1), event(2)])
            keeper.keep(
                stage.broken(stage.record(&ledger, symbolErrors: 5, at: 10)), [],
                [event(3), event(4), event(5)], remains: EventJournal.Remains(through: 1))
            keeper.keep(
                stage.record(&ledger, symbolErrors: 6, at: 20), [],
                remains: EventJournal.Remains(through: 4, ids: [3]))
        }
        let journal = try stage.keeper(try stage.store()).past().journal
        #expect(journal.entries.map(\.id) == [3, 5] && journal.droppedThrough == 4)
    }

    @Test func removedFileIsNoticed() throws {
        defer { stage.remove() }
        let keeper = stage.keeper(try stage.store())
        var ledger = Ledger()
        keeper.keep(stage.record(&ledger, symbolErrors: 1, at: 0), [])
        stage.remove()
        keeper.keep(stage.record(&ledger, symbolErrors: 1, at: 10), [])
        #expect(keeper.view.trouble?.contains("was removed or replaced") == true)
        #expect(keeper.view.failures == 1 && keeper.latest == PassID(1))
        _ = try stage.store()
        keeper.keep(stage.record(&ledger, symbolErrors: 1, at: 20), [])
        #expect(keeper.view.trouble != nil, "another file in its place is not ours")
        #expect(stage.book.told.count == 1)
    }

    @Test func historyThatCannotBeOpenedIsSaidInHealthAndKeepsNothingBack() throws {
        let error = try #require(throws: HistoryError.self) {
            try Store(
                directory: stage.path + "/no/parent",
                limits: Store.Limits(maximumAgeMilliseconds: 1, maximumBytes: 1),
                nowMilliseconds: 0)
        }
        #expect(error.advice.contains("history.directory"))
        let keeper = Keeper(
            unopened: error, directory: stage.path, clock: SystemClock(), log: stage.book.logger())
        let pipeline = Pipeline(naming: .init(), keeper: keeper, past: try keeper.past())
        let node = ScriptedNode(local: ["symbol_error": 1], far: ["symbol_error": 1])
        let picture = pipeline.pass(
            [Collected(collector: "infiniband", report: .infiniBand(node.report(0)))],
            collectors: [.scripted(seconds: 0)], now: .scripted(seconds: 0))
        #expect(picture.findings.map(\.opinion.id) == [.historyUnavailable])
        #expect(picture.pass == nil && picture.history?.failures == 1)
        let evidence = picture.findings.first?.opinion.evidence.first
        #expect(evidence?.hasSuffix("Then restart the daemon.") == true)
    }

    @Test func nothingIsKnownOfAnEmptyHistory() throws {
        defer { stage.remove() }
        let keeper = stage.keeper(try stage.store())
        let past = try keeper.past()
        #expect(past.ledger.records().isEmpty && keeper.latest == nil)
    }
}
