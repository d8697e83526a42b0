extension V1 {
    /// `/api/v1/pcie`: every HCA and GPU, and what lies between it and its root port.
    package struct PCIe: Codable, Hashable, Sendable {
        /// The node's name.
        package var node: String
        /// When the picture was put together.
        package var time: String
        /// The latest pass that is in it; absent before the first.
        package var pass: UInt64?
        /// The devices by address.
        package var devices: [PCIeDevice]

        /// A PCIe document.
        package init(node: String, time: String, pass: UInt64?, devices: [PCIeDevice]) {
            self.node = node
            self.time = time
            self.pass = pass
            self.devices = devices
        }
    }

    /// One function of an HCA, or one GPU.
    package struct PCIeDevice: Codable, Hashable, Sendable {
        /// The PCI address, such as `0000:18:00.0`.
        package var address: String
        /// `hca` or `gpu`.
        package var role: String
        /// The label of an HCA's RDMA device; absent for anything else.
        package var device: String?
        /// The index of a GPU; absent for anything else, and while the GPU probe knows of none.
        package var gpuIndex: Int?
        /// The UUID of a GPU; likewise.
        package var gpuUuid: String?
        /// The NUMA node that it is near to; absent when the kernel does not know.
        package var numaNode: Int?
        /// When it was read; absent when it never was.
        package var sampled: String?
        /// Seconds since then.
        package var ageSeconds: Double?
        /// Whether it is missing, or its probe does not answer.
        package var stale: Bool
        /// The device itself, then every bridge above it up to the root port.
        package var hops: [PCIeHop]

        /// A device.
        package init(
            address: String, role: String, device: String?, gpuIndex: Int?, gpuUuid: String?,
            numaNode: Int?, sampled: String?, ageSeconds: Double?, stale: Bool, hops: [PCIeHop]
        ) {
            self.address = address
            self.role = role
            self.device = device
            self.gpuIndex = gpuIndex
            self.gpuUuid = gpuUuid
            self.numaNode = numaNode
            self.sampled = sampled
            self.ageSeconds = ageSeconds
            self.stale = stale
            self.hops = hops
        }
    }

    /// One function on the way; what was not read in the latest pass is absent.
    package struct PCIeHop: Codable, Hashable, Sendable {
        /// The PCI address.
        package var address: String
        /// `hca`, `gpu`, `bridge` or `root_port`; absent when unknown.
        package var role: String?
        /// `read`, `suspended`, `gone`, `unknown` or `missing`.
        package var state: String
        /// Whether it is missing, or its probe does not answer.
        package var stale: Bool
        /// The NUMA node that it is near to; absent when the kernel does not know.
        package var numaNode: Int?
        /// Lanes in use on the link above it; of a bridge that leads down, below it.
        package var widthLanes: Int?
        /// Lanes that it has.
        package var maxWidthLanes: Int?
        /// Billions of transfers per second and lane in use.
        package var speedGtps: Double?
        /// Those that it is capable of.
        package var maxSpeedGtps: Double?
        /// Whether the kernel receives the errors that are reported here; where it does not, counts
        /// may stay at 0 whatever happens.
        package var aerNative: Bool?
        /// Errors that were corrected.
        package var aerCorrectable: UInt64?
        /// Errors that were not corrected and left the link usable.
        package var aerNonfatal: UInt64?
        /// Errors that made the link unusable.
        package var aerFatal: UInt64?
        /// The devices that are below it; absent for a device.
        package var devices: [String]?

        /// A function of which nothing but its place is known.
        package init(unknown address: String, devices: [String]?) {
            self.address = address
            state = "unknown"
            stale = true
            self.devices = devices
        }
    }
}
