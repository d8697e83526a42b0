package import Model

/// A node beside its manifest.
///
/// What is unknown is neither different nor as expected: it is counted as unverified.
package struct ManifestComparison: Hashable, Sendable {
    /// What differs, in the order of the manifest, then what is there in addition.
    package private(set) var differences: [Difference] = []
    /// What is expected and unknown.
    package private(set) var unverified: [Unverified] = []

    /// How the node stands to its manifest.
    package var expectations: Expectations {
        guard differences.isEmpty else { return .differs }
        return unverified.isEmpty ? .asExpected : .unverified
    }

    /// What differs, the worst kinds first.
    package var worstFirst: [Difference] {
        let ranks = DifferenceKind.allCases.enumerated().map { ($0.element, $0.offset) }
        let rank = Dictionary(uniqueKeysWithValues: ranks)
        return differences.enumerated().sorted {
            (rank[$0.element.kind] ?? 0, $0.offset) < (rank[$1.element.kind] ?? 0, $1.offset)
        }.map(\.element)
    }

    /// The number of facts that are expected and unknown.
    package var unverifiedCount: Int { unverified.map(\.facts.count).reduce(0, +) }

    /// Compares what was seen with what is expected.
    package init(_ manifest: Manifest, _ inventory: Inventory) {
        if let expected = manifest.hcas { compare(expected, inventory) }
        if let expected = manifest.gpus { compare(expected, inventory) }
    }

    // MARK: HCAs

    private struct Pair {
        let expected: ExpectedHCA
        let seen: HCAItem
    }

    private mutating func compare(_ expected: [ExpectedHCA], _ inventory: Inventory) {
        var pairs: [Pair] = []
        // One that does not say who it is may be any that is expected.
        let isOneUnknown = inventory.hcas.contains { $0.isPresent && $0.isUnknown }
        for one in expected {
            let found = Self.find(one, in: inventory.hcas)
            if let found, found.isPresent {
                pairs.append(Pair(expected: one, seen: found))
            } else if inventory.areHCAsListed, !isOneUnknown {
                miss(one, found)
            } else {
                let subject = found.map(Self.subject) ?? Self.subject(one)
                unverified.append(
                    Unverified(subject: subject, place: Self.place(one), facts: ["presence"]))
            }
        }
        for pair in pairs where pair.seen.isStale { forget(pair) }
        compare(pairs.filter { !$0.seen.isStale })
        let known = Set(pairs.map(\.seen.device))
        for hca in inventory.hcas
        where hca.isPresent && !hca.isStale && !hca.isUnknown && hca.role == .fabric
            && !known.contains(hca.device)
        {
            differences.append(
                Difference(
                    kind: .extra, part: .hca, subject: Self.subject(hca),
                    facts: Self.identity(hca, ManifestFacts.hca),
                    summary: "\(Self.place(hca)) is there, and the manifest does not expect it."))
        }
    }

    // A slot may hold a card and the memory of the one before.
    private static func find(_ expected: ExpectedHCA, in hcas: [HCAItem]) -> HCAItem? {
        let found = hcas.filter {
            if let slot = expected.slot, let address = $0.address { return address == slot }
            if expected.slot == nil { return $0.device == expected.device }
            return $0.guid != nil && $0.guid?.description == expected.facts["guid"]
        }
        return found.first(where: \.isPresent) ?? found.first
    }

    private mutating func miss(_ expected: ExpectedHCA, _ before: HCAItem?) {
        differences.append(
            Difference(
                kind: .missing, part: .hca,
                subject: before.map(Self.subject) ?? Self.subject(expected),
                facts: Self.identity(expected.facts, ManifestFacts.hca),
                summary: "\(Self.place(expected)) is missing: the manifest expects it."))
    }

    private mutating func compare(_ pairs: [Pair]) {
        var cards = pairs.map(\.expected)
        for one in pairs.indices {
            for other in pairs.indices.dropFirst(one + 1)
            where Self.areSwapped(pairs[one], pairs[other]) {
                cards.swapAt(one, other)
                swap(pairs[one], pairs[other])
            }
        }
        var cables: [Cable] = []
        for (pair, card) in zip(pairs, cards) {
            let place = Self.place(pair.seen)
            let subject = Self.subject(pair.seen)
            var found = Found(ManifestFacts.hca, of: pair.seen)
            found.take(card.facts) { $0.goesWithTheCard }
            found.take(pair.expected.facts) { !$0.goesWithTheCard }
            report(found, .hca, subject, place)
            let isReplaced = found.facts[.replaced] != nil
            for port in pair.expected.ports {
                let plugged = card.ports.first { $0.number == port.number }
                cables += compare(port, card: isReplaced ? nil : plugged, of: pair.seen)
            }
        }
        report(cables)
    }

    // What is known of it is from before.
    private mutating func forget(_ pair: Pair) {
        note(
            Self.keys(pair.expected.facts, ManifestFacts.hca), Self.subject(pair.seen),
            Self.place(pair.seen))
        for port in pair.expected.ports { forget(port, of: pair.seen) }
    }

    private mutating func forget(_ port: ExpectedPort, of hca: HCAItem) {
        note(
            Self.keys(port.facts, ManifestFacts.port), Self.subject(port, of: hca),
            "\(hca.device) port \(port.number)")
    }

    private static func areSwapped(_ one: Pair, _ other: Pair) -> Bool {
        isCard(one.expected, one.seen) == false && isCard(other.expected, other.seen) == false
            && isCard(one.expected, other.seen) == true
            && isCard(other.expected, one.seen) == true
    }

    // Whether it is the expected card; nil when nothing tells.
    private static func isCard(_ expected: ExpectedHCA, _ seen: HCAItem) -> Bool? {
        for row in ManifestFacts.hca where row.kind == .replaced {
            if let wanted = expected.facts[row.key], let found = row.seen(seen) {
                return wanted == found
            }
        }
        return nil
    }

    private mutating func swap(_ one: Pair, _ other: Pair) {
        differences.append(
            Difference(
                kind: .swapped, part: .hca, subject: Self.subject(one.seen),
                facts: Self.identity(one.seen, ManifestFacts.hca).map {
                    var fact = $0
                    fact.expected = one.expected.facts[fact.key]
                    return fact
                },
                summary: "\(Self.place(one.seen)) and \(Self.place(other.seen)) are in each "
                    + "other's slot."))
    }

    // MARK: Ports

    private struct Cable {
        let expected: ExpectedPort
        let seen: PortItem
        let subject: Subject
        let facts: [Difference.Fact]

        var place: String { "\(subject.device ?? "") port \(expected.number)" }

        func fits(_ peer: PeerItem?) -> Bool {
            guard let peer, let guid = expected.facts["peer.guid"] else { return false }
            let port = expected.facts["peer.port"]
            return guid == peer.key.node.description
                && (port ?? "\(peer.key.port)")
                    == "\(peer.key.port)"
        }
    }

    // The cable, if it leads elsewhere.
    private mutating func compare(
        _ expected: ExpectedPort, card: ExpectedPort?, of hca: HCAItem
    ) -> [Cable] {
        let subject = Self.subject(expected, of: hca)
        let place = "\(hca.device) port \(expected.number)"
        guard let port = hca.ports.first(where: { $0.number == expected.number }) else {
            forget(expected, of: hca)
            return []
        }
        var found = Found(ManifestFacts.port, of: port)
        if let card { found.take(card.facts) { $0.goesWithTheCard } }
        found.take(expected.facts) { !$0.goesWithTheCard }
        let miswired = found.facts.removeValue(forKey: .miswired)
        report(found, .port, subject, place, layer: port.layer)
        return miswired.map {
            [Cable(expected: expected, seen: port, subject: subject, facts: $0)]
        } ?? []
    }

    private mutating func report(_ cables: [Cable]) {
        var told: Set<Int> = []
        for (index, cable) in cables.enumerated() where !told.contains(index) {
            let other = cables.indices.dropFirst(index + 1).first {
                !told.contains($0) && cables[$0].fits(cable.seen.peer)
                    && cable.fits(cables[$0].seen.peer)
            }
            if let other { told.insert(other) }
            let ending = other.map { " (swapped with \(cables[$0].place))" } ?? ""
            let (seen, expected) = Self.ends(cable)
            differences.append(
                Difference(
                    kind: other == nil ? .miswired : .swapped, part: .port,
                    subject: cable.subject,
                    layer: cable.seen.layer, facts: cable.facts,
                    summary: "\(cable.place) is connected to \(seen); the manifest expects "
                        + "\(expected)\(ending)."))
        }
    }

    // Two switches may bear the same name; then only their GUIDs tell.
    private static func ends(_ cable: Cable) -> (seen: String, expected: String) {
        let facts = cable.expected.facts
        let guid = cable.seen.peer?.key.node.description ?? ""
        let name = cable.seen.peer?.description ?? ""
        let wanted = facts["peer.name"] ?? ""
        let isSameName = name == wanted && facts["peer.guid"] != guid
        let seen = named(
            name, guid, cable.seen.peer.map { "\($0.key.port)" }, isSameName: isSameName)
        let expected = named(
            wanted, facts["peer.guid"] ?? "", facts["peer.port"], isSameName: isSameName)
        return (seen, expected)
    }

    private static func named(
        _ name: String, _ guid: String, _ port: String?, isSameName: Bool
    ) -> String {
        var words = name.isEmpty ? guid : name
        if isSameName, !name.isEmpty { words += " (\(guid))" }
        guard let port else { return words }
        return words.isEmpty ? "port \(port)" : "\(words) port \(port)"
    }

    // MARK: GPUs

    private mutating func compare(_ expected: [ExpectedGPU], _ inventory: Inventory) {
        for one in expected {
            let found = inventory.gpus.first { $0.address == one.slot }
            let subject = found.map(Self.subject) ?? Self.subject(one)
            let place = found.map(Self.place) ?? "The GPU at \(one.slot)"
            let isThere = found.map { $0.isPresent ? true : $0.isListed } ?? false
            if let found, isThere == true {
                compare(one, found, subject, place)
            } else if found == nil ? inventory.areGPUsListed : isThere == false {
                differences.append(
                    Difference(
                        kind: .missing, part: .gpu, subject: subject,
                        facts: Self.identity(one.facts, ManifestFacts.gpu),
                        summary: "\(place) is missing: the manifest expects it."))
            } else {
                note(["presence"], subject, place)
            }
        }
        let slots = Set(expected.map(\.slot))
        for gpu in inventory.gpus
        where !slots.contains(gpu.address) && (gpu.isPresent || gpu.isListed == true) {
            differences.append(
                Difference(
                    kind: .extra, part: .gpu, subject: Self.subject(gpu),
                    facts: Self.identity(gpu, ManifestFacts.gpu),
                    summary: "\(Self.place(gpu)) is there, and the manifest does not expect it."))
        }
    }

    private mutating func compare(
        _ expected: ExpectedGPU, _ gpu: GPUItem, _ subject: Subject, _ place: String
    ) {
        guard gpu.isPresent else {
            return note(Self.keys(expected.facts, ManifestFacts.gpu), subject, place)
        }
        var found = Found(ManifestFacts.gpu, of: gpu)
        found.take(expected.facts) { _ in true }
        report(found, .gpu, subject, place)
    }

    // MARK: Facts

    private struct Found<Item> {
        let rows: [ManifestFact<Item>]
        let item: Item
        var facts: [DifferenceKind: [Difference.Fact]] = [:]
        var unknown: [String] = []

        init(_ rows: [ManifestFact<Item>], of item: Item) {
            self.rows = rows
            self.item = item
        }

        mutating func take(
            _ expected: [String: String], where isMeant: (DifferenceKind) -> Bool
        ) {
            for row in rows {
                guard let kind = row.kind, isMeant(kind), let wanted = expected[row.key] else {
                    continue
                }
                guard let seen = row.seen(item) else {
                    unknown.append(row.key)
                    continue
                }
                guard seen != wanted else { continue }
                facts[kind, default: []].append(
                    Difference.Fact(key: row.key, expected: wanted, seen: seen))
            }
        }

        func text(_ fact: Difference.Fact) -> String {
            let row = rows.first { $0.key == fact.key }
            let shown = { (value: String?) in value.flatMap { row?.shown($0) } ?? "" }
            return "\(row?.title ?? fact.key) is \(shown(fact.seen)), the manifest expects "
                + shown(fact.expected)
        }
    }

    private mutating func report<Item>(
        _ found: Found<Item>, _ part: Difference.Part, _ subject: Subject, _ place: String,
        layer: LinkLayer? = nil
    ) {
        note(found.unknown, subject, place)
        for kind in DifferenceKind.allCases {
            guard let facts = found.facts[kind] else { continue }
            let words = facts.map(found.text).joined(separator: "; ")
            let another = kind == .replaced ? " was replaced" : ""
            differences.append(
                Difference(
                    kind: kind, part: part, subject: subject, layer: layer, facts: facts,
                    summary: "\(place)\(another): \(words)."))
        }
    }

    private mutating func note(_ unknown: [String], _ subject: Subject, _ place: String) {
        guard !unknown.isEmpty else { return }
        unverified.append(Unverified(subject: subject, place: place, facts: unknown))
    }

    private static func keys<Item>(
        _ expected: [String: String], _ rows: [ManifestFact<Item>]
    ) -> [String] {
        rows.filter { $0.kind != nil && expected[$0.key] != nil }.map(\.key)
    }

    private static func identity<Item>(
        _ expected: [String: String], _ rows: [ManifestFact<Item>]
    ) -> [Difference.Fact] {
        rows.filter { $0.kind == .replaced }.compactMap { row in
            expected[row.key].map { Difference.Fact(key: row.key, expected: $0) }
        }
    }

    private static func identity<Item>(
        _ item: Item, _ rows: [ManifestFact<Item>]
    ) -> [Difference.Fact] {
        rows.filter { $0.kind == .replaced }.compactMap { row in
            row.seen(item).map { Difference.Fact(key: row.key, seen: $0) }
        }
    }
}

extension HCAItem {
    // Neither where it is nor who it is can be told: it cannot be described, or is left alone.
    fileprivate var isUnknown: Bool { guid == nil && address == nil }
}
