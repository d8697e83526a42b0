extension Column {
    /// The unit of its numbers in documents.
    package var publishedUnit: String {
        switch kind {
        case .counter: Unit(rawValue: unit)?.publishedName ?? unit
        case .gauge: GaugeUnit(rawValue: unit)?.publishedName ?? unit
        }
    }

    /// The number that documents show for a value as it is stored.
    package func published(_ raw: UInt64) -> PublishedNumber {
        switch kind {
        case .counter: .integer(Unit(rawValue: unit)?.published(raw) ?? raw)
        case .gauge: GaugeUnit(rawValue: unit)?.published(raw) ?? .integer(raw)
        }
    }
}
