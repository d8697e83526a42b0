import ArgumentParser
import Wire

/// `fabricwatch marks`.
struct MarksCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "marks",
            abstract: "The named moments that deltas can start from or end with.",
            discussion: """
                The oldest comes first. 'no longer kept' stands at a mark whose pass the history \
                has dropped since: the mark stays, and no window can start from it.
                """)
    }

    @OptionGroup var connection: Connection

    func run() throws {
        try connection.use { client in
            let (document, bytes) = try client.document(V1.Marks.self, at: "/api/v1/marks")
            guard !connection.json else { return try Console.write(document: bytes) }
            var page = connection.page
            page.show(document)
            try Console.write(Array(page.text.utf8))
        }
    }
}

/// `fabricwatch mark`.
struct MarkCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "mark",
            abstract: "Names a moment, such as the start of a burn-in or a job.",
            discussion: """
                Without --at it is the newest pass. A name that is taken by another moment is \
                refused unless --replace is given, so that no script moves a mark unseen. Marks \
                are set and deleted through the daemon's socket alone.
                """)
    }

    @Argument(help: "The name: 1 to 64 of A-Z a-z 0-9 . _ -")
    var name: String

    @Option(
        help: ArgumentHelp(
            "The moment: an age such as 5m, a time, a cursor, or mark:NAME.", valueName: "when"))
    var at: String?

    @Option(
        help: ArgumentHelp(
            "How long to keep the mark, such as 12h or 7d, or until which time. (default: for "
                + "ever)", valueName: "when"))
    var expires: String?

    @Option(help: ArgumentHelp("What to note, at most 256 bytes.", valueName: "text"))
    var note: String?

    @Flag(help: "Move the mark if there is one of that name.")
    var replace = false

    @Flag(help: "Delete the mark.")
    var delete = false

    @OptionGroup var connection: Connection

    func validate() throws {
        guard !delete || (at == nil && expires == nil && note == nil && !replace) else {
            throw ValidationError("--delete goes with none of --at, --expires, --note, --replace.")
        }
    }

    func run() throws {
        try connection.use { client in
            let path = "/api/v1/marks/\(name.urlEscaped)"
            let request = V1.MarkRequest(
                at: at, expires: expires, note: note, replace: replace ? true : nil)
            let (mark, bytes) =
                try delete
                ? client.delete(V1.Mark.self, at: path)
                : client.put(request, V1.Mark.self, at: path)
            guard !connection.json else { return try Console.write(document: bytes) }
            var page = connection.page
            let until = mark.expires.map { ", until \($0)" } ?? ""
            page.line(
                """
                \(mark.name) \(delete ? "deleted; it was" : "is") pass \(mark.pass) at \
                \(mark.time)\(delete ? "" : until)
                """)
            try Console.write(Array(page.text.utf8))
        }
    }
}

extension Page {
    fileprivate mutating func show(_ document: V1.Marks) {
        line("\(document.node) at \(document.time)")
        guard !document.marks.isEmpty else { return line("There is no mark.") }
        var table = Table(
            .text("NAME"), .text("TIME"), .number("PASS"), .text(""), .text("EXPIRES"),
            .text("NOTE"))
        for mark in document.marks {
            table.add(
                Span(mark.name), Span(mark.time), Span(String(mark.pass)),
                mark.kept ? "" : Span("no longer kept", .yellow), Span(mark.expires ?? "never"),
                Span(mark.note ?? ""))
        }
        self.table(table)
    }
}
