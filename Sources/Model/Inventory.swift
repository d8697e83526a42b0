/// What the node is made of, as far as it was seen.
///
/// A fact that is nil was not read, or is not offered: it is unknown, never different.
package struct Inventory: Hashable, Sendable {
    /// The HCAs in the order of their names, those that serve NVSwitches included.
    package var hcas: [HCAItem]
    /// The GPUs by address.
    package var gpus: [GPUItem]
    /// Whether everybody who lists HCAs has answered lately: only then one that is not listed is
    /// missing.
    package var areHCAsListed: Bool
    /// The same of GPUs.
    package var areGPUsListed: Bool
    /// The version of the NVIDIA driver.
    package var nvidiaDriver: String?
    /// The boot, `/proc/sys/kernel/random/boot_id`.
    package var bootID: String?

    /// What was seen.
    package init(
        hcas: [HCAItem], gpus: [GPUItem], areHCAsListed: Bool, areGPUsListed: Bool,
        nvidiaDriver: String? = nil, bootID: String? = nil
    ) {
        self.hcas = hcas
        self.gpus = gpus
        self.areHCAsListed = areHCAsListed
        self.areGPUsListed = areGPUsListed
        self.nvidiaDriver = nvidiaDriver
        self.bootID = bootID
    }
}

/// What an HCA is there for.
package enum HCARole: String, CaseIterable, Sendable {
    /// It connects the node to a fabric.
    case fabric
    /// It is how the node reaches its NVSwitches (HGX B200 and B300): `SW_MNG` in its VPD.
    case nvswitchManagement = "nvswitch_management"
}

/// One HCA.
package struct HCAItem: Hashable, Sendable {
    /// The label of its RDMA device, such as `mlx5_0`; it may be another after a replacement.
    package var device: String
    /// Its node GUID; nil when unknown.
    package var guid: GUID?
    /// Where it is plugged in; nil for one that is not a PCI function.
    package var address: PCIAddress?
    /// What it is there for.
    package var role: HCARole
    /// Whether the latest answer has it; otherwise everything here is from before.
    package var isPresent: Bool
    /// Whether that answer is older than it should be.
    package var isStale = false
    /// The model as the kernel prints it, such as `MT4129`.
    package var model: String?
    /// The board and its configuration: the PSID, such as `MT_0000000838`.
    package var boardID: String?
    /// The part number of the VPD.
    package var part: String?
    /// The serial number of the VPD.
    package var serial: String?
    /// The firmware's version.
    package var firmware: String?
    /// The driver and its version, such as `mlx5_core 24.10-1.1.4`.
    package var driver: String?
    /// Its PCIe link.
    package var pcie: PCIeLinkItem?
    /// The NUMA node that it is near to.
    package var numaNode: UInt16?
    /// Its ports by number.
    package var ports: [PortItem]

    /// An HCA of which no more is known than its name.
    package init(device: String, role: HCARole = .fabric, isPresent: Bool = true) {
        self.device = device
        self.role = role
        self.isPresent = isPresent
        ports = []
    }
}

/// One port of an HCA, with what its cable leads to.
package struct PortItem: Hashable, Sendable {
    /// Its number.
    package var number: UInt8
    /// Its own GUID; nil when unknown.
    package var guid: GUID?
    /// What it speaks.
    package var layer: LinkLayer
    /// Whether PortState is Active; nil when unknown.
    package var isActive: Bool?
    /// The lanes in use; nil when the link is down or unknown.
    package var widthLanes: UInt8?
    /// The signalling rate of one lane in megabits per second; nil likewise.
    package var laneMegabitsPerSecond: UInt32?
    /// The FEC in use; nil likewise.
    package var fec: FECMode?
    /// Who is at the other end, as last seen on this cable; nil when unknown.
    package var peer: PeerItem?

    /// A port of which no more is known than its number.
    package init(number: UInt8, layer: LinkLayer = .infiniBand) {
        self.number = number
        self.layer = layer
    }
}

/// The other end of a cable.
package struct PeerItem: Hashable, Sendable {
    /// The node and the port that the cable is plugged into.
    package var key: PortKey
    /// Its NodeDescription; for people, may be stale or a default.
    package var description: String

    /// The other end of a cable.
    package init(key: PortKey, description: String) {
        self.key = key
        self.description = description
    }
}

/// The PCIe link of a function to the port above it.
package struct PCIeLinkItem: Hashable, Sendable {
    /// The lanes in use.
    package var widthLanes: UInt8?
    /// The lanes that the function could use.
    package var maxWidthLanes: UInt8?
    /// The speed in use, in megatransfers per second; an idle device may have a lower one.
    package var megatransfers: UInt32?
    /// The highest speed, in megatransfers per second.
    package var maxMegatransfers: UInt32?

    /// A link of which nothing is known.
    package init() {}
}

/// One GPU.
package struct GPUItem: Hashable, Sendable {
    /// Where it is.
    package var address: PCIAddress
    /// Its index among the GPUs of the node.
    package var index: Int
    /// Whether the latest answer read it; otherwise everything here is from before.
    package var isPresent: Bool
    /// Whether the kernel lists it at all; nil when unknown.
    package var isListed: Bool?
    /// Who it is; nil while that was not read.
    package var identity: GPUIdentity?
    /// Its PCIe link.
    package var pcie: PCIeLinkItem?
    /// The NUMA node that it is near to.
    package var numaNode: UInt16?
    /// How many NVLinks it has; nil when unknown.
    package var nvlinks: Int?
    /// How many of them are up, asleep included; nil when unknown.
    package var nvlinksUp: Int?
    /// The speed of each in MB/s where they agree; nil when unknown.
    package var nvlinkMegabytesPerSecond: UInt32?

    /// A GPU of which no more is known than its place.
    package init(address: PCIAddress, index: Int, isPresent: Bool) {
        self.address = address
        self.index = index
        self.isPresent = isPresent
    }
}
