import Model

extension Recent {
    // The totals before a pass of what baselines are made of; nil for what was not read then.
    struct Earlier {
        fileprivate var totals: [Int: UInt64] = [:]
        fileprivate var moment: Moment?

        init(_ part: Part, _ key: PartKey) {
            guard case .port = key else { return }
            moment = part.moment
            for row in Recent.measured {
                guard let history = part.rows[row], history.latest != nil else { continue }
                totals[row] = history.total
            }
        }
    }

    private static func row(_ name: String) -> Int { InfiniBandCounters.index(of: name) ?? 0 }
    private static let bits = row("rx_bits_phy")
    private static let correctedBits = row("rx_corrected_bits_phy")
    private static let correctedSymbols = row("port_fec_corrected")
    private static let wait = row("port_xmit_wait")
    private static let words = row("port_xmit_data")
    fileprivate static let measured = [bits, correctedBits, correctedSymbols, wait, words]
    private static let bitsPerWord = 32.0

    // Takes a pass into the baselines of a port; `isExact` says of a row that its step is whole.
    mutating func measure(
        _ part: inout Part, _ earlier: Earlier, bitsPerSecond: Double, at moment: Moment,
        isExact: (Int) -> Bool
    ) {
        guard let before = earlier.moment else { return }
        let seconds = moment.seconds(since: before)
        guard seconds > 0 else { return }
        func increase(_ row: Int) -> Double? {
            guard isExact(row), let total = earlier.totals[row], let now = part.rows[row]?.total,
                now >= total
            else { return nil }
            return Double(now - total)
        }
        let capacity = bitsPerSecond * seconds
        if let amount = increase(Self.correctedBits), let base = increase(Self.bits) {
            note(.corrected, amount, base, capacity, seconds, &part)
        } else if let amount = increase(Self.correctedSymbols) {
            note(.corrected, amount, capacity, capacity, seconds, &part)
        }
        if let amount = increase(Self.wait), let base = increase(Self.words) {
            note(.waiting, amount, base, capacity / Self.bitsPerWord, seconds, &part)
        }
    }

    private mutating func note(
        _ kind: Baseline.Kind, _ amount: Double, _ base: Double, _ capacity: Double,
        _ seconds: Double, _ part: inout Part
    ) {
        let sample = Baseline.Sample(
            amount: amount, base: base, capacity: capacity, seconds: seconds)
        let limit = kind.keepsFaultsOut ? faultFactor : nil
        if part.baselines[kind, default: Baseline()].take(sample, at: now, limit: limit) {
            isChanged = true
        }
    }

    // Another neighbour, another cable: what was usual is not any more.
    mutating func forgetBaselines(_ ends: [PortKey]) {
        for end in ends where parts[.port(end)]?.baselines.isEmpty == false {
            parts[.port(end)]?.baselines = [:]
            isChanged = true
        }
    }
}
