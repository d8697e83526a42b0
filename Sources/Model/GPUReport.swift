/// What the GPU probe saw in one pass.
package struct GPUReport: Hashable, Sendable {
    /// The middle between the first call and the last one.
    package var moment: Moment
    /// Nanoseconds from the first call to the last one.
    package var durationNanoseconds: UInt64
    /// The library that was asked.
    package var library: GPULibrary
    /// The GPUs that sysfs lists and those that were seen since the probe started, by address.
    package var gpus: [GPUDeviceReport]
    /// Where GPUs are that another driver has, such as vfio-pci: nobody expects them here.
    package var foreign: [PCIAddress]
    /// How long calls took, by family.
    package var calls: [CallFamily: CallLatency]
    /// What NVML's event set told since the pass before.
    package var events: [NodeEvent]

    /// One pass of the GPU probe.
    package init(
        moment: Moment, durationNanoseconds: UInt64, library: GPULibrary,
        gpus: [GPUDeviceReport], foreign: [PCIAddress] = [],
        calls: [CallFamily: CallLatency] = [:], events: [NodeEvent] = []
    ) {
        self.moment = moment
        self.durationNanoseconds = durationNanoseconds
        self.library = library
        self.gpus = gpus
        self.foreign = foreign
        self.calls = calls
        self.events = events
    }
}

/// What became of libnvidia-ml.
package struct GPULibrary: Hashable, Sendable {
    /// Whether it can be asked, or why not.
    package enum State: String, CaseIterable, Sendable {
        /// It is being opened.
        case starting
        /// It answers.
        case ready
        /// There is no libnvidia-ml.so.1, or it is not a library.
        case libraryMissing = "library_missing"
        /// The library lacks what nobody can do without.
        case symbolsMissing = "symbols_missing"
        /// The kernel module is not loaded (nvml.h NVML_ERROR_DRIVER_NOT_LOADED).
        case driverNotLoaded = "driver_not_loaded"
        /// Library and kernel module are of different versions
        /// (nvml.h NVML_ERROR_LIB_RM_VERSION_MISMATCH).
        case versionMismatch = "version_mismatch"
        /// The daemon may not use the driver.
        case noPermission = "no_permission"
        /// Opening it ended with another error.
        case failed
        /// A call to open or count has not returned.
        case hung
    }

    /// Whether it can be asked, or why not.
    package var state: State
    /// The library's version; empty when unknown.
    package var version: String
    /// The driver's version; empty when unknown.
    package var driver: String
    /// The functions that the library has of those that FabricWatch knows.
    package var symbolsFound: Int
    /// The functions that FabricWatch knows.
    package var symbolsKnown: Int
    /// One sentence for an operator; empty when all is well.
    package var detail: String

    /// What became of the library.
    package init(
        state: State, version: String = "", driver: String = "", symbolsFound: Int = 0,
        symbolsKnown: Int = 0, detail: String = ""
    ) {
        self.state = state
        self.version = version
        self.driver = driver
        self.symbolsFound = symbolsFound
        self.symbolsKnown = symbolsKnown
        self.detail = detail
    }
}

/// Who a GPU is; empty texts are unknown.
package struct GPUIdentity: Hashable, Sendable {
    /// The UUID.
    package var uuid: GPUUUID
    /// The product's name.
    package var name = ""
    /// The board's serial number.
    package var serial = ""
    /// The board's part number.
    package var boardPart = ""
    /// The VBIOS version.
    package var vbios = ""
    /// The InfoROM image version.
    package var infoROM = ""
    /// The GSP firmware version; empty where the driver runs without it.
    package var gspFirmware = ""
    /// The number in `/dev/nvidiaN`.
    package var minor: UInt32?
    /// The slot on the baseboard; nil where there is none.
    package var moduleID: UInt32?
    /// The fabric cluster that the GPU belongs to, a UUID; empty for a single node.
    package var fabricCluster = ""

    /// A GPU of which nothing but its UUID is known.
    package init(uuid: GPUUUID) {
        self.uuid = uuid
    }
}

