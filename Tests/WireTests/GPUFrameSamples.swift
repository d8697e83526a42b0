import Model
import Wire

extension FrameRandom {
    mutating func moment() -> Moment {
        Moment(
            bootID: text(), boottimeNanoseconds: number(), wallMilliseconds: wallMilliseconds())
    }

    // Of either sign, within what a frame may bear.
    private mutating func wallMilliseconds() -> Int64 {
        Int64(bitPattern: number()) % (1 << 53)
    }

    private mutating func element<Element: CaseIterable>(_ type: Element.Type) -> Element {
        let all = Array(Element.allCases)
        return all[below(all.count)]
    }

    private mutating func maybe<Value>(
        _ value: (inout FrameRandom) -> Value
    ) -> Value? {
        below(2) == 0 ? nil : value(&self)
    }

    mutating func address() -> PCIAddress {
        PCIAddress(domain: small(), bus: small(), device: small(), function: small())
    }

    // MARK: Commands

    mutating func configuration() -> ProbeConfiguration {
        switch below(4) {
        case 0: .infiniBand(infiniBandConfiguration())
        case 1: .gpu(gpuConfiguration())
        case 2:
            .pcie(
                PCIConfiguration(
                    sysRoot: text(),
                    hcas: (0..<below(3)).map { _ in infiniBandConfiguration() },
                    gpus: maybe { $0.gpuConfiguration() }, intervalNanoseconds: number()))
        default:
            .kernelLog(
                KernelLogConfiguration(path: text(), afterRecord: maybe { $0.number() }))
        }
    }

    private mutating func infiniBandConfiguration() -> InfiniBandConfiguration {
        InfiniBandConfiguration(
            sysRoot: text(), within: texts(), include: texts(), exclude: texts(),
            stopped: texts(), serviceLevel: small(), outstandingMADs: below(.max),
            timeoutNanoseconds: number(),
            retries: below(.max), identityIntervalNanoseconds: number())
    }

    private mutating func gpuConfiguration() -> GPUConfiguration {
        GPUConfiguration(
            library: text(), sysRoot: text(), include: texts(), exclude: texts(),
            stopped: Dictionary(
                (0..<below(3)).map { _ in (address(), text()) },
                uniquingKeysWith: { first, _ in first }),
            budgetNanoseconds: number(), patienceNanoseconds: number())
    }

    // MARK: Answers

    mutating func pciReport() -> PCIReport {
        PCIReport(
            moment: moment(), durationNanoseconds: number(), ageNanoseconds: number(),
            functions: (0..<below(4)).map { _ in
                PCIFunctionReport(
                    address: address(), role: element(PCIRole.self), names: texts(),
                    parent: maybe { $0.address() }, numaNode: maybe { $0.small() },
                    state: element(PCIFunctionState.self),
                    readings: PCICounters.all.map { _ in reading() },
                    gauges: PCICounters.gauges.map { _ in reading() }, epoch: number())
            })
    }

    mutating func kernelLogReport() -> KernelLogReport {
        KernelLogReport(
            moment: moment(), state: element(KernelLogReport.State.self), detail: text(),
            records: number(), matched: number(), lost: number(), foreign: number(),
            malformed: number(), dropped: number(), lastRecord: maybe { $0.number() })
    }

    mutating func gpuReport() -> GPUReport {
        GPUReport(
            moment: moment(), durationNanoseconds: number(),
            library: GPULibrary(
                state: element(GPULibrary.State.self), version: text(), driver: text(),
                symbolsFound: below(99), symbolsKnown: below(99), detail: text()),
            gpus: (0..<below(4)).map { _ in gpu() },
            foreign: (0..<below(3)).map { _ in address() },
            calls: Dictionary(
                (0..<below(4)).map { _ in
                    (
                        element(CallFamily.self),
                        CallLatency(
                            lastNanoseconds: number(), maximumNanoseconds: number(),
                            calls: number(), errors: number())
                    )
                }, uniquingKeysWith: { first, _ in first }),
            events: (0..<below(3)).map { _ in event() })
    }

    private mutating func gpu() -> GPUDeviceReport {
        var gpu = GPUDeviceReport(address: address(), state: state())
        gpu.identity = maybe { $0.identity() }
        gpu.ageNanoseconds = number()
        gpu.readings = GPUCounters.all.map { _ in reading() }
        gpu.gauges = GPUCounters.gauges.map { _ in reading() }
        gpu.links = (0..<below(3)).map { _ in link() }
        gpu.epoch = number()
        return gpu
    }

    private mutating func identity() -> GPUIdentity {
        var identity = GPUIdentity(uuid: GPUUUID(high: number(), low: number()))
        identity.name = text()
        identity.serial = text()
        identity.boardPart = text()
        identity.vbios = text()
        identity.infoROM = text()
        identity.gspFirmware = text()
        identity.fabricCluster = text()
        identity.minor = maybe { $0.small() }
        identity.moduleID = maybe { $0.small() }
        return identity
    }

    private mutating func state() -> GPUState {
        switch below(5) {
        case 0: .read
        case 1:
            .busy(
                GPUCall(
                    function: text(), family: element(CallFamily.self), nanoseconds: number(),
                    thread: small()))
        case 2: .excluded(text())
        case 3:
            .failed(
                GPUFailure(
                    function: text(), code: Int32(truncatingIfNeeded: number()),
                    codeName: text()))
        default: .noLibrary
        }
    }

    private mutating func link() -> NVLinkReport {
        NVLinkReport(
            number: small(),
            remote: maybe {
                NVLinkRemote(
                    kind: $0.element(NVLinkRemote.Kind.self), address: $0.maybe { $0.address() })
            },
            readings: NVLinkCounters.all.map { _ in reading() },
            gauges: NVLinkCounters.gauges.map { _ in reading() })
    }

    mutating func event() -> NodeEvent {
        let devices: [NodeEvent.Device?] = [nil, .pci(address()), .named(text())]
        var event = NodeEvent(
            kind: element(NodeEvent.Kind.self), device: devices[below(3)],
            number: maybe { $0.small() }, link: maybe { $0.small() },
            process: maybe { $0.text() }, severity: maybe { $0.text() },
            detail: maybe { $0.text() }, wallMilliseconds: wallMilliseconds(),
            source: element(NodeEvent.Source.self), record: maybe { $0.number() }, line: text())
        event.lastWallMilliseconds = wallMilliseconds()
        event.count = max(1, small())
        event.root = maybe { $0.number() }
        return event
    }
}
