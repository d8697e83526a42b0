import Model

/// What mlx5_core prints of an HCA (Linux, drivers/net/ethernet/mellanox/mlx5/core).
enum HCALine {
    private static let functionLimit = 96
    private static let detailLimit = 96

    static func read(_ line: KernelLine, _ driver: DriverLine) -> KernelFinding? {
        guard driver.isDriver("mlx5_core") else { return nil }
        if let interface = driver.interface { return readLink(line, driver, interface) }
        var text = driver.text
        skipFunction(&text)
        switch text.next {
        case UInt8(ascii: "P"):
            return readModule(line, driver, text) ?? readHealth(line, driver, text)
        case UInt8(ascii: "H") where text.take("High temperature on sensors"):
            text.skipBlanks()
            // Newer kernels end it with a full stop, and name the sensors in lines that follow.
            let bits = String(decoding: text.take { $0 != UInt8(ascii: ".") }, limit: detailLimit)
            return line.event(
                .hcaTemperature, driver.device, detail: "Too hot, by its sensors \(bits).")
        case UInt8(ascii: "S") where text.take("Sensor name["):
            guard text.take(through: "]: ") != nil, !text.isAtEnd else { return nil }
            return .detail(
                "Sensor \(String(decoding: text.rest, limit: detailLimit)).",
                device: driver.device, kind: .hcaTemperature, number: nil)
        case UInt8(ascii: "D") where text.take("Detected insufficient power on the PCIe slot"):
            return line.event(.hcaPower, driver.device, detail: power(text))
        case UInt8(ascii: "e") where text.take("ext_synd "):
            return .detail(
                "Extended syndrome \(String(decoding: text.word(), limit: 16)).",
                device: driver.device, kind: .hcaHealth, number: nil)
        default:
            return readHealth(line, driver, text)
        }
    }

    /// Takes the function, line and process that most messages begin with: `poll_health:825:(pid
    /// 0): `.
    static func skipFunction(_ text: inout ByteScanner) {
        let head = text.rest.prefix(functionLimit)
        guard ByteScanner.find(":(pid ", in: head) != nil else { return }
        _ = text.take(through: "): ")
    }

    // "Link up" and "Link down" of an interface, Ethernet or IPoIB.
    private static func readLink(
        _ line: KernelLine, _ driver: DriverLine, _ interface: ArraySlice<UInt8>
    ) -> KernelFinding? {
        let name = String(decoding: interface, limit: 64)
        if driver.text.rest.elementsEqual("Link up".utf8) {
            return line.event(.linkUp, driver.device, detail: "Interface \(name).")
        }
        if driver.text.rest.elementsEqual("Link down".utf8) {
            return line.event(.linkDown, driver.device, detail: "Interface \(name).")
        }
        return nil
    }

    private static func power(_ text: ByteScanner) -> String {
        var text = text
        guard text.take(" ("), let watts = text.decimal(UInt32.self) else {
            return "The PCIe slot gives too little power."
        }
        return "The PCIe slot gives \(watts) W, which is too little."
    }

    // "Port module event: module 0, Cable unplugged" and "Port module event[error]: module 0, Cable
    // error, Power budget exceeded". The numbers are those of the firmware's event.
    private static func readModule(
        _ line: KernelLine, _ driver: DriverLine, _ text: ByteScanner
    ) -> KernelFinding? {
        var text = text
        guard text.take("Port module event"), text.take(": ") || text.take("[error]: "),
            text.take("module "), let module = text.decimal(UInt16.self), text.take(", ")
        else { return nil }
        if text.take("Unknown status") {
            return line.event(.portModule, driver.device, link: module, detail: "Unknown status.")
        }
        guard text.take("Cable ") else { return nil }
        if text.take("plugged") {
            return line.event(
                .portModule, driver.device, number: 1, link: module, detail: "Plugged.")
        }
        if text.take("unplugged") {
            return line.event(
                .portModule, driver.device, number: 2, link: module, detail: "Unplugged.")
        }
        if text.take("disabled") {
            return line.event(
                .portModule, driver.device, number: 4, link: module, detail: "Disabled.")
        }
        guard text.take("error") else { return nil }
        _ = text.take(", ")
        let cause = String(decoding: text.rest, limit: detailLimit)
        return line.event(
            .portModule, driver.device, number: 3, link: module,
            detail: cause.isEmpty ? "Error." : "Error: \(cause).")
    }

    // health.c; the sensors are enum mlx5_sensor... of the same file.
    private static let fatalSensors = [
        1: "no communication over PCIe", 2: "PCIe reads fail", 3: "the interface is disabled",
        4: "the interface is being reset", 5: "the firmware asks for a reset",
    ]

    private static let sayings: [(start: String, meaning: String)] = [
        ("device's health compromised", "The firmware's heartbeat stopped."),
        ("FW is unable to respond", "The firmware does not answer."),
        ("PCI slot is unavailable", "The PCIe slot is not available."),
        ("health recovery flow aborted", "The driver gave up recovering the device."),
        ("health recovery failed", "The driver could not recover the device."),
    ]

    private static func readHealth(
        _ line: KernelLine, _ driver: DriverLine, _ text: ByteScanner
    ) -> KernelFinding? {
        var text = text
        if let saying = sayings.first(where: { text.starts(with: $0.start) }) {
            return line.event(
                .hcaHealth, driver.device, severity: "fatal", detail: saying.meaning)
        }
        if text.take("Fatal error ") {
            guard let sensor = text.decimal(UInt32.self), text.take(" detected") else { return nil }
            let meaning = fatalSensors[Int(sensor)] ?? "sensor \(sensor)"
            return line.event(
                .hcaHealth, driver.device, severity: "fatal", detail: "Fatal: \(meaning).")
        }
        if text.take("synd ") { return readSyndrome(line, driver, text) }
        if text.take("Health issue observed, ") {
            let issue = text.take(through: ", severity") ?? text.rest
            return line.event(
                .hcaHealth, driver.device,
                detail: "Firmware: \(String(decoding: issue, limit: detailLimit)).")
        }
        // "ENABLE_HCA(0x104) timeout. Will cause a leak of a command resource"
        if text.contains(" timeout. Will cause a leak of a command resource") {
            return line.event(
                .hcaHealth, driver.device, detail: "The firmware did not answer a command.")
        }
        return nil
    }

    // "synd 0x8: unrecoverable hardware error"
    private static func readSyndrome(
        _ line: KernelLine, _ driver: DriverLine, _ text: ByteScanner
    ) -> KernelFinding? {
        var text = text
        guard let syndrome = text.hexadecimal(), syndrome != 0 else { return nil }
        _ = text.take(": ")
        let meaning = String(decoding: text.rest, limit: detailLimit)
        return line.event(
            .hcaHealth, driver.device, number: syndrome,
            detail: "Firmware syndrome \(syndrome)\(meaning.isEmpty ? "" : ": \(meaning)").")
    }
}
