import Wire

/// The cables as a table, with their counters beneath.
struct LinksReport {
    /// Which counters stand beneath a cable.
    enum Choice {
        /// Those that speak against something and are not zero.
        case errors
        /// Those that are not zero.
        case counted
        /// All.
        case all
    }

    private let document: V1.Links
    private let choice: Choice
    private var links: [V1.Link]

    init(_ document: V1.Links, choice: Choice) {
        self.document = document
        self.choice = choice
        links = document.links
    }

    /// Leaves out the cables of all other devices.
    mutating func select(device: String) throws(ClientError) {
        links = document.links.filter { $0.device == device }
        guard !links.isEmpty else {
            throw .noDevice(device, known: Set(document.links.map(\.device)).sorted())
        }
    }

    func show(on page: inout Page) {
        let pass = document.pass.map { "pass \($0)" } ?? "no pass yet"
        page.line("\(document.node) at \(document.time), \(pass)")
        guard !links.isEmpty else {
            page.line("No InfiniBand port has been observed.")
            return
        }
        let counters = links.map { $0.counters.filter(isShown) }
        var details = Table(
            .text(""), .text(""), .text(""), .number(""), .text(""), .text(""), .number(""),
            .text(""), .text(""), .text(""))
        for counter in counters.joined() { details.add(counter) }
        let widths = details.widths
        var next = 0
        page.line()
        page.table(cables) { number, page in
            for note in links[number].notes { page.line(Span("    \(note)", .yellow)) }
            for _ in counters[number] {
                page.row(details.rows[next], details.columns, widths)
                next += 1
            }
        }
    }

    private var cables: Table {
        var table = Table(
            .text("DEVICE"), .number("PORT"), .number("RAIL"), .text("STATE"), .text("LINK"),
            .number("RATE"), .text("PEER"), .number("PORT"), .text("ERRORS"), .number("AGE"),
            .text(""))
        for link in links {
            table.add(
                Span(link.device), Span(String(link.port)), Span(link.rail.map(String.init) ?? "-"),
                Span(link.stateText, link.isJudged && link.local.state != "active" ? .red : .plain),
                Span(link.local.speedText), Span(link.local.rateText), link.peerText,
                Span(link.peerState == "observed" ? link.peer.map { String($0.port) } ?? "?" : "-"),
                link.errorsText, Span(Age.text(seconds: link.ageSeconds)),
                Span(link.stale ? "stale" : "", .yellow))
        }
        return table
    }

    private func isShown(_ counter: V1.LinkCounter) -> Bool {
        switch choice {
        case .errors: counter.isError && counter.isCounted
        case .counted: counter.isCounted
        case .all: true
        }
    }
}

extension Table {
    fileprivate mutating func add(_ counter: V1.LinkCounter) {
        add(
            "  ", Span(counter.name), "local", counter.local.numeral, counter.local.mark, "peer",
            counter.peer.numeral, counter.peer.mark, Span(counter.unit),
            Span(counter.accuses == "nobody" ? "" : "accuses \(counter.accuses)"))
    }
}

extension V1.Link {
    fileprivate var stateText: String {
        let far =
            switch peerState {
            case "observed": peer?.stateText ?? "?"
            case "absent", "not_infiniband": "-"
            default: "?"
            }
        return "\(local.stateText)/\(far)"
    }

    fileprivate var peerText: Span {
        switch peerState {
        case "observed": Span(peer?.name ?? "?")
        case "absent": Span("absent")
        case "not_infiniband": Span("- (\(linkLayer))")
        default: Span("hidden\(peerFailure.map { ": \($0)" } ?? "")", .yellow)
        }
    }

    /// Whether errors were counted, at each end; `?` where nothing can be said.
    fileprivate var errorsText: Span {
        let near = errors(\.local, isReadable: !stale && !local.stale)
        if peerState == "not_infiniband" {
            return Span("\(near)/-", near == "seen" ? .yellow : .plain)
        }
        let far = errors(
            \.peer, isReadable: !stale && peerState == "observed" && peer?.stale == false)
        return Span("\(near)/\(far)", near == "seen" || far == "seen" ? .yellow : .plain)
    }

    private func errors(
        _ end: KeyPath<V1.LinkCounter, V1.CounterValue?>, isReadable: Bool
    ) -> String {
        let values = counters.filter(\.isOfTheLink).compactMap { $0[keyPath: end] }
        if values.contains(where: { $0.total > 0 }) { return "seen" }
        let isKnown = isReadable && !values.isEmpty && values.allSatisfy { !$0.stale }
        return isKnown ? "none" : "?"
    }

    /// Whether it is judged as a cable of a fabric.
    fileprivate var isJudged: Bool { role == "fabric" && linkLayer == "InfiniBand" }

    /// What a row has no column for.
    fileprivate var notes: [String] {
        var notes: [String] = []
        if role == "nvswitch_management" { notes.append("the way to an NVSwitch: not judged") }
        if let failure = local.failure { notes.append("local end not read: \(failure)") }
        if local.stale, !stale { notes.append("local end: last known values") }
        guard let peer else { return notes }
        if peerState != "observed" {
            notes.append("last known peer: \(peer.name) port \(peer.port)")
        } else if let failure = peerFailure {
            notes.append("peer counters not read: \(failure)")
        } else if peer.stale, !stale {
            notes.append("peer end: last known values")
        }
        return notes
    }
}

extension V1.LinkEnd {
    fileprivate var name: String { description ?? guid }

    fileprivate var stateText: String {
        guard let state else { return "?" }
        guard state == "down", let physicalState else { return state }
        return "\(state)(\(physicalState))"
    }

    fileprivate var speedText: String {
        guard let widthLanes else { return "-" }
        return "\(widthLanes)x\(speed ?? "")"
    }

    fileprivate var rateText: String {
        guard let bitsPerSecond else { return "-" }
        let tenths = (bitsPerSecond / 50_000_000 + 1) / 2
        return tenths % 10 == 0 ? "\(tenths / 10) Gb/s" : "\(tenths / 10).\(tenths % 10) Gb/s"
    }
}

extension V1.LinkCounter {
    fileprivate var isError: Bool { Accusation.isError(accuses: accuses, unit: unit) }

    /// Whether it speaks against the link rather than against who uses it, or the HCA's slot.
    fileprivate var isOfTheLink: Bool {
        isError && !["host", "pcie_path", "remote_node", "fabric_path"].contains(accuses)
    }

    fileprivate var isCounted: Bool { [local, peer].contains { ($0?.total ?? 0) > 0 } }
}

extension V1.CounterValue? {
    fileprivate var numeral: Span {
        guard let value = self else { return "-" }
        return Span(
            "\(value.saturated ? "≥" : "")\(value.total)", value.saturated ? .yellow : .plain)
    }

    fileprivate var mark: Span { Span(self?.stale == true ? "stale" : "", .yellow) }
}
