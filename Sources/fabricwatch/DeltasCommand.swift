import ArgumentParser
import Wire

/// `fabricwatch deltas`.
struct DeltasCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "deltas",
            abstract: "What was counted since a point in the past, until now or another.",
            discussion: """
                Shown is what moved, or may have moved, and speaks against a part. A delta with ≥ \
                is a lower bound and one with ? is not known; the reason stands beside it. Each \
                answer names the cursor of the following window: asking again with it leaves no \
                gap and counts nothing twice. --watch does so until Ctrl-C, which ends it with \
                status 0; with --json it prints one document per line, and none for a window \
                without a pass.
                """)
    }

    @Option(
        help: ArgumentHelp(
            "Where to start: an age such as 90s, 5m, 2h or 1d, a time such as "
                + "2026-02-03T04:05:06Z, a cursor, or mark:NAME.", valueName: "when"))
    var since = "5m"

    @Option(help: ArgumentHelp("Where to end, likewise. (default: now)", valueName: "when"))
    var until: String?

    @Option(
        defaultAsFlag: 10.0,
        help: ArgumentHelp("Go on with the following windows.", valueName: "seconds"))
    var watch: Double?

    @Flag(help: "Also traffic, waiting time, energy and the like.")
    var counters = false

    @Flag(help: "Every counter, also those that did not move.")
    var all = false

    @Option(
        help: ArgumentHelp("Only this device: its cables and its PCI function.", valueName: "name"))
    var device: String?

    @Option(
        help: ArgumentHelp(
            "Only this GPU, its links and its PCI function: index, UUID or PCI address.",
            valueName: "gpu"))
    var gpu: String?

    @OptionGroup var connection: Connection

    func validate() throws {
        try connection.refuse(device: device)
        guard gpu == nil || device == nil else {
            throw ValidationError("--gpu and --device exclude each other.")
        }
        guard until == nil || watch == nil else {
            throw ValidationError("--until and --watch exclude each other.")
        }
        guard watch.map((0.01...86_400).contains) != false else {
            throw ValidationError("--watch takes 0.01 to 86400 seconds.")
        }
    }

    func run() throws {
        try connection.use { client in
            let first = try ask(client, since: since)
            if let device { try first.document.require(device: device) }
            try show(first)
            guard let watch else { return }
            try Following.forever(from: first.document.next, every: watch) {
                cursor throws(ClientError) in
                let answer = try ask(client, since: cursor)
                guard answer.document.passes > 0 else { return cursor }
                try Interrupt.deferred { () throws(ClientError) in
                    try show(answer, isFollowing: true)
                }
                return answer.document.next
            }
        }
    }

    private typealias Answer = (document: V1.Deltas, bytes: [UInt8])

    private func ask(_ client: borrowing Client, since: String) throws(ClientError) -> Answer {
        let query = [
            "since=\(since.urlEscaped)", until.map { "until=\($0.urlEscaped)" },
            gpu.map { "gpu=\($0.urlEscaped)" },
        ].compactMap(\.self)
        return try client.document(
            V1.Deltas.self, at: "/api/v1/deltas?\(query.joined(separator: "&"))")
    }

    private func show(_ answer: Answer, isFollowing: Bool = false) throws(ClientError) {
        guard !connection.json else {
            return try Console.write(document: answer.bytes, onOneLine: watch != nil)
        }
        var page = connection.page
        if isFollowing { page.line() }
        page.show(
            answer.document, device: device,
            choice: all ? .all : counters ? .counted : .errors)
        try Console.write(Array(page.text.utf8))
    }
}
