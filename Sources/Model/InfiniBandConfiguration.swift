/// What an InfiniBand probe is to read, and how patiently.
package struct InfiniBandConfiguration: Hashable, Sendable {
    /// Stands for `/sys` where files are read that libibumad does not read.
    package var sysRoot: String
    /// Globs of `DEVICE` or `DEVICE/PORT` that this node watches.
    package var within: [String]
    /// Globs of `DEVICE` or `DEVICE/PORT`, among those, that this probe reads.
    package var include: [String]
    /// Globs of `DEVICE` or `DEVICE/PORT` that are not even touched.
    package var exclude: [String]
    /// Devices that are left alone for now, since the probe hung on them; they are reported unread.
    package var stopped: [String]
    /// The service level of performance queries; 0 to 15.
    package var serviceLevel: UInt8
    /// Datagrams on the way at one time; 1 to 128.
    package var outstandingMADs: Int
    /// Nanoseconds after which a datagram counts as lost.
    package var timeoutNanoseconds: UInt64
    /// Times a lost datagram is sent again.
    package var retries: Int
    /// Nanoseconds after which peers and capabilities are learnt anew.
    package var identityIntervalNanoseconds: UInt64

    /// What to read, and how patiently.
    package init(
        sysRoot: String = "/sys", within: [String] = ["*"], include: [String] = ["*"],
        exclude: [String] = [], stopped: [String] = [], serviceLevel: UInt8 = 0,
        outstandingMADs: Int = 32,
        timeoutNanoseconds: UInt64 = 300_000_000, retries: Int = 1,
        identityIntervalNanoseconds: UInt64 = 60_000_000_000
    ) {
        self.sysRoot = sysRoot
        self.within = within
        self.include = include
        self.exclude = exclude
        self.stopped = stopped
        self.serviceLevel = serviceLevel
        self.outstandingMADs = outstandingMADs
        self.timeoutNanoseconds = timeoutNanoseconds
        self.retries = retries
        self.identityIntervalNanoseconds = identityIntervalNanoseconds
    }

    /// What one pass may take at most, however dead the fabric is: three questions asked one after
    /// the other that all go unanswered, `3 × timeout × (retries + 1)`.
    ///
    /// One batch of Q questions takes at most `⌈Q / outstandingMADs⌉ × timeout × (retries + 1)`.
    /// What the pass's budget cuts off is reported as timed out when it was sent and as skipped
    /// when it was not. Opening and describing devices is not in the budget: these calls do not
    /// wait for the fabric.
    package var passBudgetNanoseconds: UInt64 {
        let (product, overflow) = timeoutNanoseconds.multipliedReportingOverflow(
            by: 3 * UInt64(max(retries, 0) + 1))
        return overflow ? .max : product
    }
}
