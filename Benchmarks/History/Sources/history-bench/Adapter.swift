import History
import Model

/// What the bench asks of the History room beyond appending and states: the one place to change
/// when the room can do more.
enum Adapter {
    /// The limits of a store with passes every `interval` seconds.
    static func limits(interval: Int, days: Int, bytes: Int64) -> Store.Limits {
        Store.Limits(maximumAgeMilliseconds: Int64(days) * 86_400_000, maximumBytes: bytes)
    }

    /// Seals what is due; called behind every append, returns at once when nothing is.
    static func seal(_ store: Store) throws {}

    /// Seals all that there is, before a file is measured or closed for good.
    static func sealAll(_ store: Store) throws {}

    /// The cells of one column in the passes after one through another, ascending; nil while the
    /// room cannot tell.
    static func range(
        _ reader: Reader, key: String, column: String, after: PassID, through: PassID
    ) throws -> [(pass: PassID, cell: Cell)]? { nil }
}
