// Property names are spelled as the keys are read back: `uuid`, not `UUID`, in their midst.
extension V1 {
    /// `/api/v1/inventory`: what the node is made of.
    package struct Inventory: Codable, Hashable, Sendable {
        /// The node's name.
        package var node: String
        /// When the picture was put together.
        package var time: String
        /// The latest pass that is in it; absent before the first.
        package var pass: UInt64?
        /// The kernel's name for this boot.
        package var bootId: String?
        /// The version of the NVIDIA driver.
        package var nvidiaDriver: String?
        /// Whether everybody who lists HCAs has answered lately; otherwise some may be missing here
        /// that are there.
        package var hcasListed = false
        /// The same of GPUs.
        package var gpusListed = false
        /// How the node stands to its manifest: `not_configured`, `as_expected`, `unverified` or
        /// `differs`.
        package var expectations: String
        /// What differs from the manifest, the worst first.
        package var differences: [Difference] = []
        /// What the manifest expects and is unknown.
        package var unverified: [Unverified] = []
        /// The HCAs in the order of their names.
        package var hcas: [InventoryHCA] = []
        /// The GPUs by index.
        package var gpus: [InventoryGPU] = []

        /// An inventory of which nothing is known.
        package init(node: String, time: String, pass: UInt64?, expectations: String) {
            self.node = node
            self.time = time
            self.pass = pass
            self.expectations = expectations
        }
    }

    /// One HCA; what is not known is absent.
    package struct InventoryHCA: Codable, Hashable, Sendable {
        /// The device's label.
        package var device: String
        /// `fabric`, or `nvswitch_management`.
        package var role: String
        /// Whether the latest answer has it; otherwise everything here is from before.
        package var present: Bool
        /// The node GUID.
        package var guid: String?
        /// The PCI address, such as `0000:19:00.0`.
        package var address: String?
        /// The model as the kernel prints it, such as `MT4129`.
        package var model: String?
        /// The PSID, such as `MT_0000000838`.
        package var boardId: String?
        /// The part number.
        package var part: String?
        /// The serial number.
        package var serial: String?
        /// The firmware's version.
        package var firmware: String?
        /// The driver and its version, such as `mlx5_core 24.10-1.1.4`.
        package var driver: String?
        /// Its PCIe link.
        package var pcie: InventoryPCIe?
        /// The NUMA node that it is near to.
        package var numaNode: Int?
        /// Its ports by number.
        package var ports: [InventoryPort] = []

        /// An HCA of which no more is known than its name.
        package init(device: String, role: String, present: Bool) {
            self.device = device
            self.role = role
            self.present = present
        }
    }

    /// One port of an HCA; what is not known is absent.
    package struct InventoryPort: Codable, Hashable, Sendable {
        /// Its number.
        package var port: Int
        /// `InfiniBand` or `Ethernet`.
        package var linkLayer: String
        /// Its own GUID.
        package var guid: String?
        /// Whether it is active.
        package var active: Bool?
        /// Lanes in use; absent while down.
        package var widthLanes: Int?
        /// The speed grade, such as `NDR`; absent while down.
        package var speed: String?
        /// The signalling rate of the link; absent while down.
        package var bitsPerSecond: UInt64?
        /// `none`, `fire_code`, `reed_solomon` or `low_latency_reed_solomon`; absent while down.
        package var fec: String?
        /// Who is at the other end, as last seen.
        package var peer: InventoryPeer?

        /// A port of which no more is known than its number.
        package init(port: Int, linkLayer: String) {
            self.port = port
            self.linkLayer = linkLayer
        }
    }

    /// The other end of a cable.
    package struct InventoryPeer: Codable, Hashable, Sendable {
        /// The node's GUID.
        package var guid: String
        /// The port's number there.
        package var port: Int
        /// The NodeDescription, which may be stale or a default.
        package var description: String?

        /// The other end of a cable.
        package init(guid: String, port: Int, description: String?) {
            self.guid = guid
            self.port = port
            self.description = description
        }
    }

    /// A PCIe link to the port above; what is not known is absent.
    package struct InventoryPCIe: Codable, Hashable, Sendable {
        /// Lanes in use.
        package var widthLanes: Int?
        /// Lanes that it has.
        package var maxWidthLanes: Int?
        /// Billions of transfers per second and lane in use; an idle device may have fewer.
        package var speedGtps: Double?
        /// Those that it is capable of.
        package var maxSpeedGtps: Double?

        /// A link of which nothing is known.
        package init() {}
    }

    /// One GPU; what is not known is absent.
    package struct InventoryGPU: Codable, Hashable, Sendable {
        /// The number in listings, from 0 in the order of PCI addresses.
        package var index: Int
        /// The PCI address.
        package var address: String
        /// Whether the latest pass read it; otherwise everything here is from before.
        package var present: Bool
        /// Whether the PCI bus lists it.
        package var listed: Bool?
        /// The UUID.
        package var uuid: String?
        /// The product's name.
        package var name: String?
        /// The board's serial number.
        package var serial: String?
        /// The board's part number.
        package var boardPart: String?
        /// The VBIOS version.
        package var vbios: String?
        /// The InfoROM image version.
        package var inforom: String?
        /// The slot on the baseboard.
        package var moduleId: Int?
        /// Its PCIe link.
        package var pcie: InventoryPCIe?
        /// The NUMA node that it is near to.
        package var numaNode: Int?
        /// NVLinks that it has; 0 where it has none.
        package var nvlinks: Int?
        /// Those that are up, asleep included.
        package var nvlinksUp: Int?
        /// The speed of each link that is up, where they agree.
        package var nvlinkSpeedBytesPerSecond: UInt64?

        /// A GPU of which no more is known than its place.
        package init(index: Int, address: String, present: Bool) {
            self.index = index
            self.address = address
            self.present = present
        }
    }
}
