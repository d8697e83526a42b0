import Model
import Testing

/// `docs/kernel-events.md` follows from the catalogues; it is written anew with
/// `FABRICWATCH_WRITE_REFERENCE=1 swift test --filter ModelTests.KernelEventsReferenceTests`.
@Suite struct KernelEventsReferenceTests {
    @Test func `the page follows from the catalogues`() throws {
        try Reference.check("docs/kernel-events.md", is: KernelEventsReference.text)
    }
}

/// The text of `docs/kernel-events.md`.
enum KernelEventsReference {
    static let text =
        """
        # Kernel events

        What the kernel log says of the node's GPUs, switches, HCAs and PCIe slots, what NVML and
        the HCAs themselves tell beside it (libibverbs), and what helps.
        An event carries the device, its number, the original line, and one sentence on what its
        words mean. Repeats of a device within
        \(EventWindow.lengthNanoseconds / 1_000_000_000) s are counted; the first event of a device
        is the root of those that follow.

        ## Kinds

        | Kind | What happened | Class |
        |---|---|---|
        \(NodeEvent.Kind.allCases.map(line).joined(separator: "\n"))

        ## What helps

        | Class | What to do |
        |---|---|
        \(Remedy.allCases.map { "| `\($0.rawValue)` | \(meaning($0)) |" }.joined(separator: "\n"))

        ## Xids

        Errors of the NVIDIA driver. *Fabric* marks what concerns a link of the GPU or a GPU that no
        longer answers; after those with *stop* NVML leaves the GPU alone, because a call may never
        return. Numbers that are unused since Ampere (\(unused)) and numbers that are not listed are
        cases for `support`, and a warning.

        A GPU with an Xid that asks for a reset, a reboot, an inspection or the vendor is CRITICAL
        ([`gpu_xid`](conditions.md)); *Warning* marks those that an operator should know of although
        nothing has to be done at once. The words of a line may ask for more than the table does.

        | Xid | Meaning | Class | Fabric | Warning |
        |---|---|---|---|---|
        \(XidCatalog.rows.map(line).joined(separator: "\n"))

        ## The registers of Xid 74

        Several bits can be set; the gravest decides. Whether something repeats is judged per GPU
        and link over 24 h.

        | Register | Bits | Meaning | Class |
        |---|---|---|---|
        \(NVLinkRegisterTable.rows.map(line).joined(separator: "\n"))

        ## The words of Xid 144 to 150

        NVLink 5 and later. A message names a unit and gives the words `intrInfo` and `errorStatus`;
        the severity that it prints comes before that of the table.

        | Xid | Unit | When | What to do | What to look into | Severity |
        |---|---|---|---|---|---|
        \(NVLink5Catalog.units.flatMap(lines).joined(separator: "\n"))

        ## SXids

        Errors of NVSwitch 1 to 3. What the message prints of its severity comes first, the table
        second; a fatal number that is not listed is `\(fatalUnlisted)`, another `\(unlisted)`.

        | Part of the switch | SXids |
        |---|---|
        \(SXidCatalog.parts.map { "| \($0.name) | \(range($0.numbers)) |" }.joined(separator: "\n"))

        | Reaches | Class | SXids |
        |---|---|---|
        \(SXidCatalog.reaches.map(line).joined(separator: "\n"))

        | SXid | Meaning |
        |---|---|
        \(meanings.map { "| \($0.key) | \($0.value) |" }.joined(separator: "\n"))

        """

    // MARK: Xids

    private static let unused = ranges(XidCatalog.unused)

    private static func line(_ entry: XidCatalog.Entry) -> String {
        let fabric = entry.stopsCalls ? "stop" : entry.isFabric ? "yes" : ""
        return "| \(entry.number) | \(entry.meaning) | `\(entry.remedy.rawValue)` | \(fabric) | "
            + "\(entry.isWarning ? "yes" : "") |"
    }

    private static func line(_ row: NVLinkRegisterTable.Row) -> String {
        let bits = row.bits.map(String.init).joined(separator: ", ")
        return "| \(row.register) | \(bits) | \(row.finding.phrase) "
            + "| `\(row.finding.remedy.rawValue)` |"
    }

    private static func lines(_ unit: NVLink5Catalog.Unit) -> [String] {
        let names = unit.names.map { "`\($0)`" }.joined(separator: ", ")
        let isAlone = unit.outcomes.count == 1
        return unit.outcomes.map { outcome in
            let promoted = outcome.isPromotable ? "; when promoted, drain and reset the GPU" : ""
            let cells = [
                "\(unit.xid)", names, condition(outcome.condition, isAlone: isAlone),
                outcome.action.phrase + promoted, outcome.investigation.phrase,
                severity(outcome.severity),
            ]
            return "| \(cells.joined(separator: " | ")) |"
        }
    }

    private static func condition(
        _ condition: NVLink5Catalog.Condition, isAlone: Bool
    ) -> String {
        let words = { (values: [UInt32]) in
            values.map { "0x" + String($0, radix: 16) }.joined(separator: ", ")
        }
        return switch condition {
        case .always: isAlone ? "always" : "otherwise"
        case .bits(let bits): "status has \(words(bits))"
        case .status(let values): "status is \(words(values))"
        case .reason(let reasons):
            "reason is " + reasons.map(String.init).joined(separator: ", ")
        }
    }

