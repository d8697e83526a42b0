/// Gets slots out of a damaged history, one at a time, on a read-only connection of its own.
///
/// It is the slow half of salvaging and runs wherever it is called; `Store.commit` is the other.
package struct Salvager: Sendable {
    /// What one task came to.
    package struct Work: Sendable {
        fileprivate(set) var numbers: [Int64]
        fileprivate(set) var number: Int64?
        fileprivate(set) var slot: SealedSlot?
    }

    let path: String
    /// Passes from here on are salvaged or lost already.
    let before: Int64
    /// The slots that are left, ascending; nil when they were not looked for yet.
    let numbers: [Int64]?

    private static let timeLimitMilliseconds: Int64 = 60_000

    /// Looks for the slots, or reads the newest that is left; nothing in the file changes.
    package func prepare() throws(HistoryError) -> Work {
        let copy = try OldCopy(path: path, timeLimitMilliseconds: Self.timeLimitMilliseconds)
        guard var numbers else { return Work(numbers: try copy.slots(before: before)) }
        guard let number = numbers.popLast() else { return Work(numbers: []) }
        return Work(numbers: numbers, number: number, slot: copy.slot(number))
    }
}

/// How far the salvage of a damaged history is.
package struct SalvageProgress: Hashable, Sendable {
    /// The damaged file.
    package var path: String
    /// Passes that are in the new file.
    package var passes: UInt64
    /// Passes between these that cannot be read.
    package var lost: UInt64
    /// Whether nothing more will come.
    package var isDone: Bool

    var before: Int64
    var numbers: [Int64]?

    init(path: String, passes: UInt64, lost: UInt64, before: Int64) {
        self.path = path
        self.passes = passes
        self.lost = lost
        self.before = before
        isDone = false
    }

    // Takes a slot in, or goes past a damaged one, whose passes are a hole before the next.
    mutating func take(_ slot: SealedSlot?) {
        guard let slot else { return }
        let (first, last) = (slot.header.first, slot.header.last)
        passes += UInt64(last - first + 1)
        lost += UInt64(max(0, before - 1 - last))
        before = first
    }
}
