import Collectors
import Fakes
import Glibc
import Model
import Testing

/// Which devices are listened to, and for how long.
struct VerbsWatcherTests {
    private final class Watch {
        let node: FakeVerbs
        private var watcher: VerbsWatcher<FakeVerbs>

        init(_ configuration: InfiniBandConfiguration = .init(), tellsHotplug: Bool = true) {
            node = FakeVerbs(tellsHotplug: tellsHotplug)
            watcher = VerbsWatcher(configuration: configuration, source: node)
        }

        @discardableResult
        func advance(broken: Set<Int32> = []) -> [NodeEvent] {
            let events = hear(broken: broken)
            watcher.settle()
            return events
        }

        func hear(broken: Set<Int32> = []) -> [NodeEvent] { watcher.hear(broken: broken) }

        var hearings: [EventHearing] { watcher.hearings }
        var descriptors: [Int32] { watcher.descriptors }
        var waitMilliseconds: UInt64 { watcher.waitNanoseconds / 1_000_000 }
    }

    @Test func `a device that may not be touched is never opened`() {
        let watch = Watch(InfiniBandConfiguration(exclude: ["mlx5_1"]))
        watch.node.plug("mlx5_0")
        watch.node.plug("mlx5_1", node: "uverbs1")
        watch.advance()
        watch.node.plug("mlx5_10", node: "uverbs2")
        watch.advance()
        #expect(watch.node.deeds == ["open mlx5_0", "open mlx5_10"])
        #expect(watch.hearings.map(\.device) == ["mlx5_0", "mlx5_10"])
        #expect(watch.hearings.allSatisfy { $0.isHeard && $0.trouble == nil })
    }

    @Test func `of a port that may not be touched nothing is told`() {
        let watch = Watch(InfiniBandConfiguration(exclude: ["mlx5_0/1", "mlx5_1/1"]))
        watch.node.plug("mlx5_0", ports: [1])
        watch.node.plug("mlx5_1", node: "uverbs1", ports: [1, 2])
        watch.advance()
        #expect(watch.node.deeds == ["open mlx5_1"])
        watch.node.say("mlx5_1", .notice(.portError, port: 1), .notice(.portError, port: 2))
        #expect(watch.advance().map(\.link) == [2])
    }

    @Test func `a device that is taken away is let go at once and opened when it is back`() {
        let watch = Watch()
        let device = watch.node.plug("rxe0")
        watch.advance()
        watch.node.unplug(device)
        watch.advance()
        #expect(watch.node.openNames.isEmpty && watch.hearings.isEmpty)
        watch.node.plug("rxe0", instance: 2)
        watch.advance()
        #expect(watch.node.deeds == ["open rxe0", "close rxe0", "open rxe0"])
    }

    // The kernel tells of the node before the driver is gone: by then it is still listed.
    @Test func `a device that is being taken away is let go while it is still listed`() {
        let watch = Watch()
        let device = watch.node.plug("rxe0", node: "uverbs7")
        watch.advance()
        watch.node.unplug(device)
        watch.node.plug("rxe0", node: "uverbs7", instance: 1, tells: false)
        watch.advance()
        #expect(watch.node.deeds.prefix(2) == ["open rxe0", "close rxe0"])
    }

    @Test func `the slow scan finds what nobody told of`() {
        let watch = Watch()
        let first = watch.node.plug("mlx5_0")
        watch.advance()
        watch.node.unplug(first, tells: false)
        watch.node.plug("mlx5_0", instance: 2, tells: false)
        watch.advance()
        #expect(watch.node.deeds == ["open mlx5_0"])
        #expect(watch.waitMilliseconds == 60_000)
        watch.node.wait(milliseconds: 60_000)
        watch.advance()
        #expect(watch.node.deeds == ["open mlx5_0", "close mlx5_0", "open mlx5_0"])
    }

    @Test func `without the kernel's word it looks often`() {
        let watch = Watch(tellsHotplug: false)
        watch.advance()
        #expect(watch.descriptors.isEmpty && watch.waitMilliseconds == 5000)
    }

