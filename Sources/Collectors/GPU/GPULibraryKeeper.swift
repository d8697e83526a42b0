import CNVML
import Model

/// Opens the library, counts, and takes its events; confined to the library worker's thread.
struct GPULibraryKeeper {
    /// What is to be opened if that is due, and to be looked after once it is open.
    struct Job: Sendable {
        var now: UInt64
        var library: String
        /// The GPUs that the kernel lists.
        var listed: Int
    }

    /// What came of it.
    struct Outcome: Sendable {
        var library: GPULibrary
        var events: [NodeEvent]
        var isWornOut: Bool
    }

    /// When the library was opened last, with which module, and when that is tried again.
    private typealias Attempt = (module: GPUInventory.Module, retryNanoseconds: UInt64)

    private static let retryNanoseconds: UInt64 = 60_000_000_000
    // More than a healthy node tells in one turn; the rest is told in the next one.
    private static let eventsMax = 64

    private let driver: GPUDriver
    private let lease: GPUDriver.Lease
    private let caller: NVMLCaller
    private let witness: CallWitness
    private let wall: @Sendable () -> Int64
    private let sysRoot: String
    private var library = GPULibrary(
        state: .starting, symbolsKnown: Int(fw_nvml_symbol_count))
    private var attempt: Attempt?
    private var renewalNanoseconds: UInt64 = 0
    private var isWornOut = false

    init(
        driver: GPUDriver, witness: CallWitness, sysRoot: String,
        wall: @escaping @Sendable () -> Int64
    ) {
        self.driver = driver
        lease = GPUDriver.Lease(driver)
        self.witness = witness
        self.sysRoot = sysRoot
        self.wall = wall
        caller = NVMLCaller(witness: witness)
    }

    /// Does one job.
    mutating func work(_ job: Job) -> Outcome {
        let module = GPUInventory.Module(sysRoot: sysRoot)
        if let attempt { isWornOut = isWornOut || wears(attempt, module, job.now) }
        if driver.current == nil { openIfDue(job, module) }
        let events = ask(job)
        renewEventsIfDue(job.now)
        return Outcome(library: library, events: events, isWornOut: isWornOut)
    }

    // What was loaded stays loaded, also a library whose start failed: only another process sees
    // another driver, and a library that was replaced.
    private func wears(_ attempt: Attempt, _ module: GPUInventory.Module, _ now: UInt64) -> Bool {
        if isStuck, now >= attempt.retryNanoseconds { return true }
        return attempt.module != module && (driver.current != nil || isStuck)
    }

    // The loader may give the same library again under this name, whatever the file is by now.
    private var isStuck: Bool {
        library.state == .versionMismatch || library.state == .symbolsMissing
    }

    // Counts, and takes events.
    private mutating func ask(_ job: Job) -> [NodeEvent] {
        guard let content = driver.current else { return [] }
        count(content.library, listed: job.listed)
        return takeEvents(content)
    }

    // MARK: Opening

    private mutating func openIfDue(_ job: Job, _ module: GPUInventory.Module) {
        if let attempt {
            guard !isStuck else { return }
            guard job.now >= attempt.retryNanoseconds || attempt.module != module else { return }
        }
        attempt = (module, job.now &+ Self.retryNanoseconds)
        // Opening it may have loaded the module.
        defer { attempt?.module = GPUInventory.Module(sysRoot: sysRoot) }
        guard witness.willCall("nvmlInit_v2", .library) else { return }
        do throws(NVMLOpenError) {
            let opened = try NVMLLibrary(
                paths: job.library.isEmpty ? NVMLLibrary.defaultPaths : [job.library])
            witness.didCall(.success)
            library.state = .ready
            library.version = opened.version ?? ""
            library.driver = opened.driverVersion ?? ""
            library.symbolsFound = opened.symbolCount
            library.detail = ""
            driver.set(GPUDriver.Content(library: opened, events: makeEvents(opened)))
        } catch {
            witness.didCall(error.code)
            library.state = error.state
            library.detail = error.description
        }
    }

