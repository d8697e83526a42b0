import Wire

extension V1.Deltas {
    /// Refuses the name of a device that has no part in the window.
    func require(device: String) throws(ClientError) {
        let known = Set(series.compactMap(\.device))
        guard known.contains(device) else {
            throw .noDevice(device, known: known.sorted())
        }
    }
}

/// Which counters of a window are shown.
enum DeltasChoice {
    /// Those that moved, or may have moved, and speak against a part.
    case errors
    /// Those that moved, or may have moved.
    case counted
    /// All.
    case all
}

extension Page {
    /// The window, what was counted in it, and how to go on.
    mutating func show(_ deltas: V1.Deltas, device: String?, choice: DeltasChoice) {
        let ends = deltas.series.filter { device == nil || $0.device == device }
            .map { ($0.order, $0) }.sorted { $0.0 < $1.0 }.map(\.1)
        line(
            """
            \(deltas.node) from \(deltas.from.time) (pass \(deltas.from.pass)) \
            to \(deltas.to.time) (pass \(deltas.to.pass)), passes: \(deltas.passes)
            """)
        if !deltas.complete {
            line(Span("The history begins here: it does not reach back as far as asked.", .yellow))
        }
        for notice in DeltasNotices(ends, in: deltas, choice: choice).lines {
            line(Span(notice, .yellow))
        }
        show(ends, choice)
        line("next \(deltas.next)")
    }

    private mutating func show(_ ends: [V1.DeltaSeries], _ choice: DeltasChoice) {
        var table = Table(
            .text("DEVICE"), .number("PORT"), .text("END"), .text("COUNTER"), .number("DELTA"),
            .text("UNIT"), .text("REASON"))
        for end in ends {
            let folded = end.folded(choice)
            for counter in end.counters where counter.isShown(choice, folded) {
                table.add(
                    Span(end.name), Span((end.port ?? end.link).map(String.init) ?? "-"),
                    Span(end.role), Span(counter.name), counter.numeral,
                    Span(counter.unit), Span(counter.reason))
            }
        }
        if !table.rows.isEmpty {
            self.table(table)
        } else if ends.isEmpty {
            line("No part was known in this window.")
        } else {
            line(choice == .errors ? "No error was counted." : "Nothing was counted.")
        }
    }
}

extension V1.DeltaSeries {
    fileprivate var name: String { device ?? gpuIndex.map { "gpu \($0)" } ?? key }

    // Whose end it is, or what else it is.
    fileprivate var role: String {
        guard address == nil else { return "pcie" }
        guard device != nil || gpuIndex != nil else { return "gone" }
        return end ?? (link == nil ? "gpu" : "nvlink")
    }

    // Cables by device, port and end, then GPUs by index and link, then PCI functions by address;
    // what is no longer connected comes last.
    fileprivate var order: Order {
        let rank = address != nil ? 2 : device != nil ? 0 : gpuIndex != nil ? 1 : 3
        return Order(
            rank: rank, text: address ?? device ?? "", number: port ?? gpuIndex ?? 0,
            part: link ?? -1,
            rest: (end ?? "") + key)
    }

    fileprivate struct Order: Comparable {
        var rank: Int
        var text: String
        var number: Int
        var part: Int
        var rest: String

        static func < (left: Order, right: Order) -> Bool {
            (left.rank, left.text, left.number, left.part, left.rest)
                < (right.rank, right.text, right.number, right.part, right.rest)
        }
    }
}

extension V1.CounterDelta {
    fileprivate func isShown(_ choice: DeltasChoice, _ folded: [String: Int]) -> Bool {
        if isOpen, folded[reason] != nil { return false }
        switch choice {
        case .errors: return isError && hasMoved
        case .counted: return hasMoved
        case .all: return true
        }
    }

    var reason: String { reasons.joined(separator: ",") }

    var isError: Bool { Accusation.isError(accuses: accuses, unit: unit) }

    // Or may have.
    private var hasMoved: Bool { delta != 0 || quality != "exact" }

    /// Whether nothing is known but that it may have moved.
    var isOpen: Bool { (delta ?? 0) == 0 && quality != "exact" }

    fileprivate var numeral: Span {
        guard let delta else { return Span("?", .yellow) }
        switch quality {
        case "exact": return Span(String(delta))
        case "at_least": return Span("≥\(delta)", .yellow)
        default: return Span("?", .yellow)
        }
    }
}
