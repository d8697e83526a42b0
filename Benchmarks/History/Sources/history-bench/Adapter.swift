import History
import Model

/// What the bench asks of the History room beyond appending and states: the one place to change
/// when the room can do more.
enum Adapter {
    /// The limits of a store with passes every `interval` seconds, as the product sets them.
    static func limits(interval: Int, days: Int, bytes: Int64) -> Store.Limits {
        Store.Limits(maximumAgeMilliseconds: Int64(days) * 86_400_000, maximumBytes: bytes)
    }

    /// What both halves of a seal took, in nanoseconds.
    struct Seal {
        /// Making the chunks, which no pass waits for.
        var prepare = Cost()
        /// Putting them in their place, which the next pass waits for.
        var commit = Cost()
    }

    /// Seals what is due; nil when nothing is, as behind most appends.
    static func seal(_ store: Store) throws -> Seal? {
        guard let task = store.dueSeal else { return nil }
        var seal = Seal()
        let sealer = store.sealer
        let work = try seal.prepare.measure { try sealer.prepare(task) }
        try seal.commit.measure { try store.commit(work) }
        return seal
    }

    /// The cells of one column in the passes after one through another, ascending; nil while the
    /// room cannot tell.
    static func range(
        _ reader: Reader, key: String, column: String, after: PassID, through: PassID
    ) throws -> [(pass: PassID, cell: Cell)]? { nil }
}
