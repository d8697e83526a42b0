import Collectors
import Model

/// A played node with HCAs `mlx5_0`, `mlx5_1`, …, each with one cable to a leaf switch.
package struct FakeRig {
    /// The fabric.
    package let fabric = FakeFabric()
    /// The leaf switch; `mlx5_N` is plugged into its port N + 1.
    package let leaf: FakeNode
    /// What the network interfaces of the ports count.
    package let statistics = FakeStatistics()
    /// The HCAs in the order of their names.
    package let hcas: [FakeNode]

    /// What a switch advertises that offers everything.
    package static let fullMask: UInt16 = 1 << 9 | 1 << 12 | 1 << 14 | 1 << 15
    /// PortInfo.CapabilityMask of a switch with extended speeds and a CapabilityMask2.
    package static let switchPortMask: UInt32 = 1 << 14 | 1 << 15

    /// So many cables; the switch offers everything and runs NDR with RS-FEC.
    package init(cables: Int = 1) {
        let fabric = fabric
        let leaf = fabric.addNode(0x5000_0000_0000_0000, isSwitch: true, "leaf01")
        leaf.mask = Self.fullMask
        leaf.mask2 = 1 << 1
        leaf.portMask = Self.switchPortMask
        leaf.portMask2 = 1 << 1
        leaf.port(0).lid = 500
        leaf.port(0).state = 4
        hcas = (0..<cables).map { index in
            let hca = fabric.addNode(
                0xc000_0000_0000_0000 + UInt64(index) << 16, isSwitch: false, "host01 mlx5_\(index)"
            )
            hca.isMLX5 = true
            hca.mask = 1 << 9
            hca.port(1).lid = 10 + UInt16(index)
            fabric.connect(hca, 1, leaf, UInt8(index + 1))
            leaf.port(UInt8(index + 1)).fec = 2
            fabric.devices["mlx5_\(index)"] = hca
            return hca
        }
        self.leaf = leaf
    }

    /// A collector over the fabric.
    package func collector(
        _ configuration: InfiniBandConfiguration = InfiniBandConfiguration(),
        root: String = "/nonexistent"
    ) -> InfiniBandCollector<FakeFabric> {
        InfiniBandCollector(
            configuration: configuration, transport: fabric,
            facts: KernelFacts(sysRoot: root, procRoot: root), statistics: statistics)
    }

    /// Lets as much time pass as the default interval between passes.
    package func wait(seconds: UInt64 = 10) {
        fabric.clock += seconds * 1_000_000_000
    }
}

extension EndReport {
    /// The reading of a counter by its name.
    package func reading(_ name: String) -> Reading? {
        InfiniBandCounters.index(of: name).map { readings[$0] }
    }

    /// The value of a counter by its name; nil when there is none.
    package func value(_ name: String) -> UInt64? {
        guard case .value(let value, _) = reading(name) else { return nil }
        return value
    }
}

extension PeerReport {
    /// Who is at the other end; nil when nobody has said so.
    package var identity: PeerIdentity? {
        guard case .observed(let identity, _) = self else { return nil }
        return identity
    }

    /// What was seen at the other end; nil when nothing was.
    package var end: EndReport? {
        guard case .observed(_, let end) = self else { return nil }
        return end
    }
}
