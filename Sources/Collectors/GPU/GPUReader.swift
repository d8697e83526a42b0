import Model

/// Reads one GPU, every family of calls on its own cadence; confined to its worker's thread.
///
/// What a GPU does not offer is found out once after attaching to it and not asked again.
struct GPUReader {
    // A turn may begin a little earlier than the one before did.
    private static let earlinessNanoseconds: UInt64 = 500_000_000
    // What failed is asked again before its time, but not in every turn.
    private static let retryNanoseconds: UInt64 = 10_000_000_000

    // Health says how many links there are, and link states which of them are up.
    private static let order: [CallFamily] = [
        .identity, .health, .linkState, .linkRemote, .linkErrors, .linkTraffic, .ecc, .fabric,
        .pcie, .sram, .remap, .linkFEC,
    ]

    let address: PCIAddress
    let caller: NVMLCaller
    var device: NVMLDevice?
    var identity: GPUIdentity?
    var gpu = ReadingMemory(.gpu)
    var links: [LinkMemory] = []
    var calls = FieldFamily.all.map(FieldCall.init)
    /// Counts the changes of what is to be asked.
    var version = 0
    /// Whether something has to be asked again soon.
    var hasFailed = false
    /// Whether the GPU has told of anything in this pass, if only that it does not offer it.
    var hasAnswered = false
    // Used by one query after the other.
    var values: [UInt64?] = []
    /// Whether the GPU is divided into instances, as last told.
    var partition: UInt64?

    private var epoch: UInt64 = 0
    private var due: [UInt64]
    // The latest error of this pass that says nothing of what the GPU offers.
    private var lastError: NVMLError?
    private var driver = DriverFacts()
    private var registration = Registration.due
    private var events: GPUEvents?
    // Why it could not be attached to, and when that is tried again: it may take seconds.
    private var refusal: (failure: GPUFailure, dueNanoseconds: UInt64)?

    /// Whether the events of a handle are to be told.
    private enum Registration {
        case due
        case done
        /// The set was broken by it; so would the next one be.
        case refused
    }

    /// What the driver can be asked for at all.
    private struct DriverFacts {
        var branch: UInt16?
        var missing: Set<String> = []
    }

    init(address: PCIAddress, witness: CallWitness) {
        self.address = address
        caller = NVMLCaller(witness: witness)
        due = Array(repeating: 0, count: CallFamily.allCases.count)
    }

    /// One pass: what is due is read, the rest repeated; the age and a reason for leaving the GPU
    /// alone are the caller's to fill in.
    mutating func read(_ library: GPUDriver.Content, now: UInt64, epoch: UInt64) -> GPUDeviceReport
    {
        // The device was removed and found again, or the driver loaded again.
        // It may be another board, which may not say who it is.
        if epoch != self.epoch { (device, identity, refusal) = (nil, nil, nil) }
        self.epoch = epoch
        beginPass()
        do throws(Interruption) {
            try pass(library, now)
        } catch {
            switch error {
            case .stopped: return report(.excluded(""))
            case .lost(let failure):
                device = nil
                return report(.failed(failure))
            }
        }
        guard !hasAnswered, let lastError else { return report(.read) }
        // A stale handle may make every argument an invalid one.
        if lastError.code == .invalidArgument { device = nil }
        return report(.failed(GPUFailure(lastError)))
    }

    private mutating func beginPass() {
        (hasAnswered, lastError) = (false, nil)
        gpu.beginPass()
        for link in links.indices { links[link].memory.beginPass() }
    }

    /// Notes whether an error is an answer: that something is not offered, or not to this process.
    mutating func note(_ error: NVMLError) {
        switch error.code.kind {
        // What the library lacks says nothing of the GPU.
        case .absentCapability where error.code == .functionNotFound: break
        case .absentCapability where error.code != .invalidArgument, .permission:
            hasAnswered = true
        case .absentCapability, .success, .transient, .gpuBad, .library: lastError = error
        }
    }

    private mutating func pass(
        _ library: GPUDriver.Content, _ now: UInt64
    ) throws(Interruption) {
        guard let device else {
            try readFamilies(try attach(library, now), library, now)
            return
        }
        do throws(Interruption) {
            try readFamilies(device, library, now)
        } catch {
            guard case .lost = error else { throw error }
            // The handle may be of before a reset.
            try readFamilies(try attach(library, now), library, now)
        }
    }

    private mutating func readFamilies(
        _ device: NVMLDevice, _ library: GPUDriver.Content, _ now: UInt64
    ) throws(Interruption) {
        try register(device, library.events)
        for family in Self.order {
            let index = Int(family.rawValue)
            guard now &+ Self.earlinessNanoseconds >= due[index] else { continue }
            hasFailed = false
            try read(family, device)
            let interval = family.intervalSeconds * 1_000_000_000
            due[index] = now &+ (hasFailed ? min(interval, Self.retryNanoseconds) : interval)
            settle(after: family)
        }
    }

