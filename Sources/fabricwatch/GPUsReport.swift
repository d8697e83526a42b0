import Wire

/// The GPUs as a table, with what is to be said of each beneath.
struct GPUsReport {
    /// What stands beneath a GPU.
    enum Choice {
        /// Links that are down or have counted errors.
        case troubles
        /// These, and the errors of the GPU itself.
        case errors
        /// Every link, counter and gauge.
        case all
    }

    /// What is said above the table.
    struct Heading {
        let node: String
        let time: String
        let pass: UInt64?
        let library: V1.GPULibrary?
        let driver: String?

        init(_ list: V1.GPUs) {
            node = list.node
            time = list.time
            pass = list.pass
            library = list.library
            driver = list.library?.driver
        }

        init(_ gpu: V1.GPU) {
            node = gpu.node
            time = gpu.time
            pass = gpu.pass
            library = nil
            driver = gpu.identity?.driver
        }
    }

    private let heading: Heading
    private let gpus: [V1.GPUSummary]
    private let choice: Choice
    private var details: [Int: V1.GPU] = [:]

    init(heading: Heading, gpus: [V1.GPUSummary], choice: Choice) {
        self.heading = heading
        self.gpus = gpus
        self.choice = choice
    }

    /// Takes in everything that is known of one of the GPUs.
    mutating func add(_ gpu: V1.GPU?) {
        if let gpu { details[gpu.summary.index] = gpu }
    }

    func show(on page: inout Page) {
        let pass = heading.pass.map { "pass \($0)" } ?? "no pass yet"
        let driver = heading.driver.map { ", driver \($0)" } ?? ""
        page.line("\(heading.node) at \(heading.time), \(pass)\(driver)")
        if let library = heading.library, library.state != "ready" || library.stale {
            let detail = library.detail.map { ": \($0)" } ?? ""
            let age = library.stale ? " (stale)" : ""
            page.line(Span("libnvidia-ml: \(library.state)\(age)\(detail)", .yellow))
        }
        guard !gpus.isEmpty else {
            page.line("No GPU has been found.")
            return
        }
        page.line()
        page.table(table) { number, page in
            let gpu = gpus[number]
            for note in gpu.notes { page.line("    ", note) }
            if let details = details[gpu.index] { show(details, on: &page) }
        }
    }

    private var table: Table {
        var table = Table(
            .number("GPU"), .text("NAME"), .text("ADDRESS"), .text("STATE"), .number("TEMP"),
            .number("POWER"), .number("UTIL"), .number("ECC"), .number("LINKS"),
            .number("ERRORS"), .number("XIDS"), .number("AGE"), .text(""))
        for gpu in gpus {
            table.add(
                Span(String(gpu.index)), Span(gpu.name ?? "?"), Span(gpu.address),
                Span(gpu.state, gpu.state == "read" ? .plain : .red),
                Span(gpu.temperatureCelsius.map { "\(Number.whole($0)) C" } ?? "?"),
                Span(gpu.powerWatts.map { "\(Number.whole($0)) W" } ?? "?"),
                Span(gpu.utilization.map { "\(Number.whole($0 * 100))%" } ?? "?"),
                gpu.eccUncorrected.count, gpu.linksText, gpu.linkErrorsText,
                gpu.xids.count,
                Span(gpu.ageSeconds.map { Age.text(seconds: $0) } ?? "never"),
                Span(gpu.stale ? "stale" : "", .yellow))
        }
        return table
    }

    // MARK: Beneath a GPU

    private func show(_ gpu: V1.GPU, on page: inout Page) {
        var own = Table(.text(""), .text(""), .number(""), .text(""), .text(""), .text(""))
        if choice != .troubles {
            for counter in gpu.counters where isShown(counter) { own.add("  ", counter) }
        }
        if choice == .all {
            for gauge in gpu.gauges { own.add("  ", gauge) }
        }
        page.table(own)
        for xid in gpu.xids where choice != .troubles {
            let times = xid.count == 1 ? "once, at" : "\(xid.count) times, last at"
            page.line("    Xid \(xid.number), \(times) \(xid.last): \(xid.meaning)")
        }
        for link in gpu.links { show(link, on: &page) }
    }

    private func show(_ link: V1.NVLink, on page: inout Page) {
        let counters = link.counters.filter(isShown)
        guard choice == .all || !link.isUp || !counters.isEmpty else { return }
        page.line(
            "    link \(link.link) ", Span(link.state, link.isUp ? .plain : .red),
            Span(link.description), Span(link.stale ? " stale" : "", .yellow))
        var table = Table(.text(""), .text(""), .number(""), .text(""), .text(""), .text(""))
        for counter in counters { table.add("    ", counter) }
        if choice == .all {
            for gauge in link.gauges { table.add("    ", gauge) }
        }
        page.table(table)
    }

