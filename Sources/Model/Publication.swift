/// What stands behind a label in `/metrics`, so that a published total neither falls nor leaps when
/// a cable is moved or a part replaced.
///
/// Series belong to parts and labels to places. When another part appears in a place, its own total
/// is shifted so that the published one goes on from where it was.
package struct Publication: Sendable {
    /// One place: an end of a cable of this node.
    package struct Slot: Hashable, Sendable {
        /// The device's label.
        package var device: String
        /// The port's number at this node's HCA.
        package var port: UInt8
        /// Near or far end.
        package var end: End

        /// A place.
        package init(device: String, port: UInt8, end: End) {
            self.device = device
            self.port = port
            self.end = end
        }

        /// `device/port/end`, as the history keeps it.
        package var text: String { "\(device)/\(port)/\(end.rawValue)" }
    }

    /// The part in a place and what its totals are shifted by, modulo 2^64.
    package struct Shelf: Hashable, Sendable {
        /// The part.
        package var key: PortKey
        /// One shift per row of `InfiniBandCounters.all`, in raw units; nil until the counter was
        /// read at this part.
        package var bases: [UInt64?]

        /// A part in a place.
        package init(key: PortKey, bases: [UInt64?]) {
            self.key = key
            self.bases = bases
        }
    }

    private var shelves: [String: Shelf] = [:]
    private var published: [String: [UInt64?]] = [:]

    /// Nothing published yet.
    package init() {}

    /// Takes up a place where the history left it; `entries` are the part's as restored.
    package mutating func restore(slot: String, shelf: Shelf, entries: [Ledger.Entry]) {
        guard shelf.bases.count == entries.count else { return }
        shelves[slot] = shelf
        published[slot] = zip(shelf.bases, entries).map { base, entry in
            entry.hasBaseline ? base.map { $0 &+ entry.total } : nil
        }
    }

    /// The published raw totals of the part that is in a place now, nil for a counter that was
    /// never read there; `changed` when its bases have to be kept.
    package mutating func publish(
        _ slot: Slot, key: PortKey, entries: [Ledger.Entry]
    ) -> (totals: [UInt64?], changed: Shelf?) {
        let name = slot.text
        let nothing = [UInt64?](repeating: nil, count: entries.count)
        let known = shelves[name].flatMap { $0.key == key ? $0 : nil }
        var shelf = known ?? Shelf(key: key, bases: nothing)
        var latest = published[name] ?? nothing
        var totals = nothing
        for (index, entry) in entries.enumerated() where entry.hasBaseline {
            totals[index] = shelf.total(index, of: entry, after: latest[index])
            latest[index] = totals[index]
        }
        published[name] = latest
        shelves[name] = shelf
        return (totals, shelf == known ? nil : shelf)
    }

    /// The two ends of every place of which both are known.
    package var pairs: [(near: PortKey, far: PortKey)] {
        let local = "/\(End.local.rawValue)"
        return shelves.compactMap { slot, shelf in
            guard slot.hasSuffix(local) else { return nil }
            let place = slot.dropLast(local.count)
            return shelves["\(place)/\(End.peer.rawValue)"].map { (shelf.key, $0.key) }
        }
    }

    /// The raw totals as last published in a place; nil when nothing was.
    package func latest(_ slot: Slot) -> [UInt64?]? { published[slot.text] }
}

extension Publication.Shelf {
    // The published total; a part that is new here, or was forgotten and begins anew, goes on from
    // what was published last.
    fileprivate mutating func total(
        _ index: Int, of entry: Ledger.Entry, after latest: UInt64?
    ) -> UInt64 {
        if let base = bases[index] {
            let total = base &+ entry.total
            if total >= latest ?? 0 { return total }
        }
        let total = latest ?? entry.total
        bases[index] = total &- entry.total
        return total
    }
}
