import Model

/// What the NVIDIA driver prints behind `NVRM: ` (open-gpu-kernel-modules, nvidia.ko).
extension KernelLineReader {
    mutating func readNVIDIA(_ line: KernelLine, _ text: ByteScanner) -> KernelFinding? {
        var text = text
        let before = lastGPU
        lastGPU = nil
        switch text.next {
        case UInt8(ascii: "X") where text.starts(with: "Xid ("):
            return XidLine.read(line)
        case UInt8(ascii: "G") where text.take("GPU "):
            return readGPU(line, text)
        case UInt8(ascii: "T") where text.take("The NVIDIA GPU "):
            lastGPU = PCIAddress(String(decoding: text.word(), limit: 16))
            return readLoss(line, text, lastGPU)
        case UInt8(ascii: "T") where text.take("The NVIDIA probe routine failed for "):
            let count = text.decimal(UInt32.self).map(String.init) ?? "some"
            return line.event(
                .gpuProbeFailed, nil,
                detail: "The driver could not start with \(count) of its devices.")
        case UInt8(ascii: "("):
            lastGPU = before
            return nil
        case UInt8(ascii: "f"):
            return readLoss(line, text, before)
        default:
            return readElsewhere(line, text)
        }
    }

    // "GPU 0000:18:00.0: GPU has fallen off the bus."
    private func readGPU(_ line: KernelLine, _ text: ByteScanner) -> KernelFinding? {
        var text = text
        guard let address = text.pciAddress() else { return readElsewhere(line, text) }
        return text.contains("GPU has fallen off the bus")
            ? line.event(.gpuFallenOffBus, .pci(address)) : nil
    }

    private func readLoss(
        _ line: KernelLine, _ text: ByteScanner, _ address: PCIAddress?
    ) -> KernelFinding? {
        guard let address, text.contains("fallen off the bus and is not responding") else {
            return nil
        }
        return line.event(.gpuFallenOffBus, .pci(address))
    }

    // What functions print, with their names before it.
    private func readElsewhere(_ line: KernelLine, _ text: ByteScanner) -> KernelFinding? {
        var text = text
        if text.contains("knvlink") {
            guard
                text.contains("Failed to update Rx Detect Link mask")
                    || text.contains("postRxDetLinkMask failed")
            else { return nil }
            return line.event(
                .nvlinkDiscoveryFailed, nil,
                detail: "The driver cannot find out which NVLinks lead where; it may block.")
        }
        if text.take(through: "Slow RPC response from GPU") != nil {
            guard let number = text.decimal(UInt16.self) else { return nil }
            return line.event(.gpuSlowCall, .named("GPU\(number)"))
        }
        return nil
    }
}

/// An error of a GPU: `Xid (PCI:0000:18:00): 79, MESSAGE`.
enum XidLine {
    static func read(_ line: KernelLine) -> KernelFinding? {
        guard let message = XidMessage(line: line.scanner) else { return nil }
        let reading = XidReading(number: message.number, scanner: message.text)
        let details = [reading.detail, partition(message)].compactMap(\.self)
        return line.event(
            .xid, .pci(message.address), number: message.number, link: reading.link,
            process: message.process, severity: reading.severity,
            detail: details.isEmpty ? nil : details.joined(separator: " "))
    }

    private static func partition(_ message: XidMessage) -> String? {
        guard let instance = message.instance else { return nil }
        guard let compute = message.computeInstance else { return "On GPU instance \(instance)." }
        return "On GPU instance \(instance), compute instance \(compute)."
    }
}

/// An SXid and what follows: `nvidia-nvswitch3: SXid (PCI:0000:05:00.0): 12028, Fatal, TEXT`.
enum SwitchLine {
    private static let detailLimit = 160

    static func read(_ line: KernelLine, _ text: ByteScanner) -> KernelFinding? {
        var text = text
        guard text.decimal(UInt32.self) != nil, text.take(": SXid (PCI:"),
            let address = text.pciAddress(), text.take("): "),
            let number = text.decimal(UInt32.self), text.take(", ")
        else { return nil }
        if text.starts(with: "Severity ") || text.starts(with: "Data {") {
            return .detail(
                String(decoding: text.rest, limit: detailLimit), device: .pci(address),
                kind: .sxid, number: number)
        }
        let severity = takeSeverity(&text)
        var link: UInt16?
        if text.take("Link ") { link = text.decimal(UInt16.self) }
        let entry = SXidCatalog.entry(number)
        let detail = entry.meaning ?? entry.part.map { "Reported by the switch's \($0)." }
        return line.event(
            .sxid, .pci(address), number: number, link: link, severity: severity, detail: detail)
    }

    private static func takeSeverity(_ text: inout ByteScanner) -> String? {
        let words = [
            ("Fatal", "fatal"), ("Non-fatal", "non_fatal"), ("Nonfatal", "non_fatal"),
            ("Correctable", "correctable"),
        ]
        guard let found = words.first(where: { text.starts(with: $0.0) }) else { return nil }
        _ = text.take(found.0)
        _ = text.take(", ")
        return found.1
    }
}
