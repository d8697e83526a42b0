import History

extension Store.Limits {
    /// Seals every 20 passes and keeps about 120.
    package static var busy: Store.Limits {
        var limits = Store.Limits(
            maximumAgeMilliseconds: 120 * Script.interval, maximumBytes: 1 << 30)
        limits.slotPasses = 20
        return limits
    }
}
