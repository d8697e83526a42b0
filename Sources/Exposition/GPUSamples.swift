package import Model

/// The GPUs of the node and the library that answers for them.
package struct GPUsSample: Sendable {
    /// What became of libnvidia-ml.
    package var library: GPULibrary
    /// Whether the probe that says so answered its latest turn in time.
    package var isProbeUp: Bool
    /// How long its calls took, by family.
    package var calls: [CallFamily: CallLatency]
    /// The GPUs by index.
    package var gpus: [GPUSample]

    /// The GPUs of the node.
    package init(
        library: GPULibrary, isProbeUp: Bool, calls: [CallFamily: CallLatency],
        gpus: [GPUSample]
    ) {
        self.library = library
        self.isProbeUp = isProbeUp
        self.calls = calls
        self.gpus = gpus
    }
}

/// One GPU.
package struct GPUSample: Sendable {
    /// The number in listings.
    package var index: Int
    /// Where it is.
    package var address: PCIAddress
    /// Who it is, as last read; nil while it was never read.
    package var identity: GPUIdentity?
    /// Whether it was read in the latest pass.
    package var isUp: Bool
    /// Calls that took longer than the soft deadline since the daemon was started.
    package var slowCalls: UInt64 = 0
    /// When it was last observed, in seconds since 1970; nil before the first time.
    package var sampledSeconds: Double?
    /// Its counters and gauges, rows of `GPUCounters`.
    package var part: PartSample
    /// Its NVLinks.
    package var links: [NVLinkSample]
    /// Its Xids since the daemon was started, by number; a number with 0 is shown as well, so that
    /// the first one is seen as an increase.
    package var xids: [UInt32: UInt64]

    /// One GPU.
    package init(
        index: Int, address: PCIAddress, identity: GPUIdentity?, isUp: Bool,
        sampledSeconds: Double?, part: PartSample, links: [NVLinkSample],
        xids: [UInt32: UInt64]
    ) {
        self.index = index
        self.address = address
        self.identity = identity
        self.isUp = isUp
        self.sampledSeconds = sampledSeconds
        self.part = part
        self.links = links
        self.xids = xids
    }
}

/// One NVLink of a GPU.
package struct NVLinkSample: Sendable {
    /// The link's number at its GPU.
    package var number: UInt8
    /// What it leads to; nil when unknown.
    package var remote: NVLinkRemote?
    /// Its counters and gauges, rows of `NVLinkCounters`.
    package var part: PartSample

    /// One NVLink.
    package init(number: UInt8, remote: NVLinkRemote?, part: PartSample) {
        self.number = number
        self.remote = remote
        self.part = part
    }
}

/// The counters and gauges of a GPU or NVLink.
package struct PartSample: Sendable {
    /// The published raw total of each counter; nil when it was not read in the latest pass.
    package var totals: [UInt64?]
    /// The counters as the ledger has them.
    package var entries: [Ledger.Entry]
    /// The raw value of each gauge; nil when it was not read in the latest pass.
    package var gauges: [UInt64?]

    /// The counters and gauges of a part.
    package init(totals: [UInt64?], entries: [Ledger.Entry], gauges: [UInt64?]) {
        self.totals = totals
        self.entries = entries
        self.gauges = gauges
    }
}

/// What the kernel log and NVML told since the daemon was started.
package struct EventsSample: Sendable {
    /// How the reader of the kernel log does; nil where it is switched off or was not heard yet.
    package var log: KernelLogReport?
    /// Whether that reader answered its latest turn in time.
    package var isLogProbeUp: Bool
    /// Events by kind and device, repeats included; the device is empty for the node.
    package var kinds: [EventCount]
    /// SXids by switch and number, repeats included.
    package var sxids: [SXidCount]

    /// What was told.
    package init(
        log: KernelLogReport?, isLogProbeUp: Bool, kinds: [EventCount], sxids: [SXidCount]
    ) {
        self.log = log
        self.isLogProbeUp = isLogProbeUp
        self.kinds = kinds
        self.sxids = sxids
    }

    /// Events of one kind at one device.
    package struct EventCount: Hashable, Sendable {
        /// The kind.
        package var kind: NodeEvent.Kind
        /// The device; empty for the node.
        package var device: String
        /// How many.
        package var count: UInt64

        /// Events of one kind at one device.
        package init(kind: NodeEvent.Kind, device: String, count: UInt64) {
            self.kind = kind
            self.device = device
            self.count = count
        }
    }

    /// SXids of one number at one switch.
    package struct SXidCount: Hashable, Sendable {
        /// The switch.
        package var device: String
        /// The SXid.
        package var number: UInt32
        /// How many.
        package var count: UInt64

        /// SXids of one number at one switch.
        package init(device: String, number: UInt32, count: UInt64) {
            self.device = device
            self.number = number
            self.count = count
        }
    }
}
