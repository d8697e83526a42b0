import Collectors
import Glibc
import Model
import Testing

@Suite struct KernelLogCollectorTests {
    private static let lost = "NVRM: Xid (PCI:0000:18:00): 79, GPU has fallen off the bus."
    private static let cleanup = "NVRM: Xid (PCI:0000:18:00): 45, Ch 1 caused by previous Xid 79"

    // MARK: Records

    @Test func `events come at once, repeats when their window closes`() {
        let test = LogUnderTest()
        test.add("usb 1-1: new device", 1)
        test.add(Self.lost, 2, microseconds: 1_000_000)
        test.add(Self.cleanup, 3, microseconds: 1_100_000)
        test.add(Self.cleanup, 4, microseconds: 1_200_000)
        let events = test.read()
        #expect(events.map(\.number) == [79, 45] && events.map(\.record) == [2, 3])
        #expect(events.map(\.root) == [nil, 2])
        #expect(test.deadline == 6_000_000_000)
        test.now = 6_000_000_000
        #expect(test.tick().map(\.count) == [2])
        #expect(test.deadline == nil)
        #expect(test.report.state == .reading && test.report.detail.isEmpty)
        #expect(test.report.records == 4 && test.report.matched == 3)
        #expect(test.report.lastRecord == 4 && test.report.lost == 0)
        #expect(test.descriptor == 7)
    }

    @Test func `old records fold by their own times, not by that of reading`() {
        let test = LogUnderTest()
        for minute in UInt64(1)...5 {
            test.add(Self.cleanup, minute, microseconds: minute * 60_000_000)
        }
        #expect(test.read().count == 5)
        #expect(test.tick().isEmpty)
    }

    @Test func `a stamp ahead of now keeps no window open`() {
        let test = LogUnderTest()
        for record in UInt64(1)...2 { test.add(Self.lost, record, microseconds: 1_070_000_000) }
        test.add("x", 3, microseconds: .max)
        #expect(test.read().count == 1)
        #expect(test.deadline == test.now + EventWindow.lengthNanoseconds)
    }

    /// The clock of the stamps drifts; what is read as it comes has the time of reading.
    @Test(arguments: [UInt64(0), 930_000_000, 1_070_000_000])
    func `stamps do not count for what is written while the log is read`(stamp: UInt64) {
        let test = LogUnderTest()
        test.add("x", 1, microseconds: 1)
        #expect(test.read().isEmpty)
        test.add(Self.lost, 2, microseconds: stamp)
        #expect(test.read().map(\.wallMilliseconds) == [test.wall])
        test.now += 4_000_000_000
        test.wall += 4000
        test.add(Self.lost, 3, microseconds: stamp + 20_000_000)
        #expect(test.read().isEmpty)
        #expect(test.deadline == test.now + 1_000_000_000)
        test.now += 1_000_000_000
        let closed = test.tick()
        #expect(closed.map(\.count) == [2])
        #expect(closed.map(\.lastWallMilliseconds) == [test.wall])
    }

