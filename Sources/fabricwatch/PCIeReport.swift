import Wire

/// The PCI functions as a tree, each once.
struct PCIeReport {
    private let document: V1.PCIe
    private var hops: [String: V1.PCIeHop] = [:]
    private var devices: [String: V1.PCIeDevice] = [:]
    private var parents: [String: String] = [:]
    private var children: [String: [String]] = [:]
    private var roots: [String] = []

    init(_ document: V1.PCIe) {
        self.document = document
        for device in document.devices {
            devices[device.address] = device
            for (number, hop) in device.hops.enumerated() where hops[hop.address] == nil {
                hops[hop.address] = hop
                if number + 1 < device.hops.count {
                    let parent = device.hops[number + 1].address
                    parents[hop.address] = parent
                    children[parent, default: []].append(hop.address)
                } else {
                    roots.append(hop.address)
                }
            }
        }
    }

    func show(on page: inout Page) {
        let pass = document.pass.map { "pass \($0)" } ?? "no pass yet"
        page.line("\(document.node) at \(document.time), \(pass)")
        guard !document.devices.isEmpty else {
            page.line("No HCA and no GPU has been found.")
            return
        }
        page.line()
        var table = Table(
            .text("ADDRESS"), .text("FUNCTION"), .text("WIDTH"), .text("SPEED"),
            .number("CORRECTED"), .number("NONFATAL"), .number("FATAL"), .number("NUMA"),
            .text("STATE"), .text(""))
        for root in roots.sorted() { add(root, depth: 0, to: &table) }
        page.table(table)
        for root in roots.sorted() where hops[root]?.aerNative == false {
            page.line(
                Span("Errors below \(root) go to the firmware: counts may stay at 0.", .yellow))
        }
    }

    private func add(_ address: String, depth: Int, to table: inout Table) {
        guard let hop = hops[address] else { return }
        let above = parents[address].flatMap { hops[$0] }
        table.add(
            Span(String(repeating: "  ", count: depth) + address), Span(name(hop)),
            Self.level(
                hop.widthLanes.map(Double.init), of: hop.maxWidthLanes.map(Double.init),
                above: above?.maxWidthLanes.map(Double.init)
            ) { "x\(Number.plain($0))" },
            Self.level(hop.speedGtps, of: hop.maxSpeedGtps, above: above?.maxSpeedGtps) {
                "\(Number.plain($0)) GT/s"
            },
            Self.count(hop.aerCorrectable), Self.count(hop.aerNonfatal),
            Self.count(hop.aerFatal), Span(hop.numaNode.map(String.init) ?? "?"),
            Span(hop.state, Self.ink(ofState: hop.state)),
            Span(hop.stale ? "stale" : "", .yellow))
        for child in (children[address] ?? []).sorted() {
            add(child, depth: depth + 1, to: &table)
        }
    }

    // A device that sleeps is well; one that nobody could ask may be.
    private static func ink(ofState state: String) -> Ink {
        switch state {
        case "read", "suspended": .plain
        case "unknown": .yellow
        default: .red
        }
    }

    private func name(_ hop: V1.PCIeHop) -> String {
        let device = devices[hop.address]
        if let label = device?.device { return label }
        if let index = device?.gpuIndex { return "gpu \(index)" }
        return (device?.role ?? hop.role ?? "?").split(separator: "_").joined(separator: " ")
    }

    // Less than both ends of the link have is a link that did not come up as it could.
    private static func level(
        _ current: Double?, of most: Double?, above: Double?, _ text: (Double) -> String
    ) -> Span {
        guard let current else { return Span(most.map { "? of \(text($0))" } ?? "?") }
        guard let most, most != current else { return Span(text(current)) }
        let isLow = current < min(most, above ?? most)
        return Span("\(text(current)) of \(text(most))", isLow ? .yellow : .plain)
    }

    private static func count(_ count: UInt64?) -> Span {
        guard let count else { return Span("?") }
        return Span(String(count), count == 0 ? .plain : .yellow)
    }
}
