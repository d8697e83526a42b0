import Foundation
import History
import Logging
import Model
import Serve
import Testing

@testable import Daemon

/// A daemon without probes: passes are handed in, and the desk shows what comes of them.
final class DeskStage {
    static let start: Int64 = 1_700_000_000_000

    let scratch: PipelineTests.Scratch
    let clock = SetClock()
    let errands = Errands(patienceMilliseconds: 60_000)
    let pipeline: Pipeline
    let desk: Desk
    var node = ScriptedNode(local: ["symbol_error": 0], far: ["symbol_error": 0])

    init(
        _ scratch: PipelineTests.Scratch = PipelineTests.Scratch(), keepsHistory: Bool = true,
        maximumAgeSeconds: Int64 = 1 << 40
    ) throws {
        self.scratch = scratch
        var keeper: Keeper?
        if keepsHistory {
            let store = try Store(
                directory: scratch.path,
                limits: Store.Limits(
                    maximumAgeMilliseconds: maximumAgeSeconds * 1000, maximumBytes: 64 << 20),
                nowMilliseconds: Self.start)
            keeper = Keeper(
                store: store, directory: scratch.path, clock: clock,
                log: Logger(label: "test"))
        }
        pipeline = Pipeline(naming: .init(), keeper: keeper, past: try keeper?.past() ?? Past())
        desk = Desk(
            node: "n1", clock: clock,
            archive: keepsHistory ? Archive(reader: Reader(directory: scratch.path)) : nil,
            errands: errands)
    }

    func pass(_ seconds: UInt64, far symbolErrors: UInt64 = 0) {
        clock.set(seconds)
        node.far["symbol_error"] = symbolErrors
        desk.show(
            pipeline.pass(
                [Collected(collector: "infiniband", report: .infiniBand(node.report(seconds)))],
                collectors: [.scripted(seconds: seconds)], now: .scripted(seconds: seconds)))
    }
}

/// That something else happened than what a test is about.
struct Missing: Error {}

/// The error that a question ends with.
func refusal(_ ask: () throws -> Void) throws -> AnswerError {
    do {
        try ask()
    } catch let error as AnswerError {
        return error
    }
    throw Missing()
}
