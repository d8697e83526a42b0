import ArgumentParser
import Glibc
import History
import Model
import Wire

/// `fabricwatch history`.
struct HistoryCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "history",
            abstract: "The node's history, read from its file.",
            discussion: """
                The file is only read, whether the daemon runs or not, and also a copy of it. The \
                user has to be able to read it: root is, and so are members of the group \
                fabricwatch.
                """,
            subcommands: [
                HistoryInfoCommand.self, HistoryVerifyCommand.self, HistoryExportCommand.self,
            ])
    }
}

/// Where the history is.
struct HistoryPlace: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where the history is: history.directory of the configuration.", valueName: "path"))
    var directory = "/var/lib/fabricwatch"

    // A question about months on a slow disk may take its time: nobody waits for this reader.
    private static let timeLimitMilliseconds: Int64 = 600_000

    /// Works with a reader; what goes wrong is said in one sentence and becomes the exit status.
    func use(_ work: (Reader) throws -> Void) throws {
        do {
            try work(
                Reader(directory: directory, timeLimitMilliseconds: Self.timeLimitMilliseconds))
        } catch let error as HistoryError {
            // The library's advice is for the daemon, which owns the file.
            if error.cause == .noPermission {
                Console.complain(
                    "This user may not read \(directory): run as root, or as a member of the "
                        + "group of its files.")
                throw ExitCode(4)
            }
            Console.complain(error.description)
            throw ExitCode(4)
        } catch let error as ClientError {
            Console.complain(error.description)
            throw ExitCode(error.exitStatus)
        }
    }
}

/// `fabricwatch history info`.
struct HistoryInfoCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "info", abstract: "What is kept, from when to when, and how large it is.")
    }

    @OptionGroup var place: HistoryPlace

    func run() throws {
        try place.use { reader in
            let figures = try reader.figures()
            var lines = [
                "file            \(place.directory)/history.db",
                "size            \(figures.fileBytes) bytes, \(figures.freeBytes) of them free",
                "schema          version \(figures.schemaVersion), read with SQLite "
                    + figures.sqliteVersion,
            ]
            if let bounds = figures.bounds {
                lines += [
                    "passes          \(figures.passes), \(figures.unsealedPasses) of them not "
                        + "sealed yet, the others in \(figures.slots) slots",
                    "oldest          pass \(bounds.oldest.id), \(bounds.oldest.text)",
                    "newest          pass \(bounds.newest.id), \(bounds.newest.text)",
                    "events          \(figures.events) at counters",
                    "bytes per pass  "
                        + "\((figures.fileBytes - figures.freeBytes) / max(1, figures.passes))",
                ]
            } else {
                lines.append("passes          none yet")
            }
            for (deviceClass, count) in figures.parts.sorted(by: { $0.key < $1.key }) {
                lines.append("parts           \(count) of class \(deviceClass)")
            }
            try Console.write(Array((lines.joined(separator: "\n") + "\n").utf8))
        }
    }
}

/// `fabricwatch history verify`.
struct HistoryVerifyCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "verify",
            abstract: "Reads everything and says what is damaged.",
            discussion: """
                Every value has a checksum. Exit status: 0 when all of it can be read, 2 when \
                something is damaged, 4 when the file cannot be read at all.
                """)
    }

    @OptionGroup var place: HistoryPlace

    func run() throws {
        try place.use { reader in
            var damage = try reader.checkFile()
            var after = PassID(0)
            var readable = 0
            while let checked = try reader.check(after: after) {
                after = checked.through
                readable += checked.readable
                damage += checked.damage
            }
            let lines =
                damage + [
                    "\(readable) passes can be read"
                        + (damage.isEmpty ? "; nothing is damaged" : "")
                ]
            try Console.write(Array((lines.joined(separator: "\n") + "\n").utf8))
            if !damage.isEmpty { throw ExitCode(2) }
        }
    }
}

extension StoredPass {
    var text: String { Timestamp.text(milliseconds: wallMilliseconds) }
}
