import Collectors
import Dispatch
import Fakes
import Glibc
import Model
import Synchronization
import Testing

/// The thread that listens; every wait here has a deadline of 20 s.
struct VerbsThreadTests {
    private final class Ear: Sendable {
        let events = Mutex<[NodeEvent]>([])
        let threads = Mutex<Set<UInt>>([])
        let heard = DispatchSemaphore(value: 0)
        let closed = DispatchSemaphore(value: 0)

        func hear(_ news: [NodeEvent]) {
            threads.withLock { _ = $0.insert(UInt(pthread_self())) }
            events.withLock { $0 += news }
            heard.signal()
        }

        static func isIn(_ semaphore: DispatchSemaphore) -> Bool {
            semaphore.wait(timeout: .now() + 20) == .success
        }
    }

    @Test func `what a device tells is passed on at once and what is removed is let go`() throws {
        let ear = Ear()
        let node = FakeVerbs(onClose: { ear.closed.signal() })
        let device = node.plug("mlx5_0")
        let listener = VerbsThread(
            configuration: InfiniBandConfiguration(), makeSource: { node },
            tell: { ear.hear($0) })
        let thread = try #require(listener)
        // Deadline: 20 s; until then the device is not open.
        let limit = ContinuousClock.now + .seconds(20)
        let isHeard = { thread.hearings(now: node.boottimeNanoseconds()).map(\.isHeard) }
        while isHeard() != [true], ContinuousClock.now < limit { sched_yield() }
        node.say("mlx5_0", .notice(.portError, port: 1))
        try #require(Ear.isIn(ear.heard))
        node.wait(milliseconds: 200)
        node.say("mlx5_0", .notice(.portActive, port: 1), .notice(.portActive, port: 1))
        try #require(Ear.isIn(ear.heard))
        let events = ear.events.withLock { $0 }
        #expect(events.map(\.kind) == [.linkDown, .linkFlap])
        #expect(events.last.map { $0.lastWallMilliseconds - $0.wallMilliseconds } == 200)
        #expect(!ear.threads.withLock { $0.contains(UInt(pthread_self())) })

        node.unplug(device)
        try #require(Ear.isIn(ear.closed))
        node.plug("mlx5_1")
        while node.openNames != ["mlx5_1"], ContinuousClock.now < limit { sched_yield() }
        #expect(thread.hotplugs == 3, "it came, went, and another came")
        thread.end()
        try #require(Ear.isIn(ear.closed))
        #expect(node.deeds == ["open mlx5_0", "close mlx5_0", "open mlx5_1", "close mlx5_1"])
    }

    // The driver of a device that has died may not come back from closing it.
    @Test func `a thread that hangs has told what it heard and hears nothing`() throws {
        let ear = Ear()
        let gate = DispatchSemaphore(value: 0)
        let node = FakeVerbs(onClose: {
            ear.closed.signal()
            _ = gate.wait(timeout: .now() + 20)
        })
        for index in 0..<2 { node.plug("mlx5_\(index)", node: "uverbs\(index)") }
        let listener = VerbsThread(
            configuration: InfiniBandConfiguration(), makeSource: { node },
            tell: { ear.hear($0) })
        let thread = try #require(listener)
        let isHeard = { thread.hearings(now: node.boottimeNanoseconds()).map(\.isHeard) }
        let limit = ContinuousClock.now + .seconds(20)
        while isHeard() != [true, true], ContinuousClock.now < limit { sched_yield() }
        node.say("mlx5_0", .notice(.deviceFatal, port: nil))
        try #require(Ear.isIn(ear.heard))
        try #require(Ear.isIn(ear.closed))
        #expect(isHeard() == [false, true])
        node.wait(milliseconds: 29_999)
        #expect(isHeard() == [false, true])
        node.wait(milliseconds: 1)
        let hearings = thread.hearings(now: node.boottimeNanoseconds())
        #expect(hearings.map(\.isHeard) == [false, false])
        #expect(hearings[0].trouble?.contains("No such device") == true)
        #expect(hearings[1].trouble?.contains("does not come to an end") == true)
        gate.signal()
        while isHeard() != [true, true], ContinuousClock.now < limit { sched_yield() }
        #expect(isHeard() == [true, true])
        thread.end()
        for _ in 0..<2 {
            gate.signal()
            try #require(Ear.isIn(ear.closed))
        }
    }
}
