import ArgumentParser
import Wire

/// `fabricwatch links`.
struct LinksCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "links",
            abstract: "Every cable of this node, both ends side by side.",
            discussion: """
                Beneath a cable stand the error counters that are not zero. A number with ≥ is a \
                lower bound: the hardware counter is full. 'stale' marks what could not be read \
                in the latest pass, '?' what is not known, '-' what there is none of.
                """)
    }

    @Option(help: ArgumentHelp("Only the cables of this device.", valueName: "name"))
    var device: String?

    @Flag(help: "Also traffic, waiting time and corrected errors.")
    var counters = false

    @Flag(help: "Every counter that an end offers, also at zero.")
    var all = false

    @OptionGroup var connection: Connection

    func validate() throws {
        try connection.refuse(device: device)
    }

    func run() throws {
        try connection.use { client in
            let (links, bytes) = try client.document(V1.Links.self, at: "/api/v1/links")
            guard !connection.json else { return try Console.write(document: bytes) }
            var report = LinksReport(links, choice: choice)
            if let device { try report.select(device: device) }
            var page = connection.page
            report.show(on: &page)
            try Console.write(Array(page.text.utf8))
        }
    }

    private var choice: LinksReport.Choice {
        if all { return .all }
        return counters ? .counted : .errors
    }
}