    private static func severity(_ severity: NVLink5Catalog.Severity) -> String {
        switch severity {
        case .nonFatal: "non-fatal"
        case .linkFatal: "fatal to the link"
        case .fatal: "fatal"
        }
    }

    // MARK: SXids

    private static let unlisted = SXidCatalog.entry(0).remedy(printed: nil).rawValue
    private static let fatalUnlisted = SXidCatalog.entry(0).remedy(printed: "fatal").rawValue
    private static let meanings = SXidCatalog.meanings.sorted { $0.key < $1.key }

    private static func line(
        _ row: (reach: SXidCatalog.Reach, numbers: [ClosedRange<UInt32>])
    ) -> String {
        let remedy = row.numbers.first.map {
            SXidCatalog.entry($0.lowerBound).remedy(printed: nil).rawValue
        }
        let reach =
            switch row.reach {
            case .nowhere: "nothing is lost"
            case .port: "a port and the guest or GPU behind it"
            case .fabric: "the whole fabric of the node"
            }
        return "| \(reach) | `\(remedy ?? "")` | \(ranges(row.numbers)) |"
    }

    private static func ranges(_ ranges: [ClosedRange<UInt32>]) -> String {
        ranges.map(range).joined(separator: ", ")
    }

    private static func range(_ range: ClosedRange<UInt32>) -> String {
        range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
    }

    // MARK: Words

    private static func meaning(_ remedy: Remedy) -> String {
        switch remedy {
        case .none: "Nothing; a note for the record."
        case .application: "Restart the application that met it."
        case .resetGPU: "Drain the GPU, then reset it."
        case .reboot: "Drain the node, then reboot it."
        case .rebootGuest: "Restart the virtual machine that owns the device."
        case .inspect: "Look at seating, cables and power."
        case .updateSoftware: "Update the driver or the firmware."
        case .support: "Drain the node and ask the vendor."
        case .decode: "The words of the message decide, as below."
        }
    }

    private static func line(_ kind: NodeEvent.Kind) -> String {
        "| `\(kind.rawValue)` | \(meaning(kind)) | \(remedy(kind)) |"
    }

    private static func remedy(_ kind: NodeEvent.Kind) -> String {
        guard kind != .xid, kind != .sxid else { return "by its number" }
        let event = NodeEvent(
            kind: kind, device: nil, wallMilliseconds: 0, source: .kernelLog, line: "")
        return event.remedy.map { "`\($0.rawValue)`" } ?? ""
    }

    private static func meaning(_ kind: NodeEvent.Kind) -> String {
        switch kind {
        case .xid: "The NVIDIA driver reports an error of a GPU; the number is the Xid."
        case .sxid: "The NVSwitch driver reports an error of a switch; the number is the SXid."
        case .gpuFallenOffBus: "The NVIDIA driver lost a GPU."
        case .gpuSlowCall: "A call to a GPU's system processor took long."
        case .nvlinkDiscoveryFailed:
            "The driver cannot find out which NVLinks lead where, and may block."
        case .gpuProbeFailed: "The NVIDIA driver could not start with a device."
        case .portModule:
            "A module or cable was plugged (1), unplugged (2), disabled (4) or has an error (3)."
        case .hcaTemperature: "An HCA is hotter than it may be."
        case .hcaPower: "An HCA gets less power from its slot than it asks for."
        case .hcaHealth:
            "An HCA's firmware is unwell, or its driver did not start; the number is the syndrome."
        case .linkUp: "A link of an HCA came up: a port, or a network interface."
        case .linkDown: "A link of an HCA went down: a port, or a network interface."
        case .linkFlap:
            "A port of an HCA went down (`time`) and came up within a minute (`last_time`)."
        case .lidChange: "A port of an HCA has another LID."
        case .managerChange: "Another subnet manager is in charge of a port of an HCA."
        case .partitionKeyChange: "The partition keys of a port of an HCA changed."
        case .gidChange: "The GIDs of a port of an HCA changed."
        case .clientReregister:
            "The subnet manager asks the clients of a port to register with it again."
        case .hcaFatal: "An HCA does not work any more."
        case .hcaChanged: "Another HCA is at the end of a cable."
        case .peerChanged: "The cable of a port of an HCA leads to another port than before."
        case .pcieError: "PCIe Advanced Error Reporting: an error at a device or a port."
        case .pcieSlotUp: "A PCIe slot has a link or a card again."
        case .pcieSlotDown: "A PCIe slot lost its link or its card."
        case .hungTask: "A process has been waiting in the kernel for long."
        case .kernelLogGap:
            "Records were overwritten before they were read; the count says how many."
        case .nvmlEvent: "NVML, not the log, reports an event that has no Xid."
        case .conditionRaised: "A [condition](conditions.md) was raised."
        case .conditionEscalated: "A condition got worse."
        case .conditionEased:
            "A condition is excused for now: switched off, given time after a boot, or worked on."
        case .conditionResolved: "A condition is over."
        case .conditionReminded:
            "A condition still holds after a day, and nobody has taken notice."
        case .conditionAcknowledged: "Somebody has taken notice of a condition."
        case .conditionUnacknowledged: "The notice of a condition was taken back."
        case .maintenanceSet: "Work on the node or a part was announced, or changed."
        case .maintenanceEnded: "Announced work was ended, or is over by its time."
        }
    }
}