    private mutating func read(
        _ family: CallFamily, _ device: NVMLDevice
    ) throws(Interruption) {
        guard family != .identity else {
            if try readIdentity(device) { begin() }
            return
        }
        for index in calls.indices where calls[index].family.family == family {
            try ask(index, device)
        }
        for index in NVMLQuery.all.indices where NVMLQuery.all[index].family == family {
            try query(index, device)
        }
    }

    // What was read decides about what is read next.
    private mutating func settle(after family: CallFamily) {
        switch family {
        case .health:
            if countLinks() { hurryLinks() }
            forgetAbsencesOfPartition()
        case .linkState:
            if noteLinkStates() { hurryLinks() }
        case .linkRemote:
            for link in links.indices { links[link].noteRemote() }
        case .fabric:
            noteCluster()
        default: break
        }
    }

    // Links that are new or up again need not wait for what is read rarely.
    private mutating func hurryLinks() {
        for family in [CallFamily.linkRemote, .linkFEC] { due[Int(family.rawValue)] = 0 }
    }

    // MARK: Attaching

    private mutating func attach(
        _ library: GPUDriver.Content, _ now: UInt64
    ) throws(Interruption) -> NVMLDevice {
        device = nil
        if let refusal, now &+ Self.earlinessNanoseconds < refusal.dueNanoseconds {
            throw .lost(refusal.failure)
        }
        let address = address
        let attached = try caller.make("nvmlDeviceGetHandleByPciBusId_v2", .attach) {
            () throws(NVMLError) in try library.library.device(at: address)
        }
        switch attached {
        case .failure(let error):
            refusal = (GPUFailure(error), now &+ Self.retryNanoseconds)
            throw .lost(GPUFailure(error))
        case .success(let device):
            refusal = nil
            registration = .due
            (hasAnswered, lastError) = (false, nil)
            caller.reset()
            self.device = device
            driver.branch = library.library.driverVersion.flatMap {
                UInt16($0.prefix { $0 != "." })
            }
            driver.missing = Set(library.library.missingSymbols)
            begin()
            return device
        }
    }

    // Nothing that was found out holds any more.
    private mutating func begin() {
        gpu.begin(branch: driver.branch, missing: driver.missing)
        for link in links.indices { links[link] = newLink() }
        calls = FieldFamily.all.map(FieldCall.init)
        for family in Self.order { due[Int(family.rawValue)] = 0 }
    }

    func newLink() -> LinkMemory {
        var link = LinkMemory()
        link.memory.begin(branch: driver.branch, missing: driver.missing)
        return link
    }

    // Once per handle and event set: what happened before is not told.
    private mutating func register(
        _ device: NVMLDevice, _ events: GPUEvents?
    ) throws(Interruption) {
        if events !== self.events {
            try letGo(events)
            if registration == .done { registration = .due }
        }
        guard let events, registration == .due else { return }
        events.name(device, address)
        let supported = try caller.ask("nvmlDeviceGetSupportedEventTypes", .events) {
            () throws(NVMLError) in try device.eventTypes()
        }
        guard case .success(let types) = supported, !types.isDisjoint(with: .health) else {
            registration = Self.registration(after: supported)
            return
        }
        let registered = try caller.ask("nvmlDeviceRegisterEvents", .events) {
            () throws(NVMLError) in
            try events.set.register(device, types.intersection(.health))
        }
        if case .failure(let error) = registered, error.code == .unknown {
            events.isBroken = true
            registration = .refused
        } else {
            registration = Self.registration(after: registered)
        }
    }

    // What failed for now is tried again.
    private static func registration<Value>(
        after result: Result<Value, NVMLError>
    ) -> Registration {
        guard case .failure(let error) = result else { return .done }
        return switch error.code.kind {
        case .absentCapability, .permission: .done
        case .success, .transient, .gpuBad, .library: .due
        }
    }

    // Whoever lets go of a set last frees it, which is a call.
    private mutating func letGo(_ new: GPUEvents?) throws(Interruption) {
        guard events != nil else { return events = new }
        _ = try caller.make("nvmlEventSetFree", .events) { events = new }
    }

    // MARK: Report

    private func report(_ state: GPUState) -> GPUDeviceReport {
        var report = GPUDeviceReport(address: address, state: state)
        report.identity = identity
        report.readings = gpu.counters
        report.gauges = gpu.gauges
        report.links = links.enumerated().map { number, link in
            NVLinkReport(
                number: UInt8(number), remote: link.remote, readings: link.memory.counters,
                gauges: link.memory.gauges)
        }
        report.epoch = epoch
        if case .failed = state { report.fail() }
        return report
    }
}
