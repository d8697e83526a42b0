import Model

/// GPUs that the probe leaves alone, why, and when they are tried again.
///
/// One at a time is tried, alone in a process of its own, less and less often.
struct Quarantine: Sendable {
    /// What brought a GPU here.
    enum Cause: Hashable, Sendable {
        /// A call has not returned within the hard deadline.
        case hung(GPUCall)
        /// A call ended the process.
        case crashed(GPUCall, status: Int32)
        /// The kernel log says that the driver must not be asked.
        case told(NodeEvent)
    }

    /// One GPU.
    struct Entry: Hashable, Sendable {
        var cause: Cause
        /// When it came here, on the boot clock.
        var since: UInt64
        /// The device's and the driver's instance at that time; another one ends the quarantine.
        var token: UInt64
        /// Trials that failed.
        var failures = 0
        /// Processes that it ended, the first included.
        var crashes = 0
        /// When it is tried next; nil while it is being tried, and when it is given up.
        var nextTrial: UInt64?
    }

    /// A GPU that ends its process this often is not tried again while its driver is the same.
    static let crashLimit = 3

    // What passed its trial may be ill again among the others: then it is not a first time.
    private struct Past {
        var entry: Entry
        var until: UInt64
    }

    private let delayMinimum: UInt64
    private let delayMaximum: UInt64
    private(set) var entries: [PCIAddress: Entry] = [:]
    private var past: [PCIAddress: Past] = [:]

    /// An empty quarantine; the delay between trials doubles from the minimum to the maximum.
    init(delayMinimum: UInt64, delayMaximum: UInt64) {
        self.delayMinimum = delayMinimum
        self.delayMaximum = delayMaximum
    }

    /// Puts a GPU in, or gives it a weightier cause; false when it stays as it is.
    ///
    /// What the kernel tells replaces what it told before: every time the wait begins anew.
    @discardableResult
    mutating func put(
        _ address: PCIAddress, _ cause: Cause, token: UInt64, now: UInt64
    ) -> Bool {
        let known = entries[address]
        if let known, known.cause.kind >= cause.kind, !cause.isTold { return false }
        var entry = known ?? Entry(cause: cause, since: now, token: token)
        entry.cause = cause
        entry.token = token
        if let past = past.removeValue(forKey: address), now < past.until,
            past.entry.token == token
        {
            entry.failures = past.entry.failures + 1
            entry.crashes = past.entry.crashes
        }
        if case .crashed = cause { entry.crashes += 1 }
        entry.nextTrial = nextTrial(of: entry, now: now)
        entries[address] = entry
        return true
    }

    /// Forgets a GPU that is no business of this daemon any more; false when it was not here.
    mutating func remove(_ address: PCIAddress) -> Bool {
        past[address] = nil
        return entries.removeValue(forKey: address) != nil
    }

    private func nextTrial(of entry: Entry, now: UInt64) -> UInt64? {
        guard !entry.isGivenUp else { return nil }
        // What the kernel tells is certain, and asking a GPU that is off the bus helps nobody.
        return now + (entry.cause.isTold ? delayMaximum : delay(after: entry.failures))
    }

    /// Has a GPU tried as soon as may be.
    mutating func hasten(_ address: PCIAddress, now: UInt64) {
        guard entries[address]?.nextTrial != nil else { return }
        entries[address]?.nextTrial = now
    }

    /// The GPU whose turn to be tried it is; it counts as being tried from now on.
    mutating func takeDue(now: UInt64) -> PCIAddress? {
        guard let due = nextTrial, due <= now,
            let address = entries.filter({ $0.value.nextTrial == due }).map(\.key).min()
        else { return nil }
        entries[address]?.nextTrial = nil
        return address
    }

    /// When the next trial is due; nil when none is.
    var nextTrial: UInt64? { entries.values.compactMap(\.nextTrial).min() }

    /// The trial went well: the GPU is read with the others again.
    mutating func release(_ address: PCIAddress, now: UInt64) {
        guard let entry = entries.removeValue(forKey: address) else { return }
        past[address] = Past(entry: entry, until: now + delayMaximum)
    }

    /// The trial did not go well.
    mutating func fail(_ address: PCIAddress, hasCrashed: Bool, now: UInt64) {
        guard var entry = entries[address] else { return }
        entry.failures += 1
        if hasCrashed { entry.crashes += 1 }
        entry.nextTrial = nextTrial(of: entry, now: now)
        entries[address] = entry
    }

    /// The wait before the next trial after so many failures.
    func delay(after failures: Int) -> UInt64 {
        let (delay, overflow) = delayMinimum.multipliedReportingOverflow(
            by: 1 << UInt64(min(failures, 20)))
        return overflow ? delayMaximum : min(delay, delayMaximum)
    }

    /// Looks at the instances of drivers and devices: what is new is tried at once.
    mutating func check(now: UInt64, token: (PCIAddress) -> UInt64) {
        for (address, entry) in entries {
            let present = token(address)
            guard present != entry.token else { continue }
            entries[address]?.token = present
            entries[address]?.crashes = 0
            entries[address]?.failures = 0
            entries[address]?.nextTrial = now
        }
    }

    /// What the probe is told of the GPUs to leave alone.
    var reasons: [PCIAddress: String] { entries.mapValues(\.reason) }
}

extension Quarantine.Cause {
    /// Whether the kernel log says so.
    var isTold: Bool {
        if case .told = self { true } else { false }
    }

    // A cause replaces one of a lower kind.
    fileprivate var kind: Int {
        switch self {
        case .hung: 0
        case .crashed: 1
        case .told: 2
        }
    }
}

extension Quarantine.Entry {
    /// Why the GPU is left alone, in one sentence.
    var reason: String {
        let cause =
            switch cause {
            case .hung(let call):
                "\(call.function) (\(call.family.name)) did not return"
            case .crashed(let call, let status):
                "\(call.function) (\(call.family.name)) ended the probe with signal "
                    + "\(status & 0x7F)"
            case .told(let event):
                event.number.map { "the kernel reported Xid \($0)" }
                    ?? "the kernel reported that it has fallen off the bus"
            }
        return isGivenUp
            ? "\(cause), \(crashes) times: it is not tried again with this driver" : cause
    }

    /// Whether it is tried no more while its driver is the same.
    var isGivenUp: Bool { crashes >= Quarantine.crashLimit }
}
