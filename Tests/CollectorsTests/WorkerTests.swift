import Testing

@testable import Collectors

@Suite struct WorkerTests {
    @Test func `what was not taken is not written over`() throws {
        let wake = try #require(WakePipe())
        let worker = Worker<Int, Int>(wake: wake) { { 2 * $0 } }
        #expect(worker.start(1))
        try #require(isReadable(wake.descriptor, milliseconds: 60_000))
        #expect(!worker.start(2))
        #expect(worker.takeOutcome() == 2)
        #expect(worker.takeOutcome() == nil)
        #expect(worker.start(3))
    }
}
