import CNVML
import Model

/// Opens the library, counts, and takes its events; confined to the library worker's thread.
struct GPULibraryKeeper {
    /// What is to be done.
    enum Job: Sendable {
        /// Look at what the kernel lists.
        case look(now: UInt64)
        /// Open the library if that is due, else count the GPUs and take events.
        case tend(now: UInt64, library: String)
    }

    /// What came of it.
    enum Outcome: Sendable {
        case looked([GPUInventory.Place])
        case tended(GPULibrary, [NodeEvent], isWornOut: Bool)
    }

    private static let retryNanoseconds: UInt64 = 60_000_000_000
    // More than a healthy node tells in one turn; the rest is told in the next one.
    private static let eventsMax = 64

    private let driver: GPUDriver
    private let lease: GPUDriver.Lease
    private let caller: NVMLCaller
    private let witness: CallWitness
    private let wall: @Sendable () -> Int64
    private var inventory: GPUInventory
    private var library = GPULibrary(
        state: .starting, symbolsKnown: Int(fw_nvml_symbol_count))
    private var attempt: (module: GPUInventory.Module, retryNanoseconds: UInt64)?
    private var renewalNanoseconds: UInt64 = 0
    private var isWornOut = false

    init(
        driver: GPUDriver, witness: CallWitness, inventory: GPUInventory,
        wall: @escaping @Sendable () -> Int64
    ) {
        self.driver = driver
        lease = GPUDriver.Lease(driver)
        self.witness = witness
        self.inventory = inventory
        self.wall = wall
        caller = NVMLCaller(witness: witness)
    }

    /// Does one job.
    mutating func work(_ job: Job) -> Outcome {
        switch job {
        case .look(let now):
            inventory.look(now: now)
            return .looked(inventory.places)
        case .tend(let now, let name):
            let events = tend(now: now, name: name)
            return .tended(library, events, isWornOut: isWornOut)
        }
    }

    private mutating func tend(now: UInt64, name: String) -> [NodeEvent] {
        // What was loaded stays loaded: only another process sees the other driver.
        if let attempt, attempt.module != inventory.module,
            driver.current != nil || library.state == .versionMismatch
        {
            isWornOut = true
        }
        if driver.current == nil { openIfDue(now: now, name: name) }
        guard let content = driver.current else { return [] }
        count(content.library)
        return takeEvents(content, now)
    }

    // MARK: Opening

    private mutating func openIfDue(now: UInt64, name: String) {
        if let attempt {
            guard library.state != .versionMismatch else { return }
            guard now >= attempt.retryNanoseconds || attempt.module != inventory.module else {
                return
            }
        }
        attempt = (inventory.module, now &+ Self.retryNanoseconds)
        defer {
            // Opening it may have loaded the module.
            inventory.look(now: now)
            attempt?.module = inventory.module
        }
        guard witness.willCall("nvmlInit_v2", .library) else { return }
        do throws(NVMLOpenError) {
            let opened = try NVMLLibrary(paths: name.isEmpty ? NVMLLibrary.defaultPaths : [name])
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

    private mutating func count(_ opened: NVMLLibrary) {
        let counted = try? caller.make("nvmlDeviceGetCount_v2", .library) {
            () throws(NVMLError) in try opened.deviceCount()
        }
        switch counted {
        case .success(let count):
            let listed = inventory.places.count { $0.isListed }
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

    private mutating func takeEvents(_ content: GPUDriver.Content, _ now: UInt64) -> [NodeEvent] {
        guard let events = content.events, !events.isBroken else {
            renewEventsIfDue(content, now)
            return []
        }
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
                renewEventsIfDue(content, now)
                return taken
            case .success(nil), nil: return taken
            }
        }
        return taken
    }

    private mutating func renewEventsIfDue(_ content: GPUDriver.Content, _ now: UInt64) {
        guard now >= renewalNanoseconds else { return }
        renewalNanoseconds = now &+ Self.retryNanoseconds
        driver.set(
            GPUDriver.Content(library: content.library, events: makeEvents(content.library)))
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
