import Foundation
import Model
import Serve
import Synchronization
import Testing

@testable import Daemon

/// Does work on a thread of its own while the calling thread stands in for the main thread.
func attended<Answer: Sendable>(
    _ errands: Errands, _ pipeline: Pipeline,
    _ ask: @escaping @Sendable () throws(AnswerError) -> Answer
) throws(AnswerError) -> Answer {
    let box = Box<Result<Answer, AnswerError>>()
    Thread {
        do throws(AnswerError) {
            box.put(.success(try ask()))
        } catch {
            box.put(.failure(error))
        }
    }.start()
    while true {
        if let result = box.taken { return try result.get() }
        if isReadable(errands.descriptor, within: 5) { errands.attend(pipeline) }
    }
}

/// What another thread leaves.
final class Box<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)

    func put(_ new: Value) { value.withLock { $0 = new } }
    var taken: Value? { value.withLock { $0 } }
}

private func isReadable(_ descriptor: Int32, within milliseconds: Int32) -> Bool {
    var file = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&file, 1, milliseconds) > 0
}

@Suite(.timeLimit(.minutes(1)))
struct ErrandsTests {
    private let pipeline = Pipeline(naming: .init(), keeper: nil, past: Past())

    private static func start<Answer: Sendable>(
        _ errands: Errands,
        _ work: @escaping @Sendable (Pipeline) throws(AnswerError) -> Answer
    ) -> Box<Result<Answer, AnswerError>> {
        let box = Box<Result<Answer, AnswerError>>()
        Thread {
            do throws(AnswerError) {
                box.put(.success(try errands.run(work)))
            } catch {
                box.put(.failure(error))
            }
        }.start()
        return box
    }

    private static func wait<Value>(for box: Box<Value>) -> Value {
        while true {
            if let value = box.taken { return value }
            // A poll; its deadline is the suite's time limit.
            usleep(1000)
        }
    }

    @Test func whatIsHandedOverIsDoneByTheOneWhoAttends() throws {
        let errands = Errands(patienceMilliseconds: 60_000)
        let own = pthread_self()
        let answer = try attended(errands, pipeline) { () throws(AnswerError) in
            let asking = pthread_self()
            return try errands.run { _ throws(AnswerError) in
                pthread_equal(pthread_self(), asking) == 0 ? pthread_self() : asking
            }
        }
        #expect(pthread_equal(answer, own) != 0)
        #expect(!isReadable(errands.descriptor, within: 0))
    }

    @Test func whatFailsFailsForTheOneWhoAsked() {
        let errands = Errands(patienceMilliseconds: 60_000)
        #expect(throws: AnswerError.conflict("taken")) {
            try attended(errands, pipeline) { () throws(AnswerError) in
                try errands.run { _ throws(AnswerError) -> Int in throw .conflict("taken") }
            }
        }
    }

    @Test func whatIsNotBegunInTimeIsNeverDone() throws {
        let errands = Errands(patienceMilliseconds: 20)
        let wasDone = Box<Bool>()
        let error = #expect(throws: AnswerError.self) {
            try errands.run { _ throws(AnswerError) in wasDone.put(true) }
        }
        guard case .unavailable(let text) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(text.contains("20 ms; nothing was changed"))
        errands.attend(pipeline)
        #expect(wasDone.taken == nil)
    }

    @Test func whatIsBegunIsWaitedFor() throws {
        let errands = Errands(patienceMilliseconds: 200)
        let box = Self.start(errands) { _ throws(AnswerError) in
            // Longer than anybody is willing to wait for the beginning; no deadline ends it.
            usleep(400_000)
            return 7
        }
        #expect(isReadable(errands.descriptor, within: 30_000))
        errands.attend(pipeline)
        #expect(try Self.wait(for: box).get() == 7)
    }

    @Test func noMoreWaitThanMay() throws {
        let errands = Errands(patienceMilliseconds: 60_000)
        let boxes = (0..<17).map { number in
            Self.start(errands) { _ throws(AnswerError) in number }
        }
        // Whichever came last was turned away; a poll with the suite's time limit as its deadline.
        while boxes.allSatisfy({ $0.taken == nil }) { usleep(1000) }
        errands.attend(pipeline)
        let results = boxes.map(Self.wait)
        let refused = results.indices.filter { (try? results[$0].get()) == nil }
        #expect(refused.count == 1)
        for (number, result) in results.enumerated() where !refused.contains(number) {
            #expect(try result.get() == number)
        }
    }

    @Test func stoppingTurnsEverybodyAway() throws {
        let errands = Errands(patienceMilliseconds: 60_000)
        let box = Self.start(errands) { _ throws(AnswerError) in 1 }
        #expect(isReadable(errands.descriptor, within: 30_000))
        errands.close()
        #expect(throws: AnswerError.self) { try Self.wait(for: box).get() }
        let error = #expect(throws: AnswerError.self) {
            try errands.run { _ throws(AnswerError) in 1 }
        }
        #expect("\(String(describing: error))".contains("stopping"))
    }
}
