/// What the PCIe probe saw.
package struct PCIReport: Hashable, Sendable {
    /// When it said so.
    package var moment: Moment
    /// Nanoseconds that the reading took.
    package var durationNanoseconds: UInt64
    /// How long before `moment` the functions were read; zero when read for this report.
    package var ageNanoseconds: UInt64
    /// The InfiniBand and Ethernet HCAs, the GPUs and every bridge above them, by address.
    package var functions: [PCIFunctionReport]

    /// One report.
    package init(
        moment: Moment, durationNanoseconds: UInt64, ageNanoseconds: UInt64 = 0,
        functions: [PCIFunctionReport]
    ) {
        self.moment = moment
        self.durationNanoseconds = durationNanoseconds
        self.ageNanoseconds = ageNanoseconds
        self.functions = functions
    }
}

/// What was seen of one PCI function.
package struct PCIFunctionReport: Hashable, Sendable {
    /// Where it is.
    package var address: PCIAddress
    /// What it is.
    package var role: PCIRole
    /// The kernel's names of its RDMA devices, such as `mlx5_0`; as last known.
    package var names: [String]
    /// The bridge that it is plugged into; nil where that is the root.
    package var parent: PCIAddress?
    /// The NUMA node that it is near to; nil when the kernel does not know.
    package var numaNode: UInt16?
    /// What could be read.
    package var state: PCIFunctionState
    /// One reading per row of `PCICounters.all`.
    package var readings: [Reading]
    /// One reading per row of `PCICounters.gauges`.
    package var gauges: [Reading]
    /// Changes when the kernel has registered the function anew, which starts counts at 0; zero
    /// where nothing tells.
    package var epoch: UInt64

    /// One function.
    package init(
        address: PCIAddress, role: PCIRole, names: [String] = [], parent: PCIAddress? = nil,
        numaNode: UInt16? = nil, state: PCIFunctionState, readings: [Reading],
        gauges: [Reading], epoch: UInt64
    ) {
        self.address = address
        self.role = role
        self.names = names
        self.parent = parent
        self.numaNode = numaNode
        self.state = state
        self.readings = readings
        self.gauges = gauges
        self.epoch = epoch
    }

    /// A function of which nothing could be read.
    package static func unread(
        _ address: PCIAddress, _ role: PCIRole, names: [String] = [], parent: PCIAddress? = nil,
        state: PCIFunctionState
    ) -> PCIFunctionReport {
        PCIFunctionReport(
            address: address, role: role, names: names, parent: parent, state: state,
            readings: Array(repeating: .failed, count: PCICounters.all.count),
            gauges: Array(repeating: .failed, count: PCICounters.gauges.count), epoch: 0)
    }

    /// What was seen of the function.
    package var observation: Observation {
        Observation(
            readings: readings, gauges: gauges, epoch: epoch,
            isObserved: (readings + gauges).contains(where: \.isValue))
    }
}

/// What a PCI function is to this node.
package enum PCIRole: String, CaseIterable, Sendable {
    /// It has an RDMA device.
    case hca
    /// A GPU.
    case gpu
    /// A port of a PCIe switch, or another bridge.
    case bridge
    /// The topmost bridge.
    case rootPort = "root_port"

    /// Whether it is what bridges lead to.
    package var isEndpoint: Bool { self == .hca || self == .gpu }
}

/// What could be read of a PCI function.
package enum PCIFunctionState: String, CaseIterable, Sendable {
    /// Its configuration space answers.
    case read
    /// It sleeps, and asking it would wake it.
    case suspended
    /// It is listed, and its configuration space reads as all ones: it is gone from the bus.
    case gone
    /// It is listed, and whether it answers is not known.
    case unknown
    /// It is not listed any more.
    case missing
}

/// What the PCIe probe is to read.
package struct PCIConfiguration: Hashable, Sendable {
    /// Stands for `/sys`.
    package var sysRoot: String
    /// Which HCAs, by the names of their RDMA devices: those that any of these may touch.
    package var hcas: [InfiniBandConfiguration]
    /// Which GPUs, by address; nil for none.
    package var gpus: GPUConfiguration?
    /// Nanoseconds after which everything is read again, in the first turn after it.
    package var intervalNanoseconds: UInt64

    /// What to read.
    package init(
        sysRoot: String = "/sys", hcas: [InfiniBandConfiguration] = [InfiniBandConfiguration()],
        gpus: GPUConfiguration? = GPUConfiguration(),
        intervalNanoseconds: UInt64 = 30_000_000_000
    ) {
        self.sysRoot = sysRoot
        self.hcas = hcas
        self.gpus = gpus
        self.intervalNanoseconds = intervalNanoseconds
    }
}
