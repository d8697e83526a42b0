import Fakes
import Foundation
import Model
import Testing

@testable import Collectors

/// A node of one cable whose kernel has more to tell than datagrams do.
final class HostRig {
    let rig: FakeRig
    let root: URL

    init(cables: Int = 1) throws {
        rig = FakeRig(cables: cables)
        root = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        for index in 0..<cables {
            try interface("ib\(index)", device: "mlx5_\(index)", index: 10 + index)
        }
    }

    deinit { try? FileManager.default.removeItem(at: root) }

    /// The directory of a device in sysfs.
    func device(_ name: String) -> URL { root.appending(path: "class/infiniband/\(name)") }

    /// Adds a network interface of a device.
    func interface(
        _ name: String, device: String, index: Int, above: Int? = nil, port: Int = 0
    ) throws {
        let path = self.device(device).appending(path: "device/net/\(name)")
        try write("\(index)\n", to: path.appending(path: "ifindex"))
        try write("\(above ?? index)\n", to: path.appending(path: "iflink"))
        try write("\(port)\n", to: path.appending(path: "dev_port"))
    }

    /// Writes a file of `hw_counters`.
    func hardware(_ name: String, _ text: String, device: String = "mlx5_0") throws {
        try write(text, to: self.device(device).appending(path: "ports/1/hw_counters/\(name)"))
    }

    /// Writes a file of the port.
    func port(_ name: String, _ text: String, device: String = "mlx5_0") throws {
        try write(text, to: self.device(device).appending(path: "ports/1/\(name)"))
    }

    /// Writes what the kernel remembers of a device's GUID.
    func guid(_ guid: GUID, device: String) throws {
        let digits = Array(guid.description.dropFirst(2))
        let groups = stride(from: 0, to: digits.count, by: 4).map { String(digits[$0..<$0 + 4]) }
        let file = self.device(device).appending(path: "node_guid")
        try write(groups.joined(separator: ":") + "\n", to: file)
    }

    /// Gives a device another name, as udev does.
    func rename(_ name: String, to other: String) throws {
        rig.fabric.devices[other] = rig.fabric.devices.removeValue(forKey: name)
        try FileManager.default.moveItem(at: device(name), to: device(other))
    }

    /// Makes the device's directory a new one, as when its driver is loaded anew.
    func replace(_ name: String) throws {
        let aside = root.appending(path: "aside")
        try FileManager.default.copyItem(at: device(name), to: aside)
        try FileManager.default.removeItem(at: device(name))
        try FileManager.default.moveItem(at: aside, to: device(name))
    }

    func collector(
        _ configuration: InfiniBandConfiguration = InfiniBandConfiguration()
    ) -> InfiniBandCollector<FakeFabric> {
        rig.collector(configuration, root: root.path)
    }

    private func write(_ text: String, to file: URL) throws {
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: file, atomically: false, encoding: .utf8)
    }
}

@Suite struct HostStatisticsTests {
    private func local(_ report: InfiniBandReport) throws -> EndReport {
        try #require(report.ports.first).local
    }

    /// How long the bus keeps the HCA waiting comes with the counters, of this node's end alone.
    @Test func gaugesComeWithTheStatistics() throws {
        let host = try HostRig()
        var collector = host.collector()
        host.rig.statistics.set("ib0", "outbound_pci_stalled_wr", 0)
        host.rig.statistics.set("ib0", "outbound_pci_stalled_rd", 37)
        let asked = host.rig.statistics.asked.count
        var port = collector.collect().ports[0]
        #expect(port.local.gauges == [.value(37, field: 0), .value(0, field: 0)])
        #expect(port.peer.end?.gauges == [.unsupported, .unsupported])
        #expect(host.rig.statistics.asked.count == asked + 2, "names and values")
        host.rig.statistics.failure = 19
        host.rig.wait(seconds: 10)
        port = collector.collect().ports[0]
        #expect(port.local.gauges == [.failed, .failed])
        host.rig.statistics.failure = nil
        host.rig.statistics.interfaces["ib0"] = [("outbound_pci_stalled_rd", 1)]
        host.rig.wait(seconds: 60)
        port = collector.collect().ports[0]
        #expect(port.local.gauges == [.value(1, field: 0), .unsupported])
    }

