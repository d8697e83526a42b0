/// What one message of Xid 144 to 150 says, decoded.
package struct NVLink5Reading: Sendable {
    /// How `intrInfo` is laid out.
    package enum Layout: Sendable {
        /// Drivers before R575.
        case older
        /// Drivers since R575.
        case newer
    }

    /// The unit as the text names it.
    package let unit: String
    /// Which layout the word fits; nil when it fits neither or both.
    package let layout: Layout?
    /// Why, bits 25 to 20 of `intrInfo`.
    package let reason: UInt32
    /// `errorStatus`; 0 when the word is missing.
    package let errorStatus: UInt32
    /// What the table says of it; nil when it is not in the table.
    package let outcome: NVLink5Catalog.Outcome?
    /// Whether a bit of `intrInfo` turned the outcome into a reset.
    package let isPromoted: Bool
    /// Whether the text says fatal; nil when it does not say.
    package let printedFatal: Bool?

    /// Decodes the words of a message, of which the first two count.
    ///
    /// - Parameters:
    ///   - xid: The Xid, 144 to 150.
    ///   - unit: The unit as the text names it.
    ///   - words: `intrInfo`, `errorStatus` and what follows.
    ///   - printedFatal: Whether the text says fatal; nil when it does not say.
    package init(xid: UInt32, unit: String, words: [UInt32], printedFatal: Bool?) {
        let info = words.first ?? 0
        let status = words.dropFirst().first ?? 0
        let reason = info >> 20 & 0x3f
        let row = Self.row(xid: xid, unit: unit, info: info)
        let layout = row.flatMap { Self.layout(of: info, in: $0) }
        let outcome = row.flatMap { Self.outcome($0.outcomes, reason: reason, status: status) }
        let promotes =
            switch layout {
            case .older: info >> 10 & 1 == 1
            case .newer: info >> 7 & 1 == 1
            case nil: false
            }
        self.unit = unit
        self.layout = layout
        self.reason = reason
        errorStatus = status
        self.outcome = outcome
        isPromoted = promotes && outcome?.isPromotable == true
        self.printedFatal = printedFatal
    }

    private static func row(xid: UInt32, unit: String, info: UInt32) -> NVLink5Catalog.Unit? {
        let rows = NVLink5Catalog.units.filter { $0.xid == xid }
        let named = rows.filter { $0.names.contains(unit) }
        if let first = named.first {
            return named.first { layout(of: info, in: $0) != nil } ?? first
        }
        return rows.first { layout(of: info, in: $0) != nil }
    }

    private static func layout(of info: UInt32, in row: NVLink5Catalog.Unit) -> Layout? {
        let isOlder = (info & 0x1f, info >> 5 & 0x1f) == (row.older.unit, row.older.subcode)
        let isNewer = info & 0x7f == row.newer
        guard isOlder != isNewer else { return nil }
        return isOlder ? .older : .newer
    }

    // Of several bits the one that asks for most decides.
    private static func outcome(
        _ outcomes: [NVLink5Catalog.Outcome], reason: UInt32, status: UInt32
    ) -> NVLink5Catalog.Outcome? {
        let holding = outcomes.filter { outcome in
            switch outcome.condition {
            case .always: true
            case .bits(let bits): bits.contains { status & $0 != 0 }
            case .status(let values): values.contains(status)
            case .reason(let reasons): reasons.contains(reason)
            }
        }
        let exact = holding.first { $0.condition != .always }
        let isByBits = holding.contains { if case .bits = $0.condition { true } else { false } }
        guard isByBits else { return exact ?? holding.first }
        return holding.max { urgency($0) < urgency($1) }
    }

    private static func urgency(_ outcome: NVLink5Catalog.Outcome) -> Int {
        switch outcome.action {
        case .ignore: outcome.isPromotable ? 1 : 0
        case .followRecoveryAction: 2
        case .resetGPU: 3
        }
    }

    /// What is to be done at once; nil when the message is not in the table.
    package var action: NVLink5Catalog.Action? { isPromoted ? .resetGPU : outcome?.action }

    /// What is to be looked into; nil when the message is not in the table.
    package var investigation: NVLink5Catalog.Investigation? { outcome?.investigation }

    /// How grave it is: what the text says, else what the table says; nil when neither does.
    package var severity: NVLink5Catalog.Severity? {
        guard let printedFatal else { return outcome?.severity }
        guard printedFatal else { return .nonFatal }
        return outcome?.severity == .linkFatal ? .linkFatal : .fatal
    }

    /// What helps: support when the message is not in the table.
    package var remedy: Remedy {
        switch action {
        case .ignore: .none
        case .followRecoveryAction: .application
        case .resetGPU: .resetGPU
        case nil: .support
        }
    }

    /// One sentence for an operator.
    package var sentence: String {
        let isLinkDown = unit.hasPrefix("NETIR_LINK")
        let what =
            isLinkDown
            ? "\(unit), reason \(reason)"
            : "\(unit), status 0x\(Hexadecimal.padded(errorStatus, digits: 8))"
        guard let action, let investigation else {
            return "\(what): not in the catalogue, contact support."
        }
        let promoted = isPromoted ? " (promoted by the driver)" : ""
        return "\(what): \(action.phrase)\(promoted), \(investigation.phrase)."
    }
}

extension NVLink5Catalog.Action {
    /// What is to be done, without a full stop.
    package var phrase: String {
        switch self {
        case .ignore: "nothing to do at once"
        case .followRecoveryAction: "do what Xid 154 asks for, else restart the application"
        case .resetGPU: "drain and reset the GPU"
        }
    }
}

extension NVLink5Catalog.Investigation {
    /// What is to be looked into, without a full stop.
    package var phrase: String {
        switch self {
        case .nothing: "nothing to look into"
        case .support: "contact support when it comes again"
        case .linkFailureFirst: "look for a link that went down within 30 s before"
        case .reportAlone: "look for the failure that it follows from, report it when alone"
        case .reportDaily: "report it when it comes more than once a day"
        case .signal: "look into the link's signal"
        case .signalAndCables: "look into the link's signal and cables"
        case .software: "software or a user took the link down"
        case .softwareAndSignal: "look for software or a user, then into the link's signal"
        case .peer: "the device at the other end caused it"
        case .host: "the host caused it"
        }
    }
}
