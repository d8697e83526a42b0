package import Model

/// What a line of the kernel log says.
package enum KernelFinding: Hashable, Sendable {
    /// Something happened.
    case event(NodeEvent)
    /// More about what an earlier line said of the device; a nil number belongs to any.
    case detail(String, device: NodeEvent.Device, kind: NodeEvent.Kind, number: UInt32?)
}

/// One line of the kernel log, with what it takes to make an event of it.
struct KernelLine {
    /// The longest line that is looked at, in bytes.
    static let limit = 2048

    let text: ArraySlice<UInt8>
    let record: UInt64
    let wallMilliseconds: Int64

    var scanner: ByteScanner { ByteScanner(text) }

    /// An event that this line tells of.
    func event(
        _ kind: NodeEvent.Kind, _ device: NodeEvent.Device?, number: UInt32? = nil,
        link: UInt16? = nil, process: String? = nil, severity: String? = nil,
        detail: String? = nil
    ) -> KernelFinding {
        .event(
            NodeEvent(
                kind: kind, device: device, number: number, link: link, process: process,
                severity: severity, detail: detail, wallMilliseconds: wallMilliseconds,
                source: .kernelLog, record: record,
                line: String(decoding: text, limit: NodeEvent.lineLimit)))
    }
}

/// A line that a driver printed for a PCI device: `driver address[ interface]: text`.
struct DriverLine {
    private static let driverLimit = 32

    let driver: ArraySlice<UInt8>
    let address: PCIAddress
    /// The network interface that is named; nil where none is.
    let interface: ArraySlice<UInt8>?
    /// What the driver says.
    let text: ByteScanner

    var device: NodeEvent.Device { .pci(address) }

    /// Takes the line apart; nil when it is none of a driver for a PCI device.
    init?(_ line: KernelLine) {
        let head = line.text.prefix(Self.driverLimit)
        guard let blank = head.firstIndex(of: UInt8(ascii: " ")), blank > head.startIndex
        else { return nil }
        var rest = ByteScanner(line.text[(blank + 1)...])
        guard rest.next.flatMap(ByteScanner.digit) != nil else { return nil }
        var place = rest.word()
        let endsPrefix = place.last == UInt8(ascii: ":")
        if endsPrefix { place = place.dropLast() }
        // Service drivers of a port append their name: `0000:00:1c.0:pcie004`.
        if let service = ByteScanner.find(":pcie", in: place) { place = place[..<service] }
        guard 10...16 ~= place.count, let address = PCIAddress(String(decoding: place, limit: 16))
        else { return nil }
        if endsPrefix {
            guard rest.take(" ") else { return nil }
            interface = nil
        } else {
            guard rest.take(" "), let name = rest.take(through: ": "), name.count <= 64
            else { return nil }
            interface = name
        }
        driver = line.text[..<blank]
        self.address = address
        text = rest
    }

    func isDriver(_ name: String) -> Bool { driver.elementsEqual(name.utf8) }
}
