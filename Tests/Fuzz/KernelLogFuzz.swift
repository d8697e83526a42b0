import Collectors
import Model

/// What libFuzzer calls with every input: a record of the kernel log, or anything else.
///
/// A breach traps, which libFuzzer reports as a crash together with its input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzKernelLog(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let once = findings(bytes)
    precondition(once == findings(bytes), "the same record says something else")
    var window = EventWindow()
    for (turn, finding) in once.enumerated() {
        switch finding {
        case .event(let event):
            check(event)
            precondition(event.count == 1 && event.root == nil, "not as it was read")
            _ = window.take(event, nowNanoseconds: UInt64(turn))
        case .detail(let text, let device, let kind, let number):
            check(device)
            precondition(text.utf8.count <= EventWindow.detailLimit, "a long detail")
            window.attach(text, to: device, kind: kind, number: number, nowNanoseconds: 0)
        }
    }
    window.close(nowNanoseconds: .max).forEach(check)
    return 0
}

// Zeros cut the input into records, which one reader sees one after the other.
private func findings(_ bytes: [UInt8]) -> [KernelFinding] {
    var reader = KernelLineReader()
    return bytes.split(separator: 0, maxSplits: 8, omittingEmptySubsequences: false).flatMap {
        guard let record = KernelRecord($0) else { return [KernelFinding]() }
        precondition(record.message.count <= KernelRecord.messageLimit, "a long message")
        return reader.read(record, wallMilliseconds: 1)
    }
}

private func check(_ event: NodeEvent) {
    precondition(event.line.utf8.count <= NodeEvent.lineLimit, "a long line")
    precondition((event.process?.utf8.count ?? 0) <= 80, "a long name")
    precondition((event.detail?.utf8.count ?? 0) <= 1024, "a long detail")
    precondition(event.count >= 1 && event.record != nil, "an event without a place")
    precondition(
        event.severity.map { ["fatal", "non_fatal", "correctable"].contains($0) } ?? true,
        "an odd severity")
    precondition(event.kind != .xid || event.remedy != nil, "an Xid without a remedy")
    let shown = [event.line, event.process ?? "", event.detail ?? ""]
    precondition(
        shown.allSatisfy { $0.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f } },
        "a control character")
    event.device.map(check)
}

private func check(_ device: NodeEvent.Device) {
    switch device {
    case .pci(let address):
        precondition(address.device < 32 && address.function < 8, "no PCI function")
        precondition(PCIAddress(address.description) == address, "an address that reads otherwise")
    case .named(let name):
        precondition(!name.isEmpty && name.utf8.count <= 64, "a device without a name")
    }
}
