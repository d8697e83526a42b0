/// One device as a probe reports it.
package struct NamedDevice: Hashable, Sendable {
    /// The probe that reads it.
    package var collector: String
    /// The kernel's name.
    package var kernelName: String
    /// The node GUID; zero when it could not be read.
    package var guid: GUID

    /// A device of a probe.
    package init(collector: String, kernelName: String, guid: GUID) {
        self.collector = collector
        self.kernelName = kernelName
        self.guid = guid
    }
}

/// The `device` label: the configured name, else the kernel's.
package enum DeviceLabels {
    /// One label per device; devices that would share one are told apart by their GUIDs, all of
    /// them, so that a label does not depend on which device was seen first.
    package static func assign(
        _ devices: [NamedDevice], names: [GUID: String]
    ) -> [NamedDevice: String] {
        var wanting: [String: Set<NamedDevice>] = [:]
        for device in devices {
            wanting[names[device.guid] ?? device.kernelName, default: []].insert(device)
        }
        var labels: [NamedDevice: String] = [:]
        for (name, sharers) in wanting {
            // Probes may share a device, one port each.
            let isShared = Set(sharers.map(suffix)).count > 1
            for device in sharers {
                labels[device] = isShared ? "\(name)-\(suffix(device))" : name
            }
        }
        return labels
    }

    // A device whose GUID could not be read has nothing of its own but its probe.
    private static func suffix(_ device: NamedDevice) -> String {
        device.guid.rawValue == 0
            ? device.collector : Hexadecimal.padded(device.guid.rawValue, digits: 16)
    }
}
