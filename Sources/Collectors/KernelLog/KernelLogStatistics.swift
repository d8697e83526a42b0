/// How the reading of the kernel log goes.
package struct KernelLogStatistics: Hashable, Sendable {
    /// Whether the log is read, or why not.
    package enum State: String, CaseIterable, Sendable {
        /// It was not tried yet.
        case unopened
        /// It is read.
        case reading
        /// There is no such file.
        case absent
        /// The kernel does not let this process read it.
        case noPermission = "no_permission"
        /// Something else is wrong; it is tried again.
        case failed
    }

    /// Whether the log is read, or why not.
    package var state = State.unopened
    /// One sentence for an operator; nil while all is well.
    package var explanation: String?
    /// Records that were read, those of other programs and known ones included.
    package var recordsRead: UInt64 = 0
    /// Records that told of an event.
    package var recordsMatched: UInt64 = 0
    /// Records that the kernel overwrote before they were read.
    package var recordsLost: UInt64 = 0
    /// Records that other programs wrote, which are not believed.
    package var recordsForeign: UInt64 = 0
    /// Records that could not be understood.
    package var recordsMalformed: UInt64 = 0
    /// Events that were dropped because too many came at once.
    package var eventsDropped: UInt64 = 0
    /// The number of the last record that was read in this boot; nil before the first.
    package var lastRecord: UInt64?
}
