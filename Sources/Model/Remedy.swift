/// What helps against an error, as the vendor's catalogue puts it.
package enum Remedy: String, CaseIterable, Sendable {
    /// Nothing: a note for the record.
    case none
    /// Restart the application that met it.
    case application
    /// Drain the GPU, then reset it.
    case resetGPU = "reset_gpu"
    /// Drain the node, then reboot it.
    case reboot
    /// Restart the virtual machine that owns the device.
    case rebootGuest = "reboot_guest"
    /// Look at seating, cables and power.
    case inspect
    /// Update the driver or the firmware.
    case updateSoftware = "update_software"
    /// Drain the node and ask the vendor.
    case support
    /// The words of the message decide; without them nothing can be said.
    case decode

    /// Whether it asks something of whoever runs the node: more than a note, an application's
    /// affair, or words that nobody has decoded.
    package var asksForSomething: Bool {
        switch self {
        case .none, .application, .decode: false
        case .resetGPU, .reboot, .rebootGuest, .inspect, .updateSoftware, .support: true
        }
    }
}

extension NodeEvent {
    /// What helps against it: by the words of its line where they decide, else by the catalogue;
    /// nil where no catalogue speaks of its kind.
    package var remedy: Remedy? {
        switch kind {
        case .xid: number.map { xidReading($0).remedy }
        case .sxid: number.map { SXidCatalog.entry($0).remedy(printed: severity) }
        case .gpuFallenOffBus: .reboot
        case .gpuProbeFailed: .support
        case .nvlinkDiscoveryFailed: .reboot
        case .gpuSlowCall, .portModule, .hcaTemperature, .hcaPower, .hcaHealth, .linkUp,
            .linkDown, .linkFlap, .lidChange, .managerChange, .partitionKeyChange, .gidChange,
            .clientReregister, .hcaFatal, .hcaChanged, .peerChanged, .pcieError, .pcieSlotUp,
            .pcieSlotDown, .hungTask,
            .kernelLogGap, .nvmlEvent, .conditionRaised, .conditionEscalated, .conditionEased,
            .conditionResolved, .conditionReminded, .conditionAcknowledged,
            .conditionUnacknowledged, .maintenanceSet, .maintenanceEnded:
            nil
        }
    }

    private func xidReading(_ number: UInt32) -> XidReading {
        let scanner = ByteScanner(line)
        return XidReading(number: number, scanner: XidMessage(line: scanner)?.text ?? scanner)
    }

    /// Whether NVML must leave the device alone from now on, because a call to it may never return.
    package var stopsCalls: Bool {
        switch kind {
        case .gpuFallenOffBus: true
        case .xid: number.map { XidCatalog.entry($0).stopsCalls } ?? false
        default: false
        }
    }

    /// Whether a GPU has fallen off the bus, with Xid 79 or in words alone; then it is not read
    /// before it has begun anew.
    package var isOffTheBus: Bool { kind == .gpuFallenOffBus || kind == .xid && number == 79 }

    /// Whether it must not be lost among others: its text calls it fatal, or calls have to stop.
    package var isGrave: Bool { severity == "fatal" || stopsCalls }
}
