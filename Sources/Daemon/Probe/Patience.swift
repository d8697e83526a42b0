/// How patient the daemon is with a probe.
package struct Patience: Hashable, Sendable {
    /// Nanoseconds after which an answer is late: the pass goes on without it.
    package var softNanoseconds: UInt64
    /// Nanoseconds after which the probe is killed.
    package var hardNanoseconds: UInt64
    /// Nanoseconds before a probe that ended is started again, the first time.
    package var restartMinimumNanoseconds: UInt64
    /// The longest such wait; it doubles until a process has answered twice, since one that ends
    /// after its first answer has not lasted.
    package var restartMaximumNanoseconds: UInt64

    /// How patient the daemon is.
    package init(soft: UInt64, hard: UInt64, restartMinimum: UInt64, restartMaximum: UInt64) {
        softNanoseconds = soft
        hardNanoseconds = hard
        restartMinimumNanoseconds = restartMinimum
        restartMaximumNanoseconds = restartMaximum
    }
}