    private func makeEvents(_ library: NVMLLibrary) -> GPUEvents? {
        let made = try? caller.make("nvmlEventSetCreate", .events) { () throws(NVMLError) in
            try GPUEvents(library: library)
        }
        return try? made?.get()
    }

    // MARK: Every turn

    private mutating func count(_ opened: NVMLLibrary, listed: Int) {
        let counted = try? caller.make("nvmlDeviceGetCount_v2", .library) {
            () throws(NVMLError) in try opened.deviceCount()
        }
        switch counted {
        case .success(let count):
            library.detail =
                count == listed
                ? "" : "NVML counts \(count) GPUs, and the PCI buses list \(listed)."
        case .failure(let error):
            library.detail = "The GPUs cannot be counted: \(error)."
            // The driver that the library was opened with is gone.
            if error.code.kind == .library { isWornOut = true }
        case nil: break
        }
    }

    private func takeEvents(_ content: GPUDriver.Content) -> [NodeEvent] {
        guard let events = content.events, !events.isBroken else { return [] }
        var taken: [NodeEvent] = []
        while taken.count < Self.eventsMax {
            let waited = try? caller.make("nvmlEventSetWait_v2", .events) {
                () throws(NVMLError) in try events.set.next(waitMilliseconds: 0)
            }
            switch waited {
            case .success(let event?):
                taken.append(
                    NodeEvent(
                        event, address: event.device.flatMap(events.address),
                        wallMilliseconds: wall()))
            case .failure:
                // With a lost GPU in it, a set may tell of nothing else.
                events.isBroken = true
                return taken
            case .success(nil), nil: return taken
            }
        }
        return taken
    }

    private mutating func renewEventsIfDue(_ now: UInt64) {
        guard now >= renewalNanoseconds, let library = libraryWithoutEvents else { return }
        renewalNanoseconds = now &+ Self.retryNanoseconds
        let content = GPUDriver.Content(library: library, events: makeEvents(library))
        // Whoever lets go of a set last frees it, which is a call.
        _ = try? caller.make("nvmlEventSetFree", .events) { driver.set(content) }
    }

    // It must not hold the set that is to be replaced.
    private var libraryWithoutEvents: NVMLLibrary? {
        driver.current.flatMap { $0.events?.isBroken ?? true ? $0.library : nil }
    }
}

extension NVMLOpenError {
    /// The state in reports.
    fileprivate var state: GPULibrary.State {
        switch self {
        case .libraryNotFound, .notALibrary: .libraryMissing
        case .symbolsMissing: .symbolsMissing
        case .driverNotLoaded: .driverNotLoaded
        case .versionMismatch: .versionMismatch
        case .noPermission: .noPermission
        case .failed: .failed
        }
    }

    /// What the call that opens returned.
    fileprivate var code: NVMLCode {
        switch self {
        case .libraryNotFound, .notALibrary: NVMLCode(rawValue: 12)
        case .symbolsMissing: .functionNotFound
        case .driverNotLoaded: .driverNotLoaded
        case .versionMismatch: .versionMismatch
        case .noPermission: .noPermission
        case .failed(let error): error.code
        }
    }
}

extension NodeEvent {
    // What NVML says of an Xid that it does not know.
    private static let unknownXid: UInt64 = 999

    /// An event of NVML's event set.
    init(_ event: NVMLEvent, address: PCIAddress?, wallMilliseconds: Int64) {
        let isXid = event.types.contains(.xid)
        let bits = Hexadecimal.padded(event.types.rawValue, digits: 1)
        var line =
            isXid ? "NVML: Xid \(event.data)" : "NVML: event 0x\(bits), data \(event.data)"
        if let instance = event.gpuInstance { line += ", GPU instance \(instance)" }
        if let instance = event.computeInstance { line += ", compute instance \(instance)" }
        let number: UInt32? =
            isXid
            ? (event.data == Self.unknownXid ? nil : UInt32(exactly: event.data))
            : UInt32(exactly: event.types.rawValue)
        self.init(
            kind: isXid ? .xid : .nvmlEvent, device: address.map(Device.pci), number: number,
            wallMilliseconds: wallMilliseconds, source: .nvml, line: line)
    }
}
