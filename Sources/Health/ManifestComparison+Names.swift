import Model

/// What parts are called.
extension ManifestComparison {
    static func subject(_ hca: HCAItem) -> Subject {
        Subject(device: hca.device, key: hca.guid?.description, pciAddress: hca.address)
    }

    // What was never seen has no name but its place.
    static func subject(_ hca: ExpectedHCA) -> Subject {
        Subject(device: hca.device ?? hca.slot?.description, pciAddress: hca.slot)
    }

    static func subject(_ port: ExpectedPort, of hca: HCAItem) -> Subject {
        Subject(
            device: hca.device, port: port.number,
            key: hca.guid.map { PortKey(node: $0, port: port.number).description })
    }

    static func subject(_ gpu: ExpectedGPU) -> Subject {
        Subject(device: gpu.slot.description, pciAddress: gpu.slot)
    }

    static func subject(_ gpu: GPUItem) -> Subject {
        Subject(
            key: gpu.identity?.uuid.description, gpuIndex: gpu.index, pciAddress: gpu.address)
    }

    static func place(_ hca: HCAItem) -> String {
        hca.device + (hca.address.map { " (\($0))" } ?? "")
    }

    static func place(_ hca: ExpectedHCA) -> String {
        hca.slot.map { "The HCA at \($0)" } ?? "The HCA \(hca.device ?? "")"
    }

    static func place(_ gpu: GPUItem) -> String { "GPU \(gpu.index) (\(gpu.address))" }
}
