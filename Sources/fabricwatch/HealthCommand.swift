import ArgumentParser
import Wire

/// `fabricwatch health`.
struct HealthCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "health",
            abstract: "Is this node well, and if not, what is to be done?",
            discussion: """
                The worst stands first: one line for each condition, then why it is said and \
                what to do. The first line is the verdict.

                Exit status: 0 PASS or INFO, 1 WARNING, 2 CRITICAL, 3 UNKNOWN, 4 no answer \
                that can be used, 64 wrong arguments.
                """,
            aliases: ["status"])
    }

    private static let path = "/api/v1/health"

    @Flag(help: "Print nothing, also where there is no answer: the exit status says it.")
    var quiet = false

    @OptionGroup var connection: Connection

    func validate() throws {
        guard !quiet || !connection.json else {
            throw ValidationError("--quiet and --json exclude each other.")
        }
    }

    func run() throws {
        try connection.use(isSilent: quiet) { client in
            let (health, bytes) = try client.document(V1.Health.self, at: Self.path)
            guard let status = Self.exitStatuses[health.verdict] else {
                throw ClientError.notDocument(path: Self.path, "verdict '\(health.verdict)'")
            }
            if connection.json {
                try Console.write(document: bytes)
            } else if !quiet {
                var page = connection.page
                HealthReport(health).show(on: &page)
                try Console.write(Array(page.text.utf8))
            }
            throw ExitCode(status)
        }
    }

    private static let exitStatuses: [String: Int32] = [
        "PASS": 0, "INFO": 0, "WARNING": 1, "CRITICAL": 2, "UNKNOWN": 3,
    ]
}
