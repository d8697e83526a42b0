import Model
import Wire

/// Where the parts that the history knows are now.
struct PartPlaces: Sendable {
    /// The ends of cables, by key.
    var ports: [String: Place] = [:]
    /// The index of each GPU.
    var gpus: [GPUUUID: Int] = [:]
    /// PCI functions by address.
    var pcie: [PCIAddress: V1.Place] = [:]

    /// The place of a part, by its key in the history; without it for a part that is gone.
    func place(of key: String) -> V1.Place {
        switch PartKey(key) {
        case .gpu(let uuid): V1.Place(gpu: uuid, index: gpus[uuid])
        case .nvlink(let uuid, let link): V1.Place(gpu: uuid, index: gpus[uuid], link: link)
        case .pci(let address):
            pcie[address] ?? V1.Place(pci: address, device: nil, gpu: nil, index: nil)
        case .port, nil:
            V1.Place(
                device: ports[key]?.device, port: ports[key].map { Int($0.port) },
                end: ports[key]?.end.rawValue)
        }
    }
}
