import Fakes
import Foundation
import Model
import Testing

@testable import Collectors

/// What a driver that is loaded anew, and an exclusion, mean for what the kernel counts.
@Suite struct HostEpochTests {
    /// The same name is another instance: its counts may have begun anew, whatever they are.
    @Test func aDriverThatIsLoadedAnewChangesTheToken() throws {
        let host = try HostRig()
        try host.hardware("out_of_sequence", "100\n")
        var collector = host.collector()
        var ledger = Ledger()
        func pass(_ seconds: UInt64) throws -> (epoch: UInt64, events: [CounterEvent]) {
            let port = try #require(collector.collect().ports.first)
            ledger.beginPass()
            let events = ledger.observe(
                .port(port.key), port.local.observation,
                at: Moment(
                    bootID: "boot", boottimeNanoseconds: seconds * 1_000_000_000,
                    wallMilliseconds: Int64(seconds) * 1000))
            return (port.local.epoch, events)
        }
        let first = try pass(10)
        #expect(first.epoch != 0)
        host.rig.wait()
        #expect(try pass(20).epoch == first.epoch)
        try host.replace("mlx5_0")
        try host.hardware("out_of_sequence", "130\n")
        host.rig.wait()
        let second = try pass(30)
        #expect(second.epoch != first.epoch)
        let row = try #require(InfiniBandCounters.index(of: "out_of_sequence"))
        #expect(second.events.first { $0.column == row }?.kind == .restarted)
        #expect(
            ledger[.port(PortKey(node: host.rig.hcas[0].guid, port: 1))]?.entries[row].quality
                == .atLeast)
    }

    /// Nothing of an excluded device is about to be asked, be it files, statistics or datagrams.
    @Test func anExcludedDeviceIsNeverAnnounced() throws {
        let host = try HostRig(cables: 2)
        for device in ["mlx5_0", "mlx5_1"] {
            try host.hardware("out_of_sequence", "1\n", device: device)
            try host.port("state", "4: ACTIVE\n", device: device)
        }
        var said: Set<String> = []
        var collector = InfiniBandCollector(
            configuration: InfiniBandConfiguration(exclude: ["mlx5_0"]),
            transport: host.rig.fabric,
            facts: KernelFacts(sysRoot: host.root.path, procRoot: host.root.path),
            statistics: host.rig.statistics, announce: { device, _ in said.insert(device) })
        for _ in 0..<3 {
            #expect(collector.collect().ports.map(\.device) == ["mlx5_1"])
            host.rig.wait(seconds: 60)
        }
        #expect(said.contains("mlx5_1") && !said.contains("mlx5_0"), "\(said)")
    }
}