/// What was seen of one GPU.
package struct GPUDeviceReport: Hashable, Sendable {
    /// Where it is.
    package var address: PCIAddress
    /// Who it is, as last read; nil before the first time.
    package var identity: GPUIdentity?
    /// How the latest turn went.
    package var state: GPUState
    /// How long before the report's moment the readings were taken, or the call failed that `state`
    /// tells of.
    package var ageNanoseconds: UInt64
    /// One reading per row of `GPUCounters.all`.
    package var readings: [Reading]
    /// One reading per row of `GPUCounters.gauges`; the field is the index of the source.
    package var gauges: [Reading]
    /// The links that the GPU has.
    package var links: [NVLinkReport]
    /// Changes when counting may have started anew: a reboot, a driver reload, a device that was
    /// removed and found again; zero where nothing tells.
    ///
    /// That of the readings when `state` is `read`, else that of the report's moment.
    package var epoch: UInt64

    /// A GPU of which nothing was read so far.
    package init(address: PCIAddress, state: GPUState) {
        self.address = address
        self.state = state
        identity = nil
        ageNanoseconds = 0
        readings = Array(repeating: .failed, count: GPUCounters.all.count)
        gauges = Array(repeating: .failed, count: GPUCounters.gauges.count)
        links = []
        epoch = 0
    }
}

/// How the latest turn went for one GPU.
package enum GPUState: Hashable, Sendable {
    /// It was read.
    case read
    /// A call has not returned.
    case busy(GPUCall)
    /// It is left alone; the text says why.
    case excluded(String)
    /// NVML was asked for it and answered with an error.
    case failed(GPUFailure)
    /// The library cannot be asked.
    case noLibrary

    /// The word in API documents.
    package var name: String {
        switch self {
        case .read: "read"
        case .busy: "busy"
        case .excluded: "excluded"
        case .failed(let failure): failure.isLost ? "lost" : "failed"
        case .noLibrary: "no_library"
        }
    }
}

/// A call that is under way.
package struct GPUCall: Hashable, Sendable {
    /// The function of nvml.h.
    package var function: String
    /// What is read with it.
    package var family: CallFamily
    /// How long it has been under way.
    package var nanoseconds: UInt64
    /// The thread that waits in it (gettid(2)).
    package var thread: UInt32

    /// A call under way.
    package init(function: String, family: CallFamily, nanoseconds: UInt64, thread: UInt32) {
        self.function = function
        self.family = family
        self.nanoseconds = nanoseconds
        self.thread = thread
    }
}

/// A call that ended with an error which speaks of the whole GPU.
package struct GPUFailure: Hashable, Sendable {
    /// The function of nvml.h.
    package var function: String
    /// The return code (nvml.h nvmlReturn_t).
    package var code: Int32
    /// The name of the code in nvml.h.
    package var codeName: String

    /// An error of a whole GPU.
    package init(function: String, code: Int32, codeName: String) {
        self.function = function
        self.code = code
        self.codeName = codeName
    }

    /// Whether the driver has lost the GPU or asks for its reset: NVML_ERROR_GPU_IS_LOST (15),
    /// NVML_ERROR_RESET_REQUIRED (16), NVML_ERROR_GPU_NOT_FOUND (28), and NVML_ERROR_NOT_FOUND (6)
    /// for a GPU that sysfs lists.
    package var isLost: Bool { [6, 15, 16, 28].contains(code) }

    /// Whether the GPU cannot be read before it has begun anew: NVML_ERROR_GPU_IS_LOST (15),
    /// NVML_ERROR_RESET_REQUIRED (16), and a GPU that sysfs has ceased to list.
    package var lastsUntilRestart: Bool { [15, 16].contains(code) || function == "sysfs" }

    /// Whether a reset brings the GPU back: NVML_ERROR_RESET_REQUIRED (16).
    package var asksForReset: Bool { code == 16 }
}

/// What was seen of one NVLink.
package struct NVLinkReport: Hashable, Sendable {
    /// The link's number at its GPU, from 0.
    package var number: UInt8
    /// What the link leads to; nil when unknown.
    package var remote: NVLinkRemote?
    /// One reading per row of `NVLinkCounters.all`.
    package var readings: [Reading]
    /// One reading per row of `NVLinkCounters.gauges`; the field is the index of the source.
    package var gauges: [Reading]

    /// One link.
    package init(
        number: UInt8, remote: NVLinkRemote? = nil, readings: [Reading], gauges: [Reading]
    ) {
        self.number = number
        self.remote = remote
        self.readings = readings
        self.gauges = gauges
    }
}

