import ArgumentParser
import Wire

/// `fabricwatch acknowledge`.
struct AcknowledgeCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "acknowledge",
            abstract: "Says that somebody has taken notice of a condition.",
            discussion: """
                It is shown as before and with the same severity, and not told again every day. \
                When it gets worse, that is told, and reminders go on. The notice ends with the \
                condition. Where the condition holds at several places, say which: the words of \
                WHERE in 'fabricwatch health', or the first of them.
                """)
    }

    @Argument(help: "The condition, or an incident of 'fabricwatch health --json'.")
    var condition: String

    @Argument(help: "Where it holds, such as rail3 port 1.")
    var place: [String] = []

    @Option(help: ArgumentHelp("What to note, at most 256 bytes.", valueName: "text"))
    var note: String?

    @Flag(help: "Take the notice back.")
    var withdraw = false

    @OptionGroup var who: Who
    @OptionGroup var connection: Connection

    func validate() throws {
        guard !withdraw || note == nil else {
            throw ValidationError("--withdraw and --note exclude each other.")
        }
    }

    func run() throws {
        try connection.use { client in
            let incident = try find(client)
            let path = "/api/v1/acknowledgements/\(incident.urlEscaped)"
            let request = V1.AcknowledgementRequest(author: who.name, note: note)
            let (notice, bytes) =
                try withdraw
                ? client.delete(
                    V1.AcknowledgedIncident.self, at: "\(path)?author=\(who.name.urlEscaped)")
                : client.put(request, V1.AcknowledgedIncident.self, at: path)
            guard !connection.json else { return try Console.write(document: bytes) }
            var page = connection.page
            let known = notice.acknowledgement
            page.line(
                """
                \(notice.condition) at \(notice.subject.place) \
                \(withdraw ? "is not acknowledged any more; it was" : "is acknowledged") by \
                \(known.author) since \(known.time) as \(known.severity)
                """)
            try Console.write(Array(page.text.utf8))
        }
    }

    // The incident that the arguments name, of those that hold.
    private func find(_ client: borrowing Client) throws(ClientError) -> String {
        let health = try client.document(V1.Health.self, at: "/api/v1/health").document
        let place = place.joined(separator: " ")
        var found: [String: String] = [:]
        for one in health.conditions where one.id == condition || one.incident == condition {
            let isThere =
                place.isEmpty || one.subject.place == place
                || one.subject.place.hasPrefix(place + " ")
            guard isThere, let incident = one.incident else { continue }
            found[incident] = "\(one.id) \(one.subject.place)"
        }
        guard let only = found.first, found.count == 1 else {
            let asked = place.isEmpty ? condition : "\(condition) \(place)"
            throw .noCondition(
                asked,
                known: found.isEmpty
                    ? health.conditions.map { "\($0.id) \($0.subject.place)" }
                    : found.values.sorted(), isAmbiguous: !found.isEmpty)
        }
        return only.key
    }
}
