import CNVML
import Fakes
import Foundation
import Glibc
import Model
import Testing

@testable import Collectors

/// A collector over a fake library and a `/sys` of its own, with a clock that the test moves.
final class CollectorRig {
    let fake: FakeNVML
    let sys: FixtureSys
    let clock = StandingClock()
    let board: CallBoard
    let collector: GPUCollector
    private let boardFile: Int32

    init(
        _ scenario: String = "", _ driver: FakeNVML.Driver = .r610,
        gpus: [PCIAddress] = fakeAddresses, library: String? = nil,
        configure: (inout GPUConfiguration) -> Void = { _ in }
    ) throws {
        fake = try FakeNVML(driver, scenario)
        sys = try FixtureSys(gpus)
        var template = Array((sys.root + "/boardXXXXXX").utf8CString)
        boardFile = mkstemp(&template)
        #expect(ftruncate(boardFile, Int(CallBoard.size)) == 0)
        board = try #require(CallBoard(descriptor: boardFile))
        var configuration = GPUConfiguration(library: library ?? fake.path, sysRoot: sys.root)
        configure(&configuration)
        collector = try #require(
            GPUCollector(
                configuration: configuration, board: board, clocks: clock.clocks, bootID: "boot"))
    }

    deinit {
        collector.shutDown()
        close(boardFile)
    }

    /// The configuration with a change.
    func reconfigure(_ change: (inout GPUConfiguration) -> Void) {
        var configuration = collector.configuration
        change(&configuration)
        collector.reconfigure(configuration)
    }

    /// A turn some seconds after the one before.
    ///
    /// Time stands while anybody works; where only calls are waited for that hang, it goes on to
    /// the collector's next deadline.
    func turn(after seconds: UInt64 = 5) throws -> GPUReport {
        clock.advance(by: seconds * second)
        collector.begin(now: clock.now)
        return try finish()
    }

    /// The rest of a turn.
    func finish() throws -> GPUReport {
        // The deadline of this loop is a minute of nothing.
        for _ in 0..<6000 {
            if let report = collector.advance(now: clock.now) { return report }
            if isReadable(collector.wakeDescriptor, milliseconds: 0) { continue }
            let deadline = try #require(collector.deadlineNanoseconds)
            if isAllHanging() {
                clock.move(to: deadline)
            } else {
                _ = isReadable(collector.wakeDescriptor, milliseconds: 10)
            }
        }
        throw CocoaError(.featureUnsupported)
    }

    /// Whether somebody is busy and everybody who is waits in a call that hangs.
    private func isAllHanging() -> Bool {
        let busy = collector.members.values.filter { $0.worker.isBusy }
        let isLibraryBusy = collector.isLibraryBusy
        guard isLibraryBusy || !busy.isEmpty else { return false }
        let hanging = hangs()
        let libraryHangs = hanging.contains(nil) && collector.libraryWitness.current != nil
        let isHanging = busy.allSatisfy {
            hanging.contains(fakeAddresses.firstIndex(of: $0.address))
                && $0.witness.current != nil
        }
        guard isHanging, libraryHangs || !isLibraryBusy else { return false }
        // Whoever has finished meanwhile was busy above, or has signalled.
        return !isReadable(collector.wakeDescriptor, milliseconds: 0)
    }

    /// The GPUs with a call that hangs; nil for the library's own.
    ///
    /// With `hang-locked` everybody else hangs as well.
    func hangs() -> Set<Int?> {
        // A library that was never called has no log.
        let calls = (try? fake.calls()) ?? []
        var hanging: [String: FakeNVML.Call] = [:]
        for call in calls {
            let key = "\(call.thread) \(call.symbol) \(call.startNanoseconds)"
            hanging[key] = call.outcome == "hang" ? call : nil
        }
        guard !hanging.isEmpty else { return [] }
        return isLocked
            ? Set(fakeAddresses.indices.map { $0 } + [nil]) : Set(hanging.values.map(\.gpu))
    }

    private var isLocked: Bool {
        (try? String(contentsOf: fake.scenario, encoding: .utf8).contains("hang-locked")) ?? false
    }

    /// Waits until a GPU's worker has finished, between turns.
    func waitForGPU(_ gpu: Int) throws {
        while collector.members[fakeAddresses[gpu]]?.worker.isBusy == true {
            try waitForWorker()
            #expect(collector.advance(now: clock.now) == nil)
        }
    }

    /// Waits until a worker has finished something.
    func waitForWorker() throws {
        try #require(isReadable(collector.wakeDescriptor, milliseconds: 60_000))
    }
}

extension GPUReport {
    /// The states, by the place of the GPU.
    var states: [String] { gpus.map(\.state.name) }
}
