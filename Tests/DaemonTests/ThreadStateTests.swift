import Foundation
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

    @Test func threadThatIsGoneIsNothing() {
        #expect(ThreadState.read(getpid(), UInt32(Int32.max)) == nil)
    }
}
