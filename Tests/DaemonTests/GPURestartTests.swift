import Model
import Testing

@testable import Daemon

/// A reset answers what was told before it, and nothing that may have been told since.
struct GPURestartTests {
    private static let uuid = GPUUUID(high: 1, low: 0x18)
    private static let address = PCIAddress(domain: 0, bus: 0x18, device: 0)

    /// What one turn saw of the GPU: the energy where it was read.
    private struct Turn {
        var seconds: UInt64
        var state = GPUState.read
        var energy: UInt64?
        var age: UInt64 = 0
        var epoch: UInt64 = 7
        var action: UInt64?

        static func read(_ seconds: UInt64, _ energy: UInt64?, epoch: UInt64 = 7) -> Turn {
            Turn(seconds: seconds, energy: energy, epoch: epoch)
        }

        static func not(
            _ seconds: UInt64, _ state: GPUState, age: UInt64 = 0, epoch: UInt64 = 7
        ) -> Turn {
            Turn(seconds: seconds, state: state, age: age, epoch: epoch)
        }

        var report: GPUReport {
            var gpu = GPUDeviceReport(address: address, state: state)
            gpu.identity = GPUIdentity(uuid: uuid)
            gpu.ageNanoseconds = age * 1_000_000_000
            gpu.epoch = epoch
            gpu.gauges[0] = .value(1, field: 0)
            if let action {
                gpu.gauges[GPUCounters.recoveryActionRow] = .value(action, field: 0)
            }
            if let energy { gpu.readings[GPUCounters.energyRow] = .value(energy, field: 0) }
            return GPUReport(
                moment: .scripted(seconds: seconds), durationNanoseconds: 2_000_000_000,
                library: GPULibrary(state: .ready), gpus: [gpu])
        }
    }

    private static func failed(_ code: Int32, _ function: String = "nvmlX") -> GPUState {
        .failed(GPUFailure(function: function, code: code, codeName: "CODE"))
    }

    private static func xid(_ number: UInt32, at seconds: UInt64) -> NodeEvent {
        NodeEvent(
            kind: .xid, device: .pci(address), number: number,
            wallMilliseconds: Moment.scripted(seconds: seconds).wallMilliseconds,
            source: .kernelLog, record: seconds, line: "Xid \(number)")
    }

    /// When of the Xids of every second from 1 to 59 those were told that the turns answered.
    private static func answered(_ turns: [Turn], _ number: UInt32 = 48) -> [UInt64] {
        var roster = GPURoster()
        var ledger = Ledger()
        var journal = EventJournal()
        let bootID = Moment.scripted(seconds: 0).bootID
        for second in UInt64(1)...59 {
            journal.note(xid(number, at: second), bootID: bootID, gpu: uuid)
        }
        for turn in turns {
            ledger.beginPass()
            _ = roster.take(turn.report, &ledger)
            journal.answer(roster.takeRestarts())
        }
        return journal.entries.filter(\.isAnswered).compactMap(\.event.record)
    }

    @Test func whatCameAfterTheLastReadingMayHaveComeAfterTheReset() {
        let turns: [Turn] = [.read(10, 100), .read(20, 200), .read(40, 3)]
        #expect(Self.answered(turns) == Array(1...20))
        // To be read is no proof that the energy still counted on.
        #expect(Self.answered([.read(10, 100), .read(20, nil), .read(40, 3)]) == Array(1...10))
        #expect(Self.answered([.read(10, 100), .read(40, 101)]) == [])
    }

    @Test(
        arguments: [
            (Turn.not(30, failed(15)), 30), (.not(30, failed(16)), 30),
            // A refusal that was only remembered.
            (.not(30, failed(15), age: 4), 26),
            (.not(30, failed(28, "sysfs"), age: 20), 29),
            // These may come of a GPU that has been reset.
            (.not(30, failed(6)), 20), (.not(30, failed(999)), 20),
            (.not(30, .excluded("")), 20), (.not(30, .noLibrary), 20),
        ] as [(Turn, UInt64)])
    private func aGPUThatOnlyAResetBringsBackHasNotHadIt(turn: Turn, last: UInt64) {
        let turns = [Turn.read(20, 200), turn, .read(40, 3)]
        #expect(Self.answered(turns) == Array(1...last))
    }

    @Test func anotherInstanceCameAfterTheLatestLookAtTheOld() {
        let between: [Turn] = [.not(30, .excluded("")), .not(40, .excluded(""), epoch: 8)]
        let turns = [.read(20, 200)] + between
        #expect(Self.answered(turns + [.read(50, 3, epoch: 8)]) == Array(1...29))
        #expect(Self.answered(turns + [.read(50, 300, epoch: 8)]) == [])
    }

    /// It is not read before it was reset.
    @Test func aGPUOffTheBusThatIsReadAgainWasReset() {
        let turns: [Turn] = [.read(10, 100), .not(20, .excluded("")), .read(40, 3)]
        #expect(Self.answered(turns, 79) == Array(1...40))
        #expect(Self.answered(turns, 119) == Array(1...10))
    }

    /// The driver knows whether something is left to do.
    @Test func aDriverThatAsksForNothingAfterTheResetAnswersAll() {
        let before: [Turn] = [.read(10, 100), .not(20, .excluded(""))]
        var after = Turn.read(40, 3)
        for (action, last) in [(nil, 10), (1, 10), (0, 40)] as [(UInt64?, UInt64)] {
            after.action = action
            #expect(Self.answered(before + [after], 119) == Array(1...last))
        }
        var same = Turn.read(40, 101)
        same.action = 0
        #expect(Self.answered(before + [same], 119) == [], "without a new start it says nothing")
    }

    @Test func whatIsToldLateIsAnsweredToo() {
        var journal = EventJournal()
        let restart = Restart(after: .scripted(seconds: 20), read: .scripted(seconds: 40))
        journal.answer([Self.address: restart])
        let bootID = Moment.scripted(seconds: 0).bootID
        for second in [UInt64(15), 25] {
            journal.note(Self.xid(48, at: second), bootID: bootID, gpu: Self.uuid)
        }
        journal.note(Self.xid(48, at: 15), bootID: "another", gpu: Self.uuid)
        #expect(journal.entries.map(\.isAnswered) == [true, false, false])
        #expect(journal.takeChanges().count == 3)
    }
}
