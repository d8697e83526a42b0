import Model

// The PCIe probe's part of the protocol.
extension ByteWriter {
    mutating func configuration(_ value: PCIConfiguration) {
        text(value.sysRoot)
        list(value.hcas) { $0.configuration($1) }
        byte(value.gpus == nil ? 0 : 1)
        if let gpus = value.gpus { configuration(gpus) }
        integer(value.intervalNanoseconds)
    }

    mutating func report(_ value: PCIReport) {
        moment(value.moment)
        integer(value.durationNanoseconds)
        integer(value.ageNanoseconds)
        list(value.functions) { writer, function in
            writer.address(function.address)
            writer.element(function.role)
            writer.list(function.names) { $0.text($1) }
            writer.byte(function.parent == nil ? 0 : 1)
            if let parent = function.parent { writer.address(parent) }
            writer.optional(function.numaNode)
            writer.element(function.state)
            writer.readings(function.readings)
            writer.readings(function.gauges)
            writer.integer(function.epoch)
        }
    }
}

extension ByteReader {
    mutating func pciConfiguration() throws(FrameError) -> PCIConfiguration {
        PCIConfiguration(
            sysRoot: try text(),
            hcas: try list { (reader) throws(FrameError) in
                try reader.infiniBandConfiguration()
            },
            gpus: try flag() ? try gpuConfiguration() : nil,
            intervalNanoseconds: try integer())
    }

    mutating func pciReport() throws(FrameError) -> PCIReport {
        PCIReport(
            moment: try moment(), durationNanoseconds: try integer(),
            ageNanoseconds: try integer(),
            functions: try list { (reader) throws(FrameError) in
                PCIFunctionReport(
                    address: try reader.address(), role: try reader.element(),
                    names: try reader.texts(),
                    parent: try reader.flag() ? try reader.address() : nil,
                    numaNode: try reader.optional(), state: try reader.element(),
                    readings: try reader.readings(PCICounters.all.count),
                    gauges: try reader.readings(PCICounters.gauges.count),
                    epoch: try reader.integer())
            })
    }

    private mutating func flag() throws(FrameError) -> Bool {
        switch try byte() {
        case 0: false
        case 1: true
        default: throw .malformed("flag")
        }
    }
}
