import Model
import Testing

@Suite struct DeviceLabelTests {
    private func device(_ collector: String, _ name: String, _ guid: UInt64) -> NamedDevice {
        NamedDevice(collector: collector, kernelName: name, guid: GUID(guid))
    }

    @Test func kernelNamesAreKept() {
        let devices = [device("a", "mlx5_0", 1), device("a", "mlx5_1", 2)]
        let labels = DeviceLabels.assign(devices, names: [:])
        #expect(devices.map { labels[$0] } == ["mlx5_0", "mlx5_1"])
    }

    @Test func configuredNameWins() {
        let devices = [device("a", "mlx5_0", 1), device("b", "mlx5_0", 2)]
        let labels = DeviceLabels.assign(devices, names: [GUID(1): "rail0", GUID(2): "rail1"])
        #expect(devices.map { labels[$0] } == ["rail0", "rail1"])
    }

    @Test func configuredNameThatIsAnothersKernelNameIsToldApart() {
        let devices = [device("a", "mlx5_0", 1), device("a", "mlx5_1", 2)]
        let labels = DeviceLabels.assign(devices, names: [GUID(2): "mlx5_0"])
        #expect(
            devices.map { labels[$0] } == ["mlx5_0-0000000000000001", "mlx5_0-0000000000000002"])
    }

    @Test func deviceWithoutGUIDIsToldApartByItsProbe() {
        let devices = [
            device("a", "ibsim0", 0), device("b", "ibsim0", 0), device("c", "ibsim0", 3),
        ]
        let labels = DeviceLabels.assign(devices, names: [:])
        #expect(devices.map { labels[$0] } == ["ibsim0-a", "ibsim0-b", "ibsim0-0000000000000003"])
    }

    @Test func deviceOfTwoProbesIsOneDevice() {
        let devices = [device("a", "mlx5_0", 1), device("b", "mlx5_0", 1)]
        let labels = DeviceLabels.assign(devices, names: [:])
        #expect(devices.map { labels[$0] } == ["mlx5_0", "mlx5_0"])
    }

    /// Every choice of up to three devices out of two probes, two names and three GUIDs, under
    /// every configuration of names: each has a label, no two devices share one, and order does
    /// not matter.
    @Test func neverMergedWhateverComesTogether() {
        let all = ["a", "b"].flatMap { collector in
            ["x", "y"].flatMap { name in
                (0...2).map { device(collector, name, UInt64($0)) }
            }
        }
        let names = [nil, "x", "y", "z"] as [String?]
        for first in names {
            for second in names {
                var configured: [GUID: String] = [:]
                configured[GUID(1)] = first
                configured[GUID(2)] = second
                for one in all {
                    for two in all {
                        for three in all { check([one, two, three], configured) }
                    }
                }
            }
        }
    }

    private func check(_ devices: [NamedDevice], _ names: [GUID: String]) {
        let labels = DeviceLabels.assign(devices, names: names)
        var owners: [String: Set<String>] = [:]
        for device in Set(devices) {
            guard let label = labels[device] else {
                Issue.record("\(device) has no label")
                continue
            }
            owners[label, default: []].insert(identity(device))
        }
        #expect(owners.values.allSatisfy { $0.count == 1 }, "\(devices) \(names): \(labels)")
        #expect(labels == DeviceLabels.assign(devices.reversed(), names: names))
    }

    // What makes two devices the same one.
    private func identity(_ device: NamedDevice) -> String {
        device.guid.rawValue == 0
            ? "\(device.collector) \(device.kernelName)" : device.guid.description
    }
}
