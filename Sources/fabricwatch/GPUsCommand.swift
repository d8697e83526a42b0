import ArgumentParser
import Wire

/// `fabricwatch gpus`.
struct GPUsCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "gpus",
            abstract: "Every GPU of this node and its NVLinks.",
            discussion: """
                Beneath a GPU stand what keeps it from being read, what the driver asks for, \
                what is damaged, and the links that are down or have counted errors. 'stale' marks \
                what could not be read in the latest pass, '?' what is not known, '-' what there \
                is none of.
                """)
    }

    private static let path = "/api/v1/gpus"

    @Option(
        help: ArgumentHelp(
            "Only this GPU, and its own errors as well: index, UUID or PCI address.",
            valueName: "gpu"))
    var gpu: String?

    @Flag(help: "Every link, counter and gauge, also at zero.")
    var all = false

    @OptionGroup var connection: Connection

    func run() throws {
        try connection.use { client in
            if let gpu { return try show(client, gpu) }
            let (list, bytes) = try client.document(V1.GPUs.self, at: Self.path)
            guard !connection.json else { return try Console.write(document: bytes) }
            var report = GPUsReport(
                heading: GPUsReport.Heading(list), gpus: list.gpus, choice: all ? .all : .troubles)
            for summary in list.gpus where all || summary.hasLinkTrouble {
                report.add(try details(client, summary))
            }
            try write(report)
        }
    }

    private func show(_ client: borrowing Client, _ gpu: String) throws(ClientError) {
        let path = "\(Self.path)/\(gpu.urlEscaped)"
        let (document, bytes) = try client.document(V1.GPU.self, at: path)
        guard !connection.json else { return try Console.write(document: bytes) }
        var report = GPUsReport(
            heading: GPUsReport.Heading(document), gpus: [document.summary],
            choice: all ? .all : .errors)
        report.add(document)
        try write(report)
    }

    // A GPU may be gone since it was listed.
    private func details(
        _ client: borrowing Client, _ summary: V1.GPUSummary
    ) throws(ClientError) -> V1.GPU? {
        do {
            let path = "\(Self.path)/\(summary.address.urlEscaped)"
            return try client.document(V1.GPU.self, at: path).document
        } catch {
            guard error.isNoSuchGPU else { throw error }
            return nil
        }
    }

    private func write(_ report: GPUsReport) throws(ClientError) {
        var page = connection.page
        report.show(on: &page)
        try Console.write(Array(page.text.utf8))
    }
}