    @Test func `following lines become details`() {
        let test = LogUnderTest()
        let start = "nvidia-nvswitch3: SXid (PCI:0000:05:00.0): 12028, "
        test.add(start + "Non-fatal, Link 32 egress non-posted PRIV error (First)", 1)
        test.add(start + "Severity 1 Engine instance 32 Sub-engine instance 00", 2)
        test.add(start + "Data {0x1, 0x2}", 3)
        #expect(test.read().map(\.kind) == [.sxid])
        let closed = test.tick()
        #expect(closed.map(\.count) == [1])
        #expect(
            closed.first?.detail == "Reported by the switch's egress. Severity 1 Engine instance "
                + "32 Sub-engine instance 00 Data {0x1, 0x2}")
    }

    @Test(
        arguments: [
            (0, 1_699_999_000_000), (1_000_000, 1_699_999_001_000),
            (999_999_999, 1_699_999_999_999),
            (1_000_000_000, 1_700_000_000_000), (2_000_000_000, 1_700_000_000_000),
            (UInt64.max, 1_700_000_000_000),
        ] as [(UInt64, Int64)])
    func `times are told from the monotonic clock, never in the future`(
        microseconds: UInt64, wall: Int64
    ) {
        // 1,000 s after the boot.
        let test = LogUnderTest()
        test.add(Self.lost, 1, microseconds: microseconds)
        #expect(test.read().map(\.wallMilliseconds) == [wall])
    }

    @Test func `a wall clock that stepped is asked anew`() {
        let test = LogUnderTest()
        test.add("x", 1)
        _ = test.read()
        test.wall += 3_600_000
        test.add(Self.lost, 2, microseconds: 1_000_000_000)
        #expect(test.read().map(\.wallMilliseconds) == [1_700_003_600_000])
    }

    @Test func `what programs write is not believed`() {
        let test = LogUnderTest()
        test.add(Self.lost, 1, priority: 12)
        #expect(test.read().isEmpty)
        #expect(test.report.foreign == 1 && test.report.moment == .asked)
    }

    @Test func `garbage is counted and passed over`() {
        let test = LogUnderTest()
        test.log.steps = [.bytes([0xff, 0, 10]), .bytes(Array("6,1".utf8))]
        test.add(Self.lost, 1)
        #expect(test.read().count == 1)
        #expect(test.report.malformed == 2 && test.report.records == 3)
    }

    /// Such as `/var/log/kern.log`, which a daemon that reads it must not call read.
    @Test func `a file of anything else is said until a record comes`() {
        let test = LogUnderTest()
        test.log.shape = .lines
        _ = test.read()
        #expect(test.report.state == .reading, "an empty log is none of anything else")
        let line = "Nov 24 12:00:00 node kernel: \(Self.lost)\n"
        test.log.steps = [.bytes(Array((line + line).utf8))]
        #expect(test.read().isEmpty)
        #expect(test.report.state == .failed && test.report.malformed == 2)
        #expect(
            test.report.detail == "none of 2 lines of /dev/kmsg is a record as /dev/kmsg gives it: "
                + "set kernel_log.path")
        test.add(Self.lost, 1)
        #expect(test.read().count == 1)
        #expect(test.report.state == .reading && test.report.detail.isEmpty)
    }

    // MARK: Gaps

    @Test func `records that were overwritten are counted by their numbers`() {
        let test = LogUnderTest()
        test.add("x", 10)
        test.log.steps.append(.failure(EPIPE))
        test.add("y", 26, microseconds: 5_000_000)
        test.add(Self.lost, 27)
        let events = test.read()
        #expect(events.map(\.kind) == [.kernelLogGap, .xid])
        #expect(events.first?.count == 15 && events.first?.record == 11)
        #expect(events.first?.wallMilliseconds == 1_699_999_005_000)
        #expect(test.report.lost == 15)
    }

    @Test func `a gap in the numbers is enough`() {
        let test = LogUnderTest()
        test.add("x", 1)
        test.add("y", 3)
        test.add("z", 10)
        #expect(test.read().map(\.count) == [1])
        #expect(test.tick().map(\.count) == [7])
        #expect(test.report.lost == 7)
    }

    @Test func `the oldest record of a boot is no gap`() {
        let test = LogUnderTest()
        test.add("x", 5000)
        #expect(test.read().isEmpty && test.report.lost == 0)
    }

    @Test func `what was begun before a gap is not ended behind it`() {
        let test = LogUnderTest()
        let end = "NVRM: fallen off the bus and is not responding to commands."
        test.add("NVRM: The NVIDIA GPU 0000:18:00.0", 1)
        test.add(end, 3)
        test.add("NVRM: The NVIDIA GPU 0000:2a:00.0", 4)
        test.add(end, 5)
        let events = test.read()
        #expect(events.map(\.kind) == [.kernelLogGap, .gpuFallenOffBus])
        #expect(events.last?.device?.description == "0000:2a:00.0")
    }

    @Test func `a gap of any size is told`() {
        let test = LogUnderTest()
        test.add("x", 0)
        test.add("y", UInt64.max)
        #expect(test.read().map(\.count) == [UInt32.max])
        #expect(test.report.lost == UInt64.max - 1)
    }

    // MARK: Restarts

    /// Whoever goes on behind the latest record has been told of all before it.
    @Test func `what has grown is told before a report says how far the log was read`() {
        let test = LogUnderTest()
        let stamp = test.now / 1000
        for record in UInt64(1)...3 { test.add(Self.lost, record, microseconds: stamp) }
        #expect(test.read().map(\.count) == [1])
        #expect(test.takeGrown().map(\.count) == [3] && test.report.lastRecord == 3)
        #expect(test.takeGrown().isEmpty && test.deadline == nil)
        test.add(Self.lost, 4)
        #expect(test.read().isEmpty)
        test.now += EventWindow.lengthNanoseconds
        #expect(test.tick().map(\.count) == [4])
    }

    @Test func `known records are left out after a restart within a boot`() {
        let test = LogUnderTest(after: 2)
        test.add(Self.cleanup, 1)
        test.add(Self.lost, 2)
        test.add(Self.cleanup, 3)
        #expect(test.read().map(\.number) == [45])
        #expect(test.report.lastRecord == 3)
    }

    @Test func `records that were overwritten while the daemon was away are a gap`() {
        let test = LogUnderTest(after: 2)
        test.add(Self.lost, 5)
        #expect(test.read().map(\.kind) == [.kernelLogGap, .xid])
        #expect(test.report.lost == 2)
    }

    // MARK: Trouble

    @Test func `interruptions and records that do not fit are passed over`() {
        let test = LogUnderTest()
        test.log.steps = [.failure(EINTR), .failure(EINVAL)]
        test.add(Self.lost, 1)
        #expect(test.read().count == 1)
        #expect(test.report.state == .reading)
    }

    @Test(arguments: [EINTR, EPIPE, EINVAL])
    func `an error that does not end is given up`(_ code: Int32) {
        let test = LogUnderTest()
        test.log.forever = .failure(code)
        #expect(test.read().isEmpty)
        #expect(test.report.state == .failed && test.log.reads < 100)
        #expect(test.descriptor == nil)
        #expect(test.report.detail.contains("errno \(code)"))
    }

    @Test(arguments: [
        (ENOENT, KernelLogReport.State.missing, "not seen"), (ENXIO, .missing, "not seen"),
        (EPERM, .noPermission, "CAP_SYSLOG"), (EACCES, .noPermission, "CAP_SYSLOG"),
        (EMFILE, .failed, "tried again"),
    ])
    func `what cannot be opened is said and tried again`(
        code: Int32, state: KernelLogReport.State, words: String
    ) {
        let test = LogUnderTest()
        test.log.refusals = [code]
        #expect(test.report.state == .failed && test.deadline == 0)
        #expect(test.read().isEmpty)
        #expect(test.report.state == state)
        let explanation = test.report.detail
        #expect(explanation.hasPrefix("cannot open the kernel log /dev/kmsg: "))
        #expect(explanation.contains(words) && explanation.contains("errno \(code)"))
        #expect(test.deadline == test.now + 1_000_000_000 && test.descriptor == nil)
        test.now += 999_999_999
        #expect(test.read().isEmpty && test.log.opens == 1)
        test.now += 1
        test.add(Self.lost, 1)
        #expect(test.read().count == 1 && test.log.opens == 2)
        #expect(test.report.state == .reading && test.report.detail.isEmpty)
    }

    @Test func `attempts become rarer, and frequent again after success`() {
        let test = LogUnderTest()
        test.log.refusals = Array(repeating: EPERM, count: 10)
        var waits: [UInt64] = []
        for _ in 0..<10 {
            _ = test.read()
            waits.append(((test.deadline ?? 0) - test.now) / 1_000_000_000)
            test.now = test.deadline ?? 0
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60])
        _ = test.read()
        test.log.steps = [.failure(EIO)]
        _ = test.read()
        #expect(test.report.state == .failed && test.deadline == test.now + 1_000_000_000)
    }

    @Test func `after a reopening, known records are left out`() {
        let test = LogUnderTest()
        test.add(Self.lost, 1)
        test.log.steps.append(.failure(EIO))
        #expect(test.read().count == 1)
        test.now = test.deadline ?? 0
        test.add(Self.lost, 1)
        test.add(Self.cleanup, 2)
        #expect(test.read().map(\.number) == [45])
    }

    @Test func `a device that has ended is opened again`() {
        let test = LogUnderTest()
        test.log.steps = [.end]
        #expect(test.read().isEmpty)
        #expect(test.report.state == .failed && test.descriptor == nil)
        #expect(test.report.detail == "the kernel log /dev/kmsg has ended; it is opened again")
    }

    // MARK: Storms

    @Test func `a storm ends a read after its share, and goes on at once`() {
        let test = LogUnderTest()
        for sequence in UInt64(1)...5000 {
            test.add("NVRM: Xid (PCI:0000:18:00): \(1000 + sequence % 1000), storm", sequence)
        }
        let first = test.read()
        #expect(first.count == EventWindow.eventsMax)
        #expect(test.report.records == UInt64(KernelLogCollector<ScriptedLog>.recordsPerRead))
        #expect(test.deadline == 0)
        _ = test.read()
        #expect(test.deadline == 0)
        _ = test.read()
        #expect(test.report.records == 5000 && test.report.matched == 5000)
        #expect(test.deadline == 5_000_000_000)
        let counted = test.tick().reduce(0) { $0 + UInt64($1.count) }
        #expect(counted + test.report.dropped == 5000)
    }

    @Test func `a log without end does not hold the reader`() {
        let test = LogUnderTest()
        test.log.forever = .bytes(kmsg(Self.lost, 9))
        #expect(test.read().count == 1)
        #expect(test.log.reads == KernelLogCollector<ScriptedLog>.recordsPerRead)
    }
}
