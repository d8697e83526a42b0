import Model

extension ByteWriter {
    mutating func report(_ value: GPUReport) {
        moment(value.moment)
        integer(value.durationNanoseconds)
        library(value.library)
        list(value.gpus) { $0.gpu($1) }
        list(value.foreign) { $0.address($1) }
        list(value.calls.sorted { $0.key.rawValue < $1.key.rawValue }) {
            $0.element($1.key)
            let latency = $1.value
            for count in [
                latency.lastNanoseconds, latency.maximumNanoseconds, latency.calls, latency.errors,
            ] { $0.integer(count) }
        }
        list(value.events) { $0.event($1) }
    }

    private mutating func library(_ value: GPULibrary) {
        element(value.state)
        text(value.version)
        text(value.driver)
        integer(UInt64(value.symbolsFound))
        integer(UInt64(value.symbolsKnown))
        text(value.detail)
    }

    private mutating func gpu(_ value: GPUDeviceReport) {
        address(value.address)
        byte(value.identity == nil ? 0 : 1)
        if let identity = value.identity { self.identity(identity) }
        state(value.state)
        integer(value.ageNanoseconds)
        readings(value.readings)
        readings(value.gauges)
        list(value.links) { $0.link($1) }
        integer(value.epoch)
    }

    private mutating func identity(_ value: GPUIdentity) {
        let (high, low) = value.uuid.halves
        integer(high)
        integer(low)
        for path in GPUIdentity.texts { text(value[keyPath: path]) }
        optional(value.minor)
        optional(value.moduleID)
    }

    private mutating func state(_ value: GPUState) {
        switch value {
        case .read: byte(0)
        case .busy(let call):
            byte(1)
            text(call.function)
            element(call.family)
            integer(call.nanoseconds)
            integer(UInt64(call.thread))
        case .excluded(let reason):
            byte(2)
            text(reason)
        case .failed(let failure):
            byte(3)
            text(failure.function)
            integer(UInt64(UInt32(bitPattern: failure.code)))
            text(failure.codeName)
        case .noLibrary: byte(4)
        }
    }

    private mutating func link(_ value: NVLinkReport) {
        byte(value.number)
        byte(value.remote == nil ? 0 : 1)
        if let remote = value.remote {
            element(remote.kind)
            byte(remote.address == nil ? 0 : 1)
            if let address = remote.address { self.address(address) }
        }
        readings(value.readings)
        readings(value.gauges)
    }

    mutating func event(_ value: NodeEvent) {
        element(value.kind)
        switch value.device {
        case nil: byte(0)
        case .pci(let address):
            byte(1)
            self.address(address)
        case .named(let name):
            byte(2)
            text(name)
        }
        optional(value.number)
        optional(value.link)
        optional(value.process)
        optional(value.severity)
        optional(value.detail)
        signed(value.wallMilliseconds)
        signed(value.lastWallMilliseconds)
        integer(UInt64(value.count))
        element(value.source)
        optional(value.record)
        optional(value.root)
        text(value.line)
    }
}

extension ByteReader {
    mutating func gpuReport() throws(FrameError) -> GPUReport {
        let (moment, duration) = (try moment(), try integer())
        let library = try library()
        let gpus = try list { (reader) throws(FrameError) in try reader.gpu() }
        let foreign = try list { (reader) throws(FrameError) in try reader.address() }
        let calls = try list { (reader) throws(FrameError) -> (CallFamily, CallLatency) in
            (
                try reader.element(),
                CallLatency(
                    lastNanoseconds: try reader.integer(),
                    maximumNanoseconds: try reader.integer(), calls: try reader.integer(),
                    errors: try reader.integer())
            )
        }
        let events = try list { (reader) throws(FrameError) in try reader.event() }
        return GPUReport(
            moment: moment, durationNanoseconds: duration, library: library, gpus: gpus,
            foreign: foreign,
            calls: Dictionary(calls, uniquingKeysWith: { first, _ in first }), events: events)
    }

    private mutating func library() throws(FrameError) -> GPULibrary {
        GPULibrary(
            state: try element(), version: try text(), driver: try text(),
            symbolsFound: try small(), symbolsKnown: try small(), detail: try text())
    }

    private mutating func gpu() throws(FrameError) -> GPUDeviceReport {
        let address = try address()
        let identity = try byte() == 0 ? nil : try identity()
        var gpu = GPUDeviceReport(address: address, state: try state())
        gpu.identity = identity
        gpu.ageNanoseconds = try integer()
        gpu.readings = try readings(GPUCounters.all.count)
        gpu.gauges = try readings(GPUCounters.gauges.count)
        gpu.links = try list { (reader) throws(FrameError) in try reader.link() }
        gpu.epoch = try integer()
        return gpu
    }

    private mutating func identity() throws(FrameError) -> GPUIdentity {
        var identity = GPUIdentity(uuid: GPUUUID(high: try integer(), low: try integer()))
        for path in GPUIdentity.texts { identity[keyPath: path] = try text() }
        identity.minor = try optional()
        identity.moduleID = try optional()
        return identity
    }

    private mutating func state() throws(FrameError) -> GPUState {
        switch try byte() {
        case 0: .read
        case 1:
            .busy(
                GPUCall(
                    function: try text(), family: try element(), nanoseconds: try integer(),
                    thread: try small()))
        case 2: .excluded(try text())
        case 3:
            .failed(
                GPUFailure(
                    function: try text(), code: Int32(bitPattern: try small()),
                    codeName: try text()))
        case 4: .noLibrary
        case let other: throw .malformed("GPU state \(other)")
        }
    }

    private mutating func link() throws(FrameError) -> NVLinkReport {
        let number = try byte()
        var remote: NVLinkRemote?
        if try byte() != 0 {
            remote = NVLinkRemote(
                kind: try element(), address: try byte() == 0 ? nil : try address())
        }
        return NVLinkReport(
            number: number, remote: remote, readings: try readings(NVLinkCounters.all.count),
            gauges: try readings(NVLinkCounters.gauges.count))
    }

    mutating func event() throws(FrameError) -> NodeEvent {
        let kind: NodeEvent.Kind = try element()
        let device: NodeEvent.Device?
        switch try byte() {
        case 0: device = nil
        case 1: device = .pci(try address())
        case 2: device = .named(try text())
        case let other: throw .malformed("device \(other)")
        }
        var event = NodeEvent(
            kind: kind, device: device, number: try optional(), link: try optional(),
            process: try optionalText(), severity: try optionalText(),
            detail: try optionalText(), wallMilliseconds: try wallMilliseconds(),
            source: .kernelLog, line: "")
        event.lastWallMilliseconds = try wallMilliseconds()
        event.count = try small()
        guard event.count > 0 else { throw .malformed("count") }
        event.source = try element()
        event.record = try optional()
        event.root = try optional()
        event.line = NodeEvent.kept(line: try text())
        return event
    }
}

extension GPUIdentity {
    // In the order of a frame; computed because key paths cannot be shared between threads.
    static var texts: [WritableKeyPath<GPUIdentity, String>] {
        [
            \.name, \.serial, \.boardPart, \.vbios, \.infoROM, \.gspFirmware, \.fabricCluster,
        ]
    }
}
