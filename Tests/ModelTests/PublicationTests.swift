import Model
import Testing

struct PublicationTests {
    private static let slot = Publication.Slot(device: "mlx5_0", port: 1, end: .peer)
    private static let other = Publication.Slot(device: "mlx5_1", port: 1, end: .peer)
    private static let symbol = row("symbol_error")

    /// Parts with totals, places, and a store that keeps what it is told to keep.
    private struct Node {
        var ledger = Ledger()
        var publication = Publication()
        var kept: [String: Publication.Shelf] = [:]

        static func key(_ part: UInt64) -> PortKey { PortKey(node: GUID(part), port: 1) }

        /// One pass in which parts answered; a reading of nil is a failed one.
        mutating func observe(_ parts: [UInt64: Reading]) {
            ledger.beginPass()
            for (part, reading) in parts {
                let report = EndReport(link: .up, readings: [reading])
                _ = ledger.observe(.port(Self.key(part)), report.observation, at: .at(1))
            }
        }

        func entries(_ part: UInt64) -> [Ledger.Entry] {
            ledger[.port(Self.key(part))]?.entries
                ?? Array(repeating: Ledger.Entry(), count: InfiniBandCounters.count)
        }

        /// The total of a part; nil when it was never read.
        func total(_ part: UInt64) -> UInt64? {
            ledger.records().first { $0.key == Self.key(part).description }?.cells[symbol].latest
        }

        mutating func publish(_ slot: Publication.Slot, _ part: UInt64) -> UInt64? {
            let (totals, changed) = publication.publish(
                slot, key: Self.key(part), entries: entries(part))
            if let changed { kept[slot.text] = changed }
            return totals[symbol]
        }

        mutating func restart() {
            let records = ledger.records()
            ledger = Ledger()
            for record in records {
                guard let key = PartKey(record.key) else { continue }
                ledger.restore(
                    key: key, columns: record.layout.columns.map(\.name), cells: record.cells,
                    origins: record.origins)
            }
            publication = Publication()
            for (slot, shelf) in kept {
                guard let entries = ledger[.port(shelf.key)]?.entries else { continue }
                publication.restore(slot: slot, shelf: shelf, entries: entries)
            }
        }
    }

    private static func value(_ value: UInt64) -> Reading { .value(value, field: 0) }

    @Test func firstPartPublishesItsTotal() {
        var node = Node()
        node.observe([1: Self.value(40)])
        #expect(node.publication.latest(Self.slot) == nil)
        #expect(node.publish(Self.slot, 1) == 40)
        node.observe([1: Self.value(45)])
        #expect(node.publish(Self.slot, 1) == 45)
        #expect(node.publication.latest(Self.slot)?[Self.symbol] == 45)
        #expect(Self.slot.text == "mlx5_0/1/peer")
    }

    @Test func onlyChangesAreKept() {
        var node = Node()
        node.observe([1: Self.value(40)])
        let key = Node.key(1)
        let first = node.publication.publish(Self.slot, key: key, entries: node.entries(1))
        #expect(first.changed?.bases[Self.symbol] == 0)
        #expect(first.changed?.bases.compactMap { $0 }.count == 1)
        node.observe([1: Self.value(45)])
        let second = node.publication.publish(Self.slot, key: key, entries: node.entries(1))
        #expect(second.changed == nil)
    }

    @Test(arguments: [5, 5000] as [UInt64])
    func replacedPartGoesOnFromThere(total: UInt64) {
        var node = Node()
        node.observe([1: Self.value(40), 2: Self.value(total)])
        #expect(node.publish(Self.slot, 1) == 40)
        #expect(node.publish(Self.slot, 2) == 40)
        node.observe([1: Self.value(70), 2: Self.value(total + 3)])
        #expect(node.publish(Self.slot, 2) == 43)
        // Back again: what part 1 counted elsewhere did not happen here.
        #expect(node.publish(Self.slot, 1) == 43)
        node.observe([1: Self.value(71)])
        #expect(node.publish(Self.slot, 1) == 44)
    }

