import CLinux
import Foundation
import Synchronization
import Testing

@testable import Daemon

/// What the kernel says of real threads.
@Suite struct ThreadStateTests {
    @Test func threadThatAsksIsRunning() throws {
        let path = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")
        let thread = try #require(path.split(separator: "/").last.flatMap { UInt32($0) })
        let state = try #require(ThreadState.read(getpid(), thread))
        #expect(state.letter == "R" && state.waitChannel.isEmpty && !state.isUninterruptible)
    }

    @Test func threadThatWaitsSleeps() throws {
        var ends: [Int32] = [-1, -1]
        try #require(fw_pipe(&ends) == 0)
        let (input, output) = (ends[0], ends[1])
        defer { for end in [input, output] { close(end) } }
        let number = Mutex<UInt32?>(nil)
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
            let path = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/thread-self")
            number.withLock { $0 = path?.split(separator: "/").last.flatMap { UInt32($0) } }
            var byte: UInt8 = 0
            _ = read(input, &byte, 1)
            done.signal()
        }
        thread.start()
        // Deadline: 20 s; until then the thread has not begun to wait.
        let limit = ContinuousClock.now + .seconds(20)
        var state: ThreadState?
        while state?.letter != "S", ContinuousClock.now < limit {
            state = number.withLock { $0 }.flatMap { ThreadState.read(getpid(), $0) }
            sched_yield()
        }
        #expect(state?.letter == "S" && state?.isUninterruptible == false)
        // Some kernels tell nobody where.
        #expect(state.map { $0.waitChannel.isEmpty || $0.waitChannel.contains("pipe") } == true)
        #expect(write(output, [1], 1) == 1)
        #expect(done.wait(timeout: .now() + 20) == .success)
    }

    @Test func threadThatIsGoneIsNothing() {
        #expect(ThreadState.read(getpid(), UInt32(Int32.max)) == nil)
    }
}
