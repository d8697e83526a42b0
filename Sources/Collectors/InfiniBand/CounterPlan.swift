package import Model

/// What one end of a cable offers, as far as it decides which fields mean something.
package struct EndCapabilities: Hashable, Sendable {
    /// Which layout PortExtendedSpeedsCounters comes in.
    package enum Speeds: Sendable {
        /// The attribute is not offered, or the link does not run an extended speed.
        case none
        /// The layout without Reed-Solomon FEC.
        case standard
        /// The layout with Reed-Solomon FEC.
        case reedSolomon
        /// The port has both layouts and did not say which FEC is active.
        case unknown
    }

    /// ClassPortInfo.CapabilityMask.
    package var mask: UInt16
    /// ClassPortInfo.CapabilityMask2, its 27 bits.
    package var mask2: UInt32
    /// Whether the node is a switch; an mlx5 HCA answers optional attributes with PortCounters and
    /// status 0, so it is never asked (`process_pma_cmd` in the kernel's mlx5 mad.c).
    package var isSwitch: Bool
    /// How PortExtendedSpeedsCounters is to be read.
    package var speeds: Speeds
    /// Lanes in use, 0 when unknown.
    package var lanes: UInt8
    /// Optional attributes that turned out not to be there.
    package var missing: Set<Attribute>

    /// What an end offers.
    package init(
        mask: UInt16, mask2: UInt32, isSwitch: Bool, speeds: Speeds = .none, lanes: UInt8 = 0,
        missing: Set<Attribute> = []
    ) {
        self.mask = mask
        self.mask2 = mask2
        self.isSwitch = isSwitch
        self.speeds = speeds
        self.lanes = lanes
        self.missing = missing
    }
}

/// Which attributes to ask one end for, and which fields to take from the answers; worked out once
/// and used in every pass.
package struct CounterPlan: Sendable {
    /// One attribute and the fields of it that are wanted.
    package struct Query: Sendable {
        /// The attribute.
        package let attribute: Attribute
        fileprivate(set) var sources: [Source]
    }

    struct Source: Sendable {
        let row: Int
        let field: MADField
        let index: UInt8
        let isWide: Bool
    }

    /// What the plan was made for.
    package let capabilities: EndCapabilities
    /// The attributes to ask for.
    package private(set) var queries: [Query] = []
    /// The readings when nothing was answered: failed where the end offers the counter, else
    /// unsupported.
    package private(set) var unanswered: [Reading]

    /// Works out the plan.
    package init(_ capabilities: EndCapabilities) {
        self.capabilities = capabilities
        unanswered = Array(repeating: .unsupported, count: InfiniBandCounters.count)
        for (row, counter) in InfiniBandCounters.all.enumerated() {
            let entries = MADFieldTable.rows[row]
            let first = counter.preference.first {
                capabilities.offers(counter.fields[$0], entries[$0], lane: counter.lane)
            }
            guard let first, let entry = entries[first] else { continue }
            unanswered[row] = .failed
            let field = counter.fields[first]
            guard let attribute = field.attribute, !capabilities.isUnreadable(attribute) else {
                continue
            }
            add(
                Source(
                    row: row, field: entry.field, index: UInt8(first),
                    isWide: field.width == 64),
                to: attribute)
        }
    }

    private mutating func add(_ source: Source, to attribute: Attribute) {
        if let place = queries.firstIndex(where: { $0.attribute == attribute }) {
            queries[place].sources.append(source)
        } else {
            queries.append(Query(attribute: attribute, sources: [source]))
        }
    }
}

extension CounterPlan.Query {
    /// Takes the wanted fields from an answer.
    package func read(_ answer: MADPacket, into readings: inout [Reading]) {
        answer.decode { reader in
            for source in sources {
                let value =
                    source.isWide
                    ? reader.wideValue(source.field) : UInt64(reader.value(source.field))
                readings[source.row] = .value(value, field: source.index)
            }
        }
    }
}

extension CounterPlan.Query {
    /// Says that the device does not offer the attribute after all.
    func withdraw(from readings: inout [Reading]) {
        for source in sources { readings[source.row] = .unsupported }
    }
}

extension EndCapabilities {
    fileprivate func offers(_ field: Field, _ entry: MADFieldEntry?, lane: UInt8?) -> Bool {
        guard let entry, mask & entry.mask == entry.mask, mask2 & entry.mask2 == entry.mask2,
            let attribute = field.attribute
        else { return false }
        switch attribute {
        case .portCounters:
            return true
        case .portCountersExtended:
            let either =
                PerformanceCapability.extended | PerformanceCapability.extendedWithoutCast
            return mask & either != 0
        case .portRcvErrorDetails, .portXmitDiscardDetails:
            return isSwitch && !missing.contains(attribute)
        case .portExtendedSpeedsCounters:
            guard isSwitch, !missing.contains(attribute), lane.map({ $0 < lanes }) ?? true
            else { return false }
            return offers(entry.layout)
        }
    }

    private func offers(_ layout: MADFieldEntry.Layout?) -> Bool {
        switch speeds {
        case .none: false
        case .standard: layout == .standard
        case .reedSolomon: layout == .reedSolomon
        case .unknown: true
        }
    }

    // Offered, and yet not to be asked for: the answer could be decoded wrongly.
    fileprivate func isUnreadable(_ attribute: Attribute) -> Bool {
        attribute == .portExtendedSpeedsCounters && speeds == .unknown
    }
}
