import ArgumentParser
import Wire

/// `fabricwatch pcie`.
struct PCIeCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "pcie",
            abstract: "The PCIe links and errors of HCAs and GPUs, from the root ports down.",
            discussion: """
                Devices that share a bridge stand beneath it. Width and speed are those in use, \
                and what the function has where that is more. 'stale' marks what could not be \
                read in the latest pass, '?' what is not known.
                """)
    }

    @OptionGroup var connection: Connection

    func run() throws {
        try connection.use { client in
            let (document, bytes) = try client.document(V1.PCIe.self, at: "/api/v1/pcie")
            guard !connection.json else { return try Console.write(document: bytes) }
            var page = connection.page
            PCIeReport(document).show(on: &page)
            try Console.write(Array(page.text.utf8))
        }
    }
}
