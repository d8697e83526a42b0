import History
import Logging
import Model

/// What the history needs beside the passes: a check after the start, sealing, and the salvage of
/// a damaged file.
///
/// One thing at a time, on a thread of its own; what came of it is put into the file after a pass,
/// by the thread that writes. Used by that thread.
final class Upkeep {
    private enum Outcome: Sendable {
        case checked(HistoryCheck.Outcome)
        case sealed(Result<Sealer.Work, HistoryError>)
        case salvaged(Result<Salvager.Work, HistoryError>)
    }

    private let store: Store
    private let clock: any TimeSource
    private let log: Logger
    private let chore = Chore<Outcome>()
    private(set) var failures: UInt64 = 0
    /// What the check found; nil before it ended.
    private(set) var check: HistoryCheck.Outcome?
    private var sealTrouble: String?
    // When what failed may be tried again; nanoseconds on the boot clock.
    private var again: UInt64 = 0
    private static let pause: UInt64 = 60_000_000_000
    private static let stopMilliseconds: Int64 = 1000

    init(_ store: Store, clock: any TimeSource, log: Logger) {
        self.store = store
        self.clock = clock
        self.log = log
    }

    /// What is wrong; nil when nothing is.
    var trouble: String? {
        if case .damaged(let found) = check {
            return """
                The history is damaged: \(found). Restart the daemon: it moves the file aside and \
                salvages what is sound.
                """
        }
        return sealTrouble
    }

    /// How far the salvage of a damaged file is; nil when none was moved aside.
    var salvage: SalvageProgress? { store.salvage }

    /// Puts what is done into the file, and begins what is due; `write` runs what writes.
    func turn(_ write: (() throws(HistoryError) -> Void) throws(HistoryError) -> Void) {
        switch chore.take() {
        case nil: break
        case .checked(let outcome): take(outcome)
        case .sealed(let result): take(result, write)
        case .salvaged(let result): take(result, write)
        }
        guard !chore.isBusy, clock.now().boottimeNanoseconds >= again else { return }
        if !begin() { failSeal("no thread can be started for the history (pthread_create)") }
    }

    // False when there is no thread for it.
    private func begin() -> Bool {
        if check == nil {
            let check = store.check
            return chore.begin { .checked(check.run()) }
        }
        if let task = store.dueSeal {
            let sealer = store.sealer
            return chore.begin {
                .sealed(Result { () throws(HistoryError) in try sealer.prepare(task) })
            }
        }
        if let due = store.dueSalvage {
            return chore.begin {
                .salvaged(Result { () throws(HistoryError) in try due.prepare() })
            }
        }
        return true
    }

    /// Waits for what is under way, though not for long: it only reads, and what it came to is made
    /// anew after the next start.
    func stop() {
        chore.wait(milliseconds: Self.stopMilliseconds)
    }

    // MARK: Outcomes

    private func take(_ outcome: HistoryCheck.Outcome) {
        check = outcome
        switch outcome {
        case .sound: log.info("the history is sound (quick_check)")
        case .unfinished(let why): log.notice("the history could not be checked: \(why)")
        case .damaged:
            store.markDamaged()
            if let trouble { log.error("\(trouble)") }
        }
    }

    private func take(
        _ result: Result<Sealer.Work, HistoryError>,
        _ write: (() throws(HistoryError) -> Void) throws(HistoryError) -> Void
    ) {
        do {
            let work = try result.get()
            try write { () throws(HistoryError) in try store.commit(work) }
            if sealTrouble != nil { log.notice("passes are being sealed again") }
            sealTrouble = nil
        } catch {
            failSeal(error.description)
        }
    }

    private func failSeal(_ reason: String) {
        failures += 1
        if sealTrouble == nil { log.error("\(reason)") }
        sealTrouble = reason
        again = clock.now().boottimeNanoseconds + Self.pause
    }

    private func take(
        _ result: Result<Salvager.Work, HistoryError>,
        _ write: (() throws(HistoryError) -> Void) throws(HistoryError) -> Void
    ) {
        let work: Salvager.Work
        do {
            work = try result.get()
        } catch {
            store.endSalvage()
            return log.error("the damaged history cannot be salvaged any further: \(error)")
        }
        do {
            try write { () throws(HistoryError) in try store.commit(work) }
        } catch {
            again = clock.now().boottimeNanoseconds + Self.pause
            return log.notice("a slot is salvaged later: \(error)")
        }
        if let salvage, salvage.isDone {
            log.notice(
                """
                salvaged \(salvage.passes) passes of the damaged history, \(salvage.lost) are \
                lost; \(salvage.path) may be removed
                """)
        }
    }
}
