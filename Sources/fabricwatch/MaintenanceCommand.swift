import ArgumentParser
import Wire

/// `fabricwatch maintenance`.
struct MaintenanceCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "maintenance",
            abstract: "The maintenance windows of this node: work that is announced.",
            discussion: """
                What is found on a part while somebody works on it is INFO and is shown as \
                before; when the work ends, by its time or by 'end', severities come back.
                """,
            subcommands: [BeginCommand.self, EndCommand.self])
    }

    @OptionGroup var connection: Connection

    func run() throws {
        try connection.use { client in
            let (document, bytes) = try client.document(
                V1.MaintenanceList.self, at: "/api/v1/maintenance")
            guard !connection.json else { return try Console.write(document: bytes) }
            var page = connection.page
            page.show(document)
            try Console.write(Array(page.text.utf8))
        }
    }
}

/// `fabricwatch maintenance begin`.
struct BeginCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "begin",
            abstract: "Opens a maintenance window on the node or on parts of it.",
            discussion: """
                Without --device and --gpu it is work on the whole node. Under a name that is \
                there already the work is announced anew, so that it can be prolonged. It ends by \
                itself, at most 30 days from now.
                """)
    }

    @Argument(help: "What it is called: 1 to 64 of A-Z a-z 0-9 . _ -")
    var name: String

    @Option(
        help: ArgumentHelp(
            "How long it takes, such as 2h or 3d, or until which time.", valueName: "when"))
    var ends: String

    @Option(
        help: ArgumentHelp(
            "In how long it begins, such as 30m, or at which time. (default: now)",
            valueName: "when"))
    var begins: String?

    @Option(help: ArgumentHelp("Why, at most 256 bytes.", valueName: "text"))
    var reason: String?

    @Option(
        help: ArgumentHelp(
            "Only this device, or one port of it as in rail3/1; may be repeated.",
            valueName: "device"))
    var device: [String] = []

    @Option(
        help: ArgumentHelp(
            "Only this GPU: index, UUID or PCI address; may be repeated.", valueName: "gpu"))
    var gpu: [String] = []

    @OptionGroup var who: Who
    @OptionGroup var connection: Connection

    func run() throws {
        try connection.use { client in
            let parts =
                device.map(V1.MaintenanceRequest.Part.init(place:))
                + gpu.map { V1.MaintenanceRequest.Part(gpu: $0) }
            let request = V1.MaintenanceRequest(
                author: who.name, reason: reason, begins: begins, ends: ends,
                subjects: parts.isEmpty ? nil : parts)
            let (work, bytes) = try client.put(
                request, V1.MaintenanceWindow.self, at: "/api/v1/maintenance/\(name.urlEscaped)")
            guard !connection.json else { return try Console.write(document: bytes) }
            var page = connection.page
            page.line(
                """
                \(work.name) by \(work.author) from \(work.begins) until \(work.ends): what is \
                found on \(work.parts) meanwhile is INFO
                """)
            try Console.write(Array(page.text.utf8))
        }
    }
}

/// `fabricwatch maintenance end`.
struct EndCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "end",
            abstract: "Closes a maintenance window before its time; severities come back.")
    }

    @Argument(help: "What it is called.")
    var name: String

    @OptionGroup var who: Who
    @OptionGroup var connection: Connection

    func run() throws {
        try connection.use { client in
            let (work, bytes) = try client.delete(
                V1.MaintenanceWindow.self,
                at: "/api/v1/maintenance/\(name.urlEscaped)?author=\(who.name.urlEscaped)")
            guard !connection.json else { return try Console.write(document: bytes) }
            var page = connection.page
            page.line("\(work.name) ended; it was announced until \(work.ends)")
            try Console.write(Array(page.text.utf8))
        }
    }
}

/// The option that changes have, which are kept with who made them.
struct Who: ParsableArguments {
    @Option(help: ArgumentHelp("Who you are. (default: your login name)", valueName: "name"))
    var author: String?

    var name: String { author ?? Console.loginName }
}

extension V1.MaintenanceRequest.Part {
    // `rail3`, or `rail3/1` for one of its ports.
    fileprivate init(place text: String) {
        let slash = text.lastIndex(of: "/")
        if let slash, let port = Int(text[text.index(after: slash)...]) {
            self.init(device: String(text[..<slash]), port: port)
        } else {
            self.init(device: text)
        }
    }
}

extension V1.MaintenanceWindow {
    /// What it covers, in words.
    var parts: String {
        subjects.map { $0.map(\.place).joined(separator: ", ") } ?? "the whole node"
    }
}

extension Page {
    fileprivate mutating func show(_ document: V1.MaintenanceList) {
        line("\(document.node) at \(document.time)")
        guard !document.maintenance.isEmpty else { return line("No maintenance is announced.") }
        var table = Table(
            .text("NAME"), .text("STATE"), .text("BEGINS"), .text("ENDS"), .text("AUTHOR"),
            .text("COVERS"), .text("REASON"))
        for work in document.maintenance {
            table.add(
                Span(work.name), work.active ? Span("going on", .cyan) : "to come",
                Span(work.begins), Span(work.ends), Span(work.author), Span(work.parts),
                Span(work.reason ?? ""))
        }
        self.table(table)
    }
}
