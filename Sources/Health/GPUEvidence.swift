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
    /// Whether its readings are older than they should be.
    package var isStale: Bool
    /// A call that does not return, or did not.
    package var hang: GPUHang?
    /// What the driver asks for (nvml.h NVML_FI_DEV_GET_GPU_RECOVERY_ACTION); nil when unknown.
    package var recoveryAction: UInt64?
    /// Xids that ask for more than a restart of the application and that nothing has answered.
    package var xids: [XidEvidence]
    /// Links that were active and are not.
    package var linksDown: [UInt8]
    /// Links that are active or asleep.
    package var linksUp: Int

    /// One GPU.
    package init(
        index: Int, address: PCIAddress, uuid: GPUUUID?, state: GPUState, isListed: Bool,
        isStale: Bool, hang: GPUHang? = nil, recoveryAction: UInt64? = nil,
        xids: [XidEvidence] = [], linksDown: [UInt8] = [], linksUp: Int = 0
    ) {
        self.index = index
        self.address = address
        self.uuid = uuid
        self.state = state
        self.isListed = isListed
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