    @Test func movedPartPublishesInBothPlacesWhatItCountedThere() {
        var node = Node()
        node.observe([1: Self.value(40), 2: Self.value(7)])
        #expect(node.publish(Self.slot, 1) == 40)
        #expect(node.publish(Self.other, 2) == 7)
        #expect(node.publish(Self.slot, 2) == 40)
        #expect(node.publish(Self.other, 1) == 7)
        node.observe([1: Self.value(50), 2: Self.value(8)])
        #expect(node.publish(Self.slot, 2) == 41)
        #expect(node.publish(Self.other, 1) == 17)
    }

    @Test func unreadCounterIsNotPublished() {
        var node = Node()
        node.observe([1: .failed])
        #expect(node.publish(Self.slot, 1) == nil)
        node.observe([1: Self.value(40), 2: .failed])
        #expect(node.publish(Self.slot, 1) == 40)
        #expect(node.publish(Self.slot, 2) == nil)
        #expect(node.publication.latest(Self.slot)?[Self.symbol] == 40)
        node.observe([2: Self.value(900)])
        #expect(node.publish(Self.slot, 2) == 40)
        // A reading that failed later publishes the total as last known.
        node.observe([2: .failed])
        #expect(node.publish(Self.slot, 2) == 40)
    }

    @Test func counterThatIsNoLongerOfferedDoesNotFallOverARestart() {
        var node = Node()
        for reading in [Self.value(40), Self.value(10), .unsupported] {
            node.observe([1: reading])
            _ = node.publish(Self.slot, 1)
        }
        node.restart()
        #expect(node.publication.latest(Self.slot)?[Self.symbol] == 50)
        node.observe([1: Self.value(11)])
        #expect(node.publish(Self.slot, 1) == 51)
    }

    @Test func forgottenPartDoesNotMakeThePublishedTotalFall() {
        var node = Node()
        node.observe([1: Self.value(40)])
        #expect(node.publish(Self.slot, 1) == 40)
        node.ledger = Ledger()
        node.observe([1: .failed])
        #expect(node.publish(Self.slot, 1) == nil)
        node.observe([1: Self.value(3)])
        #expect(node.publish(Self.slot, 1) == 40)
        node.observe([1: Self.value(4)])
        #expect(node.publish(Self.slot, 1) == 41)
    }

    @Test func shelfOfAnotherTableIsNotTakenUp() {
        var publication = Publication()
        publication.restore(
            slot: Self.slot.text, shelf: Publication.Shelf(key: Node.key(1), bases: [7]),
            entries: Array(repeating: Ledger.Entry(), count: InfiniBandCounters.count))
        #expect(publication.latest(Self.slot) == nil)
    }

    /// Three parts that count, fail and move between two places; the daemon restarts in between.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func publishedIsWhatWasCountedInThePlace(seed: UInt64) {
        var random = SplitMix(seed)
        var node = Node()
        var hardware: [UInt64] = [900, 5, 70]
        var parts: [UInt64] = [0, 1]
        var shown: [Shown?] = [nil, nil]
        for pass in 0..<60 {
            if random.once(in: 10) { parts.swapAt(0, 1) }
            if random.once(in: 8) { parts[Int(random.next() % 2)] = 3 - parts[0] - parts[1] }
            for part in hardware.indices { hardware[part] += random.next() % 5 }
            if random.once(in: 12) { hardware[Int(random.next() % 3)] = 0 }
            if random.once(in: 9) { node.restart() }
            let lost = Int(random.next() % 6)
            node.observe(
                hardware.enumerated().reduce(into: [:]) { readings, part in
                    readings[UInt64(part.offset)] =
                        part.offset == lost ? .failed : Self.value(part.element)
                })
            for (place, slot) in [Self.slot, Self.other].enumerated() {
                let total = node.total(parts[place])
                if let total {
                    shown[place] = Shown(part: parts[place], total: total, after: shown[place])
                }
                let expected = total == nil ? nil : shown[place]?.published
                #expect(
                    node.publish(slot, parts[place]) == expected,
                    "seed \(seed), pass \(pass), \(slot.text)")
            }
        }
    }

    /// What is to be shown in a place.
    private struct Shown {
        var part: UInt64
        var total: UInt64
        var published: UInt64

        /// The same part adds what it counted, another one goes on from there.
        init(part: UInt64, total: UInt64, after previous: Shown?) {
            self.part = part
            self.total = total
            guard let previous else {
                published = total
                return
            }
            published = previous.published + (previous.part == part ? total - previous.total : 0)
        }
    }
}
