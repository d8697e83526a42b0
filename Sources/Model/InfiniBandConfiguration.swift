/// What an InfiniBand probe is to read, and how patiently.
package struct InfiniBandConfiguration: Hashable, Sendable {
    /// Globs of `DEVICE` or `DEVICE/PORT` that this node watches.
    package var within: [String]
    /// Globs of `DEVICE` or `DEVICE/PORT`, among those, that this probe reads.
    package var include: [String]
    /// Globs of `DEVICE` or `DEVICE/PORT` that are not even touched.
    package var exclude: [String]
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
        within: [String] = ["*"], include: [String] = ["*"], exclude: [String] = [],
        serviceLevel: UInt8 = 0, outstandingMADs: Int = 32,
        timeoutNanoseconds: UInt64 = 300_000_000, retries: Int = 2,
        identityIntervalNanoseconds: UInt64 = 60_000_000_000
    ) {
        self.within = within
        self.include = include
        self.exclude = exclude
        self.serviceLevel = serviceLevel
        self.outstandingMADs = outstandingMADs
        self.timeoutNanoseconds = timeoutNanoseconds
        self.retries = retries
        self.identityIntervalNanoseconds = identityIntervalNanoseconds
    }
}
