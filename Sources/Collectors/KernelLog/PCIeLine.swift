import Model

/// What the kernel prints of PCIe errors and slots (Linux, drivers/pci/pcie/aer.c, dpc.c and
/// drivers/pci/hotplug/pciehp_ctrl.c).
enum PCIeLine {
    private static let detailLimit = 96

    static func read(_ line: KernelLine, _ driver: DriverLine) -> KernelFinding? {
        guard driver.interface == nil else { return nil }
        var text = driver.text
        switch text.next {
        case UInt8(ascii: "P") where text.take("PCIe Bus Error: "):
            return readBusError(line, driver, text)
        case UInt8(ascii: "A") where text.take("AER: "):
            if text.take("PCIe Bus Error: ") { return readBusError(line, driver, text) }
            return readBit(driver, text) ?? readReport(line, driver, text)
        case UInt8(ascii: "D") where text.take("DPC: "):
            return readContainment(line, driver, text)
        case UInt8(ascii: "p") where text.take("pciehp: "):
            return readSlot(line, driver, text)
        case UInt8(ascii: "S") where driver.isDriver("pciehp"):
            return readSlot(line, driver, text)
        case UInt8(ascii: " "):
            return readBit(driver, text)
        default:
            return nil
        }
    }

    // "severity=Corrected, type=Physical Layer, (Receiver ID)"
    private static func readBusError(
        _ line: KernelLine, _ driver: DriverLine, _ text: ByteScanner
    ) -> KernelFinding? {
        var text = text
        guard text.take("severity="), let word = text.take(through: ", "),
            let severity = severity(word)
        else { return nil }
        var detail: String?
        if text.take("type=") {
            let layer = text.take { $0 != UInt8(ascii: ",") }
            detail = "\(String(decoding: layer, limit: detailLimit))."
        }
        return line.event(.pcieError, driver.device, severity: severity, detail: detail)
    }

    // "Multiple Corrected error received: 0000:01:00.0" and the forms of other kernels
    private static func readReport(
        _ line: KernelLine, _ driver: DriverLine, _ text: ByteScanner
    ) -> KernelFinding? {
        var text = text
        if text.starts(with: "device recovery failed") || text.starts(with: "can't recover") {
            return line.event(.pcieError, driver.device, detail: "The device did not recover.")
        }
        // Firmware that keeps the errors to itself hands on the status alone.
        if text.take("aer_status: ") {
            guard let status = text.hexadecimal() else { return nil }
            let shown = Hexadecimal.padded(status, digits: 8)
            return line.event(.pcieError, driver.device, detail: "Status 0x\(shown).")
        }
        _ = text.take("Multiple ")
        guard let word = text.take(through: " error "), let severity = severity(word),
            text.take("message received from ") || text.take("received: ")
        else { return nil }
        _ = text.take("id=")
        let source = String(decoding: text.word(), limit: 16)
        return line.event(
            .pcieError, driver.device, severity: severity, detail: "Reported for \(source).")
    }

    // "   [ 0] RxErr                  (First)" names the bits of the error before.
    private static func readBit(_ driver: DriverLine, _ text: ByteScanner) -> KernelFinding? {
        var text = text
        text.skipBlanks()
        guard text.take("[") else { return nil }
        text.skipBlanks()
        guard text.decimal(UInt8.self) != nil, text.take("] ") else { return nil }
        text.skipBlanks()
        let name = text.word()
        guard !name.isEmpty else { return nil }
        return .detail(
            String(decoding: name, limit: 32), device: driver.device, kind: .pcieError, number: nil)
    }

    // "containment event, status:0x1f01 source:0x0000"
    private static func readContainment(
        _ line: KernelLine, _ driver: DriverLine, _ text: ByteScanner
    ) -> KernelFinding? {
        guard text.starts(with: "containment event") else { return nil }
        let severity: String? =
            text.contains("ERR_FATAL")
            ? "fatal" : text.contains("ERR_NONFATAL") ? "non_fatal" : nil
        return line.event(
            .pcieError, driver.device, severity: severity,
            detail: "The port cut off what is behind it (DPC).")
    }

    // "Slot(1-2): Link Down"
    private static func readSlot(
        _ line: KernelLine, _ driver: DriverLine, _ text: ByteScanner
    ) -> KernelFinding? {
        var text = text
        guard text.take("Slot("), let slot = text.take(through: "): "), slot.count <= 32
        else { return nil }
        let name = String(decoding: slot, limit: 32)
        let sayings: [(String, NodeEvent.Kind, String)] = [
            ("Link Down", .pcieSlotDown, "lost its link"),
            ("Card not present", .pcieSlotDown, "has no card"),
            ("Link Up", .pcieSlotUp, "has a link"),
            ("Card present", .pcieSlotUp, "has a card"),
        ]
        guard let saying = sayings.first(where: { text.rest.elementsEqual($0.0.utf8) })
        else { return nil }
        return line.event(saying.1, driver.device, detail: "Slot \(name) \(saying.2).")
    }

    // "Corrected", "Correctable", "Uncorrected (Non-Fatal)", "Uncorrectable (Fatal)"
    private static func severity(_ word: ArraySlice<UInt8>) -> String? {
        if word.starts(with: "Correct".utf8) { return "correctable" }
        guard word.starts(with: "Uncorrect".utf8) else { return nil }
        if ByteScanner.find("(Non-Fatal)", in: word) != nil { return "non_fatal" }
        return ByteScanner.find("(Fatal)", in: word) != nil ? "fatal" : nil
    }
}
