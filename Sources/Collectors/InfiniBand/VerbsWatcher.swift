import Glibc
package import Model

/// Listens to all devices that may be touched, and lets go of those that are taken away.
///
/// Used on one thread. What was heard is given first; opening and closing, on which a device may
/// hang, come afterwards. A device that cannot be opened is tried again, at growing intervals.
package struct VerbsWatcher<Source: VerbsSource> {
    // How many events of a device are taken before the next device has its turn.
    private static var eventsPerTurn: Int { 64 }
    private static var retryNanoseconds: ClosedRange<UInt64> { 1_000_000_000...60_000_000_000 }
    // Where nobody tells what comes and goes, looking often is all there is: a device that is held
    // keeps its driver from going.
    private static var blindScanNanoseconds: UInt64 { 5_000_000_000 }

    private struct Member {
        let device: VerbsDevice
        var tale: VerbsTale
        var descriptor: Int32?
        var failure: CollectorError?
        var retryNanoseconds = VerbsWatcher.retryNanoseconds.lowerBound
        var dueNanoseconds: UInt64 = 0
        var openedNanoseconds: UInt64 = 0

        init(_ device: VerbsDevice) {
            self.device = device
            tale = VerbsTale(device)
        }

        mutating func postpone(_ error: CollectorError, now: UInt64) {
            failure = error
            dueNanoseconds = now &+ retryNanoseconds
            retryNanoseconds = min(
                2 * retryNanoseconds, VerbsWatcher.retryNanoseconds.upperBound)
        }
    }

    private let configuration: InfiniBandConfiguration
    private var source: Source
    private var members: [Member] = []
    // What is open and not listened to any more.
    private var leaving: [Int32] = []
    private var scanDueNanoseconds: UInt64 = 0
    /// How often the kernel told that devices came or went.
    package private(set) var hotplugs: UInt64 = 0

    /// A watcher that has opened nothing yet.
    package init(configuration: InfiniBandConfiguration, source: Source) {
        self.configuration = configuration
        self.source = source
    }

    /// What to wait for.
    package var descriptors: [Int32] {
        members.compactMap(\.descriptor) + [source.hotplugDescriptor].compactMap(\.self)
    }

    /// When to call `advance` at the latest, on the source's clock.
    package var deadlineNanoseconds: UInt64 {
        members.reduce(scanDueNanoseconds) { due, member in
            let own = member.descriptor == nil ? member.dueNanoseconds : .max
            return min(due, own, member.tale.nextDeadlineNanoseconds ?? .max)
        }
    }

    /// The source's clock, CLOCK_BOOTTIME in nanoseconds.
    var boottimeNanoseconds: UInt64 { source.boottimeNanoseconds() }

    /// How long until then, in nanoseconds.
    package var waitNanoseconds: UInt64 {
        let (now, due) = (source.boottimeNanoseconds(), deadlineNanoseconds)
        return due - min(now, due)
    }

    /// Every device that may be touched, and whether it is listened to.
    package var hearings: [EventHearing] {
        members.map { member in
            EventHearing(
                device: member.device.name, isHeard: member.descriptor != nil,
                trouble: member.failure?.description)
        }
    }

    /// Takes what is there to hear; gives the events that are new or say more than before.
    ///
    /// `broken` are descriptors that poll(2) says will never be readable again.
    package mutating func hear(broken: Set<Int32> = []) -> [NodeEvent] {
        var events: [NodeEvent] = []
        for index in members.indices { read(index, broken, &events) }
        obey(source.hotplug(), &events)
        let now = source.boottimeNanoseconds()
        if now >= scanDueNanoseconds { scan(now, &events) }
        for index in members.indices {
            events += members[index].tale.close(nowNanoseconds: now)
        }
        return events
    }

    /// Closes what was let go, and opens what is due.
    package mutating func settle() {
        for descriptor in leaving { source.close(descriptor) }
        leaving = []
        let now = source.boottimeNanoseconds()
        for index in members.indices
        where members[index].descriptor == nil && now >= members[index].dueNanoseconds {
            open(index, now)
        }
    }

    /// Lets go of all devices; gives what their events have grown by.
    package mutating func closeAll() -> [NodeEvent] {
        var events: [NodeEvent] = []
        remove(&events) { _ in true }
        settle()
        return events
    }

    // MARK: Events

    private mutating func read(
        _ index: Int, _ broken: Set<Int32>, _ events: inout [NodeEvent]
    ) {
        guard let descriptor = members[index].descriptor else { return }
        for _ in 0..<Self.eventsPerTurn {
            switch source.next(descriptor) {
            case .nothing:
                if broken.contains(descriptor) { lose(index, code: EIO, &events) }
                return
            case .other: continue
            case .notice(_, let port?)
            where !configuration.selects(device: members[index].device.name, port: port):
                continue
            case .notice(let notice, let port):
                let event = members[index].tale.take(
                    notice, port: port, wallMilliseconds: source.wallMilliseconds(),
                    nowNanoseconds: source.boottimeNanoseconds())
                if let event { events.append(event) }
                // What it holds of a device that has died keeps the driver from starting anew.
                guard notice != .deviceFatal else { return lose(index, code: ENODEV, &events) }
            case .lost(let code): return lose(index, code: code, &events)
            }
        }
    }

    private mutating func lose(_ index: Int, code: Int32, _ events: inout [NodeEvent]) {
        letGo(index)
        events += members[index].tale.close(nowNanoseconds: .max)
        let error = CollectorError(.readVerbs, members[index].device.name, code: code)
        let now = source.boottimeNanoseconds()
        // One that was heard for so long has nothing to do with the earlier tries.
        if now - min(now, members[index].openedNanoseconds) >= Self.retryNanoseconds.upperBound {
            members[index].retryNanoseconds = Self.retryNanoseconds.lowerBound
        }
        members[index].postpone(error, now: now)
        members[index].tale = VerbsTale(members[index].device)
    }

    // MARK: Devices

    private mutating func obey(_ news: [VerbsHotplug], _ events: inout [NodeEvent]) {
        for entry in news {
            scanDueNanoseconds = 0
            hotplugs &+= 1
            guard case .removed(let node) = entry else { continue }
            remove(&events) { $0.node == node }
        }
    }

    private mutating func scan(_ now: UInt64, _ events: inout [NodeEvent]) {
        let interval = configuration.identityIntervalNanoseconds
        scanDueNanoseconds =
            now
            &+ (source.hotplugDescriptor == nil
                ? min(interval, Self.blindScanNanoseconds) : interval)
        let present = source.devices().filter {
            configuration.mayTouch(device: $0.name, ports: $0.ports)
        }
        remove(&events) { !present.contains($0) }
        let known = Set(members.map(\.device))
        for device in present where !known.contains(device) { members.append(Member(device)) }
        members.sort { NaturalOrder.isBefore($0.device.name, $1.device.name) }
    }

    private mutating func remove(
        _ events: inout [NodeEvent], where isGone: (VerbsDevice) -> Bool
    ) {
        for index in members.indices where isGone(members[index].device) {
            letGo(index)
            events += members[index].tale.close(nowNanoseconds: .max)
        }
        members.removeAll { isGone($0.device) }
    }

    private mutating func open(_ index: Int, _ now: UInt64) {
        do throws(CollectorError) {
            members[index].descriptor = try source.open(members[index].device)
            members[index].failure = nil
            members[index].openedNanoseconds = now
        } catch {
            members[index].postpone(error, now: now)
        }
    }

    private mutating func letGo(_ index: Int) {
        guard let descriptor = members[index].descriptor else { return }
        members[index].descriptor = nil
        leaving.append(descriptor)
    }
}
