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
                was there before and is not now, '?' what is not known, '-' what there is none of.
                """)
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
