import Glibc
package import Model

/// Reads the kernel log and tells what happened to the node's devices.
///
/// It is used from one thread, never waits, and stops after `recordsPerRead` records, so that a
/// storm starves nobody. What it cannot open or read it tries again, at growing intervals.
package struct KernelLogCollector<Source: KernelLogSource> {
    /// After how many records one `read` ends.
    package static var recordsPerRead: Int { 2048 }

    // A record is shorter than 8 KiB (Linux, kernel/printk/printk.c, PRINTK_MESSAGE_MAX).
    private static var bufferSize: Int { 16_384 }
    private static var lineLimit: Int { 16_384 }
    private static var failuresMax: Int { 16 }
    private static var retryNanoseconds: ClosedRange<UInt64> { 1_000_000_000...60_000_000_000 }
    // Nobody can wait for a plain file.
    private static var pollNanoseconds: UInt64 { 250_000_000 }

    private let path: String
    private let clocks: KernelLogClocks
    private var source: Source
    private var shape: KernelLogShape?
    private var buffer: [UInt8]
    private var pending: [UInt8] = []
    private var skipsLine = false
    private var hasMore = false
    private var isUnderstood = false
    // Whether everything that was there when the log was opened has been read.
    private var isLive = false
    private var wakeNanoseconds: UInt64 = 0
    private var retryNanoseconds = Self.retryNanoseconds.lowerBound
    private var lines = KernelLineReader()
    private var window = EventWindow()
    // Its moment is that of asking.
    private var state: KernelLogReport
    // Wall clock less monotonic clock, in milliseconds.
    private var offsetMilliseconds: Int64 = 0
    private var nowMilliseconds: Int64 = 0
    private var nowNanoseconds: UInt64 = 0

    /// A collector that has opened nothing yet.
    ///
    /// - Parameters:
    ///   - configuration: Where to read; a plain file or a FIFO of such records for tests.
    ///   - clocks: What the records' times are told by.
    ///   - source: What the log is read from.
    package init(
        _ configuration: KernelLogConfiguration, clocks: KernelLogClocks, source: Source
    ) {
        path = configuration.path
        self.clocks = clocks
        self.source = source
        buffer = [UInt8](repeating: 0, count: Self.bufferSize)
        state = KernelLogReport(
            moment: Moment(bootID: "", boottimeNanoseconds: 0, wallMilliseconds: 0),
            state: .failed, lastRecord: configuration.afterRecord)
    }

    /// What poll(2) can wait for to be readable; nil while nothing is open, or when there is only
    /// `nextDeadlineNanoseconds` to go by.
    package var descriptor: Int32? { shape == .records ? source.descriptor : nil }

    /// When to call `read` and `tick` at the latest, on the monotonic clock; nil when it is enough
    /// to wait for the descriptor.
    package var nextDeadlineNanoseconds: UInt64? {
        if hasMore { return 0 }
        let wake = shape == .records ? nil : wakeNanoseconds
        return [wake, window.nextDeadlineNanoseconds].compactMap(\.self).min()
    }

    /// How the reading goes.
    package func report(at moment: Moment) -> KernelLogReport {
        var report = state
        report.moment = moment
        report.dropped = window.dropped
        guard report.state == .reading, report.records > 0, !isUnderstood else { return report }
        report.state = .failed
        report.detail =
            "none of \(report.records) lines of \(path) is a record as /dev/kmsg gives it: set "
            + "kernel_log.path"
        return report
    }

    /// Reads what is there, up to `recordsPerRead` records; gives the events that are new.
    package mutating func read() -> [NodeEvent] {
        let now = clocks.monotonicNanoseconds()
        hasMore = false
        guard shape != nil || open(now) else { return [] }
        nowNanoseconds = now
        nowMilliseconds = clocks.wallMilliseconds()
        offsetMilliseconds = nowMilliseconds - Int64(clamping: now / 1_000_000)
        var events: [NodeEvent] = []
        var failures = 0
        let limit = state.records + UInt64(Self.recordsPerRead)
        for _ in 0..<Self.recordsPerRead {
            // One read of a plain file brings many records.
            guard state.records < limit else { break }
            let count = source.read(into: &buffer)
            if count > 0 {
                failures = 0
                take(count, &events)
                continue
            }
            failures += 1
            guard goesOn(after: Int32(clamping: -count), failures, now) else { return events }
        }
        hasMore = true
        return events
    }

    /// Closes the windows of events that are due; gives the events whose counts or details grew.
    package mutating func tick(nowNanoseconds: UInt64) -> [NodeEvent] {
        window.close(nowNanoseconds: nowNanoseconds)
    }

    /// Gives the events whose counts or details grew in windows that go on, for the moment before a
    /// report: whoever goes on behind its `lastRecord` must not miss them.
    package mutating func takeGrown() -> [NodeEvent] { window.takeGrown() }

    // MARK: Opening and failing

    private mutating func open(_ now: UInt64) -> Bool {
        guard now >= wakeNanoseconds else { return false }
        do {
            shape = try source.open(path)
        } catch {
            fail(error, now)
            return false
        }
        pending = []
        skipsLine = false
        isLive = false
        state.state = .reading
        state.detail = ""
        return true
    }

    // Whether to read on after a read that gave nothing.
    private mutating func goesOn(after code: Int32, _ failures: Int, _ now: UInt64) -> Bool {
        if code == EAGAIN || (code == 0 && shape == .lines) {
            retryNanoseconds = Self.retryNanoseconds.lowerBound
            wakeNanoseconds = now + Self.pollNanoseconds
            isLive = true
            return false
        }
        // Interrupted, overwritten, or longer than the buffer: the number of the next record tells
        // how many are missing.
        if [EINTR, EPIPE, EINVAL].contains(code), failures < Self.failuresMax { return true }
        fail(CollectorError(.readKernelLog, path, code: code), now)
        return false
    }

    private mutating func fail(_ error: CollectorError, _ now: UInt64) {
        source.close()
        shape = nil
        wakeNanoseconds = now + retryNanoseconds
        retryNanoseconds = min(retryNanoseconds * 2, Self.retryNanoseconds.upperBound)
        switch error.code {
        case ENOENT, ENXIO, ENODEV:
            state.state = .missing
            state.detail = "\(error); events of the kernel log are not seen"
        case EPERM, EACCES:
            state.state = .noPermission
            state.detail = "\(error); it takes the capability CAP_SYSLOG"
        case 0:
            state.state = .failed
            state.detail = "the kernel log \(path) has ended; it is opened again"
        default:
            state.state = .failed
            state.detail = "\(error); it is tried again"
        }
    }

    // MARK: Records

    private mutating func take(_ count: Int, _ events: inout [NodeEvent]) {
        guard shape == .lines else { return takeRecord(buffer[..<count], &events) }
        var rest = buffer[..<count]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            append(rest[..<end])
            rest = rest[(end + 1)...]
            let line = pending[...]
            pending = []
            // A line that begins with a blank is a property of the record before.
            if !skipsLine, !line.isEmpty, line.first != UInt8(ascii: " ") {
                takeRecord(line, &events)
            }
            skipsLine = false
        }
        append(rest)
    }

    private mutating func append(_ piece: ArraySlice<UInt8>) {
        if pending.count + piece.count > Self.lineLimit {
            state.malformed += skipsLine ? 0 : 1
            skipsLine = true
            pending = []
        }
        if !skipsLine { pending += piece }
    }

    private mutating func takeRecord(_ bytes: ArraySlice<UInt8>, _ events: inout [NodeEvent]) {
        state.records += 1
        guard let record = KernelRecord(bytes) else {
            state.malformed += 1
            return
        }
        isUnderstood = true
        let (nanoseconds, wall) = time(of: record)
        if let last = state.lastRecord {
            guard record.sequence > last else { return }
            if let gap = gap(from: last, to: record, wall) {
                lines.interrupt()
                pass(.event(gap), nanoseconds, &events)
            }
        }
        state.lastRecord = record.sequence
        // Any program can write what looks like the kernel's.
        guard record.facility == 0 else {
            state.foreign += 1
            return
        }
        let findings = lines.read(record, wallMilliseconds: wall)
        state.matched += findings.isEmpty ? 0 : 1
        for finding in findings { pass(finding, nanoseconds, &events) }
    }

    private mutating func pass(
        _ finding: KernelFinding, _ nanoseconds: UInt64, _ events: inout [NodeEvent]
    ) {
        switch finding {
        case .event(let event):
            guard let new = window.take(event, nowNanoseconds: nanoseconds) else { return }
            events.append(new)
        case .detail(let text, let device, let kind, let number):
            window.attach(
                text, to: device, kind: kind, number: number, nowNanoseconds: nanoseconds)
        }
    }

    // The event bears the number of the first record that is missing.
    private mutating func gap(
        from last: UInt64, to record: KernelRecord, _ wall: Int64
    ) -> NodeEvent? {
        let lost = record.sequence - last - 1
        guard lost > 0 else { return nil }
        state.lost &+= lost
        var event = NodeEvent(
            kind: .kernelLogGap, device: nil,
            detail: "Records of the kernel log were overwritten before they were read.",
            wallMilliseconds: wall, source: .kernelLog, record: last + 1, line: "")
        event.count = UInt32(clamping: lost)
        return event
    }

    // When a record was written, on the monotonic and on the wall clock. The clock of its stamp is
    // not kept in step and drifts by seconds a day, so that it counts only for what was written
    // before the log was opened; it may run ahead, but nothing was seen in the future.
    private func time(of record: KernelRecord) -> (nanoseconds: UInt64, wall: Int64) {
        guard !isLive else { return (nowNanoseconds, nowMilliseconds) }
        let (product, isFar) = record.microseconds.multipliedReportingOverflow(by: 1000)
        let milliseconds = Int64(clamping: record.microseconds / 1000)
        let (sum, overflow) = milliseconds.addingReportingOverflow(offsetMilliseconds)
        return (
            isFar ? nowNanoseconds : min(product, nowNanoseconds),
            overflow ? nowMilliseconds : min(sum, nowMilliseconds)
        )
    }
}