    @Test func theWiderSourceWinsAtThisEnd() throws {
        let host = try HostRig()
        host.rig.hcas[0].port(1).counters = ["symbol_error": 65_535, "link_downed": 255]
        host.rig.leaf.port(1).counters = ["symbol_error": 9, "link_downed": 3]
        host.rig.statistics.set("ib0", "rx_packets", 1)
        host.rig.statistics.set("ib0", "link_down_events_phy", 700)
        host.rig.statistics.set("ib0", "rx_pcs_symbol_err_phy", 1 << 40)
        host.rig.statistics.set("ib0", "rx_err_lane_3_phy", 12)
        host.rig.statistics.set("ib0", "tx_pci_signal_integrity", 1471)
        var collector = host.collector()
        let report = collector.collect()
        let end = try local(report)
        #expect(end.failure == nil)
        #expect(end.reading("link_downed") == .value(700, field: 2))
        #expect(end.reading("symbol_error") == .value(1 << 40, field: 2))
        #expect(end.reading("rx_err_phy_lane_3") == .value(12, field: 0))
        #expect(end.reading("tx_pci_signal_integrity") == .value(1471, field: 0))
        // Not among the names that the driver tells.
        #expect(end.reading("rx_bits_phy") == .unsupported)
        #expect(end.reading("rx_err_phy_lane_4") == .unsupported)
        // The switch counts in 64 bits itself.
        let peer = try #require(report.ports[0].peer.end)
        #expect(peer.reading("symbol_error") == .value(9, field: 0))
        #expect(peer.reading("tx_pci_signal_integrity") == .unsupported)
    }

    @Test func withoutAnInterfaceDatagramsAreWhatThereIs() throws {
        let host = try HostRig()
        host.rig.hcas[0].port(1).counters = ["link_downed": 4]
        var collector = host.collector()
        let end = try local(collector.collect())
        #expect(end.reading("link_downed") == .value(4, field: 1))
        #expect(end.reading("module_unplug") == .unsupported)
        #expect(end.failure == nil)
    }

    // Falling back at once would compare 255 with 700 and call it another source, pass after pass.
    @Test func whatIsOfferedAndNotReadFailsAndOnlyThenFallsBack() throws {
        let host = try HostRig()
        host.rig.hcas[0].port(1).counters = ["link_downed": 255]
        host.rig.statistics.set("ib0", "link_down_events_phy", 700)
        var collector = host.collector()
        #expect(try local(collector.collect()).value("link_downed") == 700)
        host.rig.statistics.failure = 5
        let wide = Reading.value(700, field: 2)
        let narrow = Reading.value(255, field: 1)
        // The names are learnt anew after 60 s, which changes nothing.
        let expected = [.failed, .failed] + Array(repeating: narrow, count: 6)
        for (pass, reading) in expected.enumerated() {
            host.rig.wait()
            let end = try local(collector.collect())
            #expect(end.reading("link_downed") == reading, "pass \(pass)")
            #expect(end.failure == .refused)
        }
        host.rig.statistics.failure = nil
        host.rig.wait()
        let end = try local(collector.collect())
        #expect(end.reading("link_downed") == wide && end.failure == nil)
        host.rig.statistics.failure = 5
        host.rig.wait()
        #expect(try local(collector.collect()).reading("link_downed") == .failed)
    }

