/// Where each run of the daemon began to number its events.
///
/// What a run could not keep is lost, and the run after it gives those numbers again: a number
/// means the same event as long as the run that gave it is known, and no later run began at or
/// before it.
package struct EventRuns: Hashable, Sendable {
    /// Most runs that are known; older ones are forgotten.
    package static let capacity: UInt64 = 64

    /// The number of the present run; zero where none is kept.
    package private(set) var present: UInt64
    // The first number that each gave, by run.
    private var firsts: [UInt64: UInt64]

    /// The runs that are known, by number, with the first number of an event that each gave.
    package init(firsts: [UInt64: UInt64] = [:]) {
        self.firsts = firsts
        present = firsts.keys.max() ?? 0
    }

    /// A run of which nothing can be kept, nor is known of those before; its number is to be one
    /// that no other run has.
    package init(unkept run: UInt64) {
        firsts = [:]
        present = run
    }

    /// Whether a number that a run gave still means the same event; nil for a run that is not
    /// known.
    package func keeps(_ id: UInt64, of run: UInt64) -> Bool? {
        guard run != present else { return true }
        guard firsts[run] != nil else { return nil }
        return firsts.allSatisfy { $0.key <= run || id < $0.value }
    }
}
