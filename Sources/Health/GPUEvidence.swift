package import Model

/// The GPUs of the node as the rules see them.
package struct GPUsEvidence: Hashable, Sendable {
    /// The library; nil before the first answer of the probe.
    package var library: GPULibrary?
    /// The GPUs, by index.
    package var gpus: [GPUEvidence]

    /// The GPUs of the node.
    package init(library: GPULibrary?, gpus: [GPUEvidence]) {
        self.library = library
        self.gpus = gpus
    }
}

/// One GPU as the rules see it.
package struct GPUEvidence: Hashable, Sendable {
    /// Its place among the node's GPUs.
    package var index: Int
    /// Where it is.
    package var address: PCIAddress
    /// Who it is; nil when unknown.
    package var uuid: GPUUUID?
    /// How the latest turn went for it.
    package var state: GPUState
    /// Whether its probe's latest report has it.
    package var isListed: Bool
    /// Whether it was read in its probe's latest pass, and that pass is not stale.
    package var isFresh: Bool
    /// Whether its readings are older than they should be.
    package var isStale: Bool
    /// A call that does not return, or did not.
    package var hang: GPUHang?
    /// What the driver asks for (nvml.h NVML_FI_DEV_GET_GPU_RECOVERY_ACTION); nil when unknown.
    package var recoveryAction: UInt64?
    /// Xids that an operator should know of and that nothing has answered.
    package var xids: [XidEvidence]
    /// Links that were active and are not.
    package var linksDown: [UInt8]
    /// Links that are active or asleep.
    package var linksUp: Int
    /// The numbers of its links.
    package var links: [UInt8] = []
    /// What they lead to, as far as that is known.
    package var remotes: [UInt8: NVLinkRemote] = [:]
    /// In which share of the latest moment a kernel was running, in hundredths (nvml.h
    /// nvmlDeviceGetUtilizationRates); nil when unknown, as with MIG.
    package var utilization: UInt64?
    /// What the latest reading says of its memory and its fabric.
    package var condition = GPUCondition()

    /// One GPU.
    package init(
        index: Int, address: PCIAddress, uuid: GPUUUID?, state: GPUState, isListed: Bool,
        isFresh: Bool, isStale: Bool, hang: GPUHang? = nil, recoveryAction: UInt64? = nil,
        xids: [XidEvidence] = [], linksDown: [UInt8] = [], linksUp: Int = 0
    ) {
        self.index = index
        self.address = address
        self.uuid = uuid
        self.state = state
        self.isListed = isListed
        self.isFresh = isFresh
        self.isStale = isStale
        self.hang = hang
        self.recoveryAction = recoveryAction
        self.xids = xids
        self.linksDown = linksDown
        self.linksUp = linksUp
    }
}

/// A call to a GPU that does not return, or did not.
package struct GPUHang: Hashable, Sendable {
    /// The call; nil when none was made because the kernel log told of the GPU.
    package var call: GPUCall?
    /// Seconds since it began.
    package var seconds: Double
    /// The letter of the waiting thread's state and what it waits in; nil when it is gone.
    package var kernel: String?
    /// Why the GPU is left alone; nil while the call is waited for.
    package var excluded: String?

    /// A call that does not return.
    package init(call: GPUCall?, seconds: Double, kernel: String?, excluded: String?) {
        self.call = call
        self.seconds = seconds
        self.kernel = kernel
        self.excluded = excluded
    }
}

/// What a GPU says of its memory and of the fabric that it is part of; nil is not known.
package struct GPUCondition: Hashable, Sendable {
    /// Whether rows or pages wait for a reset.
    package var isRemapPending: Bool?
    /// Whether a row could not be remapped.
    package var hasRemapFailed: Bool?
    /// Whether the vendor's threshold of SRAM errors is exceeded.
    package var isSRAMThresholdExceeded: Bool?
    /// Rows remapped in its life.
    package var remappedRows: UInt64?
    /// Registration with the fabric (nvml.h NVML_GPU_FABRIC_STATE_*).
    package var fabricState: UInt64?
    /// How it ended (nvml.h nvmlReturn_t).
    package var fabricStatus: UInt64?
    /// The summary (nvml.h NVML_GPU_FABRIC_HEALTH_SUMMARY_*).
    package var fabricHealth: UInt64?
    /// The mask (nvml.h NVML_GPU_FABRIC_HEALTH_MASK_*).
    package var fabricMask: UInt64?
    /// Whether something that the GPU told earlier could not be read this time.
    package var isIncomplete = false

    /// Nothing known.
    package init() {}
}

/// One PCI function as the rules see it.
package struct PCIFunctionEvidence: Hashable, Sendable {
    /// Where it is.
    package var address: PCIAddress
    /// What it is.
    package var role: PCIRole
    /// What people call it; nil for a bridge.
    package var name: String?
    /// The GPU that it is; nil for anything else.
    package var gpuIndex: Int?
    /// The bridge that it is plugged into; nil where that is the root.
    package var parent: PCIAddress?
    /// Whether it was read in the latest pass of its probe.
    package var isFresh: Bool
    /// Lanes in use and lanes that it has; nil when unknown.
    package var width: UInt64?
    /// See `width`.
    package var maxWidth: UInt64?
    /// Millions of transfers per second in use, and at most; nil when unknown.
    package var speed: UInt64?
    /// See `speed`.
    package var maxSpeed: UInt64?

    /// One function of which no more is known.
    package init(
        address: PCIAddress, role: PCIRole, name: String? = nil, gpuIndex: Int? = nil,
        parent: PCIAddress? = nil, isFresh: Bool
    ) {
        self.address = address
        self.role = role
        self.name = name
        self.gpuIndex = gpuIndex
        self.parent = parent
        self.isFresh = isFresh
    }
}