    @Test func `a device without permission is said to be so and tried again`() {
        let watch = Watch()
        watch.node.refuse("mlx5_0", code: EACCES)
        watch.node.plug("mlx5_0")
        watch.node.plug("mlx5_1", node: "uverbs1")
        watch.advance()
        let first = watch.hearings
        #expect(first.map(\.isHeard) == [false, true])
        #expect(
            first[0].trouble
                == "cannot listen to the events of mlx5_0: Permission denied (errno 13)")
        // 1, 2, 4, … s, at most a minute; the words stay the same, so that they are said once.
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] as [Int64] {
            let before = watch.node.deeds.count
            watch.node.wait(milliseconds: seconds * 1000 - 1)
            watch.advance()
            #expect(watch.node.deeds.count == before)
            watch.node.wait(milliseconds: 1)
            watch.advance()
            #expect(watch.node.deeds.count == before + 1)
            #expect(watch.hearings == first)
        }
        watch.node.refuse("mlx5_0", code: nil)
        watch.node.wait(milliseconds: 60_000)
        watch.advance()
        #expect(watch.hearings.allSatisfy { $0.isHeard && $0.trouble == nil })
    }

    @Test func `a device that dies is told of, let go and tried again`() throws {
        let watch = Watch()
        watch.node.plug("mlx5_0")
        watch.advance()
        watch.node.say("mlx5_0", .notice(.deviceFatal, port: nil), .notice(.portError, port: 1))
        let event = try #require(watch.advance().first)
        #expect(event.kind == .hcaFatal && event.severity == "fatal" && event.isGrave)
        #expect(event.device == .named("mlx5_0") && event.link == nil)
        #expect(watch.node.deeds == ["open mlx5_0", "close mlx5_0"])
        #expect(watch.hearings.first?.trouble?.contains("No such device") == true)
        watch.node.wait(milliseconds: 1000)
        watch.advance()
        #expect(watch.node.deeds.last == "open mlx5_0" && watch.hearings.first?.isHeard == true)
    }

    @Test func `what was heard for a while is tried again soon, what dies at once is not`() {
        let watch = Watch()
        watch.node.plug("mlx5_0")
        watch.advance()
        func die() {
            watch.node.say("mlx5_0", .notice(.deviceFatal, port: nil))
            watch.advance()
        }
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] as [Int64] {
            die()
            watch.node.wait(milliseconds: seconds * 1000 - 1)
            watch.advance()
            #expect(watch.node.openNames.isEmpty)
            watch.node.wait(milliseconds: 1)
            watch.advance()
            #expect(watch.node.openNames == ["mlx5_0"])
        }
        watch.node.wait(milliseconds: 60_000)
        die()
        watch.node.wait(milliseconds: 1000)
        watch.advance()
        #expect(watch.node.openNames == ["mlx5_0"])
    }

    // Closing it may never come to an end.
    @Test func `what a dying device tells is given before it is closed`() {
        let watch = Watch()
        watch.node.plug("mlx5_0")
        let second = watch.node.plug("mlx5_1", node: "uverbs1")
        watch.advance()
        watch.node.say("mlx5_0", .notice(.deviceFatal, port: nil))
        watch.node.unplug(second)
        watch.node.plug("mlx5_2", node: "uverbs2")
        #expect(watch.hear().map(\.kind) == [.hcaFatal])
        #expect(watch.node.deeds == ["open mlx5_0", "open mlx5_1"])
        #expect(watch.hearings.map(\.isHeard) == [false, false])
        #expect(watch.descriptors.count == 1)
        #expect(watch.hear().isEmpty)
        watch.advance()
        #expect(watch.node.deeds.suffix(3) == ["close mlx5_0", "close mlx5_1", "open mlx5_2"])
    }

    @Test func `a device that is lost is let go`() {
        let watch = Watch()
        watch.node.plug("mlx5_0")
        watch.advance()
        watch.node.say("mlx5_0", .lost(code: EIO))
        watch.advance()
        #expect(watch.node.openNames.isEmpty && watch.hearings.first?.isHeard == false)
        watch.node.wait(milliseconds: 1000)
        watch.advance()
        #expect(watch.node.openNames == ["mlx5_0"])
        watch.advance(broken: Set(watch.descriptors))
        #expect(watch.node.openNames.isEmpty)
    }

    @Test func `one device that talks without end does not silence the others`() {
        let watch = Watch()
        watch.node.plug("mlx5_0")
        watch.node.plug("mlx5_1", node: "uverbs1")
        watch.advance()
        for _ in 0..<10_000 { watch.node.say("mlx5_0", .other) }
        watch.node.say("mlx5_1", .notice(.portError, port: 1))
        #expect(watch.advance().map(\.device) == [.named("mlx5_1")])
    }
}