    // 255 → 700 → 255 → 702: what cannot be known is not made up, and nothing ever falls.
    @Test func anotherSourceForAWhileKeepsTotalsHonest() throws {
        let host = try HostRig()
        host.rig.hcas[0].port(1).counters = ["link_downed": 255]
        host.rig.statistics.set("ib0", "link_down_events_phy", 700)
        var collector = host.collector()
        var ledger = Ledger()
        let row = try #require(InfiniBandCounters.index(of: "link_downed"))
        var totals: [UInt64] = []
        var kinds: [CounterEvent.Kind] = []
        for pass in 0..<8 {
            host.rig.statistics.failure = (2..<6).contains(pass) ? 5 : nil
            if pass == 6 { host.rig.statistics.set("ib0", "link_down_events_phy", 702) }
            let report = collector.collect()
            let port = try #require(report.ports.first)
            ledger.beginPass()
            kinds += ledger.observe(
                .port(port.key), port.local.observation, at: report.moment
            ).filter { $0.column == row }.map(\.kind)
            totals.append(try #require(ledger[.port(port.key)]).entries[row].total)
            host.rig.wait()
        }
        #expect(totals == Array(repeating: 700, count: 8))
        #expect(kinds == [.sourceChanged, .sourceChanged])
    }

    @Test func anInterfaceThatGoesLeavesTheDatagrams() throws {
        let host = try HostRig()
        host.rig.statistics.set("ib0", "link_down_events_phy", 700)
        host.rig.hcas[0].port(1).counters = ["link_downed": 255]
        var collector = host.collector()
        #expect(try local(collector.collect()).reading("link_downed") == .value(700, field: 2))
        try FileManager.default.removeItem(
            at: host.device("mlx5_0").appending(path: "device/net/ib0"))
        host.rig.wait(seconds: 60)
        #expect(try local(collector.collect()).reading("link_downed") == .value(255, field: 1))
    }

    // As when an administrator changes the number of channels.
    @Test func statisticsThatMoveAreFoundAgain() throws {
        let host = try HostRig()
        host.rig.statistics.set("ib0", "link_down_events_phy", 7)
        host.rig.statistics.set("ib0", "module_unplug", 2)
        var collector = host.collector()
        #expect(try local(collector.collect()).value("module_unplug") == 2)
        let before = host.rig.statistics.asked.count
        host.rig.wait()
        _ = collector.collect()
        #expect(host.rig.statistics.asked.count == before + 1, "names are asked for once")
        host.rig.statistics.interfaces["ib0"]?.insert(("rx0_packets", 99), at: 0)
        host.rig.wait()
        let end = try local(collector.collect())
        #expect(end.value("link_downed") == 7 && end.value("module_unplug") == 2)
    }

    // As while a driver is being taken out: no names, and as many values.
    @Test func valuesWithoutNamesAreNotRead() throws {
        let host = try HostRig()
        host.rig.statistics.set("ib0", "link_down_events_phy", 7)
        var collector = host.collector()
        #expect(try local(collector.collect()).value("link_downed") == 7)
        let told = host.rig.statistics.interfaces["ib0"]
        host.rig.statistics.interfaces["ib0"] = []
        host.rig.statistics.nameFailure = 19
        host.rig.wait()
        #expect(try local(collector.collect()).reading("link_downed") == .failed)
        host.rig.wait()
        #expect(try local(collector.collect()).reading("link_downed") == .failed)
        host.rig.statistics.interfaces["ib0"] = told
        host.rig.statistics.nameFailure = nil
        host.rig.wait()
        #expect(try local(collector.collect()).value("link_downed") == 7)
    }

    @Test func theInterfaceBelongsToThePort() throws {
        let host = try HostRig(cables: 2)
        // A partition's interface above ib0, and that of the function's other port.
        try host.interface("ib0.8001", device: "mlx5_0", index: 20, above: 10)
        try host.interface("ib", device: "mlx5_0", index: 21, port: 1)
        for (name, value) in [("ib0", 1), ("ib0.8001", 2), ("ib", 3), ("ib1", 4)] {
            host.rig.statistics.set(name, "module_unplug", UInt64(value))
        }
        var collector = host.collector()
        let report = collector.collect()
        #expect(report.ports.map { $0.local.value("module_unplug") } == [1, 4])
    }

    @Test func whatIsExcludedIsNotTouched() throws {
        let host = try HostRig(cables: 2)
        var collector = host.collector(InfiniBandConfiguration(exclude: ["mlx5_0"]))
        _ = collector.collect()
        #expect(Set(host.rig.statistics.asked) == ["ib1"])
    }

    // MARK: hw_counters

    @Test func hardwareCountersAreFoundByListing() throws {
        let host = try HostRig()
        try host.hardware("lifespan", "10\n")
        try host.hardware("out_of_sequence", "4294967295\n")
        try host.hardware("rnr_nak_retry_err", "3\n")
        try host.hardware("a_name_of_tomorrow", "1\n")
        var collector = host.collector()
        let end = try local(collector.collect())
        #expect(end.reading("out_of_sequence") == .value(4_294_967_295, field: 0))
        #expect(end.value("rnr_nak_retry_err") == 3)
        #expect(end.reading("out_of_buffer") == .unsupported)
    }

    @Test(arguments: ["", "garbage\n", "-1\n", "18446744073709551616\n"])
    func garbageIsNoValue(_ text: String) throws {
        let host = try HostRig()
        try host.hardware("out_of_buffer", text)
        var collector = host.collector()
        #expect(try local(collector.collect()).reading("out_of_buffer") == .failed)
    }

    // Some functions answer every such read with a line in the kernel log.
    @Test func whatIsNotApplicableIsNotReadAgainForTheSameInstance() throws {
        let host = try HostRig()
        try host.hardware("out_of_buffer", "N/A (no PMA)\n")
        var collector = host.collector()
        #expect(try local(collector.collect()).reading("out_of_buffer") == .unsupported)
        try host.hardware("out_of_buffer", "5\n")
        host.rig.wait(seconds: 120)
        #expect(try local(collector.collect()).reading("out_of_buffer") == .unsupported)
        // Loaded anew, the driver may offer it.
        try host.replace("mlx5_0")
        host.rig.wait()
        #expect(try local(collector.collect()).value("out_of_buffer") == 5)
    }

    // A port that cannot be opened is looked at anew every minute; what it refused stays refused.
    @Test func whatIsNotApplicableStaysSoWhileThePortCannotBeOpened() throws {
        let host = try HostRig()
        host.rig.fabric.openErrors["mlx5_0/1"] = 13
        try host.hardware("out_of_buffer", "N/A (no PMA)\n")
        var collector = host.collector()
        #expect(try local(collector.collect()).reading("out_of_buffer") == .unsupported)
        try host.hardware("out_of_buffer", "5\n")
        for _ in 0..<3 {
            host.rig.wait(seconds: 60)
            let end = try local(collector.collect())
            #expect(end.failure == .noPermission)
            #expect(end.reading("out_of_buffer") == .unsupported)
        }
        try host.replace("mlx5_0")
        host.rig.wait()
        #expect(try local(collector.collect()).value("out_of_buffer") == 5)
    }

    // A device in a reset refuses what it has given before and will give again.
    @Test func whatHasHadAValueIsAskedForAgain() throws {
        let host = try HostRig()
        try host.hardware("out_of_buffer", "5\n")
        var collector = host.collector()
        #expect(try local(collector.collect()).value("out_of_buffer") == 5)
        try host.hardware("out_of_buffer", "N/A\n")
        host.rig.wait()
        #expect(try local(collector.collect()).reading("out_of_buffer") == .failed)
        // Not in every pass: each may write a line to the kernel log.
        try host.hardware("out_of_buffer", "6\n")
        host.rig.wait(seconds: 50)
        #expect(try local(collector.collect()).reading("out_of_buffer") == .failed)
        host.rig.wait()
        #expect(try local(collector.collect()).value("out_of_buffer") == 6)
    }

    // A file that the kernel refuses with EINVAL, for root; others may not even open it.
    @Test func whatTheKernelRefusesIsRefused() {
        var file = RefusableFile("/proc/self/clear_refs")
        let expected = getuid() == 0 ? SysfsFile.Absence.refused : .noPermission
        #expect(throws: expected) { try file.line(now: 0, interval: 60) }
        #expect(throws: expected) { try file.line(now: 120, interval: 60) }
        var missing = RefusableFile("/nonexistent/file")
        #expect(throws: SysfsFile.Absence.failed) { try missing.line(now: 0, interval: 60) }
    }

    @Test func aFileThatVanishesIsNotReadAndNotZero() throws {
        let host = try HostRig()
        try host.hardware("out_of_buffer", "5\n")
        var collector = host.collector()
        _ = collector.collect()
        try FileManager.default.removeItem(
            at: host.device("mlx5_0").appending(path: "ports/1/hw_counters/out_of_buffer"))
        host.rig.wait()
        let end = try local(collector.collect())
        #expect(end.reading("out_of_buffer") == .failed && end.failure == .refused)
    }

    @Test func withoutADatagramDeviceTheKernelStillTells() throws {
        let host = try HostRig()
        try host.hardware("out_of_buffer", "5\n")
        host.rig.statistics.set("ib0", "link_down_events_phy", 7)
        host.rig.fabric.openErrors["mlx5_0/1"] = 13
        var collector = host.collector()
        let end = try local(collector.collect())
        #expect(end.failure == .noPermission)
        #expect(end.value("out_of_buffer") == 5 && end.value("link_downed") == 7)
        #expect(end.reading("port_rcv_errors") == .failed)
        #expect(end.observation.isObserved)
    }

    // MARK: The kernel

    @Test(arguments: [("lo", 95), ("nosuchif0", 19)] as [(String, Int32)])
    func anInterfaceWithoutStatisticsSaysSo(_ name: String, _ code: Int32) {
        let statistics = EthtoolStatistics()
        #expect(throws: CollectorError(.readStatistics, name, code: code)) {
            try statistics.names(of: name)
        }
    }

    // Whatever interfaces this machine has: as many values as names.
    @Test func thereIsAValueForEveryName() throws {
        let statistics = EthtoolStatistics()
        let interfaces = try FileManager.default.contentsOfDirectory(atPath: "/sys/class/net")
        for name in interfaces {
            guard let names = try? statistics.names(of: name) else { continue }
            let values = try statistics.values(of: name, count: names.count)
            #expect(values.count == names.count && !names.contains(""), "\(name)")
        }
    }
}
