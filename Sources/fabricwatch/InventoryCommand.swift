import ArgumentParser
import Wire

/// `fabricwatch inventory`.
struct InventoryCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "inventory",
            abstract: "What this node is made of: HCAs, GPUs, versions, neighbours.",
            discussion: """
                Beneath an HCA stand its ports and who is at the other end. 'missing' marks what \
                was there before and is not now, '?' what is not known, '-' what there is none of. \
                What differs from the manifest comes last, the worst first.
                """,
            subcommands: [ProposeCommand.self])
    }

    @OptionGroup var connection: Connection

    func run() throws {
        try connection.use { client in
            let path = "/api/v1/inventory"
            let (document, bytes) = try client.document(V1.Inventory.self, at: path)
            guard !connection.json else { return try Console.write(document: bytes) }
            var page = connection.page
            InventoryReport(document).show(on: &page)
            try Console.write(Array(page.text.utf8))
        }
    }
}

/// `fabricwatch inventory propose`.
struct ProposeCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "propose",
            abstract: "A manifest that expects what was seen, in YAML.",
            discussion: """
                To be reviewed by a human before inventory.manifest names it: a wrong cable, a \
                slow link and a missing card are in it as well.
                """)
    }

    @OptionGroup var connection: Connection

    func run() throws {
        try connection.use { client in
            try Console.write(try client.bytes(at: "/api/v1/inventory/manifest"))
        }
    }
}
