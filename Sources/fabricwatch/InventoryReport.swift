import Wire

/// What the node is made of, as two tables.
struct InventoryReport {
    private let document: V1.Inventory

    init(_ document: V1.Inventory) {
        self.document = document
    }

    func show(on page: inout Page) {
        let pass = document.pass.map { "pass \($0)" } ?? "no pass yet"
        let driver = document.nvidiaDriver.map { ", NVIDIA driver \($0)" } ?? ""
        page.line("\(document.node) at \(document.time), \(pass)\(driver)")
        showHCAs(on: &page)
        showGPUs(on: &page)
        page.line()
        let words = document.expectations.split(separator: "_").joined(separator: " ")
        page.line("Expectations: \(words)")
        page.table(differences)
    }

    private var differences: Table {
        var table = Table(.text(""), .text(""), .text(""))
        for difference in document.differences {
            let kind = difference.kind.split(separator: "_").joined(separator: " ")
            table.add("  ", Span(kind, .red), Span(difference.summary))
        }
        for part in document.unverified {
            let facts = part.facts.joined(separator: ", ")
            table.add("  ", Span("unverified", .yellow), "\(part.place): \(facts)")
        }
        return table
    }

    private func showHCAs(on page: inout Page) {
        page.line()
        let hcas = document.hcas
        if hcas.isEmpty {
            page.line(document.hcasListed ? "There is no HCA." : "No HCA is known of.")
        } else {
            let ports = portTable
            let widths = ports.widths
            var next = 0
            page.table(hcaTable) { number, page in
                for _ in hcas[number].ports {
                    page.row(ports.rows[next], ports.columns, widths)
                    next += 1
                }
            }
        }
        if !document.hcasListed {
            page.line(Span("HCAs were not all listed lately: more may be there.", .yellow))
        }
    }

    private func showGPUs(on page: inout Page) {
        page.line()
        if document.gpus.isEmpty {
            page.line(document.gpusListed ? "There is no GPU." : "No GPU is known of.")
        } else {
            page.table(gpuTable)
        }
        if !document.gpusListed {
            page.line(Span("GPUs were not listed lately: more may be there.", .yellow))
        }
    }

    // MARK: Tables

    private var hcaTable: Table {
        var table = Table(
            .text("HCA"), .text("SLOT"), .text("PART"), .text("SERIAL"), .text("PSID"),
            .text("FIRMWARE"), .text("DRIVER"), .text("PCIE"), .number("NUMA"), .text(""),
            .text(""))
        for hca in document.hcas {
            table.add(
                Span(hca.device), Span(hca.address ?? "?"), Span(hca.part ?? "?"),
                Span(hca.serial ?? "?"), Span(hca.boardId ?? "?"), Span(hca.firmware ?? "?"),
                Span(hca.driver ?? "?"), hca.pcie.link, Span(hca.numaNode.map(String.init) ?? "?"),
                Span(hca.role == "fabric" ? "" : "serves NVSwitches"),
                Span(hca.present ? "" : "missing", .red))
        }
        return table
    }

    private var portTable: Table {
        var table = Table(.text(""), .text(""), .text(""), .text(""), .text(""), .text(""))
        for port in document.hcas.flatMap(\.ports) {
            table.add(
                "  ", Span("port \(port.port)"), Span(port.state), Span(port.speedText),
                Span(port.fecText), Span(port.peerText))
        }
        return table
    }

    private var gpuTable: Table {
        var table = Table(
            .number("GPU"), .text("SLOT"), .text("NAME"), .text("SERIAL"), .text("VBIOS"),
            .text("PCIE"), .number("NUMA"), .text("NVLINKS"), .text("UUID"), .text(""))
        for gpu in document.gpus {
            table.add(
                Span(String(gpu.index)), Span(gpu.address), Span(gpu.name ?? "?"),
                Span(gpu.serial ?? "?"), Span(gpu.vbios ?? "?"), gpu.pcie.link,
                Span(gpu.numaNode.map(String.init) ?? "?"), Span(gpu.linksText),
                Span(gpu.uuid ?? "?"), gpu.presence)
        }
        return table
    }
}

extension V1.InventoryPort {
    fileprivate var state: String {
        guard let active else { return "?" }
        return active ? "active" : "not active"
    }

    fileprivate var speedText: String {
        guard let widthLanes else { return active == nil ? "?" : "-" }
        if let speed { return "\(widthLanes)x\(speed)" }
        return bitsPerSecond.map { "\(Number.tenths(Double($0) / 1e9)) Gb/s" } ?? "\(widthLanes)x"
    }

    // Across Ethernet nobody is asked.
    fileprivate var fecText: String {
        guard linkLayer == "InfiniBand" else { return "FEC -" }
        guard let fec else { return active != nil && widthLanes == nil ? "FEC -" : "FEC ?" }
        return "FEC \(fec.split(separator: "_").joined(separator: " "))"
    }

    fileprivate var peerText: String {
        guard linkLayer == "InfiniBand" else { return "(\(linkLayer))" }
        guard let peer else { return "to ?" }
        return "to \(peer.description ?? peer.guid) port \(peer.port)"
    }
}

extension V1.InventoryGPU {
    fileprivate var linksText: String {
        guard let nvlinks else { return "?" }
        guard nvlinks > 0 else { return "-" }
        let speed = nvlinkSpeedBytesPerSecond.map { " at \(Number.tenths(Double($0) / 1e9)) GB/s" }
        return "\(nvlinksUp.map(String.init) ?? "?")/\(nvlinks)\(speed ?? "")"
    }

    fileprivate var presence: Span {
        if listed == false { return Span("missing", .red) }
        return Span(present ? "" : "not read", .yellow)
    }
}

extension V1.InventoryPCIe? {
    /// Generation and width in use, and those that the device has where these are more.
    fileprivate var link: Span {
        guard let pcie = self else { return "?" }
        let current = Self.text(pcie.speedGtps, pcie.widthLanes)
        let most = Self.text(pcie.maxSpeedGtps, pcie.maxWidthLanes)
        return Span(current == most ? current : "\(current) of \(most)")
    }

    // Billions of transfers per second by generation (PCI Express Base 6.0, 4.2).
    private static func text(_ speed: Double?, _ width: Int?) -> String {
        let speeds: [Double] = [2.5, 5, 8, 16, 32, 64]
        let generation = speed.flatMap { speeds.firstIndex(of: $0) }.map { "gen\($0 + 1)" }
        let rate = generation ?? speed.map { "\(Number.plain($0)) GT/s" } ?? "gen?"
        return "\(rate) x\(width.map(String.init) ?? "?")"
    }
}
