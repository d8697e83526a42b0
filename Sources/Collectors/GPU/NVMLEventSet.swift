import CNVML

/// Kinds of events (nvmlEventType*).
package struct NVMLEventTypes: OptionSet, Hashable, Sendable {
    /// The bits.
    package let rawValue: UInt64

    /// Kinds by their bits, also those that are not named here.
    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// An Xid; the event's data is its number.
    package static let xid = NVMLEventTypes(rawValue: 0x8)
    /// A page or row of memory was retired.
    package static let retirement = NVMLEventTypes(rawValue: 0x400)
    /// A page or row of memory could not be retired.
    package static let retirementFailure = NVMLEventTypes(rawValue: 0x800)
    /// Poisoned data that did not end its context.
    package static let nonFatalPoison = NVMLEventTypes(rawValue: 0x1000)
    /// Poisoned data that ended its context.
    package static let fatalPoison = NVMLEventTypes(rawValue: 0x2000)
    /// The GPU cannot be used any more.
    package static let unavailable = NVMLEventTypes(rawValue: 0x4000)
    /// What has to be done to recover the GPU has changed.
    package static let recoveryAction = NVMLEventTypes(rawValue: 0x8000)

    /// All that say something about the health of a GPU.
    package static let health: NVMLEventTypes = [
        .xid, .retirement, .retirementFailure, .nonFatalPoison, .fatalPoison, .unavailable,
        .recoveryAction,
    ]
}

/// Something that NVML told of a GPU.
package struct NVMLEvent: Hashable, Sendable {
    /// The GPU; nil where NVML does not say.
    package let device: NVMLDevice?
    /// What it is.
    package let types: NVMLEventTypes
    /// The Xid, 999 for one that is not known, or what else the kind of event has to say.
    package let data: UInt64
    /// The GPU instance of a partitioned GPU that it is about; nil for the whole GPU.
    package let gpuInstance: UInt32?
    /// The compute instance that it is about; nil for the whole GPU instance.
    package let computeInstance: UInt32?
}

/// Waits for events of the GPUs that are registered with it; what was before is not told.
@safe
package struct NVMLEventSet: ~Copyable {
    private let library: NVMLLibrary
    private let handle: fw_nvml_event_set

    /// A set without GPUs.
    package init(library: NVMLLibrary) throws(NVMLError) {
        var handle: fw_nvml_event_set?
        try NVMLError.check(
            "nvmlEventSetCreate", unsafe library.table.nvmlEventSetCreate?(&handle))
        guard let handle = unsafe handle else { throw NVMLError("nvmlEventSetCreate", .unknown) }
        self.library = library
        unsafe self.handle = handle
    }

    deinit {
        // There is nobody to tell, and nothing to do about it.
        _ = unsafe library.table.nvmlEventSetFree?(handle)
    }

    /// Registers for kinds of events that the GPU has.
    ///
    /// One that it does not have would keep all from being registered. After `UNKNOWN` the set is
    /// of no use any more.
    func register(_ device: NVMLDevice, _ types: NVMLEventTypes) throws(NVMLError) {
        try NVMLError.check(
            "nvmlDeviceRegisterEvents",
            unsafe library.table.nvmlDeviceRegisterEvents?(device.handle, types.rawValue, handle))
    }

    /// The next event; nil when there was none within the time, or NVML stopped waiting earlier.
    package func next(waitMilliseconds: UInt32 = 0) throws(NVMLError) -> NVMLEvent? {
        var event = unsafe fw_nvml_event_data()
        let code = unsafe library.table.nvmlEventSetWait_v2?(handle, &event, waitMilliseconds)
        guard code != NVMLCode.timeout.rawValue else { return nil }
        try NVMLError.check("nvmlEventSetWait_v2", code)
        let device = unsafe event.device.map { unsafe NVMLDevice(library: library, handle: $0) }
        return unsafe NVMLEvent(
            device: device, types: NVMLEventTypes(rawValue: event.event_type),
            data: event.event_data, gpuInstance: Self.instance(event.gpu_instance_id),
            computeInstance: Self.instance(event.compute_instance_id))
    }

    private static func instance(_ number: UInt32) -> UInt32? {
        number == .max ? nil : number
    }
}

extension NVMLDevice {
    /// The kinds of events that the GPU has.
    func eventTypes() throws(NVMLError) -> NVMLEventTypes {
        NVMLEventTypes(
            rawValue: try number("nvmlDeviceGetSupportedEventTypes") {
                unsafe table.nvmlDeviceGetSupportedEventTypes?(handle, $0)
            })
    }
}
