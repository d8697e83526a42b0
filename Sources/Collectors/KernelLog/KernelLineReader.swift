import Model

/// Finds events in the records of the kernel log.
///
/// A line that is not of interest costs a look at its first word. What several lines say together
/// is remembered from one record to the next.
package struct KernelLineReader: Sendable {
    // The GPU of the line before, whose loss a following line tells.
    var lastGPU: PCIAddress?

    /// A reader that has seen nothing.
    package init() {}

    /// What a record says; empty when there is nothing of interest.
    package mutating func read(
        _ record: KernelRecord, wallMilliseconds: Int64
    ) -> [KernelFinding] {
        var rest = record.message
        var found: [KernelFinding] = []
        while !rest.isEmpty {
            let text = rest.prefix { $0 != UInt8(ascii: "\n") }
            rest = rest[text.endIndex...].dropFirst()
            let line = KernelLine(
                text: text.prefix(KernelLine.limit), record: record.sequence,
                wallMilliseconds: wallMilliseconds)
            if let finding = read(line) { found.append(finding) }
        }
        return found
    }

    /// Forgets what was begun, because the records that would go on with it are lost.
    package mutating func interrupt() {
        lastGPU = nil
    }

    private mutating func read(_ line: KernelLine) -> KernelFinding? {
        var text = line.scanner
        switch text.next {
        case UInt8(ascii: "N") where text.take("NVRM: "):
            return readNVIDIA(line, text)
        case UInt8(ascii: "I") where text.take("INFO: task "):
            return HungTask.read(line, text)
        case UInt8(ascii: "n") where text.take("nvidia-nvswitch"):
            return SwitchLine.read(line, text)
        case UInt8(ascii: "n") where text.take("nvidia: probe of "):
            return ProbeFailure.read(line, text, .gpuProbeFailed)
        case UInt8(ascii: "m") where text.take("mlx5_core: probe of "):
            return ProbeFailure.read(line, text, .hcaHealth)
        default:
            return DriverLine(line).flatMap { driver in
                PCIeLine.read(line, driver) ?? HCALine.read(line, driver)
                    ?? ProbeFailure.read(line, driver)
            }
        }
    }
}

/// A process that waits in the kernel: `INFO: task NAME:PID blocked for more than N seconds.`, and
/// since Linux 7.1 `blocked in I/O wait for more than` (Linux, kernel/hung_task.c).
enum HungTask {
    private static let nameLimit = 64

    static func read(_ line: KernelLine, _ text: ByteScanner) -> KernelFinding? {
        var text = text
        guard
            let task = text.take(through: " blocked for more than ")
                ?? text.take(through: " blocked in I/O wait for more than "),
            let seconds = text.decimal(UInt32.self), text.take(" seconds"),
            let colon = task.lastIndex(of: UInt8(ascii: ":"))
        else { return nil }
        var number = ByteScanner(task[(colon + 1)...])
        guard let pid = number.decimal(UInt32.self) else { return nil }
        let process = "\(String(decoding: task[..<colon], limit: nameLimit)) (\(pid))"
        return line.event(
            .hungTask, nil, process: process,
            detail: "\(process) has been waiting in the kernel for more than \(seconds) s.")
    }
}

/// A driver that could not start with a device (Linux, drivers/base/dd.c, and mlx5_core).
enum ProbeFailure {
    /// `nvidia: probe of ADDRESS failed with error -1`, as kernels before 6.5 write it.
    static func read(
        _ line: KernelLine, _ text: ByteScanner, _ kind: NodeEvent.Kind
    ) -> KernelFinding? {
        var text = text
        let place = String(decoding: text.word(), limit: 16)
        guard let address = PCIAddress(place), text.take(" failed with error -") else {
            return nil
        }
        return event(line, .pci(address), kind, text.decimal(UInt32.self))
    }

    /// `nvidia ADDRESS: probe with driver nvidia failed with error -1`, and what mlx5_core says.
    static func read(_ line: KernelLine, _ driver: DriverLine) -> KernelFinding? {
        var text = driver.text
        let kind: NodeEvent.Kind
        if driver.isDriver("nvidia") {
            kind = .gpuProbeFailed
        } else if driver.isDriver("mlx5_core") {
            kind = .hcaHealth
            HCALine.skipFunction(&text)
        } else {
            return nil
        }
        guard text.starts(with: "probe with driver ") || text.starts(with: "mlx5_init_one "),
            text.take(through: "failed with error ") != nil
        else { return nil }
        _ = text.take("code ")
        guard text.take("-") else { return nil }
        return event(line, driver.device, kind, text.decimal(UInt32.self))
    }

    private static func event(
        _ line: KernelLine, _ device: NodeEvent.Device, _ kind: NodeEvent.Kind, _ error: UInt32?
    ) -> KernelFinding? {
        error.map {
            line.event(kind, device, detail: "The driver could not start with it: error -\($0).")
        }
    }
}
