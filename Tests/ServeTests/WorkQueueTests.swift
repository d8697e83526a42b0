import Foundation
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Serve

@Suite struct WorkQueueTests {
    @Test func anAbandonedQuestionIsNotAsked() throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { try? group.syncShutdownGracefully() }
        let loop = group.next()
        let release = DispatchSemaphore(value: 0)
        let (asked, answered) = (Journal(), Journal())
        let queue = try loop.submit {
            let queue = WorkQueue(loop: loop, waitingMax: 2)
            for number in 1...3 {
                let ticket = queue.ask {
                    asked.note(number)
                    if number == 1 { release.wait() }
                    return Response(200, "text/plain", ByteBuffer())
                } then: { _ in
                    answered.note(number)
                }
                if number == 2 { ticket?.abandon() }
            }
            let fourth = queue.ask({ Response(200, "", ByteBuffer()) }, then: { _ in })
            #expect(fourth == nil)
            return NIOLoopBound(queue, eventLoop: loop)
        }.wait()
        release.signal()
        #expect(eventually { answered.numbers == [1, 3] })
        #expect(asked.numbers == [1, 3])
        try loop.submit { queue.value.shutDown() }.wait()
    }

    private final class Journal: Sendable {
        private let noted = Mutex<[Int]>([])

        var numbers: [Int] { noted.withLock { $0 } }

        func note(_ number: Int) {
            noted.withLock { $0.append(number) }
        }
    }
}
