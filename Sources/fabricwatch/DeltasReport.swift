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
            for counter in end.counters where all || counter.isWorthARow(of: end) {
                table.add(
                    Span(end.name), Span((end.port ?? end.link).map(String.init) ?? "-"),
                    Span(end.role), Span(counter.name), counter.numeral,
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
    fileprivate var name: String { device ?? gpuIndex.map { "gpu \($0)" } ?? key }

    // Whose end it is, or what else it is.
    fileprivate var role: String {
        guard device != nil || gpuIndex != nil else { return "gone" }
        return end ?? (link == nil ? "gpu" : "nvlink")
    }

    fileprivate var place: String {
        if let device, let port, let end { return "\(device) port \(port) \(end) end" }
        guard let gpuIndex else { return "\(key), no longer connected" }
        return "gpu \(gpuIndex)" + (link.map { " link \($0)" } ?? "")
    }

    // Cables by device, port and end, then GPUs by index and link; what is no longer connected
    // comes last.
    fileprivate var order: Order {
        let rank = device != nil ? 0 : gpuIndex != nil ? 1 : 2
        return Order(
            rank: rank, text: device ?? "", number: port ?? gpuIndex ?? 0, part: link ?? -1,
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
    /// Whether something was counted, or may have been; a node's NVLinks would fill the page with
    /// their traffic alone.
    fileprivate func isWorthARow(of series: V1.DeltaSeries) -> Bool {
        let isPassing = series.gpuUuid != nil && accuses == "nobody"
        return !isPassing && (delta != 0 || quality != "exact")
    }

    fileprivate var numeral: Span {
        guard let delta else { return Span("?", .yellow) }
        switch quality {
        case "exact": return Span(String(delta))
        case "at_least": return Span("≥\(delta)", .yellow)
        default: return Span("?", .yellow)
        }
    }
}