    private func isShown(_ counter: V1.CounterEntry) -> Bool {
        choice == .all || (counter.isError && (counter.value?.total ?? 0) > 0)
    }
}

extension V1.GPUSummary {
    /// Whether its links are worth a look.
    var hasLinkTrouble: Bool {
        if let linksTotal, let linksActive, linksActive < linksTotal { return true }
        return (linksWithErrors ?? 0) > 0
    }

    fileprivate var linksText: Span {
        guard let linksTotal else { return "?" }
        guard linksTotal > 0 else { return "-" }
        let active = linksActive.map(String.init) ?? "?"
        return Span("\(active)/\(linksTotal)", linksActive == linksTotal ? .plain : .red)
    }

    fileprivate var linkErrorsText: Span {
        guard linksTotal != 0 else { return "-" }
        return linksWithErrors.map { UInt64($0) }.count
    }

    fileprivate var notes: [Span] {
        var notes: [Span] = []
        if let reason { notes.append(Span(reason, .yellow)) }
        let state = [call?.wchan.map { "in \($0)" }, call?.kernelState.map { "state \($0)" }]
            .compactMap(\.self)
        if !state.isEmpty {
            // Of a GPU that is left alone it is what was seen last.
            let waits = self.state == "excluded" ? "waited" : "waits"
            notes.append(
                Span("it \(waits) in the kernel, \(state.joined(separator: ", "))", .yellow))
        }
        if let recoveryAction, recoveryAction != "nothing" {
            notes.append(Span("the driver asks for: \(recoveryAction)", .red))
        }
        if let damage {
            notes.append(Span("damaged: \(damage.joined(separator: ", "))", .red))
        }
        return notes
    }
}

extension V1.NVLink {
    fileprivate var isUp: Bool { state == "active" || state == "asleep" }

    fileprivate var description: String {
        let far = remote.map { remote in
            let link = remote.link.map { " link \($0)" } ?? ""
            return "to \(remote.kind)\(remote.address.map { " \($0)" } ?? "")\(link)"
        }
        // A link that is down has none.
        let speed = speedBytesPerSecond.flatMap { $0 == 0 ? nil : $0 }.map {
            "\(Number.tenths(Double($0) / 1e9)) GB/s"
        }
        let parts = [version, speed, far].compactMap(\.self)
        return parts.isEmpty ? "" : ", " + parts.joined(separator: ", ")
    }
}

extension V1.CounterEntry {
    fileprivate var isError: Bool { Accusation.isError(accuses: accuses, unit: unit) }
}

extension Table {
    fileprivate mutating func add(_ indent: Span, _ counter: V1.CounterEntry) {
        let isLower = counter.value?.saturated == true
        let count = counter.value.map { "\(isLower ? "≥" : "")\($0.total)" }
        let accused = counter.accuses.flatMap { $0 == "nobody" ? nil : "accuses \($0)" }
        add(
            indent, Span("  \(counter.name)"), Span(count ?? "-", isLower ? .yellow : .plain),
            Span(counter.unit), Span(counter.state == "value" ? "" : counter.state, .yellow),
            Span(accused ?? ""))
    }

    fileprivate mutating func add(_ indent: Span, _ gauge: V1.GaugeEntry) {
        add(
            indent, Span("  \(gauge.name)"), Span(gauge.value.map(Number.plain) ?? "-"),
            Span(gauge.unit), Span(gauge.state == "value" ? "" : gauge.state, .yellow),
            Span(gauge.meaning ?? ""))
    }
}

extension UInt64? {
    /// A count of what should not be; yellow above 0.
    fileprivate var count: Span {
        map { Span(String($0), $0 > 0 ? .yellow : .plain) } ?? "?"
    }
}

/// Numbers of JSON as people read them.
enum Number {
    /// Without a fraction.
    static func whole(_ value: Double) -> String { integer(value.rounded()) }

    /// With one decimal, unless it is zero.
    static func tenths(_ value: Double) -> String {
        let tenths = (value * 10).rounded()
        guard tenths.magnitude < 1e15, tenths.truncatingRemainder(dividingBy: 10) != 0 else {
            return whole(value)
        }
        return "\(tenths / 10)"
    }

    /// Whole numbers without a fraction, others as they are.
    static func plain(_ value: Double) -> String {
        value == value.rounded() ? integer(value) : "\(value)"
    }

    private static func integer(_ value: Double) -> String {
        Int64(exactly: value).map(String.init) ?? "\(value)"
    }
}
