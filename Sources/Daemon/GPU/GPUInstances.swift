import Collectors
import Model

/// Which GPUs the kernel lists, and the instances of their driver and devices.
///
/// Used on the main thread only.
final class GPUInstances {
    private var inventory: GPUInventory
    private var looked: UInt64?
    private let isWatched: (PCIAddress) -> Bool

    init(sysRoot: String, bootID: String, isWatched: @escaping (PCIAddress) -> Bool) {
        inventory = GPUInventory(sysRoot: sysRoot, bootID: bootID)
        self.isWatched = isWatched
    }

    /// Looks, and says whether there is a GPU to be watched.
    func hasGPUs(now: UInt64) -> Bool {
        look(now: now)
        return inventory.places.contains { isWatched($0.address) }
    }

    /// The instance of a GPU's driver and device, as when it was last listed; of the driver for
    /// `.none`.
    func token(_ address: PCIAddress, now: UInt64) -> UInt64 {
        look(now: now)
        guard address != .none else {
            var hasher = Hasher()
            hasher.combine(inventory.module)
            return UInt64(bitPattern: Int64(hasher.finalize()))
        }
        return inventory.places.first { $0.address == address }?.epoch ?? 0
    }

    // Asked for many GPUs at once, it looks once.
    private func look(now: UInt64) {
        guard now != looked else { return }
        looked = now
        inventory.look(now: now)
    }
}