/// What an NVLink leads to.
package struct NVLinkRemote: Hashable, Sendable {
    /// The kind of device (nvml.h nvmlIntNvLinkDeviceType_t).
    package enum Kind: UInt8, CaseIterable, Sendable {
        /// Another GPU.
        case gpu = 0
        /// A CPU.
        case cpu = 1
        /// An NVSwitch.
        case nvswitch = 2
        /// The driver does not say.
        case unknown = 255

        /// The word in API documents.
        package var name: String {
            switch self {
            case .gpu: "gpu"
            case .cpu: "cpu"
            case .nvswitch: "switch"
            case .unknown: "unknown"
            }
        }
    }

    /// The kind of device.
    package var kind: Kind
    /// Where it is; nil when the driver answers its all-ones sentinel, as it does for switches that
    /// are not on this node's PCI bus.
    package var address: PCIAddress?

    /// The other end of a link.
    package init(kind: Kind, address: PCIAddress?) {
        self.kind = kind
        self.address = address
    }
}

/// Calls that are made together because they ask for the same kind of thing.
package enum CallFamily: UInt8, CaseIterable, Sendable {
    /// Opening the library and counting.
    case library
    /// Getting a handle.
    case attach
    /// Who the GPU is.
    case identity
    /// Link states and speeds.
    case linkState
    /// What links lead to.
    case linkRemote
    /// Link error counters.
    case linkErrors
    /// FEC histograms.
    case linkFEC
    /// Link traffic.
    case linkTraffic
    /// ECC totals.
    case ecc
    /// SRAM errors, for root only.
    case sram
    /// Remapped rows and retired pages.
    case remap
    /// PCIe counters.
    case pcie
    /// Temperature, power, clocks, load, recovery action.
    case health
    /// Registration with the NVSwitch fabric.
    case fabric
    /// The event set.
    case events

    /// The word in metrics and documents.
    package var name: String {
        switch self {
        case .library: "library"
        case .attach: "attach"
        case .identity: "identity"
        case .linkState: "link_state"
        case .linkRemote: "link_remote"
        case .linkErrors: "link_errors"
        case .linkFEC: "link_fec"
        case .linkTraffic: "link_traffic"
        case .ecc: "ecc"
        case .sram: "sram"
        case .remap: "remap"
        case .pcie: "pcie"
        case .health: "health"
        case .fabric: "fabric"
        case .events: "events"
        }
    }

    /// Seconds between readings; zero means every pass.
    ///
    /// What a driver answers from memory is asked every pass; what needs a call to the GPU's system
    /// processor and changes slowly, rarely.
    package var intervalSeconds: UInt64 {
        switch self {
        case .library, .attach, .linkState, .linkErrors, .linkTraffic, .ecc, .health, .events: 0
        case .fabric, .pcie: 10
        case .sram, .remap, .linkFEC: 60
        case .identity, .linkRemote: 600
        }
    }
}

/// How long the calls of a family took since the probe started.
package struct CallLatency: Hashable, Sendable {
    /// The latest call.
    package var lastNanoseconds: UInt64
    /// The longest call.
    package var maximumNanoseconds: UInt64
    /// Calls made.
    package var calls: UInt64
    /// Calls that ended with an error other than that something is not offered.
    package var errors: UInt64
    /// When the latest call ended, on the clock of whoever noted it; it is in no frame.
    private var endNanoseconds: UInt64 = 0

    /// No call yet.
    package init(
        lastNanoseconds: UInt64 = 0, maximumNanoseconds: UInt64 = 0, calls: UInt64 = 0,
        errors: UInt64 = 0
    ) {
        self.lastNanoseconds = lastNanoseconds
        self.maximumNanoseconds = maximumNanoseconds
        self.calls = calls
        self.errors = errors
    }

    /// Takes in one call, which ended then.
    package mutating func note(nanoseconds: UInt64, isError: Bool, end: UInt64) {
        lastNanoseconds = nanoseconds
        endNanoseconds = end
        maximumNanoseconds = max(maximumNanoseconds, nanoseconds)
        calls += 1
        if isError { errors += 1 }
    }

    /// Takes in what another thread noted.
    package mutating func merge(_ other: CallLatency) {
        guard other.calls > 0 else { return }
        if calls == 0 || other.endNanoseconds > endNanoseconds {
            lastNanoseconds = other.lastNanoseconds
            endNanoseconds = other.endNanoseconds
        }
        maximumNanoseconds = max(maximumNanoseconds, other.maximumNanoseconds)
        calls += other.calls
        errors += other.errors
    }
}
