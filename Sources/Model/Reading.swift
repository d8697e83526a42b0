/// One answer to the question what a counter shows.
package enum Reading: Hashable, Sendable {
    /// The field's raw value; `field` is the index of the source in the counter's `fields`.
    case value(UInt64, field: UInt8)
    /// The value of the reading before: it was not due in this pass, and not asked for.
    case held(UInt64, field: UInt8)
    /// The device does not offer the counter.
    case unsupported
    /// Whoever asks needs more rights than the daemon has.
    case noPermission
    /// The device offers it and did not answer this time.
    case failed
}

/// Why something could not be observed; one clear word per cause, for people and for programs.
package enum Failure: String, CaseIterable, Sendable {
    /// No answer within the deadline, retries included.
    case timeout
    /// The transport refused to send or lost the device.
    case transport
    /// The device answered with an error status.
    case refused
    /// The daemon's user may not open the device.
    case noPermission = "no_permission"
    /// The port has no LID yet, so nothing can be addressed to it.
    case noAddress = "no_address"
    /// The answer contradicts itself and was not used.
    case malformed
    /// It was not asked: the device is left out of this pass.
    case skipped
    /// It was not asked: the device hung lately and is left alone for a while.
    case leftAlone = "left_alone"
}
