import ArgumentParser
import Wire

/// `fabricwatch events`.
struct EventsCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "events",
            abstract: "What the kernel log, the GPUs' driver and the HCAs told.",
            discussion: """
                The latest events, or those that follow a point; the oldest comes first. --follow \
                goes on with what comes until Ctrl-C, which ends it with status 0; with --json \
                it prints one document per line, and none without an event.
                """)
    }

    @Option(
        help: ArgumentHelp(
            "Those that follow: the id of an event, 0 for the oldest that is kept, or a cursor.",
            valueName: "point"))
    var after: String?

    @Option(help: ArgumentHelp("At most so many, 1 to 1000.", valueName: "count"))
    var limit = 50

    @Option(
        help: ArgumentHelp("Only those of this GPU: index, UUID or PCI address.", valueName: "gpu"))
    var gpu: String?

    @Option(
        defaultAsFlag: 2.0,
        help: ArgumentHelp("Go on with what comes.", valueName: "seconds"))
    var follow: Double?

    @OptionGroup var connection: Connection

    func validate() throws {
        guard (1...1000).contains(limit) else {
            throw ValidationError("--limit takes 1 to 1000.")
        }
        guard follow.map((0.01...86_400).contains) != false else {
            throw ValidationError("--follow takes 0.01 to 86400 seconds.")
        }
    }

    func run() throws {
        try connection.use { client in
            let first = try ask(client, after: after)
            try show(first, isFirst: true)
            guard let follow else { return }
            try Following.forever(from: first.document.next, every: follow) {
                cursor throws(ClientError) in
                let answer = try ask(client, after: cursor)
                if !answer.document.events.isEmpty || !answer.document.complete {
                    try Interrupt.deferred { () throws(ClientError) in
                        try show(answer, isFirst: false)
                    }
                }
                return answer.document.next
            }
        }
    }

    private typealias Answer = (document: V1.Events, bytes: [UInt8])

    private func ask(
        _ client: borrowing Client, after: String?
    ) throws(ClientError) -> Answer {
        let query = [
            after.map { "after=\($0.urlEscaped)" }, "limit=\(limit)",
            gpu.map { "gpu=\($0.urlEscaped)" },
        ].compactMap(\.self)
        let path = "/api/v1/events?\(query.joined(separator: "&"))"
        return try client.document(V1.Events.self, at: path)
    }

    private func show(_ answer: Answer, isFirst: Bool) throws(ClientError) {
        guard !connection.json else {
            guard follow == nil || !answer.document.events.isEmpty else { return }
            return try Console.write(document: answer.bytes, onOneLine: follow != nil)
        }
        var page = connection.page
        page.show(answer.document, isFirst: isFirst, isFollowed: follow != nil)
        try Console.write(Array(page.text.utf8))
    }
}

extension Page {
    fileprivate mutating func show(_ document: V1.Events, isFirst: Bool, isFollowed: Bool) {
        if isFirst { line("\(document.node) at \(document.time)") }
        if !document.complete {
            let oldest = document.oldest.map { ": the oldest is \($0)" } ?? ""
            line(Span("Events that came before these are no longer kept\(oldest).", .yellow))
        }
        if !document.events.isEmpty {
            show(document.events, isTitled: isFirst)
        } else if isFirst {
            line("Nothing has happened.")
        }
        if !isFollowed { line("next \(document.next)") }
    }

    private mutating func show(_ events: [V1.Event], isTitled: Bool) {
        var table =
            isTitled
            ? Table(
                .number("ID"), .text("TIME"), .text("WHERE"), .text("WHAT"), .number("TIMES"),
                .text("REMEDY"), .text("MEANING"))
            : Table(
                .number(""), .text(""), .text(""), .text(""), .number(""), .text(""), .text(""))
        for event in events {
            table.add(
                Span(String(event.id)), Span(event.time), Span(event.place), Span(event.what),
                Span(String(event.count)),
                Span(event.remedy ?? "", event.asksForSomething ? .red : .plain),
                Span(event.meaning ?? ""))
        }
        self.table(table) { number, page in
            for note in events[number].notes { page.line("    \(note)") }
            page.line(Span("    \(events[number].shownLine)", .faint))
        }
    }
}

extension V1.Event {
    fileprivate var place: String {
        let device = gpuIndex.map { "gpu \($0)" } ?? device ?? gpuUuid ?? "node"
        // The number is an NVLink's or a port's, by what it is a number of.
        let isGPU = gpuIndex != nil || gpuUuid != nil
        return device + (link.map { " \(isGPU ? "link" : "port") \($0)" } ?? "")
    }

    fileprivate var what: String { kind + (number.map { " \($0)" } ?? "") }

    private var last: String? {
        if kind == "link_flap" { return "up again at \(lastTime)" }
        return count > 1 ? "last at \(lastTime)" : nil
    }

    // What is said of a condition, and what the daemon concluded, has all it says in its line.
    private var isConclusion: Bool { sources == ["health"] || kind.hasPrefix("condition_") }

    fileprivate var shownLine: String {
        isConclusion ? "\(severity.map { "\($0.uppercased()) " } ?? "")\(line)" : line
    }

    fileprivate var notes: [String] {
        if isConclusion { return [] }
        return [
            root.map { "follows event \($0)" }, severity.map { "the text says: \($0)" },
            process.map { "process \($0)" }, last, detail,
        ].compactMap(\.self)
    }
}
