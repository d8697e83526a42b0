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

extension Page {
    /// The window, what was counted in it, and how to go on.
    mutating func show(_ deltas: V1.Deltas, device: String?, all: Bool) {
        let ends = deltas.series.filter { device == nil || $0.device == device }.sorted {
            $0.order < $1.order
        }
        line(
            """
            \(deltas.node) from \(deltas.from.time) (pass \(deltas.from.pass)) \
            to \(deltas.to.time) (pass \(deltas.to.pass)), passes: \(deltas.passes)
            """)
        if !deltas.complete {
            line(Span("The history begins here: it does not reach back as far as asked.", .yellow))
        }
        for end in ends { show(end, in: deltas) }
        show(ends, all: all)
        line("next \(deltas.next)")
    }

    // Where an end was not observed all through the window.
    private mutating func show(_ end: V1.DeltaSeries, in window: V1.Deltas) {
        if end.stale {
            line(Span("\(end.place): not observed in the last pass, last at \(end.to)", .yellow))
        }
        if end.from != window.from.time {
            line(Span("\(end.place): counted from \(end.from)", .yellow))
        }
    }

    private mutating func show(_ ends: [V1.DeltaSeries], all: Bool) {
        var table = Table(
            .text("DEVICE"), .number("PORT"), .text("END"), .text("COUNTER"), .number("DELTA"),
            .text("UNIT"), .text("REASON"))
        for end in ends {
            for counter in end.counters where all || counter.isWorthARow {
                table.add(
                    Span(end.device ?? end.key), Span(end.port.map(String.init) ?? "-"),
                    Span(end.end ?? "gone"), Span(counter.name), counter.numeral,
                    Span(counter.unit), Span(counter.reasons.joined(separator: ",")))
            }
        }
        if table.rows.isEmpty {
            line(ends.isEmpty ? "No part was known in this window." : "Nothing was counted.")
        } else {
            self.table(table)
        }
    }
}

extension V1.DeltaSeries {
    fileprivate var place: String {
        guard let device, let port, let end else { return "\(key), no longer connected" }
        return "\(device) port \(port) \(end) end"
    }

    // By device, port and end; what is no longer connected comes last.
    fileprivate var order: (String, Int, String, String) {
        (device ?? "\u{10FFFF}", port ?? 0, end ?? "", key)
    }
}

extension V1.CounterDelta {
    /// Whether something was counted, or may have been.
    fileprivate var isWorthARow: Bool { delta != 0 || quality != "exact" }

    fileprivate var numeral: Span {
        guard let delta else { return Span("?", .yellow) }
        switch quality {
        case "exact": return Span(String(delta))
        case "at_least": return Span("≥\(delta)", .yellow)
        default: return Span("?", .yellow)
        }
    }
}
