import Model

// What all kinds of probes have in common.
extension ByteWriter {
    mutating func configuration(_ value: ProbeConfiguration) {
        switch value {
        case .infiniBand(let configuration):
            byte(1)
            self.configuration(configuration)
        case .gpu(let configuration):
            byte(2)
            self.configuration(configuration)
        case .kernelLog(let configuration):
            byte(3)
            text(configuration.path)
            optional(configuration.afterRecord)
        case .pcie(let configuration):
            byte(4)
            self.configuration(configuration)
        }
    }

    mutating func configuration(_ value: InfiniBandConfiguration) {
        text(value.sysRoot)
        list(value.within) { $0.text($1) }
        list(value.include) { $0.text($1) }
        list(value.exclude) { $0.text($1) }
        list(value.stopped) { $0.text($1) }
        byte(value.serviceLevel)
        integer(UInt64(value.outstandingMADs))
        integer(value.timeoutNanoseconds)
        integer(UInt64(value.retries))
        integer(value.identityIntervalNanoseconds)
    }

    mutating func configuration(_ value: GPUConfiguration) {
        text(value.library)
        text(value.sysRoot)
        list(value.include) { $0.text($1) }
        list(value.exclude) { $0.text($1) }
        list(value.stopped.sorted { $0.key < $1.key }) {
            $0.address($1.key)
            $0.text($1.value)
        }
        integer(value.budgetNanoseconds)
        integer(value.patienceNanoseconds)
    }

    mutating func report(_ value: ProbeReport) {
        switch value {
        case .infiniBand(let report):
            byte(1)
            self.report(report)
        case .gpu(let report):
            byte(2)
            self.report(report)
        case .kernelLog(let report):
            byte(3)
            moment(report.moment)
            element(report.state)
            text(report.detail)
            let counts = [
                report.records, report.matched, report.lost, report.foreign, report.malformed,
                report.dropped,
            ]
            for count in counts { integer(count) }
            optional(report.lastRecord)
        case .pcie(let report):
            byte(4)
            self.report(report)
        }
    }

    mutating func moment(_ value: Moment) {
        text(value.bootID)
        integer(value.boottimeNanoseconds)
        signed(value.wallMilliseconds)
    }

    mutating func readings(_ values: [Reading]) {
        list(values) { $0.reading($1) }
    }

    private mutating func reading(_ value: Reading) {
        switch value {
        case .unsupported: byte(0)
        case .failed: byte(1)
        case .noPermission: byte(2)
        case .value(let raw, let field):
            byte(4 + field)
            integer(raw)
        case .held(let raw, let field):
            byte(3)
            byte(field)
            integer(raw)
        }
    }

    // Zero is nothing, and one stands before a value.
    mutating func optional(_ value: (some FixedWidthInteger)?) {
        guard let value else { return byte(0) }
        byte(1)
        integer(UInt64(value))
    }

    mutating func optional(_ value: String?) {
        guard let value else { return byte(0) }
        byte(1)
        text(value)
    }

    // The number of a case; the order of cases is the protocol, and both sides are one program.
    mutating func element<Element: CaseIterable & Equatable>(_ value: Element) {
        byte(UInt8(Array(Element.allCases).firstIndex(of: value) ?? 0))
    }

    mutating func address(_ value: PCIAddress) {
        integer(UInt64(value.domain))
        byte(value.bus)
        byte(value.device)
        byte(value.function)
    }
}

extension ByteReader {
    mutating func configuration() throws(FrameError) -> ProbeConfiguration {
        switch try byte() {
        case 1: .infiniBand(try infiniBandConfiguration())
        case 2: .gpu(try gpuConfiguration())
        case 3:
            .kernelLog(KernelLogConfiguration(path: try text(), afterRecord: try optional()))
        case 4: .pcie(try pciConfiguration())
        case let other: throw .malformed("configuration \(other)")
        }
    }

    mutating func infiniBandConfiguration() throws(FrameError) -> InfiniBandConfiguration {
        InfiniBandConfiguration(
            sysRoot: try text(), within: try texts(), include: try texts(), exclude: try texts(),
            stopped: try texts(), serviceLevel: try byte(), outstandingMADs: try small(),
            timeoutNanoseconds: try integer(), retries: try small(),
            identityIntervalNanoseconds: try integer())
    }

    mutating func gpuConfiguration() throws(FrameError) -> GPUConfiguration {
        let (library, sysRoot, include, exclude) =
            (try text(), try text(), try texts(), try texts())
        let stopped = try list { (reader) throws(FrameError) in
            (try reader.address(), try reader.text())
        }
        return GPUConfiguration(
            library: library, sysRoot: sysRoot, include: include, exclude: exclude,
            stopped: Dictionary(stopped, uniquingKeysWith: { first, _ in first }),
            budgetNanoseconds: try integer(), patienceNanoseconds: try integer())
    }

    mutating func texts() throws(FrameError) -> [String] {
        try list { (reader) throws(FrameError) in try reader.text() }
    }

    mutating func report() throws(FrameError) -> ProbeReport {
        switch try byte() {
        case 1: .infiniBand(try infiniBandReport())
        case 2: .gpu(try gpuReport())
        case 3:
            .kernelLog(
                KernelLogReport(
                    moment: try moment(), state: try element(), detail: try text(),
                    records: try integer(), matched: try integer(), lost: try integer(),
                    foreign: try integer(), malformed: try integer(), dropped: try integer(),
                    lastRecord: try optional()))
        case 4: .pcie(try pciReport())
        case let other: throw .malformed("report \(other)")
        }
    }

    mutating func moment() throws(FrameError) -> Moment {
        Moment(
            bootID: try text(), boottimeNanoseconds: try integer(),
            wallMilliseconds: try wallMilliseconds())
    }

    // Times are subtracted from each other everywhere; a damaged one must not overflow there.
    mutating func wallMilliseconds() throws(FrameError) -> Int64 {
        let time = try signed()
        guard time.magnitude < 1 << 53 else { throw .malformed("time") }
        return time
    }

    mutating func readings(_ count: Int) throws(FrameError) -> [Reading] {
        let readings = try list { (reader) throws(FrameError) in try reader.reading() }
        guard readings.count == count else { throw .malformed("readings") }
        return readings
    }

    private mutating func reading() throws(FrameError) -> Reading {
        switch try byte() {
        case 0: .unsupported
        case 1: .failed
        case 2: .noPermission
        case 3: try held()
        case let tag: .value(try integer(), field: tag - 4)
        }
    }

    private mutating func held() throws(FrameError) -> Reading {
        let field = try byte()
        return .held(try integer(), field: field)
    }

    mutating func optional<Number: FixedWidthInteger>() throws(FrameError) -> Number? {
        switch try byte() {
        case 0: nil
        case 1: try small()
        default: throw .malformed("optional")
        }
    }

    mutating func optionalText() throws(FrameError) -> String? {
        switch try byte() {
        case 0: nil
        case 1: try text()
        default: throw .malformed("optional")
        }
    }

    mutating func element<Element: CaseIterable>() throws(FrameError) -> Element {
        let number = Int(try byte())
        guard let element = Element.allCases.dropFirst(number).first else {
            throw .malformed("element \(number)")
        }
        return element
    }

    mutating func address() throws(FrameError) -> PCIAddress {
        PCIAddress(
            domain: try small(), bus: try byte(), device: try byte(), function: try byte())
    }
}
