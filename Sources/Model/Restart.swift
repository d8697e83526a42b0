/// What is known of when a GPU began anew.
///
/// It is seen later than it was: at the first reading whose energy is less than before. What was
/// told in between may have been told since, and must not count as answered.
package struct Restart: Hashable, Sendable {
    /// The latest moment at which it had not begun anew yet; nil when none is known.
    package var after: Moment?
    /// When it was first read since.
    package var read: Moment
    /// Whether the driver said then that nothing has to be done for it.
    package var isWell: Bool

    /// A GPU that has begun anew between two moments.
    package init(after: Moment?, read: Moment, isWell: Bool = false) {
        self.after = after
        self.read = read
        self.isWell = isWell
    }

    /// Up to when it answers events such as this one, in milliseconds since 1970; nil for never.
    ///
    /// A GPU that has fallen off the bus is not read before it has begun anew: to be read is enough
    /// to say that it did so after that. The driver's word counts more than the catalogue: where it
    /// asks for nothing after the new start, nothing that was told before does.
    func answers(_ event: NodeEvent, bootID: String) -> Int64? {
        let limit = isWell || event.isOffTheBus ? read : after
        guard let limit, limit.bootID == bootID,
            event.lastWallMilliseconds <= limit.wallMilliseconds
        else { return nil }
        return limit.wallMilliseconds
    }
}
