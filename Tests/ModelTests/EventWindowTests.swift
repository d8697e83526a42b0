import Model
import Testing

@Suite struct EventWindowTests {
    private static let second: UInt64 = 1_000_000_000
    private static let gpu = NodeEvent.Device.pci(PCIAddress(domain: 0, bus: 0x18, device: 0))
    private static let other = NodeEvent.Device.pci(PCIAddress(domain: 0, bus: 0x2a, device: 0))

    private func event(
        _ number: UInt32, on device: NodeEvent.Device? = gpu, link: UInt16? = nil,
        process: String? = nil, severity: String? = nil, detail: String? = nil,
        record: UInt64? = nil, wall: Int64 = 0
    ) -> NodeEvent {
        NodeEvent(
            kind: .xid, device: device, number: number, link: link, process: process,
            severity: severity, detail: detail, wallMilliseconds: wall, source: .kernelLog,
            record: record, line: "")
    }

    @Test func `the first event is the root of the others`() {
        let window = Folding()
        let first = window.take(event(79, record: 10), nowNanoseconds: 0)
        let second = window.take(event(45, record: 12), nowNanoseconds: Self.second)
        let elsewhere = window.take(event(45, on: Self.other, record: 13), nowNanoseconds: 0)
        #expect(first?.root == nil && second?.root == 10 && elsewhere?.root == nil)
        let later = window.take(event(45, record: 20), nowNanoseconds: 5 * Self.second)
        #expect(later != nil && later?.root == nil)
    }

    @Test func `a repeat only counts, and is given out when the window closes`() {
        let window = Folding()
        _ = window.take(event(13, record: 1, wall: 100), nowNanoseconds: 0)
        #expect(window.nextDeadlineNanoseconds == nil)
        for repeats in 1...3 {
            let wall = Int64(100 + repeats)
            let taken = window.take(event(13, record: 2, wall: wall), nowNanoseconds: 1)
            #expect(taken == nil)
        }
        #expect(window.nextDeadlineNanoseconds == EventWindow.lengthNanoseconds)
        #expect(window.close(nowNanoseconds: EventWindow.lengthNanoseconds - 1).isEmpty)
        let closed = window.close(nowNanoseconds: EventWindow.lengthNanoseconds)
        #expect(closed.map(\.count) == [4])
        #expect(closed.first?.record == 1)
        #expect(closed.first?.wallMilliseconds == 100)
        #expect(closed.first?.lastWallMilliseconds == 103)
        #expect(window.nextDeadlineNanoseconds == nil)
        #expect(window.close(nowNanoseconds: .max).isEmpty)
    }

