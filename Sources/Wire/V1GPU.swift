extension V1 {
    /// `/api/v1/gpus/<gpu>`: everything that is known of one GPU and its NVLinks.
    package struct GPU: Codable, Hashable, Sendable {
        /// The node's name.
        package var node: String
        /// When the picture was put together.
        package var time: String
        /// The latest pass that is in it; absent before the first.
        package var pass: UInt64?
        /// The headline.
        package var summary: GPUSummary
        /// Who the GPU is; absent while it was never read.
        package var identity: GPUIdentity?
        /// One entry per row of the GPU's counters.
        package var counters: [CounterEntry]
        /// One entry per row of the GPU's gauges.
        package var gauges: [GaugeEntry]
        /// The Xids that are kept, by number.
        package var xids: [XidCount]
        /// The NVLinks by number.
        package var links: [NVLink]

        /// A document of one GPU.
        package init(
            node: String, time: String, pass: UInt64?, summary: GPUSummary,
            identity: GPUIdentity?, counters: [CounterEntry], gauges: [GaugeEntry],
            xids: [XidCount], links: [NVLink]
        ) {
            self.node = node
            self.time = time
            self.pass = pass
            self.summary = summary
            self.identity = identity
            self.counters = counters
            self.gauges = gauges
            self.xids = xids
            self.links = links
        }
    }

    /// Who a GPU is; what is not known is absent.
    package struct GPUIdentity: Codable, Hashable, Sendable {
        /// The board's serial number.
        package var serial: String?
        /// The board's part number.
        package var boardPart: String?
        /// The VBIOS version.
        package var vbios: String?
        /// The InfoROM image version.
        package var inforom: String?
        /// The GSP firmware version.
        package var gspFirmware: String?
        /// The driver's version.
        package var driver: String?
        /// The number in `/dev/nvidiaN`.
        package var minor: Int?
        /// The slot on the baseboard.
        package var moduleId: Int?
        /// The fabric cluster that the GPU belongs to, a UUID; absent for a single node.
        package var fabricCluster: String?

        /// A GPU of which nothing is known.
        package init() {}
    }

    /// One gauge of a GPU or NVLink.
    package struct GaugeEntry: Codable, Hashable, Sendable {
        /// The gauge's name.
        package var name: String
        /// `value`, `stale`, `unsupported`, `no_permission` or `failed`.
        package var state: String
        /// The unit of the value, such as `celsius`, `watts` or `ratio`; `code` for a number that
        /// stands for a word.
        package var unit: String
        /// The value, when there is or was one.
        package var value: Double?
        /// The driver's own number, in its own unit.
        package var raw: UInt64?
        /// What the number says, in words; absent where it speaks for itself.
        package var meaning: String?

        /// A gauge.
        package init(
            name: String, state: String, unit: String, value: Double?, raw: UInt64?,
            meaning: String?
        ) {
            self.name = name
            self.state = state
            self.unit = unit
            self.value = value
            self.raw = raw
            self.meaning = meaning
        }
    }

    /// How often an Xid was seen at a GPU.
    package struct XidCount: Codable, Hashable, Sendable {
        /// The Xid.
        package var number: Int
        /// How often, repeats included.
        package var count: UInt64
        /// When it was seen last.
        package var last: String
        /// What it means, one sentence.
        package var meaning: String

        /// An Xid and its count.
        package init(number: Int, count: UInt64, last: String, meaning: String) {
            self.number = number
            self.count = count
            self.last = last
            self.meaning = meaning
        }
    }

    /// One NVLink of a GPU.
    package struct NVLink: Codable, Hashable, Sendable {
        /// The link's number at its GPU.
        package var link: Int
        /// `inactive`, `active`, `asleep` or `unknown`.
        package var state: String
        /// The generation, such as `NVLink 4.0`.
        package var version: String?
        /// The speed in one direction.
        package var speedBytesPerSecond: UInt64?
        /// What the link leads to.
        package var remote: NVLinkRemote?
        /// Whether the link's state was not read in the latest pass, so that it is the last known.
        package var stale: Bool
        /// One entry per row of the NVLink's counters.
        package var counters: [CounterEntry]
        /// One entry per row of the NVLink's gauges.
        package var gauges: [GaugeEntry]

        /// A link.
        package init(
            link: Int, state: String, version: String?, speedBytesPerSecond: UInt64?,
            remote: NVLinkRemote?, stale: Bool, counters: [CounterEntry], gauges: [GaugeEntry]
        ) {
            self.link = link
            self.state = state
            self.version = version
            self.speedBytesPerSecond = speedBytesPerSecond
            self.remote = remote
            self.stale = stale
            self.counters = counters
            self.gauges = gauges
        }
    }

    /// What an NVLink leads to.
    package struct NVLinkRemote: Codable, Hashable, Sendable {
        /// `gpu`, `cpu`, `switch` or `unknown`.
        package var kind: String
        /// Its PCI address; absent where it is not on this node's buses.
        package var address: String?
        /// The link's number there.
        package var link: Int?

        /// The other end of a link.
        package init(kind: String, address: String?, link: Int?) {
            self.kind = kind
            self.address = address
            self.link = link
        }
    }
}