    @Test func `an event that says something else is another event`() {
        let window = Folding()
        let all = [
            event(1), event(2), event(1, link: 3), event(1, severity: "fatal"),
            event(1, detail: "x"), event(1, process: "python3 (7)"),
            event(1, process: "python3 (8)"), event(1, on: Self.other), event(1, on: nil),
        ]
        for event in all { #expect(window.take(event, nowNanoseconds: 0) != nil) }
        for event in all { #expect(window.take(event, nowNanoseconds: 0) == nil) }
        #expect(window.close(nowNanoseconds: .max).map(\.count) == all.map { _ in 2 })
    }

    @Test func `what did not grow is not given out again`() {
        let window = Folding()
        _ = window.take(event(1), nowNanoseconds: 0)
        _ = window.take(event(2), nowNanoseconds: 0)
        _ = window.take(event(2), nowNanoseconds: 0)
        #expect(window.close(nowNanoseconds: .max).map(\.number) == [2])
    }

    @Test func `a window that is due is closed by the next event too`() {
        let window = Folding()
        _ = window.take(event(1), nowNanoseconds: 0)
        _ = window.take(event(1), nowNanoseconds: 1)
        #expect(window.take(event(1), nowNanoseconds: 6 * Self.second)?.count == 1)
        #expect(window.nextDeadlineNanoseconds == 0)
        #expect(window.close(nowNanoseconds: 6 * Self.second).map(\.count) == [2])
    }

    @Test func `events of the node have no root`() {
        let window = Folding()
        _ = window.take(event(1, on: nil, record: 1), nowNanoseconds: 0)
        #expect(window.take(event(2, on: nil, record: 2), nowNanoseconds: 0)?.root == nil)
    }

    @Test func `following lines add to the latest event of their number`() {
        let window = Folding()
        let attach = { (window: Folding, text: String, number: UInt32?) in
            window.attach(text, to: Self.gpu, kind: .xid, number: number, nowNanoseconds: 2)
        }
        #expect(!attach(window, "early", 1))
        _ = window.take(event(1, detail: "One."), nowNanoseconds: 0)
        _ = window.take(event(2), nowNanoseconds: 0)
        #expect(attach(window, "More.", 1))
        #expect(attach(window, "More.", 1))
        #expect(attach(window, "Last.", nil))
        #expect(!attach(window, "None.", 3))
        // What was added does not make a repeat another event.
        #expect(window.take(event(1, detail: "One."), nowNanoseconds: 3) == nil)
        let closed = window.close(nowNanoseconds: .max)
        #expect(closed.map(\.detail) == ["One. More.", "Last."])
        #expect(closed.map(\.count) == [2, 1])
    }

    @Test func `details stay short`() {
        let window = Folding()
        _ = window.take(event(1), nowNanoseconds: 0)
        for number in 0..<1000 {
            window.attach("\(number)#", to: Self.gpu, kind: .xid, number: 1, nowNanoseconds: 0)
        }
        let detail = window.close(nowNanoseconds: .max).first?.detail ?? ""
        #expect((400...EventWindow.detailLimit).contains(detail.utf8.count))
    }

    @Test func `a storm of different events is bounded and counted`() {
        let window = Folding()
        var passed = 0
        for number in UInt32(1000)..<2000
        where window.take(event(number), nowNanoseconds: 0) != nil {
            passed += 1
        }
        #expect(passed == EventWindow.eventsMax)
        #expect(window.dropped == UInt64(1000 - EventWindow.eventsMax))
    }

    @Test func `what is grave has room in a storm, and a bound too`() {
        let window = Folding()
        for link in UInt16(0)..<UInt16(EventWindow.eventsMax) {
            _ = window.take(event(20034, link: link, severity: "fatal"), nowNanoseconds: 0)
        }
        #expect(window.take(event(13), nowNanoseconds: 1) == nil)
        #expect(window.take(event(12020, severity: "fatal"), nowNanoseconds: 1) != nil)
        #expect(window.take(event(79), nowNanoseconds: 1) != nil)
        for number in UInt32(0)..<1000 {
            _ = window.take(event(number, severity: "fatal"), nowNanoseconds: 2)
        }
        #expect(window.dropped == UInt64(1 + 1000 - (EventWindow.eventsMax - 2)))
    }

    @Test func `a storm of devices closes the oldest windows and loses nothing`() {
        let window = Folding()
        let devices = (0..<1000).map { NodeEvent.Device.named("eth\($0)") }
        for device in devices {
            #expect(window.take(event(1, on: device), nowNanoseconds: 0) != nil)
            #expect(window.take(event(1, on: device), nowNanoseconds: 0) == nil)
        }
        #expect(window.dropped == 0)
        #expect(window.close(nowNanoseconds: 0).count == 1000 - EventWindow.windowsMax)
        #expect(window.close(nowNanoseconds: .max).count == EventWindow.windowsMax)
    }

    @Test func `grown events that nobody collects are bounded and counted`() {
        let window = Folding()
        let rounds = EventWindow.finishedMax + 10
        for round in 0..<rounds {
            let now = UInt64(round) * EventWindow.lengthNanoseconds
            _ = window.take(event(1), nowNanoseconds: now)
            _ = window.take(event(1), nowNanoseconds: now)
        }
        #expect(window.close(nowNanoseconds: .max).count == EventWindow.finishedMax)
        #expect(window.dropped == 10)
    }

    /// Whatever comes, in whatever order: what is taken is what is given out, and nothing grows.
    @Test(arguments: (0..<32).map { UInt64($0) &* 0x9e37_79b9_7f4a_7c15 })
    func `counts add up`(_ seed: UInt64) {
        var random = SplitMix(seed)
        let window = Folding()
        var now: UInt64 = 0
        var taken: UInt64 = 0
        var given: [String: UInt64] = [:]
        var roots: [UInt64?: Bool] = [:]
        let place = { (event: NodeEvent) in "\(event.record ?? 0)" }
        for record in UInt64(1)...600 {
            now += UInt64.random(in: 0...Self.second, using: &random)
            let bus = UInt8.random(in: 0...3, using: &random)
            let device: NodeEvent.Device? =
                bus == 0 ? nil : .pci(PCIAddress(domain: 0, bus: bus, device: 0))
            let number = UInt32.random(in: 1...4, using: &random)
            let new = window.take(event(number, on: device, record: record), nowNanoseconds: now)
            taken += 1
            if let new {
                given[place(new)] = UInt64(new.count)
                if let root = new.root {
                    roots[root] = given["\(root)"] != nil && root < record
                }
            }
            if random.once(in: 9) {
                for event in window.close(nowNanoseconds: now) {
                    given[place(event)] = UInt64(event.count)
                }
            }
        }
        for event in window.close(nowNanoseconds: .max) {
            given[place(event)] = UInt64(event.count)
        }
        #expect(given.values.reduce(0, +) + window.dropped == taken, "seed \(seed)")
        #expect(roots.values.allSatisfy { $0 } && !roots.isEmpty, "seed \(seed)")
        #expect(window.nextDeadlineNanoseconds == nil, "seed \(seed)")
    }
}

/// A window that an expectation can call, which no value that changes can be.
private final class Folding {
    private var window = EventWindow()

    var dropped: UInt64 { window.dropped }
    var nextDeadlineNanoseconds: UInt64? { window.nextDeadlineNanoseconds }

    func take(_ event: NodeEvent, nowNanoseconds: UInt64) -> NodeEvent? {
        window.take(event, nowNanoseconds: nowNanoseconds)
    }

    @discardableResult
    func attach(
        _ text: String, to device: NodeEvent.Device?, kind: NodeEvent.Kind, number: UInt32?,
        nowNanoseconds: UInt64
    ) -> Bool {
        window.attach(
            text, to: device, kind: kind, number: number, nowNanoseconds: nowNanoseconds)
    }

    func close(nowNanoseconds: UInt64) -> [NodeEvent] {
        window.close(nowNanoseconds: nowNanoseconds)
    }
}
